package scenarios

// Scenarios in which a broker of the scenario's own is blocked, or killed with SIGKILL, under the
// client, and started again on the same port. The broker keeps nothing over its death here: queues
// are declared again by the client's own recovery.

import (
	"context"
	"slices"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var recovering = harness.Scenarios{
	"blocked-unblocked":      blockedUnblocked,
	"broker-killed-reported": brokerKilledReported,
	"recover-publisher":      recoverPublisher,
	"recover-consumer":       recoverConsumer,
}

const (
	// More tries than the scenario's time limit lets it make.
	reconnectTries    = 1000
	reconnectInterval = 50 * time.Millisecond
	eventsKept        = 100
)

// declareShared declares a queue that other connections use too, and that a killed broker forgets.
func declareShared(t *harness.T, channel *amqp.Channel, name string) {
	_, err := channel.QueueDeclare(name, false, false, false, false, nil)
	t.Check(err, "declare a queue")
}

func blockedUnblocked(t *harness.T) {
	broker := t.OwnBroker()
	url := broker.Start()
	connection := connectTo(t, url, amqp.Config{})
	blockings := connection.NotifyBlocked(make(chan amqp.Blocking, 2))
	channel := openConfirmChannel(t, connection)
	declareShared(t, channel, t.Name)
	broker.Block()
	// A connection that does not publish need not be told.
	first := start(t, channel, "", t.Name, false, text("first"))
	blocked := harness.Wait(t, "connection.blocked", blockings)
	harness.Equal(t, "blocked", blocked, amqp.Blocking{Active: true, Reason: "low on memory"})
	meanwhile := start(t, channel, "", t.Name, false, text("meanwhile"))
	harness.Equal(t, "confirmed while blocked", meanwhile.Acked(), false)
	broker.Unblock()
	unblocked := harness.Wait(t, "connection.unblocked", blockings)
	harness.Equal(t, "unblocked", unblocked, amqp.Blocking{})
	confirmed(t, first, meanwhile)
	other := openChannel(t, connectTo(t, url, amqp.Config{}))
	arrived := take(t, consume(t, other, t.Name, true), 2)
	harness.Equal(t, "bodies", bodies(arrived), []string{"first", "meanwhile"})
}

func brokerKilledReported(t *harness.T) {
	broker := t.OwnBroker()
	connection := connectTo(t, broker.Start(), amqp.Config{})
	closed := connection.NotifyClose(make(chan *amqp.Error, 1))
	channel := openChannel(t, connection)
	declareShared(t, channel, t.Name)
	deliveries := consume(t, channel, t.Name, false)
	broker.Kill()
	if reason := harness.Wait(t, "close of the connection", closed); reason == nil {
		t.Fatalf("no reason reported")
	}
	for message := range deliveries {
		t.Fatalf("got %s from an empty queue", message.Body)
	}
}

// recoverable is a connection that the client itself brings back, with a confirm channel that
// publishes into a queue and consumes from it.
type recoverable struct {
	t          *harness.T
	states     chan *amqp.StateChanged
	channel    *amqp.Channel
	deliveries <-chan amqp.Delivery
}

func newRecoverable(t *harness.T, url string) *recoverable {
	connection := connectTo(t, url, amqp.Config{Recovery: &amqp.Recovery{
		ReconnectionConfig: &amqp.ReconnectionConfig{
			MaxRetryCount: reconnectTries, RetryInterval: reconnectInterval,
		},
	}})
	r := &recoverable{t: t, states: make(chan *amqp.StateChanged, eventsKept)}
	connection.NotifyStateChange(r.states)
	r.channel = openConfirmChannel(t, connection)
	declareShared(t, r.channel, t.Name)
	r.deliveries = consume(t, r.channel, t.Name, true)
	return r
}

// waitFor waits until the connection changes into a state.
func (r *recoverable) waitFor(state amqp.LifeCycleState) {
	for {
		change := harness.Wait(r.t, "the connection to be "+state.String(), r.states)
		if len(change.SkippedTopologyEntities) > 0 {
			r.t.Fatalf("not recovered: %v", change.SkippedTopologyEntities)
		}
		if change.To == state {
			return
		}
	}
}

// publish gives whether a message was accepted and confirmed.
func (r *recoverable) publish(body string) bool {
	limit, cancel := context.WithTimeout(context.Background(), confirmLimit)
	defer cancel()
	confirmation, err := r.channel.PublishWithDeferredConfirmWithContext(
		limit, "", r.t.Name, false, false, text(body))
	if err != nil {
		return false
	}
	acked, err := confirmation.WaitContext(limit)
	return acked && err == nil
}

func recoverPublisher(t *harness.T) {
	broker := t.OwnBroker()
	r := newRecoverable(t, broker.Start())
	harness.Equal(t, "confirmed", r.publish("before"), true)
	harness.Equal(t, "bodies", bodies(take(t, r.deliveries, 1)), []string{"before"})
	broker.Kill()
	r.waitFor(amqp.StateReconnecting)
	down := []string{"down 1", "down 2", "down 3"}
	for _, body := range down {
		harness.Equal(t, "confirmed while the broker is down", r.publish(body), false)
	}
	broker.Start()
	// The client refuses publishes until it is back: they are the program's to make again.
	r.waitFor(amqp.StateOpen)
	for _, body := range down {
		harness.Equal(t, "confirmed", r.publish(body), true)
	}
	arrived := bodies(take(t, r.deliveries, len(down)))
	slices.Sort(arrived)
	harness.Equal(t, "bodies", arrived, down)
}

func recoverConsumer(t *harness.T) {
	broker := t.OwnBroker()
	url := broker.Start()
	r := newRecoverable(t, url)
	harness.Equal(t, "confirmed", r.publish("first"), true)
	harness.Equal(t, "bodies", bodies(take(t, r.deliveries, 1)), []string{"first"})
	broker.Kill()
	r.waitFor(amqp.StateReconnecting)
	broker.Start()
	// Another connection's message: only the recovered consumer can take it.
	other := openConfirmChannel(t, connectTo(t, url, amqp.Config{}))
	declareShared(t, other, t.Name)
	publish(t, other, "", t.Name, text("second"))
	harness.Equal(t, "bodies", bodies(take(t, r.deliveries, 1)), []string{"second"})
}

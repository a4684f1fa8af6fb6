package scenarios

// Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
// connection, locks; and of many channels, request and reply, and silence.

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var failing = harness.Scenarios{
	"consumer-cancel":           consumerCancel,
	"two-channels-one-error":    twoChannelsOneError,
	"channel-error-survived":    channelErrorSurvived,
	"connection-error-reported": connectionErrorReported,
	"exclusive-queue-locked":    exclusiveQueueLocked,
	"rpc-direct-reply-to":       rpcDirectReplyTo,
	"channels-1000":             channels1000,
	"heartbeat-silence":         heartbeatSilence,
}

const (
	replyTo  = "amq.rabbitmq.reply-to"
	channels = 1000
	silence  = 5 * time.Second
)

func consumerCancel(t *harness.T) {
	const tag = "to be cancelled"
	connection := connect(t)
	channel, other := openChannel(t, connection), openChannel(t, connection)
	declare(t, channel, t.Name)
	cancels := channel.NotifyCancel(make(chan string, 1))
	deliveries, err := channel.Consume(t.Name, tag, false, false, false, false, nil)
	t.Check(err, "consume")
	_, err = other.QueueDelete(t.Name, false, false, false)
	t.Check(err, "delete a queue")
	harness.Equal(t, "cancelled", harness.Wait(t, "cancel", cancels), tag)
	for message := range deliveries {
		t.Fatalf("got %s from an empty queue", message.Body)
	}
	exchangeOneMessage(t, openConfirmChannel(t, connection), t.Name+".after")
}

func twoChannelsOneError(t *harness.T) {
	connection := connect(t)
	good, bad := openConfirmChannel(t, connection), openChannel(t, connection)
	declare(t, good, t.Name)
	deliveries := consume(t, good, t.Name, true)
	missing := t.Name + ".missing"
	_, err := bad.QueueDeclarePassive(missing, false, false, false, false, nil)
	t.Contains(err, fmt.Sprintf("NOT_FOUND - no queue '%s' in vhost '/'", missing))
	publish(t, good, "", t.Name, text("still here"))
	harness.Equal(t, "bodies", bodies(take(t, deliveries, 1)), []string{"still here"})
}

func channelErrorSurvived(t *harness.T) {
	connection := connect(t)
	first := openChannel(t, connection)
	closed := first.NotifyClose(make(chan *amqp.Error, 1))
	missing := t.Name + ".missing"
	send(t, first, missing, "key", text("x"))
	reason := harness.Wait(t, "close of the channel", closed)
	harness.Equal(t, "code", reason.Code, amqp.NotFound)
	t.Contains(reason, fmt.Sprintf("NOT_FOUND - no exchange '%s' in vhost '/'", missing))
	exchangeOneMessage(t, openConfirmChannel(t, connection), t.Name)
}

func connectionErrorReported(t *harness.T) {
	const reason = "NOT_IMPLEMENTED - prefetch_size!=0 (1)"
	connection := connect(t)
	closed := connection.NotifyClose(make(chan *amqp.Error, 1))
	t.Contains(openChannel(t, connection).Qos(0, 1, false), reason)
	lost := harness.Wait(t, "close of the connection", closed)
	harness.Equal(t, "code", lost.Code, amqp.NotImplemented)
	t.Contains(lost, reason)
}

func exclusiveQueueLocked(t *harness.T) {
	owned := openConfirmChannel(t, connect(t))
	declare(t, owned, t.Name)
	other := connect(t)
	locked := fmt.Sprintf("RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '%s'"+
		" in vhost '/'", t.Name)
	_, err := openChannel(t, other).QueueDeclare(t.Name, false, false, true, false, nil)
	t.Contains(err, locked)
	_, _, err = openChannel(t, other).Get(t.Name, true)
	t.Contains(err, locked)
	_, err = openChannel(t, other).Consume(t.Name, "", true, false, false, false, nil)
	t.Contains(err, locked)
	publish(t, owned, "", t.Name, text("mine"))
	harness.Equal(t, "body", string(get(t, owned, t.Name).Body), "mine")
}

func rpcDirectReplyTo(t *harness.T) {
	server, client := openChannel(t, connect(t)), openChannel(t, connect(t))
	_, err := server.QueueDeclare(t.Name, false, true, false, false, nil)
	t.Check(err, "declare a queue")
	requests := consume(t, server, t.Name, true)
	replies := consume(t, client, replyTo, true)
	for _, question := range []string{"one", "two", "three"} {
		send(t, client, "", t.Name, amqp.Publishing{
			Body: []byte(question), ReplyTo: replyTo, CorrelationId: question,
		})
		request := harness.Wait(t, "request", requests)
		if !strings.HasPrefix(request.ReplyTo, replyTo+".") {
			t.Fatalf("reply to %s", request.ReplyTo)
		}
		send(t, server, "", request.ReplyTo, amqp.Publishing{
			Body:          []byte(strings.ToUpper(string(request.Body))),
			CorrelationId: request.CorrelationId,
		})
		reply := harness.Wait(t, "reply", replies)
		harness.Equal(t, "correlation id", reply.CorrelationId, question)
		harness.Equal(t, "body", string(reply.Body), strings.ToUpper(question))
	}
}

func channels1000(t *harness.T) {
	connection := connect(t)
	opened := make([]*amqp.Channel, channels)
	for number := range opened {
		opened[number] = openChannel(t, connection)
	}
	declare(t, opened[0], t.Name)
	deliveries := consume(t, opened[0], t.Name, true)
	for number, channel := range opened {
		send(t, channel, "", t.Name, text(strconv.Itoa(number)))
	}
	missing := map[string]bool{}
	for number := range opened {
		missing[strconv.Itoa(number)] = true
	}
	for _, body := range bodies(take(t, deliveries, channels)) {
		delete(missing, body)
	}
	harness.Equal(t, "missing", len(missing), 0)
}

func heartbeatSilence(t *harness.T) {
	connection := connectTo(t, t.URL, amqp.Config{Heartbeat: time.Second})
	harness.Equal(t, "heartbeat", connection.Config.Heartbeat, time.Second)
	closed := connection.NotifyClose(make(chan *amqp.Error, 1))
	channel := openConfirmChannel(t, connection)
	// The silence is what is under test: only heartbeats may keep the connection.
	select {
	case reason := <-closed:
		t.Fatalf("lost in silence: %v", reason)
	case <-time.After(silence):
	}
	exchangeOneMessage(t, channel, t.Name)
}

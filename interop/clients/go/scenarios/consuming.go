package scenarios

// Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
// from the queue after the channel is closed, when all that was not settled has come back.

import (
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var consuming = harness.Scenarios{
	"get":              getScenario,
	"get-empty":        getEmpty,
	"consume-prefetch": consumePrefetch,
	"ack-each":         ackEach,
	"ack-multiple":     ackMultiple,
	"auto-ack":         autoAck,
	"reject-drop":      rejectDrop,
	"nack-multiple":    nackMultiple,
	"nack-requeue":     nackRequeue,
}

// filled is a queue with messages, and a channel to take them on.
type filled struct {
	t                  *harness.T
	publisher, channel *amqp.Channel
	deliveries         <-chan amqp.Delivery
}

// fill puts the messages 1 to count into a queue.
func fill(t *harness.T, count int) *filled {
	connection := connect(t)
	f := &filled{t: t, publisher: openConfirmChannel(t, connection)}
	declare(t, f.publisher, t.Name)
	for number := 1; number <= count; number++ {
		publish(t, f.publisher, "", t.Name, text(strconv.Itoa(number)))
	}
	f.channel = openChannel(t, connection)
	return f
}

// take starts a consumer and waits for its first messages.
func (f *filled) take(count int, noAck bool) []amqp.Delivery {
	f.deliveries = consume(f.t, f.channel, f.t.Name, noAck)
	return take(f.t, f.deliveries, count)
}

// expectLeft closes the channel and takes, on another, what the queue holds then.
func (f *filled) expectLeft(expected ...string) {
	f.t.Check(f.channel.Close(), "close")
	left := append([]string{}, expected...)
	harness.Equal(f.t, "left", getAll(f.t, f.publisher, f.t.Name), left)
}

func getScenario(t *harness.T) {
	f := fill(t, 3)
	first, found, err := f.channel.Get(t.Name, false)
	t.Check(err, "get")
	harness.Equal(t, "found", found, true)
	harness.Equal(t, "body", string(first.Body), "1")
	harness.Equal(t, "left", first.MessageCount, 2)
	harness.Equal(t, "redelivered", first.Redelivered, false)
	harness.Equal(t, "exchange", first.Exchange, "")
	harness.Equal(t, "routing key", first.RoutingKey, t.Name)
	t.Check(first.Ack(false), "ack")
	second := get(t, f.channel, t.Name)
	harness.Equal(t, "body", string(second.Body), "2")
	harness.Equal(t, "left", second.MessageCount, 1)
	f.expectLeft("3")
}

func getEmpty(t *harness.T) {
	f := fill(t, 0)
	for _, noAck := range []bool{false, true} {
		_, found, err := f.channel.Get(t.Name, noAck)
		t.Check(err, "get")
		harness.Equal(t, "found", found, false)
	}
}

func consumePrefetch(t *harness.T) {
	const tag = "prefetching"
	f := fill(t, 10)
	t.Check(f.channel.Qos(3, 0, false), "qos")
	deliveries, err := f.channel.Consume(t.Name, tag, false, false, false, false, nil)
	t.Check(err, "consume")
	messages := take(t, deliveries, 3)
	harness.Equal(t, "bodies", bodies(messages), []string{"1", "2", "3"})
	harness.Equal(t, "ready while three are outstanding", ready(t, f.channel, t.Name), 7)
	select {
	case more := <-deliveries:
		t.Fatalf("%s came beyond the prefetch", more.Body)
	default:
	}
	t.Check(messages[0].Ack(false), "ack")
	harness.Equal(t, "body", bodies(take(t, deliveries, 1)), []string{"4"})
	t.Check(f.channel.Cancel(tag, false), "cancel")
	f.expectLeft("2", "3", "4", "5", "6", "7", "8", "9", "10")
}

func ackEach(t *harness.T) {
	f := fill(t, 5)
	for _, message := range f.take(5, false) {
		t.Check(message.Ack(false), "ack")
	}
	f.expectLeft()
}

func ackMultiple(t *harness.T) {
	f := fill(t, 6)
	t.Check(f.take(6, false)[3].Ack(true), "ack")
	f.expectLeft("5", "6")
}

func autoAck(t *harness.T) {
	f := fill(t, 5)
	harness.Equal(t, "bodies", bodies(f.take(5, true)), []string{"1", "2", "3", "4", "5"})
	f.expectLeft()
}

func rejectDrop(t *harness.T) {
	f := fill(t, 3)
	messages := f.take(3, false)
	t.Check(messages[0].Reject(false), "reject")
	t.Check(messages[2].Reject(false), "reject")
	f.expectLeft("2")
}

func nackMultiple(t *harness.T) {
	f := fill(t, 4)
	t.Check(f.take(4, false)[2].Nack(true, true), "nack")
	again := take(t, f.deliveries, 3)
	harness.Equal(t, "bodies", bodies(again), []string{"1", "2", "3"})
	for _, message := range again {
		harness.Equal(t, "redelivered", message.Redelivered, true)
	}
}

func nackRequeue(t *harness.T) {
	f := fill(t, 1)
	first := f.take(1, false)[0]
	harness.Equal(t, "redelivered", first.Redelivered, false)
	t.Check(first.Nack(false, true), "nack")
	again := take(t, f.deliveries, 1)[0]
	harness.Equal(t, "body", string(again.Body), "1")
	harness.Equal(t, "redelivered", again.Redelivered, true)
	t.Check(again.Nack(false, false), "nack")
	f.expectLeft()
}

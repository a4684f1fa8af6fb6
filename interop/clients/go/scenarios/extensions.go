package scenarios

// Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
// together, dead letters that wait.

import (
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var extensions = harness.Scenarios{
	"filter":                    filter,
	"group-key":                 groupKey,
	"dead-letter-at-least-once": deadLetterAtLeastOnce,
}

const bindingExchange = "amq.direct"

// consumeIf consumes what a selector is true of.
func consumeIf(
	t *harness.T, channel *amqp.Channel, tag, selector string,
) (<-chan amqp.Delivery, error) {
	arguments := amqp.Table{"x-filter": selector}
	return channel.Consume(t.Name, tag, false, false, false, false, arguments)
}

// expectNext waits for the next messages of a consumer.
func expectNext(
	t *harness.T, deliveries <-chan amqp.Delivery, expected ...string,
) []amqp.Delivery {
	messages := take(t, deliveries, len(expected))
	harness.Equal(t, "bodies", bodies(messages), expected)
	return messages
}

// expectNone shows that nothing has come, once what was asked before has been answered.
func expectNone(t *harness.T, deliveries <-chan amqp.Delivery) {
	select {
	case message := <-deliveries:
		t.Fatalf("got %s", message.Body)
	default:
	}
}

func ackAll(t *harness.T, messages []amqp.Delivery) {
	for _, message := range messages {
		t.Check(message.Ack(false), "ack")
	}
}

func coloured(body, colour string, size int32) amqp.Publishing {
	headers := amqp.Table{"colour": colour, "size": size}
	return amqp.Publishing{Body: []byte(body), Headers: headers}
}

func filter(t *harness.T) {
	connection := connect(t)
	publisher := openConfirmChannel(t, connection)
	declare(t, publisher, t.Name)
	for _, message := range []amqp.Publishing{
		coloured("big red", "red", 5),
		coloured("small red", "red", 3),
		coloured("big blue", "blue", 9),
		{Body: []byte("named"), MessageId: "order-7"},
		coloured("bigger red", "red", 70_000),
	} {
		publish(t, publisher, "", t.Name, message)
	}
	first, second := openChannel(t, connection), openChannel(t, connection)
	reds, err := consumeIf(t, first, "reds", "colour = 'red' AND size > 3")
	t.Check(err, "consume")
	ackAll(t, expectNext(t, reds, "big red", "bigger red"))
	orders, err := consumeIf(t, second, "orders", "p.message_id LIKE 'order-%'")
	t.Check(err, "consume")
	ackAll(t, expectNext(t, orders, "named"))
	publish(t, publisher, "", t.Name, coloured("last red", "red", 4))
	ackAll(t, expectNext(t, reds, "last red"))
	t.Check(first.Cancel("reds", false), "cancel")
	t.Check(second.Cancel("orders", false), "cancel")
	expectNext(t, consume(t, first, t.Name, true), "small red", "big blue")
	_, err = consumeIf(t, openChannel(t, connection), "wrong", "colour = 'red")
	var refusal *amqp.Error
	harness.Equal(t, "refused by the broker", errors.As(err, &refusal), true)
	harness.Equal(t, "code", refusal.Code, amqp.PreconditionFailed)
	harness.Equal(t, "reason", refusal.Reason, fmt.Sprintf(
		"PRECONDITION_FAILED - invalid arg 'x-filter' for queue '%s' in vhost '/': "+
			`{invalid_filter,"no end of the quote at 10"}`, t.Name))
}

func groupKey(t *harness.T) {
	byRoutingKey := func(name string) (string, amqp.Table) { return name[:1], nil }
	groups(t, "routing-key", byRoutingKey)
	byHeader := func(name string) (string, amqp.Table) {
		return "a", amqp.Table{"customer": name[:1]}
	}
	groups(t, "customer", byHeader)
}

// groups has two consumers, of no more than two messages each at a time. A message's key is the
// first letter of its name; `sent` gives the end of its routing key, and its headers.
func groups(t *harness.T, argument string, sent func(name string) (string, amqp.Table)) {
	connection := connect(t)
	publisher := openConfirmChannel(t, connection)
	queue := t.Name + "." + argument
	arguments := amqp.Table{"x-group-key": argument}
	_, err := publisher.QueueDeclare(queue, false, false, true, false, arguments)
	t.Check(err, "declare a queue")
	for _, key := range []string{"a", "b"} {
		err := publisher.QueueBind(queue, queue+"."+key, bindingExchange, false, nil)
		t.Check(err, "bind a queue")
	}
	put := func(names ...string) {
		for _, name := range names {
			key, headers := sent(name)
			message := amqp.Publishing{Body: []byte(name), Headers: headers}
			publish(t, publisher, bindingExchange, queue+"."+key, message)
		}
	}
	one, two := openChannel(t, connection), openChannel(t, connection)
	t.Check(one.Qos(2, 0, false), "qos")
	t.Check(two.Qos(2, 0, false), "qos")
	put("a1", "a2", "a3", "b1", "b2", "b3")
	first, err := one.Consume(queue, "first", false, false, false, false, nil)
	t.Check(err, "consume")
	held := expectNext(t, first, "a1", "a2")
	second := consume(t, two, queue, false)
	ackAll(t, expectNext(t, second, "b1", "b2"))
	ackAll(t, expectNext(t, second, "b3"))
	// The second one has nothing to do, and yet it gets none of the key that the first one has.
	harness.Equal(t, "ready", ready(t, two, queue), 1)
	ackAll(t, held[:1])
	held = append(held[1:], expectNext(t, first, "a3")...)
	ackAll(t, held)
	expectNone(t, second)
	t.Check(one.Cancel("first", false), "cancel")
	put("a4")
	expectNext(t, second, "a4")
}

func deadLetterAtLeastOnce(t *harness.T) {
	channel := openConfirmChannel(t, connect(t))
	target, key := t.Name+".dead", t.Name+".key"
	_, err := channel.QueueDeclare(t.Name, true, false, false, false, amqp.Table{
		"x-queue-type": "quorum", "x-overflow": "reject-publish",
		"x-dead-letter-strategy": "at-least-once", "x-dead-letter-exchange": bindingExchange,
		"x-dead-letter-routing-key": key,
	})
	t.Check(err, "declare a quorum queue")
	t.After(func() error {
		_, err := channel.QueueDelete(t.Name, false, false, false)
		return err
	})
	publish(t, channel, "", t.Name, text("refused"))
	letter := expectNext(t, consume(t, channel, t.Name, false), "refused")[0]
	t.Check(letter.Reject(false), "reject")
	// When this is answered, the letter has found no queue.
	declare(t, channel, target)
	t.Check(channel.QueueBind(target, key, bindingExchange, false, nil), "bind a queue")
	dead := expectNext(t, consume(t, channel, target, true), "refused")[0]
	deaths, _ := dead.Headers["x-death"].([]any)
	harness.Equal(t, "deaths", len(deaths), 1)
	death, _ := deaths[0].(amqp.Table)
	harness.Equal(t, "reason", death["reason"], any("rejected"))
}

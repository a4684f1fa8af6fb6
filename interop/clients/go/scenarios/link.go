package scenarios

// The client's calls that most scenarios need, failing the scenario when one fails.

import (
	"context"
	"errors"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

const (
	closeLimit   = 2 * time.Second
	confirmLimit = 10 * time.Second
)

// connect opens a connection that is closed after the scenario.
func connect(t *harness.T) *amqp.Connection {
	return connectTo(t, t.URL, amqp.Config{})
}

func connectTo(t *harness.T, url string, config amqp.Config) *amqp.Connection {
	connection, err := amqp.DialConfig(url, config)
	t.Check(err, "connect")
	t.After(func() error {
		err := connection.CloseDeadline(time.Now().Add(closeLimit))
		if errors.Is(err, amqp.ErrClosed) {
			return nil // The scenario has closed it, or the broker.
		}
		return err
	})
	return connection
}

func openChannel(t *harness.T, connection *amqp.Connection) *amqp.Channel {
	channel, err := connection.Channel()
	t.Check(err, "open a channel")
	return channel
}

func openConfirmChannel(t *harness.T, connection *amqp.Connection) *amqp.Channel {
	channel := openChannel(t, connection)
	t.Check(channel.Confirm(false), "confirm.select")
	return channel
}

// declare declares an exclusive queue.
func declare(t *harness.T, channel *amqp.Channel, name string) {
	queue, err := channel.QueueDeclare(name, false, false, true, false, nil)
	t.Check(err, "declare a queue")
	harness.Equal(t, "name of the queue", queue.Name, name)
}

// ready gives the number of ready messages of a queue.
func ready(t *harness.T, channel *amqp.Channel, name string) int {
	queue, err := channel.QueueDeclarePassive(name, false, false, true, false, nil)
	t.Check(err, "look at a queue")
	return queue.Messages
}

func text(body string) amqp.Publishing {
	return amqp.Publishing{Body: []byte(body)}
}

// send publishes and waits for nothing.
func send(t *harness.T, channel *amqp.Channel, exchange, key string, message amqp.Publishing) {
	err := channel.PublishWithContext(context.Background(), exchange, key, false, false, message)
	t.Check(err, "publish")
}

// start publishes on a confirm channel; what it gives is to be confirmed.
func start(
	t *harness.T, channel *amqp.Channel, exchange, key string, mandatory bool, message amqp.Publishing,
) *amqp.DeferredConfirmation {
	confirmation, err := channel.PublishWithDeferredConfirmWithContext(
		context.Background(), exchange, key, mandatory, false, message)
	t.Check(err, "publish")
	return confirmation
}

func confirmed(t *harness.T, confirmations ...*amqp.DeferredConfirmation) {
	limit, cancel := context.WithTimeout(context.Background(), confirmLimit)
	defer cancel()
	for number, confirmation := range confirmations {
		acked, err := confirmation.WaitContext(limit)
		t.Check(err, "wait for a confirm")
		if !acked {
			t.Fatalf("publish %d was not confirmed", number)
		}
	}
}

// publish publishes on a confirm channel; after that the message is in its queues.
func publish(t *harness.T, channel *amqp.Channel, exchange, key string, message amqp.Publishing) {
	confirmed(t, start(t, channel, exchange, key, false, message))
}

// get takes one message, which has to be there, without ack.
func get(t *harness.T, channel *amqp.Channel, queue string) amqp.Delivery {
	message, found, err := channel.Get(queue, true)
	t.Check(err, "get")
	if !found {
		t.Fatalf("nothing in %s", queue)
	}
	return message
}

// getAll takes all that is in a queue.
func getAll(t *harness.T, channel *amqp.Channel, queue string) []string {
	bodies := []string{}
	for {
		message, found, err := channel.Get(queue, true)
		t.Check(err, "get")
		if !found {
			return bodies
		}
		bodies = append(bodies, string(message.Body))
	}
}

func consume(
	t *harness.T, channel *amqp.Channel, queue string, noAck bool,
) <-chan amqp.Delivery {
	deliveries, err := channel.Consume(queue, "", noAck, false, false, false, nil)
	t.Check(err, "consume")
	return deliveries
}

// take waits for some messages of a consumer.
func take(t *harness.T, deliveries <-chan amqp.Delivery, count int) []amqp.Delivery {
	taken := make([]amqp.Delivery, 0, count)
	for len(taken) < count {
		taken = append(taken, harness.Wait(t, "deliveries", deliveries))
	}
	return taken
}

func bodies(deliveries []amqp.Delivery) []string {
	texts := make([]string, 0, len(deliveries))
	for _, delivery := range deliveries {
		texts = append(texts, string(delivery.Body))
	}
	return texts
}

// exchangeOneMessage declares, publishes, gets: shows that a confirm channel works.
func exchangeOneMessage(t *harness.T, channel *amqp.Channel, queue string) {
	declare(t, channel, queue)
	publish(t, channel, "", queue, text("alive"))
	harness.Equal(t, "body", string(get(t, channel, queue).Body), "alive")
}

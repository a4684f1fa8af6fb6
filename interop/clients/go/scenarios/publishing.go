package scenarios

// Scenarios of publishing: confirms, returns, transactions.

import (
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var publishing = harness.Scenarios{
	"confirm-single":     confirmSingle,
	"confirm-batch-1000": confirmBatch,
	"confirm-batches":    confirmBatches,
	"mandatory-return":   mandatoryReturn,
	"tx-commit":          txCommit,
	"tx-rollback":        txRollback,
}

const (
	batch   = 1000
	batches = 10
)

func confirmSingle(t *harness.T) {
	channel := openConfirmChannel(t, connect(t))
	_, err := channel.QueueDeclare(t.Name, true, false, false, false, nil)
	t.Check(err, "declare a queue")
	t.After(func() error {
		_, err := channel.QueueDelete(t.Name, false, false, false)
		return err
	})
	kept := amqp.Publishing{Body: []byte("kept"), DeliveryMode: amqp.Persistent}
	publish(t, channel, "", t.Name, kept)
	message := get(t, channel, t.Name)
	harness.Equal(t, "body", string(message.Body), "kept")
	harness.Equal(t, "delivery mode", message.DeliveryMode, amqp.Persistent)
}

// sendNumbers publishes numbers as texts; what it gives is to be confirmed.
func sendNumbers(
	t *harness.T, channel *amqp.Channel, from, to int,
) (confirmations []*amqp.DeferredConfirmation, texts []string) {
	for number := from; number < to; number++ {
		body := strconv.Itoa(number)
		texts = append(texts, body)
		confirmations = append(confirmations, start(t, channel, "", t.Name, false, text(body)))
	}
	return confirmations, texts
}

func confirmBatch(t *harness.T) {
	channel := openConfirmChannel(t, connect(t))
	declare(t, channel, t.Name)
	outstanding, texts := sendNumbers(t, channel, 0, batch)
	confirmed(t, outstanding...)
	harness.Equal(t, "ready", ready(t, channel, t.Name), batch)
	received := take(t, consume(t, channel, t.Name, true), batch)
	harness.Equal(t, "bodies", bodies(received), texts)
}

func confirmBatches(t *harness.T) {
	channel := openConfirmChannel(t, connect(t))
	declare(t, channel, t.Name)
	for number := range batches {
		from := number * batch / batches
		outstanding, _ := sendNumbers(t, channel, from, from+batch/batches)
		confirmed(t, outstanding...)
	}
	harness.Equal(t, "ready", ready(t, channel, t.Name), batch)
}

func mandatoryReturn(t *harness.T) {
	channel := openConfirmChannel(t, connect(t))
	returns := channel.NotifyReturn(make(chan amqp.Return, 1))
	lost := amqp.Publishing{
		Body: []byte("lost"), MessageId: "m-1", ContentType: "application/x-test",
	}
	confirmed(t, start(t, channel, "amq.direct", t.Name, true, lost))
	select {
	case returned := <-returns:
		harness.Equal(t, "reply code", returned.ReplyCode, amqp.NoRoute)
		harness.Equal(t, "reply text", returned.ReplyText, "NO_ROUTE")
		harness.Equal(t, "exchange", returned.Exchange, "amq.direct")
		harness.Equal(t, "routing key", returned.RoutingKey, t.Name)
		harness.Equal(t, "body", string(returned.Body), "lost")
		harness.Equal(t, "message id", returned.MessageId, "m-1")
		harness.Equal(t, "content type", returned.ContentType, "application/x-test")
	default:
		t.Fatalf("no return before the confirm")
	}
}

// transactional gives a channel in tx mode, and a function that counts the ready messages of the
// scenario's queue on another channel.
func transactional(t *harness.T) (*amqp.Channel, func() int) {
	connection := connect(t)
	channel, observer := openChannel(t, connection), openChannel(t, connection)
	declare(t, observer, t.Name)
	t.Check(channel.Tx(), "tx.select")
	return channel, func() int { return ready(t, observer, t.Name) }
}

func txCommit(t *harness.T) {
	channel, count := transactional(t)
	send(t, channel, "", t.Name, text("one"))
	send(t, channel, "", t.Name, text("two"))
	harness.Equal(t, "ready before the commit", count(), 0)
	t.Check(channel.TxCommit(), "tx.commit")
	harness.Equal(t, "ready after the commit", count(), 2)
	first, _, err := channel.Get(t.Name, false)
	t.Check(err, "get")
	t.Check(first.Ack(false), "ack")
	t.Check(channel.TxCommit(), "tx.commit")
	t.Check(channel.Close(), "close")
	harness.Equal(t, "ready: an acked message does not come back", count(), 1)
}

func txRollback(t *harness.T) {
	channel, count := transactional(t)
	send(t, channel, "", t.Name, text("kept"))
	t.Check(channel.TxCommit(), "tx.commit")
	send(t, channel, "", t.Name, text("dropped"))
	first, _, err := channel.Get(t.Name, false)
	t.Check(err, "get")
	harness.Equal(t, "body", string(first.Body), "kept")
	t.Check(first.Ack(false), "ack")
	t.Check(channel.TxRollback(), "tx.rollback")
	harness.Equal(t, "ready: rollback does not redeliver", count(), 0)
	t.Check(channel.Close(), "close")
	harness.Equal(t, "ready: the ack was forgotten, the publish too", count(), 1)
}

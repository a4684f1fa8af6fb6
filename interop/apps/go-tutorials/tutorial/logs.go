package tutorial

import (
	"context"
	"log"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// DeclareLogs declares one of the exchanges of tutorials 3 to 5.
func DeclareLogs(ch *amqp.Channel, short, kind string) string {
	name := Name(short)
	err := ch.ExchangeDeclare(name, kind, true, false, false, false, nil)
	FailOnError(err, "Failed to declare an exchange")
	return name
}

// EmitLog sends a log line.
func EmitLog(ch *amqp.Channel, exchange, key, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := ch.PublishWithContext(ctx, exchange, key, false, false,
		amqp.Publishing{ContentType: "text/plain", Body: []byte(body)})
	FailOnError(err, "Failed to publish a message")
	log.Printf(" [x] Sent %s", body)
}

// ReceiveLogs prints what comes to a queue of its own that is bound by keys, until CTRL+C.
func ReceiveLogs(ch *amqp.Channel, exchange string, keys []string) {
	q, err := ch.QueueDeclare("", false, false, true, false, nil)
	FailOnError(err, "Failed to declare a queue")
	for _, key := range keys {
		err = ch.QueueBind(q.Name, key, exchange, false, nil)
		FailOnError(err, "Failed to bind a queue")
	}
	msgs, err := ch.Consume(q.Name, "", true, false, false, false, nil)
	FailOnError(err, "Failed to register a consumer")
	log.Print(" [*] Waiting for logs. To exit press CTRL+C")
	UntilInterrupted(msgs, func(d amqp.Delivery) { log.Printf(" [x] %s", d.Body) })
}

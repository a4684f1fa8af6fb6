// Tutorial 1, "Hello World!": sends one message.
package main

import (
	"context"
	"log"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	q, err := ch.QueueDeclare(tutorial.Name("hello"), false, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to declare a queue")

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	body := "Hello World!"
	err = ch.PublishWithContext(ctx, "", q.Name, false, false,
		amqp.Publishing{ContentType: "text/plain", Body: []byte(body)})
	tutorial.FailOnError(err, "Failed to publish a message")
	log.Printf(" [x] Sent %s", body)
}

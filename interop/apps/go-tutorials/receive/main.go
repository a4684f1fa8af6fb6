// Tutorial 1, "Hello World!": prints what comes.
package main

import (
	"log"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	q, err := ch.QueueDeclare(tutorial.Name("hello"), false, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to declare a queue")
	msgs, err := ch.Consume(q.Name, "", true, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to register a consumer")
	log.Print(" [*] Waiting for messages. To exit press CTRL+C")
	tutorial.UntilInterrupted(msgs, func(d amqp.Delivery) {
		log.Printf("Received a message: %s", d.Body)
	})
}

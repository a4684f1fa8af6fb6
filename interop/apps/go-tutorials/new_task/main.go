// Tutorial 2, work queues: sends a task that takes as long as it has dots.
package main

import (
	"context"
	"log"
	"os"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	q, err := ch.QueueDeclare(tutorial.Name("task_queue"), true, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to declare a queue")

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	body := strings.Join(os.Args[1:], " ")
	err = ch.PublishWithContext(ctx, "", q.Name, false, false, amqp.Publishing{
		DeliveryMode: amqp.Persistent,
		ContentType:  "text/plain",
		Body:         []byte(body),
	})
	tutorial.FailOnError(err, "Failed to publish a message")
	log.Printf(" [x] Sent %s", body)
}

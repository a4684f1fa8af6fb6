// Tutorial 2, work queues: takes one task after the other, and acknowledges what it has done.
package main

import (
	"bytes"
	"log"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

// In the tutorial a dot is a second.
const dot = 250 * time.Millisecond

func main() {
	ch, done := tutorial.Open()
	defer done()
	q, err := ch.QueueDeclare(tutorial.Name("task_queue"), true, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to declare a queue")
	err = ch.Qos(1, 0, false)
	tutorial.FailOnError(err, "Failed to set QoS")
	msgs, err := ch.Consume(q.Name, "", false, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to register a consumer")
	log.Print(" [*] Waiting for messages. To exit press CTRL+C")
	tutorial.UntilInterrupted(msgs, func(d amqp.Delivery) {
		log.Printf("Received a message: %s", d.Body)
		time.Sleep(time.Duration(bytes.Count(d.Body, []byte("."))) * dot)
		log.Printf("Done: %s", d.Body)
		tutorial.FailOnError(d.Ack(false), "Failed to acknowledge a message")
	})
}

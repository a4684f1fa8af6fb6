// Tutorial 6, remote procedure calls: answers requests for Fibonacci numbers.
package main

import (
	"context"
	"log"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	ch, done := tutorial.Open()
	defer done()
	q, err := ch.QueueDeclare(tutorial.Name("rpc_queue"), false, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to declare a queue")
	err = ch.Qos(1, 0, false)
	tutorial.FailOnError(err, "Failed to set QoS")
	msgs, err := ch.Consume(q.Name, "", false, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to register a consumer")
	log.Print(" [*] Awaiting RPC requests")
	tutorial.UntilInterrupted(msgs, func(d amqp.Delivery) { answer(ch, d) })
}

func answer(ch *amqp.Channel, d amqp.Delivery) {
	n, err := strconv.Atoi(string(d.Body))
	tutorial.FailOnError(err, "Failed to convert body to integer")
	log.Printf(" [.] fib(%d)", n)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err = ch.PublishWithContext(ctx, "", d.ReplyTo, false, false, amqp.Publishing{
		ContentType:   "text/plain",
		CorrelationId: d.CorrelationId,
		Body:          []byte(strconv.Itoa(fib(n))),
	})
	tutorial.FailOnError(err, "Failed to publish a message")
	tutorial.FailOnError(d.Ack(false), "Failed to acknowledge a message")
}

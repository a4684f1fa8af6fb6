// Tutorial 6, remote procedure calls: asks for a Fibonacci number, its argument.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	n, err := strconv.Atoi(os.Args[1])
	tutorial.FailOnError(err, "Failed to convert the argument to integer")
	log.Printf(" [x] Requesting fib(%d)", n)
	log.Printf(" [.] Got %d", ask(ch, n))
}

func ask(ch *amqp.Channel, n int) int {
	q, err := ch.QueueDeclare("", false, false, true, false, nil)
	tutorial.FailOnError(err, "Failed to declare a queue")
	msgs, err := ch.Consume(q.Name, "", true, false, false, false, nil)
	tutorial.FailOnError(err, "Failed to register a consumer")

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	id := fmt.Sprintf("%d-%d", os.Getpid(), time.Now().UnixNano())
	err = ch.PublishWithContext(ctx, "", tutorial.Name("rpc_queue"), false, false,
		amqp.Publishing{
			ContentType:   "text/plain",
			CorrelationId: id,
			ReplyTo:       q.Name,
			Body:          []byte(strconv.Itoa(n)),
		})
	tutorial.FailOnError(err, "Failed to publish a message")
	for {
		select {
		case d := <-msgs:
			if d.CorrelationId == id {
				result, err := strconv.Atoi(string(d.Body))
				tutorial.FailOnError(err, "Failed to convert body to integer")
				return result
			}
		case <-ctx.Done():
			log.Fatal("No answer")
		}
	}
}

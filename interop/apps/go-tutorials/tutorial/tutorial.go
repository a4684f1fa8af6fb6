// Package tutorial has what every program of the tutorials begins with: a connection, a channel,
// and names that another run on the same broker does not use.
package tutorial

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	amqp "github.com/rabbitmq/amqp091-go"
)

// URLVariable and PrefixVariable name the environment variables that the driver sets.
const (
	URLVariable    = "TUTORIAL_URL"
	PrefixVariable = "TUTORIAL_PREFIX"
)

// FailOnError ends the program when err is one.
func FailOnError(err error, msg string) {
	if err != nil {
		log.Fatalf("%s: %s", msg, err)
	}
}

// Name gives the name in the broker of what a tutorial calls by a shorter one.
func Name(short string) string {
	return os.Getenv(PrefixVariable) + short
}

// Open connects and opens a channel; the returned function closes both.
func Open() (*amqp.Channel, func()) {
	url := os.Getenv(URLVariable)
	if url == "" {
		url = "amqp://guest:guest@localhost:5672/"
	}
	conn, err := amqp.Dial(url)
	FailOnError(err, "Failed to connect to RabbitMQ")
	ch, err := conn.Channel()
	FailOnError(err, "Failed to open a channel")
	return ch, func() {
		// Closes the channel too. What is being published has been written by then.
		FailOnError(conn.Close(), "Failed to close the connection")
	}
}

// UntilInterrupted hands over deliveries until CTRL+C or SIGTERM, or until the broker goes away.
func UntilInterrupted(msgs <-chan amqp.Delivery, handle func(amqp.Delivery)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for {
		select {
		case d, open := <-msgs:
			if !open {
				log.Fatal("The broker closed the channel")
			}
			handle(d)
		case <-ctx.Done():
			return
		}
	}
}

// Tutorial 7, publisher confirms: the three strategies, each with as many messages.
package main

import (
	"context"
	"errors"
	"log"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

const (
	messageCount = 1000
	batchSize    = 100
	limit        = 20 * time.Second
)

var errNacked = errors.New("the broker refused a message")

type publisher struct {
	ctx   context.Context
	ch    *amqp.Channel
	queue string
}

// publish sends one message; its confirm is still to come.
func (p publisher) publish(number int) (*amqp.DeferredConfirmation, error) {
	return p.ch.PublishWithDeferredConfirmWithContext(p.ctx, "", p.queue, false, false,
		amqp.Publishing{Body: []byte(strconv.Itoa(number))})
}

func (p publisher) wait(confirm *amqp.DeferredConfirmation) error {
	acked, err := confirm.WaitContext(p.ctx)
	if err == nil && !acked {
		return errNacked
	}
	return err
}

// individually waits for each confirm before it sends the next message.
func individually(p publisher) error {
	for number := 0; number < messageCount; number++ {
		confirm, err := p.publish(number)
		if err != nil {
			return err
		}
		if err = p.wait(confirm); err != nil {
			return err
		}
	}
	return nil
}

// inBatches waits after every batch for all of its confirms.
func inBatches(p publisher) error {
	batch := make([]*amqp.DeferredConfirmation, 0, batchSize)
	for number := 1; number <= messageCount; number++ {
		confirm, err := p.publish(number)
		if err != nil {
			return err
		}
		batch = append(batch, confirm)
		if len(batch) < batchSize && number < messageCount {
			continue
		}
		for _, each := range batch {
			if err = p.wait(each); err != nil {
				return err
			}
		}
		batch = batch[:0]
	}
	return nil
}

// asynchronously takes confirms as they come, while it goes on sending.
func asynchronously(p publisher) error {
	confirms := p.ch.NotifyPublish(make(chan amqp.Confirmation, messageCount))
	handled := make(chan error, 1)
	go func() {
		for count := 0; count < messageCount; count++ {
			select {
			case confirm := <-confirms:
				if !confirm.Ack {
					handled <- errNacked
					return
				}
			case <-p.ctx.Done():
				handled <- p.ctx.Err()
				return
			}
		}
		handled <- nil
	}()
	for number := 0; number < messageCount; number++ {
		if _, err := p.publish(number); err != nil {
			return err
		}
	}
	return <-handled
}

func run(how string, strategy func(publisher) error) {
	ch, done := tutorial.Open()
	defer done()
	tutorial.FailOnError(ch.Confirm(false), "Failed to ask for confirms")
	q, err := ch.QueueDeclare("", false, false, true, false, nil)
	tutorial.FailOnError(err, "Failed to declare a queue")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	start := time.Now()
	tutorial.FailOnError(strategy(publisher{ctx, ch, q.Name}), "Failed to publish "+how)
	took := time.Since(start).Milliseconds()
	q, err = ch.QueueDeclarePassive(q.Name, false, false, true, false, nil)
	tutorial.FailOnError(err, "Failed to count the messages")
	if q.Messages != messageCount {
		log.Fatalf("%d messages in the queue", q.Messages)
	}
	log.Printf("Published %d messages %s in %d ms", messageCount, how, took)
}

func main() {
	run("individually", individually)
	run("in batches", inBatches)
	run("and handled confirms asynchronously", asynchronously)
}

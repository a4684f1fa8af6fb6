package scenarios

// Scenarios of what a message carries: sizes, Unicode, headers of every type, properties.

import (
	"bytes"
	"crypto/rand"
	"math"
	"net/url"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var content = harness.Scenarios{
	"body-empty":            bodyEmpty,
	"body-10mib":            body10MiB,
	"unicode":               unicode,
	"header-table":          headerTable,
	"properties-all":        propertiesAll,
	"priorities-timestamps": prioritiesTimestamps,
}

const tenMiB = 10 * 1024 * 1024

// confirming gives a confirm channel and declares the scenario's queue.
func confirming(t *harness.T) *amqp.Channel {
	channel := openConfirmChannel(t, connect(t))
	declare(t, channel, t.Name)
	return channel
}

// thereAndBack publishes into the scenario's queue and gets it back.
func thereAndBack(t *harness.T, channel *amqp.Channel, message amqp.Publishing) amqp.Delivery {
	publish(t, channel, "", t.Name, message)
	return get(t, channel, t.Name)
}

func bodyEmpty(t *harness.T) {
	message := thereAndBack(t, confirming(t), amqp.Publishing{Type: "empty"})
	harness.Equal(t, "octets", len(message.Body), 0)
	harness.Equal(t, "type", message.Type, "empty")
}

func body10MiB(t *harness.T) {
	channel := confirming(t)
	body := make([]byte, tenMiB)
	_, err := rand.Read(body)
	t.Check(err, "random bytes")
	publish(t, channel, "", t.Name, amqp.Publishing{Body: body})
	message := take(t, consume(t, channel, t.Name, true), 1)[0]
	harness.Equal(t, "octets", len(message.Body), tenMiB)
	if !bytes.Equal(message.Body, body) {
		t.Fatalf("the bytes differ")
	}
}

func unicode(t *harness.T) {
	const key, words = "ключ.🐇.größe", "Grüße, 兎 and 🐇, e\u0301"
	exchange, queue := t.Name+".交換機.обмен", t.Name+".очередь.队列.🐇"
	channel := confirming(t)
	err := channel.ExchangeDeclare(exchange, amqp.ExchangeTopic, false, true, false, false, nil)
	t.Check(err, "declare an exchange")
	declare(t, channel, queue)
	t.Check(channel.QueueBind(queue, "ключ.*.größe", exchange, false, nil), "bind")
	publish(t, channel, exchange, key, amqp.Publishing{
		Body: []byte(words), Headers: amqp.Table{"ключ": words},
	})
	message := get(t, channel, queue)
	harness.Equal(t, "exchange", message.Exchange, exchange)
	harness.Equal(t, "routing key", message.RoutingKey, key)
	harness.Equal(t, "body", string(message.Body), words)
	harness.Equal(t, "headers", message.Headers, amqp.Table{"ключ": words})
}

// headerTable sends a header a type, at its extremes, by RabbitMQ's letter for the type. The client
// gives each letter a Go type of its own, so that equal values came back with their letter.
func headerTable(t *harness.T) {
	t.Note("the client cannot send headers of type L")
	sent := amqp.Table{
		"S":       "text, Größe, 兎",
		"S empty": "",
		"x":       []byte{0, 1, 0xfe, 0xff},
		"t":       true,
		"t false": false,
		"b":       int8(math.MinInt8),
		"B":       byte(math.MaxUint8),
		"s":       int16(math.MinInt16),
		"u":       uint16(math.MaxUint16),
		"I":       int32(math.MinInt32),
		"i":       uint32(math.MaxUint32),
		"l":       int64(math.MinInt64),
		"l max":   int64(math.MaxInt64),
		"f":       float32(1.5),
		"d":       math.Pi,
		"D":       amqp.Decimal{Scale: 2, Value: 31415},
		"T":       time.Unix(1_700_000_000, 0),
		"V":       nil,
		"A":       []any{"in a list", int16(-300), nil, []any{"inner"}, amqp.Table{"deep": true}},
		"F":       amqp.Table{"float": float32(-0.25), "list": []any{int32(1), int64(2)}},
		"F empty": amqp.Table{},
	}
	message := thereAndBack(t, confirming(t), amqp.Publishing{Headers: sent})
	for key, value := range sent {
		harness.Equal(t, key, message.Headers[key], value)
	}
	harness.Equal(t, "headers", len(message.Headers), len(sent))
}

func propertiesAll(t *harness.T) {
	t.Note("the client cannot send cluster_id")
	address, err := url.Parse(t.URL)
	t.Check(err, "INTEROP_URL")
	sent := amqp.Publishing{
		ContentType:     "application/octet-stream",
		ContentEncoding: "identity",
		Headers:         amqp.Table{"key": "value"},
		DeliveryMode:    amqp.Persistent,
		Priority:        9,
		CorrelationId:   "correlation-1",
		ReplyTo:         "reply.queue",
		Expiration:      "3600000",
		MessageId:       "message-1",
		Timestamp:       time.Unix(1_700_000_000, 0),
		Type:            "type-1",
		UserId:          address.User.Username(),
		AppId:           "app-1",
		Body:            []byte("x"),
	}
	back := thereAndBack(t, confirming(t), sent)
	harness.Equal(t, "message", amqp.Publishing{
		ContentType:     back.ContentType,
		ContentEncoding: back.ContentEncoding,
		Headers:         back.Headers,
		DeliveryMode:    back.DeliveryMode,
		Priority:        back.Priority,
		CorrelationId:   back.CorrelationId,
		ReplyTo:         back.ReplyTo,
		Expiration:      back.Expiration,
		MessageId:       back.MessageId,
		Timestamp:       back.Timestamp,
		Type:            back.Type,
		UserId:          back.UserId,
		AppId:           back.AppId,
		Body:            back.Body,
	}, sent)
}

func prioritiesTimestamps(t *harness.T) {
	t.Note("the client sends a priority of 0 as no priority")
	channel := confirming(t)
	for _, priority := range []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255} {
		back := thereAndBack(t, channel, amqp.Publishing{Priority: priority})
		harness.Equal(t, "priority", back.Priority, priority)
	}
	for _, seconds := range []int64{0, 1, 1_000_000_000, 2_147_483_648, 4_102_444_800} {
		back := thereAndBack(t, channel, amqp.Publishing{Timestamp: time.Unix(seconds, 0)})
		if back.Timestamp.IsZero() {
			t.Fatalf("timestamp %d: none came back", seconds)
		}
		harness.Equal(t, "timestamp", back.Timestamp.Unix(), seconds)
	}
}

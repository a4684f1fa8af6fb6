package scenarios

// Scenarios of each exchange type: declare, bind, publish, look which queue got what.

import (
	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var routing = harness.Scenarios{
	"exchange-direct":      direct,
	"exchange-fanout":      fanout,
	"exchange-topic":       topic,
	"exchange-headers":     headers,
	"exchange-to-exchange": exchangeToExchange,
}

var (
	topicKeys = []string{"stock.usd.nyse", "stock", "stock.usd", "quick.orange.rabbit", "a..b", ""}
	topics    = map[string][]string{
		"stock.*.nyse": {"stock.usd.nyse"},
		"stock.#":      {"stock.usd.nyse", "stock", "stock.usd"},
		"#":            topicKeys,
		"*.orange.*":   {"quick.orange.rabbit"},
		"*":            {"stock"},
		"a.*.b":        {"a..b"},
		"#.usd.#":      {"stock.usd.nyse", "stock.usd"},
	}
)

// setting is an exchange on a confirm channel: after a publish the message is in its queues.
type setting struct {
	t       *harness.T
	channel *amqp.Channel
}

func newSetting(t *harness.T, kind string) setting {
	s := setting{t: t, channel: openConfirmChannel(t, connect(t))}
	s.declareExchange(t.Name, kind)
	return s
}

func (s setting) declareExchange(name, kind string) {
	err := s.channel.ExchangeDeclare(name, kind, false, true, false, false, nil)
	s.t.Check(err, "declare an exchange")
}

func (s setting) queue(suffix string) string {
	name := s.t.Name + "." + suffix
	declare(s.t, s.channel, name)
	return name
}

func (s setting) bind(queue, key string, arguments amqp.Table) {
	s.t.Check(s.channel.QueueBind(queue, key, s.t.Name, false, arguments), "bind")
}

// send publishes each key with itself as the body.
func (s setting) send(keys ...string) {
	for _, key := range keys {
		publish(s.t, s.channel, s.t.Name, key, text(key))
	}
}

func (s setting) expect(queue string, expected ...string) {
	harness.Equal(s.t, queue, getAll(s.t, s.channel, queue), expected)
}

func direct(t *harness.T) {
	s := newSetting(t, amqp.ExchangeDirect)
	red, both := s.queue("red"), s.queue("both")
	s.bind(red, "red", nil)
	s.bind(both, "red", nil)
	s.bind(both, "blue", nil)
	s.send("red", "blue", "redder")
	s.expect(red, "red")
	s.expect(both, "red", "blue")
	t.Check(s.channel.QueueUnbind(both, "red", t.Name, nil), "unbind")
	s.send("red", "blue")
	s.expect(both, "blue")
}

func fanout(t *harness.T) {
	s := newSetting(t, amqp.ExchangeFanout)
	queues := []string{s.queue("0"), s.queue("1"), s.queue("2")}
	for _, queue := range queues {
		s.bind(queue, "ignored", nil)
	}
	s.send("any", "")
	for _, queue := range queues {
		s.expect(queue, "any", "")
	}
}

func topic(t *harness.T) {
	s := newSetting(t, amqp.ExchangeTopic)
	for pattern := range topics {
		s.bind(s.queue(pattern), pattern, nil)
	}
	s.send(topicKeys...)
	for pattern, expected := range topics {
		s.expect(t.Name+"."+pattern, expected...)
	}
}

func headers(t *harness.T) {
	s := newSetting(t, amqp.ExchangeHeaders)
	every, some := s.queue("all"), s.queue("any")
	s.bind(every, "", amqp.Table{"x-match": "all", "format": "pdf", "kind": "report"})
	s.bind(some, "", amqp.Table{"x-match": "any", "format": "pdf", "kind": "report"})
	for _, try := range []amqp.Publishing{
		{Body: []byte("both"), Headers: amqp.Table{"format": "pdf", "kind": "report"}},
		{Body: []byte("one"), Headers: amqp.Table{"format": "pdf", "kind": "log"}},
		{Body: []byte("other"), Headers: amqp.Table{"format": "zip"}},
		{Body: []byte("bare")},
	} {
		publish(t, s.channel, t.Name, "", try)
	}
	s.expect(every, "both")
	s.expect(some, "both", "one")
}

func exchangeToExchange(t *harness.T) {
	s := newSetting(t, amqp.ExchangeTopic)
	inner, target := t.Name+".fanout", s.queue("target")
	s.declareExchange(inner, amqp.ExchangeFanout)
	t.Check(s.channel.ExchangeBind(inner, "log.#", t.Name, false, nil), "bind an exchange")
	t.Check(s.channel.QueueBind(target, "", inner, false, nil), "bind")
	// A second way to the same queue must not give a second copy.
	s.bind(target, "log.error", nil)
	s.send("log.error", "log.info", "other")
	s.expect(target, "log.error", "log.info")
}

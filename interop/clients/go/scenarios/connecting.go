package scenarios

// Scenarios of opening a connection, and of being refused.

import (
	"errors"
	"net/url"
	"regexp"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
)

var connecting = harness.Scenarios{
	"connect-default-vhost":  func(t *harness.T) { connectsTo(t, t.URL) },
	"connect-encoded-vhost":  func(t *harness.T) { connectsTo(t, t.URL+"/%2F") },
	"connect-missing-vhost":  missingVhost,
	"connect-wrong-password": wrongPassword,
	"server-properties":      serverProperties,
}

var version = regexp.MustCompile(`^\d+\.\d+\.\d+`)

// connectsTo does one round trip, where the error text shows which vhost it is.
func connectsTo(t *harness.T, url string) {
	channel := openChannel(t, connectTo(t, url, amqp.Config{}))
	_, err := channel.QueueDeclarePassive(t.Name, false, false, false, false, nil)
	t.Contains(err, "in vhost '/'")
}

func missingVhost(t *harness.T) {
	err := refusal(t, t.URL+"/no-such-vhost")
	t.Contains(err, "Exception (530)")
	t.Contains(err, "NOT_ALLOWED - vhost no-such-vhost not found")
}

func wrongPassword(t *harness.T) {
	t.Note("the client cannot announce authentication_failure_close, so that the broker closes " +
		"the connection without a word and 403 is what the client makes of it")
	address, err := url.Parse(t.URL)
	t.Check(err, "INTEROP_URL")
	address.User = url.UserPassword(address.User.Username(), "wrong")
	err = refusal(t, address.String())
	if !errors.Is(err, amqp.ErrCredentials) {
		t.Fatalf("expected %v, got %v", amqp.ErrCredentials, err)
	}
	t.Contains(err, "Exception (403)")
}

func refusal(t *harness.T, url string) error {
	connection, err := amqp.Dial(url)
	if err == nil {
		t.After(connection.Close)
		t.Fatalf("the broker let it in")
	}
	return err
}

func serverProperties(t *harness.T) {
	properties := connect(t).Properties
	harness.Equal[any](t, "product", properties["product"], "RabbitMQ")
	if text, _ := properties["version"].(string); !version.MatchString(text) {
		t.Fatalf("version %#v", properties["version"])
	}
	for _, key := range []string{"platform", "copyright", "information", "cluster_name"} {
		if _, isText := properties[key].(string); !isText {
			t.Fatalf("%s: %#v", key, properties[key])
		}
	}
	harness.Equal[any](t, "capabilities", properties["capabilities"], amqp.Table{
		"publisher_confirms":           true,
		"exchange_exchange_bindings":   true,
		"basic.nack":                   true,
		"consumer_cancel_notify":       true,
		"connection.blocked":           true,
		"consumer_priorities":          true,
		"authentication_failure_close": true,
		"per_consumer_qos":             true,
		"direct_reply_to":              true,
	})
}

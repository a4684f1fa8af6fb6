// The modules whose own tests are run, pinned; go.sum has what they are checked against.
module leveret/interop/suites

go 1.24

require (
	github.com/ThreeDotsLabs/watermill-amqp/v3 v3.0.2
	github.com/rabbitmq/amqp091-go v1.16.0
	github.com/streadway/amqp v1.1.0
)

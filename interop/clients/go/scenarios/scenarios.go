// Package scenarios has the shared scenarios as github.com/rabbitmq/amqp091-go runs them, a file a
// subject.
package scenarios

import (
	"maps"

	"interop/harness"
)

// All gives every scenario by its name.
func All() harness.Scenarios {
	all := harness.Scenarios{}
	for _, some := range []harness.Scenarios{
		connecting, routing, publishing, consuming, content, failing, recovering, extensions,
	} {
		maps.Copy(all, some)
	}
	return all
}

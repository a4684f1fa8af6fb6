// The program of github.com/rabbitmq/amqp091-go: runs the shared scenarios with it. The broker's
// URL comes in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
package main

import (
	"fmt"
	"os"

	amqp "github.com/rabbitmq/amqp091-go"

	"interop/harness"
	"interop/scenarios"
)

func main() {
	client := harness.Client{
		Name: "amqp091-go",
		// What the library tells every broker of itself.
		Version: fmt.Sprint(amqp.NewConnectionProperties()["version"]),
	}
	os.Exit(harness.Run(client, scenarios.All()))
}

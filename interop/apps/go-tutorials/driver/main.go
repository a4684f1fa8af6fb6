// The driver runs RabbitMQ's tutorials 1 to 7: for each, the sending and the receiving programs,
// as a reader of the tutorials would, and asserts what the receivers print. INTEROP_URL is the
// broker. Prints a line an assertion; exit code 1 when one of them failed.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"tutorials/tutorial"
)

var tutorials = []struct {
	what string
	show func(*run) error
}{
	{"1 hello world: receive prints what send sent", hello},
	{"2 work queues: the worker that is free gets the next task", fairDispatch},
	{"2 work queues: the other worker does the task of a killed one", workerKilled},
	{"3 publish/subscribe: both receivers print both lines", publishSubscribe},
	{"4 routing: receivers print the lines of their severities", routing},
	{"5 topics: receivers print what their patterns ask for", topics},
	{"6 RPC: two clients at once, each gets its own answer", remoteCalls},
	{"7 publisher confirms: individually, in batches, asynchronously", confirms},
}

func main() {
	fmt.Println("# app go-tutorials", clientVersion())
	url := os.Getenv("INTEROP_URL") + "/"
	prefix := fmt.Sprintf("interop-go-%d-", os.Getpid())
	program, err := os.Executable()
	tutorial.FailOnError(err, "Failed to find the programs")
	r := &run{
		folder: filepath.Dir(program),
		env:    []string{tutorial.URLVariable + "=" + url, tutorial.PrefixVariable + "=" + prefix},
	}
	failed := 0
	report := func(what string, err error) {
		if err != nil {
			failed++
			reason := strings.Join(strings.Fields(err.Error()), " ")
			fmt.Printf("not ok %s - %s\n", what, reason)
			return
		}
		fmt.Println("ok", what)
	}
	for _, each := range tutorials {
		err := each.show(r)
		if stopped := r.stop(); err == nil {
			err = stopped
		}
		report(each.what, err)
	}
	report("all tasks were acknowledged, nothing is left", cleanUp(url, prefix))
	if failed > 0 {
		os.Exit(1)
	}
}

// cleanUp deletes what the tutorials leave behind; an error if messages were among it.
func cleanUp(url, prefix string) error {
	conn, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	for _, exchange := range []string{"logs", "logs_direct", "logs_topic"} {
		if err = ch.ExchangeDelete(prefix+exchange, false, false); err != nil {
			return err
		}
	}
	left := 0
	for _, queue := range []string{"hello", "task_queue", "rpc_queue"} {
		messages, err := ch.QueueDelete(prefix+queue, false, false, false)
		if err != nil {
			return err
		}
		left += messages
	}
	if left > 0 {
		return fmt.Errorf("%d messages were left", left)
	}
	return nil
}

// clientVersion is the version of the client that was linked in.
func clientVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if strings.HasSuffix(module.Path, "/amqp091-go") {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "unknown"
}

// Tutorial 5, topics: prints the log lines that patterns, its arguments, ask for.
package main

import (
	"os"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	exchange := tutorial.DeclareLogs(ch, "logs_topic", "topic")
	tutorial.ReceiveLogs(ch, exchange, os.Args[1:])
}

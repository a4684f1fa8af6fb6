// Tutorial 4, routing: prints the log lines of some severities, its arguments.
package main

import (
	"os"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	exchange := tutorial.DeclareLogs(ch, "logs_direct", "direct")
	tutorial.ReceiveLogs(ch, exchange, os.Args[1:])
}

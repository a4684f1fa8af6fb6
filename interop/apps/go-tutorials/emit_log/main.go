// Tutorial 3, publish/subscribe: sends a log line to everybody.
package main

import (
	"os"
	"strings"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	exchange := tutorial.DeclareLogs(ch, "logs", "fanout")
	tutorial.EmitLog(ch, exchange, "", strings.Join(os.Args[1:], " "))
}

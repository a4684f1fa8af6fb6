// Tutorial 4, routing: sends a log line with a severity. Arguments: the severity, the line.
package main

import (
	"os"
	"strings"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	exchange := tutorial.DeclareLogs(ch, "logs_direct", "direct")
	tutorial.EmitLog(ch, exchange, os.Args[1], strings.Join(os.Args[2:], " "))
}

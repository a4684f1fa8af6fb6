// Tutorial 5, topics: sends a log line with a topic, <facility>.<severity>. Arguments: the topic,
// the line.
package main

import (
	"os"
	"strings"

	"tutorials/tutorial"
)

func main() {
	ch, done := tutorial.Open()
	defer done()
	exchange := tutorial.DeclareLogs(ch, "logs_topic", "topic")
	tutorial.EmitLog(ch, exchange, os.Args[1], strings.Join(os.Args[2:], " "))
}

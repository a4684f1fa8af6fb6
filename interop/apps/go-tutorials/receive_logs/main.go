// Tutorial 3, publish/subscribe: prints all log lines.
package main

import "tutorials/tutorial"

func main() {
	ch, done := tutorial.Open()
	defer done()
	exchange := tutorial.DeclareLogs(ch, "logs", "fanout")
	tutorial.ReceiveLogs(ch, exchange, []string{""})
}

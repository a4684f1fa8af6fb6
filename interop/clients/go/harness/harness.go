// Package harness runs the shared scenarios with one client and reports each on a line of its own:
// `ok name`, `not ok name - reason`, `skip name - reason`, and `# note name - text` for what a
// client could not be asked to do. Which ones they are comes in INTEROP_SCENARIOS. Every scenario
// has a time limit; what it opened is closed after it. Nothing here knows a client.
package harness

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

const (
	scenarioLimit = 15 * time.Second
	closeLimit    = 3 * time.Second
	reasonLength  = 500
)

// Scenarios are functions by the name that they report.
type Scenarios map[string]func(*T)

// Client is what is reported of a client.
type Client struct {
	Name    string
	Version string
}

// Run runs all listed scenarios against the broker of INTEROP_URL and gives the exit code: 1 when
// one of them failed.
func Run(client Client, scenarios Scenarios) int {
	fmt.Printf("# client %s %s\n", client.Name, client.Version)
	code := 0
	for _, name := range strings.Fields(os.Getenv("INTEROP_SCENARIOS")) {
		scenario, found := scenarios[name]
		if !found {
			fmt.Printf("not ok %s - not written for this language\n", name)
			code = 1
			continue
		}
		t := newT(client, name)
		verdict := t.run(scenario)
		fmt.Println(verdict)
		t.cleanUp()
		if strings.HasPrefix(verdict, "not ok") {
			code = 1
		}
	}
	return code
}

// run gives the line to report. A scenario that is over its time goes on in the background until
// what it waits for is closed under it; what it then says is not heard.
func (t *T) run(scenario func(*T)) string {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.catch()
		scenario(t)
	}()
	for {
		select {
		case <-done:
			return t.end(passed, "")
		case <-time.After(t.timeLeft()):
			if t.timeLeft() <= 0 {
				return t.end(failed, fmt.Sprintf("no end after %v", scenarioLimit))
			}
		}
	}
}

// catch turns a panic of a scenario into its failure.
func (t *T) catch() {
	if cause := recover(); cause != nil {
		t.end(failed, fmt.Sprintf("panic: %v %s", cause, debug.Stack()))
	}
}

// cleanUp closes what the scenario opened, last first.
func (t *T) cleanUp() {
	for _, action := range t.takeCleanups() {
		finished := make(chan error, 1)
		go func() { finished <- action() }()
		select {
		case err := <-finished:
			if err != nil {
				fmt.Printf("# after %s: %s\n", t.scenario, oneLine(err.Error()))
			}
		case <-time.After(closeLimit):
			fmt.Printf("# after %s: no end after %v\n", t.scenario, closeLimit)
		}
	}
}

func oneLine(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	return string(line[:min(len(line), reasonLength)])
}

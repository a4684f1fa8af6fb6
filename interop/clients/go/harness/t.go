package harness

// What a scenario works with: names, outcome, clean-up, checks.

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

const waitLimit = 10 * time.Second

type outcome string

const (
	passed  outcome = "ok"
	failed  outcome = "not ok"
	skipped outcome = "skip"
)

// T is handed to a scenario. Like testing.T, it ends the scenario at its first failure.
type T struct {
	// URL is amqp://user:password@host:port, without a path.
	URL string
	// Name is unique to this run and scenario: the stem of all names that it declares.
	Name string

	scenario string
	mutex    sync.Mutex
	line     string
	cleanups []func() error
	deadline time.Time
	paused   time.Time
}

func newT(client Client, scenario string) *T {
	return &T{
		URL:      os.Getenv("INTEROP_URL"),
		Name:     fmt.Sprintf("interop.%s.%d.%s", client.Name, os.Getpid(), scenario),
		scenario: scenario,
		deadline: time.Now().Add(scenarioLimit),
	}
}

// Fatalf fails the scenario and ends it.
func (t *T) Fatalf(format string, values ...any) {
	t.end(failed, fmt.Sprintf(format, values...))
	runtime.Goexit()
}

// Skip ends the scenario as one that this client or this broker gives no way to run.
func (t *T) Skip(reason string) {
	t.end(skipped, reason)
	runtime.Goexit()
}

// Note reports what this client could not be asked to do.
func (t *T) Note(text string) {
	fmt.Printf("# note %s - %s\n", t.scenario, text)
}

// After runs an action after the scenario, whatever came of it.
func (t *T) After(action func() error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.cleanups = append(t.cleanups, action)
}

// Check fails the scenario when there is an error.
func (t *T) Check(err error, what string) {
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Contains fails the scenario unless `part` stands in what the client reports.
func (t *T) Contains(err error, part string) {
	if err == nil {
		t.Fatalf("no error; expected %q", part)
	}
	if !strings.Contains(err.Error(), part) {
		t.Fatalf("expected to find %q in %q", part, err)
	}
}

// Equal fails the scenario unless both are the same, types included.
func Equal[V any](t *T, what string, actual, expected V) {
	if !reflect.DeepEqual(actual, expected) {
		t.Fatalf("%s: expected %#v, got %#v", what, expected, actual)
	}
}

// Wait gives the next value of a channel; fails the scenario when none comes.
func Wait[V any](t *T, what string, values <-chan V) V {
	select {
	case value, open := <-values:
		if !open {
			t.Fatalf("%s: the client closed the channel", what)
		}
		return value
	case <-time.After(waitLimit):
		t.Fatalf("%s: nothing after %v", what, waitLimit)
	}
	panic("unreachable: Fatalf does not return")
}

// end settles the outcome, unless it is settled; gives the line to report.
func (t *T) end(how outcome, reason string) string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.line == "" {
		t.line = fmt.Sprintf("%s %s", how, t.scenario)
		if how != passed {
			t.line += " - " + oneLine(reason)
		}
	}
	return t.line
}

func (t *T) takeCleanups() []func() error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	slices.Reverse(t.cleanups)
	taken := t.cleanups
	t.cleanups = nil
	return taken
}

// timeLeft is the rest of the scenario's time limit.
func (t *T) timeLeft() time.Duration {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.paused.IsZero() {
		return time.Until(t.deadline)
	}
	return t.deadline.Sub(t.paused)
}

// pause lets the time limit stand still until the function that it gives is called.
func (t *T) pause() func() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.paused = time.Now()
	return func() {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		t.deadline = t.deadline.Add(time.Since(t.paused))
		t.paused = time.Time{}
	}
}

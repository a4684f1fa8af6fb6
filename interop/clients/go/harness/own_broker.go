package harness

// Asks the runner for a broker that only this scenario uses, to be blocked, killed and started
// again on the same port under the client: one socket, one line a request. The runner ends the
// broker when the socket closes. What a broker takes to start is no matter of the client's: there
// is a limit for each request, and the scenario's stands still.

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

const answerLimit = 60 * time.Second

// OwnBroker is a broker of a scenario's own.
type OwnBroker struct {
	t      *T
	socket net.Conn
	lines  *bufio.Reader
}

// OwnBroker gives a broker that is not started yet; skips the scenario where there is none.
func (t *T) OwnBroker() *OwnBroker {
	address := os.Getenv("INTEROP_CONTROL")
	if address == "" {
		t.Skip("the runner did not start this broker, so it cannot kill it")
	}
	socket, err := net.DialTimeout("tcp", address, waitLimit)
	t.Check(err, "broker control")
	t.After(socket.Close)
	return &OwnBroker{t: t, socket: socket, lines: bufio.NewReader(socket)}
}

// Start starts it, for the first time or again; gives its URL.
func (b *OwnBroker) Start() string { return b.ask("start") }

// Kill kills it with SIGKILL; returns when the process is gone.
func (b *OwnBroker) Kill() { b.ask("kill") }

// Block raises its memory alarm.
func (b *OwnBroker) Block() { b.ask("block") }

// Unblock clears its memory alarm.
func (b *OwnBroker) Unblock() { b.ask("unblock") }

func (b *OwnBroker) ask(request string) string {
	defer b.t.pause()()
	b.t.Check(b.socket.SetDeadline(time.Now().Add(answerLimit)), "broker control")
	_, err := fmt.Fprintf(b.socket, "%s\n", request)
	b.t.Check(err, "broker control")
	answer, err := b.lines.ReadString('\n')
	b.t.Check(err, "broker control")
	word, rest, _ := strings.Cut(strings.TrimSpace(answer), " ")
	if word != "ok" {
		b.t.Fatalf("broker control: %s", answer)
	}
	return rest
}

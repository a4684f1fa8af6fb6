package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	waitLimit = 15 * time.Second
	pollEvery = 10 * time.Millisecond
)

// program is a program of the tutorials that runs, or has run, with what it printed.
type program struct {
	name  string
	cmd   *exec.Cmd
	ended chan struct{}
	mutex sync.Mutex
	lines []string
	err   error
}

// run is one run of the driver: where the programs are, and what it has started.
type run struct {
	folder  string
	env     []string
	started []*program
}

// start starts a program without waiting for anything.
func (r *run) start(name string, args ...string) (*program, error) {
	cmd := exec.Command(filepath.Join(r.folder, name), args...)
	cmd.Env = append(os.Environ(), r.env...)
	output, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	p := &program{name: name, cmd: cmd, ended: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r.started = append(r.started, p)
	go func() {
		scanner := bufio.NewScanner(output)
		for scanner.Scan() {
			p.mutex.Lock()
			p.lines = append(p.lines, withoutTime(scanner.Text()))
			p.mutex.Unlock()
		}
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// receiver starts a program that waits for messages, and waits until it does.
func (r *run) receiver(name string, args ...string) (*program, error) {
	p, err := r.start(name, args...)
	if err != nil {
		return nil, err
	}
	return p, p.until("its first line", func(lines []string) bool { return len(lines) > 0 })
}

// finish runs a program to its end; its lines.
func (r *run) finish(name string, args ...string) ([]string, error) {
	p, err := r.start(name, args...)
	if err != nil {
		return nil, err
	}
	return p.wait()
}

// wait waits for the end of a program that ends by itself; its lines.
func (p *program) wait() ([]string, error) {
	select {
	case <-p.ended:
	case <-time.After(waitLimit):
		return nil, fmt.Errorf("%s: no end after %s", p.name, waitLimit)
	}
	if p.err != nil {
		return nil, fmt.Errorf("%s: %w: %s", p.name, p.err, strings.Join(p.printed(), " | "))
	}
	return p.printed(), nil
}

// stop ends all programs as CTRL+C does and drops the list of them; an error if one is not ended
// well by that.
func (r *run) stop() error {
	var failed error
	for _, p := range r.started {
		if p.isRunning() {
			_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended just now
		}
		select {
		case <-p.ended:
		case <-time.After(waitLimit):
			failed = fmt.Errorf("%s: CTRL+C does not end it", p.name)
			p.kill()
			continue
		}
		if p.err != nil && !p.wasKilled() {
			failed = fmt.Errorf("%s: %w: %s", p.name, p.err, strings.Join(p.printed(), " | "))
		}
	}
	r.started = nil
	return failed
}

// kill is SIGKILL.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.ended
}

func (p *program) isRunning() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *program) wasKilled() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signal() == syscall.SIGKILL
}

// printed is what it has printed so far.
func (p *program) printed() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.lines...)
}

// until waits until a condition holds for what the program has printed.
func (p *program) until(what string, holds func([]string) bool) error {
	deadline := time.Now().Add(waitLimit)
	for !holds(p.printed()) {
		if !p.isRunning() || time.Now().After(deadline) {
			printed := strings.Join(p.printed(), " | ")
			return fmt.Errorf("%s: waited for %s, it printed: %s", p.name, what, printed)
		}
		time.Sleep(pollEvery)
	}
	return nil
}

// untilPrints waits until the program has printed a line.
func (p *program) untilPrints(line string) error {
	return p.until(line, func(lines []string) bool { return count(lines, line) > 0 })
}

// withoutTime takes the date and the time off a line of package log.
func withoutTime(line string) string {
	if parts := strings.SplitN(line, " ", 3); len(parts) == 3 {
		return strings.TrimSpace(parts[2])
	}
	return line
}

func count(lines []string, wanted string) int {
	found := 0
	for _, line := range lines {
		if line == wanted {
			found++
		}
	}
	return found
}

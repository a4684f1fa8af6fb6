package main

import (
	"errors"
	"fmt"
	"strings"
)

// hello: the receiver prints what the sender sent.
func hello(r *run) error {
	receiver, err := r.receiver("receive")
	if err != nil {
		return err
	}
	if _, err = r.finish("send"); err != nil {
		return err
	}
	return receiver.untilPrints("Received a message: Hello World!")
}

// fairDispatch: while one worker does a long task, the other one gets all the short ones.
func fairDispatch(r *run) error {
	// Longer than the short ones take together on a busy machine.
	longTask := "Long one" + strings.Repeat(".", 16)
	return withTwoWorkers(r, longTask, func(busy, free *program) error {
		for _, name := range []string{"Short one.", "Short two.", "Short three."} {
			if _, err := r.finish("new_task", name); err != nil {
				return err
			}
			if err := free.untilPrints("Done: " + name); err != nil {
				return err
			}
		}
		return busy.untilPrints("Done: " + longTask)
	})
}

// workerKilled: the task of a worker that is killed is done by the other one.
func workerKilled(r *run) error {
	longTask := "Lost one" + strings.Repeat(".", 6)
	return withTwoWorkers(r, longTask, func(busy, free *program) error {
		busy.kill()
		if count(busy.printed(), "Done: "+longTask) > 0 {
			return errors.New("the worker was killed too late")
		}
		return free.untilPrints("Done: " + longTask)
	})
}

// withTwoWorkers starts two workers and gives one of them a long task.
func withTwoWorkers(r *run, longTask string, then func(busy, free *program) error) error {
	first, err := r.receiver("worker")
	if err != nil {
		return err
	}
	second, err := r.receiver("worker")
	if err != nil {
		return err
	}
	if _, err = r.finish("new_task", longTask); err != nil {
		return err
	}
	received := "Received a message: " + longTask
	err = first.until(received+" (either worker)", func(lines []string) bool {
		return count(lines, received)+count(second.printed(), received) > 0
	})
	if err != nil {
		return err
	}
	if count(second.printed(), received) > 0 {
		return then(second, first)
	}
	return then(first, second)
}

// publishSubscribe: every receiver prints every line.
func publishSubscribe(r *run) error {
	return logs(r, logged{
		receive: "receive_logs",
		emit:    "emit_log",
		bound:   [][]string{{}, {}},
		sent:    [][]string{{"info: one"}, {"warning: two"}},
		printed: []string{"info: one|warning: two", "info: one|warning: two"},
	})
}

// routing: a receiver prints the lines of its severities.
func routing(r *run) error {
	return logs(r, logged{
		receive: "receive_logs_direct",
		emit:    "emit_log_direct",
		bound:   [][]string{{"warning", "error"}, {"info", "warning", "error"}},
		sent:    [][]string{{"info", "Fine."}, {"error", "Run. Run."}, {"warning", "Well."}},
		printed: []string{"Run. Run.|Well.", "Fine.|Run. Run.|Well."},
	})
}

// topics: a receiver prints the lines that its patterns ask for, once each.
func topics(r *run) error {
	return logs(r, logged{
		receive: "receive_logs_topic",
		emit:    "emit_log_topic",
		bound:   [][]string{{"#"}, {"kern.*"}, {"*.critical"}, {"kern.*", "*.critical"}},
		sent: [][]string{
			{"kern.critical", "A critical kernel error"}, {"kern.info", "A boot"},
			{"cron.critical", "No time"}, {"cron.info", "Noon"},
		},
		printed: []string{
			"A critical kernel error|A boot|No time|Noon", "A critical kernel error|A boot",
			"A critical kernel error|No time", "A critical kernel error|A boot|No time",
		},
	})
}

// logged says what is sent in tutorials 3 to 5, and what each receiver prints.
type logged struct {
	receive, emit string
	// Arguments of each receiver.
	bound [][]string
	// Arguments of the sender, a call each.
	sent [][]string
	// What each receiver prints, joined.
	printed []string
}

func logs(r *run, l logged) error {
	receivers := make([]*program, len(l.bound))
	for index, keys := range l.bound {
		receiver, err := r.receiver(l.receive, keys...)
		if err != nil {
			return err
		}
		receivers[index] = receiver
	}
	for _, args := range l.sent {
		if _, err := r.finish(l.emit, args...); err != nil {
			return err
		}
	}
	for index, receiver := range receivers {
		wanted := strings.Split(l.printed[index], "|")
		err := receiver.until(fmt.Sprint(len(wanted), " lines"), func(lines []string) bool {
			return len(lines) > len(wanted)
		})
		if err != nil {
			return err
		}
	}
	// One that prints too much has done so when the last one has printed all.
	for index, receiver := range receivers {
		printed := strings.ReplaceAll(strings.Join(receiver.printed()[1:], "|"), "[x] ", "")
		if printed != l.printed[index] {
			return fmt.Errorf("receiver %d printed %q", index+1, printed)
		}
	}
	return nil
}

// remoteCalls: two clients at the same time, each gets its own answer.
func remoteCalls(r *run) error {
	server, err := r.receiver("rpc_server")
	if err != nil {
		return err
	}
	other, err := r.start("rpc_client", "20")
	if err != nil {
		return err
	}
	printed, err := r.finish("rpc_client", "30")
	if err != nil {
		return err
	}
	if count(printed, "[.] Got 832040") != 1 {
		return fmt.Errorf("rpc_client 30 printed %q", printed)
	}
	if printed, err = other.wait(); err != nil {
		return err
	}
	if count(printed, "[.] Got 6765") != 1 {
		return fmt.Errorf("rpc_client 20 printed %q", printed)
	}
	for _, line := range []string{"[.] fib(20)", "[.] fib(30)"} {
		if err = server.untilPrints(line); err != nil {
			return err
		}
	}
	return nil
}

// confirms: all three strategies come to their end, with all messages in the queue.
func confirms(r *run) error {
	printed, err := r.finish("publisher_confirms")
	if err != nil {
		return err
	}
	for index, how := range []string{"individually", "in batches", "and handled confirms"} {
		wanted := "Published 1000 messages " + how
		if index >= len(printed) || !strings.HasPrefix(printed[index], wanted) {
			return fmt.Errorf("it printed %q", printed)
		}
	}
	return nil
}

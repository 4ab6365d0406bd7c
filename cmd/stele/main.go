package main

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/database"
)

func main() { os.Exit(start()) }

// start runs the program on the process's own streams and returns its exit code.
func start() int {
	spendMemory()
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	go giveBack(ctx)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not want to end
	m := cli.Main{Name: called(os.Args[0]), Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, Commands: commands}
	database.End = func(why error) { os.Exit(m.Tell(why)) }
	return m.Run(ctx)
}

// endings are the signals that end a command in order: Ctrl-C, a service's stop, and a
// terminal that is closed, unless nohup keeps that from the process.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// called is how a person calls this program: by its name where the path leads to it,
// else as it was called now.
func called(as string) string {
	found, err := exec.LookPath("stele")
	if err != nil {
		return as
	}
	a, err := os.Stat(found)
	if err != nil {
		return as
	}
	if self, err := os.Executable(); err == nil {
		if b, err := os.Stat(self); err == nil && os.SameFile(a, b) {
			return "stele"
		}
	}
	return as
}

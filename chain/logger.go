package chain

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	cometlog "github.com/cometbft/cometbft/libs/log"
)

// logger hands CometBFT's warnings and errors to slog; the rest is its own
// business. It is also the only place where the engine says that it has given
// up: it logs a panic and goes silent.
type logger struct {
	to     *slog.Logger
	module string
	quiet  *atomic.Bool        // while stopping, when connections break as they should
	halted func(reason string) // called once consensus has failed
}

var _ cometlog.Logger = (*logger)(nil)

func (*logger) Debug(string, ...any) {}
func (*logger) Info(string, ...any)  {}

func (l *logger) Warn(msg string, attrs ...any) { l.log(slog.LevelWarn, msg, attrs) }

func (l *logger) Error(msg string, attrs ...any) {
	if strings.HasPrefix(msg, "CONSENSUS FAILURE") {
		reason := msg
		for i := 0; i+1 < len(attrs); i += 2 {
			if attrs[i] == "err" {
				reason = fmt.Sprint(attrs[i+1])
			}
		}
		l.halted(reason)
		if diskFull(reason) {
			msg, attrs = "consensus cannot go on", []any{"err", reason} // no fault of the program: no stack
		}
	}
	level := slog.LevelError
	if l.module == "p2p" {
		level = slog.LevelWarn // a peer that comes and goes is no fault of this node
	}
	l.log(level, msg, attrs)
}

// With keeps the module and nothing else: the other attributes hold addresses
// and heights that messages repeat.
func (l *logger) With(attrs ...any) cometlog.Logger {
	next := *l
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i] == "module" {
			next.module = fmt.Sprint(attrs[i+1])
		}
	}
	return &next
}

// plain lists the attributes that are passed on. Everything else may hold
// transactions, blocks or signatures and is left out.
var plain = map[string]bool{
	"err": true, "error": true, "height": true, "round": true, "step": true, "peer": true, "addr": true,
	"pubkey": true, "app_hash": true, "proposer": true, "stack": true, "attempts": true, "file": true,
}

func (l *logger) log(level slog.Level, msg string, attrs []any) {
	if l.quiet.Load() || !l.to.Enabled(context.Background(), level) {
		return
	}
	out := make([]slog.Attr, 0, len(attrs)/2+1)
	if l.module != "" {
		out = append(out, slog.String("module", l.module))
	}
	for i := 0; i+1 < len(attrs); i += 2 {
		if name := fmt.Sprint(attrs[i]); plain[name] {
			out = append(out, slog.String(name, cut(fmt.Sprint(attrs[i+1]))))
		}
	}
	l.to.LogAttrs(context.Background(), level, cut(msg), out...)
}

// cut keeps one attribute from filling the log.
func cut(text string) string {
	const most = 2000
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

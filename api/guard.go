package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/stele-health/stele"
)

// guard stands around every procedure: it ends it in time, catches its panics,
// and lets errors out only as faults.
type guard struct {
	log     *slog.Logger
	observe func(procedure string, kind stele.Kind, failed bool, took time.Duration)
}

func (g guard) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (res connect.AnyResponse, err error) {
		procedure, began := req.Spec().Procedure, time.Now()
		defer func() {
			thrown := recover()
			g.count(procedure, began, thrown, err)
			err = g.finish(procedure, thrown, err)
		}()
		ctx, cancel := limited(ctx, procedure)
		defer cancel()
		return next(ctx, req)
	}
}

func (g guard) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) (err error) {
		procedure, began := conn.Spec().Procedure, time.Now()
		defer func() {
			thrown := recover()
			g.count(procedure, began, thrown, err)
			err = g.finish(procedure, thrown, err)
		}()
		ctx, cancel := limited(ctx, procedure)
		defer cancel()
		return next(ctx, conn)
	}
}

func (g guard) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func limited(ctx context.Context, procedure string) (context.Context, context.CancelFunc) {
	if limit := timeLimit(procedure); limit > 0 {
		return context.WithTimeout(ctx, limit)
	}
	return ctx, func() {}
}

// count tells whoever counts, and the log at its lowest level, what became of a
// call: never who called or what for.
func (g guard) count(procedure string, began time.Time, thrown any, err error) {
	kind, failed, took := stele.KindOf(fromContext(err)), thrown != nil || err != nil, time.Since(began)
	if g.observe != nil {
		g.observe(procedure, kind, failed, took)
	}
	if !g.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	ended := "ok"
	if failed {
		ended = kind.String()
	}
	g.log.Debug("call", "procedure", procedure, "ended", ended, "ms", took.Milliseconds())
}

// finish turns what a procedure ended with into what its caller hears.
func (g guard) finish(procedure string, thrown any, err error) error {
	if thrown != nil {
		if thrown == http.ErrAbortHandler {
			panic(thrown)
		}
		// What was thrown may hold anything, a record too: only the place is
		// written down.
		g.log.Error("a procedure panicked", "procedure", procedure, "at", throwers())
		return outward(errors.New("panic"))
	}
	if err == nil {
		return nil
	}
	err = fromContext(err)
	if stele.KindOf(err) == stele.KindOther {
		if _, ours := errors.AsType[*connect.Error](err); !ours {
			g.log.Error("a procedure failed", "procedure", procedure, "text", sentence(err))
		}
	}
	return outward(err)
}

// throwers names the functions that a panic came through.
func throwers() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var names []string
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "stele-health/stele") && !strings.Contains(f.Function, "api.guard") {
			names = append(names, f.Function)
		}
		if !more || len(names) == 8 {
			return strings.Join(names, " < ")
		}
	}
}

package stele

import "context"

// A Caller stands for a network address, or the part of it that one party holds:
// rooms share out by it what strangers may use. It is a keyed hash that means
// nothing after a restart; nobody writes it down. The zero Caller is this process.
type Caller [16]byte

type (
	callerKey struct{}
	callKey   struct{}
)

// WithCaller says who calls. ctx ends when the call does, its answer sent.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(context.WithValue(ctx, callKey{}, ctx), callerKey{}, c)
}

// AfterCall has f run when the call is over: its answer was sent, which is after the
// procedure that made it has returned. It reports false, and does nothing, where
// nobody said who calls.
func AfterCall(ctx context.Context, f func()) bool {
	call, ok := ctx.Value(callKey{}).(context.Context)
	if ok {
		context.AfterFunc(call, f)
	}
	return ok
}

// CallerOf returns who calls, zero where it was not said.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

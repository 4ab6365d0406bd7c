package stele

import "context"

// A Caller stands for a network address, or the part of it that one party holds:
// rooms share out by it what strangers may use. It is a keyed hash that means
// nothing after a restart; nobody writes it down. The zero Caller is this process.
type Caller [16]byte

type callerKey struct{}

// WithCaller says who calls.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns who calls, zero where it was not said.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

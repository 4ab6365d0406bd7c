package api

import (
	"context"
	"net"
	"testing"
	"time"
)

// street is a listener whose callers come from where a test says.
type street struct {
	calls chan net.Conn
	done  chan struct{}
}

func (s street) Accept() (net.Conn, error) {
	select {
	case c := <-s.calls:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}
func (s street) Close() error {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	return nil
}
func (street) Addr() net.Addr { return &net.TCPAddr{} }

type from struct {
	net.Conn
	addr string
}

func (f from) RemoteAddr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", f.addr)
	return a
}

// connect reports whether a caller is let in, and stays.
func (s street) connect(addr string) (net.Conn, bool) {
	ours, theirs := net.Pipe()
	s.calls <- from{theirs, addr}
	// The server reads what is sent only if it let us in.
	_ = ours.SetDeadline(time.Now().Add(5 * time.Second))
	_, err := ours.Write([]byte("G"))
	return ours, err == nil
}

// TestR44OneAddressHoldsItsOwnConnectionsOnly: three thousand idle connections of one
// caller stayed open, and nothing counted them.
func TestR44OneAddressHoldsItsOwnConnectionsOnly(t *testing.T) {
	s := street{make(chan net.Conn), make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, s, Handler(Rooms{})) }()
	defer func() { stop(); <-served }()
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	for _, c := range []struct {
		addr  string
		calls int
		let   int
	}{
		{"203.0.113.7:1000", maxConns + 50, maxConns},
		{"203.0.113.8:1000", 5, 5},
		{"[2001:db8:1:2::3]:1000", maxConns, maxConns},
		{"[2001:db8:1:9::4]:1000", 5, 0}, // the same party's
		{"[2001:db8:2::4]:1000", 5, 5},
		{"127.0.0.1:1000", maxConns + 5, maxConns + 5}, // a server in front of the member
	} {
		let := 0
		for range c.calls {
			if conn, in := s.connect(c.addr); in {
				let, open = let+1, append(open, conn)
			}
		}
		if let != c.let {
			t.Errorf("%s: %d of %d connections are let in, want %d", c.addr, let, c.calls, c.let)
		}
	}
	// A place is given back when its connection ends.
	open[0].Close()
	again := false
	for range 100 {
		if conn, in := s.connect("203.0.113.7:1000"); in {
			again, open = true, append(open, conn)
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !again {
		t.Error("a place that was left is not given again")
	}
}

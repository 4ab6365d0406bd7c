package api

import (
	"net"
	"net/netip"
	"sync"
)

// doorway counts connections by address: one that asks nothing costs a descriptor
// and memory all the same, for as long as it may be idle. This machine's own are not
// counted: a server in front of the member limits what it lets through itself.
type doorway struct {
	net.Listener
	mu   sync.Mutex
	open map[netip.Addr]int
}

func newDoorway(l net.Listener) *doorway {
	return &doorway{Listener: l, open: map[netip.Addr]int{}}
}

// Accept closes what is over an address's share and waits for the next.
func (d *doorway) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, here := origin(c.RemoteAddr().String())
		if here {
			return c, nil
		}
		if d.enter(from) {
			return &visit{Conn: c, leave: sync.OnceFunc(func() { d.leave(from) })}, nil
		}
		_ = c.Close()
	}
}

func (d *doorway) enter(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[from] >= maxConns {
		return false
	}
	d.open[from]++
	return true
}

func (d *doorway) leave(from netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[from]--; d.open[from] == 0 {
		delete(d.open, from)
	}
}

// visit is a counted connection.
type visit struct {
	net.Conn
	leave func()
}

// Close gives the place back, once.
func (v *visit) Close() error {
	v.leave()
	return v.Conn.Close()
}

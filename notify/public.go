package notify

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"github.com/stele-health/stele"
)

// Nobody's hook makes a member knock at doors inside: its own, its hospital's, its cloud's.

// notPublic are the blocks of the address registries that lead nowhere, inside, or to an address
// that stands within the address (RFC 6890, RFC 6598, RFC 6052, RFC 3056, RFC 4380).
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // of 2000::/3, outside of which nothing is public
)

var global6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// Public reports whether an address is one of the public Internet. An IPv4 address within an IPv6
// one is none, however it is written; callers first undo what only writes an IPv4 address as an
// IPv6 one.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || a.Is4In6() || a.Is6() && !global6.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(a) })
}

// interfaces are this machine's own addresses.
func interfaces() (own []netip.Addr) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, p.Addr().Unmap())
		}
	}
	return own
}

// forbidden are the addresses that are the member's own now.
func (d *Desk) forbidden(ctx context.Context) []netip.Addr {
	own := d.cfg.Forbidden()
	for _, host := range d.cfg.Hosts {
		found, err := d.cfg.Resolve(ctx, host)
		if err != nil {
			continue // then no hook finds it either
		}
		for _, a := range found {
			own = append(own, a.Unmap())
		}
	}
	return own
}

// dialPublic dials a host by an address that was checked. One address that is not public is
// enough to refuse a name: whoever owns it may answer with another the next time.
func (d *Desk) dialPublic(ctx context.Context, network, address string) (net.Conn, error) {
	const op = "send notice"
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := d.cfg.Resolve(ctx, host)
	if err != nil || len(found) == 0 {
		return nil, stele.E(op, stele.KindUnreachable, "the hook's name leads nowhere", err)
	}
	forbidden := d.forbidden(ctx)
	for i, a := range found {
		found[i] = a.Unmap() // resolvers write IPv4 addresses so
		if !d.cfg.Public(found[i]) || slices.Contains(forbidden, found[i]) {
			return nil, stele.E(op, stele.KindDenied, "the hook does not lead to a public address", nil)
		}
	}
	var last error
	for _, a := range found[:min(len(found), 4)] {
		conn, err := d.cfg.Dial(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		last = err
	}
	return nil, last
}

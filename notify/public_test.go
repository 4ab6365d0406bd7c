package notify

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stele-health/stele"
)

// TestAHookLeadsToNoNetworkInside is every way to name an address that is not public, of which
// each alone is refused before anything is dialled.
func TestAHookLeadsToNoNetworkInside(t *testing.T) {
	for name, list := range map[string][]string{
		"loopback": {"127.0.0.1", "127.255.255.254", "::1"}, "unspecified": {"0.0.0.0", "0.1.2.3", "::"},
		"private": {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdab::1"}, "link-local": {"169.254.169.254", "fe80::1", "febf::1"},
		"CGNAT": {"100.64.0.1", "100.127.255.255"}, "multicast": {"224.0.0.1", "239.255.255.255", "ff02::1"}, "broadcast and reserved": {"255.255.255.255", "240.0.0.1"},
		"an IPv4 address as an IPv6 one": {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"},
		"within an IPv6 one":             {"::127.0.0.1", "::ffff:0:127.0.0.1"}, "NAT64": {"64:ff9b::7f00:1", "64:ff9b:1::a00:1"}, "6to4": {"2002:7f00:1::"}, "Teredo": {"2001:0:7f00:1::"},
		"site-local": {"fec0::1"}, "documentation": {"192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"}, "benchmarking": {"198.18.0.1", "2001:2::1"},
		"protocol assignments": {"192.0.0.8"}, "6to4 relays": {"192.88.99.1"}, "discard": {"100::1"}, "segment routing": {"5f00::1"},
		"a zone": {"fe80::1%eth0"}, "the member's own": {"9.9.9.9", "::ffff:9.9.9.9"}, "the member's own from outside": {"9.9.9.10"},
		"one of them among public ones": {"8.8.8.8", "10.0.0.1", "8.8.4.4"},
	} {
		texts := [][]string{}
		if name == "one of them among public ones" {
			texts = append(texts, list)
		} else {
			for _, text := range list {
				texts = append(texts, []string{text})
			}
		}
		for _, answer := range texts {
			b := &Desk{cfg: Config{
				Public: Public, Forbidden: func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("9.9.9.9")} },
				Hosts: []string{"member.example"},
				Resolve: func(_ context.Context, host string) (found []netip.Addr, _ error) {
					if host == "member.example" {
						return []netip.Addr{netip.MustParseAddr("::ffff:9.9.9.10")}, nil
					}
					for _, text := range answer {
						found = append(found, netip.MustParseAddr(text))
					}
					return found, nil
				},
				Dial: func(_ context.Context, _, address string) (net.Conn, error) {
					t.Errorf("%s: %s is dialled", name, address)
					return nil, net.ErrClosed
				},
			}}
			if _, err := b.dialPublic(t.Context(), "tcp", "hook.example:443"); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("%s, %v: %v", name, answer, err)
			}
		}
	}
	for _, text := range []string{"8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450::1", "223.255.255.255"} {
		if !Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is public", text)
		}
	}
}

// TestAHookIsDialledWhereItWasChecked: the name is resolved once, and the address that was looked
// at is the one that is dialled.
func TestAHookIsDialledWhereItWasChecked(t *testing.T) {
	b := newBell(t)
	resolved := 0
	b.Desk.cfg.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		if resolved++; resolved > 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil // as whoever owns the name likes
		}
		return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
	}
	elena := b.somebody("elena")
	b.set(elena, nil)
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	b.rings("an opening")
	if at := <-b.dialed; at != "8.8.8.8:443" || resolved != 1 {
		t.Errorf("%s is dialled, the name was resolved %d times", at, resolved)
	}
}

// TestARedirectLeadsNowhere: the answer of a hook is a number, and its headers and body lead to
// nothing.
func TestARedirectLeadsNowhere(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308, 100 + 300, 500} {
		b := newBell(t)
		b.answer = func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://example.com/elsewhere")
			w.WriteHeader(code)
		}
		elena := b.somebody("elena")
		b.set(elena, nil)
		b.ledger.block(opened(elena, stele.NewID()))
		b.follow()
		if r, _ := b.rings("an opening"); r.URL.Path != "/hook" {
			t.Errorf("%d: %s", code, r.URL)
		}
		b.silent("a redirect is followed")
		if f := b.Figures(); f.Told != 0 || f.Failed != 1 || len(b.dialed) != 1 {
			t.Errorf("%d: %+v, %d calls", code, f, len(b.dialed))
		}
	}
}

package netfile

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// ReadAddress checks a signed address against the node's key that must have
// signed it.
func ReadAddress(s *wire.Signed, node *wire.PublicKey) (*wire.MemberAddress, error) {
	a := new(wire.MemberAddress)
	keys, err := wire.Open(wire.TagAddress, s, a)
	if err != nil {
		return nil, err
	}
	if len(keys) != 1 || keys[0] != wire.Key(node) {
		return nil, stele.E("", stele.KindDenied, "the address is not signed by its member's node", nil)
	}
	return a, CheckAddress(a)
}

// CheckAddress fails with KindInvalid for an address that cannot be one.
func CheckAddress(a *wire.MemberAddress) error {
	bad := func(text string) error { return stele.E("check address", stele.KindInvalid, text, nil) }
	if err := stele.CheckName("a member's name", a.Name); err != nil {
		return err
	}
	if err := stele.CheckMemberKind(a.Kind); err != nil {
		return err
	}
	for _, address := range []string{a.Url, a.Peer} {
		if len(address) > 255 || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return bad("a member's address is in printable ASCII, 255 bytes at most")
		}
	}
	u, err := url.Parse(a.Url)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Port() == "" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "":
		return bad("a member's address looks like https://stele.example.org:7300")
	case u.Scheme == "http" && !loopback(a.Url):
		return bad("http is for this machine only; anywhere else the address begins with https")
	case len(a.Pin) != 0 && (len(a.Pin) != 32 || u.Scheme != "https"):
		return bad("a pin is the SHA-256 of a TLS key, and goes with https")
	}
	id, host, ok := strings.Cut(a.Peer, "@")
	name, port, err := net.SplitHostPort(host)
	if !ok || len(id) != 40 || err != nil || name == "" {
		return bad("a node's address looks like ID@host:port")
	}
	for _, p := range []string{u.Port(), port} {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return bad("a port is a number from 1 to 65535")
		}
	}
	return nil
}

package wire

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
)

// Check fails with KindInvalid for an address that cannot be one: a name that is fit,
// https with a port (http on this machine only), a node with its id, and a pin only
// where there is TLS.
func (a *Address) Check() error {
	bad := func(text string) error { return stele.E("check address", stele.KindInvalid, text, nil) }
	if err := stele.CheckName("a member's name", a.GetName()); err != nil {
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
	case u.Scheme == "http" && !Loopback(a.Url):
		return bad("http is for this machine only; anywhere else the address begins with https")
	case len(a.Pin) != 0 && (len(a.Pin) != 32 || u.Scheme != "https"):
		return bad("a pin is the SHA-256 of a TLS key, and goes with https")
	}
	id, host, ok := strings.Cut(a.Peer, "@")
	node, err := url.Parse("//" + host)
	if !ok || len(id) != 40 || err != nil || node.Host != host || node.Hostname() == "" || node.Port() == "" {
		return bad("a node's address looks like ID@host:port")
	}
	for _, p := range []string{u.Port(), node.Port()} {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return bad("a port is a number from 1 to 65535")
		}
	}
	return nil
}

// Loopback reports whether a URL is on this machine.
func Loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback() || u.Hostname() == "localhost"
}

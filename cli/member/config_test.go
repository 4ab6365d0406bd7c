package member

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/wire"
)

// TestAPortThatOthersDoNotKnowIsSaid: what a configuration listens at is held against
// where the network file sends the others.
func TestAPortThatOthersDoNotKnowIsSaid(t *testing.T) {
	pin := bytes.Repeat([]byte{1}, 32)
	for _, c := range []struct {
		services, peers, tls, url string
		pin                       []byte
		want                      string // of each note its first word
	}{
		{"127.0.0.1:7300", "127.0.0.1:7301", "none", "http://127.0.0.1:7300", nil, ""},
		{":7300", ":7301", "own", "https://h.example:7300", pin, ""},
		{":443", ":7301", "files", "https://h.example", nil, ""},
		{"127.0.0.1:7310", "127.0.0.1:7301", "none", "http://127.0.0.1:7300", nil, "services.listen"},
		{"127.0.0.1:7300", "127.0.0.1:7311", "none", "http://127.0.0.1:7300", nil, "peers.listen"},
		{":7310", ":7311", "own", "https://h.example:7300", pin, "services.listen peers.listen"},
		{":7300", ":7301", "files", "https://h.example:7300", pin, "services.tls"},
		{"127.0.0.1:7300", ":7301", "none", "https://h.example:7300", pin, "services.tls"},
		{"127.0.0.1:7300", ":7301", "own", "http://127.0.0.1:7300", nil, "services.tls"},
		{"127.0.0.1:7300", ":7301", "none", "https://h.example", nil, "services.listen services.tls"}, // a proxy
	} {
		from := config.Default()
		from.Services.Listen, from.Peers.Listen, from.Services.TLS = c.services, c.peers, c.tls
		var got []string
		for _, note := range missed(from, &wire.MemberAddress{Url: c.url, Pin: c.pin, Peer: strings.Repeat("a", 40) + "@h.example:7301"}) {
			got = append(got, strings.Fields(note)[0])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %q", c, got)
		}
	}
}

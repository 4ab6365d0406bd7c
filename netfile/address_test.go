package netfile

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// TestLaw6WhereAMemberIsTheConsortiumsLogSays: what an event said of a member is newer than
// the file, and the file newer than the founding. Who came is where the log says, who left
// is nowhere, and a network whose founding says nothing is where its file says.
func TestLaw6WhereAMemberIsTheConsortiumsLogSays(t *testing.T) {
	at := func(place string) *wire.Address {
		if place == "" {
			return nil
		}
		return &wire.Address{Name: place, Url: "https://" + place + ".example:7300", Peer: strings.Repeat("a", 40) + "@" + place + ".example:7301"}
	}
	member := func(name, place string) *wire.Member {
		return &wire.Member{KeyDocument: []byte(name), Kind: "clinic", Address: at(place)}
	}
	for what, c := range map[string]struct {
		founded, file, now string // of Elm; "" is no word, "-" is no member
		want               string // "" is nowhere
	}{
		"of old":                         {"", "file", "", "file"},
		"as founded":                     {"first", "first", "first", "first"},
		"signed anew since":              {"first", "file", "first", "file"},
		"moved by an event":              {"first", "first", "second", "second"},
		"moved, and the file knows":      {"first", "second", "second", "second"},
		"moved, of old":                  {"", "file", "second", "second"},
		"the file does not list it":      {"first", "", "first", "first"},
		"not in the file, and moved":     {"first", "", "second", "second"},
		"nobody says where":              {"", "", "", ""},
		"it left":                        {"first", "first", "-", ""},
		"it came":                        {"-", "", "second", "second"},
		"it came, and nobody says where": {"-", "", "", ""},
	} {
		founding := &wire.Genesis{Chain: "c", Members: []*wire.Member{member("Northside", "north")}}
		now := &wire.Consortium{Members: []*wire.Member{member("Northside", "north")}}
		file := &wire.Network{}
		elm := stele.SubjectOf([]byte("Elm"))
		if c.founded != "-" {
			founding.Members = append(founding.Members, member("Elm", c.founded))
		}
		if c.now != "-" {
			now.Members = append(now.Members, member("Elm", c.now))
		}
		if c.file != "" {
			a := at(c.file)
			file.Members = append(file.Members, &wire.MemberAddress{Subject: elm[:], Name: a.Name, Kind: "clinic", Url: a.Url, Peer: a.Peer})
		}
		got := ""
		for _, a := range addresses(file, &proof.Genesis{Founding: founding}, now) {
			if string(a.Subject) == string(elm[:]) {
				if got != "" || a.Kind != "clinic" || !strings.Contains(a.Peer, a.Name) {
					t.Errorf("%s: %v", what, a)
				}
				got = a.Name
			}
		}
		if got != c.want {
			t.Errorf("%s: it is at %q, want %q", what, got, c.want)
		}
	}
}

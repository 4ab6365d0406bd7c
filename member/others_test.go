package member

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// TestLaw6MembersFindEachOtherByTheLedgersRow: who moved, has another TLS key, came or left
// is taken up at the next look: for the vaults that copies go to, for names that nobody
// else may bear, and for the engine. Before the first block the file's founders hold.
func TestLaw6MembersFindEachOtherByTheLedgersRow(t *testing.T) {
	id := func(name string) string { return strings.Repeat(name[:1], 40) }
	g, file, configured := &wire.Genesis{Chain: "c", TimeMs: 1}, &wire.Network{Chain: "c"}, []string(nil)
	for i, name := range []string{"a-one", "b-two", "c-three"} {
		m := NewIdentity(name, "clinic", []byte(name)).Genesis(uint32(i + 1))
		subject := stele.SubjectOf(m.KeyDocument)
		m.Address = &wire.Address{Name: name, Url: "http://127.0.0.1:" + []string{"1", "2", "3"}[i], Peer: id(name) + "@127.0.0.1:" + []string{"11", "12", "13"}[i]}
		g.Members = append(g.Members, m)
		file.Members = append(file.Members, &wire.MemberAddress{Subject: subject[:], Name: name, Kind: "clinic", Url: m.Address.Url, Peer: m.Address.Peer})
		if i > 0 {
			configured = append(configured, m.Address.Peer)
		}
	}
	committee, _, err := threshold.Ceremony{Chain: "c", Epoch: 1, Threshold: 3, Members: 3}.Rehearse()
	if err != nil {
		t.Fatal(err)
	}
	g.Committee = founding.Committee(committee)
	if file.Genesis, err = founding.Genesis(g); err != nil {
		t.Fatal(err)
	}
	var run *wire.Consortium
	own := stele.SubjectOf(g.Members[0].KeyDocument)
	o := newOthers(file, own, func() (*wire.Consortium, error) {
		if run == nil {
			return nil, errors.New("no block yet")
		}
		return run, nil
	})
	defer o.close()
	check := func(what string, nodes []string, names ...string) (vaults map[string]any) {
		t.Helper()
		var called []string
		for _, name := range o.called() {
			called = append(called, name)
		}
		if slices.Sort(called); !slices.Equal(called, names) {
			t.Errorf("%s: names %q, want %q", what, called, names)
		}
		got := slices.Sorted(slices.Values(o.nodes(configured)))
		if slices.Sort(nodes); !slices.Equal(got, nodes) {
			t.Errorf("%s: nodes %q, want %q", what, got, nodes)
		}
		vaults = map[string]any{}
		for _, p := range o.peers() {
			vaults[o.called()[p.Subject()]] = p.(peer).Vault
		}
		if len(vaults) != len(names)-1 || vaults["a-one"] != nil {
			t.Errorf("%s: %d vaults", what, len(vaults))
		}
		return vaults
	}
	first := check("before the first block", slices.Clone(configured), "a-one", "b-two", "c-three")
	run = founders(file)
	if again := check("as founded", slices.Clone(configured), "a-one", "b-two", "c-three"); again["b-two"] != first["b-two"] {
		t.Error("who stayed was dialled anew")
	}
	run = proto.CloneOf(run)
	run.Members[1].Address = &wire.Address{Name: "b-two", Url: "http://127.0.0.1:22", Peer: id("b") + "@127.0.0.1:122"}
	moved := check("moved", []string{configured[1], id("b") + "@127.0.0.1:122"}, "a-one", "b-two", "c-three")
	if moved["b-two"] == first["b-two"] || moved["c-three"] != first["c-three"] {
		t.Error("who moved was not dialled anew, or who stayed was")
	}
	run = proto.CloneOf(run)
	came := NewIdentity("d-four", "clinic", []byte("d-four")).Genesis(0)
	came.Address = &wire.Address{Name: "d-four", Url: "http://127.0.0.1:4", Peer: id("d") + "@127.0.0.1:14"}
	run.Members = []*wire.Member{run.Members[0], run.Members[1], came}
	check("one left, one came", []string{id("b") + "@127.0.0.1:122", id("d") + "@127.0.0.1:14"}, "a-one", "b-two", "d-four")
}

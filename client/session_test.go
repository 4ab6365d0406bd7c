package client_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestLaw3AWalletChecksTheCommittee: a genesis whose verification keys do not fit
// the committee's key, or each other, is not pinned.
func TestLaw3AWalletChecksTheCommittee(t *testing.T) {
	committee, _, err := threshold.Ceremony{Chain: "c", Epoch: 1, Threshold: 3, Members: 4}.Rehearse()
	if err != nil {
		t.Fatal(err)
	}
	var all []*wire.Member
	for i, name := range []string{"Northside", "Lakeview", "Elm Street", "Patients"} {
		all = append(all, member.NewIdentity(name, "hospital", []byte("document of "+name)).Genesis(uint32(i+1)))
	}
	w, err := wallet.Create(filepath.Join(t.TempDir(), "w.wallet"), "passphrase", pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: "Mira", WorkFactor: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	open := func(c stele.Committee) error {
		genesis, err := founding.Genesis(&wire.Genesis{Chain: "c", TimeMs: 1, Members: all, Committee: founding.Committee(c)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Open(w, &members.Network{Genesis: genesis})
		return err
	}
	bad := committee
	bad.Shares = append([][]byte{}, committee.Shares...)
	bad.Shares[3] = committee.Shares[0]
	if err := open(bad); stele.KindOf(err) != stele.KindProof || len(w.State().Genesis) != 0 {
		t.Errorf("a committee that does not fit together: %v", err)
	}
	if err := open(committee); err != nil {
		t.Errorf("a good committee: %v", err)
	}
}

// TestR42AWalletPinsNoGenesisOfUnequalVotes: however the network came to it.
func TestR42AWalletPinsNoGenesisOfUnequalVotes(t *testing.T) {
	committee, _, err := threshold.Ceremony{Chain: "c", Epoch: 1, Threshold: 3, Members: 4}.Rehearse()
	if err != nil {
		t.Fatal(err)
	}
	var all []*wire.Member
	for i, name := range []string{"Northside", "Lakeview", "Elm Street", "Patients"} {
		all = append(all, member.NewIdentity(name, "hospital", []byte("document of "+name)).Genesis(uint32(i+1)))
	}
	genesis, err := founding.Genesis(&wire.Genesis{Chain: "c", TimeMs: 1, Members: all, Committee: founding.Committee(committee)})
	if err != nil {
		t.Fatal(err)
	}
	w, err := wallet.Create(filepath.Join(t.TempDir(), "w.wallet"), "passphrase", pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: "Mira", WorkFactor: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	bad := strings.Replace(string(genesis), `"power": "10"`, `"power": "1000"`, 1)
	if _, err := client.Open(w, &members.Network{Genesis: []byte(bad)}); bad == string(genesis) || stele.KindOf(err) != stele.KindProof || len(w.State().Genesis) != 0 {
		t.Errorf("a validator of a thousand votes: %v", err)
	}
	if _, err := client.Open(w, &members.Network{Genesis: genesis}); err != nil {
		t.Errorf("equal votes: %v", err)
	}
}

// TestLaw6AWalletStaysOnItsNetwork: another genesis is refused, however sound it is, and
// the one that was pinned stays.
func TestLaw6AWalletStaysOnItsNetwork(t *testing.T) {
	genesis := func(chain string) []byte {
		committee, _, err := threshold.Ceremony{Chain: chain, Epoch: 1, Threshold: 1, Members: 1}.Rehearse()
		if err != nil {
			t.Fatal(err)
		}
		one := member.NewIdentity("Northside", "hospital", []byte("document")).Genesis(1)
		raw, err := founding.Genesis(&wire.Genesis{Chain: chain, TimeMs: 1, Members: []*wire.Member{one}, Committee: founding.Committee(committee)})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	w, err := wallet.Create(filepath.Join(t.TempDir(), "w.wallet"), "passphrase", pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: "Mira", WorkFactor: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	mine := genesis("c")
	for _, c := range []struct {
		what    string
		genesis []byte
		kind    stele.Kind
	}{
		{"the first", mine, 0}, {"another network", genesis("d"), stele.KindProof},
		{"other members of the same name", genesis("c"), stele.KindProof}, {"the first again", mine, 0},
	} {
		_, err := client.Open(w, &members.Network{Genesis: c.genesis})
		if (err == nil) != (c.kind == 0) || err != nil && stele.KindOf(err) != c.kind || string(w.State().Genesis) != string(mine) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

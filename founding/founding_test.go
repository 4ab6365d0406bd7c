package founding_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

var now = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

// founder is an organisation with its secrets.
type founder struct {
	name               string
	node, organisation wire.Signer
	seal               *seal.SealKey
	subject            stele.Subject
	card               *wire.Signed
	address            *wire.MemberAddress
}

func newFounder(t testing.TB, i int, change func(*wire.Founder, *wire.MemberAddress)) *founder {
	t.Helper()
	key := func(k int) wire.Ed25519 { return wire.Ed25519FromSeed([32]byte{byte(i), byte(k)}) }
	f := &founder{name: fmt.Sprintf("Hospital %d", i), node: key(1), organisation: key(2)}
	var err error
	f.seal, err = seal.NewSealKey()
	must(t, err)
	document := wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{{Signing: f.organisation.Public(), SealSuite: wire.SuiteSeal, SealKey: f.seal.Public()}}, Salt: make([]byte, 16)})
	f.subject = stele.SubjectOf(document)
	f.address = &wire.MemberAddress{
		Subject: f.subject[:], Name: f.name, Kind: "hospital", Url: fmt.Sprintf("https://h%d.example:7300", i),
		Peer: strings.Repeat("a", 40) + fmt.Sprintf("@h%d.example:7301", i), Pin: bytes.Repeat([]byte{byte(i)}, 32),
	}
	card := &wire.Founder{Network: "rhine", SealKey: f.seal.Public(), Member: &wire.Member{
		KeyDocument: document, Kind: "hospital", Node: f.node.Public(), Trustee: key(3).Public(), Validator: key(4).Public().Key, Power: 10,
	}}
	if change != nil {
		change(card, f.address)
	}
	card.Address = wire.Sign(wire.TagAddress, f.address, f.node)
	f.card = founding.NewCard(card, f.node, f.organisation)
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func gather(t testing.TB, all []*founder) founding.Founders {
	t.Helper()
	var cards []founding.Card
	for _, f := range all {
		c, err := founding.ReadCard(f.card)
		must(t, err)
		cards = append(cards, c)
	}
	g, err := founding.Gather(cards)
	must(t, err)
	return g
}

// ceremony is n founders who have dealt.
func ceremony(t testing.TB, n int) (all []*founder, dealings []*wire.Signed) {
	t.Helper()
	for i := range n {
		all = append(all, newFounder(t, i+1, nil))
	}
	for i, f := range all {
		d, err := gather(t, all).Deal(f.subject, f.node, now.Add(time.Duration(i)*time.Second))
		must(t, err)
		dealings = append(dealings, d)
	}
	return all, dealings
}

// TestLaw3NobodySeesTwoSharesOfAFounding: every founder ends with the same bytes
// and a share of its own, and what the others dealt to it opens to nobody else.
func TestLaw3NobodySeesTwoSharesOfAFounding(t *testing.T) {
	all, dealings := ceremony(t, 4)
	order := [][]int{{0, 1, 2, 3}, {3, 1, 0, 2}, {2, 3, 1, 0}, {1, 0, 3, 2}}
	var first []byte
	seen := map[string]bool{}
	for i, f := range all {
		var cards []*founder
		var dealt []*wire.Signed
		for _, k := range order[i] {
			cards, dealt = append(cards, all[k]), append(dealt, dealings[k])
		}
		g := gather(t, cards)
		founded, err := g.Found(f.subject, f.seal, dealt, now.Add(time.Minute))
		must(t, err)
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(founded.Network)
		must(t, err)
		if first == nil {
			first = raw
		}
		if !bytes.Equal(raw, first) {
			t.Errorf("%s founds another network", f.name)
		}
		if share := string(founded.Share.Bytes()); seen[share] {
			t.Error("two founders have one share")
		} else {
			seen[share] = true
		}
		must(t, netfile.Check(founded.Network))
		for _, other := range all {
			if other == f {
				continue
			}
			if _, err := g.Found(f.subject, other.seal, dealt, now.Add(time.Minute)); stele.KindOf(err) != stele.KindProof {
				t.Errorf("what was dealt to %s opens to %s: %v", f.name, other.name, err)
			}
		}
	}
}

// TestOneFounderAloneIsANetwork: the same steps with one card.
func TestOneFounderAloneIsANetwork(t *testing.T) {
	all, dealings := ceremony(t, 1)
	founded, err := gather(t, all).Found(all[0].subject, all[0].seal, dealings, now.Add(time.Minute))
	must(t, err)
	if len(founded.Network.Members) != 1 || founded.Share.Index() != 1 {
		t.Errorf("%d members, share %d", len(founded.Network.Members), founded.Share.Index())
	}
}

// TestABadDealingNamesItsDealer: a wrong subshare, a dealing that is missing,
// doubled, forged, from the future or for other cards stops the founding.
func TestABadDealingNamesItsDealer(t *testing.T) {
	all, dealings := ceremony(t, 4)
	_, others := ceremony(t, 3)
	g, me := gather(t, all), all[0]
	three, err := gather(t, all[:3]).Deal(all[1].subject, all[1].node, now)
	must(t, err)
	forge := func(k int, signer wire.Signer, change func(*wire.FounderDealing)) []*wire.Signed {
		d := new(wire.FounderDealing)
		must(t, wire.Decode(dealings[k].Body, d))
		change(d)
		out := append([]*wire.Signed(nil), dealings...)
		out[k] = wire.Sign(wire.TagDealing, d, signer)
		return out
	}
	at, err := g.Index(me.subject)
	must(t, err)
	again, err := g.Deal(all[2].subject, all[2].node, now)
	must(t, err)
	second := new(wire.FounderDealing)
	must(t, wire.Decode(again.Body, second))
	for _, c := range []struct {
		what string
		with []*wire.Signed
		kind stele.Kind
		says string
	}{
		{"a subshare of another polynomial", forge(2, all[2].node, func(d *wire.FounderDealing) { d.Subshares[at-1] = second.Subshares[at-1] }), stele.KindProof, all[2].name},
		{"a subshare that does not open", forge(1, all[1].node, func(d *wire.FounderDealing) { d.Subshares[at-1][60] ^= 1 }), stele.KindProof, all[1].name},
		{"a dealing in another's name", forge(1, all[3].node, func(*wire.FounderDealing) {}), stele.KindDenied, all[1].name},
		{"a dealing too few", dealings[:3], stele.KindInvalid, all[3].name},
		{"two dealings of one", append(append([]*wire.Signed(nil), dealings...), again), stele.KindInvalid, "two different dealings of " + all[2].name},
		{"a dealing from the future", forge(3, all[3].node, func(d *wire.FounderDealing) { d.MadeMs += 3_600_000 }), stele.KindInvalid, all[3].name},
		{"a dealing for other cards", append(append([]*wire.Signed(nil), dealings[1:]...), others[0]), stele.KindInvalid, "was made for other cards"},
		{"a founder's dealing for other cards", append(append([]*wire.Signed(nil), dealings[2:]...), dealings[0], three), stele.KindInvalid, "the dealing of " + all[1].name + " was made for other cards"},
	} {
		_, err := g.Found(me.subject, me.seal, c.with, now.Add(time.Minute))
		if stele.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %v and %q", c.what, err, c.kind, c.says)
		}
	}
}

// TestExchangedCardsMakeAnotherNetwork: whoever puts their own card in somebody's
// place on the way leaves founders whose chain ids differ.
func TestExchangedCardsMakeAnotherNetwork(t *testing.T) {
	all, _ := ceremony(t, 3)
	thief := newFounder(t, 99, func(_ *wire.Founder, a *wire.MemberAddress) { a.Name = all[2].name })
	if a, b := gather(t, all).Chain, gather(t, []*founder{all[0], all[1], thief}).Chain; a == b {
		t.Errorf("both are %s", a)
	}
}

// TestCardsThatCannotBeAreRefused: each part of a card is checked.
func TestCardsThatCannotBeAreRefused(t *testing.T) {
	for what, change := range map[string]func(*wire.Founder, *wire.MemberAddress){
		"a network without a name":      func(f *wire.Founder, _ *wire.MemberAddress) { f.Network = "R" },
		"an address that nobody signed": func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.Address = &wire.Address{Name: "x"} },
		"a share already":               func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.Share = 1 },
		"no power":                      func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.Power = 0 },
		"all the power":                 func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.Power = 1000 },
		"one vote more":                 func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.Power = 11 },
		"a kind of its own":             func(f *wire.Founder, a *wire.MemberAddress) { f.Member.Kind, a.Kind = "regulator", "regulator" },
		"a name of two lines":           func(_ *wire.Founder, a *wire.MemberAddress) { a.Name = "Northside\nfingerprint  0011" },
		"a name that erases":            func(_ *wire.Founder, a *wire.MemberAddress) { a.Name = "Northside\x1b[2K" },
		"a name that turns round":       func(_ *wire.Founder, a *wire.MemberAddress) { a.Name = "North\u202eedis" },
		"a name of two scripts":         func(_ *wire.Founder, a *wire.MemberAddress) { a.Name = "N\u043erthside" },
		"an address that erases":        func(_ *wire.Founder, a *wire.MemberAddress) { a.Url = "https://h1.example:7300/\x1b[2K" },
		"a node's address of two lines": func(_ *wire.Founder, a *wire.MemberAddress) { a.Peer += "\n" },
		"no seal key":                   func(f *wire.Founder, _ *wire.MemberAddress) { f.SealKey = f.SealKey[1:] },
		"http beyond this machine":      func(_ *wire.Founder, a *wire.MemberAddress) { a.Url, a.Pin = "http://h1.example:7300", nil },
		"a pin of another length":       func(_ *wire.Founder, a *wire.MemberAddress) { a.Pin = a.Pin[1:] },
		"another's address":             func(_ *wire.Founder, a *wire.MemberAddress) { a.Subject = make([]byte, 20) },
		"a peer without an id":          func(_ *wire.Founder, a *wire.MemberAddress) { a.Peer = "h1.example:7301" },
		"a url with a path":             func(_ *wire.Founder, a *wire.MemberAddress) { a.Url += "/a" },
		"a url without a port":          func(_ *wire.Founder, a *wire.MemberAddress) { a.Url = "https://h1.example" },
		"another's node key":            func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.Node = wire.NewEd25519().Public() },
		"a validator key of no length":  func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.Validator = nil },
		"a key document of other bytes": func(f *wire.Founder, _ *wire.MemberAddress) { f.Member.KeyDocument[5] ^= 1 },
	} {
		if _, err := founding.ReadCard(newFounder(t, 1, change).card); err == nil {
			t.Errorf("a card with %s is accepted", what)
		}
	}
	same := newFounder(t, 1, nil)
	one, err := founding.ReadCard(same.card)
	must(t, err)
	copied, err := founding.Gather([]founding.Card{one, one})
	if alone := gather(t, []*founder{same}); err != nil || len(copied.Cards) != 1 || copied.Chain != alone.Chain {
		t.Errorf("a copy of a card among the cards: %v", err)
	}
	newer, err := founding.ReadCard(newFounder(t, 1, func(_ *wire.Founder, a *wire.MemberAddress) { a.Url = "https://h9.example:7300" }).card)
	must(t, err)
	newer.Subject = one.Subject // the key document draws a seal key, so that the two are of two subjects here
	if _, err := founding.Gather([]founding.Card{one, newer}); stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "two different cards of Hospital 1") {
		t.Errorf("two cards of one founder: %v", err)
	}
}

// TestLaw6AddressesAreTheirMembersOwnWord: whoever writes a network file for
// somebody cannot put an address or a TLS key of their own in it.
func TestLaw6AddressesAreTheirMembersOwnWord(t *testing.T) {
	all, dealings := ceremony(t, 4)
	founded, err := gather(t, all).Found(all[0].subject, all[0].seal, dealings, now.Add(time.Minute))
	must(t, err)
	thief := newFounder(t, 77, nil)
	for what, change := range map[string]func(*wire.MemberAddress){
		"another url":            func(a *wire.MemberAddress) { a.Url = "https://thief.example:7300" },
		"another pin":            func(a *wire.MemberAddress) { a.Pin = bytes.Repeat([]byte{9}, 32) },
		"no pin":                 func(a *wire.MemberAddress) { a.Pin = nil },
		"another node":           func(a *wire.MemberAddress) { a.Peer = strings.Repeat("b", 40) + "@thief.example:7301" },
		"another name":           func(a *wire.MemberAddress) { a.Name = "Thief" },
		"no signature":           func(a *wire.MemberAddress) { a.Signed = nil },
		"a pin here, unsigned":   func(a *wire.MemberAddress) { a.Signed, a.Url = nil, "https://127.0.0.1:7300" },
		"a signature of a thief": func(a *wire.MemberAddress) { a.Signed = wire.SignBytes(wire.TagAddress, a.Signed.Body, thief.node) },
		"a member of no genesis": func(a *wire.MemberAddress) {
			*a = *proto.CloneOf(thief.address)
			a.Signed = wire.Sign(wire.TagAddress, thief.address, thief.node)
		},
		"an address of elsewhere": func(a *wire.MemberAddress) { a.Subject = founded.Network.Members[1].Subject },
	} {
		n := proto.CloneOf(founded.Network)
		change(n.Members[0])
		if err := netfile.Check(n); stele.KindOf(err) != stele.KindProof {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, change := range map[string]func(*wire.MemberAddress){
		"of another kind": func(a *wire.MemberAddress) { a.Kind = "trust" },
		"a second one":    func(a *wire.MemberAddress) { a.Name, a.Url = "Elsewhere", "https://elsewhere.example:7300" },
	} { // a node may sign what it likes: the genesis says of which kind it is, and that it is one
		n, signed := proto.CloneOf(founded.Network), proto.CloneOf(all[0].address)
		change(signed)
		second := proto.CloneOf(signed)
		if second.Signed = wire.Sign(wire.TagAddress, signed, all[0].node); what == "a second one" {
			n.Members = append(n.Members, second)
		} else {
			n.Members[slices.IndexFunc(n.Members, func(a *wire.MemberAddress) bool { return bytes.Equal(a.Subject, signed.Subject) })] = second
		}
		if err := netfile.Check(n); stele.KindOf(err) != stele.KindProof {
			t.Errorf("an address of its own, %s: %v", what, err)
		}
	}
	for url, kind := range map[string]stele.Kind{
		"http://127.0.0.1:7300": 0, "http://[::1]:7300": 0, "http://localhost:7300": 0,
		"https://192.168.0.7:7300": stele.KindProof, "https://10.0.0.7:7300": stele.KindProof, "https://0.0.0.0:7300": stele.KindProof,
		"https://localhost.example:7300": stele.KindProof, "https://127.0.0.1.example:7300": stele.KindProof,
	} { // unsigned
		n := proto.CloneOf(founded.Network)
		n.Members[0].Signed, n.Members[0].Url, n.Members[0].Pin = nil, url, nil
		if err := netfile.Check(n); (err == nil) != (kind == 0) || err != nil && stele.KindOf(err) != kind {
			t.Errorf("an unsigned address at %s: %v", url, err)
		}
	}
	path := filepath.Join(t.TempDir(), netfile.Name)
	must(t, netfile.Write(path, founded.Network))
	back, err := netfile.Read(path)
	must(t, err)
	if !proto.Equal(back, founded.Network) {
		t.Error("a network file is read as another network than was written")
	}
}

// TestR42NoFounderHasMoreVotesThanAnother: such a card is refused where it is read,
// where cards are gathered, where the genesis is made, and by whoever reads a network
// file that was founded with it all the same.
func TestR42NoFounderHasMoreVotesThanAnother(t *testing.T) {
	all, dealings := ceremony(t, 4)
	g := gather(t, all)
	founded, err := g.Found(all[0].subject, all[0].seal, dealings, now.Add(time.Minute))
	must(t, err)

	g.Cards[1].Founder.Member.Power = 1000
	if _, err := founding.Gather(g.Cards); stele.KindOf(err) != stele.KindDenied || !strings.Contains(err.Error(), "asks for a vote of 1000") {
		t.Errorf("gathered: %v", err)
	}
	if _, err := g.Found(all[0].subject, all[0].seal, dealings, now.Add(time.Minute)); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("founded: %v", err)
	}
	for what, change := range map[string]func(string) string{
		"one validator with a thousand votes": func(s string) string { return strings.Replace(s, `"power": "10"`, `"power": "1000"`, 1) },
		"all with a thousand, the members 10": func(s string) string { return strings.ReplaceAll(s, `"power": "10"`, `"power": "1000"`) },
	} {
		n := proto.CloneOf(founded.Network)
		n.Genesis = []byte(change(string(n.Genesis)))
		if bytes.Equal(n.Genesis, founded.Network.Genesis) {
			t.Fatal("nothing was changed")
		}
		if err := netfile.Check(n); stele.KindOf(err) != stele.KindProof {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestR42NamesOfMembersAreTheirOwn: two members whose names look alike are not
// founded, and a network file with such is not read.
func TestR42NamesOfMembersAreTheirOwn(t *testing.T) {
	all, dealings := ceremony(t, 2)
	for _, name := range []string{"Hospital 1", "hospital-1", "HOSPITAL  1"[:8] + " 1", "Hospital I", "H\u00f4pital 1"[:0] + "Hospit\u00e1l 1"} {
		like := newFounder(t, 88, func(_ *wire.Founder, a *wire.MemberAddress) { a.Name = name })
		one, err := founding.ReadCard(newFounder(t, 1, nil).card)
		must(t, err)
		other, err := founding.ReadCard(like.card)
		must(t, err)
		if _, err := founding.Gather([]founding.Card{one, other}); stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "have the same name") {
			t.Errorf("%q beside %q: %v", name, one.Name, err)
		}
	}
	founded, err := gather(t, all).Found(all[0].subject, all[0].seal, dealings, now.Add(time.Minute))
	must(t, err)
	for _, name := range []string{founded.Network.Members[1].Name, "North\x1b[2K", "A\nfingerprint 00"} {
		n := proto.CloneOf(founded.Network)
		n.Members[0].Signed, n.Members[0].Url, n.Members[0].Pin, n.Members[0].Name = nil, "http://127.0.0.1:7300", nil, name
		if err := netfile.Check(n); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("a network file with a member %q: %v", name, err)
		}
	}
	n := proto.CloneOf(founded.Network)
	if n.Chain = "another\x1b[2K"; stele.KindOf(netfile.Check(n)) != stele.KindProof {
		t.Error("a network file names another chain than its genesis")
	}
	n = proto.CloneOf(founded.Network)
	if n.Members[1] = n.Members[0]; netfile.Check(n) == nil {
		t.Error("a member stands in a network file twice")
	}
}

// TestFoundingFilesSurviveMail: words around, several in one file, in any order.
func TestFoundingFilesSurviveMail(t *testing.T) {
	all, dealings := ceremony(t, 2)
	path := filepath.Join(t.TempDir(), "mail.txt")
	mail := "Dear all,\n\n" + string(founding.EncodeDealing(dealings[1])) + "\nand the card\n" + string(founding.EncodeCard(all[0].card)) + "Yours"
	must(t, os.WriteFile(path, []byte(strings.ReplaceAll(mail, "\n", "\r\n")), 0o600))
	cards, dealt, err := founding.ReadFiles([]string{path})
	must(t, err)
	if len(cards) != 1 || len(dealt) != 1 || cards[0].Subject != all[0].subject || !proto.Equal(dealt[0], dealings[1]) {
		t.Errorf("%d cards, %d dealings", len(cards), len(dealt))
	}
	must(t, os.WriteFile(path, []byte("nothing"), 0o600))
	if _, _, err := founding.ReadFiles([]string{path}); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a file with nothing in it: %v", err)
	}
}

// FuzzReadCard: no card, however broken, stops the program or is accepted
// without both signatures.
func FuzzReadCard(f *testing.F) {
	f.Add(wire.Marshal(newFounder(f, 1, nil).card))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := new(wire.Signed)
		if wire.Decode(raw, s) != nil {
			return
		}
		if card, err := founding.ReadCard(s); err == nil {
			if _, err := founding.Gather([]founding.Card{card}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

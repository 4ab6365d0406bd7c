package proof

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// No event changes members, committee or who vouches for cards yet: here a second founding does.
func laterRun(height int64, change func(*wire.Genesis)) func(*wire.Genesis) []*wire.Event {
	return func(founding *wire.Genesis) []*wire.Event {
		next := proto.CloneOf(founding)
		change(next)
		return []*wire.Event{{Height: height, Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{Genesis: next}}}}
	}
}

// nextTrustee is the key that the world's member has from a height on, nextIssuer the
// issuer's.
var nextTrustee, nextIssuer = wire.Ed25519FromSeed([32]byte{11}), wire.Ed25519FromSeed([32]byte{12})

func laterTrustee(height int64) func(*wire.Genesis) []*wire.Event {
	return laterRun(height, func(g *wire.Genesis) {
		g.Members[0].Trustee, g.Issuers = nextTrustee.Public(), []*wire.PublicKey{nextIssuer.Public()}
	})
}

// laterIssuers is a consortium that admitted issuers of credentials from a height on, in
// one block, and dismissed one in the next.
func laterIssuers(height int64) func(*wire.Genesis) []*wire.Event {
	issuer := func(kinds uint32) *wire.CredentialIssuer {
		return &wire.CredentialIssuer{Subject: make([]byte, 20), Certificate: []byte{byte(kinds)}, Kinds: kinds, Jurisdictions: []string{"GB", "US-CA"}}
	}
	return func(*wire.Genesis) []*wire.Event {
		return []*wire.Event{
			{Height: height, Event: &wire.Event_IssuerAdmitted{IssuerAdmitted: &wire.IssuerAdmitted{Issuer: issuer(1)}}},
			{Height: height, Event: &wire.Event_IssuerAdmitted{IssuerAdmitted: &wire.IssuerAdmitted{Issuer: issuer(2)}}},
			{Height: height + 1, Event: &wire.Event_IssuerDismissed{IssuerDismissed: &wire.IssuerDismissed{Subject: make([]byte, 20), Certificate: []byte{2}}}},
		}
	}
}

// released is the world's receipt as if a trustee had signed it at a height.
func (w *world) released(height int64, by wire.Signer) {
	r := new(wire.Receipt)
	if err := wire.Decode(w.receipts[0].Receipt.Body, r); err != nil {
		panic(err)
	}
	r.Height = height
	w.receipts = []*wire.ReceiptProof{{Receipt: wire.Sign(wire.TagReceipt, r, by)}}
}

// asked is an asking that never reached the ledger, at a time in seconds after the
// start, with a card of an issuer.
func (w *world) asked(seconds int64, issuer wire.Signer) {
	card := wire.Sign(wire.TagCard, &wire.Card{Chain: testChain, Subject: w.patient[:], Name: "Dr Ada Berg", Kind: "practitioner"}, issuer)
	w.details = append(w.details, &wire.Detail{
		Member: w.details[0].Member, TimeMs: testStart.UnixMilli() + 1000*seconds, Detail: wire.Marshal(&wire.AccessDetail{Card: card}),
	})
}

// TestLaw6AnExportIsJudgedByWhoRanTheNetworkThen: the trustee and the issuer of a later
// era are nobody in an earlier one, and the other way round.
func TestLaw6AnExportIsJudgedByWhoRanTheNetworkThen(t *testing.T) {
	then := wire.Ed25519FromSeed([32]byte{1})
	const long = 600 // seconds: no clock is so far from the blocks'
	for name, c := range map[string]struct {
		step   string // that fails; "none" where all holds
		change func(*world)
	}{
		"as it was":                             {"none", func(*world) {}},
		"a release of the later, later":         {"none", func(w *world) { w.released(6, nextTrustee) }},
		"a release of the later, earlier":       {"receipt 1", func(w *world) { w.released(5, nextTrustee) }},
		"a release of the earlier, later":       {"receipt 1", func(w *world) { w.released(6, then) }},
		"a card of the earlier issuer, earlier": {"none", func(w *world) { w.asked(-long, issuerSigner) }},
		"a card of the earlier issuer, later":   {"detail 3", func(w *world) { w.asked(long, issuerSigner) }},
		"a card of the later issuer, later":     {"none", func(w *world) { w.asked(long, nextIssuer) }},
		"a card of the later issuer, earlier":   {"detail 3", func(w *world) { w.asked(-long, nextIssuer) }},
		"cards of both about the change": {"none", func(w *world) {
			w.asked(6+250, issuerSigner)
			w.asked(6-250, nextIssuer)
		}},
	} {
		w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
		c.change(w)
		r, _ := Verify(bytes.NewReader(w.export(t)), Expect{})
		if first := firstFailed(r); first != c.step || len(r.Notes) > 0 {
			t.Errorf("%s: first failed step is %q, want %q; notes %q", name, first, c.step, r.Notes)
		}
	}
}

// TestR45ASourceIsWhoTheMemberWasThen: what a member delivered is confirmed by the keys
// that it had when the delivery was anchored, in block 4.
func TestR45ASourceIsWhoTheMemberWasThen(t *testing.T) {
	for from, confirmed := range map[int64]bool{3: false, 4: false, 5: true} {
		gone := laterRun(from, func(g *wire.Genesis) {
			document := wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{{Signing: nextTrustee.Public()}}, Salt: []byte("another member's")})
			g.Members = append(g.Members, &wire.Member{KeyDocument: document})[1:]
		})
		w := makeWorldRun(t, fourVoters(), []int{3, 1}, gone)
		w.details, w.receipts = nil, nil
		r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
		notes := strings.Join(r.Notes, " ")
		if err != nil || strings.Contains(notes, "is not proved") == confirmed {
			t.Errorf("who left in block %d: %v, notes %q", from, err, notes)
		}
	}
}

// TestLaw6AnExportSaysWhoRanTheNetwork: its first log is the consortium's, whole, in
// order, of this network, and as new as the subject's.
func TestLaw6AnExportSaysWhoRanTheNetwork(t *testing.T) {
	other := makeWorldRun(t, newVoters("others"), []int{3, 1}, laterTrustee(7))
	for name, change := range map[string]func(*world){
		"left out":         func(w *world) { w.runners = nil },
		"not the first":    func(w *world) { w.logs, w.runners = append(w.logs, w.runners), nil },
		"cut":              func(w *world) { w.runners.Events, w.runners.Head.Size = w.runners.Events[:1], 1 },
		"in another order": func(w *world) { slices.Reverse(w.runners.Events) },
		"of another chain": func(w *world) { w.runners = other.runners },
		"without a header": func(w *world) { w.runners.Head.Height = 20 },
		"older than the subject's": func(w *world) {
			light := w.voters.block(t, proofHeight, w.book.appHash(), w.voters)
			w.lights = append([]*wire.LightBlock{light}, w.lights...)
			w.runners = w.book.log(t, 0, 0, proofHeight-1, light)
		},
		"of another founding": func(w *world) { // under good headers
			other := wire.Founded(nil, &wire.Genesis{Chain: testChain})
			other.Version, other.Subject, other.TimeMs = wire.EventVersion, w.book.subjects[0][:], testStart.UnixMilli()
			w.book.events[0][0] = wire.EventBytes(other)
			w.prove(t)
		},
	} {
		w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
		change(w)
		r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
		wantProof(t, name, err)
		if !slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Name == runners && !s.OK }) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One that is newer does no harm.
	w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
	light := w.voters.block(t, proofHeight+2, w.book.appHash(), w.voters)
	w.lights, w.runners = append(w.lights, light), w.book.log(t, 0, 0, proofHeight+1, light)
	if _, err := Verify(bytes.NewReader(w.export(t)), Expect{}); err != nil {
		t.Error(err)
	}
}

// TestAnExportOfOldIsJudgedByTheFounders, and says so, unless it holds the log all the same.
func TestAnExportOfOldIsJudgedByTheFounders(t *testing.T) {
	w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
	old := func() []byte {
		file := w.export(t)
		return redigested(t, strings.Replace(string(file[:lastLine(file)]), `"version":3`, `"version":2`, 1))
	}
	if r, err := Verify(bytes.NewReader(old()), Expect{}); err != nil || len(r.Notes) != 0 {
		t.Errorf("with the log: %v, %q", err, r.Notes)
	}
	w.runners = nil
	r, err := Verify(bytes.NewReader(old()), Expect{})
	if err != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "judged by its founders") {
		t.Errorf("without: %v, %q", err, r.Notes)
	}
	w.released(6, nextTrustee)
	_, err = Verify(bytes.NewReader(old()), Expect{})
	wantProof(t, "a trustee whom the founders do not know", err)
}

// TestLaw6AnExportOfTodayIsNoneOfOld: with the consortium's log cut off and an older
// version claimed it would be judged by keys that count no more. The time of a header that
// the validators signed tells; that it holds the log lets any version pass.
func TestLaw6AnExportOfTodayIsNoneOfOld(t *testing.T) {
	for what, c := range map[string]struct {
		newest  time.Time // header
		log, ok bool
	}{
		"the last of old":           {foundersOnly.Add(-time.Millisecond), false, true},
		"the first of today":        {foundersOnly, false, false},
		"of today with the log":     {foundersOnly, true, true},
		"of much later":             {foundersOnly.AddDate(9, 0, 0), false, false},
		"of much later, and whole":  {foundersOnly.AddDate(9, 0, 0), true, true},
		"of long before the change": {testStart.Add(time.Hour), false, true},
	} {
		for _, version := range []string{`"version":1`, `"version":2`} {
			w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
			// The file's newest header proves nothing in it; it is of this time.
			h := w.voters.header(proofHeight+9, stele.Digest{}, w.voters)
			h.Time = c.newest
			light, err := EncodeLight(w.voters.sign(t, h, ""))
			if err != nil {
				t.Fatal(err)
			}
			w.lights = append(w.lights, light)
			if !c.log {
				w.runners = nil
			}
			if version == `"version":1` {
				w.from = nil
			}
			file := w.export(t)
			old := redigested(t, strings.Replace(string(file[:lastLine(file)]), `"version":3`, version, 1))
			r, err := Verify(bytes.NewReader(old), Expect{})
			if (err == nil) != c.ok || !c.ok && firstFailed(r) != runners {
				t.Errorf("%s, %s: %v", what, version, err)
			}
		}
	}
}

// TestWhatIsNewerThanTheHistoryAccusesNobody: the network may have changed hands since.
func TestWhatIsNewerThanTheHistoryAccusesNobody(t *testing.T) {
	for height, want := range map[int64]stele.Kind{9: stele.KindProof, 10: stele.KindNotFound} {
		for what, change := range map[string]func(*wire.Receipt){
			"another member": func(r *wire.Receipt) { r.Member = make([]byte, 20) },
			"another share":  func(r *wire.Receipt) { r.Share = 9 },
		} {
			w := newTown()
			w.Known(9)
			_, err := w.Receipt(w.receipt(0, func(r *wire.Receipt) { r.Height = height; change(r) }))
			if stele.KindOf(err) != want {
				t.Errorf("%s in block %d: %v", what, height, err)
			}
		}
	}
}

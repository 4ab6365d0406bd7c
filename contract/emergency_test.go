package contract_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/emergency"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// foundWith is a town of so many members whose genesis says something more.
func foundWith(t *testing.T, n int, change func(*wire.Genesis)) *script {
	s := &script{store: ledger.NewMemory(), names: map[string]string{}, drawn: map[string][]byte{}, saved: map[string][]byte{}}
	g := ledgertest.Genesis("town", n)
	change(g)
	s.town = &ledgertest.Town{T: t, Chain: g.Chain, Time: ledgertest.Begin, Genesis: wire.Marshal(g)}
	for i := range n {
		s.town.Members = append(s.town.Members, fmt.Sprintf("member%d", i+1))
	}
	s.town.Open(s.store, contract.All(), wire.Check)
	hash, err := s.town.Ledger.Found(s.town.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	s.town.Hashes = []stele.Digest{hash}
	return s
}

// count counts the events of the newest block that are of a kind.
func (s *script) count(kind string) (n int) {
	s.events(s.town.Height, func(e *wire.Event) {
		if ledgertest.Kind(e) == kind {
			n++
		}
	})
	return n
}

// TestR25AMemberOpensSoManyChartsADay: of however many patients; each of them finds it in
// her log. Another member is not hindered, and neither is the same one on the next day, also
// by nodes that were restored, log by log.
func TestR25AMemberOpensSoManyChartsADay(t *testing.T) {
	s := found(t, 2)
	const each = 8 // of one chart by one member
	for i := range emergency.MostInADay/each + 1 {
		s.block("+1s", fmt.Sprintf("subject s%d\nbreak b%d of=s%d times=%d to=er", i, i, i, each))
		if want := map[bool]int{true: each}[i < emergency.MostInADay/each]; s.count("glass_broken") != want {
			t.Fatalf("of the %d. patient %d were opened, want %d", i+1, s.count("glass_broken"), want)
		}
	}
	last := fmt.Sprintf("s%d", emergency.MostInADay/each)
	s.block("+15h59m", "break c of="+last+" to=er\nbreak d for=member2 to=er of="+last)
	if n := s.count("glass_broken"); n != 1 {
		t.Errorf("%d were opened on the first day, want the other member's", n)
	}
	s.block("+1m", "break e to=er of="+last)
	if n := s.count("glass_broken"); n != 1 {
		t.Errorf("%d were opened on the next day", n)
	}
	s.block("+1s", "break f to=er of="+last)
	remember(t, s.town)
}

// TestR25TheTermsAreTheConsortiums: in a devnet an opening may end sooner, and its review be
// due sooner; nowhere else (TestGenesisIsChecked). Elsewhere it is 24 and 72 hours, said or not.
func TestR25TheTermsAreTheConsortiums(t *testing.T) {
	const day = 24 * time.Hour
	for what, c := range map[string]struct {
		terms       *wire.Terms
		devnet      bool
		end, review time.Duration
	}{
		"nothing is said":   {nil, false, day, 3 * day},
		"the same is said":  {&wire.Terms{EmergencyMs: day.Milliseconds(), ReviewMs: 3 * day.Milliseconds()}, false, day, 3 * day},
		"a devnet":          {nil, true, day, 3 * day},
		"one in a hurry":    {&wire.Terms{EmergencyMs: 5000, ReviewMs: 20_000}, true, 5 * time.Second, 20 * time.Second},
		"both at once":      {&wire.Terms{EmergencyMs: 5000, ReviewMs: 5000}, true, 5 * time.Second, 5 * time.Second},
		"only with the end": {&wire.Terms{EmergencyMs: 5000}, true, 5 * time.Second, 3 * day},
	} {
		s := foundWith(t, 1, func(g *wire.Genesis) { g.Terms, g.Devnet = c.terms, c.devnet })
		s.block("+1s", "subject ann\nbreak b")
		s.events(s.town.Height, func(e *wire.Event) {
			if g := e.GetGlassBroken(); g != nil && (g.UntilMs-e.TimeMs != c.end.Milliseconds() || g.ReviewByMs-e.TimeMs != c.review.Milliseconds()) {
				t.Errorf("%s: ends after %d ms, review within %d ms", what, g.UntilMs-e.TimeMs, g.ReviewByMs-e.TimeMs)
			}
		})
		// A millisecond before, and on the stroke.
		for _, step := range []struct {
			after         time.Duration
			ended, missed int
		}{{c.end - 1e6, 0, 0}, {1e6, 1, map[bool]int{true: 1}[c.end == c.review]}} {
			if s.block("+"+step.after.String(), ""); s.count("emergency_ended") != step.ended || s.count("review_overdue") != step.missed {
				t.Errorf("%s: %v later %d ended, %d reviews are overdue", what, step.after, s.count("emergency_ended"), s.count("review_overdue"))
			}
		}
		if c.end == c.review {
			continue
		}
		if s.block("+"+(c.review-c.end-1e6).String(), ""); s.count("review_overdue") != 0 {
			t.Errorf("%s: a review is overdue too soon", what)
		}
		s.block("+1ms", "review b")
		s.events(s.town.Height, func(e *wire.Event) {
			if r := e.GetEmergencyReviewed(); r != nil && !r.Late {
				t.Errorf("%s: a review that comes after the ledger missed it is not late", what)
			}
		})
		if s.count("review_overdue") != 1 || s.count("emergency_reviewed") != 1 || !s.town.Ledger.Deadline().IsZero() {
			t.Errorf("%s: %d overdue, %d reviewed, next deadline %v", what, s.count("review_overdue"), s.count("emergency_reviewed"), s.town.Ledger.Deadline())
		}
		replay(t, s.town)
	}
}

// TestR25AReviewClearsItsDeadline: one that was reviewed, also before its own end was told,
// is never overdue, and neither ends twice, whoever ended it.
func TestR25AReviewClearsItsDeadline(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann\nbreak a to=er\nbreak b to=er\nbreak c to=er")
	s.block("+1s", "end a by=er\nrevoke b\nend c by=member1")
	s.block("+1s", "review a\nreview b by=member1\nreview c")
	if due := s.town.Ledger.Deadline(); !due.IsZero() {
		t.Errorf("there is still a deadline: %v", due)
	}
	if s.block("+100h", ""); s.count("emergency_ended")+s.count("review_overdue")+s.count("grant_ended") != 0 {
		t.Error("something ended by itself, or was overdue")
	}
	remember(t, s.town)
}

// TestR10TwoOpeningsOfOnePractitionerShareNothing: but for the patient and the member, which
// stand in them.
func TestR10TwoOpeningsOfOnePractitionerShareNothing(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann\nsubject bob\nbreak a to=once of=ann\nbreak b to=again of=ann\nbreak c to=more of=bob")
	s.block("+1s", "open o1 grant=a by=once\nopen o2 grant=b by=again\nopen o3 grant=c by=more\nend a by=once\nend b by=again\nend c by=more")
	s.block("+1s", "review a\nreview b\nreview c by=bob")
	fields := map[string]map[string]bool{}
	s.all(func(e *wire.Event) {
		about := e.About()
		if about.Grant == nil {
			return
		}
		e, name := proto.CloneOf(e), s.names[string(about.Grant)]
		e.Subject = nil
		if g := e.GetGlassBroken(); g != nil {
			g.Member = nil
		}
		if fields[name] == nil {
			fields[name] = map[string]bool{}
		}
		collect(e.ProtoReflect(), fields[name])
	})
	for a, of := range fields {
		if len(fields) != 3 || len(of) < 8 {
			t.Errorf("%d openings, %s has %d fields", len(fields), a, len(of))
		}
		for b, others := range fields {
			for f := range of {
				if a != b && others[f] {
					t.Errorf("%s and %s share %x", a, b, f)
				}
			}
		}
	}
}

// TestR17AFilledSlotLooksLikeAnEmptyOne: events are of one length and answers of one kind,
// whatever was said and whether it was said at once; that a chart is opened is refused by none
// of them. The same document under another salt is another commitment.
func TestR17AFilledSlotLooksLikeAnEmptyOne(t *testing.T) {
	seen := map[stele.Digest]bool{}
	var sizes []int
	for i, document := range [][]byte{nil, nil, []byte("nobody of Northside"), bytes.Repeat([]byte("not she "), 500)} {
		s := found(t, 1)
		slot := func(n byte) []byte {
			c := seal.Commit(seal.Salt{byte(i), n}, seal.TagEmergency, document)
			if seen[c] {
				t.Error("two slots are alike")
			}
			seen[c] = true
			return c[:]
		}
		s.subject("ann")
		ann, subject := ledgertest.Signer("ann"), s.subject("ann")
		done := s.town.Block(time.Second, s.town.Parcel(
			s.town.Tx(&wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: ledgertest.Document("ann"), Emergency: slot(1)}}}, ann),
			s.town.Tx(&wire.Transaction{Message: &wire.Transaction_SetEmergency{SetEmergency: &wire.SetEmergency{Subject: subject, Commitment: slot(2)}}}, ann),
			s.transaction(parse("break b"), s.town.Time.Add(time.Second), 0),
		))
		for j, v := range done.Verdicts {
			if v.Err != nil {
				t.Fatalf("%d: %v", j, v.Err)
			}
			if i == 0 {
				sizes = append(sizes, len(v.Outcome.Event))
			} else if len(v.Outcome.Event) != sizes[j] {
				t.Errorf("event %d has %d bytes, and elsewhere %d", j, len(v.Outcome.Event), sizes[j])
			}
		}
	}
}

// TestR25WhoHasNoSlotIsNotOpened: members of the genesis and subjects of old ledgers, until
// they set one. What others see of an activation is that it is one.
func TestR25WhoHasNoSlotIsNotOpened(t *testing.T) {
	s := found(t, 2)
	s.block("+1s", "break b of=member2 to=er")
	if s.count("glass_broken") != 0 {
		t.Error("a member's chart was opened without a slot")
	}
	s.block("+1s", "slot member2")
	s.block("+1s", "break c of=member2 to=er\nsubject ann\ngive g")
	if s.count("glass_broken") != 1 {
		t.Error("it is not opened with one")
	}
	for name, want := range map[string]bool{"c": true, "g": false} {
		g, err := (state.Ledger{Ledger: s.town.Ledger}).Grant(stele.ID(s.id(name)))
		if err != nil || g.Emergency != want || g.Action != stele.ActionRead {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
}

// TestR9TheKeyOfAnOpeningInAnEmergencyIsNoText: not even where somebody found a key that
// reads as text and signs by it: here signatures are not looked at.
func TestR9TheKeyOfAnOpeningInAnEmergencyIsNoText(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann")
	s.town.Open(s.store, contract.All(), func(_ wire.Tag, signed *wire.Signed) (keys []stele.PublicKey, err error) {
		for _, sig := range signed.Signatures {
			keys = append(keys, wire.Key(sig.Key))
		}
		return keys, nil
	})
	subject, member := s.subject("ann"), s.subject("member1")
	for what, key := range map[string]*wire.PublicKey{
		"":                   ledgertest.Signer("er").Public(),
		"text":               {Suite: wire.SuiteEd25519, Key: text(32)},
		"of no suite":        {Suite: 3, Key: ledgertest.Bytes("er", 32)},
		"that is none":       {Suite: wire.SuiteEd25519, Key: make([]byte, 31)},
		"by which all holds": {Suite: wire.SuiteEd25519, Key: make([]byte, 32)},
	} {
		signed := wire.Sign(wire.TagTransaction, &wire.Transaction{
			Chain: s.town.Chain, Nonce: ledgertest.ID(what), ExpiresMs: s.town.Time.Add(time.Minute).UnixMilli(),
			Message: &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
				Activation: ledgertest.IDOf("b", subject), Subject: subject, Member: member, Grantee: key, DetailCommitment: ledgertest.Bytes("detail", 32),
			}},
		}, ledgertest.Signer("member1's node"))
		signed.Signatures = append(signed.Signatures, &wire.Signature{Key: key, Signature: make([]byte, 64)})
		if _, err := s.town.Ledger.Admit(wire.Marshal(signed)); (err == nil) != (what == "") || err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("a key %s: %v", what, err)
		}
	}
}

// TestANetworkOfBeforeThereWereSlotsGoesOn: its subjects need none, and who has one can be
// opened in an emergency there, too.
func TestANetworkOfBeforeThereWereSlotsGoesOn(t *testing.T) {
	for terms, want := range map[*wire.Terms]string{
		nil: "subject ann slot=0: created as leaf 2 [ann 0]\nsubject bob: created as leaf 3 [bob 0]\nsubject cleo slot=31: no, invalid: read a digest: a digest has 32 bytes, not 31\n",
		{}:  "subject ann slot=0: no, invalid: read a digest: a digest has 32 bytes, not 0\nsubject bob: created as leaf 2 [bob 0]\nsubject cleo slot=31: no, invalid: read a digest: a digest has 32 bytes, not 31\n",
	} {
		s := foundWith(t, 1, func(g *wire.Genesis) { g.Terms = terms })
		if got := s.block("+1s", "subject ann slot=0\nsubject bob\nsubject cleo slot=31"); got != want {
			t.Errorf("terms %v:\n%s", terms, got)
		}
	}
}

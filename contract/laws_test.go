package contract_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// TestLaw2AnEndHoldsBeforeItsEvent: more grants end at one moment than a block
// may say; every one of them has ended nevertheless.
func TestLaw2AnEndHoldsBeforeItsEvent(t *testing.T) {
	s := found(t, 1)
	names := []string{"a", "b", "c", "d", "e", "f"}
	for i, name := range names { // nobody gives more than 200 at once
		s.block("+0s", fmt.Sprintf("subject s%d", i))
		s.block("+0s", fmt.Sprintf("give %s of=s%d by=s%d times=200 end=+10s", name, i, i))
	}
	s.block("+2s", "")
	s.block("+8s", "")
	said := 0
	s.events(s.town.Height, func(*wire.Event) { said++ })
	if said != ledger.MaxDue {
		t.Errorf("%d events, want %d", said, ledger.MaxDue)
	}
	for _, name := range names {
		for i := range 200 {
			if i > 0 {
				name = strings.TrimRight(name, "0123456789") + fmt.Sprint(i)
			}
			if g, err := (state.Ledger{Ledger: s.town.Ledger}).Grant(stele.ID(s.id(name))); err != nil || g.Status != stele.GrantEnded {
				t.Fatalf("%s is %v (%v)", name, g.Status, err)
			}
		}
	}
	if due := s.town.Ledger.Deadline(); !due.Equal(ledgertest.Begin.Add(10 * time.Second)) {
		t.Errorf("the next deadline is %v", due)
	}
	s.block("+1ms", "")
	if due := s.town.Ledger.Deadline(); !due.IsZero() {
		t.Errorf("there is still a deadline: %v", due)
	}
}

// TestR10TwoGrantsToOneOrganisationShareNothing: whatever fields of 8 bytes or
// more two grants, accesses or anchors of one patient have in common, is the
// patient's own.
func TestR10TwoGrantsToOneOrganisationShareNothing(t *testing.T) {
	s := found(t, 1)
	// One organisation, with a key for each grant.
	s.block("+1s", "subject ann\ngive r1 to=org1\ngive r2 to=org2\ngive w1 action=write to=org3\ngive w2 action=write to=org4")
	s.block("+1s", "open o1 grant=r1 by=org1\nopen o2 grant=r2 by=org2\nanchor a1 grant=w1 by=org3\nanchor a2 grant=w2 by=org4")
	fields := map[string]map[string]bool{} // grant → byte fields of all its events
	grantOf := map[string]string{}
	for height := int64(1); height <= s.town.Height; height++ {
		s.events(height, func(e *wire.Event) {
			e = proto.Clone(e).(*wire.Event)
			id := e.GetGrantGiven().GetGrant()
			for _, g := range [][]byte{e.GetAccessPermitted().GetGrant(), e.GetAnchored().GetGrant()} {
				if g != nil {
					id = g
				}
			}
			if id == nil {
				return
			}
			grant := s.names[string(id)]
			grantOf[grant] = grant
			if fields[grant] == nil {
				fields[grant] = map[string]bool{}
			}
			e.Subject = nil // the patient's own
			collect(e.ProtoReflect(), fields[grant])
		})
	}
	if len(fields) != 4 {
		t.Fatalf("%d grants in the logs", len(fields))
	}
	for a, of := range fields {
		if len(of) < 7 {
			t.Errorf("%s has %d fields only", a, len(of))
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

// collect gathers a message's byte and string fields, at any depth.
func collect(m protoreflect.Message, into map[string]bool) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch f.Kind() {
		case protoreflect.BytesKind:
			into[string(v.Bytes())] = true
		case protoreflect.StringKind:
			into[v.String()] = true
		case protoreflect.MessageKind:
			collect(v.Message(), into)
		}
		return true
	})
}

// TestR11NoNegativeConsentState: nothing on the ledger can say no to anybody.
// A grant's document may be anything; its action is to read, to write or to act for the subject, and
// what is not granted is not there.
func TestR11NoNegativeConsentState(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann")
	before := s.town.Hashes[s.town.Height]
	for action := range uint32(600) {
		tx := &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: s.draw(fmt.Sprint(action), s.subject("ann")), Subject: s.subject("ann"), Action: action, Grantee: s.key("doctor"),
			EndMs: s.town.Time.Add(time.Hour).UnixMilli(), Commitment: make([]byte, 32),
		}}}
		if _, err := s.town.Ledger.Admit(s.town.Tx(tx, ledgertest.Signer("ann"))); (err == nil) != (action >= 1 && action <= 3) {
			t.Errorf("action %d: %v", action, err)
		}
	}
	// An asking without a grant leaves no trace.
	if done := s.town.Block(0, s.town.Parcel(s.transaction(parse("open r grant=none"), s.town.Time, 0))); done.AppHash != before || done.Events != 0 {
		t.Error("an asking without a grant left a trace")
	}
	// Each kind of event that concerns consent says that something was allowed,
	// is over, or was asked for under a grant that was over.
	allowed := []string{"consortium_founded", "subject_created", "keys_rotated", "device_added", "subject_claimed", "grant_given",
		"grant_revoked", "grant_ended", "access_permitted", "access_refused", "receipts_posted", "anchored",
		"issuer_admitted", "issuer_dismissed", "status_list_posted", // the last two say it of credentials, not of consent
		"emergency_set", "glass_broken", "emergency_ended", "emergency_reviewed", "review_overdue", // the second last judges what somebody did
		"subjects_merged", "merge_undone", "merge_noted", // of who speaks for a subject
		"change_announced", "change_stopped", "change_made", "device_frozen", "guardian_spoke", "recovery_stopped", "subject_recovered", // likewise
		"delegation_ending", "death_recorded", "death_undone"} // by itself, as it was given; of the subject, and not of who may what
	kinds := new(wire.Event).ProtoReflect().Descriptor().Oneofs().ByName("event").Fields()
	for i := range kinds.Len() {
		if name := string(kinds.Get(i).Name()); !slices.Contains(allowed, name) {
			t.Errorf("event %s is new: does it say no to somebody?", name)
		}
	}
}

// TestLaw4NothingPlantedReachesTheLedger: what is said about people stands in
// documents, details, covers and free fields; none of it is found in the whole
// state, in clear, hex, base64 or plain SHA-256, even where a sender plants it
// in fields that nobody knows.
func TestLaw4NothingPlantedReachesTheLedger(t *testing.T) {
	planted := []string{"Elena Marchetti", "MRN-0048213", "1961-04-12", "F32.1", "LIC-99-1234"}
	s := found(t, 1)
	s.block("+1s", "subject ann")
	text := []byte(strings.Join(planted, "|"))
	for i, tx := range s.planted(text) {
		raw := s.town.Tx(tx, ledgertest.Signer("ann"), ledgertest.Signer("tablet"))
		done := s.town.Block(time.Second, s.town.Parcel(raw))
		if len(done.Verdicts) != 1 || done.Verdicts[0].Err == nil {
			t.Errorf("planting %d was accepted: %+v", i, done.Verdicts)
		}
	}
	s.block("+1s", "give g\nopen r\ngive w action=write\nanchor a")
	s.scan(nil, []byte{0xff}, func(key, value []byte) {
		for _, p := range planted {
			sum := sha256.Sum256([]byte(p))
			for _, form := range [][]byte{
				[]byte(p), []byte(hex.EncodeToString([]byte(p))), []byte(base64.RawStdEncoding.EncodeToString([]byte(p))),
				sum[:], []byte(hex.EncodeToString(sum[:])), []byte(base64.RawStdEncoding.EncodeToString(sum[:])),
			} {
				if bytes.Contains(key, form) || bytes.Contains(value, form) {
					t.Errorf("%q stands under %x", p, key)
				}
			}
		}
	})
}

// planted makes transactions that carry free text where it would reach an event.
func (s *script) planted(text []byte) []*wire.Transaction {
	field := protowire.AppendBytes(protowire.AppendTag(nil, 999, protowire.BytesType), text)
	grantee := s.key("doctor")
	grantee.ProtoReflect().SetUnknown(field)
	device := ledgertest.Device("tablet")
	device.ProtoReflect().SetUnknown(field)
	document := append(ledgertest.Document("zoe"), field...)
	over := append(wire.Marshal(&wire.KeyDocument{Salt: text}), ledgertest.Document("zoe")...) // a salt written over
	long := wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{ledgertest.Device("ann")}, Salt: text})
	var txs []*wire.Transaction
	for _, d := range [][]byte{document, over, long} {
		txs = append(txs, &wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: d, Emergency: ledgertest.Bytes("slot", 32)}}})
	}
	return append(txs,
		&wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: s.draw("p", s.subject("ann")), Subject: s.subject("ann"), Action: 1, Grantee: grantee, EndMs: ledgertest.Begin.Add(time.Hour).UnixMilli(), Commitment: make([]byte, 32),
		}}},
		&wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: s.draw("p", s.subject("ann")), Subject: s.subject("ann"), Action: 1, Grantee: s.key("doctor"), EndMs: ledgertest.Begin.Add(time.Hour).UnixMilli(), Commitment: text,
		}}},
		&wire.Transaction{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: s.subject("ann"), Device: device}}},
	)
}

// TestR34UnknownSuiteIsRefused: keys of unknown suites come into no state.
func TestR34UnknownSuiteIsRefused(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann")
	for _, suite := range []uint32{0, 2, 3, 1 << 31} {
		key := s.key("doctor")
		key.Suite = suite
		for _, tx := range []*wire.Transaction{
			{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
				Grant: s.draw("g", s.subject("ann")), Subject: s.subject("ann"), Action: 1, Grantee: key, EndMs: s.town.Time.Add(time.Hour).UnixMilli(), Commitment: make([]byte, 32),
			}}},
			{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: s.subject("ann"), Device: &wire.Device{Signing: key}}}},
			{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: s.subject("ann"), Device: &wire.Device{
				Signing: s.key("doctor"), SealSuite: suite + 7, SealKey: ledgertest.SealKey("doctor"),
			}}}},
		} {
			if _, err := s.town.Ledger.Admit(s.town.Tx(tx, ledgertest.Signer("ann"))); stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("suite %d: %v", suite, err)
			}
		}
	}
}

func TestGenesisIsChecked(t *testing.T) {
	good := found(t, 3).town.Genesis
	for what, spoil := range map[string]func(*wire.Genesis){
		"nothing":                nil,
		"no chain":               func(g *wire.Genesis) { g.Chain = "" },
		"a name as chain":        func(g *wire.Genesis) { g.Chain = "Elena Marchetti" },
		"a kind of its own":      func(g *wire.Genesis) { g.Members[1].Kind = "psychiatry of Dr Roe" },
		"text as committee key":  func(g *wire.Genesis) { g.Committee.Key = text(32) },
		"text as a share's key":  func(g *wire.Genesis) { g.Committee.Shares[1] = text(32) },
		"text as validator":      func(g *wire.Genesis) { g.Members[1].Validator = text(32) },
		"no members":             func(g *wire.Genesis) { g.Members = nil },
		"a member twice":         func(g *wire.Genesis) { g.Members[1].KeyDocument = g.Members[0].KeyDocument },
		"one node key for two":   func(g *wire.Genesis) { g.Members[1].Node = g.Members[0].Node },
		"a trustee key as node":  func(g *wire.Genesis) { g.Members[1].Trustee = g.Members[1].Node },
		"a share twice":          func(g *wire.Genesis) { g.Members[1].Share = 1 },
		"a share nobody holds":   func(g *wire.Genesis) { g.Members[1].Share = 0 },
		"a share beyond":         func(g *wire.Genesis) { g.Members[1].Share = 4 },
		"a low threshold":        func(g *wire.Genesis) { g.Committee.Threshold = 2 },
		"another suite":          func(g *wire.Genesis) { g.Committee.Suite = 2 },
		"a short share":          func(g *wire.Genesis) { g.Committee.Shares[0] = g.Committee.Shares[0][1:] },
		"a short auditor":        func(g *wire.Genesis) { g.Auditors = [][]byte{make([]byte, 19)} },
		"an issuer of no suite":  func(g *wire.Genesis) { g.Issuers = []*wire.PublicKey{{Key: make([]byte, 32)}} },
		"more votes for one":     func(g *wire.Genesis) { g.Members[1].Power = 1000 },
		"a chain of two lines":   func(g *wire.Genesis) { g.Chain = "town\n1" },
		"a time before 1970":     func(g *wire.Genesis) { g.TimeMs = -1 },
		"a short emergency":      func(g *wire.Genesis) { g.Terms = &wire.Terms{EmergencyMs: 1000} },
		"a short review":         func(g *wire.Genesis) { g.Terms = &wire.Terms{ReviewMs: 71 * 3_600_000} },
		"a long emergency":       func(g *wire.Genesis) { g.Terms = &wire.Terms{EmergencyMs: 25 * 3_600_000} },
		"a term before it is":    func(g *wire.Genesis) { g.Devnet, g.Terms = true, &wire.Terms{EmergencyMs: -1} },
		"a long term for trying": func(g *wire.Genesis) { g.Devnet, g.Terms = true, &wire.Terms{ReviewMs: 73 * 3_600_000} },
		"a review too early":     func(g *wire.Genesis) { g.Devnet, g.Terms = true, &wire.Terms{ReviewMs: 1000} },
		"a document of nothing":  func(g *wire.Genesis) { g.Members[2].KeyDocument = []byte{} },
		"a document not of keys": func(g *wire.Genesis) { g.Members[2].KeyDocument = []byte("garbage") },
	} {
		var g wire.Genesis
		if err := wire.Decode(good, &g); err != nil {
			t.Fatal(err)
		}
		if spoil != nil {
			spoil(&g)
		}
		l, err := ledger.New(ledger.NewMemory(), contract.All(), wire.Check)
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Found(wire.Marshal(&g))
		if (err == nil) != (spoil == nil) || err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
		if logs, _ := l.Counts(); spoil != nil && logs != 0 {
			t.Errorf("%s left %d logs", what, logs)
		}
		l.Close()
	}
}

// TestBlocksFollowEachOther: a block of another height than the next, or whose time is
// before the last one's, is not executed: deadlines and windows are judged by it.
func TestBlocksFollowEachOther(t *testing.T) {
	s := found(t, 1)
	s.block("+10s", "subject ann")
	next := s.town.Height + 1
	for what, p := range map[string]stele.Proposal{
		"time goes back":       {Height: next, Time: s.town.Time.Add(-time.Millisecond)},
		"a height twice":       {Height: next - 1, Time: s.town.Time.Add(time.Second)},
		"a height is left out": {Height: next + 1, Time: s.town.Time.Add(time.Second)},
		"before the beginning": {Height: next, Time: ledgertest.Begin.Add(-time.Hour)},
	} {
		if done, err := s.town.Ledger.Execute(p); err == nil {
			t.Errorf("%s, and it was executed: %+v", what, done)
		}
		if err := s.town.Ledger.Commit(); err == nil {
			t.Errorf("%s, and it was committed", what)
		}
	}
	if _, err := s.town.Ledger.Execute(stele.Proposal{Height: next, Time: s.town.Time}); err != nil {
		t.Errorf("a block of the same time: %v", err)
	}
}

// TestLaw4AKeyDocumentHasOneForm: a field that is written over leaves what was written
// first on the ledger, where nothing reads it and everybody can.
func TestLaw4AKeyDocumentHasOneForm(t *testing.T) {
	s := found(t, 1)
	good := ledgertest.Document("ann")
	salt := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), ledgertest.Bytes("another salt", 16))
	words := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), []byte("HIV positive, 7 June 1980"))
	long := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.BytesType), 16) // the length of the salt
	for what, document := range map[string][]byte{
		"the salt written over":  slices.Concat(salt, good),
		"words written over":     slices.Concat(words, good),
		"words and then nothing": slices.Concat(good, words, salt),
		"a number in more bytes": slices.Concat(good[:len(good)-18], long[:1], []byte{0x90, 0x00}, good[len(good)-16:]),
	} {
		tx := s.town.Tx(&wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: document, Emergency: ledgertest.Bytes("slot", 32)}}}, ledgertest.Signer("ann"))
		if _, err := s.town.Ledger.Admit(tx); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	tx := s.town.Tx(&wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: good, Emergency: ledgertest.Bytes("slot", 32)}}}, ledgertest.Signer("ann"))
	if _, err := s.town.Ledger.Admit(tx); err != nil {
		t.Error(err)
	}
}

// TestAnAnchorIsItsSubjectsOnly: who asks for another's submission as a patient's own finds
// none, or a folio of hers could be released under his name.
func TestAnAnchorIsItsSubjectsOnly(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann\nsubject bob\ngive w action=write")
	s.block("+1s", "anchor a")
	view := state.Ledger{Ledger: s.town.Ledger}
	if a, err := view.Anchor(stele.Subject(s.subject("ann")), stele.ID(s.id("a"))); err != nil || a.Grant != stele.ID(s.id("w")) {
		t.Errorf("ann's is %v, %v", a, err)
	}
	if _, err := view.Anchor(stele.Subject(s.subject("bob")), stele.ID(s.id("a"))); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("bob's is there: %v", err)
	}
}

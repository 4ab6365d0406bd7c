package vault

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

func kind(t *testing.T, err error, want stele.Kind) {
	t.Helper()
	if err == nil || stele.KindOf(err) != want {
		t.Errorf("got %v, want kind %v", err, want)
	}
}

func TestPutThenReadBack(t *testing.T) {
	w := newWorld(t, 3, 1)
	a := w.delivered(0, plainFolio(stele.Results, 2024, 5, 300), plainFolio(stele.Problems, 2023, 2, 100), plainFolio(stele.Vitals, 2022, 1, 10))
	b := w.delivered(0, plainFolio(stele.Results, 2025, 1, 9))
	w.readable(0, a, b)
	w.close(0)
	w.open(0)
	w.readable(0, a, b)
	s, err := w.v(0).Status(context.Background())
	if err != nil || s.Submissions != 2 || s.Folios != 4 || s.Records != 9 || s.Home != 2 || s.Copies != 0 || s.Waiting != 0 || s.Bytes == 0 {
		t.Errorf("status %v, %v", s, err)
	}
}

func TestPutRefusesWhatDoesNotHoldTogether(t *testing.T) {
	w := newWorld(t, 1, 0)
	thief := wire.NewEd25519()
	other := stele.NewID()
	cases := map[string]struct {
		kind stele.Kind
		make func(*wire.Submission) *wire.Submission
	}{
		"another signer": {stele.KindDenied, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, thief, func(*wire.SubmissionHead) {})
		}},
		"a broken signature": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Head.Signatures[0].Signature[3] ^= 1; return s }},
		"no signature":       {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Head.Signatures = nil; return s }},
		"nothing":            {stele.KindInvalid, func(*wire.Submission) *wire.Submission { return nil }},
		"another chain": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.Chain = "elsewhere" })
		}},
		"another home": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.Home = w.patient[:] })
		}},
		"another subject": {stele.KindDenied, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.Subject = w.doctor[:] })
		}},
		"a third signer": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			return &wire.Submission{Head: wire.Sign(wire.TagSubmission, headOf(s), w.writeKey, w.sourceKey, thief), Folios: s.Folios, CountSalt: s.CountSalt}
		}},
		"a short source": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.Source = h.Source[1:] })
		}},
		"a short salt": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.SourceSalt = h.SourceSalt[1:] })
		}},
		"another grant": {stele.KindDenied, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) {
				id := stele.NewIDOf(other[:])
				h.Grant, h.Submission = other[:], id[:]
			})
		}},
		"another count": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.CountCommitment[0] ^= 1 })
		}},
		"a count that nobody committed to": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.CountSalt[0] ^= 1; return s }},
		"labels of another source": {stele.KindInvalid, func(*wire.Submission) *wire.Submission {
			mine := w.source
			w.source = subjectNamed("another hospital")
			s := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
			w.source = mine
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.Source = mine[:] })
		}},
		"another root": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			return w.resign(s, w.writeKey, func(h *wire.SubmissionHead) { h.Root[0] ^= 1 })
		}},
		"a folio fewer": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios = s.Folios[:1]; return s }},
		"folios in other order": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			s.Folios[0], s.Folios[1] = s.Folios[1], s.Folios[0]
			return s
		}},
		"a folio twice":        {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[1] = s.Folios[0]; return s }},
		"a record fewer":       {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[0].Records = s.Folios[0].Records[1:]; return s }},
		"a ciphertext changed": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[0].Records[0].Ciphertext[9] ^= 1; return s }},
		"a ciphertext longer": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			r := s.Folios[0].Records[0]
			r.Ciphertext = append(r.Ciphertext, 0)
			return s
		}},
		"a cover changed":       {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[0].Records[0].Cover[3] ^= 1; return s }},
		"a provenance changed":  {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[0].Records[0].Provenance[3] ^= 1; return s }},
		"an unknown suite":      {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[0].Records[0].Suite = 9; return s }},
		"a label not committed": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[0].Label.Salt[0] ^= 1; return s }},
		"no capsule":            {stele.KindInvalid, func(s *wire.Submission) *wire.Submission { s.Folios[0].Capsule = nil; return s }},
		"a field unknown": {stele.KindInvalid, func(s *wire.Submission) *wire.Submission {
			s.Folios[0].ProtoReflect().SetUnknown([]byte{0x98, 0x06, 1})
			return s
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			sub := c.make(w.submission(0, plainFolio(stele.Results, 2024, 3, 50), plainFolio(stele.Vitals, 2024, 2, 50)))
			_, err := w.put(0, sub)
			kind(t, err, c.kind)
		})
	}
	if s, _ := w.v(0).Status(context.Background()); s.Submissions != 0 {
		t.Errorf("%d submissions were stored", s.Submissions)
	}
}

func TestPutNeedsAGrantInForce(t *testing.T) {
	w := newWorld(t, 1, 0)
	set := func(f func(*stele.Grant)) {
		w.ledger.Change(func() { g := w.ledger.Grants[w.writeGrant]; f(&g); w.ledger.Grants[w.writeGrant] = g })
	}
	good, _ := w.ledger.Grant(w.writeGrant)
	for name, spoil := range map[string]func(*stele.Grant){
		"revoked":       func(g *stele.Grant) { g.Status = stele.GrantRevoked },
		"ended":         func(g *stele.Grant) { g.End = w.now() },
		"not yet begun": func(g *stele.Grant) { g.NotBefore = w.now().Add(time.Second) },
		"for reading":   func(g *stele.Grant) { g.Action = stele.ActionRead },
	} {
		set(func(g *stele.Grant) { *g = good; spoil(g) })
		_, err := w.put(0, w.submission(0, plainFolio(stele.Results, 2024, 1, 5)))
		if stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestR25NoVaultTakesWhatSaysThatItWasMadeInTheFuture: readers take the newest by that word. What is
// anchored already may be put again, and copied.
func TestR25NoVaultTakesWhatSaysThatItWasMadeInTheFuture(t *testing.T) {
	w := newWorld(t, 3, 1)
	made := func(in time.Duration) *wire.Submission {
		return w.resign(w.submission(0, plainFolio(stele.Summary, 2026, 1, 10)), w.writeKey, func(h *wire.SubmissionHead) { h.MadeMs = w.now().Add(in).UnixMilli() })
	}
	for in, refused := range map[time.Duration]bool{-24 * time.Hour: false, 4 * time.Minute: false, 6 * time.Minute: true, 24 * 365 * time.Hour: true} {
		_, err := w.put(0, made(in))
		if refused {
			kind(t, err, stele.KindInvalid)
		} else if err != nil {
			t.Errorf("made in %v: %v", in, err)
		}
		if err := w.copyShown(1, made(in), nil); (err != nil) != refused {
			t.Errorf("a copy, made in %v: %v", in, err)
		}
	}
	// Blocks go before a clock that is behind.
	w.ledger.Change(func() { w.ledger.Block.Time = w.clock.Add(time.Hour) })
	w.mustPut(0, made(time.Hour))
	late := made(24 * time.Hour)
	w.anchor(late)
	w.mustPut(0, late)
}

func TestPutAgainIsTheSamePut(t *testing.T) {
	w := newWorld(t, 3, 1)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
	first, second := w.mustPut(0, sub), w.mustPut(0, proto.Clone(sub).(*wire.Submission))
	if len(first.Copies) != 1 || len(second.Copies) != 1 || string(first.Copies[0]) != string(second.Copies[0]) {
		t.Errorf("copies %x and %x", first.Copies, second.Copies)
	}
	if s, _ := w.v(0).Status(context.Background()); s.Submissions != 1 {
		t.Errorf("%d submissions", s.Submissions)
	}
	// The same id with other content.
	id := headOf(sub).Submission
	other := w.resign(w.submission(0, plainFolio(stele.Results, 2024, 3, 50)), w.writeKey, func(h *wire.SubmissionHead) { h.Submission = id })
	_, err := w.put(0, other)
	kind(t, err, stele.KindExists)
	swapped := proto.Clone(sub).(*wire.Submission)
	swapped.Folios[0].Capsule = []byte("another capsule")
	_, err = w.put(0, swapped)
	kind(t, err, stele.KindInvalid)
	_, err = w.put(0, w.resign(swapped, w.writeKey, func(*wire.SubmissionHead) {}))
	kind(t, err, stele.KindExists)
	w.anchor(sub)
	// Another root under an id that is anchored.
	_, err = w.put(1, w.resign(w.submission(1, plainFolio(stele.Results, 2024, 3, 50)), w.writeKey, func(h *wire.SubmissionHead) { h.Submission = id }))
	kind(t, err, stele.KindExists)
}

func TestLaw8AcknowledgedMeansCopiedAndPutFallsBackToTheNextMember(t *testing.T) {
	w := newWorld(t, 4, 2)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
	order := w.v(0).ranked(idOf(sub), stele.Subject{})
	down := order[0].(*line)
	down.set(true)
	out := w.mustPut(0, sub)
	if len(out.Copies) != 2 {
		t.Fatalf("%d copies", len(out.Copies))
	}
	w.anchor(sub)
	for i, s := range w.sites[1:] {
		if s.line != down {
			w.readable(i+1, sub)
		}
	}
}

func TestLaw8TooFewCopiesIsSaidAndMadeUpLater(t *testing.T) {
	w := newWorld(t, 3, 2)
	w.sites[2].line.set(true)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
	out, err := w.put(0, sub)
	kind(t, err, stele.KindUnreachable)
	if out == nil || len(out.Copies) != 1 || string(out.Copies[0]) != string(w.sites[1].subject[:]) {
		t.Fatalf("response %v", out)
	}
	waiting := func() uint64 { s, _ := w.v(0).Status(context.Background()); return s.Waiting }
	if waiting() != 0 {
		t.Error("what was promised to nobody waits")
	}
	w.anchor(sub)
	w.v(0).tend(context.Background())
	if waiting() != 1 {
		t.Error("it does not wait")
	}
	w.close(0)
	w.open(0) // the list is durable
	if waiting() != 1 {
		t.Error("it does not wait after a restart")
	}
	w.sites[2].line.set(false)
	w.v(0).tend(context.Background())
	if waiting() != 0 {
		t.Error("it still waits")
	}
	w.readable(2, sub)
	if out := w.mustPut(0, sub); len(out.Copies) != 2 {
		t.Errorf("%d copies", len(out.Copies))
	}
}

// TestLaw8CopiesAreCountedByTheMembersOfToday: a network that has grown asks for more.
func TestLaw8CopiesAreCountedByTheMembersOfToday(t *testing.T) {
	w := newWorld(t, 3, 1)
	w.v(0).cfg.Copies = func(members int) int { return members - 2 }
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
	for _, want := range []int{1, 2} {
		if out := w.mustPut(0, sub); len(out.Copies) != want {
			t.Errorf("%d copies, want %d", len(out.Copies), want)
		}
		w.ledger.Change(func() { w.ledger.Network.Members = append(w.ledger.Network.Members, stele.Member{Subject: w.source}) })
	}
}

// The wallet goes on to another member with the same submission and a new home
// when the first could not finish.
func TestPutAtAnotherHomeAfterTheFirstFailed(t *testing.T) {
	w := newWorld(t, 3, 1)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
	w.mustPut(0, sub)
	holder := 1
	if ids, _ := w.v(1).index.ids(tabSubmission); len(ids) == 0 {
		holder = 2
	}
	home := w.sites[holder].subject
	w.sites[0].line.set(true)
	out := w.mustPut(holder, w.resign(sub, w.writeKey, func(h *wire.SubmissionHead) { h.Home = home[:] }))
	if len(out.Copies) != 1 {
		t.Errorf("%d copies", len(out.Copies))
	}
}

// TestR44NobodyTakesAnothersIds: who holds a copy of what is not anchored yet knows
// its id, which is its grant's. Nothing can be delivered under it for another grant,
// and nothing under the same grant by whoever has not its key.
func TestR44NobodyTakesAnothersIds(t *testing.T) {
	w := newWorld(t, 3, 2)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50), plainFolio(stele.Problems, 2024, 1, 50))
	thief, key, grant := subjectNamed("thief"), wire.NewEd25519(), stele.NewID()
	w.ledger.Change(func() {
		w.ledger.Subjects[thief] = stele.Keys{Subject: thief, Signing: []stele.PublicKey{wire.Key(key.Public())}}
		w.ledger.Grants[grant] = stele.Grant{
			ID: grant, Subject: thief, Action: stele.ActionWrite, Grantee: wire.Key(key.Public()),
			NotBefore: w.clock.Add(-time.Hour), End: w.clock.Add(time.Hour), Status: stele.GrantActive,
		}
	})
	_, err := w.put(0, w.resign(sub, key, func(h *wire.SubmissionHead) { h.Subject, h.Grant = thief[:], grant[:] }))
	kind(t, err, stele.KindInvalid)
	_, err = w.put(0, w.resign(sub, key, func(h *wire.SubmissionHead) { h.Subject = thief[:] }))
	kind(t, err, stele.KindDenied)
	w.mustPut(0, sub)
	w.anchor(sub)
	w.readable(0, sub)
	w.readable(2, sub)
}

// TestR44StrangersHaveRoomOfTheirOwn: a source that is no member fills its own day,
// however many others there are, and whatever it fills it with.
func TestR44StrangersHaveRoomOfTheirOwn(t *testing.T) {
	w := newWorld(t, 1, 0)
	v := w.v(0)
	another := func() []byte { id := stele.NewID(); return id[:] }
	for range 2 * strangerPlaces {
		v.strangers.Allow(w.now(), 1, another())
	}
	if !v.strangers.Allow(w.now(), strangerDay/2, w.source[:]) {
		t.Error("many sources of a byte each use up the day of one that has delivered nothing")
	}
	for v.strangers.Allow(w.now(), 1<<10, w.source[:]) {
	}
	_, err := w.put(0, w.submission(0, plainFolio(stele.Results, 2024, 3, 50)))
	kind(t, err, stele.KindBusy)
	if !v.strangers.Allow(w.now(), 1<<20, another()) {
		t.Error("one source fills another's room")
	}
	w.ledger.Change(func() {
		w.ledger.Network.Members = append(w.ledger.Network.Members, stele.Member{Subject: w.source})
	})
	w.mustPut(0, w.submission(0, plainFolio(stele.Results, 2024, 3, 50)))
	w.ledger.Change(func() { w.ledger.Network.Members = w.ledger.Network.Members[:1] })
	w.advance(24 * time.Hour)
	w.mustPut(0, w.submission(0, plainFolio(stele.Results, 2024, 3, 50)))
}

// TestR44WhatNobodyHasRoomForIsNotSentAtEachLook: a source that is no member has used up
// its day at the others; what it puts here besides is sent on once, and again when it is
// anchored.
func TestR44WhatNobodyHasRoomForIsNotSentAtEachLook(t *testing.T) {
	w := newWorld(t, 2, 1)
	for w.v(1).strangers.Allow(w.now(), 1<<10, w.source[:]) {
	}
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
	_, err := w.put(0, sub)
	kind(t, err, stele.KindUnreachable)
	once := w.sites[1].line.puts.Load()
	for range 5 {
		w.v(0).tend(context.Background())
	}
	if n := w.sites[1].line.puts.Load(); n != once {
		t.Errorf("it was sent %d times more", n-once)
	}
	w.advance(time.Hour)
	w.anchor(sub)
	w.v(0).tend(context.Background())
	if n := w.sites[1].line.puts.Load(); n != once+1 {
		t.Errorf("when it is anchored it is sent %d times", n-once)
	}
	s, err := w.v(0).Status(context.Background())
	if err != nil || s.Waiting != 0 {
		t.Errorf("then it waits: %v, %v", s, err)
	}
}

// TestR44AllThatIsKeptIsCounted: of a stranger's day, whatever of a submission takes
// room: capsules and envelopes were kept and not counted. The same put again takes
// none.
func TestR44AllThatIsKeptIsCounted(t *testing.T) {
	w := newWorld(t, 1, 0)
	v := w.v(0)
	for name, sub := range map[string]*wire.Submission{
		"records": w.submission(0, plainFolio(stele.Results, 2024, 3, 20_000)),
		"crumbs":  w.submission(0, plainFolio(stele.Results, 2024, 400, 1)),
		"rest":    w.filled(50, maxEnvelopes),
	} {
		before, _ := v.Status(context.Background())
		v.strangers = own.NewPaces(24*time.Hour, 1<<30, 1) // none comes back
		w.mustPut(0, sub)
		w.mustPut(0, sub)
		after, _ := v.Status(context.Background())
		kept := int(after.Bytes - before.Bytes)
		left := 0
		for bit := 1 << 29; bit > 0; bit >>= 1 {
			if v.strangers.Allow(w.now(), bit, w.source[:]) {
				left += bit
			}
		}
		if took := 1<<30 - left; took < kept || took > 3*kept {
			t.Errorf("%s: %d bytes are kept, %d counted", name, kept, took)
		}
	}
}

func TestUnanchoredIsServedToNobodyAndDroppedAfterADay(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 50))
	w.mustPut(0, sub)
	kept := w.delivered(0, plainFolio(stele.Results, 2023, 1, 50))
	for i := range 2 {
		r := w.reader(nil)
		list, err := r.list(i)
		if err != nil || len(list.Folios) != 1 {
			t.Fatalf("%d folios listed, %v", len(list.GetFolios()), err)
		}
		_, err = r.records(i, [][]byte{nameIn(sub, 0)})
		kind(t, err, stele.KindDenied)
		if n := len(list.Submissions); n != 1 || len(list.Submissions[0].CountSalt) > 0 || string(list.Submissions[0].Head.Body) != string(kept.Head.Body) {
			t.Errorf("a reader is shown %v", list.Submissions)
		}
		ownList, err := w.v(i).ListOwn(context.Background(), &wire.ListOwnRequest{Request: w.own(i, w.patientKey)})
		if err != nil || len(ownList.Folios) != 1 || len(ownList.Submissions) != 1 || string(ownList.Submissions[0].CountSalt) != string(kept.CountSalt) {
			t.Fatalf("own list %v, %v", ownList, err)
		}
	}
	// An anchor of another root or subject does not make it servable.
	id := idOf(sub)
	w.ledger.Change(func() {
		w.ledger.Anchors[id] = stele.Anchor{Submission: id, Subject: w.patient, Grant: w.writeGrant, Root: stele.Digest{1}}
	})
	if list, _ := w.reader(nil).list(0); len(list.Folios) != 1 {
		t.Error("served under a foreign anchor")
	}
	w.ledger.Change(func() { delete(w.ledger.Anchors, id) })
	w.advance(23 * time.Hour)
	w.v(0).tend(context.Background())
	if s, _ := w.v(0).Status(context.Background()); s.Submissions != 2 {
		t.Fatalf("%d submissions after 23 hours", s.Submissions)
	}
	w.advance(2 * time.Hour)
	w.v(0).tend(context.Background())
	if s, _ := w.v(0).Status(context.Background()); s.Submissions != 1 {
		t.Errorf("%d submissions after 25 hours", s.Submissions)
	}
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) { // the vault tends itself, too, and removes files last
		files, err := filepath.Glob(filepath.Join(w.sites[0].folder, "*", id.String()+"*"))
		if err != nil || len(files) > 0 && time.Since(start) > 10*time.Second {
			t.Fatalf("left behind: %v, %v", files, err)
		}
		if len(files) == 0 {
			break
		}
	}
	w.readable(0, kept)
}

func TestErasureKeysAreInTheKeyFileOnly(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 4, 200))
	r, err := w.v(0).index.get(idOf(sub))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := w.v(0).readKeys(r.File)
	if err != nil || len(keys) != 4 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	w.close(0)
	walk(t, w.sites[0].folder, func(path string, raw []byte) {
		in := strings.Contains(path, "/keys/")
		for _, k := range keys {
			if strings.Contains(string(raw), string(k[:])) != in {
				t.Errorf("erasure key in %s: %v", path, !in)
			}
		}
		for _, rec := range sub.Folios[0].Records {
			if strings.Contains(string(raw), string(rec.Ciphertext)) || strings.Contains(string(raw), string(rec.Cover)) {
				t.Errorf("a sealed record lies unwrapped in %s", path)
			}
		}
	})
	// Without the key file the records are gone.
	w.open(0)
	if err := os.Remove(w.v(0).keyPath(r.File)); err != nil {
		t.Fatal(err)
	}
	if err := w.readAll(0, sub); err == nil {
		t.Error("records came without their keys")
	}
}

func walk(t *testing.T, folder string, visit func(path string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		visit(path, raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLaw8WhatIsPutAgainHasADayAgain: the same put again is acknowledged like the first,
// and not dropped for the first one's age.
func TestLaw8WhatIsPutAgainHasADayAgain(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 1, 50))
	w.mustPut(0, sub)
	w.advance(23 * time.Hour)
	w.mustPut(0, sub)
	w.advance(2 * time.Hour)
	for i := range w.sites {
		w.v(i).tend(context.Background())
	}
	w.anchor(sub)
	for i := range w.sites {
		w.v(i).tend(context.Background())
		if _, err := w.v(i).index.get(idOf(sub)); err != nil {
			t.Errorf("vault %d has dropped what was acknowledged two hours ago: %v", i, err)
		}
	}
	again := w.submission(0, plainFolio(stele.Results, 2025, 1, 50))
	w.mustPut(0, again)
	w.advance(23 * time.Hour)
	w.mustPut(0, again)
	w.mu.Lock()
	w.clock = w.clock.Add(25 * time.Hour) // the node is behind, and has not seen the anchor
	w.mu.Unlock()
	for i := range w.sites {
		w.v(i).tend(context.Background())
		if _, err := w.v(i).index.get(idOf(again)); err != nil {
			t.Errorf("vault %d has dropped what may be anchored in blocks that its node has not seen: %v", i, err)
		}
	}
	w.advance(0)
	for i := range w.sites {
		w.v(i).tend(context.Background())
		if _, err := w.v(i).index.get(idOf(again)); stele.KindOf(err) != stele.KindNotFound {
			t.Errorf("vault %d keeps what was never anchored: %v", i, err)
		}
	}
}

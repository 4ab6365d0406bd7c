package proof

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// patientBook is a ledger of five logs; the patient's is number 2, with n grants.
func patientBook(n int) (*book, stele.Subject) {
	b := &book{}
	for leaf := range 5 {
		document := []byte{byte(leaf), 'k'}
		subject := stele.SubjectOf(document)
		b.add(leaf, subject, 0, uint32(leaf), &wire.Event{Event: &wire.Event_SubjectCreated{
			SubjectCreated: &wire.SubjectCreated{Leaf: uint64(leaf), KeyDocument: document},
		}})
	}
	for i := range n {
		b.grant(i)
	}
	return b, b.subjects[2]
}

func (b *book) grant(i int) {
	id := stele.ID{byte(i)}
	b.add(2, b.subjects[2], int64(1+i/2), uint32(i), &wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{
		Grant: id[:], Action: 1, Commitment: make([]byte, 32),
	}}})
}

func TestLaw6LogIsComplete(t *testing.T) {
	b, patient := patientBook(6)
	v := fourVoters()
	light := v.block(t, 10, b.appHash(), v)
	log, err := CheckLog(v.trusted(t), patient, Kept{}, b.log(t, 2, 0, 9, light))
	if err != nil {
		t.Fatal(err)
	}
	if len(log.Events) != 7 || log.Head.Leaf != 2 || log.Head.Height != 9 || log.Header.Height != 10 {
		t.Errorf("log is %+v", log)
	}
	if g := log.Events[3].Event.GetGrantGiven(); g == nil || g.Grant[0] != 2 || log.Events[3].Seq != 3 {
		t.Errorf("event 3 is %v", log.Events[3])
	}
	for name, spoil := range map[string]func(p *wire.LogProof){
		"last event left out":  func(p *wire.LogProof) { p.Events = p.Events[:6] },
		"first event left out": func(p *wire.LogProof) { p.Events = p.Events[1:] },
		"left out and shorter": func(p *wire.LogProof) { p.Events = p.Events[:6]; p.Head.Size = 6 },
		"an event twice":       func(p *wire.LogProof) { p.Events = append(p.Events, p.Events[6]) },
		"two exchanged":        func(p *wire.LogProof) { p.Events[3], p.Events[4] = p.Events[4], p.Events[3] },
		"a bit of an event":    func(p *wire.LogProof) { p.Events[3][5] ^= 1 },
		"other height":         func(p *wire.LogProof) { p.Head.Height++ },
		"other leaf":           func(p *wire.LogProof) { p.Head.Leaf = 3 },
		"fewer logs":           func(p *wire.LogProof) { p.Head.Leaves = 4 },
		"more logs":            func(p *wire.LogProof) { p.Head.Leaves = 6 },
		"other root":           func(p *wire.LogProof) { p.Head.Root[0] ^= 1 },
		"path":                 func(p *wire.LogProof) { p.Head.Path[0][0] ^= 1 },
		"short path":           func(p *wire.LogProof) { p.Head.Path = p.Head.Path[1:] },
		"malformed path":       func(p *wire.LogProof) { p.Head.Path[0] = p.Head.Path[0][1:] },
		"malformed subject":    func(p *wire.LogProof) { p.Head.Subject = nil },
		"starts later":         func(p *wire.LogProof) { p.First = 1 },
		"no head":              func(p *wire.LogProof) { p.Head = nil },
		"no header":            func(p *wire.LogProof) { p.Light = nil },
		"no head, under the first header": func(p *wire.LogProof) {
			p.Head, p.Light = nil, v.block(t, 1, b.appHash(), v)
		},
		"header one too new": func(p *wire.LogProof) { p.Light = v.block(t, 11, b.appHash(), v) },
		"header of other state": func(p *wire.LogProof) {
			p.Light = v.block(t, 10, stele.Digest{}, v)
		},
	} {
		p := b.log(t, 2, 0, 9, proto.CloneOf(light))
		spoil(p)
		_, err := CheckLog(v.trusted(t), patient, Kept{}, p)
		wantProof(t, name, err)
	}
	_, err = CheckLog(v.trusted(t), b.subjects[3], Kept{}, b.log(t, 2, 0, 9, light))
	wantProof(t, "another subject's log", err)
}

// TestLogContinuesWhatTheWalletKept steps through every pair of sizes, with what
// the wallet kept being root and size or the peaks too.
func TestLogContinuesWhatTheWalletKept(t *testing.T) {
	v := fourVoters()
	trusted := v.trusted(t)
	for n := range 18 {
		b, patient := patientBook(n)
		light := v.block(t, 30, b.appHash(), v)
		for m := 1; m <= n+1; m++ {
			old, _ := patientBook(m - 1)
			f := merkle.Frontier{}
			for _, l := range leavesOf(old.events[2]) {
				f.Append(l)
			}
			kept := Kept{Size: f.Size, Root: f.Root()}
			log, err := CheckLog(trusted, patient, kept, b.log(t, 2, uint64(m), 29, light))
			if err != nil {
				t.Fatalf("from %d to %d: %v", m, n+1, err)
			}
			if len(log.Events) != n+1-m || log.Kept.Size != uint64(n+1) || log.Kept.Root != log.Head.Root {
				t.Fatalf("from %d to %d: %+v", m, n+1, log)
			}
			kept.Peaks = f.Peaks
			p := b.log(t, 2, uint64(m), 29, light)
			p.Consistency = nil
			if _, err := CheckLog(trusted, patient, kept, p); err != nil {
				t.Fatalf("from the peaks of %d to %d: %v", m, n+1, err)
			}
			kept.Root[0] ^= 1
			_, err = CheckLog(trusted, patient, kept, p)
			wantProof(t, "other root kept, with peaks", err)
			kept.Peaks = nil
			_, err = CheckLog(trusted, patient, kept, b.log(t, 2, uint64(m), 29, light))
			wantProof(t, "other root kept", err)
		}
	}
}

// TestLaw6RewrittenLogIsCaught has validators sign a ledger whose past was
// changed: a wallet that kept the old root notices.
func TestLaw6RewrittenLogIsCaught(t *testing.T) {
	v := fourVoters()
	b, patient := patientBook(5)
	kept := Kept{Size: 6, Root: merkle.Root(leavesOf(b.events[2]))}
	peaks := merkle.Frontier{}
	for _, l := range leavesOf(b.events[2]) {
		peaks.Append(l)
	}
	forged, _ := patientBook(9)
	forged.events[2][4] = forged.events[2][3] // an access that never was
	light := v.block(t, 30, forged.appHash(), v)
	p := forged.log(t, 2, 6, 29, light)
	_, err := CheckLog(v.trusted(t), patient, kept, p)
	wantProof(t, "rewritten", err)
	kept.Peaks = peaks.Peaks
	_, err = CheckLog(v.trusted(t), patient, kept, p)
	wantProof(t, "rewritten, peaks kept", err)

	shorter, _ := patientBook(3)
	p = shorter.log(t, 2, 0, 29, v.block(t, 30, shorter.appHash(), v))
	p.First, p.Events = 6, nil
	_, err = CheckLog(v.trusted(t), patient, kept, p)
	wantProof(t, "shorter", err)

	same, _ := patientBook(5)
	same.events[2][1] = same.events[2][2]
	_, err = CheckLog(v.trusted(t), patient, kept, same.log(t, 2, 6, 29, v.block(t, 30, same.appHash(), v)))
	wantProof(t, "same size, other events", err)
}

func TestEventsKeepTheLedgersPromises(t *testing.T) {
	v := fourVoters()
	for name, spoil := range map[string]func(b *book){
		"unknown version": func(b *book) {
			e := &wire.Event{}
			if err := proto.Unmarshal(b.events[2][2], e); err != nil {
				t.Fatal(err)
			}
			e.Version = 2
			b.events[2][2] = wire.EventBytes(e)
		},
		"another's event":  func(b *book) { b.events[2][2] = b.events[3][0] },
		"not an event":     func(b *book) { b.events[2][2] = []byte{0xff} },
		"out of order":     func(b *book) { b.events[2][2], b.events[2][3] = b.events[2][3], b.events[2][2] },
		"newer than state": func(b *book) { b.add(2, b.subjects[2], 31, 0, &wire.Event{}) },
		"no creation":      func(b *book) { b.events[2] = b.events[2][1:] },
		"founded elsewhere": func(b *book) {
			b.events[2] = nil
			b.add(2, b.subjects[2], 0, 0, &wire.Event{Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{}}})
		},
		"creation elsewhere": func(b *book) { b.events[2][0] = createdAt(4, []byte{2, 'k'}) },
		"other key document": func(b *book) {
			raw := createdAt(2, []byte{3, 'k'})
			e := &wire.Event{}
			if err := proto.Unmarshal(raw, e); err != nil {
				t.Fatal(err)
			}
			e.Subject = b.subjects[2][:]
			b.events[2][0] = wire.EventBytes(e)
		},
	} {
		b, patient := patientBook(5)
		spoil(b)
		light := v.block(t, 30, b.appHash(), v)
		_, err := CheckLog(v.trusted(t), patient, Kept{}, b.log(t, 2, 0, 29, light))
		wantProof(t, name, err)
	}
}

func createdAt(leaf uint64, document []byte) []byte {
	subject := stele.SubjectOf(document)
	return wire.EventBytes(&wire.Event{
		Version: wire.EventVersion, Subject: subject[:], TimeMs: testStart.UnixMilli(),
		Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: leaf, KeyDocument: document}},
	})
}

func TestLaw6EntryStandsInItsLog(t *testing.T) {
	v := fourVoters()
	b, patient := patientBook(6)
	light := v.block(t, 10, b.appHash(), v)
	for seq := range b.events[2] {
		e, err := CheckEntry(v.trusted(t), b.entry(t, 2, seq, 9, light))
		if err != nil || e.Head.Subject != patient || e.Seq != uint64(seq) || e.Header.Height != 10 {
			t.Fatalf("entry %d: %+v, %v", seq, e, err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := b.entry(t, 2, rapid.IntRange(0, 6).Draw(rt, "seq"), 9, light)
		fields := []*[]byte{&p.Event, &p.Head.Subject, &p.Head.Root}
		for i := range p.Path {
			fields = append(fields, &p.Path[i])
		}
		for i := range p.Head.Path {
			fields = append(fields, &p.Head.Path[i])
		}
		f := rapid.SampledFrom(fields).Draw(rt, "field")
		*f = slices.Clone(*f)
		bit := rapid.IntRange(0, 8*len(*f)-1).Draw(rt, "bit")
		(*f)[bit/8] ^= 1 << (bit % 8)
		if _, err := CheckEntry(v.trusted(t), p); stele.KindOf(err) != stele.KindProof {
			rt.Fatalf("flipped bit: %v", err)
		}
	})
	p := b.entry(t, 2, 3, 9, light)
	p.Seq = 4
	_, err := CheckEntry(v.trusted(t), p)
	wantProof(t, "other position", err)
	_, err = CheckEntry(v.trusted(t), nil)
	wantProof(t, "nothing", err)
}

func FuzzLogProof(f *testing.F) {
	v := fourVoters()
	b, patient := patientBook(5)
	light := v.block(f, 10, b.appHash(), v)
	f.Add(wire.Marshal(b.log(f, 2, 0, 9, light)), wire.Marshal(b.entry(f, 2, 3, 9, light)))
	trusted := v.trusted(f)
	f.Fuzz(func(t *testing.T, log, entry []byte) {
		var l wire.LogProof
		if wire.Decode(log, &l) == nil {
			if got, err := CheckLog(trusted, patient, Kept{}, &l); err != nil {
				wantProof(t, "hostile log", err)
			} else if len(got.Events) != 6 {
				t.Error("a log was believed that nobody signed")
			}
		}
		var e wire.EntryProof
		if wire.Decode(entry, &e) == nil {
			if _, err := CheckEntry(trusted, &e); err != nil {
				wantProof(t, "hostile entry", err)
			}
		}
	})
}

// pages cuts the proof of a log into pages of n events.
func pages(t testing.TB, b *book, leaf int, first uint64, height int64, light *wire.LightBlock, n int) []*wire.LogProof {
	t.Helper()
	whole := b.log(t, leaf, first, height, light)
	tree, f := &merkle.Memory{}, merkle.Frontier{}
	for _, l := range leavesOf(b.events[leaf]) {
		if err := tree.Store(f.Append(l)); err != nil {
			t.Fatal(err)
		}
	}
	var out []*wire.LogProof
	for rest, at := whole.Events, first; len(rest) > 0 || len(out) == 0; {
		take := min(n, len(rest))
		p := &wire.LogProof{First: at, Events: rest[:take:take]}
		at, rest = at+uint64(take), rest[take:]
		path, err := merkle.Consistency(tree, at, f.Size)
		if err != nil {
			t.Fatal(err)
		}
		if p.Ahead = joined(path); len(out) == 0 {
			p.Head, p.Light, p.Consistency = whole.Head, whole.Light, whole.Consistency
		}
		out = append(out, p)
	}
	return out
}

// TestLaw6ALogInPagesIsAsGoodAsWhole: whatever the size of pages and wherever the
// wallet stopped, the pages together are the log; and a page that lies is found out
// by itself, before the next one is asked for.
func TestLaw6ALogInPagesIsAsGoodAsWhole(t *testing.T) {
	v := fourVoters()
	b, patient := patientBook(0)
	for i := range 40 {
		b.grant(i)
	}
	light, trusted := v.block(t, 100, b.appHash(), v), v.trusted(t)
	size := len(b.events[2])
	for _, n := range []int{1, 2, 3, 7, 16, 39, 40, 41, 100} {
		for _, first := range []int{0, 1, 8, size - 1, size} {
			kept := Kept{}
			if first > 0 {
				var f merkle.Frontier
				for _, l := range leavesOf(b.events[2][:first]) {
					f.Append(l)
				}
				kept = Kept{Size: f.Size, Root: f.Root(), Peaks: f.Peaks}
			}
			list := pages(t, b, 2, uint64(first), 99, light, n)
			log, err := CheckLog(trusted, patient, kept, list[0])
			if err != nil {
				t.Fatalf("pages of %d from %d: %v", n, first, err)
			}
			seen := len(log.Events)
			for i, p := range list[1:] {
				for _, by := range []uint64{1, ^uint64(0)} { // the events that follow, said to stand elsewhere
					moved := proto.CloneOf(p)
					moved.First += by
					if _, err := log.Continue(moved); stele.KindOf(err) != stele.KindProof || err == nil {
						t.Fatalf("page %d of %d from %d, said to begin at %d: %v", i+1, n, first, moved.First, err)
					}
				}
				if log.Whole() {
					t.Fatalf("pages of %d from %d: whole after %d", n, first, i+1)
				}
				for name, lie := range map[string]func(*wire.LogProof){
					"nothing":                          func(p *wire.LogProof) { p.Events = nil },
					"nothing, and the way ahead of it": func(p *wire.LogProof) { p.Events = nil },
					"an event altered":                 func(p *wire.LogProof) { p.Events[0] = append(slices.Clone(p.Events[0]), 0) },
					"an event doubled":                 func(p *wire.LogProof) { p.Events = append(p.Events, p.Events[len(p.Events)-1]) },
					"one left out": func(p *wire.LogProof) {
						p.Events = p.Events[:len(p.Events)-1]
					},
					"no way ahead":       func(p *wire.LogProof) { p.Ahead = nil },
					"a way too long":     func(p *wire.LogProof) { p.Ahead = append(p.Ahead, make([]byte, 32)) },
					"malformed":          func(p *wire.LogProof) { p.Ahead = append(p.Ahead, []byte{1}) },
					"from another place": func(p *wire.LogProof) { p.First++ },
				} {
					bad := &wire.LogProof{First: p.First, Events: slices.Clone(p.Events), Ahead: slices.Clone(p.Ahead)}
					if name == "nothing, and the way ahead of it" {
						bad.Ahead = list[i].Ahead
					}
					if lie(bad); name == "no way ahead" && len(p.Ahead) == 0 {
						continue
					}
					_, err := log.Continue(bad)
					wantProof(t, name, err)
				}
				if log, err = log.Continue(p); err != nil {
					t.Fatalf("pages of %d from %d, page %d: %v", n, first, i+1, err)
				}
				seen += len(log.Events)
			}
			if !log.Whole() || first+seen != size || log.Kept.Root != log.Head.Root {
				t.Errorf("pages of %d from %d: %d events, whole: %v", n, first, seen, log.Whole())
			}
		}
	}
}

// TestEventsInOrderAcrossPages: a page does not begin before the one before it ended.
func TestEventsInOrderAcrossPages(t *testing.T) {
	v := fourVoters()
	b, patient := patientBook(0)
	for i := range 6 {
		b.grant(i)
	}
	last := len(b.events[2]) - 1 // forged by all validators together: the last two change places
	b.events[2][last], b.events[2][last-1] = b.events[2][last-1], b.events[2][last]
	light := v.block(t, 100, b.appHash(), v)
	list := pages(t, b, 2, 0, 99, light, last)
	log, err := CheckLog(v.trusted(t), patient, Kept{}, list[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = log.Continue(list[1])
	wantProof(t, "a page out of order", err)
}

// TestLaw6AnEventOfAnotherSubjectIsNobodys: even under a header that all validators
// signed, a log in which another subject's event stands is not read.
func TestLaw6AnEventOfAnotherSubjectIsNobodys(t *testing.T) {
	v := fourVoters()
	for what, spoil := range map[string]func(b *book, e *wire.Event){
		"another subject's": func(b *book, e *wire.Event) { e.Subject = b.subjects[3][:] },
		"nobody's":          func(_ *book, e *wire.Event) { e.Subject = nil },
		"cut short":         func(_ *book, e *wire.Event) { e.Subject = e.Subject[:19] },
		"of the future":     func(_ *book, e *wire.Event) { e.Height = 100 },
		"of before":         func(_ *book, e *wire.Event) { e.Height = -1 },
		"of a new version":  func(_ *book, e *wire.Event) { e.Version++ },
	} {
		b, patient := patientBook(0)
		for i := range 5 {
			b.grant(i)
		}
		last := len(b.events[2]) - 1
		e := new(wire.Event)
		if err := wire.Decode(b.events[2][last], e); err != nil {
			t.Fatal(err)
		}
		spoil(b, e)
		b.events[2][last] = wire.EventBytes(e)
		light := v.block(t, 100, b.appHash(), v)
		_, err := CheckLog(v.trusted(t), patient, Kept{}, b.log(t, 2, 0, 99, light))
		wantProof(t, "a log with an event that is "+what, err)
		_, err = CheckEntry(v.trusted(t), b.entry(t, 2, last, 99, light))
		wantProof(t, "an entry that is "+what, err)
	}
}

// TestRewrittenIsSaidOfSignedHeadsOnly: that the validators signed two histories is
// what a head proves, never what a member's page looks like.
func TestRewrittenIsSaidOfSignedHeadsOnly(t *testing.T) {
	v := fourVoters()
	b, patient := patientBook(0)
	for i := range 8 {
		b.grant(i)
	}
	light, trusted := v.block(t, 100, b.appHash(), v), v.trusted(t)
	log, err := CheckLog(trusted, patient, Kept{}, b.log(t, 2, 0, 99, light))
	if err != nil {
		t.Fatal(err)
	}
	size, now := log.Kept.Size, log.Kept
	longer, other := now, now
	longer.Size++
	other.Root[3] ^= 1
	p := b.log(t, 2, size, 99, light)
	for what, kept := range map[string]Kept{"longer": longer, "another": other} {
		q := proto.CloneOf(p)
		q.First = kept.Size
		if _, err := CheckLog(trusted, patient, kept, q); stele.KindOf(err) != stele.KindProof || !errors.Is(err, ErrRewritten) {
			t.Errorf("it was %s: %v", what, err)
		}
	}
	q := proto.CloneOf(p)
	q.Events = [][]byte{b.events[2][0]}
	if _, err := CheckLog(trusted, patient, now, q); stele.KindOf(err) != stele.KindProof || errors.Is(err, ErrRewritten) {
		t.Errorf("more events than there are: %v", err)
	}
	q = b.log(t, 2, 0, 99, light)
	q.Events[3] = append(q.Events[3], 0)
	if _, err := CheckLog(trusted, patient, Kept{}, q); stele.KindOf(err) != stele.KindProof || errors.Is(err, ErrRewritten) {
		t.Errorf("an event altered: %v", err)
	}
}

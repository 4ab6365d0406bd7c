package wallet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// pagedLedger is a member that counts what a wallet is sent, makes pages small, and
// may lie.
type pagedLedger struct {
	Ledger
	town   *town
	page   int // events of a page; 0: as they come
	sent   *int
	asked  *int
	lie    func(*wire.LogProof)
	absent bool
}

func (l pagedLedger) Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error) {
	if l.absent {
		return nil, stele.E("ask", stele.KindUnreachable, "nobody there", nil)
	}
	p, err := l.Ledger.Log(ctx, request)
	if err != nil {
		return nil, err
	}
	if l.page > 0 && l.page < len(p.Events) {
		l.town.cut(request, p, l.page)
	}
	if l.asked != nil {
		*l.asked++
	}
	if l.sent != nil {
		*l.sent += len(p.Events)
	}
	if l.lie != nil {
		l.lie(p)
	}
	return p, nil
}

// cut makes a page shorter, with its own way ahead.
func (w *town) cut(request *wire.Signed, p *wire.LogProof, n int) {
	ask := new(wire.OwnRequest)
	w.must(wire.Decode(request.Body, ask))
	whole, err := w.ledger.ProveLog(stele.Subject(ask.Subject), 0, 0)
	w.must(err)
	end := cmp.Or(ask.Until, p.GetHead().GetSize())
	tree, f := &merkle.Memory{}, merkle.Frontier{}
	for _, raw := range whole.Events[:end] {
		w.must(tree.Store(f.Append(merkle.LeafHash(raw))))
	}
	path, err := merkle.Consistency(tree, p.First+uint64(n), end)
	w.must(err)
	p.Events, p.Ahead = p.Events[:n], nil
	for i := range path {
		p.Ahead = append(p.Ahead, path[i][:])
	}
}

// asks has all members of a session answer through a pagedLedger.
func asks(s *Session, l pagedLedger) {
	for i := range s.Network.Members {
		l := l
		if inner, ok := s.Network.Members[i].Ledger.(pagedLedger); ok {
			l.Ledger = inner.Ledger
		} else {
			l.Ledger = s.Network.Members[i].Ledger
		}
		s.Network.Members[i].Ledger = l
	}
}

// all is a session's log, raw.
func (w *town) all(s *Session) (raw [][]byte) {
	account, err := s.Log(w.t.Context())
	w.must(err)
	events, err := account.All()
	w.must(err)
	if uint64(len(events)) != account.Size {
		w.t.Errorf("%d events of %d are read", len(events), account.Size)
	}
	for i, e := range events {
		if e.Seq != uint64(i) {
			w.t.Fatalf("event %d is numbered %d", i, e.Seq)
		}
		raw = append(raw, e.Raw)
	}
	return raw
}

// TestReadingOnCostsWhatIsNew: a wallet is sent each event once, and tells the same
// log whether it kept its copy, lost it, or found it damaged.
func TestReadingOnCostsWhatIsNew(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		sent := 0
		asks(p, pagedLedger{sent: &sent})
		before := w.all(p)
		w.gives(p, d, stele.Allergies)
		sent = 0
		after := w.all(p)
		if len(after) != len(before)+1 || sent != 1 {
			t.Errorf("%d events after %d; %d were sent, want the new one", len(after), len(before), sent)
		}
		sent = 0
		if w.all(p); sent != 0 {
			t.Errorf("%d events were sent again", sent)
		}
		same := func(what string, want int) {
			t.Helper()
			sent = 0
			if got := w.all(p); !slices.EqualFunc(got, after, bytes.Equal) {
				t.Errorf("%s: another log", what)
			}
			if sent != want {
				t.Errorf("%s: %d events were sent, want %d", what, sent, want)
			}
		}
		path := p.logCopy().path
		whole, err := os.ReadFile(path)
		w.must(err)
		w.must(os.Remove(path))
		same("the copy is lost", len(after))
		w.must(os.Truncate(path, int64(len(whole)/2)))
		same("the copy is cut", len(after))
		ended, err := os.ReadFile(path)
		w.must(err)
		ended[p.State().Head.Copy.End-3] ^= 1
		w.must(os.WriteFile(path, ended, 0o600))
		same("the copy ends otherwise", len(after))
		torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		w.must(err)
		_, err = torn.WriteString("half of what a wallet wrote whose process was killed")
		w.must(errors.Join(err, torn.Close()))
		same("the copy has a torn tail", 0)
		w.gives(p, d, stele.Medications)
		sent = 0
		if got := w.all(p); len(got) != len(after)+1 || sent != 1 {
			t.Errorf("after a torn tail: %d events, %d sent", len(got), sent)
		}
		after = w.all(p)

		raw, err := os.ReadFile(path)
		w.must(err)
		raw[20] ^= 1
		w.must(os.WriteFile(path, raw, 0o600))
		account, err := p.Log(t.Context())
		w.must(err)
		if _, err := account.All(); err == nil {
			t.Error("a damaged copy was read")
		}
		same("the copy was damaged", len(after))
	})
}

// TestLaw6TheCopyIsHeldToWhatWasSeen: an older copy, or another wallet's, is not
// taken for this one.
func TestLaw6TheCopyIsHeldToWhatWasSeen(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.all(p)
		path := p.logCopy().path
		old, err := os.ReadFile(path)
		w.must(err)
		w.gives(p, d, stele.Allergies)
		want := w.all(p)
		w.must(os.WriteFile(path, old, 0o600))
		if got := w.all(p); !slices.EqualFunc(got, want, bytes.Equal) {
			t.Error("an older copy passed for the log")
		}
	})
}

// TestChunksStandInTheirPlace: chunks that changed places, or stand there twice, are
// not read, though each is sealed by the right key.
func TestChunksStandInTheirPlace(t *testing.T) {
	w := newWallet(t)
	c := w.logCopy()
	out := writing{c: c}
	var ends []int64
	for i := range 4 {
		raw := wire.EventBytes(&wire.Event{Version: 1, Subject: make([]byte, 20), Height: int64(i + 1), Event: &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{}}})
		if err := out.add([]proof.Event{{Raw: raw}}); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, out.at.End)
	}
	if err := out.close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	chunk := func(i int) []byte { return file[ends[i-1]:ends[i]] }
	read := func(raw []byte) error {
		if err := os.WriteFile(c.path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return c.read(out.at, func(proof.Event, error) bool { return true })
	}
	if err := read(file); err != nil {
		t.Fatal(err)
	}
	for what, raw := range map[string][]byte{
		"two changed places": slices.Concat(file[:ends[0]], chunk(2), chunk(1), chunk(3)),
		"one stands twice":   slices.Concat(file[:ends[0]], chunk(1), chunk(1), chunk(3)),
		"the first is gone":  slices.Concat(chunk(1), chunk(2), chunk(3), chunk(3)),
	} {
		if read(raw) == nil {
			t.Errorf("%s, and it was read", what)
		}
	}
}

// TestALongLogIsReadInPages: one page after the other, from any member, whoever
// falls silent or lies in between.
func TestALongLogIsReadInPages(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		for range 7 {
			w.gives(p, d, stele.Allergies)
		}
		want := w.all(p)
		for _, page := range []int{1, 2, 3, 5} {
			asked := 0
			w.must(os.Remove(p.logCopy().path))
			asks(p, pagedLedger{town: w, page: page, asked: &asked})
			if got := w.all(p); !slices.EqualFunc(got, want, bytes.Equal) || asked != (len(want)+page-1)/page {
				t.Errorf("pages of %d: %d events in %d pages, want %d events", page, len(got), asked, len(want))
			}
		}
		w.must(os.Remove(p.logCopy().path))
		n := 0
		asks(p, pagedLedger{town: w, page: 2, lie: func(p *wire.LogProof) {
			if n++; n%3 == 0 { // every third answer is a lie
				p.Events[0] = append(slices.Clone(p.Events[0]), 0)
			}
		}})
		if got := w.all(p); !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("members that lie now and then: %d events", len(got))
		}
	})
}

// TestLaw6ALogThatShrankOrChangedIsSaid: a head that two thirds signed and that
// contradicts what this wallet saw ends the reading, whatever other members say; a
// member that lies about pages is passed over.
func TestLaw6ALogThatShrankOrChangedIsSaid(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.all(p)
		seen := p.State().Head
		for what, change := range map[string]func(*Head){
			"it was longer":           func(h *Head) { h.Size, h.Copy = h.Size+5, mark{} },
			"it was longer, and kept": func(h *Head) { h.Size += 5; h.Copy.Size += 5; h.Peaks = nil },
			"it was another":          func(h *Head) { h.Root[3] ^= 1 },
			"it was another, and lost": func(h *Head) {
				h.Root[3] ^= 1
				h.Copy = mark{}
			},
		} {
			p.edit(func(s *State) { s.Head = seen })
			p.edit(func(s *State) { change(&s.Head) })
			_, err := p.Log(t.Context())
			w.wants(err, stele.KindProof, what)
		}
		p.edit(func(s *State) { s.Head = seen })
		asks(p, pagedLedger{lie: func(l *wire.LogProof) { l.Events = nil }})
		w.gives(p, d, stele.Allergies)
		_, err := p.Log(t.Context())
		w.wants(err, stele.KindProof, "every member leaves the newest entry out")
		p.Network.Members[3].Ledger = p.Network.Members[3].Ledger.(pagedLedger).Ledger
		if got := w.all(p); uint64(len(got)) != seen.Size+1 {
			t.Errorf("one honest member is enough: %d events", len(got))
		}
	})
}

// TestMembersThatAreBehindTellNothingOld: when all that answer are behind what the
// wallet has seen, the account is what it has seen, with its time.
func TestMembersThatAreBehindTellNothingOld(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.all(p)
		var old *wire.LogProof
		asks(p, pagedLedger{lie: func(l *wire.LogProof) { old = &wire.LogProof{First: l.First, Head: l.Head, Light: l.Light} }})
		w.all(p)
		w.gives(p, d, stele.Allergies)
		time.Sleep(time.Minute)
		asks(p, pagedLedger{})
		now := w.all(p)
		asks(p, pagedLedger{lie: func(l *wire.LogProof) { l.Events, l.Head, l.Light = nil, old.Head, old.Light }})
		if got := w.all(p); !slices.EqualFunc(got, now, bytes.Equal) {
			t.Errorf("%d events, want %d", len(got), len(now))
		}
		asks(p, pagedLedger{absent: true})
		_, err := p.Log(t.Context())
		w.wants(err, stele.KindUnreachable, "nobody answers")
	})
}

// FuzzLogCopy reads a copy of a stranger's making, and chunks that are sealed by the
// right key and hold anything.
func FuzzLogCopy(f *testing.F) {
	w := newWallet(f)
	c := w.logCopy()
	page := func(raw ...[]byte) (events []proof.Event) {
		for _, r := range raw {
			events = append(events, proof.Event{Raw: r})
		}
		return events
	}
	event := wire.EventBytes(&wire.Event{Version: 1, Subject: make([]byte, 20), Event: &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{}}})
	out := writing{c: c}
	if err := errors.Join(out.add(page(event, event)), out.add(page(event)), out.close()); err != nil {
		f.Fatal(err)
	}
	file, err := os.ReadFile(c.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file, event)
	f.Add(file[:len(file)-1], []byte{0, 0, 0, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1}, []byte{})
	f.Fuzz(func(t *testing.T, raw, plain []byte) {
		if err := os.WriteFile(c.path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		n := uint64(0)
		err := c.read(out.at, func(e proof.Event, _ error) bool { n++; return true })
		if (err == nil) != bytes.HasPrefix(raw, file) || err == nil && n != 3 {
			t.Fatalf("%d events, %v", n, err)
		}
		if events, err := splitChunk(plain); err == nil {
			size := 0
			for _, e := range events {
				size += 4 + len(e)
			}
			if size != len(plain) {
				t.Fatalf("%d of %d bytes are in events", size, len(plain))
			}
		}
	})
}

// TestLaw6TwoSignedHistoriesEndTheReading: one member shows a newer head that the
// validators signed and in which entries are missing. The others answer as ever; she
// is told all the same, since nobody but two thirds of the validators could make it.
func TestLaw6TwoSignedHistoriesEndTheReading(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.gives(p, d, stele.Allergies)
		w.all(p)
		seen, me := p.State().Head, p.Subject()
		w.writeBlock()
		w.writeBlock()
		at := int64(len(w.blocks)) - 2
		root := stele.Digest{1, 2, 3}
		head := wire.HeadHash(me, seen.Size-1, root)
		true_ := w.hashes[at]
		w.hashes[at] = wire.AppHash(1, merkle.LeafHash(head[:]))
		light, err := w.lightOf(at + 1)
		w.hashes[at] = true_
		w.must(err)
		forked := pagedLedger{Ledger: p.Network.Members[0].Ledger, lie: func(l *wire.LogProof) {
			*l = wire.LogProof{First: seen.Size, Light: light, Head: &wire.HeadProof{Subject: me[:], Leaves: 1, Size: seen.Size - 1, Root: root[:], Height: at}}
		}}
		p.Network.Members[0].Ledger = forked
		_, err = p.Log(t.Context())
		w.wants(err, stele.KindProof, "a second history")
		if !errors.Is(err, proof.ErrRewritten) {
			t.Errorf("it is said otherwise: %v", err)
		}
	})
}

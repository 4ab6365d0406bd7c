package wallet

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// byAndBy gives a log two events at a time, each time just before its asker would go
// away; all that it gives is true.
type byAndBy struct {
	Ledger
	w      *town
	leaves []stele.Digest // of the whole log
}

func (b byAndBy) Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error) {
	page, err := b.Ledger.Log(ctx, request)
	if err != nil || len(page.Events) < 3 {
		return page, err
	}
	time.Sleep(silence - 10*time.Millisecond)
	page = proto.CloneOf(page)
	var tree merkle.Memory
	for i, leaf := range b.leaves {
		nodes, err := merkle.Append(&tree, uint64(i), leaf)
		b.w.must(err)
		b.w.must(tree.Store(nodes))
	}
	page.Events, page.Ahead = page.Events[:2], nil
	ahead, err := merkle.Consistency(&tree, page.First+2, uint64(len(b.leaves)))
	b.w.must(err)
	for _, a := range ahead {
		page.Ahead = append(page.Ahead, a[:])
	}
	return page, nil
}

// TestR44AMemberThatGivesALogByAndByDelaysNobody: a member that gives true pages, but
// much less than a page each, is asked last from then on.
func TestR44AMemberThatGivesALogByAndByDelaysNobody(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, account, leaves := longLog(w)
		p.Edit(func(s *State) { s.Head = Head{} }) // as on a new device
		q := bend(p, p.Network.Members[0].Name, func(m *Member) { m.Ledger = byAndBy{m.Ledger, w, leaves} })
		start := time.Now()
		again, err := q.Log(t.Context())
		w.must(err)
		if again.Size != account.Size {
			t.Errorf("%d entries of %d", again.Size, account.Size)
		}
		if took := time.Since(start); took < silence-time.Second || took > 3*silence {
			t.Errorf("it took %v", took)
		}
	})
}

// longLog is a patient with a log of 43 entries.
func longLog(w *town) (p *Session, account *Account, leaves []stele.Digest) {
	p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Elm")
	w.gives(p, d, stele.Allergies)
	for range 40 {
		_, err := d.OpenChart(w.t.Context(), p.Subject(), followUp)
		w.must(err)
		time.Sleep(time.Minute)
	}
	account, err := p.Log(w.t.Context())
	w.must(err)
	for e, err := range account.Events() {
		w.must(err)
		leaves = append(leaves, merkle.LeafHash(e.Raw))
	}
	return p, account, leaves
}

// TestR44AReadingThatOnlyOneDripsEndsAndIsGoneOnWith: where nobody else gives the log,
// the reading ends in time and names who gives it so slowly; what came is kept, and
// asking again goes on from there.
func TestR44AReadingThatOnlyOneDripsEndsAndIsGoneOnWith(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, account, leaves := longLog(w)
		p.Edit(func(s *State) { s.Head = Head{} }) // as on a new device
		name := p.Network.Members[0].Name
		q := bend(p, name, func(m *Member) { m.Ledger = byAndBy{m.Ledger, w, leaves} })
		for _, m := range p.Network.Members[1:] {
			q = bend(q, m.Name, func(m *Member) { m.Ledger = pagedLedger{Ledger: m.Ledger, absent: true} })
		}
		for tries, before := 1, uint64(0); ; tries++ {
			start := time.Now()
			again, err := q.Log(t.Context())
			if took := time.Since(start); took > leeway+2*silence {
				t.Fatalf("it took %v", took)
			}
			if err == nil {
				if again.Size != account.Size || tries < 2 || q.State().Reading.Size != 0 {
					t.Errorf("%d entries of %d after %d tries; %d read on", again.Size, account.Size, tries, q.State().Reading.Size)
				}
				break
			}
			w.wants(err, stele.KindUnreachable, "one drips")
			if !strings.Contains(err.Error(), name+" gives the log too slowly") {
				t.Fatalf("who gives it so slowly is not said: %v", err)
			}
			if now := q.State().Reading.Size; now < before+10 {
				t.Fatalf("%d entries were kept, and before %d", now, before)
			} else {
				before = now
			}
		}
		if got := w.all(q); len(got) != len(leaves) {
			t.Errorf("%d entries of %d", len(got), len(leaves))
		}
	})
}

// TestABrokenReadingIsGoneOnWith: whatever ends a reading, each entry is sent once; and
// what was checked before the copy was lost is held against the log all the same.
func TestABrokenReadingIsGoneOnWith(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, account, leaves := longLog(w)
		sent, asked := 0, 0
		breaks := func() { // after the second page
			asked = 0
			asks(p, pagedLedger{town: w, page: 10, sent: &sent, asked: &asked, lie: func(page *wire.LogProof) {
				if asked > 2 {
					page.Events = nil
				}
			}})
		}
		seen := p.State().Head
		for what, change := range map[string]func(*Head){
			"a new device": func(h *Head) { *h = Head{} },
			"a lost copy":  func(h *Head) { h.Copy = mark{} },
			"another log":  func(h *Head) { h.Copy = mark{}; h.Root[3] ^= 1 },
		} {
			sent = 0
			p.Edit(func(s *State) {
				s.Head, s.Reading = seen, Head{}
				change(&s.Head)
			})
			breaks()
			if _, err := p.Log(t.Context()); err == nil {
				t.Fatalf("%s: nothing broke", what)
			}
			kept := p.State().Reading.Size
			if kept < 20 {
				t.Errorf("%s: %d entries are kept of a broken reading", what, kept)
			}
			w.must(p.Reopen()) // as another process
			sent = 0
			asks(p, pagedLedger{town: w, page: 10, sent: &sent})
			if what == "another log" {
				_, err := p.Log(t.Context())
				w.wants(err, stele.KindProof, what)
				continue
			}
			got := w.all(p)
			if uint64(len(got)) != account.Size || sent != len(leaves)-int(kept) {
				t.Errorf("%s: %d entries, of which %d were sent again, %d kept", what, len(got), sent, kept)
			}
			for i, raw := range got {
				if merkle.LeafHash(raw) != leaves[i] {
					t.Fatalf("%s: entry %d is another", what, i)
				}
			}
		}
	})
}

package wallet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// byAndBy gives a log two events at a time, each time just before its asker would go
// away; all that it gives is true.
type byAndBy struct {
	members.Ledger
	w      *town.Town
	leaves []stele.Digest // of the whole log
}

func (b byAndBy) Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error) {
	page, err := b.Ledger.Log(ctx, request)
	if err != nil || len(page.Events) < 3 {
		return page, err
	}
	time.Sleep(members.Silence - 10*time.Millisecond)
	page = proto.CloneOf(page)
	var tree merkle.Memory
	for i, leaf := range b.leaves {
		nodes, err := merkle.Append(&tree, uint64(i), leaf)
		b.w.Must(err)
		b.w.Must(tree.Store(nodes))
	}
	page.Events, page.Ahead = page.Events[:2], nil
	ahead, err := merkle.Consistency(&tree, page.First+2, uint64(len(b.leaves)))
	b.w.Must(err)
	for _, a := range ahead {
		page.Ahead = append(page.Ahead, a[:])
	}
	return page, nil
}

// TestR44AMemberThatGivesALogByAndByDelaysNobody: a member that gives true pages, but
// much less than a page each, is asked last from then on.
func TestR44AMemberThatGivesALogByAndByDelaysNobody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, account, leaves := longLog(w)
		p.Edit(func(s *wallet.State) { s.Head = wallet.Head{} }) // as on a new device
		q := town.Bend(p, p.Network.Members[0].Name, func(m *members.Member) { m.Ledger = byAndBy{m.Ledger, w, leaves} })
		start := time.Now()
		again, err := q.Log(t.Context())
		w.Must(err)
		if again.Size != account.Size {
			t.Errorf("%d entries of %d", again.Size, account.Size)
		}
		if took := time.Since(start); took < members.Silence-time.Second || took > 3*members.Silence {
			t.Errorf("it took %v", took)
		}
	})
}

// longLog is a patient with a log of 43 entries.
func longLog(w *town.Town) (p *client.Session, account *wallet.OwnLog, leaves []stele.Digest) {
	p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Elm")
	w.Gives(p, d, stele.Allergies)
	for range 40 {
		_, err := d.Charts.OpenChart(w.T.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		time.Sleep(time.Minute)
	}
	account, err := p.Log(w.T.Context())
	w.Must(err)
	for e, err := range account.Events() {
		w.Must(err)
		leaves = append(leaves, merkle.LeafHash(e.Raw))
	}
	return p, account, leaves
}

// TestR44AReadingThatOnlyOneDripsEndsAndIsGoneOnWith: where nobody else gives the log,
// the reading ends in time and names who gives it so slowly; what came is kept, and
// asking again goes on from there.
func TestR44AReadingThatOnlyOneDripsEndsAndIsGoneOnWith(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, account, leaves := longLog(w)
		p.Edit(func(s *wallet.State) { s.Head = wallet.Head{} }) // as on a new device
		name := p.Network.Members[0].Name
		q := town.Bend(p, name, func(m *members.Member) { m.Ledger = byAndBy{m.Ledger, w, leaves} })
		for _, m := range p.Network.Members[1:] {
			q = town.Bend(q, m.Name, func(m *members.Member) { m.Ledger = town.PagedLedger{Ledger: m.Ledger, Absent: true} })
		}
		for tries, before := 1, uint64(0); ; tries++ {
			start := time.Now()
			again, err := q.Log(t.Context())
			if took := time.Since(start); took > wallet.Leeway+2*members.Silence {
				t.Fatalf("it took %v", took)
			}
			if err == nil {
				if again.Size != account.Size || tries < 2 || q.State().Reading.Size != 0 {
					t.Errorf("%d entries of %d after %d tries; %d read on", again.Size, account.Size, tries, q.State().Reading.Size)
				}
				break
			}
			w.Wants(err, stele.KindUnreachable, "one drips")
			if !strings.Contains(err.Error(), name+" gives the log too slowly") {
				t.Fatalf("who gives it so slowly is not said: %v", err)
			}
			if now := q.State().Reading.Size; now < before+10 {
				t.Fatalf("%d entries were kept, and before %d", now, before)
			} else {
				before = now
			}
		}
		if got := w.All(q); len(got) != len(leaves) {
			t.Errorf("%d entries of %d", len(got), len(leaves))
		}
	})
}

// TestABrokenReadingIsGoneOnWith: whatever ends a reading, each entry is sent once; and
// what was checked before the copy was lost is held against the log all the same.
func TestABrokenReadingIsGoneOnWith(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, account, leaves := longLog(w)
		sent, asked := 0, 0
		breaks := func() { // after the second page
			asked = 0
			asks(p, town.PagedLedger{Town: w, Page: 10, Sent: &sent, Asked: &asked, Lie: func(page *wire.LogProof) {
				if asked > 2 {
					page.Events = nil
				}
			}})
		}
		seen := p.State().Head
		for what, change := range map[string]func(*wallet.Head){
			"a new device": func(h *wallet.Head) { *h = wallet.Head{} },
			"a lost copy":  func(h *wallet.Head) { h.Copy = wallet.Mark{} },
			"another log":  func(h *wallet.Head) { h.Copy = wallet.Mark{}; h.Root[3] ^= 1 },
		} {
			sent = 0
			p.Edit(func(s *wallet.State) {
				s.Head, s.Reading = seen, wallet.Head{}
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
			w.Must(p.Reopen()) // as another process
			sent = 0
			asks(p, town.PagedLedger{Town: w, Page: 10, Sent: &sent})
			if what == "another log" {
				_, err := p.Log(t.Context())
				w.Wants(err, stele.KindProof, what)
				continue
			}
			got := w.All(p)
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

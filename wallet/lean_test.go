package wallet

import (
	"context"
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
	time.Sleep(silence - time.Millisecond)
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
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Elm")
		w.gives(p, d, stele.Allergies)
		for range 40 {
			o, err := d.prepare(p.Subject(), followUp)
			w.must(err)
			w.must(o.access(t.Context()))
			time.Sleep(time.Minute)
		}
		account, err := p.Log(t.Context())
		w.must(err)
		var leaves []stele.Digest
		for e, err := range account.Events() {
			w.must(err)
			leaves = append(leaves, merkle.LeafHash(e.Raw))
		}
		p.State.Head = Head{} // as on a new device
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

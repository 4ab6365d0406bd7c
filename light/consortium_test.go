package light

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// tree is the Merkle tree over leaves, computed where it is asked.
type tree []stele.Digest

func (t tree) Node(level uint, index uint64) (stele.Digest, error) {
	return merkle.Root(t[index<<level : (index+1)<<level]), nil
}

// runBy is a chain whose state is the consortium's log alone: its founding, and others in
// its place, for no event changes a committee yet. It returns what shows the log, a page an event.
func runBy(t *testing.T, epochs ...uint64) (*chain, LogSource) {
	t.Helper()
	founding := &wire.Genesis{Chain: "stele-light", Committee: &wire.Committee{Epoch: epochs[0]}}
	raw := wire.Marshal(founding)
	c := newChain(t, 400, turning(10))
	c.state, _ = json.Marshal(base64.StdEncoding.EncodeToString(raw))
	first := wire.Founded(raw, founding)
	var events [][]byte
	var leaves []stele.Digest
	for i, epoch := range epochs {
		e := proto.CloneOf(first)
		e.Version, e.Height, e.TimeMs = wire.EventVersion, int64(100*i), c.time(int64(100*i)).UnixMilli()
		e.GetConsortiumFounded().Genesis.Committee.Epoch = epoch
		events = append(events, wire.EventBytes(e))
		leaves = append(leaves, merkle.LeafHash(wire.EventBytes(e)))
	}
	size, root := uint64(len(events)), merkle.Root(leaves)
	head := wire.HeadHash(stele.Subject(first.Subject), size, root)
	app := wire.AppHash(1, merkle.LeafHash(head[:]))
	c.app = app[:]
	return c, func(_ context.Context, since, until uint64) (*wire.LogProof, error) {
		p := &wire.LogProof{First: since, Events: events[since : since+1]}
		path, err := merkle.Consistency(tree(leaves), since+1, size)
		for _, d := range path {
			p.Ahead = append(p.Ahead, d[:])
		}
		if until == 0 {
			p.Head = &wire.HeadProof{Subject: first.Subject, Leaves: 1, Size: size, Root: root[:], Height: c.top - 1}
		}
		return p, err
	}
}

// TestLaw6WhoRunsTheNetworkIsReadFromTheLog: from one member, page by page, under a header
// that was followed from the genesis through validators that have all changed since.
func TestLaw6WhoRunsTheNetworkIsReadFromTheLog(t *testing.T) {
	c, source := runBy(t, 1, 2, 3)
	history, height, err := client(t, c, nil).Consortium(t.Context(), source)
	if err != nil || height != 399 || len(history) != 3 {
		t.Fatalf("%d eras up to %d: %v", len(history), height, err)
	}
	for height, epoch := range map[int64]uint64{0: 1, 99: 1, 100: 2, 200: 3, 399: 3} {
		if got := history.At(height).Committee.Epoch; got != epoch {
			t.Errorf("at %d: epoch %d, want %d", height, got, epoch)
		}
	}
	for what, lie := range map[string]func(*wire.LogProof){
		"an event changed":    func(p *wire.LogProof) { p.Events[0] = append([]byte{}, p.Events[0][:9]...) },
		"an event left out":   func(p *wire.LogProof) { p.Events = nil },
		"a shorter log":       func(p *wire.LogProof) { p.Head.Size = 1 },
		"another log":         func(p *wire.LogProof) { p.Head.Subject = make([]byte, 20) },
		"not from the start":  func(p *wire.LogProof) { p.First = 1 },
		"without a head":      func(p *wire.LogProof) { p.Head = nil },
		"before the first":    func(p *wire.LogProof) { p.Head.Height = -1 },
		"without consistency": func(p *wire.LogProof) { p.Ahead = nil },
	} {
		_, _, err := client(t, c, nil).Consortium(t.Context(), func(ctx context.Context, since, until uint64) (*wire.LogProof, error) {
			p, err := source(ctx, since, until)
			if since == 0 {
				lie(p)
			}
			return p, err
		})
		wantProof(t, what, err)
	}
	// A whole log of another founding, under good headers of this one's validators.
	other, lying := runBy(t, 1, 9)
	c.app = other.app
	_, _, err = client(t, c, nil).Consortium(t.Context(), func(ctx context.Context, since, until uint64) (*wire.LogProof, error) {
		p, err := lying(ctx, since, until)
		if p.Head != nil {
			p.Head.Subject = make([]byte, 20)
		}
		return p, err
	})
	wantProof(t, "another's log", err)
	down := stele.E("ask", stele.KindUnreachable, "down", nil)
	if _, _, err := client(t, c, nil).Consortium(t.Context(), func(context.Context, uint64, uint64) (*wire.LogProof, error) { return nil, down }); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("of a member that is down: %v", err)
	}
	_, _, err = client(t, newChain(t, 9, turning(10)), nil).Consortium(t.Context(), source)
	wantProof(t, "a genesis that is not a Stele network's", err)
}

package directory

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR44OneAddressFillsNoBox: 256 packages filled a doctor's box. One address
// leaves an eighth at most; others still find room, and this machine does.
func TestR44OneAddressFillsNoBox(t *testing.T) {
	p := newPlace(t)
	h, other := p.holder("Dr Amara Okafor", "doctor"), p.holder("Dr Jun Watanabe", "doctor")
	p.register(h)
	p.register(other)
	leave := func(from stele.Caller, to holder, size int) error {
		_, err := p.Deliver(stele.WithCaller(context.Background(), from), &wire.DeliverRequest{To: to.subject[:], Sealed: make([]byte, size)})
		return err
	}
	loud, quiet := stele.Caller{1}, stele.Caller{2}
	fill := func(size int) (n int) {
		for range MaxBox {
			err := leave(loud, h, size)
			if stele.KindOf(err) == stele.KindBusy && err != nil {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	if n := fill(stele.MaxPackage); n != callerBytes/stele.MaxPackage {
		t.Errorf("one address left %d large packages, its share is %d", n, callerBytes/stele.MaxPackage)
	}
	for _, c := range []struct {
		from stele.Caller
		to   holder
	}{{quiet, h}, {stele.Caller{}, h}, {loud, other}} {
		if err := leave(c.from, c.to, 4000); err != nil {
			t.Errorf("somebody else, or to somebody else: %v", err)
		}
	}
	p.now = p.now.Add(30 * 24 * time.Hour)
	if n := fill(10); n < callerBox-1 || n > callerBox {
		t.Errorf("one address left %d small packages, its share is %d", n, callerBox)
	}
}

// TestR44OneAddressTakesNotAllKeys: a stranger took sixty keys at once, and
// nobody's grant had one.
func TestR44OneAddressTakesNotAllKeys(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h, h.oneTime(0, 200)...)
	take := func(from stele.Caller) error {
		_, err := p.TakeKey(stele.WithCaller(context.Background(), from), &wire.TakeKeyRequest{Subject: h.subject[:]})
		return err
	}
	n := 0
	for take(stele.Caller{1}) == nil {
		n++
	}
	if n != callerTakes {
		t.Errorf("one address took %d keys, want %d", n, callerTakes)
	}
	for _, other := range []stele.Caller{{2}, {}} {
		if err := take(other); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	}
}

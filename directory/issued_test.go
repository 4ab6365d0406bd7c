package directory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR44OneIssuersCardsHaveABound: an issuer may sign cards for as many made-up people
// as it likes, and every directory keeps what it is shown. What they take is that
// issuer's room; what has expired makes room.
func TestR44OneIssuersCardsHaveABound(t *testing.T) {
	p := newPlace(t)
	member, loud := p.cfg.Member, stele.SubjectOf([]byte("loud"))
	theirs := wire.NewEd25519()
	for s, key := range map[stele.Subject]wire.Ed25519{member: p.issuer, loud: theirs} {
		k := wire.Key(key.Public())
		p.book.subjects[s] = stele.Keys{Subject: s, Signing: []stele.PublicKey{k}}
		p.book.issuers = append(p.book.issuers, k)
	}
	p.cfg.Names = func() map[stele.Subject]string { return map[stele.Subject]string{member: "Northside", loud: "Elm"} }
	p.reopen()
	put := func(name string, issuer wire.Ed25519, later time.Duration) error {
		h := p.holder(name, "doctor")
		h.card.ExpiresMs = p.now.Add(later).UnixMilli()
		_, err := p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, issuer)})
		return err
	}
	if err := put("the first", theirs, 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		if again { // while the node does not know the ledger
			subjects, issuers := p.book.subjects, p.book.issuers
			p.book.subjects, p.book.issuers = nil, nil
			p.reopen()
			p.book.subjects, p.book.issuers = subjects, issuers
			p.find("")
		}
		p.issuedRoom = 20 * p.issued[string(loud[:])] // as if it were full by then
		n := 1
		for ; n <= 100 && !again; n++ {
			if err := put(fmt.Sprintf("A Doctor %d", n), theirs, time.Hour); err != nil {
				if stele.KindOf(err) != stele.KindBusy {
					t.Fatal(err)
				}
				break
			}
		}
		if n > 25 {
			t.Errorf("%d cards of one issuer are kept", n)
		}
		if again {
			p.issuedRoom = p.issued[string(loud[:])]
		}
		if err := put(fmt.Sprintf("One more %v", again), theirs, time.Hour); stele.KindOf(err) != stele.KindBusy {
			t.Errorf("reopened %v: one more: %v", again, err)
		}
		if err := put(fmt.Sprintf("Z Doctor %v", again), p.issuer, time.Hour); err != nil {
			t.Errorf("reopened %v: another issuer's: %v", again, err)
		}
		if err := put("the first", theirs, 72*time.Hour); stele.KindOf(err) == stele.KindBusy {
			t.Errorf("reopened %v: a newer card in the place of an older: %v", again, err)
		}
	}
	p.now = p.now.Add(2 * time.Hour)
	if err := put("B Doctor", theirs, time.Hour); err != nil {
		t.Errorf("when most have expired: %v", err)
	}
	p.reopen()
	if got := p.find(""); got != "B Doctor, the first" {
		t.Errorf("listed: %s", got)
	}
}

// TestR44OneAddressFillsNotTheDirectory: with a box for each made-up person one address
// has no more room than with one.
func TestR44OneAddressFillsNotTheDirectory(t *testing.T) {
	p := newPlace(t)
	loud, left := stele.Caller{1}, 0
	to := func(i int) holder {
		h := p.holder(fmt.Sprintf("A Doctor %d", i), "doctor")
		p.register(h)
		return h
	}
	for i := 0; i < 64 && left == i*callerBytes/stele.MaxPackage; i++ {
		h := to(i)
		for range callerBytes / stele.MaxPackage {
			_, err := p.Deliver(stele.WithCaller(context.Background(), loud), &wire.DeliverRequest{To: h.subject[:], Sealed: make([]byte, stele.MaxPackage)})
			if err == nil {
				left++
			}
		}
	}
	if got := left * stele.MaxPackage; got > callerAll {
		t.Errorf("one address has left %d MiB", got>>20)
	}
	h := to(1000)
	if _, err := p.Deliver(stele.WithCaller(context.Background(), stele.Caller{2}), &wire.DeliverRequest{To: h.subject[:], Sealed: make([]byte, 4000)}); err != nil {
		t.Errorf("another address: %v", err)
	}
}

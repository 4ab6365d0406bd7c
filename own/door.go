package own

import (
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Fresh is how old a request may be, or how far ahead its maker's clock.
const Fresh = 5 * time.Minute

// minNonce keeps honest requests apart.
const minNonce = 16

// maxRemembered bounds the memory of nonces, about 100 bytes each, in one
// generation of twice Fresh.
const maxRemembered = 200_000

// Ledger is what a Door needs of stele.Ledger.
type Ledger interface {
	Subject(s stele.Subject) (stele.Keys, error)
}

// Door lets in whoever asks for what is theirs. It is safe for concurrent use.
type Door struct {
	ledger Ledger
	chain  string
	member stele.Subject

	mu       sync.Mutex
	turn     time.Time             // when the newer generation began
	new, old map[stele.Digest]bool // hash of subject and nonce
}

// NewDoor returns the door of a member's service.
func NewDoor(ledger Ledger, chain string, member stele.Subject) *Door {
	return &Door{ledger: ledger, chain: chain, member: member, new: map[stele.Digest]bool{}}
}

// Request is a request that passed.
type Request struct {
	Subject stele.Subject
	Since   uint64
	Until   uint64
	By      stele.Subject // the subject, or the one of also whose key signed
}

// Check passes a wire.OwnRequest or fails with KindDenied; with KindBusy when
// more requests came in ten minutes than can be remembered. Besides the
// subject's own keys those of the subjects in also count, such as the auditors
// whom the consortium named.
func (d *Door) Check(now time.Time, signed *wire.Signed, also ...stele.Subject) (Request, error) {
	var m wire.OwnRequest
	keys, err := wire.Open(wire.TagOwn, signed, &m)
	if err != nil || len(keys) != 1 || m.Chain != d.chain || string(m.Audience) != string(d.member[:]) || len(m.Nonce) < minNonce {
		return Request{}, denied()
	}
	if age := now.Sub(time.UnixMilli(m.AtMs)); age > Fresh || age < -Fresh {
		return Request{}, denied()
	}
	subject, err := stele.SubjectFrom(m.Subject)
	if err != nil {
		return Request{}, denied()
	}
	for _, who := range append([]stele.Subject{subject}, also...) {
		if d.holds(who, keys[0]) {
			return Request{subject, m.Since, m.Until, who}, d.once(now, m.Subject, m.Nonce)
		}
	}
	return Request{}, denied()
}

func (d *Door) holds(who stele.Subject, key stele.PublicKey) bool {
	keys, err := d.ledger.Subject(who)
	if err != nil {
		return false
	}
	for _, k := range keys.Signing {
		if k == key {
			return true
		}
	}
	return false
}

// once remembers a nonce for at least twice Fresh: a request made Fresh ahead
// of our clock stays usable that long.
func (d *Door) once(now time.Time, subject, nonce []byte) error {
	id := wire.Hash(wire.TagOwn, subject, nonce)
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Sub(d.turn) > 2*Fresh {
		d.turn, d.old, d.new = now, d.new, map[stele.Digest]bool{}
	}
	switch {
	case d.old[id] || d.new[id]:
		return denied()
	case len(d.new) >= maxRemembered:
		return stele.E("check own request", stele.KindBusy, "too many requests", nil).WithHint("try again in a few minutes")
	}
	d.new[id] = true
	return nil
}

func denied() error {
	return stele.E("check own request", stele.KindDenied, "the request is not its subject's, is stale or was used before", nil).
		WithHint("check this device's clock and that its key was not rotated out")
}

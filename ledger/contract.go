package ledger

import (
	"sync/atomic"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// A Contract is the rules for some kinds of transaction. It holds no state of
// its own and does nothing but what its arguments say.
type Contract interface {
	// Decide answers a transaction with the event it makes: its subject and
	// its kind set, the rest is the frame's. A refusal is an error. A
	// transaction of another contract gives nil and nil.
	Decide(at Moment, s Reader, tx *Tx) (*wire.Event, error)

	// Apply folds an event into the state. Events of other contracts are
	// ignored. It cannot fail: what it is given has happened. It reads and
	// writes only rows that no event of another subject touches, or that come out
	// the same in whatever order they are written, so that a restore can fold one
	// log after the other.
	Apply(s Writer, e *wire.Event)

	// Due answers a deadline that has passed with the event that says so, or
	// nil when it is another contract's. Applying that event clears it; so does
	// any other event after which it no longer matters.
	Due(at Moment, s Reader, d Deadline) *wire.Event
}

// A Founder writes the first events of a ledger, from its genesis. raw is the
// genesis as carried. It fails with KindInvalid.
type Founder interface {
	Found(raw []byte, g *wire.Genesis) ([]*wire.Event, error)
}

// Moment is the block that is being decided.
type Moment struct {
	Height int64
	TimeMS int64
}

// Tx is a transaction whose signatures have been checked. Contracts only read it.
type Tx struct {
	ID   stele.Digest
	Body *wire.Transaction
	Keys []stele.PublicKey // that signed

	sound atomic.Bool // Sound has found it so
}

// Sound returns what check says of the transaction, unless it was nil before: a node that
// admits a transaction and then executes it asks once. check depends on the transaction's
// bytes alone, and is the only one of its kind of message.
func (t *Tx) Sound(check func() error) error {
	if t.sound.Load() {
		return nil
	}
	err := check()
	t.sound.Store(err == nil)
	return err
}

// SignedBy reports whether key is one of those that signed.
func (t *Tx) SignedBy(key stele.PublicKey) bool {
	for _, k := range t.Keys {
		if k == key {
			return true
		}
	}
	return false
}

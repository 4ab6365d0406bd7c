package ledger

import (
	"encoding/binary"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// earlier is the layout of the last release. Its events lie where today's do, each with
// the hashes that it completes, and so does the row that says where the ledger stands;
// every other row is folded anew from the events.
const earlier = 2

const opTakeOver = "take over ledger"

// Standing is where a ledger stands.
type Standing struct {
	Head
	Events  uint64
	Event   int64         // height of the newest event
	Founded stele.Subject // the consortium: the hash of the genesis that its first event tells; zero when that can't be read
}

// Earlier says where a ledger stands that the last release left in a store. It fails with
// KindNotFound when the store is empty, with KindExists when the ledger is this release's
// already, and with KindInvalid when it is neither's.
func Earlier(old Store) (at Standing, err error) {
	defer guard(&err)
	s := old.Snapshot()
	defer s.Close()
	raw := s.Get([]byte{prefixPosition})
	switch {
	case raw == nil:
		return at, stele.E(opTakeOver, stele.KindNotFound, "there is no ledger in the folder", nil)
	case len(raw) != positionLen:
		return at, strange()
	}
	switch l := binary.BigEndian.Uint64(raw); l {
	case earlier:
	case layout:
		return at, stele.E(opTakeOver, stele.KindExists, "the ledger is this release's already", nil)
	default:
		return at, strange()
	}
	p := positionIn(raw)
	at = Standing{Head{Height: p.height, TimeMS: p.timeMS, AppHash: p.appHash}, p.events, newestEvent(s, p.height), founded(s)}
	return at, nil
}

// founded returns the subject of the ledger's first event.
func founded(s Reader) (subject stele.Subject) {
	first := new(wire.Event)
	if raw := s.Get(numbers(prefixEvent, 0, 0)); raw != nil && wire.Decode(eventIn(raw, 0), first) == nil {
		subject, _ = stele.SubjectFrom(first.Subject)
	}
	return subject
}

// newestEvent returns the height of the newest event. Where long nothing happened, it
// lies far back.
func newestEvent(s Reader, height int64) (newest int64) {
	for back := int64(1); ; back *= 2 {
		from := max(height-back, 0)
		s.Scan(numbers(prefixBlock, uint64(from)), []byte{prefixBlock + 1}, func(key, _ []byte) bool {
			newest = int64(binary.BigEndian.Uint64(key[1:]))
			return true
		})
		if newest > 0 || from == 0 {
			return newest
		}
	}
}

// strange is said of a ledger that neither this release nor the last one wrote.
func strange() error {
	return stele.E(opTakeOver, stele.KindInvalid, "the ledger is neither of this release nor of the one before", nil).
		WithHint("was the folder used with a newer stele? use that, or take over release by release")
}

// TakeOver folds the events of a ledger of the last release into an empty store, as a
// restore does. What comes out has the same app hash, or nothing is believed: then it
// fails with KindProof, and as Restore and Earlier otherwise.
// What it leaves in the new store when it fails is worth nothing.
func TakeOver(old, fresh Store, contracts []Contract, progress func(events uint64)) error {
	at, err := Earlier(old)
	if err != nil {
		return err
	}
	err = Restore(fresh, contracts, at.Head, func(each func([]byte) error) error { return eventsOf(old, each) }, progress)
	if stele.KindOf(err) == stele.KindProof {
		err = stele.E(opTakeOver, stele.KindProof, "the ledger in the folder is damaged: "+stele.TextOf(err), err).
			WithHint("nothing was changed; this member can take the ledger from the others: stele member upgrade --from-others")
	}
	return err
}

// eventsOf hands out all events of a ledger, log by log.
func eventsOf(old Store, each func([]byte) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			f, ok := p.(failure)
			if !ok {
				panic(p)
			}
			err = stele.E(opTakeOver, stele.KindProof, "an event can't be read", f.err)
		}
	}()
	s := old.Snapshot()
	defer s.Close()
	s.Scan([]byte{prefixEvent}, []byte{prefixEvent + 1}, func(key, row []byte) bool {
		if len(key) != 1+8+8 {
			err = lied("an event stands in no log")
			return false
		}
		err = each(slices.Clone(eventIn(row, binary.BigEndian.Uint64(key[9:]))))
		return err == nil
	})
	return err
}

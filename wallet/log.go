package wallet

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// Account is the owner's own log, complete and checked.
type Account struct {
	Header proof.Header // whose validators vouch for it
	Height int64        // of the state it is complete at
	Events []proof.Event
	Proof  *wire.LogProof
}

// Log fetches the owner's log and checks it: every event up to a height, none
// missing, under an app hash that more than two thirds of the validators signed,
// and a continuation of what this wallet has checked before. It fails with
// KindProof when any of that does not hold.
func (s *Session) Log(ctx context.Context) (*Account, error) {
	const op = "check log"
	log, p, err := s.newestLog(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.continues(log); err != nil {
		return nil, err
	}
	if log.Head.Height >= s.State.Head.Height { // what was seen is never forgotten
		s.State.Head = Head{Size: log.Head.Size, Root: log.Head.Root, Height: log.Head.Height}
	}
	return &Account{Header: log.Header, Height: log.Head.Height, Events: log.Events, Proof: p}, s.Save()
}

// stale is how old a member's newest block may be before another member is
// asked: there is one every ten seconds at least.
const stale = time.Minute

// newestLog asks the members in turn for a log up to now. A member that is
// behind, or that would rather not show the newest entries, has a true log that
// ends early; the longest one counts when nobody has a fresh one.
func (s *Session) newestLog(ctx context.Context) (newest proof.Log, given *wire.LogProof, last error) {
	for _, m := range s.inTurn() {
		attempt, cancel := context.WithTimeout(ctx, silence)
		p, err := m.Ledger.Log(attempt, s.own(m.Subject, 0))
		if attempt.Err() != nil {
			s.silents.note(m)
		}
		cancel()
		var log proof.Log
		if err == nil {
			log, err = s.checkLog(ctx, p)
		}
		if err != nil {
			last = err // the next member has a better answer, or none has
			continue
		}
		if given == nil || log.Head.Height > newest.Head.Height {
			newest, given = log, p
		}
		if newest.Head.Height >= s.State.Head.Height && s.Clock().Sub(newest.Header.Time) < stale {
			return newest, given, nil
		}
	}
	if given != nil {
		return newest, given, nil
	}
	if !transient(last) {
		return newest, nil, last
	}
	return newest, nil, stele.E("check log", stele.KindUnreachable, "no member answered", last).
		WithHint("check that the network is running: stele ledger status")
}

// continues checks that a whole log begins with the log that was checked last
// time.
func (s *Session) continues(log proof.Log) error {
	last := s.State.Head
	if log.Head.Height < last.Height {
		return nil // a member that is behind; what it says was true then
	}
	if log.Head.Size < last.Size {
		return stele.E("check log", stele.KindProof, "your log is shorter than it was: entries have been removed", nil)
	}
	var f merkle.Frontier
	for _, e := range log.Events[:last.Size] {
		f.Append(merkle.LeafHash(e.Raw))
	}
	if last.Size > 0 && f.Root() != last.Root {
		return stele.E("check log", stele.KindProof, "your log has been changed since it was last checked", nil)
	}
	return nil
}

package wallet

import (
	"context"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
)

// What a block holds is proved by the header of the next one. Whoever writes and
// looks at once would see the log as it was before; so a wallet remembers the block
// of its own newest event, and reading the log waits until that is proved.

// Written is the block of the newest event that a wallet put on its own log.
type Written struct {
	Height int64     `json:"height"`
	At     time.Time `json:"at"` // by this wallet's clock, when it heard of it
}

// provable is how long after a block its proof may take: the next block comes with
// the next transaction, and with the heartbeat every ten seconds at least. Nobody
// is waited for any longer.
const provable = 20 * time.Second

// lastWrite is the Written of a session, which may write many at once. What is worth
// a wait in the next session, too, goes into the state ([State.Wrote]).
type lastWrite struct {
	mu sync.Mutex
	Written
}

func (l *lastWrite) note(n *Net, o stele.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o.Height > l.Height && o.Subject == n.w.Subject() {
		l.Written = Written{o.Height, n.Clock().UTC()}
	}
}

// written returns the newest of this session and those before.
func (n *Net) written() Written {
	n.wrote.mu.Lock()
	defer n.wrote.mu.Unlock()
	if before := n.w.State().Wrote; before.Height > n.wrote.Height {
		return before
	}
	return n.wrote.Written
}

// Log reads on in the owner's log from where this wallet stopped, and checks it:
// every event up to a height, none missing, under an app hash that more than two
// thirds of the validators signed, and a continuation of what was checked before.
// It fails with KindProof when any of that does not hold.
//
// It waits until the log holds what this wallet wrote last, for as long as its proof
// may take; when the network is further behind, [OwnLog.Behind] says so.
func (s *Session) Log(ctx context.Context) (account *OwnLog, err error) {
	want := s.written()
	left := want.At.Add(provable).Sub(s.Clock())
	if left > provable { // the clock was set back
		left = 0
	}
	young := false // who joins has no log before
	if stopped := members.Retry(ctx, 50*time.Millisecond, left, func() bool {
		account, err = s.readLog(ctx, want.Height)
		young = want.Height > 0 && stele.KindOf(err) == stele.KindNotFound
		return young || err == nil && account.Height < want.Height
	}); stopped != nil {
		return nil, stopped
	}
	switch {
	case young:
		return nil, stele.E("check log", stele.KindUnreachable, "the network is behind: what you wrote last is not proved yet", err).
			WithHint("try again; stele ledger status shows how the network is")
	case err == nil && account.Height < want.Height:
		account.Behind = want.Height
	}
	return account, err
}

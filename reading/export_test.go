package reading

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
)

// What tests of the room from outside look at.

const Checking = checking
const ReleaseLimit = releaseLimit
const Pause = pause
const PerFolio = perFolio
const Allowed = allowed

var ErrRenewed = errRenewed

func (f *Folio) Key() seal.Key            { return f.key }
func (f *Folio) Name() []byte             { return f.name() }
func (f *Folio) Unlock(a0 seal.Key) error { return f.unlock(a0) }
func (f *Folio) Unlocked() bool           { return f.unlocked }
func (r *Reader) Prepare(a0 stele.Subject, a1 Question) (*open, error) {
	return r.prepare(context.Background(), a0, a1)
}
func (r *Reader) UnlockOwn(a0 *Folio)            { r.unlockOwn(a0) }
func (x *open) Access(a0 context.Context) error  { return x.access(a0) }
func (x *open) Attempt(a0 context.Context) error { return x.attempt(a0) }
func (x *open) Read(a0 context.Context, a1 func(*Folio) bool) ([]Record, error) {
	return x.read(a0, a1)
}

// NotedSilent reports whether a reading that lists are still to come for takes a vault for silent: others were asked
// besides it for the one folio that it was asked for, and its last answer is so old.
func (r *Reader) NotedSilent(by members.Member, quiet time.Duration) bool {
	folio := &Folio{asked: map[stele.Subject]bool{by.Subject: true}, fetched: true}
	s := &share{by: by, folios: []*Folio{folio}, left: true, last: time.Now().Add(-quiet)}
	f := &fetching{r: &reading{Reader: r}, shares: []*share{s}, missing: map[*Folio]bool{folio: true}}
	f.judge(true)
	return r.w.Network.WasSilent(by)
}

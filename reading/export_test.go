package reading

import (
	"context"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
)

// What tests of the room from outside look at.

const Checking = checking
const ReleaseLimit = releaseLimit
const Pause = pause
const PerFolio = perFolio

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

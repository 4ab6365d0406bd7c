package reading

import (
	"context"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
)

// What tests of the room from outside look at.

const Checking = checking
const ReleaseLimit = releaseLimit

func (x *Folio) Key() seal.Key                                         { return x.key }
func (x *Folio) Name() []byte                                          { return x.name() }
func (x *Folio) Unlock(a0 seal.Key) error                              { return x.unlock(a0) }
func (x *Folio) Unlocked() bool                                        { return x.unlocked }
func (x *Reader) Prepare(a0 stele.Subject, a1 Question) (*open, error) { return x.prepare(a0, a1) }
func (x *Reader) UnlockOwn(a0 *Folio)                                  { x.unlockOwn(a0) }
func (x *open) Access(a0 context.Context) error                        { return x.access(a0) }
func (x *open) Attempt(a0 context.Context) error                       { return x.attempt(a0) }
func (x *open) Read(a0 context.Context, a1 func(*Folio) bool) ([]Record, error) {
	return x.read(a0, a1)
}

package delivery

import (
	"github.com/stele-health/stele"
)

// What tests of the room from outside look at.

const DataOperation = dataOperation
const InMemory = inMemory
const KeptUnanchored = keptUnanchored
const MaxBatchRecords = maxBatchRecords
const MaxHeld = maxHeld

func (d *Desk) Book(a0 stele.Subject) string                     { return d.book(a0) }
func (d *Desk) Delivered() (*deliveredSet, error)                { return d.delivered() }
func (d *Desk) Fingerprint(a0 stele.Subject, a1 []byte) [16]byte { return d.fingerprint(a0, a1) }
func (d *Desk) GoneBook() (gone, error)                          { return d.goneBook() }
func (d *Desk) GonePrint(a0 string) [16]byte                     { return d.gonePrint(a0) }
func (d *Desk) MemoryFolder() string                             { return d.memoryFolder() }
func (d *Desk) Recall(a0 stele.Subject) (*memory, error)         { return d.recall(a0) }
func (d *Desk) Remember(a0 string, a1 []byte) error              { return d.remember(a0, a1) }
func (d *Desk) SealFrame(a0 frame) []byte                        { return d.sealFrame(a0) }
func (x *deliveredSet) Add(a0 [][16]byte) error                  { return x.add(a0) }
func (x *deliveredSet) Unsettled() []string                      { return x.unsettled }
func (x *memory) ByHandle() map[stele.ID]*kept                   { return x.byHandle }
func (x *memory) Standing(a0 string) []*kept                     { return x.standing(a0) }

type Frame = frame
type Kept = kept
type Pending = pending

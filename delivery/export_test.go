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

func (x *Desk) Book(a0 stele.Subject) string                     { return x.book(a0) }
func (x *Desk) Delivered() (*deliveredSet, error)                { return x.delivered() }
func (x *Desk) Fingerprint(a0 stele.Subject, a1 []byte) [16]byte { return x.fingerprint(a0, a1) }
func (x *Desk) GoneBook() (gone, error)                          { return x.goneBook() }
func (x *Desk) GonePrint(a0 string) [16]byte                     { return x.gonePrint(a0) }
func (x *Desk) MemoryFolder() string                             { return x.memoryFolder() }
func (x *Desk) Recall(a0 stele.Subject) (*memory, error)         { return x.recall(a0) }
func (x *Desk) Remember(a0 string, a1 []byte) error              { return x.remember(a0, a1) }
func (x *Desk) SealFrame(a0 frame) []byte                        { return x.sealFrame(a0) }
func (x *deliveredSet) Add(a0 [][16]byte) error                  { return x.add(a0) }
func (x *deliveredSet) Unsettled() []string                      { return x.unsettled }
func (x *memory) ByHandle() map[stele.ID]*kept                   { return x.byHandle }
func (x *memory) Standing(a0 string) []*kept                     { return x.standing(a0) }

type Frame = frame
type Kept = kept
type Pending = pending

package wallet

import (
	"context"

	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// What tests of the room from outside look at.

const FollowEvery = followEvery
const KeptEnded = keptEnded
const KeyTries = keyTries
const Leeway = leeway
const MaxOffered = maxOffered
const OfferedFor = offeredFor
const Provable = provable
const ValidFor = validFor

// EveryoneEnrolled is Enrolled, with those for whom another's keys speak.
func (w *Wallet) EveryoneEnrolled() ([]Enrolled, error) {
	return book.Values(enrolledRows.All(w.learned))
}

func (w *Wallet) PutSummary(k KeptSummary) error {
	return w.learned.Change(func(c *book.Change) error { return summaryRow.Set(c, k) })
}

func (x *Session) AskOffers(a0 context.Context) ([]Held, bool, error) { return x.askOffers(a0) }
func (x *Session) KeepRequests(a0 []Request) (all []Request, err error) {
	err = x.change(func(c *book.Change, _ *State) error { all, err = x.keepRequests(c, a0); return err })
	return all, err
}
func (d Draft) Of(a0 *wire.PublicKey) consent.Grant                    { return d.of(a0) }
func (x *Session) ForgetEnded() error                                  { return x.forgetEnded() }
func (x *Session) KeepFollowed(a0 proof.History, a1 Followed) error    { return x.followed(a0, a1) }
func (w *Wallet) FollowedSince(g proof.Genesis) (proof.History, error) { return w.followedSince(g) }
func (x *Session) Founders() []members.Member                          { return x.founders() }
func (x *Session) Revive(a0 context.Context) ([]Held, error)           { return x.revive(a0) }
func (x *Session) TakeKey(a0 context.Context, a1 Contact) (*wire.PublicKey, uint32, error) {
	return x.takeKey(a0, a1)
}
func (x *Session) TakeOffers(a0 context.Context) ([]Held, error) { return x.takeOffers(a0) }

type Mark = mark

var GivenRows = givenRows
var HeldRows = heldRows
var OfferedRows = offeredRows

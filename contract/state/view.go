package state

import (
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// Ledger is the ledger with what its contracts keep: what a member's own trustee,
// vault, directory and doors see.
type Ledger struct{ *ledger.Ledger }

var _ stele.Ledger = Ledger{}

// Subject returns a subject's current keys, or KindNotFound.
func (l Ledger) Subject(id stele.Subject) (keys stele.Keys, err error) {
	err = l.Read(func(s ledger.Reader, _ ledger.Moment) error {
		row := Subjects.Get(s, id[:])
		if row == nil {
			return notFound("subject")
		}
		keys = stele.Keys{Subject: id, Created: row.Created, Leaf: ledger.LeafOf(s, id), Died: Died(s, id[:]), Turn: row.Turn}
		copy(keys.Into[:], row.Into)
		if len(Speaking(s, id[:]).Enrolled) != 0 { // or the subject that it is merged into has been claimed
			copy(keys.Enrolled[:], row.Enrolled)
		}
		if len(row.Emergency) == len(keys.Emergency) {
			keys.Emergency = stele.Digest(row.Emergency)
		}
		if len(row.Into) != 0 {
			copy(keys.Before[:], row.Before)
			for _, d := range row.Devices {
				if len(d.SealKey) != 0 {
					keys.Own = append(keys.Own, d.SealKey)
				}
			}
		}
		for _, d := range Speaking(s, id[:]).Devices {
			keys.Signing = append(keys.Signing, wire.Key(d.Signing))
			if len(d.SealKey) != 0 {
				keys.Seal = append(keys.Seal, d.SealKey)
			}
		}
		return nil
	})
	return keys, err
}

// Grant returns a grant as of the newest block, or KindNotFound.
func (l Ledger) Grant(id stele.ID) (grant stele.Grant, err error) {
	err = l.Read(func(s ledger.Reader, at ledger.Moment) error {
		row := Grants.Get(s, id[:])
		if row == nil {
			return notFound("grant")
		}
		uses := Uses.Get(s, id[:])
		grant = stele.Grant{
			ID: id, Subject: stele.Subject(row.Subject), Action: stele.Action(row.Action), Grantee: wire.Key(row.Grantee),
			NotBefore: moment(row.NotBeforeMs), End: moment(row.EndMs), MaxUses: row.MaxUses, Uses: uses.GetUses(),
			Commitment: stele.Digest(row.Commitment), Status: Standing(s, row, uses, at.TimeMS), Height: row.Height, Emergency: len(row.Member) != 0,
			Review: row.Outcome, Died: Died(s, row.Subject) != 0, Returned: row.Returned,
		}
		copy(grant.Delegation[:], row.Delegation)
		for _, member := range row.Members {
			grant.Members = append(grant.Members, stele.Subject(member))
		}
		if grant.Emergency {
			grant.Member, grant.ReviewBy = stele.Subject(row.Member), moment(row.ReviewByMs)
		}
		return nil
	})
	return grant, err
}

// Beside returns the other subjects that are one person with this one: that which it is merged into,
// and those that are merged into either. It costs a row of each, however long their logs are.
func (l Ledger) Beside(subject stele.Subject) (others []stele.Subject, err error) {
	err = l.Read(func(s ledger.Reader, _ ledger.Moment) error {
		for _, row := range person(s, subject[:]) {
			if other, err := stele.SubjectFrom(row.GetSubject()); err == nil && other != subject { // no row: no such subject
				others = append(others, other)
			}
		}
		return nil
	})
	return others, err
}

// Access returns a permitted access, or KindNotFound.
func (l Ledger) Access(request stele.ID) (access stele.Access, err error) {
	err = l.Read(func(s ledger.Reader, _ ledger.Moment) error {
		place := Accesses.Get(s, request[:])
		if place == nil {
			return notFound("access")
		}
		e := ledger.EventAt(s, place)
		permitted := e.GetAccessPermitted()
		access = stele.Access{
			Request: request, Subject: stele.Subject(e.Subject), Grant: stele.ID(permitted.GetGrant()),
			Detail: stele.Digest(permitted.GetDetailCommitment()), ReaderKey: stele.Digest(permitted.GetReaderKeyHash()),
			Height: e.Height, At: moment(e.TimeMs), Until: moment(permitted.GetUntilMs()),
		}
		return nil
	})
	return access, err
}

// Anchor returns the anchor of a subject's submission, or KindNotFound.
func (l Ledger) Anchor(subject stele.Subject, submission stele.ID) (anchor stele.Anchor, err error) {
	err = l.Read(func(s ledger.Reader, _ ledger.Moment) error {
		e, _, err := anchorOf(s, subject, submission)
		if err != nil {
			return err
		}
		anchored := e.GetAnchored()
		anchor = stele.Anchor{
			Submission: submission, Subject: stele.Subject(e.Subject), Grant: stele.ID(anchored.GetGrant()),
			Root: stele.Digest(anchored.GetRoot()), Height: e.Height, At: moment(e.TimeMs),
		}
		return nil
	})
	return anchor, err
}

// anchorOf finds the anchor of a subject's submission, and its place.
func anchorOf(s ledger.Reader, subject stele.Subject, submission stele.ID) (*wire.Event, *ledger.Place, error) {
	if place := Anchors.Get(s, submission[:]); place != nil {
		if e := ledger.EventAt(s, place); string(e.Subject) == string(subject[:]) {
			return e, place, nil
		}
	}
	return nil, nil, notFound("anchor")
}

// Late reports whether the death is recorded of whose chart a claim would take over. It fails with KindDenied where the chart
// waits for no slip whose key has signed the claim: a death is told to nobody else who asks about a DID.
func (l Ledger) Late(subject stele.Subject, claim *wire.Signed) (died bool, err error) {
	keys, err := wire.Check(wire.TagTransaction, claim)
	if err != nil {
		return false, err
	}
	_, _, m, err := wire.ReadClaim(wire.Marshal(claim))
	if err != nil {
		return false, err
	}
	err = l.Read(func(s ledger.Reader, _ ledger.Moment) error {
		row := Subjects.Get(s, subject[:])
		if string(m.Subject) != string(subject[:]) || !slices.Contains(keys, wire.Key(row.GetSlip())) {
			return stele.E("read subject", stele.KindDenied, "no subject that waits for the slip whose key signed", nil).
				WithHint("a slip is used once; check that its groups were typed as they stand there")
		}
		died = Died(s, subject[:]) != 0
		return nil
	})
	return died, err
}

// Spoke returns the anchor of a delivery to a chart, and the signature keys of whoever spoke for a source when
// it was made: those that they have now. It fails with KindNotFound where there is no such anchor or source.
func (l Ledger) Spoke(source, chart stele.Subject, submission stele.ID) (anchor *wire.Anchored, keys []stele.PublicKey, err error) {
	err = l.Read(func(s ledger.Reader, _ ledger.Moment) error {
		e, place, err := anchorOf(s, chart, submission)
		if err != nil {
			return err
		}
		row := SpeakingAt(s, source[:], place)
		if row == nil {
			return notFound("subject")
		}
		anchor = e.GetAnchored()
		for _, d := range row.Devices {
			keys = append(keys, wire.Key(d.Signing))
		}
		return nil
	})
	return anchor, keys, err
}

// StatusList returns a subject's newest status list, or KindNotFound.
func (l Ledger) StatusList(issuer stele.Subject) (list stele.StatusList, err error) {
	err = l.Read(func(s ledger.Reader, _ ledger.Moment) error {
		row := Statuses.Get(s, issuer[:])
		if row == nil {
			return notFound("status list")
		}
		list = stele.StatusList{Issuer: issuer, Epoch: row.Epoch, Hash: stele.Digest(row.Hash), Posted: moment(row.TimeMs)}
		return nil
	})
	return list, err
}

// ProveBatch returns the event that posted a batch of receipts, with its proof. It
// fails as ledger.ProvePlace.
func (l Ledger) ProveBatch(batch stele.ID) (*wire.EntryProof, error) {
	return l.ProvePlace(func(s ledger.Reader) *ledger.Place { return Batches.Get(s, batch[:]) })
}

func notFound(what string) error {
	return stele.E("read the ledger", stele.KindNotFound, "no such "+what, nil)
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

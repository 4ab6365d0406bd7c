package api

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Direct is a Ledger in the words of the root package instead of questions and
// answers: what wallets and other members' rooms call. It is a
// stele.Submitter.
type Direct struct{ Ledger Ledger }

var _ stele.Submitter = Direct{}

// Submit puts a signed transaction on the ledger; see stele.Submitter.
func (d Direct) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	r, err := d.Ledger.Submit(ctx, &SubmitRequest{Transaction: tx})
	if err != nil {
		return stele.Outcome{}, err
	}
	subject, err := stele.SubjectFrom(r.Subject)
	return stele.Outcome{Subject: subject, Height: r.Height, Seq: r.Seq, Time: time.UnixMilli(r.TimeMs).UTC(), Event: r.Event}, err
}

// Height returns the newest final height.
func (d Direct) Height(ctx context.Context) (int64, error) {
	r, err := d.Ledger.Status(ctx, &StatusRequest{})
	return r.GetHeight(), err
}

// Keys returns a subject's current keys, or KindNotFound.
func (d Direct) Keys(ctx context.Context, subject stele.Subject) ([]*wire.Device, error) {
	r, err := d.Ledger.Subject(ctx, &SubjectRequest{Did: subject.String()})
	return r.GetDevices(), err
}

// Turn returns how often a subject was merged into another and parted: odd while it is, and then
// the other's keys speak for it.
func (d Direct) Turn(ctx context.Context, subject stele.Subject) (uint32, error) {
	r, err := d.Ledger.Subject(ctx, &SubjectRequest{Did: subject.String()})
	return r.GetTurn(), err
}

// Late reports whether the death is recorded of whose chart a claim would take over. It fails with KindDenied where the slip's
// key has not signed the claim: it is told to nobody else.
func (d Direct) Late(ctx context.Context, subject stele.Subject, claim *wire.Signed) (bool, error) {
	r, err := d.Ledger.Subject(ctx, &SubjectRequest{Did: subject.String(), Claim: claim})
	return r.GetDied(), err
}

// Spoke returns the anchor of a delivery to a chart, and the devices of whoever spoke for its source when it
// was made, with their signature keys of now; or KindNotFound.
func (d Direct) Spoke(ctx context.Context, source, chart stele.Subject, submission stele.ID) (*wire.Anchored, []*wire.Device, error) {
	r, err := d.Ledger.Subject(ctx, &SubjectRequest{Did: source.String(), Chart: chart[:], Submission: submission[:]})
	return r.GetAnchor(), r.GetDevices(), err
}

// Log returns a log with its proof; request is an OwnRequest.
func (d Direct) Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error) {
	r, err := d.Ledger.Log(ctx, &LogRequest{Request: request})
	return r.GetProof(), err
}

// WatchLog calls each with the length of a log, as it grows; request is an OwnRequest.
func (d Direct) WatchLog(ctx context.Context, request *wire.Signed, each func(size uint64) error) error {
	return d.Ledger.WatchLog(ctx, &WatchLogRequest{Request: request}, func(g *LogGrown) error { return each(g.GetSize()) })
}

// Consortium returns a page of the consortium's own log.
func (d Direct) Consortium(ctx context.Context, since, until uint64) (*wire.LogProof, error) {
	r, err := d.Ledger.Log(ctx, &LogRequest{Since: since, Until: until})
	return r.GetProof(), err
}

// Entry returns a transaction's event with its proof.
func (d Direct) Entry(ctx context.Context, tx stele.Digest) (*wire.EntryProof, error) {
	r, err := d.Ledger.Entry(ctx, &EntryRequest{Transaction: tx[:]})
	return r.GetProof(), err
}

// Grant says where a grant stands that is as g says: its subject, action, key and
// commitment. It returns g with status and end, whether its holder gave it back, whether the subject has died, which other charts are the same
// person's, and of an opening in an emergency its review and its uses. It fails with KindNotFound where the ledger has none like it.
func (d Direct) Grant(ctx context.Context, g stele.Grant) (stele.Grant, error) {
	r, err := d.Ledger.Grant(ctx, &GrantRequest{
		Grant: g.ID[:], Subject: g.Subject[:], Action: uint32(g.Action), Grantee: wire.FromKey(g.Grantee), Commitment: g.Commitment[:],
	})
	if err != nil {
		return stele.Grant{}, err
	}
	g.Status, g.End, g.Review, g.Died, g.Returned = stele.GrantStatus(r.Status), time.UnixMilli(r.EndMs).UTC(), r.Review, r.Died, r.Returned
	for _, other := range r.Beside {
		subject, err := stele.SubjectFrom(other)
		if err != nil {
			return stele.Grant{}, err
		}
		g.Beside = append(g.Beside, subject)
	}
	if r.ReviewByMs != 0 {
		g.Emergency, g.ReviewBy, g.Uses = true, time.UnixMilli(r.ReviewByMs).UTC(), r.Uses
	}
	return g, nil
}

// Light returns a header with commit and validators; 0 is the newest.
func (d Direct) Light(ctx context.Context, height int64) (*wire.LightBlock, error) {
	r, err := d.Ledger.Light(ctx, &LightRequest{Height: height})
	return r.GetLight(), err
}

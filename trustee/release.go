package trustee

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// MaxCapsules is how many capsules one request may name.
const MaxCapsules = 1000

// refusal is the only error a reader ever gets.
var refusal = stele.E("release", stele.KindDenied, "the trustee released nothing", nil)

// Release answers a reader: partial decryptions of all capsules named, or one
// refusal. Nothing is released in part.
func (t *Trustee) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	arrived := time.Now()
	a := &release{t: t, in: in, from: stele.CallerOf(ctx)}
	out, why := a.answer(ctx)
	if why == "" {
		t.released.Add(1)
		return out, nil
	}
	t.limits.refused.Add(1)
	t.keepLater(a, why)
	t.waitOut(ctx, arrived, len(in.GetCapsules()))
	return nil, refusal
}

// keepLater keeps a refused asking for the patient while its answer waits to be
// due. The answer does not wait for the disk: only some refusals are kept, and a
// slow disk would tell which.
func (t *Trustee) keepLater(a *release, why asking.Reason) {
	t.keeping.RLock()
	if t.closed { // who asked went away, and the trustee after them
		t.keeping.RUnlock()
		return
	}
	t.done.Go(func() {
		defer t.keeping.RUnlock()
		a.keepRefusal(why)
	})
}

// kept returns when all refusals that were answered before are kept.
func (t *Trustee) kept() {
	t.keeping.Lock()
	t.keeping.Unlock()
}

// waitOut returns at the moment when a refusal of an asking for n capsules is
// due.
//
// A timer of Go sleeps in whole milliseconds from the moment it is set, so it
// would wake at a moment that tells how long the work took. It wakes us early,
// and short naps, which are exact, do the rest.
func (t *Trustee) waitOut(ctx context.Context, arrived time.Time, n int) {
	floor := t.cfg.Refusal + time.Duration(min(n, MaxCapsules))*t.cfg.RefusalEach
	due := arrived.Add((time.Since(arrived)/floor + 1) * floor)
	timer := time.NewTimer(time.Until(due) - exactly)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done(): // the caller has gone and measures nothing any more
		return
	}
	for left := time.Until(due); left > 0; left = time.Until(due) {
		t.cfg.Nap(left)
	}
}

// exactly is how long before a refusal is due the timer wakes.
const exactly = 2 * time.Millisecond

// Why a trustee whose committee changes releases nothing.
const (
	noShare asking.Reason = "the trustee holds no share of the committee of today"
	renewed asking.Reason = "the committee was renewed while the trustee computed"
)

// release is one request to release.
type release struct {
	*asking.Reading
	t    *Trustee
	in   *wire.ReleaseRequest
	from stele.Caller

	capsules [][]byte
	labels   [][]byte // TDH2 labels
	covers   []stele.Label
	shown    [][]byte // what they say, without doubles, for the patient
	records  uint64
	batch    *threshold.Batch
}

// answer judges the asking and computes the release. The second result says
// why there is none, for the patient only.
func (a *release) answer(ctx context.Context) (*wire.ReleaseResponse, asking.Reason) {
	if why := a.judged(); why != asking.Permitted {
		return nil, why
	}
	asker := a.Card.Subject()
	if !a.t.turns.Take(ctx.Done(), asker) {
		return nil, "the asker went away"
	}
	defer a.t.turns.Leave(asker)
	if why := a.checkCapsules(); why != "" {
		return nil, why
	}
	// The label that a capsule is bound to names the committee by its key. The key
	// outlives the epochs; whose partial decryptions fit is up to the one in force.
	share := a.t.cfg.Share(a.Consortium.Committee.Epoch)
	if share == nil {
		return nil, noShare
	}
	receipt := a.receipt(share)
	partials, proof, err := share.Partials(a.batch, wire.ReleaseContext(receipt))
	if err != nil {
		a.t.cfg.Log.Error("trustee cannot use its share", "kind", stele.KindOf(err).String())
		return nil, "the trustee's share is not the committee's"
	}

	// Computing took a while. What goes out is what the newest block allows.
	if why := a.Again(); why != asking.Permitted {
		return nil, why
	}
	if now, err := a.t.cfg.Ledger.Consortium(); err != nil || now.Committee.Epoch != share.Epoch() {
		return nil, renewed // the receipt's height would say that another committee released
	}
	answer := wire.AnswerDigest(partials, proof)
	receipt.Height, receipt.TimeMs, receipt.Answer = a.Newest.Height, a.Now.UnixMilli(), answer[:]
	released := &wire.Released{
		Share: receipt.Share, Epoch: receipt.Epoch, Partials: partials, Proof: proof,
		Receipt: wire.Sign(wire.TagReceipt, receipt, a.t.cfg.Signer),
	}
	sealed, err := seal.SealTo(a.Asked.ReaderKey, seal.TagRelease, wire.ReleasedContext(a.t.cfg.Member, a.Request), wire.Marshal(released))
	if err != nil {
		return nil, "the reader's key is no seal key"
	}
	if !a.keepRelease(released.Receipt) {
		return nil, "the trustee could not keep a record of the reading"
	}
	return &wire.ReleaseResponse{Sealed: sealed}, ""
}

// judged judges everything but the capsules.
func (a *release) judged() (why asking.Reason) {
	if len(a.in.GetCapsules()) > MaxCapsules {
		a.Reading = new(asking.Reading)
		return "the request was malformed"
	}
	judge := &asking.Judge{Ledger: a.t.cfg.Ledger, Chain: a.t.cfg.Chain, Member: a.t.cfg.Member, Clock: a.t.cfg.Clock, Slots: a.t.cfg.Slots}
	if a.Reading, why = judge.Read(a.in.GetRequest()); why == asking.TooLong {
		a.Asked.Detail = shortened(&a.Detail)
	}
	return why
}

// receipt returns the trustee's word on this release, but for height, time and
// answer.
func (a *release) receipt(share *threshold.Share) *wire.Receipt {
	digest := wire.CapsulesDigest(a.capsules, a.labels)
	return &wire.Receipt{
		Chain: a.t.cfg.Chain, Member: a.t.cfg.Member[:], Share: uint32(share.Index()), Epoch: share.Epoch(),
		Request: a.Request[:], Subject: a.Subject[:], Grant: a.GrantID[:], Capsules: digest[:],
		Count: uint32(len(a.capsules)), ReaderKeyHash: a.Access.ReaderKey[:], Disclosure: a.Disclosure(a.covers),
	}
}

package reading

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// This file gets folio keys from the trustees.

// maxCapsules is how many capsules a trustee takes at once.
const maxCapsules = 1000

// claim is a folio as some vaults list it, with the capsule that they give.
type claim struct {
	f *Folio
	listed
	part *wire.RecordCapsule // that of one record; nil: the folio's
}

// unlock has the trustees release the keys of folios. Those that it gets are
// unlocked afterwards.
func (o *open) unlock(ctx context.Context, listing *members.Round[list], claims []claim) error {
	err := o.unlockAll(ctx, claims)
	if stele.KindOf(err) != stele.KindDenied {
		return err
	}
	// Trustees refuse a request as a whole, and a reader can't check anchors: a
	// vault that lists what was never anchored would close every chart. What can be
	// relied on shows when all have said what they hold.
	o.all(listing)
	o.hurried = true // their nodes have had the time to see the opening
	return o.unlockApart(ctx)
}

// unlockApart asks apart for what several vaults list, and for what each lists:
// first what more vaults list alike than may be faulty, then the rest vault by vault.
func (o *open) unlockApart(ctx context.Context) error {
	var sure []claim
	had := map[*wire.FolioItem]bool{} // keys of it
	for _, f := range o.folios {
		if l := f.most(); f.locked() && len(l.by) > o.faulty() {
			sure = append(sure, claimsOf(f, l)...)
			had[l.item] = true
		}
	}
	if err := o.unlockAll(ctx, sure); err != nil {
		return err
	}
	var refusedFor []members.Member
	for _, m := range o.w.Network.All() {
		var alone []claim
		for _, f := range o.folios {
			if item := f.listedBy(m); f.locked() && item != nil && !had[item] {
				alone = append(alone, claimsOf(f, listed{item: item, by: []members.Member{m}})...)
			}
		}
		switch err := o.unlockAll(ctx, alone); {
		case stele.KindOf(err) == stele.KindDenied:
			refusedFor = append(refusedFor, m)
		case err != nil:
			return err
		}
	}
	unlocked := 0
	for _, f := range o.folios {
		for i := range f.listed {
			f.listed[i].tried = true
		}
		if f.unlocked {
			unlocked++
		}
	}
	if unlocked == 0 && o.refused(ctx) {
		return refused()
	}
	for _, m := range refusedFor {
		o.fault(m, "listed folios that the trustees did not release")
	}
	return nil
}

// locked reports whether the folio's own key is not there, which opens all of it.
func (f *Folio) locked() bool { return !f.unlocked || len(f.parts) > 0 }

// most returns how most vaults list a folio.
func (f *Folio) most() (most listed) {
	for _, l := range f.listed {
		if len(l.by) > len(most.by) {
			most = l
		}
	}
	return most
}

// untried returns what no trustee was asked for yet: of each folio that is locked
// the way most vaults list it that was not tried.
func (o *open) untried() (claims []claim) {
	for _, f := range o.folios {
		if !f.locked() {
			continue
		}
		best := -1
		for i, l := range f.listed {
			if !l.tried && (best < 0 || len(l.by) > len(f.listed[best].by)) {
				best = i
			}
		}
		if best >= 0 {
			f.listed[best].tried = true
			claims = append(claims, claimsOf(f, f.listed[best])...)
		}
	}
	return claims
}

// refused reports whether the whole reading is refused: by more vaults than may
// be faulty.
func (o *open) refused(ctx context.Context) bool {
	n, allowed, denied := len(o.w.Network.All()), 0, 0
	for r := range members.All(ctx, o.w.Network, func(ctx context.Context, m members.Member) (struct{}, error) {
		return struct{}{}, m.Vault.GetRecords(ctx, o.records(m, nil), func(*wire.GetRecordsResponse) error { return nil })
	}) {
		switch {
		case r.Err == nil:
			allowed++
		case stele.KindOf(r.Err) == stele.KindDenied:
			denied++
		}
		if denied > o.faulty() || allowed >= n-o.faulty() {
			break
		}
	}
	return denied > o.faulty()
}

func (o *open) unlockAll(ctx context.Context, claims []claim) error {
	for part := range slices.Chunk(claims, maxCapsules) {
		if err := o.release(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// releaseLimit is how long a trustee may take for a release.
const releaseLimit = 10 * time.Second

// release gets the keys of some folios from any t trustees. It asks t of them,
// the own member's first, and one more for each that fails or is late. (All at
// once would cost every trustee's time at every opening, and a receipt more.)
//
// Where the committee is renewed meanwhile, those of the new one are asked.
func (o *open) release(ctx context.Context, claims []claim) error {
	for {
		run := o.w.Consortium()
		err := o.releaseBy(ctx, run, claims)
		if err == nil || !o.runOut(run) {
			return err
		}
	}
}

// demand is what is asked of the trustees of one committee. It stays as it is while those
// that are late still answer, whoever is asked meanwhile.
type demand struct {
	run      *wire.Consortium // whose trustees are asked
	batch    *threshold.Batch
	request  *wire.ReleaseRequest
	capsules stele.Digest
	together *wire.Disclosure // what must come with it; nil: nothing
}

func (o *open) releaseBy(ctx context.Context, run *wire.Consortium, claims []claim) error {
	committee := run.Committee.Held()
	capsules, labels, covered := make([][]byte, len(claims)), make([][]byte, len(claims)), make([]stele.Label, len(claims))
	request := &wire.ReleaseRequest{}
	for i, c := range claims {
		ref, label := o.capsule(run, c)
		capsules[i], labels[i], covered[i] = ref.Capsule, label, c.f.Label
		request.Capsules = append(request.Capsules, ref)
	}
	batch, err := threshold.CheckBatch(committee, capsules, labels)
	if err != nil {
		return stele.E("open chart", stele.KindProof, "a vault gave a capsule that belongs elsewhere", err)
	}
	together, err := o.disclosure(covered)
	if err != nil {
		return err
	}
	parts, err := o.partials(ctx, demand{run, batch, request, wire.CapsulesDigest(capsules, labels), together}, committee.Threshold)
	if err != nil {
		return err
	}
	keys, err := batch.Combine(parts...)
	if err != nil {
		return err
	}
	if together != nil {
		o.opening.Disclosure = together
	}
	for i, c := range claims {
		if c.part != nil {
			c.f.unlockPart(c, seal.Key(keys[i]))
		} else if c.f.unlock(seal.Key(keys[i])) != nil {
			o.misfits(c.f.Claimed, c.by, "a capsule that holds another key than its records'")
		}
	}
	return nil
}

// disclosure is what must come with keys of these labels.
func (o *open) disclosure(labels []stele.Label) (*wire.Disclosure, error) {
	if o.activation != nil {
		return asking.EmergencyDisclosure(labels), nil
	}
	document, err := consent.Parse(o.held.Document)
	return asking.Disclosure(document, labels), err
}

// misfits tells of a capsule that is worth nothing. What more vaults list alike than
// may be faulty was delivered so.
func (o *open) misfits(source stele.Subject, by []members.Member, what string) {
	if len(by) > o.faulty() {
		o.fault(members.Member{Name: o.nameOf(source)}, "delivered "+what)
		return
	}
	for _, m := range by {
		o.fault(m, "listed "+what)
	}
}

// partials collects t verified answers.
func (o *open) partials(ctx context.Context, d demand, t int) ([]*threshold.Verified, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		part *threshold.Verified
		by   *wire.Released
	}
	wait := members.Lag
	if o.hurried {
		wait = 0
	}
	a := members.NewRound(ctx, o.w.Network, o.w.Network.InTurn(), func(ctx context.Context, m members.Member) (answer, error) {
		part, by, err := o.partialFrom(ctx, m, d, wait)
		return answer{part, by}, err
	})
	a.Limit = releaseLimit
	n, start := len(a.Left), time.Now()
	a.Next(t)
	hedge := time.NewTimer(time.Second)
	defer hedge.Stop()
	var parts []*threshold.Verified
	var last error
	for failed, denied := 0, 0; len(parts) < t; {
		switch {
		case failed <= n-t:
		case denied > o.faulty():
			return nil, refused()
		case len(a.Waiting) == 0:
			return nil, stele.E("open chart", stele.KindUnreachable, fmt.Sprintf("fewer than %d of %d trustees answered", t, n), last).
				WithHint("this many are needed, whoever asks; try again when more members are up")
		}
		select {
		case r := <-a.Replies:
			if a.Heard(r); r.Err == nil {
				parts = append(parts, r.Answer.part)
				o.opening.Trustees = append(o.opening.Trustees, r.Member.Name)
				o.opening.Receipts = append(o.opening.Receipts, r.Answer.by.Receipt)
				if len(parts) == t-1 {
					// The last one gets as long again as the others took.
					hedge.Reset(max(20*time.Millisecond, time.Since(start)))
				}
				continue
			}
			if errors.Is(r.Err, errRenewed) && o.runOut(d.run) {
				return nil, r.Err
			}
			failed, denied, last = failed+1, denied+o.failed(r.Member, r.Err), r.Err
			a.Next(1)
		case <-hedge.C:
			if time.Since(start) > members.Patience {
				a.NoteWaiting()
			}
			a.Next(1)
			hedge.Reset(time.Second)
		case <-ctx.Done():
			return nil, stele.E("open chart", stele.KindUnreachable, "the trustees took too long", ctx.Err()).
				WithHint("try again; stele ledger status shows who is up")
		}
	}
	return parts, nil
}

// errRenewed is said of a release by another committee than was asked, which was in force
// at the block that the receipt names.
var errRenewed = errors.New("the committee has been renewed")

// runOut reports whether another committee is in force than was asked.
func (o *open) runOut(run *wire.Consortium) bool {
	return o.w.Committee().Epoch != run.Committee.GetEpoch()
}

// failed tells of a trustee that gave nothing, unless it refused: then it is one denial.
func (o *open) failed(m members.Member, err error) (denied int) {
	switch {
	case stele.KindOf(err) == stele.KindDenied:
		return 1
	case !errors.Is(err, errRenewed):
		o.prove(m, faultOf(err), o.evidence(err))
	}
	return 0
}

// renewed fails with errRenewed where a receipt is another committee's, rightly so: the
// trustee is a block ahead of what the wallet knows of the consortium, or one behind.
func (o *open) renewed(ctx context.Context, run *wire.Consortium, m members.Member, receipt *wire.Receipt) error {
	if receipt.Epoch == run.Committee.GetEpoch() {
		return nil
	}
	_, err := o.w.FollowTo(ctx, receipt.Height)
	if err == nil && o.w.History().At(receipt.Height).Committee.GetEpoch() != receipt.Epoch {
		return nil // it is judged as any other
	}
	return stele.E("check release", stele.KindBusy, m.Name+" released for another committee than was asked", errors.Join(errRenewed, err)).WithHint("try again")
}

func faultOf(err error) string {
	if stele.KindOf(err) == stele.KindProof {
		return "answered wrongly as trustee"
	}
	return "did not answer as trustee"
}

// partialFrom asks one trustee and checks its answer.
func (o *open) partialFrom(ctx context.Context, m members.Member, d demand, wait time.Duration) (*threshold.Verified, *wire.Released, error) {
	const op = "check release"
	response, err := members.Patiently(ctx, wait, func(ctx context.Context) (*wire.ReleaseResponse, error) {
		return m.Trustee.Release(ctx, &wire.ReleaseRequest{Request: o.request(m), Capsules: d.request.Capsules})
	})
	if err != nil {
		return nil, nil, err
	}
	raw, err := o.reader.Open(seal.TagRelease, wire.ReleasedContext(m.Subject, o.id), response.Sealed)
	if err != nil {
		return nil, nil, stele.E(op, stele.KindProof, "the release is not sealed to this reading", err)
	}
	released, receipt := new(wire.Released), new(wire.Receipt)
	if err := wire.Decode(raw, released); err != nil {
		return nil, nil, stele.E(op, stele.KindProof, "unreadable", err)
	}
	keys, err := wire.Open(wire.TagReceipt, released.Receipt, receipt)
	if err != nil {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt is not signed", err)
	}
	if err := o.renewed(ctx, d.run, m, receipt); err != nil {
		return nil, nil, err
	}
	founder := d.run.Member(m.Subject)
	if founder == nil || len(keys) != 1 || keys[0] != wire.Key(founder.Trustee) || founder.Share != released.Share {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt is not the trustee's", nil)
	}
	// What the release is bound to is what was asked, not what the trustee says.
	keyHash := wire.ReaderKeyHash(o.reader.Public())
	asked := wire.ReleaseContext(&wire.Receipt{
		Chain: d.run.Chain, Member: m.Subject[:], Share: founder.Share, Epoch: d.run.Committee.GetEpoch(),
		Request: o.id[:], Subject: o.subject[:], Grant: o.held.Grant[:], Capsules: d.capsules[:], Count: uint32(len(d.request.Capsules)),
		ReaderKeyHash: keyHash[:], Disclosure: d.together,
	})
	if d.together != nil && !proto.Equal(receipt.Disclosure, d.together) {
		return nil, nil, stele.E(op, stele.KindProof, "it released substance use records without the notice that goes with them (42 CFR 2.32)", nil)
	}
	if string(wire.ReleaseContext(receipt)) != string(asked) {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt is about something else", nil)
	}
	if receipt.Height < o.opening.Outcome.Height {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt names a block before the opening's", nil)
	}
	if answer := wire.AnswerDigest(released.Partials, released.Proof); string(receipt.Answer) != string(answer[:]) {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt is about another answer", nil)
	}
	part, err := d.batch.VerifyPartials(int(released.Share), asked, released.Partials, released.Proof)
	if err != nil {
		// The trustee signed this answer, so that others need not take our word.
		wrong := &wire.Misrelease{Released: released}
		for _, c := range d.request.Capsules {
			wrong.Heads, wrong.Capsules = append(wrong.Heads, c.Head), append(wrong.Capsules, c.Capsule)
			wrong.Handles = append(wrong.Handles, c.Handle)
		}
		if !slices.ContainsFunc(wrong.Handles, func(h []byte) bool { return len(h) > 0 }) {
			wrong.Handles = nil
		}
		return nil, nil, misreleased{err, wrong}
	}
	return part, released, nil
}

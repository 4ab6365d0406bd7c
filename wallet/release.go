package wallet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// This file gets folio keys from the trustees.

// maxCapsules is how many capsules a trustee takes at once.
const maxCapsules = 1000

// unlock has the trustees release the keys of folios. Those that it gets are
// unlocked afterwards.
func (o *open) unlock(ctx context.Context, folios []*Folio) error {
	for _, f := range folios {
		f.tried = true
	}
	err := o.unlockAll(ctx, folios)
	if stele.KindOf(err) != stele.KindDenied {
		return err
	}
	// Trustees refuse a request as a whole, and a reader can't check anchors: a
	// vault that lists what was never anchored would close every chart. What
	// more vaults list than may be faulty goes first, the rest vault by vault.
	faulty := (len(o.s.Consortium.Members) - 1) / 3
	alone := map[stele.Subject][]*Folio{}
	var sure []*Folio
	for _, f := range folios {
		if len(f.holders) > faulty {
			sure = append(sure, f)
		} else {
			alone[f.holders[0].Subject] = append(alone[f.holders[0].Subject], f)
		}
	}
	if len(alone) == 0 || len(sure) == 0 && len(alone) == 1 {
		return err
	}
	if err := o.unlockAll(ctx, sure); err != nil {
		return err
	}
	released := len(sure)
	for _, m := range o.s.Network.Members {
		folios := alone[m.Subject]
		switch e := o.unlockAll(ctx, folios); {
		case e == nil:
			released += len(folios)
		case stele.KindOf(e) == stele.KindDenied:
			o.fault(m, "listed folios that the trustees did not release")
		default:
			return e
		}
	}
	if released == 0 {
		return err
	}
	return nil
}

func (o *open) unlockAll(ctx context.Context, folios []*Folio) error {
	for part := range slices.Chunk(folios, maxCapsules) {
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
func (o *open) release(ctx context.Context, folios []*Folio) error {
	committee := o.s.committee()
	capsules, labels := make([][]byte, len(folios)), make([][]byte, len(folios))
	request := &wire.ReleaseRequest{}
	for i, f := range folios {
		capsules[i] = f.Item.Capsule
		labels[i] = wire.CapsuleLabelBytes(o.s.Consortium.Chain, committee.Key, o.subject, f.Head, f.Digest)
		request.Capsules = append(request.Capsules, &wire.CapsuleRef{
			Submission: f.Item.Submission, Head: f.Item.Head, Label: f.Item.Label, Capsule: f.Item.Capsule,
			Index: f.Item.Index, Folios: f.Item.Folios, Path: f.Item.Path,
		})
	}
	batch, err := threshold.CheckBatch(committee, capsules, labels)
	if err != nil {
		return stele.E("open chart", stele.KindProof, "a vault gave a capsule that belongs elsewhere", err)
	}
	parts, err := o.partials(ctx, batch, request, wire.CapsulesDigest(capsules, labels), committee.Threshold)
	if err != nil {
		return err
	}
	keys, err := batch.Combine(parts...)
	if err != nil {
		return err
	}
	var again []*Folio // with the capsule that another vault lists
	for i, f := range folios {
		if f.unlock(seal.Key(keys[i])) == nil {
			continue
		}
		o.fault(f.lister, "listed a capsule that holds another key than its records'")
		if len(f.others) > 0 {
			f.next()
			again = append(again, f)
		}
	}
	if len(again) == 0 {
		return nil
	}
	return o.release(ctx, again)
}

// next takes the capsule that another vault lists.
func (f *Folio) next() {
	f.Item, f.lister, f.others = f.others[0].item, f.others[0].by, f.others[1:]
}

// partials collects t verified answers.
func (o *open) partials(ctx context.Context, batch *threshold.Batch, request *wire.ReleaseRequest, capsules stele.Digest, t int) ([]*threshold.Verified, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		part *threshold.Verified
		by   *wire.Released
	}
	a := newAsking(ctx, o.s, o.s.inTurn(), func(ctx context.Context, m Member) (answer, error) {
		part, by, err := o.partialFrom(ctx, m, batch, request, capsules)
		return answer{part, by}, err
	})
	a.limit = releaseLimit
	n, start := len(a.left), time.Now()
	a.next(t)
	hedge := time.NewTimer(time.Second)
	defer hedge.Stop()
	var parts []*threshold.Verified
	var denied, last error
	for failed := 0; len(parts) < t; {
		select {
		case r := <-a.replies:
			if a.heard(r); r.err == nil {
				parts = append(parts, r.answer.part)
				o.opening.Trustees = append(o.opening.Trustees, r.member.Name)
				o.opening.Receipts = append(o.opening.Receipts, r.answer.by.Receipt)
				if len(parts) == t-1 {
					// The last one gets as long again as the others took.
					hedge.Reset(max(20*time.Millisecond, time.Since(start)))
				}
				continue
			}
			if failed++; stele.KindOf(r.err) == stele.KindDenied {
				denied = r.err
			} else {
				o.prove(r.member, "its trustee "+faultOf(r.err), o.evidence(r.err))
			}
			last = r.err
			a.next(1)
			if failed > n-t {
				if denied != nil {
					return nil, refused(nil)
				}
				return nil, stele.E("open chart", stele.KindUnreachable, fmt.Sprintf("fewer than %d of %d trustees answered", t, n), last).
					WithHint("this many are needed, whoever asks; try again when more members are up")
			}
		case <-hedge.C:
			if time.Since(start) > patience {
				a.over()
			}
			a.next(1)
			hedge.Reset(time.Second)
		case <-ctx.Done():
			return nil, stele.E("open chart", stele.KindUnreachable, "the trustees took too long", ctx.Err())
		}
	}
	return parts, nil
}

func faultOf(err error) string {
	if stele.KindOf(err) == stele.KindProof {
		return "answered wrongly"
	}
	return "did not answer"
}

// partialFrom asks one trustee and checks its answer.
func (o *open) partialFrom(ctx context.Context, m Member, batch *threshold.Batch, request *wire.ReleaseRequest, capsules stele.Digest) (*threshold.Verified, *wire.Released, error) {
	const op = "check release"
	response, err := patiently(ctx, func(ctx context.Context) (*wire.ReleaseResponse, error) {
		return m.Trustee.Release(ctx, &wire.ReleaseRequest{Request: o.request(m), Capsules: request.Capsules})
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
	founder := o.s.founder(m.Subject)
	if founder == nil || len(keys) != 1 || keys[0] != wire.Key(founder.Trustee) || founder.Share != released.Share {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt is not the trustee's", nil)
	}
	// What the release is bound to is what was asked, not what the trustee says.
	asked := wire.ReleaseContext(&wire.Receipt{
		Chain: o.s.Consortium.Chain, Member: m.Subject[:], Share: founder.Share, Epoch: o.s.Consortium.Committee.GetEpoch(),
		Request: o.id[:], Subject: o.subject[:], Grant: o.held.Grant[:], Capsules: capsules[:], Count: uint32(len(request.Capsules)),
		ReaderKeyHash: hashOf(o.reader.Public()),
	})
	if string(wire.ReleaseContext(receipt)) != string(asked) {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt is about something else", nil)
	}
	if receipt.Height < o.opening.Outcome.Height {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt names a block before the opening's", nil)
	}
	if answer := wire.AnswerDigest(released.Partials, released.Proof); string(receipt.Answer) != string(answer[:]) {
		return nil, nil, stele.E(op, stele.KindProof, "the receipt is about another answer", nil)
	}
	part, err := batch.VerifyPartials(int(released.Share), asked, released.Partials, released.Proof)
	if err != nil {
		// The trustee signed this answer, so that others need not take our word.
		wrong := &wire.Misrelease{Released: released}
		for _, c := range request.Capsules {
			wrong.Heads, wrong.Capsules = append(wrong.Heads, c.Head), append(wrong.Capsules, c.Capsule)
		}
		return nil, nil, misreleased{err, wrong}
	}
	return part, released, nil
}

package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

const (
	copyPatience = 20 * time.Second // for one copy to one member
	listPage     = 1000             // submissions in one answer of ListCopies
)

// rank orders members by rendezvous hashing: each submission has its own order,
// and a member that leaves moves only what it held.
func rank(submission stele.ID, members []stele.Subject) []stele.Subject {
	type weighed struct {
		member stele.Subject
		weight [32]byte
	}
	list := make([]weighed, len(members))
	for i, m := range members {
		list[i] = weighed{m, sha256.Sum256(slices.Concat([]byte("stele.v1.vault.rendezvous"), submission[:], m[:]))}
	}
	slices.SortFunc(list, func(a, b weighed) int { return bytes.Compare(b.weight[:], a.weight[:]) })
	out := make([]stele.Subject, len(list))
	for i, w := range list {
		out[i] = w.member
	}
	return out
}

// ranked returns the peers that may hold a submission, best first, without one
// member.
func (v *Vault) ranked(submission stele.ID, without stele.Subject) []Peer {
	peers, members := map[stele.Subject]Peer{}, []stele.Subject(nil)
	for _, p := range v.cfg.Peers() {
		if s := p.Subject(); s != without && s != v.cfg.Member && peers[s] == nil {
			peers[s] = p
			members = append(members, s)
		}
	}
	out := make([]Peer, 0, len(members))
	for _, m := range rank(submission, members) {
		out = append(out, peers[m])
	}
	return out
}

// push sends a delivery to some peers at once and returns how each went.
func (v *Vault) push(ctx context.Context, d *delivery, to []Peer) []error {
	raw, sum := d.encoded()
	errs := make([]error, len(to))
	var wg sync.WaitGroup
	for i, p := range to {
		wg.Go(func() {
			attempt, cancel := context.WithTimeout(ctx, copyPatience)
			defer cancel()
			_, errs[i] = p.PutCopy(attempt, &wire.PutCopyRequest{
				Request:    v.request(p, &wire.MemberRequest{Ask: &wire.MemberRequest_PutCopy{PutCopy: &wire.PutCopy{Digest: sum[:]}}}),
				Submission: raw, Consent: d.consent,
			})
		})
	}
	wg.Wait()
	return errs
}

// request signs a request to another member.
func (v *Vault) request(to Peer, m *wire.MemberRequest) *wire.Signed {
	audience := to.Subject()
	m.Chain, m.Audience, m.Member, m.AtMs = v.cfg.Chain, audience[:], v.cfg.Member[:], v.cfg.Clock().UnixMilli()
	m.Nonce = make([]byte, 16)
	rand.Read(m.Nonce)
	return wire.Sign(wire.TagMember, m, v.cfg.Signer)
}

// PutCopy stores a copy for another member, checked like a submission put here.
// It answers when the copy is durable. It fails as PutSubmission does, with
// KindDenied when the request is not a fresh one of a member.
func (v *Vault) PutCopy(ctx context.Context, in *wire.PutCopyRequest) (*wire.PutCopyResponse, error) {
	from, ask, err := v.door.Check(v.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	put := ask.GetPutCopy()
	// The signature covers the digest, or a member's request could be sent with other bytes.
	if sum := sha256.Sum256(in.Submission); put == nil || string(put.Digest) != string(sum[:]) {
		return nil, own.NotAMember()
	}
	sub := &wire.Submission{}
	if err := wire.DecodeWithin(in.Submission, sub, wire.MaxParts); err != nil {
		return nil, unfit("not a submission")
	}
	d, err := readSubmission(v.cfg.Chain, sub)
	if err != nil {
		return nil, err
	}
	d.consent = in.Consent
	if err := v.admit(ctx, d, true); err != nil {
		return nil, err
	}
	if err := v.keep(ctx, d, from, v.affords); err != nil {
		return nil, err
	}
	return &wire.PutCopyResponse{}, nil
}

// GetCopy returns a whole submission to a member that should hold it: its home,
// one that rendezvous hashing names, or one known to have held it. To others,
// and for what is not here or damaged here, it fails with KindNotFound.
func (v *Vault) GetCopy(ctx context.Context, in *wire.GetCopyRequest) (*wire.GetCopyResponse, error) {
	const op = "get copy"
	from, ask, err := v.door.Check(v.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	missing := stele.E(op, stele.KindNotFound, "no such submission for this member", nil)
	id, err := stele.IDFrom(ask.GetGetCopy().GetSubmission())
	if err != nil {
		return nil, missing
	}
	r, err := v.index.get(id)
	if err != nil || !v.shouldHold(r, from) {
		return nil, missing
	}
	h := v.answers.begin(ctx, from[:])
	defer h.sent(ctx)
	if err := h.take(r.whole()); err != nil {
		return nil, err
	}
	d, _, err := v.load(ctx, r.File)
	if err != nil {
		if r, again := v.index.get(id); again == nil {
			d, _, err = v.load(ctx, r.File) // a repair may have written it anew
		}
	}
	if err != nil {
		v.noteDamage(id)
		return nil, missing
	}
	raw, _ := d.encoded()
	return &wire.GetCopyResponse{Submission: raw, Envelopes: v.addedBytes(id)}, nil
}

// ListCopies lists, in order of id, the submissions here that the asking member
// should hold, after the one it names; at most 1,000.
func (v *Vault) ListCopies(_ context.Context, in *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error) {
	from, ask, err := v.door.Check(v.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	list := ask.GetListCopies()
	if list == nil || len(list.After) != 0 && len(list.After) != len(stele.ID{}) {
		return nil, own.NotAMember()
	}
	out := &wire.ListCopiesResponse{}
	err = v.index.rows(list.After, func(r *row) bool {
		if v.shouldHold(r, from) {
			id := r.id()
			out.Submissions = append(out.Submissions, id[:])
		}
		return len(out.Submissions) < listPage
	})
	if err != nil {
		return nil, stele.E("list copies", stele.KindOther, "the vault cannot read its index", nil)
	}
	return out, nil
}

// shouldHold reports whether a member is one of those that should hold a
// submission. Who is named follows from today's members, and changes when one joins; who is known
// to hold one, also in another's stead, goes on holding it.
func (v *Vault) shouldHold(r *row, member stele.Subject) bool {
	if r.Home == member {
		return true
	}
	consortium, err := v.cfg.Ledger.Consortium()
	if err != nil {
		return false
	}
	var others []stele.Subject
	for _, m := range consortium.Members {
		if m.Subject != r.Home {
			others = append(others, m.Subject)
		}
	}
	named := rank(r.id(), others)
	if slices.Contains(named[:min(v.copies(), len(named))], member) {
		return true
	}
	id := r.id()
	held, err := v.index.has(key(tabHolder, id[:], member[:]))
	return err == nil && held
}

// fetch gets a whole submission from another member and checks it: it must be
// admitted like one that is put here, and where ours is damaged be fit to stand in
// its place. It returns who gave it. It fails with KindUnreachable.
//
// Of an earlier release's the best copy of all is taken, the first of those that are alike.
func (v *Vault) fetch(ctx context.Context, id stele.ID, ours *row, from []Peer) (best *delivery, whose stele.Subject, _ error) {
	for _, p := range from {
		attempt, cancel := context.WithTimeout(ctx, copyPatience)
		answer, err := p.GetCopy(attempt, &wire.GetCopyRequest{
			Request: v.request(p, &wire.MemberRequest{Ask: &wire.MemberRequest_GetCopy{GetCopy: &wire.GetCopy{Submission: id[:]}}}),
		})
		cancel()
		if err != nil {
			continue
		}
		sub := &wire.Submission{}
		if wire.DecodeWithin(answer.Submission, sub, wire.MaxParts) != nil {
			continue
		}
		d, err := readSubmission(v.cfg.Chain, sub)
		if err != nil || d.id != id || v.admit(ctx, d, true) != nil || ours != nil && !v.replaces(d, ours) {
			v.cfg.Log.Warn("vault was given a copy that does not check", "by", p.Subject().String())
			continue
		}
		d.added = answer.Envelopes
		if best == nil || v.better(d, best) {
			best, whose = d, p.Subject()
		}
		if !best.earlier || ours != nil && best.content == ours.Content {
			break
		}
	}
	if best != nil {
		return best, whose, nil
	}
	return nil, stele.Subject{}, stele.E("fetch copy", stele.KindUnreachable, "no other member gave a copy that checks", nil).
		WithHint("try again when more members are up")
}

// replaces reports whether a copy may stand in the place of what is damaged here. It
// must be the same in what no root covers, capsules and envelopes, too: nobody could
// open it otherwise. Where something else is anchored than lies here, it must be that.
func (v *Vault) replaces(d *delivery, ours *row) bool {
	if d.root == ours.Root && d.grant == ours.Grant {
		return d.content == ours.Content
	}
	return v.anchored(d)
}

// anchored reports whether the ledger holds the anchor of a delivery.
func (v *Vault) anchored(d *delivery) bool {
	anchor, err := v.cfg.Ledger.Anchor(d.subject, d.id)
	return err == nil && anchors(anchor, d.subject, d.grant, d.root)
}

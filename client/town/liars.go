package town

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// This file holds members that lie: each answers as the honest one does, but for
// what a test changes.

// LyingVault changes lists and records on their way out.
type LyingVault struct {
	members.Vault
	List    func(*wire.ListFoliosResponse)
	Own     func(*wire.ListOwnResponse)
	Records func(*wire.GetRecordsRequest, *wire.GetRecordsResponse) *wire.GetRecordsResponse // nil: left out
}

// LeavesOnly keeps all records of a folio back, as if none were in scope.
func LeavesOnly(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
	var leaves [][]byte
	for _, rec := range r.Records {
		leaf := proof.RecordLeaf(rec)
		leaves = append(leaves, leaf[:])
	}
	r.Leaves, r.Records = leaves, nil
	return r
}

// MadeUpParts lists each folio of a patient's as if a record of it were restricted, with a capsule of the liar's own
// making for one other; the zero handle: a record that there is not.
func (w *Town) MadeUpParts(patient *client.Session, handle stele.ID) func(*wire.ListFoliosResponse) {
	return func(r *wire.ListFoliosResponse) {
		for _, item := range r.Folios {
			key, committee, of := seal.NewKey(), patient.Committee().Key, handle
			if of.IsZero() {
				of = stele.NewID()
			}
			c, err := threshold.Encrypt(committee, wire.RecordLabelBytes(w.Chain, committee, patient.Subject(), wire.FolioDigest(item.Head), of, stele.ID{}), (*[32]byte)(&key))
			w.Must(err)
			item.Records = []*wire.RecordCapsule{{Handle: of[:], Capsule: c}}
		}
	}
}

func (v LyingVault) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	out, err := v.Vault.ListFolios(ctx, in)
	if err == nil && v.List != nil {
		out = proto.CloneOf(out)
		v.List(out)
	}
	return out, err
}

func (v LyingVault) ListOwn(ctx context.Context, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	out, err := v.Vault.ListOwn(ctx, in)
	if err == nil && v.Own != nil {
		out = proto.CloneOf(out)
		v.Own(out)
	}
	return out, err
}

func (v LyingVault) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	if v.Records == nil {
		return v.Vault.GetRecords(ctx, in, each)
	}
	return v.Vault.GetRecords(ctx, in, func(r *wire.GetRecordsResponse) error {
		if r = v.Records(in, proto.CloneOf(r)); r == nil {
			return nil
		}
		return each(r)
	})
}

// LyingTrustee answers for a trustee.
type LyingTrustee struct {
	members.Trustee
	Answers func(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error)
	Tells   func(*wire.DetailsResponse)
}

func (l LyingTrustee) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	if l.Answers == nil {
		return l.Trustee.Release(ctx, in)
	}
	return l.Answers(ctx, in)
}

func (l LyingTrustee) Details(ctx context.Context, in *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	out, err := l.Trustee.Details(ctx, in)
	if err == nil && l.Tells != nil {
		out = proto.CloneOf(out)
		l.Tells(out)
	}
	return out, err
}

// Releases has the i-th trustee release with a share and sign with a key of the
// test's choosing, after wrong has changed what it says. It keeps nothing.
func (w *Town) Releases(i int, share *threshold.Share, key wire.Signer, wrong func(*wire.Released, *wire.Receipt)) func(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return w.releases(i, share, key, nil, wrong)
}

// Accompanies has the i-th trustee release as it should, and say this with it.
func (w *Town) Accompanies(i int, says *wire.Disclosure) func(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return w.releases(i, w.Shares[i], w.Keys[i], says, func(*wire.Released, *wire.Receipt) {})
}

func (w *Town) releases(i int, share *threshold.Share, key wire.Signer, says *wire.Disclosure, wrong func(*wire.Released, *wire.Receipt)) func(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	committee := w.Orgs[w.Names[0]].Committee()
	member := w.Members[i].Subject
	return func(_ context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
		var read wire.ReadRequest
		w.Must(wire.Decode(in.Request.Body, &read))
		var capsules, labels [][]byte
		for _, c := range in.Capsules {
			head := new(wire.FolioHead)
			w.Must(wire.Decode(c.Head, head))
			capsules = append(capsules, c.Capsule)
			labels = append(labels, wire.CapsuleLabelBytes(w.Chain, committee.Key, stele.Subject(read.Subject), head, wire.FolioDigest(c.Head)))
		}
		batch, err := threshold.CheckBatch(committee, capsules, labels)
		w.Must(err)
		digest, keyHash := wire.CapsulesDigest(capsules, labels), wire.ReaderKeyHash(read.ReaderKey)
		receipt := &wire.Receipt{
			Chain: w.Chain, Member: member[:], Share: uint32(i + 1), Epoch: committee.Epoch, Request: read.Request, Subject: read.Subject,
			Grant: read.Grant, Capsules: digest[:], Count: uint32(len(capsules)), ReaderKeyHash: keyHash[:],
			Height: w.ledger.Newest().Height, TimeMs: time.Now().UnixMilli(), Disclosure: says,
		}
		released := &wire.Released{Share: uint32(i + 1), Epoch: committee.Epoch}
		released.Partials, released.Proof, err = share.Partials(batch, wire.ReleaseContext(receipt))
		w.Must(err)
		wrong(released, receipt)
		answer := wire.AnswerDigest(released.Partials, released.Proof)
		receipt.Answer = answer[:]
		released.Receipt = wire.Sign(wire.TagReceipt, receipt, key)
		sealed, err := seal.SealTo(read.ReaderKey, seal.TagRelease, wire.ReleasedContext(member, stele.ID(read.Request)), wire.Marshal(released))
		return &wire.ReleaseResponse{Sealed: sealed}, err
	}
}

// Adds adds to what a trustee hands out a detail that it says it kept of p's.
func Adds(p *client.Session, member stele.Subject, out *wire.DetailsResponse, d *wire.Detail) {
	id := stele.NewID()
	d.Member = member[:]
	sealed, err := seal.SealTo(p.Keyring().SealKey().Public(), seal.TagAccount, wire.DetailContext(member, id), wire.Marshal(d))
	if err != nil {
		panic(err)
	}
	key := p.Keyring().SealKey().ID()
	out.Details = append(out.Details, &wire.SealedDetail{Id: id[:], KeyId: key[:], Sealed: sealed})
}

// Rewrite changes what a trustee hands out of what it kept of p's.
func Rewrite(p *client.Session, member stele.Subject, out *wire.DetailsResponse, change func(*wire.Detail)) {
	kept := out.Details
	out.Details = nil
	for _, sealed := range kept {
		if d := p.Account.OpenDetail(members.Member{Subject: member}, sealed); d != nil {
			change(d)
			Adds(p, member, out, d)
		}
	}
}

// RewriteLast puts another member's name on the detail that was added last.
func RewriteLast(p *client.Session, by, name stele.Subject, out *wire.DetailsResponse) {
	last := len(out.Details) - 1
	d := p.Account.OpenDetail(members.Member{Subject: by}, out.Details[last])
	out.Details = out.Details[:last]
	Adds(p, by, out, d)
	id := stele.NewID()
	d.Member = name[:]
	sealed, err := seal.SealTo(p.Keyring().SealKey().Public(), seal.TagAccount, wire.DetailContext(by, id), wire.Marshal(d))
	if err != nil {
		panic(err)
	}
	out.Details[last] = &wire.SealedDetail{Id: id[:], KeyId: out.Details[last].KeyId, Sealed: sealed}
}

// DeadTrustee answers nobody.
type DeadTrustee struct{}

func (DeadTrustee) Release(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	time.Sleep(time.Second) // the others answer first
	return nil, stele.E("dial", stele.KindUnreachable, "the trustee is down", nil)
}

func (DeadTrustee) Details(context.Context, *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	return nil, stele.E("dial", stele.KindUnreachable, "the trustee is down", nil)
}

func (DeadTrustee) View(context.Context, *wire.ViewRequest) (*wire.ViewResponse, error) {
	return nil, stele.E("dial", stele.KindUnreachable, "the trustee is down", nil)
}

// FullBox has no room for post.
type FullBox struct{ members.Directory }

func (FullBox) Deliver(context.Context, *wire.DeliverRequest) (*wire.DeliverResponse, error) {
	return nil, stele.E("deliver", stele.KindBusy, "the box is full", nil)
}

// BehindNode does not know the newest grants yet.
type BehindNode struct{ members.Ledger }

func (BehindNode) Grant(context.Context, stele.Grant) (stele.Grant, error) {
	return stele.Grant{}, stele.E("read grant", stele.KindNotFound, "no such grant", nil)
}

package town

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/breakglass"
	"github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/trustee"
	"github.com/stele-health/stele/vault"
	"github.com/stele-health/stele/wire"
)

// This file is how a town's people reach its members: a line to each room, dead where the
// member is down.

// node is a member's node: all of them share the one ledger.
type node struct {
	w       *Town
	name    string
	subject stele.Subject
	door    *own.Door
}

func (n node) Submit(_ context.Context, tx []byte) (stele.Outcome, error) {
	if err := n.w.up(n.name); err != nil {
		return stele.Outcome{}, err
	}
	if outcome, err := n.w.ledger.Admit(tx); err != nil {
		return stele.Outcome{}, err
	} else if outcome != nil {
		return *outcome, nil
	}
	verdict := n.w.WriteBlock(tx)[0]
	if !n.w.Lazy {
		n.w.WriteBlock() // which proves it
	}
	return verdict.Outcome, verdict.Err
}

func (n node) Height(context.Context) (int64, error) {
	return n.w.ledger.Newest().Height, n.w.up(n.name)
}

func (n node) Keys(_ context.Context, subject stele.Subject) ([]*wire.Device, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	n.w.Asked.Add(1)
	keys, err := n.w.ledger.Subject(subject)
	if err != nil {
		return nil, err
	}
	devices := make([]*wire.Device, max(len(keys.Signing), len(keys.Seal)))
	for i := range devices {
		devices[i] = &wire.Device{}
		if i < len(keys.Signing) {
			devices[i].Signing = wire.FromKey(keys.Signing[i])
		}
		if i < len(keys.Seal) {
			devices[i].SealSuite, devices[i].SealKey = wire.SuiteSeal, keys.Seal[i]
		}
	}
	return devices, nil
}

func (n node) Turn(_ context.Context, subject stele.Subject) (uint32, error) {
	if err := n.w.up(n.name); err != nil {
		return 0, err
	}
	keys, err := n.w.ledger.Subject(subject)
	return keys.Turn, err
}

func (n node) Late(_ context.Context, subject stele.Subject, claim *wire.Signed) (bool, error) {
	if err := n.w.up(n.name); err != nil {
		return false, err
	}
	return n.w.ledger.Late(subject, claim)
}

func (n node) Spoke(_ context.Context, source, chart stele.Subject, submission stele.ID) (*wire.Anchored, []*wire.Device, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, nil, err
	}
	anchor, keys, err := n.w.ledger.Spoke(source, chart, submission)
	var devices []*wire.Device
	for _, key := range keys {
		devices = append(devices, &wire.Device{Signing: wire.FromKey(key)})
	}
	return anchor, devices, err
}

func (n node) Log(_ context.Context, request *wire.Signed) (*wire.LogProof, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	ask, err := n.door.Check(time.Now(), request)
	if err != nil {
		return nil, err
	}
	return n.log(ask.Subject, ask.Since, ask.Until)
}

func (n node) WatchLog(ctx context.Context, request *wire.Signed, each func(uint64) error) error {
	ask, err := n.door.Check(time.Now(), request)
	for size := uint64(0); err == nil && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if err = n.w.up(n.name); err != nil {
			break
		}
		if now := n.w.ledger.LogSize(ask.Subject); now > size {
			size = now
			err = each(size)
		}
	}
	return err
}

func (n node) Consortium(_ context.Context, since, until uint64) (*wire.LogProof, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	c, err := n.w.ledger.Consortium()
	if err != nil {
		return nil, err
	}
	return n.log(c.Subject, since, until)
}

func (n node) log(subject stele.Subject, since, until uint64) (*wire.LogProof, error) {
	p, err := n.w.ledger.ProveLog(subject, since, until)
	if err == nil && p.Head != nil {
		p.Light, err = n.w.LightOf(p.Head.Height + 1)
	}
	return p, err
}

func (n node) Entry(_ context.Context, tx stele.Digest) (*wire.EntryProof, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	p, err := n.w.ledger.ProveEntry(tx)
	if err == nil {
		p.Light, err = n.w.LightOf(p.Head.Height + 1)
	}
	return p, err
}

func (n node) Grant(_ context.Context, g stele.Grant) (stele.Grant, error) {
	if err := n.w.up(n.name); err != nil {
		return stele.Grant{}, err
	}
	known, err := n.w.ledger.Grant(g.ID)
	if err == nil && (known.Subject != g.Subject || known.Action != g.Action || known.Grantee != g.Grantee || known.Commitment != g.Commitment) {
		err = stele.E("read grant", stele.KindNotFound, "no such grant", nil)
	}
	if err == nil {
		known.Beside, err = n.w.ledger.Beside(g.Subject)
	}
	return known, err
}

func (n node) posting(_ context.Context, batch stele.ID) (*wire.EntryProof, error) {
	p, err := n.w.ledger.ProveBatch(batch)
	if err == nil {
		p.Light, err = n.w.LightOf(p.Head.Height + 1)
	}
	return p, err
}

func (n node) Light(_ context.Context, height int64) (*wire.LightBlock, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	return n.w.LightOf(height)
}

// up fails when a member is down.
func (w *Town) up(name string) error {
	if w.Down[name] {
		return stele.E("dial", stele.KindUnreachable, "the member is down", nil)
	}
	return nil
}

// LineV, lineT and lineD are the lines to a member's rooms: dead when it is down.
type LineV struct {
	w    *Town
	name string
	*vault.Vault
}

func call[Q, A any](w *Town, name string, ctx context.Context, q Q, f func(context.Context, Q) (A, error)) (a A, err error) {
	if err := w.up(name); err != nil {
		return a, err
	}
	return f(ctx, q)
}

func (l LineV) PutSubmission(ctx context.Context, q *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.PutSubmission)
}
func (l LineV) PutEnvelopes(ctx context.Context, q *wire.PutEnvelopesRequest) (*wire.PutEnvelopesResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.PutEnvelopes)
}
func (l LineV) PutCopy(ctx context.Context, q *wire.PutCopyRequest) (*wire.PutCopyResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.PutCopy)
}
func (l LineV) ListFolios(ctx context.Context, q *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.ListFolios)
}
func (l LineV) ListOwn(ctx context.Context, q *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.ListOwn)
}
func (l LineV) GetRecords(ctx context.Context, q *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	if err := l.w.up(l.name); err != nil {
		return err
	}
	return l.Vault.GetRecords(ctx, q, each)
}

type lineT struct {
	w    *Town
	name string
	*trustee.Trustee
}

func (l lineT) Release(ctx context.Context, q *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return call(l.w, l.name, ctx, q, l.Trustee.Release)
}
func (l lineT) Details(ctx context.Context, q *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	return call(l.w, l.name, ctx, q, l.Trustee.Details)
}

type lineD struct {
	w    *Town
	name string
	*directory.Directory
}

func (l lineD) Register(ctx context.Context, q *wire.RegisterRequest) (*wire.RegisterResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Register)
}
func (l lineD) FindCards(ctx context.Context, q *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.FindCards)
}
func (l lineD) TakeKey(ctx context.Context, q *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.TakeKey)
}
func (l lineD) Deliver(ctx context.Context, q *wire.DeliverRequest) (*wire.DeliverResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Deliver)
}
func (l lineD) Collect(ctx context.Context, q *wire.CollectRequest) (*wire.CollectResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Collect)
}
func (l lineD) Ask(ctx context.Context, q *wire.AskRequest) (*wire.AskResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Ask)
}
func (l lineD) Asked(ctx context.Context, q *wire.AskedRequest) (*wire.AskedResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Asked)
}

type lineE struct {
	w    *Town
	name string
	*breakglass.Desk
}

func (l lineE) Activate(ctx context.Context, q *wire.ActivateRequest) (*wire.ActivateResponse, error) {
	return call(l.w, l.name, ctx, q, l.Desk.Activate)
}
func (l lineE) ListActivations(ctx context.Context, q *wire.ListActivationsRequest) (*wire.ListActivationsResponse, error) {
	return call(l.w, l.name, ctx, q, l.Desk.ListActivations)
}

// ---------------------------------------------------------------------- people
func (l lineD) PutSlot(ctx context.Context, q *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.PutSlot)
}
func (l lineD) GetSlot(ctx context.Context, q *wire.GetSlotRequest) (*wire.GetSlotResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.GetSlot)
}

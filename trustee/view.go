package trustee

import (
	"context"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/wire"
)

// View keeps, for the patient, what a reader says was looked at of a chart that is open. The
// statement is kept with the trustee's word on when it came, which goes to the ledger as
// receipts of releases do. One that has been kept is not kept again. It fails as Release does.
func (t *Trustee) View(ctx context.Context, in *wire.ViewRequest) (*wire.ViewResponse, error) {
	arrived := time.Now()
	if !t.keepView(in, stele.CallerOf(ctx)) {
		t.waitOut(ctx, arrived, 0)
		return nil, refusal
	}
	return &wire.ViewResponse{}, nil
}

func (t *Trustee) keepView(in *wire.ViewRequest, from stele.Caller) bool {
	judge := &asking.Judge{Ledger: t.cfg.Ledger, Chain: t.cfg.Chain, Member: t.cfg.Member, Clock: t.cfg.Clock}
	v, why := judge.Viewed(in)
	if why != asking.Permitted {
		return false
	}
	share := t.cfg.Share(v.Consortium.Committee.Epoch)
	if share == nil {
		return false
	}
	ends := v.Access.Until.Add(stele.Fresh)
	known, room := t.views.take(v.Request, v.Digest, ends, v.Now)
	if known || !room {
		return known
	}
	receipt := wire.Sign(wire.TagReceipt, &wire.Receipt{
		Chain: t.cfg.Chain, Member: t.cfg.Member[:], Share: uint32(share.Index()), Epoch: share.Epoch(),
		Request: v.Request[:], Subject: v.Subject[:], Grant: v.GrantID[:], Height: v.Newest.Height, TimeMs: v.Now.UnixMilli(),
		Viewed: v.Digest[:],
	}, t.cfg.Signer)
	a := &release{Reading: v.Reading, t: t}
	a.Asked.Grant = v.GrantID[:]
	details, err := a.sealDetail(&wire.Detail{Viewed: wire.Plain(in.Viewed), Receipt: receipt})
	if err == nil && !t.keeps(v.Reading, from, sizeOf(details), ends) {
		t.views.forget(v.Request, v.Digest)
		return false // there is room for what is kept of one access, releases and statements together
	}
	if err == nil {
		err = t.shelf.keep(v.Subject, details, receipt, nil)
	}
	if err != nil {
		t.views.forget(v.Request, v.Digest)
		t.cfg.Log.Error("trustee cannot keep what was looked at", "kind", stele.KindOf(err).String())
	}
	return err == nil
}

// maxViews is how many statements are kept of one access.
const maxViews = 32

// views are the statements of each access of which more may come. The zero value is ready.
type views struct {
	mu sync.Mutex
	accesses[map[stele.Digest]bool]
}

// take notes a statement: known says that it was noted before, and room that it may be kept.
func (v *views) take(request stele.ID, statement stele.Digest, until, now time.Time) (known, room bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	told := v.at(request, until, now)
	if (*told)[statement] || len(*told) >= maxViews {
		return (*told)[statement], false
	}
	if *told == nil {
		*told = map[stele.Digest]bool{}
	}
	(*told)[statement] = true
	return false, true
}

// forget gives the place of a statement back that could not be kept.
func (v *views) forget(request stele.ID, statement stele.Digest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if told := v.of[request]; told != nil {
		delete(told.is, statement)
	}
}

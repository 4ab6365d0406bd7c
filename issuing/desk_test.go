package issuing_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// board is a licensing board in a town, and a doctor.
type board struct {
	*town.Town
	*client.Session
	doctor *client.Session
}

func newBoard(w *town.Town) board {
	b := board{w, w.NewPerson("Medical Board", wallet.Organisation), w.NewDoctor("Dr Amara Okafor", "Lakeview")}
	w.Admits(b.Session, credential.Licence, "GB")
	return b
}

func (b board) license() int {
	b.T.Helper()
	e, err := b.Issuing.Issue(b.T.Context(), issuing.Order{Kind: credential.Licence, To: b.ContactOf(b.Session, b.doctor), Says: "doctor", Jurisdiction: "GB"})
	b.Must(err)
	return e.Place
}

func (b board) mark(place int, s sdjwt.Status) {
	b.T.Helper()
	_, err := b.Issuing.Mark(place, s)
	b.Must(err)
}

func (b board) post() issuing.Posted {
	b.T.Helper()
	p, err := b.Issuing.Post(b.T.Context())
	b.Must(err)
	return p
}

// says is what the list says that a member has, which is the one on the ledger.
func (b board) says(place int) sdjwt.Status {
	b.T.Helper()
	subject := b.Subject()
	answer, err := b.Members[0].Directory.GetStatusList(b.T.Context(), &wire.GetStatusListRequest{Subject: subject[:]})
	b.Must(err)
	own := credential.Paper{Holder: subject, Key: credential.KeyOf(&b.Keyring().CredentialKey().PublicKey)}
	list, _ := credential.Newest(stele.Consortium{}, credential.Role, subject, own, [][]byte{answer.List}, time.Now())
	if list == nil {
		b.T.Fatal("it is not the board's")
	}
	status, err := list.Of(sdjwt.StatusRef{URI: list.URI, Index: place})
	b.Must(err)
	return status
}

// TestR26WhatWasRevokedStaysRevokedWhenABookIsPutBack: the desk sees by its own log that its
// register is older than what was posted, and learns from the list before it does anything.
func TestR26WhatWasRevokedStaysRevokedWhenABookIsPutBack(t *testing.T) { town.In(t, bookIsPutBack) }

func bookIsPutBack(t *testing.T, w *town.Town) {
	b := newBoard(w)
	revoked, holds := b.license(), b.license()
	b.mark(revoked, sdjwt.Revoked)
	b.post()
	by, err := b.Issuing.Issuer()
	w.Must(err)
	again := w.Lost(b.Session)
	_, err = again.Register().Certificate(func() ([]byte, error) { return by.Certificate, nil })
	w.Must(err)

	c := board{w, again, b.doctor}
	for range 30 {
		if place := c.license(); place < 1024 {
			t.Fatalf("a place of before, %d, is given again", place)
		}
	}
	c.post()
	if c.says(revoked) != sdjwt.Revoked || c.says(holds) != sdjwt.Valid {
		t.Errorf("after the copy was put back: %v, %v", c.says(revoked), c.says(holds))
	}
	if _, err := c.Issuing.Mark(revoked, sdjwt.Valid); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("what was revoked holds again: %v", err)
	}

	lost := w.Lost(b.Session)
	lost.Network.Members = nil
	for _, m := range w.Members {
		m.Directory = without{m.Directory}
		lost.Network.Members = append(lost.Network.Members, m)
	}
	if _, err := lost.Issuing.Post(t.Context()); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("a list that says less than the last one is posted: %v", err)
	}
	if _, err := lost.Issuing.Issue(t.Context(), issuing.Order{Kind: credential.Licence, To: w.ContactOf(lost, b.doctor), Says: "doctor", Jurisdiction: "GB"}); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("a place is given, and nobody knows which are free: %v", err)
	}
}

// TestEachListIsLaterThanTheOneBefore, however many are posted at one moment, so that of two
// everybody goes by the newer.
func TestEachListIsLaterThanTheOneBefore(t *testing.T) { town.In(t, eachIsLater) }

func eachIsLater(t *testing.T, w *town.Town) {
	b := newBoard(w)
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]time.Time{} // by epoch
	for range 5 {
		all.Go(func() {
			p, err := b.Issuing.Post(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[p.Epoch] = p.At
		})
	}
	all.Wait()
	for epoch := uint64(2); epoch <= 5; epoch++ {
		if !seen[epoch].After(seen[epoch-1]) {
			t.Errorf("list %d is of %v, and the one before of %v", epoch, seen[epoch], seen[epoch-1])
		}
	}
	clock := b.Clock
	b.Clock = func() time.Time { return clock().Add(-4 * time.Minute) }
	if p := b.post(); !p.At.After(seen[5]) {
		t.Errorf("a list of %v before, by a clock that was put back", seen[5].Sub(p.At))
	}
}

// TestWhatWasNotPostedIsNotHeldToBe: a posting of which nobody answers is not final, and the next
// one makes it good.
func TestWhatWasNotPostedIsNotHeldToBe(t *testing.T) { town.In(t, notPosted) }

func notPosted(t *testing.T, w *town.Town) {
	b := newBoard(w)
	place := b.license()
	b.post()
	for i := range b.Network.Members {
		b.Network.Members[i].Ledger = deaf{b.Network.Members[i].Ledger}
	}
	b.mark(place, sdjwt.Revoked)
	if _, err := b.Issuing.Post(t.Context()); err == nil {
		t.Fatal("nobody took it, and it is posted")
	}
	if p, err := b.Register().Posted(); err != nil || p.Final {
		t.Errorf("%+v, %v", p, err)
	}
	b.Network.Members = w.Members
	if p := b.post(); p.Epoch != 2 || !p.Final || b.says(place) != sdjwt.Revoked {
		t.Errorf("%+v: %v", p, b.says(place))
	}
	if p, err := b.Register().Posted(); err != nil || !p.Final || p.Epoch != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestARoleNeedsTheFacilitysOwnAccreditation, which has not expired: none of another's, however
// new, goes with it.
func TestARoleNeedsTheFacilitysOwnAccreditation(t *testing.T) { town.In(t, ownAccreditation) }

func ownAccreditation(t *testing.T, w *town.Town) {
	accreditor, doctor := w.NewPerson("Accreditor", wallet.Organisation), w.NewDoctor("Dr Amara Okafor", "Lakeview")
	w.Admits(accreditor, credential.Accreditation, "GB")
	issue := func(by, to *client.Session, o issuing.Order) error {
		o.To = w.ContactOf(by, to)
		_, err := by.Issuing.Issue(t.Context(), o)
		if err == nil {
			_, err = to.Collect(t.Context())
		}
		return err
	}
	role := issuing.Order{Kind: credential.Role, Says: "ward-doctor"}
	lakeview, northside := w.Orgs["Lakeview"], w.Orgs["Northside"]
	w.Must(issue(accreditor, lakeview, issuing.Order{Kind: credential.Accreditation, Says: "hospital", Jurisdiction: "GB", For: time.Hour}))
	time.Sleep(time.Minute)
	w.Must(issue(accreditor, northside, issuing.Order{Kind: credential.Accreditation, Says: "hospital", Jurisdiction: "GB"}))
	w.Must(issue(northside, lakeview, role))
	w.Must(issue(lakeview, doctor, role))
	if held, err := doctor.Credentials(); err != nil || len(held) != 2 {
		t.Errorf("she holds %d credentials, not the role and Lakeview's accreditation: %v", len(held), err)
	}
	time.Sleep(time.Hour)
	if err := issue(lakeview, doctor, role); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a role from a facility whose accreditation is over: %v", err)
	}
}

// TestAMemberABlockBehindGetsTheListToo: it is asked again, and one that never takes it is named.
func TestAMemberABlockBehindGetsTheListToo(t *testing.T) { town.In(t, aBlockBehind) }

func aBlockBehind(t *testing.T, w *town.Town) {
	b := newBoard(w)
	for i, refusals := range []int{0, 3, 1 << 30} {
		b.Network.Members[i].Directory = &behind{b.Network.Members[i].Directory, refusals}
	}
	if p := b.post(); len(p.Silent) != 1 || p.Silent[0] != b.Network.Members[2].Name {
		t.Errorf("without the list are %v", p.Silent)
	}
}

// behind is a directory that knows of no new list for so many questions.
type behind struct {
	members.Directory
	left int
}

func (d *behind) PutStatusList(ctx context.Context, in *wire.PutStatusListRequest) (*wire.PutStatusListResponse, error) {
	if d.left--; d.left >= 0 {
		return nil, stele.E("put status list", stele.KindBusy, "this is not the issuer's newest status list", nil)
	}
	return d.Directory.PutStatusList(ctx, in)
}

// deaf is a node that takes no transaction.
type deaf struct{ members.Ledger }

func (deaf) Submit(context.Context, []byte) (stele.Outcome, error) {
	return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "nobody answers", nil)
}

// without is a directory that has no status list.
type without struct{ members.Directory }

func (without) GetStatusList(context.Context, *wire.GetStatusListRequest) (*wire.GetStatusListResponse, error) {
	return nil, stele.E("get status list", stele.KindNotFound, "no status list of that issuer is here", nil)
}

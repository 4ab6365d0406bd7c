package vault

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

const (
	staleAfter = 30 * time.Second // age of the newest block
	fresh      = 5 * time.Minute  // age of a request, either way
)

// ErrDenied is the one refusal of a reading: no consent, ended, unknown, out of
// scope and malformed look alike (R8).
var ErrDenied error = stele.E("read chart", stele.KindDenied, "no access", nil)

// asking is one reading under a grant. It is judged by the same rules as at a
// trustee, on the vault's own node.
type asking struct {
	v        *Vault
	read     wire.ReadRequest
	signers  []stele.PublicKey // the grantee key and the card holder's
	subject  stele.Subject
	request  stele.ID
	grantID  stele.ID
	now      time.Time
	detail   wire.AccessDetail
	card     wire.Card
	access   stele.Access
	grant    stele.Grant
	document consent.Grant
}

// judge decides who asks and whether they may at all; covers decides on what.
func (v *Vault) judge(signed *wire.Signed) (*asking, bool) {
	a := &asking{v: v}
	keys, err := wire.Open(wire.TagRead, signed, &a.read)
	if err != nil || len(keys) > 2 {
		return nil, false
	}
	a.signers = keys
	for _, rule := range []func() bool{a.readRequest, a.inForce, a.permitted, a.identify, a.opensDocument, a.consents} {
		if !rule() {
			return nil, false
		}
	}
	return a, true
}

func (a *asking) readRequest() bool {
	var bad [3]error
	a.subject, bad[0] = stele.SubjectFrom(a.read.Subject)
	a.request, bad[1] = stele.IDFrom(a.read.Request)
	a.grantID, bad[2] = stele.IDFrom(a.read.Grant)
	if bad != [3]error{} || len(a.read.Document) > stele.MaxDocument || len(a.read.Detail) > stele.MaxDetail {
		return false
	}
	own, newest := a.v.cfg.Clock(), a.v.cfg.Ledger.Newest()
	if newest.Height == 0 || own.Sub(newest.Time) > staleAfter {
		return false // a node that is behind does not know what was revoked
	}
	if a.now = own; newest.Time.After(own) {
		a.now = newest.Time
	}
	age := a.now.Sub(time.UnixMilli(a.read.AtMs))
	return a.read.Chain == a.v.cfg.Chain && string(a.read.Audience) == string(a.v.cfg.Member[:]) && age <= fresh && age >= -fresh
}

// inForce checks the grant at the newest block.
func (a *asking) inForce() bool {
	var err error
	if a.grant, err = a.v.cfg.Ledger.Grant(a.grantID); err != nil {
		return false
	}
	g := a.grant
	// A grant used up by this very access still reads under it.
	alive := g.Status == stele.GrantActive || g.Status == stele.GrantUsedUp
	return alive && g.Subject == a.subject && g.Action == stele.ActionRead && slices.Contains(a.signers, g.Grantee) &&
		!a.now.Before(g.NotBefore) && a.now.Before(g.End)
}

// permitted checks that the opening stands on our own ledger, for this grant,
// this reader key and this detail, and that its window is open.
func (a *asking) permitted() bool {
	var err error
	if a.access, err = a.v.cfg.Ledger.Access(a.request); err != nil {
		return false
	}
	return a.access.Subject == a.subject && a.access.Grant == a.grantID && !a.now.After(a.access.Until) &&
		stele.Digest(sha256.Sum256(a.read.ReaderKey)) == a.access.ReaderKey &&
		opens(a.access.Detail, a.read.DetailSalt, seal.TagDetail, a.read.Detail)
}

// identify reads the detail and its card, signed by its holder, an issuer and
// the organisation that it names. The holder signed the request too: cards are
// public, so showing one proves nothing (R26).
func (a *asking) identify() bool {
	if wire.Decode(a.read.Detail, &a.detail) != nil || stele.CheckReason(a.detail.Reason) != nil ||
		string(a.detail.Request) != string(a.request[:]) || string(a.detail.Subject) != string(a.subject[:]) {
		return false
	}
	keys, err := wire.Open(wire.TagCard, a.detail.Card, &a.card)
	if err != nil || len(a.detail.Card.Body) > stele.MaxCard || a.card.Chain != a.v.cfg.Chain || stele.CheckCard(a.card.Name, a.card.Kind, a.card.Role, a.card.Facility) != nil || !time.UnixMilli(a.card.ExpiresMs).After(a.now) {
		return false
	}
	holder, err := stele.SubjectFrom(a.card.Subject)
	if err != nil {
		return false
	}
	current, err := a.v.cfg.Ledger.Subject(holder)
	if err != nil {
		return false
	}
	consortium, err := a.v.cfg.Ledger.Consortium()
	return err == nil && shareOne(a.signers, current.Signing) && shareOne(keys, current.Signing) &&
		shareOne(keys, consortium.Issuers) && a.vouched(keys)
}

// vouched reports whether the organisation that the card names signed it: an
// issuer speaks for its own people, not for another member's.
func (a *asking) vouched(keys []stele.PublicKey) bool {
	if len(a.card.Organisation) == 0 {
		return true
	}
	organisation, err := stele.SubjectFrom(a.card.Organisation)
	if err != nil {
		return false
	}
	current, err := a.v.cfg.Ledger.Subject(organisation)
	return err == nil && shareOne(keys, current.Signing)
}

func shareOne(a, b []stele.PublicKey) bool {
	return slices.ContainsFunc(a, func(k stele.PublicKey) bool { return slices.Contains(b, k) })
}

// opensDocument checks the grant document against the ledger's grant.
func (a *asking) opensDocument() bool {
	if !opens(a.grant.Commitment, a.read.DocumentSalt, seal.TagGrant, a.read.Document) {
		return false
	}
	var err error
	if a.document, err = consent.Parse(a.read.Document); err != nil {
		return false
	}
	d := a.document
	return d.ID == a.grantID && d.Patient.Subject == a.subject && d.Grantee == a.grant.Grantee && d.Action == stele.ActionRead
}

// consents asks the grant document: this one, for this purpose, now?
func (a *asking) consents() bool {
	organisation, _ := stele.SubjectFrom(a.card.Organisation) // none for many
	return consent.EvaluateActor(a.document, consent.Asking{
		Who: stele.Subject(a.card.Subject), Organisation: organisation, Role: a.card.Role, FacilityKind: a.card.Facility,
		Action: stele.ActionRead, Purpose: stele.Purpose(a.detail.Purpose), At: a.now,
	}).Permit()
}

// covers decides on a folio by its label: in the grant, and asked for when the
// chart was opened.
func (a *asking) covers(f *wire.Folio) bool {
	label, ok := readLabel(f.Label.GetLabel())
	return ok && consent.Covers(a.document, label).Permit() &&
		(len(a.detail.Categories) == 0 || slices.Contains(a.detail.Categories, string(label.Category)))
}

// coversRecord decides on one record of a covered folio, by its exact date.
func (a *asking) coversRecord(f *wire.Folio, r *wire.SealedRecord) bool {
	label, ok := readLabel(f.Label.GetLabel())
	var cover wire.Cover
	if !ok || wire.Decode(r.Cover, &cover) != nil {
		return false
	}
	handle, err := stele.IDFrom(cover.Handle)
	return err == nil && consent.CoversRecord(a.document, label, handle, cover.When).Permit()
}

// refuse returns ErrDenied at the next multiple of Refusal after start, so that
// how far the checks came cannot be told from the time.
func (v *Vault) refuse(ctx context.Context, start time.Time) error {
	step := v.cfg.Refusal
	wait := step - time.Since(start)%step
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
	return ErrDenied
}

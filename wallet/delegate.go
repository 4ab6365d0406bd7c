package wallet

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"math/big"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// Somebody acts for a patient by a delegation: a grant that the patient gave (Session.Give, of
// the action to delegate), or that another delegate gave who may. Whoever holds one opens the
// chart under it, gives grants for the patient (GiveFor) and takes those back (Revoke), until it ends or is
// given back (GiveBack). What is given so goes out with the documents of the delegations, up to the patient's own word.

// Above is the document of a delegation that a grant was given under, and its salt.
type Above struct {
	Document []byte `json:"document"`
	Salt     []byte `json:"salt"`
}

// ShowAbove is delegations as they are shown to trustees, vaults and grantees.
func ShowAbove(above []Above) (shown []*wire.ShownDelegation) {
	for _, a := range above {
		shown = append(shown, &wire.ShownDelegation{Document: a.Document, Salt: a.Salt})
	}
	return shown
}

// Shown is the documents of a grant to write that a delegate gave, for whoever keeps what is
// delivered under it; nil where the patient gave it.
func (h Held) Shown() *wire.ShownGrant {
	if len(h.Above) == 0 {
		return nil
	}
	return &wire.ShownGrant{Document: h.Document, Salt: h.Salt, Delegations: ShowAbove(h.Above)}
}

// Under reports whether the grant was given by a delegation, or by one that this was given by.
func (h Held) Under(delegation Above) bool {
	return slices.ContainsFunc(h.Above, func(a Above) bool { return bytes.Equal(a.Salt, delegation.Salt) })
}

// Takes reports whether a grant to write that a delegate gave is for records of a label: vaults take
// no others (asking.Writing). How sensitive they are does not count. What the patient gave is for all.
func (h Held) Takes(label stele.Label) bool {
	if len(h.Above) == 0 {
		return true
	}
	label.Sensitivity = nil
	return all(h.documents(), func(document []byte) bool {
		g, err := consent.Parse(document)
		return err == nil && consent.Covers(g, label).Permit()
	})
}

// Acts fails with KindDenied where the delegation is not for an act now: it says so itself, a
// child has come of age, or the patient has died (AskWhoLives). What the ledger knows of it is not
// asked.
func (h Held) Acts(act consent.Act, now time.Time) error {
	for _, document := range h.documents() {
		g, err := consent.Parse(document)
		if err != nil {
			return err
		}
		if why := consent.EvaluateActing(g, consent.Acting{Act: act, At: now, Dead: h.Died}).Why(); why != consent.Permitted {
			return stele.E("act for somebody", stele.KindDenied, string(why), nil).WithHint("stele delegate list tells what you may do, for whom, and until when")
		}
	}
	return nil
}

// documents are that of the grant, and those of the delegations that it was given under.
func (h Held) documents() [][]byte {
	documents := [][]byte{h.Document}
	for _, a := range h.Above {
		documents = append(documents, a.Document)
	}
	return documents
}

// HeldToRead returns what a subject's chart may be opened under: grants to read, and
// delegations; newest last.
func (w *Wallet) HeldToRead(subject stele.Subject) ([]Held, error) {
	held, err := book.Values(heldRows.Find(w.learned, heldBySubject, string(subject[:])))
	return slices.DeleteFunc(held, func(h Held) bool { return h.Action == stele.ActionWrite }), err
}

// GivenBy returns what the owner holds on a subject that a delegate of theirs gave, newest last, with where it stands now,
// as far as members tell.
func (s *Session) GivenBy(ctx context.Context, subject, delegate stele.Subject) ([]Held, error) {
	held, err := book.Values(heldRows.Find(s.learned, heldBySubject, string(subject[:])))
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(h Held) bool {
		if len(h.Above) == 0 {
			return true
		}
		by, err := consent.Parse(h.Above[0].Document)
		return err != nil || by.Actor.Subject != delegate
	})
	for i, h := range held {
		if h.Over || !h.End.After(s.Clock()) {
			continue
		}
		if is, err := s.grantStatus(ctx, h); err == nil {
			held[i].Over = is != stele.GrantActive
		}
	}
	return held, nil
}

// Delegations returns what the owner holds to act by, newest last.
func (w *Wallet) Delegations() ([]Held, error) {
	held, err := w.HeldGrants()
	return slices.DeleteFunc(held, func(h Held) bool { return h.Action != stele.ActionDelegate }), err
}

// DelegationFor returns the newest delegation by which the owner may do some things for a subject
// now, all of them. It fails with KindDenied, saying why the newest of all is not for it.
func (s *Session) DelegationFor(subject stele.Subject, acts ...consent.Act) (Held, error) {
	able, err := s.delegationsFor(subject, acts)
	if err != nil {
		return Held{}, err
	}
	return able[0], nil
}

// DelegationToGive returns the newest delegation by which the owner may give a grant of some terms for a
// subject now, and do what else is named. Where none allows all of the terms, it is the widest for
// the acts: DraftFor says of that one what it does not allow. It fails as DelegationFor does.
func (s *Session) DelegationToGive(subject stele.Subject, t Terms, acts ...consent.Act) (Held, error) {
	able, err := s.delegationsFor(subject, append(slices.Clone(acts), consent.Gives(t.Action)))
	if err != nil {
		return Held{}, err
	}
	if i := slices.IndexFunc(able, func(h Held) bool { return h.exceeded(t.grant()) == "" }); i >= 0 {
		return able[i], nil
	}
	width := func(h Held) int { return len(h.Allows(stele.Categories())) }
	return slices.MaxFunc(able, func(a, b Held) int { return cmp.Compare(width(a), width(b)) }), nil
}

// exceeded says what a grant allows that the delegation, or one above it, does not; nothing where it stays
// within all of them.
func (h Held) exceeded(g consent.Grant) (over string) {
	for _, document := range h.documents() {
		d, err := consent.Parse(document)
		if err != nil {
			return "by what can't be read"
		}
		over = cmp.Or(over, consent.Exceeds(d, g))
	}
	return over
}

// delegationsFor lists those by which the owner may do some things for a subject now, all of them, the
// newest first. There is one, or it fails with KindDenied.
func (s *Session) delegationsFor(subject stele.Subject, acts []consent.Act) (able []Held, err error) {
	held, err := s.HeldFor(subject, stele.ActionDelegate)
	if err != nil {
		return nil, err
	}
	var denied error
	for _, h := range slices.Backward(held) {
		var why error
		for _, act := range acts {
			why = cmp.Or(why, h.Acts(act, s.Clock()))
		}
		if why == nil && h.Returned {
			why = stele.E("act for somebody", stele.KindDenied, "you gave back the delegation for "+subject.String(), nil).
				WithHint("the patient gives another: stele delegate add --to \"" + s.Name() + "\"")
		}
		if why == nil && h.Over {
			why = s.actsNoMore(subject)
		}
		if why == nil {
			able = append(able, h)
		}
		denied = cmp.Or(denied, why)
	}
	switch {
	case len(able) > 0:
		return able, nil
	case denied != nil:
		return nil, denied
	}
	return nil, stele.E("act for somebody", stele.KindDenied, "no delegation that holds lets you act for "+subject.String(), nil).
		WithHint("the patient runs: stele delegate add --to \"" + s.Name() + "\"")
}

// actsNoMore says that a delegation is over.
func (s *Session) actsNoMore(subject stele.Subject) error {
	return stele.E("act for somebody", stele.KindDenied, "the delegation for "+subject.String()+" was taken back, or is over", nil).
		WithHint("stele delegate list tells which hold; the patient gives another: stele delegate add --to \"" + s.Name() + "\"")
}

// refusedUnder is why the ledger refused what was signed by a delegation: that is over, which the wallet
// remembers then; else what the ledger said.
func (s *Session) refusedUnder(ctx context.Context, delegation stele.ID, refused error) error {
	if stele.KindOf(refused) != stele.KindDenied || delegation.IsZero() {
		return refused
	}
	held, _, err := s.HeldGrant(delegation)
	if err == nil {
		err = s.AskWhoLives(ctx, []Held{held})
	}
	if err == nil {
		held, _, err = s.HeldGrant(delegation)
	}
	if err != nil || !held.Over {
		return refused
	}
	return s.actsNoMore(held.Subject)
}

// GiveFor gives a grant for somebody by a delegation, as Give does. It fails as DraftFor does.
func (s *Session) GiveFor(ctx context.Context, under Held, to Contact, t Terms) (Given, stele.Outcome, error) {
	d, err := s.DraftFor(ctx, under, to, t)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	return s.GiveDraft(ctx, d)
}

func (s *Session) giveFor(ctx context.Context, d Draft) (Given, stele.Outcome, error) {
	if _, err := s.settleAll(ctx); err != nil {
		return Given{}, stele.Outcome{}, err
	}
	grantee, index, err := s.takeKey(ctx, d.to)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	given, outcome, err := s.giveForBy(ctx, d, grantee, index)
	if err != nil {
		return Given{}, outcome, err
	}
	return given, outcome, s.deliverGrants(ctx, &given)
}

// giveForBy gives the grant of a draft for somebody, to a key of the grantee's that no other grant has.
func (s *Session) giveForBy(ctx context.Context, d Draft, grantee *wire.PublicKey, index uint32) (Given, stele.Outcome, error) {
	given, outcome, err := s.commit(ctx, d.to, d.of(grantee), index, d.Under)
	return given, outcome, s.refusedUnder(ctx, d.Under.Grant, err)
}

// Narrow narrows the terms of a grant to write, which are for every kind of record, to what the
// delegation and those above it allow. Its end is that of the delegation, where that comes first.
func (h Held) Narrow(t Terms) (Terms, error) {
	for _, document := range h.documents() {
		d, err := consent.Parse(document)
		if err != nil {
			return t, err
		}
		g := consent.Narrow(d, t.grant())
		t.Categories, t.Sensitivity, t.From, t.To, t.Sources = g.Categories, g.Sensitivity, g.From, g.To, g.Sources
		if t.End.After(d.End) {
			t.End = d.End
		}
	}
	return t, nil
}

// naming is the field that names a delegation; none for the zero one.
func naming(delegation stele.ID) []byte {
	if delegation.IsZero() {
		return nil
	}
	return delegation[:]
}

// revoker says by whose key a grant is taken back: the owner's, or that of the delegation
// which it was given under.
func (s *Session) revoker(grant stele.ID) (under stele.ID, signer wire.Signer, err error) {
	given, known, err := s.GivenGrant(grant[:])
	if err != nil || !known || given.Under.IsZero() {
		return under, s.Keyring().Signer(), err
	}
	held, known, err := s.HeldGrant(given.Under)
	if err == nil && !known {
		err = stele.E("revoke grant", stele.KindDenied, "the delegation that it was given under is not known any more", nil).
			WithHint(given.ForName + " can take it back")
	}
	if err != nil {
		return under, nil, err
	}
	return given.Under, s.Keyring().OneTime(held.KeyIndex), nil
}

// settleAbout finds out what became of a grant or a revocation for somebody else, or of what the owner
// gave back: in whose log it is, the owner can't read. The ledger tells where the grant stands.
func (s *Session) settleAbout(ctx context.Context, t Sent, g stele.Grant, held bool) (Settled, error) {
	if s.Clock().Before(t.Expires) {
		outcome, err := s.SubmitSigned(ctx, t.Raw)
		if err == nil {
			return Settled{t, true, outcome}, nil
		}
		if members.Transient(err) {
			return Settled{}, err
		}
	}
	is, err := s.standsAt(ctx, g)
	switch {
	case err == nil && t.Kind == SentGrant:
		return Settled{Sent: t, Happened: true}, nil
	case err == nil && is.Status == stele.GrantRevoked && is.Returned == held: // else somebody else ended it
		return Settled{Sent: t, Happened: true}, nil
	case err != nil && stele.KindOf(err) != stele.KindNotFound:
		return Settled{}, err
	}
	return s.settleLapsed(ctx, t)
}

// OfAgeEnd draws when a parent's delegation ends on the ledger: within sixty days after the day
// on which the patient comes of age, to the minute, so that nobody reads a birthday from it (R9).
func OfAgeEnd(day consent.Date) time.Time {
	minutes := int64(consent.OfAgeSpread / time.Minute)
	n, err := rand.Int(rand.Reader, big.NewInt(minutes))
	if err != nil {
		panic(err) // never since Go 1.24
	}
	return day.Start().Add(time.Duration(n.Int64()) * time.Minute)
}

package wallet

import (
	"context"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// Draft is a grant that is shown before it is given: its whole document but for its id and the grantee's key, which
// are of each that is given. So what was shown is what is signed, however long somebody thinks about it.
type Draft struct {
	Under *Held // the delegation by which it is given for somebody; nil: it is the owner's own

	answers *Request // what it was asked for; nil: nobody asked
	to      Contact
	terms   Terms
	grant   consent.Grant
}

// Says is the text that is shown, and that the document keeps as evidence.
func (d Draft) Says() string { return consent.Presented(d.grant) }

// of is the document of a grant as it was drafted, with an id of its own, to a key of the grantee's.
func (d Draft) of(grantee *wire.PublicKey) consent.Grant {
	g := d.grant
	g.ID, g.Grantee = stele.NewIDOf(g.Patient.Subject[:]), wire.Key(grantee)
	return g
}

// Draft drafts a grant of the owner's own.
func (s *Session) Draft(ctx context.Context, to Contact, t Terms) (Draft, error) {
	// To the minute: people read it, and block time may be behind this clock.
	now := s.Clock().UTC()
	signed := now.Truncate(time.Minute)
	switch {
	case t.NotBefore.IsZero():
		t.NotBefore = signed
	case now.Sub(t.NotBefore) >= 0 && now.Sub(t.NotBefore) < 2*time.Minute:
		signed = t.NotBefore // it begins at once
	}
	if t.End.Sub(now) > time.Hour {
		t.End = t.End.Truncate(time.Minute)
	}
	me := consent.Party{Subject: s.Subject(), Name: s.Name()}
	actor, err := s.actor(ctx, to)
	if err != nil {
		return Draft{}, err
	}
	if t.Action == stele.ActionDelegate && actor.Kind == consent.Practitioner { // who acts for somebody treats nobody by it
		actor = consent.Actor{Kind: consent.Person, Party: actor.Party}
	}
	g := t.grant()
	g.Patient, g.Actor, g.Signed = me, actor, consent.Signature{At: signed, By: me}
	return Draft{to: to, terms: t, grant: g.Normal()}, nil
}

// DraftFor drafts a grant for somebody by a delegation. It fails with KindDenied where the grant would say
// more than the delegation allows: trustees open what both allow, and a sentence that says more is no one's word.
func (s *Session) DraftFor(ctx context.Context, under Held, to Contact, t Terms) (Draft, error) {
	if err := under.Acts(consent.Gives(t.Action), s.Clock()); err != nil {
		return Draft{}, err
	}
	d, err := s.Draft(ctx, to, t)
	if err != nil {
		return d, err
	}
	g := d.grant
	if slices.Contains(g.Delegation.Acts, consent.ActDelegate) {
		return d, stele.E("give grant", stele.KindDenied, "whom you let act lets nobody act in turn", nil).WithHint("leave " + string(consent.ActDelegate) + " out of --acts")
	}
	for _, document := range under.documents() {
		above, err := consent.Parse(document)
		if err != nil {
			return d, err
		}
		g.Patient = above.Patient
	}
	if over := under.exceeded(g); over != "" {
		return d, stele.E("give grant", stele.KindDenied, "you may not give "+over+": the delegation does not allow it", nil).
			WithHint("stele delegate list tells what it allows")
	}
	d.Under, d.grant = &under, g.Normal()
	return d, nil
}

// grant is what the terms say of a grant, in the words of today.
func (t Terms) grant() consent.Grant {
	return consent.Grant{
		Action: t.Action, Purposes: t.Purposes, Categories: t.Categories, Sensitivity: t.Sensitivity, From: t.From, To: t.To,
		Sources: t.Sources, NotBefore: t.NotBefore, End: t.End, MaxUses: t.MaxUses, Unclassified: t.Unclassified,
		Delegation: t.Delegation, Records: t.Handles(), Policy: PolicyText, Language: "en", Wording: consent.CurrentWording,
	}
}

// actor names the grantee as the cards do.
func (s *Session) actor(ctx context.Context, to Contact) (consent.Actor, error) {
	party := consent.Party{Subject: to.Subject(), Name: to.Card.Name}
	if to.Card.Kind == string(Organisation) {
		return consent.Actor{Kind: consent.Organisation, Party: party}, nil
	}
	actor := consent.Actor{Kind: consent.Practitioner, Party: party}
	if organisation, err := stele.SubjectFrom(to.Card.Organisation); err == nil {
		at, err := s.Find(ctx, organisation.String())
		if err != nil {
			return actor, err
		}
		actor.At = consent.Party{Subject: organisation, Name: at.Card.Name}
	}
	return actor, nil
}

package wire

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
)

// Apply folds an event of the consortium's own log into what it says of the network.
// Events of other kinds leave it as it is. A list that changes is written anew: others may
// hold the old one.
func (c *Consortium) Apply(e *Event) {
	switch m := e.GetEvent().(type) {
	case *Event_ConsortiumFounded:
		if g := m.ConsortiumFounded.GetGenesis(); g != nil {
			c.Subject, c.CredentialIssuers = e.Subject, nil
			c.Chain, c.Members, c.Committee, c.Issuers, c.Auditors = g.Chain, g.Members, g.Committee, g.Issuers, g.Auditors
			c.Terms, c.Devnet = g.Terms, g.Devnet
		}
	case *Event_IssuerAdmitted:
		issuer := m.IssuerAdmitted.GetIssuer()
		list := slices.Clone(c.CredentialIssuers)
		if at := c.issuerAt(issuer.GetSubject(), issuer.GetCertificate()); at >= 0 {
			list[at] = issuer
		} else {
			list = append(list, issuer)
		}
		c.CredentialIssuers = list
	case *Event_IssuerDismissed:
		if at := c.issuerAt(m.IssuerDismissed.GetSubject(), m.IssuerDismissed.GetCertificate()); at >= 0 {
			c.CredentialIssuers = slices.Delete(slices.Clone(c.CredentialIssuers), at, at+1)
		}
	}
}

// After returns what it says after an event: another, which shares with it what the event
// leaves as it is. Neither is to be changed then.
func (c *Consortium) After(e *Event) *Consortium {
	next := &Consortium{
		Chain: c.GetChain(), Subject: c.GetSubject(), Members: c.GetMembers(), Committee: c.GetCommittee(),
		Issuers: c.GetIssuers(), Auditors: c.GetAuditors(), CredentialIssuers: c.GetCredentialIssuers(),
		Terms: c.GetTerms(), Devnet: c.GetDevnet(),
	}
	next.Apply(e)
	return next
}

// issuerAt is the place of an issuer with a certificate, or -1.
func (c *Consortium) issuerAt(subject, certificate []byte) int {
	return slices.IndexFunc(c.GetCredentialIssuers(), func(i *CredentialIssuer) bool {
		return bytes.Equal(i.GetSubject(), subject) && bytes.Equal(i.GetCertificate(), certificate)
	})
}

// CredentialIssuer returns what it says of an issuer with a certificate, or nil.
func (c *Consortium) CredentialIssuer(subject, certificate []byte) *CredentialIssuer {
	if at := c.issuerAt(subject, certificate); at >= 0 {
		return c.CredentialIssuers[at]
	}
	return nil
}

// Issuing lists whose credentials count.
func (c *Consortium) Issuing() (list []stele.CredentialIssuer) {
	for _, i := range c.GetCredentialIssuers() {
		list = append(list, stele.CredentialIssuer{
			Subject: stele.Subject(i.Subject), Certificate: stele.Digest(i.Certificate), Kinds: CredentialKinds(i.Kinds), Jurisdictions: i.Jurisdictions,
		})
	}
	return list
}

// Founded returns the first event of the consortium's log. Its subject is the hash of
// the genesis as it is carried, so that two networks never share one.
func Founded(raw []byte, g *Genesis) *Event {
	self := stele.SubjectOf(raw)
	return &Event{Subject: self[:], Event: &Event_ConsortiumFounded{ConsortiumFounded: &ConsortiumFounded{Genesis: g}}}
}

// Member returns what it says of a member, or nil.
func (c *Consortium) Member(subject stele.Subject) *Member {
	for _, m := range c.GetMembers() {
		if stele.SubjectOf(m.KeyDocument) == subject {
			return m
		}
	}
	return nil
}

// Held returns the committee as package threshold takes it.
func (c *Committee) Held() stele.Committee {
	return stele.Committee{Epoch: c.GetEpoch(), Threshold: int(c.GetThreshold()), Key: c.GetKey(), Shares: c.GetShares()}
}

// credentialKinds are the kinds of credential that an issuer may be admitted for, by the
// bit in CredentialIssuer.kinds.
var credentialKinds = []stele.CredentialKind{stele.LicenceCredential, stele.AccreditationCredential}

// CredentialKinds reads the kinds of an issuer: nil unless there is one at least, and
// each is known.
func CredentialKinds(bits uint32) (kinds []stele.CredentialKind) {
	for i, kind := range credentialKinds {
		if bits&(1<<i) != 0 {
			kinds = append(kinds, kind)
		}
	}
	if bits>>len(credentialKinds) != 0 {
		return nil
	}
	return kinds
}

// CredentialKindBits writes kinds as an issuer has them. It is 0 when one of them is
// nothing that an issuer is admitted for.
func CredentialKindBits(kinds ...stele.CredentialKind) (bits uint32) {
	for _, kind := range kinds {
		at := slices.Index(credentialKinds, kind)
		if at < 0 {
			return 0
		}
		bits |= 1 << at
	}
	return bits
}

// The terms that hold where nothing else is said: nothing else may be but in a devnet.
const (
	EmergencyTerm = 24 * time.Hour // how long an opening in an emergency holds
	ReviewTerm    = 72 * time.Hour // in which it is to be reviewed, from its beginning
	ChangeTerm    = 72 * time.Hour // how long a change is announced before it holds
)

// Emergency returns how long an opening in an emergency holds.
func (t *Terms) Emergency() time.Duration { return term(t.GetEmergencyMs(), EmergencyTerm) }

// Review returns in what time an opening in an emergency is to be reviewed.
func (t *Terms) Review() time.Duration { return term(t.GetReviewMs(), ReviewTerm) }

// Change returns how long a change is announced before it holds.
func (t *Terms) Change() time.Duration { return term(t.GetChangeMs(), ChangeTerm) }

func term(ms int64, otherwise time.Duration) time.Duration {
	if ms == 0 {
		return otherwise
	}
	return time.Duration(ms) * time.Millisecond
}

// Check fails with KindInvalid unless terms are those that hold everywhere; in a devnet
// they may be shorter. A review is due when the opening is over, and not before.
func (t *Terms) Check(devnet bool) error {
	const op = "read terms"
	for _, own := range []struct {
		ms int64
		of time.Duration
	}{{t.GetEmergencyMs(), EmergencyTerm}, {t.GetReviewMs(), ReviewTerm}, {t.GetChangeMs(), ChangeTerm}} {
		switch {
		case own.ms < 0 || own.ms > own.of.Milliseconds():
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("a term of %d ms, where there are %v", own.ms, own.of), nil)
		case !devnet && term(own.ms, own.of) != own.of:
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("a term of %d ms, where %v must be given", own.ms, own.of), nil).
				WithHint("only a devnet may be in a hurry")
		}
	}
	if t.Review() < t.Emergency() {
		return stele.E(op, stele.KindInvalid, "a review is due before what it is of is over", nil)
	}
	return nil
}

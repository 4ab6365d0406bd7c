package credential

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/sdjwt"
)

// Kind is a kind of credential.
type Kind = stele.CredentialKind

// The kinds.
const (
	Licence       = stele.LicenceCredential       // of a practitioner, from a licensing board
	Role          = stele.RoleCredential          // of a practitioner, from the employer
	Accreditation = stele.AccreditationCredential // of a facility, from an accreditor
)

// Kinds are all of them, in the order in which they are shown.
var Kinds = []Kind{Licence, Role, Accreditation}

// Longest is how long a credential of a kind may live; zero for what is no kind.
func Longest(k Kind) time.Duration {
	const day = 24 * time.Hour
	return map[Kind]time.Duration{Licence: 90 * day, Role: day, Accreditation: 366 * day}[k]
}

// vct is a kind's type (SD-JWT VC): a name, no address.
func vct(k Kind) string { return "urn:stele:credential:" + string(k) }

// Paper is what a credential says. Of one that is shown, what was not disclosed is empty.
type Paper struct {
	Kind   Kind
	Issuer stele.Subject
	Holder stele.Subject
	Key    HolderKey
	From   time.Time // whole seconds
	Until  time.Time

	Jurisdiction string // ISO 3166: GB, US-CA; of a licence and an accreditation
	Profession   string // code, of a licence
	Role         string // code, of a role
	Facility     string // code of the kind of facility, of an accreditation

	// For people. Nothing is decided on them.
	Name   string // the holder's
	Number string // the licence's

	Status *Status // nil: there is none, and it ends by itself
}

// Status is where a credential's status stands.
type Status struct {
	List  string // the list's name: compared, never followed
	Index int
}

// Says is what is decided on: the profession, the role or the kind of facility.
func (p Paper) Says() string { return p.Profession + p.Role + p.Facility }

// HolderKey is a P-256 public key, compressed (SEC 1 §2.3.3).
type HolderKey [33]byte

// KeyOf returns the form in which keys of holders are told and compared.
func KeyOf(k *ecdsa.PublicKey) HolderKey {
	return HolderKey(elliptic.MarshalCompressed(elliptic.P256(), k.X, k.Y))
}

// ParseKey reads a holder's key. It fails with KindInvalid.
func ParseKey(raw []byte) (HolderKey, error) {
	if x, _ := elliptic.UnmarshalCompressed(elliptic.P256(), raw); x == nil {
		return HolderKey{}, stele.E("read key", stele.KindInvalid, "a holder's key is a compressed point of P-256", nil)
	}
	return HolderKey(raw), nil
}

func (k HolderKey) public() *ecdsa.PublicKey {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), k[:])
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}
}

// Names of claims, as the claims of an identity are called (OpenID Connect Core §5.1) or
// as nobody else calls them.
const (
	claimJurisdiction = "jurisdiction"
	claimProfession   = "profession"
	claimRole         = "role"
	claimFacility     = "facility"
	claimName         = "name"
	claimNumber       = "licence_number"
)

// Check fails with KindInvalid for a paper that says too much, too little or what no code is,
// or lives longer than its kind may.
func (p Paper) Check() error {
	const op = "check credential"
	bad := func(text string) error { return stele.E(op, stele.KindInvalid, text, nil) }
	place, profession, role, facility := p.Kind != Role, p.Kind == Licence, p.Kind == Role, p.Kind == Accreditation
	switch {
	case Longest(p.Kind) == 0:
		return bad("it is of no kind that is known")
	case p.Issuer.IsZero() || p.Holder.IsZero() || p.Issuer == p.Holder:
		return bad("it needs an issuer and a holder, and nobody issues for themselves")
	case !p.Until.After(p.From) || p.Until.Sub(p.From) > Longest(p.Kind):
		return stele.E(op, stele.KindInvalid, "it is to live longer than its kind may, or no time at all", nil).
			WithHint("a licence lives for 90 days at most, a role for 24 hours, an accreditation for 366 days")
	case p.Status == nil && p.Kind != Role:
		return bad("it names no place in a status list")
	case place != (p.Jurisdiction != ""):
		return bad("its jurisdiction is missing, or is none of its kind's")
	case !profession && p.Number != "":
		return bad("it has a licence's number")
	}
	for _, c := range []struct {
		what, code string
		wanted     bool
	}{{"the profession", p.Profession, profession}, {"the role", p.Role, role}, {"the kind of facility", p.Facility, facility}} {
		if c.wanted != (c.code != "") {
			return bad(c.what + " is missing, or is none of its kind's")
		}
		if c.wanted {
			if err := stele.CheckCode(c.what, c.code); err != nil {
				return err
			}
		}
	}
	return nil
}

// Issue signs a paper, with all that its holder may disclose. It fails with KindInvalid.
func (p Paper) Issue(issuer sdjwt.Issuer) (*sdjwt.Token, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return issuer.Issue(p.Credential())
}

// Credential is the inverse of Read. What is decided on and what is for people can be
// disclosed apart; the jurisdiction and the kind of facility always show.
func (p Paper) Credential() sdjwt.Credential {
	c := sdjwt.Credential{
		Type: vct(p.Kind), Issuer: p.Issuer.String(), Subject: p.Holder.String(), IssuedAt: p.From, Expires: p.Until,
		Holder: p.Key.public(), Claims: sdjwt.Claims{},
	}
	if p.Status != nil {
		c.Status = &sdjwt.StatusRef{URI: p.Status.List, Index: p.Status.Index}
	}
	for name, text := range map[string]string{claimJurisdiction: p.Jurisdiction, claimFacility: p.Facility} {
		if text != "" {
			c.Claims[name] = text
		}
	}
	for name, text := range map[string]string{claimProfession: p.Profession, claimRole: p.Role, claimName: p.Name, claimNumber: p.Number} {
		if text != "" {
			c.Claims[name] = sdjwt.Hidden{Value: text}
		}
	}
	return c
}

// deciding are the claims that are disclosed to whoever decides; no name is among them.
func deciding(k Kind) []string {
	switch k {
	case Licence:
		return []string{claimProfession}
	case Role:
		return []string{claimRole}
	}
	return nil
}

// Read returns what a credential says, whether it holds or not.
func Read(c sdjwt.Credential) (p Paper, err error) {
	const op = "read credential"
	for _, k := range Kinds {
		if c.Type == vct(k) {
			p.Kind = k
		}
	}
	if p.Kind == "" || c.Holder == nil {
		return p, stele.E(op, stele.KindInvalid, "it is of no kind that is known, or names no key of its holder", nil)
	}
	if p.Issuer, err = stele.ParseSubject(c.Issuer); err != nil {
		return p, err
	}
	if p.Holder, err = stele.ParseSubject(c.Subject); err != nil {
		return p, err
	}
	p.Key, p.From, p.Until = KeyOf(c.Holder), c.IssuedAt, c.Expires
	if c.Status != nil {
		p.Status = &Status{List: c.Status.URI, Index: c.Status.Index}
	}
	for name, value := range c.Claims {
		if field := p.field(name); field != nil {
			*field, _ = value.(string) // what is no text says nothing
		}
	}
	return p, nil
}

func (p *Paper) field(claim string) *string {
	return map[string]*string{
		claimJurisdiction: &p.Jurisdiction, claimProfession: &p.Profession, claimRole: &p.Role, claimFacility: &p.Facility,
		claimName: &p.Name, claimNumber: &p.Number,
	}[claim]
}

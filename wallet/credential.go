package wallet

import (
	"context"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issued"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// HeldCredential is a credential that somebody issued to the owner, or the accreditation of
// the facility that gave the owner a role.
type HeldCredential struct {
	Kind   credential.Kind `json:"kind"`
	Issuer stele.Subject   `json:"issuer"`
	Holder stele.Subject   `json:"holder"`
	Says   string          `json:"says"` // profession, role or kind of facility
	Until  time.Time       `json:"until"`
	Token  string          `json:"token"` // with all its disclosures
}

// Paper returns what it says.
func (h HeldCredential) Paper() (credential.Paper, error) {
	t, err := sdjwt.Parse(h.Token)
	if err != nil {
		return credential.Paper{}, err
	}
	return credential.Read(t.Credential())
}

var credentialRows = &book.Table[HeldCredential]{Name: "credential"}

const (
	// maxCredentials is how many a wallet keeps: anybody accredited may issue roles to
	// anybody. The newest are kept.
	maxCredentials = 64
	// keptCredential is how long one is kept that has expired, for who looks up what it was.
	keptCredential = 30 * 24 * time.Hour
)

// Credentials lists the credentials that the owner holds, the newest last.
func (w *Wallet) Credentials() ([]HeldCredential, error) {
	return book.Values(credentialRows.All(w.learned))
}

// Register returns the owner's register of what it issues.
func (w *Wallet) Register() *issued.Register { return issued.Of(w.learned) }

// unpackCredentials opens deliveries of credentials and keeps those that hold: issued to the
// owner's key by whoever may, as the consortium's log says. What does not hold together is
// dropped: anybody may put anything into a box.
func (s *Session) unpackCredentials(ctx context.Context, sealed [][]byte) (held []HeldCredential) {
	followed := false
	for _, one := range sealed {
		p, ok := s.credentialPackage(one)
		if !ok {
			continue
		}
		papers, err := s.received(p)
		if err != nil && !followed { // whose issuer may have been admitted since the log was followed
			followed = s.FollowNow(ctx) == nil
			papers, err = s.received(p)
		}
		if err == nil {
			held = append(held, papers...)
		}
	}
	return held
}

func (s *Session) credentialPackage(sealed []byte) (p *wire.CredentialPackage, ok bool) {
	me := s.Subject()
	raw, err := s.Keyring().SealKey().Open(seal.TagCredential, me[:], sealed)
	p = new(wire.CredentialPackage)
	return p, err == nil && wire.Decode(raw, p) == nil && string(p.Subject) == string(me[:])
}

// received checks what came in a package.
func (s *Session) received(p *wire.CredentialPackage) (held []HeldCredential, err error) {
	papers, err := credential.Received(stele.Consortium{CredentialIssuers: s.Consortium().Issuing()}, p.Credentials, s.Clock())
	if err != nil {
		return nil, err
	}
	me, mine := s.Subject(), credential.KeyOf(&s.Keyring().CredentialKey().PublicKey)
	for i, paper := range papers {
		// The accreditation of somebody else comes with the role that they gave.
		if own := paper.Holder == me && paper.Key == mine; !own && paper.Kind != credential.Accreditation {
			return nil, stele.E("receive credential", stele.KindDenied, "it is somebody else's", nil)
		}
		held = append(held, HeldCredential{
			Kind: paper.Kind, Issuer: paper.Issuer, Holder: paper.Holder, Says: paper.Says(), Until: paper.Until, Token: p.Credentials[i],
		})
	}
	return held, nil
}

// keepCredentials keeps what came that is not there yet, and forgets what has long expired.
func keepCredentials(c *book.Change, came []HeldCredential, now time.Time) error {
	rows, err := book.Rows(credentialRows.All(c))
	if err != nil {
		return err
	}
	for _, h := range came {
		if slices.ContainsFunc(rows, func(r book.Row[HeldCredential]) bool { return r.Value.Token == h.Token }) {
			continue
		}
		if err := credentialRows.Add(c, h); err != nil {
			return err
		}
	}
	if rows, err = book.Rows(credentialRows.All(c)); err != nil {
		return err
	}
	oldest := len(rows) - maxCredentials
	for i, r := range rows {
		if i < oldest || now.Sub(r.Value.Until) > keptCredential {
			if err := credentialRows.Remove(c, r.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

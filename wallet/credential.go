package wallet

import (
	"context"
	"slices"
	"strings"
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
	Says   string          `json:"says"`         // profession, role or kind of facility
	In     string          `json:"in,omitempty"` // its jurisdiction; a role has none
	From   time.Time       `json:"from"`
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

// Waiting is credentials that came together, of an issuer that the consortium has not admitted.
type Waiting struct {
	Credentials []string  `json:"credentials"`
	Came        time.Time `json:"came"`
}

var (
	credentialRows = &book.Table[HeldCredential]{Name: "credential"}
	waitingRows    = &book.Table[Waiting]{Name: "credential waiting"}
)

const (
	// keptOfOne is how many credentials of one kind and holder a wallet keeps of one issuer, the
	// newest: what one issues takes nobody else's place.
	keptOfOne = 8
	// keptCredential is how long one is kept that has expired, for who looks up what it was.
	keptCredential = 30 * 24 * time.Hour
	// maxWaiting is how many deliveries wait for their issuers to be admitted: the newest, for
	// anybody may issue what nobody has admitted.
	maxWaiting = 64
)

// Credentials lists the credentials that the owner holds, the newest last: by when they were
// issued, whenever they came.
func (w *Wallet) Credentials() ([]HeldCredential, error) {
	held, err := book.Values(credentialRows.All(w.learned))
	slices.SortStableFunc(held, func(a, b HeldCredential) int { return a.From.Compare(b.From) })
	return held, err
}

// WaitingCredentials counts the deliveries of credentials that wait for their issuer to be admitted.
func (w *Wallet) WaitingCredentials() (int, error) { return waitingRows.Count(w.learned) }

// Register returns the owner's register of what it issues.
func (w *Wallet) Register() *issued.Register { return issued.Of(w.learned) }

// unpackCredentials opens deliveries of credentials and keeps those that hold: issued to the
// owner's key by whoever may, as the consortium's log says. What fails only because its issuer is
// not admitted yet waits. What does not hold together is dropped: anybody may put anything into a box.
func (s *Session) unpackCredentials(ctx context.Context, sealed [][]byte) (held []HeldCredential, waiting []Waiting) {
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
		} else if s.unadmitted(p) == nil {
			waiting = append(waiting, Waiting{p.Credentials, s.Clock().UTC()})
		}
	}
	return held, waiting
}

// retryCredentials keeps what waited for its issuer to be admitted and counts now, and forgets what
// would not count even then.
func (s *Session) retryCredentials(ctx context.Context) error {
	rows, err := book.Rows(waitingRows.All(s.learned))
	if err != nil || len(rows) == 0 {
		return err
	}
	_ = s.FollowNow(ctx) // where nobody answers they wait on
	var papers []HeldCredential
	over := map[int64]bool{}
	for _, r := range rows {
		p := &wire.CredentialPackage{Credentials: r.Value.Credentials}
		if came, err := s.received(p); err == nil {
			papers, over[r.Number] = append(papers, came...), true
		} else if s.unadmitted(p) != nil {
			over[r.Number] = true
		}
	}
	if len(over) == 0 {
		return nil
	}
	return s.learned.Change(func(c *book.Change) error {
		for _, r := range rows {
			if !over[r.Number] {
				continue
			}
			if err := waitingRows.Remove(c, r.Number); err != nil {
				return err
			}
		}
		return keepCredentials(c, papers, s.Clock())
	})
}

// keepWaiting keeps what waits, each once.
func keepWaiting(c *book.Change, came []Waiting) error {
	for _, one := range came {
		rows, err := book.Rows(waitingRows.All(c))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rows, func(r book.Row[Waiting]) bool { return slices.Equal(r.Value.Credentials, one.Credentials) }) {
			continue
		}
		if len(rows) >= maxWaiting {
			if err := waitingRows.Remove(c, rows[0].Number); err != nil {
				return err
			}
		}
		if err := waitingRows.Add(c, one); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) credentialPackage(sealed []byte) (p *wire.CredentialPackage, ok bool) {
	me := s.Subject()
	raw, err := s.Keyring().SealKey().Open(seal.TagCredential, me[:], sealed)
	p = new(wire.CredentialPackage)
	return p, err == nil && wire.Decode(raw, p) == nil && string(p.Subject) == string(me[:])
}

// received checks what came in a package.
func (s *Session) received(p *wire.CredentialPackage) ([]HeldCredential, error) {
	papers, err := credential.Received(s.issuing(), p.Credentials, s.Clock())
	if err != nil {
		return nil, err
	}
	return s.ours(p, papers)
}

// unadmitted checks what came in a package, but for whether its issuers are admitted.
func (s *Session) unadmitted(p *wire.CredentialPackage) error {
	papers, err := credential.Unadmitted(p.Credentials, s.Clock())
	if err == nil {
		_, err = s.ours(p, papers)
	}
	return err
}

// ours takes papers of a package that are the owner's, or go with one that is.
func (s *Session) ours(p *wire.CredentialPackage, papers []credential.Paper) (held []HeldCredential, err error) {
	me, mine := s.Subject(), credential.KeyOf(&s.Keyring().CredentialKey().PublicKey)
	for i, paper := range papers {
		own := paper.Holder == me && paper.Key == mine
		gaveRole := func(other credential.Paper) bool {
			return paper.Kind == credential.Accreditation && other.Kind == credential.Role && other.Issuer == paper.Holder
		}
		if !own && !slices.ContainsFunc(papers, gaveRole) {
			return nil, stele.E("receive credential", stele.KindDenied, "it is somebody else's", nil)
		}
		held = append(held, HeldCredential{
			Kind: paper.Kind, Issuer: paper.Issuer, Holder: paper.Holder, Says: paper.Says(), In: paper.Jurisdiction,
			From: paper.From, Until: paper.Until, Token: p.Credentials[i],
		})
	}
	return held, nil
}

// keepCredentials keeps what came that is not there yet, and forgets what has long expired and
// what is one too many of its issuer's.
func keepCredentials(c *book.Change, came []HeldCredential, now time.Time) error {
	for _, h := range came {
		if err := keepCredential(c, h); err != nil {
			return err
		}
	}
	rows, err := book.Rows(credentialRows.All(c))
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b book.Row[HeldCredential]) int { return b.Value.From.Compare(a.Value.From) })
	kept := map[HeldCredential]int{} // by kind, issuer and holder
	for _, r := range rows {
		of := HeldCredential{Kind: r.Value.Kind, Issuer: r.Value.Issuer, Holder: r.Value.Holder}
		if kept[of]++; kept[of] <= keptOfOne && now.Sub(r.Value.Until) <= keptCredential {
			continue
		}
		if err := credentialRows.Remove(c, r.Number); err != nil {
			return err
		}
	}
	return nil
}

// keepCredential keeps one credential: of what its issuer signed once, the form that discloses
// most. Others have seen forms that disclose less, and could put them in its place.
func keepCredential(c *book.Change, h HeldCredential) error {
	rows, err := book.Rows(credentialRows.All(c))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r book.Row[HeldCredential]) bool { return signedPart(r.Value.Token) == signedPart(h.Token) })
	switch {
	case i < 0:
		return credentialRows.Add(c, h)
	case strings.Count(h.Token, "~") > strings.Count(rows[i].Value.Token, "~"):
		return credentialRows.Put(c, rows[i].Number, h)
	}
	return nil
}

// signedPart is what the issuer signed of a token. The signature is no part of it: anybody can make
// a second one of it.
func signedPart(token string) string {
	issued, _, _ := strings.Cut(token, "~")
	return issued[:max(strings.LastIndexByte(issued, '.'), 0)]
}

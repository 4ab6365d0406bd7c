package issuing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issued"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Desk issues credentials for the owner of a wallet. Its methods are safe for concurrent use.
type Desk struct{ w *wallet.Session }

// New opens the desk of a wallet.
func New(w *wallet.Session) *Desk { return &Desk{w} }

// certificateLives is how long an issuer's certificate is good.
const certificateLives = 10

// Order is what a credential is to say, and of whom.
type Order struct {
	Kind         credential.Kind
	To           wallet.Contact
	Says         string        // profession, role or kind of facility: a code
	Jurisdiction string        // of a licence or an accreditation
	Number       string        // of the licence; may be empty
	For          time.Duration // zero: as long as its kind may
}

// Issuer returns the key and the certificate that the owner issues with. The certificate is
// made the first time, and is what the consortium admits by its hash.
func (d *Desk) Issuer() (sdjwt.Issuer, error) {
	key, now := d.w.Keyring().CredentialKey(), d.w.Clock().UTC()
	der, err := d.w.Register().Certificate(func() ([]byte, error) {
		return sdjwt.SelfSigned(key, d.w.Name(), now.Add(-time.Hour), now.AddDate(certificateLives, 0, 0))
	})
	return sdjwt.Issuer{Key: key, Certificate: der}, err
}

// Issue issues a credential and leaves it in its holder's box. It fails with KindUsage when
// the holder's card names no key for credentials, with KindDenied when a facility that is not
// accredited is to issue a role, and with KindInvalid for what no credential may say.
func (d *Desk) Issue(ctx context.Context, o Order) (issued.Entry, error) {
	const op = "issue credential"
	holder, err := credential.ParseKey(o.To.Card.HolderKey)
	if err != nil {
		return issued.Entry{}, stele.E(op, stele.KindUsage, o.To.Card.Name+"'s card names no key for credentials", err).
			WithHint("the card is of an earlier release: they make a new one with: stele wallet join --at MEMBER")
	}
	var facility string
	if o.Kind == credential.Role {
		if facility, err = d.accreditation(); err != nil {
			return issued.Entry{}, err
		}
	}
	by, err := d.Issuer()
	if err != nil {
		return issued.Entry{}, err
	}
	paper := d.paper(o, holder)
	if err := paper.Check(); err != nil { // before it has a place
		return issued.Entry{}, err
	}
	entry, err := d.w.Register().Add(issued.Entry{
		Kind: o.Kind, Holder: o.To.Subject(), Name: o.To.Card.Name, Says: o.Says, From: paper.From, Until: paper.Until,
	}, paper.From)
	if err != nil {
		return entry, err
	}
	paper.Status.Index = entry.Place
	token, err := paper.Issue(by)
	if err != nil {
		return entry, err
	}
	package_ := &wire.CredentialPackage{Subject: paper.Holder[:], Credentials: []string{token.Compact()}}
	if facility != "" {
		package_.Credentials = append(package_.Credentials, facility)
	}
	return entry, d.hand(ctx, o.To, package_)
}

func (d *Desk) paper(o Order, holder credential.HolderKey) credential.Paper {
	now, me := d.w.Clock().UTC().Truncate(time.Second), d.w.Subject()
	p := credential.Paper{
		Kind: o.Kind, Issuer: me, Holder: o.To.Subject(), Key: holder, From: now, Until: now.Add(credential.Longest(o.Kind)),
		Jurisdiction: o.Jurisdiction, Name: o.To.Card.Name, Number: o.Number, Status: &credential.Status{List: issued.ListName(me)},
	}
	if o.For > 0 {
		p.Until = now.Add(o.For)
	}
	switch o.Kind {
	case credential.Licence:
		p.Profession = o.Says
	case credential.Role:
		p.Role = o.Says
	case credential.Accreditation:
		p.Facility = o.Says
	}
	return p
}

// accreditation returns the owner's own, which its roles are worth something by.
func (d *Desk) accreditation() (string, error) {
	held, err := d.w.Credentials()
	if err != nil {
		return "", err
	}
	for i := len(held) - 1; i >= 0; i-- {
		if h := held[i]; h.Kind == credential.Accreditation && h.Holder == d.w.Subject() && h.Until.After(d.w.Clock()) {
			return h.Token, nil
		}
	}
	return "", stele.E("issue credential", stele.KindDenied, d.w.Name()+" holds no accreditation that has not expired, and its roles would be worth nothing", nil).
		WithHint("an accreditor issues one; stele wallet collect fetches it")
}

// hand leaves a package in its holder's box.
func (d *Desk) hand(ctx context.Context, to wallet.Contact, p *wire.CredentialPackage) error {
	subject := to.Subject()
	sealed, err := seal.SealTo(to.Card.SealKey, seal.TagCredential, subject[:], wire.Marshal(p))
	if err != nil {
		return err
	}
	_, err = to.Member.Directory.Deliver(ctx, &wire.DeliverRequest{To: subject[:], Sealed: sealed})
	return err
}

// Issued lists what the owner issued, the newest last.
func (d *Desk) Issued() ([]issued.Entry, error) { return d.w.Register().All() }

// Mark says that a credential is revoked, suspended, or good again. It counts once it was
// posted.
func (d *Desk) Mark(place int, s sdjwt.Status) (issued.Entry, error) {
	return d.w.Register().Mark(place, s, d.w.Clock().UTC())
}

// Posted is a status list that was posted.
type Posted struct {
	issued.Posting
	Outcome stele.Outcome
	Silent  []string // members that do not have it: whoever shows a credential finds it at the others
}

// Post posts the status list as it is now: its hash onto the ledger, then the list to every
// member. It fails as Submit does; posting again is always safe.
func (d *Desk) Post(ctx context.Context) (out Posted, err error) {
	newest, err := d.epoch(ctx)
	if err != nil {
		return out, err
	}
	token, err := d.list()
	if err != nil {
		return out, err
	}
	hash, me := sha256.Sum256([]byte(token)), d.w.Subject()
	out.Posting = issued.Posting{Epoch: newest + 1, At: d.w.Clock().UTC()}
	if out.Outcome, err = d.w.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_PostStatusList{PostStatusList: &wire.PostStatusList{
		Subject: me[:], Epoch: out.Epoch, Hash: hash[:],
	}}}, d.w.Keyring().Signer()); err != nil {
		return out, err
	}
	out.Silent = d.spread(ctx, []byte(token))
	return out, d.w.Register().SetPosted(out.Posting)
}

// list signs the status list as it is now.
func (d *Desk) list() (string, error) {
	list, err := d.w.Register().List(d.w.Subject(), d.w.Clock().UTC())
	if err != nil {
		return "", err
	}
	by, err := d.Issuer()
	if err != nil {
		return "", err
	}
	return by.SignStatusList(list)
}

// epoch is that of the owner's newest status list, as its own log says.
func (d *Desk) epoch(ctx context.Context) (newest uint64, err error) {
	log, err := d.w.Log(ctx)
	if err != nil {
		return 0, err
	}
	for e, err := range log.Events() {
		if err != nil {
			return 0, err
		}
		newest = max(newest, e.Event.About().Epoch)
	}
	return newest, nil
}

// spread gives the list to every member, and returns the names of those that did not take it.
func (d *Desk) spread(ctx context.Context, token []byte) (silent []string) {
	me := d.w.Subject()
	question := func(ctx context.Context, m members.Member) (struct{}, error) {
		var refused error
		stopped := members.Retry(ctx, 50*time.Millisecond, members.Lag, func() bool {
			_, refused = m.Directory.PutStatusList(ctx, &wire.PutStatusListRequest{Subject: me[:], List: token})
			return stele.KindOf(refused) == stele.KindBusy // a block behind
		})
		return struct{}{}, cmp.Or(stopped, refused)
	}
	for r := range members.All(ctx, d.w.Network, question) {
		if r.Err != nil {
			silent = append(silent, r.Member.Name)
		}
	}
	return silent
}

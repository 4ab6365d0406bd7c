package issuing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"sync"
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
type Desk struct {
	w       *wallet.Session
	posting sync.Mutex // one list after the other
}

// New opens the desk of a wallet.
func New(w *wallet.Session) *Desk { return &Desk{w: w} }

// certificateLives is for how many years an issuer's certificate is good.
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
	if err := d.w.Register().Renewed(d.counts); err != nil {
		return sdjwt.Issuer{}, err
	}
	der, err := d.w.Register().Certificate(d.certificate)
	return sdjwt.Issuer{Key: d.w.Keyring().CredentialKey(), Certificate: der}, err
}

func (d *Desk) certificate() ([]byte, error) {
	now := d.w.Clock().UTC()
	return sdjwt.SelfSigned(d.w.Keyring().CredentialKey(), d.w.Name(), now.Add(-time.Hour), now.AddDate(certificateLives, 0, 0))
}

// Renew makes a certificate to issue with after the one of now, of the same key; one that was made and
// has not counted yet is returned again. It counts by itself once the consortium has admitted it, and
// at once where the one of now is not admitted, as that of who gives roles alone.
func (d *Desk) Renew() (der []byte, err error) {
	if _, err := d.Issuer(); err != nil { // there is one to renew
		return nil, err
	}
	return d.w.Register().Renew(d.certificate)
}

// counts reports whether one certificate of the owner's is to take another's place.
func (d *Desk) counts(now, next []byte) bool {
	admitted := func(der []byte) bool {
		return slices.ContainsFunc(d.w.Consortium().Issuing(), func(i stele.CredentialIssuer) bool {
			return i.Subject == d.w.Subject() && i.Certificate == sha256.Sum256(der)
		})
	}
	return admitted(next) || !admitted(now)
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
		if facility, err = d.w.Accreditation(); err != nil { // without one its roles would be worth nothing
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
	if _, err := d.posted(ctx); err != nil { // or a place might be given twice
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
	d.posting.Lock()
	defer d.posting.Unlock()
	last, err := d.posted(ctx)
	if err != nil {
		return out, err
	}
	out.Posting = issued.Posting{Epoch: last.Epoch + 1, At: d.w.Clock().UTC().Truncate(time.Second)}
	if !out.At.After(last.At) { // whoever has two goes by the later; members answer no clock that is far off
		out.At = last.At.Add(time.Second)
	}
	token, err := d.list(out.At)
	if err != nil {
		return out, err
	}
	if err := d.w.Register().SetPosted(out.Posting); err != nil {
		return out, err
	}
	hash, me := sha256.Sum256([]byte(token)), d.w.Subject()
	if out.Outcome, err = d.w.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_PostStatusList{PostStatusList: &wire.PostStatusList{
		Subject: me[:], Epoch: out.Epoch, Hash: hash[:],
	}}}, d.w.Keyring().Signer()); err != nil {
		return out, err
	}
	out.Silent = d.spread(ctx, []byte(token))
	out.Final = true
	return out, d.w.Register().SetPosted(out.Posting)
}

// list signs the status list as it is at a time.
func (d *Desk) list(at time.Time) (string, error) {
	list, err := d.w.Register().List(d.w.Subject(), at)
	if err != nil {
		return "", err
	}
	by, err := d.Issuer()
	if err != nil {
		return "", err
	}
	token, err := by.SignStatusList(list)
	if err == nil && len(token) > stele.MaxStatusList { // before its hash counts and no member takes it
		err = stele.E("post status list", stele.KindLimit, "the status list is larger than members keep", nil).
			WithHint("issue from a wallet of its own for each kind or region")
	}
	return token, err
}

// posted returns the owner's newest status list, its epoch by its own log. Where the register does
// not know of it, the register is an older copy: it learns what that list says first.
func (d *Desk) posted(ctx context.Context) (issued.Posting, error) {
	last, err := d.w.Register().Posted()
	if err != nil {
		return last, err
	}
	newest, err := d.epoch(ctx)
	if err == nil && newest > last.Epoch {
		last, err = d.adopt(ctx, newest)
	}
	last.Epoch = newest
	return last, err
}

// adopt has the register learn from the newest list that a member has. It fails with
// KindUnreachable when none has any.
func (d *Desk) adopt(ctx context.Context, epoch uint64) (last issued.Posting, err error) {
	me, now := d.w.Subject(), d.w.Clock().UTC()
	own := credential.Paper{Holder: me, Key: credential.KeyOf(&d.w.Keyring().CredentialKey().PublicKey)}
	list, _ := credential.Newest(stele.Consortium{}, credential.Role, me, own, d.w.StatusLists(ctx, me), now)
	if list == nil {
		return last, stele.E("read register", stele.KindUnreachable, "the register is older than the list that was posted last, and no member has that list", nil).
			WithHint("put a newer copy of the wallet's book back, or try again when members are up")
	}
	if err := d.w.Register().Adopt(list, now); err != nil {
		return last, err
	}
	last = issued.Posting{Epoch: epoch, At: list.IssuedAt, Final: true}
	return last, d.w.Register().SetPosted(last)
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

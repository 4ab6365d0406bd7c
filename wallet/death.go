package wallet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// A death is said by two. A hospital or a clinic certifies it (CertifyDeath), who acts for the
// person reads what it certifies, and by whose accreditation (ReadDeath), and signs a transaction
// that commits to it (SignDeath), and the node of that member signs the same and hands it in
// (ReadDeathPaper). Undoing it goes the same way; and who is said to have died may sign that it was a
// mistake herself (SignLiving), for whoever acted for her may do so no more; where nobody has claimed the chart, another
// member of another kind signs so.
//
// A certificate is good for CertificateLives, and says which block its member knew: the ledger takes
// none of before its last word on the same chart, so that a mistake that was undone is not said once more
// by the paper of then.

// CertificateLives is how long after it was signed a certificate is taken.
const CertificateLives = 3 * 24 * time.Hour

// Death is what a member certifies: that somebody has died, or that this was a mistake.
type Death struct {
	Subject  stele.Subject
	Member   stele.Subject
	Mistaken bool
	Died     string           // date, may be partial; empty where it was a mistake
	Says     string           // what it rests on
	At       time.Time        // of certifying
	AsOf     int64            // height of the newest block that the member knew
	Facility credential.Paper // the member's accreditation

	raw []byte
}

// CertifyDeath certifies, for the owner's organisation, that somebody has died. It fails with
// KindDenied where the owner is no member that certifies deaths, or holds no accreditation, with
// KindUsage for what a certificate does not say, and where no member tells what the ledger says now.
func (s *Session) CertifyDeath(ctx context.Context, d Death) ([]byte, error) {
	const op = "certify death"
	row, now := s.Consortium().Member(s.Subject()), s.Clock()
	if row == nil || !stele.CertifiesDeath(row.Kind) {
		return nil, stele.E(op, stele.KindDenied, s.Name()+" is no hospital or clinic among the members, and certifies no deaths", nil).
			WithHint("with the wallet of one that is: --as hospital-a")
	}
	if err := d.check(now); err != nil {
		return nil, err
	}
	accreditation, err := s.Accreditation()
	if err != nil {
		return nil, err
	}
	if err := s.FollowNow(ctx); err != nil {
		return nil, err
	}
	me := s.Subject()
	return wire.Marshal(wire.Sign(wire.TagDeath, &wire.DeathCertificate{
		Chain: s.Consortium().Chain, Subject: d.Subject[:], Member: me[:], Mistaken: d.Mistaken, Died: d.Died, Says: d.Says,
		AtMs: now.UnixMilli(), Accreditation: accreditation, AsOf: s.State().Consortium.Head.Height,
	}, s.Keyring().Signer())), nil
}

// check fails with KindUsage for what a certificate does not say.
func (d Death) check(now time.Time) error {
	const op = "certify death"
	date, ok := consent.ParseDate(d.Died)
	switch {
	case d.Mistaken != (d.Died == ""):
		return stele.E(op, stele.KindUsage, "a death has a date, and a mistake has none", nil).WithHint("--died DATE, or --undo without it")
	case !d.Mistaken && (!ok || date.Start().After(now)):
		return stele.E(op, stele.KindUsage, "that is no date in the past", nil).WithHint("YYYY-MM-DD, or as much of it as is known")
	case d.Says == "":
		return stele.E(op, stele.KindUsage, "what does it rest on?", nil).WithHint("say in a sentence who established it, and where it stands")
	}
	return stele.CheckReason(d.Says)
}

// ReadDeath reads what a member certifies and checks it: signed by the member's organisation, of a
// kind that certifies deaths, within the last three days, accredited now. It fails with KindInvalid for what is none, and with
// KindDenied for one that does not hold.
func (s *Session) ReadDeath(ctx context.Context, raw []byte) (Death, error) {
	d, says, key, err := readCertificate(raw)
	if err != nil {
		return d, err
	}
	if err := d.check(s.Clock()); err != nil {
		return d, stele.E("read certificate", stele.KindInvalid, stele.TextOf(err), err).WithHint("have it certified anew: stele member death certify")
	}
	if err := d.young(s.Clock()); err != nil {
		return d, err
	}
	if err := s.FollowNow(ctx); err != nil {
		return d, err
	}
	if err := s.certifies(ctx, d, says.Chain, key); err != nil {
		return d, err
	}
	d.Facility, err = credential.Accredited(s.issuing(), says.Accreditation, d.Member, func(issuer stele.Subject) [][]byte { return s.StatusLists(ctx, issuer) }, s.Clock())
	return d, err
}

// young fails with KindDenied for a certificate that was signed long ago, or in the future.
func (d Death) young(now time.Time) error {
	const op = "read certificate"
	switch age := now.Sub(d.At); {
	case age < -stele.Fresh:
		return stele.E(op, stele.KindDenied, "the certificate was signed in the future", nil).WithHint("set the clocks, then try again")
	case age > CertificateLives:
		return stele.E(op, stele.KindDenied, "the certificate was signed more than three days ago, on "+d.At.Format(time.DateOnly), nil).
			WithHint("have it certified anew: stele member death certify")
	}
	return nil
}

// readCertificate reads what stands in a certificate, and by whose key it is signed.
func readCertificate(raw []byte) (d Death, says *wire.DeathCertificate, key stele.PublicKey, err error) {
	bad := func(err error) (Death, *wire.DeathCertificate, stele.PublicKey, error) {
		return Death{}, nil, stele.PublicKey{}, stele.E("read certificate", stele.KindInvalid, "this is no certificate of a death", err).WithHint("a hospital or a clinic writes one: stele member death certify")
	}
	signed, says := new(wire.Signed), new(wire.DeathCertificate)
	if err := wire.DecodeKnown(raw, signed); err != nil || len(raw) > stele.MaxTransaction {
		return bad(err)
	}
	keys, err := wire.Open(wire.TagDeath, signed, says)
	if err != nil || len(keys) != 1 {
		return bad(err)
	}
	d = Death{Mistaken: says.Mistaken, Died: says.Died, Says: says.Says, At: time.UnixMilli(says.AtMs).UTC(), AsOf: says.AsOf, raw: raw}
	if d.Subject, err = stele.SubjectFrom(says.Subject); err != nil || d.AsOf < 0 {
		return bad(err)
	}
	if d.Member, err = stele.SubjectFrom(says.Member); err != nil {
		return bad(err)
	}
	return d, says, keys[0], nil
}

// certifies checks that a certificate is of this network, and of a member that certifies deaths, by
// its own key.
func (s *Session) certifies(ctx context.Context, d Death, chain string, key stele.PublicKey) error {
	const op = "read certificate"
	row := s.Consortium().Member(d.Member)
	switch {
	case chain != s.Consortium().Chain:
		return stele.E(op, stele.KindDenied, "the certificate is of another network", nil).WithHint("have it certified on this one")
	case row == nil || !stele.CertifiesDeath(row.Kind):
		return stele.E(op, stele.KindDenied, "who signed the certificate is no hospital or clinic among the members", nil).
			WithHint("one that is certifies it: stele member death certify")
	}
	theirs, err := s.SigningKeys(ctx, d.Member)
	if err == nil && !slices.Contains(theirs, key) {
		err = stele.E(op, stele.KindDenied, "the certificate is not signed by the member that it names", nil).
			WithHint("where its keys have changed since, have it certified anew")
	}
	return err
}

// SignDeath signs, by a delegation, the transaction that says what a member certified, and returns
// the paper that goes to that member. It fails with KindDenied for a delegation that is for somebody else: neither
// of the chart that the certificate names, nor of another chart of the same person, as members say.
func (s *Session) SignDeath(ctx context.Context, d Death, under Held) ([]byte, error) {
	charts := []stele.Subject{under.Subject}
	if under.Subject != d.Subject {
		others, err := s.OtherCharts(ctx, s.AsGiven(under))
		if err != nil {
			return nil, err
		}
		charts = append(charts, others...)
	}
	if under.Action != stele.ActionDelegate || !slices.Contains(charts, d.Subject) {
		return nil, stele.E("sign death", stele.KindDenied, "this delegation is for somebody else", nil).WithHint("stele delegate list tells for whom you act")
	}
	return s.signDeath(d, under.Grant[:], s.Keyring().OneTime(under.KeyIndex)), nil
}

// ActingFor lists the delegations that hold and by which the owner acts for the person whose chart it is: those of the
// chart, or, where there is none, one of another chart of the same person, as members say.
func (s *Session) ActingFor(ctx context.Context, chart stele.Subject) (acting []Held, err error) {
	all, err := s.Delegations()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(h Held) bool { return h.Over || !h.End.After(s.Clock()) })
	for _, h := range all {
		if h.Subject == chart {
			acting = append(acting, h)
		}
	}
	if len(acting) > 0 {
		return acting, nil
	}
	for _, h := range all {
		others, wrong := s.OtherCharts(ctx, s.AsGiven(h))
		if slices.Contains(others, chart) {
			return []Held{h}, nil
		}
		err = cmp.Or(err, wrong)
	}
	return nil, err
}

// SignLiving signs as SignDeath, by the owner's own key and no delegation, that the record of the
// owner's death is a mistake, of whichever chart of the owner's it was certified; or, for a member, of whom nobody has
// claimed the chart. Whether the key speaks for that chart, the ledger says. It fails with KindDenied for what is no such certificate.
func (s *Session) SignLiving(d Death) ([]byte, error) {
	if !d.Mistaken {
		return nil, stele.E("sign death", stele.KindDenied, "nobody signs for their own death", nil).WithHint("who acts for the person does: stele delegate death FILE")
	}
	return s.signDeath(d, nil, s.Keyring().Signer()), nil
}

func (s *Session) signDeath(d Death, delegation []byte, by wire.Signer) []byte {
	salt := seal.NewSalt()
	signed := s.SignTransactionFor(d.transaction(delegation, salt), RoundLives, by)
	return wire.Marshal(&wire.DeathPaper{Transaction: signed, Certificate: d.raw, Salt: salt[:], Delegation: delegation})
}

// transaction is what says on the ledger what was certified.
func (d Death) transaction(delegation []byte, salt seal.Salt) *wire.Transaction {
	commitment := seal.Commit(salt, seal.TagDeath, d.raw)
	if d.Mistaken {
		return &wire.Transaction{Message: &wire.Transaction_UndoDeath{UndoDeath: &wire.UndoDeath{
			Subject: d.Subject[:], Member: d.Member[:], Delegation: delegation, Commitment: commitment[:], AsOf: d.AsOf}}}
	}
	return &wire.Transaction{Message: &wire.Transaction_RecordDeath{RecordDeath: &wire.RecordDeath{
		Subject: d.Subject[:], Member: d.Member[:], Delegation: delegation, Commitment: commitment[:], AsOf: d.AsOf}}}
}

// DeathPaper is what a delegate signed, for the member that certified it.
type DeathPaper struct {
	Death
	Expires     time.Time
	alone       bool // no delegate signed
	transaction *wire.Signed
}

// ReadDeathPaper reads what a delegate signed and checks that it says what the certificate in it
// does, which it checks as ReadDeath. Whether the delegate acts for that person, the ledger says.
func (s *Session) ReadDeathPaper(ctx context.Context, raw []byte) (p DeathPaper, err error) {
	const op = "read paper"
	certificate, chain, p, err := readPaper(raw)
	if err != nil {
		return p, err
	}
	if p.Death, err = s.ReadDeath(ctx, certificate); err != nil {
		return p, err
	}
	switch {
	case chain != s.Consortium().Chain:
		return p, stele.E(op, stele.KindInvalid, "the record is for another network", nil).WithHint("have it signed on this one: stele delegate death FILE --out FILE")
	case !p.Expires.After(s.Clock()):
		return p, stele.E(op, stele.KindInvalid, "the record has expired", nil).WithHint("have it signed anew: it is good for " + RoundWords)
	}
	return p, nil
}

// readPaper reads a paper whose transaction says what its certificate says.
func readPaper(raw []byte) (certificate []byte, chain string, p DeathPaper, err error) {
	bad := func(text string, cause error) ([]byte, string, DeathPaper, error) {
		return nil, "", DeathPaper{}, stele.E("read paper", stele.KindInvalid, text, cause).WithHint("who acts for the person writes it: stele delegate death FILE --out FILE")
	}
	m, signed, tx := new(wire.DeathPaper), new(wire.Signed), new(wire.Transaction)
	if err = wire.DecodeKnown(raw, m); err == nil {
		err = wire.DecodeKnown(m.Transaction, signed)
	}
	if err != nil || len(raw) > 2*stele.MaxTransaction {
		return bad(fmt.Sprintf("these %d bytes are no record of a death", len(raw)), err)
	}
	keys, err := wire.Open(wire.TagTransaction, signed, tx)
	if err != nil || len(keys) != 1 {
		return bad("the record is not signed by who acts for the person", err)
	}
	d, _, _, err := readCertificate(m.Certificate)
	if err != nil {
		return nil, "", p, err
	}
	salt, err := seal.SaltFrom(m.Salt)
	if err != nil {
		return bad("the record has no salt", err)
	}
	want := d.transaction(m.Delegation, salt)
	if want.Chain, want.Nonce, want.ExpiresMs = tx.Chain, tx.Nonce, tx.ExpiresMs; !proto.Equal(want, tx) {
		return bad("what was signed is not what the certificate says", nil)
	}
	return m.Certificate, tx.Chain, DeathPaper{Expires: time.UnixMilli(tx.ExpiresMs), alone: len(m.Delegation) == 0, transaction: signed}, nil
}

// RecordDeath signs with the node of the owner's member what a delegate signed, and hands it in; where no delegate did,
// with the member's own key, too, which is one of two that speak for whom nobody has claimed the chart.
func (s *Session) RecordDeath(ctx context.Context, p DeathPaper, node wire.Signer) (stele.Outcome, error) {
	row := s.Consortium().Member(s.Subject())
	if p.Member != s.Subject() || row == nil || wire.Key(row.Node) != wire.Key(node.Public()) {
		return stele.Outcome{}, stele.E("record death", stele.KindDenied, "another member certified it, or this is another member's node", nil).
			WithHint("who certified it hands it in: stele member death record FILE")
	}
	keys := []wire.Signer{node}
	if p.alone {
		keys = append(keys, s.Keyring().Signer())
	}
	own := wire.SignBytes(wire.TagTransaction, p.transaction.Body, keys...)
	return s.SubmitSigned(ctx, wire.Marshal(&wire.Signed{Body: p.transaction.Body, Signatures: append(slices.Clone(p.transaction.Signatures), own.Signatures...)}))
}

// Died asks members whether a death is recorded of whose chart a grant is, for as long as OtherCharts asks.
func (s *Session) Died(ctx context.Context, h Held) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, othersTimeout)
	defer cancel()
	is, err := s.ledgerGrant(ctx, s.AsGiven(h), func(is stele.Grant) stele.Grant { return stele.Grant{Died: is.Died} })
	return is.Died, err
}

// AskWhoLives asks the ledger of those for whom the owner acts by some delegations whether they
// have died, and whether the delegations hold, and keeps it: some end with a death, others begin. Who
// cannot be asked about stays as known.
func (s *Session) AskWhoLives(ctx context.Context, held []Held) error {
	ctx, cancel := context.WithTimeout(ctx, OffersTimeout)
	defer cancel()
	now := map[stele.ID]stele.Grant{}
	for _, h := range held {
		if h.Action != stele.ActionDelegate || !h.End.After(s.Clock()) {
			continue
		}
		is, err := s.standsAt(ctx, s.AsGiven(h))
		if err == nil && (is.Died != h.Died || h.Over != (is.Status != stele.GrantActive) || h.Stands != overAs(is.Status)) {
			now[h.Grant] = is
		}
	}
	if len(now) == 0 {
		return nil
	}
	return s.learned.Change(func(c *book.Change) error {
		for grant, is := range now {
			if err := changeHeld(c, grant, func(h *Held) {
				h.Died, h.Over, h.Stands = is.Died, is.Status != stele.GrantActive, overAs(is.Status)
				h.Told = h.Over // as revive keeps it
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

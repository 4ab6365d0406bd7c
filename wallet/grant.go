package wallet

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// PolicyText is the consent policy that a patient is shown, with its version.
const PolicyText = "https://stele.health/policy/consent/1"

// Terms are what a patient decides on: everything but to whom.
type Terms struct {
	Action      stele.Action
	Purposes    []stele.Purpose
	Categories  []stele.Category // consent.AllCategories alone allows all
	Sensitivity []stele.Sensitivity
	From, To    consent.Date
	Sources     []consent.Party
	NotBefore   time.Time // zero: the minute in which it is drafted
	End         time.Time
	MaxUses     uint32

	Unclassified []consent.WorstCase // of a write grant: what the source cannot classify counts as
	Delegation   consent.Delegation  // of a grant to delegate

	Records []Single // of a grant for single records: these alone
}

// Give gives a grant: it takes a one-time key of the grantee, writes the
// document, commits to it on the ledger, and delivers it sealed to the grantee.
// A delivery that failed is an error with the grant in place; it is repeated by
// the next Give or Collect.
//
// When too few members answer, it fails with KindUnknown: the grant may be on the
// ledger. The next Give of the same finds out first, and where it is, returns it
// instead of giving a second one.
func (s *Session) Give(ctx context.Context, to Contact, t Terms) (Given, stele.Outcome, error) {
	d, err := s.Draft(ctx, to, t)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	return s.GiveDraft(ctx, d)
}

// GiveDraft gives what was drafted, as Give, GiveFor and Answer do. It fails with KindDenied where the delegation
// that it is by was over before somebody had decided.
func (s *Session) GiveDraft(ctx context.Context, d Draft) (Given, stele.Outcome, error) {
	if d.Under != nil {
		if err := d.Under.Acts(consent.Gives(d.grant.Action), s.Clock()); err != nil {
			return Given{}, stele.Outcome{}, err
		}
	}
	if err := s.giving.enter(ctx); err != nil {
		return Given{}, stele.Outcome{}, err
	}
	defer s.giving.leave()
	switch {
	case d.answers != nil:
		return s.answer(ctx, *d.answers, d)
	case d.Under != nil:
		return s.giveFor(ctx, d)
	}
	given, outcome, err := s.give(ctx, d)
	if err == nil {
		err = s.bringAgain(ctx, slotAgain)
	}
	return given, outcome, err
}

func (s *Session) give(ctx context.Context, d Draft) (Given, stele.Outcome, error) {
	earlier, outcome, err := s.givenBefore(ctx, d.to, d.terms)
	if err != nil || earlier != nil {
		if err == nil {
			err = s.deliverGrants(ctx, earlier)
		}
		return orNone(earlier), outcome, err
	}
	grantee, index, err := s.takeKey(ctx, d.to)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	return s.giveBy(ctx, d, grantee, index)
}

// giveBy gives the grant of a draft to a key of the grantee's that no other grant has.
func (s *Session) giveBy(ctx context.Context, d Draft, grantee *wire.PublicKey, index uint32) (Given, stele.Outcome, error) {
	g := d.of(grantee)
	records, err := s.capsules(g, d.terms.Records)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	given, outcome, err := s.commit(ctx, d.to, g, index, nil, records...)
	if err != nil {
		return Given{}, outcome, err
	}
	return given, outcome, s.deliverGrants(ctx, &given)
}

// commit puts a grant on the ledger: of the owner, or of whom the owner acts for by a
// delegation. records are what single records it is for.
func (s *Session) commit(ctx context.Context, to Contact, g consent.Grant, index uint32, under *Held, records ...[]byte) (Given, stele.Outcome, error) {
	document, err := consent.Marshal(g)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	salt := seal.NewSalt()
	given := Given{
		Grant: g.ID, To: to.Subject(), ToName: to.Card.Name, Says: consent.Say(g, g.Language), Document: document, Salt: salt[:],
		Action: g.Action, End: g.End, Made: s.Clock().UTC(), KeyIndex: index, Unanswered: true,
		Delivered: to.Subject() == s.Subject(), Records: records,
	}
	signer := s.Keyring().Signer()
	if under != nil {
		signer = s.Keyring().OneTime(under.KeyIndex)
		given.For, given.ForName, given.Under = g.Patient.Subject, g.Patient.Name, under.Grant
		given.Above = append([]Above{{under.Document, under.Salt}}, under.Above...)
	}
	// Kept before it is sent: a grant on the ledger whose document is lost
	// would be of no use to anybody.
	keep := func(c *book.Change) error { return givenRows.Add(c, given) }
	outcome, err := s.handKept(ctx, "whether the grant to "+given.ToName+" holds", committing(g, seal.Commit(salt, seal.TagGrant, document), given.Under), signer, keep)
	if err != nil {
		return Given{}, outcome, err
	}
	return given, outcome, nil
}

// deliverGrants delivers the grants that their grantees do not have yet. One whose
// grantee cannot be reached stops none of the others. With a grant only what
// became of that one is told: what waits for others waits on; and it is known that it
// holds.
func (s *Session) deliverGrants(ctx context.Context, only *Given) error {
	waiting, err := book.Values(givenRows.Find(s.learned, givenByWaiting, stillOpen))
	if err != nil {
		return err
	}
	sent, err := book.Values(sentRows.All(s.learned))
	if err != nil {
		return err
	}
	var failed []error
	delivered := map[stele.ID]bool{}
	for _, g := range waiting {
		if !g.End.After(s.Clock()) || slices.ContainsFunc(sent, func(o Sent) bool { return o.Kind == SentGrant && o.Object == g.Grant }) {
			continue
		}
		attempt, cancel := context.WithTimeout(ctx, members.Silence)
		to, err := s.Find(attempt, g.To.String())
		if err == nil {
			err = s.deliver(attempt, to, g)
		}
		cancel()
		if err == nil {
			delivered[g.Grant] = true
		} else if only == nil || only.Grant == g.Grant {
			failed = append(failed, stele.E("deliver grant", stele.KindOf(err), "the grant holds, but "+g.ToName+" has not got it yet", err).
				WithHint("it is delivered with your next grant, or by: stele wallet collect"))
		}
	}
	return errors.Join(append(failed, s.heard(delivered, only))...)
}

// heard keeps which grants were delivered, and of one that it holds.
func (s *Session) heard(delivered map[stele.ID]bool, only *Given) error {
	if len(delivered) == 0 && only == nil {
		return nil
	}
	return s.learned.Change(func(c *book.Change) error {
		waiting, err := book.Rows(givenRows.Find(c, givenByWaiting, stillOpen))
		if err == nil && only != nil {
			var this []book.Row[Given]
			this, err = book.Rows(givenRows.Find(c, givenByGrant, string(only.Grant[:])))
			waiting = append(slices.DeleteFunc(waiting, func(row book.Row[Given]) bool { return row.Value.Grant == only.Grant }), this...)
		}
		if err != nil {
			return err
		}
		return givenRows.PutSome(c, waiting, func(g *Given) bool {
			known := only != nil && g.Grant == only.Grant
			g.Delivered, g.Unanswered = g.Delivered || delivered[g.Grant], g.Unanswered && !known
			return known || delivered[g.Grant]
		})
	})
}

func committing(g consent.Grant, commitment stele.Digest, under stele.ID) *wire.Transaction {
	return &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
		Grant: g.ID[:], Subject: g.Patient.Subject[:], Action: uint32(g.Action), Grantee: wire.FromKey(g.Grantee),
		NotBeforeMs: g.NotBefore.UnixMilli(), EndMs: g.End.UnixMilli(), MaxUses: g.MaxUses, Commitment: commitment[:], Delegation: naming(under),
	}}}
}

// keyTries is how many keys of a directory are passed over.
const keyTries = 4

// takeKey gets a pairwise key that nobody else will be given, signed by the grantee. A
// directory that was put back from a backup hands out what it handed out before, and two
// grants under one key show that they are one grantee's: a key that this wallet has had
// is passed over. Whether somebody else has had it nobody can tell.
func (s *Session) takeKey(ctx context.Context, to Contact) (*wire.PublicKey, uint32, error) {
	for range keyTries {
		key, index, err := s.handedKey(ctx, to)
		if err != nil {
			return key, index, err
		}
		had, err := book.Values(givenRows.Find(s.learned, givenByKey, keyOf(to.Subject(), index)))
		if err != nil || len(had) == 0 {
			return key, index, err
		}
	}
	return nil, 0, stele.E("take one-time key", stele.KindProof, to.Member.Name+" hands out keys that it handed out before: the grant would show whose it is", nil).
		WithHint("tell " + to.Member.Name + " that its directory repeats one-time keys, and try again later")
}

func (s *Session) handedKey(ctx context.Context, to Contact) (*wire.PublicKey, uint32, error) {
	const op = "take one-time key"
	subject := to.Subject()
	response, err := to.Member.Directory.TakeKey(ctx, &wire.TakeKeyRequest{Subject: subject[:]})
	if err != nil {
		return nil, 0, err
	}
	var key wire.OneTimeKey
	keys, err := wire.Open(wire.TagOneTimeKey, response.Key, &key)
	if err != nil {
		return nil, 0, err
	}
	if key.Chain != s.Consortium().Chain || string(key.Directory) != string(to.Member.Subject[:]) || string(key.Subject) != string(subject[:]) || len(keys) != 1 || !slices.Contains(to.keys, keys[0]) {
		return nil, 0, stele.E(op, stele.KindProof, "the directory gave a key that is not the grantee's", nil)
	}
	return key.Key, key.Index, wire.ValidKey(key.Key)
}

// deliver puts a grant into the grantee's box, sealed to their card's key.
func (s *Session) deliver(ctx context.Context, to Contact, g Given) error {
	subject, grantee := s.Subject(), to.Subject()
	if !g.For.IsZero() {
		subject = g.For
	}
	sealed, err := seal.SealTo(to.Card.SealKey, seal.TagDocument, grantee[:], wire.Marshal(&wire.GrantPackage{
		Subject: subject[:], Grant: g.Grant[:], Document: g.Document, Salt: g.Salt, KeyIndex: g.KeyIndex, Delegations: ShowAbove(g.Above),
		Records: singlesOf(g.Records),
	}))
	if err != nil {
		return err
	}
	_, err = to.Member.Directory.Deliver(ctx, &wire.DeliverRequest{To: grantee[:], Sealed: sealed})
	return err
}

// Revoke takes a grant back that the owner gave, for themselves or for somebody. When too few members answer, it fails with KindUnknown;
// the next Revoke of the same finds out first. What is taken back, or given back, already is no error: the
// outcome's event tells which, where the owner's own log has it.
func (s *Session) Revoke(ctx context.Context, grant stele.ID) (stele.Outcome, error) {
	if err := s.giving.enter(ctx); err != nil {
		return stele.Outcome{}, err
	}
	defer s.giving.leave()
	if before, done, err := s.endedBefore(ctx, grant); done || err != nil {
		return before, err
	}
	under, signer, err := s.revoker(grant)
	if err != nil {
		return stele.Outcome{}, err
	}
	outcome, err := s.handKept(ctx, "whether the grant was taken back", &wire.Transaction{Message: &wire.Transaction_RevokeGrant{
		RevokeGrant: &wire.RevokeGrant{Grant: grant[:], Delegation: naming(under)},
	}}, signer)
	if stele.KindOf(err) == stele.KindExists && !under.IsZero() {
		return stele.Outcome{}, nil // where it was taken back stands in another's log
	}
	err = s.refusedUnder(ctx, under, err)
	if stele.KindOf(err) == stele.KindExists {
		if before, found := s.revoked(ctx, grant); found {
			return before, nil
		}
	}
	return outcome, err
}

// endedBefore settles what nobody answered, and says whether the end of a grant was among it.
func (s *Session) endedBefore(ctx context.Context, grant stele.ID) (outcome stele.Outcome, done bool, err error) {
	settled, err := s.settleAll(ctx)
	if err != nil {
		return outcome, false, err
	}
	for _, sent := range settled {
		if sent.Kind == SentRevocation && sent.Object == grant && sent.Happened {
			return sent.Outcome, true, nil
		}
	}
	return outcome, false, nil
}

// GiveBack ends a grant that the owner holds: to read, to write, or to act for somebody. What was given under a
// delegation falls with it. What was given back already is no error, and has no height. When too few members
// answer, it fails with KindUnknown, as Revoke does; with KindExists where somebody else has ended the grant, or
// its end has passed; with KindNotFound where the owner holds none such.
func (s *Session) GiveBack(ctx context.Context, grant stele.ID) (stele.Outcome, error) {
	const op = "give grant back"
	if err := s.giving.enter(ctx); err != nil {
		return stele.Outcome{}, err
	}
	defer s.giving.leave()
	if before, done, err := s.endedBefore(ctx, grant); done || err != nil {
		return before, err
	}
	held, known, err := s.HeldGrant(grant)
	if err == nil && !known {
		err = stele.E(op, stele.KindNotFound, "you hold no grant "+grant.Short(), nil).WithHint("stele wallet grants lists them")
	}
	if err != nil || held.Returned {
		return stele.Outcome{}, err
	}
	outcome, err := s.handKept(ctx, "whether the grant was given back", &wire.Transaction{Message: &wire.Transaction_RevokeGrant{
		RevokeGrant: &wire.RevokeGrant{Grant: grant[:]},
	}}, s.Keyring().OneTime(held.KeyIndex))
	if stele.KindOf(err) != stele.KindExists {
		return outcome, err
	}
	is, asked := s.standsAt(ctx, s.AsGiven(held))
	if asked == nil && is.Returned { // by another copy of this wallet
		return stele.Outcome{}, s.learned.Change(func(c *book.Change) error { return markReturned(c, grant) })
	}
	if err := s.MarkOver(grant); err != nil {
		return stele.Outcome{}, err
	}
	return stele.Outcome{}, stele.E(op, stele.KindExists, "it was taken back, or has ended", err).WithHint("stele wallet grants lists which you hold")
}

// revoked looks up in the own log where a grant was taken back.
func (s *Session) revoked(ctx context.Context, grant stele.ID) (outcome stele.Outcome, found bool) {
	account, err := s.Log(ctx)
	if err != nil {
		return outcome, false
	}
	for e, err := range account.Events() {
		if err != nil {
			return outcome, false
		}
		if about := e.Event.About(); about.Makes(stele.GrantRevoked) && string(about.Grant) == string(grant[:]) {
			return s.outcomeOf(e), true
		}
	}
	return outcome, false
}

// WriteGrantFor finds the grant to deliver under: one that is held, or, for the owner's own
// subject, one that it gives itself.
func (s *Session) WriteGrantFor(ctx context.Context, subject stele.Subject, labels ...stele.Label) (Held, error) {
	held, err := s.HeldWriteGrant(subject, labels...)
	if err == nil || subject != s.Subject() {
		return held, err
	}
	if err := s.giving.enter(ctx); err != nil {
		return Held{}, err
	}
	defer s.giving.leave()
	if held, err = s.HeldWriteGrant(subject); err == nil { // somebody else has given it meanwhile
		return held, nil
	}
	return s.giveOwn(ctx, DirectCareWrite(s.Clock().AddDate(10, 0, 0)))
}

// ownReading is how long a grant lasts that the owner gives herself to read by.
const ownReading = time.Hour

// OwnReadGrant finds the grant under which the owner reads her own chart through the trustees, or
// gives herself one: for all of it, for an hour.
func (s *Session) OwnReadGrant(ctx context.Context) (Held, error) {
	if err := s.giving.enter(ctx); err != nil {
		return Held{}, err
	}
	defer s.giving.leave()
	held, err := s.HeldFor(s.Subject(), stele.ActionRead)
	if err != nil {
		return Held{}, err
	}
	for _, h := range held {
		if h.Usable(s.Clock().Add(ownReading/4), stele.PatientRequest) {
			return h, nil
		}
	}
	return s.giveOwn(ctx, Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.PatientRequest}, Categories: []stele.Category{consent.AllCategories},
		Sensitivity: stele.Sensitivities(), End: s.Clock().Add(ownReading),
	})
}

// giveOwn gives a grant to the owner: no card, no directory and no post are needed for it.
func (s *Session) giveOwn(ctx context.Context, t Terms) (Held, error) {
	me := s.Subject()
	to := Contact{Card: &wire.Card{Subject: me[:], Name: s.Name(), Kind: string(s.Kind())}}
	given, _, err := s.givenBefore(ctx, to, t)
	if err != nil {
		return Held{}, err
	}
	if given == nil {
		var index uint32
		if err := s.update(func(state *State) error { // of those that are never published
			index, state.Published = state.Published, state.Published+1
			return nil
		}); err != nil {
			return Held{}, err
		}
		d, err := s.Draft(ctx, to, t)
		if err != nil {
			return Held{}, err
		}
		fresh, _, err := s.commit(ctx, to, d.of(s.Keyring().OneTime(index).Public()), index, nil)
		if err != nil {
			return Held{}, err
		}
		given = &fresh
	}
	held := Held{
		Grant: given.Grant, Subject: me, Says: given.Says, Document: given.Document, Salt: given.Salt,
		KeyIndex: given.KeyIndex, Action: given.Action, End: given.End,
	}
	if err := s.learned.Change(func(c *book.Change) error {
		known, err := holds(c, held.Grant)
		if err != nil || known {
			return err
		}
		return heldRows.Add(c, held)
	}); err != nil {
		return Held{}, err
	}
	return held, s.heard(nil, given)
}

package asking

import (
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// Reason says why a reading is refused, in words for the patient.
type Reason string

// Permitted is the reason of what is not refused.
const Permitted Reason = ""

// TooLong is the one refusal that the asker's own words cause; see
// package trustee.
const TooLong Reason = "the asker said more than can be kept; it is shown shortened"

// Nothing is the refusal of an asking that names no folio. Whoever finds none that is for
// them asks so, for the patient to learn who looked, and why.
const Nothing Reason = "nothing was asked for"

// NotOpened is the refusal of an asking whose opening the member's node does not have: it
// was not permitted, or the node is a block behind.
const NotOpened Reason = "the opening is not on the ledger"

// Judge judges the readings that are asked of one member.
type Judge struct {
	Ledger stele.Ledger  // the member's own node
	Chain  string        // chain id
	Member stele.Subject // whom a request must be made for
	Clock  func() time.Time
	Slots  Slots // what patients say of emergencies and restrict; nil: nothing is opened of who has said anything
}

// Reading is one reading that somebody asks for, with what was found out about it
// until the judgement. After a refusal, what stands behind the rule that refused is
// zero.
type Reading struct {
	Asked   wire.ReadRequest
	Signers []stele.PublicKey // of the request: the grantee's key and the card holder's; one when there is no grant

	Subject stele.Subject // whose chart
	Patient stele.Keys
	Request stele.ID // zero for a request without a grant
	GrantID stele.ID

	Consortium stele.Consortium
	Detail     wire.AccessDetail
	Card       *Card // of whoever asks; nil while nobody knows
	Attributed bool  // the card's holder signed the request

	Newest stele.Block // at which was judged last
	Now    time.Time   // the later of its time and the own clock
	Grant  stele.Grant
	Access stele.Access

	Document    consent.Grant      // zero in an emergency
	Delegations []consent.Grant    // that it was given under, from the grant upwards; empty where the patient gave it
	Emergency   *wire.AccessDetail // who opened the chart without a grant and why, as the activation committed to it; nil where there is one

	// Credentials are what the asker is; nil when none were shown. In an emergency some may be
	// stale: then the patient is told.
	Credentials *credential.Chain

	says  slot.Slot    // the patient, of emergencies and of what is restricted
	said  stele.Digest // the commitment to it; zero: nothing was said
	heard bool         // what she says is known

	beside slot.Capsules // that go with it, once they were needed

	judge   *Judge
	reading bool // the chart is open: to the end of its session more may be read of what was released
}

// Read judges a signed wire.ReadRequest for which folios are listed, or their keys released.
func (j *Judge) Read(signed *wire.Signed) (*Reading, Reason) {
	return j.read(signed, &Reading{judge: j})
}

// ReadOn judges one for which records are given of folios that are open: as Read does, until the
// session ends.
func (j *Judge) ReadOn(signed *wire.Signed) (*Reading, Reason) {
	return j.read(signed, &Reading{judge: j, reading: true})
}

func (j *Judge) read(signed *wire.Signed, r *Reading) (*Reading, Reason) {
	r.look()
	keys, err := wire.Open(wire.TagRead, signed, &r.Asked)
	if err != nil || len(keys) > 2 {
		return r, malformed
	}
	r.Signers = keys
	for _, rule := range []func() Reason{
		r.readRequest, r.identify, r.keepable, r.Again, r.holds, r.opensDetail, r.opensDocument, r.caresOnly, r.opensDelegations, r.qualifies, r.consents,
		r.opensSlot, r.allowed,
	} {
		if why := rule(); why != Permitted {
			return r, why
		}
	}
	return r, Permitted
}

const malformed Reason = "the request was malformed"

// look takes the newest block and the time.
func (r *Reading) look() (own time.Time) {
	own = r.judge.Clock()
	r.Newest = r.judge.Ledger.Newest()
	r.Now = later(own, r.Newest.Time)
	return own
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// readRequest checks what can be checked without the ledger.
func (r *Reading) readRequest() Reason {
	var err error
	if r.Subject, err = stele.SubjectFrom(r.Asked.Subject); err != nil {
		return malformed
	}
	// A request without a grant has no ids that matter.
	r.Request, _ = stele.IDFrom(r.Asked.Request)
	r.GrantID, _ = stele.IDFrom(r.Asked.Grant)
	if len(r.Asked.Document) > stele.MaxDocument || len(r.Asked.StatusLists) > len(credential.Kinds) || !fewDelegations(r.Asked.Delegations) {
		return malformed
	}
	if r.Asked.Chain != r.judge.Chain || string(r.Asked.Audience) != string(r.judge.Member[:]) {
		return "the request was made for another network or member"
	}
	// By the own clock alone: a member whose clock is off opens nothing, either way.
	if age := r.judge.Clock().Sub(time.UnixMilli(r.Asked.AtMs)); age > stele.Fresh || age < -stele.Fresh {
		return "the request was not made just now"
	}
	return Permitted
}

// identify finds out who asks: the card in the detail. Whether the asker may see
// anything is not decided here.
func (r *Reading) identify() Reason {
	var err error
	if r.Patient, err = r.judge.Ledger.Subject(r.Subject); err != nil {
		return "there is no such patient"
	}
	if r.Consortium, err = r.judge.Ledger.Consortium(); err != nil || r.Consortium.Chain != r.judge.Chain {
		return "the member does not know the consortium"
	}
	if wire.DecodeKnown(r.Asked.Detail, &r.Detail) != nil {
		return "the asker did not say who they are"
	}
	cards := Cards{Chain: r.judge.Chain, Issuers: r.Consortium.Issuers, Keys: func(s stele.Subject) ([]stele.PublicKey, error) {
		keys, err := r.judge.Ledger.Subject(s)
		return keys.Signing, err
	}}
	card, err := cards.Check(r.Detail.Card)
	if err != nil {
		if mine := cards.Self(r.Detail.Card, r.Patient); mine != nil {
			card, err = mine, nil
		}
	}
	if err != nil {
		return "the asker's card does not hold: " + Reason(stele.TextOf(err))
	}
	r.Card = card
	r.Attributed = ShareOne(r.Signers, card.Holder)
	return Permitted
}

// keepable checks that what the asker said can be kept for the patient. It comes
// after identify: who asks is told to the patient even where the rest is too long.
func (r *Reading) keepable() Reason {
	if len(r.Asked.Detail) > stele.MaxDetail || stele.CheckReason(r.Detail.Reason) != nil {
		return TooLong
	}
	return Permitted
}

// Again judges, at the newest block, all that can change from block to block: laws
// 1 and 2. It is to be asked once more right before anything goes out.
func (r *Reading) Again() Reason {
	// The block is read before the grant: a receipt may name an older block than
	// the grant was read at, never a newer one.
	own := r.look()
	if r.Newest.Height == 0 || own.Sub(r.Newest.Time) > stele.StaleAfter {
		return "the member's node was behind" // and does not know what was revoked
	}
	if why := r.inForce(); why != Permitted {
		return why
	}
	if r.Card.Expired(r.Now) {
		return "the asker's card has expired"
	}
	if !r.stillHerself() {
		return "the request was not signed by a current key of the patient"
	}
	if why := r.stillQualifies(); why != Permitted {
		return why
	}
	if why := r.stillSays(); why != Permitted {
		return why
	}
	if why := r.stillActs(); why != Permitted {
		return why
	}
	return r.opened()
}

// inForce checks the grant.
func (r *Reading) inForce() Reason {
	var err error
	if r.GrantID.IsZero() {
		return "there was no grant"
	}
	if r.Grant, err = r.judge.Ledger.Grant(r.GrantID); err != nil || r.Grant.Subject != r.Subject {
		return "there was no grant"
	}
	if !slices.Contains(r.Signers, r.Grant.Grantee) {
		return "the request was not signed by the grantee"
	}
	switch {
	case r.Grant.Action != stele.ActionRead && r.Grant.Action != stele.ActionDelegate:
		return "the grant is not for reading"
	case r.Grant.Status == stele.GrantRevoked:
		return "the grant was taken back"
	case r.Grant.Status == stele.GrantEnded || !r.Now.Before(r.Grant.End):
		return "the grant has ended"
	case r.Grant.Status != stele.GrantActive && r.Grant.Status != stele.GrantUsedUp:
		// Used up by this very access or a later one; the ledger would not
		// have permitted it otherwise.
		return "the grant is not in force"
	case r.Now.Before(r.Grant.NotBefore):
		return "the grant has not begun"
	case r.Grant.Emergency && r.Grant.Died:
		return "nobody opens in an emergency once a death is recorded"
	}
	return Permitted
}

// opened checks R1 and R3: the opening is on our own ledger, for this grant, within
// its time, for this one reader key.
func (r *Reading) opened() Reason {
	var err error
	if r.Access, err = r.judge.Ledger.Access(r.Request); err != nil {
		return NotOpened
	}
	until := r.Access.Releases()
	if r.reading {
		until = r.Access.Until
	}
	switch {
	case r.Access.Subject != r.Subject || r.Access.Grant != r.GrantID:
		return "the opening on the ledger is another one"
	case r.Access.Height > r.Newest.Height:
		return "the opening is not in a final block"
	case r.Now.After(until):
		return "the opening's time had run out"
	case wire.ReaderKeyHash(r.Asked.ReaderKey) != r.Access.ReaderKey:
		return "the opening is for another reader key"
	}
	return Permitted
}

// holds checks the card's key binding (R26). Cards are public: whoever shows one
// under a grant proves that it is theirs by signing the request too, so that a
// pairwise key in the wrong hands reads nothing in its owner's name.
func (r *Reading) holds() Reason {
	if !r.Attributed {
		return "the request was not signed by the holder of the card"
	}
	return Permitted
}

// opensDetail checks the detail against what the ledger committed to.
func (r *Reading) opensDetail() Reason {
	if !Opens(r.Access.Detail, r.Asked.DetailSalt, seal.TagDetail, r.Asked.Detail) {
		return "the details shown are not those on the ledger"
	}
	if string(r.Detail.Request) != string(r.Request[:]) || string(r.Detail.Subject) != string(r.Subject[:]) {
		return "the details shown are of another opening"
	}
	return Permitted
}

// opensDocument checks the grant document against the ledger's grant.
func (r *Reading) opensDocument() Reason {
	if r.Grant.Emergency {
		return r.opensActivation()
	}
	var why Reason
	if r.Document, why = documentOf(r.Grant, r.Asked.DocumentSalt, r.Asked.Document); why != Permitted {
		return why
	}
	if r.Card.Self() && r.Document.Actor.Subject != r.Subject {
		return "whose card no issuer signed opens the own chart alone"
	}
	return Permitted
}

// documentOf checks the document shown of a grant against the ledger's grant.
func documentOf(of stele.Grant, salt, document []byte) (d consent.Grant, why Reason) {
	if !Opens(of.Commitment, salt, seal.TagGrant, document) {
		return d, "the grant document shown is not the one on the ledger"
	}
	d, err := consent.Parse(document)
	switch {
	case err != nil:
		return d, "the grant document is not fit for use"
	case d.ID != of.ID || d.Patient.Subject != of.Subject || d.Grantee != of.Grantee || d.Action != of.Action:
		return d, "the grant document is of another grant"
	}
	return d, Permitted
}

// qualifies checks what the asker is (R26, R27): by credentials, where any are shown, and they
// must be where the grant is for a role. What a card says of it counts for nothing.
func (r *Reading) qualifies() Reason {
	if len(r.Detail.Credentials) == 0 {
		switch {
		case r.Grant.Emergency:
			return "a chart is opened in an emergency by credentials, and none were shown"
		case r.Document.Actor.Role != "":
			return "the grant is for a role, and no credentials were shown"
		}
		return Permitted
	}
	chain, err := r.credentials().Chain(r.Detail.Credentials)
	switch {
	case err != nil:
		return Reason(stele.TextOf(err))
	case chain.Licence.Holder != r.Card.Subject():
		return "the credentials are somebody else's"
	case chain.Facility() != r.Card.Organisation():
		return "the credentials are of another facility than the card names"
	case r.Grant.Emergency && chain.Facility() != r.Grant.Member:
		return "the credentials are of another facility than the one that opened the chart"
	case len(chain.Stale) > 0 && !r.Grant.Emergency:
		return staleStatus
	}
	r.Credentials = chain
	return Permitted
}

const staleStatus Reason = "whether the credentials were taken back is not known: their issuer's status list is older than 24 hours"

// credentials judges credentials at the newest block.
func (r *Reading) credentials() credential.Judge {
	return credential.Judge{Ledger: r.judge.Ledger, Lists: r.Asked.StatusLists, Request: r.Request, Now: r.Now}
}

// stillQualifies is what of qualifies can change from block to block.
func (r *Reading) stillQualifies() Reason {
	if r.Credentials == nil {
		return Permitted
	}
	if err := r.Credentials.Stands(r.credentials()); err != nil {
		return Reason(stele.TextOf(err))
	}
	if len(r.Credentials.Stale) > 0 && !r.Grant.Emergency {
		return staleStatus
	}
	return Permitted
}

// consents asks the grant document: is this one allowed, for this purpose, now? In an
// emergency the purpose alone: opensSlot and allowed ask what the patient says of them.
func (r *Reading) consents() Reason {
	if r.Grant.Emergency {
		return r.forEmergency()
	}
	asking := consent.Asking{
		Who: r.Card.Subject(), Organisation: r.Card.Organisation(), Action: r.Grant.Action, Purpose: stele.Purpose(r.Detail.Purpose), At: r.Now,
	}
	if c := r.Credentials; c != nil {
		asking.Role, asking.FacilityKind = c.Role.Role, c.Accreditation.Facility
	}
	if why := Reason(consent.EvaluateActor(r.Document, asking).Why()); why != Permitted {
		return why
	}
	return r.delegationsAllow(asking.Purpose)
}

// Opens reports whether a commitment is to this content under this salt.
func Opens(commitment stele.Digest, salt []byte, tag seal.Tag, content []byte) bool {
	s, err := seal.SaltFrom(salt)
	return err == nil && seal.CheckCommit(commitment, s, tag, content) == nil
}

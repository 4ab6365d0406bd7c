package trustee

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// StaleAfter is how old the newest block may be, by the trustee's own clock, for
// anything to be released (DESIGN §1, law 2).
const StaleAfter = 30 * time.Second

const (
	askedWithin = 5 * time.Minute // age of a request, either way
)

// asking is one request to release, and what was found out about it so far.
type asking struct {
	t   *Trustee
	in  *wire.ReleaseRequest
	now time.Time // the later of block time and own clock

	// Of the request.
	read             wire.ReadRequest
	signers          []stele.PublicKey // the grantee key and the card holder's; one when there is no grant
	subject          stele.Subject
	request, grantID stele.ID
	chain            stele.Consortium
	patient          stele.Keys

	// Of whoever asks.
	detail     wire.AccessDetail
	card       wire.Card
	known      bool // the card is valid
	attributed bool // and its holder signed the request
	issuer     stele.PublicKey

	// Of the ledger, at the newest block.
	newest stele.Block
	access stele.Access
	grant  stele.Grant

	document consent.Grant
	capsules [][]byte
	labels   [][]byte // TDH2 labels
	shown    [][]byte // what they say, without doubles, for the patient
	records  uint64
	batch    *threshold.Batch
}

// judge decides everything but the capsules. It returns why not, for the
// patient only, or "". The order matters in one place: who asks is found out
// first, so that a refused asking can be told to the patient.
func (a *asking) judge() string {
	for _, rule := range []func() string{
		a.readRequest, a.identify, a.keepable, a.permitted, a.holds, a.opensDetail, a.opensDocument, a.consents,
	} {
		if why := rule(); why != "" {
			return why
		}
	}
	return ""
}

// readRequest decodes the request and checks what can be checked without the
// ledger.
func (a *asking) readRequest() (why string) {
	const malformed = "the request was malformed"
	keys, err := wire.Open(wire.TagRead, a.in.GetRequest(), &a.read)
	if err != nil || len(keys) > 2 {
		return malformed
	}
	a.signers = keys
	if a.subject, err = stele.SubjectFrom(a.read.Subject); err != nil {
		return malformed
	}
	// A request without a grant has no ids that matter.
	a.request, _ = stele.IDFrom(a.read.Request)
	a.grantID, _ = stele.IDFrom(a.read.Grant)
	if len(a.read.Document) > stele.MaxDocument || len(a.in.Capsules) > MaxCapsules {
		return malformed
	}
	if a.read.Chain != a.t.cfg.Chain || string(a.read.Audience) != string(a.t.cfg.Member[:]) {
		return "the request was made for another network or member"
	}
	if age := a.now.Sub(time.UnixMilli(a.read.AtMs)); age > askedWithin || age < -askedWithin {
		return "the request was not made just now"
	}
	return ""
}

// identify finds out who asks: the card in the detail, signed by its holder and
// by an issuer. Whether the asker may see anything is not decided here.
func (a *asking) identify() string {
	var err error
	if a.patient, err = a.t.cfg.Ledger.Subject(a.subject); err != nil {
		return "there is no such patient"
	}
	if a.chain, err = a.t.cfg.Ledger.Consortium(); err != nil || a.chain.Chain != a.t.cfg.Chain {
		return "the trustee does not know the consortium"
	}
	if wire.Decode(a.read.Detail, &a.detail) != nil {
		return "the asker did not say who they are"
	}
	keys, err := wire.Open(wire.TagCard, a.detail.Card, &a.card)
	if err != nil || len(a.detail.Card.Body) > stele.MaxCard || a.card.Chain != a.t.cfg.Chain || stele.CheckCard(a.card.Name, a.card.Kind, a.card.Role, a.card.Facility) != nil {
		return "the asker's card is not valid"
	}
	holder, err := stele.SubjectFrom(a.card.Subject)
	if err != nil {
		return "the asker's card is not valid"
	}
	current, err := a.t.cfg.Ledger.Subject(holder)
	if err != nil || !shareOne(keys, current.Signing) {
		return "the asker's card is not signed by its holder"
	}
	if !shareOne(keys, a.chain.Issuers) {
		return "the asker's card is not signed by an issuer of the network"
	}
	if !a.vouched(keys) {
		return "the asker's card is not signed by the organisation that it names"
	}
	a.known = true
	a.issuer = keys[slices.IndexFunc(keys, func(k stele.PublicKey) bool { return slices.Contains(a.chain.Issuers, k) })]
	a.attributed = shareOne(a.signers, current.Signing)
	return ""
}

// vouched reports whether the organisation that the card says its holder acts
// for signed it too: an issuer speaks for its own people, not for another
// member's.
func (a *asking) vouched(keys []stele.PublicKey) bool {
	if len(a.card.Organisation) == 0 {
		return true
	}
	organisation, err := stele.SubjectFrom(a.card.Organisation)
	if err != nil {
		return false
	}
	current, err := a.t.cfg.Ledger.Subject(organisation)
	return err == nil && shareOne(keys, current.Signing)
}

// keepable checks that what the asker said can be kept for the patient. It comes
// after identify: who asks is told to the patient even where the rest is too long.
func (a *asking) keepable() string {
	if len(a.read.Detail) > stele.MaxDetail || len(a.detail.Reason) > stele.MaxReason {
		a.shorten()
		return "the asker said more than can be kept; it is shown shortened"
	}
	return ""
}

// shorten cuts the detail to what can be kept: of each part what has a bound, and
// of the card what its signatures cover.
func (a *asking) shorten() {
	cut := &wire.AccessDetail{
		Request: ofLength(len(stele.ID{}), a.detail.Request), Subject: ofLength(len(stele.Subject{}), a.detail.Subject),
		Card: &wire.Signed{Body: a.detail.Card.Body}, Purpose: a.detail.Purpose, Reason: a.detail.Reason,
	}
	for _, s := range a.detail.Card.Signatures {
		cut.Card.Signatures = append(cut.Card.Signatures, &wire.Signature{
			Key: &wire.PublicKey{Suite: s.Key.Suite, Key: s.Key.Key}, Signature: s.Signature,
		})
	}
	if len(cut.Purpose) > 64 {
		cut.Purpose = ""
	}
	if len(cut.Reason) > stele.MaxReason {
		cut.Reason = strings.ToValidUTF8(cut.Reason[:stele.MaxReason-len("…")], "") + "…"
	}
	a.read.Detail = wire.Marshal(cut)
}

// ofLength returns what was said where it has the length that it must have, and
// nothing otherwise.
func ofLength(n int, said []byte) []byte {
	if len(said) != n {
		return nil
	}
	return said
}

// holds checks the card's key binding (R26). Cards are public: whoever shows
// one under a grant proves that it is theirs by signing the request too, so that
// a pairwise key in the wrong hands reads nothing in its owner's name.
func (a *asking) holds() string {
	if !a.attributed {
		return "the request was not signed by the holder of the card"
	}
	return ""
}

func shareOne(a, b []stele.PublicKey) bool {
	return slices.ContainsFunc(a, func(k stele.PublicKey) bool { return slices.Contains(b, k) })
}

// permitted checks all that can change from block to block, against the newest:
// law 1 and law 2. It runs again right before a release goes out.
func (a *asking) permitted() string {
	own := a.t.cfg.Clock()
	// The block is read before the grant: the receipt may name an older block
	// than the grant was read at, never a newer one.
	a.newest = a.t.cfg.Ledger.Newest()
	if a.newest.Height == 0 || own.Sub(a.newest.Time) > StaleAfter {
		return "the trustee's node was behind"
	}
	a.now = later(own, a.newest.Time)
	if why := a.checkGrant(); why != "" {
		return why
	}
	if !time.UnixMilli(a.card.ExpiresMs).After(a.now) {
		return "the asker's card has expired"
	}
	return a.checkAccess()
}

func (a *asking) checkGrant() (why string) {
	var err error
	if a.grantID.IsZero() {
		return "there was no grant"
	}
	if a.grant, err = a.t.cfg.Ledger.Grant(a.grantID); err != nil || a.grant.Subject != a.subject {
		return "there was no grant"
	}
	if !slices.Contains(a.signers, a.grant.Grantee) {
		return "the request was not signed by the grantee"
	}
	switch {
	case a.grant.Action != stele.ActionRead:
		return "the grant is not for reading"
	case a.grant.Status == stele.GrantRevoked:
		return "the grant was taken back"
	case a.grant.Status == stele.GrantEnded || !a.now.Before(a.grant.End):
		return "the grant has ended"
	case a.grant.Status != stele.GrantActive && a.grant.Status != stele.GrantUsedUp:
		// Used up by this very access or a later one; the ledger would not
		// have permitted it otherwise.
		return "the grant is not in force"
	case a.now.Before(a.grant.NotBefore):
		return "the grant has not begun"
	}
	return ""
}

// checkAccess checks R1 and R3: the opening is on our own ledger, for this
// grant, within its window, for this one reader key.
func (a *asking) checkAccess() (why string) {
	var err error
	if a.access, err = a.t.cfg.Ledger.Access(a.request); err != nil {
		return "the opening is not on the ledger"
	}
	switch {
	case a.access.Subject != a.subject || a.access.Grant != a.grantID:
		return "the opening on the ledger is another one"
	case a.access.Height > a.newest.Height:
		return "the opening is not in a final block"
	case a.now.After(a.access.Until):
		return "the opening's time had run out"
	case stele.Digest(sha256.Sum256(a.read.ReaderKey)) != a.access.ReaderKey:
		return "the opening is for another reader key"
	}
	return ""
}

// opensDetail checks the detail against what the ledger committed to.
func (a *asking) opensDetail() string {
	if !opens(a.access.Detail, a.read.DetailSalt, seal.TagDetail, a.read.Detail) {
		return "the details shown are not those on the ledger"
	}
	if string(a.detail.Request) != string(a.request[:]) || string(a.detail.Subject) != string(a.subject[:]) {
		return "the details shown are of another opening"
	}
	return ""
}

// opensDocument checks the grant document against the ledger's grant.
func (a *asking) opensDocument() string {
	if !opens(a.grant.Commitment, a.read.DocumentSalt, seal.TagGrant, a.read.Document) {
		return "the grant document shown is not the one on the ledger"
	}
	var err error
	if a.document, err = consent.Parse(a.read.Document); err != nil {
		return "the grant document is not fit for use"
	}
	d := a.document
	if d.ID != a.grantID || d.Patient.Subject != a.subject || d.Grantee != a.grant.Grantee || d.Action != stele.ActionRead {
		return "the grant document is of another grant"
	}
	return ""
}

// consents asks the grant document: is this one allowed, for this purpose, now?
func (a *asking) consents() string {
	organisation, _ := stele.SubjectFrom(a.card.Organisation) // none for many
	decision := consent.EvaluateActor(a.document, consent.Asking{
		Who: stele.Subject(a.card.Subject), Organisation: organisation, Role: a.card.Role, FacilityKind: a.card.Facility,
		Action: stele.ActionRead, Purpose: stele.Purpose(a.detail.Purpose), At: a.now,
	})
	if !decision.Permit() {
		return string(decision.Why())
	}
	return ""
}

func opens(commitment stele.Digest, salt []byte, tag seal.Tag, content []byte) bool {
	s, err := seal.SaltFrom(salt)
	return err == nil && seal.CheckCommit(commitment, s, tag, content) == nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

package stele

import (
	"context"
	"slices"
	"time"
)

// Ledger is what a trustee and a vault see of the ledger: their own member's
// node, never another's word. Every answer is taken from the newest final block
// and carries that block, so that a caller can refuse what is stale.
//
// Implementations are safe for concurrent use and never block on consensus.
type Ledger interface {
	// Newest returns the newest final block. Its zero value says that there
	// is none yet.
	Newest() Block

	// Subject returns a subject's current keys and status, or KindNotFound.
	Subject(s Subject) (Keys, error)

	// Grant returns a grant as of the newest block, or KindNotFound. Status
	// accounts for the end by block time even where the event that says so
	// is still to come.
	Grant(id ID) (Grant, error)

	// Access returns the event that permitted a request, or KindNotFound; a
	// request that the ledger refused is not found.
	Access(request ID) (Access, error)

	// Anchor returns the anchor of a submission, or KindNotFound; another subject's
	// is not found.
	Anchor(subject Subject, submission ID) (Anchor, error)

	// StatusList returns a subject's newest status list, or KindNotFound when it has
	// posted none.
	StatusList(issuer Subject) (StatusList, error)

	// Consortium returns members, committee and issuers as of the newest
	// block.
	Consortium() (Consortium, error)
}

// Submitter puts a signed transaction on the ledger.
type Submitter interface {
	// Submit returns when the transaction is in a final block or was
	// refused. tx is the bytes of a wire.Signed of kind transaction. A
	// refusal is an error with its Kind; KindUnreachable and KindBusy mean
	// that nothing is known of the outcome and that submitting the same
	// bytes again, here or through another member, is safe: a retry gets the
	// first answer.
	Submit(ctx context.Context, tx []byte) (Outcome, error)
}

// Outcome says where a transaction's event stands on the ledger.
type Outcome struct {
	Subject Subject // whose log holds the event
	Height  int64   // of the block
	Seq     uint64  // position in the subject's log, from 0
	Time    time.Time
	Event   []byte // the bytes of a wire.Event, as hashed into the log
}

// Block is a final block's place in time.
type Block struct {
	Height int64
	Time   time.Time // block time, UTC, millisecond precision
}

// PublicKey is a signature key with its suite, as in the wire room.
type PublicKey struct {
	Suite uint32
	Key   string // raw bytes; a string so that keys compare with ==
}

// Keys are a subject's current keys.
type Keys struct {
	Subject Subject
	Signing []PublicKey
	Seal    [][]byte // HPKE X-Wing public keys, one per device that reads
	Created int64    // height
	Leaf    uint64   // index of the subject's log among all logs

	Died      int64   // height of the block that recorded the subject's death; 0: the subject lives
	Turn      uint32  // how often it was merged and parted: odd while it is merged
	Into      Subject // whose keys these are, while the subject is merged into that one; zero: its own
	Emergency Digest  // commitment to what the subject says of emergencies; zero where they have no slot

	// While the subject is merged, what counts again once it is parted; else nothing.
	Own    [][]byte // the seal keys of its own devices
	Before Digest   // what Emergency was

	Enrolled Subject // the member that enrolled a person without a device; zero for everybody else, and once they have claimed it
}

// Grant is what the ledger knows of a grant: not who, not what, not why.
type Grant struct {
	ID         ID
	Subject    Subject
	Action     Action
	Grantee    PublicKey // pairwise, fresh for this grant
	NotBefore  time.Time
	End        time.Time
	MaxUses    uint32 // 0 means without limit
	Uses       uint32
	Commitment Digest // to the grant document
	Status     GrantStatus
	Returned   bool      // it is revoked, and whoever held it gave it back
	Height     int64     // of the block that gave it
	Members    []Subject // that gave it for somebody whom nobody had claimed: two; none where the subject did
	Delegation ID        // by which somebody gave it for the subject; zero where the subject did. Status says of it, too, whether it holds
	Died       bool      // the subject's death is recorded
	Beside     []Subject // other charts of the same person, as a member tells who holds the grant; a ledger's own view leaves it out
	Emergency  bool      // nobody gave it: the chart is opened in an emergency, and the commitment is to who asks and why
	Member     Subject   // in an emergency: the member whose node signed for it
	ReviewBy   time.Time // of an emergency: until when somebody must have looked at it
	Review     uint32    // of an emergency: what came out of it, by the wire room's code; 0: nobody has looked yet
}

// GrantStatus is where a grant stands.
type GrantStatus uint8

// The states of a grant. None but GrantActive ever becomes GrantActive again.
const (
	GrantActive  GrantStatus = 1
	GrantRevoked GrantStatus = 2
	GrantEnded   GrantStatus = 3 // its end has passed in block time
	// GrantUsedUp ends new accesses only: the one that used it up stays good
	// for its window.
	GrantUsedUp GrantStatus = 4
)

// String returns "active", "revoked", "ended" or "used up".
func (s GrantStatus) String() string {
	switch s {
	case GrantActive:
		return "active"
	case GrantRevoked:
		return "revoked"
	case GrantEnded:
		return "ended"
	case GrantUsedUp:
		return "used up"
	}
	return "unknown"
}

// Access is a permitted opening of a chart, as the ledger recorded it.
type Access struct {
	Request   ID
	Subject   Subject
	Grant     ID
	Detail    Digest // commitment to who, purpose and scope
	ReaderKey Digest // SHA-256 of the reader's HPKE public key
	Height    int64
	At        time.Time
	Until     time.Time // of the session: at most MaxSession after At
}

// Releases is until when keys are released and folios listed under the access.
func (a Access) Releases() time.Time {
	if end := a.At.Add(ReleaseWithin); end.Before(a.Until) {
		return end
	}
	return a.Until
}

// Anchor is a submission's Merkle root on the ledger.
type Anchor struct {
	Submission ID
	Subject    Subject
	Grant      ID // the write grant it was made under
	Root       Digest
	Height     int64
	At         time.Time
}

// Consortium is who runs the network.
type Consortium struct {
	Chain     string
	Subject   Subject // whose log says all of this
	Members   []Member
	Committee Committee
	Issuers   []PublicKey // who vouch for cards
	Auditors  []Subject

	CredentialIssuers []CredentialIssuer // whose credentials count now; not to be changed
}

// Member is an organisation of the consortium.
type Member struct {
	Subject Subject
	Kind    string    // "hospital", "clinic", "laboratory", "pharmacy", "patients", "other"
	Node    PublicKey // signs parcels and requests between members
	Trustee PublicKey // signs receipts
	Share   uint32    // index of its committee share, from 1; 0 for none
	SealKey []byte    // HPKE X-Wing public key of its node; empty: none is known
}

// Committee is the holders of the committee key's shares.
type Committee struct {
	Epoch     uint64
	Threshold int
	Key       []byte   // ristretto255, 32 bytes
	Shares    [][]byte // verification keys by share index − 1, 32 bytes each
}

// CredentialIssuer is an issuer whose credentials count, by one of its certificates.
type CredentialIssuer struct {
	Subject       Subject
	Certificate   Digest           // SHA-256 of the X.509 certificate, DER
	Kinds         []CredentialKind // at least one
	Jurisdictions []string         // ISO 3166 codes ("GB", "US-CA"), ascending, at least one
}

// May reports whether a credential of a kind, for a jurisdiction, is the issuer's to issue.
func (i CredentialIssuer) May(kind CredentialKind, jurisdiction string) bool {
	return slices.Contains(i.Kinds, kind) && slices.Contains(i.Jurisdictions, jurisdiction)
}

// CredentialKind is what a credential says of its holder, by its code.
type CredentialKind string

// The kinds of credential. The consortium admits issuers of those but RoleCredential,
// which a facility that is accredited issues to its own staff.
const (
	LicenceCredential       CredentialKind = "licence"       // of a practitioner, by a licensing board
	RoleCredential          CredentialKind = "role"          // of a practitioner, by the employer
	AccreditationCredential CredentialKind = "accreditation" // of a facility, by an accreditor
)

// StatusList is what the ledger knows of an issuer's newest list of which of its
// credentials hold: not what is in it.
type StatusList struct {
	Issuer Subject
	Epoch  uint64    // how many it has posted
	Hash   Digest    // SHA-256 of the status list token
	Posted time.Time // time of the block
}

// Faulty is how many of so many members may be faulty without harm: f of 3f + 1, as
// Byzantine agreement has it.
func Faulty(members int) int { return max(0, members-1) / 3 }

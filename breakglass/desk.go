package breakglass

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/meter"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// How often one card may ask, whatever is answered: far more than anybody needs, and
// little enough that one practitioner does not fill a register.
const (
	cardBurst = 30
	cardEvery = 2 * time.Minute
	places    = 1 << 12 // cards told apart
)

// cardDay is how many activations are signed for one card in a day, UTC: a quarter of those that the
// member has for all (emergency.MostInADay), so that nobody uses up their colleagues'.
const cardDay = 64

// chartDay is how many activations of one chart are signed for one card in a day, UTC: half of those that the
// ledger takes of the member for that chart (state.GlassRate), so that a colleague can open it, too. One runs for a
// day and is used again; the others are for when it was ended, by mistake or too early: somebody may be the only one on duty. Who has
// the last is told. What never came onto the ledger does not count.
const chartDay = 4

// longest is how long a transaction may be good that the desk signs.
const longest = 10 * time.Minute

// Config is what a desk is made of.
type Config struct {
	Folder string        // for its database; created when missing
	Ledger stele.Ledger  // the member's own node
	Chain  string        // chain id
	Member stele.Subject // whose desk this is
	Signer wire.Signer   // the member's node key

	// The numbers of activations in a day, UTC, beyond which the desk warns: of one
	// practitioner, and of all together. 0: never.
	AlarmUser, AlarmFacility int

	Clock func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: none
	FS    vfs.FS           // nil: the machine's own
}

// Desk signs activations for a member. Its methods are safe for concurrent use.
type Desk struct {
	cfg  Config
	db   *pebble.DB
	door *own.Door
	pace *own.Paces
	key  []byte // of the hashes that stand for practitioners in the counts

	mu   sync.Mutex // orders entries and the counting of days
	last uint64     // number of the newest entry

	signed, refused, users, facilities meter.Counter
}

// Open opens a desk's folder. It fails with KindInvalid when something is missing from the
// configuration, and with KindOther when the folder cannot be used.
func Open(cfg Config) (*Desk, error) {
	if cfg.Ledger == nil || cfg.Chain == "" || cfg.Member.IsZero() || cfg.Signer == nil {
		return nil, stele.E("open desk", stele.KindInvalid, "a desk needs ledger, chain, member and key", nil)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	db, err := database.Open("register of emergencies", cfg.Folder, cfg.FS, cfg.Log)
	if err != nil {
		return nil, err
	}
	d := &Desk{cfg: cfg, db: db, door: own.NewDoor(cfg.Ledger, cfg.Chain, cfg.Member), pace: own.NewPaces(cardEvery, cardBurst, places)}
	if err := d.begin(); err != nil {
		return nil, d.fault("open desk", err, db.Close())
	}
	return d, nil
}

// Close closes the folder. Callers first stop asking.
func (d *Desk) Close() error { return d.db.Close() }

// Stats are a desk's counts since it was opened, for its operator: how many, never whose.
type Stats struct {
	Signed     uint64 // activations that were registered and signed
	Refused    uint64
	Users      uint64 // of the signed ones, beyond the number of one practitioner
	Facilities uint64 // and beyond that of the facility
}

// Stats reads the counts.
func (d *Desk) Stats() Stats {
	return Stats{d.signed.Read(), d.refused.Read(), d.users.Read(), d.facilities.Read()}
}

// asked is an asking for a signature with what was found out about it.
type asked struct {
	wire.Activate
	now     time.Time
	signers []stele.PublicKey
	tx      wire.Transaction
	glass   *wire.BreakGlass
	says    wire.AccessDetail
	card    *asking.Card
	chain   *credential.Chain
	last    bool // no more of this chart is signed for this card today
}

// Activate signs an activation with the member's node: for a practitioner whom the member's
// own card and credentials prove, as of the newest block, who says why. It is in the register when the answer
// leaves; asked again for the same, the desk signs again and writes nothing. It fails with
// KindDenied, also for who has had cardDay today, or chartDay of this chart, and with KindBusy for who asks too often.
func (d *Desk) Activate(_ context.Context, in *wire.ActivateRequest) (*wire.ActivateResponse, error) {
	a := &asked{now: d.cfg.Clock()}
	err := d.judge(a, in.GetRequest())
	if err == nil {
		err = d.register(a)
	}
	if err != nil {
		d.refused.Add(1)
		return nil, err
	}
	hash := wire.Hash(wire.TagTransaction, a.Transaction)
	return &wire.ActivateResponse{Signature: &wire.Signature{Key: d.cfg.Signer.Public(), Signature: d.cfg.Signer.Sign(hash)}, Last: a.last}, nil
}

// judge runs the rules in the order in which they may be told: nobody learns anything before
// it is known who asks.
func (d *Desk) judge(a *asked, request *wire.Signed) (err error) {
	if a.signers, err = wire.Open(wire.TagActivate, request, &a.Activate); err != nil || len(a.signers) != 1 {
		return refused()
	}
	own := d.cfg.Clock()
	if age := own.Sub(time.UnixMilli(a.AtMs)); age > stele.Fresh || age < -stele.Fresh {
		return refused()
	}
	if a.Chain != d.cfg.Chain || string(a.Audience) != string(d.cfg.Member[:]) {
		return refused()
	}
	newest := d.cfg.Ledger.Newest()
	if newest.Height == 0 || own.Sub(newest.Time) > stele.StaleAfter { // and does not know whose credentials were taken back
		return stele.E(op, stele.KindBusy, "the member's node is behind", nil).WithHint("try again in a moment")
	}
	if newest.Time.After(a.now) {
		a.now = newest.Time
	}
	for _, rule := range []func(*asked) error{d.reads, d.identifies, d.qualifies} {
		if err := rule(a); err != nil {
			return err
		}
	}
	return nil
}

const op = "sign activation"

// refused is the answer to whoever is not known to be of this member's people.
func refused() error {
	return stele.E(op, stele.KindDenied, "this member signs no such activation", nil).
		WithHint("it signs for its own people, who show licence, role and accreditation: stele credential show; check this device's clock, too")
}

// reads checks what is to be signed, and that the detail is what it commits to.
func (d *Desk) reads(a *asked) error {
	if len(a.Detail) > stele.MaxDetail || len(a.StatusLists) > len(credential.Kinds) ||
		wire.DecodeKnown(a.Transaction, &a.tx) != nil || wire.DecodeKnown(a.Detail, &a.says) != nil {
		return refused()
	}
	m := a.tx.GetBreakGlass()
	ends := time.UnixMilli(a.tx.ExpiresMs)
	if m == nil || a.tx.Chain != d.cfg.Chain || !ends.After(a.now) || ends.Sub(a.now) > longest {
		return refused()
	}
	commitment, err := stele.DigestFrom(m.DetailCommitment)
	if err != nil || string(m.Member) != string(d.cfg.Member[:]) || wire.OwnID(m.Activation, m.Subject) != nil || wire.ValidKey(m.Grantee) != nil {
		return refused()
	}
	a.glass = m
	said := &a.says
	switch {
	case !asking.Opens(commitment, a.DetailSalt, seal.TagDetail, a.Detail),
		string(said.Request) != string(m.Activation), string(said.Subject) != string(m.Subject),
		said.Purpose != string(stele.EmergencyTreatment), strings.TrimSpace(said.Reason) == "", stele.CheckReason(said.Reason) != nil:
		return refused()
	}
	return nil
}

// identifies checks the card: good, this member's, and its holder's key signed the asking and
// is not the one that is to open.
func (d *Desk) identifies(a *asked) error {
	run, err := d.cfg.Ledger.Consortium()
	if err != nil || run.Chain != d.cfg.Chain {
		return refused()
	}
	cards := asking.Cards{Chain: d.cfg.Chain, Issuers: run.Issuers, Keys: func(s stele.Subject) ([]stele.PublicKey, error) {
		keys, err := d.cfg.Ledger.Subject(s)
		return keys.Signing, err
	}}
	card, err := cards.Check(a.says.Card)
	if err != nil || card.Expired(a.now) || card.Organisation() != d.cfg.Member || !asking.ShareOne(a.signers, card.Holder) ||
		slices.Contains(card.Holder, wire.Key(a.glass.Grantee)) {
		return refused()
	}
	a.card = card
	holder := card.Subject()
	if !d.pace.Allow(a.now, 1, holder[:]) {
		return stele.E(op, stele.KindBusy, "you have activated too often for now", nil).WithHint("one more is possible every two minutes")
	}
	return nil
}

// qualifies checks the credentials. A status list that is out of date goes on, and is told: an emergency
// does not wait for a board.
func (d *Desk) qualifies(a *asked) error {
	chain, err := credential.Judge{
		Ledger: d.cfg.Ledger, Lists: a.StatusLists, Request: stele.ID(a.glass.Activation), Now: a.now,
	}.Chain(a.Credentials)
	switch {
	case stele.KindOf(err) == stele.KindDenied:
		return stele.E(op, stele.KindDenied, stele.TextOf(err), nil).WithHint("stele credential show lists your papers; stele wallet collect fetches new ones")
	case err != nil:
		return refused()
	case chain.Licence.Holder != a.card.Subject():
		return stele.E(op, stele.KindDenied, "the credentials are somebody else's", nil).WithHint("show your own: stele credential show lists them")
	case chain.Facility() != d.cfg.Member:
		return stele.E(op, stele.KindDenied, "the credentials are of another facility", nil).WithHint("--role names the role that you hold here; stele credential show lists yours")
	}
	a.chain = chain
	return nil
}

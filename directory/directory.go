package directory

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/time/rate"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// Limits.
const (
	MaxKeys     = 1000     // unused one-time keys of one holder
	MaxBox      = 1000     // deliveries in one box
	maxBoxBytes = 16 << 20 // of them together
	maxFound    = 200      // cards in one answer
	maxKeyBody  = 256      // bytes of a one-time key, which is about 100
	maxPage     = 4 << 20  // bytes of deliveries in one answer

	// Keys are taken by anybody: at most these of one holder, so that a
	// stranger cannot empty the store at once.
	takeBurst = 60
	takeEvery = 2 * time.Second

	// Of that, one address: an eighth, so that it alone can neither empty a
	// holder's store nor fill their box. This machine's own callers, behind
	// whom anybody may be, are not told apart.
	callerTakes     = 8
	callerTakeEvery = 30 * time.Second
	callerBytes     = maxBoxBytes / 8       // into one box
	callerBox       = MaxBox / 8            // deliveries into one box
	callerByteEvery = 10 * time.Millisecond // 8.6 MB a day
	callerPostEvery = 2 * time.Minute
	callerPlaces    = 1 << 14

	// Into all boxes together, one address: made-up people may have as many as an
	// issuer likes.
	callerAll      = 2 * maxBoxBytes
	callerAllEvery = 2 * time.Millisecond // 43 MB a day

	// maxIssued is how many bytes of memory the cards of one issuer take, some 50,000
	// people's.
	maxIssued = 128 << 20
)

// Config is what a directory is made of.
type Config struct {
	Folder string       // for its database; created when missing
	Ledger stele.Ledger // the member's own node
	Chain  string       // chain id
	Member stele.Subject
	Clock  func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: none
	FS     vfs.FS           // nil: the machine's own

	// Names are the names of who runs the network now: nobody else may bear them. nil: none.
	Names func() map[stele.Subject]string

	// Others are the other members' directories; without them what was missed is missing.
	Others Others

	// Asked is told whom a request for access was left with. nil: nobody is.
	Asked func(stele.Subject)
}

// Directory is a member's directory. Its methods are safe for concurrent use.
type Directory struct {
	cfg  Config
	db   *pebble.DB
	door *own.Door

	mu      sync.Mutex // held by whoever changes rows
	pace    map[stele.Subject]*rate.Limiter
	takes   *own.Paces // by caller and holder
	posts   *own.Paces // deliveries
	bytes   *own.Paces // of deliveries
	all     *own.Paces // the same, into whatever box
	slots   *own.Paces // by patient
	brings  *own.Paces // bytes of slots, by caller
	members *own.MemberDoor
	fetches fetches
	cards   map[stele.Subject]listed
	order   []*listed                // what FindCards looks through, by name; nil: to be made. Never changed, only replaced
	looks   *own.Turns[stele.Caller] // to look through it

	asks   *own.Paces // requests for access, by card
	asksOf *own.Paces // the same, by issuer
	asksTo *own.Paces // the same, by card and patient

	issued     map[string]int       // memory of cards, by issuer
	issuedRoom int                  // of it, each issuer's
	swept      map[string]time.Time // until when none of an issuer's expires
	told       time.Time            // when cards were last told apart whose issuer was not known
}

// listed is a card ready to be searched.
type listed struct {
	subject stele.Subject
	signed  *wire.Signed
	words   string // folded, see stele.Fold
	name    string
	expires int64
	issuer  string // as issuerOf names it
}

// memory is how many bytes a card takes, about: as it is kept, and its words twice.
func (c listed) memory() int { return proto.Size(c.signed) + 2*len(c.words) + len(c.name) + 512 }

// Open opens a directory's folder. It fails with KindInvalid when something is
// missing from the configuration and with KindOther when the folder cannot be
// used.
func Open(cfg Config) (*Directory, error) {
	const op = "open directory"
	if cfg.Ledger == nil || cfg.Chain == "" || cfg.Member.IsZero() {
		return nil, stele.E(op, stele.KindInvalid, "a directory needs ledger, chain and member", nil)
	}
	if cfg.Names == nil {
		cfg.Names = func() map[stele.Subject]string { return nil }
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
	db, err := database.Open("directory's database", cfg.Folder, cfg.FS, cfg.Log)
	if err != nil {
		return nil, err
	}
	d := &Directory{
		cfg: cfg, db: db, door: own.NewDoor(cfg.Ledger, cfg.Chain, cfg.Member),
		takes:   own.NewPaces(callerTakeEvery, callerTakes, callerPlaces),
		posts:   own.NewPaces(callerPostEvery, callerBox, callerPlaces),
		bytes:   own.NewPaces(callerByteEvery, callerBytes, callerPlaces),
		all:     own.NewPaces(callerAllEvery, callerAll, callerPlaces),
		slots:   own.NewPaces(slotEvery, slotBurst, slotPlaces),
		brings:  own.NewPaces(callerSlotEvery, callerSlots, callerPlaces),
		members: own.NewMemberDoor(cfg.Ledger.Consortium, cfg.Chain, cfg.Member), fetches: fetches{turns: make(chan struct{}, maxFetches)},
		pace: map[stele.Subject]*rate.Limiter{}, cards: map[stele.Subject]listed{},
		looks: own.NewTurns[stele.Caller](max(1, runtime.GOMAXPROCS(0)/2)),
		asks:  own.NewPaces(askEvery, askBurst, callerPlaces), asksOf: own.NewPaces(askIssuerEvery, askIssuerBurst, callerPlaces),
		asksTo: own.NewPaces(askToEvery, askToBurst, callerPlaces),
		issued: map[string]int{}, issuedRoom: maxIssued, swept: map[string]time.Time{},
	}
	if err := d.forgetAsked(); err != nil {
		return nil, errors.Join(stele.E(op, stele.KindOther, "the directory's requests cannot be read", err), db.Close())
	}
	if err := d.list(); err != nil {
		return nil, errors.Join(stele.E(op, stele.KindOther, "the directory's cards cannot be read", err), db.Close())
	}
	return d, nil
}

// Close closes the folder. Callers first stop asking.
func (d *Directory) Close() error { return d.db.Close() }

// list reads all cards.
func (d *Directory) list() error {
	var broken error
	speaks := d.issuers()
	err := d.scan([]byte{rowCard}, func(_, value []byte) bool {
		signed, card := new(wire.Signed), new(wire.Card)
		if broken = wire.Decode(slices.Clone(value), signed); broken == nil {
			broken = wire.Decode(signed.Body, card)
		}
		// A row of before this was refused at the door: no answer would hold it.
		if broken == nil && wire.Known(signed) && len(signed.Body) <= stele.MaxCard {
			d.show(listing(signed, card, speaks))
		}
		return broken == nil
	})
	return errors.Join(err, broken)
}

func listing(signed *wire.Signed, card *wire.Card, speaks map[stele.PublicKey]string) listed {
	words := stele.Fold(strings.Join([]string{card.Name, card.Kind, card.Role, card.Facility, stele.Subject(card.Subject).String()}, " "))
	return listed{stele.Subject(card.Subject), signed, words, card.Name, card.ExpiresMs, issuerOf(signed, speaks)}
}

// FindCards returns the cards in which every word of the query occurs: in the
// name, the kind, the role, the kind of facility or the DID; case and accents count
// for nothing. An empty query
// finds all. At most 200 are returned: the members' own first, which nobody may
// crowd out, then the others' by name, of each issuer as many as of the others as
// long as there is not room for all.
func (d *Directory) FindCards(ctx context.Context, in *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	if len(in.Query) > 256 {
		return nil, stele.E("find cards", stele.KindInvalid, "the query is too long", nil)
	}
	words := strings.Fields(stele.Fold(in.Query))
	caller := stele.CallerOf(ctx)
	if !d.looks.Take(ctx.Done(), caller) {
		return nil, stele.E("find cards", stele.KindUnreachable, "", ctx.Err())
	}
	defer d.looks.Leave(caller)
	d.mu.Lock()
	d.tellIssuers()
	order := d.ordered()
	d.mu.Unlock()
	out := &wire.FindCardsResponse{}
	for _, c := range d.fair(d.search(order, words)) {
		out.Cards = append(out.Cards, c.signed)
	}
	return out, nil
}

// search returns the cards in which all words occur, in their order: of each issuer as
// many as an answer has room for.
func (d *Directory) search(order []*listed, words []string) (found []*listed) {
	now, of := d.cfg.Clock().UnixMilli(), map[string]int{}
	for _, c := range order {
		own := d.member(c.subject)
		if c.expires <= now || !own && of[c.issuer] >= maxFound || slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(c.words, w) }) {
			continue
		}
		found = append(found, c)
		if !own {
			of[c.issuer]++
		}
	}
	return found
}

// The rows of a directory's database. Numbers are 8 bytes, big-endian.
//
//	c subject        the card, a wire.Signed
//	k subject n      an unused one-time key, a wire.Signed
//	s subject hash   a one-time key that was registered, used or not
//	d subject n      a delivery
//	a subject        the number of the newest delivery that was collected
//	l subject        an issuer's status list token
//	e subject hash   what a patient says of emergencies, by its commitment: when it was brought in ms, the envelope
//	f subject hash member   the same, sealed to another member: the envelope
//	q subject n      a request for access, a wire.AskRequest
//	b subject        the number of the newest request that was collected
const (
	rowCard      = 'c'
	rowKey       = 'k'
	rowSeen      = 's'
	rowDelivery  = 'd'
	rowCollected = 'a'

	rowStatusList = 'l'
	rowSlot       = 'e'
	rowSlotOther  = 'f'

	rowAsked     = 'q'
	rowAskedSeen = 'b'
)

func rowOf(kind byte, s stele.Subject) []byte { return append([]byte{kind}, s[:]...) }

func numbered(kind byte, s stele.Subject, n uint64) []byte {
	return binary.BigEndian.AppendUint64(rowOf(kind, s), n)
}

func number(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// scan visits the rows whose keys begin with prefix, in order, until visit
// returns false. Keys and values are valid during the visit only.
func (d *Directory) scan(prefix []byte, visit func(key, value []byte) bool) error {
	end := slices.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		end[i]++
		if end[i] != 0 {
			end = end[:i+1]
			break
		}
	}
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: end})
	if err != nil {
		return err
	}
	for ok := it.First(); ok && visit(it.Key(), it.Value()); ok = it.Next() {
	}
	return it.Close()
}

// fault is a failure of the database.
func (d *Directory) fault(op string, err error) error {
	d.cfg.Log.Error("directory's database failed", "op", op)
	return stele.E(op, stele.KindOther, "the directory cannot use its folder", err)
}

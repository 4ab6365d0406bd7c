package notify

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/meter"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// Kinds of what a person may be told of. Emergencies are none: they are always told.
const (
	Opened    = "opened"    // somebody opened the chart
	Refused   = "refused"   // the ledger refused somebody
	Granted   = "granted"   // a grant was given, taken back, or has ended; somebody asks for one
	Delivered = "delivered" // records were added
	Delegates = "delegates" // somebody may act for the person, or no more
	Keys      = "keys"      // the person's own devices
)

// Kinds lists them.
func Kinds() []string { return []string{Opened, Refused, Granted, Delivered, Delegates, Keys} }

// Limits.
const (
	maxPeople   = 200_000       // with a target, at one member; some 300 bytes each
	maxOfHost   = maxPeople / 4 // of them, at one host or with one mail server: a stranger's takes no more
	newBurst    = 64            // new ones from one network address at once, then one in newEvery
	newEvery    = 10 * time.Minute
	maxURL      = 512           // bytes
	maxEmail    = 254           // bytes, RFC 5321 §4.5.3.1.3
	setBurst    = 8             // changes of one person at once, then one in setEvery
	setEvery    = 3 * time.Hour // so that nobody has a member write to one stranger after the other
	placesCount = 1 << 14
)

// Ledger is what a Desk needs of the member's ledger.
type Ledger interface {
	Subject(stele.Subject) (stele.Keys, error)
	Grant(stele.ID) (stele.Grant, error)
	Newest() stele.Block
	// Beside returns the subjects that are one person with one.
	Beside(stele.Subject) ([]stele.Subject, error)
	// EventsAfter calls each with the events of the blocks after a height, in order, until it
	// returns false.
	EventsAfter(height int64, each func(*wire.Event) bool) error
}

// Relay is the mail server by which the member sends.
type Relay struct {
	Address  string // host:port; empty: no e-mail is sent
	From     string // the address of the sender
	User     string // empty: without authentication
	Password string
	Roots    roots // whom its certificate is believed from; nil: whom the system believes
}

// Config is what a Desk is made of.
type Config struct {
	Folder   string // for its database; created when missing
	Ledger   Ledger
	Chain    string // chain id
	Member   stele.Subject
	Webhooks bool // targets may be webhooks
	Relay    Relay

	// Hosts are names under which the member itself is reached from outside, where that is another
	// machine's address: no hook leads there.
	Hosts []string

	// Forbidden are addresses that no hook may lead to besides those that are not public: the
	// member's own. nil: those of this machine's interfaces.
	Forbidden func() []netip.Addr

	Clock   func() time.Time                                                     // nil: time.Now
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)         // nil: the system's
	Dial    func(ctx context.Context, network, address string) (net.Conn, error) // nil: the machine's; address is IP:port, but for the relay's
	Public  func(netip.Addr) bool                                                // nil: Public; tests have no others
	Roots   roots                                                                // nil: the system's
	Log     *slog.Logger                                                         // nil: none
	FS      vfs.FS                                                               // nil: the machine's own
}

// Desk is a member's desk for notices. Its methods are safe for concurrent use.
type Desk struct {
	cfg  Config
	db   *pebble.DB
	door *own.Door
	sets *own.Paces
	news *own.Paces // new people from one network address
	mail *own.Paces // notices to one e-mail address, whoever named it
	post *own.Paces // notices to one host

	mu     sync.Mutex // guards what follows and is held by whoever changes rows
	people map[stele.Subject]*person
	hosts  map[string]int                  // how many of them are told at one, as placeOf names it
	beside map[stele.Subject]stele.Subject // charts that are merged into one of theirs, and into whose
	queue  map[stele.Subject]*person       // those for whom a notice waits
	height int64                           // up to which events were seen
	wake   chan struct{}

	most, mostOfHost int // maxPeople and maxOfHost; fewer in tests

	stop    context.CancelFunc
	working sync.WaitGroup
	busy    map[string]int // notices on their way, by host
	lanes   [2]int         // the same: to targets that took the last one, and to those that did not

	told, failed, dropped meter.Counter
	took                  meter.Histogram // from the event's coming here until it left
}

// person is who wants to be told, in memory.
type person struct {
	kinds    map[string]bool
	host     string // where notices go: of the hook, or "mail"
	place    string // whose the target is, as placeOf names it
	waits    *notice
	leaving  bool
	failed   bool // the last try
	lastLeft time.Time
}

// Open opens a desk's folder and begins to send what waits. It fails with KindInvalid when
// something is missing from the configuration and with KindOther when the folder cannot be used.
func Open(cfg Config) (*Desk, error) {
	const op = "open notices"
	if cfg.Ledger == nil || cfg.Chain == "" || cfg.Member.IsZero() {
		return nil, stele.E(op, stele.KindInvalid, "notices need ledger, chain and member", nil)
	}
	cfg.fill()
	db, err := database.Open("notices' database", cfg.Folder, cfg.FS, cfg.Log)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	d := &Desk{
		cfg: cfg, db: db, door: own.NewDoor(cfg.Ledger, cfg.Chain, cfg.Member), stop: stop,
		sets: own.NewPaces(setEvery, setBurst, placesCount), mail: own.NewPaces(mailEvery, mailBurst, placesCount), post: own.NewPaces(hostEvery, hostBurst, placesCount),
		news:   own.NewPaces(newEvery, newBurst, placesCount),
		people: map[stele.Subject]*person{}, hosts: map[string]int{}, beside: map[stele.Subject]stele.Subject{}, queue: map[stele.Subject]*person{},
		wake: make(chan struct{}, 1), busy: map[string]int{}, most: maxPeople, mostOfHost: maxOfHost,
	}
	if err := d.load(); err != nil {
		stop()
		return nil, errors.Join(stele.E(op, stele.KindOther, "what is kept of notices cannot be read", err), db.Close())
	}
	d.working.Go(func() { d.leave(ctx) })
	return d, nil
}

func (c *Config) fill() {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.FS == nil {
		c.FS = vfs.Default
	}
	if c.Resolve == nil {
		c.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Public == nil {
		c.Public = Public
	}
	if c.Forbidden == nil {
		c.Forbidden = interfaces
	}
}

// Close ends what is being sent; it is sent again later. Callers first stop asking.
func (d *Desk) Close() error {
	d.stop()
	d.working.Wait()
	return d.db.Close()
}

// Figures are counts since the desk was opened, and how long notices took to leave.
type Figures struct {
	People, Waiting       int
	Told, Failed, Dropped uint64 // taken by the target; tries that failed; given up after a day
	Took                  meter.Reading
}

// Figures returns them.
func (d *Desk) Figures() Figures {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Figures{People: len(d.people), Waiting: len(d.queue), Told: d.told.Read(), Failed: d.failed.Read(), Dropped: d.dropped.Read(), Took: d.took.Read()}
}

package trustee

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/meter"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// Config is what a trustee is made of.
type Config struct {
	Folder    string          // for its database; created when missing
	Ledger    stele.Ledger    // the member's own node
	Submitter stele.Submitter // for receipts
	Chain     string          // chain id
	Member    stele.Subject   // whose trustee this is
	Signer    wire.Signer     // the member's trustee key: signs receipts and their batches

	// Share returns the member's share of the committee key in an epoch, nil where it
	// holds none: then nothing is released in that epoch.
	Share func(epoch uint64) *threshold.Share

	Slots asking.Slots // what patients say of emergencies and restrict; nil: nothing is released of who has said anything

	// SealKey is the member's own: what was asked of a person whom nobody has claimed is kept
	// sealed to it. nil: of them no details are kept.
	SealKey *seal.SealKey

	Clock func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: none

	FS vfs.FS // nil: the machine's own

	// Batch is how often receipts are posted, if there are any. 0: 2 s.
	Batch time.Duration

	// Refusal is how long a refusal takes at least; RefusalEach is added for
	// each capsule asked for. They must exceed the work of a refusal, or
	// refusals move to multiples of their sum. 0: 40 ms and 0.5 ms.
	Refusal, RefusalEach time.Duration

	// Nap sleeps for a few milliseconds, exactly. nil: by the machine's clock; a
	// simulated one needs its own.
	Nap func(time.Duration)

	// Posting proves that a batch of receipts was posted, for Details. nil, or
	// an error, leaves the proof out.
	Posting func(ctx context.Context, batch stele.ID) (*wire.EntryProof, error)
}

// Trustee is a member's holder of its shares, one an epoch. Its methods are safe for
// concurrent use.
type Trustee struct {
	cfg      Config
	shelf    *shelf
	door     *own.Door
	limits   limits
	refusals *own.Paces // bytes of refused askings that are kept, by caller
	given    *own.Paces // bytes of what is kept of releases, by holder of a card
	issued   *own.Paces // the same, by issuer of the card
	selves   *own.Paces // the same, of those who open their own chart, by caller
	released meter.Counter
	releases releases
	views    views
	turns    *own.Turns[stele.Subject] // to compute, by who asks

	keeping  sync.RWMutex // read by each refusal until it is kept
	closed   bool         // nothing is kept any more
	refusing sync.Mutex   // the refusal that is being kept
	posting  sync.Mutex   // one poster at a time
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// Open opens a trustee's folder and starts posting receipts, those left over
// from an earlier run first. It fails with KindInvalid when something is missing
// from the configuration, and with KindOther when the folder cannot be used.
func Open(cfg Config) (*Trustee, error) {
	const op = "open trustee"
	if cfg.Ledger == nil || cfg.Submitter == nil || cfg.Chain == "" || cfg.Member.IsZero() || cfg.Share == nil || cfg.Signer == nil {
		return nil, stele.E(op, stele.KindInvalid, "a trustee needs ledger, submitter, chain, member, shares and key", nil)
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
	if cfg.Nap == nil {
		cfg.Nap = nap
	}
	cfg.Batch = orElse(cfg.Batch, 2*time.Second)
	cfg.Refusal = orElse(cfg.Refusal, 40*time.Millisecond)
	cfg.RefusalEach = orElse(cfg.RefusalEach, 500*time.Microsecond)

	kept, err := openShelf(cfg.Folder, cfg.FS, cfg.Log)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	t := &Trustee{
		cfg: cfg, shelf: kept, stop: stop,
		door:     own.NewDoor(cfg.Ledger, cfg.Chain, cfg.Member),
		refusals: own.NewPaces(24*time.Hour/callerDay, callerDay, callerPlaces),
		given:    own.NewPaces(24*time.Hour/holderDay, holderDay, holderPlaces),
		selves:   own.NewPaces(24*time.Hour/selfDay, selfDay, callerPlaces),
		issued:   own.NewPaces(24*time.Hour/issuedDay, issuedDay, holderPlaces),
		turns:    own.NewTurns[stele.Subject](runtime.GOMAXPROCS(0)),
	}
	t.done.Go(func() { t.keepPosting(ctx) })
	return t, nil
}

// Stats are a trustee's counts since it was opened, for its operator: how many,
// never whose.
type Stats struct {
	Released uint64 // askings answered with partial decryptions
	Refused  uint64 // askings refused
	Dropped  uint64 // refusals of a valid card that were too many to be kept
}

// Stats reads the counts.
func (t *Trustee) Stats() Stats {
	return Stats{Released: t.released.Read(), Refused: t.limits.refused.Load(), Dropped: t.limits.dropped.Load()}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Close stops posting and closes the folder. Receipts that are not posted yet
// are posted after the next Open. Callers first stop asking.
func (t *Trustee) Close() error {
	t.stop()
	t.keeping.Lock()
	t.closed = true
	t.keeping.Unlock()
	t.done.Wait()
	return t.shelf.close()
}

package vault

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// Peer is another member's vault. Errors carry the kinds of stele.Kind.
type Peer interface {
	Subject() stele.Subject
	PutCopy(context.Context, *wire.PutCopyRequest) (*wire.PutCopyResponse, error)
	GetCopy(context.Context, *wire.GetCopyRequest) (*wire.GetCopyResponse, error)
	ListCopies(context.Context, *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error)
}

// Config is what a vault is made of.
type Config struct {
	Folder string        // for index, key files and notes; created when missing
	Ledger stele.Ledger  // the member's own node
	Member stele.Subject // whose vault this is
	Chain  string        // chain id
	Peers  func() []Peer // the other members' vaults that may be up; nil: none
	Signer wire.Signer   // the member's node key: signs requests to other members
	Slots  asking.Slots  // what patients say of emergencies and restrict; nil: nothing is read of who has said anything

	// Copies says, of so many members of the network, how many others must hold a
	// submission, k ≥ f; nil: none. With the home that makes f+1 holders, of whom one at least is
	// honest.
	Copies func(members int) int

	// Fits reports whether a capsule was made for the committee key and the label; nil: no
	// vault looks. It decides between copies of what the last release's sources delivered.
	Fits func(capsule, committee, label []byte) bool

	Clock func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: none

	// Retry is how often missing copies and damage are seen to. 0: 15 s.
	Retry time.Duration

	// Refusal is the moment at which a refused reading is answered, or a
	// multiple of it. 0: 20 ms.
	Refusal time.Duration

	FS       vfs.FS   // nil: the machine's own
	Segments Segments // nil: files under Folder/segments
}

// Vault is a member's store of sealed records. Its methods are safe for
// concurrent use.
type Vault struct {
	cfg       Config
	fs        vfs.FS
	segments  Segments
	lock      io.Closer
	index     *index
	notes     *notes
	own       *own.Door
	door      *own.MemberDoor
	writes    [64]sync.Mutex // a submission is written by one at a time
	answers   answers
	strangers *own.Paces    // bytes of sources that are no members
	fetches   *own.Paces    // notes of own fetches, by subject
	envelopes *own.Paces    // envelopes that are brought, by subject
	adding    chan struct{} // one file of them at a time is written anew

	closes []func() error
	stop   context.CancelFunc
	done   sync.WaitGroup
	wake   chan struct{}
}

// Open opens a vault's folder, removes what an earlier run left half-done,
// rebuilds the index where it was lost, and starts looking after copies. It
// fails with KindInvalid when something is missing from the configuration, with
// KindBusy when another process has the folder, and with KindOther when the
// folder cannot be used.
func Open(ctx context.Context, cfg Config) (*Vault, error) {
	const op = "open vault"
	if cfg.Folder == "" || cfg.Ledger == nil || cfg.Member.IsZero() || cfg.Chain == "" || cfg.Signer == nil {
		return nil, stele.E(op, stele.KindInvalid, "a vault needs a folder, a ledger, its member, the chain and the member's key", nil)
	}
	cfg = withDefaults(cfg)
	v := &Vault{
		cfg: cfg, fs: cfg.FS, segments: cfg.Segments, own: own.NewDoor(cfg.Ledger, cfg.Chain, cfg.Member),
		answers:   answers{most: maxAnswers},
		strangers: own.NewPaces(24*time.Hour/strangerDay, strangerDay, strangerPlaces),
		fetches:   own.NewPaces(24*time.Hour/fetchesADay, fetchesADay, fetchPlaces),
		envelopes: envelopePaces(), adding: make(chan struct{}, 1),
		door: own.NewMemberDoor(cfg.Ledger.Consortium, cfg.Chain, cfg.Member), wake: make(chan struct{}, 1),
	}
	if err := v.openFolder(ctx); err != nil {
		v.closeAll()
		if stele.KindOf(err) == stele.KindBusy || stele.HintOf(err) != "" {
			return nil, err
		}
		return nil, stele.E(op, stele.KindOther, "the vault's folder cannot be used", err)
	}
	// The work ends with Close, not with the call that opened the vault.
	ctx, v.stop = context.WithCancel(context.WithoutCancel(ctx))
	v.done.Go(func() { v.keepTending(ctx) })
	return v, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Copies == nil {
		cfg.Copies = func(int) int { return 0 }
	}
	if cfg.Peers == nil {
		cfg.Peers = func() []Peer { return nil }
	}
	if cfg.Retry <= 0 {
		cfg.Retry = 15 * time.Second
	}
	if cfg.Refusal <= 0 {
		cfg.Refusal = 20 * time.Millisecond
	}
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	return cfg
}

// openFolder opens all that lies in the folder; closeAll closes it, also where this fails.
func (v *Vault) openFolder(ctx context.Context) error {
	for _, dir := range []string{v.cfg.Folder, v.folder("keys"), v.folder("envelopes")} {
		if err := v.fs.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	// The lock before all else: what another process is just writing would look left over from a
	// crash, and be removed.
	lock, err := v.fs.Lock(v.folder("LOCK"))
	if err != nil {
		return stele.E("open vault", stele.KindBusy, "another process has the vault's folder", err).
			WithHint("stop the other stele process of this member first")
	}
	v.closes = append(v.closes, lock.Close)
	if v.segments == nil {
		if v.segments, err = Files(v.fs, v.folder("segments")); err != nil {
			return err
		}
	}
	if v.notes, err = openNotes(v.fs, v.folder("fetched")); err != nil {
		return err
	}
	v.closes = append(v.closes, v.notes.close)
	if err := v.openIndex(ctx); err != nil {
		return err
	}
	// Key folder, notes and index must still be named in the folder after a
	// power loss, and the folder in the one above.
	if err := syncFolder(v.fs, v.cfg.Folder); err != nil {
		return err
	}
	return syncFolder(v.fs, filepath.Dir(filepath.Clean(v.cfg.Folder)))
}

// Close stops the work in the background and closes the folder. Callers first
// stop asking.
func (v *Vault) Close() error {
	v.stop()
	v.done.Wait()
	return v.closeAll()
}

// closeAll closes what was opened, the lock last: whoever waits for the folder finds nothing open
// in it. A vault may be opened in part.
func (v *Vault) closeAll() error {
	var first error
	if v.index != nil {
		first = v.index.close()
	}
	for i := len(v.closes) - 1; i >= 0; i-- {
		if err := v.closes[i](); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (v *Vault) folder(name string) string { return filepath.Join(v.cfg.Folder, name) }

// now is the later of the newest block's time and the own clock. A clock that is behind would let a
// write grant live on that has ended by block time.
func (v *Vault) now() time.Time {
	now := v.cfg.Clock()
	if block := v.cfg.Ledger.Newest().Time; block.After(now) {
		return block
	}
	return now
}

// writing locks a submission for writing. Two that share a lock wait for each other, no more:
// nobody takes a second one, or asks another member, while holding one.
func (v *Vault) writing(id stele.ID) (unlock func()) {
	m := &v.writes[id[0]%byte(len(v.writes))]
	m.Lock()
	return m.Unlock
}

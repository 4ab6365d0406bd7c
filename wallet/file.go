package wallet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/regular"
)

// Kind says whose wallet it is.
type Kind string

// The kinds of wallet.
const (
	Patient      Kind = "patient"
	Practitioner Kind = "practitioner"
	Organisation Kind = "organisation"
)

// Suffix is the ending of a wallet's secret file.
const Suffix = ".wallet"

// Wallet is an open wallet. It is held by one process at a time; its methods are safe for
// concurrent use.
type Wallet struct {
	path    string
	keys    *keyring.Keyring
	lock    *os.File
	closing sync.Once
	stores  book.Stores // where its book is

	learned  *book.Book            // what the wallet has learned; it guards itself
	changing sync.Mutex            // held while the state is changed
	state    atomic.Pointer[State] // as of the last change; what it leads to is not written into
	links    *links.Table          // an organisation's; it lies in the book, too
	fresh    bool                  // it is being made
	forgot   bool                  // its book was missing when it was opened

	giving    gate // of whoever gives, takes back, collects or settles: one after another
	reading   gate // of whoever reads on in the own log, while its copy grows
	following gate // of whoever reads on in the consortium's log
}

// Options of a new wallet.
type Options struct {
	Kind Kind
	Name string

	// Claims is the slip with which the owner claims a chart that was made for them; nil: their
	// subject is of the wallet's own making.
	Claims *keyring.Slip

	// WorkFactor is the base-2 logarithm of scrypt's N for the passphrase;
	// 0 means age's default, about a second of work.
	WorkFactor int
}

// Create makes a wallet file with fresh keys, and its book in stores. It fails with
// KindExists when there is one already, and with KindUsage when the passphrase is empty.
func Create(path, passphrase string, stores book.Stores, o Options) (*Wallet, error) {
	const op = "create wallet"
	if passphrase == "" {
		return nil, stele.E(op, stele.KindUsage, "the passphrase is empty", nil).
			WithHint("choose one that you do not use elsewhere, or set STELE_PASSPHRASE")
	}
	if err := untaken(path); err != nil {
		return nil, err
	}
	if e, wrong := errors.AsType[*stele.Error](stele.CheckName("the owner's name", o.Name)); wrong {
		return nil, stele.E(op, stele.KindUsage, e.Text, e).WithHint(e.Hint) // grants and cards carry it
	}
	keys, err := newKeys(o)
	if err != nil {
		return nil, err
	}
	w := newWalletAt(path, stores)
	w.fresh, w.keys = true, keys
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, regular.Unwritten(op, "the folder "+filepath.Dir(path), err)
	}
	sealed, err := keys.Seal(passphrase, o.WorkFactor)
	if err != nil {
		return nil, err
	}
	if err := w.acquire(); err != nil {
		return nil, err
	}
	if err := w.begin(sealed); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func newKeys(o Options) (*keyring.Keyring, error) {
	if o.Claims != nil {
		return keyring.NewClaiming(string(o.Kind), o.Name, *o.Claims)
	}
	return keyring.New(string(o.Kind), o.Name)
}

func newWalletAt(path string, stores book.Stores) *Wallet {
	return &Wallet{path: path, stores: stores, giving: newGate(), reading: newGate(), following: newGate()}
}

// untaken fails with KindExists where a wallet stands.
func untaken(path string) error {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return stele.E("create wallet", stele.KindExists, "there is a wallet already: "+path, nil).
		WithHint("choose another name; a wallet is never overwritten")
}

// begin writes the file of a new wallet and its book, or leaves neither. Whoever made one
// of the same name while this one was being sealed has it. What is left of an earlier
// wallet of that name no key opens any more.
func (w *Wallet) begin(sealed []byte) error {
	if err := untaken(w.path); err != nil {
		return err
	}
	if err := errors.Join(w.removeBook(), os.RemoveAll(w.path+stateSuffix), os.RemoveAll(w.path+stateSuffix+setAside)); err != nil {
		return regular.Unwritten("create wallet", "beside "+w.path, err)
	}
	if err := regular.Replace(w.path, sealed); err != nil {
		return regular.Unwritten("create wallet", w.path, err)
	}
	if err := w.openBook(false); err != nil {
		return errors.Join(err, os.Remove(w.path)) // nobody has used its keys yet
	}
	return nil
}

// Open opens a wallet file, and its book in the stores where it was made. It fails with KindNotFound, with KindDenied when
// the passphrase is wrong, with KindBusy when another process has it open, and with
// KindProof when what it has learned is damaged or older than it was.
func Open(path, passphrase string, stores book.Stores) (*Wallet, error) {
	return openWallet(path, passphrase, stores, false)
}

// OpenRestored is Open for who has put an older copy of the wallet's book back: what was
// learned since is gone, and the copy counts from now on.
func OpenRestored(path, passphrase string, stores book.Stores) (*Wallet, error) {
	return openWallet(path, passphrase, stores, true)
}

func openWallet(path, passphrase string, stores book.Stores, restored bool) (*Wallet, error) {
	const op = "open wallet"
	path, err := linkTarget(path)
	if err != nil {
		return nil, err
	}
	sealed, err := regular.Read(path, 1<<20)
	if errors.Is(err, os.ErrNotExist) {
		return nil, stele.E(op, stele.KindNotFound, "there is no wallet at "+path, nil).
			WithHint("stele wallet new NAME makes one")
	}
	if err != nil {
		return nil, regular.Unread(op, "the wallet", path, err).WithHint("a wallet is a file, NAME" + Suffix)
	}
	w := newWalletAt(path, stores)
	if w.keys, err = keyring.Open(sealed, passphrase); err != nil {
		return nil, unopened(path, len(sealed), err)
	}
	if err := w.acquire(); err != nil {
		return nil, err
	}
	if err := w.openBook(restored); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// linkTarget returns the file that a link to a wallet leads to: its book and its lock lie beside
// that, or under two names one wallet would have two of each. Where the book lies beside the
// link, and none beside the file, the link stays the wallet's name. It fails with KindExists
// where there are two books.
func linkTarget(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return path, nil
	}
	file, err := filepath.EvalSymlinks(path)
	switch {
	case err != nil:
		return path, nil // who reads it says what is wrong
	case !learnedBeside(path):
		return file, nil
	case learnedBeside(file):
		return "", stele.E("open wallet", stele.KindExists, path+" is a link to "+file+", and beside each lies a book", nil).
			WithHint("open the wallet by the name whose book counts, and move the other book away, with its mark")
	}
	return path, nil
}

// learnedBeside reports whether something that a wallet has learned lies beside a path.
func learnedBeside(path string) bool {
	for _, suffix := range []string{bookSuffix + book.MarkSuffix, stateSuffix} {
		if _, err := os.Lstat(path + suffix); err == nil {
			return true
		}
	}
	return false
}

// unopened tells a wrong passphrase from a file that no passphrase opens.
func unopened(path string, bytes int, err error) error {
	const op = "open wallet"
	if stele.KindOf(err) == stele.KindDenied {
		return stele.E(op, stele.KindDenied, "the passphrase does not open "+path, err).WithHint("type it again, or check where it comes from")
	}
	text := "the wallet file is damaged, or is none: " + path
	if bytes == 0 {
		text = "the wallet file is empty: " + path
	}
	return stele.E(op, stele.KindInvalid, text, err).WithHint("no passphrase opens it; put a backup of it back")
}

// Close gives the wallet back. Nobody uses it any more.
func (w *Wallet) Close() error {
	var err error
	w.closing.Do(func() {
		w.keys.Forget()
		err = w.letGo()
	})
	return err
}

// letGo closes the book and gives the lock back, where the wallet has them.
func (w *Wallet) letGo() (err error) {
	if w.lock == nil {
		return nil
	}
	if w.learned != nil {
		err = w.learned.Close()
		w.learned = nil // a book that is not there when the wallet is taken again is closed no second time
	}
	err = errors.Join(err, w.lock.Close())
	w.lock = nil
	return err
}

// Forgot reports whether the wallet's book was missing when it was opened; State.Lost
// says so from then on.
func (w *Wallet) Forgot() bool { return w.forgot }

// acquire takes the lock that keeps two processes from writing one wallet.
func (w *Wallet) acquire() error {
	lock, err := os.OpenFile(w.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return regular.Unwritten("open wallet", "the wallet's lock, "+w.path+".lock,", err).
			WithHint("a wallet is opened by who may write beside it: its owner, on a disk that is not read-only")
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return unlocked(w.path+".lock", err)
	}
	// For whoever finds it locked; where it can't be written they are told less.
	if lock.Truncate(0) == nil {
		_, _ = lock.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	}
	w.lock = lock
	return nil
}

// unlocked tells a lock that somebody else has, and who, from one that nobody can take.
func unlocked(path string, err error) error {
	const op = "open wallet"
	if errors.Is(err, syscall.EWOULDBLOCK) {
		raw, _ := os.ReadFile(path)
		by, wrong := strconv.Atoi(strings.TrimSpace(string(raw)))
		if wrong != nil {
			return stele.E(op, stele.KindBusy, "another process has the wallet open", err).WithHint("wait for it to end")
		}
		return stele.E(op, stele.KindBusy, fmt.Sprintf("another process, %d, has the wallet open", by), err).
			WithHint(fmt.Sprintf("answer what it asks, or wait for it to end; ps -p %d says what it is, kill %d ends it", by, by))
	}
	return stele.E(op, stele.KindOther, "the wallet's lock can't be taken: "+path, err).
		WithHint("its disk gives no locks, as one of the network may not: keep the wallet on this machine's own")
}

// Beside names a file that belongs to the wallet and lies beside it.
func (w *Wallet) Beside(suffix string) string { return w.path + suffix }

// Links returns the link table: whose the organisation's numbers are.
func (w *Wallet) Links() *links.Table { return w.links }

// Kind returns whose wallet it is.
func (w *Wallet) Kind() Kind { return Kind(w.keys.Kind()) }

// Name returns the owner's name.
func (w *Wallet) Name() string { return w.keys.Name() }

// Subject returns the wallet's subject.
func (w *Wallet) Subject() stele.Subject { return w.keys.Subject() }

// Keyring returns the keys: what signs, opens and seals for the owner.
func (w *Wallet) Keyring() *keyring.Keyring { return w.keys }

// Discard closes a wallet that was just made and removes it: nobody knows its keys.
func (w *Wallet) Discard() error {
	return errors.Join(w.Close(), os.Remove(w.path), w.removeBook(), os.Remove(w.path+".lock"))
}

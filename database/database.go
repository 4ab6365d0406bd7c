// Package database says how every room opens Pebble, an embedded ordered key-value
// store: what Pebble complains of reaches the log without keys and values, a database
// that cannot go on ends the process with a sentence and a hint, and damage is an
// error of whoever reads it.
package database

import (
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
)

// Open opens or makes the database of that name in a folder, which it makes for its owner
// alone; set changes Pebble's options. It fails with KindOther, among other reasons because the disk is full or
// another process has the folder open; pebble.IsCorruptionError tells damage.
func Open(name, folder string, fs vfs.FS, log *slog.Logger, set ...func(*pebble.Options)) (db *pebble.DB, err error) {
	const op = "open database"
	q := quiet{name, folder, log}
	var opened atomic.Bool
	o := &pebble.Options{
		FS: gathering{fs}, FormatMajorVersion: pebble.FormatNewest, Logger: q,
		EventListener: &pebble.EventListener{
			// With this set, Pebble returns the error and does not end the process.
			DataCorruption: func(pebble.DataCorruptionInfo) { q.Errorf("damaged") },
			// What failed in the background, such as on a full disk, is tried again
			// at once, ten thousand times a second. Other writes wait meanwhile; so
			// would whoever opens it, without a word.
			BackgroundError: func(err error) {
				q.Errorf("background error")
				if !opened.Load() && !broken(err) {
					q.Fatalf("%v", err)
				}
				time.Sleep(100 * time.Millisecond)
			},
		},
	}
	if _, inMemory := fs.(*vfs.MemFS); inMemory { // else ten looks a second whether there are files to sort: a week of a test's time takes minutes
		o.Experimental.CompactionScheduler = pebble.NewConcurrencyLimitSchedulerWithNoPeriodicGrantingForTest()
	}
	for _, f := range set {
		f(o)
	}
	defer func() { // Pebble throws what its markers can't be changed for
		if thrown := recover(); thrown != nil {
			why, _ := thrown.(error)
			if !broken(why) {
				q.Fatalf("%v", thrown)
			}
			err = q.closed(why)
		}
	}()
	if !o.ReadOnly {
		err = fs.MkdirAll(folder, 0o700) // Pebble would make it for everybody to read
	}
	if err == nil {
		db, err = pebble.Open(folder, o)
	}
	opened.Store(true)
	switch {
	case err == nil:
		return db, nil
	case full(err):
		return nil, stele.E(op, stele.KindOther, q.full(), err).WithHint(roomHint)
	}
	return nil, q.closed(err)
}

// closed is why a database does not open that has room.
func (q quiet) closed(why error) error {
	return stele.E("open database", stele.KindOther, "the "+q.name+" can't be opened: "+q.folder, why).
		WithHint(hint(why, "is another stele running on the same folder?"))
}

// hint is what helps against an error of the system, or otherwise.
func hint(why error, otherwise string) string {
	switch {
	case errors.Is(why, os.ErrPermission), errors.Is(why, syscall.EROFS):
		return "this user may not write there: whose are the files in it, and is the disk read-only?"
	case errors.Is(why, syscall.EMFILE), errors.Is(why, syscall.ENFILE):
		return "too many files are open: let it have more (ulimit -n; LimitNOFILE of a service), and start it again"
	}
	return otherwise
}

// broken reports whether what lies there is damaged or missing, which whoever opened it
// finds as it reads, and mends: the disk takes what is written.
func broken(err error) bool {
	return pebble.IsCorruptionError(err) || errors.Is(err, os.ErrNotExist)
}

// full reports whether there was no room to write.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// quiet passes on Pebble's complaints without their arguments, which may hold keys
// and values.
type quiet struct {
	name, folder string
	log          *slog.Logger
}

const (
	roomHint  = "make room there, and start it again; what was acknowledged is kept"
	againHint = "see that the disk is sound, and start it again; what was acknowledged is kept"
)

func (q quiet) full() string { return "the disk of " + q.folder + " is full" }

func (quiet) Infof(string, ...any) {}

func (q quiet) Errorf(format string, _ ...any) { q.log.Error(q.name, "complaint", format) }

// Fatalf ends the process, since Pebble cannot go on. Thrown here, it would end one
// request only, and all writes would fail until somebody starts the process again.
func (q quiet) Fatalf(format string, args ...any) {
	q.log.Error(q.name+" cannot go on", "complaint", format)
	text, helps := "the "+q.name+" can't be written: "+q.folder, againHint
	for _, a := range args {
		switch err, ok := a.(error); {
		case ok && full(err):
			text, helps = q.full(), roomHint
		case ok:
			helps = hint(err, helps)
		}
	}
	End(stele.E("", stele.KindOther, text, nil).WithHint(helps))
}

// End ends the process, whichever goroutine calls it. The command line puts its own in
// place, which tells the person why, without a stack.
var End = func(why error) {
	go panic(why)
	select {}
}

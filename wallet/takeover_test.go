package wallet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/regular"
)

// filled sets everything that a value is made of, so that nothing is zero: a field that
// is forgotten somewhere shows.
func filled(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.UnixMilli(int64(1e12 + *n)).UTC()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			filled(v.Index(i), n)
		}
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		filled(key, n)
		filled(value, n)
		v.SetMapIndex(key, value)
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(*n))
	default:
		v.SetUint(uint64(*n % 200))
	}
}

// fileOnly is a wallet as the last release left it: its file .state, and no book. Nothing is
// missing in the state.
func fileOnly(t *testing.T) (*Wallet, stateFile) {
	t.Helper()
	w := emptyWallet(t)
	var learned stateFile
	n := 0
	filled(reflect.ValueOf(&learned).Elem(), &n)
	learned.Forgotten = time.Time{} // the last release did not know it
	for i := range 2500 {           // more than go into one change
		learned.Links = append(learned.Links, links.Link{Number: fmt.Sprint("MRN", i), Name: "Alvar, Ana", Subject: stele.Subject{byte(i), byte(i >> 8), 1}})
	}
	raw, err := json.Marshal(learned)
	check(t, errors.Join(err, w.learned.Close(), w.removeBook()))
	check(t, regular.Replace(w.path+stateSuffix, w.stateSeal().Seal(nil, nil, raw, []byte(w.keys.Kind()))))
	w.fresh = false
	w.state.Store(nil)
	return w, learned
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// allTold is what a wallet's book says, all of it.
func allTold(t *testing.T, w *Wallet) stateFile {
	t.Helper()
	check(t, w.Check())
	return stateFile{w.State(), Sure(w.links.Contents()), w.GivenNow(), w.HeldNow(), w.OfferedNow(), w.SentNow()}
}

// TestAWalletOfTheLastReleaseOpens: every field, and the file is set aside as it was.
func TestAWalletOfTheLastReleaseOpens(t *testing.T) {
	w, want := fileOnly(t)
	before, err := os.ReadFile(w.path + stateSuffix)
	check(t, err)
	for range 2 {
		check(t, w.openBook(false))
		if diff := cmp.Diff(want, allTold(t, w)); diff != "" {
			t.Error(diff)
		}
		if aside, err := os.ReadFile(w.path + stateSuffix + setAside); err != nil || string(aside) != string(before) {
			t.Errorf("the file is not set aside as it was: %v", err)
		}
		if _, err := os.Stat(w.path + stateSuffix); !os.IsNotExist(err) {
			t.Errorf("the file is still there: %v", err)
		}
		check(t, w.learned.Close())
		w.state.Store(nil)
	}
	check(t, w.openBook(false))
}

// TestTheBytesOfTheLastReleaseOpen: testdata/last-release.wallet was written by it. (What
// it says of eras of the consortium is not taken over: no event made any then.)
func TestTheBytesOfTheLastReleaseOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w"+Suffix)
	for _, suffix := range []string{"", stateSuffix} {
		raw, err := os.ReadFile("testdata/last-release.wallet" + suffix)
		check(t, err)
		check(t, os.WriteFile(path+suffix, raw, 0o600))
	}
	w, err := Open(path, "correct horse", pebblestore.Folders{})
	check(t, err)
	defer w.Close()
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	want := stateFile{
		State: State{
			Genesis: []byte("genesis"), Light: []byte("light"), Head: Head{Size: 3, Root: stele.Digest{1}, Height: 9, Peaks: []stele.Digest{{2}}, Proof: []byte{1}, Copy: mark{3, 90, []byte{1}}},
			Consortium: Followed{Head: Head{Size: 1}, Asked: at}, Reading: Head{Size: 2}, Wrote: Written{8, at},
			Card: []byte("card"), Home: stele.Subject{2}, Published: 64, Collected: map[stele.Subject]uint64{{2}: 5},
			Labelling: Labelling{Clinics: []string{"hiv"}},
		},
		Contents: links.Contents{
			Systems: []string{"urn:oid:1"}, Late: []string{"https://a.example"}, Shared: []string{"pa"},
			Links: []links.Link{{System: "urn:oid:1", Number: "4711", Name: "Alvar, Ana", Also: []string{"Ana"}, Born: "1961-03-02", Sex: "female", Subject: stele.Subject{1}, Firm: true, Made: at}},
			Moves: []links.Move{{Number: "4712", From: stele.Subject{3}, To: stele.Subject{1}, Reason: "typed wrong", Made: at}},
		},
		Given:   []Given{{Grant: stele.ID{1}, To: stele.Subject{1}, ToName: "Elena", Says: "…", Document: []byte("{}"), Salt: []byte{1}, Action: stele.ActionWrite, End: at, Made: at, KeyIndex: 7, Unanswered: true}},
		Held:    []Held{{Grant: stele.ID{2}, Subject: stele.Subject{1}, Says: "…", Document: []byte("{}"), Salt: []byte{1}, KeyIndex: 8, Action: stele.ActionRead, End: at, Over: true}},
		Offered: []Offered{{Held{Grant: stele.ID{3}, Subject: stele.Subject{1}}, at}},
		Sent:    []Sent{{SentGrant, stele.ID{1}, []byte{1}, at}},
	}
	if diff := cmp.Diff(want, allTold(t, w)); diff != "" {
		t.Error(diff)
	}
}

// TestLaw8TakingOverGoesOnAfterACrash at each of its steps: a book in part is thrown
// away, one that is whole has the file set aside.
func TestLaw8TakingOverGoesOnAfterACrash(t *testing.T) {
	for name, crash := range map[string]func(t *testing.T, w *Wallet, learned stateFile){
		"before anything": func(*testing.T, *Wallet, stateFile) {},
		"with some rows": func(t *testing.T, w *Wallet, learned stateFile) {
			check(t, links.Fill(w.learned, links.Contents{Links: learned.Links[:1500]}))
		},
		"with all rows": func(t *testing.T, w *Wallet, learned stateFile) { check(t, w.fill(learned)) },
		"whole": func(t *testing.T, w *Wallet, learned stateFile) {
			check(t, w.fill(learned))
			check(t, w.learned.Change(func(c *book.Change) error { return bookWhole.Set(c, time.Now()) }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, want := fileOnly(t)
			b, err := book.Open(book.Config{Stores: w.stores, Name: w.path + bookSuffix, Key: w.Keyring().Derive("book", nil)})
			check(t, err)
			w.learned = b
			crash(t, w, want)
			check(t, b.Close())
			check(t, w.openBook(false))
			if diff := cmp.Diff(want, allTold(t, w)); diff != "" {
				t.Error(diff)
			}
			if _, err := os.Stat(w.path + stateSuffix + setAside); err != nil {
				t.Errorf("the file is not set aside: %v", err)
			}
		})
	}
}

// TestATornStateSaysSo and stays the wallet: nothing of it is taken over.
func TestATornStateSaysSo(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"a bit flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut short":     func(b []byte) []byte { return b[:len(b)/2] },
		"empty":         func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := fileOnly(t)
			raw, err := os.ReadFile(w.path + stateSuffix)
			check(t, err)
			raw = spoil(raw)
			check(t, os.WriteFile(w.path+stateSuffix, raw, 0o600))
			for range 2 {
				err := w.openBook(false)
				if stele.KindOf(err) != stele.KindProof || stele.HintOf(err) == "" {
					t.Fatalf("%v", err)
				}
				check(t, w.learned.Close())
			}
			if now, err := os.ReadFile(w.path + stateSuffix); err != nil || string(now) != string(raw) {
				t.Errorf("the file was changed: %v", err)
			}
			check(t, os.Remove(w.path+stateSuffix)) // for the end
			check(t, w.openBook(false))
		})
	}
}

// TestALockThatNobodyCanTakeIsNotAnothers: whoever waited for its holder would wait for ever.
func TestALockThatNobodyCanTakeIsNotAnothers(t *testing.T) {
	for no, want := range map[syscall.Errno]stele.Kind{syscall.EAGAIN: stele.KindBusy, syscall.ENOLCK: stele.KindOther, syscall.ENOTSUP: stele.KindOther, syscall.EBADF: stele.KindOther} {
		if err := unlocked("w.lock", no); stele.KindOf(err) != want || stele.HintOf(err) == "" {
			t.Errorf("%v: %v, %s", no, err, stele.HintOf(err))
		}
	}
}

// TestAFileBesideABookIsNotTakenOver: an older program has written it since.
func TestAFileBesideABookIsNotTakenOver(t *testing.T) {
	w, _ := fileOnly(t)
	raw, err := os.ReadFile(w.path + stateSuffix)
	check(t, err)
	check(t, w.openBook(false))
	check(t, w.learned.Close())
	check(t, os.WriteFile(w.path+stateSuffix, raw, 0o600))
	if err := w.openBook(false); stele.KindOf(err) != stele.KindExists || stele.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	check(t, w.learned.Close())
	check(t, os.Remove(w.path+stateSuffix+setAside)) // as the handbook has it, once all is well
	since := time.Now().Add(2 * wide)
	check(t, os.Chtimes(w.path+stateSuffix, since, since))
	if err := w.openBook(false); stele.KindOf(err) != stele.KindExists {
		t.Errorf("nothing of before lies beside it: %v", err)
	}
	check(t, w.learned.Close())
	check(t, os.Remove(w.path+stateSuffix))
	check(t, w.openBook(false))
}

// TestAnOlderBookIsAcceptedBySomebodyWhoSaysSo once and for all; its one-time keys go on
// where none was published.
func TestAnOlderBookIsAcceptedBySomebodyWhoSaysSo(t *testing.T) {
	w := emptyWallet(t)
	check(t, w.learned.Close())
	check(t, os.CopyFS(w.path+".copy", os.DirFS(w.path+bookSuffix)))
	check(t, w.openBook(false))
	w.Edit(func(s *State) { s.Published = 64 })
	check(t, errors.Join(w.learned.Close(), os.RemoveAll(w.path+bookSuffix), os.Rename(w.path+".copy", w.path+bookSuffix)))
	err := w.openBook(false)
	if stele.KindOf(err) != stele.KindProof || !strings.HasSuffix(stele.HintOf(err), "and then, as a copy does not know what was learned since: stele wallet restored") {
		t.Fatalf("an older book: %v, %s", err, stele.HintOf(err))
	}
	check(t, w.openBook(true))
	if now := w.State().Published; now < 1e9 {
		t.Errorf("one-time keys go on at %d", now)
	}
	check(t, w.Reopen())
}

// TestChangesOfTheStateAreNotLost, however many are made at one time; one that fails leaves
// nothing, in memory or on disk.
func TestChangesOfTheStateAreNotLost(t *testing.T) {
	w := emptyWallet(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if err := w.update(func(s *State) error { s.Published++; return nil }); err != nil {
					t.Error(err)
				}
				failed := errors.New("no")
				if err := w.update(func(s *State) error { s.Published, s.Home = 1e6, stele.Subject{1}; return failed }); !errors.Is(err, failed) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for range 2 {
		if s := w.State(); s.Published != 80 || !s.Home.IsZero() {
			t.Errorf("%d, %v", s.Published, s.Home)
		}
		check(t, w.Reopen())
	}
}

package wallet

import (
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
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

// before is a wallet as it was before books: a state in which nothing is missing,
// deliveries to three patients, some of them withdrawn, and one without a verdict.
func before(t *testing.T) *Wallet {
	t.Helper()
	w := newWallet(t)
	n := 0
	filled(reflect.ValueOf(&w.State).Elem(), &n)
	for i := range 2500 { // more than go into one change
		w.State.Links = append(w.State.Links, Link{Number: fmt.Sprint("MRN", i), Name: "Alvar, Ana", Subject: stele.Subject{byte(i), byte(i >> 8), 1}})
	}
	check(t, w.Save())
	s := &Session{Wallet: w}
	set, err := s.delivered()
	check(t, err)
	for i := range 3 {
		subject := stele.Subject{byte(i), 7}
		record := func(id string, withdraws ...string) *kept {
			return &kept{Type: "Observation", ID: id, Version: stamp{text: "1"}, Handle: stele.NewID(), Category: stele.Results, Year: 2026, Print: [16]byte(stele.NewID()), Withdraws: withdraws, base: "https://fhir.example"}
		}
		shared, own, guest := record("shared"), record(fmt.Sprint("own", i)), record(fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", i))
		guest.Was = "its-own-id"
		nameless := record("")
		frames := []frame{{}, {}}
		for _, k := range []*kept{shared, own, guest, nameless} {
			frames[0].add(k)
		}
		if i == 1 {
			frames[1].add(record("w", "Observation/shared"))
		}
		for _, f := range frames {
			f.Subject, f.Submission, f.Made = subject, stele.NewID(), time.UnixMilli(1e12)
			check(t, w.remember(w.book(subject), w.sealFrame(f)))
		}
		check(t, set.add([][16]byte{shared.Print, own.Print, guest.Print, nameless.Print}))
	}
	submission := stele.NewID()
	check(t, w.note(pending{KeyIndex: 7, Anchor: []byte("anchor"), Prints: [][16]byte{{1}}, Book: "b", Frame: []byte("sealed"), Made: time.UnixMilli(1e12).UTC()}, submission[:]))
	check(t, os.WriteFile(filepath.Join(w.pendingFolder(), ".new-1"), []byte("{"), 0o600)) // half of a note
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, w *Wallet) *book.Book {
	t.Helper()
	b, err := w.openBook(false, slog.New(slog.DiscardHandler))
	check(t, err)
	return b
}

// toldBy is what a wallet's files, or its book, say to everything that is asked of them.
type toldBy struct {
	State         State
	Prints, Notes int
	Has, Had      map[string][]stele.Subject
	Standing      map[stele.Subject][]string
}

// asked is every name in the memory, and some that are not there.
func asked(t *testing.T, w *Wallet) map[string]bool {
	t.Helper()
	names := map[string]bool{"Observation/none": true, "urn:uuid:none": true}
	check(t, w.eachMemory(func(m *memory) {
		for _, all := range []map[string][]*kept{m.byName, m.guests} {
			for name := range all {
				names[name] = true
			}
		}
		for handle, k := range m.byHandle {
			names[handle.String()] = true
			names[uuidPrefix+k.ID] = true
		}
	}))
	return names
}

func has(m *memory, name string) bool { return len(m.standing(name)) > 0 }
func had(m *memory, name string) bool {
	return len(m.called(m.named(name)))+len(m.guests[name]) > 0
}

func handlesOf(m *memory) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(m.byName)) {
		for _, k := range m.standing(name) {
			names = append(names, k.Handle.String()+" "+k.base)
		}
	}
	return names
}

func filesTell(t *testing.T, w *Wallet, names map[string]bool) (x toldBy) {
	t.Helper()
	var err error
	x.State, x.Standing = w.State, map[stele.Subject][]string{}
	x.Has, err = w.whoHas(names)
	check(t, err)
	x.Had, err = w.whoHad(names)
	check(t, err)
	check(t, w.eachMemory(func(m *memory) { x.Standing[m.subject] = handlesOf(m) }))
	prints, err := w.readPrints()
	check(t, err)
	notes, err := w.readNotes()
	check(t, err)
	x.Prints, x.Notes = len(prints), len(notes)
	return x
}

func bookTells(t *testing.T, b *book.Book, names map[string]bool, patients map[stele.Subject][]string) (x toldBy) {
	t.Helper()
	check(t, b.View(func(v *book.View) (err error) {
		x.State, err = stateIn(v)
		check(t, err)
		x.Has, err = whoAmong(v, names, has)
		check(t, err)
		x.Had, err = whoAmong(v, names, had)
		check(t, err)
		x.Standing = map[stele.Subject][]string{}
		for subject := range patients {
			m, err := recalled(v, subject)
			check(t, err)
			x.Standing[subject] = handlesOf(m)
		}
		x.Prints, err = printSet.Len(v)
		check(t, err)
		x.Notes, err = noteRows.Len(v)
		check(t, err)
		return nil
	}))
	check(t, b.Check(linkRows, moveRows, givenRows, heldRows, offeredRows, sentRows, printSet, frameRows, noteRows))
	return x
}

// TestABookTakesOverWhatTheFilesHold: the state field by field, deliveries, notes; asked
// the same, book and files say the same. The files are set aside as they were.
func TestABookTakesOverWhatTheFilesHold(t *testing.T) {
	w := before(t)
	names := asked(t, w)
	want := filesTell(t, w, names)
	if len(want.Has) < 5 || len(want.Had) <= len(want.Has) || want.Prints != 12 || want.Notes != 1 {
		t.Fatalf("little is asked: %d, %d", len(want.Has), len(want.Had))
	}
	files := map[string][]byte{}
	for _, suffix := range []string{".state", ".delivered"} {
		raw, err := os.ReadFile(w.path + suffix)
		check(t, err)
		files[suffix] = raw
	}
	b := opened(t, w)
	if diff := cmp.Diff(want, bookTells(t, b, names, want.Standing)); diff != "" {
		t.Error(diff)
	}
	check(t, b.Close())
	for suffix, raw := range files {
		if now, err := os.ReadFile(w.path + suffix + setAside); err != nil || string(now) != string(raw) {
			t.Errorf("%s is not set aside as it was: %v", suffix, err)
		}
	}
	for _, suffix := range takenOver {
		if _, err := os.Stat(w.path + suffix); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", suffix, err)
		}
	}
	w.State = State{} // which nobody asks any more
	b = opened(t, w)
	defer b.Close()
	if diff := cmp.Diff(want, bookTells(t, b, names, want.Standing)); diff != "" {
		t.Error(diff)
	}
}

// TestLaw8TakingOverGoesOnAfterACrash at each of its steps: a book in part is thrown
// away, one that is whole has its files set aside.
func TestLaw8TakingOverGoesOnAfterACrash(t *testing.T) {
	for name, crash := range map[string]func(t *testing.T, w *Wallet, b *book.Book){
		"before anything": func(*testing.T, *Wallet, *book.Book) {},
		"with some rows": func(t *testing.T, w *Wallet, b *book.Book) {
			check(t, addRows(b, linkRows, w.State.Links[:1500]))
		},
		"with all rows": func(t *testing.T, w *Wallet, b *book.Book) { check(t, w.fill(b)) },
		"whole": func(t *testing.T, w *Wallet, b *book.Book) {
			check(t, w.fill(b))
			check(t, b.Change(func(c *book.Change) error { return bookWhole.Set(c, time.Now()) }))
		},
		"with some files set aside": func(t *testing.T, w *Wallet, b *book.Book) {
			check(t, w.fill(b))
			check(t, b.Change(func(c *book.Change) error { return bookWhole.Set(c, time.Now()) }))
			check(t, os.Rename(w.path+".state", w.path+".state"+setAside))
			check(t, os.Rename(w.path+".delivered", w.path+".delivered"+setAside))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := before(t)
			names := asked(t, w)
			want := filesTell(t, w, names)
			b, err := book.Open(book.Config{Folder: w.path + bookSuffix, Key: w.derive("book", nil)})
			check(t, err)
			crash(t, w, b)
			check(t, b.Close())
			b = opened(t, w)
			defer b.Close()
			if diff := cmp.Diff(want, bookTells(t, b, names, want.Standing)); diff != "" {
				t.Error(diff)
			}
			if left, _ := filepath.Glob(w.path + ".*" + setAside); len(left) != len(takenOver) {
				t.Errorf("set aside are %v", left)
			}
		})
	}
}

// TestNothingIsTakenOverInPart: where something of the files is damaged, the files stay
// the wallet, and a second attempt says the same.
func TestNothingIsTakenOverInPart(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, w *Wallet){
		"a byte of a patient's memory": func(t *testing.T, w *Wallet) {
			path := filepath.Join(w.memoryFolder(), w.book(stele.Subject{1, 7}))
			raw, err := os.ReadFile(path)
			check(t, err)
			raw[20] ^= 1
			check(t, os.WriteFile(path, raw, 0o600))
		},
		"a note": func(t *testing.T, w *Wallet) {
			check(t, os.WriteFile(filepath.Join(w.pendingFolder(), stele.NewID().String()), []byte("{"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := before(t)
			spoil(t, w)
			for range 2 {
				b, err := w.openBook(false, nil)
				if stele.KindOf(err) != stele.KindProof || stele.HintOf(err) == "" || b != nil {
					t.Fatalf("%v", err)
				}
			}
			if left, _ := filepath.Glob(w.path + ".*" + setAside); len(left) > 0 {
				t.Errorf("set aside are %v", left)
			}
		})
	}
}

// TestAWalletWithABookGoesBackToNoFiles: neither those of before nor an empty book take
// the place of the book.
func TestAWalletWithABookGoesBackToNoFiles(t *testing.T) {
	w := before(t)
	check(t, opened(t, w).Close())
	check(t, w.Save()) // as an older program would
	_, err := w.openBook(false, nil)
	if stele.KindOf(err) != stele.KindExists || stele.HintOf(err) == "" {
		t.Errorf("a state that is newer than the book: %v", err)
	}
	check(t, os.Remove(w.path+".state"))
	check(t, opened(t, w).Close())
	check(t, os.RemoveAll(w.path+bookSuffix))
	check(t, os.Remove(w.path+bookSuffix+book.MarkSuffix))
	for _, restored := range []bool{false, true} {
		if _, err := w.openBook(restored, nil); stele.KindOf(err) != stele.KindProof || stele.HintOf(err) == "" {
			t.Errorf("the book is gone: %v", err)
		}
	}
}

// TestANewWalletHasABookAtOnce, and what it learns is found by parts.
func TestANewWalletHasABookAtOnce(t *testing.T) {
	w := newWallet(t)
	b := opened(t, w)
	defer b.Close()
	l := Link{Number: " 004711 ", Name: "Şahin, Zoë", Also: []string{"Zoe Alvarez"}, Born: "1961-03-02", Subject: stele.Subject{1}}
	check(t, b.Change(func(c *book.Change) error { _, err := linkRows.Add(c, l); return err }))
	check(t, b.View(func(v *book.View) error {
		for what, found := range map[string]func(func(book.Row[Link], error) bool){
			"number":  linkRows.Find(v, linkByNumber, "004711"),
			"near":    linkRows.Find(v, linkByNear, "4711"),
			"subject": linkRows.Find(v, linkBySubject, string(l.Subject[:])),
			"born":    linkRows.Find(v, linkByBorn, "1961-03-02"),
			"name":    linkRows.Search(v, linkByName, stele.Fold("ahin alva")),
		} {
			n := 0
			for row, err := range found {
				check(t, err)
				if n++; !reflect.DeepEqual(row.Value, l) {
					t.Errorf("by %s: %v", what, row.Value)
				}
			}
			if n != 1 {
				t.Errorf("by %s: %d", what, n)
			}
		}
		return nil
	}))
	err := filepath.WalkDir(filepath.Dir(w.path), func(path string, e fs.DirEntry, err error) error {
		if raw, _ := os.ReadFile(path); strings.Contains(string(raw), "4711") || strings.Contains(string(raw), "Alvarez") {
			t.Errorf("%s is in the clear", path)
		}
		return err
	})
	check(t, err)
}

// TestALinkIsLookedForAsIntakeDoes: the words of its number.
func TestALinkIsLookedForAsIntakeDoes(t *testing.T) {
	for _, c := range []struct {
		link          Link
		numbers, near []string
	}{
		{Link{Number: " 0047-A "}, []string{"0047-A"}, []string{"47a"}},
		{Link{System: "urn:oid:1.2", Number: "47a"}, []string{"47a"}, []string{"47a"}},
		{Link{System: intake.PatientID, Number: "pa"}, []string{"pa"}, nil},
		{
			Link{System: intake.PatientID, Number: "HTTPS://Host.example/fhir/Patient/pa"},
			[]string{"HTTPS://Host.example/fhir/Patient/pa", intake.Server("https://host.example/fhir") + "/Patient/pa"}, nil,
		},
	} {
		if diff := cmp.Diff(c.numbers, numbersOf(c.link)); diff != "" {
			t.Errorf("%v: %s", c.link, diff)
		}
		if diff := cmp.Diff(c.near, nearOf(c.link)); diff != "" {
			t.Errorf("%v: %s", c.link, diff)
		}
	}
}

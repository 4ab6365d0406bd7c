package book

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// link is a row as an organisation's link table has it.
type link struct {
	Number  string
	Subject string
	Names   []string
}

var (
	byNumber  = Equal("number", func(l link) []string { return []string{l.Number} })
	bySubject = Equal("subject", func(l link) []string { return []string{l.Subject} })
	byName    = Parts("name", func(l link) string { return stele.Fold(strings.Join(l.Names, " ")) })
	links     = &Table[link]{Name: "links", Indexes: []*Index[link]{byNumber, bySubject, byName}}

	moves  = &Table[link]{Name: "moves", Indexes: []*Index[link]{byNumber}}
	server = Value[string]{"server"}
	prints = Set{"delivered"}
)

var testKey = sha256.Sum256([]byte("a key of a wallet's seed"))

// opens opens a book in a folder of its own.
func opens(t testing.TB, fs vfs.FS, folder string) *Book {
	t.Helper()
	b, err := Open(Config{Folder: folder, Key: testKey, FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants is an error of a kind with a hint.
func wants(t testing.TB, err error, kind stele.Kind) {
	t.Helper()
	if err == nil || stele.KindOf(err) != kind || stele.HintOf(err) == "" {
		t.Errorf("error %v of kind %s with hint %q, want %s and a hint", err, stele.KindOf(err), stele.HintOf(err), kind)
	}
}

func add(t testing.TB, b *Book, all ...link) {
	t.Helper()
	must(t, b.Change(func(c *Change) error {
		for _, l := range all {
			if _, err := links.Add(c, l); err != nil {
				return err
			}
		}
		return nil
	}))
}

// rows collects a sequence.
func rows[T any](t testing.TB, all iter.Seq2[Row[T], error]) (found []T) {
	t.Helper()
	for r, err := range all {
		must(t, err)
		found = append(found, r.Value)
	}
	return found
}

// find returns what a book's links say to a question about them, as of now.
func find(t testing.TB, b *Book, question func(r Reader) iter.Seq2[Row[link], error]) (found []link) {
	t.Helper()
	must(t, b.View(func(v *View) error { found = rows(t, question(v)); return nil }))
	return found
}

var ana, zoe, eva = link{"4711", "did:1", []string{"Alvar, Ana"}}, link{"4712", "did:2", []string{"Zoë Şahin", "Zoe Alvarez"}}, link{"4713", "did:2", []string{"王小明"}}

func TestABookKeepsWhatWasAddedAcrossOpenings(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "w.book")
	b := opens(t, vfs.Default, folder)
	add(t, b, ana, zoe, eva)
	must(t, b.Change(func(c *Change) error {
		return errors.Join(server.Set(c, "https://fhir.example"), prints.Add(c, []byte("a"), []byte("b"), []byte("a")))
	}))
	must(t, b.Close())
	b = opens(t, vfs.Default, folder)
	defer b.Close()
	must(t, b.View(func(v *View) error {
		all := func(r Reader) iter.Seq2[Row[link], error] { return links.All(r) }
		if diff := cmp.Diff([]link{ana, zoe, eva}, find(t, b, all)); diff != "" {
			t.Error(diff)
		}
		base, err := server.Get(v)
		if err != nil || base != "https://fhir.example" {
			t.Errorf("server %q, %v", base, err)
		}
		if none, err := (Value[int]{"nothing"}).Get(v); none != 0 || err != nil {
			t.Errorf("a value that was not set is %d, %v", none, err)
		}
		for member, in := range map[string]bool{"a": true, "b": true, "c": false} {
			if has, err := prints.Has(v, []byte(member)); has != in || err != nil {
				t.Errorf("%s: %v, %v", member, has, err)
			}
		}
		if n, err := prints.Len(v); n != 2 || err != nil {
			t.Errorf("%d members, %v", n, err)
		}
		return nil
	}))
	must(t, b.Check(links, moves, prints))
}

// TestAChangeSeesItselfAndOthersSeeItWhole: what fails changes nothing.
func TestAChangeSeesItselfAndOthersSeeItWhole(t *testing.T) {
	b := opens(t, vfs.NewMem(), "book")
	defer b.Close()
	add(t, b, ana)
	refused := errors.New("refused")
	err := b.Change(func(c *Change) error {
		n, err := links.Add(c, zoe)
		must(t, err)
		must(t, links.Remove(c, 1))
		if got := rows(t, links.All(c)); len(got) != 1 || got[0].Number != "4712" {
			t.Errorf("the change sees %v", got)
		}
		if got := rows(t, links.Search(c, byName, "alvar")); len(got) != 1 || n != 2 {
			t.Errorf("the change finds %v", got)
		}
		if n, err := links.Len(c); n != 1 || err != nil {
			t.Errorf("the change counts %d, %v", n, err)
		}
		if got := find(t, b, links.All); len(got) != 1 || got[0].Number != "4711" {
			t.Errorf("others see %v", got)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Error(err)
	}
	if got := find(t, b, links.All); len(got) != 1 || got[0].Number != "4711" {
		t.Errorf("afterwards there is %v", got)
	}
	must(t, b.Check(links, moves, prints))
}

// TestARowThatCannotBeWrittenChangesNothing, although the one who changes goes on.
func TestARowThatCannotBeWrittenChangesNothing(t *testing.T) {
	b := opens(t, vfs.NewMem(), "book")
	defer b.Close()
	picky := *links
	picky.Encode = func(l link) ([]byte, error) {
		if l.Number == "" {
			return nil, errors.New("a link without a number")
		}
		return json.Marshal(l)
	}
	must(t, b.Change(func(c *Change) error {
		n, err := picky.Add(c, ana)
		must(t, err)
		if err := picky.Put(c, n, link{}); err == nil {
			t.Error("it was written")
		}
		if _, err := picky.Add(c, link{}); err == nil {
			t.Error("it was written")
		}
		return nil
	}))
	if got := find(t, b, func(r Reader) iter.Seq2[Row[link], error] { return links.Find(r, byNumber, "4711") }); len(got) != 1 {
		t.Errorf("%v", got)
	}
	torn := errors.New("the row was written in part")
	if err := b.Change(func(c *Change) error {
		must(t, c.insert(c.drawer("links"), numbered(9), []byte("{}")))
		_ = c.whole(torn)
		return nil
	}); !errors.Is(err, torn) {
		t.Errorf("a change in part is made: %v", err)
	}
	must(t, b.Check(links, moves, prints))
}

// TestAViewIsOneState, whatever is written meanwhile.
func TestAViewIsOneState(t *testing.T) {
	b := opens(t, vfs.NewMem(), "book")
	defer b.Close()
	const each, views = 50, 20
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range each {
				name := fmt.Sprintf("%d-%d", w, n)
				err := b.Change(func(c *Change) error {
					_, err := links.Add(c, link{Number: name, Subject: name})
					_, err2 := moves.Add(c, link{Number: name})
					return errors.Join(err, err2)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range views {
		must(t, b.View(func(v *View) error {
			first := len(rows(t, links.All(v)))
			add(t, b, ana)
			must(t, b.Change(func(c *Change) error { _, err := moves.Add(c, ana); return err }))
			if again := len(rows(t, moves.All(v))); again != first {
				t.Errorf("%d links beside %d moves", first, again)
			}
			return nil
		}))
	}
	writers.Wait()
	must(t, b.View(func(v *View) error {
		if n, err := links.Len(v); n != 4*each+views || err != nil {
			t.Errorf("%d of %d rows, %v", n, 4*each+views, err)
		}
		return nil
	}))
	must(t, b.Check(links, moves, prints))
}

// TestTheBookFindsWhatAListWould: numbers, subjects and parts of names, whatever was
// added, changed and removed before, against a list that is looked through.
func TestTheBookFindsWhatAListWould(t *testing.T) {
	name := rapid.StringMatching(`[abé]{1,4}( [abß]{1,11}){0,2}`)
	some := rapid.Custom(func(t *rapid.T) link {
		return link{rapid.StringMatching(`[12]{1,2}`).Draw(t, "number"), rapid.StringMatching(`[xy]`).Draw(t, "subject"), rapid.SliceOfN(name, 0, 2).Draw(t, "names")}
	})
	rapid.Check(t, func(r *rapid.T) {
		b := opens(t, vfs.NewMem(), "book")
		defer b.Close()
		list := map[int64]link{}
		for range rapid.IntRange(1, 12).Draw(r, "changes") {
			must(t, b.Change(func(c *Change) error {
				for range rapid.IntRange(1, 3).Draw(r, "steps") {
					l := some.Draw(r, "row")
					known := slices.Sorted(maps.Keys(list))
					if len(known) == 0 || rapid.IntRange(0, 2).Draw(r, "what") == 0 {
						n, err := links.Add(c, l)
						must(t, err)
						if _, twice := list[n]; twice {
							t.Fatalf("row %d was given twice", n)
						}
						list[n] = l
						continue
					}
					n := rapid.SampledFrom(known).Draw(r, "which")
					if rapid.Bool().Draw(r, "removed") {
						must(t, links.Remove(c, n))
						delete(list, n)
						continue
					}
					must(t, links.Put(c, n, l))
					list[n] = l
				}
				return nil
			}))
		}
		must(t, b.Check(links, moves, prints))
		must(t, b.View(func(v *View) error {
			same := func(what string, got iter.Seq2[Row[link], error], in func(link) bool) {
				want := map[int64]link{}
				for n, l := range list {
					if in(l) {
						want[n] = l
					}
				}
				found := map[int64]link{}
				for row, err := range got {
					must(t, err)
					if _, twice := found[row.Number]; twice {
						r.Fatalf("%s finds row %d twice", what, row.Number)
					}
					found[row.Number] = row.Value
				}
				if diff := cmp.Diff(want, found); diff != "" {
					r.Fatalf("%s: %s", what, diff)
				}
			}
			number, subject := rapid.StringMatching(`[12]{1,2}`).Draw(r, "n"), rapid.StringMatching(`[xy]`).Draw(r, "s")
			same("number "+number, links.Find(v, byNumber, number), func(l link) bool { return l.Number == number })
			same("subject "+subject, links.Find(v, bySubject, subject), func(l link) bool { return l.Subject == subject })
			query := stele.Fold(rapid.StringMatching(`[abés]{0,10}( [ab]{1,3})?`).Draw(r, "query"))
			same("name "+query, links.Search(v, byName, query), func(l link) bool {
				text := stele.Fold(strings.Join(l.Names, " "))
				return !slices.ContainsFunc(strings.Fields(query), func(w string) bool { return !strings.Contains(text, w) })
			})
			return nil
		}))
		// When nobody has a word any more, nothing is left of it.
		must(t, b.Change(func(c *Change) error {
			for n := range list {
				must(t, links.Remove(c, n))
			}
			return nil
		}))
		left := 0
		must(t, b.View(func(v *View) error {
			return v.scan(nil, func(_, _ []byte) (bool, error) { left++; return true, nil })
		}))
		if left > 1 {
			r.Fatalf("%d entries are left of nothing", left-1)
		}
	})
}

// TestTheFilesSayNothing: no word of a row, of an index or of a table is in the files.
func TestTheFilesSayNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "w.book")
	b := opens(t, vfs.Default, folder)
	secret := link{"number-471147114711", "subject-of-somebody", []string{"Wilhelmina Featherstonehaugh"}}
	add(t, b, secret)
	must(t, b.Change(func(c *Change) error {
		return errors.Join(server.Set(c, "https://server.example"), prints.Add(c, []byte("a print of something delivered")))
	}))
	must(t, b.db.Flush())
	add(t, b, secret)
	must(t, b.Close())
	files := 0
	must(t, filepath.Walk(filepath.Dir(folder), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		for _, word := range []string{secret.Number, secret.Subject, "ilhelmina", "wilhel", "https://server", "a print of", "links", "settings", "delivered"} {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("%s holds %q", filepath.Base(path), word)
			}
		}
		return err
	}))
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into the folder: %v, %v", info.Mode(), err)
	}
	if files < 4 {
		t.Errorf("only %d files were looked at", files)
	}
}

// TestTwoWordsOfARowShowNothingInCommon: an index tells how many rows have a word, not
// which, and the same number looks another way under each word.
func TestTwoWordsOfARowShowNothingInCommon(t *testing.T) {
	b := opens(t, vfs.NewMem(), "book")
	defer b.Close()
	add(t, b, ana)
	seen := map[string]bool{}
	must(t, b.View(func(v *View) error {
		return v.scan(nil, func(key, _ []byte) (bool, error) {
			if len(key) == tagSize+wordSize+len(id{}) {
				if end := string(key[tagSize+wordSize:]); seen[end] {
					t.Errorf("two entries lead to %x", end)
				} else {
					seen[end] = true
				}
			}
			return true, nil
		})
	}))
	if len(seen) < 10 {
		t.Errorf("%d entries", len(seen))
	}
}

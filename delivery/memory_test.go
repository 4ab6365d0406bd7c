package delivery

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

func record(typ, id, version string, category stele.Category) *kept {
	return &kept{Type: typ, ID: id, Version: stamp{text: version}, Handle: stele.NewID(), Category: category, Print: [16]byte(stele.NewID())}
}

// TestMemoryKeepsWhatWasDelivered writes submissions and reads them back; a crash
// cuts the last one, and the next takes its place.
func TestMemoryKeepsWhatWasDelivered(t *testing.T) {
	w := newDesk(t)
	subject := stele.Subject{7}
	add := func(records ...*kept) {
		t.Helper()
		sealed := w.sealFrame(frame{Subject: subject, Submission: stele.NewID(), Made: time.Now(), Records: records})
		if err := w.remember(w.book(subject), sealed); err != nil {
			t.Fatal(err)
		}
	}
	names := func() (n int) {
		m, err := w.recall(subject)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Observation/1", "Observation/2", "Observation/3"} {
			n += len(m.standing(name))
		}
		return n
	}
	first := record("Observation", "1", "1", stele.Results)
	add(first)
	add(record("Observation", "2", "", stele.Vitals))
	path := filepath.Join(w.memoryFolder(), w.book(subject))
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("Observation")) || bytes.Contains(raw, subject[:4]) {
		t.Fatalf("the book is not sealed: %v", err)
	}
	if names() != 2 {
		t.Errorf("%d are known, want 2", names())
	}
	if err := os.Truncate(path, int64(len(raw)-5)); err != nil {
		t.Fatal(err)
	}
	if names() != 1 {
		t.Errorf("%d are known after the cut, want 1", names())
	}
	add(record("Observation", "3", "", stele.Vitals))
	add(first) // the same again, after a crash between the two lists
	if names() != 2 {
		t.Errorf("%d are known after the next delivery, want 2", names())
	}
	found, err := w.whoHas(map[string]bool{"Observation/3": true, "Observation/9": true})
	if err != nil || len(found["Observation/3"]) != 1 || found["Observation/3"][0] != subject || len(found["Observation/9"]) != 0 {
		t.Errorf("who has what: %v, %v", found, err)
	}
	withdrawal := record("Provenance", "w", "", stele.Results)
	withdrawal.Withdraws = []string{"Observation/1", "Observation/3/_history/9"}
	add(withdrawal)
	if names() != 1 {
		t.Errorf("%d stand after one was withdrawn, want 1", names())
	}
	// A byte that changes is noticed.
	raw, _ = os.ReadFile(path)
	raw[20] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.recall(subject); stele.KindOf(err) != stele.KindProof {
		t.Errorf("a damaged book: %v", err)
	}
}

// TestNewerGoesByNumberThenTimeThenOrder compares versions.
func TestNewerGoesByNumberThenTimeThenOrder(t *testing.T) {
	v := func(version, updated string) *kept {
		return &kept{Version: stamp{text: version}, Updated: stamp{text: updated}}
	}
	for _, c := range []struct {
		a, b *kept
		want bool
	}{
		{v("2", ""), v("10", ""), false}, {v("10", ""), v("2", ""), true},
		{v("1", "2024-01-01T00:00:00Z"), v("2", "2023-01-01T00:00:00Z"), false},
		{v("a", "2024-01-01T00:00:00Z"), v("b", "2023-01-01T00:00:00Z"), true},
		{v("", "2023-01-01T01:00:00+02:00"), v("", "2023-01-01T00:00:00Z"), false},
		{v("", ""), v("", ""), true}, {v("3", ""), v("3", ""), true},
		{v("", "2023-01-01T01:00:00+01:00"), v("", "2023-01-01T00:00:00Z"), true}, {v("", "2023-01-01T00:00:00Z"), v("", ""), true},
	} {
		if got := c.a.newer(c.b); got != c.want {
			t.Errorf("%+v newer than %+v: %v", c.a, c.b, got)
		}
	}
}

// TestWhatSaysNoOrderIsNotOrdered: two versions of one number, or of one time, say nothing
// of which is the newer one.
func TestWhatSaysNoOrderIsNotOrdered(t *testing.T) {
	v := func(version, updated string) *kept {
		return &kept{Version: stamp{text: version}, Updated: stamp{text: updated}}
	}
	for _, c := range []struct {
		a, b *kept
		want bool
	}{
		{v("1", ""), v("2", ""), true}, {v("2", ""), v("2", ""), false}, {v("02", ""), v("2", ""), false}, {v("a", ""), v("b", ""), false}, {v("1", ""), v("", ""), false},
		{v("", "2023-01-01T00:00:00Z"), v("", "2024-01-01T00:00:00Z"), true}, {v("", "2023-01-01T01:00:00+01:00"), v("", "2023-01-01T00:00:00Z"), false},
		{v("2", "2023-01-01T00:00:00Z"), v("2", "2024-01-01T00:00:00Z"), true}, {v("", "2023"), v("", "2024"), false},
	} {
		if c.a.ordered(c.b) != c.want || c.b.ordered(c.a) != c.want {
			t.Errorf("%+v and %+v are ordered: %v", c.a, c.b, !c.want)
		}
	}
}

// TestAUUIDIsOfOneTypeOrOfNone finds what is called by a UUID, unless two types share it.
func TestAUUIDIsOfOneTypeOrOfNone(t *testing.T) {
	w := newDesk(t)
	subject := stele.Subject{7}
	if err := w.remember(w.book(subject), w.sealFrame(frame{Subject: subject, Submission: stele.NewID(), Made: time.Now(), Records: []*kept{
		record("Observation", "one", "", stele.Results), record("Observation", "one", "2", stele.Results),
		record("Observation", "two", "", stele.Results), record("Condition", "two", "", stele.Problems),
		record("Observation", "three", "", stele.Results), record("Condition", "three", "", stele.Problems), record("Basic", "three", "", stele.Problems),
	}})); err != nil {
		t.Fatal(err)
	}
	m, err := w.recall(subject)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"one": "Observation/one", "two": "urn:uuid:two", "three": "urn:uuid:three", "four": "urn:uuid:four"} {
		if got := m.named("urn:uuid:" + id); got != want {
			t.Errorf("urn:uuid:%s is %s, want %s", id, got, want)
		}
	}
}

// FuzzMemory reads a book of anybody's making, and frames that are sealed by the
// right key but say anything.
func FuzzMemory(f *testing.F) {
	w := newDesk(f)
	sealed := w.sealFrame(frame{Subject: stele.Subject{1}, Records: []*kept{record("Observation", "1", "", stele.Results)}})
	f.Add(sealed)
	f.Add(sealed[:len(sealed)-3])
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{255, 255, 255, 255, 1})
	book := w.book(stele.Subject{1})
	if err := os.MkdirAll(w.memoryFolder(), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, whole, err := w.openFrames(book, raw)
		if whole > len(raw) {
			t.Fatalf("%d whole bytes of %d, %v", whole, len(raw), err)
		}
		if err := os.WriteFile(filepath.Join(w.memoryFolder(), book), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.recall(stele.Subject{1}); err != nil && stele.KindOf(err) != stele.KindProof {
			t.Fatal(err)
		}
	})
}

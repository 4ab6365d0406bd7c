package links

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// forgetful is a store that loses one write.
type forgetful struct {
	booktest.Memory
	writes, loses int
}

func (f *forgetful) Open(name string) (book.Store, error) {
	s, err := f.Memory.Open(name)
	return forgetfulStore{s, f}, err
}

type forgetfulStore struct {
	book.Store
	f *forgetful
}

func (s forgetfulStore) Begin() (book.Batch, error) {
	b, err := s.Store.Begin()
	return forgetfulBatch{b, s.f}, err
}

type forgetfulBatch struct {
	book.Batch
	f *forgetful
}

func (b forgetfulBatch) Set(key, value []byte) error {
	if b.f.writes++; b.f.writes == b.f.loses {
		return nil
	}
	return b.Batch.Set(key, value)
}

// TestATableIsFilledWithAllOfItOrSaysSo: whatever a table of another form held stands in the
// book, and where one thing is lost on the way, whichever it is, that is noticed.
func TestATableIsFilledWithAllOfItOrSaysSo(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	want := Contents{
		Systems: []string{"urn:oid:1"}, Late: []string{"https://a.example"}, Shared: []string{"pa"},
		Links: []Link{{Number: "4711", Subject: stele.Subject{1}, Made: at}},
		Moves: []Move{{Number: "4712", From: stele.Subject{3}, To: stele.Subject{1}, Reason: "typed wrong", Made: at}},
	}
	noticed := 0
	for loses, writes := 0, 0; loses <= writes; loses++ {
		stores := &forgetful{loses: loses}
		b, err := book.Open(book.Config{Stores: stores, Files: new(booktest.Marks), Name: "book", Key: [32]byte{1}})
		check(t, err)
		err = Fill(b, want)
		writes = stores.writes
		switch held, err2 := (&Table{book: b}).Contents(); {
		case err != nil && loses == 0:
			t.Fatal(err)
		case err != nil:
			noticed++
		case err2 != nil || !cmp.Equal(held, want):
			t.Errorf("write %d is lost, and the table is said to be filled: %v\n%s", loses, err2, cmp.Diff(want, held))
		}
		check(t, b.Close())
	}
	if noticed < 5 {
		t.Errorf("%d losses were noticed", noticed)
	}
}

package links

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// table is an empty one, of an organisation.
func table(t testing.TB) *Table {
	t.Helper()
	b, err := book.Open(book.Config{Stores: new(booktest.Memory), Files: new(booktest.Marks), Name: "book", Key: [32]byte{1}})
	check(t, err)
	t.Cleanup(func() { b.Close() })
	all, err := Open(b, Owner{Subject: stele.Subject{9}, Name: "Northside"})
	check(t, err)
	return all
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sure[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func now(t *Table) []Link { return sure(book.Values(linkRows.All(t.book))) }

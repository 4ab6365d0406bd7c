package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
	"github.com/stele-health/stele/credential"
)

// TestR44OfOneIssuersCredentialsTheNewestAreKept, of one that comes twice the form that discloses
// more, and none that has long expired.
func TestR44OfOneIssuersCredentialsTheNewestAreKept(t *testing.T) {
	b, err := book.Open(book.Config{Stores: new(booktest.Memory), Name: "w", Files: new(booktest.Marks)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	now := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	held := func(issuer, token string, from, until time.Time) HeldCredential {
		return HeldCredential{Kind: credential.Role, Issuer: stele.SubjectOf([]byte(issuer)), From: from, Until: until, Token: token}
	}
	keep := func(came ...HeldCredential) (tokens map[string]bool) {
		t.Helper()
		if err := b.Change(func(c *book.Change) error { return keepCredentials(c, came, now) }); err != nil {
			t.Fatal(err)
		}
		rows, err := book.Values(credentialRows.All(b))
		if err != nil {
			t.Fatal(err)
		}
		tokens = map[string]bool{}
		for _, h := range rows {
			tokens[h.Token] = true
		}
		return tokens
	}
	for i := range keptOfOne + 2 { // the newest comes first
		from := now.Add(-time.Duration(i) * time.Minute)
		keep(held("one", string(rune('a'+i))+".b.c~", from, now.Add(time.Hour)))
	}
	if got := keep(); len(got) != keptOfOne || !got["a.b.c~"] || got[string(rune('a'+keptOfOne))+".b.c~"] {
		t.Errorf("of one issuer's are kept: %v", got)
	}
	less, more, twin := held("two", "x.y.z~", now, now.Add(time.Hour)), held("two", "x.y.z~d~", now, now.Add(time.Hour)), held("two", "x.y.w~", now, now.Add(time.Hour))
	keep(less)
	if got := keep(more); !got[more.Token] || got[less.Token] {
		t.Errorf("the form that discloses more is not kept: %v", got)
	}
	if got := keep(less, twin); !got[more.Token] || len(got) != keptOfOne+1 {
		t.Errorf("the form that discloses less takes its place: %v", got)
	}
	for ago, want := range map[time.Duration]bool{keptCredential: true, keptCredential + 1: false} {
		token := ago.String() + ".b.c~"
		if keep(held("three", token, now.Add(-ago-time.Hour), now.Add(-ago)))[token] != want {
			t.Errorf("one that expired %v ago is kept: %v", ago, !want)
		}
	}
}

// TestR44NoCrowdOfCredentialsWaits: anybody may issue what nobody has admitted; the newest wait, each once.
func TestR44NoCrowdOfCredentialsWaits(t *testing.T) {
	b, err := book.Open(book.Config{Stores: new(booktest.Memory), Name: "w", Files: new(booktest.Marks)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i := range 2 * (maxWaiting + 6) {
		one := Waiting{Credentials: []string{string(rune('a' + i/2))}} // each comes twice
		if err := b.Change(func(c *book.Change) error { return keepWaiting(c, []Waiting{one}) }); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := book.Values(waitingRows.All(b))
	if err != nil || len(rows) != maxWaiting || rows[0].Credentials[0] != string(rune('a'+6)) {
		t.Errorf("%d wait, from %v on (%v)", len(rows), rows[0].Credentials, err)
	}
}

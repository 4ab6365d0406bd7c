package issued_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
	"github.com/stele-health/stele/credential"
	. "github.com/stele-health/stele/issued"
	"github.com/stele-health/stele/sdjwt"
)

var now = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)

func register(t *testing.T) *Register {
	b, err := book.Open(book.Config{Stores: new(booktest.Memory), Name: "board", Files: new(booktest.Marks)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return Of(b)
}

func add(t *testing.T, r *Register, lives time.Duration, at time.Time) Entry {
	t.Helper()
	e, err := r.Add(Entry{Kind: credential.Licence, Holder: stele.SubjectOf([]byte("doctor")), From: at, Until: at.Add(lives)}, at)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestNoTwoThatLiveShareAPlace, and the list has room for each.
func TestNoTwoThatLiveShareAPlace(t *testing.T) {
	r, seen := register(t), map[int]bool{}
	for range 600 {
		e := add(t, r, time.Hour, now)
		if seen[e.Place] {
			t.Fatalf("place %d is given twice", e.Place)
		}
		seen[e.Place] = true
	}
	list, err := r.List(stele.SubjectOf([]byte("board")), now)
	if err != nil {
		t.Fatal(err)
	}
	for place := range seen {
		if place >= list.Len() {
			t.Errorf("the list has %d places, and %d is one of a credential", list.Len(), place)
		}
	}
}

// TestR26WhatWasRevokedStaysRevoked, and a suspension can end.
func TestR26WhatWasRevokedStaysRevoked(t *testing.T) {
	r := register(t)
	e, other := add(t, r, time.Hour, now), add(t, r, time.Hour, now)
	says := func() sdjwt.Status {
		list, err := r.List(stele.SubjectOf([]byte("board")), now)
		if err != nil {
			t.Fatal(err)
		}
		status, err := list.Of(sdjwt.StatusRef{URI: ListName(stele.SubjectOf([]byte("board"))), Index: e.Place})
		if err != nil {
			t.Fatal(err)
		}
		if s, _ := list.Of(sdjwt.StatusRef{URI: list.URI, Index: other.Place}); s != sdjwt.Valid {
			t.Errorf("another one is %v", s)
		}
		return status
	}
	for _, s := range []sdjwt.Status{sdjwt.Suspended, sdjwt.Valid, sdjwt.Revoked} {
		if _, err := r.Mark(e.Place, s, now); err != nil || says() != s {
			t.Errorf("%v: %v, %v", s, says(), err)
		}
	}
	for _, s := range []sdjwt.Status{sdjwt.Suspended, sdjwt.Valid} {
		if _, err := r.Mark(e.Place, s, now); stele.KindOf(err) != stele.KindDenied || says() != sdjwt.Revoked {
			t.Errorf("revoked, then %v: %v", s, err)
		}
	}
	if _, err := r.Mark(e.Place, sdjwt.Revoked, now); err != nil {
		t.Errorf("revoked twice: %v", err)
	}
	if _, err := r.Mark(e.Place, sdjwt.Revoked, now.Add(time.Hour)); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("of one that has expired: %v", err)
	}
}

// TestWhatHasExpiredLeavesTheList: its place is free, and its entry stays.
func TestWhatHasExpiredLeavesTheList(t *testing.T) {
	r := register(t)
	e := add(t, r, time.Hour, now)
	if _, err := r.Mark(e.Place, sdjwt.Revoked, now); err != nil {
		t.Fatal(err)
	}
	later := now.Add(time.Hour)
	list, err := r.List(stele.SubjectOf([]byte("board")), later)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := list.Of(sdjwt.StatusRef{URI: list.URI, Index: e.Place}); err != nil || s != sdjwt.Valid {
		t.Errorf("an expired one is %v in the list: %v", s, err)
	}
	if all, err := r.All(); err != nil || len(all) != 1 || all[0].Status != sdjwt.Revoked {
		t.Errorf("%v, %v", all, err)
	}
	add(t, r, time.Hour, later.Add(Kept+time.Second))
	if all, err := r.All(); err != nil || len(all) != 1 || all[0].From.Equal(now) {
		t.Errorf("what ended six years ago is kept: %v, %v", all, err)
	}
}

// TestACertificateIsMadeOnce.
func TestACertificateIsMadeOnce(t *testing.T) {
	r, made := register(t), 0
	for range 2 {
		der, err := r.Certificate(func() ([]byte, error) { made++; return []byte{1, 2}, nil })
		if err != nil || string(der) != "\x01\x02" {
			t.Errorf("%x, %v", der, err)
		}
	}
	if made != 1 {
		t.Errorf("it was made %d times", made)
	}
}

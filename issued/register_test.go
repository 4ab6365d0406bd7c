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
	if list.Len() < 4*600 { // but by a chance of 2^-80
		t.Errorf("of %d places 600 are taken: how many there are shows", list.Len())
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
	later := now.Add(time.Hour + credential.Window)
	for at, want := range map[time.Time]sdjwt.Status{later.Add(-1): sdjwt.Revoked, later: sdjwt.Valid} { // by all clocks
		list, err := r.List(stele.SubjectOf([]byte("board")), at)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := list.Of(sdjwt.StatusRef{URI: list.URI, Index: e.Place}); err != nil || s != want {
			t.Errorf("one that expired %v ago is %v in the list: %v", at.Sub(e.Until), s, err)
		}
	}
	if all, err := r.All(); err != nil || len(all) != 1 || all[0].Status != sdjwt.Revoked {
		t.Errorf("%v, %v", all, err)
	}
	add(t, r, time.Hour, e.Until.Add(Kept))
	if all, err := r.All(); err != nil || len(all) != 2 {
		t.Errorf("for six years it stays: %v, %v", all, err)
	}
	add(t, r, time.Hour, later.Add(Kept+2*time.Hour))
	if all, err := r.All(); err != nil || all[0].From.Equal(now) {
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

// TestAPlaceIsFreeOnceNoClockHasItAnyMore, and not before.
func TestAPlaceIsFreeOnceNoClockHasItAnyMore(t *testing.T) {
	r, first := register(t), map[int]bool{}
	for range 300 { // of 2,048 places
		first[add(t, r, time.Hour, now).Place] = true
	}
	again := func(at time.Time) (n int) {
		for range 200 {
			if first[add(t, r, time.Minute, at).Place] {
				n++
			}
		}
		return n
	}
	if n := again(now.Add(time.Hour + credential.Window - 1)); n != 0 {
		t.Errorf("%d places of those that hold by somebody's clock are given again", n)
	}
	if n := again(now.Add(2 * time.Hour)); n == 0 {
		t.Error("no place is ever free again")
	}
}

// TestR26ARegisterThatWasPutBackForgetsNoRevocation: it learns from the list that was posted last
// what it does not know, gives no place of that list again, and takes nothing back.
func TestR26ARegisterThatWasPutBackForgetsNoRevocation(t *testing.T) {
	board := stele.SubjectOf([]byte("board"))
	r := register(t)
	known, mine, gone := add(t, r, 24*time.Hour, now), add(t, r, 24*time.Hour, now), add(t, r, time.Hour, now)
	mark := func(place int, s sdjwt.Status) {
		t.Helper()
		if _, err := r.Mark(place, s, now); err != nil {
			t.Fatal(err)
		}
	}
	mark(mine.Place, sdjwt.Revoked)
	later := now.Add(2 * time.Hour)
	posted, err := sdjwt.NewStatusList(ListName(board), 2048)
	if err != nil {
		t.Fatal(err)
	}
	lost := 2047
	for place, s := range map[int]sdjwt.Status{lost: sdjwt.Revoked, lost - 1: sdjwt.Suspended, known.Place: sdjwt.Revoked, mine.Place: sdjwt.Suspended, gone.Place: sdjwt.Suspended} {
		if err := posted.Set(place, s); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // a second time changes nothing
		if err := r.Adopt(posted, later); err != nil {
			t.Fatal(err)
		}
	}
	mark = func(place int, s sdjwt.Status) {
		t.Helper()
		if _, err := r.Mark(place, s, later); err != nil {
			t.Error(err)
		}
	}
	mark(lost-1, sdjwt.Valid)
	if _, err := r.Mark(lost, sdjwt.Valid, later); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("what was revoked holds again: %v", err)
	}
	list, err := r.List(board, later)
	if err != nil {
		t.Fatal(err)
	}
	for place, want := range map[int]sdjwt.Status{
		lost: sdjwt.Revoked, lost - 1: sdjwt.Valid, known.Place: sdjwt.Revoked, mine.Place: sdjwt.Revoked, gone.Place: sdjwt.Suspended, 2046: sdjwt.Valid,
	} {
		if s, err := list.Of(sdjwt.StatusRef{URI: list.URI, Index: place}); err != nil || s != want {
			t.Errorf("place %d is %v, want %v: %v", place, s, want, err)
		}
	}
	if all, err := r.All(); err != nil || len(all) != 6 {
		t.Errorf("%d entries, want 3 of its own and 3 that it has learned: %v", len(all), err)
	}
	for range 50 {
		if e := add(t, r, time.Hour, later); e.Place < posted.Len() {
			t.Fatalf("place %d, which may be somebody's, is given again", e.Place)
		}
	}
	if list, err = r.List(board, later.Add(credential.Longest(credential.Accreditation)+credential.Window)); err != nil || list.Len() != leastList {
		t.Errorf("what has ended keeps a list of %d places: %v", list.Len(), err)
	}
	ended, before := later.Add(credential.Longest(credential.Accreditation)), 0
	for range 50 {
		if e := add(t, r, time.Hour, ended); e.Place < posted.Len() {
			before++
		}
	}
	if before == 0 {
		t.Error("its places are never given again")
	}
}

const leastList = 1 << 10

// TestARegisterThatIsFullSaysSo.
func TestARegisterThatIsFullSaysSo(t *testing.T) {
	r := register(t)
	all, err := sdjwt.NewStatusList("all", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Adopt(all, now); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Add(Entry{From: now, Until: now.Add(time.Hour)}, now); stele.KindOf(err) != stele.KindLimit {
		t.Errorf("a place beyond any list: %v", err)
	}
}

package wallet

import (
	"encoding/binary"
	"reflect"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
)

// This file says how what a wallet has learned lies in its book: lists as rows, of which
// one step writes those that it changes, and State as settings. An index that has a row
// only while something about it is open finds what is open without reading the rest.

// Grants, and what was sent without an answer.
var (
	givenByGrant   = book.Equal("grant", func(g Given) []string { return []string{string(g.Grant[:])} })
	givenByKey     = book.Equal("key", func(g Given) []string { return []string{keyOf(g.To, g.KeyIndex)} })
	givenByWaiting = book.Equal("waiting", func(g Given) []string { return openWord(!g.Delivered) })
	givenByUnheard = book.Equal("unheard", func(g Given) []string { return openWord(g.Unanswered) })
	givenRows      = &book.Table[Given]{Name: "given", Indexes: []*book.Index[Given]{givenByGrant, givenByKey, givenByWaiting, givenByUnheard}}

	heldByGrant   = book.Equal("grant", func(h Held) []string { return []string{string(h.Grant[:])} })
	heldBySubject = book.Equal("subject", func(h Held) []string { return []string{string(h.Subject[:])} })
	heldByOver    = book.Equal("over", func(h Held) []string { return openWord(h.Over && !h.Told) })
	heldByDay     = book.Equal("day", func(h Held) []string { return []string{forgottenOn(h).Format(time.DateOnly)} })
	heldRows      = &book.Table[Held]{Name: "held", Indexes: []*book.Index[Held]{heldByGrant, heldBySubject, heldByOver, heldByDay}}

	cosignedRows = &book.Table[Given]{Name: "cosigned"} // what this member proposed or signed, to be given with another

	offeredRows = &book.Table[Offered]{Name: "offered"}
	sentRows    = &book.Table[Sent]{Name: "sent"}

	requestRows = &book.Table[Request]{Name: "request"}
	askedRows   = &book.Table[Asking]{Name: "asked"}
)

// settings are what State has one of.
var settings = []setting{
	one("genesis", func(s *State) *[]byte { return &s.Genesis }),
	one("light", func(s *State) *[]byte { return &s.Light }),
	one("head", func(s *State) *Head { return &s.Head }),
	one("reading", func(s *State) *Head { return &s.Reading }),
	one("consortium", func(s *State) *Followed { return &s.Consortium }),
	one("wrote", func(s *State) *Written { return &s.Wrote }),
	one("card", func(s *State) *[]byte { return &s.Card }),
	one("home", func(s *State) *stele.Subject { return &s.Home }),
	one("published", func(s *State) *uint32 { return &s.Published }),
	one("collected", func(s *State) *map[stele.Subject]uint64 { return &s.Collected }),
	one("asked", func(s *State) *map[stele.Subject]uint64 { return &s.Asked }),
	one("forgotten", func(s *State) *time.Time { return &s.Forgotten }),
	one("labelling", func(s *State) *Labelling { return &s.Labelling }),
	one("emergency", func(s *State) *Slot { return &s.Emergency }),
	one("emergency next", func(s *State) *Slot { return &s.EmergencyNext }),
	one("lost", func(s *State) *time.Time { return &s.Lost }),
}

// setting is a field of State and the row in which it lies.
type setting struct {
	same func(a, b *State) bool
	set  func(c *book.Change, s *State) error
	get  func(r book.Reader, s *State) error
}

func one[T any](name string, field func(*State) *T) setting {
	row := book.Value[T]{Name: name}
	return setting{
		same: func(a, b *State) bool { return reflect.DeepEqual(field(a), field(b)) },
		set:  func(c *book.Change, s *State) error { return row.Set(c, *field(s)) },
		get:  func(r book.Reader, s *State) (err error) { *field(s), err = row.Get(r); return err },
	}
}

// stateIn reads the settings.
func stateIn(r book.Reader) (s State, err error) {
	for _, setting := range settings {
		if err := setting.get(r, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// keyOf names a one-time key of somebody's.
func keyOf(to stele.Subject, index uint32) string {
	return string(binary.BigEndian.AppendUint32(to[:len(to):len(to)], index))
}

// forgottenOn is the day (UTC) on which a grant that is held may be forgotten.
func forgottenOn(h Held) time.Time {
	day := h.End.Add(keptEnded).UTC().Truncate(24 * time.Hour)
	if day.Before(firstDay) {
		return firstDay
	}
	return day
}

// firstDay is the first on which anything is forgotten.
var firstDay = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// stillOpen is the word of an index that has what is open and nothing else.
const stillOpen = "open"

func openWord(is bool) []string {
	if is {
		return []string{stillOpen}
	}
	return nil
}

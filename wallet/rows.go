package wallet

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// This file says how what a wallet has learned lies in a book: as rows, of which one
// step writes those that it changes. takeover.go puts there what the files of a wallet
// hold.

// An organisation's link table, found by what a Patient shows: a number, one that is
// nearly it, a birth date, a name; and by the person. It holds what intake's index does.
var (
	linkByNumber  = book.Equal("number", numbersOf)
	linkByNear    = book.Equal("near", nearOf)
	linkBySubject = book.Equal("subject", func(l Link) []string { return []string{string(l.Subject[:])} })
	linkByBorn    = book.Equal("born", func(l Link) []string { return some(l.Born) })
	linkByName    = book.Parts("name", func(l Link) string { return stele.Fold(l.Name + " " + strings.Join(l.Also, " ")) })
	linkRows      = &book.Table[Link]{Name: "links", Indexes: []*book.Index[Link]{linkByNumber, linkByNear, linkBySubject, linkByBorn, linkByName}}

	moveByNumber = book.Equal("number", func(m Move) []string { return []string{intake.Clean(m.Number)} })
	moveRows     = &book.Table[Move]{Name: "moves", Indexes: []*book.Index[Move]{moveByNumber}}
)

// Grants, found by their id and by the other party.
var (
	givenByGrant   = book.Equal("grant", func(g Given) []string { return []string{string(g.Grant[:])} })
	givenBySubject = book.Equal("to", func(g Given) []string { return []string{string(g.To[:])} })
	givenRows      = &book.Table[Given]{Name: "given", Indexes: []*book.Index[Given]{givenByGrant, givenBySubject}}

	heldByGrant   = book.Equal("grant", func(h Held) []string { return []string{string(h.Grant[:])} })
	heldBySubject = book.Equal("subject", func(h Held) []string { return []string{string(h.Subject[:])} })
	heldRows      = &book.Table[Held]{Name: "held", Indexes: []*book.Index[Held]{heldByGrant, heldBySubject}}

	offeredByGrant = book.Equal("grant", func(o Offered) []string { return []string{string(o.Grant[:])} })
	offeredRows    = &book.Table[Offered]{Name: "offered", Indexes: []*book.Index[Offered]{offeredByGrant}}

	sentByObject = book.Equal("object", func(o Sent) []string { return []string{string(o.Kind) + "\x00" + string(o.Object[:])} })
	sentRows     = &book.Table[Sent]{Name: "sent", Indexes: []*book.Index[Sent]{sentByObject}}
)

// What was delivered: fingerprints of all of it; a frame for each submission, found by
// its patient and by everything that it names; notes of deliveries without a verdict.
var (
	printSet = book.Set{Name: "delivered"}

	frameBySubject = book.Equal("subject", func(f frame) []string { return []string{string(f.Subject[:])} })
	frameByName    = book.Equal("name", frame.names)
	frameRows      = &book.Table[frame]{
		Name: "memory", Indexes: []*book.Index[frame]{frameBySubject, frameByName},
		Encode: func(f frame) ([]byte, error) { return f.encode(), nil }, Decode: decodeFrame,
	}

	noteBySubmission = book.Equal("submission", func(n noted) []string { return []string{n.Submission} })
	noteRows         = &book.Table[noted]{Name: "pending", Indexes: []*book.Index[noted]{noteBySubmission}}
)

// noted is a delivery without a verdict, see pending.
type noted struct {
	Submission string `json:"submission"`
	pending
}

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
	one("systems", func(s *State) *[]string { return &s.Systems }),
	one("late", func(s *State) *[]string { return &s.Late }),
	one("shared", func(s *State) *[]string { return &s.Shared }),
	one("labelling", func(s *State) *Labelling { return &s.Labelling }),
	one("lost", func(s *State) *time.Time { return &s.Lost }),
}

// setting is a field of State and the row in which it lies.
type setting struct {
	set func(c *book.Change, s *State) error
	get func(r book.Reader, s *State) error
}

func one[T any](name string, field func(*State) *T) setting {
	row := book.Value[T]{Name: name}
	return setting{
		set: func(c *book.Change, s *State) error { return row.Set(c, *field(s)) },
		get: func(r book.Reader, s *State) (err error) { *field(s), err = row.Get(r); return err },
	}
}

// stateIn reads a whole State out of a book.
func stateIn(r book.Reader) (State, error) {
	s, err := settingsIn(r)
	err = errors.Join(err,
		collectRows(r, linkRows, &s.Links), collectRows(r, moveRows, &s.Moves), collectRows(r, givenRows, &s.Given),
		collectRows(r, heldRows, &s.Held), collectRows(r, offeredRows, &s.Offered), collectRows(r, sentRows, &s.Sent))
	return s, err
}

// settingsIn reads a State without its lists.
func settingsIn(r book.Reader) (s State, err error) {
	for _, setting := range settings {
		err = errors.Join(err, setting.get(r, &s))
	}
	return s, err
}

func collectRows[T any](r book.Reader, t *book.Table[T], to *[]T) error {
	for row, err := range t.All(r) {
		if err != nil {
			return err
		}
		*to = append(*to, row.Value)
	}
	return nil
}

// numbersOf are those under which a link is looked for: its number and, of an id with a
// server, as intake compares servers.
func numbersOf(l Link) []string {
	number := intake.Clean(l.Number)
	if base, name := fhir.Base(number); l.System == intake.PatientID && base != "" {
		return []string{number, intake.Server(base) + "/" + name}
	}
	return []string{number}
}

// nearOf is what a number is easily mistaken by; an id is not typed.
func nearOf(l Link) []string {
	if l.System == intake.PatientID {
		return nil
	}
	return []string{intake.Near(intake.Clean(l.Number))}
}

// some is a list of a text that may be missing.
func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// uuidPrefix is how a UUID alone is named, see memory.named.
const uuidPrefix = "urn:uuid:"

// names are those under which somebody may ask who has what is in a frame.
func (f frame) names() (all []string) {
	for _, k := range f.Records {
		all = append(all, k.name(), k.Handle.String())
		if k.ID != "" {
			all = append(all, uuidPrefix+k.ID)
		}
		if k.Was != "" {
			all = append(all, k.Type+"/"+k.Was)
		}
	}
	return all
}

// recalled returns what was delivered to a patient, as recall does, out of a book.
func recalled(r book.Reader, subject stele.Subject) (*memory, error) {
	var frames []frame
	for row, err := range frameRows.Find(r, frameBySubject, string(subject[:])) {
		if err != nil {
			return nil, err
		}
		frames = append(frames, row.Value)
	}
	m := memoryOf(frames)
	m.subject = subject
	return m, nil
}

// whoAmong is who, out of a book: it reads the memory of those patients only to whom
// something of a name was delivered.
func whoAmong(r book.Reader, names map[string]bool, is func(m *memory, name string) bool) (map[string][]stele.Subject, error) {
	found, read := map[string][]stele.Subject{}, map[stele.Subject]*memory{}
	for name := range names {
		asked := map[stele.Subject]bool{}
		for row, err := range frameRows.Find(r, frameByName, name) {
			subject := row.Value.Subject
			if err != nil {
				return nil, err
			}
			if asked[subject] {
				continue
			}
			if asked[subject] = true; read[subject] == nil {
				if read[subject], err = recalled(r, subject); err != nil {
					return nil, err
				}
			}
			if is(read[subject], name) {
				found[name] = append(found[name], subject)
			}
		}
		slices.SortFunc(found[name], bySubject)
	}
	return found, nil
}

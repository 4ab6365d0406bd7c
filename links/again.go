package links

import (
	"errors"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
)

// Nobody is linked twice without somebody's having looked: two charts of one person are two halves,
// and an emergency opens one of them.

// here fails with KindExists where a row's person may be somebody who is linked under another subject:
// see intake.Demographics.MayBe. Who was alike before this row, or loses the number by it, has been
// looked at.
func (t *Table) here(c *book.Change, l Link, theirs, alike []book.Row[Link], say Confirmed) error {
	if say.Another {
		return nil
	}
	before := Person(values(theirs))
	var found []string
	for _, other := range t.called(c, l) {
		switch {
		case other.err != nil:
			return other.err
		case !l.person().MayBe(Person(other.rows)) || before.MayBe(Person(other.rows)):
		case say.Move && slices.ContainsFunc(alike, func(o book.Row[Link]) bool {
			return o.Value.Subject == other.rows[0].Subject && t.collides(o.Value, l)
		}):
		default:
			found = append(found, other.text())
		}
	}
	if len(found) == 0 {
		return nil
	}
	const most = 3
	is := " is here already"
	if len(found) > 1 {
		is = " are here already"
	}
	text := strings.Join(found[:min(len(found), most)], "; ")
	if len(found) > most {
		text += "; and others"
	}
	return stele.E("link patient", stele.KindExists, text+is, nil).
		WithHint("if it is the same person, that chart is theirs: stele patient link adds a number to it; if their slip is lost: a new number with --another-person, then stele patient merge OLD FILE --into NEW; if it is another person: --another-person; a --birth-date tells people of one name apart")
}

// somebody is a subject with all the rows that it has.
type somebody struct {
	rows []Link
	err  error
}

// called lists who else has a name of a row's, or its birth date, each once.
func (t *Table) called(r book.Reader, l Link) (all []somebody) {
	var rows []book.Row[Link]
	var failed error
	find := func(x *book.Index[Link], word string) {
		more, err := book.Rows(linkRows.Find(r, x, word))
		rows, failed = append(rows, more...), errors.Join(failed, err)
	}
	if l.Born != "" && l.Name != "" {
		find(linkByBorn, l.Born)
	}
	for _, key := range l.forIntake().NameKeys() {
		find(linkByCalled, key)
	}
	if failed != nil {
		return []somebody{{err: failed}}
	}
	seen := map[stele.Subject]bool{l.Subject: true}
	for _, row := range rows {
		if seen[row.Value.Subject] {
			continue
		}
		seen[row.Value.Subject] = true
		theirs, err := book.Values(linkRows.Find(r, linkBySubject, string(row.Value.Subject[:])))
		all = append(all, somebody{theirs, err})
	}
	return all
}

// text says who it is, and under which number: "Alvar, Ana, born 1970-05-01, female, number 4711
// (did:stele:…)".
func (s somebody) text() string {
	is := Person(s.rows)
	words := []string{is.Names[0]}
	if is.Born != "" {
		words = append(words, "born "+is.Born)
	}
	if is.Sex != "" {
		words = append(words, is.Sex)
	}
	return strings.Join(append(words, "number "+NumberOf(s.rows)), ", ") + " (" + s.rows[0].Subject.String() + ")"
}

func values(rows []book.Row[Link]) (all []Link) {
	for _, row := range rows {
		all = append(all, row.Value)
	}
	return all
}

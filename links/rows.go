package links

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// An organisation's link table, found by what a Patient shows: a number, one that is
// nearly it, a birth date, a name, or parts of one; by a system that it has firm numbers of;
// and by the person.
var (
	linkByNumber  = book.Equal("number", numbersOf)
	linkByNear    = book.Equal("near", nearOf)
	linkBySubject = book.Equal("subject", func(l Link) []string { return []string{string(l.Subject[:])} })
	linkByName    = book.Parts("name", func(l Link) string { return stele.Fold(l.Name + " " + strings.Join(l.Also, " ")) })
	linkByBorn    = book.Equal("born", func(l Link) []string { return some(l.Born) })
	linkByCalled  = book.Equal("called", func(l Link) []string { return l.forIntake().NameKeys() })
	linkBySystem  = book.Equal("system", firmSystem)
	linkRows      = &book.Table[Link]{Name: "links", Indexes: []*book.Index[Link]{linkByNumber, linkByNear, linkBySubject, linkByName, linkByBorn, linkByCalled, linkBySystem}}

	moveRows = &book.Table[Move]{Name: "moves"}
)

// numbersOf are those under which a link is looked for: its number, and as intake does.
func numbersOf(l Link) []string {
	return slices.Compact(append(l.forIntake().Numbers(), intake.Clean(l.Number)))
}

// nearOf is what a number is easily mistaken by; an id is not typed.
func nearOf(l Link) []string {
	if near, typed := l.forIntake().NearKey(); typed {
		return []string{near}
	}
	return nil
}

// firmSystem is a system of which a link has a firm number.
func firmSystem(l Link) []string {
	if l.Firm && l.System != "" {
		return []string{intake.SystemKey(l.System)}
	}
	return nil
}

// some is a list of a text that may be missing.
func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// Which systems are the owner's, and which ids of Patients were of two.
var (
	systemsRow = book.Value[[]string]{Name: "systems"}
	lateRow    = book.Value[[]string]{Name: "late"}
	sharedRow  = book.Value[[]string]{Name: "shared"}
)

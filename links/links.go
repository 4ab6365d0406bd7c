package links

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// Link ties an organisation's number for a patient to a subject. It stays at
// home, sealed.
type Link struct {
	System  string        `json:"system,omitempty"` // of the identifier; empty for the organisation's own
	Number  string        `json:"number"`
	Name    string        `json:"name,omitempty"` // this and the next three as the organisation knew the patient then
	Also    []string      `json:"also,omitempty"` // other names
	Born    string        `json:"born,omitempty"` // FHIR date
	Sex     string        `json:"sex,omitempty"`  // FHIR administrative gender
	Subject stele.Subject `json:"subject"`
	Unknown bool          `json:"unknown,omitempty"` // nobody knows who it is; then there is no name
	Firm    bool          `json:"firm,omitempty"`    // known to be of type MR or of a system of the organisation's
	Made    time.Time     `json:"made"`
}

// Text is a link's number as it is listed: of an id "Patient/1", or with its server
// "https://host/fhir/Patient/1"; "none" for no number.
func (l Link) Text() string {
	switch {
	case l.Number == "":
		return "none"
	case l.System == intake.PatientID && !strings.Contains(l.Number, "/"):
		return "Patient/" + l.Number
	}
	return l.Number
}

// NumberOf is the number by which who works there knows somebody, of all their links, which are
// not none: the newest, and the id of a Patient only where there is no other.
func NumberOf(linked []Link) string {
	for _, l := range slices.Backward(linked) {
		if l.System != intake.PatientID {
			return l.Text()
		}
	}
	return linked[len(linked)-1].Text()
}

// Called is how who works there calls somebody, of all their links: "Alvar, Ana (4711)", by name and number where
// there are both, as two may have one name; unknown where there is neither.
func Called(linked []Link, unknown string) string {
	name, number := "", ""
	for _, l := range linked {
		if l.System != intake.PatientID {
			number = l.Number
		}
		name = cmp.Or(l.Name, name)
	}
	switch {
	case name != "" && number != "":
		return name + " (" + number + ")"
	}
	return cmp.Or(name, number, unknown)
}

// Move is a number that was tied to somebody else before.
type Move struct {
	System string        `json:"system,omitempty"`
	Number string        `json:"number"`
	From   stele.Subject `json:"from"`
	To     stele.Subject `json:"to"`
	Reason string        `json:"reason"`
	Made   time.Time     `json:"made"`
}

// Confirmed says what a person at the desk has confirmed.
type Confirmed struct {
	Move    bool   // the number may be another's until now
	Reason  string // why; needed with Move
	Another bool   // who is linked and has the same name and no other birth date is somebody else
	Same    bool   // it is one person, although what is known of them differs, and the number is right, although another's is nearly it, or it is nines
}

// Of lists the links of a subject, the newest last.
func (t *Table) Of(subject stele.Subject) ([]Link, error) {
	return book.Values(linkRows.Find(t.book, linkBySubject, string(subject[:])))
}

// Near lists the links of a number, and of those that are easily taken for it.
func (t *Table) Near(number string) (links []Link, err error) {
	err = t.book.View(func(v *book.View) error {
		rows, err := numbered(v, intake.Clean(number))
		for _, row := range rows {
			links = append(links, row.Value)
		}
		return err
	})
	return links, err
}

// numbered lists the links of a number and of what is nearly it, in order.
func numbered(r book.Reader, number string) ([]book.Row[Link], error) {
	same, err := book.Rows(linkRows.Find(r, linkByNumber, number))
	near, err2 := book.Rows(linkRows.Find(r, linkByNear, intake.Near(number)))
	rows := append(same, near...)
	slices.SortFunc(rows, func(a, b book.Row[Link]) int { return cmp.Compare(a.Number, b.Number) })
	rows = slices.CompactFunc(rows, func(a, b book.Row[Link]) bool { return a.Number == b.Number })
	return rows, errors.Join(err, err2)
}

// errTried undoes what Try did.
var errTried = errors.New("only tried")

// Try is Link, and changes nothing: it fails as Link would.
func (t *Table) Try(links []Link, c Confirmed) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	err := t.link(links, c, func(*book.Change) error { return errTried })
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// Link ties numbers of one patient to a subject: all of them or none. They are the
// organisation's, or of type MR: whoever calls has seen to that. White space around
// a number is none of it. Other names of the person stay known. It fails
// with KindUsage for what stands for no number, and with KindExists where one is
// another's or nearly another's, or where what is known of the person says that it
// is another one, or that somebody else is the same; and with KindInvalid for the organisation itself: its log is no
// patient's chart.
func (t *Table) Link(links []Link, c Confirmed) error {
	if c.Move {
		release, err := t.alone("link patient")
		if err != nil {
			return err
		}
		defer release()
	}
	t.changing.Lock()
	defer t.changing.Unlock()
	return t.link(links, c)
}

// link also does what comes after, in the same change.
func (t *Table) link(links []Link, c Confirmed, also ...func(*book.Change) error) error {
	if c.Move && strings.TrimSpace(c.Reason) == "" {
		return stele.E("link patient", stele.KindUsage, "why is the number moved?", nil).WithHint("give --reason")
	}
	made := time.Now().UTC()
	return t.book.Change(func(rows *book.Change) error {
		for _, l := range links {
			l.System, l.Number, l.Made, l.Firm = intake.Clean(l.System), intake.Clean(l.Number), made, true
			if err := t.linkable(l, c); err != nil {
				return err
			}
			if err := t.linkOne(rows, l, c); err != nil {
				return err
			}
		}
		for _, f := range also {
			if err := f(rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// linkable says what is wrong with a link by itself. A number of nines is somebody's where that is said.
func (t *Table) linkable(l Link, c Confirmed) error {
	const op = "link patient"
	if l.Subject == t.owner.Subject && !l.Subject.IsZero() {
		return stele.E(op, stele.KindInvalid, "that is "+t.owner.Name+" itself, and no patient", nil).
			WithHint("give the patient's DID; what names nobody is imported with --own-log")
	}
	if text := l.System + l.Number; strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
		return stele.E(op, stele.KindUsage, fmt.Sprintf("%q holds a character that no number has", text), nil)
	}
	if nines := intake.Nines(l.Number); l.System != intake.PatientID && intake.Placeholder(l.Number) && !(nines && c.Same) {
		hint := "give the number under which your records know the patient"
		if nines {
			hint += "; if it is this one, and nobody writes it where there is none: --confirm"
		}
		return stele.E(op, stele.KindUsage, fmt.Sprintf("%q stands for no number", l.Number), nil).WithHint(hint)
	}
	if l.Name != "" && !intake.Names(l.Name) {
		return stele.E(op, stele.KindUsage, fmt.Sprintf("%q names nobody", l.Name), nil).
			WithHint("give the name under which your records know the patient, such as \"Alvar, Ana\": by it a wrong number is noticed")
	}
	return nil
}

// linkOne puts a link in the place of those that it would be taken for.
func (t *Table) linkOne(c *book.Change, l Link, say Confirmed) error {
	const op = "link patient"
	theirs, err := book.Rows(linkRows.Find(c, linkBySubject, string(l.Subject[:])))
	if err != nil {
		return err
	}
	if err := sameAs(theirs, l, say); err != nil {
		return err
	}
	for _, o := range theirs {
		l.Name = cmp.Or(l.Name, o.Value.Name)
		l.Also = otherNames(l, o.Value)
	}
	alike, err := numbered(c, l.Number)
	if err != nil {
		return err
	}
	if err := t.here(c, l, theirs, alike, say); err != nil {
		return err
	}
	moved := say.Move && slices.ContainsFunc(alike, func(o book.Row[Link]) bool { return o.Value.Subject != l.Subject && t.collides(o.Value, l) })
	for _, row := range alike {
		o := row.Value
		switch {
		case o.Subject == l.Subject:
		case !t.collides(o, l):
			if t.nearly(o, l) && !say.Same && !moved { // whoever moves 4711 and means 0047-11 moves nothing
				return stele.E(op, stele.KindExists, fmt.Sprintf("%s is nearly %s, which is another patient's", l.Number, o.Number), nil).
					WithHint("look which of them it is; if both are right: --confirm")
			}
		case !say.Move:
			return stele.E(op, stele.KindExists, l.Number+" is linked to another patient", nil).
				WithHint("look whether it is the right number; to take it from the other: --move --reason \"…\"")
		default:
			if err := moveRows.Add(c, Move{System: l.System, Number: l.Number, From: o.Subject, To: l.Subject, Reason: say.Reason, Made: l.Made}); err != nil {
				return err
			}
		}
	}
	if err := linkRows.RemoveSome(c, alike, func(o Link) bool { return t.collides(o, l) && (say.Move || intake.SameSystem(o.System, l.System)) }); err != nil {
		return err
	}
	return linkRows.Add(c, l)
}

// collides reports whether two rows would be taken for one number.
func (t *Table) collides(a, b Link) bool {
	own := func(system string) bool {
		return system == "" || slices.ContainsFunc(t.own.Load().systems, func(o string) bool { return intake.SameSystem(o, system) })
	}
	return a.Number == b.Number && (intake.SameSystem(a.System, b.System) || (a.System == "" || b.System == "") && own(a.System) && own(b.System))
}

// nearly reports whether two numbers are easily taken for each other.
func (t *Table) nearly(a, b Link) bool {
	if a.System == intake.PatientID || b.System == intake.PatientID || intake.Near(a.Number) != intake.Near(b.Number) {
		return false
	}
	a.Number = b.Number
	return t.collides(a, b)
}

// otherNames are those of a row and of an older one of the same person, but the
// first of the row.
func otherNames(l, old Link) []string {
	also := slices.Clone(l.Also)
	for _, name := range append([]string{old.Name}, old.Also...) {
		if name != "" && name != l.Name && !slices.Contains(also, name) && len(also) < maxNames {
			also = append(also, name)
		}
	}
	return also
}

// maxNames is how many other names of a person are kept.
const maxNames = 16

// sameAs compares what is known of a person with what a new row says.
func sameAs(theirs []book.Row[Link], l Link, c Confirmed) error {
	known := Person(values(theirs))
	if why := known.Differs(l.person()).Question; why != "" && !c.Same {
		return stele.E("link patient", stele.KindExists, "is it the same person? The one who is linked has "+why, nil).
			WithHint("look again; if it is: --confirm")
	}
	return nil
}

// Person is what the rows of one patient say of them, the newer row where two say else.
func Person(linked []Link) (known intake.Demographics) {
	for _, l := range linked {
		p := l.person()
		known.Names = append(known.Names, p.Names...)
		known.Born, known.Sex = cmp.Or(p.Born, known.Born), cmp.Or(p.Sex, known.Sex)
	}
	return known
}

func (l Link) person() intake.Demographics {
	d := intake.Demographics{Born: l.Born, Sex: l.Sex}
	for _, name := range append([]string{l.Name}, l.Also...) {
		if name != "" {
			d.Names = append(d.Names, name)
		}
	}
	return d
}

// Unlink removes a number: of a system, or of all of them where system is empty and they
// are one patient's. White space around it is none of it. It returns what is linked to the
// same patient still. It fails with KindNotFound, and with KindUsage for a number that is
// two patients', each in a system.
func (t *Table) Unlink(number, system string) (rest []Link, err error) {
	const op = "unlink patient"
	release, err := t.alone(op)
	if err != nil {
		return nil, err
	}
	defer release()
	t.changing.Lock()
	defer t.changing.Unlock()
	number, system = intake.Clean(number), intake.Clean(system)
	err = t.book.Change(func(c *book.Change) error {
		rows, err := book.Rows(linkRows.Find(c, linkByNumber, number))
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(row book.Row[Link]) bool {
			return row.Value.Number != number || system != "" && !intake.SameSystem(row.Value.System, system)
		})
		switch {
		case len(rows) == 0:
			return stele.E(op, stele.KindNotFound, "no patient has that number here", nil).WithHint("stele patient find lists the numbers")
		case slices.ContainsFunc(rows, func(row book.Row[Link]) bool { return row.Value.Subject != rows[0].Value.Subject }):
			return stele.E(op, stele.KindUsage, "that number is linked to two patients, in two systems", nil).
				WithHint("say of which: --system; stele patient find " + number + " lists them")
		}
		if err = linkRows.RemoveSome(c, rows, func(Link) bool { return true }); err != nil {
			return err
		}
		rest, err = book.Values(linkRows.Find(c, linkBySubject, string(rows[0].Value.Subject[:])))
		return err
	})
	return rest, err
}

// Find returns the links that a number, a DID or parts of a name find, each once and
// in order.
func (t *Table) Find(query string) (links []Link, err error) {
	query = intake.Clean(query)
	all := map[int64]Link{}
	err = t.book.View(func(v *book.View) error {
		rows, err := book.Rows(linkRows.Find(v, linkByNumber, query))
		if subject, wrong := stele.ParseSubject(query); wrong == nil && err == nil {
			var theirs []book.Row[Link]
			theirs, err = book.Rows(linkRows.Find(v, linkBySubject, string(subject[:])))
			rows = append(rows, theirs...)
		}
		for _, row := range rows {
			if row.Value.Number == query || row.Value.Subject.String() == query {
				all[row.Number] = row.Value
			}
		}
		if err != nil {
			return err
		}
		for row, err := range linkRows.Search(v, linkByName, stele.Fold(query)) {
			if err != nil {
				return err
			}
			all[row.Number] = row.Value
		}
		return nil
	})
	for _, number := range slices.Sorted(maps.Keys(all)) {
		links = append(links, all[number])
	}
	return links, err
}

// Moves lists the numbers that were tied to somebody else before, in the order in which
// they were moved.
func (t *Table) Moves() ([]Move, error) { return book.Values(moveRows.All(t.book)) }

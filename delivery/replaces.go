package delivery

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A record that says no version of its own is taken for the newest when it comes last.
// What is told around it may say otherwise: by its server's answer it is an older one, as
// in a history; or it was to replace a version (If-Match), and a server refuses that when
// another came after that one, so that nobody writes over what he has not read.

// stamp is a versionId, or a time, and who tells it of a record. The zero stamp is none.
type stamp struct {
	text string
	by   teller
}

// teller is who tells a stamp. Nobody who reads the record knows one that it does not tell
// itself.
type teller string

const (
	itself   teller = ""
	answer   teller = "=" // its server's, beside it
	followed teller = ">" // its request: that is the version which it replaced
)

// String is the stamp as it is remembered: its teller stands before it. No versionId and no
// time begins so.
func (s stamp) String() string { return string(s.by) + s.text }

// stampOf is the inverse of String.
func stampOf(text string) stamp {
	for _, by := range []teller{answer, followed} {
		if rest, is := strings.CutPrefix(text, string(by)); is {
			return stamp{rest, by}
		}
	}
	return stamp{text: text}
}

// said is what the record itself tells; "" for nothing.
func (s stamp) said() string {
	if s.by != itself {
		return ""
	}
	return s.text
}

// placed notes what is told of a version around its record.
func (k *kept) placed(o intake.Origin) {
	switch {
	case k.Version.text != "":
	case o.Version != "":
		k.Version = stamp{o.Version, answer}
	case o.Replaces != "":
		k.Version = stamp{o.Replaces, followed}
	}
	if k.Updated.text == "" && o.Updated != "" {
		k.Updated = stamp{o.Updated, answer}
	}
}

// version is what the record itself says of when it was made.
func (k *kept) version() fhir.Version {
	return fhir.Version{ID: k.Version.said(), Updated: k.Updated.said()}
}

// precedes reports whether a version came before another, or was to replace one that
// the other replaced, by what is told of both around their records.
func (k *kept) precedes(o *kept) bool {
	x, okX := fhir.ParseVersionNumber(k.Version.text)
	y, okY := fhir.ParseVersionNumber(o.Version.text)
	if okX && okY || k.Version.text == o.Version.text && k.Version.text != "" {
		order := y.Compare(x)
		return order > 0 || order == 0 && o.Version.by == followed
	}
	order, told := fhir.Version{Updated: k.Updated.text}.Compare(fhir.Version{Updated: o.Updated.text})
	return told && order < 0
}

// late reports whether a version would be taken for the newest and is not: it says no
// version itself, and by its server's answer, or by what it is to replace, another came
// after it.
func (a arrival) late(m *memory) bool {
	if a.kept.Version.by == itself && a.origin.Replaces == "" && a.kept.Updated.by == itself {
		return false
	}
	standing := m.standing(a.kept.name())
	for i, o := range standing {
		if a.kept.ordered(o) {
			continue
		}
		if a.kept.precedes(o) || a.origin.Replaces == o.Version.text && o.Version.text != "" && slices.ContainsFunc(standing[i+1:], func(p *kept) bool { return p.newer(o) }) {
			return true
		}
	}
	return false
}

// tooLate says what is late.
func (a arrival) tooLate() Note {
	if a.origin.Replaces == "" {
		return told(a.kept.name(), "by its server's answer (response) it is older than what stands, and says no version itself", "it is not kept, as it would be taken for the newest")
	}
	return told(a.kept.name(), "it was to replace version "+a.origin.Replaces+" (ifMatch), which was replaced before", "it is not kept; if it counts, send it without ifMatch")
}

// tooLate says why a transaction is nothing of which a condition does not hold: a server
// carries out none of it. So it is where nobody knows whether something of it was deleted since;
// what surely was is left out, as a DELETE would take it back alone. One that comes a second time
// is known.
func (p *piles) tooLate(b *bundle) error {
	for i, a := range b.held {
		b.held[i] = p.print(a)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, a := range b.held {
		if p.queued[a.kept.Print] || p.seen.has(a.kept.Print) {
			continue
		}
		why := ""
		switch {
		case b.kind == "transaction" && p.goneSince(a.subject, a.kept) == perhapsOld:
			why = a.kept.told() + ": " + gonePerhaps
		case a.origin.Replaces == "":
		default:
			if m := p.memory(a.subject); m != nil && a.late(m) {
				why = a.tooLate().String()
			}
		}
		if why != "" {
			return stele.E("import", stele.KindInvalid, why+"; nothing of the "+string(b.kind)+" was imported", nil)
		}
	}
	return nil
}

package wallet

import (
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A record that says no version of its own is taken for the newest when it comes last.
// What is told around it may say otherwise: by its server's answer it is an older one, as
// in a history; or it was to replace a version (If-Match), and a server refuses that when
// another came after that one, so that nobody writes over what he has not read.

// What stands before the version of a record, and before its time, where the record
// itself says none: nobody who reads it knows them.
const (
	following = ">" // the version that it replaced
	answered  = "=" // what its server's answer says
)

// placed notes what is told of a version around its record.
func (k *kept) placed(o intake.Origin) {
	switch {
	case k.Version != "":
	case o.Version != "":
		k.Version = answered + o.Version
	case o.Replaces != "":
		k.Version = following + o.Replaces
	}
	if k.Updated == "" && o.Updated != "" {
		k.Updated = answered + o.Updated
	}
}

// said is the version that a record says it is, "" for none.
func (k *kept) said() string {
	if strings.HasPrefix(k.Version, following) || strings.HasPrefix(k.Version, answered) {
		return ""
	}
	return k.Version
}

// position is where a version stands among others, as far as anything tells it: the number
// and whether it came after that, and the time.
func (k *kept) position() (version string, afterwards bool, at time.Time) {
	version, afterwards = strings.CutPrefix(k.Version, following)
	at, _ = time.Parse(time.RFC3339, strings.TrimPrefix(k.Updated, answered))
	return strings.TrimPrefix(version, answered), afterwards, at
}

// precedes reports whether a version came before another, or was to replace one that
// the other replaced, by what is told of both around their records.
func (k *kept) precedes(o *kept) bool {
	version, _, at := k.position()
	other, afterwards, when := o.position()
	x, okX := fhir.ParseVersionNumber(version)
	y, okY := fhir.ParseVersionNumber(other)
	if okX && okY || version == other && version != "" {
		order := y.Compare(x)
		return order > 0 || order == 0 && afterwards
	}
	return !at.IsZero() && at.Before(when)
}

// late reports whether a version would be taken for the newest and is not: it says no
// version itself, and by its server's answer, or by what it is to replace, another came
// after it.
func (a arrival) late(m *memory) bool {
	if a.kept.Version == a.record.Version && a.origin.Replaces == "" && a.kept.Updated == a.updated {
		return false
	}
	standing := m.standing(a.kept.name())
	for i, o := range standing {
		if a.kept.ordered(o) {
			continue
		}
		version, _, _ := o.position()
		if a.kept.precedes(o) || a.origin.Replaces == version && version != "" && slices.ContainsFunc(standing[i+1:], func(p *kept) bool { return p.newer(o) }) {
			return true
		}
	}
	return false
}

// tooLate says what is late.
func (a arrival) tooLate() string {
	if a.origin.Replaces == "" {
		return a.kept.name() + ": by its server's answer (response) it is older than what stands, and says no version itself: it is not kept, as it would be taken for the newest"
	}
	return a.kept.name() + ": it was to replace version " + a.origin.Replaces + " (ifMatch), which was replaced before: it is not kept; if it counts, send it without ifMatch"
}

// tooLate says why a transaction is nothing of which a condition does not hold: a server
// carries out none of it. One that comes a second time is known.
func (p *piles) tooLate(b *bundle) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, a := range b.held {
		if a.origin.Replaces == "" {
			continue
		}
		m := p.memory(a.subject)
		if a = p.print(a); m != nil && !p.queued[a.kept.Print] && !p.seen.has(a.kept.Print) && a.late(m) {
			return stele.E("import", stele.KindInvalid, a.tooLate()+"; nothing of the "+string(b.kind)+" was imported", nil)
		}
	}
	return nil
}

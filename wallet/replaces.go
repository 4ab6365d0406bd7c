package wallet

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// A PUT may say which version it is to replace (If-Match): a server refuses it when
// another came after that one, so that nobody writes over what he has not read. A file
// of such requests may come late, or a second time: what it holds is not the newest
// version then, and would be taken for it, as it says no version of its own.

// following stands before the version that a record replaced, where that is all that is
// told of its own version.
const following = ">"

// said is the version that a record says it is, "" for none.
func (k *kept) said() string {
	if strings.HasPrefix(k.Version, following) {
		return ""
	}
	return k.Version
}

// late reports whether the version that a record is to replace was replaced already.
func (a arrival) late(m *memory) bool {
	replaces, standing := a.origin.Replaces, m.standing(a.kept.name())
	if replaces == "" {
		return false
	}
	for i, o := range standing {
		said, afterwards := strings.CutPrefix(o.Version, following)
		order, told := compareVersions(said, replaces)
		switch {
		case a.kept.ordered(o):
		case afterwards && told && order >= 0, !afterwards && told && order > 0:
			return true
		case said == replaces && slices.ContainsFunc(standing[i+1:], func(p *kept) bool { return p.newer(o) }):
			return true
		}
	}
	return false
}

func compareVersions(a, b string) (order int, told bool) {
	x, okX := fhir.ParseVersionNumber(a)
	y, okY := fhir.ParseVersionNumber(b)
	return x.Compare(y), okX && okY || a == b
}

// tooLate says what is late.
func (a arrival) tooLate() string {
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

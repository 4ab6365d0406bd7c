package wallet

import (
	"maps"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A Medication is of nobody, and goes into the charts of those whose records refer to it.
// When it is corrected, its new version may come alone, or with another's order: whoever
// has the older one in her chart gets it, too. All charts are looked through for that only
// where a name was delivered before and its words were not.

// followedPrint tells whether what is followed of a name was ever delivered from here.
func (s *Session) followedPrint(name string) [16]byte { return s.namePrint("followed\x00" + name) }

// look notes what is followed and has words that no import brought before.
func (im *importing) look(r *fhir.Resource) {
	if !intake.Followed(r.Type()) {
		return
	}
	if print := im.s.fingerprint(stele.Subject{}, r.JSON); !im.seen.has(print) {
		im.mu.Lock()
		defer im.mu.Unlock()
		im.news = append(im.news, print)
	}
}

// holds returns in whose charts something of the same name and server stands, and may be
// written into. Of the others that may have an older one it is noted that they keep it: two
// servers that are not shown may both have a Medication/1.
func (im *importing) holds(bases map[string]string) map[string][]stele.Subject {
	maps.DeleteFunc(bases, func(name, _ string) bool { return !im.seen.has(im.s.followedPrint(name)) })
	if len(im.news) == 0 || len(bases) == 0 || im.unread != nil {
		return nil
	}
	found := map[string][]stele.Subject{}
	im.behind = map[string][]stele.Subject{}
	im.s.giving.Lock()
	defer im.s.giving.Unlock()
	im.unread = im.s.eachMemory(func(m *memory) {
		_, barred := im.s.WriteGrant(m.subject)
		for name, base := range bases {
			standing := m.standing(name)
			same := base != "" && slices.ContainsFunc(standing, func(k *kept) bool { return intake.Server(k.base) == intake.Server(base) })
			switch {
			case same && barred == nil:
				found[name] = append(found[name], m.subject)
			case same, slices.ContainsFunc(standing, func(k *kept) bool { return k.base == "" || base == "" }):
				im.behind[name] = append(im.behind[name], m.subject)
			}
		}
	})
	return found
}

// leaves says in whose charts one stands that a record of its name does not replace.
func (im *importing) leaves(name string, to []stele.Subject) string {
	var left []stele.Subject
	for _, subject := range im.behind[name] {
		if !slices.Contains(to, subject) {
			left = append(left, subject)
		}
	}
	if len(left) == 0 {
		return ""
	}
	return "one of that id, with other words, is in " + im.charts(left) + ", and stays there, as it may be another server's, or that chart may not be written into; if it is the same, import it in a batch with the records that refer to it"
}

// followed remembers which words came, when all of them have arrived.
func (im *importing) followed() error {
	if im.o.Dry || len(im.news) == 0 || len(im.piles.troubled) > 0 {
		return nil
	}
	return im.seen.add(im.news)
}

package ips

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/timeline"
)

// record is one record of the chart.
type record struct {
	item timeline.Item
	res  *fhir.Resource
	url  string // as an entry
	made []byte // as an entry, once document wrote it
}

// name is what a reference of one source's records means. The type is "" where it is not
// told, as by urn:uuid.
type name struct {
	source  stele.Subject
	typ, id string
}

// index finds the records that may be entries, and their names.
func (m *maker) index() {
	m.records, m.named, m.barred = map[stele.ID]*record{}, map[name]*record{}, map[stele.ID]bool{}
	for _, it := range m.seen {
		res, err := fhir.Parse(it.Record)
		if err != nil || m.records[it.Handle] != nil {
			continue
		}
		r := &record{item: it, res: res, url: urlOf(it.Handle)}
		m.records[it.Handle] = r
		if m.past[it.Handle] {
			continue
		}
		if res.Type() == "Patient" && m.known(r) {
			m.patient = r
		}
		if id := res.ID(); id != "" && !it.Source.IsZero() {
			m.add(name{source: it.Source, typ: res.Type(), id: id}, r)
			m.add(name{source: it.Source, id: id}, r)
		}
	}
}

// add names a record; a name of two records is nobody's, but that of one delivered twice.
func (m *maker) add(n name, r *record) {
	old, taken := m.named[n]
	switch {
	case !taken:
		m.named[n] = r
	case old == nil:
	case old.res.Type() != r.res.Type():
		m.named[n] = nil
	case string(r.item.Handle[:]) < string(old.item.Handle[:]):
		m.named[n] = r
	}
}

// known reports whether a Patient record is to be taken before the one that is: the
// newest delivered, else the one that says more.
func (m *maker) known(r *record) bool {
	old := m.patient
	switch {
	case old == nil:
		return true
	case !r.item.Anchored.Equal(old.item.Anchored):
		return r.item.Anchored.After(old.item.Anchored)
	case len(r.res.JSON) != len(old.res.JSON):
		return len(r.res.JSON) > len(old.res.JSON)
	}
	return string(r.item.Handle[:]) < string(old.item.Handle[:])
}

// urlOf is the fullUrl of a record: its handle.
func urlOf(id stele.ID) string {
	h := hex.EncodeToString(id[:])
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// find is the record to which a reference of another leads, nil for none that counts here.
func (m *maker) find(from *record, ref string) *record {
	ref, version, _ := strings.Cut(ref, "/_history/")
	if ref == "" || strings.ContainsAny(ref, "#?") {
		return nil
	}
	n := name{source: from.item.Source, id: ref}
	if strings.HasPrefix(ref, "urn:") {
		n.id = ref[strings.LastIndexByte(ref, ':')+1:]
	} else if at := strings.LastIndexByte(ref, '/'); at >= 0 {
		n.id = ref[at+1:]
		n.typ = ref[strings.LastIndexByte(ref[:at], '/')+1 : at]
	}
	r := m.named[n]
	if r == nil || version != "" && r.res.Path("meta.versionId") != version {
		return nil
	}
	return r
}

// supporting are the types that come with what refers to them.
var supporting = set([]string{"Medication", "Substance", "Device", "Practitioner", "PractitionerRole", "Organization", "Location", "Specimen"})

// comesWith reports whether what a pointer leads to comes with the entry: who and what is
// named in it, and the results of a panel or report.
func comesWith(p fhir.Pointer, r *record) bool {
	return supporting[r.res.Type()] || r.res.Type() == "Observation" && (p.Element == "Observation.hasMember" || p.Element == "DiagnosticReport.result")
}

// choose finds which records are entries: those of the lines that a section takes, and
// what comes with them.
func (m *maker) choose() {
	m.chosen = nil
	taken := map[stele.ID]bool{}
	take := func(r *record) bool {
		if r == nil || taken[r.item.Handle] || m.barred[r.item.Handle] || len(r.res.JSON) > mostRecord {
			return false
		}
		taken[r.item.Handle] = true
		m.chosen = append(m.chosen, r)
		return true
	}
	for _, p := range m.parts {
		p.entries = nil
		for _, l := range slices.Concat(p.lines, p.past) {
			for _, r := range m.fit(p, l) {
				if take(r); taken[r.item.Handle] && !slices.Contains(p.entries, r) {
					p.entries = append(p.entries, r)
				}
			}
		}
	}
	for n := 0; n < len(m.chosen); n++ {
		for _, p := range m.chosen[n].res.Pointers() {
			if r := m.find(m.chosen[n], p.To); r != nil && comesWith(p, r) {
				take(r)
			}
		}
	}
}

// fit are the records of a line that may be entries of its section: of a device its use,
// where the chart has one.
func (m *maker) fit(p *part, l line) (out []*record) {
	if !l.entry {
		return nil
	}
	var devices []*record
	for _, id := range l.of {
		switch r := m.records[id]; {
		case r == nil || m.barred[id]:
		case p.takes(r.res.Type()):
			out = append(out, r)
		case p.wraps(r):
			devices = append(devices, r)
		}
	}
	if len(out) == 0 {
		out = devices
	}
	return out
}

// wraps reports whether a section takes a device in a statement of its use, as the guide
// takes no device by itself.
func (p *part) wraps(r *record) bool {
	return p.name == "sectionMedicalDevices" && r.res.Type() == "Device"
}

// unfit bars the chosen records that break a rule, of FHIR or of the guide, and reports
// whether there were any.
func (m *maker) unfit() bool {
	found := false
	links := m.links()
	for _, r := range m.chosen {
		r.made = m.entry(r, links)
		if !keeps(r.made) {
			m.barred[r.item.Handle], found = true, true
		}
	}
	return found
}

// keeps reports whether a resource keeps FHIR's rules and those of its profile.
func keeps(resource []byte) bool {
	r, err := fhir.Parse(resource)
	if err != nil || len(r.Validate()) > 0 {
		return false
	}
	c := &checking{rules: table()}
	at := place{r.Root(), r.Type()}
	if p := c.profileOf(at); p != nil {
		c.profile(at, p)
	}
	return len(c.issues) == 0
}

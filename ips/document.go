package ips

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// The structures of what a summary adds to the records.
type (
	object map[string]any // keys in the order of the alphabet, which json keeps

	bundleJSON struct {
		ResourceType string      `json:"resourceType"`
		ID           string      `json:"id,omitempty"`
		Meta         object      `json:"meta"`
		Identifier   object      `json:"identifier"`
		Type         string      `json:"type"`
		Timestamp    string      `json:"timestamp"`
		Entry        []entryJSON `json:"entry"`
	}

	entryJSON struct {
		FullURL  string          `json:"fullUrl"`
		Resource json.RawMessage `json:"resource"`
	}

	compositionJSON struct {
		ResourceType    string        `json:"resourceType"`
		Meta            object        `json:"meta"`
		Text            object        `json:"text"`
		Status          string        `json:"status"`
		Type            object        `json:"type"`
		Subject         object        `json:"subject"`
		Date            string        `json:"date"`
		Author          []object      `json:"author"`
		Title           string        `json:"title"`
		Confidentiality string        `json:"confidentiality"`
		Section         []sectionJSON `json:"section"`
	}

	sectionJSON struct {
		Title       string   `json:"title"`
		Code        object   `json:"code"`
		Text        object   `json:"text"`
		Entry       []object `json:"entry,omitempty"`
		EmptyReason object   `json:"emptyReason,omitempty"`
	}
)

const (
	documentCode  = "60591-5" // LOINC, Patient summary Document
	emptyReasons  = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
	uris          = "urn:ietf:rfc:3986"
	submissionsIn = "urn:stele:submission" // system of the deliveries that a Provenance names
)

// document writes the Bundle: the Composition, the person, who made it, the records and
// where they are from.
func (m *maker) document() ([]byte, error) {
	links := m.links()
	author := m.own("author")
	entries := []entryJSON{
		{m.own("composition"), nil},
		{m.patientURL(), m.whoIs(links)},
		{author, compact(object{
			"resourceType": "Device", "type": object{"text": "software that made this summary"},
			"deviceName": []object{{"name": telling.Maker, "type": "user-friendly-name"}},
		})},
	}
	sections := make([]sectionJSON, len(m.parts))
	for i, p := range m.parts {
		refs := make([]object, len(p.entries))
		for n, r := range p.entries {
			refs[n] = object{"reference": r.url}
			if p.wraps(r) {
				use := m.own("use of " + r.url)
				refs[n] = object{"reference": use}
				entries = append(entries, entryJSON{use, m.use(r)})
			}
		}
		sections[i] = m.section(p, refs)
	}
	for _, r := range m.chosen {
		entries = append(entries, entryJSON{r.url, r.made})
	}
	entries = append(entries, m.origins()...)
	entries[0].Resource = compact(compositionJSON{
		ResourceType: "Composition", Meta: profiled("Composition-uv-ips"), Text: narrative(m.foreword()), Status: "final", Type: coded(loinc, documentCode),
		Subject: object{"reference": m.patientURL()}, Date: m.at(), Author: []object{{"reference": author}}, Title: "Patient summary",
		Confidentiality: m.confidentiality(), Section: sections,
	})
	b := bundleJSON{ResourceType: "Bundle", ID: m.o.ID, Meta: profiled("Bundle-uv-ips"), Type: "document", Timestamp: m.at(), Entry: entries}
	b.Identifier = object{"system": uris, "value": uuidOf(compact(b))}
	return compact(b), nil
}

func (m *maker) at() string { return m.o.At.Format(time.RFC3339) }

// own names what the summary itself adds, by what it is and when.
func (m *maker) own(what string) string {
	return uuidOf([]byte(what + " " + m.patientURL() + " " + m.at()))
}

// uuidOf is a name made of what it names (RFC 9562, version 8).
func uuidOf(src []byte) string {
	sum := sha256.Sum256(append([]byte("stele ips "), src...))
	var id stele.ID
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return urlOf(id)
}

func profiled(name string) object { return object{"profile": []string{table().profiles[name].url}} }

func coded(system, code string) object {
	return object{"coding": []object{{"system": system, "code": code}}}
}

// narrative is a Narrative of XHTML that says more than entries do.
func narrative(div string) object { return object{"status": "additional", "div": div} }

// section writes a section. Where it has no entry it says why, which is never that there
// is nothing: only a source can say that.
func (m *maker) section(p *part, refs []object) sectionJSON {
	out := sectionJSON{Title: p.title, Code: coded(loinc, p.code), Text: narrative(m.told(p)), Entry: refs}
	if len(refs) == 0 {
		out.EmptyReason = coded(emptyReasons, "unavailable")
		out.EmptyReason["text"] = "nothing is listed here; that is not the same as none"
		if !p.empty() {
			out.EmptyReason["text"] = "no coded entry: read the text"
		}
	}
	return out
}

// use is a statement that a device is in use, made of the device's own record.
func (m *maker) use(device *record) []byte {
	return m.complete(compact(object{
		"resourceType": "DeviceUseStatement", "status": "active", "subject": object{"reference": m.patientURL()},
		"device": object{"reference": device.url}, "note": []object{{"text": "made from the record of the device"}},
	}))
}

// origins say who delivered the records, when and with what: one Provenance a delivery.
func (m *maker) origins() (out []entryJSON) {
	of := map[origin][]object{}
	list := slices.Clone(m.chosen)
	if m.patient != nil {
		list = append(list, m.patient)
	}
	for _, r := range list {
		o := origin{r.item.Source, r.item.SourceName, r.item.Proof, r.item.Anchored.UnixMilli(), r.item.Anchored.IsZero()}
		if o.undated && !r.item.Made.IsZero() {
			o.at, o.undated = r.item.Made.UnixMilli(), false
		}
		of[o] = append(of[o], object{"reference": r.url})
	}
	var all []origin
	for o := range of {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b origin) int {
		return cmp.Or(cmp.Compare(a.name, b.name), slices.Compare(a.source[:], b.source[:]), cmp.Compare(a.at, b.at), slices.Compare(a.proof[:], b.proof[:]))
	})
	for _, o := range all {
		out = append(out, entryJSON{m.own(fmt.Sprintf("origin %x %x %d", o.source, o.proof, o.at)), compact(o.provenance(of[o]))})
	}
	return out
}

// origin is one delivery.
type origin struct {
	source  stele.Subject
	name    string
	proof   stele.ID // submission whose anchor proves it
	at      int64    // when it was anchored, or made; Unix milliseconds
	undated bool
}

func (o origin) provenance(targets []object) object {
	who := object{"display": sourceName(o.name, o.source)}
	if !o.source.IsZero() {
		who["identifier"] = object{"system": uris, "value": o.source.String()}
	}
	p := object{"resourceType": "Provenance", "target": targets, "agent": []object{{"type": object{"text": "delivered it"}, "who": who}}}
	if p["recorded"] = time.UnixMilli(o.at).UTC().Format("2006-01-02T15:04:05.000Z07:00"); o.undated {
		delete(p, "recorded")
		p["_recorded"] = json.RawMessage(unknown)
	}
	if o.proof != (stele.ID{}) {
		p["entity"] = []object{{"role": "source", "what": object{"identifier": object{"system": submissionsIn, "value": o.proof.String()}}}}
	}
	return p
}

// sourceName is how a source is called.
func sourceName(name string, source stele.Subject) string {
	switch {
	case source.IsZero():
		return "source not proved"
	case telling.Clean(name) != "":
		return telling.Clean(name)
	}
	return source.Short()
}

// confidentiality is R where a sensitivity was allowed and something has one, else N (HL7
// v3-Confidentiality).
func (m *maker) confidentiality() string {
	for _, r := range m.chosen {
		if len(r.item.Label.Sensitivity) > 0 {
			return "R"
		}
	}
	for _, p := range m.parts {
		for _, l := range p.all() {
			for _, id := range l.of {
				if r := m.records[id]; r != nil && len(r.item.Label.Sensitivity) > 0 {
					return "R"
				}
			}
		}
	}
	return "N"
}

package timeline

import (
	"strconv"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// A key names a resource of one source: "1/Medication/7". Ids are unique among
// one source's resources of one type only (FHIR R4 resource.html, Resource.id).
// Where a reference does not tell the type, as urn:uuid, the type is "*".

// nobody is the source of records of which nobody proves who delivered them. They may
// be of many, and so refer to nothing and are referred to by nothing.
const nobody = -1

// whoseOf returns the source whose references a record knows, by its number.
func whoseOf(it Item, number int) int {
	if it.Source.IsZero() {
		return nobody
	}
	return number
}

// reference returns the key of what a literal reference names: relative,
// absolute, versioned or urn:uuid. A fragment, a conditional reference and an
// empty one have none. A version in it is left out: see pinned.
func reference(source int, ref string) string {
	ref, _, _ = strings.Cut(ref, "/_history/")
	if ref == "" || source == nobody || strings.ContainsAny(ref, "#?") {
		return ""
	}
	kind, id := "*", ref
	if strings.HasPrefix(ref, "urn:") {
		id = ref[strings.LastIndexByte(ref, ':')+1:]
	} else if i := strings.LastIndexByte(ref, '/'); i >= 0 {
		id = ref[i+1:]
		kind = ref[strings.LastIndexByte(ref[:i], '/')+1 : i]
	}
	if id == "" || kind == "" {
		return ""
	}
	return strconv.Itoa(source) + "/" + kind + "/" + id
}

// pinned is reference with the version that it names.
func pinned(source int, ref string) string {
	key := reference(source, ref)
	if _, version, ok := strings.Cut(ref, "/_history/"); ok && key != "" && version != "" {
		return key + "/_history/" + version
	}
	return key
}

// keysOf returns the keys under which others of its source refer to a resource:
// by type, and by id alone.
func keysOf(source int, r fhir.Value) []string {
	id := textOf(r, "id")
	key := reference(source, textOf(r, "resourceType")+"/"+id)
	if id == "" || key == "" {
		return nil
	}
	return []string{key, reference(source, "urn:uuid:"+id)}
}

// index finds by key. A key of two different things, as an id without a type
// may be, finds nothing.
type index map[string]int

func (x index) add(key string, n int) {
	if old, ok := x[key]; ok && old != n {
		n = -1
	}
	x[key] = n
}

func (x index) find(key string) (int, bool) {
	n, ok := x[key]
	return n, ok && n >= 0
}

// link is a reference of one source to a record that tells itself.
type link struct {
	source              int
	key, version, words string // version is "" where any is meant
}

func linksOf(source int, list []telling.Link) (out []link) {
	for _, l := range list {
		_, version, _ := strings.Cut(l.Reference, "/_history/")
		out = append(out, link{source, reference(source, l.Reference), version, l.Words})
	}
	return out
}

// other reports whether what a link leads to is another version than it names.
func (l link) other(e Entry) bool {
	version := textOf(e.record.Root(), "meta", "versionId")
	return l.version != "" && version != "" && l.version != version
}

// named is what others may refer to.
type named struct{ name, kind string }

// names are what records are called, by the keys under which others refer to them.
type names map[string]named

// find is how a source's record finds what its literal references lead to.
func (x names) find(source int) func(ref string) (name, kind string) {
	return func(ref string) (string, string) {
		n, ok := x[pinned(source, ref)]
		if !ok {
			n = x[reference(source, ref)]
		}
		return n.name, n.kind
	}
}

// namesOf names everything that other items may refer to, but whose chart it is: first
// the medicines, by which what was ordered or given is called. A version that is
// no longer the newest keeps its name for those who refer to that version; what
// was withdrawn is named as such, as whoever refers to it refers to an error.
func namesOf(items []Item, records []telling.Record, numbers map[stele.Subject]int, of verdicts) names {
	names := names{}
	names.add(items, records, numbers, of, func(kind string) bool { return kind == "Medication" })
	names.add(items, records, numbers, of, func(kind string) bool { return kind != "Medication" && kind != "Patient" })
	return names
}

func (names names) add(items []Item, records []telling.Record, numbers map[stele.Subject]int, of verdicts, these func(kind string) bool) {
	for i, it := range items {
		r, whose := records[i].Root(), whoseOf(it, numbers[it.Source])
		if !these(textOf(r, "resourceType")) {
			continue
		}
		name := records[i].Name(names.find(whose))
		if of[i].version == Withdrawn && name != "" && records[i].Retracted() {
			name += " " + telling.InError
		} else if of[i].version == Withdrawn && name != "" {
			name += " " + telling.Withdrawn
		}
		n := named{name, textOf(r, "resourceType")}
		for _, key := range keysOf(whose, r) {
			if v := textOf(r, "meta", "versionId"); v != "" {
				names[key+"/_history/"+v] = n
			}
			if of[i].version == Earlier {
				continue
			}
			if old, ok := names[key]; ok && old != n && strings.Contains(key, "/*/") {
				names[key] = named{} // two things of one id, and a reference that does not say of which type
				continue
			}
			names[key] = n
		}
	}
}

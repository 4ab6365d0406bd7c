package labels

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/stele-health/stele/fhir"
)

// A Shelf keeps what other records refer to for their meaning: medicines,
// substances, devices, texts; and the documents whose content is in a Binary. Of one
// name there may be several in the files of one import; all of them count, for a label
// too many only hides.
type Shelf struct {
	mu        sync.Mutex
	named     map[string][]*fhir.Resource
	documents map[string][]*fhir.Resource // by the name of their Binary
	bytes     int
}

// maxShelf bounds what is kept, maxNamesakes how many of one name. For what is
// beyond, one that says nothing stands: what refers to it cannot be classified,
// and all that is kept still counts.
const (
	maxShelf     = 64 << 20
	maxNamesakes = 16
)

// unkept stands for what a shelf had no place for.
var unkept = sync.OnceValue(func() *fhir.Resource {
	r, err := fhir.Parse([]byte(`{"resourceType":"Medication"}`))
	if err != nil {
		panic(err)
	}
	return r
})

// NewShelf makes an empty shelf.
func NewShelf() *Shelf {
	return &Shelf{named: map[string][]*fhir.Resource{}, documents: map[string][]*fhir.Resource{}}
}

// Keep takes a resource, if others may mean it, or if its content is in others.
func (s *Shelf) Keep(fullURL string, r *fhir.Resource) {
	switch typ := r.Type(); {
	case typ == "Medication", typ == "Substance", typ == "Device", typ == "Binary" && Readable(r.Path("contentType")):
		s.keep(s.named, r, lastName(fullURL), r.Name())
	case typ != "Binary":
		s.keep(s.documents, r, contents(r)...)
	}
}

// contents are the names of the Binaries that may be the content of a record.
func contents(r *fhir.Resource) (names []string) {
	if typ := r.Type(); typ != "DocumentReference" && typ != "Composition" && !bytes.Contains(r.JSON, []byte("Binary/")) {
		return nil
	}
	for _, p := range r.Pointers() {
		if p.Attached() || p.Type == "Binary" || p.Element == "Composition.section.entry" && strings.HasPrefix(p.To, "urn:") {
			names = append(names, lastName(p.To))
		}
	}
	return names
}

// keep puts a resource under names, while there is room.
func (s *Shelf) keep(shelf map[string][]*fhir.Resource, r *fhir.Resource, names ...string) {
	if len(names) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.bytes+4*len(r.JSON) > maxShelf
	if !full {
		s.bytes += 4 * len(r.JSON)
	}
	for _, name := range names {
		list := shelf[name]
		switch {
		case name == "" || slices.ContainsFunc(list, func(o *fhir.Resource) bool { return o == r || bytes.Equal(o.JSON, r.JSON) }):
		case full || len(list) >= maxNamesakes:
			if !slices.Contains(list, unkept()) {
				shelf[name] = append(list, unkept())
			}
		default:
			shelf[name] = append(list, r)
		}
	}
}

// DocumentsOf are the records whose content a Binary may be.
func (s *Shelf) DocumentsOf(fullURL string, r *fhir.Resource) (found []*fhir.Resource) {
	if r.Type() != "Binary" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{lastName(fullURL), r.Name()} {
		for _, d := range s.documents[name] {
			if !slices.Contains(found, d) {
				found = append(found, d)
			}
		}
	}
	return found
}

// Meant is a Resolver.
func (s *Shelf) Meant(reference string) []*fhir.Resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.named[lastName(reference)]
}

// lastName is the Type/id of a literal reference, whatever its base and version;
// a urn is its own name, and, once it has become an id, the id's.
func lastName(reference string) string {
	if id, ok := strings.CutPrefix(reference, "urn:uuid:"); ok {
		return "Medication/" + id
	}
	reference, _, _ = strings.Cut(reference, "/_history/")
	parts := strings.Split(reference, "/")
	if len(parts) < 2 {
		return reference
	}
	return strings.Join(parts[len(parts)-2:], "/")
}

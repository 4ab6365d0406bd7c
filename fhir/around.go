package fhir

import "strings"

// Around is what stands around the entries of a Bundle, as far as it shows of which
// server they are.
type Around struct {
	Outer   int    // the Bundle in which it stands; 0 for none
	FullURL string // of its entry there
	Self    string // its link to itself: what was asked for (FHIR R4 § Bundle.link)
}

// Around returns what stands around the Bundles of a stream, by their numbers. It is
// whole once Next has returned io.EOF, as a Bundle may say it after its entries.
func (r *Reader) Around() map[int]Around { return r.around }

// note notes what has been read of a Bundle around its entries: its marks, and where it
// comes from.
func (r *Reader) note(b *bundle) {
	if r.marks == nil {
		r.marks, r.around = map[int][]Mark{}, map[int]Around{}
	}
	at := Around{FullURL: b.base.FullURL}
	if len(r.open) > 1 {
		at.Outer = r.open[len(r.open)-2].number
	}
	doc := b.doc
	if doc == nil {
		doc, _ = parseDocument(append(append([]byte(nil), b.envelope...), "[]}"...))
	}
	if doc != nil {
		r.marks[b.number], at.Self = doc.marks(), doc.self()
	}
	r.around[b.number] = at
}

// self is the address of a Bundle's link to itself.
func (d *document) self() (self string) {
	d.each(d.member(0, "link"), func(item int32) {
		if d.memberText(item, "relation") == "self" {
			self = d.memberText(item, "url")
		}
	})
	return self
}

// AskedBase returns the server's base of the address of a request:
// "https://host/fhir" of "https://host/fhir/Patient/1/$everything?_count=9" and of
// "https://host/fhir?_getpages=7"; "" where it shows none.
func AskedBase(address string) string {
	address, _, _ = strings.Cut(address, "#")
	address, _, _ = strings.Cut(address, "?")
	scheme, rest, is := strings.Cut(address, "://")
	if !is || rest == "" {
		return ""
	}
	steps := strings.Split(rest, "/")
	for i, step := range steps[1:] {
		t := tables().types[step]
		if t != nil && t.kind == 'R' || strings.HasPrefix(step, "_") || strings.HasPrefix(step, "$") {
			steps = steps[:i+1]
			break
		}
	}
	return strings.TrimSuffix(scheme+"://"+strings.Join(steps, "/"), "/")
}

package fhir

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/stele-health/stele"
)

// Renamed returns the resource with another id ("" leaves it) and with the
// references that to changes: it is asked for each literal reference and each
// url of the resource, and returns "" for those that stay. Everything else keeps
// its bytes.
func (r *Resource) Renamed(id string, to func(ref string, literal bool) string) (*Resource, error) {
	d := r.doc
	own := d.member(0, "id")
	if id != "" && own < 0 {
		named, err := r.withID(id)
		if err != nil {
			return nil, err
		}
		return named.Renamed("", to)
	}
	w := rewriting{from: d}
	for i := range d.nodes {
		n := &d.nodes[i]
		if n.kind != stringNode || n.keyEnd == 0 {
			continue
		}
		switch key := string(d.key(int32(i))); key {
		case "id":
			if id != "" && own == int32(i) {
				w.put(int32(i), id)
			}
		case "reference", "url", "valueUri", "valueUrl":
			if ref := to(string(d.text(int32(i))), key == "reference"); ref != "" {
				w.put(int32(i), ref)
			}
		}
	}
	if len(w.edits) == 0 {
		return r, nil
	}
	doc := w.done()
	return &Resource{JSON: doc.src, doc: doc}, nil
}

// withID gives an id to a resource that has none.
func (r *Resource) withID(id string) (*Resource, error) {
	typ := &r.doc.nodes[r.doc.member(0, "resourceType")]
	quoted, _ := json.Marshal(id)
	named, err := Parse(slices.Concat(r.doc.src[:typ.end], []byte(`,"id":`), quoted, r.doc.src[typ.end:]))
	if err != nil {
		return nil, stele.E("rename resource", stele.KindInvalid, "", err)
	}
	return named, nil
}

// rewriting gives strings of a document other texts. Nodes stay what they are, and
// lie elsewhere.
type rewriting struct {
	from  *document
	src   []byte
	edits []edit
}

// edit is a string that became another: node, where the old one ended, and by how much
// all lies further from there on.
type edit struct{ node, end, by int32 }

// put gives a string another text. Strings come in the order of the document.
func (w *rewriting) put(i int32, text string) {
	n, last := &w.from.nodes[i], edit{}
	if len(w.edits) == 0 {
		w.src, w.edits = make([]byte, 0, len(w.from.src)+256), make([]edit, 0, 8)
	} else {
		last = w.edits[len(w.edits)-1]
	}
	quoted, _ := json.Marshal(text)
	w.src = append(append(w.src, w.from.src[last.end:n.at]...), quoted...)
	w.edits = append(w.edits, edit{i, n.end, last.by + int32(len(quoted)) - (n.end - n.at)})
}

// done returns the document as it became; something was put.
func (w *rewriting) done() *document {
	w.src = append(w.src, w.from.src[w.edits[len(w.edits)-1].end:]...)
	doc := &document{src: w.src, nodes: slices.Clone(w.from.nodes)}
	for i := range doc.nodes {
		n := &doc.nodes[i]
		n.keyAt, n.keyEnd, n.at, n.end = w.moved(n.keyAt), w.moved(n.keyEnd), w.moved(n.at), w.moved(n.end)
	}
	for _, e := range w.edits {
		n := &doc.nodes[e.node]
		n.escaped = bytes.IndexByte(doc.src[n.at:n.end], '\\') >= 0
	}
	return doc
}

// moved says where a place of the old document is in the new one.
func (w *rewriting) moved(at int32) int32 {
	after, _ := slices.BinarySearchFunc(w.edits, at, func(e edit, at int32) int { return int(e.end) - int(at) - 1 })
	if after == 0 {
		return at
	}
	return at + w.edits[after-1].by
}

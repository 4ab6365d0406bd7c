package fhir

import (
	"encoding/json"

	"github.com/stele-health/stele"
)

// Renamed returns the resource with another id ("" leaves it) and with the
// references that to changes: it is asked for each literal reference and each
// url of the resource, and returns "" for those that stay. Everything else keeps
// its bytes.
func (r *Resource) Renamed(id string, to func(ref string, literal bool) string) (*Resource, error) {
	d := r.doc
	out := make([]byte, 0, len(d.src)+64)
	from := int32(0)
	put := func(n *node, text string) {
		quoted, _ := json.Marshal(text)
		out = append(append(out, d.src[from:n.at]...), quoted...)
		from = n.end
	}
	has := d.member(0, "id") >= 0
	for i := range d.nodes {
		n := &d.nodes[i]
		if n.kind != stringNode || n.keyEnd == 0 {
			continue
		}
		switch key := string(d.key(int32(i))); {
		case id == "":
		case key == "id" && d.member(0, "id") == int32(i):
			put(n, id)
			continue
		case key == "resourceType" && !has && d.member(0, key) == int32(i):
			quoted, _ := json.Marshal(id)
			out = append(append(append(out, d.src[from:n.end]...), `,"id":`...), quoted...)
			from = n.end
			continue
		}
		switch key := string(d.key(int32(i))); key {
		case "reference", "url", "valueUri", "valueUrl":
			if ref := to(string(d.text(int32(i))), key == "reference"); ref != "" {
				put(n, ref)
			}
		}
	}
	out = append(out, d.src[from:]...)
	renamed, err := Parse(out)
	if err != nil {
		return nil, stele.E("rename resource", stele.KindInvalid, "", err)
	}
	return renamed, nil
}

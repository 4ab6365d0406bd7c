package fhir

import "slices"

// A Mark is a code by which a source says how confidential something is, or what is
// sensitive in it (FHIR R4 § Security Labels).
type Mark struct{ Code, Display string }

// marks reads the marks of a Bundle, meta.security.
func (d *document) marks() (found []Mark) {
	d.each(d.member(d.member(0, "meta"), "security"), func(item int32) {
		found = append(found, Mark{d.memberText(item, "code"), d.memberText(item, "display")})
	})
	return found
}

// Marks returns the marks of the Bundles that a stream holds, by their numbers, each with
// those of the Bundles in which it stands: they count for all that is in it. It is whole
// once Next has returned io.EOF, as a Bundle may say them after its entries.
func (r *Reader) Marks() map[int][]Mark {
	all := map[int][]Mark{}
	for number := 1; number <= r.bundles; number++ { // what stands in another has the higher number
		if found := slices.Concat(r.marks[number], all[r.around[number].Outer]); len(found) > 0 {
			all[number] = found
		}
	}
	return all
}

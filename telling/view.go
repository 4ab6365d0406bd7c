package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// view is a place in a resource's JSON. A place that does not exist is the zero
// view, so that a path through a broken resource ends in nothing, not in a
// panic.
//
// What is said of a resource is noted as it is read: text and what builds on it
// (say, amount, …) says a value and notes it, raw and what builds on that
// (hasCode, codesOf, …) only looks. What was not said by the end makes the line's
// mark; see more.go.
type view struct {
	v    fhir.Value
	said []bool // by fhir.Value.Index; nil where nobody counts
}

// read decodes one resource; what the fhir room does not take for one is the
// zero view: it refuses, for one, equal keys, of which two readers could see
// different ones. Numbers keep the digits their author wrote.
func read(src []byte) view {
	r, err := fhir.Parse(src)
	if err != nil {
		return view{}
	}
	return view{r.Root(), make([]bool, r.Nodes())}
}

// quiet is the same place, looked at without saying anything of it.
func (w view) quiet() view { return view{v: w.v} }

// undo returns what takes back all that is said of the place, and of what it holds, from
// now on.
func (w view) undo() func() {
	if w.said == nil {
		return func() {}
	}
	said := w.said[w.v.Index():w.v.End()]
	before := slices.Clone(said)
	return func() { copy(said, before) }
}

// tell notes that the place is said, with all that it holds.
func (w view) tell() {
	if w.said == nil {
		return
	}
	for i := w.v.Index(); i < w.v.End(); i++ {
		w.said[i] = true
	}
}

// at follows keys down; a list on the way stands for its first entry.
func (w view) at(path ...string) view {
	v := w.v
	for _, key := range path {
		if v.IsArray() {
			v = firstItem(v)
		}
		v = v.Member(key)
	}
	return view{v, w.said}
}

func firstItem(list fhir.Value) fhir.Value {
	for item := range list.All() {
		return item
	}
	return fhir.Value{}
}

// list returns the entries of a list, or the single value as a list of one.
func (w view) list() []view {
	switch {
	case !w.has():
		return nil
	case !w.v.IsArray():
		return []view{w}
	}
	var out []view
	for item := range w.v.All() {
		out = append(out, view{item, w.said})
	}
	return out
}

// inside are the resources within the record to which a local reference leads (FHIR R4
// § Contained Resources): one, but where two of them have one id. "#" alone is the record
// itself.
func (w view) inside() (found []view) {
	id, local := strings.CutPrefix(w.at("reference").raw(), "#")
	if !local || id == "" {
		return nil
	}
	for _, c := range (view{w.v.Root(), w.said}).at("contained").list() {
		if c.at("id").raw() == id {
			found = append(found, c)
		}
	}
	return found
}

func (w view) has() bool { return w.v.Exists() && !w.v.IsNull() }

// text says a scalar as clean text, "" for anything else.
func (w view) text() string {
	v := w.v
	if v.IsArray() {
		v = firstItem(v)
	}
	out := scalar(v)
	if out != "" && w.said != nil {
		w.said[v.Index()] = true
	}
	return out
}

func scalar(v fhir.Value) string {
	switch {
	case v.IsText():
		return Clean(rows(v.Text()))
	case v.IsNumber():
		return v.Text()
	case v.IsBool():
		if v.Text() == "true" {
			return "yes"
		}
		return "no"
	}
	return ""
}

// raw returns a string as it stands in the resource.
func (w view) raw() string {
	if w.v.IsText() {
		return w.v.Text()
	}
	return ""
}

// first says the first of the paths (dots between keys) that has text.
func (w view) first(paths ...string) string {
	for _, p := range paths {
		if s := w.at(strings.Split(p, ".")...).text(); s != "" {
			return s
		}
	}
	return ""
}

package timeline

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/stele-health/stele/fhir"
)

// view is a place in a resource's JSON. A place that does not exist is the zero
// view, so that a path through a broken resource ends in nothing, not in a
// panic.
type view struct{ v any }

// read decodes one resource; what the fhir room does not take for one is the
// zero view: it refuses, for one, equal keys, of which two readers could see
// different ones. Numbers keep the digits their author wrote.
func read(src []byte) view {
	r, err := fhir.Parse(src)
	if err != nil {
		return view{}
	}
	d := json.NewDecoder(bytes.NewReader(r.JSON))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return view{}
	}
	return view{v}
}

// at follows keys down; a list on the way stands for its first entry.
func (w view) at(path ...string) view {
	v := w.v
	for _, key := range path {
		if list, ok := v.([]any); ok {
			if len(list) == 0 {
				return view{}
			}
			v = list[0]
		}
		m, ok := v.(map[string]any)
		if !ok {
			return view{}
		}
		v = m[key]
	}
	return view{v}
}

// list returns the entries of a list, or the single value as a list of one.
func (w view) list() []view {
	switch v := w.v.(type) {
	case nil:
		return nil
	case []any:
		out := make([]view, len(v))
		for i := range v {
			out[i] = view{v[i]}
		}
		return out
	}
	return []view{w}
}

func (w view) has() bool { return w.v != nil }

// text returns a scalar as clean text, "" for anything else.
func (w view) text() string {
	v := w.v
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	switch v := v.(type) {
	case string:
		return clean(v)
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	return ""
}

// raw returns a string as it stands in the resource.
func (w view) raw() string {
	s, _ := w.v.(string)
	return s
}

// first returns the first of the paths (dots between keys) that has text.
func (w view) first(paths ...string) string {
	for _, p := range paths {
		if s := w.at(strings.Split(p, ".")...).text(); s != "" {
			return s
		}
	}
	return ""
}

// clean makes one line of a text and takes out what a terminal would act on or
// what could turn the direction of a line: a resource is somebody else's text.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

package consent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stele-health/stele"
)

const (
	maxDepth = 16
)

// decode reads JSON into map[string]any, []any, string, json.Number, bool and
// nil. encoding/json alone would take the last of two equal keys, match struct
// fields without regard to case, and mend broken UTF-8: each a way for two
// readers to see two consents in one document.
func decode(src []byte) (any, bool) {
	if len(src) > stele.MaxDocument || !utf8.Valid(src) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	v, ok := decodeValue(d, 0)
	if !ok {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}

func decodeValue(d *json.Decoder, depth int) (any, bool) {
	t, err := d.Token()
	if err != nil || depth > maxDepth {
		return nil, false
	}
	switch t {
	case json.Delim('{'):
		return decodeObject(d, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, ok := decodeValue(d, depth+1)
			if !ok {
				return nil, false
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err == nil
	}
	return t, true
}

func decodeObject(d *json.Decoder, depth int) (any, bool) {
	object := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, false
		}
		key, isKey := t.(string)
		if _, twice := object[key]; twice || !isKey {
			return nil, false
		}
		v, ok := decodeValue(d, depth+1)
		if !ok {
			return nil, false
		}
		object[key] = v
	}
	_, err := d.Token()
	return object, err == nil
}

// reader collects the first thing that is wrong with a document, so that the
// code that reads it can be read too.
type reader struct{ err error }

// refuse notes an element by its path, never by its value.
func (r *reader) refuse(path, text string) {
	if r.err == nil {
		r.err = stele.E("read grant document", stele.KindInvalid, path+" "+text, nil)
	}
}

// element is a JSON object being read. Taking a field removes it; done refuses
// what nobody took.
type element struct {
	*reader
	path   string
	fields map[string]any
}

func (r *reader) element(path string, v any) element {
	fields, ok := v.(map[string]any)
	if !ok {
		r.refuse(path, "is not an object")
		fields = map[string]any{}
	}
	return element{r, path, fields}
}

// take returns a field, nil where it is missing.
func (e element) take(name string) any {
	v := e.fields[name]
	delete(e.fields, name)
	return v
}

func (e element) has(name string) bool {
	_, ok := e.fields[name]
	return ok
}

// text returns a string that has to be there; FHIR has no empty strings.
func (e element) text(name string) string {
	s, ok := e.take(name).(string)
	if !ok || s == "" {
		e.refuse(e.path+"."+name, "is missing or not a text")
	}
	return s
}

// mayText returns a string that may be missing.
func (e element) mayText(name string) string {
	if !e.has(name) {
		return ""
	}
	return e.text(name)
}

// fixed refuses every value but one.
func (e element) fixed(name, want string) {
	if e.text(name) != want {
		e.refuse(e.path+"."+name, "is not "+want)
	}
}

func (e element) child(name string) element {
	path := e.path + "." + name
	if !e.has(name) {
		e.refuse(path, "is missing")
		return element{e.reader, path, map[string]any{}}
	}
	return e.element(path, e.take(name))
}

// children returns the entries of a list with at least min and at most max of
// them.
func (e element) children(name string, min, max int) []element {
	path := e.path + "." + name
	var list []any
	if e.has(name) {
		var ok bool
		if list, ok = e.take(name).([]any); !ok || len(list) == 0 {
			e.refuse(path, "is not a list")
			return nil
		}
	}
	if len(list) < min || len(list) > max {
		e.refuse(path, "has too few or too many entries")
		return nil
	}
	out := make([]element, len(list))
	for i, v := range list {
		out[i] = e.element(path+"["+strconv.Itoa(i)+"]", v)
	}
	return out
}

// one returns the only entry of a list.
func (e element) one(name string) element {
	if list := e.children(name, 1, 1); len(list) == 1 {
		return list[0]
	}
	return element{e.reader, e.path + "." + name, map[string]any{}}
}

func (e element) number(name string) uint32 {
	n, _ := e.take(name).(json.Number)
	v, err := strconv.ParseUint(n.String(), 10, 32)
	if err != nil || v > math.MaxInt32 || strings.HasPrefix(n.String(), "0") {
		e.refuse(e.path+"."+name, "is not a positive number")
	}
	return uint32(v)
}

func (e element) bytes(name string) []byte {
	raw, err := base64.StdEncoding.Strict().DecodeString(e.text(name))
	if err != nil {
		e.refuse(e.path+"."+name, "is not base64")
	}
	return raw
}

// ignore drops fields that cannot change what the consent allows.
func (e element) ignore(names ...string) {
	for _, n := range names {
		delete(e.fields, n)
	}
}

// done refuses what is left: an element that was not understood could narrow
// the consent, and a reader who overlooked it would open too much.
func (e element) done() {
	if len(e.fields) == 0 {
		return
	}
	names := make([]string, 0, len(e.fields))
	for n := range e.fields {
		names = append(names, n)
	}
	slices.Sort(names)
	name := names[0]
	if !elementName(name) {
		name = "?" // a key can be anything, a person's name too
	}
	e.refuse(e.path+"."+name, "is not understood and could narrow the consent")
}

// elementName reports whether s could be an element of FHIR.
func elementName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

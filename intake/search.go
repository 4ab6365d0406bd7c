package intake

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// A conditional request, and a conditional reference, say by a search what they mean
// (FHIR R4 § Conditional create, § Conditional update): who stands in it is named, too.

// searchOf is the search of a conditional request in one form, however it is written: with
// or without its type, its signs escaped or not, its parameters in any order. ok is false
// for none, and for one that names something by what it is called in its Bundle alone:
// the next Bundle calls another so.
func searchOf(written string) (search string, ok bool) {
	values := parameters(written)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[key] {
			if strings.HasPrefix(value, "urn:") && !strings.Contains(value, "|") {
				return "", false
			}
			all = append(all, key+"="+strings.ReplaceAll(value, "&", "%26"))
		}
	}
	return strings.Join(all, "&"), len(all) > 0
}

// parameters are those of a search, with or without its type; a plus and a semicolon are
// what they are.
func parameters(search string) url.Values {
	if _, after, is := strings.Cut(search, "?"); is {
		search = after
	}
	values, err := url.ParseQuery(strings.NewReplacer("+", "%2B", ";", "%3B").Replace(search))
	if err != nil {
		return nil
	}
	return values
}

// searches notes whom the search of a request names. A Patient has the number that is
// searched for, and a record is of the patient that is.
func (f *File) searches(n *node, query string) {
	values := parameters(query)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		for _, all := range values[key] {
			for value := range strings.SplitSeq(all, ",") {
				if n.person != nil {
					n.person.searched(key, value, n.id)
					n.numbers = n.person.numbers
				} else {
					f.searchesFor(n, key, value)
				}
			}
		}
	}
}

// searched takes what the search of a request says of the Patient that stands in it.
func (p *person) searched(key, value, id string) {
	had := p.problem.String()
	switch {
	case key == "_id" && id != "" && value != id:
		p.problem = because("its request and the Patient in it name different people", "_id="+value)
	case key == "identifier" && value != "":
		number := token(value)
		if p.hears(number); p.problem.String() != had {
			p.problem = because("its request and the Patient in it name different people", number.String())
		}
		p.said = Number{}
	}
}

// searchesFor names the patient whose records are searched for: "patient=Patient/1",
// "subject:Patient.identifier=sys|1".
func (f *File) searchesFor(n *node, key, value string) {
	name, chain, _ := strings.Cut(key, ".")
	name, modifier, _ := strings.Cut(name, ":")
	if name != "subject" && name != "patient" && name != "beneficiary" || value == "" {
		return
	}
	var t target
	switch {
	case chain == "identifier" || modifier == "identifier":
		number := token(value)
		t = target{typ: "Patient", system: f.word(number.System), value: f.word(number.Value)}
	case chain != "" && chain != "_id":
		return
	default:
		if !strings.ContainsAny(value, "/:") {
			value = "Patient/" + value
		}
		_, at := fhir.Base(value)
		typ, _, _ := strings.Cut(at, "/")
		t = target{to: f.word(value), typ: f.word(typ)}
	}
	n.points = append(n.points, pointer{to: f.target(t), role: fhir.Names, personal: true})
}

// token reads "system|value".
func token(text string) Number {
	system, value, two := strings.Cut(text, "|")
	if !two {
		system, value = "", text
	}
	return Number{System: strings.Clone(system), Value: strings.Clone(Clean(value))}
}

// conditional splits a conditional reference, "Patient?identifier=sys|1", into
// the server's base, type and number. Other searches are not understood: ok is false.
func conditional(ref string) (base, typ string, n Number, ok bool) {
	path, query, is := strings.Cut(ref, "?")
	if !is {
		return "", "", n, false
	}
	at := strings.LastIndexByte(path, '/') + 1
	base, typ = strings.TrimSuffix(path[:at], "/"), path[at:]
	values, err := url.ParseQuery(strings.ReplaceAll(query, "+", "%2B"))
	if err != nil || len(values) != 1 || len(values["identifier"]) != 1 || strings.Contains(values["identifier"][0], ",") {
		return base, typ, n, false
	}
	n = token(values["identifier"][0])
	return base, typ, n, n.Value != ""
}

package labels

import (
	"slices"
	"strings"
	"unicode"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// listCodes are the codes of lists of one kind: R4's list-example-codes, LOINC's codes of the
// sections of C-CDA and IPS, and those of SNOMED CT's UK edition that GP Connect has (Access
// Record: Structured, the page on List).
var listCodes = map[string]stele.Category{
	"allergies": stele.Allergies, "adverserxns": stele.Allergies, "48765-2": stele.Allergies,
	"medications": stele.Medications, "10160-0": stele.Medications, "10183-2": stele.Medications, "42346-7": stele.Medications,
	"problems": stele.Problems, "11450-4": stele.Problems, "11348-0": stele.Problems,
	"plans": stele.CarePlans, "11369-6": stele.Immunizations, "47519-4": stele.Procedures, "46264-8": stele.Devices,
	"886921000000105": stele.Allergies, "1103671000000101": stele.Allergies, // those that ended
	"933361000000108": stele.Medications, "717711000000103": stele.Problems, "1102181000000102": stele.Immunizations,
}

// list goes by the code and by the types of what is listed, where all of them say the
// same, and where neither says anything by its title: what a list names is what somebody may
// read who may read the things themselves.
func list(r *fhir.Resource) stele.Category {
	kinds := map[stele.Category]bool{}
	for _, code := range r.All("code.coding.code") {
		if c, ok := listCodes[code]; ok {
			kinds[c] = true
		}
	}
	within := typesWithin(r)
	for item := range r.Root().At("entry.item") {
		if typ := typeOfItem(item, within); typ == "" {
			continue
		} else if c, ok := categories[typ]; ok {
			kinds[c] = true
		} else {
			kinds[stele.Other] = true
		}
	}
	if len(kinds) == 0 {
		return titled(slices.Concat(r.All("title"), r.All("code.text"), r.All("code.coding.display")))
	}
	if len(kinds) > 1 {
		return stele.Other
	}
	for c := range kinds {
		return c
	}
	return stele.Other
}

// typeOfItem is the type of what a list lists, by its reference, or as it is told beside it;
// "" for what is only named, "?" for what is not told, or told in two ways.
func typeOfItem(item fhir.Value, within map[string]string) string {
	ref, _, _ := strings.Cut(item.Member("reference").Text(), "/_history/")
	typ := item.Member("type").Text()
	typ = typ[strings.LastIndexByte(typ, '/')+1:]
	by := ""
	if id, local := strings.CutPrefix(ref, "#"); local {
		by = within[id]
	} else if i := strings.LastIndexByte(ref, '/'); i >= 0 {
		by = ref[strings.LastIndexByte(ref[:i], '/')+1 : i]
	}
	switch {
	case ref == "":
		return typ
	case by == "" && typ == "", by != "" && typ != "" && by != typ:
		return "?"
	case by == "":
		return typ
	}
	return by
}

// typesWithin are the types of what is contained, by its id; "" where two have one.
func typesWithin(r *fhir.Resource) map[string]string {
	out := map[string]string{}
	for c := range r.Root().At("contained") {
		id, typ := c.Member("id").Text(), c.Member("resourceType").Text()
		if _, twice := out[id]; twice {
			typ = ""
		}
		out[id] = typ
	}
	return out
}

// titleWords stand within, or begin, the words by which people call lists of one kind, in
// English, German, French, Spanish, Italian, Dutch, Portuguese and Turkish, as folded.
var titleWords = []struct {
	within, begins []string
	category       stele.Category
}{
	{strings.Fields("allerg alergi alerji"), nil, stele.Allergies},
	{strings.Fields("medikation medikament medicament arzneimittel geneesmiddel"), strings.Fields("medicat medicac medicines medicinas medicinal medicij farmaci farmaco ilac"), stele.Medications},
	{nil, strings.Fields("problem diagnose diagnosi"), stele.Problems},
}

// titled is the part of which a list is by its words, Other where they say none or two. One of
// what medicines somebody is allergic to is of allergies.
func titled(texts []string) stele.Category {
	text := stele.Fold(strings.Join(texts, " "))
	said := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	found := map[stele.Category]bool{}
	for _, w := range said {
		if strings.HasPrefix(w, "famil") { // somebody else's
			return stele.Other
		}
		for _, t := range titleWords {
			within := func(s string) bool { return strings.Contains(w, s) }
			begins := func(s string) bool { return strings.HasPrefix(w, s) }
			if slices.ContainsFunc(t.within, within) || slices.ContainsFunc(t.begins, begins) {
				found[t.category] = true
				break
			}
		}
	}
	and := strings.ContainsAny(text, "&+/,") || slices.ContainsFunc(said, func(w string) bool { return slices.Contains(strings.Fields("and und et y e ed en ve"), w) })
	if len(found) == 2 && found[stele.Allergies] && found[stele.Medications] && !and {
		return stele.Allergies
	}
	if len(found) == 1 {
		for c := range found {
			return c
		}
	}
	return stele.Other
}

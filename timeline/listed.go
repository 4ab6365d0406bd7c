package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// listed notes what the lists of allergies, problems and medicines name that has no record of
// its own here: some sources have no other place for it. Of a source's lists of one kind and
// name the last one counts, and none that is called one of what is over. gone are the keys of
// what was taken back.
func listed(entries []Entry, gone map[string]string) {
	here := map[string]bool{}
	for _, e := range entries {
		for _, ref := range e.refs {
			here[ref] = true
		}
	}
	last := map[string]*Entry{}
	for i := range entries {
		e := &entries[i]
		if e.Type != "List" || e.Absent || e.Stands != telling.Happened || !slices.Contains([]stele.Category{stele.Allergies, stele.Problems, stele.Medications}, e.Kind) || ceases(e.Name) {
			continue
		}
		of := strings.Join([]string{sourceNumbers(e.Vouched), string(e.Kind), e.Name}, "|")
		if o := last[of]; o == nil || compareMoments(e.When, o.When, true) > 0 {
			last[of] = e
		}
	}
	for _, e := range last {
		for _, item := range itemsOf(e.record.Root(), "entry") {
			name, key := telling.Clean(textOf(item, "item", "display")), reference(e.whose, textOf(item, "item", "reference"))
			if name != "" && !strikes(item) && !here[key] && gone[key] == "" && !telling.DeniesAny(name) {
				e.names = append(e.names, name)
			}
		}
	}
}

// namedIn are the lines of what a list names: of problems one, else one for each, which is
// compared with what others tell of it.
func namedIn(e Entry) (out []Entry) {
	if len(e.names) == 0 {
		return nil
	}
	e.Status, e.listed = joined(", ", e.Status, "named in a list"), true
	if e.Aside = false; e.Kind == stele.Problems {
		return []Entry{e}
	}
	e.Note, e.Value = joined(", ", e.Name, e.Note), ""
	for _, name := range e.names {
		e.Name, e.Allergy, e.Harms = name, false, nil
		if e.Kind == stele.Allergies {
			e.Allergy, e.Harms = true, []string{name}
		}
		out = append(out, e)
	}
	return out
}

// untold are those of the lines of lists that nothing under Now, or there, tells: no medicine
// in other words, and else nothing of that name.
func untold(list, now []Entry) []Entry {
	var medicines, others []Entry
	for _, e := range list {
		switch {
		case e.inUse():
			medicines = append(medicines, e)
		case !slices.ContainsFunc(now, func(o Entry) bool { return nowWord(o) == nowWord(e) && strings.EqualFold(o.Name, e.Name) }):
			others = append(others, e)
		}
	}
	return append(others, dispensed(medicines, now)...)
}

// struck are the items that a list took off, or marks as no longer so.
func struck(whose int, list fhir.Value) (out []string) {
	for _, item := range itemsOf(list, "entry") {
		if key := reference(whose, textOf(item, "item", "reference")); key != "" && strikes(item) {
			out = append(out, key)
		}
	}
	return out
}

// strikes reports whether an item of a list is taken off, or marked as no longer so.
func strikes(item fhir.Value) bool {
	flag := item.Member("flag")
	return item.Member("deleted").Text() == "true" || slices.ContainsFunc(saidIn(flag), ceases) ||
		slices.ContainsFunc([]string{"03", "05", "06"}, func(code string) bool { return hasCode(flag, medicationFlags, code) })
}

// medicationFlags is the system of R4's example codes for an item's flag: 03 cancelled, 05
// ceased, 06 suspended.
const medicationFlags = "urn:oid:1.2.36.1.2001.1001.101.104.16592"

// ceases reports whether words say that something is no longer so, or not for now.
func ceases(s string) bool {
	return slices.ContainsFunc(tokens(stele.Fold(s)), func(w string) bool { return ceased[w] })
}

// ceased are the words for what a list no longer takes for so, or not for now, in
// English, German, French, Spanish, Italian, Dutch, Portuguese and Turkish, as folded.
var ceased = words(`stop stopped ended completed finished ceased cancelled canceled discontinued deleted removed suspended paused held refuted inactive resolved withdrawn
	abgesetzt abgesetzte gestoppt beendet pausiert pausieren ausgesetzt absetzen arrete arretee arreter stoppe suspendu suspendue interrompu interrompue
	suspendido suspendida suspender retirado retirada sospeso sospesa sospendere interrotto interrotta gestopt gestaakt stoppen onderbroken
	suspenso suspensa interrompido interrompida kesildi durduruldu birakildi`)

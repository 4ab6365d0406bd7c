package timeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// What a clinician looks for first, in this order: what the person decided about
// being kept alive, what harms, what must not be done, what is the matter, what is
// taken, what is in the body. Only what holds stands under Now, and medicines on
// hold, marked so: a medicine that is missing there would be taken for none.
var nowWords = []string{"directive", "allergy", "alert", "not to do", "pregnancy", "problem", "medicine", "device"}

// nowWord heads the entries of a kind under Now; "" for what never stands there.
func nowWord(e Entry) string {
	if e.Directive {
		return "directive"
	}
	if e.Pregnant {
		return "pregnancy"
	}
	switch e.Type {
	case "AllergyIntolerance":
		return "allergy"
	case "Flag":
		return "alert"
	case "Condition":
		return "problem"
	case "MedicationRequest", "ServiceRequest":
		if e.Not {
			return "not to do"
		}
		if e.Type == "MedicationRequest" {
			return "medicine"
		}
	case "MedicationStatement":
		return "medicine"
	case "Device", "DeviceUseStatement":
		return "device"
	}
	if e.Absent {
		return kindWord(e.Kind)
	}
	return ""
}

func nowRank(e Entry) int { return slices.Index(nowWords, nowWord(e)) }

// place orders the entries under Now; what nobody looks for there comes last.
func place(e Entry) int {
	if n := nowRank(e); n >= 0 {
		return n
	}
	return len(nowWords)
}

// now returns what is so, what may be so, and what is said to be none of.
func now(entries []Entry, o Options) (so, unclear_, none []Entry) {
	answered := "" // the last day on which somebody said that there is no pregnancy
	for _, e := range entries {
		if e.Asked && !e.Pregnant {
			answered = max(answered, e.When.Day)
		}
	}
	for _, e := range entries {
		if len(o.Kinds) > 0 && !o.tells(e) || e.Pregnant && e.When.Day <= answered {
			continue
		}
		switch {
		case e.Absent && (e.Stands == telling.Holds || e.Stands == telling.Happened || e.Stands == telling.Unclear):
			none = again(none, e)
		case e.Active || e.Held:
			so = again(so, e)
		case e.Stands == telling.Unclear && nowRank(e) >= 0 && !incidental(e):
			unclear_ = again(unclear_, e)
		}
	}
	dispute(so, entries)
	explanted(so, entries)
	for _, list := range [][]Entry{so, unclear_, none} {
		slices.SortStableFunc(list, func(a, b Entry) int {
			return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(nowWord(a), nowWord(b)),
				compareMoments(a.When, b.When, false), strings.Compare(a.Name, b.Name), strings.Compare(a.Fact, b.Fact))
		})
	}
	return so, unclear_, none
}

// incidental reports a diagnosis of one visit of which nobody says whether it
// still holds: of these a long chart has hundreds.
func incidental(e Entry) bool {
	root := e.record.Root()
	return e.Type == "Condition" && !root.Member("clinicalStatus").Exists() && slices.ContainsFunc(itemsOf(root, "category"), func(c fhir.Value) bool {
		words := []string{textOf(c, "text")}
		for _, coding := range itemsOf(c, "coding") {
			words = append(words, textOf(coding, "code"), textOf(coding, "display"))
		}
		return slices.ContainsFunc(words, func(s string) bool {
			return strings.EqualFold(strings.NewReplacer(" ", "-", "_", "-").Replace(s), "encounter-diagnosis")
		})
	})
}

// again adds an entry to a list unless the list tells the same in the same
// words: a medicine or a directive that is ordered again and again is one, as it
// was ordered last, a problem as it was noted first. Another dose, status or reason is
// another line.
func again(list []Entry, e Entry) []Entry {
	n := slices.IndexFunc(list, func(x Entry) bool {
		return nowWord(x) == nowWord(e) && strings.EqualFold(x.Name, e.Name) && x.Value == e.Value && x.Status == e.Status &&
			x.Note == e.Note && x.Range == e.Range && x.concept() == e.concept()
	})
	if n < 0 {
		return append(list, e)
	}
	o := list[n]
	older := compareMoments(o.When, e.When, true) < 0
	if older == (nowWord(e) == "medicine" || nowWord(e) == "directive") {
		e, o = o, e
	}
	// o stays, e is added to it.
	o.Vouched = slices.Concat(o.Vouched, e.Vouched)
	o.Earlier = slices.Concat(o.Earlier, e.Earlier)
	o.More = o.More || e.More
	slices.SortStableFunc(o.Vouched, func(a, b Vouch) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), slices.Compare(a.Handle[:], b.Handle[:]))
	})
	list[n] = o
	return list
}

// concept is equal for entries about one thing.
func (e Entry) concept() string { return cmp.Or(e.record.Concept(), strings.ToLower(e.Name)) }

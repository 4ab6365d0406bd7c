package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// Words by which a decision about resuscitation says on which side it is, as folded and
// with a space on either side. What says neither, or both, is on no side.
var (
	everything = []string{" full code ", " code status full ", " for full resuscitation ", " for resuscitation ", " attempt cpr ", " attempt resuscitation ", " yes cpr ", " for attempted cpr ", " full resuscitation ", " full active treatment ", " wel reanimeren "}
	limited    = []string{
		" dnr ", " dnar ", " dnacpr ", " dni ", " dnrcc ", " nfr ", " ntbr ", " not for ", " do not ", " no cpr ", " no resuscitation ", " no intubation ",
		" cpr not recommended ",
		" comfort care ", " comfort measures ", " allow natural death ", " not to be done ", " keine reanimation ", " nicht reanimieren ", " keine wiederbelebung ",
		" ne pas reanimer ", " pas de reanimation ", " no reanimar ", " no reanimacion ", " no rcp ", " non rianimare ",
		" niet reanimeren ", " geen reanimatie ", " nao reanimar ", " nao reanimacao ", " nao ressuscitar ", " canlandirma yapilmasin ",
	}
	// acting are what a consent that denies any of them denies.
	acting = []string{" cpr ", " resuscitation ", " intubation ", " ventilation ", " life support "}
)

// stance is on which side a directive is.
type stance int

const (
	onNoSide stance = iota
	forEverything
	forLess
)

func stanceOf(e Entry) stance {
	if !e.Directive {
		return onNoSide
	}
	text := " " + strings.Join(strings.FieldsFunc(stele.Fold(e.Name+" "+e.Value), func(r rune) bool { return strings.ContainsRune(" /,;:.()[]-–", r) }), " ") + " "
	text = strings.NewReplacer(" cardiopulmonary resuscitation ", " cpr ", " cardio pulmonary resuscitation ", " cpr ").Replace(text)
	says := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	all, less := says(everything), e.Not || says(limited) || telling.RefusesLifeSupport(e.Name+" "+e.Value) || denies(e.Value)
	denied := e.Not || denies(e.Value) || says([]string{" not for ", " do not ", " not to be done "}) // "not for resuscitation" has the words of the other side
	if strings.EqualFold(e.Value, "no") {                                                             // to the question that its name asks
		all, less, denied = less, all, false
	}
	switch {
	case less && (!all || denied):
		return forLess
	case all && !less:
		return forEverything
	}
	return onNoSide
}

// besideNo are the words beside "no" in an answer that there is no such decision.
var besideNo = set(tokens("on in file record place present exists available given made found known has have does he she the patient there is it qualifier value finding an any advance directive directives living will not asked discussed")...)

// answersNo reports whether an entry answers that there is no decision to do less: "DNR: no",
// "Advance directive: none on file". A "no" to what may be a question whether to do anything, as "CPR: no", is none.
func (e *Entry) answersNo() bool {
	said := tokens(stele.Fold(e.Value))
	no := e.Directive && e.Type == "Observation" && telling.DeniesAny(e.Value) && len(said) > 0
	for _, w := range said[min(1, len(said)):] {
		no = no && (besideNo[w] || telling.DeniesAny(w))
	}
	return no && stanceOf(*e) != forLess && telling.AsksForLess(e.Name)
}

// decided are the lines under Now without the answers that there is no decision, but where
// another line there, or that may be so, says that there is one to do less.
func decided(so, unclear []Entry) []Entry {
	one := slices.ContainsFunc(slices.Concat(so, unclear), func(e Entry) bool { return nowWord(e) == "directive" && !e.answersNo() && stanceOf(e) != forEverything })
	return slices.DeleteFunc(slices.Clone(so), func(e Entry) bool { return e.answersNo() && (!one || stanceOf(e) == onNoSide) })
}

// denies reports whether one of the provisions of a consent denies an act that keeps
// somebody alive.
func denies(value string) bool {
	return slices.ContainsFunc(provided(value, "DENIES: "), func(what string) bool {
		what = " " + strings.Join(tokens(strings.ToLower(what)), " ") + " "
		return slices.ContainsFunc(acting, func(w string) bool { return strings.Contains(what, w) })
	})
}

// provided are what the provisions of a consent say after a verb.
func provided(value, verb string) (out []string) {
	for provision := range strings.SplitSeq(value, "; ") {
		if what, ok := strings.CutPrefix(strings.TrimPrefix(provision, "but "), verb); ok {
			out = append(out, what)
		}
	}
	return out
}

// permitted adds to each consent that denies a thing a later one that permits it, or one of
// which nobody tells whether it is: who is bleeding may have changed her mind.
func permitted(so, entries []Entry) {
	for i := range entries {
		o := &entries[i]
		if o.Type != "Consent" || o.Stands != telling.Holds {
			continue
		}
		for _, yes := range provided(o.Value, "permits: ") {
			for n := range so {
				undated := o.When.Day == "" || so[n].When.Day == ""
				later := so[n].Type == "Consent" && (undated || compareMoments(o.When, so[n].When, true) > 0)
				if later && slices.ContainsFunc(provided(so[n].Value, "DENIES: "), func(no string) bool { return ofOneThing(yes, no) }) {
					so[n].oppose(*o)
				}
			}
		}
	}
}

// ofOneThing reports whether two provisions have a thing in common: by its name, or both
// are of blood.
func ofOneThing(a, b string) bool {
	list := func(s string) []string { return strings.Split(strings.ToLower(s), ", ") }
	blood := func(s string) bool {
		return slices.ContainsFunc(tokens(stele.Fold(s)), func(w string) bool {
			return strings.Contains(w, "transfus") || slices.Contains([]string{"blood", "blut", "sang", "sangre", "sangue", "bloed", "kan"}, w)
		})
	}
	return blood(a) && blood(b) || slices.ContainsFunc(list(a), func(s string) bool { return slices.Contains(list(b), s) })
}

// disagree adds to each directive under Now the newest of the other side, in whatever
// type it stands: an order against an answer, a form against a flag.
func disagree(so []Entry) {
	newest := map[stance]int{}
	for i := range so {
		side := stanceOf(so[i])
		if at, ok := newest[side]; side != onNoSide && (!ok || compareMoments(so[i].When, so[at].When, true) > 0) {
			newest[side] = i
		}
	}
	for i := range so {
		other := map[stance]stance{forEverything: forLess, forLess: forEverything}[stanceOf(so[i])]
		at, ok := newest[other]
		if ok && !slices.ContainsFunc(so[i].Against, func(a Entry) bool { return stanceOf(a) == other }) {
			so[i].oppose(so[at])
		}
	}
}

// revoked adds to each directive under Now what took one of its side back on a later day:
// an order that was revoked, a flag or a form that is no longer in force.
func revoked(so, entries []Entry) {
	for i := range entries {
		o := &entries[i]
		side := stanceOf(*o)
		if side == onNoSide || o.Stands != telling.Over || !slices.ContainsFunc([]string{"revoked", "inactive", "ended", "resolved"}, func(s string) bool { return strings.Contains(o.Status, s) }) {
			continue
		}
		for n := range so {
			later := so[n].When.Day != "" && compareDays(o.ended(), so[n].When.Day) > 0
			if stanceOf(so[n]) == side && (later || renumbered(o, &so[n])) {
				so[n].oppose(*o)
			}
		}
	}
}

package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// Act is what a procedure did to a device.
type Act int

// The acts of FHIR's value set device-action that matter here.
const (
	Handled Act = iota // another, or one that is not told
	PutIn
	TookOut
)

// DeviceAct is a device on which a procedure acted: its focal devices, and what it used
// and may have left in the body. A procedure that by its words took something out, and
// names no device, has one with the rest of its name, and one that put in what stays in
// the body has one without any.
type DeviceAct struct {
	Link        // to the device, and what it is called
	Note string // what else is known of a device that the procedure contains, and where it is
	Act  Act
}

// deviceActs are the acts of a procedure. What its own words say counts for a device of
// which nothing else is said.
func (t teller) deviceActs(r view) (out []DeviceAct) {
	r = r.quiet()
	name := strings.Join(allWords(r.at("code")), " ")
	whole := deedOf(name).act()
	for _, f := range r.at("focalDevice").list() {
		action := f.at("action")
		act := deedOf(strings.Join(append(allWords(action), codesOf(action)...), " ")).act()
		if act == Handled && (whole == TookOut || !action.has()) {
			act = whole
		}
		out = append(out, t.deviceAct(f.at("manipulated"), act))
	}
	var used []DeviceAct
	for _, ref := range r.at("usedReference").list() {
		used = append(used, t.deviceAct(ref, PutIn))
	}
	for _, code := range r.at("usedCode").list() {
		used = append(used, DeviceAct{Link: Link{Words: say(code)}, Act: PutIn})
	}
	for _, u := range used {
		if whole != TookOut && staysIn(u.Words) {
			out = append(out, u)
		}
	}
	if len(out) == 0 && whole == TookOut {
		thing := slices.DeleteFunc(foldedWords(name), func(w string) bool { return hasPart([]string{w}, takingOut) || ablating[w] || taking[w] || w == "out" })
		out = append(out, DeviceAct{Link: Link{Words: strings.Join(thing, " ")}, Act: TookOut})
	} else if len(out) == 0 && leavesIn(name) {
		out = append(out, DeviceAct{Act: PutIn})
	}
	for i := range out {
		out[i].Note = notes(out[i].Note, sayAll(r.at("bodySite").list()))
	}
	return out
}

// deviceAct tells the device to which a procedure refers.
func (t teller) deviceAct(ref view, act Act) DeviceAct {
	out := DeviceAct{Link: Link{ref.at("reference").raw(), referred(ref, t.find)}, Act: act}
	for _, c := range ref.inside() {
		var d Told
		device(&d, c)
		out.Note = notes(d.Note, labelled("safety", sayAll(c.at("safety").list())))
	}
	return out
}

// deed is what the words of a name, of a procedure or of an action, tell that was done.
type deed struct {
	takes  bool // something out
	puts   bool // something in
	placed bool // called so, as what was put in before is: "implanted pacemaker"
	looks  bool // only after what is there, or at it
}

func deedOf(name string) deed {
	text := spacedForThings(name)
	said := wordsOf(text)
	return deed{takenOut(said) >= 0, putsIn(said), hasBegin(said, implanted), strings.TrimSpace(withoutLooking(text)) == ""}
}

// act is the act on a device of which nothing else is said. Who takes out an implant and puts in
// another tells of each by its own action, or of neither.
func (d deed) act() Act {
	switch {
	case d.takes && !d.puts:
		return TookOut
	case d.takes:
		return Handled
	case d.puts, d.placed && !d.looks:
		return PutIn
	}
	return Handled
}

// putsIn reports whether words tell that something is put in. What is taken out may be
// called by how it was put in, as a fixation plate or a hip replacement: that is no other
// act, unless the words join it to the first.
func putsIn(words []string) bool {
	took := takenOut(words)
	return withThing(words) || exchanges(words, took >= 0) || slices.ContainsFunc(words, func(w string) bool {
		if took < 0 || !hasBegin([]string{w}, calledByAct) {
			return hasBegin([]string{w}, putting)
		}
		at := slices.Index(words, w)
		return slices.ContainsFunc(words[min(at, took):max(at, took)], func(w string) bool { return joining[w] || at < took && following[w] })
	})
}

// exchanges reports whether words tell that a thing is put in anew. Where something is taken out,
// too, a change may be one of the dressing, or of what else is given: it counts beside its thing.
func exchanges(words []string, takes bool) bool {
	for i, w := range words {
		spaced := " " + w + " "
		if has(spaced, implantations) || has(spaced, exchanging) && (!takes || exchangesThing(words, i)) {
			return true
		}
	}
	return false
}

// exchangesThing reports whether the word at a place, for an exchange, is that of a thing: within
// it, before it, or soon behind it and not for what was taken out.
func exchangesThing(words []string, at int) bool {
	w, before, behind := words[at], words[max(0, at-1):at], words[at+1:min(len(words), at+4)]
	if !slices.ContainsFunc(exchanging, func(p string) bool {
		return strings.HasPrefix(strings.TrimPrefix(w, "neu"), strings.TrimSpace(p))
	}) { // a compound
		return namesPart([]string{w})
	}
	if at > 0 && len(behind) > 0 && !parting[behind[0]] && takenOut(behind) >= 0 {
		behind = nil
	}
	return namesPart(before) || namesPart(behind) || at > 0 && at+1 == len(words) && joining[before[0]]
}

// namesPart reports whether words name a thing that stays in, or a part of one.
func namesPart(words []string) bool {
	text := " " + strings.Join(words, " ") + " "
	return has(text, things) || has(text, sayingSo) || has(text, implanting) || has(text, partsOfThings)
}

// takenOut is the place of the word by which something is taken out, or less than 0.
func takenOut(words []string) int {
	return slices.IndexFunc(words, func(w string) bool {
		at := slices.Index(words, w)
		next := ""
		if at+1 < len(words) {
			next = words[at+1]
		}
		return hasPart([]string{w}, takingOut) || ablating[w] && (ablated[next] || begins(next, ablatedThings)) || taking[w] && next == "out"
	})
}

func foldedWords(text string) []string { return wordsOf(stele.Fold(text)) }

// hasBegin reports whether one of the words begins with one of the beginnings.
func hasBegin(words, beginnings []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(w, b) })
	})
}

// hasPart reports whether one of the words has one of the parts: "Knieprothese".
func hasPart(words, parts []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(w, p) })
	})
}

// Beginnings of the words for what is done to an implant, and for implants, in English,
// German, French, Spanish, Italian, Dutch, Portuguese and Turkish, as folded.
var (
	putting = strings.Fields(`implantation implantatie implantacion impianto reimplant inser placement replac remplace einsetz einlage einbau pose coloca posiziona
		plaatsing yerlestir takil angioplast osteosynth fixation`)
	implanted = strings.Fields("implant impiant placed eingesetzt eingebaut geplaatst geimplant")
	takingOut = strings.Fields("explant espiant remov extraction extraktion extrahier retrieval retrieved expulsion expelled ausgestossen entfern ausbau ausgebaut retrait retir extracci rimoz rimoss verwijder remoc cikar")
	ablating  = words("ablation depose") // in French; in English an ablation takes out no implant
	ablated   = words("de d du des")
	// ablatedThings begin what is ablated in French without a word between: "Ablation sonde JJ".
	ablatedThings = strings.Fields("sonde sterilet diu jj materiel prothese chambre pac plaque vis clou broche stimulateur anneau implant")
	taking        = words("taken took take takes taking")
	calledByAct   = strings.Fields("fixation osteosynth angioplast replac")
	joining       = words("and with by before for und mit durch fur et avec par y con por e da com en met door ve ile")
	partsOfThings = strings.Fields("generat aggregat aggregaat batter akku")
	following     = words("after nach apres tras dopo na apos") // what comes next was before
)

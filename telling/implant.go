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
	whole := actOf(allWords(r.at("code"))...)
	for _, f := range r.at("focalDevice").list() {
		action := f.at("action")
		act := actOf(append(allWords(action), codesOf(action)...)...)
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
	name := strings.Join(allWords(r.at("code")), " ")
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

// actOf finds the act in words. Who takes out an implant and puts in another tells of
// each by its own action, or of neither.
func actOf(said ...string) Act {
	words := foldedWords(strings.Join(said, " "))
	in, out := hasBegin(words, putting) || hasBegin(words, implanted), takenOut(words) >= 0
	switch {
	case out && !putsIn(words):
		return TookOut
	case in && !out:
		return PutIn
	}
	return Handled
}

// putsIn reports whether words tell that something is put in. What is taken out may be
// called by how it was put in, as a fixation plate or a hip replacement: that is no other
// act, unless the words join it to the first.
func putsIn(words []string) bool {
	took := takenOut(words)
	return withThing(words) || has(" "+strings.Join(words, " ")+" ", exchanging) || slices.ContainsFunc(words, func(w string) bool {
		if took < 0 || !hasBegin([]string{w}, calledByAct) {
			return hasBegin([]string{w}, putting)
		}
		at := slices.Index(words, w)
		return slices.ContainsFunc(words[min(at, took):max(at, took)], func(w string) bool { return joining[w] || at < took && following[w] })
	})
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
	following     = words("after nach apres tras dopo na apos") // what comes next was before
)

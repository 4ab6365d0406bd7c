package timeline

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// implants tells each device that a procedure put in and that nothing took out again,
// where no other record here tells of it. Whether it is in the body still nobody says;
// whoever cuts there, or looks with magnets, has to know.
func (m moved) implants(entries, told []Entry) (out []Entry) {
	known := map[string]bool{}
	for i := range entries {
		for _, key := range entries[i].devices() {
			known[key] = true
		}
	}
	for _, p := range entries {
		if p.Stands == telling.Denied || p.Stands == telling.Ahead {
			continue
		}
		for _, a := range p.Acts {
			if key := reference(p.whose, a.Reference); a.Act == telling.PutIn && !known[key] && !m.isOut(key) {
				out = append(out, implantOf(p, a, key))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return compareMoments(a.When, b.When, false) })
	lines := m.linesOf(told)
	return slices.DeleteFunc(out, func(e Entry) bool { return lines.tell(e) })
}

// implantOf is the line of a device that a procedure put in.
func implantOf(p Entry, a telling.DeviceAct, key string) Entry {
	e, is := p, "implanted"
	if p.Stands != telling.Happened {
		is = "perhaps implanted"
	}
	e.Under, e.Stands, e.Status = "device", telling.Unclear, joined(", ", p.Status, is, telling.NotToldOut)
	e.Note, e.Value, e.Parts, e.refs, e.uses = joined(", ", a.Note, p.times()), "", nil, nil, nil
	e.Allergy, e.Harms = false, nil // which the procedure tells
	if a.Words != "" {
		e.Name, e.Note = a.Words, joined(", ", a.Note, p.Name, p.times())
	}
	if key != "" {
		e.uses = []string{key}
	}
	return e
}

// deviceLine is what the line of a device says.
type deviceLine struct {
	words  []string // as spelled
	sides  []string
	magnet string
	told   bool // an implant
}

// deviceLines are found by each of their words.
type deviceLines map[string][]*deviceLine

// linesOf are the lines of devices of which none tells how they came into the body.
func (m moved) linesOf(told []Entry) deviceLines {
	lines := deviceLines{}
	for _, e := range told {
		if nowWord(e) != "device" || slices.ContainsFunc(e.devices(), func(key string) bool { _, ok := m.in[key]; return ok }) {
			continue
		}
		line := &deviceLine{sides: sidesIn(wordsIn(e)), magnet: inMagnet(e)}
		for _, w := range wordsIn(e) {
			line.words = append(line.words, spelled(w))
		}
		for _, w := range line.words {
			if of := lines[w]; len(of) == 0 || of[len(of)-1] != line {
				lines[w] = append(of, line)
			}
		}
	}
	return lines
}

// tell reports whether a line has every word of an implant's name, no other side, and says
// no less of magnets. A line tells of one implant: there are two hips.
func (lines deviceLines) tell(implant Entry) bool {
	name := slices.DeleteFunc(substanceOf(implant.Name).words, func(w string) bool { return actsOnOne[w] })
	sides, magnet := sidesIn(wordsIn(implant)), inMagnet(implant)
	if len(name) == 0 {
		return false
	}
	for _, line := range lines[name[0]] {
		if !line.told && allIn(name, line.words) && agree(line.sides, sides) && (magnet == "" || magnet == line.magnet) {
			line.told = true
			return true
		}
	}
	return false
}

// actsOnOne are words by which a procedure says what it did with a device, beside what that is called.
var actsOnOne = set(substanceOf(`removal retrait extraction ablation explantation explant implant implantatie impianto implante implantation neuimplantation reimplantation pose remplacement
	plaatsing exchange change changement recambio sostituzione wechsel upgrade generator battery permanent definitivo definitif procedure surgery operation new old nouveau un une`).words...)

func wordsIn(e Entry) []string { return tokens(stele.Fold(joined(" ", e.Name, e.Value, e.Note))) }

// implantedOn adds to the lines of devices when a procedure of their only source put
// them in.
func (m moved) implantedOn(list []Entry) {
	for i := range list {
		e := &list[i]
		if e.Type == "Procedure" || mostOfOneSource(e.Vouched) != len(e.Vouched) {
			continue
		}
		for _, key := range e.devices() {
			if day, ok := m.in[key]; ok && !m.isOut(key) {
				e.Note = joined(", ", e.Note, joined(" ", "implanted", telling.Day(day)))
				break
			}
		}
	}
}

// sidesIn are the words for a side.
func sidesIn(list []string) (out []string) {
	for _, w := range list {
		if side := sides[w]; side != "" {
			out = append(out, side)
		}
	}
	return out
}

var sides = map[string]string{"left": "left", "links": "left", "linke": "left", "linker": "left", "linkes": "left", "gauche": "left", "izquierda": "left", "izquierdo": "left",
	"sinistra": "left", "sinistro": "left", "esquerda": "left", "esquerdo": "left", "sol": "left",
	"right": "right", "rechts": "right", "rechte": "right", "rechter": "right", "rechtes": "right", "droite": "right", "droit": "right", "derecha": "right", "derecho": "right",
	"destra": "right", "destro": "right", "direita": "right", "direito": "right", "sag": "right"}

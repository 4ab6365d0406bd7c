package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// takenOut ends what is told of devices that a procedure took out. Of another that is
// no longer in use nobody knows whether it is still in the body: magnets are.
func takenOut(entries []Entry) {
	out := map[string]bool{}
	for _, p := range entries {
		if p.Stands == telling.Happened && p.Type == "Procedure" && saysOut(p) {
			for _, key := range p.acts {
				out[key] = true
			}
		}
	}
	for i := range entries {
		e := &entries[i]
		if nowWord(*e) == "device" && e.Stands == telling.Unclear && slices.ContainsFunc(e.devices(), func(key string) bool { return out[key] }) {
			e.Stands, e.Status = telling.Over, strings.Replace(e.Status, telling.NotToldOut, "taken out", 1)
		}
	}
}

// devices are the keys of the device that an entry tells of: its own, or that in use.
func (e *Entry) devices() []string {
	if e.Type == "Device" {
		return e.refs
	}
	return []string{reference(e.whose, textOf(e.record.Root(), "device", "reference"))}
}

// saysOut reports whether a procedure took a device out: by its words, or by those of
// what it did to the device.
func saysOut(p Entry) bool {
	said := []string{p.Name}
	for _, f := range itemsOf(p.record.Root(), "focalDevice") {
		action := f.Member("action")
		said = append(said, textOf(action, "text"))
		for _, c := range itemsOf(action, "coding") {
			said = append(said, textOf(c, "code"), textOf(c, "display"))
		}
	}
	return slices.ContainsFunc(strings.Fields(strings.ToLower(strings.Join(said, " "))), func(w string) bool {
		return strings.HasPrefix(w, "explant") || strings.HasPrefix(w, "remov") || w == "extraction"
	})
}

// magnets adds to what calls a person safe for magnetic resonance each device in the
// body that is not, or only under conditions.
func magnets(so, unclear []Entry) {
	for i := range so {
		if word := nowWord(so[i]); word != "alert" && word != "problem" || inMagnet(so[i]) != "safe" {
			continue
		}
		for _, list := range [][]Entry{so, unclear} {
			for _, d := range list {
				if is := inMagnet(d); nowWord(d) == "device" && (is == "unsafe" || is == "conditional") {
					so[i].oppose(d)
				}
			}
		}
	}
}

// inMagnet is what an entry says of magnetic resonance: safe, conditional, unsafe, or
// "" for nothing.
func inMagnet(e Entry) string {
	s := " " + strings.Join(tokens(strings.ToLower(e.Name+" "+e.Value+" "+e.Note)), " ") + " "
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, " "+w+" ") })
	}
	switch {
	case !has("mr", "mri", "magnetic resonance"):
		return ""
	case has("unsafe", "not safe", "contraindicated", "no mri", "not mri", "not mr", "not for mri"):
		return "unsafe"
	case has("conditional"):
		return "conditional"
	case has("safe", "compatible"):
		return "safe"
	}
	return ""
}

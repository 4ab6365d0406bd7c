package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// moved are the devices that procedures put in, and took out, each with the day of the
// last time, by key.
type moved struct{ in, out map[string]string }

func movedOf(entries []Entry) moved {
	m := moved{map[string]string{}, map[string]string{}}
	for _, p := range entries {
		if p.Stands != telling.Happened {
			continue
		}
		for _, a := range p.Acts {
			days := map[telling.Act]map[string]string{telling.PutIn: m.in, telling.TookOut: m.out}[a.Act]
			if key := reference(p.whose, a.Reference); days != nil && key != "" {
				days[key] = max(days[key], p.When.Day)
			}
		}
	}
	return m
}

// isOut reports whether a device was taken out, and not put in again since.
func (m moved) isOut(key string) bool {
	out, ok := m.out[key]
	in := m.in[key]
	return ok && (in == "" || out == "" || compareDays(in, out) < 0)
}

// takenOut ends what is told of devices that a procedure took out. Of another that is
// no longer in use nobody knows whether it is still in the body: magnets are.
func (m moved) takenOut(entries []Entry) {
	for i := range entries {
		e := &entries[i]
		if nowWord(*e) == "device" && e.Stands == telling.Unclear && slices.ContainsFunc(e.devices(), m.isOut) {
			e.Stands, e.Status = telling.Over, strings.Replace(e.Status, telling.NotToldOut, "taken out", 1)
		}
	}
}

// devices are the keys of the device that an entry tells of: its own, or that in use.
func (e *Entry) devices() []string {
	if e.Type == "Device" {
		return e.refs
	}
	return e.uses
}

// inOneLine tells a device and its use, of the same sources, in one line: that under Now
// where only one of them holds, else the use. What calls the other over is told against it.
func inOneLine(so, unclear []Entry) (_, _ []Entry) {
	lines, gone := map[string]*Entry{}, map[*Entry]bool{}
	for _, list := range [][]Entry{so, unclear} {
		for _, kind := range []string{"DeviceUseStatement", "Device"} {
			for i := range list {
				if e := &list[i]; e.Type == kind {
					gone[e] = e.toldIn(lines)
				}
			}
		}
	}
	rest := func(list []Entry) (out []Entry) {
		for i := range list {
			if !gone[&list[i]] {
				out = append(out, list[i])
			}
		}
		return out
	}
	return rest(so), rest(unclear)
}

// toldIn adds what an entry tells to the line of its device, and reports whether there is
// one; else it is that line itself.
func (e *Entry) toldIn(lines map[string]*Entry) bool {
	for _, key := range e.devices() {
		line := lines[key]
		if line == nil {
			lines[key] = e
			continue
		}
		if line.Type == e.Type || sourceNumbers(line.Vouched) != sourceNumbers(e.Vouched) {
			continue
		}
		if slices.ContainsFunc(ending["device"], func(s string) bool { return strings.Contains(e.Status, s) }) {
			line.oppose(*e)
		}
		line.Note = joined(", ", line.Note, e.Value, e.Note)
		line.Vouched, line.Earlier = slices.Concat(line.Vouched, e.Vouched), slices.Concat(line.Earlier, e.Earlier)
		line.refs, line.uses, line.More = slices.Concat(line.refs, e.refs), slices.Concat(line.uses, e.uses), line.More || e.More
		bySourceAndHandle(line.Vouched)
		return true
	}
	return false
}

// magnets adds to what calls a person safe for magnetic resonance each device in the
// body that is not, or only under conditions.
func magnets(told []Entry) {
	for i := range told {
		if word := nowWord(told[i]); word != "alert" && word != "problem" || inMagnet(told[i]) != "safe" {
			continue
		}
		for _, d := range told {
			if is := inMagnet(d); nowWord(d) == "device" && (is == "unsafe" || is == "conditional") {
				told[i].oppose(d)
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

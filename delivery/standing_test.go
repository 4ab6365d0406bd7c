package delivery

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
)

// TestR37WhatStandsOfAName goes through what was delivered and taken back.
func TestR37WhatStandsOfAName(t *testing.T) {
	one, two, other := record("Observation", "1", "1", stele.Results), record("Observation", "1", "2", stele.Results), record("Observation", "2", "", stele.Results)
	w := record("Provenance", "w", "", stele.Results)
	withdraws := func(names ...string) []*kept {
		k := *w
		k.Withdraws = names
		return []*kept{&k}
	}
	for what, c := range map[string]struct {
		last []*kept
		want string // how much stands of Observation/1, of Observation/2, of the withdrawal
	}{
		"nothing is taken back":    {nil, "2 1 0"},
		"one by its name":          {withdraws("Observation/1"), "0 1 0"},
		"one version":              {withdraws("Observation/1/_history/1"), "1 1 0"},
		"a version that is not":    {withdraws("Observation/1/_history/9"), "2 1 0"},
		"one by its handle":        {withdraws(other.Handle.String()), "2 0 0"},
		"what it does not mention": {withdraws("Observation/3"), "2 1 0"},
	} {
		var all []*kept
		for _, k := range []*kept{one, two, other} {
			k := *k
			all = append(all, &k)
		}
		m := memoryOf([]frame{{Subject: stele.Subject{7}, Submission: stele.ID{1}, Records: all}, {Submission: stele.ID{2}, Records: c.last}, {Submission: stele.ID{3}, Records: all[:1]}})
		if got := fmt.Sprint(len(m.standing("Observation/1")), len(m.standing("Observation/2")), len(m.standing("Provenance/w"))); got != c.want {
			t.Errorf("%s: %s stand, want %s", what, got, c.want)
		}
		if last := m.last("Observation/1"); last != all[1] {
			t.Errorf("%s: the last is %+v", what, last)
		}
		m.add(&kept{Type: "Observation", ID: "1", Handle: stele.NewID()}) // of this import
		if last := m.last("Observation/1"); last != all[1] {
			t.Errorf("%s: what comes now is taken for what was before", what)
		}
		if m.last("Provenance/w") != nil {
			t.Errorf("%s: a withdrawal is taken for a version", what)
		}
	}
}

// TestWhatIsFoundTogether: a withdrawal stands under label and date of what it takes back.
func TestWhatIsFoundTogether(t *testing.T) {
	k := kept{Category: stele.Results, Year: 2020, When: "2020-01-02", Sensitivity: []stele.Sensitivity{"a", "b"}}
	for what, c := range map[string]struct {
		change       func(*kept)
		label, place bool // the same
	}{
		"nothing else":   {func(k *kept) { k.Version = stampOf("2") }, true, true},
		"another order":  {func(k *kept) { k.Sensitivity = []stele.Sensitivity{"b", "a"} }, true, true},
		"another date":   {func(k *kept) { k.When = "2020-01-03" }, true, false},
		"another year":   {func(k *kept) { k.Year = 2021 }, false, false},
		"another area":   {func(k *kept) { k.Category = stele.Vitals }, false, false},
		"one word fewer": {func(k *kept) { k.Sensitivity = k.Sensitivity[:1] }, false, false},
	} {
		o := k
		c.change(&o)
		if k.sameLabel(&o) != c.label || (k.place() == o.place()) != c.place {
			t.Errorf("%s: the same label %v, the same place %v", what, k.sameLabel(&o), k.place() == o.place())
		}
	}
}

// TestARecordKeepsItsServer reads frames of several servers back.
func TestARecordKeepsItsServer(t *testing.T) {
	f, want := frame{Subject: stele.Subject{7}}, map[stele.ID]string{}
	for _, base := range []string{"https://a.example", "", "https://b.example", "https://a.example"} {
		k := record("Observation", "1", "", stele.Results)
		k.base, want[k.Handle] = base, base
		f.add(k)
	}
	again, err := decodeFrame(f.encode())
	if err != nil {
		t.Fatal(err)
	}
	for handle, base := range want {
		if got := memoryOf([]frame{again}).byHandle[handle].base; got != base {
			t.Errorf("it is of %q, and was of %q", got, base)
		}
	}
}

// TestR38WhatIsKnownOfARecordThatComes has one record come where others were delivered
// before, and says what becomes of it.
func TestR38WhatIsKnownOfARecordThatComes(t *testing.T) {
	w := newDesk(t)
	subject := stele.Subject{7}
	const day = "2026-05-01T10:00:00Z"
	type before struct {
		json, version, updated, base string
		withdrawn                    bool
	}
	const lab, ward = "https://lab.example/fhir", "https://ward.example/fhir"
	for what, c := range map[string]struct {
		stands   []before
		again    bool // --again
		met      bool // the newest of that name is in the files
		comes    before
		once     bool
		replaces string
		want     knowledge
		warns    int
	}{
		"nothing was":                         {comes: before{json: "a"}, want: fresh},
		"the same":                            {stands: []before{{json: "a"}}, comes: before{json: "a"}, want: delivered},
		"another":                             {stands: []before{{json: "a"}}, comes: before{json: "b"}, want: fresh},
		"an older value again":                {stands: []before{{json: "a"}, {json: "b"}}, comes: before{json: "a"}, want: returning},
		"an older value, the newest is here":  {stands: []before{{json: "a"}, {json: "b"}}, met: true, comes: before{json: "a"}, want: delivered},
		"an older value to be created once":   {stands: []before{{json: "a"}, {json: "b"}}, comes: before{json: "a"}, once: true, want: delivered},
		"an older value that says its number": {stands: []before{{json: "a", version: "1"}, {json: "b", version: "2"}}, comes: before{json: "a", version: "1"}, want: delivered},
		"an older value that comes too late":  {stands: []before{{json: "x", version: "1"}, {json: "a"}, {json: "b", version: ">1"}}, comes: before{json: "a"}, replaces: "1", want: delivered},
		"an older value of what is gone":      {stands: []before{{json: "a"}, {json: "b", withdrawn: true}}, comes: before{json: "a"}, want: delivered},
		"what was taken back":                 {stands: []before{{json: "a", withdrawn: true}}, comes: before{json: "a"}, want: delivered, warns: 1},
		"what was taken back, again":          {stands: []before{{json: "a", withdrawn: true}}, again: true, comes: before{json: "a"}, want: fresh},
		"what stands, again":                  {stands: []before{{json: "a"}}, again: true, comes: before{json: "a"}, want: delivered},
		"to be created once":                  {comes: before{json: "a"}, once: true, want: fresh},
		"to be created once, and is there":    {stands: []before{{json: "b"}}, comes: before{json: "a"}, once: true, want: delivered, warns: 1},
		"to be created once, and was":         {stands: []before{{json: "b", withdrawn: true}}, comes: before{json: "a"}, once: true, want: fresh},
		"to replace what was replaced":        {stands: []before{{json: "b", version: "1"}, {json: "c", version: ">1"}}, comes: before{json: "a"}, replaces: "1", want: taken},
		"another server's name":               {stands: []before{{json: "b", base: ward}}, comes: before{json: "a", base: lab}, want: taken},
		"another server's, taken back":        {stands: []before{{json: "b", base: ward, withdrawn: true}}, comes: before{json: "a", base: lab}, want: fresh},
		"another server's, made then, too":    {stands: []before{{json: "b", base: ward, version: "2", updated: day}}, comes: before{json: "a", base: lab, version: "1", updated: day}, want: taken},
		"another server's of the same making": {stands: []before{{json: "b", base: ward, version: "1", updated: day}}, comes: before{json: "a", base: lab, version: "1", updated: day}, want: taken},
	} {
		seen := &deliveredSet{path: t.TempDir() + "/seen", known: map[[16]byte]struct{}{}}
		plan := intake.NewSurvey(&intake.Table{Own: []string{lab}}, intake.Asked{}).Decide()
		im := &importing{desk: w, seen: seen, surveyed: surveyed{plan: plan}, became: became{done: make([]Imported, 1)}, o: ImportOptions{Again: c.again}}
		p := &piles{importing: im, queued: map[[16]byte]bool{}, pending: map[stele.Subject]*pile{}, memories: map[stele.Subject]*memory{}}
		arrives := func(b before) arrival {
			return p.print(arrival{subject: subject, entry: &counted{charts: 1}, updated: b.updated, record: Incoming{Type: "Observation", ID: "o", JSON: []byte(b.json), Version: b.version, Handle: stele.NewID()},
				origin: intake.Origin{Base: b.base, Once: c.once, Replaces: c.replaces}})
		}
		m := memoryOf(nil)
		for _, b := range c.stands {
			k := arrives(b).kept
			k.submission, k.withdrawn, k.Version = stele.ID{1}, b.withdrawn, stampOf(b.version)
			m.add(k)
			seen.known[k.Print] = struct{}{}
		}
		if c.met {
			m.met["Observation/o"] = true
		}
		a := arrives(c.comes)
		if got := p.knows(m, a); got != c.want {
			t.Errorf("%s: %d, want %d", what, got, c.want)
		}
		if n := len(im.done[0].Warnings); n != c.warns {
			t.Errorf("%s: it warns %q", what, im.done[0].Warnings)
		}
		known, refused := 0, 0
		switch {
		case c.want == delivered, what == "another server's of the same making":
			known = 1
		case c.want == taken:
			refused = 1
		}
		if d := im.done[0]; d.Known != known || d.Refused != refused {
			t.Errorf("%s: %d known, %d refused", what, d.Known, d.Refused)
		}
	}
}

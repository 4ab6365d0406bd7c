package intake

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// only is the only person that a file is about, or nobody.
func (f *worldFile) only() int {
	about := map[int]bool{}
	for p, has := range f.has {
		if has {
			about[p] = true
		}
	}
	for _, r := range f.records {
		if r.about != nobody {
			about[r.about] = true
		}
	}
	if len(about) != 1 {
		return nobody
	}
	for p := range about {
		return p
	}
	return nobody
}

// mentions reports whether a record, or one that hangs together with it, mentions
// somebody else than who was asked for; through what is of nobody nothing hangs together.
func (f *worldFile) mentions(i, asked int, been map[int]bool) bool {
	r := f.records[i]
	if been[i] || r.free {
		return false
	}
	been[i] = true
	if r.also != nobody && r.also != asked && !r.vague {
		return true
	}
	for j, other := range f.records {
		if (slices.Contains(r.leads, j) || slices.Contains(other.leads, i)) && f.mentions(j, asked, been) {
			return true
		}
	}
	return false
}

// may are the people whose chart a record may enter.
func (f *worldFile) may(place int, asked int) map[int]bool {
	r := f.records[place]
	if r.about != nobody {
		return map[int]bool{r.about: true}
	}
	out, about := map[int]bool{}, 0
	// Whose records it hangs together with, in either direction and through others.
	been := map[int]bool{}
	var go2 func(i int)
	go2 = func(i int) {
		if been[i] {
			return
		}
		been[i] = true
		if f.records[i].about != nobody {
			out[f.records[i].about] = true
			return
		}
		for _, to := range f.records[i].leads {
			go2(to)
		}
		for j, other := range f.records {
			if slices.Contains(other.leads, i) {
				go2(j)
			}
		}
	}
	go2(place)
	if f.mentions(place, asked, map[int]bool{}) {
		about++
	}
	if only := f.only(); only >= 0 {
		out[only] = true
	}
	for _, r := range f.records {
		if r.about != nobody {
			about++
		}
	}
	for _, has := range f.has {
		if has {
			about++
		}
	}
	if about == 0 && asked >= 0 {
		out[asked] = true
	}
	return out
}

// TestR37NobodyGetsAnothersRecord makes worlds of people whose ids and numbers
// collide, files in every order, references of every form, links of every kind,
// and asks only: does anything enter the chart of somebody whom it is not about?
func TestR37NobodyGetsAnothersRecord(t *testing.T) {
	delivered := 0
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, people: rapid.IntRange(1, 3).Draw(t, "people"), linked: map[int]bool{}, shared: rapid.Bool().Draw(t, "one server")}
		if w.known = rapid.Bool().Draw(t, "known"); w.known {
			w.twins = rapid.Bool().Draw(t, "twins")
			w.child = w.people == 3 && rapid.Bool().Draw(t, "a newborn")
		}
		for p := range w.people {
			w.linked[p] = rapid.Bool().Draw(t, "linked")
		}
		for i := range rapid.IntRange(1, 3).Draw(t, "files") {
			w.files = append(w.files, w.file(i))
		}
		asked := nobody
		if rapid.Bool().Draw(t, "asked") { // truly: of somebody who is in the files
			var there []int
			for p := range w.people {
				for _, f := range w.files {
					if f.has[p] || slices.ContainsFunc(f.records, func(r worldRecord) bool { return r.about == p && !r.wrong }) {
						there = append(there, p)
						break
					}
				}
			}
			if len(there) > 0 {
				asked = rapid.SampledFrom(there).Draw(t, "asked for")
			}
		}
		a := Asked{Organisation: w.subject(organisation)}
		if asked == nobody && rapid.IntRange(0, 2).Draw(t, "own log") == 0 {
			asked = organisation
		}
		if asked >= 0 {
			a.Subject = w.subject(asked)
		}
		table := w.table()
		var texts []string
		var places [][]int
		for _, f := range w.files {
			text, what := w.text(f)
			texts, places = append(texts, text), append(places, what)
		}
		p, _ := plan(t, table, a, texts...)
		told := map[string]string{}
		for f := range texts {
			for i, what := range places[f] {
				v := p.Of(f, i)
				told[fmt.Sprint(f, " ", i)] = fmt.Sprint(sortedSubjects(v.To), v.Refused != nil, v.Waits)
				may := map[int]bool{-1 - what: true}
				if what == deleted { // in every chart that has it, but not what a POST makes under its id
					_, id, _ := strings.Cut(v.Deletes, "/")
					later := strings.Contains(strings.Join(texts[f+1:], ""), `"id":"`+id+`"`) // it comes after it
					if w.files[f].method == "POST" && v.Newer && !later {
						t.Fatalf("file %d: a DELETE is dropped for a POST: %+v\n%s", f, v, strings.Join(texts, "\n---\n"))
					}
					continue
				}
				if what >= 0 {
					may = w.files[f].may(what, asked)
				}
				for _, subject := range v.To {
					delivered++
					if !may[int(subject[0])-1] {
						t.Fatalf("file %d, entry %d goes to person %d, and may go to %v\n%s\ntable %+v, asked %d", f, i, int(subject[0])-1, may, strings.Join(texts, "\n---\n"), table, asked)
					}
				}
			}
		}
		// And the order of the files decides nothing.
		order := rand.New(rand.NewPCG(1, uint64(len(texts)))).Perm(len(texts))
		shuffled := make([]string, len(texts))
		for i, f := range order {
			shuffled[i] = texts[f]
		}
		again, _ := plan(t, table, a, shuffled...)
		for i, f := range order {
			for e := range places[f] {
				v := again.Of(i, e)
				if got, want := fmt.Sprint(sortedSubjects(v.To), v.Refused != nil, v.Waits), told[fmt.Sprint(f, " ", e)]; got != want {
					t.Fatalf("file %d, entry %d: %s, and in another order of files %s\n%s", f, e, want, got, strings.Join(texts, "\n---\n"))
				}
			}
		}
	})
	if delivered == 0 {
		t.Error("nothing was delivered at all")
	}
	t.Logf("%d deliveries, each to whom it is about", delivered)
}

func sortedSubjects(list []stele.Subject) []stele.Subject {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b stele.Subject) int { return strings.Compare(string(a[:]), string(b[:])) })
	return out
}

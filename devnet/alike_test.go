package devnet_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR8RefusalsAreAlikeThroughTheDoor asks one member's trustee over the network
// for what is not allowed, for every reason that an asker might want to tell from
// another, many askers at once, and compares words and times as the askers
// measure them. STELE_LONG=1 takes the 10,000 askings of each kind that R8 names.
func TestR8RefusalsAreAlikeThroughTheDoor(t *testing.T) {
	rounds, askers, gap, auc := 60, 4, 2*time.Millisecond, 0.2
	if os.Getenv("STELE_LONG") != "" {
		rounds, askers, gap, auc = 10_000, 12, 100*time.Microsecond, 0.05
	}
	p, other, d := mixed(t), mixed(t), town.doctor(t, "Dr Ask", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies))
	restricted, stolen, silent := ask(t, d, p, stele.Treatment), ask(t, d, p, stele.Treatment), ask(t, d, p, stele.Treatment)
	must(t, restricted.access(t))
	must(t, stolen.access(t))
	given := grant(t, p, d, readGrant(stele.Allergies))
	revoked := ask(t, d, p, stele.Treatment)
	must(t, revoked.access(t))
	_, err := p.Revoke(t.Context(), given.Grant)
	must(t, err)
	unknown := *silent
	unknown.subject = stele.SubjectOf([]byte("nobody"))
	m := town.member(d, "hospital-a")
	capsules := map[string][]*wire.CapsuleRef{
		"restricted": refs(withCategory(t, listOwn(t, p, m), stele.Problems)), "stolen": refs(withCategory(t, listOwn(t, other, m), stele.Allergies)),
		"revoked": refs(revoked.allergies), "no access": refs(silent.allergies), "unknown": refs(silent.allergies),
	}
	openings := map[string]*opening{"restricted": restricted, "stolen": stolen, "revoked": revoked, "no access": silent, "unknown": &unknown}
	var names []string
	for name := range openings {
		names = append(names, name)
		capsules[name] = capsules[name][:1] // the number asked for is the asker's own to know
	}

	var mu sync.Mutex
	times, words := map[string][]time.Duration{}, map[string]bool{}
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			requests, made := map[string]*wire.ReleaseRequest{}, time.Time{}
			turn := slices.Clone(names)
			for range rounds / askers {
				if time.Since(made) > time.Minute { // a request is good for five
					for name, o := range openings {
						requests[name] = &wire.ReleaseRequest{Request: o.request(m), Capsules: capsules[name]}
					}
					made = time.Now()
				}
				rand.Shuffle(len(turn), func(i, j int) { turn[i], turn[j] = turn[j], turn[i] })
				for _, name := range turn {
					start := time.Now()
					_, err := m.Trustee.Release(context.Background(), requests[name])
					took := time.Since(start)
					if stele.KindOf(err) != stele.KindDenied {
						t.Errorf("%s: %v", name, err)
						return
					}
					mu.Lock()
					times[name], words[err.Error()+"|"+stele.HintOf(err)] = append(times[name], took), true
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if len(words) != 1 {
		t.Fatalf("refused in %d different words", len(words))
	}
	for _, took := range times {
		slices.Sort(took)
	}
	base := times["revoked"]
	for _, name := range names {
		took := times[name]
		a, d := areaUnderCurve(took, base), took[len(took)/2]-base[len(base)/2]
		t.Logf("%-10s %d askings, median %v (%+v to revoked), 99th %v, AUC %.3f", name, len(took), took[len(took)/2].Round(time.Microsecond),
			d.Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond), a)
		if d.Abs() > gap {
			t.Errorf("the medians of %s and revoked lie %v apart", name, d)
		}
		if a < 0.5-auc || a > 0.5+auc {
			t.Errorf("%s is told from revoked with AUC %.3f", name, a)
		}
	}
}

// areaUnderCurve returns how often a time of a is above one of b, ties half. Both
// are sorted.
func areaUnderCurve(a, b []time.Duration) float64 {
	sum := 0.0
	for _, v := range a {
		below, _ := slices.BinarySearch(b, v)
		notAbove, _ := slices.BinarySearch(b, v+1)
		sum += float64(below+notAbove) / 2
	}
	return sum / float64(len(a)) / float64(len(b))
}

package trustee

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR8RefusalsAreAlike asks in turn for what is not allowed, for every reason
// that an asker might want to tell from another, and compares answers and
// times. STELE_LONG=1 takes the 10,000 askings of each kind that R8 names.
func TestR8RefusalsAreAlike(t *testing.T) {
	rounds, gap, auc := 100, 200*time.Microsecond, 0.15
	if os.Getenv("STELE_LONG") != "" {
		rounds, gap, auc = 10_000, 100*time.Microsecond, 0.05
	}
	w := newTown(t, func(c *Config) { c.Refusal = 8 * time.Millisecond })
	restricted, revoked, unknown, window := w.open(nil, nil), w.open(nil, nil), w.open(nil, nil), w.open(nil, nil)
	restricted.refs = w.anchor(w.patient.subject, w.label(stele.Medications, "HIV")).refs
	g := revoked.grant
	g.Status = stele.GrantRevoked
	w.book.Grants[g.ID] = g
	nobody := stele.SubjectOf([]byte("nobody"))
	unknown.read.Subject = nobody[:]
	capsule := w.open(nil, nil)
	capsule.refs = w.anchor(w.thief.subject, w.label(stele.Allergies)).refs
	for _, o := range []*opening{revoked, unknown, window} {
		o.refs = o.refs[:1] // the number asked for is the asker's own to know
	}
	delete(w.book.Accesses, window.access.Request)

	request := func(o *opening) *wire.ReleaseRequest {
		o.read.Audience, o.read.AtMs = w.members[0][:], w.now().UnixMilli()
		return &wire.ReleaseRequest{Request: wire.Sign(wire.TagRead, &o.read, o.grantee, o.w.doctor.sign), Capsules: o.refs}
	}
	kinds := map[string]*wire.ReleaseRequest{
		"restricted": request(restricted), "revoked": request(revoked), "unknown": request(unknown),
		"no access": request(window), "stolen": request(capsule),
		"malformed": {Capsules: make([]*wire.CapsuleRef, 1)},
	}
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	times := map[string][]time.Duration{}
	for range rounds {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			start := time.Now()
			_, err := w.trustees[0].Release(context.Background(), kinds[name])
			times[name] = append(times[name], time.Since(start))
			same(t, err)
		}
	}
	for name, took := range times {
		slices.Sort(took)
		if first := took[0]; first < 8*time.Millisecond {
			t.Errorf("%s was answered after %v", name, first)
		}
		t.Logf("%-10s median %v, 99th %v", name, took[len(took)/2], took[len(took)*99/100])
	}
	base := times["revoked"]
	for name, took := range times {
		if d := (took[len(took)/2] - base[len(base)/2]).Abs(); d > gap {
			t.Errorf("the medians of %s and revoked lie %v apart", name, d)
		}
		if a := areaUnderCurve(took, base); a < 0.5-auc || a > 0.5+auc {
			t.Errorf("%s is told from revoked with AUC %.3f", name, a)
		}
	}
}

// areaUnderCurve returns how often a member of a is above one of b, ties half.
// Both are sorted.
func areaUnderCurve(a, b []time.Duration) float64 {
	sum := 0.0
	for _, v := range a {
		below, _ := slices.BinarySearch(b, v)
		notAbove, _ := slices.BinarySearch(b, v+1)
		sum += float64(below+notAbove) / 2
	}
	return sum / float64(len(a)) / float64(len(b))
}

func TestRefusalsThatRanOverWaitForTheNextTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // by a clock that no other process can hold up
		tr := &Trustee{cfg: Config{Nap: time.Sleep, Refusal: 10 * time.Millisecond, RefusalEach: time.Millisecond}}
		for _, c := range []struct {
			capsules    int
			spent, want time.Duration
		}{{0, 0, 10}, {5, 0, 15}, {0, 12, 20}, {5, 31, 45}} {
			start := time.Now().Add(-c.spent * time.Millisecond)
			tr.waitOut(t.Context(), start, c.capsules)
			if took := time.Since(start); took < c.want*time.Millisecond || took > (c.want+1)*time.Millisecond {
				t.Errorf("%d capsules after %d ms of work: answered at %v, want %d ms", c.capsules, c.spent, took, c.want)
			}
		}
	})
}

func BenchmarkRelease100Capsules(b *testing.B) {
	w := newTown(b)
	labels := make([]*wire.Label, 100)
	for i := range labels {
		labels[i] = w.label(stele.Medications)
		labels[i].Year = int32(1990 + i%30)
	}
	w.submission = w.anchor(w.patient.subject, labels...)
	o := w.open(nil, nil)
	for i := 0; b.Loop(); i++ {
		if i%200 == 199 {
			b.StopTimer()
			o = w.open(nil, nil)
			b.StartTimer()
		}
		if _, err := o.ask(0); err != nil {
			b.Fatal(err)
		}
	}
}

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestFigureLine holds the line of --json, which machines read.
func TestFigureLine(t *testing.T) {
	for _, c := range []struct {
		value  float64
		target *Target
		want   string
	}{
		{51, AtMost(50), `{"name":"work, part","value":51,"unit":"ms","target":"<= 50","ok":false}`},
		{50, AtMost(50), `{"name":"work, part","value":50,"unit":"ms","target":"<= 50","ok":true}`},
		{2499, AtLeast(2500), `{"name":"work, part","value":2499,"unit":"ms","target":">= 2500","ok":false}`},
		{1, AtLeast(0.7), `{"name":"work, part","value":1,"unit":"ms","target":">= 0.7","ok":true}`},
		{0, nil, `{"name":"work, part","value":0,"unit":"ms","target":null,"ok":true}`},
	} {
		r := &Run{name: "work"}
		r.Report("part", c.value, "ms", c.target)
		var got strings.Builder
		e := json.NewEncoder(&got)
		e.SetEscapeHTML(false)
		if err := e.Encode(r.figures[0]); err != nil || strings.TrimSpace(got.String()) != c.want {
			t.Errorf("%s, want %s (%v)", got.String(), c.want, err)
		}
	}
}

// TestMissedTargetsAreNamed: a target that was missed is never lost, and work that
// fails says which.
func TestMissedTargetsAreNamed(t *testing.T) {
	work := figure{name: "work", run: func(_ context.Context, r *Run) error {
		r.Report("small", 9, "ms", AtMost(1))
		r.Report("large", 9, "/s", AtLeast(1))
		return errors.New("broke")
	}}
	got, err := runOne(t.Context(), Config{Folder: t.TempDir()}, work)
	if err == nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if missed := Missed(got); len(missed) != 1 || missed[0] != "work, small" {
		t.Errorf("missed: %q", missed)
	}
}

// TestFigureNames: names are what --only takes, each once; what is not there is
// refused with what is.
func TestFigureNames(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range figures() {
		if seen[f.name] || f.name == "" || f.about == "" || f.run == nil || strings.Contains(f.name, ",") {
			t.Errorf("%+v", f)
		}
		seen[f.name] = true
	}
	if err := (Config{Only: []string{"nothing"}}).Check(); stele.KindOf(err) != stele.KindUsage || !strings.Contains(stele.HintOf(err), "proof") {
		t.Errorf("%v", err)
	}
	quick, _ := choose(Config{})
	full, _ := choose(Config{Full: true})
	if len(full) != len(figures()) || len(quick) > len(full) {
		t.Errorf("%d quick, %d full", len(quick), len(full))
	}
}

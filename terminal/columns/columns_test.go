package columns_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele/terminal/columns"
)

func TestColumnsCountsWhatTheScreenShows(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "abc": 3, "Ibáñez": 6, "Iba\u0301n\u0303ez": 6, "王小明": 6, "…": 1, "a\u200bb": 2, "a\x1bb": 3,
	} {
		if got := columns.Of(text); got != want {
			t.Errorf("Of(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestClipShowsThatItCut(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"Lakeview Hospital", 17, "Lakeview Hospital"}, {"Lakeview Hospital", 10, "Lakeview…"}, {"王小明王小明", 6, "王小…"}} {
		if got := columns.Clip(c.text, c.most); got != c.want || columns.Of(got) > c.most {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

// TestAPathIsCutAtItsBeginning: of files in one folder the names are what tells them apart.
func TestAPathIsCutAtItsBeginning(t *testing.T) {
	for _, c := range []struct {
		path string
		most int
		want string
	}{
		{"charts/01-anna.json", 19, "charts/01-anna.json"},
		{"charts/01-anna.json", 13, "…01-anna.json"},
		{"charts/01-şule.json", 8, "…le.json"},
		{"charts/東京.json", 9, "…京.json"},
	} {
		if got := columns.ClipStart(c.path, c.most); got != c.want || columns.Of(got) > c.most {
			t.Errorf("%s in %d: %q, want %q", c.path, c.most, got, c.want)
		}
	}
}

func TestWrapLosesNothing(t *testing.T) {
	text := "a " + strings.Repeat("x", 25) + " bc def"
	got := columns.Wrap(text, 10)
	if diff := cmp.Diff([]string{"a", "xxxxxxxxxx", "xxxxxxxxxx", "xxxxx bc", "def"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1234", "123456"}, columns.Wrap("1234 123456", 10)); diff != "" { // a word that fits a line is not torn
		t.Error(diff)
	}
}

// TestNoLineIsWiderThanAskedFor: whatever the words, all of them are there, in order.
func TestNoLineIsWiderThanAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.StringOf(rapid.SampledFrom([]rune("ab王é\u0301明-5 ")))).Draw(t, "words"), " ")
		most := rapid.IntRange(2, 30).Draw(t, "most")
		lines := columns.Wrap(text, most)
		for _, l := range lines {
			if columns.Of(l) > most {
				t.Fatalf("%q is wider than %d", l, most)
			}
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(strings.Join(lines, " ")) != bare(text) {
			t.Fatalf("%q became %q", text, lines)
		}
		if got := columns.Clip(text, most); columns.Of(got) > most {
			t.Fatalf("clipped to %q", got)
		}
	})
}

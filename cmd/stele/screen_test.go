package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/screen"
)

func TestColumnsCountsWhatTheScreenShows(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "abc": 3, "Ibáñez": 6, "Iba\u0301n\u0303ez": 6, "王小明": 6, "…": 1, "a\u200bb": 2,
	} {
		if got := columns(text); got != want {
			t.Errorf("columns(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestClipShowsThatItCut(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"Lakeview Hospital", 17, "Lakeview Hospital"}, {"Lakeview Hospital", 10, "Lakeview…"}, {"王小明王小明", 6, "王小…"}} {
		if got := clip(c.text, c.most); got != c.want || columns(got) > c.most {
			t.Errorf("clip(%q, %d) = %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

func TestWrapLosesNothing(t *testing.T) {
	text := "a " + strings.Repeat("x", 25) + " bc def"
	got := wrap(text, 10)
	if diff := cmp.Diff([]string{"a", "xxxxxxxxxx", "xxxxxxxxxx", "xxxxx bc", "def"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTableFitsTheScreen(t *testing.T) {
	var out bytes.Buffer
	f := &face{out: screen.New(&out), err: screen.New(&out), width: 40}
	table := f.table(column{title: "N", right: true}, column{title: "NAME", flex: true}, column{title: "ID"})
	table.row("1", "Saint Brigid Hospital of the Long Name", "abcdefgh")
	table.row("12", "王小明 \x1b[31m", "abcdefgh")
	table.flush("")
	want := " N  NAME                        ID\n" +
		" 1  Saint Brigid Hospital of…   abcdefgh\n" +
		"12  王小明 �[31m                abcdefgh\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTermsOfTime(t *testing.T) {
	day := 24 * time.Hour
	for text, want := range map[string]time.Duration{"90m": 90 * time.Minute, "24h": day, "7d": 7 * day, "2w": 14 * day, "1y": 365 * day, "3s": 3 * time.Second} {
		if got, err := parseTerm(text); err != nil || got != want {
			t.Errorf("parseTerm(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "0d", "-1d", "-5m", "1.5d", "99999y", "soon", "4000y"} {
		if got, err := parseTerm(text); err == nil {
			t.Errorf("parseTerm(%q) = %v, want an error", text, got)
		}
	}
}

// TestFoldHidesNoFailure: one line for many alike, but each that failed is told.
func TestFoldHidesNoFailure(t *testing.T) {
	steps := []proof.Step{
		{Name: "genesis", OK: true, Text: "fine"}, {Name: "record 1", OK: true, Text: "fits"}, {Name: "record 2", Text: "does not"},
		{Name: "record 3", OK: true, Text: "fits"}, {Name: "record 4", Text: "does not"},
		{Name: "folio 1", OK: true, Text: "anchored in block 7"}, {Name: "folio 2", OK: true, Text: "anchored in block 12"},
		{Name: "detail 1", OK: true, Text: "says what access 5mh5sxtwrpyhxuut5gwpi5245g on the ledger commits to"},
		{Name: "detail 2", OK: true, Text: "says what access kf46gksclmy4l5gp4augb6xzbs on the ledger commits to"},
	}
	want := []proof.Step{{Name: "genesis", OK: true, Text: "fine"}, {Name: "2 records", OK: true, Text: "each fits"}, steps[2], steps[4],
		{Name: "2 folios", OK: true, Text: "each anchored in its block"},
		{Name: "2 details", OK: true, Text: "each says what its access on the ledger commits to"}}
	if diff := cmp.Diff(want, fold(steps, false)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(steps, fold(steps, true)); diff != "" {
		t.Error(diff)
	}
}

func TestPrintableObeysNobody(t *testing.T) {
	if got := printable("Dr\x1b[2J \u202eOkafor\n"); got != "Dr�[2J �Okafor " {
		t.Errorf("%q", got)
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
		if got := clipPath(c.path, c.most); got != c.want || columns(got) > c.most {
			t.Errorf("%s in %d: %q, want %q", c.path, c.most, got, c.want)
		}
	}
}

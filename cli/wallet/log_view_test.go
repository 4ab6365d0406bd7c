package wallet

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestALongLogFitsAScreen: of many lines the newest are shown, oldest first, under a
// list of who asked how often; everything is counted, and nothing is shown twice.
func TestALongLogFitsAScreen(t *testing.T) {
	day := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	var lines []account.Line
	for i := range 130 {
		line := account.Line{Seq: uint64(i), Time: day.AddDate(0, 0, i), Event: &wire.Event{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{}}}}
		switch {
		case i%10 == 3:
			line.Event, line.Needed, line.Released = &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{}}}, 3, 3
			line.Card, line.Detail = &wire.Card{Name: "Dr Okafor"}, &wire.AccessDetail{}
		case i%20 == 4:
			line.Event = nil
			line.Card, line.Detail = &wire.Card{Name: "Dr Quist"}, &wire.AccessDetail{}
		}
		lines = append(lines, line)
	}
	show := func(v logView, json bool) (string, []string) {
		t.Helper()
		var out bytes.Buffer
		v.f = &cli.Face{Terminal: &terminal.Terminal{Out: terminal.New(&out), Err: terminal.New(&out), Width: 100}, JSON: json}
		v.s, v.by, v.begin = client.Of(wallet.NewSession(nil, &members.Network{}, nil)), map[whoAsks]*askings{}, func() {}
		if err := v.check(); err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if err := v.add(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := v.flush(); err != nil {
			t.Fatal(err)
		}
		var seqs []string
		for line := range strings.Lines(out.String()) {
			var seq int
			if n, _ := fmt.Sscanf(line, "%d  20", &seq); n == 1 {
				seqs = append(seqs, fmt.Sprint(seq))
			} else if strings.HasPrefix(line, "   –  ") {
				seqs = append(seqs, "–")
			}
		}
		return out.String(), seqs
	}
	text, seqs := show(logView{last: 50}, false)
	if len(seqs) != 50 || seqs[0] != "80" || seqs[49] != "129" || seqs[4] != "–" {
		t.Errorf("the last 50 are %v", seqs)
	}
	for _, want := range []string{"Dr Okafor +13 +0 +0", "Dr Quist +0 +7 +0", "80 lines before these; --all"} {
		if !matches(text, want) {
			t.Errorf("not said: %s\n%s", want, text)
		}
	}
	if text, seqs := show(logView{last: 200}, false); len(seqs) != 130 || strings.Contains(text, "WHO ASKED") {
		t.Errorf("all that there are: %d lines\n%s", len(seqs), text)
	}
	if text, seqs := show(logView{all: true}, false); len(seqs) != 130 || seqs[0] != "0" || strings.Contains(text, "WHO ASKED") {
		t.Errorf("--all: %d lines", len(seqs))
	}
	if text, seqs := show(logView{summary: true, last: 50}, false); len(seqs) != 0 || !matches(text, "Dr Okafor +13") {
		t.Errorf("--summary: %s", text)
	}
	if _, seqs := show(logView{last: 50, since: "2026-07"}, false); len(seqs) != 8 || seqs[0] != "122" {
		t.Errorf("--since: %v", seqs)
	}
	if text, seqs := show(logView{last: 5, accesses: true}, false); len(seqs) != 5 || seqs[4] != "–" || !strings.Contains(text, "15 lines before") {
		t.Errorf("--accesses --last 5: %v\n%s", seqs, text)
	}
	if text, _ := show(logView{all: true}, true); strings.Count(text, "\n") != 130 || strings.Count(text, `"on_ledger":false`) != 7 {
		t.Errorf("to programs: %s", text)
	}
	if text, _ := show(logView{all: true, summary: true}, true); strings.Count(text, "\n") != 2 || !strings.Contains(text, `"opened":13`) {
		t.Errorf("to programs, summed: %s", text)
	}
	for i := range 3 * maxAskers { // any number of names takes no more memory
		lines = append(lines, account.Line{Time: day, Telling: account.Telling{Card: &wire.Card{Name: fmt.Sprint("Dr ", i)}, Detail: &wire.AccessDetail{}}})
	}
	if text, _ := show(logView{summary: true, last: 50}, false); strings.Count(text, "\n") > shownAskers+5 || !matches(text, "others +0 +2,98[0-9] +0") {
		t.Errorf("%d askers: %s", 3*maxAskers, text)
	}
}

func matches(text, pattern string) bool { return regexp.MustCompile(pattern).MatchString(text) }

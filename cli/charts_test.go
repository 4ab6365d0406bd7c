package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
)

func nobody(*client.Session) error { return nil }

// TestWhatIsAboutNoChartTakesNone: before a wallet is opened, also where it is the flags that say so.
func TestWhatIsAboutNoChartTakesNone(t *testing.T) {
	run := func(args ...string) (code int, said string) {
		var out bytes.Buffer
		m := &Main{Out: &out, Err: &out, Env: func(string) string { return "" }, Args: args, Commands: func(f *Face) []*cobra.Command {
			return AboutNone(&cobra.Command{Use: "look", RunE: func(*cobra.Command, []string) error { return nil }},
				&cobra.Command{Use: "tell", Annotations: About(Each), RunE: func(c *cobra.Command, _ []string) error { return f.AsAbout(c.Context(), None, nobody) }},
				&cobra.Command{Use: "show", Annotations: About(Each), RunE: func(*cobra.Command, []string) error { return nil }})
		}}
		return m.Run(t.Context()), out.String()
	}
	for command, want := range map[string]int{"look": 2, "tell": 2, "show": 0} {
		if code, said := run(command, "--chart", "did:stele:x", "--as", "ana"); code != want {
			t.Errorf("%s ends with %d, want %d: %s", command, code, want, said)
		}
	}
	if code, said := run("look"); code != 0 {
		t.Errorf("without --chart it ends with %d: %s", code, said)
	}
}

// TestACommandThatSaysNoChartsDoesNotRun: whoever forgets the word finds that out by running it once.
func TestACommandThatSaysNoChartsDoesNotRun(t *testing.T) {
	f := newFace(&Main{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, Env: func(string) string { return "" }})
	if err := f.As(t.Context(), nobody); err == nil || !strings.Contains(err.Error(), "which charts") || stele.HintOf(err) == "" {
		t.Errorf("it runs: %v", err)
	}
}

// TestNotHereIsOfWhatWasNotFoundAlone: any other failure ends the search, and keeps its kind and hint.
func TestNotHereIsOfWhatWasNotFoundAlone(t *testing.T) {
	for kind, elsewhere := range map[stele.Kind]bool{stele.KindNotFound: true, stele.KindUsage: false, stele.KindDenied: false, stele.KindUnreachable: false} {
		err := NotHere(stele.E("find", kind, "there is none", nil).WithHint("look"))
		if _, is := err.(notHere); is != elsewhere || stele.KindOf(err) != kind || stele.HintOf(err) != "look" || Sentence(err) != "there is none" {
			t.Errorf("%v: %v, %T", kind, err, err)
		}
	}
	if NotHere(nil) != nil {
		t.Error("nothing failed, and it is said")
	}
}

// TestTheSameOfAnotherChartIsTyped: as it was, with --chart, before what is no flag any more.
func TestTheSameOfAnotherChartIsTyped(t *testing.T) {
	chart := stele.Subject{7}
	for want, args := range map[string][]string{
		"stele wallet grant --to 'Dr A' --yes --chart " + chart.String():     {"wallet", "grant", "--to", "Dr A", "--yes"},
		"stele wallet restrict lift --chart " + chart.String() + " -- 1":     {"wallet", "restrict", "lift", "--", "1"},
		"stele wallet emergency none --home 'a b' --chart " + chart.String(): {"wallet", "emergency", "none", "--home", "a b"},
	} {
		f := newFace(&Main{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, Env: func(string) string { return "" }, Args: args})
		if got := f.againWith(chart); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/terminal"
)

// TestHintMeansTheSameHomeAndWallet: what a hint tells to type finds the home and the
// wallet of the command that failed, wherever these were named.
func TestHintMeansTheSameHomeAndWallet(t *testing.T) {
	for text, want := range map[string]string{
		"stele wallet grants lists them":                "stele wallet grants --as sule --home 'a b' lists them",
		"look with: stele devnet status; it may be off": "look with: stele devnet status --home 'a b'; it may be off",
		"stele member found X.card; alone: stele member found": "stele member found --home 'a b' X.card; alone: " +
			"stele member found --home 'a b'",
		"make one with: stele wallet new ana":                   "make one with: stele wallet new --home 'a b' ana",
		"stele wallet join --as ana, then again":                "stele wallet join --home 'a b' --as ana, then again",
		"start one: stele devnet --home OTHER":                  "start one: stele devnet --home OTHER",
		"stele words categories lists them":                     "stele words categories lists them",
		"see: stele wallet open --help":                         "see: stele wallet open --help",
		"the patient's wallet says it: stele wallet show --did": "the patient's wallet says it: stele wallet show --did",
		"the patient runs: stele wallet grant --write":          "the patient runs: stele wallet grant --write",
		"the person's wallet writes it: stele wallet grant":     "the person's wallet writes it: stele wallet grant",
		"that person: stele wallet open":                        "that person: stele wallet open",
		"and one of them runs: stele wallet grant":              "and one of them runs: stele wallet grant",
		"give --as NAME":                           "give --as NAME",
		"(stele ledger status) tells":              "(stele ledger status --home 'a b') tells",
		"stele withdraw --list; stele import says": "stele withdraw --as sule --home 'a b' --list; stele import --as sule --home 'a b' says",
	} {
		f := newFace(&Main{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, Env: func(string) string { return "" }})
		f.root = newRoot(f, someCommands)
		f.homeFlag, f.asFlag = "a b", "sule"
		if got := f.Hint(text); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
		if f.homeFlag, f.asFlag = "", ""; f.Hint(text) != text {
			t.Errorf("%s: without flags %s", text, f.Hint(text))
		}
		if f.root = nil; f.Hint(text) != text { // what ends the process beside its command
			t.Errorf("%s: without a command %s", text, f.Hint(text))
		}
	}
}

// TestAHintOfAnotherChartNamesIt: typed as it stands, it is not of the wallet's own.
func TestAHintOfAnotherChartNamesIt(t *testing.T) {
	for text, want := range map[string]string{
		"take it back: stele wallet grants":                  "take it back: stele wallet grants --as sule --chart did:x",
		"look: stele wallet grants --chart did:y":            "look: stele wallet grants --as sule --chart did:y",
		"look there: stele wallet show":                      "look there: stele wallet show --as sule",
		"the patient runs: stele wallet grant --write":       "the patient runs: stele wallet grant --write",
		"give both: stele wallet grant, stele devnet status": "give both: stele wallet grant --as sule --chart did:x, stele devnet status",
	} {
		f := newFace(&Main{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, Env: func(string) string { return "" }})
		f.root = newRoot(f, someCommands)
		f.asFlag, f.chartFlag = "sule", "did:x"
		if got := f.Hint(text); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// TestAQuestionThatWasStoppedDidNothing: and that is said.
func TestAQuestionThatWasStoppedDidNothing(t *testing.T) {
	var said bytes.Buffer
	f := newFace(&Main{Out: &said, Err: &said, Env: func(string) string { return "" }})
	f.root = newRoot(f, someCommands)
	grant, _, _ := f.root.Find([]string{"wallet", "grant"})
	if f.stopped(grant, terminal.ErrNoAnswer); !strings.Contains(said.String(), "nothing was done") {
		t.Errorf("says %q", said.String())
	}
}

// someCommands are such as hints name.
func someCommands(f *Face) []*cobra.Command {
	verb := func(name string) *cobra.Command {
		return &cobra.Command{Use: name, RunE: func(*cobra.Command, []string) error { return nil }}
	}
	noun := func(name string, verbs ...string) *cobra.Command {
		c := verb(name)
		for _, v := range verbs {
			c.AddCommand(verb(v))
		}
		return c
	}
	wallet := noun("wallet", "new", "join", "open", "show")
	for name, charts := range map[string]Charts{"grant": One, "grants": Each} {
		c := verb(name)
		c.Annotations = About(charts)
		wallet.AddCommand(c)
	}
	return []*cobra.Command{
		wallet, noun("devnet", "status"), noun("member", "found"), noun("ledger", "status"),
		verb("import"), verb("withdraw"), verb("words"),
	}
}

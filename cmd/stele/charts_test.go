package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// runnable are the commands that do something below c, also those that have others below them.
func runnable(c *cobra.Command) (all []*cobra.Command) {
	for _, child := range c.Commands() {
		all = append(all, runnable(child)...)
		if child.Runnable() && !isNoun(child) {
			all = append(all, child)
		}
	}
	return all
}

// TestEveryCommandOfTheOwnerSaysWhichCharts: which of several charts of the owner's a command is about is one of few words,
// and none of these commands goes without.
func TestEveryCommandOfTheOwnerSaysWhichCharts(t *testing.T) {
	words := []cli.Charts{cli.Each, cli.Together, cli.Whichever, cli.One, cli.None}
	for _, noun := range []string{"wallet", "delegate", "breakglass"} {
		for _, c := range runnable(child(newRootForTests(), noun)) {
			if !slices.Contains(words, cli.ChartsOf(c)) {
				t.Errorf("%s says %q of which charts of the owner's it is about", c.CommandPath(), cli.ChartsOf(c))
			}
		}
	}
}

// TestEveryCommandMeetsTwoCharts: whatever is about charts of the owner's is run in the script of a person who has two.
func TestEveryCommandMeetsTwoCharts(t *testing.T) {
	script, err := os.ReadFile("testdata/script/charts.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(script), "stele wallet merge submit both.proposal --as two")
	if !ok {
		t.Fatal("the script merges no charts")
	}
	ran := map[string]bool{}
	for line := range strings.Lines(after) {
		if _, command, ok := strings.Cut(line, "stele "); ok && strings.Contains(line, "--as two") && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "std") && !strings.HasPrefix(line, "! ") {
			ran[pathOf(strings.Fields(command))] = true
		}
	}
	for _, c := range runnable(newRootForTests()) {
		if charts := cli.ChartsOf(c); charts != "" && charts != cli.None && !ran[c.CommandPath()] {
			t.Errorf("%s is about charts of the owner's (%s), and charts.txtar does not run it with two", c.CommandPath(), charts)
		}
	}
}

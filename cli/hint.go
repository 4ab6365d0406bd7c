package cli

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/terminal"
)

// commandsOf finds the commands of a program within a sentence of its own.
func commandsOf(root *cobra.Command) *regexp.Regexp {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, regexp.QuoteMeta(c.Name()))
	}
	return regexp.MustCompile(`\b` + root.Name() + ` (` + strings.Join(names, "|") + `)\b`)
}

// Hint is what to do next, as it can be typed here: its commands get the home and the
// wallet that this one was given, or they would be looked for somewhere else.
func (f *Face) Hint(text string) string {
	said := ""
	for {
		if f.root == nil { // no flags were read
			return f.Typed(text)
		}
		at := f.Commands.FindStringIndex(text)
		if at == nil {
			return f.Typed(said + text)
		}
		c, end := f.commandAt(text, at[0]+len("stele"))
		clause, flags := text[end:], ""
		if next := f.Commands.FindStringIndex(clause); next != nil {
			clause = clause[:next[0]]
		}
		if !byThePatient.MatchString(text[:at[0]]) {
			flags = f.goesWith(c, clause)
		}
		said, text = said+text[:end]+flags, text[end:]
	}
}

// byThePatient ends what leads to a command that somebody else types: at home, with a wallet of their own.
var byThePatient = regexp.MustCompile(`(the patient('s wallet)? (runs|says it)|the person's wallet (writes|says) it|that person|another member|another hospital|(it|one|one of them) runs): $`)

// commandAt follows the words of a text from a place on down to a command, and returns
// where its name ends.
func (f *Face) commandAt(text string, at int) (*cobra.Command, int) {
	c := f.root
	for strings.HasPrefix(text[at:], " ") {
		word, _, _ := strings.Cut(text[at+1:], " ")
		name := strings.TrimRight(word, ",;:.)")
		child := childOf(c, name)
		if child == nil {
			break
		}
		if c, at = child, at+1+len(name); name != word {
			break
		}
	}
	return c, at
}

func childOf(c *cobra.Command, name string) *cobra.Command {
	for _, child := range c.Commands() {
		if child.Name() == name {
			return child
		}
	}
	return nil
}

// goesWith are the flags as typed that another command needs to mean the same home, wallet
// and chart; clause is what the hint says itself.
func (f *Face) goesWith(c *cobra.Command, clause string) (flags string) {
	path := strings.Fields(c.CommandPath())
	if len(path) < 2 || strings.Contains(clause, "--help") {
		return ""
	}
	switch noun := path[1]; {
	case noun == "words" || noun == "sample" || noun == "demo" || noun == "bench" || noun == "version":
		return ""
	case f.asFlag != "" && !strings.Contains(clause, "--as") && c.Name() != "new" &&
		(noun == "wallet" || noun == "patient" || noun == "import" || noun == "withdraw"):
		flags = " --as " + terminal.Quoted(f.asFlag)
	}
	if about := ChartsOf(c); f.chartFlag != "" && about != "" && about != None && path[1] == "wallet" && !strings.Contains(clause, "--chart") {
		flags += " --chart " + terminal.Quoted(f.chartFlag)
	}
	if !strings.Contains(clause, "--home") {
		flags += f.Here()
	}
	return flags
}

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryHintIsACommand takes every sentence of the program, wherever it is made, that
// names one of its commands: the command exists, and so do its flags; and where it is
// given with an argument or a flag, it is given with all that it needs.
func TestEveryHintIsACommand(t *testing.T) {
	named := 0
	for _, s := range sentences(t) {
		for _, hint := range commandsIn(s.text) {
			named++
			if why := unfit(hint); why != "" {
				t.Errorf("%s: stele %s: %s", s.at, strings.Join(hint, " "), why)
			}
		}
	}
	if named < 150 {
		t.Errorf("only %d commands are named", named)
	}
}

// TestAHintThatIsNoCommandIsFound: the test above can fail.
func TestAHintThatIsNoCommandIsFound(t *testing.T) {
	for text, fits := range map[string]bool{
		"look with: stele ledger status":                                       true,
		"stele withdraw takes it back":                                         true,
		"stele withdraw Observation/1":                                         false,
		"stele withdraw X --patient X --reason \"…\"; then":                    true,
		"stele patient link --mrn X --move":                                    false,
		"stele patient link --mrn X --did X --move --reason \"…\"":             true,
		"stele patient linked --mrn X":                                         false,
		"give it: stele wallet revoke X --nonsense":                            false,
		"stele wallet grant --write --to \"X\"; then import the same again":    true,
		"stele vault fsck --repair fetches good copies from the other members": false,
		"stele vault fsck --repair --member X fetches good copies":             true,
		"stele wallet open DID":                                                false,
	} {
		var why string
		for _, hint := range commandsIn(text) {
			why += unfit(hint)
		}
		if (why == "") != fits {
			t.Errorf("%s: %q", text, why)
		}
	}
}

// sentenceOf is a text of the program; what is put into it is X.
type sentenceOf struct{ at, text string }

// sentences are the texts of all rooms.
func sentences(t *testing.T) (all []sentenceOf) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != "../.." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".pb.go"):
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			e, is := n.(ast.Expr)
			if !is {
				return true
			}
			text, whole := textOf(e)
			if whole {
				all = append(all, sentenceOf{files.Position(e.Pos()).String(), verbs.ReplaceAllString(glued.ReplaceAllString(text, "$1"), "X")})
			}
			return !whole
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	verbs = regexp.MustCompile(`%(\[\d\])?[a-z]`)
	glued = regexp.MustCompile(`([a-z])%(\[\d\])?s`) // more flags, perhaps
)

// textOf is what a text is made of; whole reports whether it is one.
func textOf(e ast.Expr) (text string, whole bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		left, one := textOf(e.X)
		right, other := textOf(e.Y)
		return left + right, e.Op == token.ADD && (one || other)
	}
	return "X", false
}

// wordOfCommand cuts a command line into words; a word in quotes is one.
var wordOfCommand = regexp.MustCompile(`"[^"]*"|\S+`)

// argument is what stands for something in a hint, or is it: NAME, FILE, "…", X, Patient/1.
var argument = regexp.MustCompile(`^(".*"|[A-Z][A-Z0-9_]*(\.\.\.)?|\S*[X…/]\S*|[A-Z]+/[A-Z]+)$`)

// commandsIn are the commands that a text names, without stele: a command ends where its
// clause does, or where what follows is none of it.
func commandsIn(text string) (all [][]string) {
	for rest := text; ; {
		at := strings.Index(rest, "stele ")
		if at < 0 {
			return all
		}
		before := rest[:at]
		rest = rest[at+len("stele "):]
		if before != "" && !strings.ContainsAny(before[len(before)-1:], " \n`(\"'") {
			continue
		}
		line, _, _ := strings.Cut(rest, "\n")
		c, hint := newRootForTests(), []string(nil)
		for _, w := range wordOfCommand.FindAllString(line, -1) {
			word := strings.TrimRight(w, ";:,.)`'")
			if w == "…" || strings.HasSuffix(w, "...") {
				word = w
			}
			child := child(c, word)
			switch last := len(hint) - 1; {
			case child != nil:
				c = child
			case last >= 0 && takesValue(c, hint[last]):
			case strings.HasPrefix(word, "-") && len(word) > 1, argument.MatchString(word):
			default:
				word = ""
			}
			if word == "" {
				break
			}
			if hint = append(hint, word); word != w {
				break
			}
		}
		if c.Parent() == nil {
			continue // Stele, and what it does
		}
		if words := wordOfCommand.FindAllString(line, -1); len(words) > len(hint) && isNoun(c) && isWord(words[len(hint)]) {
			hint = append(hint, words[len(hint)]) // what it does not know
		}
		if strings.HasSuffix(line, "\\") {
			hint = append(hint, goesOn)
		}
		all = append(all, hint)
	}
}

// goesOn ends a command that goes on in the next line.
const goesOn = "\\"

// isNoun reports whether a command does nothing without a verb.
func isNoun(c *cobra.Command) bool { return c.HasSubCommands() && strings.HasSuffix(c.Use, " VERB") }

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < 'a' || r > 'z' })
}

func newRootForTests() *cobra.Command { return allCommands()[0].Root() }

func child(c *cobra.Command, name string) *cobra.Command {
	i := slices.IndexFunc(c.Commands(), func(sub *cobra.Command) bool { return sub.Name() == name || sub.HasAlias(name) })
	if i < 0 {
		return nil
	}
	return c.Commands()[i]
}

// flagOf finds a flag by how it is written.
func flagOf(c *cobra.Command, word string) *pflag.Flag {
	name, long := strings.CutPrefix(word, "--")
	name, _, _ = strings.Cut(name, "=")
	switch {
	case long && c.Flags().Lookup(name) != nil:
		return c.Flags().Lookup(name)
	case long:
		return c.InheritedFlags().Lookup(name)
	case strings.HasPrefix(word, "-") && len(word) == 2:
		return c.Flags().ShorthandLookup(word[1:])
	}
	return nil
}

func takesValue(c *cobra.Command, word string) bool {
	f := flagOf(c, word)
	return f != nil && f.NoOptDefVal == "" && !strings.Contains(word, "=")
}

// needs are the flags without which a command that is given with anything is refused: of
// each list one.
var needs = map[string][][]string{
	"member death certify": {{"says"}, {"out"}, {"died", "undo"}},
	"withdraw":             {{"patient"}, {"reason", "list"}},
	"patient link":         {{"did"}, {"mrn", "id"}},
	"patient enrol":        {{"did", "unclaimed"}, {"mrn", "id", "from"}},
	"wallet open":          {{"reason"}},
	"wallet grant":         {{"to"}},
	"vault fsck":           {{"member"}},
	"vault status":         {{"member"}},
}

// unfit says why a hint is no command line.
func unfit(hint []string) string {
	c := newRootForTests()
	for len(hint) > 0 && child(c, hint[0]) != nil {
		c, hint = child(c, hint[0]), hint[1:]
	}
	if c.Parent() == nil {
		return "there is no such command"
	}
	var args []string
	given := map[string]bool{}
	for i := 0; i < len(hint); i++ {
		word := hint[i]
		if !strings.HasPrefix(word, "-") || word == "-" {
			args = append(args, word)
			continue
		}
		f := flagOf(c, word)
		if f == nil {
			return "it has no flag " + word
		}
		given[f.Name] = true
		if takesValue(c, word) {
			if i++; i == len(hint) {
				return word + " has no value"
			}
		}
	}
	if len(hint) == 0 || slices.Contains(args, goesOn) {
		return ""
	}
	if isNoun(c) && len(args) > 0 && isWord(args[0]) {
		return "there is no such command"
	} else if isNoun(c) {
		return "" // its words are put in
	}
	if err := c.ValidateArgs(args); err != nil && len(args) > 0 {
		return err.Error()
	}
	path := strings.TrimPrefix(c.CommandPath(), "stele ")
	for _, any := range needs[path] {
		if !slices.ContainsFunc(any, func(name string) bool { return given[name] }) {
			return fmt.Sprintf("it lacks --%s", strings.Join(any, " or --"))
		}
	}
	return ""
}

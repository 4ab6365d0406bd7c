package stele_test

import (
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the end of docs/tests.md again")

// restOfTests heads the part of docs/tests.md that is made from the source.
const restOfTests = "\n## And all others\n\n"

// TestDocsTestsNameEveryTest: a test that no line of docs/tests.md names stands at its
// end, under its room, with the first sentence of its doc comment or the words of its name.
func TestDocsTestsNameEveryTest(t *testing.T) {
	const page = "docs/tests.md"
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	byHand, _, _ := strings.Cut(string(raw), restOfTests)
	want := byHand + restOfTests + readSource(t).unnamed(byHand)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(raw) != want {
		t.Errorf("the end of %s is not what the tests say; write it again: go test . -run TestDocsTestsNameEveryTest -update", page)
	}
}

// unnamed lists the tests that a page does not name.
func (s source) unnamed(page string) string {
	named, rooms := map[string]bool{}, map[string][]string{}
	for _, m := range code.FindAllStringSubmatch(page, -1) {
		named[m[1]] = true
	}
	for name, dirs := range s.tests {
		for _, dir := range dirs {
			if !named[name] && name != "TestMain" {
				rooms[dir] = append(rooms[dir], name)
			}
		}
	}
	var b strings.Builder
	for _, dir := range slices.Sorted(maps.Keys(rooms)) {
		b.WriteString("`" + dir + "`\n\n")
		for _, name := range slices.Sorted(slices.Values(rooms[dir])) {
			b.WriteString("- `" + name + "`: " + promise(name, s.says[dir+"."+name]) + "\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

var (
	prefix     = regexp.MustCompile(`^(?:Test|Fuzz)(?:Law\d+|R\d+)?`)
	firstWords = regexp.MustCompile(`^(.*?)(?:\.\s|\.?$)`)
)

// promise is what a test holds: the first sentence of its comment, without its name, or
// the words of that.
func promise(name, comment string) string {
	said := strings.Join(strings.Fields(comment), " ")
	said = strings.TrimLeft(strings.TrimPrefix(said, name), ": ")
	if said = firstWords.FindStringSubmatch(said)[1]; said != "" {
		return said
	}
	return strings.Join(camelWords(prefix.ReplaceAllString(name, "")), " ")
}

// camelWords are the words of a name in Go, in small letters but for abbreviations.
func camelWords(name string) (words []string) {
	upper := func(i int) bool { return i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	from := 0
	for i := 1; i <= len(name); i++ {
		if i < len(name) && !(upper(i) && (!upper(i-1) || i+1 < len(name) && !upper(i+1))) {
			continue
		}
		w := name[from:i]
		if len(w) == 1 || strings.ToUpper(w) != w {
			w = strings.ToLower(w)
		}
		words, from = append(words, w), i
	}
	return words
}

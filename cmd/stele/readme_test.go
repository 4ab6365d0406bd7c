package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/cli"
)

// TestReadmeTour runs the commands of the README and compares what they print
// with what the README says they print. What differs from run to run (ids,
// times, durations, heights) is compared by its shape only, and ids that later
// commands name are this run's. UPDATE=1 writes what they print into the README.
//
// A block is part of the tour when it is a console block with <!-- tour --> on
// the line before it. A line that begins with "$ " is a command for sh, lines
// that begin with "> " continue it, and what follows is its output, stdout and
// stderr together; "…" alone on a line stands for any lines.
func TestReadmeTour(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := tourOf(string(raw))
	if len(steps) == 0 {
		t.Skip("README.md has no console blocks marked <!-- tour -->")
	}
	n := startDevnet(t)
	bin, folder := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "stele")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(n.Home, filepath.Join(folder, cli.DefaultHome)); err != nil {
		t.Fatal(err)
	}
	update := os.Getenv("UPDATE") != ""
	page, ids := string(raw), map[string]string{}
	for _, step := range steps {
		command := renamed(step.command, ids)
		out := runStep(t, command, folder, bin)
		learn(ids, step.output, out)
		if update {
			page = strings.Replace(page, "$ "+step.source+step.output, "$ "+renamed(step.source, ids)+out, 1)
		} else if got, want := shape(out), shape(step.output); !fits(got, want) {
			t.Errorf("$ %s\nprints\n%s\nthe README says\n%s", command, indent(out), indent(step.output))
		}
	}
	if update {
		if err := os.WriteFile("../../README.md", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func runStep(t *testing.T, command, folder, bin string) string {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TZ=UTC", "NO_COLOR=1", "STELE_HOME=", "STELE_AS=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatalf("$ %s: %v", command, err)
	}
	return out.String()
}

// named is what a later command may name: DIDs and ids, in full.
var named = regexp.MustCompile(`did:stele:[a-z2-7]{32}|\b[a-z2-7]{26}\b`)

// learn notes which id of this run stands for which of the page, by their order.
func learn(ids map[string]string, page, run string) {
	theirs, ours := named.FindAllString(page, -1), named.FindAllString(run, -1)
	for i := range min(len(theirs), len(ours)) {
		if ids[theirs[i]] == "" {
			ids[theirs[i]] = ours[i]
			if len(ours[i]) == 26 { // what people type of an id
				ids[theirs[i][:8]] = ours[i][:8]
			}
		}
	}
}

func renamed(command string, ids map[string]string) string {
	for page, run := range ids {
		command = regexp.MustCompile(`\b`+page+`\b`).ReplaceAllString(command, run)
	}
	return command
}

// tourStep is one command of the tour with what it prints.
type tourStep struct {
	command string // joined to one line
	source  string // as it stands on the page, without its "$ "
	output  string
}

func tourOf(readme string) (steps []tourStep) {
	block := regexp.MustCompile("(?ms)^<!-- tour -->\n+```console\n(.*?)^```")
	for _, match := range block.FindAllStringSubmatch(readme, -1) {
		command := false
		for line := range strings.Lines(match[1]) {
			text := strings.TrimSuffix(line, "\n")
			switch {
			case strings.HasPrefix(text, "$ "):
				steps, command = append(steps, tourStep{command: text[2:], source: line[2:]}), true
			case len(steps) == 0:
			case command && strings.HasPrefix(text, "> "):
				last := &steps[len(steps)-1]
				last.command, last.source = strings.TrimSuffix(last.command, "\\")+text[2:], last.source+line
			default:
				command = false
				steps[len(steps)-1].output += line
			}
		}
	}
	return steps
}

// shapes are what differs from run to run, and what stands for it.
var shapes = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`did:stele:[a-z2-7…]+`), "DID"},
	{regexp.MustCompile(`stele-devnet-[a-z0-9]+`), "CHAIN"},
	{regexp.MustCompile(`\b[0-9a-f]{12,64}\b…?`), "HASH"},
	{regexp.MustCompile(`\b[a-z2-7]{26}\b`), "ID"},
	{regexp.MustCompile(`\b(grant|revoke)\s+[a-z2-7]{8}\b`), "$1 ID"},
	{regexp.MustCompile(`\b[a-z2-7]{8,12}…`), "ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?( ?[A-Z]{3,4}|Z)?`), "TIME"},
	{regexp.MustCompile(`\d{1,2}\s[A-Z][a-z]{2}\s\d{4},\s\d\d:\d\d(:\d\d(\.\d+)?)?\sUTC`), "TIME"},
	{regexp.MustCompile(`\d+(\.\d+)? (ms|s|min)\b`), "DURATION"},
	{regexp.MustCompile(`\(\d[\d,]* a second\)`), "(RATE)"},
	{regexp.MustCompile(`\bblock [\d,]+`), "block N"},
	{regexp.MustCompile(`signed by \d+ of`), "signed by N of"},
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "URL"},
	{regexp.MustCompile(`\d+(\.\d+)? [kMG]?B\b`), "SIZE"},
	{regexp.MustCompile(`(?s)released by\s.*`), "released by MEMBERS"},
	{regexp.MustCompile(`\d[\d,]* (bytes|lines)`), "N $1"},
	{regexp.MustCompile(`header \d+`), "header N"},
	{regexp.MustCompile(`[\d,]+ receipts? (is|are) on the way to the ledger`), ""},
	{regexp.MustCompile(`\s+`), " "},
	// So is whether the fourth trustee kept an opening, too, that three released.
	{regexp.MustCompile(`told by [34] trustees`), "told by N trustees"},
	{regexp.MustCompile(`✓ [78] details`), "✓ N details"},
	// Whether receipts are on the ledger yet is a matter of a second.
	{regexp.MustCompile(`✓ (\d+ receipts each|receipt \d+) signed by[^✓]*`), ""},
	{regexp.MustCompile(`✓ (\d+ headers each|header N) signed by[^✓]*`), "✓ HEADERS "},
}

func shape(output string) string {
	for _, s := range shapes {
		output = s.what.ReplaceAllString(output, s.as)
	}
	return strings.TrimSpace(output)
}

// fits reports whether an output is what was told, "…" alone standing for any
// lines.
func fits(got, want string) bool {
	if want == "" {
		return true // the tour does not show it
	}
	parts := strings.Split(want, " … ")
	pattern := make([]string, len(parts))
	for i, p := range parts {
		pattern[i] = regexp.QuoteMeta(strings.TrimSpace(p))
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(pattern, `.*`) + `$`).MatchString(got)
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

// TestTourReader holds how the tour is read from a page.
func TestTourReader(t *testing.T) {
	page := "# x\n\n```console\n$ not this\n```\n\n<!-- tour -->\n\n```console\n$ stele a \\\n>   b\nout 12 ms\n…\nend\n$ stele c\n```\n"
	steps := tourOf(page)
	if len(steps) != 2 || steps[0].command != "stele a   b" || steps[1].command != "stele c" || steps[1].output != "" {
		t.Fatalf("%q", steps)
	}
	if !fits(shape("out 7 ms\nmore\nmore\nend\n"), shape(steps[0].output)) {
		t.Error("a like output does not fit")
	}
	for _, other := range []string{"out 7 ms\nmore", "put 7 ms\nend", "out 7 ms\nend of it"} {
		if fits(shape(other), shape(steps[0].output)) {
			t.Errorf("%q fits", other)
		}
	}
}

// TestEveryCommandOfTheReadmeIsOne: what stands in a console block outside the tour, or
// indented, works as typed: stele's commands are run, curl's requests are made, make's
// targets exist. Only what runs for long is looked at: that it is a command with these
// flags.
func TestEveryCommandOfTheReadmeIsOne(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	n := startDevnet(t)
	env := map[string]string{"STELE_HOME": n.Home}
	tour := map[string]bool{}
	for _, step := range tourOf(string(raw)) {
		tour[strings.TrimSpace(strings.SplitN(step.source, "\n", 2)[0])] = true
	}
	long := regexp.MustCompile(`^(devnet|ledger watch)$`)
	ran, made := 0, 0
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(strings.TrimRight(line, "\n"))
		switch {
		case strings.HasPrefix(line, "$ ") && tour[line[2:]]:
		case strings.HasPrefix(line, "$ stele ") || strings.HasPrefix(line, "bin/stele "):
			command, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(line, "$ stele "), "bin/stele "), "#")
			args := strings.Fields(command)
			if long.MatchString(strings.Join(args, " ")) {
				if pathOf(args) != "stele "+strings.Join(args, " ") {
					t.Errorf("%s is no command", line)
				}
				continue
			}
			got := run(t, time.Minute, env, args...)
			if ran++; got.code != 0 {
				t.Errorf("%s: exit code %d, %s", line, got.code, got.err)
			}
		case strings.HasPrefix(line, "make "):
			target := strings.Fields(line)[1]
			if made++; !regexp.MustCompile(`(?m)^` + target + `:`).Match(makefile) {
				t.Errorf("the Makefile has no target %s", target)
			}
		}
	}
	for _, c := range regexp.MustCompile(`(?s)curl -s http://127\.0\.0\.1:7300(/\S+) \\\s+-H '([^']+): ([^']+)' -d '([^']*)'\s+(\{.*?\})\n\n`).FindAllStringSubmatch(string(raw), -1) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL("hospital-a")+c[1], strings.NewReader(c[4]))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(c[2], c[3])
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if made++; answer.StatusCode != http.StatusOK {
			t.Errorf("curl of %s: %s, %s", c[1], answer.Status, body)
		}
		for _, key := range regexp.MustCompile(`"(\w+)":`).FindAllString(c[5], -1) {
			if !strings.Contains(string(body), key) {
				t.Errorf("curl of %s answers %s, without %s", c[1], body, key)
			}
		}
		ran++
	}
	if ran < 8 || made < 8 {
		t.Errorf("only %d commands were run and %d others looked at", ran, made)
	}
}

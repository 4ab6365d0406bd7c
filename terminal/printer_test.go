package terminal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/stele-health/stele/terminal"
)

func TestR43CleanLeavesWordsAsTheyAre(t *testing.T) {
	for _, text := range []string{
		"", "Northside Hospital", "Ibáñez", "Iba\u0301n\u0303ez", "王小明", "محمد علی\u200cرضا", "क्\u200dष", "👩\u200d⚕️", "🏥 ✓ ✗", "“follow-up” · 5 mg/dL ≥ 3", "שָׁלוֹם", "สมชาย ใจดำ",
	} {
		if got := terminal.Clean(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestR43CleanTakesWhatATerminalObeys(t *testing.T) {
	for text, want := range map[string]string{
		"a\x1b[2Kb": "a�[2Kb", "a\u009b2Kb": "a�2Kb", "a\nb": "a b", "a\r\nb": "a b", "a\rb": "a b", "a\tb": "a b", "a\x00b": "a�b", "a\x7fb": "a�b", "a\bb": "a�b",
		"a\u202eb": "a�b", "a\u2066b\u2069": "a�b�", "a\u200fb": "ab", "a\u061cb": "ab", "a\u2028b\u2029c": "a b c", "a\u0085b": "a b", "a\U000e0041b": "a�b", "a\ufff9b": "a�b",
		"a\u00adb\u200bc\ufeffd\u2060e": "abcde", "\u200da": "a", "a\u200d b": "a b", "a\u200c": "a", "a\xffb": "a�b", "a\ue000b": "a�b", "a\ufffeb": "a�b", "a\u3164b": "ab",
		"o" + strings.Repeat("\u0301", 40): "o" + strings.Repeat("\u0301", 6),
	} {
		if got := terminal.Clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := terminal.CleanPage("a\n\tb\x1bc\r\nd"); got != "a\n\tb�c\nd" {
		t.Errorf("a page became %q", got)
	}
}

// harmful is said apart from the rule: what may not be in a stream, whatever went in.
func harmful(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r >= 0xe0000 && r <= 0xe007f
}

// TestR43WhateverGoesInNothingIsObeyed: through every door of a printer.
func TestR43WhateverGoesInNothingIsObeyed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		planted := rapid.SampledFrom([]string{"\x1b[31m", "\n", "\r", "\u202e", "\u2066", "\u2028", "\u009b", "\U000e0041", "\u200d", "\x00", "", "\xff"})
		text := rapid.String().Draw(t, "before") + planted.Draw(t, "planted") + rapid.String().Draw(t, "after") + planted.Draw(t, "more")
		var out bytes.Buffer
		p := terminal.New(&out)
		p.Line("%s|%v|%-20s|%q|%x", text, errors.New(text), stringer(text), text, []byte(text))
		p.Line("%*s %+v", 12, text, struct{ Name string }{text})
		if n := strings.Count(out.String(), "\n"); n != 2 {
			t.Fatalf("%d lines of 2: %q", n, out.String())
		}
		p.Page(text)
		p.Story(text, "0", "1")
		p.Part("%s", terminal.Paint("", text))
		fmt.Fprint(p, text)
		if err := p.JSON(map[string]any{text: text, "error": text}); err != nil {
			t.Fatal(err)
		}
		for _, r := range strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "").Replace(out.String()) {
			if harmful(r) {
				t.Fatalf("%U in %q", r, out.String())
			}
		}
	})
}

type stringer string

func (s stringer) String() string { return string(s) }

func TestR43JSONSaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := map[string]string{"a": rapid.String().Draw(t, "a") + "\u202e\x1b\u009b\U000e0041\u200d", rapid.String().Draw(t, "key"): "x"}
		var out, chunked bytes.Buffer
		if err := terminal.New(&out).JSON(in); err != nil {
			t.Fatal(err)
		}
		back := map[string]string{}
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back) != len(in) || back["a"] != in["a"] {
			t.Fatalf("%q became %q (%v)", in, back, err)
		}
		raw, _ := json.Marshal(in)
		w := terminal.New(&chunked).Values()
		for len(raw) > 0 {
			n := rapid.IntRange(1, len(raw)).Draw(t, "piece")
			w.Write(raw[:n])
			raw = raw[n:]
		}
		clear(back)
		if err := json.Unmarshal(chunked.Bytes(), &back); err != nil || back["a"] != in["a"] {
			t.Fatalf("in pieces %q became %q (%v)", in, back, err)
		}
	})
}

func TestStylesAreThisProgramsOwn(t *testing.T) {
	var out bytes.Buffer
	p := terminal.New(&out)
	p.Part("%s", terminal.Paint("31", "red\x1b[0m"))
	p.Story("\x1b[1mhead\x1b[0m \x1b[2J\x1b[31mtext\n", "0", "1")
	if want := "\x1b[31mred�[0m\x1b[0m\x1b[1mhead\x1b[0m �[2J�[31mtext\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestThatNothingCouldBeWrittenIsKnown(t *testing.T) {
	p := terminal.New(full{})
	p.Line("a")
	if p.Err() == nil || p.JSON(1) == nil {
		t.Error("a full disk goes unnoticed")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\x1b[2K", "علی\u200cرضا", "a\u202eb", "\xff\xfe", "o\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := terminal.Clean(text)
		if terminal.Clean(line) != line {
			t.Fatalf("%q is cleaned to %q, and that to %q", text, line, terminal.Clean(line))
		}
		for _, r := range line {
			if harmful(r) || r == '\n' || r == '\t' {
				t.Fatalf("%U is left of %q", r, text)
			}
		}
	})
}

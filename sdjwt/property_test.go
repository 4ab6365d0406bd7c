package sdjwt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawValue draws what an issuer may say: any JSON, hidden anywhere.
func drawValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth >= maxDepth && kind > 5 {
		kind = 0
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2, 3:
		return rapid.String().Draw(t, "text")
	case 4:
		return rapid.Int64().Draw(t, "number")
	case 5:
		return json.Number(fmt.Sprintf("%d.%de%d", rapid.IntRange(0, 99).Draw(t, "a"), rapid.IntRange(0, 99).Draw(t, "b"), rapid.IntRange(-9, 400).Draw(t, "c")))
	case 6:
		var out []any
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			out = append(out, drawHidden(t, depth+1))
		}
		return out
	}
	out := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		if name := drawName(t); !reserved(name) {
			out[name] = drawHidden(t, depth+1)
		}
	}
	return out
}

func drawHidden(t *rapid.T, depth int) any {
	v := drawValue(t, depth)
	if rapid.Bool().Draw(t, "hide") {
		return Hidden{v}
	}
	return v
}

func drawName(t *rapid.T) string {
	return rapid.OneOf(rapid.SampledFrom([]string{"", "a", "a/b", "~", "0", "name", "_sd_", "aud2", "ä"}), rapid.String()).Draw(t, "name")
}

// A model is what a credential says when some of it is disclosed, told without digests.
type model struct {
	chosen map[string]bool // paths, and what they stand in
	hidden map[string][]string
}

// see returns a value with what is chosen; within are the hidden paths that it stands in.
func (m *model) see(v any, path string, top bool, within []string) any {
	at := func(name string) string {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
		if top {
			return name
		}
		return path + "/" + name
	}
	member := func(v any, path string) (any, bool) {
		hidden, hide := v.(Hidden)
		if !hide {
			return m.see(v, path, false, within), true
		}
		inside := append(slices.Clone(within), path)
		m.hidden[path] = inside
		seen := m.see(hidden.Value, path, false, inside)
		return seen, m.chosen[path]
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, one := range v {
			if seen, shown := member(one, at(name)); shown {
				out[name] = seen
			}
		}
		return out
	case []any:
		out := []any{}
		for i, one := range v {
			if seen, shown := member(one, at(fmt.Sprint(i))); shown {
				out = append(out, seen)
			}
		}
		return out
	case int64:
		return json.Number(fmt.Sprint(v))
	}
	return v
}

// TestR26WhateverIsIssuedShowsExactlyWhatIsDisclosed: any claims, hidden anywhere, any choice.
func TestR26WhateverIsIssuedShowsExactlyWhatIsDisclosed(t *testing.T) {
	s := newScene(t)
	rapid.Check(t, func(t *rapid.T) {
		says := s.says
		says.Claims = Claims{}
		for range rapid.IntRange(0, 5).Draw(t, "claims") {
			name := drawName(t)
			if !reserved(name) && !slices.Contains(fields, name) && !mustBeOpen[name] && name != "aud" {
				says.Claims[name] = drawHidden(t, 2)
			}
		}
		token, err := s.board.Issue(says)
		if err != nil {
			t.Fatal(err)
		}
		all := &model{chosen: map[string]bool{}, hidden: map[string][]string{}}
		all.see(map[string]any(says.Claims), "", true, nil)
		paths := token.Paths()
		if len(paths) != len(all.hidden) {
			t.Fatalf("%q are hidden, not %q", paths, all.hidden)
		}
		var chosen []string
		for _, path := range paths {
			if rapid.Bool().Draw(t, "choose") {
				chosen = append(chosen, path)
				for _, p := range all.hidden[path] {
					all.chosen[p] = true
				}
			}
		}
		want := all.see(map[string]any(says.Claims), "", true, nil)
		v, err := Verify(must(must(token.Disclose(chosen...)).Bind(s.holder, toCommittee, now)).Compact(), s.check())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, map[string]any(v.Claims)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestR26NoByteCanBeChanged: one byte that is another makes a presentation that is refused,
// unless what it says is the same.
func TestR26NoByteCanBeChanged(t *testing.T) {
	s := newScene(t)
	compact := s.shown(t, "profession", "family_name").Compact()
	want := must(Verify(compact, s.check()))
	rapid.Check(t, func(t *rapid.T) {
		spoilt := []byte(compact)
		i := rapid.IntRange(0, len(spoilt)-1).Draw(t, "place")
		spoilt[i] = rapid.Byte().Filter(func(b byte) bool { return b != compact[i] }).Draw(t, "byte")
		if _, err := Verify(string(spoilt), s.check()); err == nil {
			t.Fatalf("byte %d of %d is another", i, len(spoilt))
		}
		cut := compact[:i]
		if v, err := Verify(cut, s.check()); err == nil {
			t.Fatalf("%v in %d bytes of %d; all is %v", v, i, len(compact), want)
		}
	})
}

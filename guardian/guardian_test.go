package guardian_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/guardian"
	"github.com/stele-health/stele/wire"
)

const (
	family      = wire.GuardianKind_GUARDIAN_KIND_FAMILY
	institution = wire.GuardianKind_GUARDIAN_KIND_INSTITUTION
	own         = wire.GuardianKind_GUARDIAN_KIND_OWN_DEVICE
)

func guardians(kinds ...wire.GuardianKind) (out []*wire.Guardian) {
	for i, kind := range kinds {
		out = append(out, &wire.Guardian{Key: wire.Ed25519FromSeed([32]byte{byte(i + 1)}).Public(), Kind: kind})
	}
	return out
}

// TestEachGuardianShowsItsPlace, and nobody else's.
func TestEachGuardianShowsItsPlace(t *testing.T) {
	for n := 3; n <= guardian.Most; n++ {
		all := guardians(slices.Repeat([]wire.GuardianKind{family, institution, own}, 6)[:n]...)
		circle, places, err := guardian.New(all, n/2+1, 72*time.Hour)
		if err != nil {
			t.Fatal(n, err)
		}
		for i, p := range places {
			m := p.Speak(stele.Subject{1}, nil)
			if got, err := guardian.Open(circle, m); err != nil || !proto.Equal(got, all[i]) {
				t.Errorf("%d of %d: %v, %v", i, n, got, err)
			}
			for what, spoil := range map[string]func(m *wire.SpeakAsGuardian){
				"another's place": func(m *wire.SpeakAsGuardian) { m.Index = (m.Index + 1) % uint32(n) },
				"no place":        func(m *wire.SpeakAsGuardian) { m.Index += uint32(n) },
				"another's leaf":  func(m *wire.SpeakAsGuardian) { m.Guardian = places[(i+1)%n].Guardian },
				"another kind": func(m *wire.SpeakAsGuardian) {
					m.Guardian = wire.Marshal(&wire.Guardian{Key: all[i].Key, Kind: all[i].Kind%3 + 1})
				},
				"another salt":      func(m *wire.SpeakAsGuardian) { m.Salt[5] ^= 1 },
				"a short salt":      func(m *wire.SpeakAsGuardian) { m.Salt = m.Salt[:31] },
				"a path cut short":  func(m *wire.SpeakAsGuardian) { m.Path = m.Path[1:] },
				"a path that is on": func(m *wire.SpeakAsGuardian) { m.Path = append(m.Path, m.Path[0]) },
				"a short hash":      func(m *wire.SpeakAsGuardian) { m.Path[0] = m.Path[0][:31] },
				"words in the path": func(m *wire.SpeakAsGuardian) { m.Path[0] = []byte(strings.Repeat("HIV+", 8)) },
			} {
				m := p.Speak(stele.Subject{1}, nil)
				if spoil(m); true {
					if got, err := guardian.Open(circle, m); err == nil {
						t.Errorf("%d of %d, %s: opened %v", i, n, what, got)
					}
				}
			}
		}
	}
}

// TestR28ACircleThatCanDoNothingIsNone: or that one kind alone could do everything in.
func TestR28ACircleThatCanDoNothingIsNone(t *testing.T) {
	good := guardians(family, institution, own, family, institution)
	twice := append(slices.Clone(good[:2]), good[0])
	for what, of := range map[string]struct {
		guardians []*wire.Guardian
		needed    int
		wait      time.Duration
	}{
		"two guardians":          {good[:2], 2, 72 * time.Hour},
		"seventeen":              {guardians(slices.Repeat([]wire.GuardianKind{family, own}, 9)[:17]...), 3, 72 * time.Hour},
		"one is enough":          {good, 1, 72 * time.Hour},
		"none is needed":         {good, 0, 72 * time.Hour},
		"all are needed":         {good, 5, 72 * time.Hour},
		"one twice":              {twice, 2, 72 * time.Hour},
		"all of one kind":        {guardians(family, family, family), 2, 72 * time.Hour},
		"of an unknown kind":     {guardians(family, own, 4), 2, 72 * time.Hour},
		"of no kind":             {guardians(family, own, 0), 2, 72 * time.Hour},
		"a short wait":           {good, 3, 48*time.Hour - time.Millisecond},
		"a long wait":            {good, 3, 14*24*time.Hour + time.Millisecond},
		"a key that is none":     {append(slices.Clone(good), &wire.Guardian{Key: &wire.PublicKey{Suite: 1, Key: make([]byte, 32)}, Kind: own}), 3, 72 * time.Hour},
		"a guardian that is nil": {append(slices.Clone(good), nil), 3, 72 * time.Hour},
	} {
		if _, _, err := guardian.New(of.guardians, of.needed, of.wait); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, wait := range []time.Duration{48 * time.Hour, 14 * 24 * time.Hour} {
		if _, _, err := guardian.New(good, 3, wait); err != nil {
			t.Error(err)
		}
	}
}

// TestNothingTellsWhoTheOthersAre: two circles of the same guardians have nothing in common.
func TestNothingTellsWhoTheOthersAre(t *testing.T) {
	of := guardians(family, institution, own)
	one, places, err := guardian.New(of, 2, 72*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	other, others, err := guardian.New(of, 2, 72*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if string(one.Root) == string(other.Root) {
		t.Error("one root for both")
	}
	for i := range places {
		if places[i].Salt == others[i].Salt || len(places[i].Path) > 0 && places[i].Path[0] == others[i].Path[0] {
			t.Errorf("%d: a salt or hash of one stands in the other", i)
		}
	}
}

func FuzzOpen(f *testing.F) {
	circle, places, err := guardian.New(guardians(family, institution, own, family), 2, 72*time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire.Marshal(circle), wire.Marshal(places[2].Speak(stele.Subject{1}, nil)))
	f.Fuzz(func(t *testing.T, circle, said []byte) {
		c, m := new(wire.Guardians), new(wire.SpeakAsGuardian)
		if wire.Decode(circle, c) != nil || wire.Decode(said, m) != nil {
			return
		}
		if g, err := guardian.Open(c, m); err == nil && (g.Kind == 0 || g.Key == nil || m.Index >= c.Number) {
			t.Errorf("opened %v at %d of %d", g, m.Index, c.Number)
		}
	})
}

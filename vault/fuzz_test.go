package vault

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// sound is a small submission on its way to the disk, and its world.
func sound(t testing.TB) (*world, *wire.Submission, *written) {
	w := newWorld(t, 1, 0)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 2, 10), plainFolio(stele.Vitals, 2024, 1, 0))
	d, err := readSubmission(chain, sub)
	if err != nil {
		t.Fatal(err)
	}
	return w, sub, d.encode(7)
}

// What decodes is what was written, byte for byte: nothing else does.
func FuzzSegment(f *testing.F) {
	_, _, good := sound(f)
	keys, err := decodeKeys(good.row.File, good.keys)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.segment)
	f.Add(good.segment[:200])
	f.Add([]byte(magicSegment))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, row, err := decodeSegment(chain, good.row.File, raw, keys)
		if err == nil && (!bytes.Equal(raw, good.segment) || row.Size != good.row.Size) {
			t.Error("another segment passes")
		}
	})
}

func FuzzKeys(f *testing.F) {
	_, _, good := sound(f)
	f.Add(good.keys)
	f.Add(good.keys[:80])
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := decodeKeys(good.row.File, raw); err == nil && !bytes.Equal(raw, good.keys) {
			t.Error("another key file passes")
		}
	})
}

func FuzzSubmission(f *testing.F) {
	_, sub, _ := sound(f)
	f.Add(wire.Marshal(sub))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := &wire.Submission{}
		if wire.Decode(raw, s) == nil {
			if d, err := readSubmission(chain, s); err == nil {
				d.encode(1)
			} else if stele.KindOf(err) != stele.KindInvalid {
				t.Error(err)
			}
		}
	})
}

func FuzzFileName(f *testing.F) {
	f.Add(newFileName(stele.NewID()).String())
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := parseFileName(text); ok && n.String() != text {
			t.Errorf("%q is read as %q", text, n)
		}
	})
}

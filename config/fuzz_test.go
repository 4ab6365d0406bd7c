package config

import (
	"testing"

	"github.com/stele-health/stele"
)

// FuzzConfig reads a member's configuration: one that is taken is written and read
// again as the same; one that is not is told with a line and a hint.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(Example()))
	f.Add([]byte("folder = 1"))
	f.Add([]byte("[services]\nlisten = \"127.0.0.1:7300\"\nnobody = 1"))
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parse(raw, File)
		if err != nil {
			if stele.KindOf(err) != stele.KindInvalid || stele.HintOf(err) == "" {
				t.Fatalf("refused without a kind or a hint: %v", err)
			}
			return
		}
		if err := c.Check(); err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
		}
		text, err := c.Text()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parse([]byte(text), File); err != nil || again != c {
			t.Fatalf("%+v became %+v: %v", c, again, err)
		}
	})
}

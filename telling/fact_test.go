package telling_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// TestR38AnotherLineIsAnotherFact: in resources of every type one word is another.
// Where the line shows it, the key tells the two apart, so that no source's line can
// stand for another's; and the key of one record is always the same.
func TestR38AnotherLineIsAnotherFact(t *testing.T) {
	m := newMaker(t)
	m.rng = rand.New(rand.NewPCG(3, 8))
	words := regexp.MustCompile(`zq\d+x`)
	seen := 0
	for _, kind := range m.kinds {
		for range 60 {
			record := m.resource(kind, 6)
			found := words.FindAllString(record, -1)
			if len(found) == 0 {
				continue
			}
			one := found[m.rng.IntN(len(found))]
			other := regexp.MustCompile(one).ReplaceAllString(record, "zq0x")
			tell := func(r string) telling.Told {
				return telling.Read([]byte(r)).Tell(telling.Reading{Kind: stele.Other, Today: "2024-06-01"})
			}
			a, b := tell(record), tell(other)
			line := func(e telling.Told) string { return fmt.Sprint(e.Name, e.Value, e.Range, e.Mark, e.Note, e.Contained) }
			if line(a) != line(b) {
				seen++
				if a.Fact == b.Fact {
					t.Errorf("%s: one fact, two lines:\n%s\n%s", kind, a.Sentence(), b.Sentence())
				}
			}
			if a.Fact != tell(record).Fact {
				t.Errorf("%s: one record, two facts", kind)
			}
		}
	}
	if seen < 1000 {
		t.Errorf("only %d pairs told differently", seen)
	}
}

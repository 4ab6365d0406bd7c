package asking_test

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/wire"
)

// FuzzLabel reads labels: what is taken has known codes only, and one form.
func FuzzLabel(f *testing.F) {
	source := stele.SubjectOf([]byte("source"))
	f.Add(wire.Marshal(&wire.Label{Category: string(stele.Results), Sensitivity: []string{"HIV", "PSY"}, Year: 2024, Source: source[:]}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, ok := ReadLabel(raw)
		if !ok {
			return
		}
		if !l.Category.Valid() {
			t.Fatalf("category %q", l.Category)
		}
		for _, s := range l.Sensitivity {
			if !s.Valid() {
				t.Fatalf("sensitivity %q", s)
			}
		}
		again, ok := ReadLabel(LabelForm(l))
		if !ok || !bytes.Equal(LabelForm(again), LabelForm(l)) {
			t.Fatalf("%v has two forms", l)
		}
	})
}

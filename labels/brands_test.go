package labels

import (
	"slices"
	"testing"
)

// TestR41ATradeNameCountsAsItsSubstance: whoever writes Zyprexa tells as much as
// whoever writes olanzapine.
func TestR41ATradeNameCountsAsItsSubstance(t *testing.T) {
	p := Default()
	of := func(name string) []string {
		l, _ := p.Explain(parse(t, row{typ: "MedicationRequest", text: name}.resource()), nil)
		var out []string
		for _, s := range l.Sensitivity {
			out = append(out, string(s))
		}
		return out
	}
	brands := shipped("brands.txt")
	if len(brands.Rows) < 200 {
		t.Fatalf("%d trade names", len(brands.Rows))
	}
	for _, r := range brands.Rows {
		name, substance := of(r.Pattern+" 10 mg"), of(r.Note)
		if len(name) == 0 || !slices.Equal(name, substance) {
			t.Errorf("brands.txt:%d: %s is %v, %s is %v", r.Line, r.Pattern, name, r.Note, substance)
		}
	}
}

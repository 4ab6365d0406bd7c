package reading

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// TestFaultsAreToldOnceAndNotWithoutEnd: what one member says differently each time does
// not bury the others', and each piece of evidence is told.
func TestFaultsAreToldOnceAndNotWithoutEnd(t *testing.T) {
	r := new(reading)
	one, other := members.Member{Name: "Elm"}, members.Member{Name: "Northside"}
	r.fault(one, "lied")
	r.fault(one, "lied")
	r.fault(other, "lied")
	if n := len(r.told()); n != 2 {
		t.Errorf("the same of two members is told %d times", n)
	}
	evidence := new(wire.Misrelease)
	r.prove(one, "lied", evidence)
	if told := r.told(); len(told) != 3 || told[2].Evidence != evidence {
		t.Errorf("evidence is lost: %v", told)
	}
	for i := range 2 * maxFaults {
		r.fault(one, fmt.Sprint("lied ", i))
	}
	r.fault(other, "lied again")
	of := map[string]int{}
	for _, f := range r.told() {
		of[f.Member]++
	}
	if of["Elm"] != maxFaults || of["Northside"] != 2 {
		t.Errorf("told are %v", of)
	}
}

package timeline

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestAMarkIsExplainedWhereALineBearsIt: at the lines that it is of, under Now and on their days,
// and nowhere where none is told.
func TestAMarkIsExplainedWhereALineBearsIt(t *testing.T) {
	of := func(n byte, word string) Item {
		return Item{Handle: stele.ID{n}, Label: stele.Label{Category: stele.Allergies}, Record: []byte(`{"resourceType":"AllergyIntolerance","id":"` + word + `","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"` + word + `"},"recordedDate":"2024-02-01"}`)}
	}
	page := Page{Marks: []Mark{{Sign: "(held back)", Means: []string{"nobody reads it.", "So you said."}, Of: func(e Entry) bool { return e.Vouched[0].Handle == stele.ID{2} }}}}
	text := Tell([]Item{of(1, "Egg"), of(2, "Rye")}, Options{}).Text(page)
	for _, want := range []string{"Egg (recorded 1 Feb 2024)\n", "Rye (recorded 1 Feb 2024) (held back)\n", "Rye · recorded then (held back)\n", "(held back): nobody reads it.\nSo you said.\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "(held back)"); n != 3 {
		t.Errorf("the sign stands %d times in\n%s", n, text)
	}
	if text := Tell([]Item{of(1, "Egg")}, Options{}).Text(page); strings.Contains(text, "held back") || strings.Contains(text, "So you said") {
		t.Errorf("explained for nobody:\n%s", text)
	}
}

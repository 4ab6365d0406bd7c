package intake

import (
	"strings"
	"testing"
)

// TestR37AnAnswerIsToOneQuestion confirms by a name that several servers have, or by a
// number that stands in several systems: only what it asks of is answered, and the question
// asks so.
func TestR37AnAnswerIsToOneQuestion(t *testing.T) {
	encounter := `{"resourceType":"Encounter","id":"e",` + of("Patient/pb") + `}`
	leans := obs("o", of("Patient/pa")+`,"encounter":{"reference":"Encounter/e"}`)
	both := []string{ofServer("collection", labA, patientA, patientB, encounter, leans), ofServer("collection", labB, patientA, patientB, encounter, leans)}
	const people = "pa>A pb>B e>B "
	south := family()
	south.Links = append(south.Links, Link{System: "http://south.example", Number: "5002", Subject: cleo, Name: "Brown, Robert", Born: "1955-12-01", Firm: true})
	within := func(id, system string) string {
		return obs(id, `"contained":[`+strings.Replace(who("c", "5002", "Keller", "Lea", "2019-05-05", "female"), north, system, 1)+`],"subject":{"reference":"#c"}`)
	}
	numbers := []string{lines(within("o", north), within("p", "http://south.example"))}
	calls := func(base string) string {
		return ofServer("collection", base, obs("o", `"subject":{"reference":"Patient/78","display":"Brown, Robert"}`))
	}
	called := Asked{Subject: ana, Called: []string{labA + "/Patient/78", labB + "/Patient/78"}}
	twin := func(base string) string {
		return ofServer("collection", base, who("x", "5002", "Keller", "Lea", "2019-05-05", "female"))
	}
	for _, c := range []struct {
		name  string
		table *Table
		asked Asked
		same  string
		files []string
		want  string
		asks  string // of the last entry that is refused
	}{
		{"a record of two", table(), Asked{}, "Observation/o", both, people + "o! " + people + "o!", labB + "/Observation/o"},
		{"a record of two, at home", owning(labA), Asked{}, "Observation/o", both, people + "o>A " + people + "o!", labB + "/Observation/o"},
		{"a record of two, the other", owning(labA), Asked{}, labB + "/Observation/o", both, people + "o! " + people + "o>A", "--confirm Observation/o"},
		{"a record of one, not at home", owning(labC), Asked{}, "Observation/o", both[1:], people + "o>A", ""},
		{"what it leans on, of two", owning(labA), Asked{}, "Encounter/e", both, people + "o>A " + people + "o!", labB + "/Observation/o"},
		{"what it leans on, the other", owning(labA), Asked{}, labB + "/Encounter/e", both, people + "o! " + people + "o>A", "--confirm Observation/o"},
		{"words, of two", family(), called, "Patient/78", []string{calls(labA), calls(labB)}, "o! o!", labB + "/Patient/78"},
		{"words, the one", family(), called, labA + "/Patient/78", []string{calls(labA), calls(labB)}, "o>A o!", labB + "/Patient/78"},
		{"words, of one", family(), called, "Patient/78", []string{calls(labB)}, "o>A", ""},
		{"words, of one version", family(), called, labB + "/Patient/78/_history/1", []string{calls(labB)}, "o>A", ""},
		{"a Patient of two", family(), Asked{}, "Patient/x", []string{twin(labA), twin(labB)}, "x! x!", labB + "/Patient/x"},
		{"a Patient, the one", family(), Asked{}, labA + "/Patient/x", []string{twin(labA), twin(labB)}, "x>B x!", labB + "/Patient/x"},
		{"a number of two", south, Asked{}, "5002", numbers, "o! p!", "--confirm 'http://south.example|5002'"},
		{"a number, the one", south, Asked{}, north + "|5002", numbers, "o>B p!", "--confirm 'http://south.example|5002'"},
		{"a number of one", family(), Asked{}, "5002", []string{within("o", north)}, "o>B", ""},
	} {
		c.asked.Same = []string{c.same}
		p, entries := plan(t, c.table, c.asked, c.files...)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		last := ""
		for f := range entries {
			for i := range entries[f] {
				why := p.Of(f, i).Refused
				if why != nil && why.Need == NeedsConfirm && (!strings.HasSuffix(why.Asks, "?") || why.Doubt == "" || !strings.Contains(why.String(), why.Asks+" "+why.Doubt+"; ")) {
					t.Errorf("%s: it asks %q for %q: %s", c.name, why.Asks, why.Doubt, why)
				}
				if why != nil {
					last = why.String()
				}
			}
		}
		if !strings.HasSuffix(last, c.asks) {
			t.Errorf("%s: it asks %q, want %q", c.name, last, c.asks)
		}
	}
}

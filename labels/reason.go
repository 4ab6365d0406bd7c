package labels

import (
	"encoding/json"
	"fmt"

	"github.com/stele-health/stele"
)

// A Kind of reason says what a sensitivity was drawn from.
type Kind string

// The kinds.
const (
	ByCode       Kind = "code"         // a code that a table holds
	ByWord       Kind = "word"         // words that a table holds
	BySecurity   Kind = "security"     // the source's own meta.security, securityLabel, confidentiality
	ByType       Kind = "type"         // the type of the resource
	ByClinic     Kind = "clinic"       // the source's kind of clinic
	Unclassified Kind = "unclassified" // something could not be read
)

// A Reason says why a record got a sensitivity. It holds the record's own words:
// it is for whoever may read the record.
type Reason struct {
	Kind        Kind
	Sensitivity []stele.Sensitivity
	Path        string // FHIR path, "Condition.code.coding[0]"; "" for the record as a whole
	Found       string // code or words as they stand there, or what could not be read
	Row         *Row   // of the table; nil where none spoke
}

// String says it in a line.
func (r Reason) String() string {
	text := words(r.Sensitivity) + ": " + r.Found
	if r.Path != "" {
		text += " at " + r.Path
	}
	if r.Row != nil {
		text += fmt.Sprintf(" (%s, line %d: %s %s", r.Row.File, r.Row.Line, r.Row.Table, r.Row.Pattern)
		if r.Row.Note != "" {
			text += ", " + r.Row.Note
		}
		text += ")"
	}
	return text
}

// MarshalJSON writes the reason and where its row stands.
func (r Reason) MarshalJSON() ([]byte, error) {
	out := struct {
		Kind        Kind                `json:"kind"`
		Sensitivity []stele.Sensitivity `json:"sensitivity"`
		Path        string              `json:"path,omitempty"`
		Found       string              `json:"found"`
		Table       string              `json:"table,omitempty"`
		Row         string              `json:"row,omitempty"`
		Note        string              `json:"note,omitempty"`
		File        string              `json:"file,omitempty"`
		Line        int                 `json:"line,omitempty"`
	}{Kind: r.Kind, Sensitivity: r.Sensitivity, Path: r.Path, Found: r.Found}
	if r.Row != nil {
		out.Table, out.Row, out.Note, out.File, out.Line = r.Row.Table, r.Row.Pattern, r.Row.Note, r.Row.File, r.Row.Line
	}
	return json.Marshal(out)
}

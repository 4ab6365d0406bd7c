package proof

import (
	"errors"
	"fmt"
	"time"

	"github.com/stele-health/stele"
)

// Report is what Verify found, in the order of its steps.
type Report struct {
	Chain       string        `json:"chain"`
	Fingerprint stele.Digest  `json:"fingerprint"`
	FromFile    bool          `json:"fingerprint_from_file"` // nobody outside the file vouched for the fingerprint
	Subject     stele.Subject `json:"subject"`
	Made        time.Time     `json:"made"`   // as the file says; nothing proves it
	Height      int64         `json:"height"` // of the header that proves the subject's own log: what is newer in the file says nothing of it
	Time        time.Time     `json:"time"`   // of that header
	Events      int           `json:"events"` // checked, of the subject's own log
	Grants      int           `json:"grants"`
	Records     int           `json:"records"`
	Accesses    int           `json:"accesses"` // checked details
	Receipts    int           `json:"receipts"`
	Steps       []Step        `json:"steps"`
	Notes       []string      `json:"notes"` // what is not wrong but should be known
}

// Step is one check by its name, with a sentence for the person.
type Step struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	Of   string `json:"of,omitempty"` // of what a trustee told: its member's DID, as the file says, or unnamed

	Hint string `json:"-"` // what helps where it failed; see Err
}

// unmeant is an error of a file that may be whole, and is not the one that was meant.
type unmeant struct {
	error
	hint string // what helps then
}

// noExport begins what is said of a file that has nothing of an export.
const noExport = "the file is no export of a chart"

func notAnExport(why string) error {
	return unmeant{errors.New(noExport + ": " + why), "name the file that stele wallet export wrote, unpacked and whole"}
}

// OK reports whether every step held.
func (r *Report) OK() bool { return r.Err() == nil }

// Err returns nil, or an error of KindProof that names the first failed step: of the
// file before what trustees told, which an honest wallet exports as it was told.
func (r *Report) Err() error {
	var told *Step
	for i, s := range r.Steps {
		switch {
		case s.OK:
		case s.Of == "":
			return stele.E("verify export", stele.KindProof, s.Name+": "+s.Text, nil).WithHint(s.Hint)
		case told == nil:
			told = &r.Steps[i]
		}
	}
	if told == nil {
		return nil
	}
	return stele.E("verify export", stele.KindProof, told.Name+", told by the trustee of "+told.Of+", as the file says: "+told.Text, nil).
		WithHint("all else in the file holds: the trustee told it so, or this part was changed since; stele wallet log of the file's subject names who told what")
}

func (r *Report) ok(name, format string, args ...any) {
	r.Steps = append(r.Steps, Step{Name: name, OK: true, Text: fmt.Sprintf(format, args...)})
}

// fail notes a failed step; what is said comes from err's texts, which hold no
// patient data.
func (r *Report) fail(name string, err error) {
	step := Step{Name: name, Text: err.Error(), Hint: "the file was changed or is damaged; export again, or ask whoever gave it to you"}
	if other, ok := errors.AsType[unmeant](err); ok {
		step.Hint = other.hint
	}
	r.Steps = append(r.Steps, step)
}

// unnamed is whose word it is that can't be read.
const unnamed = "a member that it does not name"

// failTold notes a failed step of what a member's trustee told.
func (r *Report) failTold(name string, member []byte, err error) {
	step := Step{Name: name, Text: err.Error(), Of: unnamed}
	if id, wrong := stele.SubjectFrom(member); wrong == nil {
		step.Of = id.String()
	}
	r.Steps = append(r.Steps, step)
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

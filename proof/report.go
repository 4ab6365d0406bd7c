package proof

import (
	"fmt"
	"strconv"
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
	Height      int64         `json:"height"` // of the newest checked header
	Time        time.Time     `json:"time"`   // of the newest checked header
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
}

// many counts in words that fit the number.
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// OK reports whether every step held.
func (r *Report) OK() bool { return r.Err() == nil }

// Err returns nil, or an error of KindProof that names the first failed step.
func (r *Report) Err() error {
	for _, s := range r.Steps {
		if !s.OK {
			return stele.E("verify export", stele.KindProof, s.Name+": "+s.Text, nil).
				WithHint("the file was changed or is damaged; export again, or ask whoever gave it to you")
		}
	}
	return nil
}

func (r *Report) ok(name, format string, args ...any) {
	r.Steps = append(r.Steps, Step{Name: name, OK: true, Text: fmt.Sprintf(format, args...)})
}

// fail notes a failed step; what is said comes from err's texts, which hold no
// patient data.
func (r *Report) fail(name string, err error) {
	r.Steps = append(r.Steps, Step{Name: name, Text: err.Error()})
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

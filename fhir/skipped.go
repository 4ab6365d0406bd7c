package fhir

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// skipped counts what a stream holds beside records: what a server says of its
// own work. None of it belongs in a chart.
type skipped struct {
	outcomes   int
	severities [4]int   // of the issues in them, as in severityNames
	first      string   // where the first one stands
	answers    int      // entries that are an answer without a resource
	failed     int      // of these, what the server refused
	codes      []string // of the issues in them, as IssueType has them
	expected   bool     // they are all that there has to be
}

var severityNames = [4]string{"fatal error", "error", "warning", "information"}

func (s *skipped) at(e *Entry) {
	if s.first == "" {
		s.first = e.Place
	}
}

// outcome counts an OperationOutcome, by its severities and never by its text.
func (s *skipped) outcome(e *Entry) {
	s.at(e)
	s.outcomes++
	for _, severity := range e.Resource.All("issue.severity") {
		switch severity {
		case "fatal":
			s.severities[0]++
		case "error":
			s.severities[1]++
		case "warning":
			s.severities[2]++
		default:
			s.severities[3]++
		}
	}
	for _, code := range e.Resource.All("issue.code") {
		if issueTypes[code] && !slices.Contains(s.codes, code) {
			s.codes = append(s.codes, code)
		}
	}
}

// issueTypes are the codes of OperationOutcome.issue.code (FHIR R4 § IssueType). What is
// none of them may be anything.
var issueTypes = func() map[string]bool {
	types := map[string]bool{}
	for _, code := range strings.Fields(`invalid structure required value invariant security login unknown expired forbidden suppressed processing
		not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient
		lock-error no-store exception timeout incomplete throttled informational`) {
		types[code] = true
	}
	return types
}()

// answer counts an entry that only says what a server answered, and reports
// whether it was one.
func (s *skipped) answer(e *Entry) bool {
	if e.answer == "" || e.Method != "" || len(e.Issues) > 0 {
		return false
	}
	s.at(e)
	s.answers++
	if e.failed() {
		s.failed++
	}
	return true
}

// refused marks a record beside an answer that there is none, and a DELETE that its server
// did not carry out. What it no longer has is deleted.
func (e *Entry) refused() {
	if e.Resource == nil && strings.EqualFold(e.Method, "DELETE") && e.failed() && !strings.HasPrefix(e.answer, "404") && !strings.HasPrefix(e.answer, "410") {
		e.Issues = append(e.Issues, Issue{Resource: "DELETE", Path: "Bundle.entry.response.status", Rule: "response", Text: "its server refused this DELETE or failed: what it names is still there"})
	}
	if e.Resource != nil && e.Resource.Type() != "OperationOutcome" && e.failed() {
		e.Issues = append(e.Issues, Issue{Resource: e.Resource.Name(), Path: "Bundle.entry.response.status", Rule: "response",
			Text: "its server refused this or failed, or has it no longer: what stands beside such an answer is no record of the server's"})
	}
}

// failed reports whether a server answered that it refused, failed, or has nothing of
// that name, or no longer (RFC 9110 § 15.5, § 15.6).
func (e *Entry) failed() bool {
	return strings.HasPrefix(e.answer, "4") || strings.HasPrefix(e.answer, "5")
}

// issues say what was skipped: where a server failed, or where its words are all that
// there is (alone), what was asked of it is missing.
func (s *skipped) issues(alone bool) []Issue {
	var out []Issue
	say := func(rule, text string, wrong bool) {
		out = append(out, Issue{Resource: s.first, Rule: rule, Text: text, Warning: !wrong})
	}
	if s.outcomes > 0 {
		var counts []string
		for i, n := range s.severities {
			if n > 0 {
				counts = append(counts, stele.Count(n, severityNames[i], severityNames[i]+"s"))
			}
		}
		text := stele.Count(s.outcomes, "OperationOutcome was", "OperationOutcomes were") + " skipped: a server's messages are no records"
		if len(counts) > 0 {
			text += " (" + strings.Join(append([]string{strings.Join(counts, ", ")}, s.codes...), "; ") + ")"
		}
		failed := s.severities[0]+s.severities[1] > 0
		switch {
		case failed:
			text += "; what it sent may be incomplete"
		case alone && !s.expected:
			text += "; there is nothing else"
		}
		say("OperationOutcome", text, failed || alone && !s.expected)
	}
	if s.answers > 0 {
		text := stele.Count(s.answers, "answer without a resource was", "answers without a resource were") + " skipped"
		if s.failed > 0 {
			text += fmt.Sprintf("; %d of them: the server refused or failed", s.failed)
		}
		say("response", text, s.failed > 0)
	}
	return out
}

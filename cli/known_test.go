package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
)

// TestR43TheNameOfWhomAProposalGivesToIsHeldAgainstTheirCard: and where there is none, it is said whose
// word the name is.
func TestR43TheNameOfWhomAProposalGivesToIsHeldAgainstTheirCard(t *testing.T) {
	to := consent.Party{Subject: stele.SubjectOf([]byte("evil")), Name: "Dr Wren"}
	for name, c := range map[string]struct {
		card string
		err  error
		want string
	}{
		"the same": {"DR WREN", nil, "It gives to Dr X at Elm"},
		"another":  {"Dr Evil", nil, "Look again: by the card " + to.Subject.String() + " is Dr X at Elm, and the proposal calls them Dr Wren"},
		"none":     {"", errors.New("no answer"), "is the word of Northside alone"},
	} {
		if got := recipientText(to, c.card, "Dr X at Elm", c.err, "Northside"); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestAPatientIsCalledByANumber where there is one, and not by the id of a Patient of some file.
func TestAPatientIsCalledByANumber(t *testing.T) {
	id, number := links.Link{System: intake.PatientID, Number: "h1"}, links.Link{Number: "5006"}
	for _, c := range []struct {
		linked []links.Link
		want   string
	}{{[]links.Link{number, id}, "5006"}, {[]links.Link{id, number}, "5006"}, {[]links.Link{id}, "Patient/h1"}} {
		if got := links.NumberOf(c.linked); got != c.want {
			t.Errorf("%v is called %s, want %s", c.linked, got, c.want)
		}
	}
}

package wallet

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestR25TheReasonOfAnOpeningStaysItsReason: what is said when it is opened again, or when that is refused, takes
// no place of the reason that is reviewed.
func TestR25TheReasonOfAnOpeningStaysItsReason(t *testing.T) {
	line := func(reason string, released int) account.Line {
		return account.Line{Needed: 3, Released: released, Telling: account.Telling{Detail: &wire.AccessDetail{Reason: reason}}}
	}
	o := urgentOpening{whom: "Northside"}
	o.heard(line("unconscious", 3), "Dr Okafor", true)
	if o.again() != "" {
		t.Errorf("opened once: %q", o.again())
	}
	for _, l := range []account.Line{line("bleeding", 3), line("a look", 0), line("unconscious", 3), line("bleeding", 3), line("the letter", 4)} {
		o.heard(l, "Dr Quist", false)
	}
	if o.whom != "Dr Okafor" || o.reason != "unconscious" || o.times != 5 || !slices.Equal(o.later, []string{"bleeding", "the letter"}) {
		t.Errorf("%q, %q, %d, %q", o.whom, o.reason, o.times, o.later)
	}
	if want := "; opened 5 times, later for “bleeding”, “the letter”"; o.again() != want {
		t.Errorf("%q, want %q", o.again(), want)
	}
}

// TestR25TheRegisterSaysWhoEndedAnOpening: the patient, as long as it stands there; the practitioner's side until
// it would have ended by itself, when nobody can tell the two apart.
func TestR25TheRegisterSaysWhoEndedAnOpening(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		status stele.GrantStatus
		end    time.Duration
		died   bool
		want   string
	}{
		"by the patient":             {stele.GrantRevoked, time.Hour, false, "by the patient"},
		"by the patient, days after": {stele.GrantRevoked, -time.Hour, false, "by the patient"},
		"by who opened":              {stele.GrantEnded, time.Hour, false, "by who opened or with a wallet of their hospital"},
		"by itself":                  {stele.GrantEnded, -time.Minute, false, ""},
		"by the death":               {stele.GrantActive, time.Hour, true, "by the patient's death"},
		"by itself before the death": {stele.GrantActive, -time.Minute, true, ""},
		"running":                    {stele.GrantActive, time.Hour, false, ""},
	} {
		var o urgentOpening
		o.stands(stele.Grant{Status: c.status, End: now.Add(c.end), ReviewBy: now.Add(48 * time.Hour), Died: c.died}, now)
		if said := strings.Join(o.marks, "; "); (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s: %q", name, said)
		}
		if o.open != (name == "running") {
			t.Errorf("%s: open %v, %q", name, o.open, o.status)
		}
	}
}

// TestR25WhatTheLedgerDidNotTakeIsNoneOfMany: as the desk's alarm does not count it.
func TestR25WhatTheLedgerDidNotTakeIsNoneOfMany(t *testing.T) {
	v := wallet.Overseen{ManyOfUser: true, ManyOfFacility: true, Stale: []string{"licence"}}
	if marks := deskMarks(v); len(marks) != 1 || !strings.Contains(marks[0], "licence") {
		t.Errorf("not on the ledger: %q", marks)
	}
	if v.OnLedger = true; len(deskMarks(v)) != 3 {
		t.Errorf("on the ledger: %q", deskMarks(v))
	}
}

// TestR25ItIsSaidWhoReviewed: who looks at the list, or another who may.
func TestR25ItIsSaidWhoReviewed(t *testing.T) {
	mine := wallet.Review{Activation: stele.NewID(), Outcome: wire.Review_REVIEW_JUSTIFIED}
	is := func(id stele.ID) func(wallet.Review) bool {
		return func(r wallet.Review) bool { return r.Activation == id }
	}
	if got := reviewedBy([]wallet.Review{mine}, is(mine.Activation), "the patient"); got != "reviewed by you" {
		t.Error(got)
	}
	if got := reviewedBy([]wallet.Review{mine}, is(stele.NewID()), "the patient"); got != "reviewed by the patient" {
		t.Error(got)
	}
}

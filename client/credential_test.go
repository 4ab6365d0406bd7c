package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/wallet"
)

// TestR26CredentialsFromIssueToJudgement: a board licenses, an accreditor accredits, a hospital
// gives a role, all of it sealed; the doctor shows them, and the members' ledgers agree that they
// hold, until the board posts that the licence does not.
func TestR26CredentialsFromIssueToJudgement(t *testing.T) {
	town.In(t, fromIssueToJudgement)
}

func fromIssueToJudgement(t *testing.T, w *town.Town) {
	ctx := t.Context()
	board, accreditor := w.NewPerson("Medical Board", wallet.Organisation), w.NewPerson("Accreditor", wallet.Organisation)
	hospital, doctor := w.Orgs["Lakeview"], w.NewDoctor("Dr Amara Okafor", "Lakeview")
	w.Admits(board, credential.Licence, "GB")
	w.Admits(accreditor, credential.Accreditation, "GB")

	if _, err := hospital.Issuing.Issue(ctx, issuing.Order{Kind: credential.Role, To: w.ContactOf(hospital, doctor), Says: "emergency-doctor"}); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a facility that is not accredited gives a role: %v", err)
	}
	issue := func(by, to *client.Session, o issuing.Order) int {
		o.To = w.ContactOf(by, to)
		e, err := by.Issuing.Issue(ctx, o)
		w.Must(err)
		_, err = to.Collect(ctx)
		w.Must(err)
		return e.Place
	}
	issue(accreditor, hospital, issuing.Order{Kind: credential.Accreditation, Says: "emergency-department", Jurisdiction: "GB"})
	licence := issue(board, doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB", Number: "7012345"})
	issue(hospital, doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"})
	held, err := doctor.Credentials()
	w.Must(err)
	if kinds := []credential.Kind{held[0].Kind, held[1].Kind, held[2].Kind}; len(held) != 3 || !slices.Contains(kinds, credential.Accreditation) {
		t.Fatalf("the doctor holds %v", kinds)
	}
	post := func(by *client.Session) {
		p, err := by.Issuing.Post(ctx)
		w.Must(err)
		if len(p.Silent) > 0 {
			t.Errorf("%s do not have the list", p.Silent)
		}
	}
	for _, by := range []*client.Session{board, accreditor, hospital} {
		post(by)
	}

	judge := func() error {
		request := stele.NewID()
		shown, err := doctor.Show(ctx, "emergency-doctor", "emergency-department", request)
		w.Must(err)
		chain, err := (credential.Judge{Ledger: w.Ledger(), Lists: shown.Lists, Request: request, Now: time.Now()}).Chain(shown.Credentials)
		if err == nil && (chain.Facility() != hospital.Subject() || chain.Licence.Holder != doctor.Subject() || len(chain.Stale) > 0) {
			t.Errorf("%+v", chain)
		}
		return err
	}
	w.Must(judge())
	_, err = board.Issuing.Mark(licence, sdjwt.Suspended)
	w.Must(err)
	w.Must(judge()) // it counts once it is posted
	post(board)
	if err := judge(); stele.TextOf(err) != "the licence does not hold: it was suspended" {
		t.Errorf("suspended: %v", err)
	}
	_, err = board.Issuing.Mark(licence, sdjwt.Valid)
	w.Must(err)
	post(board)
	w.Must(judge())
	_, err = board.Issuing.Mark(licence, sdjwt.Revoked)
	w.Must(err)
	post(board)
	if judge() == nil {
		t.Error("a licence that was revoked holds")
	}
	if _, err := board.Issuing.Mark(licence, sdjwt.Valid); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("what was revoked is good again: %v", err)
	}
	if _, err := doctor.Show(ctx, "surgeon", "", stele.NewID()); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a role that nobody gave: %v", err)
	}
	if _, err := doctor.Show(ctx, "emergency-doctor", "pharmacy", stele.NewID()); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a role at another kind of facility: %v", err)
	}
	for what, c := range map[string]struct {
		after time.Duration
		show  func() error
	}{
		"a role that has expired": {credential.Longest(credential.Role), func() error {
			_, err := doctor.Show(ctx, "emergency-doctor", "emergency-department", stele.NewID())
			return err
		}},
		"a licence that has expired": {credential.Longest(credential.Licence), func() error {
			_, err := doctor.Present(credential.Licence, sdjwt.Binding{Audience: hospital.Subject().String(), Nonce: "n"})
			return err
		}},
	} {
		doctor.Clock = func() time.Time { return time.Now().Add(c.after) }
		if err := c.show(); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", what, err)
		}
		doctor.Clock = time.Now
	}
}

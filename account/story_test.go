package account_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestStory is the whole story on one page: join, grant, deliver, open, account,
// own chart, export.
func TestStory(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside", "Lakeview"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("m1", stele.Medications, "2021"))
		w.Delivers("Lakeview", p, town.Note("a2", stele.Allergies, "2022-02"))
		w.Gives(p, d, stele.Allergies)

		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if town.IDs(chart) != "a1 a2" || len(chart.Faults) > 0 {
			t.Errorf("opened %q, faults %v", town.IDs(chart), chart.Faults)
		}
		w.Post()
		report, err := town.LinesOf(t.Context(), p)
		w.Must(err)
		if len(report.Gaps) > 0 || report.Pending > 0 || len(report.Silent) > 0 || report.Receipts != 3 {
			t.Errorf("gaps %v, %d pending, silent %v", report.Gaps, report.Pending, report.Silent)
		}
		own, err := p.Charts.OpenOwn(t.Context())
		w.Must(err)
		if town.IDs(own) != "a1 a2 m1" || len(own.Faults) > 0 {
			t.Errorf("she opened %q, faults %v", town.IDs(own), own.Faults)
		}
		var file bytes.Buffer
		exported, err := p.Account.Export(t.Context(), &file)
		w.Must(err)
		verified, err := proof.Verify(&file, proof.Expect{})
		w.Must(err)
		if exported.Records != 3 || verified.Records != 3 || verified.Accesses != 1 || verified.Receipts != 3 || len(verified.Notes) > 0 {
			t.Errorf("exported %+v, verified %+v", exported, verified)
		}
	})
}

// TestR26AnExportTellsWhoMightIssueCredentials: the consortium's log in it grows by each
// admission; all that was judged before and after holds, by members who are the same.
func TestR26AnExportTellsWhoMightIssueCredentials(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		board := w.NewPerson("Board", wallet.Organisation).Subject()
		for _, place := range []string{"GB", "US-CA"} { // one before, one after
			w.Decides(&wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: &wire.CredentialIssuer{
				Subject: board[:], Certificate: bytes.Repeat([]byte{7}, 32), Kinds: 1, Jurisdictions: []string{place},
			}}}})
			_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Must(err)
		}
		w.Post()
		report, err := town.LinesOf(t.Context(), p)
		w.Must(err)
		if len(report.Gaps) > 0 || report.Pending > 0 || report.Receipts != 6 {
			t.Errorf("gaps %v, %d pending, %d receipts", report.Gaps, report.Pending, report.Receipts)
		}
		var file bytes.Buffer
		_, err = p.Account.Export(t.Context(), &file)
		w.Must(err)
		verified, err := proof.Verify(&file, proof.Expect{})
		w.Must(err)
		if verified.Accesses != 2 || verified.Receipts != 6 || len(verified.Notes) > 0 {
			t.Errorf("verified %+v", verified)
		}
		if len(p.State().Consortium.Events) != 2 {
			t.Errorf("the wallet followed %d events", len(p.State().Consortium.Events))
		}
	})
}

// TestR25AnOpeningInAnEmergencyIsInTheAccount: who broke the glass, each opening under it, its
// end and its review, all of them as themselves; and an export that has them verifies.
func TestR25AnOpeningInAnEmergencyIsInTheAccount(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		hospital, er := w.Orgs["Lakeview"], wire.NewEd25519()
		subject, member := p.Subject(), hospital.Subject()
		write := func(message *wire.Transaction, signers ...wire.Signer) {
			id := stele.NewID()
			message.Chain, message.Nonce, message.ExpiresMs = w.Chain, id[:], time.Now().Add(time.Minute).UnixMilli()
			verdict := w.WriteBlock(wire.Marshal(wire.Sign(wire.TagTransaction, message, signers...)))[0]
			w.Must(verdict.Err)
		}
		activation := stele.NewIDOf(subject[:])
		request := stele.NewIDOf(activation[:])
		some := seal.NewSalt()
		write(&wire.Transaction{Message: &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
			Activation: activation[:], Subject: subject[:], Member: member[:], Grantee: er.Public(), DetailCommitment: some[:],
		}}}, er, w.Node("Lakeview"))
		write(&wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
			Request: request[:], Grant: activation[:], DetailCommitment: some[:], ReaderKeyHash: some[:], WindowMs: 1000,
		}}}, er)
		write(&wire.Transaction{Message: &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{Activation: activation[:]}}}, er)
		write(&wire.Transaction{Message: &wire.Transaction_ReviewEmergency{ReviewEmergency: &wire.ReviewEmergency{
			Activation: activation[:], Outcome: wire.Review_REVIEW_JUSTIFIED, Commitment: some[:],
		}}}, hospital.Keyring().Signer())
		w.WriteBlock()
		report, err := town.LinesOf(t.Context(), p)
		w.Must(err)
		var kinds []string
		for _, line := range report.Lines {
			if about := line.Event.About(); about.Place == wire.PlaceEmergency || about.Asked() {
				kinds = append(kinds, about.Kind)
			}
		}
		slices.Sort(kinds)
		if want := []string{"access permitted", "emergency ended", "emergency reviewed", "glass broken"}; !slices.Equal(kinds, want) {
			t.Errorf("the account tells %q, want %q", kinds, want)
		}
		var file bytes.Buffer
		_, err = p.Account.Export(t.Context(), &file)
		w.Must(err)
		verified, err := proof.Verify(&file, proof.Expect{})
		w.Must(err)
		if verified.Records != 1 || verified.Events != 7 {
			t.Errorf("verified %+v", verified)
		}
	})
}

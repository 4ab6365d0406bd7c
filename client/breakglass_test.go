package client_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// night is an emergency department at night: a doctor with her papers, and a patient whom nobody
// there knows.
type night struct {
	*town.Town
	board, accreditor, hospital, doctor, patient *client.Session
	licence, role                                int // their places in the registers of who issued them
}

func atNight(t *testing.T, story func(*testing.T, *night)) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := &night{Town: w, hospital: w.Orgs["Lakeview"], doctor: w.NewDoctor("Dr Amara Okafor", "Lakeview")}
		n.board, n.accreditor = w.NewPerson("Medical Board", wallet.Organisation), w.NewPerson("Accreditor", wallet.Organisation)
		w.Admits(n.board, credential.Licence, "GB")
		w.Admits(n.accreditor, credential.Accreditation, "GB")
		n.issue(n.accreditor, n.hospital, issuing.Order{Kind: credential.Accreditation, Says: "emergency-department", Jurisdiction: "GB"})
		n.licence = n.issue(n.board, n.doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB"})
		n.role = n.issue(n.hospital, n.doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"})
		n.post()
		n.patient = w.NewPatient("Elena", "Northside")
		w.Delivers("Northside", n.patient, town.Note("peanut", stele.Allergies, "2020-02-03"), town.Note("warfarin", stele.Medications, "2024-05-01"), town.Note("letter", stele.Documents, "2024-05-01"))
		story(t, n)
	})
}

func (n *night) issue(by, to *client.Session, o issuing.Order) int {
	o.To = n.ContactOf(by, to)
	e, err := by.Issuing.Issue(n.T.Context(), o)
	n.Must(err)
	_, err = to.Collect(n.T.Context())
	n.Must(err)
	return e.Place
}

func (n *night) post() {
	for _, by := range []*client.Session{n.board, n.accreditor, n.hospital} {
		_, err := by.Issuing.Post(n.T.Context())
		n.Must(err)
	}
}

// colleague is another emergency doctor of the hospital's; the lists are to be posted after.
func (n *night) colleague(name string) *client.Session {
	d := n.NewDoctor(name, "Lakeview")
	n.issue(n.board, d, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB"})
	n.issue(n.hospital, d, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"})
	return d
}

// activates activates as the doctor does.
func (n *night) activates() (wallet.Activation, error) {
	a, _, err := n.doctor.Activate(n.T.Context(), n.patient.Subject(), "", "unconscious after a fall")
	return a, err
}

// ahead has blocks, and the doctor, be so much later.
func (n *night) ahead(d time.Duration) {
	n.Ahead = d
	n.doctor.Clock = func() time.Time { return time.Now().Add(d) }
	n.WriteBlock()
	n.WriteBlock()
}

// words are what the patient's log says of emergencies, in order.
func (n *night) words() string {
	n.WriteBlock()
	log, err := n.patient.Log(n.T.Context())
	n.Must(err)
	var out []string
	for e, err := range log.Events() {
		n.Must(err)
		if about := e.Event.About(); about.Place == wire.PlaceEmergency {
			out = append(out, about.Words)
		}
	}
	return strings.Join(out, "; ")
}

// TestR25AnActivationFromTheDeskToTheReview: the doctor activates by her key and her member's
// node, it stands on the patient's log and in the member's register, ends early, and is reviewed by
// the organisation.
func TestR25AnActivationFromTheDeskToTheReview(t *testing.T) { atNight(t, fromTheDeskToTheReview) }

func fromTheDeskToTheReview(t *testing.T, n *night) {
	ctx := t.Context()
	if _, _, err := n.doctor.Activate(ctx, n.patient.Subject(), "", " "); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("without a reason: %v", err)
	}
	a, err := n.activates()
	n.Must(err)
	if a.Until.Sub(a.Made) < 24*time.Hour-time.Minute || a.ReviewBy.Sub(a.Made) < 72*time.Hour-time.Minute || a.Reason() != "unconscious after a fall" {
		t.Errorf("activated %+v", a)
	}
	if running, err := n.doctor.Running(ctx, n.patient.Subject()); err != nil || running == nil || running.ID != a.ID {
		t.Errorf("it does not run: %v, %v", running, err)
	}
	seen, err := n.hospital.Oversee(ctx)
	n.Must(err)
	if len(seen) != 1 || seen[0].Activation != a.ID || seen[0].Subject != n.patient.Subject() || seen[0].Card.Name != "Dr Amara Okafor" ||
		seen[0].Reason != a.Reason() || seen[0].Role != "emergency-doctor" || !seen[0].OnLedger || seen[0].Ledger.Status != stele.GrantActive || seen[0].Overdue(time.Now()) {
		t.Errorf("the register: %+v", seen)
	}
	if _, err := n.Orgs["Northside"].Oversee(ctx); err != nil {
		t.Errorf("another member's register: %v", err)
	}
	n.Wants(second(n.doctor.Oversee(ctx)), stele.KindUsage, "the doctor reads the register")
	n.Wants(second(n.hospital.ReviewActivation(ctx, a.ID, wire.Review_REVIEW_JUSTIFIED, "")), stele.KindInvalid, "a review while it runs")
	_, err = n.doctor.EndActivation(ctx, a.ID)
	n.Must(err)
	n.Wants(second(n.doctor.EndActivation(ctx, a.ID)), stele.KindExists, "ended twice")
	if running, err := n.doctor.Running(ctx, n.patient.Subject()); err != nil || running != nil {
		t.Errorf("it runs after its end: %v, %v", running, err)
	}
	n.Wants(second(n.doctor.ReviewActivation(ctx, a.ID, wire.Review_REVIEW_JUSTIFIED, "")), stele.KindDenied, "the doctor reviews herself")
	_, err = n.hospital.ReviewActivation(ctx, a.ID, wire.Review_REVIEW_TOO_MUCH, "the letters were not needed")
	n.Must(err)
	n.Wants(second(n.patient.ReviewActivation(ctx, a.ID, wire.Review_REVIEW_JUSTIFIED, "")), stele.KindExists, "reviewed twice")
	if reviews, err := n.hospital.Reviews(); err != nil || len(reviews) != 1 || reviews[0].Note != "the letters were not needed" {
		t.Errorf("what the organisation keeps of it: %v, %v", reviews, err)
	}
	if reviews, _ := n.patient.Reviews(); len(reviews) != 0 {
		t.Errorf("a review that the ledger did not take is kept: %v", reviews)
	}
	if got, want := n.words(), "opened your chart in an emergency; an opening in an emergency was ended by the practitioner or their hospital; an opening in an emergency was reviewed: more was opened than was needed"; got != want {
		t.Errorf("her log says %q, want %q", got, want)
	}
	if seen, err = n.hospital.Oversee(ctx); err != nil || seen[0].Ledger.Review != uint32(wire.Review_REVIEW_TOO_MUCH) || seen[0].Ledger.Status != stele.GrantEnded {
		t.Errorf("the register after the review: %+v, %v", seen, err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestR25AReviewThatNobodyMakesIsOverdue in the register, three days on; it has ended by itself
// after one.
func TestR25AReviewThatNobodyMakesIsOverdue(t *testing.T) { atNight(t, nobodyReviews) }

func nobodyReviews(t *testing.T, n *night) {
	_, err := n.activates()
	n.Must(err)
	n.ahead(24*time.Hour + time.Minute)
	if running, err := n.doctor.Running(t.Context(), n.patient.Subject()); err != nil || running != nil {
		t.Errorf("it runs a day later: %v, %v", running, err)
	}
	n.ahead(72*time.Hour + time.Minute)
	seen, err := n.hospital.Oversee(t.Context())
	n.Must(err)
	if len(seen) != 1 || !seen[0].Overdue(time.Now().Add(n.Ahead)) || seen[0].Ledger.Status != stele.GrantEnded {
		t.Errorf("the register: %+v", seen)
	}
	if seen[0].Ledger.Review = uint32(wire.Review_REVIEW_ERROR); seen[0].Overdue(time.Now().Add(n.Ahead)) {
		t.Error("it is overdue although it was reviewed")
	}
}

// TestR25NobodyActivatesWithoutTheirOwnPapers: the desk signs for nobody whose papers are not
// theirs, have expired or were taken back, and without the desk there is no activation. Her log stays empty.
func TestR25NobodyActivatesWithoutTheirOwnPapers(t *testing.T) { atNight(t, withoutPapers) }

func withoutPapers(t *testing.T, n *night) {
	refuses := func(what, part string) {
		t.Helper()
		if _, err := n.activates(); stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), part) {
			t.Errorf("%s: %v, want %q", what, err, part)
		}
	}
	for _, s := range []sdjwt.Status{sdjwt.Suspended, sdjwt.Revoked} {
		_, err := n.board.Issuing.Mark(n.licence, s)
		n.Must(err)
		n.post()
		refuses(s.String(), "licence does not hold")
	}
	n.doctor.Clock = func() time.Time { return time.Now().Add(90 * 24 * time.Hour) }
	refuses("papers that have expired", "holds no role")
	n.doctor.Clock = time.Now
	n.licence = n.issue(n.board, n.doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB"})
	n.post()
	other := n.NewDoctor("Dr Bo Lark", "Lakeview")
	_, _, err := other.Activate(t.Context(), n.patient.Subject(), "", "a look")
	n.Wants(err, stele.KindDenied, "somebody without papers")
	n.Down["Lakeview"] = true
	if _, err := n.activates(); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("the member is down: %v", err)
	}
	n.Down["Lakeview"] = false
	if got := n.words(); got != "" {
		t.Errorf("her log says %q", got)
	}
	if _, err := n.activates(); err != nil {
		t.Error(err)
	}
}

// TestR25AMemberAloneOpensNothing: its node alone, a practitioner alone, or a practitioner with another
// member's node, and there is no activation.
func TestR25AMemberAloneOpensNothing(t *testing.T) { atNight(t, aMemberAlone) }

func aMemberAlone(t *testing.T, n *night) {
	key, id, patient, member := wire.NewEd25519(), stele.NewIDOf(subjectOf(n.patient)), n.patient.Subject(), n.hospital.Subject()
	commitment := stele.Digest{1}
	message := func() *wire.Transaction {
		return &wire.Transaction{Message: &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
			Activation: id[:], Subject: patient[:], Member: member[:], Grantee: key.Public(), DetailCommitment: commitment[:],
		}}}
	}
	_, err := n.hospital.Submit(t.Context(), message(), n.Node("Lakeview"))
	n.Wants(err, stele.KindDenied, "the node alone")
	_, err = n.doctor.Submit(t.Context(), message(), key)
	n.Wants(err, stele.KindDenied, "a practitioner alone")
	_, err = n.doctor.Submit(t.Context(), message(), key, n.Node("Northside"))
	n.Wants(err, stele.KindDenied, "another member's node")
}

func subjectOf(s *client.Session) []byte { id := s.Subject(); return id[:] }

// opens opens as the doctor does in an emergency.
func (n *night) opens() (reading.EmergencyChart, error) {
	return n.doctor.Charts.OpenEmergency(n.T.Context(), n.patient.Subject(), reading.Emergency{Reason: "unconscious after a fall"}, nil)
}

// TestR25AChartOpensInAnEmergencyUntilItEnds: what the patient allows then and nothing else, again under what
// runs, with a reader who held it open; after its end nothing, and the next is another activation.
func TestR25AChartOpensInAnEmergencyUntilItEnds(t *testing.T) { atNight(t, untilItEnds) }

func untilItEnds(t *testing.T, n *night) {
	ctx := t.Context()
	b, err := n.opens()
	n.Must(err)
	if got := town.IDs(b.Chart); got != "peanut warfarin" || !b.New || len(b.Faults) > 0 {
		t.Errorf("opened %q, new %v, faults %v", got, b.New, b.Faults)
	}
	nothing := func(stele.Label) bool { return false }
	held, err := n.doctor.Charts.OpenEmergency(ctx, n.patient.Subject(), reading.Emergency{Reason: "a second look", Categories: []stele.Category{stele.Allergies}}, nothing)
	n.Must(err)
	defer held.Close()
	if held.New || held.Activation.ID != b.Activation.ID || len(held.Folios()) != 1 {
		t.Errorf("the second time: new %v, %d folios", held.New, len(held.Folios()))
	}
	if _, err := held.Record(ctx, held.Folios()[0], 0); err != nil {
		t.Errorf("a record of what is held open: %v", err)
	}
	_, err = n.hospital.EndActivation(ctx, b.Activation.ID)
	n.Must(err)
	if _, err := held.Record(ctx, held.Folios()[0], 0); err == nil {
		t.Error("who held it open reads on after the end")
	}
	again, err := n.opens() // the wallet does not know that it is over: it finds out, and opens anew
	if err != nil || !again.New || again.Activation.ID == b.Activation.ID {
		t.Fatalf("after its end: %v", err)
	}
	_, err = n.patient.Revoke(ctx, again.Activation.ID)
	n.Must(err)
	back, err := n.opens() // not by itself what the patient took back
	if stele.KindOf(err) != stele.KindDenied || back.New || !strings.Contains(stele.HintOf(err), "has taken back") {
		t.Errorf("after she took it back: %v, hint %q", err, stele.HintOf(err))
	}
	report, lines, err := n.patient.Account.ReportWhole(ctx)
	n.Must(err)
	opened := 0
	for _, l := range lines {
		if l.Event.About().Place == wire.PlaceOpening && l.Card != nil && l.Card.Name == "Dr Amara Okafor" && l.Detail.Purpose == "ETREAT" && l.Detail.Reason != "" {
			opened++
		}
	}
	if opened != 3 || len(report.Gaps) > 0 {
		t.Errorf("her account tells of %d openings: %v", opened, report.Gaps)
	}
}

// TestR25WhoOpensLearnsWhichPaperWasTakenBack: under an opening that runs, a role or licence that was
// suspended or revoked since is named; what the patient does not allow is hers to say.
func TestR25WhoOpensLearnsWhichPaperWasTakenBack(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		_, err := n.opens()
		n.Must(err)
		held, err := n.doctor.Credentials()
		n.Must(err)
		refuses := func(what, part string) {
			t.Helper()
			b, err := n.opens()
			if stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), part) || b.New {
				t.Errorf("%s: %v, new: %v; want %q", what, err, b.New, part)
			}
			if part == "no access" != strings.Contains(stele.HintOf(err), "the patient's to say") {
				t.Errorf("%s: hint %q", what, stele.HintOf(err))
			}
		}
		stand := func(want string) {
			t.Helper()
			got := ""
			for i, is := range n.doctor.StandingOf(t.Context(), held) {
				if is == nil {
					t.Fatalf("nobody tells of the %s", held[i].Kind)
				}
				if *is != sdjwt.Valid {
					got += string(held[i].Kind) + " " + is.String()
				}
			}
			if got != want {
				t.Errorf("papers: %q, want %q", got, want)
			}
		}
		stand("")
		_, err = n.board.Issuing.Mark(n.licence, sdjwt.Suspended)
		n.Must(err)
		n.post()
		refuses("the licence suspended", "the licence doctor does not hold: it was suspended")
		stand("licence suspended")
		_, err = n.board.Issuing.Mark(n.licence, sdjwt.Valid)
		n.Must(err)
		_, err = n.hospital.Issuing.Mark(n.role, sdjwt.Revoked)
		n.Must(err)
		n.post()
		refuses("the role revoked", "the role emergency-doctor does not hold: it was revoked")
		stand("role revoked")
		n.role = n.issue(n.hospital, n.doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"})
		n.post()
		_, err = n.opens()
		n.Must(err)
		_, err = n.patient.SetEmergency(t.Context(), slot.Slot{Nothing: true})
		n.Must(err)
		n.WriteBlock()
		refuses("the patient allows nothing", "no access")
	})
}

// TestR17WhatThePatientChangesCountsUnderWhatRuns: an activation stands, and opens nothing from the block on in
// which she says none of it; until she says otherwise.
func TestR17WhatThePatientChangesCountsUnderWhatRuns(t *testing.T) { atNight(t, changedUnderway) }

func changedUnderway(t *testing.T, n *night) {
	a, err := n.activates()
	n.Must(err)
	_, err = n.patient.SetEmergency(t.Context(), slot.Slot{Nothing: true})
	n.Must(err)
	b, err := n.opens()
	if stele.KindOf(err) != stele.KindDenied || b.Activation.ID != a.ID {
		t.Errorf("what she forbade opens: %v", err)
	}
	_, err = n.patient.SetEmergency(t.Context(), slot.Slot{Categories: []stele.Category{stele.Documents}})
	n.Must(err)
	b, err = n.opens()
	n.Must(err)
	if got := town.IDs(b.Chart); got != "letter" {
		t.Errorf("opened %q", got)
	}
}

// TestR44AChartIsActivatedEightTimesAndNoMore, in a day by one member; a transaction that is sent once more is
// no other one, and stands there once.
func TestR44AChartIsActivatedEightTimesAndNoMore(t *testing.T) { atNight(t, fiveDoctors) }

func fiveDoctors(t *testing.T, n *night) {
	doctors, done := []*client.Session{n.doctor}, 0
	for _, name := range []string{"Dr Ruth Cole", "Dr Ines Adler", "Dr Tom Byrne", "Dr Wei Lin"} {
		doctors = append(doctors, n.colleague(name))
	}
	n.post()
	for i, d := range doctors {
		for range 2 {
			a, _, err := d.Activate(t.Context(), n.patient.Subject(), "", "unconscious after a fall")
			if err == nil {
				done++
			} else if stele.KindOf(err) != stele.KindLimit || !a.ID.IsZero() {
				t.Fatalf("refused as %v", err)
			}
		}
		want := 2
		if i == 4 {
			want = 0
		}
		if held, err := d.Activations(); err != nil || len(held) != want {
			t.Errorf("the wallet of doctor %d holds %d: %v", i, len(held), err)
		}
	}
	if done != 8 || strings.Count(n.words(), "opened your chart") != 8 {
		t.Errorf("activated %d times, her log: %s", done, n.words())
	}
	seen, err := n.hospital.Oversee(t.Context())
	n.Must(err)
	used := 0
	for _, o := range seen {
		if o.OnLedger {
			used++
		}
	}
	if len(seen) != 10 || used != 8 {
		t.Errorf("the register has %d, of which %d were used", len(seen), used)
	}
}

// TestR46AnActivationOfWhichNobodyHeardIsFound: where too few members answered, the next command asks the ledger
// about it, and goes on under it.
func TestR46AnActivationOfWhichNobodyHeardIsFound(t *testing.T) { atNight(t, nobodyHeard) }

func nobodyHeard(t *testing.T, n *night) {
	deaf := n.doctor
	for _, name := range n.Names {
		deaf = town.Bend(deaf, name, func(m *members.Member) { m.Ledger = mute{m.Ledger} })
	}
	a, _, err := deaf.Activate(t.Context(), n.patient.Subject(), "", "unconscious after a fall")
	if stele.KindOf(err) != stele.KindUnknown || a.ID.IsZero() {
		t.Fatalf("nobody answered: %v", err)
	}
	b, err := n.opens()
	if err != nil || b.New || b.Activation.ID != a.ID || b.Activation.ReviewBy.IsZero() {
		t.Errorf("the next time: new %v, %v", b.New, err)
	}
	if got := n.words(); got != "opened your chart in an emergency" {
		t.Errorf("her log says %q", got)
	}
}

// TestR22SubstanceUseRecordsInAnEmergencyComeWithTheirNotice: where the patient lets them open, with what the law
// wants beside them, and as what they were disclosed.
func TestR22SubstanceUseRecordsInAnEmergencyComeWithTheirNotice(t *testing.T) {
	atNight(t, withTheirNotice)
}

func withTheirNotice(t *testing.T, n *night) {
	methadone := town.Note("methadone", stele.Medications, "2024-05-01")
	methadone.Sensitivity = []stele.Sensitivity{stele.ETH}
	n.Delivers("Northside", n.patient, methadone)
	b, err := n.opens()
	n.Must(err)
	if got := town.IDs(b.Chart); got != "peanut warfarin" || b.Access.Disclosure != nil {
		t.Errorf("opened %q with %v", got, b.Access.Disclosure)
	}
	_, err = n.patient.SetEmergency(t.Context(), slot.Slot{Sensitivity: []stele.Sensitivity{stele.ETH}})
	n.Must(err)
	b, err = n.opens()
	n.Must(err)
	if got := town.IDs(b.Chart); got != "methadone peanut warfarin" || b.Access.Disclosure.GetNotice() != consent.Notice || b.Access.Disclosure.GetScope() != consent.EmergencyScope {
		t.Errorf("opened %q with %v", got, b.Access.Disclosure)
	}
}

// TestR25ADeskThatSignsWithAnotherKeyIsFoundOut before anything is handed in.
func TestR25ADeskThatSignsWithAnotherKeyIsFoundOut(t *testing.T) { atNight(t, anotherKey) }

func anotherKey(t *testing.T, n *night) {
	bent := town.Bend(n.doctor, "Lakeview", func(m *members.Member) { m.Emergency = forger{m.Emergency} })
	if _, _, err := bent.Activate(t.Context(), n.patient.Subject(), "", "unconscious"); stele.KindOf(err) != stele.KindProof {
		t.Errorf("another key signed: %v", err)
	}
	if held, err := bent.Activations(); err != nil || len(held) != 0 {
		t.Errorf("it is kept: %v, %v", held, err)
	}
}

// forger signs with a key of its own.
type forger struct{ members.Emergency }

func (f forger) Activate(_ context.Context, in *wire.ActivateRequest) (*wire.ActivateResponse, error) {
	var asked wire.Activate
	if err := wire.Decode(in.Request.Body, &asked); err != nil {
		return nil, err
	}
	return &wire.ActivateResponse{Signature: wire.SignBytes(wire.TagTransaction, asked.Transaction, wire.NewEd25519()).Signatures[0]}, nil
}

// mute takes what it is handed and does not answer.
type mute struct{ members.Ledger }

func (m mute) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	_, _ = m.Ledger.Submit(ctx, tx)
	return stele.Outcome{}, stele.E("submit transaction", stele.KindUnreachable, "no answer", nil)
}

// TestR44OnePractitionerLocksNoChartForAHospital: a member activates one chart eight times at once; however often one of
// its people asks, a colleague opens it.
func TestR44OnePractitionerLocksNoChartForAHospital(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		colleague := n.colleague("Dr Ruth Cole")
		n.post()
		for i := range 8 {
			if _, err := n.activates(); (err == nil) != (i < 4) || err != nil && stele.KindOf(err) != stele.KindDenied {
				t.Fatalf("the %dth: %v", i+1, err)
			}
		}
		b, err := colleague.Charts.OpenEmergency(t.Context(), n.patient.Subject(), reading.Emergency{Reason: "brought in unconscious"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Close()
		b, err = n.doctor.Charts.OpenEmergency(t.Context(), n.patient.Subject(), reading.Emergency{Reason: "brought in unconscious"}, nil)
		if err != nil {
			t.Fatalf("by what runs: %v", err)
		}
		b.Close()
	})
}

package client_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// acts has the patient let somebody act, and returns that somebody with what they hold.
func (n *night) acts(patient *client.Session, name string, kind consent.DelegateKind) (*client.Session, wallet.Held) {
	n.T.Helper()
	who := n.NewPerson(name, wallet.Patient)
	n.Must(who.Enlist(n.T.Context(), n.hospital.Session, wallet.Profile{Until: time.Now().AddDate(1, 0, 0)}))
	_, _, err := patient.Give(n.T.Context(), n.ContactOf(patient, who), wallet.Terms{
		Action: stele.ActionDelegate, Purposes: []stele.Purpose{stele.Treatment, stele.PatientRequest}, Categories: []stele.Category{consent.AllCategories},
		Delegation: consent.Delegation{Kind: kind, Acts: []consent.Act{consent.ActRead, consent.ActGive}}, End: time.Now().AddDate(1, 0, 0),
	})
	n.Must(err)
	_, err = who.Collect(n.T.Context())
	n.Must(err)
	held, err := who.HeldFor(patient.Subject(), stele.ActionDelegate)
	n.Must(err)
	return who, held[0]
}

// certifies has the hospital certify the patient's death, or that it was a mistake.
func (n *night) certifies(mistaken bool) []byte {
	n.T.Helper()
	d := wallet.Death{Subject: n.patient.Subject(), Mistaken: mistaken, Died: n.hospital.Clock().Format(time.DateOnly), Says: "Dr Okafor, ward 4"}
	if mistaken {
		d.Died = ""
	}
	raw, err := n.hospital.CertifyDeath(n.T.Context(), d)
	n.Must(err)
	return raw
}

// said is the way of a certificate: signed by who acts, handed in by the hospital's node.
func (n *night) said(who *client.Session, under wallet.Held, certificate []byte) error {
	n.T.Helper()
	d, err := who.ReadDeath(n.T.Context(), certificate)
	n.Must(err)
	paper, err := who.SignDeath(n.T.Context(), d, under)
	n.Must(err)
	return n.handsIn(paper)
}

// handsIn is what the hospital does with what was signed.
func (n *night) handsIn(paper []byte) error {
	n.T.Helper()
	p, err := n.hospital.ReadDeathPaper(n.T.Context(), paper)
	n.Must(err)
	_, err = n.hospital.RecordDeath(n.T.Context(), p, n.Node("Lakeview"))
	n.WriteBlock()
	return err
}

func (n *night) acting(who *client.Session) error {
	held, err := who.Delegations()
	n.Must(err)
	n.Must(who.AskWhoLives(n.T.Context(), held))
	_, err = who.Charts.OpenChart(n.T.Context(), n.patient.Subject(), reading.Question{Purpose: stele.PatientRequest})
	return err
}

// TestADeathIsSaidByTwo: from then on the executor acts and the carer does not; what the patient
// gave goes on; undone, it is as before.
func TestADeathIsSaidByTwo(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		executor, _ := n.acts(n.patient, "Rosa", consent.Executor)
		if err := n.acting(carer); err != nil {
			t.Errorf("the carer, before: %v", err)
		}
		if err := n.acting(executor); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("the executor, before: %v", err)
		}
		n.Must(n.said(carer, under, n.certifies(false)))
		if err := n.acting(carer); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("the carer, after: %v", err)
		}
		if err := n.acting(executor); err != nil {
			t.Errorf("the executor, after: %v", err)
		}
		if _, err := n.activates(); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("an emergency, after: %v", err)
		}
		if err := n.said(carer, under, n.certifies(false)); stele.KindOf(err) != stele.KindExists {
			t.Errorf("said twice: %v", err)
		}
		n.Must(n.said(carer, under, n.certifies(true)))
		if err := n.acting(carer); err != nil {
			t.Errorf("the carer, once it was undone: %v", err)
		}
		if err := n.acting(executor); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("the executor, once it was undone: %v", err)
		}
	})
}

// TestAGrantThatFellWithADeathHidesNoOther: an executor let the doctor read all of the chart, and the
// patient lives: trustees refuse that, and the next is tried, which the patient gave. One of hers
// that allows what is asked goes first.
func TestAGrantThatFellWithADeathHidesNoOther(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		executor, waits := n.acts(n.patient, "Rosa", consent.Executor)
		hers := n.Gives(n.patient, n.doctor, stele.Allergies)
		n.Must(n.said(carer, under, n.certifies(false)))
		n.Must(executor.AskWhoLives(t.Context(), []wallet.Held{waits}))
		waits, err := executor.DelegationFor(n.patient.Subject(), consent.ActGive)
		n.Must(err)
		terms := town.Terms(consent.AllCategories)
		given, _, err := executor.GiveFor(t.Context(), waits, n.ContactOf(executor, n.doctor), terms)
		n.Must(err)
		_, err = n.doctor.Collect(t.Context())
		n.Must(err)
		n.Must(n.said(carer, under, n.certifies(true)))
		opens := func(what string, refusals int, asked ...stele.Category) {
			t.Helper()
			before := n.attempts()
			chart, err := n.doctor.Charts.OpenChart(t.Context(), n.patient.Subject(), reading.Question{Purpose: stele.Treatment, Categories: asked, Reason: "follow-up"})
			if n.Must(err); chart.Access.Grant != hers.Grant || town.IDs(chart) != "peanut" {
				t.Errorf("%s: opened %q under %s", what, town.IDs(chart), chart.Access.Grant.Short())
			}
			if got := n.attempts() - before - 1; got != refusals {
				t.Errorf("%s: %d were refused before, want %d", what, got, refusals)
			}
		}
		opens("all", 1)
		opens("what both allow", 0, stele.Allergies)
		_, err = n.doctor.Charts.OpenChart(t.Context(), n.patient.Subject(), reading.Question{Purpose: stele.Treatment, Grant: given.Grant})
		n.Wants(err, stele.KindDenied, "by the one that is named")
	})
}

// attempts is how many openings stand on the patient's log.
func (n *night) attempts() (opened int) {
	n.T.Helper()
	n.WriteBlock()
	log, err := n.patient.Log(n.T.Context())
	n.Must(err)
	for e, err := range log.Events() {
		n.Must(err)
		if e.Event.GetAccessPermitted() != nil {
			opened++
		}
	}
	return opened
}

// TestGrantsThatFellDoNotHideThePatientsOwn: an executor let the doctor read as often as refusals end an opening, and the
// patient lives. Once one of these is refused her own goes first, though it allows less.
func TestGrantsThatFellDoNotHideThePatientsOwn(t *testing.T) {
	for what, delegations := range map[string][]int{"by one delegation": {0, 0, 0}, "by one each": {0, 1, 2}} {
		t.Run(what, func(t *testing.T) {
			atNight(t, func(t *testing.T, n *night) {
				carer, under := n.acts(n.patient, "Paul", consent.Carer)
				executors := make([]*client.Session, 3)
				for i := range executors {
					executors[i], _ = n.acts(n.patient, fmt.Sprint("Rosa ", i), consent.Executor)
				}
				n.Gives(n.patient, n.doctor, stele.Allergies)
				n.Must(n.said(carer, under, n.certifies(false)))
				for _, i := range delegations {
					n.lets(executors[i], consent.AllCategories)
				}
				n.Must(n.said(carer, under, n.certifies(true)))
				if got := n.followUp(); got != "peanut" {
					t.Errorf("the doctor sees %q", got)
				}
			})
		})
	}
}

// TestWhatFellDoesNotHideWhatACarerGave: a carer let the doctor read all, which holds, the patient herself problems alone, and an
// executor, by a mistaken death, all: what the carer gave is as good as it was once that fell.
func TestWhatFellDoesNotHideWhatACarerGave(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		executor, _ := n.acts(n.patient, "Rosa", consent.Executor)
		n.Gives(n.patient, n.doctor, stele.Problems)
		n.lets(carer, consent.AllCategories)
		before := n.followUp()
		n.Must(n.said(carer, under, n.certifies(false)))
		n.lets(executor, consent.AllCategories)
		n.lets(executor, consent.AllCategories)
		n.Must(n.said(carer, under, n.certifies(true)))
		if got := n.followUp(); got != before || got == "" {
			t.Errorf("the doctor sees %q, and saw %q before", got, before)
		}
	})
}

// lets has who acts for the patient let the doctor read some categories.
func (n *night) lets(who *client.Session, categories ...stele.Category) {
	n.T.Helper()
	held, err := who.HeldFor(n.patient.Subject(), stele.ActionDelegate)
	n.Must(err)
	n.Must(who.AskWhoLives(n.T.Context(), held))
	under, err := who.DelegationFor(n.patient.Subject(), consent.ActGive)
	n.Must(err)
	_, _, err = who.GiveFor(n.T.Context(), under, n.ContactOf(who, n.doctor), town.Terms(categories...))
	n.Must(err)
	_, err = n.doctor.Collect(n.T.Context())
	n.Must(err)
}

// followUp opens the patient's chart for the doctor, by whatever grant, and returns the ids of what is in it.
func (n *night) followUp() string {
	n.T.Helper()
	chart, err := n.doctor.Charts.OpenChart(n.T.Context(), n.patient.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "follow-up"})
	n.Must(err)
	return town.IDs(chart)
}

// TestWhatACarerGaveGoesOnAfterADeath to its end, as what the patient gave, though the carer acts no more.
func TestWhatACarerGaveGoesOnAfterADeath(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		given, _, err := carer.GiveFor(t.Context(), under, n.ContactOf(carer, n.doctor), town.Terms(stele.Medications))
		n.Must(err)
		_, err = n.doctor.Collect(t.Context())
		n.Must(err)
		n.Must(n.said(carer, under, n.certifies(false)))
		chart, err := n.doctor.Charts.OpenChart(t.Context(), n.patient.Subject(), reading.Question{Purpose: stele.Treatment})
		if n.Must(err); chart.Access.Grant != given.Grant || town.IDs(chart) != "warfarin" {
			t.Errorf("opened %q", town.IDs(chart))
		}
	})
}

// TestWhoIsSaidToHaveDiedSaysThatTheyLive: with the hospital, when nobody acts for them any more; and
// nobody signs for another, or for their own death.
func TestWhoIsSaidToHaveDiedSaysThatTheyLive(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		n.Must(n.said(carer, under, n.certifies(false)))
		if _, err := n.patient.Revoke(t.Context(), under.Grant); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("a key of who is said to have died ends a delegation: %v", err)
		}
		_, err := carer.GiveBack(t.Context(), under.Grant)
		n.Must(err)
		n.WriteBlock()
		if err := n.said(carer, under, n.certifies(true)); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("by who acts no more: %v", err)
		}
		death, err := n.patient.ReadDeath(t.Context(), n.certifies(false))
		n.Must(err)
		if _, err := n.patient.SignLiving(death); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("their own death: %v", err)
		}
		lives, err := n.patient.ReadDeath(t.Context(), n.certifies(true))
		n.Must(err)
		paper, err := carer.SignLiving(lives)
		n.Must(err)
		if err := n.handsIn(paper); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("by another's own key: %v", err)
		}
		paper, err = n.patient.SignLiving(lives)
		n.Must(err)
		n.Must(n.handsIn(paper))
		n.acts(n.patient, "Ada", consent.Carer) // who lives gives again
	})
}

// TestACertificateThatDoesNotHoldIsNotSigned: of somebody who is no such member, who is not
// accredited, or whose paper says something else; nor by who acts for somebody else.
func TestACertificateThatDoesNotHoldIsNotSigned(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		ctx := t.Context()
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		other := n.NewPatient("Ben", "Northside")
		aunt, auntUnder := n.acts(other, "Ada", consent.Carer)
		good := n.certifies(false)
		changed := func(by wire.Signer, change func(*wire.DeathCertificate)) []byte {
			says := new(wire.DeathCertificate)
			signed := new(wire.Signed)
			n.Must(wire.DecodeKnown(good, signed))
			n.Must(wire.DecodeKnown(signed.Body, says))
			change(says)
			return wire.Marshal(wire.Sign(wire.TagDeath, says, by))
		}
		hospital, northside, someone := n.hospital.Keyring().Signer(), n.Orgs["Northside"], carer.Subject()
		another := northside.Subject()
		for what, raw := range map[string][]byte{
			"nothing":                 {},
			"another's signature":     changed(carer.Keyring().Signer(), func(*wire.DeathCertificate) {}),
			"who is no member":        changed(carer.Keyring().Signer(), func(m *wire.DeathCertificate) { m.Member = someone[:] }),
			"another's accreditation": changed(northside.Keyring().Signer(), func(m *wire.DeathCertificate) { m.Member = another[:] }),
			"no accreditation":        changed(hospital, func(m *wire.DeathCertificate) { m.Accreditation = "" }),
			"another network":         changed(hospital, func(m *wire.DeathCertificate) { m.Chain = "other" }),
			"a day to come":           changed(hospital, func(m *wire.DeathCertificate) { m.Died = "2999" }),
			"no reason":               changed(hospital, func(m *wire.DeathCertificate) { m.Says = "" }),
			"a mistake with a date":   changed(hospital, func(m *wire.DeathCertificate) { m.Mistaken = true }),
			"signed in the future":    changed(hospital, func(m *wire.DeathCertificate) { m.AtMs += 3600_000 }),
			"of long ago":             changed(hospital, func(m *wire.DeathCertificate) { m.AtMs -= wallet.CertificateLives.Milliseconds() + 1 }),
		} {
			if _, err := carer.ReadDeath(ctx, raw); err == nil {
				t.Errorf("%s is taken", what)
			}
		}
		d, err := carer.ReadDeath(ctx, good)
		n.Must(err)
		if _, err := aunt.SignDeath(ctx, d, auntUnder); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("who acts for another signs: %v", err)
		}
		stolen := under
		stolen.KeyIndex = auntUnder.KeyIndex
		forged, err := aunt.SignDeath(ctx, d, stolen) // with a key that is not the delegation's
		n.Must(err)
		p, err := n.hospital.ReadDeathPaper(ctx, forged)
		n.Must(err)
		if _, err := n.hospital.RecordDeath(ctx, p, n.Node("Lakeview")); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("who acts for another is recorded: %v", err)
		}
		paper, err := carer.SignDeath(ctx, d, under)
		n.Must(err)
		m := new(wire.DeathPaper)
		n.Must(wire.DecodeKnown(paper, m))
		m.Certificate = n.certifies(true)
		if _, err := n.hospital.ReadDeathPaper(ctx, wire.Marshal(m)); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("another certificate than the one that was signed: %v", err)
		}
		if p, err = n.hospital.ReadDeathPaper(ctx, paper); err != nil {
			t.Fatal(err)
		}
		if _, err := n.hospital.RecordDeath(ctx, p, carer.Keyring().Signer()); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("by another node: %v", err)
		}
		if _, err := northside.RecordDeath(ctx, p, n.Node("Lakeview")); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("by another member: %v", err)
		}
		accredited, err := n.accreditor.Register().All()
		n.Must(err)
		_, err = n.accreditor.Issuing.Mark(accredited[0].Place, sdjwt.Revoked)
		n.Must(err)
		_, err = n.accreditor.Issuing.Post(ctx)
		n.Must(err)
		if _, err := carer.ReadDeath(ctx, good); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("an accreditation that was taken back: %v", err)
		}
	})
}

// TestACertificateIsGoodOnce: a death was recorded by mistake and undone. What the hospital certified then is signed
// once more by who acts for the patient, and handed in; nor does what undid it undo a death that is recorded
// later.
func TestACertificateIsGoodOnce(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		mistake := n.certifies(false)
		n.Must(n.said(carer, under, mistake))
		lives := n.certifies(true)
		n.Must(n.said(carer, under, lives))
		if err := n.said(carer, under, mistake); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("the certificate that was a mistake, once more: %v", err)
		}
		n.Must(n.said(carer, under, n.certifies(false)))
		if err := n.said(carer, under, lives); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("that she lives, by a certificate of before her death: %v", err)
		}
	})
}

// TestR25NobodyOpensInAnEmergencyAfterADeath: an activation that runs opens nothing from the death on, and what was
// opened before gives no more records.
func TestR25NobodyOpensInAnEmergencyAfterADeath(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		held, err := n.doctor.Charts.OpenEmergency(t.Context(), n.patient.Subject(), reading.Emergency{Reason: "unconscious after a fall"}, func(stele.Label) bool { return false })
		n.Must(err)
		defer held.Close()
		n.Must(n.said(carer, under, n.certifies(false)))
		for range 2 {
			if b, err := n.opens(); err == nil {
				t.Errorf("after the death %q are opened", town.IDs(b.Chart))
			} else if !strings.Contains(stele.TextOf(err), "a death of this person is recorded") || !strings.Contains(stele.HintOf(err), "death certify PATIENT --undo --says WHY --out FILE") {
				t.Errorf("under what ran before the death: %v, hint %q", err, stele.HintOf(err))
			}
		}
		_, err = n.doctor.EndActivation(t.Context(), held.Activation.ID)
		n.Must(err)
		if _, err := n.opens(); !strings.Contains(stele.TextOf(err), "a death of this person is recorded") || !strings.Contains(stele.HintOf(err), "death certify PATIENT --undo --says WHY --out FILE") {
			t.Errorf("anew: %v, hint %q", err, stele.HintOf(err))
		}
		if _, err := held.Record(t.Context(), held.Folios()[0], 0); err == nil {
			t.Error("after the death a record is given of what was open")
		}
	})
}

// TestADelegateIsToldThatTheyActNoMore: where the wallet asks next, and where the ledger refuses what
// it signs; it is held again as soon as the ledger says so.
func TestADelegateIsToldThatTheyActNoMore(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, under := n.acts(n.patient, "Paul", consent.Carer)
		_, err := n.patient.Revoke(t.Context(), under.Grant)
		n.Must(err)
		n.WriteBlock()
		_, _, err = carer.GiveFor(t.Context(), under, n.ContactOf(carer, n.doctor), town.Terms(stele.Allergies))
		if stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), "was taken back, or is over") || !strings.Contains(stele.HintOf(err), "stele delegate list") {
			t.Errorf("what the ledger refuses: %v (%s)", err, stele.HintOf(err))
		}
		if held, err := carer.Delegations(); err != nil || len(held) != 1 || !held[0].Over {
			t.Errorf("after a refusal: %v, %v", held, err)
		}
		other, under := n.acts(n.patient, "Ada", consent.Carer)
		_, err = n.patient.Revoke(t.Context(), under.Grant)
		n.Must(err)
		n.WriteBlock()
		held, err := other.Delegations()
		n.Must(err)
		n.Must(other.AskWhoLives(t.Context(), held))
		if held, err = other.Delegations(); err != nil || len(held) != 1 || !held[0].Over {
			t.Errorf("after asking: %v, %v", held, err)
		}
		third, under := n.acts(n.patient, "Ben", consent.Carer)
		n.Must(third.MarkOver(under.Grant)) // as a member that was behind had it
		held, err = third.Delegations()
		n.Must(err)
		n.Must(third.AskWhoLives(t.Context(), held))
		if _, err := third.DelegationFor(n.patient.Subject(), consent.ActRead); err != nil {
			t.Errorf("one that holds: %v", err)
		}
	})
}

// TestOfTwoDelegationsThatIsTakenWhichAllowsIt: the newest that allows the act with its terms; where
// none does, what the widest does not allow is said.
func TestOfTwoDelegationsThatIsTakenWhichAllowsIt(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		carer, wide := n.acts(n.patient, "Paul", consent.Carer)
		more := func(category stele.Category, acts ...consent.Act) stele.ID {
			given, _, err := n.patient.Give(t.Context(), n.ContactOf(n.patient, carer), wallet.Terms{
				Action: stele.ActionDelegate, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{category},
				Delegation: consent.Delegation{Kind: consent.Carer, Acts: acts}, End: time.Now().AddDate(0, 1, 0),
			})
			n.Must(err)
			_, err = carer.Collect(t.Context())
			n.Must(err)
			return given.Grant
		}
		more(stele.Allergies, consent.ActGive)
		allergies := more(stele.Allergies, consent.ActGive, consent.ActAnswer)
		more(stele.Medications, consent.ActRead)
		sensitive := town.Terms(stele.Allergies)
		sensitive.Sensitivity = []stele.Sensitivity{stele.PSY}
		for what, c := range map[string]struct {
			terms wallet.Terms
			acts  []consent.Act
			want  stele.ID
			over  string
		}{
			"what the newest allow":     {town.Terms(stele.Allergies), nil, allergies, ""},
			"what the oldest allows":    {town.Terms(stele.Allergies, stele.Results), nil, wide.Grant, ""},
			"what none allows":          {sensitive, nil, wide.Grant, "you may not give what is marked"},
			"an act that one alone has": {town.Terms(stele.Results), []consent.Act{consent.ActAnswer}, allergies, "you may not give laboratory"},
		} {
			under, err := carer.DelegationToGive(n.patient.Subject(), c.terms, c.acts...)
			if n.Must(err); under.Grant != c.want {
				t.Errorf("%s: by %s, want %s", what, under.Grant.Short(), c.want.Short())
			}
			_, _, err = carer.GiveFor(t.Context(), under, n.ContactOf(carer, n.doctor), c.terms)
			if c.over == "" {
				n.Must(err)
			} else if stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), c.over) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

package wallet_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// unclaimed enrols somebody without a device.
func unclaimed(w *town.Town, at string) stele.Subject {
	_, slip := wallet.NewSlip()
	_, err := w.Orgs[at].Enrol(w.T.Context(), slip, "")
	w.Must(err)
	return slip.Subject
}

// together has one member propose a grant, another sign it, and the first hand it in; the grantee
// collects it.
func together(w *town.Town, patient stele.Subject, to *client.Session, t wallet.Terms) {
	w.T.Helper()
	p := proposed(w, patient, to, t)
	w.Must(w.Orgs["Elm"].SignProposal(p))
	_, err := w.Orgs["Northside"].SubmitProposal(w.T.Context(), p)
	w.Must(err)
	_, err = to.Collect(w.T.Context())
	w.Must(err)
}

func proposed(w *town.Town, patient stele.Subject, to *client.Session, t wallet.Terms) *wallet.Proposal {
	w.T.Helper()
	p, err := w.Orgs["Northside"].ProposeGrant(w.T.Context(), consent.Party{Subject: patient, Name: "Birch, Baby"}, w.ContactOf(w.Orgs["Northside"], to), t)
	w.Must(err)
	return p
}

// careRead is what two members give to read.
func careRead() wallet.Terms { return town.Terms(consent.AllCategories) }

// TestTwoMembersGiveForWhomNobodyHasClaimed: records come in, and are read by direct care.
func TestTwoMembersGiveForWhomNobodyHasClaimed(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		baby, d := unclaimed(w, "Northside"), w.NewDoctor("Dr Wren", "Northside")
		together(w, baby, w.Orgs["Northside"], wallet.DirectCareWrite(time.Now().AddDate(0, 11, 0)))
		held, err := w.Orgs["Northside"].HeldWriteGrant(baby)
		w.Must(err)
		_, err = w.Orgs["Northside"].Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note("a", stele.Allergies, "2026-10-03")})
		w.Must(err)
		_, err = d.Charts.OpenChart(t.Context(), baby, town.FollowUp)
		w.Wants(err, stele.KindDenied, "a chart without a grant")
		together(w, baby, d, careRead())
		chart, err := d.Charts.OpenChart(t.Context(), baby, town.FollowUp)
		if err != nil || len(chart.Records) != 1 {
			t.Errorf("opened: %+v, %v", chart, err)
		}
	})
}

// TestNoOneMemberGivesAlone: nor two of a kind, nor where somebody holds the keys.
func TestNoOneMemberGivesAlone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		north, baby, d := w.Orgs["Northside"], unclaimed(w, "Northside"), w.NewDoctor("Dr Wren", "Northside")
		p := proposed(w, baby, d, careRead())
		_, err := north.SubmitProposal(t.Context(), p)
		w.Wants(err, stele.KindDenied, "one member alone")
		w.Wants(north.SignProposal(p), stele.KindExists, "a member that has signed")
		w.Wants(w.Orgs["Lakeview"].SignProposal(p), stele.KindDenied, "a member of the same kind")
		w.Wants(d.SignProposal(p), stele.KindDenied, "somebody who is no member")
		if names, all, err := north.Signed(t.Context(), p); err != nil || all || len(names) != 1 {
			t.Errorf("signed by %q, %v, %v", names, all, err)
		}
		w.Must(w.Orgs["Elm"].SignProposal(p))
		if names, all, err := north.Signed(t.Context(), p); err != nil || !all || len(names) != 2 {
			t.Errorf("signed by %q, %v, %v", names, all, err)
		}
		time.Sleep(10 * time.Minute)
		w.Wants(w.Orgs["Patients"].SignProposal(p), stele.KindInvalid, "a proposal that has expired")
		_, err = north.SubmitProposal(t.Context(), p)
		w.Wants(err, stele.KindInvalid, "a proposal that has expired")

		ann := w.NewPatient("Ann")
		_, err = north.ProposeGrant(t.Context(), consent.Party{Subject: ann.Subject(), Name: "Ann"}, w.ContactOf(north, d), careRead())
		w.Wants(err, stele.KindDenied, "a grant of a chart whose keys somebody holds")
		_, err = d.ProposeGrant(t.Context(), consent.Party{Subject: baby, Name: "Birch, Baby"}, w.ContactOf(d, north), careRead())
		w.Wants(err, stele.KindDenied, "a proposal of who is no member")
	})
}

// TestAProposalDoesWhatItShows: whoever is handed a file signs what its document says, or nothing.
func TestAProposalDoesWhatItShows(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		baby, d := unclaimed(w, "Northside"), w.NewDoctor("Dr Wren", "Northside")
		one, other := proposed(w, baby, d, careRead()), proposed(w, baby, w.Orgs["Northside"], town.Terms(stele.Allergies))
		merge, err := w.Orgs["Northside"].ProposeMerge(baby, unclaimed(w, "Northside"), "the same footprint")
		w.Must(err)
		read := func(p *wallet.Proposal) *wire.Proposal {
			carried, _, err := wire.ReadPatientProposal(p.Bytes())
			w.Must(err)
			return carried
		}
		for what, spoil := range map[string]func(p *wire.Proposal){
			"the document of another":   func(p *wire.Proposal) { p.Document = read(other).Document },
			"all of another but for it": func(p *wire.Proposal) { p.Document, p.Salt = read(other).Document, read(other).Salt },
			"another transaction":       func(p *wire.Proposal) { p.Signed = read(other).Signed },
			"another salt":              func(p *wire.Proposal) { p.Salt[3]++ },
			"no salt":                   func(p *wire.Proposal) { p.Salt = nil },
			"no document":               func(p *wire.Proposal) { p.Document = nil },
			"no signature":              func(p *wire.Proposal) { p.Signed.Signatures = nil },
			"a signature of another":    func(p *wire.Proposal) { p.Signed.Signatures = read(other).Signed.Signatures },
			"a merge":                   func(p *wire.Proposal) { p.Signed = read(merge).Signed },
			"a revocation": func(p *wire.Proposal) {
				p.Signed = wire.Sign(wire.TagTransaction, &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{}}}, wire.NewEd25519())
			},
		} {
			p := read(one)
			spoil(p)
			if got, err := wallet.ReadProposal(wire.Marshal(p)); stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("%s: %+v, %v", what, got, err)
			}
		}
		p := read(merge)
		p.Document = []byte("because I say so")
		if _, err := wallet.ReadProposal(wire.Marshal(p)); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("another reason: %v", err)
		}
		for _, p := range []*wallet.Proposal{one, other, merge} {
			if _, err := wallet.ReadProposal(p.Bytes()); err != nil {
				t.Error(err)
			}
		}
	})
}

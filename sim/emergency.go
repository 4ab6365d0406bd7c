package sim

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// deskLine is a member's desk for emergencies, far away.
type deskLine struct{ line }

func (n deskLine) Activate(ctx context.Context, in *wire.ActivateRequest) (*wire.ActivateResponse, error) {
	return unary(ctx, n.line, "Activate", in, func(ctx context.Context, l *life, in *wire.ActivateRequest) (*wire.ActivateResponse, error) {
		return l.desk.Activate(ctx, in)
	})
}

func (n deskLine) ListActivations(ctx context.Context, in *wire.ListActivationsRequest) (*wire.ListActivationsResponse, error) {
	return unary(ctx, n.line, "ListActivations", in, func(ctx context.Context, l *life, in *wire.ListActivationsRequest) (*wire.ListActivationsResponse, error) {
		return l.desk.ListActivations(ctx, in)
	})
}

// license has a board and an accreditor, whom the members admit, prove what the doctors are, and
// the patients say what may be opened in an emergency: one of them all, the other one part.
func (p *people) license(ctx context.Context) {
	w := p.w
	board, accreditor := w.person("board", wallet.Organisation, 0), w.person("accreditor", wallet.Organisation, 1)
	p.issuers = []*person{board, accreditor}
	for i, kind := range []stele.CredentialKind{credential.Licence, credential.Accreditation} {
		_, err := p.issuers[i].Join(ctx)
		w.must(err)
		w.must(p.admit(ctx, p.issuers[i], kind))
	}
	for _, one := range slices.Concat(p.issuers, p.hospitals[:2], p.doctors) {
		for len(one.Consortium().Issuing()) < len(p.issuers) { // whom it asks may be a minute behind
			w.must(one.FollowNow(ctx))
			sleep(ctx, time.Second)
		}
	}
	give := func(by, to *person, o issuing.Order) {
		var err error
		o.To, err = by.Find(ctx, to.Subject().String())
		w.must(err)
		_, err = by.Issuing.Issue(ctx, o)
		w.must(err)
		_, err = to.Collect(ctx)
		w.must(err)
	}
	for i, doctor := range p.doctors {
		give(accreditor, p.hospitals[i], issuing.Order{Kind: credential.Accreditation, Says: "hospital", Jurisdiction: "GB"})
		give(board, doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB"})
		give(p.hospitals[i], doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"})
	}
	for _, by := range slices.Concat(p.issuers, p.hospitals[:2]) {
		_, err := by.Issuing.Post(ctx)
		w.must(err)
	}
	for i, patient := range p.patients {
		patient.emergency = categories
		if i > 0 {
			patient.emergency = categories[:1]
			_, err := patient.SetEmergency(ctx, slot.Slot{Categories: patient.emergency})
			w.must(err)
		}
	}
}

// admit has all members admit an issuer.
func (p *people) admit(ctx context.Context, issuer *person, kind stele.CredentialKind) error {
	by, err := issuer.Issuing.Issuer()
	if err != nil {
		return err
	}
	subject, hash := issuer.Subject(), sha256.Sum256(by.Certificate)
	var signers []wire.Signer
	for _, h := range p.hospitals {
		signers = append(signers, h.Keyring().Signer())
	}
	_, err = p.hospitals[0].Submit(ctx, &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{
		Issuer: &wire.CredentialIssuer{Subject: subject[:], Certificate: hash[:], Kinds: wire.CredentialKindBits(kind), Jurisdictions: []string{"GB"}},
	}}}, signers...)
	return err
}

// emergency has a doctor open a chart without a grant, or end what is open so. The court holds the
// releases and the chart against the laws as those under a grant.
func (p *people) emergency(ctx context.Context, doctor, patient *person, r *rand.Rand) {
	if running, err := doctor.Running(ctx, patient.Subject()); err == nil && running != nil && r.IntN(3) == 0 {
		outcome, err := doctor.EndActivation(ctx, running.ID)
		p.done("ended an emergency", err)
		if err == nil {
			p.w.believed(outcome)
		}
		return
	}
	b, err := doctor.Charts.OpenEmergency(ctx, patient.Subject(), reading.Emergency{Reason: "unconscious after a fall"}, nil)
	p.done("opened in an emergency", err)
	if err == nil {
		p.w.checkChart(b.Chart, patient)
		b.Close()
	}
}

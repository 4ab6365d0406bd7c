package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// emergencies measures how long a doctor waits for the first allergy of somebody whom she has
// never met: from the command to the plaintext, by an activation and an opening, each on the
// ledger before. Each patient is opened once, by a wallet that is dialled anew.
func emergencies(ctx context.Context, r *Run) error {
	s, err := r.stage(ctx, 4)
	if err != nil {
		return err
	}
	defer s.close()
	home, doctor, err := s.nightShift(ctx)
	if err != nil {
		return err
	}
	var took, activated []time.Duration
	for range r.Size(3, 21) {
		patient, err := s.person(ctx, wallet.Patient)
		if err != nil {
			return err
		}
		if err := s.give(ctx, patient, home, wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0))); err != nil {
			return err
		}
		held, err := home.HeldWriteGrant(patient.Subject())
		if err != nil {
			return err
		}
		if _, err := home.Delivery.Deliver(ctx, held, emergencyChart()); err != nil {
			return err
		}
		if doctor, err = s.dial(doctor.Wallet); err != nil { // connections that were never used
			return err
		}
		var b reading.EmergencyChart
		elapsed, err := r.Measured("first allergy", func() (err error) {
			b, err = doctor.Charts.OpenEmergency(ctx, patient.Subject(), reading.Emergency{Reason: "unconscious"}, nil)
			if err == nil { // the screen says first whether there is another chart
				_, err = b.OtherCharts()
			}
			return err
		})
		if err != nil {
			return err
		}
		b.Close()
		if len(b.Records) != 6 {
			return fmt.Errorf("opened %d records in an emergency, want 6: %v", len(b.Records), b.Faults)
		}
		took, activated = append(took, elapsed), append(activated, b.Waited)
	}
	r.Report("from command to first readable allergy", Milliseconds(Quantile(took, 0.5)), "ms", AtMost(1000))
	r.Report("from command to first readable allergy, 95th", Milliseconds(Quantile(took, 0.95)), "ms", nil)
	r.Report("until the activation was final", Milliseconds(Quantile(activated, 0.5)), "ms", nil)
	return nil
}

// emergencyChart is six records that open in an emergency, and two that do not.
func emergencyChart() (records []delivery.Incoming) {
	for i, c := range []stele.Category{stele.Allergies, stele.Allergies, stele.Medications, stele.Medications, stele.Problems, stele.Problems, stele.Documents, stele.Results} {
		records = append(records, delivery.Incoming{
			JSON: fmt.Appendf(nil, `{"resourceType":"Basic","id":"e-%d","code":{"text":"%0950d"}}`, i, i), Type: "Basic", When: "2024-06-01", Category: c, Year: 2024,
		})
	}
	return records
}

// nightShift is an accredited hospital and a doctor of its, with licence and role.
func (s *stage) nightShift(ctx context.Context) (home, doctor *client.Session, err error) {
	names := s.devnet.Names()
	var members []*client.Session
	for _, name := range names {
		o, err := s.organisation(name)
		if err != nil {
			return nil, nil, err
		}
		members = append(members, o)
	}
	home = members[0]
	if doctor, err = s.doctor(ctx, home); err != nil {
		return nil, nil, err
	}
	board, err := s.issuer(ctx, members, credential.Licence)
	if err != nil {
		return nil, nil, err
	}
	accreditor, err := s.issuer(ctx, members, credential.Accreditation)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range []struct {
		by, to *client.Session
		order  issuing.Order
	}{
		{accreditor, home, issuing.Order{Kind: credential.Accreditation, Says: "emergency-department", Jurisdiction: "GB"}},
		{board, doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB"}},
		{home, doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"}},
	} {
		if i.order.To, err = i.by.Find(ctx, i.to.Subject().String()); err != nil {
			return nil, nil, err
		}
		if _, err := i.by.Issuing.Issue(ctx, i.order); err != nil {
			return nil, nil, err
		}
		if _, err := i.by.Issuing.Post(ctx); err != nil {
			return nil, nil, err
		}
		if _, err := i.to.Collect(ctx); err != nil {
			return nil, nil, err
		}
	}
	return home, doctor, nil
}

// issuer makes an issuer whom all members admit.
func (s *stage) issuer(ctx context.Context, members []*client.Session, kind stele.CredentialKind) (*client.Session, error) {
	o, err := s.person(ctx, wallet.Organisation)
	if err != nil {
		return nil, err
	}
	by, err := o.Issuing.Issuer()
	if err != nil {
		return nil, err
	}
	subject, hash := o.Subject(), sha256.Sum256(by.Certificate)
	var signers []wire.Signer
	for _, m := range members {
		signers = append(signers, m.Keyring().Signer())
	}
	_, err = members[0].Submit(ctx, &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{
		Issuer: &wire.CredentialIssuer{Subject: subject[:], Certificate: hash[:], Kinds: wire.CredentialKindBits(kind), Jurisdictions: []string{"GB"}},
	}}}, signers...)
	return o, err
}

package demo

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// The act at night: who may open in an emergency proves it, opens what the patient allows then, and is
// looked at afterwards.

// Terms are waiting times for a network on which the story is told: a day is too long for it.
func Terms() *wire.Terms { return &wire.Terms{EmergencyMs: 6_000, ReviewMs: 3_600_000} }

const (
	nightDoctorName = "Dr Ines Larsen"
	boardName       = "General Medical Board"
	accreditorName  = "Care Quality Accreditor"
	nightReason     = "unconscious, brought in by ambulance"
)

// nightPeople are the names of wallets at night.
type nightPeople struct {
	doctor, board, accreditor string
	activation                wallet.Activation
}

// papers makes the people of the night and has them issue what they are there for.
func papers(ctx context.Context, s *stage) (string, error) {
	s.night = nightPeople{doctor: "larsen", board: "board", accreditor: "accreditor"}
	for i := 2; ; i++ { // told before on this network
		if _, err := os.Stat(s.wallet(s.night.doctor)); err != nil {
			break
		}
		s.night = nightPeople{doctor: fmt.Sprintf("larsen-%d", i), board: fmt.Sprintf("board-%d", i), accreditor: fmt.Sprintf("accreditor-%d", i)}
	}
	for _, p := range []struct {
		name, person string
		kind         wallet.Kind
	}{{s.night.doctor, nightDoctorName, wallet.Practitioner}, {s.night.board, boardName, wallet.Organisation}, {s.night.accreditor, accreditorName, wallet.Organisation}} {
		if err := s.create(p.name, p.person, p.kind); err != nil {
			return "", err
		}
		if err := s.as(p.name, func(w *client.Session) error { _, err := w.Join(ctx); return err }); err != nil {
			return "", err
		}
	}
	if err := s.enlist(ctx, s.night.doctor); err != nil {
		return "", err
	}
	for issuer, kind := range map[string]stele.CredentialKind{s.night.board: credential.Licence, s.night.accreditor: credential.Accreditation} {
		if err := s.admit(ctx, issuer, kind); err != nil {
			return "", err
		}
	}
	for _, i := range []struct {
		by, to string
		order  issuing.Order
	}{
		{s.night.accreditor, "hospital-b", issuing.Order{Kind: credential.Accreditation, Says: "emergency-department", Jurisdiction: "GB"}},
		{s.night.board, s.night.doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB", Number: "7012345"}},
		{"hospital-b", s.night.doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"}},
	} {
		if err := s.issue(ctx, i.by, i.to, i.order); err != nil {
			return "", err
		}
	}
	return "Three of four members admit a licensing board and an accreditor. The board licenses " + nightDoctorName + ", the accreditor Lakeview's emergency department, and Lakeview gives her a role for the night. No name is in what she will show.", nil
}

// admit has three members of four decide that an issuer's word counts.
func (s *stage) admit(ctx context.Context, name string, kind stele.CredentialKind) error {
	var admitted *wire.CredentialIssuer
	err := s.as(name, func(i *client.Session) error {
		by, err := i.Issuing.Issuer()
		subject, hash := i.Subject(), sha256.Sum256(by.Certificate)
		admitted = &wire.CredentialIssuer{Subject: subject[:], Certificate: hash[:], Kinds: wire.CredentialKindBits(kind), Jurisdictions: []string{"GB"}}
		return err
	})
	if err != nil {
		return err
	}
	message := &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: admitted}}}
	return s.as("hospital-a", func(a *client.Session) error {
		return s.as("hospital-b", func(b *client.Session) error {
			return s.as("clinic", func(c *client.Session) error {
				_, err := a.Submit(ctx, message, a.Keyring().Signer(), b.Keyring().Signer(), c.Keyring().Signer())
				return err
			})
		})
	})
}

// issue has somebody issue a credential, post the list that it stands in, and its holder fetch it.
func (s *stage) issue(ctx context.Context, by, to string, order issuing.Order) error {
	return s.as(to, func(holder *client.Session) error {
		if err := s.as(by, func(i *client.Session) (err error) {
			if order.To, err = i.Find(ctx, holder.Subject().String()); err != nil {
				return err
			}
			if _, err = i.Issuing.Issue(ctx, order); err != nil {
				return err
			}
			_, err = i.Issuing.Post(ctx)
			return err
		}); err != nil {
			return err
		}
		_, err := holder.Collect(ctx)
		return err
	})
}

// breakGlass opens in an emergency.
func breakGlass(ctx context.Context, s *stage) (out string, err error) {
	return out, s.as(s.night.doctor, func(d *client.Session) error {
		start := time.Now()
		b, err := d.Charts.OpenEmergency(ctx, s.subject, reading.Emergency{Reason: nightReason}, nil)
		took := time.Since(start)
		if err != nil {
			return err
		}
		defer b.Close()
		s.night.activation = b.Activation
		if n := s.expected(stele.EmergencyCategories()...); len(b.Records) != n {
			return fmt.Errorf("opened %d records, want %d", len(b.Records), n)
		}
		out = fmt.Sprintf("No grant. Her key and Lakeview's node sign; it is on Elena's log, and %.0f ms after the command %d records are open: allergies, medicines, problems, devices, directives, and nothing else. It ends by itself at %s.",
			float64(took.Milliseconds()), len(b.Records), b.Activation.Until.Local().Format("15:04:05"))
		return nil
	})
}

// nightIsOver waits for the end of it; on a network whose terms are too long to wait for she ends it herself.
func nightIsOver(ctx context.Context, s *stage) (string, error) {
	how := "It ended by itself"
	err := s.as(s.night.doctor, func(d *client.Session) error {
		left := time.Until(s.night.activation.Until)
		if left > time.Minute {
			how = "She ends it"
			if _, err := d.EndActivation(ctx, s.night.activation.ID); err != nil {
				return err
			}
		} else {
			time.Sleep(left)
		}
		_, err := d.Charts.OpenChart(ctx, s.subject, s.question(nightReason))
		return want(err, stele.KindDenied, "a doctor after the emergency")
	})
	return how + ". “no access”, as for anybody without a grant.", err
}

// reviewed has the hospital look at it, and Elena find all of it in her log.
func reviewed(ctx context.Context, s *stage) (string, error) {
	id := s.night.activation.ID
	var why string
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) { // the block that ends it may be on its way
		err := s.as("hospital-b", func(h *client.Session) error {
			seen, err := h.Oversee(ctx)
			if err != nil {
				return err
			}
			for _, o := range seen {
				if o.Activation == id {
					why = fmt.Sprintf("The register of Lakeview says: %s, %s, “%s”.", o.Card.Name, o.Role, o.Reason)
				}
			}
			_, err = h.ReviewActivation(ctx, id, wire.Review_REVIEW_JUSTIFIED, "the ambulance's sheet agrees")
			return err
		})
		if stele.KindOf(err) == stele.KindInvalid && time.Now().Before(deadline) {
			continue
		}
		if err != nil {
			return "", err
		}
		break
	}
	report, err := s.report(ctx)
	if err != nil {
		return "", err
	}
	var told []string
	for _, line := range report.lines {
		if about := line.Event.About(); about.Place == wire.PlaceEmergency && string(about.Grant) == string(id[:]) {
			told = append(told, about.Words)
		}
	}
	if why == "" || len(told) != 3 {
		return "", errors.New("it is not in the register, or not in her log: " + strings.Join(told, "; "))
	}
	return why + "\nHer log: " + strings.Join(told, "; ") + ".", nil
}

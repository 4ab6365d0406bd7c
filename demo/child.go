package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// The plays of Elena's child, for whom she acts until he comes of age.

// child is Leo, whose chart has two records.
type child struct {
	name    string // of his wallet
	subject stele.Subject
	given   wallet.Given // that lets his mother act
}

const childName = "Leo Marchetti"

// motherActs has the child let his mother act, and her open his chart.
func motherActs(ctx context.Context, s *stage) (string, error) {
	leo := child{name: s.elena + "-leo"}
	if err := s.bear(ctx, &leo); err != nil {
		return "", err
	}
	s.leo = leo
	var chart *reading.Chart
	err := s.as(s.elena, func(e *client.Session) (err error) {
		if _, err = e.Collect(ctx); err != nil {
			return err
		}
		chart, err = e.Charts.OpenChart(ctx, leo.subject, reading.Question{Purpose: stele.PatientRequest, Reason: "before the holiday"})
		return err
	})
	if err != nil {
		return "", err
	}
	if len(chart.Records) != 2 {
		return "", fmt.Errorf("his mother sees %d of 2 records", len(chart.Records))
	}
	return fmt.Sprintf("“%s”\nShe opens his chart with her own key: %d records.", leo.given.Says, len(chart.Records)), nil
}

// bear makes the child's wallet and chart, his mother's card, and the delegation.
func (s *stage) bear(ctx context.Context, leo *child) (err error) {
	if err := s.create(leo.name, childName, wallet.Patient); err != nil {
		return err
	}
	if leo.subject, err = s.enrol(ctx, leo.name, "hospital-a", "MRN-"+leo.name); err != nil {
		return err
	}
	records := []delivery.Incoming{
		{JSON: []byte(`{"resourceType":"AllergyIntolerance","id":"leo-1","code":{"text":"Peanut"}}`), Type: "AllergyIntolerance", When: "2026-03-01", Category: stele.Allergies, Year: 2026},
		{JSON: []byte(`{"resourceType":"Immunization","id":"leo-2","vaccineCode":{"text":"Measles"}}`), Type: "Immunization", When: "2025-05-04", Category: stele.Immunizations, Year: 2025},
	}
	if err := s.as("hospital-a", func(h *client.Session) error {
		held, err := h.HeldWriteGrant(leo.subject)
		if err != nil {
			return err
		}
		if _, err := h.Delivery.Deliver(ctx, held, records); err != nil {
			return err
		}
		return s.as(s.elena, func(e *client.Session) error {
			return e.Enlist(ctx, h.Session, wallet.Profile{Until: time.Now().AddDate(1, 0, 0)})
		})
	}); err != nil {
		return err
	}
	day, _ := consent.ParseDate(time.Now().AddDate(12, 0, 0).Format(time.DateOnly))
	return s.as(leo.name, func(l *client.Session) error {
		to, err := l.Find(ctx, s.subject.String())
		if err != nil {
			return err
		}
		leo.given, _, err = l.Give(ctx, to, wallet.Terms{
			Action: stele.ActionDelegate, Purposes: []stele.Purpose{stele.Treatment, stele.PatientRequest}, Categories: []stele.Category{consent.AllCategories},
			Delegation: consent.Delegation{Kind: consent.Parent, Acts: []consent.Act{consent.ActRead, consent.ActGive}, OfAge: day}, End: wallet.OfAgeEnd(day),
		})
		return err
	})
}

// motherGives has her let the doctor in, and be refused what is not hers to give.
func motherGives(ctx context.Context, s *stage) (string, error) {
	err := s.as(s.elena, func(e *client.Session) error {
		to, err := e.Find(ctx, s.doctorDID)
		if err != nil {
			return err
		}
		under, err := e.DelegationFor(s.leo.subject, consent.ActGive)
		if err != nil {
			return err
		}
		terms := wallet.Terms{Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{stele.Allergies}, End: time.Now().Add(time.Hour)}
		wider := terms
		wider.Sensitivity = []stele.Sensitivity{stele.Adolescent}
		if _, _, err := e.GiveFor(ctx, under, to, wider); want(err, stele.KindDenied, "what is confidential to an adolescent") != nil {
			return want(err, stele.KindDenied, "what is confidential to an adolescent")
		}
		_, _, err = e.GiveFor(ctx, under, to, terms)
		return err
	})
	if err != nil {
		return "", err
	}
	chart, err := s.openLeo(ctx)
	if err != nil {
		return "", err
	}
	if len(chart.Records) != 1 {
		return "", fmt.Errorf("the doctor sees %d records, want his one allergy", len(chart.Records))
	}
	return "The doctor opens his one allergy: trustees were shown her grant and his word that she may act, and opened what both allow. What is confidential to an adolescent she cannot give.", nil
}

// openLeo has the doctor open the child's chart.
func (s *stage) openLeo(ctx context.Context) (chart *reading.Chart, err error) {
	err = s.as(s.doctor, func(d *client.Session) error {
		if _, err := d.Collect(ctx); err != nil {
			return err
		}
		chart, err = d.Charts.OpenChart(ctx, s.leo.subject, s.question("a rash"))
		return err
	})
	return chart, err
}

// motherEnds has the child end it: what she gave falls with it, and his log says who acted.
func motherEnds(ctx context.Context, s *stage) (string, error) {
	acted := 0
	err := s.as(s.leo.name, func(l *client.Session) error {
		if _, err := l.Revoke(ctx, s.leo.given.Grant); err != nil {
			return err
		}
		_, lines, err := l.Account.ReportWhole(ctx)
		for _, line := range lines {
			if line.Delegate != nil && line.Delegate.Grant == s.leo.given.Grant {
				acted++
			}
		}
		if err == nil && !slices.ContainsFunc(lines, func(line account.Line) bool { return line.Event.About().By == wire.ByDelegate }) {
			err = errors.New("his log does not say what she gave")
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if _, err := s.openLeo(ctx); want(err, stele.KindDenied, "what she gave who acts no more") != nil {
		return "", want(err, stele.KindDenied, "what she gave who acts no more")
	}
	return fmt.Sprintf("From the next block on she opens nothing, and neither does the doctor whom she let in. %d lines of his log say that it was she who acted.", acted), nil
}

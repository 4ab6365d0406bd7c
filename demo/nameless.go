package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// The plays of somebody without a name, who is treated, and is found to be Elena.

// together has Northside propose something, and the clinic, a member of another kind, sign it; Elena,
// too, where it is about her chart. It puts it onto the ledger.
func (s *stage) together(ctx context.Context, elena bool, propose func(h *client.Session) (*wallet.Proposal, error)) error {
	return s.as("hospital-a", func(h *client.Session) error {
		p, err := propose(h)
		if err != nil {
			return err
		}
		sign := func(c *client.Session) error { return c.SignProposal(p) }
		if _, err := h.SubmitProposal(ctx, p); want(err, stele.KindDenied, "what one member alone says") != nil {
			return want(err, stele.KindDenied, "what one member alone says")
		}
		if err := s.as("clinic", sign); err != nil {
			return err
		}
		if elena {
			if err := s.as(s.elena, sign); err != nil {
				return err
			}
		}
		_, err = h.SubmitProposal(ctx, p)
		return err
	})
}

// give has the two give a grant of the nameless chart.
func (s *stage) give(ctx context.Context, to string, t wallet.Terms) error {
	return s.together(ctx, false, func(h *client.Session) (*wallet.Proposal, error) {
		grantee, err := h.Find(ctx, to)
		if err != nil {
			return nil, err
		}
		return h.ProposeGrant(ctx, consent.Party{Subject: s.nameless, Name: "a person of unknown name"}, grantee, t)
	})
}

// treated has somebody enrolled without a name, and the doctor read what was written of her.
func treated(ctx context.Context, s *stage) (string, error) {
	_, slip := wallet.NewSlip()
	if err := s.as("hospital-a", func(h *client.Session) error { _, err := h.Enrol(ctx, slip, ""); return err }); err != nil {
		return "", err
	}
	s.nameless = slip.Subject
	if err := s.give(ctx, s.config.Network.Name("hospital-a"), wallet.DirectCareWrite(time.Now().AddDate(0, 11, 0))); err != nil {
		return "", err
	}
	if err := s.writeNameless(ctx, "doe-1", "Fracture of the femur"); err != nil {
		return "", err
	}
	if err := s.give(ctx, s.doctorDID, wallet.Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories}, End: time.Now().Add(7 * 24 * time.Hour),
	}); err != nil {
		return "", err
	}
	seen := 0
	err := s.as(s.doctor, func(d *client.Session) error {
		if _, err := d.Collect(ctx); err != nil {
			return err
		}
		chart, err := d.Charts.OpenChart(ctx, s.nameless, s.question("brought in without papers"))
		if err == nil {
			seen = len(chart.Records)
		}
		return err
	})
	if err != nil || seen != 1 {
		return "", errors.Join(err, fmt.Errorf("the doctor sees %d records, want 1", seen))
	}
	return "A hospital and a clinic gave together; what the hospital alone said was refused. The doctor reads what was written that night.", nil
}

// writeNameless delivers a record of the nameless chart.
func (s *stage) writeNameless(ctx context.Context, id, text string) error {
	return s.as("hospital-a", func(h *client.Session) error {
		if _, err := h.Collect(ctx); err != nil {
			return err
		}
		held, err := h.HeldWriteGrant(s.nameless)
		if err != nil {
			return err
		}
		_, err = h.Delivery.Deliver(ctx, held, []delivery.Incoming{{
			JSON: fmt.Appendf(nil, `{"resourceType":"Condition","id":%q,"code":{"text":%q}}`, id, text), Type: "Condition", When: "2026-11-29", Category: stele.Problems, Year: 2026,
		}})
		return err
	})
}

// foundToBeElena merges the chart into Elena's, and she reads what comes in from then on with her own
// key.
func foundToBeElena(ctx context.Context, s *stage) (string, error) {
	if err := s.together(ctx, true, func(h *client.Session) (*wallet.Proposal, error) {
		return h.ProposeMerge(s.nameless, s.subject, "her sister came, with her papers")
	}); err != nil {
		return "", err
	}
	if err := s.writeNameless(ctx, "doe-2", "Concussion"); err != nil {
		return "", err
	}
	err := s.as(s.elena, func(e *client.Session) error {
		chart, err := e.Chart(ctx, s.nameless)
		if err != nil {
			return err
		}
		defer chart.Wallet.Close()
		own, err := client.Of(chart).Charts.OpenOwn(ctx)
		if err == nil && len(own.Records) != 1 {
			err = fmt.Errorf("she sees %d records, want the one that came after", len(own.Records))
		}
		return err
	})
	return "Both sides signed: Elena's key for hers, and the two members for the one that nobody had claimed. Her key speaks for both; nothing was moved.", err
}

// partedAgain undoes it, by Elena alone.
func partedAgain(ctx context.Context, s *stage) (string, error) {
	err := s.as(s.elena, func(e *client.Session) error {
		p, err := e.ProposePart(s.nameless, "it was another woman")
		if err != nil {
			return err
		}
		if _, err := e.SubmitProposal(ctx, p); err != nil {
			return err
		}
		_, err = e.Chart(ctx, s.nameless)
		return want(err, stele.KindDenied, "her key, of a chart that is not hers any more")
	})
	if err != nil {
		return "", err
	}
	return "It was another woman. Elena parts the two alone; from the next block on her key speaks for her own chart, and both logs say so.", s.as(s.elena, func(e *client.Session) error {
		return s.saidBoth(ctx, e)
	})
}

// saidBoth finds in Elena's log that a chart came, and that it went.
func (s *stage) saidBoth(ctx context.Context, e *client.Session) error {
	for range 50 { // the other's log says it a block later
		_, lines, err := e.Account.ReportWhole(ctx)
		if err != nil {
			return err
		}
		said := 0
		for _, line := range lines {
			if about := line.Event.About(); about.Place == wire.PlaceMerge && slices.Equal(about.Other, s.nameless[:]) {
				said++
			}
		}
		if said == 2 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("her log does not say that the chart was hers, and is not")
}

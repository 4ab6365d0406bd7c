package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/paper"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/wallet"
)

// The plays of Nora, who has no phone, until she has one.

const noraName = "Nora Lindqvist"

// paperSlip has a member make a chart and a slip, two members let it write, and a record come in.
func paperSlip(ctx context.Context, s *stage) (string, error) {
	code, slip := wallet.NewSlip()
	const mark = "NRST"
	if _, err := (paper.Slip{Code: code, Mark: mark, Facility: s.config.Network.Name("hospital-a"), Language: "en"}).PDF(); err != nil {
		return "", err
	}
	s.nora = code
	note := delivery.Incoming{
		JSON: []byte(`{"resourceType":"AllergyIntolerance","id":"nora-1","code":{"text":"Latex"}}`), Type: "AllergyIntolerance", When: "2026-03-01", Category: stele.Allergies, Year: 2026,
	}
	err := s.as("hospital-a", func(h *client.Session) error {
		if _, err := h.Enrol(ctx, slip, mark); err != nil {
			return err
		}
		if err := h.Links().Link([]links.Link{{Number: "MRN-" + slip.Subject.String()[10:18], Name: noraName, Subject: slip.Subject}}, links.Confirmed{Another: true}); err != nil {
			return err
		}
		to, err := h.Find(ctx, h.Subject().String())
		if err != nil {
			return err
		}
		p, err := h.ProposeGrant(ctx, consent.Party{Subject: slip.Subject, Name: noraName}, to, wallet.DirectCareWrite(time.Now().AddDate(0, 1, 0)))
		if err != nil {
			return err
		}
		if err := s.as("clinic", func(c *client.Session) error { return c.SignProposal(p) }); err != nil {
			return err
		}
		if _, err = h.SubmitProposal(ctx, p); err == nil {
			_, err = h.Collect(ctx)
		}
		if err != nil {
			return err
		}
		held, err := h.HeldWriteGrant(slip.Subject)
		if err == nil {
			_, err = h.Delivery.Deliver(ctx, held, []delivery.Incoming{note})
		}
		return err
	})
	return "The code on it is 130 random bits and stands nowhere else. A hospital and a clinic sign together that records may come in: one does.", err
}

// takesOver has Nora claim her chart with the slip, a member vouch, and her key open what came before.
func takesOver(ctx context.Context, s *stage) (string, error) {
	typed, err := spell.ParseCode(s.nora.Text())
	if err != nil {
		return "", err
	}
	slip := keyring.SlipOf(typed.Bytes())
	passphrase, err := devnet.Passphrase(s.config.Network.Home)
	if err != nil {
		return "", err
	}
	name := s.elena + "-nora"
	w, err := wallet.Create(s.wallet(name), passphrase, pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: noraName, WorkFactor: devnet.WorkFactor, Claims: &slip})
	if err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	var out reading.Resealed
	err = s.as(name, func(n *client.Session) error {
		raw, err := n.Claim(ctx, slip)
		if err != nil {
			return err
		}
		vouch := func(m *client.Session) error {
			signed, claim, err := m.ReadClaim(raw)
			if err != nil {
				return err
			}
			vouched, err := m.Vouch(ctx, signed, claim)
			if err == nil {
				raw = vouched
			}
			return err
		}
		if err := want(s.as("hospital-a", vouch), stele.KindDenied, "the hospital that printed the slip"); err != nil {
			return err
		}
		if err := s.as("hospital-b", vouch); err != nil {
			return err
		}
		if err := n.SubmitClaim(ctx, raw); err != nil {
			return err
		}
		if err := n.SettleIn(ctx); err != nil {
			return err
		}
		if out, err = n.Charts.Reseal(ctx, nil); err != nil {
			return err
		}
		chart, err := n.Charts.OpenOwn(ctx)
		if err == nil && (len(chart.Records) != 1 || out.Sealed != out.Folios) {
			err = fmt.Errorf("she opens %d records, %d of %d folios are sealed to her", len(chart.Records), out.Sealed, out.Folios)
		}
		return err
	})
	return "Who printed the slip can't vouch; another hospital sees her and signs. What came before opens through the trustees, under an entry of hers in her own log, and is sealed to her key: from now on nobody needs to be asked.", err
}

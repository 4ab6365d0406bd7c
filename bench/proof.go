package bench

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// proofs measures what it takes to know that a log of 10,000 events is whole: a
// member makes the proof and sends it, a wallet checks it against the signatures
// of four validators.
func proofs(ctx context.Context, r *Run) error {
	const events, rounds = 10_000, 9
	s, err := r.stage(ctx, r.Size(1, 4))
	if err != nil {
		return err
	}
	defer s.close()
	patient, err := s.longLog(ctx, events)
	if err != nil {
		return err
	}
	genesis, err := proof.ReadGenesis(patient.Network.Genesis)
	if err != nil {
		return err
	}
	var given [][]*wire.LogProof // the pages of each round
	var made []time.Duration
	node := patient.Network.All()[0]
	if _, err := r.Measured("make", func() error {
		for range rounds {
			start := time.Now()
			pages, err := wholeLog(ctx, patient, node)
			if err != nil {
				return err
			}
			given, made = append(given, pages), append(made, time.Since(start))
		}
		return nil
	}); err != nil {
		return err
	}
	var checked []time.Duration
	if _, err := r.Measured("check", func() error {
		for _, pages := range given {
			start := time.Now()
			log, err := proof.CheckLog(genesis.Trusted, patient.Subject(), proof.Kept{}, pages[0])
			for _, p := range pages[1:] {
				if err == nil {
					log, err = log.Continue(p)
				}
			}
			if err != nil {
				return err
			}
			if !log.Whole() || log.Head.Size < events {
				return fmt.Errorf("of the log's %d events %d are there", log.Head.Size, log.Kept.Size)
			}
			checked = append(checked, time.Since(start))
		}
		return nil
	}); err != nil {
		return err
	}
	r.Report("make and send", Milliseconds(Quantile(made, 0.5)), "ms", AtMost(50))
	r.Report("check", Milliseconds(Quantile(checked, 0.5)), "ms", AtMost(50))
	return nil
}

// longLog makes a patient with a log of so many events and a few more: openings by
// many readers, since one alone may not make so many.
func (s *stage) longLog(ctx context.Context, events int) (*client.Session, error) {
	patient, err := s.person(ctx, wallet.Patient)
	if err != nil {
		return nil, err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(256)
	subject := patient.Subject()
	for first := 0; first < events; first += int(state.AccessRate.Burst) {
		work.Go(func() error {
			grant, reader := stele.NewIDOf(subject[:]), wire.NewEd25519()
			if _, err := patient.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
				Grant: grant[:], Subject: subject[:], Action: uint32(stele.ActionRead), Grantee: reader.Public(),
				EndMs: time.Now().Add(24 * time.Hour).UnixMilli(), Commitment: random(32),
			}}}, patient.Keyring().Signer()); err != nil {
				return err
			}
			for range min(int(state.AccessRate.Burst), events-first) {
				request := stele.NewIDOf(grant[:])
				if _, err := patient.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
					Request: request[:], Grant: grant[:], DetailCommitment: random(32), ReaderKeyHash: random(32), WindowMs: 60_000,
				}}}, reader); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return patient, work.Wait()
}

// wholeLog asks a member for all pages of a patient's log.
func wholeLog(ctx context.Context, patient *client.Session, node members.Member) (pages []*wire.LogProof, err error) {
	var since, until uint64
	for since == 0 || since < until {
		p, err := node.Ledger.Log(ctx, own(patient, node.Subject, since, until))
		if err != nil {
			return nil, err
		}
		if until == 0 {
			until = p.Head.Size
		}
		since += uint64(len(p.Events))
		pages = append(pages, p)
	}
	return pages, nil
}

// own is a patient's signed request about her log.
func own(of *client.Session, audience stele.Subject, since, until uint64) *wire.Signed {
	nonce, subject := stele.NewID(), of.Subject()
	return wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: of.Consortium().Chain, Audience: audience[:], Subject: subject[:], AtMs: time.Now().UnixMilli(), Nonce: nonce[:], Since: since, Until: until,
	}, of.Keyring().Signer())
}

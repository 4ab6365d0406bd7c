package member

import (
	"cmp"
	"context"
	"crypto/sha256"

	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/contract/state"
)

// newNode makes the Ledger service over this member's ledger and chain.
func (m *Member) newNode() *api.Node {
	name := cmp.Or(m.others.called()[m.config.Identity.Subject], m.config.Identity.Name)
	return api.NewNode(api.NodeConfig{
		Ledger: m.ledger, Prover: m.ledger, Chain: blocks{m.chain, m.ledger}, Network: m.chain.Chain(),
		Member: m.config.Identity.Subject, Name: name, Fingerprint: sha256.Sum256(m.config.Network.Genesis),
		Snapshots: m.ledger, Oldest: m.chain.Oldest,
	})
}

// blocks tells of blocks what the engine and the ledger each know.
type blocks struct {
	*chain.Node
	ledger *state.Ledger
}

// Blocks lists blocks below a height, newest first.
func (b blocks) Blocks(before int64, limit int) ([]*api.Block, error) {
	summaries, err := b.Node.Blocks(before, limit)
	if err != nil {
		return nil, err
	}
	out := make([]*api.Block, len(summaries))
	for i, s := range summaries {
		if out[i], err = b.block(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (b blocks) block(s chain.Summary) (*api.Block, error) {
	events, err := b.ledger.EventCount(s.Block.Height)
	return &api.Block{
		Height: s.Block.Height, TimeMs: s.Block.Time.UnixMilli(), Hash: s.Hash[:], AppHash: s.AppHash[:],
		Parcels: uint32(s.Parcels), Events: uint32(events), Bytes: uint64(s.Bytes),
	}, err
}

// Watch tells of every new block until ctx ends.
func (b blocks) Watch(ctx context.Context, each func(*api.Block) error) error {
	for event := range b.Node.Subscribe(ctx) {
		summaries, err := b.Node.Blocks(event.Block.Height+1, 1)
		if err != nil {
			return err
		}
		if len(summaries) == 0 {
			continue
		}
		block, err := b.block(summaries[0])
		if err != nil {
			return err
		}
		if err := each(block); err != nil {
			return err
		}
	}
	return ctx.Err()
}

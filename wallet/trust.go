package wallet

import (
	"context"
	"time"

	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// wrongClock is how far a wallet's clock may be behind the blocks' time: whoever's is
// wrong still reads what is theirs.
const wrongClock = 24 * time.Hour

// Follower returns the light client that leads from the pinned genesis, or from
// the last block that this wallet trusted, to whoever validates today.
func (n *Net) Follower() (*light.Client, error) {
	n.finding.Lock()
	defer n.finding.Unlock()
	if n.light != nil {
		return n.light, nil
	}
	c, err := light.New(light.Config{
		Genesis: n.Network.Genesis, Source: headers{n}, Store: trust{n}, Clock: func() time.Time { return n.Clock() }, Drift: wrongClock, Start: n.Begin,
	})
	n.light = c
	return c, err
}

// check checks the first page of a log, as a member gave it, against the validators, to
// whom the light client follows from those that this wallet trusted last.
func (l logFrom) check(ctx context.Context, m members.Member, kept proof.Kept, p *wire.LogProof) (proof.Log, error) {
	follower, err := l.Follower()
	if err != nil {
		return proof.Log{}, err
	}
	header, err := follower.Take(ctx, headersOf{l.Net, m}, p.GetLight())
	if err != nil {
		return proof.Log{}, err
	}
	return proof.CheckLogUnder(header, l.subject, kept, p)
}

// headers has any member hand out headers; none is believed without its
// signatures.
type headers struct{ n *Net }

func (h headers) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	return members.Ask(ctx, h.n.Network, "read header", members.Patience, func(ctx context.Context, m members.Member) (*wire.LightBlock, error) {
		return m.Ledger.Light(ctx, height)
	})
}

// trust keeps the newest trusted block in the wallet.
type trust struct{ n *Net }

func (t trust) Load() ([]byte, error) { return t.n.w.State().Light, nil }

func (t trust) Save(block []byte) error {
	return t.n.w.update(func(state *State) error { state.Light = block; return nil })
}

// headersOf is headers with one member asked first, and others only where that has none: what
// it shows stands or falls by its own headers, and by no other's lie.
type headersOf struct {
	n *Net
	m members.Member
}

func (h headersOf) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	attempt, cancel := context.WithTimeout(ctx, members.Silence)
	defer cancel()
	if block, err := h.m.Ledger.Light(attempt, height); err == nil {
		return block, nil
	}
	return headers{h.n}.LightBlock(ctx, height)
}

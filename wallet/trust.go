package wallet

import (
	"context"
	"errors"

	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// Follower returns the light client that leads from the pinned genesis, or from
// the last block that this wallet trusted, to whoever validates today.
func (s *Session) Follower() (*light.Client, error) {
	s.finding.Lock()
	defer s.finding.Unlock()
	if s.light != nil {
		return s.light, nil
	}
	c, err := light.New(light.Config{Genesis: s.Network.Genesis, Source: headers{s}, Store: trust{s}, Clock: s.Clock})
	s.light = c
	return c, err
}

// check checks the first page of a log against the validators. They may have changed since this
// wallet last looked: then the way to them is followed first.
func (l logFrom) check(ctx context.Context, kept proof.Kept, p *wire.LogProof) (proof.Log, error) {
	follower, err := l.Follower()
	if err != nil {
		return proof.Log{}, err
	}
	log, err := proof.CheckLog(follower.Trusted(), l.subject, kept, p)
	if err == nil || errors.Is(err, proof.ErrRewritten) {
		return log, err
	}
	if _, unreachable := follower.Header(ctx, p.GetHead().GetHeight()+1); unreachable != nil {
		return log, err
	}
	return proof.CheckLog(follower.Trusted(), l.subject, kept, p)
}

// headers has any member hand out headers; none is believed without its
// signatures.
type headers struct{ s *Session }

func (h headers) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	return members.Ask(ctx, h.s.Network, "read header", members.Patience, func(ctx context.Context, m members.Member) (*wire.LightBlock, error) {
		return m.Ledger.Light(ctx, height)
	})
}

// trust keeps the newest trusted block in the wallet.
type trust struct{ s *Session }

func (t trust) Load() ([]byte, error) { return t.s.State().Light, nil }

func (t trust) Save(block []byte) error {
	return t.s.Update(func(state *State) error { state.Light = block; return nil })
}

package light

import (
	"context"
	"errors"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
)

// climb goes from a believed point up to target and returns the points on the
// way, target last. Where the validators changed too much for one step it asks
// for the block in the middle.
func (c *Client) climb(ctx context.Context, source Source, from, target point) ([]point, error) {
	var trail []point
	waiting := []point{target} // the lowest is the last
	for len(waiting) > 0 {
		next := waiting[len(waiting)-1]
		believed, err := c.step(from, next)
		if err == nil {
			from, trail, waiting = believed, append(trail, believed), waiting[:len(waiting)-1]
			continue
		}
		if !errors.Is(err, errTooFew) {
			return nil, err
		}
		// Not adjacent, so the middle lies strictly between: adjacent blocks
		// are decided by the hash of the next validators.
		middle, err := fetch(ctx, source, from.height()+(next.block.Height-from.height())/2)
		if err != nil {
			return nil, err
		}
		waiting = append(waiting, middle)
	}
	return trail, nil
}

// step believes next from from, by CometBFT's rules and by proof's.
func (c *Client) step(from, next point) (point, error) {
	const op = "follow the chain"
	if from.light == nil && next.block.Height == from.height()+1 {
		// CometBFT's rules want time to pass between two blocks; the first has
		// the genesis' own time. Proof's rules know that.
		if next.block.Time.After(c.cfg.Clock().Add(c.cfg.Drift)) {
			return point{}, c.ahead(next, errAhead)
		}
	} else {
		// Whether trust has run out was asked of the point where the climb began.
		err := follows(from.block.SignedHeader, from.block.ValidatorSet, next.block, c.clock(forever))
		if errors.Is(err, errAhead) {
			return point{}, c.ahead(next, err)
		}
		if err != nil {
			return point{}, stele.E(op, stele.KindProof, "the block can't be believed", err)
		}
	}
	trusted, header, err := from.trusted.Advance(next.light)
	if err != nil {
		return point{}, err
	}
	return point{trusted, header, next.block, next.light}, nil
}

// ahead says that a block's time lies in the future. More often than not the clock is
// wrong, and nobody has lied.
func (c *Client) ahead(p point, err error) error {
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
	return stele.E("follow the chain", stele.KindProof,
		"the block of "+at(p.block.Time)+" UTC lies in the future: by this machine's clock it is "+at(c.cfg.Clock()), err).
		WithHint("check this machine's clock; if it is right, a member shows what was never signed")
}

// fetch asks a source for a block and reads it; nothing of it is believed yet.
func fetch(ctx context.Context, source Source, height int64) (point, error) {
	const op = "fetch light block"
	light, err := source.LightBlock(ctx, height)
	if err != nil {
		return point{}, err
	}
	block, err := proof.DecodeLight(light)
	if err != nil {
		return point{}, err
	}
	if height != 0 && block.Height != height {
		return point{}, stele.E(op, stele.KindProof, "the source answered with another height", nil)
	}
	return point{block: block, light: light}, nil
}

package light

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// Source gives light blocks, unchecked: a member over the network, or a file.
type Source interface {
	// LightBlock returns the light block of a height, the newest for 0.
	// KindNotFound and KindUnreachable mean that another source may do
	// better.
	LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error)
}

// Store keeps the newest trusted light block where nobody else writes.
type Store interface {
	// Load returns what Save was last given, nil when there is nothing.
	Load() ([]byte, error)
	// Save replaces what is kept, durably or not at all.
	Save(light []byte) error
}

// Config is what a client is made of.
type Config struct {
	Genesis []byte // the genesis document whose fingerprint the caller trusts
	Source  Source
	Store   Store            // may be nil: then each client starts anew
	Clock   func() time.Time // now

	// TrustFor is how long a followed block's validators are believed after its time;
	// 0 means the constant TrustFor. Those of the genesis are believed for ever, see the
	// package.
	TrustFor time.Duration
	// Drift is how far a header may be ahead of the clock; 0 means 10 s.
	Drift time.Duration
	// Start, when it has a height, is a block whose hash the caller learned
	// from somebody it trusts. It takes the genesis' place, and that of a
	// followed block in which trust has run out.
	Start Start
}

// Start names a block.
type Start struct {
	Height int64
	Hash   stele.Digest
}

// TrustFor is how long the validators of a block that was followed are believed after
// its time. Who validates no more keeps the old key, or destroys it, for so long; see the
// package.
const TrustFor = 365 * 24 * time.Hour

const (
	forever      = 200 * 365 * 24 * time.Hour
	defaultDrift = 10 * time.Second
	saveEach     = time.Hour // of block time, while the validators stay the same
)

// Client follows one chain. It is safe for concurrent use; questions are
// answered one after the other.
type Client struct {
	cfg      Config
	founding proof.Genesis
	genesis  point

	mu     sync.Mutex
	newest point // the genesis while nothing has been checked
	saved  point // what the store has
}

// point is something believed: a block, or the genesis.
type point struct {
	trusted proof.Trusted
	header  proof.Header      // zero for the genesis
	block   *types.LightBlock // for the genesis, only what CometBFT's rules look at
	light   *wire.LightBlock  // nil for the genesis
}

func (p point) height() int64 { return p.trusted.Height() }

// New makes a client that starts from the stored block, or from the genesis. It
// fails with KindProof when the genesis or the stored block does not check, and
// with the store's error.
func New(cfg Config) (*Client, error) {
	g, err := proof.ReadGenesis(cfg.Genesis)
	if err != nil {
		return nil, err
	}
	if cfg.TrustFor == 0 {
		cfg.TrustFor = TrustFor
	}
	if cfg.Drift == 0 {
		cfg.Drift = defaultDrift
	}
	c := &Client{cfg: cfg, founding: g, genesis: genesisPoint(g.Trusted)}
	c.newest = c.genesis
	if cfg.Store == nil {
		return c, nil
	}
	raw, err := cfg.Store.Load()
	if err != nil {
		return nil, stele.E("load trusted block", stele.KindOther, "the trusted block could not be read", err)
	}
	if raw == nil {
		return c, nil
	}
	light := &wire.LightBlock{}
	if err := wire.Decode(raw, light); err == nil {
		c.newest, err = believe(g.Trusted.Chain(), light)
		if err == nil {
			c.saved = c.newest
			return c, nil
		}
	}
	return nil, stele.E("load trusted block", stele.KindProof, "the stored block does not check", nil).
		WithHint("remove the stored block to start again from the genesis")
}

// genesisPoint stands for the genesis in CometBFT's rules, which want a header
// to start from: they read its chain, height and time, and its validators.
func genesisPoint(t proof.Trusted) point {
	validators := t.Validators()
	return point{trusted: t, block: &types.LightBlock{
		SignedHeader: &types.SignedHeader{Header: &types.Header{
			ChainID: t.Chain(), Height: t.Height(), Time: t.Time(), NextValidatorsHash: validators.Hash(),
		}},
		ValidatorSet: validators,
	}}
}

func believe(chain string, light *wire.LightBlock) (point, error) {
	trusted, header, err := proof.TrustBlock(chain, light)
	if err != nil {
		return point{}, err
	}
	block, err := proof.DecodeLight(light)
	return point{trusted, header, block, light}, err
}

// Newest returns the newest header that was checked; ok is false while there is
// none.
func (c *Client) Newest() (h proof.Header, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newest.header, c.newest.light != nil
}

// Trusted returns the newest point of trust, to check proofs with.
func (c *Client) Trusted() proof.Trusted {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newest.trusted
}

// Header checks and returns the header of a height, the source's newest for 0. A
// newer header than any before is saved and becomes the point of trust. It fails
// with KindProof when the header can't be believed, and with the source's and
// the store's errors.
func (c *Client) Header(ctx context.Context, height int64) (proof.Header, error) {
	h, _, err := c.Block(ctx, height)
	return h, err
}

// Block is Header, with the light block itself.
func (c *Client) Block(ctx context.Context, height int64) (proof.Header, *wire.LightBlock, error) {
	target, err := fetch(ctx, c.cfg.Source, height)
	if err != nil {
		return proof.Header{}, nil, err
	}
	h, err := c.take(ctx, c.cfg.Source, target, true)
	return h, target.light, err
}

// Take is Header for a block that came with an answer, instead of being asked for. What
// leads up to it is asked of whoever gave the answer, so that somebody else's lie is not
// held against it. One that is newer than any before is saved where the validators are
// others than those of the saved one, or where that is an hour older.
func (c *Client) Take(ctx context.Context, from Source, light *wire.LightBlock) (proof.Header, error) {
	block, err := proof.DecodeLight(light)
	if err != nil {
		return proof.Header{}, err
	}
	return c.take(ctx, from, point{block: block, light: light}, false)
}

func (c *Client) take(ctx context.Context, source Source, target point, save bool) (proof.Header, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from, err := c.from(ctx, source)
	if err != nil {
		return proof.Header{}, err
	}
	if target.block.Height <= from.height() {
		return c.older(ctx, source, target)
	}
	trail, err := c.climb(ctx, source, from, target)
	if err != nil {
		return proof.Header{}, err
	}
	last := trail[len(trail)-1]
	return last.header, c.advance(last, save || !c.fresh(last))
}

// fresh reports whether what is saved does as well as p to go on from.
func (c *Client) fresh(p point) bool {
	return c.saved.light != nil && p.header.Time.Sub(c.saved.header.Time) < saveEach &&
		bytes.Equal(c.saved.block.ValidatorsHash, p.block.NextValidatorsHash)
}

// older checks a block that is not newer than the newest: against that when the
// validators are the same, else on the way up from the genesis.
func (c *Client) older(ctx context.Context, source Source, target point) (proof.Header, error) {
	if target.block.Height < c.newest.height() && !target.block.Time.Before(c.newest.trusted.Time()) {
		return proof.Header{}, stele.E("follow the chain", stele.KindProof, "the block is below one that was followed, and is of a later time", nil)
	}
	h, err := c.newest.trusted.Check(target.light)
	if err == nil || target.block.Height == c.newest.height() {
		return h, err
	}
	trail, err := c.climb(ctx, source, c.genesis, target)
	if err != nil {
		return proof.Header{}, err
	}
	return trail[len(trail)-1].header, nil
}

// from returns the point to start from: the newest, or Config.Start when that is
// newer and the newest is the genesis or trust in it has run out. It fails with KindProof
// where trust has run out and nothing takes its place.
func (c *Client) from(ctx context.Context, source Source) (point, error) {
	start, expired := c.cfg.Start, c.expired(c.newest)
	switch {
	case start.Height > c.newest.height() && (expired || c.newest.light == nil):
	case expired:
		return point{}, stele.E("follow the chain", stele.KindProof, "the network was last looked at on "+c.newest.header.Time.Format(time.DateOnly)+
			", too long ago to believe on the word of who signed then what is shown today", errRunOut).
			WithHint("check this machine's clock; if it is right, ask somebody whom you trust for the newest block, as stele ledger status shows it to them, and name it once: --block HEIGHT:HASH")
	default:
		return c.newest, nil
	}
	p, err := fetch(ctx, source, start.Height)
	if err != nil {
		return point{}, err
	}
	if p, err = believe(c.genesis.trusted.Chain(), p.light); err != nil {
		return point{}, err
	}
	if p.header.Hash != start.Hash {
		return point{}, stele.E("follow the chain", stele.KindProof, "the block to start from does not have the expected hash", nil)
	}
	return p, c.advance(p, true)
}

func (c *Client) expired(p point) bool {
	return p.light != nil && c.clock(c.cfg.TrustFor).runOut(p.block.SignedHeader)
}

func (c *Client) clock(trustFor time.Duration) clock {
	return clock{c.cfg.Clock(), trustFor, c.cfg.Drift}
}

// advance makes p the newest trusted block, and saves it or not.
func (c *Client) advance(p point, save bool) error {
	if c.cfg.Store != nil && save {
		if err := c.cfg.Store.Save(wire.Marshal(p.light)); err != nil {
			return stele.E("save trusted block", stele.KindOther, "the trusted block could not be saved", err)
		}
	}
	if c.newest = p; save {
		c.saved = p
	}
	return nil
}

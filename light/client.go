package light

import (
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

	// TrustFor is how long a block's validators are believed after its time;
	// 0 means for ever.
	TrustFor time.Duration
	// Drift is how far a header may be ahead of the clock; 0 means 10 s.
	Drift time.Duration
	// Start, when it has a height, is a block whose hash the caller learned
	// from somebody it trusts. It takes the genesis' place, and that of a
	// stored block in which trust has run out.
	Start Start
}

// Start names a block.
type Start struct {
	Height int64
	Hash   stele.Digest
}

const (
	forever      = 200 * 365 * 24 * time.Hour
	defaultDrift = 10 * time.Second
)

// Client follows one chain. It is safe for concurrent use; questions are
// answered one after the other.
type Client struct {
	cfg      Config
	founding proof.Genesis
	genesis  point

	mu     sync.Mutex
	newest point // the genesis while nothing has been checked
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
		cfg.TrustFor = forever
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
	target, err := c.fetch(ctx, height)
	if err != nil {
		return proof.Header{}, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	from, err := c.from(ctx)
	if err != nil {
		return proof.Header{}, nil, err
	}
	if target.block.Height <= from.height() {
		h, err := c.older(ctx, target)
		return h, target.light, err
	}
	trail, err := c.climb(ctx, from, target, c.cfg.TrustFor)
	if err != nil {
		return proof.Header{}, nil, err
	}
	return trail[len(trail)-1].header, target.light, c.advance(trail[len(trail)-1])
}

// older checks a block that is not newer than the newest: against that when the
// validators are the same, else on the way up from the genesis.
func (c *Client) older(ctx context.Context, target point) (proof.Header, error) {
	h, err := c.newest.trusted.Check(target.light)
	if err == nil || target.block.Height == c.newest.height() {
		return h, err
	}
	trail, err := c.climb(ctx, c.genesis, target, c.cfg.TrustFor)
	if err != nil {
		return proof.Header{}, err
	}
	return trail[len(trail)-1].header, nil
}

// from returns the point to start from: the newest, or Config.Start when that is
// newer and the newest is the genesis or trust in it has run out.
func (c *Client) from(ctx context.Context) (point, error) {
	start := c.cfg.Start
	if start.Height <= c.newest.height() || c.newest.light != nil && !c.expired(c.newest) {
		return c.newest, nil
	}
	p, err := c.fetch(ctx, start.Height)
	if err != nil {
		return point{}, err
	}
	if p, err = believe(c.genesis.trusted.Chain(), p.light); err != nil {
		return point{}, err
	}
	if p.header.Hash != start.Hash {
		return point{}, stele.E("follow the chain", stele.KindProof, "the block to start from does not have the expected hash", nil)
	}
	return p, c.advance(p)
}

func (c *Client) expired(p point) bool {
	return c.clock(c.cfg.TrustFor).runOut(p.block.SignedHeader)
}

func (c *Client) clock(trustFor time.Duration) clock {
	return clock{c.cfg.Clock(), trustFor, c.cfg.Drift}
}

// advance saves p as the newest trusted block.
func (c *Client) advance(p point) error {
	if c.cfg.Store != nil {
		if err := c.cfg.Store.Save(wire.Marshal(p.light)); err != nil {
			return stele.E("save trusted block", stele.KindOther, "the trusted block could not be saved", err)
		}
	}
	c.newest = p
	return nil
}

// Path returns the light blocks that lead from the genesis to those heights,
// oldest first, each believable from the one before: what an export file needs.
// It saves nothing and does not let trust expire, since who reads the file
// decides that.
func (c *Client) Path(ctx context.Context, heights ...int64) ([]*wire.LightBlock, error) {
	var path []*wire.LightBlock
	from := c.genesis
	for _, height := range ascending(heights) {
		target, err := c.fetch(ctx, height)
		if err != nil {
			return nil, err
		}
		trail, err := c.climb(ctx, from, target, forever)
		if err != nil {
			return nil, err
		}
		for _, p := range trail {
			path = append(path, p.light)
		}
		from = trail[len(trail)-1]
	}
	return path, nil
}

package light

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

func client(t *testing.T, c *chain, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{Genesis: c.genesis(), Source: c, Clock: func() time.Time { return c.time(c.top).Add(time.Second) }}
	if change != nil {
		change(&cfg)
	}
	l, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func wantProof(t *testing.T, what string, err error) {
	t.Helper()
	if stele.KindOf(err) != stele.KindProof {
		t.Errorf("%s: %v", what, err)
	}
}

func TestLaw6FollowsChangingValidators(t *testing.T) {
	c := newChain(t, 400, turning(10)) // the whole set has changed ten times over
	l := client(t, c, nil)
	h, err := l.Header(t.Context(), 0)
	if err != nil || h.Height != 400 {
		t.Fatalf("%+v, %v", h, err)
	}
	if n := len(c.asked); n < 10 || n > 60 {
		t.Errorf("%d blocks were asked for", n)
	}
	if got, ok := l.Newest(); !ok || got != h || l.Trusted().Height() != 400 {
		t.Errorf("newest is %+v", got)
	}
	// The next header is one question away.
	c.top, c.asked = 405, nil
	if _, err := l.Header(t.Context(), 403); err != nil || len(c.asked) != 1 {
		t.Errorf("%v, asked %v", err, c.asked)
	}
	// Older ones are found again from the genesis.
	for _, height := range []int64{1, 2, 57, 399, 403} {
		h, err := l.Header(t.Context(), height)
		if err != nil || h.Height != height {
			t.Errorf("height %d: %+v, %v", height, h, err)
		}
	}
	if got, _ := l.Newest(); got.Height != 403 {
		t.Errorf("an older header became the newest: %+v", got)
	}
}

func TestFollowsValidatorsThatChangeAllAtOnce(t *testing.T) {
	c := newChain(t, 64, func(height int64) []string {
		if height < 40 {
			return []string{"a", "b", "c"}
		}
		return []string{"d", "e", "f"}
	})
	if _, err := client(t, c, nil).Header(t.Context(), 64); err != nil {
		t.Error(err) // blocks 39 and 40 are adjacent, and 39 names the next
	}
	one := newChain(t, 1, turning(10))
	if h, err := client(t, one, nil).Header(t.Context(), 1); err != nil || h.Height != 1 {
		t.Errorf("first block: %v", err)
	}
}

func TestLaw6ForgedBlocksAreRefused(t *testing.T) {
	strangers := func(int64) []string { return []string{"x", "y", "z"} }
	for _, height := range []int64{1, 2, 50, 100} {
		c := newChain(t, 100, turning(10))
		c.forged[height] = newChain(t, 100, strangers)
		_, err := client(t, c, nil).Header(t.Context(), height)
		wantProof(t, "strangers' block", err)
	}
	// A whole forged chain from some height on, as a thief of old keys would
	// write it: validators who left long ago sign on.
	c := newChain(t, 400, turning(10))
	for height := int64(2); height <= 400; height++ {
		c.forged[height] = newChain(t, 400, strangers)
	}
	_, err := client(t, c, nil).Header(t.Context(), 400)
	wantProof(t, "strangers' chain", err)
}

func TestTwoStoriesForOneHeightAreRefused(t *testing.T) {
	c := newChain(t, 30, turning(1000))
	l := client(t, c, nil)
	if _, err := l.Header(t.Context(), 30); err != nil {
		t.Fatal(err)
	}
	other := newChain(t, 30, turning(1000))
	other.salt = "another story"
	c.forged[30] = other
	_, err := l.Header(t.Context(), 30)
	wantProof(t, "second block of one height", err)
}

func TestGoesOnFromTheStoredBlock(t *testing.T) {
	c, store := newChain(t, 400, turning(10)), &cell{}
	keep := func(cfg *Config) { cfg.Store = store }
	if _, err := client(t, c, keep).Header(t.Context(), 400); err != nil {
		t.Fatal(err)
	}
	c.asked = nil
	l := client(t, c, keep)
	if h, ok := l.Newest(); !ok || h.Height != 400 || len(c.asked) != 0 {
		t.Errorf("stored block: %+v, asked %v", h, c.asked)
	}
	c.top = 420
	if _, err := l.Header(t.Context(), 0); err != nil || len(c.asked) > 2 {
		t.Errorf("%v, asked %v", err, c.asked)
	}

	store.raw[len(store.raw)/2] ^= 1
	_, err := New(Config{Genesis: c.genesis(), Source: c, Store: store, Clock: time.Now})
	wantProof(t, "damaged stored block", err)
	if stele.HintOf(err) == "" {
		t.Error("no hint what to do")
	}
}

func TestPassesOnWhatFails(t *testing.T) {
	c, store := newChain(t, 20, turning(10)), &cell{}
	l := client(t, c, func(cfg *Config) { cfg.Store = store })
	c.failed = stele.E("fetch", stele.KindUnreachable, "nobody there", nil)
	if _, err := l.Header(t.Context(), 20); stele.KindOf(err) != stele.KindUnreachable {
		t.Error(err)
	}
	c.failed = nil
	store.err = errors.New("disk full")
	if _, err := l.Header(t.Context(), 20); !errors.Is(err, store.err) {
		t.Error(err)
	}
	if _, ok := l.Newest(); ok {
		t.Error("a block became the point of trust and was not saved")
	}
	if _, err := New(Config{Genesis: c.genesis(), Source: c, Store: store}); !errors.Is(err, store.err) {
		t.Error(err)
	}
	_, err := New(Config{Genesis: []byte("{}")})
	wantProof(t, "no genesis", err)
	_, err = client(t, c, func(cfg *Config) { cfg.Source = wrongHeight{c} }).Header(t.Context(), 7)
	wantProof(t, "another height than asked for", err)
}

func TestHeadersFromTheFutureAreRefused(t *testing.T) {
	for _, height := range []int64{1, 20} {
		c := newChain(t, 20, turning(10))
		early := func(cfg *Config) { cfg.Clock = func() time.Time { return start.Add(-time.Minute) } }
		_, err := client(t, c, early).Header(t.Context(), height)
		wantProof(t, "future header", err)
	}
}

func TestTrustExpiresOnlyWhenToldTo(t *testing.T) {
	c := newChain(t, 2050, turning(100))
	c.every = time.Hour
	if _, err := client(t, c, nil).Header(t.Context(), 2050); err != nil {
		t.Errorf("without expiry: %v", err)
	}
	store := &cell{}
	short := func(cfg *Config) { cfg.TrustFor, cfg.Store = 30*24*time.Hour, store }
	_, err := client(t, c, short).Header(t.Context(), 2050)
	wantProof(t, "after the genesis has expired", err)

	_, block, err := proof.TrustBlock("stele-light", c.block(1990))
	if err != nil {
		t.Fatal(err)
	}
	from := func(cfg *Config) { short(cfg); cfg.Start = Start{1990, block.Hash} }
	l := client(t, c, from)
	if _, err := l.Header(t.Context(), 2050); err != nil {
		t.Errorf("from a block that somebody named: %v", err)
	}
	if _, err := l.Header(t.Context(), 2010); err != nil {
		t.Errorf("an older block of the same validators: %v", err)
	}
	_, err = l.Header(t.Context(), 5)
	wantProof(t, "an older block, reached only over expired trust", err)

	if _, err := l.Path(t.Context(), 2050); err != nil {
		t.Errorf("a path for an export file: %v", err)
	}

	c.top = 4000 // the stored block of height 2050 has expired too
	_, err = client(t, c, short).Header(t.Context(), 4000)
	wantProof(t, "after the stored block has expired", err)
	_, block, err = proof.TrustBlock("stele-light", c.block(3990))
	if err != nil {
		t.Fatal(err)
	}
	from = func(cfg *Config) { short(cfg); cfg.Start = Start{3990, block.Hash} }
	if _, err := client(t, c, from).Header(t.Context(), 4000); err != nil {
		t.Errorf("from a named block instead of the expired one: %v", err)
	}

	wrong := block.Hash // of a block in which trust has not run out: only the hash tells
	wrong[7] ^= 1
	from = func(cfg *Config) { short(cfg); cfg.Store = nil; cfg.Start = Start{3990, wrong} }
	_, err = client(t, c, from).Header(t.Context(), 4000)
	wantProof(t, "another block than was named", err)
}

func TestPathConvincesWhoHasOnlyTheGenesis(t *testing.T) {
	c := newChain(t, 400, turning(10))
	path, err := client(t, c, nil).Path(t.Context(), 400, 33, 33, 200)
	if err != nil {
		t.Fatal(err)
	}
	g, err := proof.ReadGenesis(c.genesis())
	if err != nil {
		t.Fatal(err)
	}
	at, seen := g.Trusted, map[int64]bool{}
	for _, light := range path {
		next, h, err := at.Advance(light)
		if err != nil {
			t.Fatalf("from %d: %v", at.Height(), err)
		}
		at, seen[h.Height] = next, true
	}
	if !seen[33] || !seen[200] || !seen[400] || len(path) > 80 {
		t.Errorf("%d blocks, %v", len(path), seen)
	}
}

// wrongHeight answers with the block after the one asked for.
type wrongHeight struct{ chain *chain }

func (w wrongHeight) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	return w.chain.LightBlock(ctx, height+1)
}

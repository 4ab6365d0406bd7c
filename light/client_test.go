package light

import (
	"context"
	"errors"
	"strings"
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
		if wantProof(t, "future header", err); !strings.Contains(stele.HintOf(err), "clock") {
			t.Errorf("nobody thinks of the clock: %v; %q", err, stele.HintOf(err))
		}
	}
}

// hashOf is the hash of a chain's block.
func hashOf(t *testing.T, c *chain, height int64) stele.Digest {
	t.Helper()
	_, block, err := proof.TrustBlock("stele-light", c.block(height))
	if err != nil {
		t.Fatal(err)
	}
	return block.Hash
}

// TestLaw6TrustRunsOutAfterAYear: a client that followed the chain and was away for longer
// believes nothing any more on the word of who signed then, whether they validate still or
// not; it goes on from a block that somebody names. The genesis, which is compared when one
// begins, does not run out.
func TestLaw6TrustRunsOutAfterAYear(t *testing.T) {
	for what, who := range map[string]func(int64) []string{"others validate": turning(100), "the same validate": turning(1e9)} {
		c, store := newChain(t, 500, who), &cell{}
		c.every = 24 * time.Hour
		keep := func(cfg *Config) { cfg.Store = store }
		l := client(t, c, keep)
		if _, err := l.Header(t.Context(), 500); err != nil { // 500 days after the genesis
			t.Fatalf("%s: %v", what, err)
		}
		c.top = 500 + 364
		if _, err := client(t, c, func(cfg *Config) { cfg.Store = &cell{raw: store.raw} }).Header(t.Context(), 0); err != nil {
			t.Errorf("%s, within the year: %v", what, err)
		}
		c.top = 500 + 365
		for name, gone := range map[string]*Client{"a client that runs on": l, "one that is opened": client(t, c, keep)} {
			for _, height := range []int64{0, 501, 500, 3} {
				_, err := gone.Header(t.Context(), height)
				if wantProof(t, what+", "+name, err); stele.HintOf(err) == "" || !errors.Is(err, errRunOut) {
					t.Errorf("no word what to do: %v", err)
				}
			}
			_, err := gone.Take(t.Context(), c, c.block(865))
			wantProof(t, what+", "+name, err)
		}
		named := func(height int64, hash stele.Digest) func(*Config) {
			return func(cfg *Config) { keep(cfg); cfg.Start = Start{height, hash} }
		}
		wrong := hashOf(t, c, 864)
		wrong[7] ^= 1
		_, err := client(t, c, named(864, wrong)).Header(t.Context(), 0)
		wantProof(t, what+", another block than was named", err)
		_, err = client(t, c, named(499, hashOf(t, c, 499))).Header(t.Context(), 0)
		wantProof(t, what+", an older block than was followed", err)
		if _, err := client(t, c, named(864, hashOf(t, c, 864))).Header(t.Context(), 0); err != nil {
			t.Errorf("%s, from a block that somebody named: %v", what, err)
		}
		if h, err := client(t, c, keep).Header(t.Context(), 0); err != nil || h.Height != 865 {
			t.Errorf("%s, named once, for ever: %v", what, err)
		}
		if _, err := client(t, c, nil).Header(t.Context(), 0); err != nil {
			t.Errorf("%s, who begins: %v", what, err)
		}
		if _, err := client(t, c, func(cfg *Config) { cfg.Start = Start{864, wrong} }).Header(t.Context(), 0); stele.KindOf(err) != stele.KindProof {
			t.Errorf("%s, who begins with another block than was named: %v", what, err)
		}
	}
}

// TestLaw6ABlockBelowIsNoNewer: whoever has the keys of old could else show a false state
// as one of today, below the block that was followed.
func TestLaw6ABlockBelowIsNoNewer(t *testing.T) {
	c := newChain(t, 50, turning(1000))
	l := client(t, c, func(cfg *Config) { cfg.Clock = func() time.Time { return start.Add(time.Hour) } })
	if _, err := l.Header(t.Context(), 50); err != nil {
		t.Fatal(err)
	}
	late := newChain(t, 50, turning(1000))
	late.every = 3 * time.Second
	c.forged[40] = late // 120 seconds after the start; block 50 is of 50
	_, err := l.Header(t.Context(), 40)
	wantProof(t, "a later block below", err)
	if _, err := l.Header(t.Context(), 39); err != nil {
		t.Error(err)
	}
}

// TestABlockThatCameWithAnAnswerIsTaken: it is believed as one that was asked for, and
// saved where the saved one would not do as well.
func TestABlockThatCameWithAnAnswerIsTaken(t *testing.T) {
	c, store := newChain(t, 400, func(height int64) []string { return turning(1000)(max(0, 1000*(height-150))) }), &cell{}
	c.every = time.Minute
	l := client(t, c, func(cfg *Config) { cfg.Store = store })
	for _, step := range []struct {
		height int64
		saved  bool
	}{{10, true}, {40, false}, {69, false}, {70, true}, {70, false}, {30, false}, {150, true}, {151, true}} {
		before := string(store.raw)
		h, err := l.Take(t.Context(), c, c.block(step.height))
		if err != nil || h.Height != step.height || (string(store.raw) != before) != step.saved {
			t.Errorf("block %d: %v, saved: %v", step.height, err, string(store.raw) != before)
		}
	}
	if got, _ := l.Newest(); got.Height != 151 {
		t.Errorf("the newest is %d", got.Height)
	}
	_, err := l.Take(t.Context(), c, newChain(t, 400, func(int64) []string { return []string{"x", "y"} }).block(300))
	wantProof(t, "strangers' block", err)
	_, err = l.Take(t.Context(), c, nil)
	wantProof(t, "none", err)
}

// wrongHeight answers with the block after the one asked for.
type wrongHeight struct{ chain *chain }

func (w wrongHeight) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	return w.chain.LightBlock(ctx, height+1)
}

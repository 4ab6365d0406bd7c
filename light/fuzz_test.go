package light

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// one answers every question with the same block.
type one struct{ block *wire.LightBlock }

func (o one) LightBlock(context.Context, int64) (*wire.LightBlock, error) { return o.block, nil }

// FuzzLight starts a client from a stored block of a stranger's making, and has a
// source answer with it. Only the chain's own block is believed from a source.
func FuzzLight(f *testing.F) {
	c := newChain(f, 9, turning(100))
	good := c.block(7)
	f.Add(wire.Marshal(good))
	f.Add(wire.Marshal(c.block(9)))
	f.Add([]byte{})
	genesis := c.genesis()
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := New(Config{Genesis: genesis, Store: &cell{raw: raw}, Clock: func() time.Time { return c.time(9) }}); err != nil && stele.KindOf(err) != stele.KindProof {
			t.Fatalf("a stored block is refused as %v: %v", stele.KindOf(err), err)
		}
		block := new(wire.LightBlock)
		if wire.Decode(raw, block) != nil {
			return
		}
		client, err := New(Config{Genesis: genesis, Source: one{block}, Clock: func() time.Time { return c.time(9) }})
		if err != nil {
			t.Fatal(err)
		}
		h, err := client.Header(context.Background(), 7)
		switch {
		case err == nil && (h.Height != 7 || string(block.SignedHeader) != string(good.SignedHeader)):
			t.Fatal("a header is believed that nobody signed")
		case err != nil && stele.KindOf(err) != stele.KindProof:
			t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
		}
	})
}

package cli

import (
	"context"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/wire"
)

// Headers is a member as a source of headers.
type Headers struct{ Ledger api.Ledger }

// LightBlock returns the header of a height, unchecked.
func (h Headers) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	return api.Direct{Ledger: h.Ledger}.Light(ctx, height)
}

// asked is how long a member may take to show the consortium's log.
const asked = 5 * time.Second

// Consortium is who runs the network now, and whose credentials count: by the consortium's own log, which is public and
// takes no wallet, as the member shows it who is furthest, checked from the home's genesis on. It fails with the last
// member's error where none shows it.
func (f *Face) Consortium(ctx context.Context) (run *wire.Consortium, err error) {
	network, err := f.Network()
	if err != nil {
		return nil, err
	}
	begin, err := f.Begin()
	if err != nil {
		return nil, err
	}
	nodes, err := f.Nodes("")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, asked)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	var failed error
	told := int64(-1)
	for _, n := range nodes {
		all.Go(func() {
			shown, height, err := shownBy(ctx, n, light.Config{Genesis: network.Genesis, Clock: time.Now, Start: begin})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = err
			case height > told:
				run, told = shown, height
			}
		})
	}
	if all.Wait(); run == nil {
		return nil, stele.E("read consortium", stele.KindOf(failed), "no member shows whom the members have admitted", failed).
			WithHint("is the network running? stele ledger status tells of each member")
	}
	return run, nil
}

// shownBy is who runs the network by the log that one member shows, and up to which height it tells.
func shownBy(ctx context.Context, n Node, c light.Config) (*wire.Consortium, int64, error) {
	client, err := n.Dial()
	if err != nil {
		return nil, 0, err
	}
	defer client.Close()
	c.Source = Headers{client.Ledger}
	follower, err := light.New(c)
	if err != nil {
		return nil, 0, err
	}
	history, height, err := follower.Consortium(ctx, api.Direct{Ledger: client.Ledger}.Consortium)
	return history.Now(), height, err
}

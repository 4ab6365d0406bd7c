package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/loopback"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/wire"
)

// validators are consensus nodes over real sockets and real folders, each with
// a verifier and a ledger of its own, configured as a member configures them.
type validators struct {
	folder string
	chain  string
	nodes  []*chain.Node
	stops  []func()
}

// application makes the state machine of a node.
type application func(folder string, check ledger.CheckSignatures) (app chain.Application, stop func(), err error)

// realLedger is what a member runs.
func realLedger(folder string, check ledger.CheckSignatures) (chain.Application, func(), error) {
	s, err := store.Open(filepath.Join(folder, "ledger"), vfs.Default, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	l, err := contract.Open(s, check)
	if err != nil {
		return nil, nil, err
	}
	return l, func() { l.Close(); _ = s.Close() }, nil
}

// startValidators founds a network of n and waits for its first block.
func startValidators(ctx context.Context, folder string, n int, with application) (_ *validators, err error) {
	v := &validators{folder: folder, chain: "bench-" + stele.NewID().Short()}
	defer func() {
		if err != nil {
			v.stop()
		}
	}()
	g := &wire.Genesis{Chain: v.chain, TimeMs: time.Now().UnixMilli(), Committee: &wire.Committee{
		Suite: wire.SuiteCommittee, Epoch: 1, Threshold: uint32(2*n/3 + 1), Key: random(32),
	}}
	ports, err := loopback.Ports(n, 0)
	if err != nil {
		return nil, err
	}
	configs := make([]chain.Config, n)
	var votes []chain.Validator
	for i := range configs {
		signer, document := wire.NewEd25519(), wire.Marshal(&wire.KeyDocument{
			Devices: []*wire.Device{{Signing: wire.NewEd25519().Public()}}, Salt: random(16),
		})
		configs[i] = chain.Config{
			Folder: filepath.Join(folder, fmt.Sprint(i), "chain"), Validator: chain.Seed(random(32)), Identity: chain.Seed(random(32)),
			Listen: loopback.Address(ports[i]), Member: stele.SubjectOf(document), Signer: signer, Log: slog.New(slog.DiscardHandler),
		}
		key := chain.ValidatorKey(configs[i].Validator)
		votes = append(votes, chain.Validator{Key: key, Power: 10})
		g.Committee.Shares = append(g.Committee.Shares, random(32))
		g.Members = append(g.Members, &wire.Member{
			KeyDocument: document, Kind: "hospital", Node: signer.Public(), Trustee: wire.NewEd25519().Public(),
			Share: uint32(i + 1), Validator: key, Power: 10,
		})
	}
	genesis, err := chain.Genesis(v.chain, time.UnixMilli(g.TimeMs), votes, wire.Marshal(g))
	if err != nil {
		return nil, err
	}
	for i := range configs {
		c := &configs[i]
		c.Genesis = genesis
		for j, other := range configs {
			if j != i {
				c.Peers = append(c.Peers, chain.Peer(other.Identity, other.Listen))
			}
		}
		c.Verifier = chain.NewVerifier(chain.DefaultMemory)
		app, stop, err := with(filepath.Join(folder, fmt.Sprint(i)), c.Verifier.Check)
		if err != nil {
			return nil, err
		}
		v.stops = append(v.stops, stop)
		c.App = app
		node, err := chain.Start(ctx, *c)
		if err != nil {
			return nil, err
		}
		v.nodes = append(v.nodes, node)
		v.stops = append(v.stops, func() { _ = node.Stop() })
	}
	for _, node := range v.nodes {
		if _, err := node.Wait(ctx, 1); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *validators) stop() {
	for i := len(v.stops) - 1; i >= 0; i-- {
		v.stops[i]()
	}
	v.stops = nil
}

// inFlight is how many transactions wait for their verdicts at once, over all
// nodes: what several thousand clients of a busy network do.
const inFlight = 6000

// submit puts all transactions on the ledger, spread over the nodes, and
// returns when each has its verdict, durably. Any refusal is an error.
func (v *validators) submit(ctx context.Context, txs [][]byte) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for w := range min(inFlight, len(txs)) {
		wait.Go(func() {
			node := v.nodes[w%len(v.nodes)]
			for {
				i := int(next.Add(1)) - 1
				if i >= len(txs) || ctx.Err() != nil {
					return
				}
				if _, err := node.Submit(ctx, txs[i]); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					next.Store(int64(len(txs)))
					return
				}
			}
		})
	}
	wait.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

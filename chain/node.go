package chain

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	cometconfig "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	cometstate "github.com/cometbft/cometbft/state"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
)

// Node is a running consensus node. Its methods are safe for concurrent use.
type Node struct {
	config   Config
	chain    string
	log      *slog.Logger
	verifier *Verifier

	engine     *engine
	signer     *signer
	validators cometstate.Store
	disk       *disk
	evidence   comet.EvidenceParams
	clients    *connections
	abci       *engineSide
	quiet      *atomic.Bool
	peers      atomic.Pointer[[]string] // the other members' nodes, see Meet

	feed     *feed
	counter  *counter
	counts   *counts
	ingress  chan *ticket // submitted, not yet checked
	admitted chan *ticket // checked, not yet in a parcel

	stop     chan struct{}
	stopOnce sync.Once
	stopErr  error
	running  sync.WaitGroup

	failure atomic.Pointer[string]
	failed  chan struct{}
}

var _ stele.Submitter = (*Node)(nil)

// Start opens a node: it replays what the application missed, listens for peers
// and takes part in consensus. ctx bounds the start only; the node runs until
// Stop. It fails with KindInvalid when the configuration can't work and with
// KindOther when the folder, the port or the replay fail.
func Start(ctx context.Context, config Config) (_ *Node, err error) {
	const op = "start chain"
	if err := config.check(); err != nil {
		return nil, err
	}
	doc, err := readGenesis(config.Genesis)
	if err != nil {
		return nil, err
	}
	if wait := time.Until(doc.GenesisTime); wait > 10*time.Second {
		return nil, stele.E(op, stele.KindInvalid, sprint("the genesis lies %s in the future", wait.Round(time.Second)), nil).
			WithHint("check this machine's clock")
	}
	n := newNode(config, doc.ChainID)
	n.evidence = doc.ConsensusParams.Evidence
	defer func() {
		if r := recover(); r != nil { // the engine panics when a replay gives another app hash
			err = stele.E(op, stele.KindOther, "the engine refuses to go on from what is stored", fmt.Errorf("%v", r)).
				WithHint("chain and ledger in the folder do not belong together, or one of them is damaged; keep a copy, and take both from the others: stele member restore")
		}
		if err != nil {
			_ = n.Stop()
		}
	}()
	if err := n.open(ctx, doc); err != nil {
		return nil, err
	}
	if err := n.engine.start(); err != nil {
		return nil, fault(op, "the engine does not start", err)
	}
	n.work()
	return n, nil
}

func newNode(config Config, chain string) *Node {
	n := &Node{
		config: config, chain: chain, log: config.Log, verifier: config.Verifier,
		quiet: new(atomic.Bool), feed: newFeed(), counter: newCounter(), counts: new(counts),
		ingress: make(chan *ticket, maxWaiting), admitted: make(chan *ticket, maxWaiting),
		stop: make(chan struct{}), failed: make(chan struct{}),
	}
	n.Meet(config.Peers)
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.disk = newDisk(n.log)
	if n.verifier == nil {
		n.verifier = NewVerifier(DefaultMemory)
	}
	n.abci = &engineSide{
		app: config.App, verifier: n.verifier, log: n.log, warm: make(chan []byte, 256),
		decided: n.decided, halted: n.halt, counts: n.counts, retain: n.retain,
	}
	n.clients = &connections{ClientCreator: proxy.NewConnSyncLocalClientCreator(n.abci)}
	return n
}

// open builds the engine, which replays on the way.
func (n *Node) open(ctx context.Context, doc *comet.GenesisDoc) (err error) {
	const op = "start chain"
	data := filepath.Join(n.config.Folder, cometconfig.DefaultDataDir)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fault(op, "can't make the folder", err)
	}
	n.signer, err = openSigner(n.config.Validator, filepath.Join(data, cometconfig.DefaultPrivValStateName))
	if err != nil {
		return err
	}
	if h := n.signer.hush; h != nil {
		if h.while = cmp.Or(n.config.silence, silence); len(doc.Validators) == 1 || time.Since(doc.GenesisTime) < h.while {
			n.signer.hush = nil // nobody could be contradicted, or there is nothing to remember yet
		}
	}
	if err := n.signer.keepMark(n.config.Mark); err != nil {
		return err
	}
	if len(doc.Validators) == 1 {
		n.signer.mark.silent = false // nobody could be contradicted
	}
	settings := n.config.engine(len(doc.Validators))
	if err := settings.ValidateBasic(); err != nil {
		return stele.E(op, stele.KindInvalid, "the engine's configuration", err)
	}
	if err := n.disk.rearm(settings); err != nil {
		return fault(op, "the engine's databases can't be read", err)
	}
	n.engine, err = newEngine(ctx, parts{
		config: settings, signer: n.signer, key: &p2p.NodeKey{PrivKey: private(n.config.Identity)}, clients: n.clients, genesis: doc,
		disk: func(id string) (dbm.DB, error) {
			return n.disk.provide(&cometconfig.DBContext{ID: id, Config: settings})
		},
		peers: n.config.peerIDs(), known: func(id p2p.ID) bool { return n.others()[id] != "" }, log: &logger{to: n.log, quiet: n.quiet, halted: n.halt},
	})
	if err != nil {
		return fault(op, "the engine does not open", err)
	}
	if got := n.engine.genesis.ChainID; got != n.chain {
		return stele.E(op, stele.KindInvalid, "the folder belongs to another network", nil).
			WithHint("choose another folder, or the genesis that the folder was made with")
	}
	n.validators = n.engine.states
	height, _, err := n.config.App.Position()
	if err != nil {
		return err
	}
	if meta := n.engine.blocks.LoadBlockMeta(height); meta != nil {
		n.feed.start(stele.Block{Height: height, Time: meta.Header.Time.UTC().Truncate(time.Millisecond)})
	} else if state, err := n.validators.Load(); err == nil && height > 0 && state.LastBlockHeight == height { // restored, no block yet
		n.feed.start(stele.Block{Height: height, Time: state.LastBlockTime.UTC().Truncate(time.Millisecond)})
	}
	return nil
}

// work starts the node's own goroutines.
func (n *Node) work() {
	for range workers() {
		n.running.Go(n.admit)
	}
	n.running.Go(n.pack)
	n.running.Go(n.pulse)
	n.running.Go(n.meet)
	n.running.Go(n.warm)
	n.running.Go(n.breakSilence)
}

// warm checks signatures ahead of the block that will hold them.
func (n *Node) warm() {
	for {
		select {
		case <-n.stop:
			return
		case parcel := <-n.abci.warm:
			n.verifier.Prefetch([][]byte{parcel})
		}
	}
}

// decided tells of a block that is durable. The block is the newest before anybody has a
// verdict from it: who has one asks for its header at once.
func (n *Node) decided(parcels [][]byte, e Event) {
	n.counts.verdicts(e.Executed.Verdicts)
	n.feed.publish(e)
	n.counter.decided(parcels, e)
}

// Stop leaves consensus and releases ports, files and goroutines. What was
// submitted and has no verdict yet is answered with KindUnreachable. Calling it
// again does nothing. The folder can be started again afterwards. (The engine
// itself leaves two sleeping goroutines of its log file behind at each stop.)
func (n *Node) Stop() error {
	n.stopOnce.Do(func() {
		n.quiet.Store(true)
		close(n.stop)
		n.counter.close()
		n.running.Wait()
		if n.engine != nil {
			if err := n.engine.stop(); err != nil {
				n.stopErr = fault("stop chain", "the engine does not stop", err)
			}
		}
		n.clients.close()
		n.feed.close()
		if err := n.disk.close(); err != nil && n.stopErr == nil {
			n.stopErr = fault("stop chain", "a database does not close", err)
		}
	})
	return n.stopErr
}

// diskFull reports whether there was no room for one of the engine's own files.
func diskFull(reason string) bool { return strings.Contains(reason, syscall.ENOSPC.Error()) }

// halt notes that consensus has failed on this node for good.
func (n *Node) halt(reason string) {
	if strings.Contains(reason, "too far in the future") {
		reason = sprint("this machine's clock is more than %s behind the other validators': ", tolerance) + reason
	}
	if diskFull(reason) {
		reason = "the disk of " + n.config.Folder + " is full"
	}
	if n.failure.CompareAndSwap(nil, &reason) {
		close(n.failed)
		n.counter.close() // no verdict will come
	}
}

// Failed returns why consensus has failed on this node for good, or "" while it
// runs. A node that failed answers readers from the block it has; it needs a
// restart, and if that fails too, a person.
func (n *Node) Failed() string {
	if reason := n.failure.Load(); reason != nil {
		return *reason
	}
	return ""
}

// Halted returns a channel that is closed when consensus fails on this node.
func (n *Node) Halted() <-chan struct{} { return n.failed }

// Chain returns the network's chain id.
func (n *Node) Chain() string { return n.chain }

package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/blocksync"
	cometconfig "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/evidence"
	cometjson "github.com/cometbft/cometbft/libs/json"
	cometlog "github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	cometstate "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	comet "github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

// engine is CometBFT's parts, put together as its own package node does (v0.38, NewNode and
// OnStart), without what is never used here; see doc.go.
type engine struct {
	genesis *comet.GenesisDoc // of the folder's first start
	blocks  *store.BlockStore
	states  cometstate.Store
	bus     *comet.EventBus
	pool    *mempool.CListMempool
	votes   *consensus.State
	reactor *consensus.Reactor

	key       *p2p.NodeKey
	listen    string
	transport *p2p.MultiplexTransport
	sw        *p2p.Switch
}

// parts is what an engine is made of.
type parts struct {
	config  *cometconfig.Config
	signer  *signer
	key     *p2p.NodeKey
	clients proxy.ClientCreator
	genesis *comet.GenesisDoc // for a folder that has none
	disk    func(id string) (dbm.DB, error)
	peers   []string             // ids of the other members' nodes when it starts
	known   func(id p2p.ID) bool // whether a node is another member's now; no other may connect
	log     cometlog.Logger
}

// newEngine opens the databases and has the application replay what it missed. Nothing runs
// afterwards but the bus of events.
func newEngine(ctx context.Context, p parts) (*engine, error) {
	e := &engine{key: p.key, listen: p.config.P2P.ListenAddress, bus: comet.NewEventBus()}
	e.bus.SetLogger(p.log.With("module", "events"))
	if err := e.bus.Start(); err != nil {
		return nil, err
	}
	made := false
	defer func() { // also when a replay panics
		if !made {
			_ = e.bus.Stop() // it runs
		}
	}()
	apps := proxy.NewAppConns(p.clients, proxy.NopMetrics())
	apps.SetLogger(p.log.With("module", "proxy"))
	if err := apps.Start(); err != nil {
		return nil, err
	}
	state, found, err := e.open(ctx, p, apps)
	if err == nil {
		err = e.wire(p, apps, state, found)
	}
	if err != nil {
		return nil, err
	}
	made = true
	return e, nil
}

// open opens the databases and holds the application to them.
func (e *engine) open(ctx context.Context, p parts, apps proxy.AppConns) (state cometstate.State, found *evidence.Pool, err error) {
	blocks, err := p.disk("blockstore")
	if err != nil {
		return state, nil, err
	}
	states, err := p.disk("state")
	if err != nil {
		return state, nil, err
	}
	evidences, err := p.disk("evidence")
	if err != nil {
		return state, nil, err
	}
	if e.genesis, err = keptGenesis(states, p.genesis); err != nil {
		return state, nil, err
	}
	e.blocks = store.NewBlockStore(blocks)
	e.states = cometstate.NewStore(states, cometstate.StoreOptions{DiscardABCIResponses: p.config.Storage.DiscardABCIResponses})
	if state, err = e.states.LoadFromDBOrGenesisDoc(e.genesis); err != nil {
		return state, nil, err
	}
	replay := consensus.NewHandshaker(e.states, state, e.blocks, e.genesis)
	replay.SetLogger(p.log.With("module", "consensus"))
	replay.SetEventBus(e.bus)
	if err := replay.HandshakeWithContext(ctx, apps); err != nil {
		return state, nil, fmt.Errorf("replay: %w", err)
	}
	if state, err = e.states.Load(); err != nil { // the replay has changed it
		return state, nil, err
	}
	found, err = evidence.NewPool(evidences, e.states, e.blocks)
	return state, found, err
}

var genesisKey = []byte("genesisDoc")

// keptGenesis returns the genesis that a folder was made with; the first one is kept.
func keptGenesis(states dbm.DB, doc *comet.GenesisDoc) (*comet.GenesisDoc, error) {
	raw, err := states.Get(genesisKey)
	if err != nil {
		return nil, err
	}
	if len(raw) > 0 {
		kept := new(comet.GenesisDoc)
		return kept, cometjson.Unmarshal(raw, kept)
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, err
	}
	if raw, err = cometjson.Marshal(doc); err != nil {
		return nil, err
	}
	return doc, states.SetSync(genesisKey, raw)
}

// wire puts together what executes blocks, what agrees on them, and what carries both to
// other nodes.
func (e *engine) wire(p parts, apps proxy.AppConns, state cometstate.State, found *evidence.Pool) error {
	logs := func(module string) cometlog.Logger { return p.log.With("module", module) }
	own, err := p.signer.GetPubKey()
	if err != nil {
		return err
	}
	e.pool = mempool.NewCListMempool(p.config.Mempool, apps.Mempool(), state.LastBlockHeight,
		mempool.WithPreCheck(cometstate.TxPreCheck(state)), mempool.WithPostCheck(cometstate.TxPostCheck(state)))
	e.pool.SetLogger(logs("mempool"))
	if p.config.Consensus.WaitForTxs() {
		e.pool.EnableTxsAvailable()
	}
	executor := cometstate.NewBlockExecutor(e.states, logs("state"), apps.Consensus(), e.pool, found, e.blocks,
		cometstate.BlockExecutorWithBlockTimeTolerance(p.config.Consensus.BlockTimeTolerance))
	restored, err := e.restored()
	if err != nil {
		return err
	}
	behind := !alone(state, own.Address()) // fetch blocks first: others may be ahead
	e.votes = consensus.NewState(p.config.Consensus, state.Copy(), executor, e.blocks, e.pool, found, consensus.OfflineStateSyncHeight(restored))
	e.votes.SetLogger(logs("consensus"))
	e.votes.SetPrivValidator(p.signer)
	e.reactor = consensus.NewReactor(e.votes, behind)
	e.reactor.SetEventBus(e.bus)
	if err := e.states.SetOfflineStateSyncHeight(0); err != nil {
		return err
	}
	if err := e.connect(p, state); err != nil {
		return err
	}
	add := func(name, module string, r p2p.Reactor) {
		r.SetLogger(logs(module))
		e.sw.AddReactor(name, r)
	}
	add("MEMPOOL", "mempool", mempool.NewReactor(p.config.Mempool, e.pool))
	add("BLOCKSYNC", "blocksync", blocksync.NewReactorWithAddr(state.Copy(), executor, e.blocks, behind, own.Address(), blocksync.NopMetrics(), restored))
	add("CONSENSUS", "consensus", e.reactor)
	add("EVIDENCE", "evidence", evidence.NewReactor(found))
	return nil
}

// restored is the height at which a snapshot stood that the databases were made of, 0 once
// there are blocks.
func (e *engine) restored() (int64, error) {
	if e.blocks.Height() > 0 {
		return 0, nil
	}
	height, err := e.states.GetOfflineStateSyncHeight()
	if err != nil && err.Error() == "value empty" {
		return 0, nil
	}
	return height, err
}

// alone reports whether nobody else votes.
func alone(state cometstate.State, own []byte) bool {
	address, _ := state.Validators.GetByIndex(0)
	return state.Validators.Size() == 1 && bytes.Equal(address, own)
}

// connect makes the connections to other nodes, of which none opens before Start.
func (e *engine) connect(p parts, state cometstate.State) error {
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, state.Version.Consensus.Block, state.Version.Consensus.App),
		DefaultNodeID:   p.key.ID(), ListenAddr: p.config.P2P.ExternalAddress, Network: e.genesis.ChainID,
		Version: version.TMCoreSemVer, Moniker: p.config.Moniker, Other: p2p.DefaultNodeInfoOther{TxIndex: "off"},
		Channels: []byte{
			blocksync.BlocksyncChannel, mempool.MempoolChannel, evidence.EvidenceChannel,
			consensus.StateChannel, consensus.DataChannel, consensus.VoteChannel, consensus.VoteSetBitsChannel,
		},
	}
	if info.ListenAddr == "" {
		info.ListenAddr = e.listen
	}
	if err := info.Validate(); err != nil {
		return err
	}
	e.transport = p2p.NewMultiplexTransport(info, *p.key, p2p.MConnConfig(p.config.P2P))
	p2p.MultiplexTransportMaxIncomingConnections(p.config.P2P.MaxNumInboundPeers + len(p.peers))(e.transport)
	e.sw = p2p.NewSwitch(p.config.P2P, e.transport, p2p.SwitchPeerFilters(func(_ p2p.IPeerSet, peer p2p.Peer) error {
		if !p.known(peer.ID()) {
			return errStranger
		}
		return nil
	}))
	e.sw.SetLogger(p.log.With("module", "p2p"))
	e.sw.SetNodeInfo(info)
	e.sw.SetNodeKey(p.key)
	e.sw.SetAddrBook(noBook{})
	return e.sw.AddUnconditionalPeerIDs(p.peers)
}

// start listens for peers and takes part in consensus.
func (e *engine) start() error {
	time.Sleep(time.Until(e.genesis.GenesisTime)) // a clock may be a little behind
	address, err := p2p.NewNetAddressString(p2p.IDAddressString(e.key.ID(), e.listen))
	if err != nil {
		return err
	}
	if err := e.transport.Listen(*address); err != nil {
		return err
	}
	return e.sw.Start()
}

// stop ends what runs, in the order in which CometBFT does. The databases are the disk's
// to close.
func (e *engine) stop() error {
	err := e.bus.Stop()
	if e.sw.IsRunning() {
		err = errors.Join(err, e.sw.Stop())
	}
	return errors.Join(err, e.transport.Close())
}

package chain

import (
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	cometconfig "github.com/cometbft/cometbft/config"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Limits of what goes to consensus.
const (
	maxBlock   = 4 << 20  // bytes of a block
	maxMempool = 64 << 20 // bytes waiting for a block

	// tolerance is how far a block's time may lie ahead of this machine's
	// clock. A node whose clock is slower than that cannot follow, and halts.
	tolerance = 10 * time.Second

	// Heartbeat is how often a block comes when nobody writes, so that block
	// time does not stand still.
	Heartbeat = 10 * time.Second
)

// Seed is the secret that a key is derived from. It prints as [redacted].
type Seed [32]byte

// String returns "[redacted]".
func (Seed) String() string { return "[redacted]" }

// GoString returns "[redacted]".
func (Seed) GoString() string { return "[redacted]" }

// Profile is the timing of consensus. All validators of a network should use
// the same one.
type Profile uint8

// The profiles. The zero value chooses Single for one validator, else LAN.
const (
	Auto   Profile = iota
	Single         // one validator
	LAN            // validators within a few milliseconds of each other
	WAN            // validators anywhere
)

// Config is what a node needs. All but External, Peers, Keep, Verifier, Log and
// Profile must be set.
type Config struct {
	Folder    string   // belongs to the node alone; made if missing
	Mark      string   // a file outside Folder, for the newest height that was signed, see mark; empty: none
	Genesis   []byte   // the network's genesis document, see Genesis
	Validator Seed     // of the consensus key
	Identity  Seed     // of the key that peers know this node by
	Listen    string   // host:port for peers
	External  string   // host:port that peers are told; Listen if empty
	Peers     []string // the other members' nodes, "id@host:port", see Peer; no others may connect

	Keep int64 // blocks below the newest that are kept, see DefaultKeep; 0: all

	Member stele.Subject // whose parcels this node makes
	Signer wire.Signer   // the member's node key

	App      Application
	Verifier *Verifier    // shared with App, so that signatures are checked once; a fresh one if nil
	Log      *slog.Logger // warnings and errors of the engine; discarded if nil
	Profile  Profile

	ahead   time.Duration // how far this machine's clock is ahead; tests alone set it
	silence time.Duration // of a validator without memory; 0: half a minute; tests alone set it
}

// check fails with KindInvalid when something is missing or can't work.
func (c *Config) check() error {
	bad := func(text string) error { return stele.E("start chain", stele.KindInvalid, text, nil) }
	switch {
	case c.Folder == "":
		return bad("no folder")
	case c.App == nil:
		return bad("no application")
	case c.Signer == nil || c.Member.IsZero():
		return bad("no member to sign parcels")
	case c.Keep < 0 || c.Keep > 0 && c.Keep < minKeep:
		return bad(sprint("a node keeps all blocks (0) or at least %d", minKeep))
	case c.Validator == Seed{} || c.Identity == Seed{}:
		return bad("no keys")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return bad("the listen address is not host:port")
	}
	for _, p := range c.Peers {
		if !strings.Contains(p, "@") {
			return bad("a peer is not id@host:port")
		}
	}
	return nil
}

// engine returns CometBFT's configuration for a network of n validators.
func (c *Config) engine(validators int) *cometconfig.Config {
	e := cometconfig.DefaultConfig().SetRoot(c.Folder)
	e.Moniker = c.Member.Short()
	e.DBBackend = "" // databases come from disk.open
	e.RPC.ListenAddress, e.RPC.GRPCListenAddress, e.RPC.PprofListenAddress = "", "", ""
	e.Instrumentation.Prometheus = false
	e.TxIndex.Indexer = "null"
	e.Storage.DiscardABCIResponses = true // the newest is kept for the handshake all the same
	e.FilterPeers = true

	e.P2P.ListenAddress = "tcp://" + c.Listen
	if strings.HasPrefix(c.Listen, ":") { // every address; the engine wants one that it can parse
		e.P2P.ListenAddress = "tcp://0.0.0.0" + c.Listen
	}
	if c.External != "" {
		e.P2P.ExternalAddress = "tcp://" + c.External
	}
	e.P2P.UnconditionalPeerIDs = strings.Join(c.peerIDs(), ",")
	e.P2P.AddrBook = filepath.Join("data", "addrbook.json")
	e.P2P.PexReactor = false
	e.P2P.AddrBookStrict = false // members may sit in private networks, and tests on loopback
	e.P2P.AllowDuplicateIP = true
	e.P2P.FlushThrottleTimeout = time.Millisecond
	e.P2P.MaxPacketMsgPayloadSize = 16 << 10
	e.P2P.SendRate, e.P2P.RecvRate = 50<<20, 50<<20

	e.Mempool.Type = cometconfig.MempoolTypeFlood
	e.Mempool.Size = 20_000
	e.Mempool.CacheSize = 20_000 // parcels; some minutes of a busy network, and 350 bytes each at once
	e.Mempool.MaxTxBytes = stele.MaxParcel
	e.Mempool.MaxTxsBytes = maxMempool
	e.Mempool.Recheck = true

	e.Consensus.CreateEmptyBlocks = false
	e.Consensus.CreateEmptyBlocksInterval = Heartbeat
	e.Consensus.PeerGossipSleepDuration = 5 * time.Millisecond
	e.Consensus.BlockTimeTolerance = tolerance + c.ahead
	e.Consensus.DoubleSignCheckHeight = 0 // signer.go watches instead
	c.timing(e.Consensus, validators)
	return e
}

// peerIDs returns the ids of the other members' nodes.
func (c *Config) peerIDs() []string {
	ids := make([]string, len(c.Peers))
	for i, p := range c.Peers {
		ids[i], _, _ = strings.Cut(p, "@")
	}
	return ids
}

// timing sets the timeouts. Each round that fails lengthens them, so a profile
// that is too eager costs rounds, not liveness.
func (c *Config) timing(t *cometconfig.ConsensusConfig, validators int) {
	profile := c.Profile
	if profile == Auto && validators == 1 {
		profile = Single
	}
	switch profile {
	case Single:
		t.TimeoutCommit, t.SkipTimeoutCommit = 0, true
		t.TimeoutPropose, t.TimeoutPrevote, t.TimeoutPrecommit = time.Second, time.Second, time.Second
	case WAN:
		t.TimeoutCommit = 300 * time.Millisecond
		t.TimeoutPropose, t.TimeoutPrevote, t.TimeoutPrecommit = 3*time.Second, time.Second, time.Second
	default:
		t.TimeoutCommit = 10 * time.Millisecond
		t.TimeoutPropose, t.TimeoutPrevote, t.TimeoutPrecommit = 600*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	}
	t.TimeoutProposeDelta, t.TimeoutPrevoteDelta, t.TimeoutPrecommitDelta = t.TimeoutPropose/2, t.TimeoutPrevote/2, t.TimeoutPrecommit/2
}

// workers is how many goroutines check signatures.
func workers() int { return max(2, runtime.GOMAXPROCS(0)) }

func fault(op, text string, err error) error { return stele.E(op, stele.KindOther, text, err) }

func unreachable(op, text string, err error) error {
	return stele.E(op, stele.KindUnreachable, text, err).
		WithHint("nothing is known of the outcome; sending the same bytes again, here or through another member, is safe")
}

func sprint(format string, args ...any) string { return fmt.Sprintf(format, args...) }

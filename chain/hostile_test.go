package chain

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/p2p"
	bcproto "github.com/cometbft/cometbft/proto/tendermint/blocksync"
	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/proxy"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// bent starts a member whose node is changed before it runs. Everything else of
// it is real: the engine, the sockets, the keys.
func (m *member) bent(bend func(*Node), opened func(*Node)) {
	m.net.t.Helper()
	if err := os.MkdirAll(m.folder, 0o700); err != nil {
		m.net.t.Fatal(err)
	}
	v := NewVerifier(10_000)
	m.app = openTally(m.net.t, m.folder, v.Check)
	m.config.App, m.config.Verifier = m.app, v
	doc, err := readGenesis(m.config.Genesis)
	if err != nil {
		m.net.t.Fatal(err)
	}
	m.logs()
	m.node = newNode(m.config, doc.ChainID)
	if bend != nil {
		bend(m.node)
	}
	if err := m.node.open(m.net.t.Context(), doc); err != nil {
		m.net.t.Fatal(err)
	}
	if opened != nil {
		opened(m.node)
	}
	if err := m.node.engine.start(); err != nil {
		m.net.t.Fatal(err)
	}
	m.node.work()
}

// liar is the engine's side of a member that proposes what it likes, agrees to
// everything, and takes every parcel.
type liar struct {
	*engineSide
	nonsense [][]byte
	proposed atomic.Int64
}

func (l *liar) PrepareProposal(_ context.Context, r *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	n := l.proposed.Add(1)
	return &abci.ResponsePrepareProposal{Txs: append([][]byte{l.nonsense[int(n)%len(l.nonsense)]}, r.Txs...)}, nil
}

func (*liar) ProcessProposal(context.Context, *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

func (*liar) CheckTx(context.Context, *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	return &abci.ResponseCheckTx{}, nil
}

// nonsense is parcels that no honest node makes.
func (n *network) nonsense(m *member) [][]byte {
	maker := func(change func(*Config), chain string) *Node {
		node := &Node{config: m.config, chain: chain}
		change(&node.config)
		return node
	}
	ours := func(*Config) {}
	tampered := maker(ours, n.chain).parcel([]*ticket{{raw: n.tx("ok")}})
	tampered[len(tampered)/2] ^= 1
	return [][]byte{
		[]byte("noise"),
		tampered,
		// A stranger's, in a member's name and in its own, around a true transaction.
		maker(func(c *Config) { c.Signer = wire.NewEd25519() }, n.chain).parcel([]*ticket{{raw: n.tx("ok")}}),
		maker(func(c *Config) {
			c.Signer, c.Member = wire.NewEd25519(), stele.SubjectOf([]byte("a stranger"))
		}, n.chain).parcel([]*ticket{{raw: n.tx("ok")}}),
		maker(ours, "elsewhere").parcel([]*ticket{{raw: n.tx("ok")}}),
		maker(ours, n.chain).parcel([]*ticket{{raw: make([]byte, stele.MaxParcel)}}),
		{},
	}
}

// unspoiled looks through all blocks of a node for parcels that no honest node
// would take, and returns how many blocks took more than one round.
func (n *network) unspoiled(m *member) (blocks, late int) {
	n.t.Helper()
	for h := int64(1); h <= m.node.Newest().Height; h++ {
		block := m.node.engine.blocks.LoadBlock(h)
		for _, tx := range block.Txs {
			if err := m.node.abci.check(tx); err != nil {
				n.t.Errorf("block %d holds a parcel that is not a member's: %v", h, err)
			}
		}
		if c := m.node.engine.blocks.LoadSeenCommit(h); c != nil && c.Round > 0 {
			late++
		} else if c := m.node.engine.blocks.LoadBlockCommit(h); c != nil && c.Round > 0 {
			late++
		}
		blocks++
	}
	return blocks, late
}

// One validator of four proposes nonsense whenever it is its turn and votes for
// everything: the others vote against, the next proposer goes on, and what is
// submitted, through the liar too, is decided all the same.
func TestLaw8ValidatorThatProposesNonsenseCostsRoundsOnly(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	bad := net.members[3]
	l := &liar{nonsense: net.nonsense(bad)}
	bad.bent(func(n *Node) {
		l.engineSide = n.abci
		n.clients = &connections{ClientCreator: proxy.NewConnSyncLocalClientCreator(l)}
	}, nil)
	for _, m := range net.members[:3] {
		m.start()
	}
	for _, m := range net.members {
		m.wait(1)
	}
	var slowest time.Duration
	var last int64
	const all = 44 // so that the liar's turn comes for every kind of nonsense
	for i := range all {
		began := time.Now()
		last = net.members[i%4].must(net.tx("ok")).Height
		slowest = max(slowest, time.Since(began))
	}
	net.members[0].wait(last)
	if n := len(net.members[0].app.now().Order); n < all {
		t.Errorf("%d transactions counted, want %d", n, all)
	}
	blocks, late := net.unspoiled(net.members[0])
	t.Logf("%d proposals of nonsense, %d blocks, %d of them after a failed round, slowest answer %v", l.proposed.Load(), blocks, late, slowest.Round(time.Millisecond))
	if l.proposed.Load() < int64(len(l.nonsense)) || late == 0 {
		t.Errorf("the liar proposed %d times, %d blocks took a second round", l.proposed.Load(), late)
	}
	net.agree(net.members[0].node.Newest().Height)
}

// One member's node pours nonsense into its mempool, which gossips it to the
// others: strangers' parcels around true transactions, tampered ones, noise. None
// is kept, none reaches a block, nothing of it counts. A node that sends what no
// honest one could is cut off by its peers; the others go on.
func TestLaw8FloodOfForeignParcelsReachesNoBlock(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	bad := net.members[3]
	l := &liar{nonsense: [][]byte{nil}}
	bad.bent(func(n *Node) {
		l.engineSide = n.abci
		n.clients = &connections{ClientCreator: proxy.NewConnSyncLocalClientCreator(quietLiar{l})}
	}, nil)
	for _, m := range net.members[:3] {
		m.start()
	}
	for _, m := range net.members {
		m.wait(1)
	}
	poured := 0
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until); {
		for _, p := range net.nonsense(bad) {
			if bad.node.engine.pool.CheckTx(p, nil, mempool.TxInfo{}) == nil {
				poured++
			}
		}
		net.members[poured%3].must(net.tx("ok"))
	}
	honest := net.members[0].must(net.tx("ok"))
	for i, m := range net.members[:3] {
		m.wait(honest.Height)
		time.Sleep(50 * time.Millisecond)
		for _, p := range m.node.engine.pool.ReapMaxTxs(-1) {
			if m.node.abci.check(p) != nil {
				t.Errorf("a foreign parcel lies in the mempool of member %d", i)
			}
		}
		net.unspoiled(m)
	}
	t.Logf("%d foreign parcels poured in, %d transactions counted", poured, honest.Seq+1)
	if poured < 20 {
		t.Errorf("only %d parcels were poured in", poured)
	}
}

// quietLiar takes every parcel, and proposes nothing.
type quietLiar struct{ *liar }

func (quietLiar) PrepareProposal(context.Context, *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	return &abci.ResponsePrepareProposal{}, nil
}

// shifted signs as a validator whose clock is wrong.
type shifted struct {
	comet.PrivValidator
	by time.Duration
}

func (s shifted) SignVote(chain string, vote *cometproto.Vote) error {
	if t := time.Now().Add(s.by); t.After(vote.Timestamp) { // never before the block voted on
		vote.Timestamp = t
	}
	return s.PrivValidator.SignVote(chain, vote)
}

// fast starts a member whose clock is ahead.
func (m *member) fast(by time.Duration) {
	m.config.ahead = by
	m.bent(nil, func(n *Node) {
		s := n.signer
		s.file = shifted{s.file, by}
	})
}

// One validator of four has a clock an hour ahead: the block's time, a median,
// stays where the others' clocks are.
func TestClockOneValidatorAnHourAheadMovesNoBlockTime(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	net.members[2].fast(time.Hour)
	for _, i := range []int{0, 1, 3} {
		net.members[i].start()
	}
	for i := range 24 {
		o := net.members[i%4].must(net.tx("ok"))
		if off := time.Until(o.Time).Abs(); off > 5*time.Second {
			t.Fatalf("block %d is %v off", o.Height, off)
		}
	}
	// The time comes out of the votes of all: the fast one's are among them.
	if n := signed(t, net.members[0].node, net.members[0].must(net.tx("ok")).Height); n < 3 {
		t.Errorf("%d signed", n)
	}
	net.agree(net.members[0].node.Newest().Height)
}

// One validator of four has a clock an hour behind, which is the same as that
// the other three are an hour ahead: it refuses their blocks as made in its
// future and halts, loudly and naming the clock. The others go on, and with the
// clock put right it is back.
func TestClockOneValidatorAnHourBehindHaltsAndComesBack(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	for _, i := range []int{0, 1, 2} {
		net.members[i].fast(time.Hour)
	}
	slow := net.members[3]
	slow.start()
	later := func() []byte { // expires by the others' clocks
		body := net.body("ok")
		body.ExpiresMs = time.Now().Add(time.Hour + 5*time.Minute).UnixMilli()
		return wire.Marshal(wire.Sign(wire.TagTransaction, body, client))
	}
	for i := range 6 {
		o := net.members[i%3].must(later())
		if i > 2 && time.Until(o.Time) < 50*time.Minute {
			t.Fatalf("block %d has the time of the slow one", o.Height)
		}
	}
	if reason := slow.halted(); !strings.Contains(reason, "this machine's clock") {
		t.Errorf("halted without a word of the clock: %s", reason)
	}
	slow.stop()
	height := net.members[0].node.Newest().Height
	slow.fast(time.Hour) // the clock put right
	slow.wait(height)
	if o := slow.must(later()); o.Height <= height {
		t.Errorf("came back into block %d", o.Height)
	}
	net.agree(height)
}

// boaster is the part of a node that hands out old blocks, claiming to have far
// more of them than there are.
type boaster struct {
	p2p.Reactor
	asked atomic.Int64
}

const forged = int64(1) << 40

func (b *boaster) status() p2p.Envelope {
	return p2p.Envelope{ChannelID: 0x40, Message: &bcproto.StatusResponse{Base: 1, Height: forged}}
}

func (b *boaster) AddPeer(peer p2p.Peer) { peer.Send(b.status()) }

func (b *boaster) Receive(e p2p.Envelope) {
	switch e.Message.(type) {
	case *bcproto.StatusRequest:
		e.Src.Send(b.status())
	case *bcproto.BlockRequest:
		b.asked.Add(1) // and is never answered
	default:
		b.Reactor.Receive(e)
	}
}

// A member that lost its folder joins although one of the others claims a chain
// of a trillion blocks and hands out none.
func TestLaw8ForgedHeightKeepsNobodyFromJoining(t *testing.T) {
	if os.Getenv("STELE_LONG") == "" {
		t.Skip("takes most of a minute: STELE_LONG=1")
	}
	t.Parallel()
	net := newNetwork(t, 4)
	net.start()
	for i := range 20 {
		net.members[i%4].must(net.tx("ok"))
	}
	liar, b := net.members[0], &boaster{}
	liar.stop()
	liar.bent(nil, func(n *Node) {
		sw := n.engine.sw
		b.Reactor = sw.Reactors()["BLOCKSYNC"]
		sw.RemoveReactor("BLOCKSYNC", b.Reactor)
		sw.AddReactor("BLOCKSYNC", b)
	})
	wiped := net.members[3]
	wiped.stop()
	if err := os.RemoveAll(wiped.folder); err != nil {
		t.Fatal(err)
	}
	height := net.members[1].must(net.tx("ok")).Height
	began := time.Now()
	wiped.start()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	defer cancel()
	at, err := wiped.node.Wait(ctx, height)
	if err != nil {
		t.Fatalf("it is at block %d of %d: %v", at.Height, height, err)
	}
	caught := time.Since(began)
	o, err := wiped.node.Submit(ctx, net.tx("ok"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("at the others' height after %v, its own transaction decided after %v; the boaster was asked for %d blocks", caught.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), b.asked.Load())
	net.agree(o.Height)
}

package chain

import (
	"bytes"
	"context"
	"testing"
	"time"

	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
)

// verify checks a light block as a wallet would: it belongs to the height, the
// validators are the header's, and more than two thirds signed it.
func verify(t *testing.T, n *Node, height int64) *comet.SignedHeader {
	t.Helper()
	light, err := n.Light(height)
	if err != nil {
		t.Fatal(err)
	}
	header, set := new(cometproto.SignedHeader), new(cometproto.ValidatorSet)
	if err := header.Unmarshal(light.SignedHeader); err != nil {
		t.Fatal(err)
	}
	if err := set.Unmarshal(light.Validators); err != nil {
		t.Fatal(err)
	}
	signed, err := comet.SignedHeaderFromProto(header)
	if err != nil {
		t.Fatal(err)
	}
	validators, err := comet.ValidatorSetFromProto(set)
	if err != nil {
		t.Fatal(err)
	}
	if signed.Height != height || !bytes.Equal(validators.Hash(), signed.ValidatorsHash) {
		t.Fatalf("height %d, validators %X, want %X", signed.Height, validators.Hash(), signed.ValidatorsHash)
	}
	id := comet.BlockID{Hash: signed.Hash(), PartSetHeader: signed.Commit.BlockID.PartSetHeader}
	if err := validators.VerifyCommitLight(n.Chain(), id, height, signed.Commit); err != nil {
		t.Fatalf("height %d: %v", height, err)
	}
	return signed
}

// signed returns how many validators signed a block, as the next block tells.
func signed(t *testing.T, n *Node, height int64) (count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if _, err := n.Wait(ctx, height+1); err != nil {
		t.Fatal(err)
	}
	for _, s := range verify(t, n, height).Commit.Signatures {
		if s.BlockIDFlag == comet.BlockIDFlagCommit {
			count++
		}
	}
	return count
}

// Law 6: every block, the newest too, comes with what proves it, on every node,
// and the next header carries the state's hash.
func TestLaw6LightBlocksProveThemselves(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	net.start()
	for i := range 6 {
		m := net.members[i%4]
		height := m.must(net.tx("ok")).Height
		verify(t, m.node, height) // the newest, at the moment of its verdict
	}
	for _, m := range net.members {
		newest := m.wait(net.members[1].node.Newest().Height)
		for h := int64(1); h <= newest.Height; h++ {
			verify(t, m.node, h)
		}
	}
	m := net.members[2].node
	for _, h := range []int64{-1, 0, m.Newest().Height + 100} {
		if _, err := m.Light(h); stele.KindOf(err) != stele.KindNotFound {
			t.Errorf("height %d: %v", h, err)
		}
	}
	top, err := m.Blocks(0, 3)
	if err != nil || len(top) != 3 || top[0].Block.Height != top[1].Block.Height+1 {
		t.Fatalf("%+v, %v", top, err)
	}
	rest, err := m.Blocks(top[2].Block.Height, 1000)
	if err != nil || int64(len(rest)) != top[2].Block.Height-1 {
		t.Fatalf("%d blocks below %d, %v", len(rest), top[2].Block.Height, err)
	}
	if got := verify(t, m, top[0].Block.Height); !bytes.Equal(got.Hash(), top[0].Hash[:]) {
		t.Error("summary and header differ")
	}
	for end := time.Now().Add(10 * time.Second); m.Peers() != 3 && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	if m.Peers() != 3 || m.Syncing() {
		t.Errorf("%d peers, syncing %v", m.Peers(), m.Syncing())
	}
}

// A reader that never reads holds nobody up and still finds the newest block;
// channels close when their context or the node ends; a stopped node answers
// with errors.
func TestSubscribersAndStop(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	ctx, cancel := context.WithCancel(t.Context())
	slow, left := m.node.Subscribe(t.Context()), m.node.Subscribe(ctx)
	cancel()
	for range backlog {
		m.must(net.tx("ok"))
	}
	node := m.node
	m.stop()
	var last Event
	count := 0
	for last.Block, count = (stele.Block{}), 0; ; count++ {
		e, ok := <-slow
		if !ok {
			break
		}
		if e.Block.Height <= last.Block.Height {
			t.Fatalf("height %d after %d", e.Block.Height, last.Block.Height)
		}
		last = e
	}
	if count != backlog || last.Block != node.Newest() {
		t.Errorf("%d events up to %+v, newest %+v", count, last.Block, node.Newest())
	}
	for range left {
	}
	if _, open := <-node.Subscribe(t.Context()); open {
		t.Error("a stopped node tells of blocks")
	}
	if _, err := node.Submit(t.Context(), net.tx("ok")); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("a stopped node took a transaction: %v", err)
	}
	if _, err := node.Wait(t.Context(), 1<<40); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("waiting on a stopped node: %v", err)
	}
	if _, err := node.Light(1); err == nil {
		t.Error("a stopped node reads its folder")
	}
}

// Too much at once is refused at once, and can be tried again.
func TestFullQueueIsBusy(t *testing.T) {
	t.Parallel()
	c := newCounter()
	for i := range maxWaiting {
		c.byKey[stele.Digest{byte(i), byte(i >> 8)}] = nil
	}
	net := &network{t: t, chain: "c"}
	if _, _, err := c.take(net.tx("ok"), stele.Caller{}); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("%v", err)
	}
	if _, _, err := c.take(make([]byte, stele.MaxTransaction+1), stele.Caller{}); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("large: %v", err)
	}
}

// TestR44OneAddressFillsNotTheQueue: what one address sent and is not decided takes
// its own share; others, and this machine, are let in, and it is too when some of
// its own is settled.
func TestR44OneAddressFillsNotTheQueue(t *testing.T) {
	t.Parallel()
	c, net := newCounter(), &network{t: t, chain: "c"}
	loud := stele.Caller{1}
	mine, _, err := c.take(net.tx("ok"), loud)
	if err != nil {
		t.Fatal(err)
	}
	c.from[loud] = perCaller
	if _, _, err := c.take(net.tx("ok"), loud); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("more than its share: %v", err)
	}
	for _, other := range []stele.Caller{{2}, {}} {
		if _, _, err := c.take(net.tx("ok"), other); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	}
	c.settle(mine, stele.Outcome{}, nil)
	if _, _, err := c.take(net.tx("ok"), loud); err != nil {
		t.Errorf("after one was settled: %v", err)
	}
}

// What waits when its expiry has passed in block time can never be decided any
// more and says so.
func TestExpiredIsTold(t *testing.T) {
	t.Parallel()
	c := newCounter()
	net := &network{t: t, chain: "c"}
	tk, _, err := c.take(net.tx("ok"), stele.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	c.sent([]*ticket{tk}, stele.Digest{})
	c.decided(nil, Event{Block: stele.Block{Height: 1, Time: time.UnixMilli(tk.expires - 1)}})
	select {
	case <-tk.done:
		t.Fatal("before its expiry")
	default:
	}
	c.decided(nil, Event{Block: stele.Block{Height: 2, Time: time.UnixMilli(tk.expires)}})
	<-tk.done
	if stele.KindOf(tk.err) != stele.KindInvalid {
		t.Errorf("%v", tk.err)
	}
}

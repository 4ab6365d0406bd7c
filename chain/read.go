package chain

import (
	"context"
	"time"

	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Newest returns the newest final block. Its zero value says that there is none
// yet.
func (n *Node) Newest() stele.Block {
	b, _ := n.feed.look()
	return b
}

// Subscribe returns a channel of the blocks from now on. It never holds up
// consensus: a reader that falls more than 64 blocks behind loses the oldest of
// them, never the newest. It is closed when ctx ends or the node stops.
func (n *Node) Subscribe(ctx context.Context) <-chan Event { return n.feed.subscribe(ctx) }

// Wait returns the newest block as soon as its height is at least the one
// given. It fails with KindUnreachable when ctx ends or the node stops first.
func (n *Node) Wait(ctx context.Context, height int64) (stele.Block, error) {
	const op = "wait for block"
	for {
		block, moved := n.feed.look()
		if block.Height >= height {
			return block, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return block, stele.E(op, stele.KindUnreachable, sprint("the chain is at height %d", block.Height), ctx.Err())
		case <-n.stop:
			return block, stele.E(op, stele.KindUnreachable, "this node is stopping", nil)
		}
	}
}

// Summary is what a screen shows of a block.
type Summary struct {
	Block    stele.Block
	Hash     stele.Digest // of the header
	AppHash  stele.Digest // of the state before the block
	Parcels  int
	Bytes    int
	Proposer []byte // CometBFT address, the first 20 bytes of SHA-256 of the validator's key
}

// maxSummaries is how many blocks one call returns at most.
const maxSummaries = 500

// Blocks returns the newest blocks below a height, newest first; before 0 means
// from the top.
func (n *Node) Blocks(before int64, limit int) ([]Summary, error) {
	newest := n.Newest().Height
	if before <= 0 || before > newest+1 {
		before = newest + 1
	}
	var list []Summary
	for h := before - 1; h > 0 && len(list) < min(limit, maxSummaries); h-- {
		meta := n.engine.blocks.LoadBlockMeta(h)
		if meta == nil {
			break
		}
		s := Summary{
			Block:   stele.Block{Height: h, Time: meta.Header.Time.UTC().Truncate(time.Millisecond)},
			Parcels: meta.NumTxs, Bytes: meta.BlockSize, Proposer: meta.Header.ProposerAddress,
		}
		copy(s.Hash[:], meta.BlockID.Hash)
		copy(s.AppHash[:], meta.Header.AppHash)
		list = append(list, s)
	}
	return list, nil
}

// Light returns a block's header with the commit and the validators that prove
// it. For the newest block the commit is the one that this node saw, else the
// one that the next block holds; both carry more than two thirds of the power.
// It fails with KindNotFound when there is no such block yet.
func (n *Node) Light(height int64) (*wire.LightBlock, error) {
	const op = "read header"
	store := n.engine.blocks
	missing := stele.E(op, stele.KindNotFound, sprint("no final block %d here", height), nil)
	if height < 1 || height > n.Newest().Height {
		return nil, missing
	}
	meta := store.LoadBlockMeta(height)
	commit := store.LoadBlockCommit(height)
	if commit == nil {
		commit = store.LoadSeenCommit(height)
	}
	if meta == nil || commit == nil {
		return nil, missing
	}
	validators, err := n.validators.LoadValidators(height)
	if err != nil {
		return nil, fault(op, "the validators of the block are not stored", err)
	}
	if !enough(validators, commit) {
		return nil, fault(op, "the stored commit is not complete", nil)
	}
	header := cometproto.SignedHeader{Header: meta.Header.ToProto(), Commit: commit.ToProto()}
	set, err := validators.ToProto()
	if err != nil {
		return nil, fault(op, "", err)
	}
	light := new(wire.LightBlock)
	if light.SignedHeader, err = header.Marshal(); err == nil {
		light.Validators, err = set.Marshal()
	}
	if err != nil {
		return nil, fault(op, "", err)
	}
	return light, nil
}

// enough reports whether a commit carries more than two thirds of the power.
// Its signatures were checked before it was stored.
func enough(validators *comet.ValidatorSet, commit *comet.Commit) bool {
	var power int64
	for i, sig := range commit.Signatures {
		if sig.BlockIDFlag != comet.BlockIDFlagCommit || i >= validators.Size() {
			continue
		}
		_, v := validators.GetByIndex(int32(i))
		power += v.VotingPower
	}
	return 3*power > 2*validators.TotalVotingPower()
}

// Peers returns how many other members' nodes are connected.
func (n *Node) Peers() int { return n.engine.sw.Peers().Size() }

// Syncing reports whether the node is still fetching blocks that the others
// made while it was away. It can be asked everything meanwhile, and answers
// from the block it has.
func (n *Node) Syncing() bool { return n.engine.reactor.WaitSync() }

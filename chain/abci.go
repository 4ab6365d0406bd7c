package chain

import (
	"context"
	"log/slog"
	"sync"
	"time"

	abciclient "github.com/cometbft/cometbft/abci/client"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/proxy"

	"github.com/stele-health/stele"
)

// engineSide is what CometBFT calls (ABCI 2.0). It adds nothing to what the
// Application says but the checks of parcels and the warming of the verifier.
type engineSide struct {
	abci.BaseApplication
	app      Application
	verifier *Verifier
	log      *slog.Logger
	warm     chan []byte // parcels whose signatures are worth checking ahead
	decided  func(parcels [][]byte, e Event)
	halted   func(reason string)
	retain   func(committed int64) int64

	counts  *counts
	pending Event    // executed, not yet committed; of one goroutine
	parcels [][]byte // of the pending block
}

// Info tells where the application stands, so that the engine replays what it
// missed.
func (s *engineSide) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	height, hash, err := s.app.Position()
	if err != nil {
		return nil, err
	}
	return &abci.ResponseInfo{Data: "stele", LastBlockHeight: height, LastBlockAppHash: hash[:]}, nil
}

// InitChain founds the ledger. A crash between that and the engine's own note
// of it makes the engine ask again; then the hash of the founded ledger counts.
func (s *engineSide) InitChain(_ context.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	state, err := readState(r.AppStateBytes)
	if err != nil {
		return nil, err
	}
	hash, err := s.app.Found(state)
	if stele.KindOf(err) == stele.KindExists {
		var height int64
		if height, hash, err = s.app.Position(); err == nil && height != 0 {
			err = fault("found the ledger", "the application is ahead of its genesis", nil)
		}
	}
	if err != nil {
		return nil, err
	}
	return &abci.ResponseInitChain{AppHash: hash[:]}, nil
}

// check says whether a parcel may go into a block.
func (s *engineSide) check(parcel []byte) error {
	if len(parcel) > stele.MaxParcel {
		return stele.E("check parcel", stele.KindInvalid, "too large", nil)
	}
	return s.app.Check(parcel)
}

// CheckTx guards the mempool, of parcels from here and from peers, when they
// come and again after each block.
func (s *engineSide) CheckTx(_ context.Context, r *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	if err := s.check(r.Tx); err != nil {
		return &abci.ResponseCheckTx{Code: 1, Codespace: stele.KindOf(err).String()}, nil
	}
	if r.Type == abci.CheckTxType_New {
		select {
		case s.warm <- r.Tx:
		default: // busy: the block will check them
		}
	}
	return &abci.ResponseCheckTx{}, nil
}

// PrepareProposal drops what Check refuses, so that no honest validator votes
// against this node's block.
func (s *engineSide) PrepareProposal(_ context.Context, r *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	keep := make([][]byte, 0, len(r.Txs))
	var size int64
	for _, parcel := range r.Txs {
		if size += int64(len(parcel)); size > r.MaxTxBytes {
			break
		}
		if s.check(parcel) == nil {
			keep = append(keep, parcel)
		} else {
			size -= int64(len(parcel))
		}
	}
	return &abci.ResponsePrepareProposal{Txs: keep}, nil
}

// ProcessProposal votes against a block with a parcel that Check refuses. A
// failure of ours (a disk that can't be read) also counts as a vote against:
// saying no too often costs a round, saying yes too often might cost more.
func (s *engineSide) ProcessProposal(_ context.Context, r *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	for i, parcel := range r.Txs {
		if err := s.check(parcel); err != nil {
			s.log.Warn("voted against a block with a bad parcel", "height", r.Height, "parcel", i, "kind", stele.KindOf(err).String())
			return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
		}
	}
	s.verifier.Prefetch(r.Txs)
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

// FinalizeBlock executes a block. Every parcel's result is the same empty one:
// results are hashed into the next header, and verdicts are no part of that.
func (s *engineSide) FinalizeBlock(_ context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	s.verifier.Prefetch(r.Txs)
	block := stele.Block{Height: r.Height, Time: r.Time.UTC().Truncate(time.Millisecond)}
	began := time.Now()
	done, err := s.app.Execute(stele.Proposal{Height: block.Height, Time: block.Time, Parcels: r.Txs})
	if err != nil {
		s.halted("a block could not be executed: " + err.Error())
		return nil, err
	}
	timed(&s.counts.execute, began)
	s.pending, s.parcels = Event{Block: block, Executed: done}, r.Txs
	results := make([]*abci.ExecTxResult, len(r.Txs))
	for i := range results {
		results[i] = &abci.ExecTxResult{}
	}
	return &abci.ResponseFinalizeBlock{TxResults: results, AppHash: done.AppHash[:]}, nil
}

// Commit makes the block durable and tells of it.
func (s *engineSide) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	began := time.Now()
	if err := s.app.Commit(); err != nil {
		s.halted("a block could not be committed: " + err.Error())
		return nil, err
	}
	timed(&s.counts.commit, began)
	s.decided(s.parcels, s.pending)
	committed := s.pending.Block.Height
	s.parcels, s.pending = nil, Event{}
	return &abci.ResponseCommit{RetainHeight: s.retain(committed)}, nil
}

// connections makes the engine's connections to engineSide and remembers them:
// the engine itself never closes them, and each keeps a goroutine.
type connections struct {
	proxy.ClientCreator
	mu   sync.Mutex
	made []abciclient.Client
}

// NewABCIClient makes one connection.
func (c *connections) NewABCIClient() (abciclient.Client, error) {
	client, err := c.ClientCreator.NewABCIClient()
	if err == nil {
		c.mu.Lock()
		c.made = append(c.made, client)
		c.mu.Unlock()
	}
	return client, err
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, client := range c.made {
		_ = client.Stop() // fails only when stopped already
	}
	c.made = nil
}

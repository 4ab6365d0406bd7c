package bench

import (
	"bytes"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// empty is an application that checks the same signatures in the same parcels
// as the ledger, and does nothing else: no contracts, no state, no disk. What
// the engine and the signatures cost is what it costs.
type empty struct {
	check ledger.CheckSignatures

	mu      sync.Mutex
	height  int64
	pending int64
	genesis wire.Genesis
}

func emptyApplication(_ string, check ledger.CheckSignatures) (chain.Application, func(), error) {
	return &empty{check: check}, func() {}, nil
}

func (e *empty) Found(genesis []byte) (stele.Digest, error) {
	return stele.Digest{}, wire.Decode(genesis, &e.genesis)
}

func (e *empty) Position() (int64, stele.Digest, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.height, stele.Digest{}, nil
}

func (e *empty) Check(raw []byte) error {
	_, err := e.open(raw)
	return err
}

func (e *empty) open(raw []byte) (*wire.Parcel, error) {
	var signed wire.Signed
	var parcel wire.Parcel
	if err := wire.DecodeInPlace(raw, &signed); err != nil {
		return nil, err
	}
	if err := wire.DecodeInPlace(signed.Body, &parcel); err != nil {
		return nil, err
	}
	keys, err := e.check(wire.TagParcel, &signed)
	if err != nil {
		return nil, err
	}
	for _, m := range e.genesis.Members {
		if s := stele.SubjectOf(m.KeyDocument); bytes.Equal(s[:], parcel.Member) && keys[0] == wire.Key(m.Node) {
			return &parcel, nil
		}
	}
	return nil, stele.E("check parcel", stele.KindDenied, "not from a member", nil)
}

func (e *empty) Admit(raw []byte) (*stele.Outcome, error) {
	_, err := e.transaction(raw)
	return nil, err
}

func (e *empty) transaction(raw []byte) (stele.Digest, error) {
	var signed wire.Signed
	if err := wire.Decode(raw, &signed); err != nil {
		return stele.Digest{}, err
	}
	_, err := e.check(wire.TagTransaction, &signed)
	return wire.TransactionID(&signed), err
}

func (e *empty) Execute(p stele.Proposal) (done stele.Executed, err error) {
	e.pending = p.Height
	for _, raw := range p.Parcels {
		parcel, err := e.open(raw)
		if err != nil {
			continue
		}
		for _, tx := range parcel.Transactions {
			id, err := e.transaction(tx)
			done.Verdicts = append(done.Verdicts, stele.Verdict{Tx: id, Err: err})
		}
	}
	return done, nil
}

func (e *empty) Commit() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.height = e.pending
	return nil
}

func (e *empty) Deadline() time.Time { return time.Time{} }

package stele

import "time"

// Proposal is a block as consensus hands it to the ledger.
type Proposal struct {
	Height  int64
	Time    time.Time
	Parcels [][]byte // the bytes of wire.Signed objects of kind parcel
}

// Executed is what a block did to the ledger.
type Executed struct {
	AppHash  Digest
	Verdicts []Verdict // one per transaction, in the order of the block
	Events   int       // including those that contracts emitted by themselves
}

// Verdict is what became of one transaction: an outcome or a refusal.
type Verdict struct {
	Tx      Digest // the transaction's id
	Outcome Outcome
	Err     error // nil, or an *Error with its Kind
}

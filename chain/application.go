package chain

import (
	"time"

	"github.com/stele-health/stele"
)

// Application is the state machine that blocks are fed to. Found, Execute and
// Commit are called by one goroutine in turn. Everything else may be called at
// any time, from many goroutines, and answers from the newest committed block.
type Application interface {
	// Found writes the genesis state, durably, and returns its app hash. It
	// fails with KindExists when that was done before, as happens after a
	// crash at the wrong moment; the node then goes on from Position.
	Found(genesis []byte) (stele.Digest, error)

	// Position returns the newest committed height and its app hash; height 0
	// before the first block.
	Position() (height int64, appHash stele.Digest, err error)

	// Check says whether a parcel may go into a block. It depends on nothing
	// but the parcel and the newest committed state.
	Check(parcel []byte) error

	// Admit says what would become of a transaction: nil and nil when it
	// deserves a block, an outcome when it has one already, an error when it
	// would be refused, so that the ledger keeps silent about it.
	Admit(tx []byte) (*stele.Outcome, error)

	// Execute runs a block. Nothing is durable before Commit; the same height
	// may be executed again, on replay, and must give the same hash.
	Execute(stele.Proposal) (stele.Executed, error)

	// Commit makes the executed block durable, whole or not at all.
	Commit() error

	// Deadline returns when the application wants a block by itself; zero for
	// never.
	Deadline() time.Time
}

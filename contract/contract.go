// Package contract lists the contracts of the ledger, in the order in which
// they fold events. Each lives in a room of its own below this one and imports
// none of the others: what one must know of another's events it reads in the
// tables (contract/state).
//
// A new contract comes by release and by the consortium's vote; the meaning of
// an event that has been written never changes.
package contract

import (
	"github.com/stele-health/stele/contract/access"
	"github.com/stele-health/stele/contract/consortium"
	"github.com/stele-health/stele/contract/delegation"
	"github.com/stele-health/stele/contract/emergency"
	"github.com/stele-health/stele/contract/grants"
	"github.com/stele-health/stele/contract/identity"
	"github.com/stele-health/stele/contract/issuers"
	"github.com/stele-health/stele/contract/merge"
	"github.com/stele-health/stele/contract/records"
	"github.com/stele-health/stele/contract/recovery"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
)

// All returns the contracts of this release.
func All() []ledger.Contract {
	return []ledger.Contract{
		consortium.Contract{},
		identity.Contract{},
		grants.Contract{},
		access.Contract{},
		records.Contract{},
		issuers.Contract{},
		emergency.Contract{},
		delegation.Contract{},
		merge.Contract{},
		recovery.Contract{},
	}
}

// Open opens the ledger that lies in a store, with the contracts of this release.
// It fails as ledger.New.
func Open(s ledger.Store, check ledger.CheckSignatures) (*state.Ledger, error) {
	l, err := ledger.New(s, All(), check)
	if err != nil {
		return nil, err
	}
	return &state.Ledger{Ledger: l}, nil
}

// Package contract lists the contracts of the ledger, in the order in which
// they fold events. Each lives in a room of its own below this one and imports
// none of the others: what one must know of another's events it reads in the
// state's tables (ledger/tables.go).
//
// A new contract comes by release and by the consortium's vote; the meaning of
// an event that has been written never changes.
package contract

import (
	"github.com/stele-health/stele/contract/access"
	"github.com/stele-health/stele/contract/consortium"
	"github.com/stele-health/stele/contract/grants"
	"github.com/stele-health/stele/contract/identity"
	"github.com/stele-health/stele/contract/records"
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
	}
}

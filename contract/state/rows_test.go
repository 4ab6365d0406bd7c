package state_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
	"github.com/stele-health/stele/wire/wiretest"
)

// TestGeneratedCodeSaysWhatProtobufSays: what every node must write and refuse alike is
// written and refused as protobuf itself does it, and so are rows.
func TestGeneratedCodeSaysWhatProtobufSays(t *testing.T) {
	wiretest.Plain(t, rand.New(rand.NewPCG(1, 2)), wire.File_wire_signed_proto, wire.File_wire_ledger_proto,
		ledger.File_ledger_rows_proto, state.File_contract_state_rows_proto)
}

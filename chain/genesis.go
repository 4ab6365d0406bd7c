package chain

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	cometed "github.com/cometbft/cometbft/crypto/ed25519"
	cometjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/p2p"
	comet "github.com/cometbft/cometbft/types"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/stele-health/stele"
)

// Validator is a member's vote in consensus at genesis.
type Validator struct {
	Name  string // for screens of the engine; may be empty
	Key   []byte // Ed25519, 32 bytes, see ValidatorKey
	Power int64  // of its vote, from 1
}

// How long a double vote can be shown to the network: blocks are kept at least
// that long, see retain.
const (
	evidenceBlocks = 10_000
	evidenceTime   = time.Hour
)

// Genesis returns a network's genesis document, JSON as CometBFT reads it. All
// members must use the same bytes. state is handed to Application.Found as it
// is: the bytes of a wire.Genesis. It fails with KindInvalid.
func Genesis(chain string, at time.Time, validators []Validator, state []byte) ([]byte, error) {
	const op = "make genesis"
	appState, err := json.Marshal(base64.StdEncoding.EncodeToString(state))
	if err != nil {
		return nil, fault(op, "", err)
	}
	params := comet.DefaultConsensusParams()
	params.Block.MaxBytes = maxBlock
	params.Evidence.MaxAgeNumBlocks, params.Evidence.MaxAgeDuration = evidenceBlocks, evidenceTime
	doc := comet.GenesisDoc{
		ChainID: chain, GenesisTime: at.UTC().Truncate(time.Millisecond), InitialHeight: 1,
		ConsensusParams: params, AppState: appState,
	}
	for _, v := range validators {
		if len(v.Key) != cometed.PubKeySize || v.Power < 1 {
			return nil, stele.E(op, stele.KindInvalid, "a validator has no Ed25519 key of 32 bytes or no power", nil)
		}
		if v.Power != validators[0].Power {
			return nil, unequal(op)
		}
		doc.Validators = append(doc.Validators, comet.GenesisValidator{
			PubKey: cometed.PubKey(v.Key), Power: v.Power, Name: v.Name,
		})
	}
	if len(doc.Validators) == 0 {
		return nil, stele.E(op, stele.KindInvalid, "a network needs a validator", nil)
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "not a genesis", err)
	}
	return genesisJSON(&doc)
}

// unequal is about a genesis that gives one validator more votes than another. Who
// has a third alone can stop every block, who has two thirds makes them alone.
func unequal(op string) error {
	return stele.E(op, stele.KindInvalid, "the validators' votes are not equal", nil).
		WithHint("each founder's card says the same power; make the cards again")
}

func genesisJSON(doc *comet.GenesisDoc) ([]byte, error) {
	raw, err := cometjson.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fault("make genesis", "", err)
	}
	return raw, nil
}

func readGenesis(raw []byte) (doc *comet.GenesisDoc, err error) {
	const op = "read genesis"
	// CometBFT's reader asks a validator's key for its address before it asks
	// whether there is one, and whether it is one.
	defer func() {
		if r := recover(); r != nil {
			doc, err = nil, stele.E(op, stele.KindInvalid, "not a genesis document", fmt.Errorf("%v", r))
		}
	}()
	if doc, err = comet.GenesisDocFromJSON(raw); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "not a genesis document", err)
	}
	for _, v := range doc.Validators {
		if v.Power != doc.Validators[0].Power {
			return nil, unequal(op)
		}
	}
	return doc, nil
}

func readState(raw []byte) ([]byte, error) {
	const op = "read genesis"
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "app_state is not a text", nil)
	}
	state, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "app_state is not base64", nil)
	}
	return state, nil
}

// ValidatorKey returns the public consensus key of a seed, Ed25519, 32 bytes.
func ValidatorKey(seed Seed) []byte { return []byte(private(seed).PubKey().Bytes()) }

// Peer returns what the other members put into their Config.Peers to reach the
// node with this identity at an address: "id@host:port".
func Peer(identity Seed, address string) string {
	return p2p.IDAddressString(p2p.PubKeyToID(private(identity).PubKey()), address)
}

func private(seed Seed) cometed.PrivKey {
	return cometed.PrivKey(ed25519.NewKeyFromSeed(seed[:]))
}

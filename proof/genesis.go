package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Genesis is a network's beginning, read from its genesis document.
type Genesis struct {
	Fingerprint stele.Digest     // SHA-256 of the document; what people compare
	Trusted     Trusted          // the first validators
	Founding    *wire.Genesis    // what the ledger was founded with; nil when the document's app state is something else
	Consortium  *wire.Consortium // who runs the network at its beginning; nil likewise
}

// ReadGenesis reads the bytes of a CometBFT genesis document as the network
// hands it out. Whether it is the right network, only the fingerprint tells; whether
// its members are equal, CheckMembers. It fails with KindProof.
func ReadGenesis(document []byte) (g Genesis, err error) {
	const op = "read genesis"
	// CometBFT's reader dereferences a validator's key before it asks whether
	// there is one; a stranger's document must not stop the program.
	defer func() {
		if r := recover(); r != nil {
			err = stele.E(op, stele.KindProof, "the genesis document is malformed", fmt.Errorf("%v", r))
		}
	}()
	doc, err := types.GenesisDocFromJSON(document)
	if err != nil {
		return g, stele.E(op, stele.KindProof, "the genesis document is not readable", err)
	}
	validators, err := genesisValidators(doc)
	if err != nil {
		return g, stele.E(op, stele.KindProof, "the genesis document's validators can't be used", err)
	}
	g = Genesis{
		Fingerprint: sha256.Sum256(document),
		Trusted: Trusted{
			chain: doc.ChainID, time: doc.GenesisTime.UTC(), validators: validators, next: validators.Hash(),
			height: doc.InitialHeight - 1,
		},
	}
	g.Founding, g.Consortium = founding(doc.AppState)
	return g, nil
}

func genesisValidators(doc *types.GenesisDoc) (*types.ValidatorSet, error) {
	seen := map[string]bool{}
	list := make([]*types.Validator, 0, len(doc.Validators))
	for _, v := range doc.Validators {
		if v.PubKey == nil || v.Power <= 0 || seen[string(v.PubKey.Address())] {
			return nil, fmt.Errorf("a validator lacks a key or power, or stands there twice")
		}
		seen[string(v.PubKey.Address())] = true
		list = append(list, types.NewValidator(v.PubKey, v.Power))
	}
	return types.ValidatorSetFromExistingValidators(list)
}

// CheckMembers checks a genesis before a network is founded with it or joined: the
// validators are the members, one each, and all have equal votes. Who had a third
// of them could stop every block alone. It fails with KindProof.
func (g Genesis) CheckMembers() error {
	bad := func(text string) error {
		return stele.E("read genesis", stele.KindProof, text, nil).
			WithHint("do not use this network file; get it again, from a member that you trust, and compare the fingerprint by voice")
	}
	if g.Founding == nil {
		return bad("the genesis is not a Stele network's")
	}
	if stele.CheckChain(g.Founding.Chain) != nil || g.Founding.Chain != g.Trusted.chain {
		return bad("the genesis names two chains, or one that no chain can have")
	}
	votes := map[string]int64{}
	for _, v := range g.Trusted.validators.Validators {
		votes[string(v.PubKey.Bytes())] = v.VotingPower
	}
	if len(votes) != len(g.Founding.Members) {
		return bad("the genesis has a validator that is no member, or a member that is no validator")
	}
	for _, m := range g.Founding.Members {
		power, ok := votes[string(m.Validator)]
		if !ok || power != m.Power || power != g.Founding.Members[0].Power {
			return bad("the genesis gives one member more votes than another")
		}
	}
	return nil
}

// founding reads the app state, a JSON string with the base64 of a wire.Genesis.
func founding(state json.RawMessage) (*wire.Genesis, *wire.Consortium) {
	var text string
	if json.Unmarshal(state, &text) != nil {
		return nil, nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, nil
	}
	var g wire.Genesis
	if wire.Decode(raw, &g) != nil || g.Chain == "" {
		return nil, nil
	}
	c := &wire.Consortium{}
	c.Apply(wire.Founded(raw, &g))
	return &g, c
}

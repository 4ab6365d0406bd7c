package chain

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestR42ValidatorsHaveEqualVotes: neither is a genesis made in which one has more,
// nor is one believed that somebody else made.
func TestR42ValidatorsHaveEqualVotes(t *testing.T) {
	votes := func(powers ...int64) (list []Validator) {
		for i, p := range powers {
			list = append(list, Validator{Key: ValidatorKey(Seed{byte(i + 1)}), Power: p})
		}
		return list
	}
	if _, err := Genesis("town", time.Unix(1_800_000_000, 0), votes(10, 10, 1000, 10), []byte("state")); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("made: %v", err)
	}
	good, err := Genesis("town", time.Unix(1_800_000_000, 0), votes(10, 10, 10, 10), []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := genesisState(good); err != nil {
		t.Errorf("equal votes: %v", err)
	}
	bad := strings.Replace(string(good), `"power": "10"`, `"power": "1000"`, 1)
	if _, err := genesisState([]byte(bad)); bad == string(good) || stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("read: %v", err)
	}
}

// genesisState returns the state that Genesis was given.
func genesisState(genesis []byte) ([]byte, error) {
	doc, err := readGenesis(genesis)
	if err != nil {
		return nil, err
	}
	return readState(doc.AppState)
}

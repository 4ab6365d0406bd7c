package cli

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestABlockThatWasToldIsReadWhole: as stele ledger status prints its parts, in either case of
// letters; anything else is refused before a wallet is opened.
func TestABlockThatWasToldIsReadWhole(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	for text, height := range map[string]int64{"": 0, "7:" + hash: 7, "1234567:" + strings.ToUpper(hash): 1234567} {
		start, err := (&Face{Block: text}).Begin()
		if err != nil || start.Height != height || (height > 0) != (start.Hash != stele.Digest{}) {
			t.Errorf("%q: %+v, %v", text, start, err)
		}
	}
	for _, text := range []string{"7", hash, "7:", ":" + hash, "0:" + hash, "-7:" + hash, "7:" + hash[2:], "7:" + hash + "00", "7 " + hash, "1,234:" + hash} {
		if start, err := (&Face{Block: text}).Begin(); stele.KindOf(err) != stele.KindUsage || stele.HintOf(err) == "" {
			t.Errorf("%q: %+v, %v", text, start, err)
		}
	}
}

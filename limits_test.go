package stele_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestAReasonIsCheckedBeforeAnythingIsAsked: what could not be kept, or not be written at
// all, is refused at the first door.
func TestAReasonIsCheckedBeforeAnythingIsAsked(t *testing.T) {
	for reason, good := range map[string]bool{
		"": true, "çay": true, strings.Repeat("x", stele.MaxReason): true, strings.Repeat("x", stele.MaxReason+1): false, "a\xffb": false,
	} {
		if err := stele.CheckReason(reason); (err == nil) != good || !good && stele.KindOf(err) != stele.KindUsage {
			t.Errorf("%.10q: %v", reason, err)
		}
	}
}

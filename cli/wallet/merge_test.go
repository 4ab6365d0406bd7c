package wallet

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestR25AScreenSaysThatItIsNotKnownWhetherThereIsAnotherChart: silence would read as that there is
// none.
func TestR25AScreenSaysThatItIsNotKnownWhetherThereIsAnotherChart(t *testing.T) {
	lines := elsewhere(nil, stele.E("read grant", stele.KindUnreachable, "no member answered", nil))
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "it is not known whether another chart is this person's") {
		t.Errorf("it says %q", lines)
	}
	if lines = elsewhere(nil, nil); len(lines) != 0 {
		t.Errorf("of none it says %q", lines)
	}
	other := stele.Subject{1}
	if lines = elsewhere([]stele.Subject{other}, nil); len(lines) != 1 || !strings.Contains(lines[0], other.String()) {
		t.Errorf("of one it says %q", lines)
	}
}

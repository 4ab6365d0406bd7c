package wallet

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/credential/credentialtest"
	"github.com/stele-health/stele/wire"
)

// TestR12TheLogTellsWhatAnAskerIsByCredentials: as proved only where enough trustees released,
// which they do for credentials that hold.
func TestR12TheLogTellsWhatAnAskerIsByCredentials(t *testing.T) {
	now := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	town := credentialtest.New(t, now, stele.SubjectOf([]byte("doctor")), stele.SubjectOf([]byte("hospital")))
	detail := &wire.AccessDetail{Credentials: town.Show(town.Run.Subject, stele.NewID(), now)}
	line := account.Line{Telling: account.Telling{Detail: detail}, Needed: 3, Released: 3}
	said := credentialsOf(line)
	if said != "by credentials: licence doctor, role emergency-doctor, accreditation emergency-department" {
		t.Errorf("%q", said)
	}
	line.Released = 2
	if said := credentialsOf(line); !strings.HasPrefix(said, "with credentials that nobody says hold") {
		t.Errorf("two of three: %q", said)
	}
	detail.Credentials = []string{"\x1b[2K", "~"}
	if said := credentialsOf(line); said != "" {
		t.Errorf("what is no credential: %q", said)
	}
	if said := credentialsOf(account.Line{}); said != "" {
		t.Errorf("none: %q", said)
	}
}

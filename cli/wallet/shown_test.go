package wallet

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/asking"
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
	stale := func(member string, released bool, kinds ...string) account.Kept {
		return account.Kept{Member: member, Detail: &wire.Detail{Released: released, Stale: kinds}}
	}
	line.Details = []account.Kept{stale("a", true, "licence", "licence"), stale("b", true, "role", "licence", "\x1b[2K"), stale("b", true, "role"), stale("c", true), stale("d", false, "role")}
	if said := credentialsOf(line); !strings.HasSuffix(said, "; whether the licence still held nobody could say: the newest status list was older than 24 hours") {
		t.Errorf("stale, as two of three say: %q", said)
	}
	line.Details = line.Details[1:]
	if said := credentialsOf(line); strings.Contains(said, "nobody could say") {
		t.Errorf("stale, as one of two says: %q", said)
	}
	line.Details, line.Released = nil, 2
	if said := credentialsOf(line); !strings.HasPrefix(said, "with credentials that hold as 2 of the 3 trustees say that are needed: ") {
		t.Errorf("two of three: %q", said)
	}
	line.Released = 0
	if said := credentialsOf(line); !strings.HasPrefix(said, "what was shown, and is not proved: ") {
		t.Errorf("none of three: %q", said)
	}
	none := func(member string) account.Kept {
		return account.Kept{Member: member, Detail: &wire.Detail{Why: string(asking.Nothing)}}
	}
	line.Details = []account.Kept{none("a"), none("b"), none("c")}
	if said := credentialsOf(line); !strings.HasPrefix(said, "by credentials: ") {
		t.Errorf("judged, and nothing was there: %q", said)
	}
	line.Details[2] = none("b")
	if said := credentialsOf(line); !strings.HasPrefix(said, "what was shown, and is not proved: ") {
		t.Errorf("judged by two of three: %q", said)
	}
	line.Details = nil
	detail.Credentials = []string{"\x1b[2K", "~"}
	if said := credentialsOf(line); said != "" {
		t.Errorf("what is no credential: %q", said)
	}
	if said := credentialsOf(account.Line{}); said != "" {
		t.Errorf("none: %q", said)
	}
}

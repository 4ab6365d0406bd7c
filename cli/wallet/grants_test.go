package wallet

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestAGrantsShortWordsSayEachLimit: in the list of grants and in the log a grant never
// sounds wider than it is.
func TestAGrantsShortWordsSayEachLimit(t *testing.T) {
	all, some := []stele.Category{consent.AllCategories}, []stele.Category{"results", "vitals"}
	for _, c := range []struct {
		grant consent.Grant
		want  string
	}{
		{consent.Grant{Action: stele.ActionRead, Categories: all}, "all but sensitive"},
		{consent.Grant{Action: stele.ActionRead, Categories: all, Sensitivity: []stele.Sensitivity{"HIV"}}, "everything + HIV"},
		{consent.Grant{Action: stele.ActionWrite, Categories: all}, "everything"},
		{consent.Grant{Action: stele.ActionRead, Categories: some}, "results, vitals"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, From: consent.Date{Year: 2019}}, "results, vitals, dated 2019 or later"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, To: consent.Date{Year: 2021, Month: 3}}, "results, vitals, dated 2021-03 or earlier"},
		{consent.Grant{Action: stele.ActionRead, Categories: all, From: consent.Date{Year: 2019}, To: consent.Date{Year: 2021}}, "all but sensitive, dated 2019 to 2021"},
		{consent.Grant{Action: stele.ActionRead, Categories: all, From: consent.Date{Year: 2019}, To: consent.Date{Year: 2019}}, "all but sensitive, dated 2019"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, Records: []stele.ID{{1}}}, "results, vitals, 1 record only"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, Sources: []consent.Party{{Name: "Elm"}, {Name: "Lake"}}}, "results, vitals, from Elm or Lake"},
	} {
		if got := shortScope(c.grant); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestAGrantThatIsHeldSaysWhoseItIs: its sentence speaks to the patient (your chart), so
// whoever has collected it reads beside it who that is, on lines that fit the screen.
func TestAGrantThatIsHeldSaysWhoseItIs(t *testing.T) {
	var out strings.Builder
	f := &cli.Face{Terminal: &terminal.Terminal{Out: terminal.New(&out), Err: terminal.New(&out), Width: 60}}
	says := "Dr Okafor may read " + strings.Repeat("your allergies and ", 6) + "your medicines."
	whole(f, says, "%s", fromWhom(wallet.Held{Subject: stele.Subject{7}}))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if lines[0] != "from "+terminal.ShortDID(stele.Subject{7}) || len(lines) != 5 {
		t.Errorf("%q", lines)
	}
	for _, line := range lines {
		if len(line) > 60 {
			t.Errorf("too wide: %q", line)
		}
	}
}

// TestWhatADelegateGaveIsOverWithTheDelegation: in the patient's list, at once, and what a delegate's
// delegate gave, too.
func TestWhatADelegateGaveIsOverWithTheDelegation(t *testing.T) {
	now := time.Now()
	st := statuses{known: map[stele.ID]string{}, end: map[stele.ID]time.Time{}, action: map[stele.ID]stele.Action{}, under: map[stele.ID]stele.ID{}, now: now}
	id := func(n byte) []byte { return slices.Concat([]byte{n}, make([]byte, 15)) }
	gave := func(n, under byte, until time.Duration) {
		given := &wire.GrantGiven{Grant: id(n), Action: 1, EndMs: now.Add(until).UnixMilli()}
		if under != 0 {
			given.Delegation = id(under)
		}
		about := (&wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: given}}).About()
		st.hear(about)
		st.heardFrom(about, nil)
	}
	wants := func(when string, want map[byte]string) {
		t.Helper()
		for n, is := range want {
			if got := st.of(stele.ID{n}, st.end[stele.ID{n}]); got != is {
				t.Errorf("%s: grant %d is %s, want %s", when, n, got, is)
			}
		}
	}
	gave(1, 0, time.Hour) // a delegation, a grant under it, and a delegation under it with a grant
	gave(2, 1, time.Hour)
	gave(3, 1, time.Hour)
	gave(4, 3, time.Hour)
	gave(5, 0, time.Hour)
	wants("before", map[byte]string{1: "active", 2: "active", 3: "active", 4: "active", 5: "active"})
	st.hear((&wire.Event{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: id(1)}}}).About())
	wants("after", map[byte]string{1: "revoked", 2: "revoked", 3: "revoked", 4: "revoked", 5: "active"})
	gave(6, 0, -time.Minute)
	gave(7, 6, time.Hour)
	wants("after its end", map[byte]string{6: "ended", 7: "ended"})
}

// TestWhatWasGivenWhileAChartWasMergedIsOver: not what was given before or since, nor by who acts for
// the owner.
func TestWhatWasGivenWhileAChartWasMergedIsOver(t *testing.T) {
	now := time.Now()
	st := statuses{known: map[stele.ID]string{}, end: map[stele.ID]time.Time{}, now: now}
	gave := func(n byte, delegation []byte) {
		st.hear((&wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Grant: slices.Concat([]byte{n}, make([]byte, 15)), Action: 1, Delegation: delegation}}}).About())
	}
	merged := &wire.Event{Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{Into: make([]byte, 20), Commitment: make([]byte, 32)}}}
	parted := &wire.Event{Event: &wire.Event_MergeUndone{MergeUndone: &wire.MergeUndone{Into: make([]byte, 20), Commitment: make([]byte, 32)}}}
	other := &wire.Event{Event: &wire.Event_MergeNoted{MergeNoted: &wire.MergeNoted{From: make([]byte, 20), Turn: 1}}}
	gave(1, nil)
	st.hear(other.About())
	gave(2, nil)
	st.hear(merged.About())
	gave(3, nil)
	gave(4, make([]byte, 16))
	st.hear(parted.About())
	gave(5, nil)
	for n, want := range map[byte]string{1: "active", 2: "active", 3: "revoked", 4: "active", 5: "active"} {
		if got := st.of(stele.ID{n}, now.Add(time.Hour)); got != want {
			t.Errorf("grant %d is %s, want %s", n, got, want)
		}
	}
}

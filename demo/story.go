package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/reading"
)

// scene is one step: its name for programs, what it says to people, the command
// that does the same, and the play, which returns what was seen.
type scene struct {
	act  string // printed before it, when the story turns
	name string
	says string
	same string // command; empty where it takes more than one
	play func(context.Context, *stage) (string, error)
}

// story is the whole of it.
var story = []scene{
	{"A chart arrives", "enrol", "Elena enrols at Northside Hospital", `stele patient enrol --as hospital-a --mrn MRN-4711 --did DID`, enrol},
	{"", "import", "Northside imports her chart, sealed, copied, anchored", `stele import elena-a.json --as hospital-a`, importChart},
	{"", "import-others", "Northside imports the charts of its other patients", "", importOthers},
	{"Somebody asks", "refused", "A doctor at Lakeview asks without a grant and is refused", `stele wallet open DID --as okafor --reason "first visit, chest pain"`, refused},
	{"", "attempt-seen", "The ledger is silent; Elena finds the attempt", `stele wallet log --as elena`, attemptSeen},
	{"Elena decides", "grant", "She grants the doctor allergies and medicines, for 24 hours", `stele wallet grant --as elena --to Okafor --categories allergies,medications --for 24h`, grant},
	{"", "open", "The doctor opens exactly those", `stele wallet open DID --as okafor --reason "follow-up"`, open},
	{"", "account", "She sees who opened what, proved by the validators", `stele wallet log --as elena`, told},
	{"", "revoke", "She takes the grant back", `stele wallet revoke GRANT --as elena`, revoke},
	{"", "refused-after", "From the next block the doctor is refused; her log says so", "", refusedAfter},
	{"", "ends-by-itself", "A second grant, for 3 seconds, ends by itself in block time", `stele wallet grant --as elena --to Okafor --categories allergies --for 3s`, endsByItself},
	{"Her child", "mother", "Her son lets her act for him until he comes of age", `stele delegate add --as leo --to Elena --kind parent --of-age 2038-12-01 --all`, motherActs},
	{"", "mother-gives", "She lets the doctor in for him, and can't give more than she has", `stele wallet grant --as elena --acting-for Leo --to Okafor --categories allergies`, motherGives},
	{"", "mother-ends", "He ends it: what she gave falls with it, and his log says who acted", `stele delegate end GRANT --as leo`, motherEnds},
	{"Without a phone", "slip", "A hospital makes a chart and a slip of paper; two members let records in", `stele patient enrol --as hospital-a --unclaimed --mrn 4712 --name "Lindqvist, Nora" --slip nora.pdf`, paperSlip},
	{"", "claim", "She takes it over with the code, and another hospital's word", `stele wallet claim CODE --out nora.claim; stele patient vouch nora.claim; stele wallet claim --submit nora.claim`, takesOver},
	{"Without a name", "nameless", "Somebody without a name is treated: two members give together", `stele patient propose NUMBER FILE --read --to Okafor; stele patient sign FILE`, treated},
	{"", "merge", "She is found to be Elena: both charts are hers", `stele patient merge NUMBER FILE --into DID; stele wallet merge sign FILE`, foundToBeElena},
	{"", "part", "It was another woman: they are parted again", `stele wallet merge undo DID --as elena`, partedAgain},
	{"At night", "papers", "An emergency doctor has licence, role and accreditation", "", papers},
	{"", "break-glass", "She opens in an emergency, without a grant", `stele breakglass open DID --as larsen --reason "unconscious"`, breakGlass},
	{"", "emergency-over", "It ends by itself, and she is refused", `stele breakglass list --as larsen`, nightIsOver},
	{"", "review", "Her hospital reviews it; Elena's log tells all of it", `stele breakglass review ACTIVATION --as hospital-b --outcome justified`, reviewed},
	{"Things break", "trustee-down", "One trustee of four is stopped: opening works", `stele devnet stop clinic --only trustee`, trusteeDown},
	{"", "two-trustees-down", "Two are stopped: nobody opens anything", `stele devnet stop patients --only trustee`, twoTrusteesDown},
	{"", "member-down", "A whole hospital is stopped: everything works", `stele devnet stop hospital-a`, memberDown},
	{"", "bit-flip", "A byte in a vault is flipped: found, named, repaired", `stele vault fsck --repair --member hospital-a`, bitFlip},
	{"", "forgery", "A forged log entry is caught", `stele verify FILE`, forgery},
	{"", "wipe", "A whole vault is wiped: nothing is lost", `stele vault fsck --repair --member hospital-a`, wipe},
	{"Hers", "own-key", "With every trustee off she opens everything with her own key", `stele wallet timeline --as elena`, ownKey},
	{"", "export", "She takes everything home in one file that checks offline", `stele wallet export FILE --as elena; stele verify FILE`, export},
	{"", "speed", "How fast that was, on this machine", "", speed},
}

// want turns an error of the expected kind into success.
func want(err error, kind stele.Kind, what string) error {
	if err == nil {
		return fmt.Errorf("%s was let through", what)
	}
	if stele.KindOf(err) != kind {
		return fmt.Errorf("%s failed for another reason: %w", what, err)
	}
	return nil
}

func textOf(err error) string {
	if e, ok := errors.AsType[*stele.Error](err); ok && e.Text != "" {
		return e.Text
	}
	return err.Error()
}

func purposeText(code string) string {
	switch stele.Purpose(code) {
	case stele.Treatment:
		return "treatment"
	}
	return code
}

func sources(chart *reading.Chart) int {
	seen := map[stele.Subject]bool{}
	for _, r := range chart.Records {
		seen[r.Label.Source] = true
	}
	return len(seen)
}

func folios(chart *reading.Chart) int {
	seen := map[stele.ID]bool{}
	for _, r := range chart.Records {
		seen[r.Folio.ID()] = true
	}
	return len(seen)
}

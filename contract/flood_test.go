package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele/contract/access"
	"github.com/stele-health/stele/wire"
)

// TestLaw3AStolenKeyDoesNotBuryALog: whoever holds a grant that was taken back
// can add a hundred refusals to the log, and no more.
func TestLaw3AStolenKeyDoesNotBuryALog(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann\ngive g end=+1000m")
	s.block("+1s", "revoke g")
	refused := 0
	for minute := range 2*access.Refusals/access.RefusalsPerMinute + 5 {
		s.block("+61s", fmt.Sprintf("open a%d grant=g\nopen b%d grant=g\nopen c%d grant=g\nopen d%d grant=g", minute, minute, minute, minute))
		s.events(s.town.Height, func(e *wire.Event) {
			if e.GetAccessRefused() != nil {
				refused++
			}
		})
	}
	if refused != access.Refusals {
		t.Errorf("%d refusals were logged, want %d", refused, access.Refusals)
	}
}

// bound is what one party can do to one log: so many events at once, and so many more
// in a day of trying.
type bound struct {
	by     string // the message that makes the event; empty when a contract does so by itself
	begin  string // what must be there before
	try    string // a script's line, with a number in it
	atOnce int
	aDay   int
}

// guarded begins with a subject that has guardians.
const guarded = "subject ann\nannounce s guardians=yes\n+72h"

// bounds has a row for every kind of event; docs/security.md tells them.
var bounds = map[string]bound{
	"consortium_founded": {},
	"grant_ended":        {}, // one for each grant given
	"subject_created":    {by: "create_subject", try: "subject ann", atOnce: 1},
	"keys_rotated":       {by: "rotate_keys", begin: "subject ann", try: "rotate ann old=ann new=ann by=ann", atOnce: 20, aDay: 24},
	"device_added":       {by: "add_device", begin: "subject ann", try: "device ann key=k%d", atOnce: 7},
	"subject_claimed":    {by: "claim_subject", begin: "enrol ann", try: "claim ann seal=yes", atOnce: 1},
	"grant_given":        {by: "give_grant", begin: "subject ann", try: "give g%d end=+900h", atOnce: 200, aDay: 288},
	"grant_revoked":      {by: "revoke_grant", begin: "subject ann\ngive g", try: "revoke g", atOnce: 1}, // one for each grant given
	"access_permitted":   {by: "open_access", begin: "subject ann\ngive g end=+900h", try: "open r%d", atOnce: 60, aDay: 4320},
	"access_refused":     {by: "open_access", begin: "subject ann\ngive g\nrevoke g", try: "open r%d", atOnce: 3, aDay: 97},
	"receipts_posted":    {by: "post_receipts", try: "receipts b%d", atOnce: 600, aDay: 86400},
	"issuer_admitted":    {by: "admit_issuer", begin: "subject board", try: "admit board in=#%d", atOnce: 256, aDay: 24},
	"issuer_dismissed":   {by: "dismiss_issuer", begin: "subject board\nadmit board", try: "dismiss board", atOnce: 1}, // one for each admission
	"status_list_posted": {by: "post_status_list", begin: "subject board", try: "list l%d of=board", atOnce: 20, aDay: 144},
	"emergency_set":      {by: "set_emergency", begin: "subject ann", try: "slot ann", atOnce: 20, aDay: 24},
	"glass_broken":       {by: "break_glass", begin: "subject ann", try: "break b%d", atOnce: 8, aDay: 8}, // by one member
	"emergency_ended":    {by: "end_emergency", begin: "subject ann\nbreak b", try: "end b", atOnce: 1},
	"emergency_reviewed": {by: "review_emergency", begin: "subject ann\nbreak b\nend b", try: "review b", atOnce: 1},
	"review_overdue":     {}, // one for each opening in an emergency
	"death_recorded":     {by: "record_death", begin: "subject ann\ngive d action=delegate to=mother end=+900h", try: "die ann under=d", atOnce: 1},
	"death_undone":       {by: "undo_death", begin: "subject ann\ngive d action=delegate to=mother end=+900h\ndie ann under=d", try: "live ann under=d", atOnce: 1}, // one for each recorded
	"delegation_ending":  {},                                                                                                                                        // one for each delegation given
	"subjects_merged":    {by: "merge_subjects", begin: "subject ann\nenrol doe", try: "merge doe into=ann", atOnce: 1},
	"merge_undone":       {by: "undo_merge", begin: "subject ann\nenrol doe\nmerge doe into=ann", try: "part doe", atOnce: 1},                                                // one for each merge
	"merge_noted":        {},                                                                                                                                                 // one for each of both
	"change_announced":   {by: "announce_change", begin: "subject ann\ndevice ann key=tablet by=ann,tablet", try: "announce c%d guardians=yes", atOnce: 4},                   // of one device
	"change_stopped":     {by: "veto_change", begin: "subject ann\ndevice ann key=tablet by=ann,tablet\nannounce c1 guardians=yes", try: "veto c1 device=tablet", atOnce: 1}, // one for each announced
	"change_made":        {},                                                                                                                                                 // likewise
	"device_frozen":      {by: "freeze_device", begin: "subject ann\ndevice ann key=tablet by=ann,tablet", try: "freeze tablet", atOnce: 1},
	"guardian_spoke":     {by: "speak_as_guardian", begin: guarded, try: "speak g1", atOnce: 16, aDay: 8}, // of each guardian
	"recovery_stopped":   {by: "veto_recovery", begin: guarded + "\nspeak g1 recover=new\nspeak g2 recover=new\nspeak g3 recover=new", try: "halt ann", atOnce: 1},
	"subject_recovered":  {}, // one for so many words
	"anchored":           {by: "make_anchor", begin: "subject ann\ngive w action=write end=+900h", try: "anchor a%d", atOnce: 300, aDay: 2880},
}

// TestEveryKindOfEventHasABound: whoever tries as often as a parcel holds gets so
// many events and no more, now and on a whole day. A new message or event without a
// row fails here.
func TestEveryKindOfEventHasABound(t *testing.T) {
	events := (&wire.Event{}).ProtoReflect().Descriptor().Oneofs().ByName("event").Fields()
	messages := map[string]bool{}
	for i := range events.Len() {
		name := string(events.Get(i).Name())
		b, ok := bounds[name]
		if !ok {
			t.Errorf("nothing bounds how often %s is written", name)
			continue
		}
		if messages[b.by] = true; b.by == "" {
			continue
		}
		t.Run(name, func(t *testing.T) { b.flood(t, name) })
	}
	fields := (&wire.Transaction{}).ProtoReflect().Descriptor().Oneofs().ByName("message").Fields()
	for i := range fields.Len() {
		if name := string(fields.Get(i).Name()); !messages[name] {
			t.Errorf("nothing bounds what %s writes", name)
		}
	}
}

func (b bound) flood(t *testing.T, name string) {
	s := found(t, 2)
	begin, then, waits := strings.Cut(b.begin, "\n+72h")
	if s.block("+1s", begin); waits {
		s.block("+72h", strings.TrimPrefix(then, "\n"))
	}
	n, made := 0, 0
	block := func(after string, tries int) {
		var lines strings.Builder
		for range tries {
			n++
			fmt.Fprintln(&lines, strings.ReplaceAll(b.try, "%d", fmt.Sprint(n)))
		}
		done, _ := s.write(after, lines.String())
		for _, v := range done.Verdicts {
			e := new(wire.Event)
			if v.Err != nil || wire.Decode(v.Outcome.Event, e) != nil || e.Height != s.town.Height {
				continue
			}
			if m := e.ProtoReflect(); string(m.WhichOneof(m.Descriptor().Oneofs().ByName("event")).Name()) == name {
				made++
			}
		}
	}
	if block("+1s", b.atOnce+40); made != b.atOnce {
		t.Errorf("%d at once, want %d", made, b.atOnce)
	}
	for range 24 { // the rest of a day, an hour at a time
		block("+1h", min(b.aDay/24+40, 800))
	}
	if made > b.atOnce+b.aDay {
		t.Errorf("%d in a day, want at most %d", made, b.atOnce+b.aDay)
	}
	if hourly := min(b.aDay/24, b.atOnce); made < b.atOnce+24*min(hourly, 700) {
		t.Errorf("%d in a day: honest use is hindered", made)
	}
}

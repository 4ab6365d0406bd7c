package account

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Line is one line of the account that a patient reads: an event of the log, or
// an attempt that left the ledger silent, with what the trustees kept of it.
type Line struct {
	Time   time.Time
	Seq    uint64 // in the log; of no meaning for an attempt
	Height int64
	Event  *wire.Event   // nil for an attempt
	Grant  *wallet.Given // under which, when it is the owner's

	// Delegate is the delegation by which somebody acted for the owner: gave or took back a grant,
	// opened the chart under it, or let another open it. Where a delegate of a delegate acted it is
	// the one that the owner gave.
	Delegate *wallet.Given

	// Who asked, as the trustees kept it that Details lists: they say the very
	// same. Where trustees differ, it is what the log commits to, or else what is
	// signed and what most say.
	Telling
	// Others is what other trustees kept of it, where that is something else.
	Others []Telling
	// Ahead is set for an asking that the log does not have, and of which a trustee
	// says that the log permits it in a block that it has not reached.
	Ahead bool

	// Viewed is what the reader says was looked at of what was released: statements that the reader
	// signed and a trustee kept, each once, oldest first. Where there are none, nobody said.
	Viewed []*wire.Viewed

	// Refused is how often trustees refused this asking, as most of those who kept it
	// say, and LastRefused when they last did: whoever asks again under one request id
	// hides nothing by it.
	Refused     int
	LastRefused time.Time

	// Released is how many trustees released for an opening, as far as they tell;
	// with fewer than Needed the chart did not open, unless some of the Untold that
	// did not answer now released, too.
	Released, Needed, Untold int
}

// Telling is what some trustees kept of one asking, word for word the same.
type Telling struct {
	Detail  *wire.AccessDetail // nil while no trustee has told
	Card    *wire.Card         // who asked, as the card says
	Details []Kept
	// Doubt is why the card is not to be believed; empty when its holder, an issuer
	// and the organisation that it names have signed it.
	Doubt string
}

// Members lists who tells it, each once.
func (t *Telling) Members() (names []string) {
	for _, k := range t.Details {
		if !slices.Contains(names, k.Member) {
			names = append(names, k.Member)
		}
	}
	slices.Sort(names)
	return names
}

// Stale lists the kinds of credential of which nobody could say, when the chart was opened in
// an emergency, whether they had been taken back: as more than half of the trustees tell that released.
func (t *Telling) Stale() (kinds []string) {
	said, released := map[string]int{}, 0
	seen := map[string]bool{}
	for _, k := range t.Details {
		if !k.Detail.GetReleased() || seen[k.Member] {
			continue
		}
		seen[k.Member] = true
		released++
		for _, kind := range slices.Compact(slices.Sorted(slices.Values(k.Detail.Stale))) {
			said[kind]++
		}
	}
	for kind, n := range said {
		if 2*n > released && slices.Contains(credential.Kinds, credential.Kind(kind)) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// ViewedAll reports whether the reader says that all was looked at that was released.
func (l *Line) ViewedAll() bool {
	return slices.ContainsFunc(l.Viewed, func(v *wire.Viewed) bool { return len(v.Folios) == 0 })
}

// ViewedRecords is how many records the reader says were looked at, each once however often it was
// said, and no more than the trustees released.
func (l *Line) ViewedRecords() (n int) {
	released, seen := l.ReleasedRecords(), map[string]bool{}
	if l.ViewedAll() && released > 0 {
		return released
	}
	for _, v := range l.Viewed {
		left, whole, fresh := int(v.Records), 0, 0
		for _, f := range v.Folios {
			name := string(wire.FolioName(f.Submission, f.Folio))
			if left -= len(f.Places); len(f.Places) == 0 {
				if whole++; !seen[name] {
					seen[name], fresh = true, fresh+1
				}
			}
			for _, place := range f.Places {
				if at := fmt.Sprint(name, place); !seen[at] {
					seen[at], n = true, n+1
				}
			}
		}
		if whole > 0 { // what a statement does not name one by one lies in the folios that it names whole
			n += left * fresh / whole
		} else if len(v.Folios) == 0 {
			n = max(n, left)
		}
	}
	if released > 0 {
		n = min(n, released)
	}
	return n
}

// ReleasedRecords is of how many records the trustees released the keys, as the one in the middle
// of them says.
func (l *Line) ReleasedRecords() int {
	by := map[string]int{}
	for _, k := range l.Details {
		if k.Detail.Released {
			by[k.Member] += int(k.Detail.Records)
		}
	}
	if len(by) == 0 {
		return 0
	}
	said := slices.Sorted(maps.Values(by))
	return said[(len(said)-1)/2]
}

// Kept is what one trustee kept of an asking, opened.
type Kept struct {
	Member string
	Detail *wire.Detail
}

// Report is what came of the owner's account: who asked and who opened what, when,
// why. Its lines are told one by one while it is made.
type Report struct {
	*wallet.OwnLog
	// Gaps are what does not reconcile: a release without a permitted entry, a
	// receipt that is not its trustee's, words that the log does not commit to
	// (proof.Account), an asker's card that nobody can have believed. Somebody lies
	// or something broke. An opening that could not be completed is none.
	Gaps []string
	// Silent are members whose trustee did not answer, so that what it kept is
	// missing here. The log is complete all the same.
	Silent []string
	// Receipts is how many the trustees handed out.
	Receipts int
	// Pending are receipts whose root is not on the ledger yet.
	Pending int
	// Ahead are openings of which trustees tell and which the log has not reached
	// yet: whether it holds them shows at the next look.
	Ahead int
	// Old is how old the newest block is that any member showed, where that is more
	// than a minute: entries since then are missing here.
	Old time.Duration

	said map[string]bool
	gaps map[string]int // of each member, also those that are counted only
}

// maxGaps is how many gaps of one member are told one by one: whoever lies can make
// any number, and must not crowd out what another did.
const maxGaps = 20

func (r *Report) gap(member string, err error) { r.say(member + ": " + stele.TextOf(err)) }

// say adds a gap; its text begins with the member that it names.
func (r *Report) say(text string) {
	member, _, _ := strings.Cut(text, ": ")
	switch {
	case r.said[text]:
	case r.gaps[member] >= maxGaps:
		r.gaps[member]++
	default:
		r.said[text] = true
		r.gaps[member]++
		r.Gaps = append(r.Gaps, text)
	}
}

// Report reads the owner's account: the log, and what the trustees tell of it, joined
// and reconciled. Each line is told in the order of time, and none is kept: an account
// of any length takes no more memory than what the trustees have to tell, a few bytes
// for each. each may be nil; its error ends the reading.
func (t *Teller) Report(ctx context.Context, each func(Line) error) (*Report, error) {
	report, told, err := t.report(ctx, each)
	if told != nil {
		told.close()
	}
	return report, err
}

// ReportWhole is Report with all lines in memory, for an account that is short.
func (t *Teller) ReportWhole(ctx context.Context) (report *Report, lines []Line, err error) {
	report, err = t.Report(ctx, func(l Line) error { lines = append(lines, l); return nil })
	return report, lines, err
}

// report also returns what was told, which the caller closes.
func (t *Teller) report(ctx context.Context, each func(Line) error) (*Report, *told, error) {
	account, err := t.w.Log(ctx)
	if err != nil {
		return nil, nil, err
	}
	follower, err := t.w.Follower()
	if err != nil {
		return nil, nil, err
	}
	report := &Report{OwnLog: account, said: map[string]bool{}, gaps: map[string]int{}}
	if age := t.w.Clock().Sub(account.Header.Time); age > wallet.LogGrace {
		report.Old = age
	}
	told, err := t.gather(ctx, report)
	if err != nil {
		return nil, nil, err
	}
	followed, err := t.w.FollowTo(ctx, account.Height)
	if err != nil {
		told.close()
		return nil, nil, err
	}
	r := reckoning{
		teller: t, report: report, told: told, judge: proof.NewAccount(t.w.History(), t.w.Subject()), trusted: follower.Trusted(),
		cards: map[[32]byte]string{}, forged: map[shownCard]error{}, postings: map[int64]posting{}, each: each,
	}
	r.judge.Upto(account.Height, t.w.Clock().Sub(account.Header.Time).Milliseconds())
	r.judge.Known(followed)
	if err := r.run(ctx); err != nil {
		told.close()
		return nil, nil, err
	}
	for _, m := range t.w.Network.All() {
		if more := report.gaps[m.Name] - maxGaps; more > 0 {
			report.Gaps = append(report.Gaps, fmt.Sprintf("%s: and %d more", m.Name, more))
		}
	}
	return report, told, nil
}

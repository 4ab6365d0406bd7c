package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Line is one line of the account that a patient reads: an event of the log, or
// an attempt that left the ledger silent, with what the trustees kept of it.
type Line struct {
	Time   time.Time
	Seq    uint64 // in the log; of no meaning for an attempt
	Height int64
	Event  *wire.Event // nil for an attempt
	Grant  *Given      // under which, when it is the owner's

	// Who asked, as the trustees kept it that Details lists: they say the very
	// same. Where trustees differ, it is what the log commits to, or else what is
	// signed and what most say.
	Telling
	// Others is what other trustees kept of it, where that is something else.
	Others []Telling

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

// Kept is what one trustee kept of an asking, opened.
type Kept struct {
	Member string
	Detail *wire.Detail
}

// Report is the owner's account: who asked and who opened what, when, why.
type Report struct {
	*Account
	Lines []Line
	// Gaps are what does not reconcile: a release without a permitted entry, a
	// receipt that is not its trustee's, words that the log does not commit to
	// (proof.Account), an asker's card that nobody can have believed. Somebody lies
	// or something broke. An opening that could not be completed is none.
	Gaps []string
	// Silent are members whose trustee did not answer, so that what it kept is
	// missing here. The log is complete all the same.
	Silent []string
	// Receipts are the trustees', with their proofs, as they gave them.
	Receipts []*wire.ReceiptProof
	// Wrong is what trustees kept that does not reconcile; the gaps say why.
	Wrong []Kept
	// Pending are receipts whose root is not on the ledger yet.
	Pending int
	// Ahead are openings of which trustees tell and which the log has not reached
	// yet: whether it holds them shows at the next look.
	Ahead map[stele.ID]bool
}

func (r *Report) gap(member string, err error) { r.say(member + ": " + sentence(err)) }

func (r *Report) say(text string) {
	if !slices.Contains(r.Gaps, text) {
		r.Gaps = append(r.Gaps, text)
	}
}

// ahead notes a receipt of an opening that the log has not reached.
func (r *Report) ahead(receipt *wire.Signed) {
	body := new(wire.Receipt)
	_ = wire.Decode(receipt.GetBody(), body) // it was read before
	request, _ := stele.IDFrom(body.Request)
	r.Ahead[request] = true
}

func sentence(err error) string {
	if e, ok := errors.AsType[*stele.Error](err); ok && e.Text != "" {
		return e.Text
	}
	return err.Error()
}

// Report fetches log, details and receipts, joins and reconciles them.
func (s *Session) Report(ctx context.Context) (*Report, error) {
	account, err := s.Log(ctx)
	if err != nil {
		return nil, err
	}
	follower, err := s.follower()
	if err != nil {
		return nil, err
	}
	report := &Report{Account: account, Ahead: map[stele.ID]bool{}}
	if age := s.Clock().Sub(account.Header.Time); age > stale {
		report.say(fmt.Sprintf("no member showed a block of the last %v: entries since then are missing here", age.Round(time.Second)))
	}
	judge, lines := proof.NewAccount(s.Consortium, s.Subject()), map[stele.ID]int{}
	for e, err := range account.Events() {
		if err != nil {
			return nil, err
		}
		line := Line{Time: time.UnixMilli(e.Event.TimeMs).UTC(), Seq: e.Seq, Height: e.Event.Height, Event: e.Event}
		line.Grant = s.given(grantOf(e.Event))
		if request, ok := requestOf(e.Event); ok {
			lines[request] = len(report.Lines)
		}
		judge.Log(e.Event)
		report.Lines = append(report.Lines, line)
	}
	judge.Upto(account.Height)
	who := askers{s: s, report: report, judge: judge, lines: lines, attempts: map[stele.ID]*asked{}, cards: map[string]*known{}}
	handed, kept := map[string]bool{}, map[string]string{} // bodies of receipts; of those in details: who keeps them
	s.collectKept(ctx, report, func(m Member, d *wire.Detail, p *wire.ReceiptProof) {
		if d == nil {
			handed[string(p.GetReceipt().GetBody())] = true
			report.receipt(m, judge, follower.Trusted(), p)
			return
		}
		if body := d.GetReceipt().GetBody(); body != nil {
			kept[string(body)] = m.Name
		}
		who.heardOf(m, d)
	})
	for body, name := range kept {
		if !handed[body] && !slices.Contains(report.Silent, name) {
			report.say(name + ": hides a receipt of a release that it kept")
		}
	}
	who.conclude(ctx)
	for i := range report.Lines {
		line := &report.Lines[i]
		if line.Event.GetAccessPermitted() != nil {
			request, _ := requestOf(line.Event)
			line.Released, line.Needed, line.Untold = judge.Opening(request).Released(), judge.Needed(), len(report.Silent)
		}
	}
	slices.SortStableFunc(report.Lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	return report, nil
}

// receipt holds a receipt that a member's trustee handed out against the log and
// the ledger (R6).
func (r *Report) receipt(m Member, judge *proof.Account, t proof.Trusted, p *wire.ReceiptProof) {
	receipt, err := judge.Receipt(p.GetReceipt())
	if err == nil && string(receipt.Member) != string(m.Subject[:]) {
		err = stele.E("check receipt", stele.KindProof, "handed out another trustee's receipt", nil)
	}
	if err == nil {
		_, err = proof.CheckPosting(t, receipt, p)
	}
	switch {
	case errors.Is(err, proof.ErrAhead):
		r.ahead(p.GetReceipt())
	case stele.KindOf(err) == stele.KindNotFound && err != nil:
		r.Pending++
	case err != nil:
		r.gap(m.Name, err)
		// Kept without what is to prove its posting: that may be anything.
		p = &wire.ReceiptProof{Receipt: p.GetReceipt()}
	}
	r.Receipts = append(r.Receipts, p)
}

// maxPages is how many pages of its account a trustee may fill: a liar's has no end.
const maxPages = 10_000

// collectKept calls each for everything that the trustees kept of askings, and for
// all their receipts.
func (s *Session) collectKept(ctx context.Context, report *Report, each func(Member, *wire.Detail, *wire.ReceiptProof)) {
	for _, m := range s.Network.Members {
		var since uint64
		for page := 0; ; page++ {
			attempt, cancel := context.WithTimeout(ctx, silence)
			response, err := m.Trustee.Details(attempt, &wire.DetailsRequest{Request: s.own(m.Subject, since)})
			cancel()
			if err != nil {
				report.Silent = append(report.Silent, m.Name)
				break
			}
			for _, d := range response.Details {
				if detail := s.openDetail(m, d); detail != nil {
					each(m, detail, nil)
				}
			}
			for _, p := range response.Receipts {
				each(m, nil, p)
			}
			if page == maxPages {
				report.say(m.Name + ": what its trustee says that it kept has no end")
				break
			}
			if response.Next <= since {
				break
			}
			since = response.Next
		}
	}
}

func (s *Session) openDetail(m Member, d *wire.SealedDetail) *wire.Detail {
	id, err := stele.IDFrom(d.Id)
	if err != nil {
		return nil
	}
	raw, err := s.SealKey().Open(seal.TagAccount, wire.DetailContext(m.Subject, id), d.Sealed)
	if err != nil {
		return nil // sealed to another device of hers
	}
	detail := new(wire.Detail)
	if wire.Decode(raw, detail) != nil {
		return nil
	}
	return detail
}

// given returns what this wallet knows of a grant it gave, or nil.
func (s *Session) given(grant []byte) *Given {
	for i := range s.State.Given {
		if string(s.State.Given[i].Grant[:]) == string(grant) {
			return &s.State.Given[i]
		}
	}
	return nil
}

// grantOf returns the grant that an event is about, or nil.
func grantOf(e *wire.Event) []byte {
	switch m := e.Event.(type) {
	case *wire.Event_GrantGiven:
		return m.GrantGiven.Grant
	case *wire.Event_GrantRevoked:
		return m.GrantRevoked.Grant
	case *wire.Event_GrantEnded:
		return m.GrantEnded.Grant
	case *wire.Event_AccessPermitted:
		return m.AccessPermitted.Grant
	case *wire.Event_AccessRefused:
		return m.AccessRefused.Grant
	case *wire.Event_Anchored:
		return m.Anchored.Grant
	}
	return nil
}

// requestOf returns the request that an event answers.
func requestOf(e *wire.Event) (stele.ID, bool) {
	raw := e.GetAccessPermitted().GetRequest()
	if raw == nil {
		raw = e.GetAccessRefused().GetRequest()
	}
	id, err := stele.IDFrom(raw)
	return id, err == nil
}

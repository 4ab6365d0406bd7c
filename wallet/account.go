package wallet

import (
	"context"
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
	Time    time.Time
	Seq     uint64 // in the log; of no meaning for an attempt
	Height  int64
	Event   *wire.Event // nil for an attempt
	Card    *wire.Card  // who asked; nil while no trustee has told
	Detail  *wire.AccessDetail
	Details []Kept // what each trustee kept
	Grant   *Given // under which, when it is the owner's
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
	// Gaps are what does not reconcile: a release without an entry, or an
	// entry with receipts of fewer than t trustees. None is good.
	Gaps []string
	// Silent are members whose trustee did not answer, so that what it kept is
	// missing here. The log is complete all the same.
	Silent []string
	// Receipts are the trustees', with their proofs, as they gave them.
	Receipts []*wire.ReceiptProof
	// Pending are receipts whose root is not on the ledger yet.
	Pending int
}

// Report fetches log, details and receipts, joins and reconciles them.
func (s *Session) Report(ctx context.Context) (*Report, error) {
	account, err := s.Log(ctx)
	if err != nil {
		return nil, err
	}
	report := &Report{Account: account}
	if age := s.Clock().Sub(account.Header.Time); age > stale {
		report.Gaps = append(report.Gaps, fmt.Sprintf("no member showed a block of the last %v: entries since then are missing here", age.Round(time.Second)))
	}
	kept, receipts := s.details(ctx, report)
	attempts := map[stele.ID]*Line{}
	lines := map[stele.ID]int{}
	for e, err := range account.Events() {
		if err != nil {
			return nil, err
		}
		line := Line{Time: time.UnixMilli(e.Event.TimeMs).UTC(), Seq: e.Seq, Height: e.Event.Height, Event: e.Event}
		line.Grant = s.given(grantOf(e.Event))
		if request, ok := requestOf(e.Event); ok {
			lines[request] = len(report.Lines)
		}
		report.Lines = append(report.Lines, line)
	}
	for _, k := range kept {
		request, err := stele.IDFrom(k.Detail.Request)
		if err != nil {
			continue
		}
		if i, ok := lines[request]; ok {
			s.join(report, &report.Lines[i], k)
		} else if k.Detail.Released {
			report.Gaps = append(report.Gaps, k.Member+" released without an entry in your log")
		} else {
			if attempts[request] == nil {
				attempts[request] = &Line{Time: time.UnixMilli(k.Detail.TimeMs).UTC()}
			}
			s.join(report, attempts[request], k)
		}
	}
	for _, line := range attempts {
		report.Lines = append(report.Lines, *line)
	}
	slices.SortStableFunc(report.Lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	report.Receipts = receipts
	s.reconcile(report, receipts)
	return report, nil
}

// join adds what a trustee kept to a line after checking it against the
// commitment in the event.
func (s *Session) join(report *Report, line *Line, k Kept) {
	if commitment := commitmentOf(line.Event); commitment != nil {
		salt, err := seal.SaltFrom(k.Detail.DetailSalt)
		if err != nil || seal.CheckCommit(stele.Digest(commitment), salt, seal.TagDetail, k.Detail.Detail) != nil {
			report.Gaps = append(report.Gaps, k.Member+" kept a detail that is not the one of the entry")
			return
		}
	}
	line.Details = append(line.Details, k)
	if line.Detail != nil {
		return
	}
	detail, card := new(wire.AccessDetail), new(wire.Card)
	if wire.Decode(k.Detail.Detail, detail) == nil && wire.Decode(detail.Card.GetBody(), card) == nil {
		line.Detail, line.Card = detail, card
	}
}

// details collects what the trustees kept, and their receipts.
func (s *Session) details(ctx context.Context, report *Report) (kept []Kept, receipts []*wire.ReceiptProof) {
	for _, m := range s.Network.Members {
		var since uint64
		for {
			attempt, cancel := context.WithTimeout(ctx, silence)
			response, err := m.Trustee.Details(attempt, &wire.DetailsRequest{Request: s.own(m.Subject, since)})
			cancel()
			if err != nil {
				report.Silent = append(report.Silent, m.Name)
				break
			}
			receipts = append(receipts, response.Receipts...)
			for _, d := range response.Details {
				if detail := s.openDetail(m, d); detail != nil {
					kept = append(kept, Kept{m.Name, detail})
				}
			}
			if response.Next <= since {
				break
			}
			since = response.Next
		}
	}
	return kept, receipts
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

// ahead is how many blocks a trustee's node may be ahead of the one that proved
// the log; a minute of blocks, as they come at most.
const ahead = 600

// reconcile holds entries and receipts against each other (R6).
func (s *Session) reconcile(report *Report, receipts []*wire.ReceiptProof) {
	follower, err := s.follower()
	if err != nil {
		return
	}
	by, openedAt := map[stele.ID]map[uint32]bool{}, map[stele.ID]int64{}
	for _, line := range report.Lines {
		if permitted := line.Event.GetAccessPermitted(); permitted != nil {
			openedAt[stele.ID(permitted.Request)] = line.Height
		}
	}
	for _, p := range receipts {
		var claimed wire.Receipt
		if wire.Decode(p.GetReceipt().GetBody(), &claimed) != nil || len(claimed.Member) != 20 || len(claimed.Request) != 16 {
			continue
		}
		founder := s.founder(stele.Subject(claimed.Member))
		if founder == nil {
			continue
		}
		_, _, err := proof.CheckReceipt(follower.Trusted(), wire.Key(founder.Trustee), p)
		switch stele.KindOf(err) {
		case stele.KindNotFound:
			report.Pending++
		default:
			if err != nil {
				report.Gaps = append(report.Gaps, "a receipt does not check: "+err.Error())
				continue
			}
		}
		if claimed.Share != founder.Share {
			report.Gaps = append(report.Gaps, "a receipt names a share that is not its trustee's")
			continue
		}
		request := stele.ID(claimed.Request)
		if opened, ok := openedAt[request]; ok && claimed.Height < opened || claimed.Height > report.Height+ahead {
			report.Gaps = append(report.Gaps, fmt.Sprintf("a receipt of share %d names block %d, which it cannot have checked", claimed.Share, claimed.Height))
			continue
		}
		if by[request] == nil {
			by[request] = map[uint32]bool{}
		}
		by[request][claimed.Share] = true
	}
	t := int(s.Consortium.Committee.Threshold)
	for _, line := range report.Lines {
		permitted := line.Event.GetAccessPermitted()
		if permitted == nil {
			continue
		}
		n := len(by[stele.ID(permitted.Request)])
		if n > 0 && n < t && len(report.Silent) == 0 {
			report.Gaps = append(report.Gaps, fmt.Sprintf("entry %d has receipts of %d trustees, %d are needed to open", line.Seq, n, t))
		}
		delete(by, stele.ID(permitted.Request))
	}
	for range by {
		report.Gaps = append(report.Gaps, "a receipt speaks of an opening that is not in your log")
	}
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

// commitmentOf returns an access event's commitment to its detail, or nil.
func commitmentOf(e *wire.Event) []byte {
	if c := e.GetAccessPermitted().GetDetailCommitment(); c != nil {
		return c
	}
	return e.GetAccessRefused().GetDetailCommitment()
}

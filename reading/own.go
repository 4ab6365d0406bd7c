package reading

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// OpenOwn opens everything that is the owner's with the owner's own key. No
// trustee is asked and no access is logged; the vaults note the fetch. Each
// folio is checked against its anchor on the owner's log, and every anchor must
// be accounted for: a submission that no vault lists is a fault of the chart.
//
// A vault may know of a delivery that the node which gave the log has not heard
// of yet; then the log is looked at again, and the chart is opened anew when it
// stands there, once. What never comes to stand there is the vault's fault.
func (r *Reader) OpenOwn(ctx context.Context) (*Chart, error) {
	log, err := r.w.Log(ctx)
	if err != nil {
		return nil, err
	}
	chart, strange, err := r.openLogged(ctx, log)
	if err != nil || len(strange) == 0 {
		return chart, err
	}
	switch newer, err := r.cameToStand(ctx, strange); {
	case stele.KindOf(err) == stele.KindProof:
		return nil, err
	case err != nil:
		return chart, nil // nobody is at fault as far as is known
	case newer != nil:
		if chart, err = r.OpenOwnFrom(ctx, newer); err != nil {
			return nil, err
		}
	}
	for _, by := range strange {
		for _, m := range by {
			const what = "listed what never came to stand on your log"
			if !slices.ContainsFunc(chart.Faults, func(f Fault) bool { return f.Member == m.Name && f.What == what }) {
				chart.Faults = append(chart.Faults, Fault{Member: m.Name, What: what})
			}
		}
	}
	return chart, nil
}

// strangers are the deliveries that vaults listed and that do not stand on the log, and who
// listed them. Vaults are heard side by side, and some after nobody waits any more.
type strangers struct {
	mu    sync.Mutex
	by    map[stele.ID][]members.Member
	taken bool
}

// maxStrange is how many deliveries that are not on the log are looked for there.
const maxStrange = 1000

func (s *strangers) add(m members.Member, deliveries map[stele.ID]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken {
		return
	}
	for id := range deliveries {
		if len(s.by) < maxStrange {
			s.by[id] = append(s.by[id], m)
		}
	}
}

// take gives what was heard so far; what is heard later is left out.
func (s *strangers) take() map[stele.ID][]members.Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = true
	return s.by
}

// cameToStand reads on in the log for as long as members may be apart, and takes the
// deliveries out of strange that have come to stand there. It returns the log in which some
// do, or nil.
func (r *Reader) cameToStand(ctx context.Context, strange map[stele.ID][]members.Member) (newer *wallet.OwnLog, _ error) {
	var failed error
	stopped := members.Retry(ctx, 100*time.Millisecond, members.Lag, func() bool {
		log, err := r.w.Log(ctx)
		if err != nil {
			failed = err
			return false
		}
		for e, err := range log.Events() {
			if err != nil {
				failed = err
				return false
			}
			if about := e.Event.About(); about.Place == wire.PlaceDelivery && strange[stele.ID(about.Submission)] != nil {
				newer = log
				delete(strange, stele.ID(about.Submission))
			}
		}
		return len(strange) > 0
	})
	return newer, cmp.Or(failed, stopped)
}

// OpenOwnFrom opens what stands on a log.
func (r *Reader) OpenOwnFrom(ctx context.Context, log *wallet.OwnLog) (*Chart, error) {
	chart, _, err := r.openLogged(ctx, log)
	return chart, err
}

// openLogged opens what stands on a log, and tells what vaults listed besides: it may be
// newer.
func (r *Reader) openLogged(ctx context.Context, log *wallet.OwnLog) (_ *Chart, strange map[stele.ID][]members.Member, _ error) {
	if err := r.w.Current(ctx); err != nil {
		return nil, nil, err
	}
	anchors, waiting, err := anchoredOn(log)
	if err != nil {
		return nil, nil, err
	}
	in := &reading{Reader: r, subject: r.w.Subject(), anchored: anchors}
	in.trusts = in.granted
	defer in.forget()
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	besides := &strangers{by: map[stele.ID][]members.Member{}}
	start := time.Now()
	listing := r.listOwn(asking, in, besides)
	if answered, last := in.enough(listing); answered == 0 {
		return nil, nil, stele.E("open own records", stele.KindUnreachable, "no vault answered", last).
			WithHint("try again; stele ledger status shows who is up")
	}
	var records []Record
	listed := time.Since(start)
	for round := 0; round == 0 || in.rest(listing, start, listed) || in.short(waiting) && in.rest(listing, start, members.Silence); round++ {
		records = append(records, r.readOwn(asking, in, len(listing.Waiting) > 0)...)
	}
	in.leave(listing)
	records = append(records, r.readOwn(asking, in, false)...)
	locked, err := in.locked()
	if err != nil {
		return nil, nil, err
	}
	in.short(waiting)
	in.place()
	if len(waiting) > 0 {
		in.fault(members.Member{Name: "every vault"}, fmt.Sprintf("that answered lacks %s on your log, or a part; some of the chart is missing here", stele.Count(len(waiting), "delivery that is", "deliveries that are")))
	}
	salts := in.counted()
	records, err = in.whole(asking, records, func(*Folio) bool { return true })
	if err != nil {
		return nil, nil, err
	}
	return &Chart{Subject: r.w.Subject(), Records: records, Faults: in.told(), Missing: len(waiting), Locked: locked, Deliveries: in.deliveries(salts)}, besides.take(), nil
}

// anchoredOn reads a log for what was delivered; waiting are the deliveries that vaults
// must list.
func anchoredOn(log *wallet.OwnLog) (_ *anchorings, waiting map[stele.ID]bool, _ error) {
	anchors := &anchorings{map[stele.ID]*wire.Event{}, map[stele.ID]*wire.Event{}}
	for e, err := range log.Events() {
		if err != nil {
			return nil, nil, err
		}
		anchors.add(e.Event)
	}
	waiting = map[stele.ID]bool{}
	for submission := range anchors.anchors {
		waiting[submission] = true
	}
	return anchors, waiting, nil
}

// listOwn asks all vaults for the owner's folios. What stands under no anchor is beside
// them.
func (r *Reader) listOwn(whole context.Context, in *reading, besides *strangers) *members.Round[list] {
	return in.listing(whole, func(ctx context.Context, m members.Member) (list, error) {
		response, err := m.Vault.ListOwn(ctx, &wire.ListOwnRequest{Request: r.w.OwnRequest(m.Subject, 0)})
		if err != nil {
			return nil, err
		}
		kept, later := r.anchored(in, m, in.anchored, response.Folios)
		besides.add(m, later)
		in.hear(whole, m, response.Submissions)
		return kept, nil
	})
}

// readOwn opens what envelopes open and reads what has not been read yet.
func (r *Reader) readOwn(ctx context.Context, in *reading, more bool) []Record {
	for _, f := range in.folios {
		if !f.unlocked {
			r.unlockOwn(f)
		}
	}
	due := in.unread(func(*Folio) bool { return true })
	return in.fetch(ctx, due, more, func(m members.Member, folios [][]byte) *wire.GetRecordsRequest {
		return &wire.GetRecordsRequest{Request: r.w.OwnRequest(m.Subject, 0), Own: true, Folios: folios}
	})
}

// locked blames who gave folios that the owner's key does not open, and counts them. It fails
// with KindDenied when none opens.
func (r *reading) locked() (locked int, _ error) {
	for _, f := range r.folios {
		if !f.unlocked {
			locked++
			r.blame(f, "gave a folio without an envelope that opens")
		}
	}
	if locked > 0 && locked == len(r.folios) {
		return locked, stele.E("open own records", stele.KindDenied, "nothing in this chart opens with this wallet's key yet", nil).
			WithHint("it was sealed before the key was yours; the trustees open it once, which stands in your log, and it is sealed to your key: stele wallet reseal")
	}
	return locked, nil
}

// short takes the submissions that are listed whole out of those that are waited
// for, and reports whether some are missing or locked.
func (r *reading) short(waiting map[stele.ID]bool) bool {
	for id := range r.numbers() {
		delete(waiting, id)
	}
	return len(waiting) > 0 || slices.ContainsFunc(r.folios, func(f *Folio) bool { return !f.unlocked })
}

// numbers tells of how many folios the submissions are that are listed whole. A root
// does not say how many leaves it is over: the last of twelve stands under it as the
// eighth of eight, too. Only where each place of a number is filled is it the number.
func (r *reading) numbers() map[stele.ID]uint32 {
	type claim struct {
		submission stele.ID
		folios     uint32
	}
	filled, whole := map[claim]uint32{}, map[stele.ID]uint32{}
	for _, f := range r.folios {
		of := map[uint32]bool{}
		for _, l := range f.listed {
			of[l.item.Folios] = true
		}
		for n := range of {
			c := claim{stele.ID(f.Item.Submission), n}
			if filled[c]++; filled[c] == n {
				whole[c.submission] = n
			}
		}
	}
	return whole
}

// place puts each folio of a submission that is listed whole where it is among them,
// and tells who listed it elsewhere.
func (r *reading) place() {
	numbers := r.numbers()
	for _, f := range r.folios {
		n := numbers[stele.ID(f.Item.Submission)]
		for _, l := range f.listed {
			switch {
			case n == 0:
			case l.item.Folios == n:
				f.Item.Index, f.Item.Folios, f.Item.Path = l.item.Index, l.item.Folios, l.item.Path
			default:
				r.elsewhere(l)
			}
		}
	}
}

// elsewhere notes a fault of those who listed a folio where it can't be.
func (r *reading) elsewhere(l listed) {
	for _, m := range l.by {
		r.fault(m, "listed a folio in a place where its delivery has none")
	}
}

// anchored keeps the folios that stand under an anchor on the owner's log, and
// tells the submissions that do not.
func (r *Reader) anchored(in *reading, m members.Member, anchors *anchorings, items []*wire.FolioItem) (kept []*wire.FolioItem, later map[stele.ID]bool) {
	later = map[stele.ID]bool{}
	for _, item := range items {
		id, err := stele.IDFrom(item.Submission)
		if err != nil {
			in.fault(m, "listed a folio that does not hold together")
			continue
		}
		anchor := anchors.anchors[id]
		if anchor == nil {
			later[id] = true // anchored since the log was read
			continue
		}
		root, err := proof.CheckAnchor(anchor, id)
		if err == nil {
			_, err = proof.CheckFolio(root, item.Head, item.Index, item.Folios, item.Path)
		}
		if err != nil {
			in.fault(m, "listed a folio that is not under its anchor")
			continue
		}
		kept = append(kept, item)
	}
	return kept, later
}

// unlockOwn opens the envelope of a folio that is for this wallet's key, if there
// is one: a folio that was sealed before this key existed opens through a logged access.
func (r *Reader) unlockOwn(f *Folio) {
	id := r.w.Keyring().SealKey().ID()
	for _, e := range f.Item.Envelopes {
		if string(e.KeyId) != string(id[:]) {
			continue
		}
		if key, err := r.sealedIn(f, e); err == nil && f.unlock(key) == nil {
			return
		}
	}
}

// sealedIn is the key that an envelope of a folio holds for this wallet.
func (r *Reader) sealedIn(f *Folio, e *wire.Envelope) (key seal.Key, err error) {
	raw, err := r.w.Keyring().SealKey().Open(seal.TagFolioKey, wire.FolioKeyContext(r.w.Subject(), f.Head.Folio), e.Sealed)
	if err != nil {
		return key, err
	}
	return seal.KeyFrom(raw)
}

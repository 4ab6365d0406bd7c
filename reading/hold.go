package reading

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// HeldChart is a chart that stays open: its folios' keys are kept in memory, so
// that one more of their records costs a vault's answer and no release. It is
// open until Close, until its session or its grant ends, or until more
// vaults refuse the reading than may be faulty, as they do once the grant has been
// taken back; whichever comes first. Then the keys are gone.
//
// What it reads later stands under the access that opened it. Vaults check that
// access and the grant anew for every record; the ledger is not told again. What is looked at is
// told to the trustees, who keep it for the patient (TellLooked).
// A HeldChart is safe for concurrent use.
type HeldChart struct {
	*Chart

	reads sync.Mutex   // held while folios are read: what each vault was asked for is theirs
	mu    sync.RWMutex // held for reading while a key is used
	o     *open
	end   *time.Timer

	told   sync.Mutex // held while it is told
	looked looked     // at, and not told yet
}

// HoldChart opens a chart as OpenChart does and keeps it open. first says of
// which folios, by their label, the records are read at once; nil: of all.
func (r *Reader) HoldChart(ctx context.Context, subject stele.Subject, q Question, first func(stele.Label) bool) (_ *HeldChart, err error) {
	for {
		o, err := r.permitted(ctx, subject, q)
		if err != nil {
			return nil, err
		}
		h, err := o.hold(ctx, first)
		if stele.KindOf(err) != stele.KindDenied || !q.Grant.IsZero() || !o.held.ForSingles() && !o.held.ByAnother() && o.held.Action != stele.ActionDelegate {
			return h, err
		}
		// The trustees refuse. Of single records, each may be restricted by now; what somebody else than the
		// patient gave, or lets act, may have fallen with a death, or with the mistake of one, and the ledger says of it that it
		// holds. What the patient gave otherwise is refused whatever it is asked under.
		q.not = append(q.not, o.held.Grant)
		if len(o.held.Above) > 0 {
			q.fell = append(q.fell, o.held.Above[0])
		}
		next, wrong := r.best(subject, q)
		if wrong != nil || len(q.not) == maxRefusals || next == nil || !next.Usable(r.w.Clock(), q.Purpose) || allowsNone(next, q) {
			return nil, err
		}
	}
}

// hold reads what is permitted and keeps the chart open.
func (o *open) hold(ctx context.Context, first func(stele.Label) bool) (_ *HeldChart, err error) {
	others := o.askOthers(ctx)
	defer func() {
		if err != nil {
			others.stop()
			o.forget()
		}
	}()
	records, err := o.read(ctx, func(f *Folio) bool { return first == nil || first(f.Label) })
	if err != nil {
		return nil, err
	}
	h := &HeldChart{Chart: &Chart{Subject: o.subject, Records: records, Access: o.opening, Faults: o.told(), viewer: o.viewer(), others: others}, o: o, looked: looked{}}
	until := o.opening.Until
	if o.held.End.Before(until) {
		until = o.held.End
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end = time.AfterFunc(until.Sub(o.w.Clock()), h.Close)
	return h, nil
}

// read lists, unlocks and fetches what is in scope. It goes on as soon as enough
// vaults have listed what they hold; what others list later is read afterwards.
func (o *open) read(ctx context.Context, wanted func(*Folio) bool) (records []Record, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.held.ForSingles() {
		return o.readSingles(ctx, wanted)
	}
	start := time.Now()
	listing := o.ask(ctx)
	if answered, last := o.enough(listing); answered == 0 {
		if stele.KindOf(last) == stele.KindDenied {
			return nil, o.attempt(ctx) // or the patient would not learn who asked, and for what
		}
		return nil, stele.E("open chart", stele.KindUnreachable, "no vault answered", last).WithHint("try again; stele ledger status shows who is up")
	}
	listed := time.Since(start)
	unread := func() []*Folio { return o.unread(wanted) }
	for round := 0; round == 0 || o.rest(listing, start, listed); round++ {
		// A capsule that one vault makes up is found out by asking: then the next.
		for claims := o.untried(); len(claims) > 0; claims = o.untried() {
			err := o.unlock(ctx, listing, claims)
			if err != nil && round == 0 {
				return nil, err
			} else if err != nil {
				o.fault(members.Member{Name: "the trustees"}, "did not release what a vault listed late")
				break
			}
		}
		records = append(records, o.fetch(ctx, unread(), len(listing.Waiting) > 0, o.records)...)
	}
	o.leave(listing)
	if len(o.folios) == 0 { // that is an answer, too: who has it, and for what, the trustees keep for the patient
		_ = o.attempt(ctx)
	}
	records = append(records, o.fetch(ctx, unread(), false, o.records)...)
	o.tellMisfits()
	return o.whole(ctx, records, wanted)
}

// records is the request for the records of folios.
func (o *open) records(m members.Member, folios [][]byte) *wire.GetRecordsRequest {
	return &wire.GetRecordsRequest{Request: o.request(m), Folios: folios}
}

// Folios lists what is open: the folios whose keys are held, each with its label
// and with how many records open (Folio.Opens), some of which may not be
// in scope.
func (h *HeldChart) Folios() []*Folio {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(h.o.folios), func(f *Folio) bool { return !f.unlocked })
}

// Read reads the records of the open folios that are wanted and were not read before, and notes
// that they were looked at. What came in part is asked for anew. Who gave them wrongly is told in Faults. It fails as Record does.
func (h *HeldChart) Read(ctx context.Context, wanted func(*Folio) bool) ([]Record, error) {
	h.reads.Lock()
	defer h.reads.Unlock()
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, f := range h.o.folios {
		if h.o.cut(f) { // and was told so
			f.asked = nil
		}
	}
	due := h.o.unread(wanted)
	if len(due) == 0 {
		if slices.ContainsFunc(h.o.folios, func(f *Folio) bool { return f.unlocked }) {
			return nil, nil
		}
		return nil, closed("read records")
	}
	h.o.onward = true
	records := h.o.fetch(ctx, due, false, h.o.records)
	if left := h.o.unread(wanted); len(left) > 0 && h.o.refused(ctx) {
		go h.Close() // waits for those who are reading
		return nil, refused()
	} else if len(left) > 0 && len(due) > 1 {
		// A request that names one folio which has been restricted is refused whole. One that
		// more refuse by itself than may lie is, for everybody, as if it were not there.
		for _, f := range left {
			f.asked = nil
			records = append(records, h.o.fetch(ctx, []*Folio{f}, false, h.o.records)...)
		}
	}
	records, err := h.o.whole(ctx, records, func(f *Folio) bool { return len(f.denied) <= h.o.faulty() && wanted(f) })
	h.Faults = h.o.told()
	h.noteLooked(records...)
	return records, err
}

func closed(op string) error {
	return stele.E(op, stele.KindDenied, "the chart is not open any more", nil).WithHint("open it again: that is an access of its own")
}

// Record reads one more record of an open folio: the one at a place, from 0. It
// is checked against its leaf like all others. It fails with KindDenied when the
// chart is not open any more or the record is not in scope, and with
// KindUnreachable when no vault gave it.
func (h *HeldChart) Record(ctx context.Context, f *Folio, place uint32) (Record, error) {
	const op = "read record"
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !f.unlocked {
		return Record{}, closed(op)
	}
	var last error
	asked := false
	for _, m := range h.holders(f) {
		got, err := h.fetch(ctx, m, f, place)
		if err == nil {
			h.noteLooked(got)
			return got, nil
		}
		if last = err; stele.KindOf(err) == stele.KindDenied {
			if !asked && h.o.refused(ctx) {
				go h.Close() // waits for those who are reading
				return Record{}, refused()
			}
			asked = true
		}
		h.o.w.Network.NoteSilent(m) // the others are asked first from now on
	}
	if stele.KindOf(last) == stele.KindDenied {
		return Record{}, refused()
	}
	return Record{}, stele.E(op, stele.KindUnreachable, "no vault gave the record", last).
		WithHint("a member may be down; try again later")
}

// holders lists who has a folio, those who gave nothing lately last.
func (h *HeldChart) holders(f *Folio) []members.Member {
	var sound, late []members.Member
	for _, m := range f.holders {
		if h.o.w.Network.WasSilent(m) {
			late = append(late, m)
		} else {
			sound = append(sound, m)
		}
	}
	return append(sound, late...)
}

func (h *HeldChart) fetch(ctx context.Context, m members.Member, f *Folio, place uint32) (record Record, err error) {
	attempt, cancel := context.WithTimeout(ctx, members.Silence)
	defer cancel()
	request := h.o.records(m, [][]byte{f.name()})
	request.Places = []uint32{place}
	err = stele.E("read record", stele.KindUnreachable, "a vault gave nothing", nil)
	if failed := m.Vault.GetRecords(attempt, request, func(response *wire.GetRecordsResponse) error {
		records, _, wrong := f.open(response)
		if wrong == nil && (len(records) != 1 || records[0].Index != place) {
			wrong = stele.E("read record", stele.KindProof, "a vault gave another record", nil)
		}
		if err = wrong; wrong == nil {
			record = records[0]
		}
		return nil
	}); failed != nil {
		err = failed
	}
	return record, err
}

// Close drops the keys. The records that were read stay the caller's. Closing
// twice does nothing.
func (h *HeldChart) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end.Stop()
	h.o.forget()
}

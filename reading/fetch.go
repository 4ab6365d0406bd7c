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

// This file reads records from the vaults that list them. Each vault is asked once
// for a folio. One that is slow is not waited for while another lists the same: that
// is asked besides, and the first good answer counts. So one vault that says
// nothing, drips or lies costs a reading about as long again as the others take.

const (
	// stall is how long a vault that nobody else can stand in for may take, to
	// begin with; for each folio it has so much longer, and for each byte.
	stall     = 10 * time.Second
	perFolio  = 100 * time.Millisecond
	perSecond = 64 << 10 // bytes
	// pause is how long a vault may give nothing before others are asked. Where they gave, it
	// stands in for stall: whether all was given is worth that much, and what each folio may take.
	pause = 2 * time.Second
	// slower is by how much a vault may be slower than others, and allowed how much
	// it has on top.
	slower, allowed = 3, time.Second
	// glance is how often it is looked who is slow.
	glance = 50 * time.Millisecond
	// maxNamed is how many folios a vault takes in one request.
	maxNamed = 1 << 14
)

// fetching is the reading of some folios' records at work.
type fetching struct {
	r       *reading
	request func(members.Member, [][]byte) *wire.GetRecordsRequest // for folios, by name
	wake    chan struct{}                                          // a share has ended
	shares  []*share

	mu      sync.RWMutex    // held for reading while a key is used
	over    bool            // no key is used any more
	missing map[*Folio]bool // which have not been given whole
	records []Record
}

// share is what one vault is asked for.
type share struct {
	by          members.Member
	folios      []*Folio
	cancel      context.CancelFunc
	start, last time.Time // last: of a good answer
	until       time.Time
	left        bool // others were asked besides
	done        bool
	fault       string
}

// fetch reads the records of folios whose keys are known. While other vaults may
// still list the same (more), it returns after a moment: what is missing then may be
// asked for again, also of them.
func (r *reading) fetch(ctx context.Context, wanted []*Folio, more bool, request func(members.Member, [][]byte) *wire.GetRecordsRequest) []Record {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &fetching{r: r, request: request, wake: make(chan struct{}, 1), missing: map[*Folio]bool{}}
	for _, folio := range wanted {
		f.missing[folio] = true
	}
	f.hand(ctx, wanted)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for f.going(ctx, more) {
		select {
		case <-f.wake:
		case <-tick.C:
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	f.judge(more)
	return f.records
}

// going hands on what ended shares did not give and slow ones have not yet given,
// and reports whether there is something to wait for.
func (f *fetching) going(ctx context.Context, more bool) bool {
	f.mu.Lock()
	now, running, hopeful := time.Now(), 0, 0
	var free []*Folio
	for _, s := range f.shares {
		switch {
		case s.done && !s.left, !s.done && !s.left && f.slow(s, now):
			s.left = true
			free = append(free, f.missed(s)...)
		case s.done:
		case now.After(s.until):
			s.cancel()
			s.done = true
		}
	}
	f.mu.Unlock()
	f.hand(ctx, free)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.shares {
		missed := f.missed(s)
		if s.done || len(missed) == 0 || now.After(s.until.Add(pause-stall)) && !slices.ContainsFunc(missed, ungiven) {
			continue
		}
		running++
		if !s.left && (!more || now.Sub(s.start) < allowed) {
			hopeful++
		}
	}
	return len(f.missing) > 0 && running > 0 && (hopeful > 0 || !more) && ctx.Err() == nil
}

// ungiven reports whether nobody has given a folio, nor part of it.
func ungiven(f *Folio) bool { return !f.fetched }

// missed are a share's folios that nobody has given whole.
func (f *fetching) missed(s *share) []*Folio {
	return slices.DeleteFunc(slices.Clone(s.folios), func(folio *Folio) bool { return !f.missing[folio] })
}

// slow reports whether others should be asked besides: a vault pauses, or is slower
// by far than those that gave all that they were asked for.
func (f *fetching) slow(s *share, now time.Time) bool {
	var pace time.Duration // for one folio
	for _, o := range f.shares {
		if o.done && o.fault == "" {
			pace = max(pace, o.last.Sub(o.start)/time.Duration(len(o.folios))+1)
		}
	}
	if pace == 0 { // nobody to compare with
		pace = perFolio / slower
	}
	return now.Sub(s.last) >= pause || now.Sub(s.start) > allowed+slower*pace*time.Duration(len(s.folios))
}

// hand asks for folios, each of the next vault that lists it.
func (f *fetching) hand(ctx context.Context, folios []*Folio) {
	f.mu.Lock()
	defer f.mu.Unlock()
	byHolder, named := map[stele.Subject][]*Folio{}, map[string]bool{}
	for _, folio := range folios {
		m := folio.next(f.r.Reader)
		if m == nil {
			continue
		}
		folio.ask(*m)
		// A request that names a folio twice is refused as a whole.
		if name := string(m.Subject[:]) + string(folio.name()); !named[name] {
			named[name] = true
			byHolder[m.Subject] = append(byHolder[m.Subject], folio)
		}
	}
	for subject, all := range byHolder {
		for part := range slices.Chunk(all, maxNamed) {
			attempt, cancel := context.WithCancel(ctx)
			now := time.Now()
			s := &share{by: *f.r.w.Member(subject), folios: part, cancel: cancel, start: now, last: now, until: now.Add(stall)}
			f.shares = append(f.shares, s)
			go f.ask(attempt, s)
		}
	}
}

// next chooses who is asked for a folio's records: somebody who was not, spread over
// those who list it, and who said nothing lately last. nil: nobody is left.
func (f *Folio) next(s *Reader) *members.Member {
	var late *members.Member
	for i := range f.holders {
		m := &f.holders[(int(f.Digest[0])+i)%len(f.holders)]
		switch {
		case f.asked[m.Subject]:
		case !s.w.Network.WasSilent(*m):
			return m
		case late == nil:
			late = m
		}
	}
	return late
}

func (f *Folio) ask(m members.Member) {
	if f.asked == nil {
		f.asked = map[stele.Subject]bool{}
	}
	f.asked[m.Subject] = true
}

// ask has a vault give a share. The first wrong answer ends it.
func (f *fetching) ask(ctx context.Context, s *share) {
	defer s.cancel()
	open := map[string]*Folio{}
	names := make([][]byte, len(s.folios))
	for i, folio := range s.folios {
		names[i] = folio.name()
		open[string(names[i])] = folio
	}
	err := s.by.Vault.GetRecords(ctx, f.request(s.by, names), func(response *wire.GetRecordsResponse) error {
		folio := open[string(response.Folio)]
		delete(open, string(response.Folio))
		if folio == nil {
			return f.ends(s, "gave records that nobody asked for")
		}
		f.mu.RLock()
		if f.over || s.done {
			f.mu.RUnlock()
			return context.Canceled
		}
		got, came, err := folio.open(response)
		f.mu.RUnlock()
		switch {
		case err != nil:
			return f.ends(s, "gave records that do not match their leaves")
		case slices.ContainsFunc(got, f.r.outside):
			return f.ends(s, "gave records that the grant does not cover")
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		size := 0
		for _, r := range response.Records {
			size += len(r.Ciphertext)
		}
		s.last = time.Now()
		s.until = s.until.Add(perFolio + time.Duration(size)*time.Second/perSecond)
		if !f.over && f.missing[folio] {
			f.records = append(f.records, folio.takes(s.by, got, came)...)
			if folio.all {
				delete(f.missing, folio)
			}
		}
		return nil
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.fault == "" && (err != nil || len(open) > 0) && ctx.Err() == nil && !(f.r.onward && stele.KindOf(err) == stele.KindDenied) {
		s.fault = "did not give records"
	}
	if len(s.folios) == 1 && stele.KindOf(err) == stele.KindDenied {
		if s.folios[0].denied == nil {
			s.folios[0].denied = map[stele.Subject]bool{}
		}
		s.folios[0].denied[s.by.Subject] = true
	}
	s.done = true
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// ends ends a share whose vault answered wrongly.
func (f *fetching) ends(s *share, fault string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.fault = fault
	return stele.E("read records", stele.KindProof, fault, nil)
}

// judge says whose answers were wrong, missing, or too late to count. Who may yet be
// asked again is not blamed for being slow.
func (f *fetching) judge(more bool) {
	for _, s := range f.shares {
		missed := f.missed(s)
		switch {
		case s.fault != "":
			f.r.fault(s.by, s.fault)
		case s.done && slices.ContainsFunc(missed, ungiven) && !f.r.onward:
			f.r.fault(s.by, "did not give records")
		case !s.done && len(missed) > 0 && more:
			if s.left && time.Since(s.last) >= allowed { // who gives, if slowly, is asked again
				f.r.w.Network.NoteSilent(s.by)
				f.r.paused = append(f.r.paused, s)
			}
			for _, folio := range missed {
				delete(folio.asked, s.by.Subject)
			}
		case !s.done && s.left:
			f.r.w.Network.NoteSilent(s.by)
			f.r.tellSlow(s)
		}
	}
}

// tellSlow tells who was not waited for, where others gave what it was asked for.
func (r *reading) tellSlow(s *share) {
	if slices.ContainsFunc(s.folios, func(f *Folio) bool { return f.giver != s.by.Subject && !r.cut(f) }) {
		r.fault(s.by, "gave records too slowly; others gave them")
	}
}

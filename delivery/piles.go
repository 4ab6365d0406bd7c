package delivery

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// What is at work at once: many small deliveries, which wait for disks and
// consensus, or a few large ones, which want memory.
const (
	maxAtWork    = 24 << 20 // bytes of records being sealed and sent
	leastAtWork  = 1 << 20  // that a delivery counts at least
	maxPiledUp   = 64 << 20 // bytes of records that wait for others of their patient
	oldWithdrawn = "another version of it stands under another label now"
)

// piles collects records for each subject and delivers them: when enough have
// come, when no more are to come for it, or when all take too much room.
type piles struct {
	*importing
	ctx    context.Context
	cancel context.CancelFunc
	slots  *semaphore.Weighted
	work   sync.WaitGroup

	lock     sync.Mutex // guards what follows
	pending  map[stele.Subject]*pile
	bytes    int
	left     map[stele.Subject]int // entries that may still bring something
	queued   map[[16]byte]bool     // fingerprints of what is pending or at work
	memories map[stele.Subject]*memory
	fatal    error
	folios   int
	copies   int
	coming   map[stele.Subject]map[string][]*kept // in a dry run: what would have arrived
	gone     gone                                 // what files deleted; nil until it is asked for
	troubled map[stele.Subject]outcome            // to whom something did not arrive
}

func newPiles(ctx context.Context, im *importing) *piles {
	p := &piles{
		importing: im, slots: semaphore.NewWeighted(maxAtWork), pending: map[stele.Subject]*pile{},
		left: im.plan.Count(), queued: map[[16]byte]bool{}, memories: map[stele.Subject]*memory{},
		troubled: map[stele.Subject]outcome{}, coming: map[stele.Subject]map[string][]*kept{},
	}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p
}

// put adds a record to its subject's pile, and reports whether it is to be
// delivered: not when it was before, or is about to be.
func (p *piles) put(a arrival) bool {
	ready, fresh := p.take(a)
	p.send(ready)
	return fresh
}

// take adds a record, and returns the piles that are to go now.
func (p *piles) take(a arrival) (ready []*pile, fresh bool) {
	a = p.print(a)
	p.lock.Lock()
	defer p.lock.Unlock()
	if fresh = p.keep(a); !fresh || p.o.Dry {
		return nil, fresh
	}
	switch pile := p.pending[a.subject]; {
	case pile != nil && pile.full():
		ready = append(ready, p.remove(a.subject))
	case p.bytes > maxPiledUp:
		ready = append(ready, p.remove(p.largest()))
	}
	return ready, fresh
}

// putAll adds what arrives whole, and has its prints.
func (p *piles) putAll(held []arrival) {
	p.lock.Lock()
	var ready []*pile
	for _, a := range held {
		p.keep(a)
	}
	for _, a := range held {
		if pile := p.pending[a.subject]; pile != nil && (pile.full() || p.bytes > maxPiledUp) {
			ready = append(ready, p.remove(a.subject))
		}
	}
	p.lock.Unlock()
	p.send(ready)
}

// passed notes that an entry will bring nothing more to some subjects.
func (p *piles) passed(to []stele.Subject) {
	p.lock.Lock()
	var ready []*pile
	for _, subject := range to {
		if p.left[subject]--; p.left[subject] == 0 {
			p.bringBack(p.memories[subject])
			delete(p.memories, subject)
			if p.pending[subject] != nil {
				ready = append(ready, p.remove(subject))
			}
		}
	}
	p.lock.Unlock()
	p.send(ready)
}

// print makes what is remembered of a record. It takes the time that keep does not,
// under which all files wait.
func (p *piles) print(a arrival) arrival {
	a.kept = keptOf(a.record, a.updated, p.desk.fingerprint(a.subject, a.record.JSON))
	a.kept.base, a.kept.Was = a.origin.Base, a.origin.ID
	a.kept.placed(a.origin)
	switch {
	case a.kept.ID == "":
	case intake.Tells(a.kept.Type):
		a.kept.called = p.desk.medicinePrint(a.kept.name())
	case !fhir.Shared(a.kept.Type):
		a.kept.called = p.desk.namePrint(a.kept.name())
	}
	return a
}

// memory is what was delivered to a subject; nil where it can't be read, and all stops.
func (p *piles) memory(subject stele.Subject) *memory {
	m := p.memories[subject]
	if m == nil {
		var err error
		if m, err = p.desk.recall(subject); err != nil {
			p.stop(err)
			return nil
		}
		p.memories[subject] = m
	}
	return m
}

// keep adds a record under the lock.
func (p *piles) keep(a arrival) bool {
	m := p.memory(a.subject)
	if m == nil {
		return false
	}
	if p.seen.has(a.kept.called) {
		a.kept.called = [16]byte{}
	}
	switch p.knows(m, a) {
	case delivered, taken:
		return false
	case returning:
		m.returning[a.kept.name()], p.queued[a.kept.Print] = a, true
		return true
	}
	p.accept(m, a)
	return true
}

// pile adds a record to its subject's pile. As for remove and largest, the lock is held.
func (p *piles) pile(a arrival) {
	if p.pending[a.subject] == nil {
		p.pending[a.subject] = new(pile)
	}
	p.pending[a.subject].add(a)
	p.bytes += len(a.record.JSON)
}

func (p *piles) remove(subject stele.Subject) *pile {
	out := p.pending[subject]
	delete(p.pending, subject)
	p.bytes -= out.bytes
	return out
}

func (p *piles) largest() (largest stele.Subject) {
	most := -1
	for subject, pile := range p.pending {
		if pile.bytes > most {
			largest, most = subject, pile.bytes
		}
	}
	return largest
}

// send delivers piles, each by its own worker, as soon as there is room. It waits for that: files
// are read no faster than they are delivered. Without the lock, which workers take before they give
// room back.
func (p *piles) send(ready []*pile) {
	for _, pile := range ready {
		for _, part := range pile.parts() {
			room := int64(min(max(part.bytes, leastAtWork), maxAtWork))
			if p.slots.Acquire(p.ctx, room) != nil {
				return
			}
			p.work.Go(func() {
				defer p.slots.Release(room)
				p.deliver(part)
			})
		}
	}
}

func (p *piles) deliver(part *pile) {
	subject := part.arrivals[0].subject
	d, err := p.desk.deliverUnder(p.ctx, p.seen, subject, part)
	if err != nil {
		p.trouble(part, err)
		return
	}
	p.lock.Lock()
	// What is told of an import holds for each of its deliveries: the least.
	if p.folios == 0 || d.Copies < p.copies {
		p.copies = d.Copies
	}
	p.folios += d.Folios
	for _, a := range part.arrivals {
		delete(p.queued, a.kept.Print)
	}
	p.lock.Unlock()
	for _, a := range part.arrivals {
		p.lands(a.entry, endsDelivered, subject)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range part.arrivals {
		if a.entry == nil {
			continue // a withdrawal
		}
		f := &p.done[a.file]
		if n := len(f.Sent); n == 0 || f.Sent[n-1] != d.Submission {
			f.Sent = append(f.Sent, d.Submission)
		}
	}
	if p.o.Progress != nil {
		p.o.Progress(p.progress)
	}
}

func addSubject(list []stele.Subject, one stele.Subject) []stele.Subject {
	if n := len(list); n > 0 && list[n-1] == one || slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}

// trouble tells what could not be delivered. One patient's trouble does not stop
// the others'; that nobody answers does.
func (p *piles) trouble(part *pile, err error) {
	if p.ctx.Err() != nil || !thisPatientOnly(err) {
		p.stop(err)
		return
	}
	ends := endOf(err)
	p.lock.Lock()
	subject := part.arrivals[0].subject
	p.troubled[subject] = max(ends, p.troubled[subject])
	p.lock.Unlock()
	many := map[int]int{}
	whole := map[int]bool{}
	for _, a := range part.arrivals {
		if a.entry != nil {
			p.lands(a.entry, ends, a.subject)
			many[a.file]++
			whole[a.file] = whole[a.file] || a.whole != 0
		}
	}
	for file, n := range many {
		p.issueOf(file, failed(placed(stele.Count(n, "resource", "resources"), ""), err))
		if !p.o.Subject.IsZero() || whole[file] {
			p.count(file, func(d *Imported) { d.Err = err })
		}
	}
}

// stop ends the import.
func (p *piles) stop(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fatal == nil {
		p.fatal = err
	}
	p.cancel()
}

func (p *piles) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fatal
}

// finish delivers what is left and waits for all.
func (p *piles) finish() error {
	p.lock.Lock()
	for _, subject := range sorted(p.memories) {
		p.bringBack(p.memories[subject])
	}
	var ready []*pile
	for _, subject := range sorted(p.pending) {
		ready = append(ready, p.remove(subject))
	}
	p.lock.Unlock()
	p.send(ready)
	p.work.Wait()
	p.cancel()
	return p.failed()
}

// sorted is in order of id: the same files go the same way each time.
func sorted[T any](by map[stele.Subject]T) []stele.Subject {
	return slices.SortedFunc(maps.Keys(by), bySubject)
}

func bySubject(a, b stele.Subject) int { return bytes.Compare(a[:], b[:]) }

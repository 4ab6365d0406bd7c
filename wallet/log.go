package wallet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// OwnLog is the owner's own log, complete and checked up to a height. Its events
// lie in the wallet's copy of the log; however many they are, reading them takes
// no more memory than a page.
type OwnLog struct {
	Header proof.Header   // whose validators vouch for it
	Height int64          // of the state it is complete at
	Size   uint64         // how many events
	Proof  *wire.LogProof // of the head, with its header and without events
	// Behind is the block in which this wallet wrote last, where the network has not
	// proved it in time; else 0.
	Behind int64

	copy logCopy
	upTo mark
}

// Events goes through the events in order. An error ends it: the copy is damaged.
func (a *OwnLog) Events() iter.Seq2[proof.Event, error] { return a.copy.events(a.upTo) }

// All returns all events, in memory at once.
func (a *OwnLog) All() (events []proof.Event, err error) {
	for e, err := range a.Events() {
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// readLog reads on once. A log that reaches a height is asked for from all members
// before a shorter one is taken.
func (s *Session) readLog(ctx context.Context, height int64) (*OwnLog, error) {
	if err := s.reading.enter(ctx); err != nil {
		return nil, err
	}
	defer s.reading.leave()
	kept, whole := s.State().Head, s.whole()
	log, from := s.ownLog(), s.readFrom()
	page, err := log.newest(ctx, kept, from, height)
	switch {
	case errors.Is(err, errBehind) && whole && kept.Size > 0 && len(kept.Proof) > 0:
		return s.keptLog() // what was seen is true and newer
	case err != nil:
		return nil, err
	}
	if err := s.readOn(ctx, log, page, from); err != nil {
		return nil, err
	}
	return s.account(page.log.Header, &wire.LogProof{Head: page.proof.Head, Light: page.proof.Light}), nil
}

// whole reports whether the copy is as long as what the wallet has checked.
func (s *Session) whole() bool {
	head := s.State().Head
	return head.Copy.Size == head.Size && s.logCopy().holds(head.Copy)
}

// readFrom is where to read on: behind the last event that the copy has, of a reading
// that did not end, too. A copy that is lost is made again from the first event on.
func (s *Session) readFrom() Head {
	from := s.State().Head
	if !s.whole() {
		from = Head{Height: from.Height}
	}
	if r := s.State().Reading; r.Size > from.Size && r.Copy.Size == r.Size && s.logCopy().holds(r.Copy) {
		return r
	}
	return from
}

func (s *Session) account(header proof.Header, p *wire.LogProof) *OwnLog {
	head := s.State().Head
	return &OwnLog{Header: header, Height: head.Height, Size: head.Size, Proof: p, copy: s.logCopy(), upTo: head.Copy}
}

// keptLog is the log as far as this wallet has checked it before.
func (s *Session) keptLog() (*OwnLog, error) {
	head, p := s.State().Head, new(wire.LogProof)
	if err := wire.Decode(head.Proof, p); err != nil {
		return nil, stele.E("check log", stele.KindOther, "what the wallet kept of its log can't be read", err)
	}
	follower, err := s.Follower()
	if err != nil {
		return nil, err
	}
	header, err := follower.Trusted().Check(p.Light)
	if err != nil {
		return nil, err
	}
	return s.account(header, p), nil
}

// saveEvery is how much of a reading a process may lose that ends without a word.
const saveEvery = time.Second

// readOn checks and keeps a page and those that follow it, up to its head. One that ends
// before is gone on with, not begun anew.
func (s *Session) readOn(ctx context.Context, log logFrom, page checkedPage, from Head) (err error) {
	file := writing{c: s.logCopy(), at: from.Copy}
	defer func() { err = errors.Join(err, file.close()) }()
	before := beginning{want: s.State().Head, frontier: merkle.Frontier{Size: from.Size, Peaks: from.Peaks}}
	saved, seen := time.Now(), partings{}
	for l := page.log; ; {
		if err := before.add(l.Events); err != nil {
			return err
		}
		if err := file.add(l.Events); err != nil {
			return stele.E("check log", stele.KindOther, "the wallet's copy of its log can't be written", err)
		}
		seen.add(l.Events, before.want.Size)
		read := headOf(l)
		read.Copy = file.at
		if l.Whole() {
			read.Proof = wire.Marshal(&wire.LogProof{Head: page.proof.Head, Light: page.proof.Light})
			return s.saveLog(&file, read, Head{}, seen)
		}
		next, err := log.next(ctx, l)
		if err != nil || time.Since(saved) >= saveEvery {
			saved = time.Now()
			err = errors.Join(err, s.saveLog(&file, s.State().Head, read, seen))
		}
		if err != nil {
			return err
		}
		l = next
	}
}

// partings are what a reading of the log tells of charts that are parted.
type partings struct {
	own   bool // this one from who spoke for it
	again bool // and what was said of emergencies before counts again: nothing was said since
	other bool // another from it, which was not known before
}

func (p *partings) add(events []proof.Event, known uint64) {
	for _, e := range events {
		about := e.Event.About()
		parted := about.Place == wire.PlaceMerge && !about.Merged
		own := parted && len(about.Commitment) != 0
		p.own, p.other = p.own || own, p.other || parted && !own && e.Seq >= known
		if len(about.Slot) != 0 {
			p.again = own
		}
	}
}

// saveLog keeps how far the log was read, when the copy is durable so far. Where the chart was parted
// from another, what counted before counts again, and members may have put it away meanwhile: it is brought anew.
// Where another was parted from it, a summary on this device may tell of that, who is somebody else, and is thrown away.
// What the owner gave to themselves of a chart that is parted holds no more.
func (s *Session) saveLog(file *writing, head, reading Head, seen partings) error {
	if err := file.sync(); err != nil {
		return stele.E("check log", stele.KindOther, "the wallet's copy of its log can't be written", err)
	}
	if seen.other {
		if err := s.dropSummary(); err != nil {
			return err
		}
	}
	if seen.own {
		if err := s.ownOver(); err != nil {
			return err
		}
	}
	return s.update(func(state *State) error {
		state.Head, state.Reading = head, reading
		if seen.again {
			state.Emergency.Brought = nil
		}
		return nil
	})
}

// beginning holds a log that is read again, since its copy was lost, against the head
// that the wallet kept: as far as it got before, it is the same log.
type beginning struct {
	want     Head
	frontier merkle.Frontier
}

func (b *beginning) add(events []proof.Event) error {
	for _, e := range events {
		if b.frontier.Size >= b.want.Size {
			return nil
		}
		if b.frontier.Append(merkle.LeafHash(e.Raw)); b.frontier.Size == b.want.Size && b.frontier.Root() != b.want.Root {
			return stele.E("check log", stele.KindProof, "your log has been changed since it was last checked", nil)
		}
	}
	return nil
}

// LogGrace is how old a member's newest block may be before another member is
// asked: there is one every ten seconds at least.
const LogGrace = time.Minute

// checkedPage is a page with the proof that brought it.
type checkedPage struct {
	log   proof.Log
	proof *wire.LogProof
}

// headOf is how far a log was read, and the height that it was read at.
func headOf(log proof.Log) Head {
	return Head{Size: log.Kept.Size, Root: log.Kept.Root, Height: log.Head.Height, Peaks: log.Kept.Peaks}
}

// logFrom reads one log from the members, page by page.
type logFrom struct {
	*Net
	subject stele.Subject
	ask     func(ctx context.Context, m members.Member, since, until uint64) (*wire.LogProof, error)
	pace    *pace
}

// pace is how a reading gets on. Somebody who gives a log entry by entry, when nobody
// else gives it, would have it go on for days.
type pace struct {
	began time.Time
	pages int // full ones
}

// leeway is what a reading may take besides what its full pages may.
const leeway = 30 * time.Second

func (p *pace) slow() bool {
	return time.Since(p.began) > leeway+time.Duration(p.pages)*members.Silence
}

// ownLog is the wallet's own.
func (s *Session) ownLog() logFrom {
	return logFrom{s.Net, s.Subject(), func(ctx context.Context, m members.Member, since, until uint64) (*wire.LogProof, error) {
		return m.Ledger.Log(ctx, s.ownPage(m.Subject, since, until))
	}, &pace{began: time.Now()}}
}

// errBehind is said of members that have not come as far as this wallet has seen.
var errBehind = errors.New("the member has not come that far")

// newest asks the members in turn for what their logs hold beyond what was read
// before, up to now. A member that is behind, or that would rather not show
// the newest entries, has a true log that ends early; the longest one counts when
// nobody has one that is fresh and reaches the height.
func (l logFrom) newest(ctx context.Context, kept, from Head, height int64) (newest checkedPage, _ error) {
	var wrong, last error // wrong: of who answered what does not check
	for _, m := range l.Network.InTurn() {
		page, err := l.first(ctx, m, kept, from)
		switch {
		case err == nil:
		case errors.Is(err, proof.ErrRewritten): // the validators themselves contradict what they signed before
			return newest, err
		case stele.KindOf(err) == stele.KindProof:
			wrong = cmp.Or(wrong, err)
			continue
		default:
			if !errors.Is(last, errBehind) {
				last = err // the next member has a better answer, or none has
			}
			continue
		}
		if newest.proof == nil || page.log.Head.Height > newest.log.Head.Height {
			newest = page
		}
		if l.Clock().Sub(newest.log.Header.Time) < LogGrace && newest.log.Head.Height >= height {
			return newest, nil
		}
	}
	switch {
	case newest.proof != nil:
		return newest, nil
	case wrong != nil:
		return newest, wrong
	case !members.Transient(last):
		return newest, last
	}
	return newest, stele.E("check log", stele.KindUnreachable, "no member answered", last).
		WithHint("check that the network is running: stele ledger status")
}

// first asks a member for the newest head of the log and the first events
// that the wallet has not read.
func (l logFrom) first(ctx context.Context, m members.Member, kept, from Head) (checkedPage, error) {
	p, err := l.page(ctx, m, from.Size, 0)
	if err != nil {
		return checkedPage{}, err
	}
	if p.GetHead().GetHeight() < from.Height {
		return checkedPage{}, stele.E("check log", stele.KindBusy, m.Name+" is behind what this wallet has seen", errBehind)
	}
	known := proof.Kept{}
	if from.Size > 0 {
		known = proof.Kept{Size: from.Size, Root: from.Root, Peaks: from.Peaks}
	}
	log, err := l.check(ctx, m, known, p)
	if err == nil && log.Head.Size < kept.Size {
		err = stele.E("check log", stele.KindProof, "the log is shorter than it was: entries have been removed", proof.ErrRewritten)
	}
	return checkedPage{log, p}, err
}

// next asks the members in turn for the page that follows, under the same
// head: any member's log that is as long will do.
func (l logFrom) next(ctx context.Context, log proof.Log) (proof.Log, error) {
	var last error
	for _, m := range l.Network.InTurn() {
		p, err := l.page(ctx, m, log.Kept.Size, log.Head.Size)
		if err == nil {
			var next proof.Log
			if next, err = log.Continue(p); err == nil {
				if err := l.paced(m, next, p); err != nil {
					return log, err
				}
				return next, nil
			}
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	return log, last
}

// paced notes how a member gave a page that checks. What it gave is true; of less than a
// page the rest is asked of others first, and when that takes too long the reading ends.
func (l logFrom) paced(m members.Member, log proof.Log, p *wire.LogProof) error {
	switch {
	case log.Whole():
		return nil
	case !lean(p):
		l.pace.pages++
		return nil
	}
	l.Network.NoteSilent(m)
	if !l.pace.slow() {
		return nil
	}
	text := fmt.Sprintf("%s gives the log too slowly, and nobody else gives it: %d of %d entries have come", m.Name, log.Kept.Size, log.Head.Size)
	return stele.E("check log", stele.KindUnreachable, text, nil).WithHint("try again: what has come is kept")
}

// lean reports whether a page, which is not the last, holds less than a member has to
// give at once: entry by entry a log could take for ever.
func lean(p *wire.LogProof) bool {
	bytes := 0
	for _, e := range p.Events {
		bytes += len(e)
	}
	return len(p.Events) < stele.MaxPageEvents && bytes < stele.MaxPageBytes
}

func (l logFrom) page(ctx context.Context, m members.Member, since, until uint64) (*wire.LogProof, error) {
	attempt, cancel := context.WithTimeout(ctx, members.Silence)
	defer cancel()
	p, err := l.ask(attempt, m, since, until)
	if attempt.Err() != nil {
		l.Network.NoteSilent(m)
	}
	return p, err
}

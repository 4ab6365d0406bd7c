package wallet

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// Account is the owner's own log, complete and checked up to a height. Its events
// lie in the wallet's copy of the log; however many they are, reading them takes
// no more memory than a page.
type Account struct {
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
func (a *Account) Events() iter.Seq2[proof.Event, error] { return a.copy.events(a.upTo) }

// All returns all events, in memory at once.
func (a *Account) All() (events []proof.Event, err error) {
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
func (s *Session) readLog(ctx context.Context, height int64) (*Account, error) {
	kept := s.State.Head
	if kept.Copy.Size != kept.Size || !s.logCopy().holds(kept.Copy) {
		kept.Copy = mark{} // it is made again, from the first event on
	}
	log := s.ownLog()
	page, err := log.newest(ctx, kept, height)
	switch {
	case errors.Is(err, errBehind) && kept.Copy.Size > 0 && len(kept.Proof) > 0:
		return s.keptAccount() // what was seen is true and newer
	case err != nil:
		return nil, err
	}
	if err := s.readOn(ctx, log, page, kept); err != nil {
		return nil, err
	}
	return s.account(page.log.Header, &wire.LogProof{Head: page.proof.Head, Light: page.proof.Light}), nil
}

func (s *Session) account(header proof.Header, p *wire.LogProof) *Account {
	head := s.State.Head
	return &Account{Header: header, Height: head.Height, Size: head.Size, Proof: p, copy: s.logCopy(), upTo: head.Copy}
}

// keptAccount is the log as far as this wallet has checked it before.
func (s *Session) keptAccount() (*Account, error) {
	head, p := s.State.Head, new(wire.LogProof)
	if err := wire.Decode(head.Proof, p); err != nil {
		return nil, stele.E("check log", stele.KindOther, "what the wallet kept of its log can't be read", err)
	}
	follower, err := s.follower()
	if err != nil {
		return nil, err
	}
	header, err := follower.Trusted().Check(p.Light)
	if err != nil {
		return nil, err
	}
	return s.account(header, p), nil
}

// readOn checks and keeps a page and those that follow it, up to its head.
func (s *Session) readOn(ctx context.Context, from logFrom, page checkedPage, kept Head) error {
	file := writing{c: s.logCopy(), at: kept.Copy}
	log, err := from.keep(ctx, page.log, kept, &file)
	if err := errors.Join(err, file.close()); err != nil {
		return err
	}
	s.State.Head = headOf(log)
	s.State.Head.Proof, s.State.Head.Copy = wire.Marshal(&wire.LogProof{Head: page.proof.Head, Light: page.proof.Light}), file.at
	return s.Save()
}

func (l logFrom) keep(ctx context.Context, log proof.Log, kept Head, file *writing) (_ proof.Log, err error) {
	before := beginning{want: kept}
	for {
		if kept.Copy.Size == 0 { // as far as the wallet got before, it is the same log
			if err := before.add(log.Events); err != nil {
				return log, err
			}
		}
		if err := file.add(log.Events); err != nil {
			return log, stele.E("check log", stele.KindOther, "the wallet's copy of its log can't be written", err)
		}
		if log.Whole() {
			return log, nil
		}
		if log, err = l.next(ctx, log); err != nil {
			return log, err
		}
	}
}

// beginning holds a log that is read from its first event against the head that
// the wallet kept.
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

// stale is how old a member's newest block may be before another member is
// asked: there is one every ten seconds at least.
const stale = time.Minute

// checkedPage is a page with the proof that brought it.
type checkedPage struct {
	log   proof.Log
	proof *wire.LogProof
}

// headOf is the head of a log that was read to its end.
func headOf(log proof.Log) Head {
	return Head{Size: log.Head.Size, Root: log.Head.Root, Height: log.Head.Height, Peaks: log.Kept.Peaks}
}

// logFrom reads one log from the members, page by page.
type logFrom struct {
	*Session
	subject stele.Subject
	ask     func(ctx context.Context, m Member, since, until uint64) (*wire.LogProof, error)
}

// ownLog is the wallet's own.
func (s *Session) ownLog() logFrom {
	return logFrom{s, s.Subject(), func(ctx context.Context, m Member, since, until uint64) (*wire.LogProof, error) {
		return m.Ledger.Log(ctx, s.ownPage(m.Subject, since, until))
	}}
}

// errBehind is said of members that have not come as far as this wallet has seen.
var errBehind = errors.New("the member has not come that far")

// newest asks the members in turn for what their logs hold beyond what the
// wallet has, up to now. A member that is behind, or that would rather not show
// the newest entries, has a true log that ends early; the longest one counts when
// nobody has one that is fresh and reaches the height.
func (l logFrom) newest(ctx context.Context, kept Head, height int64) (newest checkedPage, _ error) {
	var wrong, last error // wrong: of who answered what does not check
	for _, m := range l.inTurn() {
		page, err := l.first(ctx, m, kept)
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
		if l.Clock().Sub(newest.log.Header.Time) < stale && newest.log.Head.Height >= height {
			return newest, nil
		}
	}
	switch {
	case newest.proof != nil:
		return newest, nil
	case wrong != nil:
		return newest, wrong
	case !transient(last):
		return newest, last
	}
	return newest, stele.E("check log", stele.KindUnreachable, "no member answered", last).
		WithHint("check that the network is running: stele ledger status")
}

// first asks a member for the newest head of the log and the first events
// that the wallet has not.
func (l logFrom) first(ctx context.Context, m Member, kept Head) (checkedPage, error) {
	p, err := l.page(ctx, m, kept.Copy.Size, 0)
	if err != nil {
		return checkedPage{}, err
	}
	if p.GetHead().GetHeight() < kept.Height {
		return checkedPage{}, stele.E("check log", stele.KindBusy, m.Name+" is behind what this wallet has seen", errBehind)
	}
	known := proof.Kept{}
	if kept.Copy.Size > 0 {
		known = proof.Kept{Size: kept.Size, Root: kept.Root, Peaks: kept.Peaks}
	}
	log, err := l.check(ctx, known, p)
	if err == nil && log.Head.Size < kept.Size {
		err = stele.E("check log", stele.KindProof, "the log is shorter than it was: entries have been removed", proof.ErrRewritten)
	}
	return checkedPage{log, p}, err
}

// next asks the members in turn for the page that follows, under the same
// head: any member's log that is as long will do.
func (l logFrom) next(ctx context.Context, log proof.Log) (proof.Log, error) {
	var last error
	for _, m := range l.inTurn() {
		p, err := l.page(ctx, m, log.Kept.Size, log.Head.Size)
		if err == nil {
			var next proof.Log
			if next, err = log.Continue(p); err == nil {
				if !next.Whole() && lean(p) {
					l.silents.note(m) // what it gave is true, and the rest is asked of others first
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

// lean reports whether a page, which is not the last, holds less than a member has to
// give at once: entry by entry a log could take for ever.
func lean(p *wire.LogProof) bool {
	bytes := 0
	for _, e := range p.Events {
		bytes += len(e)
	}
	return len(p.Events) < stele.MaxPageEvents && bytes < stele.MaxPageBytes
}

func (l logFrom) page(ctx context.Context, m Member, since, until uint64) (*wire.LogProof, error) {
	attempt, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	p, err := l.ask(attempt, m, since, until)
	if attempt.Err() != nil {
		l.silents.note(m)
	}
	return p, err
}

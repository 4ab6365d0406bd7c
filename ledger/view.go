package ledger

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// This file is what the frame itself knows of stele.Ledger; what the contracts keep
// is read in contract/state.

// Newest returns the newest committed block.
func (l *Ledger) Newest() stele.Block {
	at := l.newest()
	if at == (position{}) {
		return stele.Block{}
	}
	return stele.Block{Height: at.height, Time: moment(at.timeMS)}
}

// Counts returns how many logs and events the ledger holds.
func (l *Ledger) Counts() (logs, events uint64) {
	at := l.newest()
	return at.leaves, at.events
}

// Consortium returns who runs the network. Its lists are not to be changed.
func (l *Ledger) Consortium() (c stele.Consortium, err error) {
	err = l.use(func(f *frozen) error {
		if f.consortium == nil {
			return notFound("consortium")
		}
		c = f.run()
		return nil
	})
	return c, err
}

// ConsortiumRow returns who runs the network, as the ledger keeps it. It is not to be
// changed.
func (l *Ledger) ConsortiumRow() (row *wire.Consortium, err error) {
	err = l.use(func(f *frozen) error {
		if row = f.consortium; row == nil {
			return notFound("consortium")
		}
		return nil
	})
	return row, err
}

func consortium(g *wire.Consortium) stele.Consortium {
	c := stele.Consortium{
		Chain: g.Chain, Subject: stele.Subject(g.Subject),
		Committee: g.Committee.Held(),
	}
	for _, m := range g.Members {
		c.Members = append(c.Members, stele.Member{
			Subject: stele.SubjectOf(m.KeyDocument), Kind: m.Kind, Node: wire.Key(m.Node), Trustee: wire.Key(m.Trustee), Share: m.Share, SealKey: m.SealKey,
		})
	}
	for _, k := range g.Issuers {
		c.Issuers = append(c.Issuers, wire.Key(k))
	}
	for _, a := range g.Auditors {
		c.Auditors = append(c.Auditors, stele.Subject(a))
	}
	c.CredentialIssuers = g.Issuing()
	return c
}

// EventCount returns how many events a block holds.
func (l *Ledger) EventCount(height int64) (n int, err error) {
	err = l.read(func(s Reader, _ position) error {
		s.Scan(numbers(prefixBlock, uint64(height)), numbers(prefixBlock, uint64(height)+1), func(_, _ []byte) bool {
			n++
			return true
		})
		return nil
	})
	return n, err
}

// EventsAfter calls each with the events of the blocks after a height, in order, until it returns
// false. What each is given is good during the call.
func (l *Ledger) EventsAfter(height int64, each func(*wire.Event) bool) error {
	return l.read(func(s Reader, _ position) error {
		s.Scan(numbers(prefixBlock, uint64(height)+1), []byte{prefixBlock + 1}, func(_, value []byte) bool {
			ref := new(EventRef)
			if err := wire.DecodeInPlace(value, ref); err != nil {
				Fail(err)
			}
			_, e := eventAt(s, ref)
			return each(e)
		})
		return nil
	})
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Read runs f on the newest committed state.
func (l *Ledger) Read(f func(s Reader, at Moment) error) error {
	return l.read(func(s Reader, at position) error { return f(s, Moment{at.height, at.timeMS}) })
}

// LeafOf returns where a subject's log stands in the tree of heads; 0 is the
// consortium's.
func LeafOf(s Reader, subject stele.Subject) uint64 { return heads.Get(s, subject[:]).GetLeaf() }

// EventAt returns the event that stands at a place.
func EventAt(s Reader, place *Place) *wire.Event {
	_, e := eventAt(s, refAt(s, place))
	return e
}

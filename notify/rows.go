package notify

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/wire"
)

// The rows of the desk's database. Numbers are 8 bytes, big-endian.
//
//	t subject   what a person said last, the body of a wire.Notices
//	u subject   what was said last by whose keys speak while the subject is merged, behind the 20 bytes of the
//	            subject that it is merged into; none once it is parted
//	n subject   the notice that waits for them, JSON
//	l subject   when the last one was taken, Unix ms
//	h           the height up to which events were seen
const (
	rowTarget = 't'
	rowMerged = 'u' // read after 't', in whose place it is
	rowNotice = 'n'
	rowLast   = 'l'
	rowHeight = 'h'
)

// notice is one that waits. It says nothing of what happened.
type notice struct {
	ID    string    `json:"id"`    // the same at each try
	Since time.Time `json:"since"` // when it came
	Next  time.Time `json:"next"`  // not before
	Tries int       `json:"tries"`
}

func rowOf(kind byte, s stele.Subject) []byte { return append([]byte{kind}, s[:]...) }

// load reads who wants to be told, and what waits for them.
func (d *Desk) load() error {
	it, err := d.db.NewIter(nil)
	if err != nil {
		return err
	}
	var broken error
	for ok := it.First(); ok && broken == nil; ok = it.Next() {
		key, value := it.Key(), it.Value()
		var s stele.Subject
		if len(key) == 1+len(s) {
			s = stele.Subject(key[1:])
		}
		switch key[0] {
		case rowHeight:
			d.height = int64(binary.BigEndian.Uint64(value))
		case rowTarget:
			m := new(wire.Notices)
			if broken = wire.Decode(append([]byte{}, value...), m); broken == nil && m.Target != nil {
				d.know(s, m)
			}
		case rowMerged:
			m := new(wire.Notices)
			if broken = wire.Decode(append([]byte{}, value[len(s):]...), m); broken == nil {
				d.counts(s, m)
			}
		case rowNotice:
			n := new(notice)
			if broken = json.Unmarshal(value, n); broken == nil {
				d.waiting(s, n)
			}
		}
	}
	for s, p := range d.people {
		if p.kinds == nil { // a notice for somebody who wants none
			d.forget(s)
		}
	}
	return errors.Join(it.Close(), broken)
}

// counts keeps in memory what counts from here on, nil for nothing.
func (d *Desk) counts(s stele.Subject, m *wire.Notices) {
	if m == nil || m.Target == nil {
		d.forget(s)
		return
	}
	d.know(s, m)
}

// forget forgets who wants to be told no more.
func (d *Desk) forget(s stele.Subject) {
	if p := d.people[s]; p != nil {
		d.waiting(s, nil)
		d.placed(p, "")
		delete(d.people, s)
	}
}

// placed counts a person at one host in the place of another; "" is none.
func (d *Desk) placed(p *person, place string) {
	if d.hosts[p.place]--; d.hosts[p.place] <= 0 {
		delete(d.hosts, p.place)
	}
	if p.place = place; place != "" {
		d.hosts[place]++
	}
}

// know keeps in memory what a person said, and which other charts are theirs.
func (d *Desk) know(s stele.Subject, m *wire.Notices) {
	p := d.people[s]
	if p == nil {
		p = &person{}
		d.people[s] = p
	}
	d.placed(p, placeOf(m.Target))
	others, _ := d.cfg.Ledger.Beside(s) // where that can't be told now, Follow learns of the next
	for _, other := range others {
		if of, err := d.cfg.Ledger.Subject(other); err == nil && of.Into == s {
			d.beside[other] = s
		}
	}
	p.kinds, p.host = map[string]bool{}, hostOf(m.Target)
	for _, k := range m.Kinds {
		p.kinds[k] = true
	}
}

// waiting keeps in memory what waits for somebody, nil for nothing; rows come in the order of
// their kinds, so who it is for may be known later.
func (d *Desk) waiting(s stele.Subject, n *notice) {
	p := d.people[s]
	if p == nil {
		p = &person{}
		d.people[s] = p
	}
	if p.waits = n; n == nil {
		delete(d.queue, s)
		return
	}
	d.queue[s] = p
}

// said returns what counts of what was said for a person, or nil: the last word of who speaks for
// the subject while it is merged, else of the person's own.
func (d *Desk) said(s stele.Subject) (*wire.Notices, error) {
	raw, err := database.Get(d.db, rowOf(rowMerged, s))
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return d.ownWord(s)
	}
	m := new(wire.Notices)
	return m, wire.Decode(raw[len(s):], m)
}

// ownWord returns what was said last by a key of a subject's own, or nil.
func (d *Desk) ownWord(s stele.Subject) (*wire.Notices, error) {
	raw, err := database.Get(d.db, rowOf(rowTarget, s))
	if err != nil || raw == nil {
		return nil, err
	}
	m := new(wire.Notices)
	return m, wire.Decode(raw, m)
}

// fault is a failure of the database.
func (d *Desk) fault(op string, err error) error {
	d.cfg.Log.Error("notices' database failed", "op", op)
	return stele.E(op, stele.KindOther, "the member cannot use its folder", err)
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

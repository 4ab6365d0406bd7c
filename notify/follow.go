package notify

import (
	"encoding/json"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// keepFor is how long a notice is worth sending, and an event worth telling of.
const keepFor = 24 * time.Hour

// restFor is how long after a notice left the next one of the same person leaves: who opens a
// chart page by page is one notice.
const restFor = 30 * time.Second

// Follow reads the ledger on from where it was read, and has notices leave for what happened; the
// member calls it after each block, one after another. What happened before the desk was opened for the first time,
// or more than a day ago, is not told.
func (d *Desk) Follow() error {
	newest := d.cfg.Ledger.Newest()
	d.mu.Lock()
	from := d.height
	d.mu.Unlock()
	if from == 0 {
		from = newest.Height
	}
	told := map[stele.Subject]bool{}
	if err := d.cfg.Ledger.EventsAfter(from, func(e *wire.Event) bool {
		if e.Height > newest.Height { // it came meanwhile: the next time
			return false
		}
		subject, err := stele.SubjectFrom(e.GetSubject())
		if err != nil || told[subject] || newest.Time.Sub(time.UnixMilli(e.TimeMs)) > keepFor {
			return true
		}
		d.mu.Lock()
		p := d.people[subject]
		d.mu.Unlock()
		if p != nil && d.wants(p.kinds, e.About()) {
			told[subject] = true
		}
		return true
	}); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if newest.Height <= d.height {
		return nil
	}
	d.height = newest.Height
	sync := pebble.NoSync // a height alone may be lost: the same is read again
	if len(told) > 0 {
		sync = pebble.Sync
	}
	return d.note(told, sync)
}

// Asked has a notice leave for somebody who was asked for access: nothing of that is on the
// ledger.
func (d *Desk) Asked(subject stele.Subject) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.people[subject]; p != nil && p.kinds[Granted] {
		_ = d.note(map[stele.Subject]bool{subject: true}, pebble.Sync)
	}
}

// wants reports whether a person is told of an event.
func (d *Desk) wants(kinds map[string]bool, about wire.About) bool {
	switch about.Place {
	case wire.PlaceOpening:
		return kinds[Opened] || d.emergency(about)
	case wire.PlaceRefusal:
		return kinds[Refused] || d.emergency(about)
	case wire.PlaceGrant:
		return kinds[Granted]
	case wire.PlaceDelivery:
		return kinds[Delivered]
	case wire.PlaceDelegation:
		return kinds[Delegates]
	case wire.PlaceKeys:
		return kinds[Keys]
	case wire.PlaceEmergency:
		return about.By != wire.ByOwner || kinds[Keys]
	}
	return false
}

// emergency reports whether an opening is one under an activation. What can't be found out is
// told.
func (d *Desk) emergency(about wire.About) bool {
	id, err := stele.IDFrom(about.Grant)
	if err != nil {
		return false
	}
	g, err := d.cfg.Ledger.Grant(id)
	return err != nil || g.Emergency
}

// note keeps notices for people for whom none waits, and up to where the ledger was read. d.mu is
// held.
func (d *Desk) note(people map[stele.Subject]bool, sync *pebble.WriteOptions) error {
	const op = "keep notices"
	now := d.cfg.Clock()
	b := d.db.NewBatch()
	defer b.Close()
	b.Set([]byte{rowHeight}, number(d.height), nil)
	added := map[stele.Subject]*notice{}
	for s := range people {
		p := d.people[s]
		if p == nil { // taken away meanwhile
			continue
		}
		if p.waits != nil && !p.leaving {
			continue // it says that something happened already
		}
		n := &notice{ID: "msg_" + stele.NewID().String(), Since: now, Next: now}
		if rest := p.lastLeft.Add(restFor); rest.After(now) {
			n.Next = rest
		}
		raw, err := json.Marshal(n)
		if err != nil {
			return d.fault(op, err)
		}
		b.Set(rowOf(rowNotice, s), raw, nil)
		added[s] = n
	}
	if err := b.Commit(sync); err != nil {
		return d.fault(op, err)
	}
	for s, n := range added {
		d.waiting(s, n)
	}
	if len(added) > 0 {
		d.awake()
	}
	return nil
}

// awake has what waits be looked at.
func (d *Desk) awake() {
	select {
	case d.wake <- struct{}{}:
	default: // somebody has said so
	}
}

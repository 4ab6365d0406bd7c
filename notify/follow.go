package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
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
	var fault error
	if err := d.cfg.Ledger.EventsAfter(from, func(e *wire.Event) bool {
		if e.Height > newest.Height || fault != nil { // it came meanwhile: the next time
			return false
		}
		subject, err := stele.SubjectFrom(e.GetSubject())
		if err != nil {
			return true
		}
		about := e.About()
		if fault = d.turn(about, subject); newest.Time.Sub(time.UnixMilli(e.TimeMs)) > keepFor {
			return true
		}
		d.mu.Lock()
		whose := d.whose(subject)
		d.mu.Unlock()
		for s, p := range whose {
			if !told[s] && d.wants(p.kinds, about) {
				told[s] = true
			}
		}
		return true
	}); err != nil || fault != nil {
		return errors.Join(err, fault)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if newest.Height <= d.height {
		return nil
	}
	sync := pebble.NoSync // a height alone may be lost: the same is read again
	if len(told) > 0 {
		sync = pebble.Sync
	}
	return d.note(told, newest.Height, sync)
}

// whose returns who is told of what happens in a chart: who said so for it, and for the one that it is
// merged into. d.mu is held.
func (d *Desk) whose(subject stele.Subject) map[stele.Subject]*person {
	into, merged := d.beside[subject]
	if !merged && d.people[subject] == nil {
		return nil // as of most
	}
	all := map[stele.Subject]*person{subject: d.people[subject], into: d.people[into]}
	maps.DeleteFunc(all, func(_ stele.Subject, p *person) bool { return p == nil })
	return all
}

// turn keeps which charts are one person's. When one is parted, what was said for it by the other's keys counts no
// more, and what its own keys said before does again: nobody silences for good a chart that was
// theirs for a while.
func (d *Desk) turn(about wire.About, subject stele.Subject) error {
	if about.Place != wire.PlaceMerge || len(about.Commitment) == 0 { // or what the other's log has told
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !about.Merged {
		delete(d.beside, subject)
		return d.parted(subject, about.Other)
	}
	if into, err := stele.SubjectFrom(about.Other); err == nil && d.people[into] != nil {
		d.beside[subject] = into
	}
	return nil
}

// parted forgets what was said for a subject while it was merged into another. d.mu is held.
func (d *Desk) parted(subject stele.Subject, from []byte) error {
	const op = "part notices"
	raw, err := database.Get(d.db, rowOf(rowMerged, subject))
	if err != nil {
		return d.fault(op, err)
	}
	if raw == nil || !bytes.Equal(raw[:len(subject)], from) {
		return nil
	}
	own, err := d.ownWord(subject)
	if err == nil {
		err = d.db.Delete(rowOf(rowMerged, subject), pebble.Sync)
	}
	if err != nil {
		return d.fault(op, err)
	}
	d.counts(subject, own)
	return nil
}

// Asked has a notice leave for somebody who was asked for access: nothing of that is on the
// ledger.
func (d *Desk) Asked(subject stele.Subject) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := map[stele.Subject]bool{}
	for s, p := range d.whose(subject) {
		if p.kinds[Granted] {
			asked[s] = true
		}
	}
	if len(asked) > 0 {
		_ = d.note(asked, d.height, pebble.Sync)
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
		return kinds[Granted] || kinds[Delegates] && d.delegation(about)
	case wire.PlaceDelivery:
		return kinds[Delivered]
	case wire.PlaceDelegation:
		return kinds[Delegates]
	case wire.PlaceKeys:
		return kinds[Keys]
	case wire.PlaceMerge, wire.PlaceRecovery: // whose keys speak for the chart: always
		return true
	case wire.PlaceEmergency:
		return about.By != wire.ByOwner || kinds[Keys]
	}
	return false
}

// delegation reports whether a grant lets somebody act for the person. What can't be found out is told.
func (d *Desk) delegation(about wire.About) bool {
	if about.Action != 0 {
		return about.Action == stele.ActionDelegate
	}
	id, err := stele.IDFrom(about.Grant)
	if err != nil {
		return false
	}
	g, err := d.cfg.Ledger.Grant(id)
	return err != nil || g.Action == stele.ActionDelegate
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

// note keeps notices for people for whom none waits, and up to where the ledger was read. Where that
// fails nothing is, and the same is read again. d.mu is held.
func (d *Desk) note(people map[stele.Subject]bool, height int64, sync *pebble.WriteOptions) error {
	const op = "keep notices"
	now := d.cfg.Clock()
	b := d.db.NewBatch()
	defer b.Close()
	b.Set([]byte{rowHeight}, number(height), nil)
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
	d.height = height
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

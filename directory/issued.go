package directory

import (
	"cmp"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
)

// This file keeps account of what the cards of each issuer take: it may sign as many as
// it likes, for people who do not exist, and each directory keeps what it is shown.

// show lists a card in place of the one before.
func (d *Directory) show(c listed) {
	d.hide(c.subject)
	d.cards[c.subject] = c
	d.issued[c.issuer] += c.memory()
	if d.order != nil {
		i, _ := slices.BinarySearchFunc(d.order, &c, byName)
		d.order = slices.Concat(d.order[:i], []*listed{&c}, d.order[i:])
	}
}

func (d *Directory) hide(s stele.Subject) {
	if c, ok := d.cards[s]; ok {
		d.issued[c.issuer] -= c.memory()
		delete(d.cards, s)
		if i, listed := slices.BinarySearchFunc(d.order, &c, byName); listed {
			d.order = slices.Concat(d.order[:i], d.order[i+1:])
		}
	}
}

func byName(a, b *listed) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.words, b.words))
}

// ordered returns all cards by name.
func (d *Directory) ordered() []*listed {
	if d.order == nil {
		d.order = make([]*listed, 0, len(d.cards))
		for _, c := range d.cards {
			d.order = append(d.order, &c)
		}
		slices.SortFunc(d.order, byName)
	}
	return d.order
}

// tellIssuers finds out whose the cards are of which that was not known: when a
// directory opens, its node may not know the ledger yet.
func (d *Directory) tellIssuers() {
	now := d.cfg.Clock()
	if d.issued[""] == 0 || now.Sub(d.told).Abs() < time.Minute {
		return
	}
	speaks := d.issuers()
	if len(speaks) == 0 {
		return
	}
	d.told, d.order = now, nil
	for _, c := range d.cards {
		if c.issuer == "" {
			d.hide(c.subject)
			c.issuer = issuerOf(c.signed, speaks)
			d.show(c)
		}
	}
}

// affords reports whether its issuer has room for a card, when what has expired has made
// some. A member's own always has.
func (d *Directory) affords(c listed) (bool, error) {
	if d.member(c.subject) {
		return true, nil
	}
	d.tellIssuers()
	more := c.memory()
	if old, ok := d.cards[c.subject]; ok && old.issuer == c.issuer {
		more -= old.memory()
	}
	if more <= 0 || d.issued[c.issuer]+more <= d.issuedRoom {
		return true, nil
	}
	err := d.sweep(c.issuer)
	return d.issued[c.issuer]+more <= d.issuedRoom, err
}

// sweep takes away the cards of an issuer that have expired.
func (d *Directory) sweep(issuer string) error {
	now := d.cfg.Clock()
	if now.Before(d.swept[issuer]) {
		return nil
	}
	next := now.Add(time.Hour)
	d.order = nil
	for s, c := range d.cards {
		switch expires := time.UnixMilli(c.expires); {
		case c.issuer != issuer:
		case expires.After(now):
			if expires.Before(next) {
				next = expires
			}
		default:
			if err := d.db.Delete(rowOf(rowCard, s), pebble.NoSync); err != nil {
				return err
			}
			d.hide(s)
		}
	}
	d.swept[issuer] = next
	return nil
}

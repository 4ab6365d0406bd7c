package vault

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// unanchoredFor is how long a submission without an anchor is kept.
const unanchoredFor = 24 * time.Hour

// nudge has the work in the background look right away. One that waits does for all: the next look
// sees everything.
func (v *Vault) nudge() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

func (v *Vault) keepTending(ctx context.Context) {
	tick := time.NewTicker(v.cfg.Retry)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-v.wake:
		}
		v.tend(ctx)
	}
}

// tend makes missing copies, repairs what reads found damaged, and drops what
// was never anchored.
func (v *Vault) tend(ctx context.Context) {
	for _, work := range []struct {
		table byte
		do    func(context.Context, stele.ID) error
	}{{tabWaiting, v.copyAgain}, {tabDamaged, v.repairDamaged}, {tabOpen, v.settle}} {
		ids, err := v.index.ids(work.table)
		if err != nil {
			v.cfg.Log.Error("vault cannot read its index")
			return
		}
		for _, id := range ids {
			if ctx.Err() != nil {
				return
			}
			if err := work.do(ctx, id); err != nil {
				v.cfg.Log.Warn("vault will try again", "submission", id.String(), "kind", stele.KindOf(err).String())
			}
		}
	}
}

// copyAgain makes the copies that an anchored submission lacks. What is not anchored was
// not acknowledged, and has to be put again: others may have no more room for it today,
// and would be sent all of it at each look.
func (v *Vault) copyAgain(ctx context.Context, id stele.ID) error {
	r, err := v.index.get(id)
	if stele.KindOf(err) == stele.KindNotFound {
		return v.index.unset(key(tabWaiting, id[:]))
	}
	if err != nil {
		return err
	}
	if anchor, err := v.cfg.Ledger.Anchor(r.Subject, id); err != nil || !anchors(anchor, r.Subject, r.Grant, r.Root) {
		return nil
	}
	d, _, err := v.load(ctx, r.File)
	if err != nil {
		v.noteDamage(id)
		return err
	}
	v.spread(ctx, d)
	return nil
}

// repairDamaged writes a damaged submission anew from a copy.
func (v *Vault) repairDamaged(ctx context.Context, id stele.ID) error {
	r, err := v.index.get(id)
	if stele.KindOf(err) == stele.KindNotFound {
		return v.index.unset(key(tabDamaged, id[:]))
	}
	if err != nil {
		return err
	}
	switch fresh, ok := v.sound(ctx, r); {
	case !ok:
		if _, err := v.rewrite(ctx, r); err != nil {
			return err
		}
	case !reflect.DeepEqual(fresh, r):
		if err := v.index.put(fresh); err != nil {
			return err
		}
	}
	return v.index.unset(key(tabDamaged, id[:]))
}

// sound reports whether a submission is whole and, where it is anchored, what
// was anchored; and the row that its segment makes.
func (v *Vault) sound(ctx context.Context, r *row) (*row, bool) {
	d, fresh, err := v.load(ctx, r.File)
	if err != nil {
		return nil, false
	}
	anchor, err := v.cfg.Ledger.Anchor(r.Subject, r.id())
	return fresh, err != nil || anchors(anchor, d.subject, d.grant, d.root)
}

// rewrite replaces a submission by another member's copy, under new erasure
// keys and a new name, and removes the old files. It returns whose copy it was. It fetches before
// it locks: whoever puts the same meanwhile must not wait for the network.
func (v *Vault) rewrite(ctx context.Context, r *row) (stele.Subject, error) {
	id := r.id()
	d, from, err := v.fetch(ctx, id, r, v.ranked(id, stele.Subject{}))
	if err != nil {
		return from, err
	}
	defer v.writing(id)()
	if now, err := v.index.get(id); err != nil || now.File != r.File {
		return from, err // somebody else was faster
	}
	if err := v.write(ctx, d, r.Received); err != nil {
		return from, err
	}
	return from, v.removeFiles(ctx, r.File)
}

// settle forgets that a submission was open when it is anchored, and drops it
// when a day of ledger time has passed since it was put, without.
func (v *Vault) settle(ctx context.Context, id stele.ID) error {
	r, err := v.index.get(id)
	if stele.KindOf(err) == stele.KindNotFound {
		return v.index.unset(key(tabOpen, id[:]))
	}
	if err != nil {
		return err
	}
	anchor, err := v.cfg.Ledger.Anchor(r.Subject, r.id())
	if err == nil && anchors(anchor, r.Subject, r.Grant, r.Root) {
		return v.index.unset(key(tabOpen, id[:]))
	}
	if err != nil && stele.KindOf(err) != stele.KindNotFound {
		return err
	}
	if due, err := v.overdue(r); !due || err != nil {
		return err
	}
	if err == nil {
		// Something else is anchored under this id; whoever has it may give it.
		if _, err := v.rewrite(ctx, r); err == nil {
			return nil
		}
	}
	defer v.writing(id)()
	if r, err = v.index.get(id); err != nil { // it may have been repaired meanwhile: under another name
		return err
	}
	if due, err := v.overdue(r); !due || err != nil {
		return err // put again meanwhile
	}
	// The row goes first. Whole files without a row are taken in at the next start and dropped again;
	// a row without files would be damage, and fetched from others.
	if err := v.index.drop(id); err != nil {
		return err
	}
	return v.removeFiles(ctx, r.File)
}

// overdue reports whether a submission without an anchor has had its day. By block
// time: a node that is behind has not seen the anchor yet.
func (v *Vault) overdue(r *row) (bool, error) {
	since, _, err := v.openSince(r)
	return v.cfg.Ledger.Newest().Time.Sub(since) >= unanchoredFor, err
}

// openSince returns when a submission was put here last, as far as its day counts, and
// whether it was not seen anchored yet.
func (v *Vault) openSince(r *row) (time.Time, bool, error) {
	again, open, err := v.index.open(r.id())
	return time.UnixMilli(max(r.Received, again)), open, err
}

// Answers fails when the vault cannot read its index.
func (v *Vault) Answers() error {
	_, err := v.index.ids(tabWaiting)
	return err
}

// Status counts what is here.
func (v *Vault) Status(context.Context) (*wire.VaultStatus, error) {
	s := &wire.VaultStatus{}
	err := v.index.rows(nil, func(r *row) bool {
		s.Submissions++
		s.Segments++
		s.Folios += uint64(len(r.Folios))
		s.Records += uint64(r.Records)
		s.Bytes += uint64(r.Size)
		if r.Home == v.cfg.Member {
			s.Home++
		} else {
			s.Copies++
		}
		return true
	})
	waiting, errW := v.index.ids(tabWaiting)
	open, errO := v.index.ids(tabOpen)
	if err := errors.Join(err, errW, errO); err != nil {
		return nil, stele.E("vault status", stele.KindOther, "the vault cannot read its index", err)
	}
	// What is not anchored was promised to nobody.
	s.Waiting = uint64(len(slices.DeleteFunc(waiting, func(id stele.ID) bool {
		_, unanchored := slices.BinarySearchFunc(open, id, func(a, b stele.ID) int { return bytes.Compare(a[:], b[:]) })
		return unanchored
	})))
	return s, nil
}

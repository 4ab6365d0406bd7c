package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// check is one run of Fsck.
type check struct {
	v           *Vault
	repair      bool
	progress    func(*wire.FsckProgress) error
	done, total uint64
}

// Fsck checks every byte the vault keeps: each segment and key file against its
// checksums, each record against its key and its leaf, each root against the
// ledger's anchor, the index against the segments, the notes, and what other
// members say should be here. With repair, what is wrong is written anew from a
// copy and what is missing is fetched; a wiped vault is filled again.
//
// progress hears of every finding and at times how far it is; an error from it
// ends the run. Fsck fails when it could not finish, not when it found
// something.
func (v *Vault) Fsck(ctx context.Context, repair bool, progress func(*wire.FsckProgress) error) error {
	c := &check{v: v, repair: repair, progress: progress}
	// In this order: mending files writes rows, so tables come after; what others have is asked for
	// when all that is here is known.
	for _, step := range []func(context.Context) error{c.files, c.tables, c.notes, c.elsewhere, c.envelopes} {
		if err := step(ctx); err != nil {
			if stele.KindOf(err) == stele.KindOther {
				err = stele.E("check vault", stele.KindOther, "the check could not finish", err)
			}
			return err
		}
	}
	return progress(&wire.FsckProgress{Done: c.done, Total: c.total, Finished: true})
}

func (c *check) found(where, what string, repaired bool, from stele.Subject) error {
	f := &wire.Finding{Where: where, What: what, Repaired: repaired}
	if !from.IsZero() {
		f.From = from.String()
	}
	return c.progress(&wire.FsckProgress{Done: c.done, Total: c.total, Finding: f})
}

func (c *check) step(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.done++
	if c.done%64 == 0 || c.done == c.total {
		return c.progress(&wire.FsckProgress{Done: c.done, Total: c.total})
	}
	return nil
}

// files checks every submission that the index or a file name tells of.
func (c *check) files(ctx context.Context) error {
	segments, keys, strangers, keyStrangers, err := c.v.onDisk(ctx)
	if err != nil {
		return err
	}
	// A row that cannot be read is told of by tables.
	var rows []*row
	if err := c.v.index.rows(nil, func(r *row) bool { rows = append(rows, r); return true }); err != nil && stele.KindOf(err) != stele.KindProof {
		return err
	}
	known := map[fileName]bool{}
	for _, r := range rows {
		known[r.File] = true
	}
	c.total = uint64(len(rows))
	for _, r := range rows {
		if err := c.submission(ctx, r); err != nil {
			return err
		}
		if err := c.step(ctx); err != nil {
			return err
		}
	}
	for name := range segments {
		if !known[name] {
			if err := c.stray(ctx, name); err != nil {
				return err
			}
		}
	}
	for name := range keys {
		if _, ok := segments[name]; !ok && !known[name] {
			if err := c.strayKeys(name); err != nil {
				return err
			}
		}
	}
	// Told of, never removed: the vault did not write them.
	for _, s := range strangers {
		if err := c.found("segments/"+s, "not a file of the vault", false, stele.Subject{}); err != nil {
			return err
		}
	}
	for _, s := range keyStrangers {
		if err := c.found("keys/"+s, "not a file of the vault", false, stele.Subject{}); err != nil {
			return err
		}
	}
	return nil
}

// fault is something wrong with a submission's files.
type fault struct{ where, what string }

// submission checks one submission of the index and repairs it.
func (c *check) submission(ctx context.Context, r *row) error {
	v, id := c.v, r.id()
	faults, fresh, err := c.examine(ctx, r)
	if err != nil {
		return err
	}
	if now, err := v.index.get(id); err == nil && now.File != r.File || stele.KindOf(err) == stele.KindNotFound {
		return nil // written anew or dropped meanwhile
	}
	if len(faults) == 0 {
		// A row is mended without asking anybody: it holds nothing that the segment does not say.
		if reflect.DeepEqual(r, fresh) {
			return nil
		}
		repaired := c.repair && v.index.put(fresh) == nil
		return c.found("index, submission "+id.String(), "the row is not what the segment says", repaired, stele.Subject{})
	}
	var from stele.Subject
	repaired := false
	if c.repair {
		from, err = v.rewrite(ctx, r)
		repaired = err == nil && v.index.unset(key(tabDamaged, id[:])) == nil
		if !repaired {
			from = stele.Subject{}
		}
	}
	for _, f := range faults {
		where := f.where
		if as := "submission " + id.String(); where != as {
			where += ", " + as
		}
		if err := c.found(where, f.what, repaired, from); err != nil {
			return err
		}
	}
	return nil
}

// examine reads one writing of a submission and says all that is wrong with it,
// and the row that it makes when nothing is.
func (c *check) examine(ctx context.Context, r *row) (faults []fault, fresh *row, err error) {
	v, name := c.v, r.File
	keyFile, segment := "keys/"+name.String(), "segments/"+name.String()
	keys, err := v.readKeys(name)
	if err != nil {
		if !wrong(err) {
			return nil, nil, err
		}
		faults = append(faults, faultOf(keyFile, err))
	}
	raw, err := v.segments.Read(ctx, name.String(), 0, -1)
	if err != nil {
		if !wrong(err) {
			return nil, nil, err
		}
		return append(faults, faultOf(segment, err)), nil, nil
	}
	d, fresh, err := decodeSegment(v.cfg.Chain, name, raw, keys)
	if k, ok := errors.AsType[*keyless](err); ok {
		if len(faults) == 0 {
			faults = append(faults, fault{keyFile, k.Error()})
		}
		if bad := scan(name, raw); bad != nil {
			faults = append(faults, faultOf(segment, bad))
		}
		return faults, nil, nil
	}
	if err != nil {
		return append(faults, faultOf(segment, err)), nil, nil
	}
	if len(keys) != d.records {
		faults = append(faults, fault{keyFile, "there are keys of no record"})
	}
	// Without an anchor nothing is wrong: it may be on its way.
	anchor, err := v.cfg.Ledger.Anchor(d.subject, d.id)
	if err == nil && !anchors(anchor, d.subject, d.grant, d.root) {
		faults = append(faults, fault{"submission " + name.id().String(), "it is not what the ledger anchored"})
	}
	return faults, fresh, nil
}

// scan checks a segment's blocks where its records cannot be unwrapped.
func scan(name fileName, raw []byte) error {
	b, err := beginSegment(name, raw)
	for err == nil && len(b.raw) > 0 && b.raw[0] != kindEnd {
		_, err = b.next()
	}
	if err != nil {
		return err
	}
	return finish(b, raw)
}

// wrong reports whether an error says that a file is damaged or missing, rather
// than that it could not be read. What a store does not give at the moment is there all the same,
// and is not fetched anew.
func wrong(err error) bool {
	_, damaged := errors.AsType[*damage](err)
	return damaged || errors.Is(err, os.ErrNotExist)
}

func faultOf(file string, err error) fault {
	if d, ok := errors.AsType[*damage](err); ok {
		return fault{fmt.Sprintf("%s, byte %d", file, d.at), d.what}
	}
	return fault{file, "the file is missing"}
}

// stray handles a segment that the index does not name: taken in when it is
// whole and its submission unknown, replaced by a copy when it is not.
func (c *check) stray(ctx context.Context, name fileName) error {
	v, id := c.v, name.id()
	if known, left, repaired := c.leftOver(ctx, name); known && left {
		return c.found("segments/"+name.String(), "left over from an earlier writing", repaired, stele.Subject{})
	} else if known {
		return nil
	}
	d, r, err := v.load(ctx, name)
	if err == nil {
		repaired := c.repair && v.index.put(r, v.marks(d)...) == nil
		return c.found("index, submission "+id.String(), "the index does not know it", repaired, stele.Subject{})
	}
	var from stele.Subject
	repaired := false
	if c.repair {
		if from, repaired = c.obtain(ctx, id); repaired {
			repaired = v.removeFiles(ctx, name) == nil
		}
	}
	f := faultOf("segments/"+name.String(), err)
	if _, ok := errors.AsType[*keyless](err); ok || errors.Is(err, os.ErrNotExist) {
		f = fault{"keys/" + name.String(), "keys are missing"}
	}
	return c.found(f.where, f.what, repaired, from)
}

// leftOver reports whether the index knows the submission of a segment that it did not
// name, and whether the segment is left over from an earlier writing of it. It waits for
// whoever writes there: what is being written is named when they are done.
func (c *check) leftOver(ctx context.Context, name fileName) (known, left, removed bool) {
	v := c.v
	defer v.writing(name.id())()
	r, err := v.index.get(name.id())
	if err != nil {
		return false, false, false
	}
	if _, err := v.segments.Read(ctx, name.String(), 0, 1); r.File == name || errors.Is(err, os.ErrNotExist) {
		return true, false, false // written, or removed, since we listed
	}
	return true, true, c.repair && v.removeFiles(ctx, name) == nil
}

func (c *check) strayKeys(name fileName) error {
	done := c.v.writing(name.id()) // keys are written first
	r, err := c.v.index.get(name.id())
	written := err == nil && r.File == name
	repaired := !written && c.repair && c.v.removeKeys(name) == nil
	done()
	if written {
		return nil
	}
	return c.found("keys/"+name.String(), "keys without a segment", repaired, stele.Subject{})
}

// obtain fetches a submission that is not here from whoever has it.
func (c *check) obtain(ctx context.Context, id stele.ID, from ...Peer) (stele.Subject, bool) {
	v := c.v
	if len(from) == 0 {
		from = v.ranked(id, stele.Subject{})
	}
	d, who, err := v.fetch(ctx, id, nil, from)
	if err != nil {
		return stele.Subject{}, false
	}
	if v.keep(ctx, d, who, v.refills) != nil {
		return who, false
	}
	r, err := v.index.get(id)
	return who, err == nil && v.takeAdded(ctx, r, d.added) == nil
}

// tables checks that every key of the index follows from a row.
func (c *check) tables(context.Context) error {
	v := c.v
	want := map[string]bool{}
	if err := v.index.rows(nil, func(r *row) bool {
		want[string(r.mark())] = true
		return true
	}); err != nil {
		if err := c.found("index", "a row cannot be read; the next start rebuilds it", false, stele.Subject{}); err != nil {
			return err
		}
	}
	var extra [][]byte
	if err := v.index.each([]byte{tabSubject}, nil, func(rest, _ []byte) bool {
		k := key(tabSubject, rest)
		if !want[string(k)] {
			extra = append(extra, k)
		}
		delete(want, string(k))
		return true
	}); err != nil {
		return err
	}
	for _, k := range extra {
		if id := k[len(k)-16:]; c.recent(stele.ID(id)) {
			continue
		}
		repaired := c.repair && v.index.unset(k) == nil
		if err := c.found("index, submission "+stele.ID(k[len(k)-16:]).String(), "an entry leads nowhere", repaired, stele.Subject{}); err != nil {
			return err
		}
	}
	for k := range want {
		id, _ := stele.IDFrom([]byte(k[len(k)-16:]))
		if _, err := v.index.get(id); err != nil {
			continue // dropped meanwhile
		}
		repaired := c.repair && v.index.set([]byte(k)) == nil
		if err := c.found("index, submission "+id.String(), "an entry is missing", repaired, stele.Subject{}); err != nil {
			return err
		}
	}
	return nil
}

// recent reports whether a submission has a row now: its entries were written
// after the rows were read.
func (c *check) recent(id stele.ID) bool {
	r, err := c.v.index.get(id)
	return err == nil && c.v.cfg.Clock().Sub(time.UnixMilli(r.Received)) < time.Minute
}

// notes checks the notes of own fetches. They have no copy.
func (c *check) notes(context.Context) error {
	var first error
	err := c.v.notes.each(func(at int64, f *Fetch) {
		if f == nil && first == nil {
			first = c.found(fmt.Sprintf("fetched, byte %d", at), "a note of an own fetch is damaged", false, stele.Subject{})
		}
	})
	return errors.Join(first, err)
}

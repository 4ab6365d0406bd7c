package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/wire"
)

// grantPatience is how long a submission waits for the own node to see the
// write grant: another member's node may be a few blocks ahead.
const grantPatience = 2 * time.Second

// PutSubmission checks a submission, stores it durably here and at as many other
// members as Config.Copies says, and says which. The anchor comes after; until it is final nobody is
// served the submission.
//
// It fails with KindInvalid when the submission does not hold together, with
// KindDenied when the write grant does not allow it, with KindExists when its
// ids are taken by something else, and with KindUnreachable when it is stored
// here but too few others could be reached: the response then says
// which have it, the rest is tried again in the background once it is anchored, and
// putting the same submission again is safe.
func (v *Vault) PutSubmission(ctx context.Context, in *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	const op = "put submission"
	d, err := readSubmission(v.cfg.Chain, in.GetSubmission())
	if err != nil {
		return nil, err
	}
	if d.home != v.cfg.Member {
		return nil, stele.E(op, stele.KindInvalid, "the submission's home is another member", nil)
	}
	d.consent = in.Consent
	if err := v.admit(ctx, d, false); err != nil {
		return nil, err
	}
	// Here first: copies that cannot be made now are made up for from what is here.
	if err := v.keep(ctx, d, stele.Subject{}, v.affords); err != nil {
		return nil, err
	}
	holders := v.spread(ctx, d)
	out := &wire.PutSubmissionResponse{}
	for _, h := range holders {
		out.Copies = append(out.Copies, h[:])
	}
	if len(holders) < v.copies() {
		return out, stele.E(op, stele.KindUnreachable,
			fmt.Sprintf("stored here, but only %d of %d copies could be made", len(holders), v.copies()), nil).
			WithHint("put the same submission again when more members are up")
	}
	return out, nil
}

// admit decides whether a submission may be stored: it is anchored as it
// stands, or its write grant allows it now and names the key that signed it. The
// organisation that it names as its source signed it too: patients decide by
// source, so nobody delivers in another's name. Where a delegate gave the write grant, the
// documents that come with it must allow what is delivered.
//
// A copy of what is anchored passes although the source has rotated its keys
// since: the member that took it first has checked them, and one that had not
// could serve it to readers anyway. Otherwise a wiped vault could not be refilled.
func (v *Vault) admit(ctx context.Context, d *delivery, copied bool) error {
	const op = "put submission"
	grant, err := v.cfg.Ledger.Grant(d.grant)
	for start := time.Now(); stele.KindOf(err) == stele.KindNotFound && time.Since(start) < grantPatience; {
		select {
		case <-ctx.Done():
			return stele.E(op, stele.KindUnreachable, "", ctx.Err())
		case <-time.After(25 * time.Millisecond):
		}
		grant, err = v.cfg.Ledger.Grant(d.grant)
	}
	denied := stele.E(op, stele.KindDenied, "the write grant does not allow it", nil).
		WithHint("ask the patient for a new write grant")
	if err != nil || grant.Subject != d.subject || grant.Action != stele.ActionWrite || !slices.Contains(d.signers, grant.Grantee) {
		return denied
	}
	// The anchor before time and status: the ledger judged those when it took the anchor. The grant
	// may be over since, and what came in time may be put again.
	anchor, err := v.cfg.Ledger.Anchor(d.subject, d.id)
	anchored := err == nil
	if anchored && !anchors(anchor, d.subject, d.grant, d.root) {
		return stele.E(op, stele.KindExists, "another submission is anchored under this id", nil)
	}
	if anchored && copied {
		return nil
	}
	if d.earlier { // no ledger takes an anchor of then any more: there is nothing left to deliver
		return stele.E(op, stele.KindInvalid, "the submission was made by an earlier release", nil).
			WithHint("deliver it anew")
	}
	source, err := v.cfg.Ledger.Subject(stele.Subject(d.head.Source))
	if err != nil || !asking.ShareOne(d.signers, source.Signing) {
		return stele.E(op, stele.KindDenied, "the submission is not signed by the source that it names", nil)
	}
	now := v.now()
	if anchored {
		now = anchor.At
	}
	if !v.mayWrite(d, grant, now) {
		return denied
	}
	if anchored {
		return nil
	}
	if grant.Status != stele.GrantActive || now.Before(grant.NotBefore) || !now.Before(grant.End) {
		return denied
	}
	// Readers take the newest by that word: what lies in the future would stay the newest for years.
	if time.UnixMilli(d.head.MadeMs).After(now.Add(stele.Fresh)) {
		return stele.E(op, stele.KindInvalid, "the submission says that it was made later than now", nil).
			WithHint("set the clock of the machine that delivers, and deliver anew")
	}
	return nil
}

// anchors reports whether an anchor is a submission's.
func anchors(a stele.Anchor, subject stele.Subject, grant stele.ID, root stele.Digest) bool {
	return a.Subject == subject && a.Grant == grant && a.Root == root
}

// keep stores a delivery unless it is stored already: only what is new needs room.
// from is who sent the copy; zero for a submission put here.
func (v *Vault) keep(ctx context.Context, d *delivery, from stele.Subject, room func(*delivery) error) error {
	const op = "store submission"
	defer v.writing(d.id)()
	old, err := v.index.get(d.id)
	switch {
	case err == nil && (old.Subject != d.subject || old.Grant != d.grant || old.Root != d.root || old.Content != d.content):
		switch better, err := v.improve(ctx, d, old, room); {
		case err != nil:
			return v.storeFault(err)
		case better:
			return v.storeFault(v.remember(d, from))
		}
		return stele.E(op, stele.KindExists, "the submission's id is taken", nil).WithHint("make a new submission")
	case err == nil:
		// The same again, perhaps with another home after the first was down.
		return v.storeFault(errors.Join(v.putAgain(old), v.remember(d, from)))
	case stele.KindOf(err) != stele.KindNotFound:
		return v.storeFault(err)
	}
	// Only where it was put are copies seen to. Holders would send each other copies of copies.
	marks := []byte{tabOpen}
	if from.IsZero() && v.copies() > 0 {
		marks = append(marks, tabWaiting)
	}
	// Last, since it counts: what is here already, or is refused, takes nothing of a source's day.
	if err := room(d); err != nil {
		return err
	}
	if err := v.write(ctx, d, v.cfg.Clock().UnixMilli(), marks...); err != nil {
		return err
	}
	return v.storeFault(v.remember(d, from))
}

// remember notes who sent a copy: they hold one too.
func (v *Vault) remember(d *delivery, from stele.Subject) error {
	if from.IsZero() {
		if v.copies() > 0 {
			return v.index.set(key(tabWaiting, d.id[:]))
		}
		return nil
	}
	return v.index.set(key(tabHolder, d.id[:], from[:]))
}

// putAgain has what is not anchored yet stay for a day from now. Who holds a copy is
// to hear of it, too: then nobody is known to hold one. Their day began when their copy came, and
// may end before the new one.
func (v *Vault) putAgain(r *row) error {
	id, now := r.id(), v.cfg.Clock()
	// An hour less is no loss, and who puts the same over and over has nothing written.
	since, open, err := v.openSince(r)
	if err != nil || !open || now.Sub(since) < time.Hour {
		return err
	}
	return v.index.reopen(id, now.UnixMilli())
}

// write puts a delivery on the disk: keys, then the segment, then the row. Each
// step is durable before the next; a crash in between leaves files that Open
// takes in or removes. Keys come first: a segment without keys is lost, keys without a segment are
// nobody's. The row comes last: what it names is there whole.
func (v *Vault) write(ctx context.Context, d *delivery, received int64, marks ...byte) error {
	ctx = context.WithoutCancel(ctx) // a caller who leaves must not leave it half-done
	w := d.encode(received)
	// Erasure keys are to be in their file and nowhere else.
	defer clear(w.keys)
	name := w.row.File
	if err := v.room(len(w.segment) + len(w.keys)); err != nil {
		return err
	}
	err := v.writeKeys(name, w.keys)
	if err == nil {
		err = v.segments.Write(ctx, name.String(), w.segment)
	}
	if err == nil {
		err = v.index.put(w.row, marks...)
	}
	if err != nil {
		if undo := v.removeFiles(ctx, name); undo != nil {
			v.cfg.Log.Warn("vault could not remove a half-written submission; the next start does", "kind", stele.KindOf(undo).String())
		}
	}
	return v.storeFault(err)
}

// Anybody can create a subject, give themselves a write grant and deliver. What
// sources that are no members bring is bounded by source, and never takes the room
// that members' records need.
const (
	strangerDay    = 256 << 20 // bytes that one such source may deliver here at once, and again in a day
	strangerPlaces = 1 << 16   // of such sources; two share one by chance, which nobody chooses
	membersOnly    = 16 << 30  // bytes, or a tenth of the disk, that only members' records may take
)

// besides is what each record and each folio takes besides its own bytes, at most:
// its erasure key, its frames, its place in the index.
const besides = 256

// cost is how many bytes a delivery takes of the disk: all that was sent, since all
// of it is kept.
func (d *delivery) cost() int { return proto.Size(d.sub) + besides*(d.records+len(d.heads)) }

// affords reports whether there is room for what this source brings: members'
// records always, as long as the disk has any; others' not from the last of it.
func (v *Vault) affords(d *delivery) error {
	return v.judgeRoom(d, func() bool { return v.strangers.Allow(v.cfg.Clock(), d.cost(), d.head.Source) })
}

// refills is affords for what should be here and is not: what was anchored had its day
// when it came first.
func (v *Vault) refills(d *delivery) error {
	if v.anchored(d) {
		return v.judgeRoom(d, func() bool { return true })
	}
	return v.affords(d)
}

// judgeRoom takes members' records always, others' neither into the last of the disk nor beyond
// their source's day. A file system that cannot say is taken to have room.
func (v *Vault) judgeRoom(d *delivery, today func() bool) error {
	consortium, err := v.cfg.Ledger.Consortium()
	if err != nil {
		return err
	}
	source := stele.Subject(d.head.Source)
	if slices.ContainsFunc(consortium.Members, func(m stele.Member) bool { return m.Subject == source }) {
		return nil
	}
	usage, err := v.fs.GetDiskUsage(v.cfg.Folder)
	if err == nil && usage.AvailBytes < min(usage.TotalBytes/10, membersOnly) {
		return stele.E("store submission", stele.KindBusy, "the vault's disk is nearly full, and what is left is kept for the members' own records", nil).
			WithHint("deliver to another member, or have its operator make room")
	}
	// Last: it takes of the source's day.
	if !today() {
		return stele.E("store submission", stele.KindBusy, "the vault has no more room today for who is no member", nil).
			WithHint("deliver to another member, or tomorrow")
	}
	return nil
}

// reserve is the free space, in bytes, that no submission may take: the index
// ends the process when it cannot write its log.
const reserve = 64 << 20

// room fails with KindBusy when the disk has no room for a submission of size
// bytes. A file system that cannot say is taken to have room.
func (v *Vault) room(size int) error {
	usage, err := v.fs.GetDiskUsage(v.cfg.Folder)
	if err != nil || usage.AvailBytes >= reserve+2*uint64(size) {
		return nil
	}
	v.cfg.Log.Error("vault's disk is full", "free", usage.AvailBytes)
	return stele.E("store submission", stele.KindBusy, "the vault's disk is full", nil).
		WithHint("free some space, or deliver to another member")
}

// storeFault lets through what tells the caller what to do. Of the rest the log hears only that
// it happened; the cause goes with the error.
func (v *Vault) storeFault(err error) error {
	if err == nil || stele.KindOf(err) != stele.KindOther {
		return err
	}
	v.cfg.Log.Error("vault cannot write to its store")
	return stele.E("store submission", stele.KindOther, "the vault cannot write to its store", err).
		WithHint("look at the disk's space and health, then run stele vault fsck")
}

// copies is how many other members must hold a submission, by how many members there are
// at the newest block; one at least where that can't be read.
func (v *Vault) copies() int {
	consortium, err := v.cfg.Ledger.Consortium()
	if err != nil {
		return 1
	}
	return v.cfg.Copies(len(consortium.Members))
}

// spread makes sure that as many other members hold a delivery as must, and returns who
// does. It prefers those that rendezvous hashing names and goes on to the next
// where one does not answer.
func (v *Vault) spread(ctx context.Context, d *delivery) []stele.Subject {
	if v.copies() == 0 {
		return nil
	}
	holders, err := v.index.holders(d.id)
	if err != nil {
		v.cfg.Log.Error("vault cannot read its index")
	}
	var others []Peer
	for _, p := range v.ranked(d.id, v.cfg.Member) {
		if !slices.Contains(holders, p.Subject()) {
			others = append(others, p)
		}
	}
	// As many at once as are missing, never more: whoever takes a copy keeps it. Who stands in for
	// another is known by its entry as a holder (shouldHold).
	for len(holders) < v.copies() && len(others) > 0 && ctx.Err() == nil {
		n := min(v.copies()-len(holders), len(others))
		for i, err := range v.push(ctx, d, others[:n]) {
			if err != nil {
				v.cfg.Log.Warn("vault could not copy a submission", "to", others[i].Subject().String(), "kind", stele.KindOf(err).String())
				continue
			}
			member := others[i].Subject()
			holders = append(holders, member)
			if err := v.index.set(key(tabHolder, d.id[:], member[:])); err != nil {
				v.cfg.Log.Error("vault cannot write its index")
			}
		}
		others = others[n:]
	}
	if len(holders) >= v.copies() {
		if err := v.index.unset(key(tabWaiting, d.id[:])); err != nil {
			v.cfg.Log.Error("vault cannot write its index")
		}
	}
	return holders
}

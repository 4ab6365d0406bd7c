package reading

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Of a folio with a restricted record vaults list the others, each with a capsule of its own key. They
// are asked for with all that is open, in one round.

// checkParts fails for capsules of records that a folio cannot have.
func checkParts(head *wire.FolioHead, parts []*wire.RecordCapsule) error {
	if len(parts) > int(head.Records) {
		return errors.New("more capsules than records")
	}
	for i, p := range parts {
		if _, err := stele.IDFrom(p.Handle); err != nil {
			return err
		}
		if i > 0 && bytes.Compare(parts[i-1].Handle, p.Handle) >= 0 {
			return errors.New("capsules out of order")
		}
	}
	return nil
}

// claimsOf are what a folio is claimed by, as some vaults list it: its capsule, or those of its records.
func claimsOf(f *Folio, l listed) (claims []claim) {
	if len(l.item.Records) == 0 {
		return []claim{{f: f, listed: l}}
	}
	for _, p := range l.item.Records {
		claims = append(claims, claim{f, l, p})
	}
	return claims
}

// capsule is what a trustee is asked for, and the label that it is bound to.
func (o *open) capsule(run *wire.Consortium, c claim) (ref *wire.CapsuleRef, label []byte) {
	key, grant := run.Committee.Held().Key, stele.ID{}
	ref = &wire.CapsuleRef{
		Submission: c.item.Submission, Head: c.item.Head, Label: c.item.Label, Capsule: c.item.Capsule,
		Index: c.item.Index, Folios: c.item.Folios, Path: c.item.Path,
	}
	switch {
	case c.part != nil:
		ref.Capsule, ref.Handle = c.part.Capsule, c.part.Handle
	case !c.f.single.IsZero():
		ref.Handle, grant = c.f.single[:], o.held.Grant
	default:
		return ref, wire.CapsuleLabelBytes(run.Chain, key, o.subject, c.f.Head, c.f.Digest)
	}
	return ref, wire.RecordLabelBytes(run.Chain, key, o.subject, c.f.Digest, stele.ID(ref.Handle), grant)
}

// unlockPart gives a folio the key of one record. Whether it is that shows when it opens it.
func (f *Folio) unlockPart(c claim, key seal.Key) {
	if f.parts == nil {
		f.parts = map[stele.ID][]seal.Key{}
	}
	handle := stele.ID(c.part.Handle)
	f.parts[handle], f.unlocked = append(f.parts[handle], key), true
}

// Opens returns how many of the folio's records the keys open that this reading has. Of a folio with a
// restricted record that is not all.
func (f *Folio) Opens() int {
	switch {
	case !f.unlocked:
		return 0
	case !f.single.IsZero():
		return 1
	case len(f.parts) > 0:
		return min(len(f.parts), int(f.Head.Records))
	}
	return int(f.Head.Records)
}

// gift are the records of a folio that one vault gave, opened or not.
type gift struct {
	by      members.Member
	handles []stele.ID
}

// takes notes which records a vault gave of a folio (came), and returns those of the opened that were not
// read before. While they are not all of the folio, who else lists it is asked, too, and what they
// give is added: which records are restricted or out of a period only vaults say, and one alone may
// keep any back.
func (f *Folio) takes(by members.Member, got []Record, came []stele.ID) []Record {
	f.fetched, f.giver, f.lacking = true, by.Subject, len(got) < len(came)
	if f.all = !f.single.IsZero() || f.read == nil && len(got) == int(f.Head.Records); f.all {
		return got
	}
	if f.read == nil {
		f.read = map[stele.ID]bool{}
	}
	if i := slices.IndexFunc(f.gave, func(g gift) bool { return g.by.Subject == by.Subject }); i >= 0 {
		f.gave[i].handles = append(f.gave[i].handles, came...) // one vault is one, however often it gives
	} else {
		f.gave = append(f.gave, gift{by, came})
	}
	fresh := slices.DeleteFunc(got, func(r Record) bool {
		had := f.read[r.Handle]
		f.read[r.Handle] = true
		return had
	})
	f.all = len(f.read) == int(f.Head.Records)
	return fresh
}

// tellKept tells who kept back a record that another gave: one that it lists open itself, and still does when it is
// asked once more. One that the patient has restricted meanwhile is kept back by who knows it, and nobody is to blame.
func (r *reading) tellKept(ctx context.Context) {
	type charge struct {
		f *Folio
		gift
	}
	kept := map[stele.Subject][]charge{}
	var by []members.Member
	for _, f := range r.folios {
		for _, g := range f.gave {
			if !f.keptBack(g, f.listedBy(g.by)) {
				continue
			}
			if kept[g.by.Subject] == nil {
				by = append(by, g.by)
			}
			kept[g.by.Subject] = append(kept[g.by.Subject], charge{f, g})
		}
	}
	if r.again == nil {
		for _, m := range by {
			r.fault(m, keptBack)
		}
		return
	}
	round := members.NewRound(ctx, r.w.Network, by, r.again)
	round.Limit = allowed
	for round.Next(len(by)); len(round.Waiting) > 0; {
		now := round.Heard(<-round.Replies)
		if now.Err != nil || slices.ContainsFunc(kept[now.Member.Subject], func(c charge) bool { return c.f.keptBack(c.gift, c.f.among(now.Answer)) }) {
			r.fault(now.Member, keptBack)
		}
	}
}

const keptBack = "kept records back that others gave"

// among returns a folio as it stands in a list, or nil.
func (f *Folio) among(items list) *wire.FolioItem {
	i := slices.IndexFunc(items, func(item *wire.FolioItem) bool {
		return bytes.Equal(item.Submission, f.Item.Submission) && bytes.Equal(item.Head, f.Item.Head)
	})
	if i < 0 {
		return nil
	}
	return items[i]
}

// keptBack reports whether a vault did not give a record of a folio that another gave, and that is open as it lists the folio.
func (f *Folio) keptBack(g gift, lists *wire.FolioItem) bool {
	for handle := range f.read {
		open := lists != nil && (len(lists.Records) == 0 || slices.ContainsFunc(lists.Records, func(p *wire.RecordCapsule) bool { return bytes.Equal(p.Handle, handle[:]) }))
		if open && !slices.Contains(g.handles, handle) {
			return true
		}
	}
	return false
}

// errNoKey is of a record that no key opens which this reading has.
var errNoKey = errors.New("no key of the record")

// opens opens a record by the folio's key, or by its own.
func (f *Folio) opens(r *wire.SealedRecord, handle stele.ID, commitment stele.Digest) ([]byte, seal.Salt, error) {
	if len(f.parts) == 0 {
		return seal.OpenRecord(&f.key, handle, r.Cover, r.Ciphertext, commitment)
	}
	for _, key := range f.parts[handle] {
		resource, salt, err := seal.OpenSingle(&key, r.Cover, r.Ciphertext, commitment)
		if err == nil {
			return resource, salt, nil
		}
		f.misfit.Store(true)
	}
	return nil, seal.Salt{}, errNoKey
}

// tellParts tells of a capsule of a single record that held another key. Trustees release such capsules
// only as the patient's wallet brought them.
func (r *reading) tellParts(f *Folio) {
	if f.misfit != nil && f.misfit.Load() {
		r.fault(members.Member{Name: "the patient's wallet"}, "made a capsule that holds another key than its record's")
	}
}

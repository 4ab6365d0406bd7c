package reading

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// This file gathers what vaults list. A vault may list what it likes: what is under
// no hash (capsule, envelopes, place in the tree) counts as that vault's alone, and
// each vault counts once for a folio, however often it lists it.

// list is the folios that a vault lists.
type list = []*wire.FolioItem

// listed is a folio as some vaults list it: the same but for the envelopes.
type listed struct {
	item  *wire.FolioItem
	by    []members.Member
	tried bool // to unlock it
}

// listing asks every vault what it has.
func (r *reading) listing(ctx context.Context, question func(context.Context, members.Member) (list, error)) *members.Round[list] {
	a := members.NewRound(ctx, r.w.Network, r.w.Network.All(), question)
	a.Next(len(a.Left))
	return a
}

// enough waits until so many vaults have answered that together they hold
// everything: every submission is in its home and in copies at others. It
// returns how many answered and the last error.
func (r *reading) enough(a *members.Round[list]) (answered int, last error) {
	n := len(r.w.Network.All())
	need := max(1, n-r.faulty())
	for len(a.Waiting) > 0 && answered < need {
		reply := <-a.Replies
		if r.take(a, reply); reply.Err != nil {
			last = reply.Err
		} else {
			answered++
		}
	}
	return answered, last
}

// grace is how long a vault is waited for that others have made superfluous: its
// node may be some blocks behind.
const grace = 500 * time.Millisecond

// rest takes one more answer of a listing, if one comes in time. While nothing is
// wrong that is a moment, and none at all for members that said nothing lately:
// what they hold, others have listed. When somebody's fault has shown, what the
// last one holds may be all there is.
func (r *reading) rest(a *members.Round[list], start time.Time, enough time.Duration) (came bool) {
	if len(a.Waiting) == 0 {
		return false
	}
	wait := max(grace, 5*enough)
	switch {
	case r.amiss() || slices.ContainsFunc(r.folios, func(f *Folio) bool { return f.lacking }):
		wait = members.Silence
	case !slices.ContainsFunc(a.Waiting, func(m members.Member) bool { return !r.w.Network.WasSilent(m) }):
		wait = 0
	}
	select {
	case reply := <-a.Replies: // who has answered is in time, however long the rest took
		r.take(a, reply)
		return true
	default:
	}
	select {
	case reply := <-a.Replies:
		r.take(a, reply)
		return true
	case <-time.After(max(time.Until(start.Add(wait)), 0)):
		return false
	}
}

func (r *reading) take(a *members.Round[list], reply members.Reply[list]) {
	switch a.Heard(reply); {
	case reply.Err == nil:
		r.add(reply.Member, reply.Answer)
	case stele.KindOf(reply.Err) != stele.KindDenied:
		r.fault(reply.Member, "did not say what its vault holds")
	}
}

// all takes what everybody lists.
func (r *reading) all(a *members.Round[list]) {
	for len(a.Waiting) > 0 {
		r.take(a, <-a.Replies)
	}
}

// leave stops waiting for who has not answered.
func (r *reading) leave(a *members.Round[list]) {
	for _, m := range a.Waiting {
		r.fault(m, "did not say in time what its vault holds")
	}
	a.NoteWaiting()
}

// faulty is how many members may lie, be behind or be down: what one more says is true.
func (r *Reader) faulty() int { return r.w.Quorum() - 1 }

// add takes a member's list of folios. What does not hold together is that
// member's fault and is left out; the same folio elsewhere is another holder.
func (r *reading) add(m members.Member, items []*wire.FolioItem) {
	for _, item := range items {
		folio, err := readFolio(item)
		if err != nil {
			r.fault(m, "listed a folio that does not hold together")
			continue
		}
		place := folio.place()
		if known := r.places[place]; known == nil {
			if r.places == nil {
				r.places = map[string]*Folio{}
			}
			r.places[place] = folio
			r.folios = append(r.folios, folio)
		} else if folio, item = known, within(item); folio.listedBy(m) != nil {
			r.fault(m, "listed a folio twice")
			continue
		} else {
			// Envelopes and capsules are under no hash: one vault's may be worthless.
			folio.Item.Envelopes = append(folio.Item.Envelopes, item.Envelopes...)
		}
		folio.holders = append(folio.holders, m)
		i := slices.IndexFunc(folio.listed, func(l listed) bool { return l.as(item) })
		if i < 0 {
			i, folio.listed = len(folio.listed), append(folio.listed, listed{item: item})
		}
		folio.listed[i].by = append(folio.listed[i].by, m)
	}
}

// listedBy returns a folio as a vault lists it, or nil.
func (f *Folio) listedBy(m members.Member) *wire.FolioItem {
	for _, l := range f.listed {
		if slices.ContainsFunc(l.by, func(by members.Member) bool { return by.Subject == m.Subject }) {
			return l.item
		}
	}
	return nil
}

// as reports whether a folio is listed just so, but for the envelopes. Its head is
// the same, and its label opens the same commitment.
func (l listed) as(item *wire.FolioItem) bool {
	return bytes.Equal(l.item.Capsule, item.Capsule) && l.item.Index == item.Index && l.item.Folios == item.Folios &&
		slices.EqualFunc(l.item.Path, item.Path, bytes.Equal) &&
		slices.EqualFunc(l.item.Records, item.Records, func(a, b *wire.RecordCapsule) bool {
			return bytes.Equal(a.Handle, b.Handle) && bytes.Equal(a.Capsule, b.Capsule)
		})
}

// maxEnvelopes is how many envelopes one vault gives of a folio at most.
const maxEnvelopes = 64

// within cuts off the envelopes that are too many.
func within(item *wire.FolioItem) *wire.FolioItem {
	if len(item.Envelopes) > maxEnvelopes {
		item.Envelopes = item.Envelopes[:maxEnvelopes]
	}
	return item
}

func readFolio(item *wire.FolioItem) (*Folio, error) {
	head := new(wire.FolioHead)
	if err := wire.Decode(item.Head, head); err != nil {
		return nil, err
	}
	if _, err := stele.IDFrom(head.Folio); err != nil {
		return nil, err
	}
	if _, err := stele.IDFrom(item.Submission); err != nil {
		return nil, err
	}
	label, err := proof.CheckLabel(head, item.Label)
	if err != nil {
		return nil, err
	}
	if err := checkParts(head, item.Records); err != nil {
		return nil, err
	}
	// Envelopes of several vaults are gathered in a copy of its own.
	own := &wire.FolioItem{
		Submission: item.Submission, Head: item.Head, Label: item.Label, Capsule: item.Capsule, Index: item.Index, Folios: item.Folios,
		Path: item.Path, Envelopes: slices.Clone(within(item).Envelopes), Records: item.Records,
	}
	f := &Folio{Item: own, Head: head, Digest: wire.FolioDigest(item.Head), Label: readLabel(label), misfit: new(atomic.Bool)}
	f.Claimed = f.Label.Source
	return f, nil
}

func readLabel(l *wire.Label) stele.Label {
	label := stele.Label{Category: stele.Category(l.Category), Year: int(l.Year)}
	for _, s := range l.Sensitivity {
		label.Sensitivity = append(label.Sensitivity, stele.Sensitivity(s))
	}
	copy(label.Source[:], l.Source)
	return label
}

package wallet

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// This file finds out whose the records of a folio are. Its label says so; but
// who delivers writes the label, and a vault that lies passes it on. So the label
// counts with the signed head of the delivery, and the head with a signature of
// the source that it names: by a key that the source has now, or, for the patient,
// by the key that her own write grant to that source names.

// signed is a signed head of a delivery that some vault gave.
type signed struct {
	once sync.Once
	proof.Submission
	raw   *wire.Signed // nil: it does not check
	salts [][]byte     // that may open the count
}

// sources are the signed heads of a reading, and the keys of who they name.
type sources struct {
	read  map[stele.Digest]*signed     // by the bytes
	heads map[stele.ID][]*signed       // by submission: one vault's may be made up
	keys  map[stele.Subject]*signatory // asked for once each
}

// signatory is a source's keys, on their way.
type signatory struct {
	came chan struct{} // closed when keys and err are there
	keys []stele.PublicKey
	err  error
}

// hear takes what a vault says was signed of the deliveries that it lists, and
// begins to ask for the keys of the sources.
func (r *reading) hear(ctx context.Context, m Member, items []*wire.SubmissionItem) {
	for _, item := range items {
		known := r.head(stele.Digest(sha256.Sum256(wire.Marshal(item.GetHead()))))
		known.once.Do(func() { // other vaults give the same
			if s, err := proof.CheckSubmission(r.s.Consortium.Chain, r.subject, item.GetHead()); err == nil {
				known.Submission, known.raw = s, item.GetHead()
			}
		})
		if known.raw == nil {
			r.fault(m, "gave what no source signed for a delivery")
			continue
		}
		r.mu.Lock()
		if !slices.Contains(r.from.heads[known.ID], known) {
			r.from.heads[known.ID] = append(r.from.heads[known.ID], known)
		}
		if len(item.CountSalt) > 0 {
			known.salts = append(known.salts, item.CountSalt)
		}
		if r.trusts == nil && r.from.keys[known.Source] == nil {
			r.from.keys[known.Source] = r.askKeys(ctx, known.Source)
		}
		r.mu.Unlock()
	}
}

// head returns the place of a signed head, by the digest of its bytes.
func (r *reading) head(id stele.Digest) *signed {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.from.read == nil {
		r.from = sources{map[stele.Digest]*signed{}, map[stele.ID][]*signed{}, map[stele.Subject]*signatory{}}
	}
	if r.from.read[id] == nil {
		r.from.read[id] = new(signed)
	}
	return r.from.read[id]
}

// askKeys asks for a source's current keys, beside whatever else is done.
func (r *reading) askKeys(ctx context.Context, source stele.Subject) *signatory {
	s := &signatory{came: make(chan struct{})}
	go func() {
		defer close(s.came)
		s.keys, s.err = r.s.signing(ctx, source)
	}()
	return s
}

// signedNow reports whether a delivery is signed by a key that its source has now.
func (r *reading) signedNow(ctx context.Context, s *signed) bool {
	r.mu.Lock()
	from := r.from.keys[s.Source]
	if from == nil {
		from = r.askKeys(ctx, s.Source)
		r.from.keys[s.Source] = from
	}
	r.mu.Unlock()
	<-from.came
	return s.SignedBy(from.keys...)
}

// standing is how well a source is known.
type standing int

const (
	unsigned  standing = iota // nobody signed for the folio
	claimed                   // signed, but not provably by the source that it names
	confirmed                 // signed by the source
)

// origin finds the best that is known of where a folio comes from: a delivery that
// holds it, with a label that names the same source if there is one.
func (r *reading) origin(ctx context.Context, f *Folio) (best *signed, how standing) {
	r.mu.Lock()
	heads := slices.Clone(r.from.heads[stele.ID(f.Item.Submission)])
	r.mu.Unlock()
	for _, s := range heads {
		if _, err := s.CheckFolio(f.Item.Head, f.Item.Index, f.Item.Folios, f.Item.Path); err != nil {
			continue
		}
		got := claimed
		switch {
		case r.trusts != nil && r.trusts(s):
			got = confirmed
		case r.trusts != nil && !r.stands(s): // not what was anchored
			continue
		case r.signedNow(ctx, s):
			got = confirmed
		}
		if got > how || got == how && s.Source == f.Claimed {
			best, how = s, got
		}
		if how == confirmed && best.Source == f.Claimed {
			break
		}
	}
	return best, how
}

// attribute decides whose the records of a folio are, once. What is not certain
// is nobody's, and told.
func (r *reading) attribute(ctx context.Context, f *Folio) {
	if f.attributed {
		return
	}
	f.attributed = true
	from, how := r.origin(ctx, f)
	f.from = from
	said := r.s.nameOf(f.Claimed)
	f.Label.Source = stele.Subject{}
	switch {
	case how == confirmed && from.Source == f.Claimed:
		f.Label.Source = f.Claimed
		return
	case how == confirmed:
		f.Label.Source = from.Source
		by := r.s.nameOf(from.Source)
		r.fault(Member{Name: by}, "delivered records under the name of "+said)
		r.blame(f, fmt.Sprintf("listed records as %s's that %s delivered", said, by))
	case how == claimed:
		r.blame(f, fmt.Sprintf("listed records as %s's; that %s delivered them is not proved", said, said))
	default:
		r.blame(f, fmt.Sprintf("listed records as %s's without anybody's signature", said))
	}
}

// blame notes a fault of everybody who listed a folio.
func (r *reading) blame(f *Folio, what string) {
	for _, m := range f.holders {
		r.fault(m, what)
	}
}

// attributeAll decides it for all folios that were read and for their records.
func (r *reading) attributeAll(ctx context.Context, records []Record) {
	for _, f := range r.folios {
		if f.unlocked {
			r.attribute(ctx, f)
		}
	}
	for i := range records {
		f := records[i].Folio
		records[i].Label.Source, records[i].Claimed = f.Label.Source, f.Claimed
		if !f.Label.Source.IsZero() {
			records[i].Made = time.UnixMilli(f.from.Head.MadeMs).UTC()
		}
	}
}

// nameOf names a member, and anybody else by the beginning of their DID.
func (s *Session) nameOf(subject stele.Subject) string {
	if m := s.member(subject); m != nil {
		return m.Name
	}
	if subject.IsZero() {
		return "nobody"
	}
	return subject.String()[:18] + "…"
}

// anchorings are what the owner's log says of deliveries: each anchor with the
// write grant that it was made under.
type anchorings struct {
	anchors map[stele.ID]*wire.Event // by submission
	grants  map[stele.ID]*wire.Event // write grants
}

func (a *anchorings) add(e *wire.Event) {
	if m := e.GetAnchored(); m != nil {
		a.anchors[stele.ID(m.Submission)] = e
	}
	if g := e.GetGrantGiven(); g != nil && stele.Action(g.Action) == stele.ActionWrite {
		a.grants[stele.ID(g.Grant)] = e
	}
}

// stands reports whether a signed delivery is the one on the owner's log.
func (r *reading) stands(s *signed) bool {
	anchor := r.anchored.anchors[s.ID]
	if anchor == nil {
		return false
	}
	return s.CheckAnchored(anchor, r.anchored.grants[stele.ID(anchor.GetAnchored().Grant)]) == nil
}

// granted reports whether a signed delivery is on the owner's log under a write
// grant that she gave to the very source that it names: then it is the source's,
// whatever keys that has now.
func (r *reading) granted(s *signed) bool {
	g := r.s.given(s.Head.Grant)
	return g != nil && g.To == s.Source && r.stands(s)
}

// counted holds the number of records of each delivery that is listed whole
// against the one that its source signed for, and returns what opens it.
func (r *reading) counted() (salts map[stele.ID][]byte) {
	salts = map[stele.ID][]byte{}
	type sum struct{ folios, of, records uint32 }
	sums := map[stele.ID]*sum{}
	for _, f := range r.folios {
		id := stele.ID(f.Item.Submission)
		if sums[id] == nil {
			sums[id] = &sum{of: f.Item.Folios}
		}
		sums[id].folios++
		sums[id].records += f.Head.Records
	}
	for id, sum := range sums {
		if sum.folios != sum.of {
			continue
		}
		for s, shown := range r.shown(id) {
			opens := func(salt []byte) bool { return s.CheckCount(salt, sum.records) == nil }
			if !r.stands(s) {
				continue
			}
			if i := slices.IndexFunc(shown, opens); i >= 0 {
				salts[id] = shown[i]
			} else {
				r.fault(Member{Name: r.s.nameOf(s.Source)}, "signed for another number of records than it delivered, or no vault shows for how many")
			}
		}
	}
	return salts
}

// shown returns the signed heads of a submission with the salts that came with each;
// a vault that is late may still add to them.
func (r *reading) shown(id stele.ID) map[*signed][][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[*signed][][]byte{}
	for _, s := range r.from.heads[id] {
		out[s] = slices.Clone(s.salts)
	}
	return out
}

// deliveries lists what was signed of the deliveries that were read, each once, in
// an order that does not depend on who answered first.
func (r *reading) deliveries(salts map[stele.ID][]byte) (items []*wire.SubmissionItem) {
	seen := map[stele.ID]bool{}
	folios := slices.SortedFunc(slices.Values(r.folios), func(a, b *Folio) int { return slices.Compare(a.Digest[:], b.Digest[:]) })
	for _, f := range folios {
		if f.fetched && f.from != nil && !seen[f.from.ID] {
			seen[f.from.ID] = true
			items = append(items, &wire.SubmissionItem{Head: f.from.raw, CountSalt: salts[f.from.ID]})
		}
	}
	return items
}

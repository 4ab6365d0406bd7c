package reading

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// This file finds out whose the records of a folio are. Its label says so; but
// who delivers writes the label, and a vault that lies passes it on. So the label
// counts with the signed head of the delivery, and the head with a signature of
// the source that it names: by a key that the source has now, or, for the patient,
// by the key that her own write grant to that source names. For a source that was
// merged into another, or parted, those keys count that spoke for it when the
// delivery was anchored, as members tell: not its own of today's or another's of then.

// signed is what some vault says was signed of a delivery, each distinct one once.
type signed struct {
	proof.Submission
	raw *wire.Signed // nil: it does not check
}

// heard is a signed head as one vault gave it, not checked yet.
type heard struct {
	by     members.Member
	item   *wire.SubmissionItem
	source stele.Subject
}

// sources are the signed heads of a reading, and the keys of who they name.
type sources struct {
	heads map[stele.ID][]heard         // by submission: of each vault one, which may be made up
	read  map[stele.Digest]*signed     // those that were checked, by the bytes
	keys  map[stele.Subject]*signatory // asked for once each
	then  map[delivered]*signatory     // of those that were merged once, asked for once each
	slots chan struct{}                // how many are asked for at once

	searched int // deliveries whose number was searched for
}

// signatory is a source's keys, on their way.
type signatory struct {
	came   chan struct{} // closed when the others are there
	keys   []stele.PublicKey
	moved  bool           // the source was merged once: which are its keys depends on the delivery
	anchor *wire.Anchored // of the delivery that was asked about
	err    error
}

// delivered is a delivery under a source's name.
type delivered struct {
	source     stele.Subject
	submission stele.ID
}

const (
	// maxSources is how many sources that are no members' are asked about, atOnce
	// how many at a time, and checking how long all of it may take: what vaults
	// write into a head must not become as many questions to everybody.
	maxSources = 64
	atOnce     = 8
	checking   = 5 * time.Second
)

// hear takes what a vault says was signed of the deliveries that it lists, of each
// one statement, and begins to ask for the keys of sources that are members. Of
// others it is asked when a folio that was opened names them: anybody may stand there.
func (r *reading) hear(ctx context.Context, m members.Member, items []*wire.SubmissionItem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.from.read == nil {
		r.from = sources{map[stele.ID][]heard{}, map[stele.Digest]*signed{}, map[stele.Subject]*signatory{}, map[delivered]*signatory{}, make(chan struct{}, atOnce), 0}
	}
	for _, item := range items {
		head := new(wire.SubmissionHead)
		if wire.Decode(item.GetHead().GetBody(), head) != nil || len(head.Submission) != len(stele.ID{}) || len(head.Source) != len(stele.Subject{}) {
			continue
		}
		id, source := stele.ID(head.Submission), stele.Subject(head.Source)
		if slices.ContainsFunc(r.from.heads[id], func(h heard) bool { return h.by.Subject == m.Subject }) {
			continue
		}
		r.from.heads[id] = append(r.from.heads[id], heard{m, item, source})
		if r.trusts == nil && r.w.Consortium().Member(source) != nil && r.from.keys[source] == nil {
			r.from.keys[source] = r.askKeys(ctx, source)
		}
	}
}

// ask finds keys, beside whatever else is done.
func (r *reading) ask(ctx context.Context, find func(*signatory) error) *signatory {
	s, slots := &signatory{came: make(chan struct{})}, r.from.slots
	go func() {
		defer close(s.came)
		select {
		case slots <- struct{}{}:
			s.err = find(s)
			<-slots
		case <-ctx.Done():
			s.err = ctx.Err()
		}
	}()
	return s
}

// askKeys asks for a source's current keys. No member is ever merged; how often another source was is asked
// afterwards: where it never was, the keys are its own.
func (r *reading) askKeys(ctx context.Context, source stele.Subject) *signatory {
	return r.ask(ctx, func(s *signatory) (err error) {
		if s.keys, err = r.w.SigningKeys(ctx, source); err != nil || r.w.Consortium().Member(source) != nil {
			return err
		}
		turn, err := r.w.Turn(ctx, source)
		s.moved = turn > 0
		return err
	})
}

// keysOf returns a source's keys, on their way; nil when too many were asked for.
func (r *reading) keysOf(ctx context.Context, source stele.Subject) *signatory {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.from.keys[source]
	if from == nil && len(r.from.keys) < maxSources+len(r.w.Consortium().Members) {
		from = r.askKeys(ctx, source)
		r.from.keys[source] = from
	}
	return from
}

// keysThen returns the keys that spoke for a source when one of its deliveries was anchored, on their way.
func (r *reading) keysThen(ctx context.Context, source stele.Subject, submission stele.ID) *signatory {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := delivered{source, submission}
	from := r.from.then[of]
	if from == nil {
		from = r.ask(ctx, func(s *signatory) error {
			spoke, err := r.w.Spoke(ctx, source, r.subject, submission)
			s.keys, s.anchor = spoke.Keys, spoke.Anchor
			return err
		})
		r.from.then[of] = from
	}
	return from
}

// standing is how well a source is known.
type standing int

const (
	unsigned  standing = iota // nobody signed for the folio
	claimed                   // signed, but not provably by the source that it names
	unchecked                 // signed, and whose the signature is could not be found out now
	confirmed                 // signed by the source
)

// signedBySource tells whether a delivery is signed by a key that its source has now, or, where it was merged
// once, by one of who spoke for it when the delivery was anchored.
func (r *reading) signedBySource(ctx context.Context, s *signed) standing {
	from := r.keysOf(ctx, s.Source)
	if from == nil {
		return unchecked
	}
	<-from.came
	if from.err == nil && from.moved {
		from = r.keysThen(ctx, s.Source, s.ID)
		<-from.came
		if from.err == nil && s.CheckAnchor(from.anchor) != nil {
			return claimed
		}
	}
	switch {
	case from.err == nil && s.SignedBy(from.keys...):
		return confirmed
	case from.err == nil || stele.KindOf(from.err) == stele.KindNotFound:
		return claimed
	}
	return unchecked
}

// said returns what vaults say was signed of a delivery: what names the source that
// a folio claims comes first.
func (r *reading) said(f *Folio) []heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	heads := slices.Clone(r.from.heads[stele.ID(f.Item.Submission)])
	slices.SortStableFunc(heads, func(a, b heard) int {
		switch claims := a.source == f.Claimed; {
		case claims == (b.source == f.Claimed):
			return 0
		case claims:
			return -1
		}
		return 1
	})
	return heads
}

// check reads what a vault says was signed, once for the same bytes; nil when nobody
// signed it so.
func (r *reading) check(h heard) *signed {
	id := stele.Digest(sha256.Sum256(wire.Marshal(h.item.Head)))
	known := r.from.read[id]
	if known == nil {
		known = new(signed)
		r.from.read[id] = known
		if s, err := proof.CheckSubmission(r.w.Consortium().Chain, r.subject, h.item.Head); err == nil {
			known.Submission, known.raw = s, h.item.Head
		}
	}
	if known.raw == nil {
		r.fault(h.by, "gave what no source signed for a delivery")
		return nil
	}
	return known
}

// origin finds the best that is known of where a folio comes from: a delivery that
// holds it, with a label that names the same source if there is one.
func (r *reading) origin(ctx context.Context, f *Folio) (best *signed, how standing) {
	for _, h := range r.said(f) {
		s := r.check(h)
		if s == nil {
			continue
		}
		if !f.in(s) {
			continue
		}
		got := confirmed
		switch {
		case r.trusts != nil && r.trusts(s):
		case r.trusts != nil && !r.stands(s): // not what was anchored
			continue
		default:
			got = r.signedBySource(ctx, s)
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

// in reports whether a folio is in a delivery, in the place in which some vault lists it.
func (f *Folio) in(s *signed) bool {
	return slices.ContainsFunc(f.listed, func(l listed) bool { return l.in(s) })
}

func (l listed) in(s *signed) bool {
	_, err := s.CheckFolio(l.item.Head, l.item.Index, l.item.Folios, l.item.Path)
	return err == nil
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
	said := r.nameOf(f.Claimed)
	f.Label.Source = stele.Subject{}
	for _, l := range f.listed {
		if how == confirmed && !l.in(from) {
			r.elsewhere(l)
		}
	}
	switch {
	case how == confirmed && from.Source == f.Claimed:
		f.Label.Source = f.Claimed
		return
	case how == confirmed:
		f.Label.Source = from.Source
		by := r.nameOf(from.Source)
		r.fault(members.Member{Name: by}, "delivered records under the name of "+said)
		r.blame(f, fmt.Sprintf("listed records as %s's that %s delivered", said, by))
	case how == unchecked:
		r.fault(members.Member{Name: "too few members"}, fmt.Sprintf("told whose keys %s's are, or were then: that %s delivered its records could not be checked", r.nameOf(from.Source), said))
	case how == claimed:
		r.blame(f, fmt.Sprintf("listed records as %s's; that %s delivered them is not proved", said, said))
	default:
		r.blame(f, fmt.Sprintf("listed records as %s's without anybody's signature", said))
	}
}

// blame notes a fault of everybody who listed a folio: of nobody in particular when
// more list it than may be faulty, for then an honest one does.
func (r *reading) blame(f *Folio, what string) {
	if len(f.holders) > r.faulty() {
		r.fault(members.Member{Name: "every vault"}, what)
		return
	}
	for _, m := range f.holders {
		r.fault(m, what)
	}
}

// attributeAll decides it for all folios that were read and for their records. The
// keys of all sources are asked for before the first is waited for.
func (r *reading) attributeAll(ctx context.Context, records []Record) {
	ctx, cancel := context.WithTimeout(ctx, checking)
	defer cancel()
	r.askAhead(ctx)
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

// askAhead asks for the keys that folios will be judged by.
func (r *reading) askAhead(ctx context.Context) {
	due := map[*signed]bool{}
	for _, f := range r.folios {
		for _, h := range r.said(f) {
			if !f.unlocked || h.source != f.Claimed {
				break
			}
			s := r.check(h)
			if _, seen := due[s]; s == nil || seen {
				continue
			}
			if due[s] = r.trusts == nil || r.stands(s) && !r.trusts(s); due[s] {
				r.keysOf(ctx, s.Source)
			}
		}
	}
	for s, asks := range due {
		if from := r.keysOf(ctx, s.Source); asks && from != nil {
			if <-from.came; from.moved {
				r.keysThen(ctx, s.Source, s.ID)
			}
		}
	}
}

// nameOf names a member, and anybody else by the beginning of their DID.
func (r *Reader) nameOf(subject stele.Subject) string {
	if m := r.w.Member(subject); m != nil {
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
	switch about := e.About(); {
	case about.Place == wire.PlaceDelivery:
		a.anchors[stele.ID(about.Submission)] = e
	case about.Makes(stele.GrantActive) && about.Action == stele.ActionWrite:
		a.grants[stele.ID(about.Grant)] = e
	}
}

// stands reports whether a signed delivery is the one on the owner's log.
func (r *reading) stands(s *signed) bool {
	anchor := r.anchored.anchors[s.ID]
	if anchor == nil {
		return false
	}
	return s.CheckAnchored(anchor, r.anchored.grants[stele.ID(anchor.About().Grant)]) == nil
}

// granted reports whether a signed delivery is on the owner's log under a write
// grant that she gave to the very source that it names: then it is the source's,
// whatever keys that has now.
func (r *reading) granted(s *signed) bool {
	g, known, err := r.w.GivenGrant(s.Head.Grant)
	return err == nil && known && g.To == s.Source && r.stands(s)
}

// counted holds the number of records of each delivery that is listed whole against
// the one that its source signed for, and returns what opens it. A salt that opens
// another number proves that the source signed for that; where none opens any, the
// vaults show nothing that tells: whoever took the delivery honestly has the salt.
func (r *reading) counted() (salts map[stele.ID][]byte) {
	salts = map[stele.ID][]byte{}
	type sum struct {
		first   *Folio
		records uint32
	}
	sums := map[stele.ID]*sum{}
	for _, f := range r.folios {
		id := stele.ID(f.Item.Submission)
		if sums[id] == nil {
			sums[id] = &sum{first: f}
		}
		sums[id].records += f.Head.Records
	}
	for id := range r.numbers() {
		sum, f := sums[id], sums[id].first
		for _, h := range r.said(f) {
			s := r.check(h)
			if s == nil || !r.stands(s) || salts[id] != nil {
				continue
			}
			if s.CheckCount(h.item.CountSalt, sum.records) == nil {
				salts[id] = h.item.CountSalt
			}
		}
		if salts[id] == nil {
			r.miscounted(f, sum.records)
		}
	}
	return salts
}

// miscounted finds out who is to blame for a delivery whose number is not proved.
func (r *reading) miscounted(f *Folio, records uint32) {
	for _, h := range r.said(f) {
		s := r.check(h)
		if s == nil || !r.stands(s) || r.from.searched >= maxSearched {
			continue
		}
		r.from.searched++
		for n := range uint32(maxSigned + 1) {
			if s.CheckCount(h.item.CountSalt, n) == nil {
				r.fault(members.Member{Name: r.nameOf(s.Source)}, fmt.Sprintf("signed for another number of records than it delivered: for %d, and there are %d", n, records))
				return
			}
		}
	}
	r.blame(f, "shows nothing that tells for how many records a delivery was signed")
}

const (
	// maxSigned is the most records of a delivery.
	maxSigned = 1 << 16
	// maxSearched is of how many deliveries of one reading it is searched for the
	// number that was signed for: a search takes a tenth of a second.
	maxSearched = 16
)

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

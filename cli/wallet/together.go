package wallet

import (
	"context"
	"slices"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
)

// withVersions adds to records that are restricted all that is judged together with them, earlier and
// later versions and withdrawals, until nothing is added: an earlier version that stays open without
// its newer one would be told as so. Where whole folios are, it is what is judged together with
// anything in theirs.
func (in *found) withVersions(places []slot.Record, whole bool) []slot.Record {
	var v timeline.Versions
	for _, it := range itemsOf(in.sources, in.chart.Records, in.anchors) {
		v.Add(it)
	}
	groups, together := map[int]bool{}, v.Together()
	r := slot.Restriction{Records: slices.Clone(places), WholeFolios: whole}
	for grown := true; grown; {
		grown = false
		for i, record := range in.chart.Records {
			if restricts(r, record) && !groups[together[i]] {
				groups[together[i]], grown = true, true
			}
		}
		for i, record := range in.chart.Records {
			if groups[together[i]] && !restricts(r, record) {
				r.Records, grown = append(r.Records, placeOf(record)), true
			}
		}
	}
	return r.Records
}

func placeOf(record reading.Record) slot.Record {
	return slot.Record{Folio: record.Folio.Digest, Handle: record.Handle}
}

// beside are the other records of folios in which single ones are restricted, which stay open by keys of
// their own. ok is false where they are too many, or there is no key of one.
func (in *found) beside(s *client.Session, all []slot.Restriction) (siblings []wallet.Single, ok bool) {
	says := slot.Slot{Restrictions: all}
	if _, err := says.Document(); err != nil {
		return nil, false
	}
	for _, record := range in.chart.Records {
		if !says.Beside(placeOf(record)) {
			continue
		}
		single, err := s.Charts.Single(record)
		if err != nil || len(siblings) == slot.MaxCapsules {
			return nil, false
		}
		siblings = append(siblings, single)
	}
	return siblings, true
}

// restrictsRecords closes a restriction of single records over their versions, and finds what lies with
// them; where that cannot be kept open, their folios are restricted whole.
func (in *found) restrictsRecords(ctx context.Context, s *client.Session, r slot.Restriction) (slot.Restriction, []wallet.Single) {
	all, _ := s.Restrictions(ctx) // where they are not known, nothing can be said anew
	with := func(r slot.Restriction) []slot.Restriction { return append(slices.Clone(all), r.Warned(s.Clock())) }
	closed := r
	closed.Records = in.withVersions(r.Records, false)
	if siblings, ok := in.beside(s, with(closed)); ok {
		return closed, siblings
	}
	r.WholeFolios = true
	r.Records = in.withVersions(r.Records, true)
	siblings, _ := in.beside(s, with(r))
	return r, siblings
}

// join puts the records of the charts that are merged into the owner's to their own: they are one
// person's. look sees what each holds; nil: nobody. What fails of one is said, and returned after
// the others' turn.
func (in *found) join(ctx context.Context, f *cli.Face, s *client.Session, look looking) error {
	failed := f.Others(ctx, s, func(other *client.Session) error { return joinChart(ctx, other, in.chart, in.anchors, look) })
	in.sources = sourcesOf(ctx, s, in.chart)
	in.state = versionsOf(itemsOf(in.sources, in.chart.Records, in.anchors))
	return failed
}

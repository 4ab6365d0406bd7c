package delivery

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// MaxMeanwhile is of how many deliveries [Desk.Meanwhile] asks.
const MaxMeanwhile = 32

// Meanwhile counts the records that stand in a chart from here and were delivered while the keys spoke for merged that
// speak for it now: since it was merged, where it is. The newest deliveries are asked about; all is false where older ones than
// [MaxMeanwhile] may be among them. It fails as wallet.Net.Spoke, and with KindUnknown where nobody has claimed either chart:
// then no keys tell before from after.
func (d *Desk) Meanwhile(ctx context.Context, chart, merged stele.Subject) (records int, all bool, err error) {
	devices, err := d.w.Keys(ctx, merged)
	if err != nil {
		return 0, false, err
	}
	if len(devices) == 0 {
		return 0, false, stele.E("recall deliveries", stele.KindUnknown, "nobody has claimed either chart", nil)
	}
	m, err := d.recall(chart)
	if err != nil {
		return 0, false, err
	}
	for i, of := range m.deliveries() {
		if i == MaxMeanwhile {
			return records, false, nil
		}
		spoke, err := d.w.Spoke(ctx, merged, chart, of.submission)
		if err != nil {
			return records, false, err
		}
		if !slices.ContainsFunc(devices, func(d *wire.Device) bool { return slices.Contains(spoke.Keys, wire.Key(d.Signing)) }) {
			break
		}
		records += of.records
	}
	return records, true, nil
}

// delivery is one submission, with how many of its records stand.
type delivery struct {
	submission  stele.ID
	at, records int
}

// deliveries are those of which something stands, the newest first.
func (m *memory) deliveries() []delivery {
	of := map[stele.ID]delivery{}
	for _, names := range []map[string][]*kept{m.byName, m.guests} {
		for _, these := range names {
			for _, k := range stand(these) {
				if !k.submission.IsZero() {
					of[k.submission] = delivery{k.submission, k.at, of[k.submission].records + 1}
				}
			}
		}
	}
	return slices.SortedFunc(maps.Values(of), func(a, b delivery) int { return cmp.Compare(b.at, a.at) })
}

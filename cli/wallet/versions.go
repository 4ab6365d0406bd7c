package wallet

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/timeline"
)

// itemsOf are a chart's records as the story takes them.
func itemsOf(sources map[stele.Subject]string, records []reading.Record, anchors map[stele.ID]anchor) []timeline.Item {
	items := make([]timeline.Item, len(records))
	for i, r := range records {
		a := anchors[r.Submission]
		items[i] = timeline.Item{
			Record: r.JSON, Label: r.Label, Handle: r.Handle, Source: r.Label.Source, SourceName: sources[r.Label.Source],
			Anchored: a.at, Height: a.height, Made: r.Made, Proof: r.Submission,
		}
	}
	return items
}

// versionsOf says of each of a chart's records whether it counts: judged among
// all of them, whatever of it is shown.
func versionsOf(items []timeline.Item) map[stele.ID]timeline.Version {
	var v timeline.Versions
	for _, it := range items {
		v.Add(it)
	}
	out := make(map[stele.ID]timeline.Version, len(items))
	for i, version := range v.Judge() {
		out[items[i].Handle] = version
	}
	return out
}

// counted are the records that count, and how many were left out, by why.
func counted(records []reading.Record, versions map[stele.ID]timeline.Version) (kept []reading.Record, left map[timeline.Version]int) {
	left = map[timeline.Version]int{}
	for _, r := range records {
		switch v := versions[r.Handle]; v {
		case timeline.Earlier, timeline.Withdrawn, timeline.Withdrawal:
			left[v]++
		default:
			kept = append(kept, r)
		}
	}
	return kept, left
}

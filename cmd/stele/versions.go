package main

import (
	"fmt"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
)

// itemsOf are a chart's records as the story takes them.
func itemsOf(sources map[stele.Subject]string, records []wallet.Record, anchors map[stele.ID]anchor) []timeline.Item {
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
func counted(records []wallet.Record, versions map[stele.ID]timeline.Version) (kept []wallet.Record, left map[timeline.Version]int) {
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

// sayLeft is what was left out, in words; "" for nothing.
func sayLeft(left map[timeline.Version]int) string {
	var parts []string
	for _, v := range []struct {
		version   timeline.Version
		one, many string
	}{
		{timeline.Earlier, "earlier version", "earlier versions"}, {timeline.Withdrawn, "withdrawn record", "withdrawn records"},
		{timeline.Withdrawal, "withdrawal", "withdrawals"},
	} {
		if n := left[v.version]; n > 0 {
			parts = append(parts, terminal.Count(n, v.one, v.many))
		}
	}
	return strings.Join(parts, ", ")
}

// counting tells which of an export's records count, as proof.Verify goes
// through them.
type counting struct {
	versions timeline.Versions
	seen     []provedRecord
}

type provedRecord struct {
	Record  int              `json:"record"` // as its step is called
	Handle  stele.ID         `json:"handle"`
	Version timeline.Version `json:"version"`
}

func (c *counting) each(p proof.Proved) {
	c.versions.Add(timeline.Item{
		Record: p.Resource, Source: p.Source, Handle: p.Handle, Anchored: p.Anchored, Height: p.Height, Proof: p.Submission,
	})
	c.seen = append(c.seen, provedRecord{Record: p.Number, Handle: p.Handle})
}

// past are the records that no longer count, and how many of each there are.
func (c *counting) past() (list []provedRecord, left map[timeline.Version]int) {
	left = map[timeline.Version]int{}
	for i, v := range c.versions.Judge() {
		if v == timeline.Current || v == timeline.Unread {
			continue
		}
		left[v]++
		c.seen[i].Version = v
		list = append(list, c.seen[i])
	}
	return list, left
}

// printPast says which records of an export no longer count: all of them, or
// how many there are.
func (f *face) printPast(c *counting, every bool) {
	list, left := c.past()
	if len(list) == 0 {
		return
	}
	f.Print("of them  %s: a chart made of the file leaves these out", sayLeft(left))
	for _, r := range list {
		if every {
			f.Print("         %s", fmt.Sprintf("record %d is %s", r.Record, article(r.Version)))
		}
	}
	if !every {
		f.Print("         --every names them")
	}
}

func article(v timeline.Version) string {
	switch v {
	case timeline.Earlier:
		return "an earlier version"
	case timeline.Withdrawal:
		return "a withdrawal"
	}
	return string(v)
}

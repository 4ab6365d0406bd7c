package ledger

import (
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/timeline"
)

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
func printPast(f *cli.Face, c *counting, every bool) {
	list, left := c.past()
	if len(list) == 0 {
		return
	}
	f.Print("of them  %s: a chart made of the file leaves these out", cli.LeftOut(left))
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

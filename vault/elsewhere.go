package vault

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// elsewhere asks the other members what should be here and is not.
func (c *check) elsewhere(ctx context.Context) error {
	var lists []*list
	for _, p := range c.v.cfg.Peers() {
		if p.Subject() != c.v.cfg.Member {
			lists = append(lists, &list{of: p})
		}
	}
	told := map[stele.ID]bool{}
	for len(lists) > 0 { // a page of each in turn: nobody's list keeps out another's
		var longer []*list
		for _, l := range lists {
			more, err := c.page(ctx, l, told)
			if err != nil {
				return err
			}
			if more {
				longer = append(longer, l)
			}
		}
		lists = longer
	}
	return nil
}

// list is what a member says should be here, as far as it was read.
type list struct {
	of             Peer
	after          []byte
	given, ungiven int // of what was missing: what it gave when asked, and what not
}

const (
	// maxUngiven is how many submissions a member may list and not give, besides as
	// many as it gives: its copies may be damaged. A list has no other end.
	maxUngiven = 20
	// probed is how many of a page are asked for where nothing is repaired.
	probed = 4
)

// page looks at the next page of a list, and reports whether there may be more.
func (c *check) page(ctx context.Context, l *list, told map[stele.ID]bool) (more bool, err error) {
	v := c.v
	ids, more, err := v.listed(ctx, l)
	if err != nil {
		v.cfg.Log.Warn("vault check could not ask a member", "member", l.of.Subject().String(), "kind", stele.KindOf(err).String())
	}
	ids = slices.DeleteFunc(ids, func(id stele.ID) bool {
		_, err := v.index.get(id)
		return told[id] || stele.KindOf(err) != stele.KindNotFound
	})
	c.total += uint64(len(ids))
	for _, id := range ids {
		told[id] = true
		var from stele.Subject
		repaired := false
		if c.repair {
			from, repaired = c.obtain(ctx, id, append([]Peer{l.of}, v.ranked(id, l.of.Subject())...)...)
			l.count(1, from == l.of.Subject())
		}
		if err := c.found("submission "+id.String(), "it should be here and is not", repaired, from); err != nil {
			return false, err
		}
		if err := c.step(ctx); err != nil {
			return false, err
		}
		if l.ungiven > maxUngiven+l.given {
			break
		}
	}
	if !c.repair && len(ids) > 0 {
		l.count(len(ids), c.gives(ctx, l.of, ids))
	}
	if l.ungiven > maxUngiven+l.given {
		return false, c.found("copies of "+l.of.Subject().String(), "it lists what it does not give; its list was left", false, stele.Subject{})
	}
	return more, nil
}

func (l *list) count(n int, gave bool) {
	if gave {
		l.given += n
	} else {
		l.ungiven += n
	}
}

// gives reports whether a member gives one of some submissions that it lists, taken at
// random. Who lists what it does not have cannot know what it will be asked for.
func (c *check) gives(ctx context.Context, from Peer, ids []stele.ID) bool {
	for _, i := range rand.Perm(len(ids))[:min(probed, len(ids))] {
		if _, _, err := c.v.fetch(ctx, ids[i], nil, []Peer{from}); err == nil {
			return true
		}
	}
	return false
}

// listed asks a member for the next page of submissions that should be here, and
// whether there may be more.
func (v *Vault) listed(ctx context.Context, l *list) (ids []stele.ID, more bool, err error) {
	attempt, cancel := context.WithTimeout(ctx, copyPatience)
	defer cancel()
	page, err := l.of.ListCopies(attempt, &wire.ListCopiesRequest{
		Request: v.request(l.of, &wire.MemberRequest{Ask: &wire.MemberRequest_ListCopies{ListCopies: &wire.ListCopies{After: l.after}}}),
	})
	for _, raw := range page.GetSubmissions() {
		id, err := stele.IDFrom(raw)
		// Ids must rise: a list that goes back would have no end.
		if err != nil || slices.Compare(raw, l.after) <= 0 {
			return ids, false, stele.E("list copies", stele.KindProof, "the list is malformed", err)
		}
		ids, l.after = append(ids, id), raw
	}
	return ids, err == nil && len(ids) >= listPage, err
}

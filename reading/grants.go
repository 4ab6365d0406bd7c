package reading

import (
	"cmp"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

// GrantOf is the grant that a chart was opened under; nil for one's own.
func (r *Reader) GrantOf(chart *Chart) (*wallet.Held, error) {
	held, err := r.w.HeldToRead(chart.Subject)
	for _, h := range held {
		if h.Grant == chart.Access.Grant {
			return &h, nil
		}
	}
	return nil, err
}

// OtherGrants lists the other grants that may be used for the purpose and that allow what the
// one does not that the chart was opened under, the newest first. A chart is opened under
// one grant, so what these allow is not in it.
func (r *Reader) OtherGrants(chart *Chart, purpose stele.Purpose) ([]wallet.Held, error) {
	used, err := r.GrantOf(chart)
	if used == nil {
		return nil, err
	}
	held, err := r.w.HeldToRead(chart.Subject)
	slices.Reverse(held)
	return slices.DeleteFunc(held, func(h wallet.Held) bool { return !h.Usable(r.w.Clock(), purpose) || h.Within(*used) }), err
}

// opensIn is how long a grant must still hold to be taken before one that ends sooner: an
// opening takes a moment, and of a grant that ends meanwhile nothing is released.
const opensIn = 10 * time.Second

// best picks the grant to use: of the usable ones that which allows most of the categories
// asked for; of several one that the patient gave rather than somebody else, and the newest
// of these; one that is about to end only where no other allows any of them. What was given by a
// delegation by which another was refused goes last: it may have fallen as that did. The last of the
// tries is for what the patient gave. Without one it is the newest for the purpose, else the newest at
// all, so that the ledger answers.
func (r *Reader) best(subject stele.Subject, q Question) (*wallet.Held, error) {
	held, err := r.w.HeldToRead(subject)
	if err != nil {
		return nil, err
	}
	slices.Reverse(held)
	slices.SortStableFunc(held, func(a, b wallet.Held) int {
		switch {
		case a.ByAnother() == b.ByAnother():
			return 0
		case b.ByAnother():
			return -1
		}
		return 1
	})
	held = slices.DeleteFunc(held, func(h wallet.Held) bool { return slices.Contains(q.not, h.Grant) })
	if !q.Grant.IsZero() {
		held = slices.DeleteFunc(held, func(h wallet.Held) bool { return h.Grant != q.Grant })
	}
	first := func(those func(wallet.Held) bool) {
		left := slices.DeleteFunc(slices.Clone(held), func(h wallet.Held) bool {
			return !those(h) || !h.Usable(r.w.Clock(), q.Purpose) || allowsNone(&h, q)
		})
		if len(left) > 0 {
			held = left
		}
	}
	first(func(h wallet.Held) bool { return !slices.ContainsFunc(q.fell, h.Under) })
	if len(q.not) == maxRefusals-1 {
		first(func(h wallet.Held) bool { return !h.ByAnother() })
	}
	asked := q.Categories
	if len(asked) == 0 {
		asked = stele.Categories()
	}
	for _, fit := range []func(wallet.Held) int{
		func(h wallet.Held) int {
			if !h.Usable(r.w.Clock().Add(opensIn), q.Purpose) {
				return 0
			}
			if h.ForSingles() && len(h.Allows(asked)) > 0 {
				return 1 // of what it allows it has the least
			}
			return 2 * len(h.Allows(asked))
		},
		func(h wallet.Held) int {
			if !h.Usable(r.w.Clock(), q.Purpose) {
				return 0
			}
			return 1 + len(h.Allows(asked))
		},
		func(h wallet.Held) int {
			if !h.IsFor(q.Purpose) {
				return 0
			}
			return 1
		},
		func(wallet.Held) int { return 1 },
	} {
		if len(held) == 0 {
			return nil, nil
		}
		if best := slices.MaxFunc(held, func(a, b wallet.Held) int { return cmp.Compare(fit(a), fit(b)) }); fit(best) > 0 {
			return &best, nil
		}
	}
	return nil, nil
}

// allowed fails with KindDenied where a usable grant is held and allows nothing of what
// is asked: an empty chart would read as if there were none of it.
func (r *Reader) allowed(subject stele.Subject, q Question) error {
	h, err := r.best(subject, q)
	if err != nil {
		return err
	}
	if h == nil || !h.Usable(r.w.Clock(), q.Purpose) || !allowsNone(h, q) {
		return nil
	}
	return stele.E("open chart", stele.KindDenied, "the grant allows none of that, and nothing was asked", nil).
		WithHint("ask the patient for a grant of it; what you hold is listed by: stele wallet grants")
}

// allowsNone reports whether a grant allows nothing of what is asked.
func allowsNone(h *wallet.Held, q Question) bool {
	return len(q.Categories) > 0 && len(h.Allows(q.Categories)) == 0
}

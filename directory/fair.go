package directory

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// fair chooses what one answer holds. An issuer may sign cards for as many made-up
// people as it likes: they take the place of its own people only.
func (d *Directory) fair(found []*listed) []*listed {
	own, others := make([]*listed, 0, maxFound), make([]*listed, 0, len(found))
	for _, c := range found {
		if d.member(c.subject) {
			own = append(own, c)
		} else {
			others = append(others, c)
		}
	}
	own = own[:min(len(own), maxFound)]
	if room := maxFound - len(own); len(others) > room {
		others = d.shared(others, room)
	}
	return append(own, others...)
}

// shared takes one card of each issuer in turn, each issuer's by name, until there
// are n; their order stays.
func (d *Directory) shared(cards []*listed, n int) []*listed {
	type turn struct{ round, at int }
	rounds := map[string]int{}
	turns := make([]turn, len(cards))
	for i, c := range cards {
		turns[i] = turn{rounds[c.issuer], i}
		rounds[c.issuer]++
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return a.round - b.round })
	turns = turns[:n]
	slices.SortFunc(turns, func(a, b turn) int { return a.at - b.at })
	out := make([]*listed, 0, n)
	for _, t := range turns {
		out = append(out, cards[t.at])
	}
	return out
}

func (d *Directory) member(s stele.Subject) bool {
	_, ok := d.cfg.Names()[s]
	return ok || s == d.cfg.Member
}

// issuers says whose a member's keys are: one with eight devices is one issuer.
func (d *Directory) issuers() map[stele.PublicKey]string {
	out := map[stele.PublicKey]string{}
	add := func(s stele.Subject) {
		if keys, err := d.cfg.Ledger.Subject(s); err == nil {
			for _, k := range keys.Signing {
				out[k] = string(s[:])
			}
		}
	}
	add(d.cfg.Member)
	for s := range d.cfg.Names() {
		add(s)
	}
	// One that is none of these members speaks for itself.
	if consortium, err := d.cfg.Ledger.Consortium(); err == nil {
		for _, k := range consortium.Issuers {
			if out[k] == "" {
				out[k] = string(k.Key)
			}
		}
	}
	return out
}

func issuerOf(card *wire.Signed, speaks map[stele.PublicKey]string) string {
	for _, s := range card.Signatures {
		if who := speaks[wire.Key(s.Key)]; who != "" {
			return who
		}
	}
	return ""
}

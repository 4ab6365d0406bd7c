package delivery

import (
	"context"
	"os"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// deliverUnder delivers under the newest write grant that the ledger accepts.
// Anybody may put something that looks like a grant into the owner's box; the
// ledger tells which is one.
func (d *Desk) deliverUnder(ctx context.Context, seen *deliveredSet, subject stele.Subject, p *pile) (Delivered, error) {
	for {
		held, err := d.w.WriteGrantFor(ctx, subject, d.labelsOf(p.records())...)
		if err != nil {
			return Delivered{}, err
		}
		n := pending{Prints: p.prints(), Book: d.book(subject)}
		done, err := d.deliverKept(ctx, seen, held, p.records(), &n, func(a *wire.MakeAnchor) {
			n.Frame = d.sealFrame(p.frame(subject, stele.ID(a.Submission), n.Made))
		})
		if stele.KindOf(err) != stele.KindDenied {
			return done, err
		}
		if err := d.w.MarkOver(held.Grant); err != nil {
			return Delivered{}, err
		}
	}
}

// labelsOf are the labels of some records, each once.
func (d *Desk) labelsOf(records []Incoming) (labels []stele.Label) {
	for _, r := range records {
		l := r.label(d.w.Subject())
		if !slices.ContainsFunc(labels, func(known stele.Label) bool { return known.Category == l.Category && known.Year == l.Year }) {
			labels = append(labels, l)
		}
	}
	return labels
}

// deliverParts delivers a pile in as many submissions as it needs. Where one fails, those
// before it have arrived.
func (d *Desk) deliverParts(ctx context.Context, seen *deliveredSet, subject stele.Subject, p *pile) (all Delivered, err error) {
	for _, part := range p.parts() {
		done, err := d.deliverUnder(ctx, seen, subject, part)
		if err != nil {
			return all, err
		}
		done.Records, done.Folios = all.Records+done.Records, all.Folios+done.Folios
		all = done
	}
	return all, nil
}

// deliverKept delivers with a note of what it needs to find out, which stays while the
// outcome is unknown. complete, if set, completes the note.
func (d *Desk) deliverKept(ctx context.Context, seen *deliveredSet, held wallet.Held, records []Incoming, n *pending, complete func(*wire.MakeAnchor)) (Delivered, error) {
	noted := ""
	n.KeyIndex, n.Made = held.KeyIndex, d.w.Clock().UTC()
	done, err := d.deliverNoted(ctx, held, records, func(a *wire.MakeAnchor) error {
		if complete != nil {
			complete(a)
		}
		noted, n.Anchor = d.pendingFile(a.Submission), wire.Marshal(a)
		return d.note(*n, a.Submission)
	})
	if err == nil {
		err = d.delivers(seen, *n)
	}
	switch kind := stele.KindOf(err); {
	case noted == "":
	case err == nil, kind == stele.KindDenied, kind == stele.KindInvalid, kind == stele.KindLimit, kind == stele.KindExists:
		_ = os.Remove(noted) // where it stays, it is settled again
	default:
		seen.settling.Lock()
		seen.unsettled = append(seen.unsettled, noted)
		seen.settling.Unlock()
	}
	return done, err
}

// delivers notes that a delivery has arrived.
func (d *Desk) delivers(seen *deliveredSet, n pending) error {
	if len(n.Prints) == 0 { // not of an import
		return nil
	}
	if len(n.Frame) > 0 { // notes of earlier releases have none
		if err := d.remember(n.Book, n.Frame); err != nil {
			return err
		}
	}
	return seen.add(n.Prints)
}

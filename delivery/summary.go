package delivery

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ips"
)

// DeliverSummary delivers the owner's emergency summary into their own chart, as a folio of
// its own: who may open the category summary has it in one release. It counts instead of
// the one before, which has the same id. It fails with KindInvalid for what is no such document.
func (d *Desk) DeliverSummary(ctx context.Context, document []byte, made time.Time, sensitive []stele.Sensitivity) (Delivered, error) {
	switch issues, err := ips.Check(document); {
	case err != nil:
		return Delivered{}, err
	case len(issues) > 0:
		return Delivered{}, stele.E("deliver summary", stele.KindInvalid, "this is no emergency summary: "+issues[0].String(), nil)
	}
	record := Incoming{
		JSON: document, Type: "Bundle", When: made.UTC().Format(time.DateOnly), Category: stele.Summary, Sensitivity: sensitive, Year: made.UTC().Year(),
	}
	for tries := 0; ; tries++ {
		held, err := d.w.WriteGrantFor(ctx, d.w.Subject())
		if err != nil {
			return Delivered{}, err
		}
		done, err := d.Deliver(ctx, held, []Incoming{record})
		if stele.KindOf(err) != stele.KindDenied || tries > 0 {
			return done, err
		}
		if err := d.w.MarkOver(held.Grant); err != nil { // taken back: another is given
			return Delivered{}, err
		}
	}
}

package delivery

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

// A dry run delivers nothing that the ledger could refuse. So it asks beforehand whether
// the write grants still hold under which the files would go.

// lookAtGrants finds out, for a dry run, into whose charts nothing can be delivered. A
// patient about whom the ledger says nothing is believed her grant.
func (im *importing) lookAtGrants(ctx context.Context) error {
	if !im.o.Dry {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, wallet.OffersTimeout)
	defer cancel()
	var mu sync.Mutex
	im.barred = map[stele.Subject]string{}
	unasked := 0
	work := new(errgroup.Group)
	work.SetLimit(wallet.MaxAsked)
	for subject := range im.concerned() {
		work.Go(func() error {
			asked, err := im.desk.w.CheckWriteGrant(ctx, subject)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				im.barred[subject] = stele.TextOf(err)
			} else if !asked {
				unasked++
			}
			return nil
		})
	}
	_ = work.Wait()
	if unasked > 0 {
		im.warn(0, told("", "the ledger did not say whether the write grant of "+stele.Count(unasked, "patient", "patients")+" still holds", "whether it was taken back is not known"))
	}
	return nil
}

// concerned are all into whose charts something goes, or from which something is taken
// back.
func (im *importing) concerned() map[stele.Subject]bool {
	all := map[stele.Subject]bool{}
	for subject := range im.plan.Count() {
		all[subject] = true
	}
	for _, found := range []map[string][]holding{im.charted, im.moved} {
		for _, holdings := range found {
			for _, h := range holdings {
				all[h.subject] = true
			}
		}
	}
	delete(all, im.desk.w.Subject()) // its own log
	return all
}

// bars says whose write grant is missing, in a dry run.
func (im *importing) bars(to []stele.Subject) string {
	for _, subject := range to {
		if why := im.barred[subject]; why != "" {
			return why
		}
	}
	return ""
}

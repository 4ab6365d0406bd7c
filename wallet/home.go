package wallet

import (
	"github.com/stele-health/stele/intake"
)

// settleHome keeps whose ids are the organisation's own: the first server that is
// met stays it. That is kept before anything of it arrives, and taken back where nothing
// did; what another import has settled meanwhile stays.
func (im *importing) settleHome(from, to string) error {
	im.s.giving.Lock()
	defer im.s.giving.Unlock()
	if im.o.Dry || from == to || im.s.State.Server != from {
		return nil
	}
	im.s.State.Server = to
	return im.s.Save()
}

// meets notes that something arrives, or has arrived, of the server that is home now.
func (im *importing) meets(o intake.Origin) {
	if o.Base != "" && intake.Server(o.Base) == intake.Server(im.plan.Home()) {
		im.met.Store(true)
	}
}

// ofTwo reports whether records are of two servers. Home, the organisation's own, and one
// that is not shown are one.
func (im *importing) ofTwo(a, b string) bool {
	return intake.Server(a) != intake.Server(b) && (im.plan.Foreign(a) || im.plan.Foreign(b))
}

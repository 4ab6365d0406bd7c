package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// badKeys is a node that says of one subject what no ledger would: keys that are none.
type badKeys struct {
	members.Ledger
	of   stele.Subject
	seal [][]byte
}

func (b badKeys) Keys(ctx context.Context, s stele.Subject) ([]*wire.Device, error) {
	devices, err := b.Ledger.Keys(ctx, s)
	if s == b.of {
		for _, key := range b.seal {
			devices = append(devices, &wire.Device{Signing: devices[0].Signing, SealSuite: wire.SuiteSeal, SealKey: key})
		}
		if b.seal == nil {
			devices[0].SealKey = []byte("HIV positive")
		}
	}
	return devices, err
}

// TestOnePatientsTroubleNeverStopsAnothersDelivery: whatever is wrong with one
// patient's keys or grants, the others' records arrive; and one bad device does not
// keep its owner's other devices from theirs.
func TestOnePatientsTroubleNeverStopsAnothersDelivery(t *testing.T) {
	order := make([]byte, seal.PublicLen)
	for what, keys := range map[string][][]byte{
		"a key that says something": nil, "another device, of small order": {order}, "another device, with text": {[]byte(strings.Repeat("HIV positive ", 94))[:seal.PublicLen]},
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			bad, good := w.NewPatient("Bad", "Northside"), w.NewPatient("Good", "Northside")
			h := w.Orgs["Northside"]
			w.Must(h.Links().Link([]links.Link{{Number: "bad", Subject: bad.Subject()}}, links.Confirmed{}))
			w.Must(h.Links().Link([]links.Link{{Number: "good", Subject: good.Subject()}}, links.Confirmed{}))
			for i := range h.Network.Members {
				h.Network.Members[i].Ledger = badKeys{h.Network.Members[i].Ledger, bad.Subject(), keys}
			}
			var file strings.Builder
			for i := range 6 {
				who := []string{"bad", "good"}[i%2]
				fmt.Fprintf(&file, `{"resourceType":"Patient","id":%q,"identifier":[{"value":%q}]}`+"\n", who, who)
				fmt.Fprintf(&file, `{"resourceType":"Basic","id":"r%d","code":{"text":"x"},"subject":{"reference":"Patient/%s"}}`+"\n", i, who)
			}
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(file.String()), delivery.ImportOptions{})
			if err != nil {
				t.Errorf("%s: the import failed: %v", what, err)
			}
			chart, err := good.Charts.OpenOwn(t.Context())
			w.Must(err)
			if len(chart.Records) < 3 {
				t.Errorf("%s: the other patient has %d records: %+v", what, len(chart.Records), done)
			}
			if keys == nil {
				return
			}
			chart, err = bad.Charts.OpenOwn(t.Context())
			w.Must(err)
			if len(chart.Records) < 3 || len(chart.Faults) > 0 {
				t.Errorf("%s: its owner has %d records, faults %v", what, len(chart.Records), chart.Faults)
			}
		})
	}
}

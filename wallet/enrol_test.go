package wallet_test

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestR17WhoHasNoDeviceHasASlotAtEveryMember: the member that enrols brings it, a member that was
// down gets it at the next contact, and nobody knows the code afterwards.
func TestR17WhoHasNoDeviceHasASlotAtEveryMember(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		north := w.Orgs["Northside"]
		down := town.Bend(north, "Elm", func(m *members.Member) { m.Directory = noSlots{m.Directory} })
		_, slip := wallet.NewSlip()
		_, err := down.Enrol(t.Context(), slip, "")
		w.Must(err)
		keys, err := w.Ledger().Subject(slip.Subject)
		w.Must(err)
		if len(keys.Signing) != 0 || keys.Enrolled != north.Subject() || keys.Emergency == (stele.Digest{}) {
			t.Errorf("on the ledger: %+v", keys)
		}
		brought := func(want int) {
			t.Helper()
			all, err := north.Enrolled()
			w.Must(err)
			if len(all) != 1 || !all[0].Known || len(all[0].Slot.Brought) != want {
				t.Fatalf("%+v", all)
			}
		}
		brought(3)
		_, err = north.SettleSent(t.Context())
		w.Must(err)
		brought(4)
		w.Must(north.Check())
		_, err = north.Enrol(t.Context(), slip, "")
		w.Wants(err, stele.KindExists, "the same slip again")
		brought(4)
	})
}

// noSlots is a directory that takes no slots.
type noSlots struct{ members.Directory }

func (noSlots) PutSlot(context.Context, *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
	return nil, stele.E("put", stele.KindUnreachable, "down", nil)
}

// TestR46AnEnrolmentThatNobodyAnswered is found out about, and forgotten where it never came in.
func TestR46AnEnrolmentThatNobodyAnswered(t *testing.T) {
	for _, taken := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			north := w.Orgs["Northside"]
			_, slip := wallet.NewSlip()
			_, err := w.Deaf(north, taken).Enrol(t.Context(), slip, "")
			w.Wants(err, stele.KindUnknown, "nobody answered")
			time.Sleep(wallet.ValidFor + 2*time.Minute)
			_, err = north.SettleSent(t.Context())
			w.Must(err)
			all, err := north.Enrolled()
			w.Must(err)
			if taken != (len(all) == 1 && all[0].Known && len(all[0].Slot.Brought) == 4) || !taken && len(all) != 0 {
				t.Errorf("taken %v: %+v", taken, all)
			}
		})
	}
}

// TestOnlyAMemberEnrols whom no device enrols.
func TestOnlyAMemberEnrols(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		_, slip := wallet.NewSlip()
		_, err := w.NewPatient("Elena").Enrol(t.Context(), slip, "")
		w.Wants(err, stele.KindDenied, "a patient enrols somebody")
	})
}

package wallet_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// slots counts what is brought to a member's directory, and its size.
type slots struct {
	members.Directory
	mu      sync.Mutex
	brought int
	sizes   map[int]bool
}

func (d *slots) PutSlot(ctx context.Context, in *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
	out, err := d.Directory.PutSlot(ctx, in)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.brought++
		d.sizes[len(wire.Marshal(in))] = true
	}
	return out, err
}

// TestR17EveryMemberHasTheSlotFromJoiningOn, once, and whatever is said later comes in as many bytes.
func TestR17EveryMemberHasTheSlotFromJoiningOn(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.Session(w.NewFile("Elena", wallet.Patient))
		defer p.Close()
		seen := map[string]*slots{}
		for _, name := range w.Names {
			p = town.Bend(p, name, func(m *members.Member) {
				seen[name] = &slots{Directory: m.Directory, sizes: map[int]bool{}}
				m.Directory = seen[name]
			})
		}
		brought := func(want int) {
			t.Helper()
			for name, d := range seen {
				if d.brought != want {
					t.Errorf("%s got %d, want %d", name, d.brought, want)
				}
			}
		}
		_, err := p.Join(t.Context())
		w.Must(err)
		brought(1)
		_, err = p.Join(t.Context())
		w.Must(err)
		_, err = p.SettleSent(t.Context())
		w.Must(err)
		brought(1)
		for _, s := range []slot.Slot{{Nothing: true}, {Categories: stele.Categories(), Roles: []string{"emergency-doctor"}, Excluded: []stele.Subject{p.Subject()}}, {}} {
			_, err = p.SetEmergency(t.Context(), s)
			w.Must(err)
			if _, err := p.Says(t.Context()); err != nil {
				t.Errorf("it does not count: %v", err)
			}
		}
		brought(4)
		for name, d := range seen {
			if len(d.sizes) != 1 {
				t.Errorf("what %s got has %d sizes", name, len(d.sizes))
			}
		}
		// A month later it is brought once more: a member may have lost it.
		for days, want := range map[int]int{29: 0, 31: 4} {
			p.Clock = func() time.Time { return time.Now().AddDate(0, 0, days) }
			if missing := p.MissingSlot(); len(missing) != want {
				t.Errorf("after %d days it is brought again to %v", days, missing)
			}
		}
		keys, err := w.Ledger().Subject(p.Subject())
		w.Must(err)
		if c, err := p.State().Emergency.Commitment(); err != nil || !bytes.Equal(c, keys.Emergency[:]) {
			t.Errorf("the ledger has another commitment, %v", err)
		}
	})
}

// TestR46WhatWasSaidOfEmergenciesAndNobodyAnswered counts once it is known that it does; until then
// nothing else is said.
func TestR46WhatWasSaidOfEmergenciesAndNobodyAnswered(t *testing.T) {
	for _, taken := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p := w.NewPatient("Elena")
			_, err := w.Deaf(p, taken).SetEmergency(t.Context(), slot.Slot{Nothing: true})
			w.Wants(err, stele.KindUnknown, "nobody answered")
			if says, err := p.Emergency(); err != nil || says.Nothing {
				t.Errorf("before it is known it says %v, %v", says, err)
			}
			_, err = w.Deaf(p, false).SetEmergency(t.Context(), slot.Slot{Roles: []string{"surgeon"}})
			w.Wants(err, stele.KindUnknown, "said again, while nobody answers")
			w.Must(p.Reopen())
			time.Sleep(wallet.ValidFor + time.Minute)
			_, err = p.SettleSent(t.Context())
			w.Must(err)
			if says, err := p.Emergency(); err != nil || says.Nothing != taken || len(p.SentNow()) != 0 {
				t.Errorf("taken %v: it says %v, %v", taken, says, err)
			}
			if _, err := p.Says(t.Context()); err != nil {
				t.Errorf("taken %v: what the wallet says does not count: %v", taken, err)
			}
			if missing := p.MissingSlot(); len(missing) != 0 {
				t.Errorf("taken %v: it is missing at %v", taken, missing)
			}
		})
	}
}

// TestAnotherDevicesSlotIsNotTakenForTheOwn: a wallet that has not said what counts says so.
func TestAnotherDevicesSlotIsNotTakenForTheOwn(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena")
		subject := p.Subject()
		_, err := p.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_SetEmergency{SetEmergency: &wire.SetEmergency{
			Subject: subject[:], Commitment: bytes.Repeat([]byte{0x91}, 32),
		}}}, p.Keyring().Signer())
		w.Must(err)
		if _, err := p.Says(t.Context()); stele.KindOf(err) != stele.KindNotFound || !strings.Contains(stele.TextOf(err), "another device") {
			t.Errorf("what the wallet says counts: %v", err)
		}
		other := client.Of(wallet.NewSession(w.NewFile("Nobody", wallet.Patient), p.Network, p.History()))
		defer other.Close()
		if _, err := other.Emergency(); stele.KindOf(err) != stele.KindNotFound {
			t.Errorf("a wallet that never said anything: %v", err)
		}
	})
}

// TestANetworkWithoutKeysForSlotsIsNoFault: it was founded before there were any. Nothing is brought,
// and the wallet says that nothing opens.
func TestANetworkWithoutKeysForSlotsIsNoFault(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena")
		if !p.EmergenciesOpen() {
			t.Error("here they open")
		}
		for _, m := range p.Consortium().Members {
			m.SealKey = nil
		}
		_, err := p.SetEmergency(t.Context(), slot.Slot{Nothing: true})
		w.Must(err)
		if missing := p.MissingSlot(); len(missing) != 0 || p.EmergenciesOpen() {
			t.Errorf("it is missing at %v", missing)
		}
	})
}

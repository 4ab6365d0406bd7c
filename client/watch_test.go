package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// loud is a member that always says that a log has grown; deaf is one that never does.
type loud struct{ members.Ledger }

func (loud) WatchLog(ctx context.Context, _ *wire.Signed, each func(uint64) error) error {
	for size := uint64(1 << 40); ; size++ {
		if err := each(size); err != nil {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type deaf struct{ members.Ledger }

func (deaf) WatchLog(ctx context.Context, _ *wire.Signed, _ func(uint64) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestR13APatientIsToldOfAnOpening within moments of it, although one member says nothing and
// another cries wolf all the time.
func TestR13APatientIsToldOfAnOpening(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, doctor := w.NewPatient("Elena Marchetti", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a", stele.Allergies, "2020-01-01"))
		w.Gives(p, doctor, stele.Allergies)
		p.Network.Members[0].Ledger, p.Network.Members[1].Ledger = deaf{p.Network.Members[0].Ledger}, loud{p.Network.Members[1].Ledger}

		ctx, stop := context.WithCancel(t.Context())
		told, reads, done := make(chan uint64, 100), 0, make(chan error, 1)
		before, err := p.Log(ctx)
		w.Must(err)
		go func() {
			done <- p.Watcher().Watch(ctx, before.Size, func(ctx context.Context) (uint64, error) {
				if reads++; reads == 1 {
					return 0, stele.E("open wallet", stele.KindBusy, "another process has it", nil)
				}
				log, err := p.Log(ctx)
				if err != nil {
					return 0, err
				}
				told <- log.Size
				return log.Size, nil
			})
		}()
		time.Sleep(5 * time.Minute)
		opened := time.Now()
		opens(t, doctor, p)
		for size := range told {
			if size > before.Size {
				break
			}
		}
		if took := time.Since(opened); took > time.Minute {
			t.Errorf("she was told after %v", took)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if reads > 20 {
			t.Errorf("who cries wolf had the log read %d times", reads)
		}
	})
}

func opens(t *testing.T, doctor, p *client.Session) {
	t.Helper()
	if _, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp); err != nil {
		t.Fatal(err)
	}
}

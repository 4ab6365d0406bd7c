package reading_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// lateLists answers a question for its list late.
type lateLists struct {
	members.Vault
	late time.Duration
}

func (v lateLists) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	select {
	case <-time.After(v.late):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return v.Vault.ListFolios(ctx, in)
}

// twice gives the first folio whole, leaves alone of any other, and does not end its first answer: so it is asked again, and gives
// the leaves once more.
type twice struct {
	members.Vault
	asked *atomic.Int64
}

func (v twice) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	n, gave := v.asked.Add(1), 0
	err := v.Vault.GetRecords(ctx, in, func(r *wire.GetRecordsResponse) error {
		r = proto.CloneOf(r)
		if gave++; gave > 1 || n > 1 {
			r = town.LeavesOnly(in, r)
		}
		return each(r)
	})
	if n <= 2 {
		<-ctx.Done()
	}
	return err
}

// TestLaw3OneVaultThatGivesAPartTwiceIsOneVault: nothing is restricted, one vault gives leaves alone and is asked again, the other is
// slow or down: that some of the chart is missing is told, for one vault is not more than may be faulty.
func TestLaw3OneVaultThatGivesAPartTwiceIsOneVault(t *testing.T) {
	for _, other := range []string{"down", "slow"} {
		t.Run(other, func(t *testing.T) {
			again := false
			for try := 0; !again && try < 20; try++ { // by chance the other is asked first
				town.In(t, func(t *testing.T, w *town.Town) { again = givesTwice(t, w, other) })
			}
			if !again {
				t.Error("it was never asked twice")
			}
		})
	}
}

// givesTwice opens a chart while one vault gives a part twice and the other is slow or down, and returns whether it was asked twice,
// whichever of the two it was.
func givesTwice(t *testing.T, w *town.Town, other string) (again bool) {
	p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
	w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("p1", stele.Problems, "2020-01-02"))
	w.Gives(p, d, stele.Allergies, stele.Problems)
	both := holders(w)
	for i, by := range both {
		asked := new(atomic.Int64)
		doctor := town.Bend(d, by, func(m *members.Member) { m.Vault = twice{m.Vault, asked} })
		for _, name := range w.Names {
			switch {
			case name == both[1-i] && other == "down":
				doctor = town.Bend(doctor, name, func(m *members.Member) { m.Vault = lateLists{begins{m.Vault, time.Hour}, time.Hour} })
			case name == both[1-i]:
				doctor = town.Bend(doctor, name, func(m *members.Member) { m.Vault = begins{m.Vault, 2500 * time.Millisecond} })
			case name != by && other == "slow":
				doctor = town.Bend(doctor, name, func(m *members.Member) { m.Vault = lateLists{m.Vault, 2 * time.Second} })
			}
		}
		chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if len(chart.Records) != 2 && !town.Blames(chart, "every vault", "or not all") {
			t.Errorf("%s lies: opened %q, faults %v", by, town.IDs(chart), chart.Faults)
		}
		again = asked.Load() > 1 || again
		time.Sleep(time.Minute)
	}
	return again
}

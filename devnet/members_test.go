package devnet_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/netfile"
	steleproof "github.com/stele-health/stele/proof"
)

// TestNetworksOfEverySize founds networks of 1, 2, 3, 5 and 7 members: the
// threshold is ⌊2n/3⌋+1, a grant and an opening work, the state survives a
// restart, and starting over makes another network.
func TestNetworksOfEverySize(t *testing.T) {
	for members, threshold := range map[int]uint32{1: 1, 2: 2, 3: 3, 5: 4, 7: 5} {
		home := t.TempDir()
		began := time.Now()
		w, err := start(home, members, nil)
		must(t, err)
		t.Cleanup(w.close)
		t.Logf("%d members ready in %v", members, time.Since(began).Round(time.Millisecond))
		genesis, err := steleproof.ReadGenesis(w.Network.Network.Genesis)
		must(t, err)
		if got := genesis.Founding.Committee.Threshold; got != threshold || len(genesis.Founding.Committee.Shares) != members {
			t.Errorf("%d members: threshold %d, want %d", members, got, threshold)
		}
		p, d := w.patient(t, "Elena", "hospital-a"), w.doctor(t, "Dr Small", "hospital-a")
		w.deliver(t, "hospital-a", p, note("al", stele.Allergies, "2020"), note("pr", stele.Problems, "2020"))
		grant(t, p, d, readGrant(stele.Allergies))
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
		must(t, err)
		if ids(chart) != "al" || len(chart.Access.Trustees) < int(threshold) {
			t.Errorf("%d members: opened %q through %v", members, ids(chart), chart.Access.Trustees)
		}
		if members != 2 && members != 7 {
			w.close()
			continue
		}
		before := entries(t, p)
		w.close()
		began = time.Now()
		again, err := devnet.Start(t.Context(), devnet.Config{Home: w.Home})
		must(t, err)
		t.Logf("%d members ready again in %v", members, time.Since(began).Round(time.Millisecond))
		w.Network = again
		chart, err = d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
		must(t, err)
		if n := entries(t, p); ids(chart) != "al" || n != before+1 {
			t.Errorf("%d members, after a restart: opened %q, %d entries, want %d", members, ids(chart), n, before+1)
		}
		w.close()
	}
}

// TestFreshStartsOver and never removes what is no devnet's.
func TestFreshStartsOver(t *testing.T) {
	home := filepath.Join(t.TempDir(), "net")
	n, err := devnet.Start(t.Context(), devnet.Config{Home: home, Members: 1})
	must(t, err)
	first := n.Network.Chain
	must(t, n.Stop())
	n, err = devnet.Start(t.Context(), devnet.Config{Home: home, Members: 1, Fresh: true})
	must(t, err)
	if n.Network.Chain == first {
		t.Error("the network is the old one")
	}
	must(t, n.Stop())

	precious := filepath.Join(home, "thesis.txt")
	must(t, os.WriteFile(precious, []byte("years of work"), 0o600))
	_, err = devnet.Start(t.Context(), devnet.Config{Home: home, Members: 1, Fresh: true})
	wants(t, err, stele.KindUsage, "starting over in a folder with other things")
	if !exists(precious) || !exists(filepath.Join(home, netfile.Name)) || stele.HintOf(err) == "" {
		t.Errorf("something was removed, or there is no hint: %v", err)
	}
	other := t.TempDir()
	must(t, os.WriteFile(filepath.Join(other, "thesis.txt"), nil, 0o600))
	_, err = devnet.Start(t.Context(), devnet.Config{Home: other, Fresh: true})
	wants(t, err, stele.KindUsage, "starting over in a folder that is no devnet")
	for _, members := range []int{-1, 8} {
		_, err = devnet.Start(t.Context(), devnet.Config{Home: t.TempDir(), Members: members})
		wants(t, err, stele.KindUsage, "a devnet of an impossible size")
	}
}

// TestReadyInFiveSeconds measures a founding of four.
func TestReadyInFiveSeconds(t *testing.T) {
	began := time.Now()
	w, err := start(t.TempDir(), 4, nil)
	must(t, err)
	took := time.Since(began)
	w.close()
	t.Logf("four members ready in %v", took.Round(time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("that is more than 5 s")
	}
}

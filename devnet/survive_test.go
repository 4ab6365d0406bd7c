package devnet_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/wallet"
)

// childHome tells the test binary to be the process that is killed.
const childHome = "STELE_TEST_CHILD"

// writeUntilKilled runs a network of one member, delivers records for a patient
// without end, and prints the id of each that was acknowledged, right after.
func writeUntilKilled(home string) {
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, explain(err))
			os.Exit(1)
		}
	}
	n, err := devnet.Start(ctx, devnet.Config{Home: home, Members: 1})
	fail(err)
	passphrase, err := devnet.Passphrase(home)
	fail(err)
	open := func(name string) *client.Session {
		w, err := wallet.Open(filepath.Join(home, "wallets", name+wallet.Suffix), passphrase, pebblestore.Folders{})
		if stele.KindOf(err) == stele.KindNotFound {
			w, err = wallet.Create(filepath.Join(home, "wallets", name+wallet.Suffix), passphrase, pebblestore.Folders{},
				wallet.Options{Kind: wallet.Patient, Name: name, WorkFactor: devnet.WorkFactor})
		}
		fail(err)
		members, err := client.Dial(n.Network, w.Subject())
		fail(err)
		s, err := client.Open(w, members)
		fail(err)
		return s
	}
	patient, hospital := open("patient"), open("hospital-a")
	_, err = patient.Join(ctx)
	fail(err)
	if _, err := hospital.HeldWriteGrant(patient.Subject()); err != nil {
		to, err := patient.Find(ctx, n.Name("hospital-a"))
		fail(err)
		_, _, err = patient.Give(ctx, to, wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		fail(err)
		_, err = hospital.Collect(ctx)
		fail(err)
	}
	for i := 0; ; i++ {
		var chart strings.Builder
		var ids []string
		for k := range 20 {
			id := fmt.Sprintf("p%d-%d-%d", os.Getpid(), i, k)
			ids = append(ids, id)
			fmt.Fprintf(&chart, `{"resourceType":"Basic","id":%q,"code":{"text":"x"}}`+"\n", id)
		}
		_, err := hospital.Delivery.Import(ctx, strings.NewReader(chart.String()), delivery.ImportOptions{Subject: patient.Subject()})
		fail(err)
		fmt.Println(strings.Join(ids, " "))
	}
}

// TestLaw8AcknowledgedWriteSurvivesAKilledProcess kills a member's process in the
// midst of deliveries, more than once, and looks for everything that it had
// acknowledged.
func TestLaw8AcknowledgedWriteSurvivesAKilledProcess(t *testing.T) {
	home := filepath.Join(t.TempDir(), "net")
	acknowledged := map[string]bool{}
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), childHome+"="+home)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		watchdog := time.AfterFunc(30*time.Second, func() { _ = child.Process.Signal(syscall.SIGKILL) })
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			for _, id := range strings.Fields(lines.Text()) {
				acknowledged[id] = true
			}
			if n == 4+3*round {
				// Somewhere in the next delivery.
				time.AfterFunc(time.Duration(7+round*11)*time.Millisecond, func() { _ = child.Process.Signal(syscall.SIGKILL) })
			}
		}
		watchdog.Stop()
		_ = child.Wait()
		if child.ProcessState.ExitCode() != -1 {
			t.Fatalf("round %d: the process ended by itself: %v", round, child.ProcessState)
		}
	}
	if len(acknowledged) < 3*5*20 {
		t.Fatalf("only %d records were acknowledged", len(acknowledged))
	}

	n, err := devnet.Start(t.Context(), devnet.Config{Home: home})
	must(t, err)
	defer n.Stop()
	w := &world{Network: n, organisations: map[string]*client.Session{}}
	found := map[string]bool{}
	must(t, n.With("patient", func(p *client.Session) error {
		chart, err := p.Charts.OpenOwn(t.Context())
		if err != nil {
			return err
		}
		if len(chart.Faults) > 0 {
			t.Errorf("faults: %v", chart.Faults)
		}
		for _, r := range chart.Records {
			var named struct{ ID string }
			must(t, json.Unmarshal(r.JSON, &named))
			if found[named.ID] {
				t.Errorf("%s is there twice", named.ID)
			}
			found[named.ID] = true
		}
		return nil
	}))
	lost := 0
	for id := range acknowledged {
		if !found[id] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged records are lost", lost, len(acknowledged))
	}
	if findings := w.fsck(t, "hospital-a", false); len(findings) > 0 {
		t.Errorf("fsck: %v", findings)
	}
	t.Logf("%d acknowledged, %d found", len(acknowledged), len(found))
}

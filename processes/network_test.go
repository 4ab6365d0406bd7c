package processes_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/processes"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/sample"
	"github.com/stele-health/stele/wallet"
)

// binary is the command, built once.
var binary string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "stele-bin-")
	if err == nil {
		binary, err = processes.Build(context.Background(), folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

func found(t *testing.T, c processes.Config) *processes.Network {
	t.Helper()
	c.Binary, c.Folder = binary, t.TempDir()
	n, err := processes.Found(t.Context(), c)
	must(t, err)
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			for _, m := range n.Members {
				t.Logf("%s said:\n%s", m.Short, m.Log())
			}
		}
	})
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\nhint: %s", err, stele.HintOf(err))
	}
}

// people are who the main job needs.
type people struct {
	elena, okafor, hospital *client.Session
}

func gather(t *testing.T, n *processes.Network) people {
	t.Helper()
	ctx := t.Context()
	must(t, n.Enlist(ctx))
	var p people
	var err error
	p.elena, err = n.NewWallet("elena", wallet.Options{Kind: wallet.Patient, Name: "Elena Marchetti"})
	must(t, err)
	t.Cleanup(func() { p.elena.Close() })
	p.okafor, err = n.NewWallet("okafor", wallet.Options{Kind: wallet.Practitioner, Name: "Dr Amara Okafor"})
	must(t, err)
	t.Cleanup(func() { p.okafor.Close() })
	p.hospital, err = n.Members[0].Session()
	must(t, err)
	t.Cleanup(func() { p.hospital.Close() })
	issuer, err := n.Members[1].Session()
	must(t, err)
	defer issuer.Close()
	for _, s := range []*client.Session{p.elena, p.okafor} {
		_, err := s.Join(ctx)
		must(t, err)
	}
	must(t, p.okafor.Enlist(ctx, issuer.Session, wallet.Profile{
		Role: "doctor", Organisation: issuer.Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	}))
	return p
}

// deliver has the hospital write Elena's chart.
func (p people) deliver(t *testing.T, n *processes.Network) (records int) {
	t.Helper()
	to, err := p.elena.Find(t.Context(), n.Members[0].Name)
	must(t, err)
	_, _, err = p.elena.Give(t.Context(), to, wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
	must(t, err)
	_, err = p.hospital.Collect(t.Context())
	must(t, err)
	chart, _ := sample.Story()
	done, err := p.hospital.Delivery.Import(t.Context(), bytes.NewReader(chart), delivery.ImportOptions{Subject: p.elena.Subject()})
	must(t, err)
	return done.Delivered
}

// grant lets the doctor read.
func (p people) grant(t *testing.T) wallet.Given { return p.grantTo(t, "Okafor") }

func (p people) grantTo(t *testing.T, name string) wallet.Given {
	t.Helper()
	to, err := p.elena.Find(t.Context(), name)
	must(t, err)
	given, _, err := p.elena.Give(t.Context(), to, wallet.Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories},
		Sensitivity: stele.Sensitivities(), End: time.Now().Add(time.Hour),
	})
	must(t, err)
	_, err = p.okafor.Collect(t.Context())
	must(t, err)
	return given
}

func (p people) open(t *testing.T) (*reading.Chart, error) {
	return p.okafor.Charts.OpenChart(t.Context(), p.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "follow-up"})
}

// TestFourProcessesAreOneNetwork does the main job over four members that are
// processes of their own, founded by the files that they exchanged: no process
// ever had two shares. One of them is stopped on the way and comes back.
func TestFourProcessesAreOneNetwork(t *testing.T) {
	t.Parallel()
	n := found(t, processes.Config{TLS: true})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	must(t, n.Start(ctx))
	p := gather(t, n)
	records := p.deliver(t, n)
	if records == 0 {
		t.Fatal("nothing was delivered")
	}
	given := p.grant(t)

	away := n.Members[3]
	must(t, away.Stop())
	chart, err := p.open(t)
	must(t, err)
	if len(chart.Records) != records {
		t.Errorf("%d records opened by three of four, %d delivered", len(chart.Records), records)
	}
	_, err = p.elena.Revoke(ctx, given.Grant)
	must(t, err)
	if _, err := p.open(t); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("after the revocation: %v", err)
	}

	must(t, away.Start())
	must(t, away.Ready(ctx))
	catchUp(t, ctx, n.Members[0], away)
	report, lines, err := p.elena.Account.ReportWhole(ctx)
	must(t, err)
	opened := 0
	for _, line := range lines {
		if line.Event.GetAccessPermitted() != nil {
			opened++
		}
	}
	if opened != 1 || len(report.Gaps) > 0 {
		t.Errorf("the log shows %d openings, want 1; gaps %v", opened, report.Gaps)
	}
	must(t, n.Members[1].Signal(syscall.SIGTERM))
	<-n.Members[1].Ended()
	if code := n.Members[1].ExitCode(); code != 0 {
		t.Errorf("a member that was told to stop ended with %d", code)
	}
}

// catchUp waits until one member's node has every block that another's has now.
func catchUp(t *testing.T, ctx context.Context, ahead, behind *processes.Member) {
	t.Helper()
	there, err := ahead.Status(ctx)
	must(t, err)
	for {
		here, err := behind.Status(ctx)
		must(t, err)
		if here.Height >= there.Height {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s is at block %d, %s at %d", behind.Short, here.Height, ahead.Short, there.Height)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// insecure is a transport that accepts any certificate: for tests that annoy.
func insecure() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
}

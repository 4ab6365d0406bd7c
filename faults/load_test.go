package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/processes"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// long says that the full numbers are wanted.
var long = os.Getenv("STELE_LONG") != ""

func onlyLong(t testing.TB) {
	t.Helper()
	if !long {
		t.Skip("takes minutes: make faults")
	}
}

var binary string // the command, built once

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "stele-faults-")
	if err == nil {
		binary, err = processes.Build(context.Background(), folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(folder)
	if code == 0 && len(tried) > 0 {
		fmt.Println("tried: " + strings.Join(tried, "; ") + ". Lost 0, doubled 0, hashes agree")
	}
	os.Exit(code)
}

// tried is what the tests that passed did, for the last line.
var tried []string

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		for at := errors.Unwrap(err); at != nil; at = errors.Unwrap(at) {
			t.Logf("because %v", at)
		}
		t.Fatalf("%v\nhint: %s", err, stele.HintOf(err))
	}
}

// found founds a network and starts it, after whatever is to be done before.
func found(t testing.TB, c processes.Config, before ...func(*processes.Network)) *processes.Network {
	t.Helper()
	if c.Folder == "" {
		c.Folder = t.TempDir()
	}
	c.Binary = binary
	n, err := processes.Found(t.Context(), c)
	must(t, err)
	t.Cleanup(func() {
		for _, m := range n.Members {
			_ = m.Kill()
		}
		if t.Failed() {
			for _, m := range n.Members {
				log := m.Log()
				t.Logf("%s said:\n%s", m.Short, log[max(0, len(log)-3000):])
			}
		}
	})
	for _, do := range before {
		do(n)
	}
	must(t, n.Start(t.Context()))
	must(t, n.Enlist(t.Context()))
	return n
}

// load is people at work: a patient who gives and takes back grants, readers who
// open under them, a hospital that imports, a doctor who opens her chart. They
// remember what they were told is done, try again what nobody answered for, and
// look for all of it in the end. Each has wallets of their own.
type load struct {
	t                          testing.TB
	patient, doctor, hospital  *client.Session
	given                      wallet.Held // the doctor's
	granted, revoked, accessed memory
	imported                   memory
	charts, refused, tries     atomic.Int64
	limited                    atomic.Int64 // tries that came too often
	slow                       atomic.Int64 // the longest that a single try took, ns
	pause                      time.Duration
	serial                     atomic.Int64
	close                      func() // lets go of the wallets
}

var loads atomic.Int64 // each has people of its own

// memory is ids of what was acknowledged.
type memory struct {
	mu  sync.Mutex
	ids []string
}

func (m *memory) add(ids ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids = append(m.ids, ids...)
}

func (m *memory) list() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ids)
}

func newLoad(t testing.TB, n *processes.Network) *load {
	t.Helper()
	l := &load{t: t, pause: 15 * time.Millisecond}
	ctx := t.Context()
	turn := loads.Add(1)
	person := func(short string, o wallet.Options) *client.Session {
		s, err := n.NewWallet(fmt.Sprint(short, turn), o)
		must(t, err)
		_, err = s.Join(ctx)
		must(t, err)
		return s
	}
	l.patient = person("elena", wallet.Options{Kind: wallet.Patient, Name: "Elena"})
	l.doctor = person("okafor", wallet.Options{Kind: wallet.Practitioner, Name: "Dr Okafor"})
	var err error
	l.hospital, err = n.Members[0].Session()
	must(t, err)
	l.close = sync.OnceFunc(func() { l.patient.Close(); l.doctor.Close(); l.hospital.Close() })
	t.Cleanup(l.close)
	must(t, l.doctor.Enlist(ctx, l.hospital.Session, wallet.Profile{
		Role: "doctor", Organisation: l.hospital.Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	}))
	give := func(to *client.Session, terms wallet.Terms) {
		contact, err := l.patient.Find(ctx, to.Subject().String())
		must(t, err)
		_, _, err = l.patient.Give(ctx, contact, terms)
		must(t, err)
		_, err = to.Collect(ctx)
		must(t, err)
	}
	give(l.hospital, wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
	give(l.doctor, wallet.Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories},
		End: time.Now().Add(24 * time.Hour),
	})
	return l
}

// run works until ctx ends and returns when everybody has put their pen down.
func (l *load) run(ctx context.Context) (wait func()) {
	var all sync.WaitGroup
	for _, work := range []func(context.Context){l.imports, l.grants, l.opens} {
		all.Go(func() {
			for ctx.Err() == nil {
				work(ctx)
				rest(ctx, l.pause)
			}
		})
	}
	return all.Wait
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// insist tries until somebody answers or the work ends; it reports whether the
// thing is done. What answers "exists" to a second try was done by the first.
func (l *load) insist(ctx context.Context, what string, try func(context.Context) error) bool {
	for ctx.Err() == nil {
		began := time.Now()
		err := try(ctx)
		l.tries.Add(1)
		if took := int64(time.Since(began)); took > l.slow.Load() {
			l.slow.Store(took)
		}
		switch kind := stele.KindOf(err); {
		case err == nil || kind == stele.KindExists:
			return true
		case kind == stele.KindLimit: // nobody fills her log faster than that
			l.limited.Add(1)
			rest(ctx, time.Second)
		case kind == stele.KindUnreachable || kind == stele.KindUnknown || kind == stele.KindBusy || kind == stele.KindOther || errors.Is(err, context.Canceled):
			l.refused.Add(1)
			rest(ctx, 50*time.Millisecond)
		default:
			l.t.Errorf("%s: %v (%s)", what, err, kind)
			return false
		}
	}
	return false
}

// imports delivers five small records and goes on when they are acknowledged.
func (l *load) imports(ctx context.Context) {
	var file strings.Builder
	var ids []string
	for range 5 {
		id := fmt.Sprintf("r%d", l.serial.Add(1))
		ids = append(ids, id)
		fmt.Fprintf(&file, `{"resourceType":"Basic","id":%q,"code":{"text":"x"}}`+"\n", id)
	}
	if l.insist(ctx, "import", func(ctx context.Context) error {
		_, err := l.hospital.Delivery.Import(ctx, strings.NewReader(file.String()), delivery.ImportOptions{Subject: l.patient.Subject()})
		return err
	}) {
		l.imported.add(ids...)
	}
}

// grants gives a grant to a key, opens under it three times, takes it back.
func (l *load) grants(ctx context.Context) {
	subject := l.patient.Subject()
	id := stele.NewIDOf(subject[:])
	key := l.patient.Keyring().OneTime(uint32(1000 + l.serial.Add(1)))
	submit := func(tx *wire.Transaction, by wire.Signer) func(context.Context) error {
		return func(ctx context.Context) error {
			again := &wire.Transaction{Message: tx.Message}
			_, err := l.patient.Submit(ctx, again, by)
			return err
		}
	}
	if !l.insist(ctx, "grant", submit(&wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
		Grant: id[:], Subject: subject[:], Action: uint32(stele.ActionRead), Grantee: key.Public(), NotBeforeMs: 1,
		EndMs: time.Now().Add(24 * time.Hour).UnixMilli(), Commitment: make([]byte, 32),
	}}}, l.patient.Keyring().Signer())) {
		return
	}
	l.granted.add(id.String())
	for range 3 {
		request := stele.NewIDOf(id[:])
		if l.insist(ctx, "access", submit(&wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
			Request: request[:], Grant: id[:], DetailCommitment: make([]byte, 32), ReaderKeyHash: make([]byte, 32), WindowMs: 60_000,
		}}}, key)) {
			l.accessed.add(request.String())
		}
		rest(ctx, l.pause)
	}
	if l.insist(ctx, "revocation", func(ctx context.Context) error {
		err := submit(&wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: id[:]}}}, l.patient.Keyring().Signer())(ctx)
		if k := stele.KindOf(err); k == stele.KindDenied || k == stele.KindInvalid {
			return nil // taken back by an earlier try; the log will tell
		}
		return err
	}) {
		l.revoked.add(id.String())
	}
}

// opens has the doctor open the chart's newest corner, with trustees and all.
func (l *load) opens(ctx context.Context) {
	defer rest(ctx, 20*l.pause)
	opened, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	l.insist(opened, "opening", func(ctx context.Context) error {
		chart, err := l.doctor.Charts.OpenChart(ctx, l.patient.Subject(), reading.Question{
			Purpose: stele.Treatment, Reason: "follow-up", Categories: []stele.Category{stele.Allergies},
		})
		if stele.KindOf(err) == stele.KindDenied { // a trustee with no block newer than 30 s refuses, and looks like any other
			return stele.E("open", stele.KindUnreachable, "refused for now", err)
		}
		if err == nil {
			l.charts.Add(1)
			l.accessed.add(chart.Access.Request.String())
		}
		return err
	})
}

// check looks for everything that was acknowledged: in her log, proved complete
// by the validators' signatures, and, if chart is true, in her opened chart.
func (l *load) check(ctx context.Context, chart bool) {
	l.t.Helper()
	var account *wallet.OwnLog
	var err error
	for until := time.Now().Add(40 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		account, err = l.patient.Log(ctx)
		if err == nil || stele.KindOf(err) == stele.KindProof || time.Now().After(until) {
			break
		}
	}
	must(l.t, err)
	grants, revocations, accesses, anchors := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for e, err := range account.Events() {
		must(l.t, err)
		switch m := e.Event.Event.(type) {
		case *wire.Event_GrantGiven:
			grants[stele.ID(m.GrantGiven.Grant).String()]++
		case *wire.Event_GrantRevoked:
			revocations[stele.ID(m.GrantRevoked.Grant).String()]++
		case *wire.Event_AccessPermitted:
			accesses[stele.ID(m.AccessPermitted.Request).String()]++
		case *wire.Event_Anchored:
			anchors[stele.ID(m.Anchored.Submission).String()]++
		}
	}
	l.compare("grants", l.granted.list(), grants)
	l.compare("revocations", l.revoked.list(), revocations)
	l.compare("accesses", l.accessed.list(), accesses)
	l.compare("anchors", nil, anchors)
	if !chart {
		return
	}
	own, err := l.patient.Charts.OpenOwn(ctx)
	must(l.t, err)
	records := map[string]int{}
	for _, r := range own.Records {
		var named struct{ ID string }
		must(l.t, json.Unmarshal(r.JSON, &named))
		records[named.ID]++
	}
	l.compare("records", l.imported.list(), records)
	for _, f := range own.Faults {
		if l.t.Logf("her chart: %s %s", f.Member, f.What); !strings.Contains(f.What, "did not answer") { // slow is no lie
			l.t.Fail()
		}
	}
}

func (l *load) compare(what string, acknowledged []string, there map[string]int) {
	l.t.Helper()
	lost, doubled := 0, 0
	for _, id := range acknowledged {
		if there[id] == 0 {
			lost++
		}
	}
	for _, n := range there {
		if n > 1 {
			doubled++
		}
	}
	if lost > 0 || doubled > 0 {
		l.t.Errorf("%s: of %d acknowledged %d are lost; %d stand there more than once", what, len(acknowledged), lost, doubled)
	}
}

// said is what the load was told, in a line.
func (l *load) said() string {
	return fmt.Sprintf("%d records, %d grants, %d accesses (%d with the chart opened), %d revocations acknowledged; %d tries, %d without an answer, %d too often",
		len(l.imported.list()), len(l.granted.list()), len(l.accessed.list()), l.charts.Load(), len(l.revoked.list()), l.tries.Load(), l.refused.Load(), l.limited.Load())
}

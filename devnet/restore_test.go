package devnet_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	protobuf "google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// node returns a client of a member.
func (w *world) node(t testing.TB, name string) *api.Client {
	t.Helper()
	c, err := api.Dial(w.URL(name))
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

func (w *world) stands(t testing.TB, name string) *api.StatusResponse {
	t.Helper()
	s, err := w.node(t, name).Ledger.Status(t.Context(), &api.StatusRequest{})
	must(t, err)
	return s
}

// newcomer is a transaction that creates a subject.
func (w *world) newcomer(t testing.TB, name string) *wire.Signed {
	t.Helper()
	return w.newcomerUntil(t, name, 5*time.Minute)
}

func (w *world) newcomerUntil(t testing.TB, name string, expires time.Duration) *wire.Signed {
	t.Helper()
	g, err := proof.ReadGenesis(w.Network.Network.Genesis)
	must(t, err)
	key, id := wire.NewEd25519(), stele.NewID()
	doc := wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{{Signing: key.Public()}}, Salt: append([]byte(name), id[:]...)[:16]})
	return wire.Sign(wire.TagTransaction, &wire.Transaction{
		Chain: g.Trusted.Chain(), Nonce: id[:], ExpiresMs: time.Now().Add(expires).UnixMilli(),
		Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: doc, Emergency: key.Public().Key}},
	}, key)
}

func (w *world) submit(t testing.TB, at string, tx *wire.Signed) (*api.SubmitResponse, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return w.node(t, at).Ledger.Submit(ctx, &api.SubmitRequest{Transaction: wire.Marshal(tx)})
}

// run stops or starts a member.
func (w *world) run(t testing.TB, name string, run bool) {
	t.Helper()
	_, err := w.Switch(t.Context(), &api.DevnetSwitchRequest{Member: name, Run: run})
	must(t, err)
}

// grow writes until the network is at a height.
func (w *world) grow(t testing.TB, height int64) {
	t.Helper()
	for i := 0; w.stands(t, "hospital-a").Height < height; i++ {
		_, err := w.submit(t, "hospital-a", w.newcomer(t, fmt.Sprint(i)))
		must(t, err)
	}
}

// wipe removes a stopped member's ledger and chain.
func (w *world) wipe(t testing.TB, name string) {
	t.Helper()
	must(t, os.RemoveAll(filepath.Join(w.Folder(name), "ledger")))
	must(t, os.RemoveAll(filepath.Join(w.Folder(name), "chain")))
}

// TestLaw8WipedMemberRestoresAndVotes: a member that lost its ledger and its
// blocks restores from another's snapshot by itself, follows, votes, and answers
// a transaction sent again as all others do.
func TestLaw8WipedMemberRestoresAndVotes(t *testing.T) {
	w := newWorld(t, 4)
	patient := w.patient(t, "Elena", "hospital-a")
	w.deliver(t, "hospital-a", patient, note("n1", stele.Allergies, "2024-02-03"))
	again := w.newcomer(t, "again")
	first, err := w.submit(t, "hospital-a", again)
	must(t, err)
	brief := w.newcomerUntil(t, "brief", 3*time.Second)
	_, err = w.submit(t, "hospital-a", brief)
	must(t, err)
	w.grow(t, 110)
	g, err := proof.ReadGenesis(w.Network.Network.Genesis)
	must(t, err)
	time.Sleep(time.Until(g.Trusted.Time().Add(11 * time.Second))) // in a network that was just founded nobody is ahead

	w.run(t, "clinic", false)
	w.wipe(t, "clinic")
	began := w.stands(t, "hospital-a")
	w.run(t, "clinic", true)
	for end := time.Now().Add(60 * time.Second); ; {
		_, err := w.submit(t, "hospital-b", w.newcomer(t, "vote"))
		must(t, err)
		newest := w.stands(t, "hospital-b").Height
		light, err := w.node(t, "hospital-b").Ledger.Light(t.Context(), &api.LightRequest{Height: newest - 1})
		must(t, err)
		if _, h, err := proof.TrustBlock(began.Chain, light.Light); err != nil {
			t.Fatal(err)
		} else if h.Signed == h.Power && h.Height > began.Height+1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the restored member does not vote")
		}
	}
	if s := w.stands(t, "clinic"); s.Oldest < 100 {
		t.Fatalf("it has blocks from %d on: it did not restore", s.Oldest)
	}
	// What the restored member is told first, the others tell as well.
	fresh := w.newcomer(t, "fresh")
	if _, err := w.submit(t, "clinic", fresh); err != nil {
		t.Fatal(explain(err))
	}
	for _, name := range []string{"clinic", "hospital-b"} {
		r, err := w.submit(t, name, again)
		must(t, err)
		if !protobuf.Equal(r, first) {
			t.Errorf("%s answers a transaction that was sent again with block %d, want %d", name, r.Height, first.Height)
		}
		if _, err := w.submit(t, name, brief); stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "expired") {
			t.Errorf("%s: %v", name, err)
		}
	}
	agree(t, w)
	chart, err := patient.Charts.OpenOwn(t.Context())
	must(t, err)
	if len(chart.Records) != 1 || len(chart.Faults) != 0 {
		t.Errorf("%d records, faults %v", len(chart.Records), chart.Faults)
	}
	w.run(t, "clinic", false)
	w.run(t, "clinic", true)
	agree(t, w)
}

// agree waits until all members have the same state of one height.
func agree(t *testing.T, w *world) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		hashes := map[string]bool{}
		for _, name := range w.Names() {
			s := w.stands(t, name)
			hashes[fmt.Sprintf("%d %x", s.Height, s.AppHash)] = true
		}
		if len(hashes) == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the members stand at %v", hashes)
		}
	}
}

// falseNode serves a member's ledger and changes what it serves.
type falseNode struct {
	api.Ledger
	events  func(all [][]byte) (events [][]byte, told int)
	light   func(*wire.LightBlock)
	status  func(*api.StatusResponse)
	endless bool
}

func (l *falseNode) Status(ctx context.Context, in *api.StatusRequest) (*api.StatusResponse, error) {
	s, err := l.Ledger.Status(ctx, in)
	if err == nil && l.status != nil {
		l.status(s)
	}
	return s, err
}

func (l *falseNode) Light(ctx context.Context, in *api.LightRequest) (*api.LightResponse, error) {
	r, err := l.Ledger.Light(ctx, in)
	if err == nil && l.light != nil {
		l.light(r.Light)
	}
	return r, err
}

func (l *falseNode) Snapshot(ctx context.Context, in *api.SnapshotRequest, each func(*api.SnapshotPart) error) error {
	var events [][]byte
	err := l.Ledger.Snapshot(ctx, in, func(p *api.SnapshotPart) error { events = append(events, p.Event...); return nil })
	if err != nil {
		return err
	}
	told := len(events)
	if l.events != nil {
		events, told = l.events(events)
	}
	for first := true; first || l.endless; first = false {
		if err := each(&api.SnapshotPart{Events: uint64(told), Event: events}); err != nil {
			return err
		}
	}
	return nil
}

// serveLedger serves a ledger on loopback and returns where.
func serveLedger(t *testing.T, l api.Ledger) string {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = api.Serve(ctx, at, api.Handler(api.Rooms{Ledger: l}))
	}()
	t.Cleanup(func() { cancel(); <-done })
	return "http://" + at.Addr().String()
}

// TestLaw6LyingSnapshotIsRefusedAndAnotherTaken: whatever one member changes in
// its snapshot or its headers, the restore is refused and names it, what was
// there stays, and another member's snapshot is taken.
func TestLaw6LyingSnapshotIsRefusedAndAnotherTaken(t *testing.T) {
	w := newWorld(t, 4)
	for i := range 12 {
		_, err := w.submit(t, "hospital-a", w.newcomer(t, fmt.Sprint(i)))
		must(t, err)
	}
	w.run(t, "clinic", false)
	folder := w.Folder("clinic")
	identity, err := member.LoadIdentity(folder)
	must(t, err)
	config := func(urls map[string]string) member.Config {
		network := protobuf.Clone(w.Network.Network).(*wire.Network)
		for _, a := range network.Members {
			a.Url = urls[a.Name] // dead unless named
			if a.Url == "" {
				a.Url = "http://127.0.0.1:1"
			}
		}
		return member.Config{Folder: folder, Identity: identity, Network: network}
	}
	change := func(f func(all [][]byte) [][]byte) func([][]byte) ([][]byte, int) {
		return func(all [][]byte) ([][]byte, int) { out := f(all); return out, len(out) }
	}
	honest := w.node(t, "hospital-b").Ledger
	name := w.Name("hospital-b")
	lies := map[string]*falseNode{
		"a changed event":     {events: change(func(all [][]byte) [][]byte { all[9][len(all[9])-3] ^= 1; return all })},
		"a missing event":     {events: change(func(all [][]byte) [][]byte { return append(all[:7:7], all[8:]...) })},
		"a doubled event":     {events: change(func(all [][]byte) [][]byte { return append(all[:8:8], all[7:]...) })},
		"swapped events":      {events: change(func(all [][]byte) [][]byte { all[7], all[8] = all[8], all[7]; return all })},
		"no events":           {events: change(func([][]byte) [][]byte { return nil })},
		"too many told":       {events: func(all [][]byte) ([][]byte, int) { return all, len(all) + 1 }},
		"too few told":        {events: func(all [][]byte) ([][]byte, int) { return all, len(all) - 1 }},
		"without end":         {endless: true, events: func(all [][]byte) ([][]byte, int) { return all[:1], 1 << 60 }},
		"nothing without end": {endless: true, events: func([][]byte) ([][]byte, int) { return nil, 5 }},
		"a large event":       {events: change(func(all [][]byte) [][]byte { return append(all[:9:9], make([]byte, 100<<10)) })},
		"a lying header":      {light: func(l *wire.LightBlock) { l.SignedHeader[len(l.SignedHeader)/2] ^= 1 }},
	}
	before := listing(t, folder)
	for what, lie := range lies {
		lie.Ledger = honest
		err := member.Restore(t.Context(), config(map[string]string{name: serveLedger(t, lie)}))
		if stele.KindOf(err) != stele.KindProof || err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", what, err)
		}
	}
	huge := &falseNode{Ledger: honest, events: change(func(all [][]byte) [][]byte { return append(all, make([][]byte, 10<<20)...) })}
	if err := member.Restore(t.Context(), config(map[string]string{name: serveLedger(t, huge)})); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a part of 20 MB: %v", err)
	} else {
		t.Logf("a part of 20 MB: %v", err)
	}
	// One that says it is far ahead, or serves an old state, among honest ones.
	urls := map[string]string{w.Name("hospital-a"): w.URL("hospital-a"), w.Name("patients"): w.URL("patients")}
	old := &falseNode{Ledger: honest, status: func(s *api.StatusResponse) { s.Height += 1000 }}
	urls[name] = serveLedger(t, old)
	if after := listing(t, folder); after != before {
		t.Errorf("a refused restore changed the folder:\n%s\nbefore:\n%s", after, before)
	}
	must(t, member.Restore(t.Context(), config(urls)))
	if err := member.Restore(t.Context(), config(nil)); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("with nobody there: %v", err)
	}
	w.run(t, "clinic", true)
	if err := member.Restore(t.Context(), config(urls)); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("of a running member: %v", err)
	}
	agree(t, w)
}

// listing lists a folder's files, but for what a look into a database leaves.
func listing(t *testing.T, folder string) string {
	t.Helper()
	var out []string
	must(t, filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && info.Name() != "LOCK" {
			out = append(out, fmt.Sprintf("%s %d", path, info.Size()))
		}
		return err
	}))
	return strings.Join(out, "\n")
}

// TestLaw4StrangersTakeNoSnapshot: who is no member gets no event.
func TestLaw4StrangersTakeNoSnapshot(t *testing.T) {
	subject, chain := town.org(t, "clinic").Subject(), town.stands(t, "clinic").Chain
	other := town.org(t, "hospital-a").Subject()
	id := stele.NewID()
	ask := func(signer wire.Signer, change func(*wire.MemberRequest)) *wire.Signed {
		m := &wire.MemberRequest{
			Chain: chain, Audience: other[:], Member: subject[:], AtMs: time.Now().UnixMilli(), Nonce: id[:],
			Ask: &wire.MemberRequest_TakeSnapshot{TakeSnapshot: &wire.TakeSnapshot{Height: 1}},
		}
		if change != nil {
			change(m)
		}
		return wire.Sign(wire.TagMember, m, signer)
	}
	identity, err := member.LoadIdentity(town.Folder("clinic"))
	must(t, err)
	take := func(request *wire.Signed) (events int, err error) {
		err = town.node(t, "hospital-a").Ledger.Snapshot(t.Context(), &api.SnapshotRequest{Request: request},
			func(p *api.SnapshotPart) error { events += len(p.Event); return nil })
		return events, err
	}
	good := ask(identity.Node(), nil)
	if n, err := take(good); err != nil || n < 5 {
		t.Fatalf("%d events for a member: %v", n, err)
	}
	for what, request := range map[string]*wire.Signed{
		"the same request again": good,
		"a stranger":             ask(wire.NewEd25519(), nil),
		"nobody":                 nil,
		"for another member":     ask(identity.Node(), func(m *wire.MemberRequest) { m.Audience = subject[:]; m.Nonce = make([]byte, 16) }),
		"an old request":         ask(identity.Node(), func(m *wire.MemberRequest) { m.AtMs -= 600_000; m.Nonce = make([]byte, 16) }),
		"another question": ask(identity.Node(), func(m *wire.MemberRequest) {
			m.Ask = &wire.MemberRequest_ListCopies{ListCopies: &wire.ListCopies{}}
			m.Nonce = make([]byte, 17)
		}),
	} {
		if n, err := take(request); stele.KindOf(err) != stele.KindDenied || err == nil || n != 0 {
			t.Errorf("%s: %d events, %v", what, n, err)
		}
	}
}

// TestLaw8StrandedMemberSaysSoAndRestores: a member that needs a block which the
// others have pruned does not wait for ever. It says that it cannot go on, and
// restores at its next start.
func TestLaw8StrandedMemberSaysSoAndRestores(t *testing.T) {
	w := newWorld(t, 4)
	w.run(t, "clinic", false)
	w.grow(t, w.stands(t, "hospital-a").Height+5)
	identity, err := member.LoadIdentity(w.Folder("clinic"))
	must(t, err)
	config := member.Config{Folder: w.Folder("clinic"), Identity: identity, Log: slog.New(slog.DiscardHandler)}
	config.Network = protobuf.Clone(w.Network.Network).(*wire.Network)
	for _, a := range config.Network.Members { // as if they had pruned
		name := a.Name
		client, err := api.Dial(a.Url)
		must(t, err)
		t.Cleanup(client.Close)
		if name != w.Name("clinic") {
			a.Url = serveLedger(t, &falseNode{Ledger: client.Ledger, status: func(s *api.StatusResponse) { s.Oldest = s.Height - 1 }})
		}
	}
	m, err := member.Start(t.Context(), config) // and no peer to get blocks from
	must(t, err)
	before := m.Ledger().Newest().Height
	select {
	case err := <-m.Failed():
		if !strings.Contains(err.Error(), "nobody has the blocks") || stele.HintOf(err) == "" {
			t.Errorf("it says: %v", err)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("it waits for blocks that nobody has")
	}
	must(t, m.Stop())
	w.run(t, "clinic", true)
	agree(t, w)
	if _, err := w.submit(t, "hospital-a", w.newcomer(t, "block")); err != nil {
		t.Fatal(explain(err))
	}
	agree(t, w)
	if s := w.stands(t, "clinic"); s.Oldest <= before+1 {
		t.Errorf("it has blocks from %d on: it did not restore", s.Oldest)
	}
}

package notify

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// page is as much of a ledger as a desk asks for.
type page struct {
	mu     sync.Mutex
	keys   map[stele.Subject]wire.Ed25519
	events []*wire.Event
	broken map[stele.ID]bool               // grants that are activations
	acting map[stele.ID]bool               // grants that are delegations
	into   map[stele.Subject]stele.Subject // whose keys speak for whom
	height int64
}

func (p *page) Subject(s stele.Subject) (stele.Keys, error) {
	into, merged := p.into[s]
	if !merged {
		into = s
	}
	if k, ok := p.keys[into]; ok {
		return stele.Keys{Subject: s, Signing: []stele.PublicKey{wire.Key(k.Public())}, Into: p.into[s]}, nil
	}
	return stele.Keys{}, stele.E("read", stele.KindNotFound, "no such subject", nil)
}

func (p *page) Grant(id stele.ID) (stele.Grant, error) {
	g := stele.Grant{ID: id, Action: stele.ActionRead, Emergency: p.broken[id]}
	if p.acting[id] {
		g.Action = stele.ActionDelegate
	}
	return g, nil
}

func (p *page) Beside(s stele.Subject) (others []stele.Subject, err error) {
	for from, into := range p.into {
		switch s {
		case from:
			others = append(others, into)
		case into:
			others = append(others, from)
		}
	}
	return others, nil
}

func (p *page) Newest() stele.Block {
	p.mu.Lock()
	defer p.mu.Unlock()
	return stele.Block{Height: p.height, Time: time.Now()}
}

func (p *page) EventsAfter(height int64, each func(*wire.Event) bool) error {
	p.mu.Lock()
	events := p.events
	p.mu.Unlock()
	for _, e := range events {
		if e.Height > height && !each(e) {
			break
		}
	}
	return nil
}

// block adds a block of events.
func (p *page) block(events ...*wire.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.height++
	for _, e := range events {
		e.Height, e.TimeMs = p.height, time.Now().UnixMilli()
		p.events = append(p.events, e)
	}
}

// bell is a desk, a ledger and a hook that notes what it is posted.
type bell struct {
	t      *testing.T
	ledger *page
	cfg    Config
	*Desk
	hook   *httptest.Server
	rung   chan *http.Request
	bodies chan string
	answer func(http.ResponseWriter)
	dialed chan string
}

var ourMember = stele.SubjectOf([]byte("member"))

func newBell(t *testing.T) *bell {
	b := &bell{
		t: t, ledger: &page{keys: map[stele.Subject]wire.Ed25519{}, broken: map[stele.ID]bool{}, acting: map[stele.ID]bool{}, into: map[stele.Subject]stele.Subject{}, height: 7},
		rung: make(chan *http.Request, 100), bodies: make(chan string, 100), dialed: make(chan string, 1000),
	}
	b.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }
	b.hook = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.answer(w)
		b.bodies <- string(body)
		b.rung <- r
	}))
	t.Cleanup(b.hook.Close)
	roots := x509.NewCertPool()
	roots.AddCert(b.hook.Certificate())
	b.cfg = Config{
		Folder: t.TempDir(), Ledger: b.ledger, Chain: "town", Member: ourMember, Webhooks: true, Roots: roots,
		Forbidden: func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("9.9.9.9")} },
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			if host == "example.com" { // as the test server's certificate says
				return []netip.Addr{netip.MustParseAddr("::ffff:8.8.8.8")}, nil
			}
			return nil, errors.New("no such host")
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			b.dialed <- address
			return new(net.Dialer).DialContext(ctx, network, b.hook.Listener.Addr().String())
		},
	}
	b.open()
	t.Cleanup(func() { b.Close() })
	return b
}

func (b *bell) open() {
	b.t.Helper()
	var err error
	if b.Desk, err = Open(b.cfg); err != nil {
		b.t.Fatal(err)
	}
	b.follow()
}

func (b *bell) follow() {
	b.t.Helper()
	if err := b.Follow(); err != nil {
		b.t.Fatal(err)
	}
}

// somebody is a subject on the ledger.
func (b *bell) somebody(name string) stele.Subject {
	s := stele.SubjectOf([]byte(name))
	b.ledger.keys[s] = wire.NewEd25519()
	return s
}

var secret = []byte("0123456789abcdef0123456789abcdef")

func hook() *wire.NoticeTarget {
	return &wire.NoticeTarget{Webhook: "https://example.com/hook", Secret: secret}
}

func (b *bell) said(s stele.Subject, change func(*wire.Notices), key wire.Signer) *wire.SetNoticesRequest {
	m := &wire.Notices{Chain: "town", Audience: ourMember[:], Subject: s[:], AtMs: time.Now().UnixMilli(), Target: hook(), Kinds: []string{Opened}}
	if change != nil {
		change(m)
	}
	return &wire.SetNoticesRequest{Notices: wire.Sign(wire.TagNotices, m, key)}
}

func (b *bell) set(s stele.Subject, change func(*wire.Notices)) {
	b.t.Helper()
	time.Sleep(2 * time.Millisecond) // a later one counts
	if _, err := b.SetNotices(b.t.Context(), b.said(s, change, b.ledger.keys[s])); err != nil {
		b.t.Fatal(err)
	}
}

func opened(s stele.Subject, grant stele.ID) *wire.Event {
	return &wire.Event{Subject: s[:], Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{Grant: grant[:]}}}
}

func delivered(s stele.Subject) *wire.Event {
	return &wire.Event{Subject: s[:], Event: &wire.Event_Anchored{Anchored: &wire.Anchored{}}}
}

// rings waits for a notice.
func (b *bell) rings(what string) (*http.Request, string) {
	b.t.Helper()
	select {
	case r := <-b.rung:
		return r, <-b.bodies
	case <-time.After(10 * time.Second):
		b.t.Fatal("no notice: ", what)
	}
	return nil, ""
}

func (b *bell) silent(what string) {
	b.t.Helper()
	select {
	case <-b.rung:
		b.t.Error("a notice: ", what)
	case <-time.After(300 * time.Millisecond):
	}
}

// TestR13ANoticeLeavesWithinTwoSeconds of its block, signed as Standard Webhooks has it, says the
// same whatever happened, and is sent once.
func TestR13ANoticeLeavesWithinTwoSeconds(t *testing.T) {
	b := newBell(t)
	elena, peter := b.somebody("elena"), b.somebody("peter")
	b.set(elena, func(m *wire.Notices) { m.Kinds = Kinds() })
	b.ledger.block(opened(peter, stele.NewID()), opened(elena, stele.NewID()), delivered(elena))
	began := time.Now()
	b.follow()
	r, body := b.rings("an opening")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it left after %v", took)
	}
	stamp, id := r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Id")
	at, err := time.Parse(time.RFC3339, body[len(`{"type":"record.changed","timestamp":"`):][:20])
	if err != nil || r.Header.Get("Webhook-Signature") != Signature(secret, id, at, []byte(body)) || !strings.HasPrefix(id, "msg_") || stamp == "" {
		t.Errorf("%v, %v", r.Header, err)
	}
	if !strings.Contains(body, Text) || len(body) != len(payload(time.Now())) || strings.Contains(body, "elena") {
		t.Error(body)
	}
	b.silent("one notice tells of all")
	b.follow()
	b.silent("the same block again")
	if f := b.Figures(); f.Told != 1 || f.Waiting != 0 || f.People != 1 {
		t.Errorf("%+v", f)
	}
}

// TestWhatIsOldIsNotTold: neither of more than a day ago, nor once more where the node is behind for a while.
func TestWhatIsOldIsNotTold(t *testing.T) {
	b := newBell(t)
	elena := b.somebody("elena")
	b.set(elena, nil)
	b.ledger.block(opened(elena, stele.NewID()))
	b.ledger.events[0].TimeMs -= (keepFor + time.Hour).Milliseconds()
	b.follow()
	b.silent("what happened yesterday")
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	b.rings("an opening")
	b.rested(elena)
	b.ledger.height--
	b.follow()
	b.ledger.height++
	b.follow()
	b.silent("the same, of a node that was behind")
}

// TestANewTargetIsTriedAtOnceAndRestsAsTheOldOne: what waited for one that failed goes to the new one as if nothing had failed;
// who was just told is not told again sooner for having said where.
func TestANewTargetIsTriedAtOnceAndRestsAsTheOldOne(t *testing.T) {
	b := newBell(t)
	elena := b.somebody("elena")
	b.set(elena, nil)
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	b.rings("an opening")
	for b.Figures().Told == 0 || b.Figures().Waiting > 0 { // until the answer has come back
		time.Sleep(time.Millisecond)
	}
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	b.Desk.mu.Lock()
	b.Desk.people[elena].failed = true
	b.Desk.mu.Unlock()
	b.set(elena, nil)
	b.silent("it was just told")
	b.Desk.mu.Lock()
	if b.Desk.people[elena].failed {
		t.Error("the new target is taken for one that failed")
	}
	b.Desk.mu.Unlock()
}

// TestSignatureIsThatOfStandardWebhooks holds the signature against the example of the
// specification (Standard Webhooks 1.0.0, "Verifying webhook signatures").
func TestSignatureIsThatOfStandardWebhooks(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	if got := Signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
	if got := Secret(key); got != "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" {
		t.Error(got)
	}
}

// TestEachIsToldOfTheirKinds and of emergencies, and of merges, in any case.
func TestEachIsToldOfTheirKinds(t *testing.T) {
	activation, delegation := stele.NewID(), stele.NewID()
	grant := func(action stele.Action) func(stele.Subject) *wire.Event {
		return func(s stele.Subject) *wire.Event {
			return &wire.Event{Subject: s[:], Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Action: uint32(action)}}}
		}
	}
	back := func(id stele.ID) func(stele.Subject) *wire.Event {
		return func(s stele.Subject) *wire.Event {
			return &wire.Event{Subject: s[:], Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: id[:]}}}
		}
	}
	resigned := func(s stele.Subject) *wire.Event {
		return &wire.Event{Subject: s[:], Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: delegation[:], Returned: true}}}
	}
	death := func(s stele.Subject) *wire.Event {
		return &wire.Event{Subject: s[:], Event: &wire.Event_DeathRecorded{DeathRecorded: &wire.DeathRecorded{}}}
	}
	keys := func(s stele.Subject) *wire.Event {
		return &wire.Event{Subject: s[:], Event: &wire.Event_KeysRotated{KeysRotated: &wire.KeysRotated{}}}
	}
	slot := func(s stele.Subject) *wire.Event {
		return &wire.Event{Subject: s[:], Event: &wire.Event_EmergencySet{EmergencySet: &wire.EmergencySet{}}}
	}
	refused := func(id stele.ID) func(stele.Subject) *wire.Event {
		return func(s stele.Subject) *wire.Event {
			return &wire.Event{Subject: s[:], Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Grant: id[:]}}}
		}
	}
	other := stele.SubjectOf([]byte("other"))
	all := func(but string) []string {
		return slices.DeleteFunc(Kinds(), func(k string) bool { return k == but })
	}
	for name, c := range map[string]struct {
		kinds []string
		event func(stele.Subject) *wire.Event
		told  bool
	}{
		"an opening, wanted":     {[]string{Opened}, func(s stele.Subject) *wire.Event { return opened(s, stele.NewID()) }, true},
		"an opening, not wanted": {[]string{Delivered}, func(s stele.Subject) *wire.Event { return opened(s, stele.NewID()) }, false},
		"a delivery, wanted":     {[]string{Delivered}, delivered, true},
		"a delivery, not wanted": {[]string{Opened}, delivered, false},
		"an opening in an emergency, although nothing is wanted": {nil, func(s stele.Subject) *wire.Event { return opened(s, activation) }, true},
		"an activation, although nothing is wanted": {nil, func(s stele.Subject) *wire.Event {
			return &wire.Event{Subject: s[:], Event: &wire.Event_GlassBroken{GlassBroken: &wire.GlassBroken{}}}
		}, true},
		"a grant, wanted":          {[]string{Granted}, grant(stele.ActionRead), true},
		"a grant, not wanted":      {all(Granted), grant(stele.ActionRead), false},
		"a grant taken back":       {[]string{Granted}, back(stele.NewID()), true},
		"that, not wanted":         {all(Granted), back(stele.NewID()), false},
		"a delegate, wanted":       {[]string{Delegates}, grant(stele.ActionDelegate), true},
		"a delegate no more":       {[]string{Delegates}, back(delegation), true},
		"a delegate gives it back": {[]string{Delegates}, resigned, true},
		"that, as a grant":         {[]string{Granted}, resigned, true},
		"neither wanted":           {[]string{Opened, Keys}, resigned, false},
		"a death, wanted":          {[]string{Delegates}, death, true},
		"a death, not wanted":      {all(Delegates), death, false},
		"new keys, wanted":         {[]string{Keys}, keys, true},
		"new keys, not wanted":     {all(Keys), keys, false},
		"her own slot, wanted":     {[]string{Keys}, slot, true},
		"her own slot, not wanted": {all(Keys), slot, false},
		"a refusal, wanted":        {[]string{Refused}, refused(stele.NewID()), true},
		"a refusal, not wanted":    {all(Refused), refused(stele.NewID()), false},
		"a refusal in an emergency, although nothing is wanted": {nil, refused(activation), true},
		"merged into another's, although nothing is wanted": {nil, func(s stele.Subject) *wire.Event {
			return &wire.Event{Subject: s[:], Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{Into: other[:], Commitment: make([]byte, 32)}}}
		}, true},
		"another is merged into hers, although nothing is wanted": {nil, func(s stele.Subject) *wire.Event {
			return &wire.Event{Subject: s[:], Event: &wire.Event_MergeNoted{MergeNoted: &wire.MergeNoted{From: other[:], Turn: 1}}}
		}, true},
		"parted, although nothing is wanted": {nil, func(s stele.Subject) *wire.Event {
			return &wire.Event{Subject: s[:], Event: &wire.Event_MergeUndone{MergeUndone: &wire.MergeUndone{Into: other[:], Commitment: make([]byte, 32)}}}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBell(t)
			b.ledger.broken[activation], b.ledger.acting[delegation] = true, true
			elena := b.somebody("elena")
			b.set(elena, func(m *wire.Notices) { m.Kinds = c.kinds })
			b.ledger.block(c.event(elena))
			b.follow()
			if c.told {
				b.rings(name)
			} else {
				b.silent(name)
			}
		})
	}
}

// TestARequestForAccessIsTold to who wants to be told of grants: nothing of it is on the ledger.
func TestARequestForAccessIsTold(t *testing.T) {
	b := newBell(t)
	elena, ana := b.somebody("elena"), b.somebody("ana")
	b.set(elena, func(m *wire.Notices) { m.Kinds = []string{Granted} })
	b.set(ana, nil)
	b.Asked(ana)
	b.Asked(b.somebody("nobody here"))
	b.silent("who does not want it")
	b.Asked(elena)
	b.rings("a request")
}

// TestANewTargetHearsOfWhatWaited: who moves to another address because the old one is silent misses
// nothing, and waits no longer for it.
func TestANewTargetHearsOfWhatWaited(t *testing.T) {
	b := newBell(t)
	elena := b.somebody("elena")
	b.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }
	b.set(elena, nil)
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	first, _ := b.rings("the old target, which fails")
	for f := b.Figures(); f.Failed == 0; f = b.Figures() {
		time.Sleep(time.Millisecond)
	}
	b.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }
	b.set(elena, func(m *wire.Notices) { m.Target.Webhook = "https://example.com/new" })
	if r, _ := b.rings("the new target"); r.URL.Path != "/new" || r.Header.Get("Webhook-Id") != first.Header.Get("Webhook-Id") {
		t.Errorf("%s heard of %s", r.URL.Path, r.Header.Get("Webhook-Id"))
	}
}

// TestLaw8ANoticeOutlivesThePower: what waits when the desk closes, or happened while it was
// closed, is sent after.
func TestLaw8ANoticeOutlivesThePower(t *testing.T) {
	b := newBell(t)
	elena, ana := b.somebody("elena"), b.somebody("ana")
	fails := func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }
	b.answer = fails
	b.set(elena, nil)
	b.set(ana, nil)
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	first, _ := b.rings("the first try")
	for f := b.Figures(); f.Failed == 0; f = b.Figures() {
		time.Sleep(time.Millisecond)
	}
	if f := b.Figures(); f.Waiting != 1 || f.Told != 0 {
		t.Fatalf("%+v", f)
	}
	b.Close()
	b.ledger.block(opened(ana, stele.NewID()))
	b.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }
	var ahead atomic.Int64
	ahead.Store(int64(time.Minute))
	b.cfg.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	b.open()
	ids := map[string]bool{}
	for range 2 {
		r, _ := b.rings("after the power came back")
		ids[r.Header.Get("Webhook-Id")] = true
	}
	if !ids[first.Header.Get("Webhook-Id")] || len(ids) != 2 {
		t.Errorf("%v", ids)
	}
	for f := b.Figures(); f.Told < 2; f = b.Figures() {
		time.Sleep(time.Millisecond)
	}
	// What is a day old is given up, and counted.
	b.answer = fails
	ahead.Add(int64(time.Hour))
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	b.rings("it fails")
	for f := b.Figures(); f.Failed == 0; f = b.Figures() {
		time.Sleep(time.Millisecond)
	}
	ahead.Add(int64(keepFor + retryLast))
	b.awake()
	b.rings("the last try")
	for f := b.Figures(); f.Dropped == 0; f = b.Figures() {
		time.Sleep(time.Millisecond)
	}
	if f := b.Figures(); f.Waiting != 0 {
		t.Errorf("%+v", f)
	}
}

// TestR44TakingNothingAwayIsCounted: each is a row and a sync of the disk, while all of the desk waits; two thousand were
// taken. Who has a target takes it away whenever they like.
func TestR44TakingNothingAwayIsCounted(t *testing.T) {
	b := newBell(t)
	stranger, ada := b.somebody("stranger"), b.somebody("ada")
	taken, later := 0, int64(0)
	set := func(s stele.Subject, from byte, target bool) error {
		later++
		_, err := b.SetNotices(stele.WithCaller(t.Context(), stele.Caller{from}), b.said(s, func(m *wire.Notices) {
			if m.AtMs += later; !target {
				m.Target = nil
			}
		}, b.ledger.keys[s]))
		return err
	}
	for range 100 {
		if set(stranger, 1, false) == nil {
			taken++
		}
	}
	if taken != setBurst {
		t.Errorf("%d times nothing was taken away, and written", taken)
	}
	for range setBurst {
		if err := set(ada, 2, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := set(ada, 2, false); err != nil {
		t.Errorf("who has a target: %v", err)
	}
	if err := set(ada, 2, false); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("once more: %v", err)
	}
	people := 0
	for i := range 2 * newBurst {
		if s := b.somebody(fmt.Sprint("made up ", i)); set(s, 3, false) == nil {
			people++
		}
	}
	if people != newBurst {
		t.Errorf("of one address %d people have rows", people)
	}
}

// TestR44MadeUpPeopleUseUpNobodysChanges: changes are counted in places that are shared by chance, and were before it was
// asked whether there is room for who asks: from one address people made up without end used up most of them. There are
// 64 places here, and room for one new person of an address.
func TestR44MadeUpPeopleUseUpNobodysChanges(t *testing.T) {
	b := newBell(t)
	b.Desk.sets, b.Desk.news = own.NewPaces(setEvery, setBurst, 64), own.NewPaces(newEvery, 1, placesCount)
	b.Desk.mostOfHost = 60
	try := func(name string, from byte, later int64, target bool) error {
		s := stele.SubjectOf([]byte(name))
		if _, known := b.ledger.keys[s]; !known {
			b.somebody(name)
		}
		_, err := b.SetNotices(stele.WithCaller(t.Context(), stele.Caller{from}), b.said(s, func(m *wire.Notices) {
			if m.AtMs += later; !target {
				m.Target = nil
			}
		}, b.ledger.keys[s]))
		return err
	}
	for i := range 256 {
		for n := range int64(setBurst) {
			_ = try(fmt.Sprint("made up ", i), 1, n, i%2 == 0)
		}
	}
	refused := 0
	for i := range 50 {
		if try(fmt.Sprint("patient ", i), byte(i+2), 0, true) != nil {
			refused++
		}
	}
	if refused > 5 {
		t.Errorf("%d of 50 patients elsewhere cannot say where they are told", refused)
	}
}

// TestOnlyThePersonHerselfSaysWhere she is told: nobody else sets, silences or reads it, and an
// older word is not taken after a newer.
func TestOnlyThePersonHerselfSaysWhere(t *testing.T) {
	b := newBell(t)
	elena, other := b.somebody("elena"), wire.NewEd25519()
	key := b.ledger.keys[elena]
	older := b.said(elena, nil, key)
	b.set(elena, nil)
	for name, in := range map[string]*wire.SetNoticesRequest{
		"another":        b.said(elena, func(m *wire.Notices) { m.Target = nil; m.AtMs++ }, other),
		"another member": b.said(elena, func(m *wire.Notices) { m.Target = nil; m.AtMs++; m.Audience = elena[:] }, key),
		"another chain":  b.said(elena, func(m *wire.Notices) { m.Target = nil; m.AtMs++; m.Chain = "x" }, key),
		"stale":          b.said(elena, func(m *wire.Notices) { m.Target = nil; m.AtMs -= 3600_000 }, key),
		"ahead":          b.said(elena, func(m *wire.Notices) { m.Target = nil; m.AtMs += 3600_000 }, key),
		"an older word":  older,
		"no subject":     b.said(elena, func(m *wire.Notices) { m.Subject = nil; m.AtMs++ }, key),
		"nothing":        {},
	} {
		if _, err := b.SetNotices(t.Context(), in); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	show := func(key wire.Signer) (*wire.ShowNoticesResponse, error) {
		nonce := stele.NewID()
		return b.ShowNotices(t.Context(), &wire.ShowNoticesRequest{Request: wire.Sign(wire.TagOwn, &wire.OwnRequest{
			Chain: "town", Audience: ourMember[:], Subject: elena[:], AtMs: time.Now().UnixMilli(), Nonce: nonce[:],
		}, key)})
	}
	if _, err := show(other); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("another reads it: %v", err)
	}
	if out, err := show(key); err != nil || out.Target.GetWebhook() != hook().Webhook || len(out.Target.Secret) != 0 || out.Webhooks != 1 || out.Emails != 0 {
		t.Errorf("%v, %v", out, err)
	}
	b.set(elena, func(m *wire.Notices) { m.Target = nil })
	b.ledger.block(opened(elena, stele.NewID()))
	b.follow()
	b.silent("she has silenced all")
	if out, err := show(key); err != nil || out.Target != nil {
		t.Errorf("%v, %v", out, err)
	}
}

// TestATargetIsOneThatCanBeTold: what is no https address, no e-mail address, or is not served,
// is refused when it is set.
func TestATargetIsOneThatCanBeTold(t *testing.T) {
	b := newBell(t)
	b.Desk.cfg.Relay = Relay{Address: "mail:25", From: "n@example.org"}
	elena := b.somebody("elena")
	at := func(url string) *wire.NoticeTarget { return &wire.NoticeTarget{Webhook: url, Secret: secret} }
	for name, target := range map[string]*wire.NoticeTarget{
		"http": at("http://example.com/"), "no scheme": at("example.com"), "file": at("file:///etc/passwd"), "gopher": at("gopher://example.com/"),
		"a password": at("https://a:b@example.com/"), "another port": at("https://example.com:22/"), "no host": at("https:///x"), "a zone": at("https://[fe80::1%25eth0]/"),
		"a line": at("https://example.com/\r\nX: y"), "long": at("https://example.com/" + strings.Repeat("a", 600)), "no secret": {Webhook: "https://example.com/"},
		"both": {Webhook: "https://example.com/", Secret: secret, Email: "a@example.com"}, "neither": {Secret: secret},
		"a name": {Email: "Ana <a@example.com>"}, "two": {Email: "a@example.com, b@example.com"}, "a header": {Email: "a@example.com\r\nBcc: b@example.com"}, "no domain": {Email: "ana"},
		"a quoted one": {Email: `"a b"@example.com`},
	} {
		if _, err := b.SetNotices(t.Context(), b.said(elena, func(m *wire.Notices) { m.Target = target }, b.ledger.keys[elena])); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.SetNotices(t.Context(), b.said(elena, func(m *wire.Notices) { m.Kinds = []string{"emergency"} }, b.ledger.keys[elena])); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a kind that is none: %v", err)
	}
	b.Desk.cfg.Webhooks, b.Desk.cfg.Relay = false, Relay{}
	for _, target := range []*wire.NoticeTarget{hook(), {Email: "a@example.com"}} {
		if _, err := b.SetNotices(t.Context(), b.said(elena, func(m *wire.Notices) { m.Target = target }, b.ledger.keys[elena])); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("what this member does not serve: %v", err)
		}
	}
}

// TestR44NobodyHasAMemberKnockAtManyDoors: a person changes her target eight times at once, and
// takes it away whenever she likes.
func TestR44NobodyHasAMemberKnockAtManyDoors(t *testing.T) {
	b := newBell(t)
	elena := b.somebody("elena")
	n := 0
	for ; n < 100; n++ {
		if _, err := b.SetNotices(t.Context(), b.said(elena, func(m *wire.Notices) { m.AtMs += int64(n) }, b.ledger.keys[elena])); err != nil {
			break
		}
	}
	if n != setBurst {
		t.Errorf("%d changes at once", n)
	}
	b.set(elena, func(m *wire.Notices) { m.Target = nil; m.AtMs += 1000 })
}

package own

import (
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

type keys map[stele.Subject]stele.Keys

func (k keys) Subject(s stele.Subject) (stele.Keys, error) {
	if v, ok := k[s]; ok {
		return v, nil
	}
	return stele.Keys{}, stele.E("read", stele.KindNotFound, "no such subject", nil)
}

func TestRequestPassesOnceFreshAndForItsOwner(t *testing.T) {
	alice, auditor, member := stele.SubjectOf([]byte("alice")), stele.SubjectOf([]byte("auditor")), stele.SubjectOf([]byte("member"))
	key, auditing, stranger := wire.NewEd25519(), wire.NewEd25519(), wire.NewEd25519()
	ledger := keys{
		alice:   {Subject: alice, Signing: []stele.PublicKey{wire.Key(wire.NewEd25519().Public()), wire.Key(key.Public())}},
		auditor: {Subject: auditor, Signing: []stele.PublicKey{wire.Key(auditing.Public())}},
	}
	d := NewDoor(ledger, "town-1", member)
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	ask := func(change func(*wire.OwnRequest), signers ...wire.Signer) *wire.Signed {
		nonce := stele.NewID()
		m := &wire.OwnRequest{Chain: "town-1", Audience: member[:], Subject: alice[:], AtMs: now.UnixMilli(), Nonce: nonce[:], Since: 7, Until: 9}
		if change != nil {
			change(m)
		}
		return wire.Sign(wire.TagOwn, m, signers...)
	}
	good := ask(nil, key)
	if r, err := d.Check(now, good); err != nil || r != (Request{alice, 7, 9, alice}) {
		t.Fatalf("a good request: %v, %v", r, err)
	}
	if _, err := d.Check(now.Add(time.Minute), good); stele.KindOf(err) != stele.KindDenied {
		t.Error("it passed twice")
	}
	if r, err := d.Check(now, ask(nil, auditing), auditor); err != nil || r.By != auditor || r.Subject != alice {
		t.Errorf("an auditor: %v, %v", r, err)
	}
	first := ""
	for name, bad := range map[string]*wire.Signed{
		"stranger":          ask(nil, stranger),
		"auditor not named": ask(nil, auditing),
		"two signatures":    ask(nil, key, stranger),
		"another tag":       wire.Sign(wire.TagRead, &wire.OwnRequest{}, key),
		"nothing":           nil,
		"chain":             ask(func(m *wire.OwnRequest) { m.Chain = "town-2" }, key),
		"audience":          ask(func(m *wire.OwnRequest) { m.Audience = alice[:] }, key),
		"short nonce":       ask(func(m *wire.OwnRequest) { m.Nonce = m.Nonce[:15] }, key),
		"old":               ask(func(m *wire.OwnRequest) { m.AtMs -= 300_001 }, key),
		"ahead":             ask(func(m *wire.OwnRequest) { m.AtMs += 300_001 }, key),
		"unknown subject":   ask(func(m *wire.OwnRequest) { m.Subject = make([]byte, 20) }, key),
		"no subject":        ask(func(m *wire.OwnRequest) { m.Subject = nil }, key),
	} {
		_, err := d.Check(now, bad)
		if stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s passed: %v", name, err)
			continue
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Errorf("%s is refused differently: %v", name, err)
		}
	}
}

// TestNonceIsRememberedAsLongAsItsRequestIsFresh walks a request made five
// minutes ahead of our clock, the longest-lived there is, through every age at
// every phase of the memory's generations.
func TestNonceIsRememberedAsLongAsItsRequestIsFresh(t *testing.T) {
	alice, member, key := stele.SubjectOf([]byte("alice")), stele.SubjectOf([]byte("member")), wire.NewEd25519()
	ledger := keys{alice: {Subject: alice, Signing: []stele.PublicKey{wire.Key(key.Public())}}}
	start := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	sign := func(at time.Time) *wire.Signed {
		nonce := stele.NewID()
		return wire.Sign(wire.TagOwn, &wire.OwnRequest{Chain: "c", Audience: member[:], Subject: alice[:], AtMs: at.UnixMilli(), Nonce: nonce[:]}, key)
	}
	for phase := time.Duration(0); phase < 21*time.Minute; phase += 3 * time.Minute {
		d := NewDoor(ledger, "c", member)
		d.Check(start, sign(start)) // sets the generations' phase
		now := start.Add(phase)
		r := sign(now.Add(stele.Fresh))
		if _, err := d.Check(now, r); err != nil {
			t.Fatal(err)
		}
		for age := time.Duration(0); age <= 11*time.Minute; age += 30 * time.Second {
			d.Check(now.Add(age), sign(now.Add(age))) // others turn the generations
			if _, err := d.Check(now.Add(age), r); err == nil {
				t.Fatalf("phase %v: passed again after %v", phase, age)
			}
		}
	}
}

// TestR44NobodyIsShutOutByAnothersRequests: 200,000 requests of one free subject
// shut everybody out of their own logs.
func TestR44NobodyIsShutOutByAnothersRequests(t *testing.T) {
	loud, alice, member := stele.SubjectOf([]byte("loud")), stele.SubjectOf([]byte("alice")), stele.SubjectOf([]byte("member"))
	key := wire.NewEd25519()
	d := NewDoor(keys{alice: {Subject: alice, Signing: []stele.PublicKey{wire.Key(key.Public())}}}, "c", member)
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	fill := func(m *memory, who stele.Subject, n int) (taken int) {
		for i := range n {
			if m.once(now, who, wire.Hash(wire.TagOwn, who[:], []byte(strconv.Itoa(i)))) == nil {
				taken++
			}
		}
		return taken
	}
	if n := fill(&d.used, loud, maxOfOne+10); n != maxOfOne {
		t.Errorf("%d requests of one subject are remembered, want %d", n, maxOfOne)
	}
	ask := func() error {
		nonce := stele.NewID()
		_, err := d.Check(now, wire.Sign(wire.TagOwn, &wire.OwnRequest{Chain: "c", Audience: member[:], Subject: alice[:], AtMs: now.UnixMilli(), Nonce: nonce[:]}, key))
		return err
	}
	if err := ask(); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	// Many subjects together use up what all share; each still has what is its own.
	d.used.pool = d.used.new.pool
	for range maxSure - 1 {
		if err := ask(); err != nil {
			t.Fatalf("within what is sure: %v", err)
		}
	}
	if err := ask(); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("beyond it, when others have used the pool: %v", err)
	}
	if err := d.used.once(now, loud, wire.Hash(wire.TagOwn, loud[:], []byte("0"))); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a nonce that was used, of one who asks too often: %v", err)
	}
	now = now.Add(time.Hour)
	if err := ask(); err != nil {
		t.Errorf("later: %v", err)
	}
	// Members have room of their own, too.
	m := NewMemberDoor(nil, "c", member)
	m.used.most = 100
	if n := fill(&m.used, loud, 200); n != 100 {
		t.Errorf("%d requests of one member", n)
	}
	if n := fill(&m.used, alice, 1); n != 1 {
		t.Error("another member is shut out")
	}
}

func TestPacesAreOfEachParty(t *testing.T) {
	p, now := NewPaces(time.Second, 5, 1<<10), time.Unix(1_800_000_000, 0)
	for i := range 7 {
		if p.Allow(now, 1, []byte("a"), []byte("b")) != (i < 5) {
			t.Errorf("call %d", i)
		}
	}
	if !p.Allow(now, 5, []byte("ab")) || !p.Allow(now, 5, []byte("a")) {
		t.Error("parties are mixed up")
	}
	if !p.Allow(now.Add(time.Second), 1, []byte("a"), []byte("b")) || p.Allow(now.Add(time.Second), 1, []byte("a"), []byte("b")) {
		t.Error("one a second")
	}
}

// TestPacesHoldWhateverTheirSize: rates of a byte a day or of a billion at once are held
// as any, by many callers at once, and by a clock that is set back.
func TestPacesHoldWhateverTheirSize(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, burst := range []int{1, 1000, 1 << 30, 1 << 40} {
		p := NewPaces(24*time.Hour, burst, 1)
		if p.Allow(now, burst+1) || !p.Allow(now, burst-burst/2) || !p.Allow(now, burst/2) || p.Allow(now, 1) || p.Allow(now.Add(-time.Hour), 1) {
			t.Errorf("a burst of %d is not held", burst)
		}
		if p.Allow(now, math.MaxInt) {
			t.Error("too many at once")
		}
	}
	p := NewPaces(time.Second, 100, 1)
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if p.Allow(now, 1) {
					allowed.Add(1)
				}
			}
		})
	}
	if all.Wait(); allowed.Load() != 100 {
		t.Errorf("%d were allowed", allowed.Load())
	}
	if got := testing.AllocsPerRun(1000, func() { p.Allow(now, 1, []byte("somebody")) }); got != 0 {
		t.Errorf("a call takes %v pieces of memory", got)
	}
}

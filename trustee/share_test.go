package trustee

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// asks has somebody with a card ask trustee 0 without any grant.
func (w *town) asks(who person, reason string, issuers ...wire.Signer) error {
	return w.asksAbout(context.Background(), w.patient, who, reason, who.sign, issuers...)
}

// asksAbout is asks about anybody, signed by whoever has got the card.
func (w *town) asksAbout(ctx context.Context, patient, who person, reason string, by wire.Signer, issuers ...wire.Signer) error {
	card := &wire.Card{Chain: chainID, Subject: who.subject[:], Name: "Dr Grant", Kind: "practitioner", Role: "doctor", ExpiresMs: w.now().Add(time.Hour * 999).UnixMilli()}
	request := stele.NewID()
	detail := &wire.AccessDetail{
		Request: request[:], Subject: patient.subject[:], Purpose: string(stele.Treatment), Reason: reason,
		Card: wire.Sign(wire.TagCard, card, append([]wire.Signer{who.sign}, issuers...)...),
	}
	_, err := w.trustees[0].Release(ctx, &wire.ReleaseRequest{Request: wire.Sign(wire.TagRead, &wire.ReadRequest{
		Chain: chainID, Subject: patient.subject[:], Audience: w.members[0][:], AtMs: w.now().UnixMilli(), Request: request[:], Detail: wire.Marshal(detail),
	}, by)})
	return err
}

// TestR44ReasonsOfAnyLengthAreTold: she sees that somebody asked, who, and what
// they said, however much they said. 13,001 to 16,000 bytes were dropped.
func TestR44ReasonsOfAnyLengthAreTold(t *testing.T) {
	w := newTown(t)
	for _, n := range []int{0, 1, stele.MaxReason, stele.MaxReason + 1, 12_999, 13_000, 13_001, 15_000, 16_000, 16_001, 60_000} {
		reason := strings.Repeat("é", n/2) + strings.Repeat("x", n%2)
		before := len(details(w, 0))
		same(t, w.asks(w.doctor, reason, w.issuer))
		kept := details(w, 0)
		if len(kept) != before+1 {
			t.Errorf("a reason of %d bytes: the attempt is not told", n)
			continue
		}
		var told wire.AccessDetail
		if err := wire.Decode(kept[before].Detail, &told); err != nil {
			t.Fatal(err)
		}
		switch {
		case told.Card == nil:
			t.Errorf("a reason of %d bytes: nobody says who asked", n)
		case n <= stele.MaxReason && told.Reason != reason:
			t.Errorf("a reason of %d bytes is not told as it is", n)
		case n > stele.MaxReason && (len(told.Reason) > stele.MaxReason || len(told.Reason) < stele.MaxReason-8 || !strings.HasPrefix(reason, strings.TrimSuffix(told.Reason, "…"))):
			t.Errorf("a reason of %d bytes is told in %d", n, len(told.Reason))
		case n > stele.MaxReason && !strings.Contains(kept[before].Why, "shortened"):
			t.Errorf("a reason of %d bytes: %q", n, kept[before].Why)
		}
		w.pass(time.Minute, true)
	}
	// Under a grant it is refused too, and told.
	o := w.open(nil, func(d *wire.AccessDetail) { d.Reason = strings.Repeat("x", stele.MaxReason+1) })
	_, err := o.ask(0)
	refused(t, w, err, 0, "the asker said more than can be kept")
}

// TestR44OneAskerHidesNobodyElse: what one card fills of a patient's day is its
// own; an issuer that makes up cards fills its own memory.
func TestR44OneAskerHidesNobodyElse(t *testing.T) {
	w := newTown(t)
	loud, quiet := w.person("loud"), w.person("quiet")
	for range 10 {
		for range askerMinute {
			same(t, w.asks(loud, "x", w.issuer))
		}
		w.pass(time.Minute, true)
	}
	if n := len(details(w, 0)); n != askerDay {
		t.Fatalf("one card filled %d places, its share is %d", n, askerDay)
	}
	same(t, w.asks(quiet, "quiet", w.issuer))
	if n := len(details(w, 0)); n != askerDay+1 {
		t.Error("who asked once is hidden behind who asked often")
	}
	// The day is full of many; the first asking of each is kept all the same.
	for i := range patientDay / askerDay {
		other := w.person(fmt.Sprint("other ", i))
		for range 2 {
			for range askerMinute {
				same(t, w.asks(other, "x", w.issuer))
			}
			w.pass(time.Minute, true)
		}
	}
	full := len(details(w, 0))
	late := w.person("late")
	same(t, w.asks(late, "late", w.issuer))
	same(t, w.asks(late, "late", w.issuer))
	if n := len(details(w, 0)); full < patientDay || n != full+1 {
		t.Errorf("%d kept, then %d after somebody new asked twice", full, n)
	}
}

// TestR44AnIssuersPeopleFillNoAccount: an issuer makes up cards without end, and each
// asks about one patient once. Her account of a day stays such that it can be told.
func TestR44AnIssuersPeopleFillNoAccount(t *testing.T) {
	w := newTown(t)
	other := wire.NewEd25519()
	w.book.Network.Issuers = append(w.book.Network.Issuers, wire.Key(other.Public()))
	for i := range issuerDay + 50 {
		same(t, w.asks(w.person(fmt.Sprint("made up ", i)), "x", w.issuer))
	}
	if n := len(details(w, 0)); n != issuerDay {
		t.Errorf("%d askings of one issuer's people are kept", n)
	}
	same(t, w.asks(w.person("another's"), "x", other))
	if n := len(details(w, 0)); n != issuerDay+1 {
		t.Errorf("%d are kept after one of another issuer's", n)
	}
	w.pass(24*time.Hour, true)
	same(t, w.asks(w.person("tomorrow's"), "x", w.issuer))
	if n := len(details(w, 0)); n != issuerDay+2 {
		t.Errorf("%d are kept after one of the next day", n)
	}
}

// TestR44OneAddressFillsNoTrustee: cards are public. Somebody without any shows them
// about patients without end; what is kept of that is an address's share, and nothing
// where the disk is nearly full.
func TestR44OneAddressFillsNoTrustee(t *testing.T) {
	disk := &small{FS: vfs.Default}
	w := newTown(t, func(c *Config) { c.FS = disk })
	w.trustees[0].refusals = own.NewPaces(24*time.Hour, 64<<10, 1<<16) // none comes back, and no two share a place
	thief := wire.NewEd25519()
	all := 0
	show := func(i int, from stele.Caller) {
		patient := w.person(fmt.Sprint("patient ", i))
		same(t, w.asksAbout(stele.WithCaller(context.Background(), from), patient, w.doctor, strings.Repeat("x", 1000), thief, w.issuer))
		w.trustees[0].kept()
		w.trustees[0].shelf.scan([]byte{rowDetail}, true, func(key, value []byte) bool {
			if string(key[1:1+len(patient.subject)]) == string(patient.subject[:]) {
				all += len(value)
			}
			return true
		})
		w.pass(time.Minute/10, true)
	}
	for i := range 100 {
		show(i, stele.Caller{1})
	}
	if all > 80<<10 || all < 32<<10 {
		t.Errorf("%d bytes are kept of one address", all)
	}
	before := all
	show(1000, stele.Caller{2})
	if all == before {
		t.Error("another address' is not kept")
	}
	disk.left, before = releasesOnly-1, all
	show(1001, stele.Caller{3})
	if all != before {
		t.Error("a refusal takes the last of the disk")
	}
	if _, err := w.open(nil, nil).ask(0); err != nil {
		t.Errorf("a release: %v", err)
	}
	disk.left = reserve - 1
	if _, err := w.open(nil, nil).ask(0); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a release that leaves the database nothing: %v", err)
	}
}

// small is a disk of a terabyte that says how much is left; 0: all.
type small struct {
	vfs.FS
	left uint64
}

func (s *small) GetDiskUsage(string) (vfs.DiskUsage, error) {
	left := s.left
	if left == 0 {
		left = 1 << 40
	}
	return vfs.DiskUsage{AvailBytes: left, TotalBytes: 1 << 40, UsedBytes: 1<<40 - left}, nil
}

// TestR44WhoAsksManyTimesAtOnceHasTheSameShare: a day's share holds for askings that
// arrive together, too.
func TestR44WhoAsksManyTimesAtOnceHasTheSameShare(t *testing.T) {
	w := newTown(t)
	loud := w.person("loud")
	atOnce := func(n int) {
		var all sync.WaitGroup
		for range n {
			all.Go(func() { same(t, w.asks(loud, "x", w.issuer)) })
		}
		all.Wait()
		w.pass(time.Minute, true)
	}
	for kept := 0; kept+askerMinute < askerDay; kept += askerMinute {
		atOnce(askerMinute)
	}
	atOnce(askerMinute - 1) // one place is left
	atOnce(askerMinute)
	if n := len(details(w, 0)); n != askerDay {
		t.Errorf("one card filled %d places, its share is %d", n, askerDay)
	}
}

func TestR44AnIssuerFillsItsOwnMemoryOnly(t *testing.T) {
	var l limits
	now := time.Unix(1_800_000_000, 0)
	puppets, honest := stele.PublicKey{Suite: 1, Key: "a"}, stele.PublicKey{Suite: 1, Key: "b"}
	kept := 0
	for i := range 2 * askersAtOnce {
		if l.asker(fmt.Appendf(nil, "puppet %d", i), puppets, true, now) {
			kept++
		}
	}
	if kept != askersAtOnce {
		t.Errorf("%d cards of one issuer", kept)
	}
	if !l.asker([]byte("doctor"), honest, true, now) {
		t.Error("another issuer's people are not kept")
	}
	for i := range 2 * askersAtOnce / askerMinute { // each again and again: a card is counted once
		for range askerMinute {
			l.asker(fmt.Appendf(nil, "colleague %d", i), honest, true, now)
		}
	}
	if !l.asker([]byte("another doctor"), honest, true, now) {
		t.Error("a few people who ask often leave no room for another of their issuer")
	}
	// Whoever shows her card without her key fills nothing of her minute.
	for range 2 * askerMinute {
		l.asker([]byte("nurse"), honest, false, now)
	}
	if !l.asker([]byte("nurse"), honest, true, now) {
		t.Error("a thief of her card hides that its holder asked")
	}
}

// TestCountsOfADayOutliveItsEnd: a clock that is set back over midnight finds the counts
// of that day; those of a day before yesterday go.
func TestCountsOfADayOutliveItsEnd(t *testing.T) {
	w := newTown(t)
	s := w.trustees[0].shelf
	now, who := w.now(), refuser{card: []byte("card"), attributed: true}
	kept := func(days int) uint32 {
		s.mu.Lock()
		defer s.mu.Unlock()
		q, err := s.quota(quotaKey(w.patient.subject, now.AddDate(0, 0, days), who.card...))
		if err != nil {
			t.Fatal(err)
		}
		return q[0]
	}
	s.mu.Lock()
	for day := -3; day <= 0; day++ {
		b := s.db.NewBatch()
		if err := s.count(b, w.patient.subject, who, now.AddDate(0, 0, day)); err != nil {
			t.Fatal(err)
		}
		if err := b.Commit(pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
	s.mu.Unlock()
	if err := s.forgetQuotas(now); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(kept(-3), kept(-2), kept(-1), kept(0)); got != "0 0 1 1" {
		t.Errorf("of four days %s are kept", got)
	}
}

// TestR44RepeatedCapsulesCostNothing: a thousand times one capsule cost half a
// second. They are counted before anything is computed.
func TestR44RepeatedCapsulesCostNothing(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	good := o.refs
	o.refs = nil
	for range MaxCapsules {
		o.refs = append(o.refs, good[0])
	}
	began := time.Now()
	_, err := o.ask(0)
	took := time.Since(began)
	refused(t, w, err, 0, "a folio was named twice")
	if took > 200*time.Millisecond {
		t.Errorf("refused after %v", took)
	}
	o.refs = append(good[:len(good):len(good)], good[0])
	_, err = o.ask(0)
	refused(t, w, err, 0, "a folio was named twice")
}

package asking_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/wire"
)

// TestAnOpenChartIsReadOnToTheEndOfItsSession and no further, and nothing is released so late
// (R3): within five minutes both may be, then only what is open is read on.
func TestAnOpenChartIsReadOnToTheEndOfItsSession(t *testing.T) {
	for _, c := range []struct {
		after, session    time.Duration
		released, readsOn bool
	}{
		{0, 15 * time.Minute, true, true},
		{5 * time.Minute, 15 * time.Minute, true, true},
		{5*time.Minute + time.Millisecond, 15 * time.Minute, false, true},
		{15 * time.Minute, 15 * time.Minute, false, true},
		{15*time.Minute + time.Millisecond, 15 * time.Minute, false, false},
		{time.Minute, time.Minute, true, true},
		{time.Minute + time.Millisecond, time.Minute, false, false},
	} {
		w := newWorld()
		at := w.own.Add(c.after)
		w.access.Until = w.access.At.Add(c.session)
		w.own, w.newest.Time, w.asked.AtMs = at, at, at.UnixMilli()
		j := Judge{Ledger: w, Chain: "town", Member: w.member, Clock: func() time.Time { return w.own }, Slots: w}
		_, release := w.judge(t, nil)
		_, on := j.ReadOn(wire.Sign(wire.TagRead, w.asked, w.signers...))
		if (release == Permitted) != c.released || (on == Permitted) != c.readsOn {
			t.Errorf("%v after the access, of a session of %v: released %q, read on %q", c.after, c.session, release, on)
		}
	}
}

// TestAStatementIsOfWhoOpened: each rule about a statement of what was looked at, and what
// stands on both sides of its border.
func TestAStatementIsOfWhoOpened(t *testing.T) {
	ids := func(n byte) []byte { return append(make([]byte, 15), n) }
	for _, c := range []struct {
		what   string
		change func(*world, *wire.Viewed)
		sent   func(*wire.ViewRequest)
		want   string
	}{
		{what: "as it should be"},
		{"the grant has been taken back", func(w *world, _ *wire.Viewed) { w.grant.Status = stele.GrantRevoked }, nil, ""},
		{"at its end", func(w *world, v *wire.Viewed) { v.AtMs = w.access.Until.UnixMilli() }, nil, ""},
		{"after its end", func(w *world, v *wire.Viewed) { v.AtMs = w.access.Until.UnixMilli() + 1 }, nil, "another time"},
		{"five minutes before it", func(w *world, v *wire.Viewed) { v.AtMs = w.access.At.Add(-stele.Fresh).UnixMilli() }, nil, ""},
		{"more", func(w *world, v *wire.Viewed) { v.AtMs = w.access.At.Add(-stele.Fresh).UnixMilli() - 1 }, nil, "another time"},
		{"told five minutes later", func(w *world, _ *wire.Viewed) { w.own = w.access.Until.Add(stele.Fresh) }, nil, ""},
		{"told later", func(w *world, _ *wire.Viewed) { w.own = w.access.Until.Add(stele.Fresh + 1) }, nil, "another time"},
		{"another network", func(_ *world, v *wire.Viewed) { v.Chain = "village" }, nil, "malformed"},
		{"no records", func(_ *world, v *wire.Viewed) { v.Records = 0 }, nil, "malformed"},
		{"another's chart", func(w *world, v *wire.Viewed) { v.Subject = w.doctor[:] }, nil, "another one"},
		{"no such opening", func(_ *world, v *wire.Viewed) { v.Request = ids(9) }, nil, "not on the ledger"},
		{"not in a final block", func(w *world, _ *wire.Viewed) { w.access.Height = 11 }, nil, "not on the ledger"},
		{"by the grantee key alone", func(w *world, _ *wire.Viewed) { w.signers = w.signers[:1] }, nil, "holder of the card"},
		{"by the doctor alone", func(w *world, _ *wire.Viewed) { w.signers = w.signers[1:] }, nil, "the grantee"},
		{"another key", func(w *world, _ *wire.Viewed) { w.signers[0] = wire.NewEd25519() }, nil, "the grantee"},
		{"three keys", func(w *world, _ *wire.Viewed) { w.signers = append(w.signers, wire.NewEd25519()) }, nil, "malformed"},
		{"another detail", nil, func(in *wire.ViewRequest) { in.DetailSalt = make([]byte, 32) }, "not those on the ledger"},
		{"a detail that is too long", nil, func(in *wire.ViewRequest) { in.Detail = make([]byte, stele.MaxDetail+1) }, "malformed"},
		{"a folio twice", func(_ *world, v *wire.Viewed) {
			v.Records, v.Folios = 9, []*wire.ViewedFolio{{Submission: ids(1), Folio: ids(1)}, {Submission: ids(1), Folio: ids(1)}}
		}, nil, "malformed"},
		{"two folios", func(_ *world, v *wire.Viewed) {
			v.Records, v.Folios = 3, []*wire.ViewedFolio{{Submission: ids(1), Folio: ids(1)}, {Submission: ids(1), Folio: ids(2), Places: []uint32{0, 7}}}
		}, nil, ""},
		{"more than it is of", func(_ *world, v *wire.Viewed) {
			v.Records, v.Folios = 2, []*wire.ViewedFolio{{Submission: ids(1), Folio: ids(1)}, {Submission: ids(1), Folio: ids(2), Places: []uint32{0, 7}}}
		}, nil, "malformed"},
		{"a record twice", func(_ *world, v *wire.Viewed) {
			v.Records, v.Folios = 3, []*wire.ViewedFolio{{Submission: ids(1), Folio: ids(1), Places: []uint32{1, 1}}}
		}, nil, "malformed"},
		{"no folio", func(_ *world, v *wire.Viewed) { v.Folios = []*wire.ViewedFolio{{Submission: ids(1)}} }, nil, "malformed"},
		{"too many folios", func(_ *world, v *wire.Viewed) {
			for i := range MaxViewedFolios + 1 {
				v.Folios = append(v.Folios, &wire.ViewedFolio{Submission: append(make([]byte, 14), byte(i>>8), byte(i)), Folio: ids(1)})
			}
			v.Records = MaxViewedFolios + 1
		}, nil, "malformed"},
	} {
		w := newWorld()
		w.judge(t, nil)
		says := &wire.Viewed{Chain: "town", Subject: w.patient[:], Request: w.access.Request[:], AtMs: w.own.UnixMilli(), Records: 1}
		if c.change != nil {
			c.change(w, says)
		}
		in := &wire.ViewRequest{Viewed: wire.Sign(wire.TagViewed, says, w.signers...), Detail: w.asked.Detail, DetailSalt: w.asked.DetailSalt}
		if c.sent != nil {
			c.sent(in)
		}
		j := Judge{Ledger: w, Chain: "town", Member: w.member, Clock: func() time.Time { return w.own }}
		if _, why := j.Viewed(in); (c.want == "") != (why == Permitted) || !strings.Contains(string(why), c.want) {
			t.Errorf("%s: %q, want %q", c.what, why, c.want)
		}
	}
}

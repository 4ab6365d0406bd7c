package notify

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// FuzzNotices signs whatever a fuzzer makes as what a person says, and has it set, kept and read
// again. What is taken is hers, for this member, and a target that can be told.
func FuzzNotices(f *testing.F) {
	elena, key := stele.SubjectOf([]byte("elena")), wire.NewEd25519()
	now := time.UnixMilli(1_800_000_000_000)
	db, err := pebble.Open("notices", &pebble.Options{FS: vfs.NewMem()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	cfg := Config{
		Ledger: &page{keys: map[stele.Subject]wire.Ed25519{elena: key}}, Chain: "town", Member: ourMember, Webhooks: true, Relay: Relay{Address: "mail:25"},
		Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	}
	f.Add(wire.Marshal(&wire.Notices{Chain: "town", Audience: ourMember[:], Subject: elena[:], AtMs: now.UnixMilli(), Target: hook(), Kinds: Kinds()}))
	f.Add(wire.Marshal(&wire.Notices{Chain: "town", Audience: ourMember[:], Subject: elena[:], AtMs: now.UnixMilli(), Target: &wire.NoticeTarget{Email: "ana@example.org"}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		d := &Desk{
			cfg: cfg, db: db, door: own.NewDoor(cfg.Ledger, cfg.Chain, cfg.Member), sets: own.NewPaces(time.Hour, 8, 1), people: map[stele.Subject]*person{}, queue: map[stele.Subject]*person{},
			hosts: map[string]int{}, most: 1, mostOfHost: 1,
		}
		if err := db.Delete(rowOf(rowTarget, elena), pebble.NoSync); err != nil {
			t.Fatal(err)
		}
		if _, err := d.SetNotices(context.Background(), &wire.SetNoticesRequest{Notices: wire.SignBytes(wire.TagNotices, bytes.Clone(body), key)}); err != nil {
			if stele.KindOf(err) == stele.KindOther || len(d.people) != 0 {
				t.Fatalf("%v, and %d people", err, len(d.people))
			}
			return
		}
		m, err := d.said(elena)
		if err != nil || m == nil || m.Chain != "town" || string(m.Subject) != string(elena[:]) {
			t.Fatalf("%v is kept: %v", m, err)
		}
		again := &Desk{cfg: cfg, db: db, people: map[stele.Subject]*person{}, queue: map[stele.Subject]*person{}, hosts: map[string]int{}}
		if err := again.load(); err != nil || len(again.people) != len(d.people) {
			t.Fatalf("it can't be read again: %v", err)
		}
		if m.Target == nil {
			return
		}
		if u, err := hookURL(m.Target.Webhook); m.Target.Email == "" && (err != nil || u.Scheme != "https" || hostOf(m.Target) == byMail) {
			t.Fatalf("%q is taken", m.Target.Webhook)
		}
		if m.Target.Email != "" && checkEmail(m.Target.Email) != nil {
			t.Fatalf("%q is taken", m.Target.Email)
		}
	})
}

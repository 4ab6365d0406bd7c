package trustee

import (
	"context"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/disktest"
	"github.com/stele-health/stele/wire"
)

// TestLaw8WhateverWriteFailsWhatWasReleasedIsTold: no share goes out whose record
// is not on the disk, although any one write failed, or all from one on; and in
// the end each receipt is posted, once.
func TestLaw8WhateverWriteFailsWhatWasReleasedIsTold(t *testing.T) {
	w := newTown(t)
	whole := w.trustees[0]
	defer func() { w.trustees[0] = whole }()
	cfg := w.configs[0]
	cfg.Folder = "trustee"
	openings := []*opening{w.open(nil, nil), w.open(nil, nil), w.open(nil, nil)}
	var posted map[stele.ID]*wire.PostReceipts // by the script
	disktest.EachWrite(t, func(d *disktest.Disk) {
		posted = map[stele.ID]*wire.PostReceipts{}
		w.book.begin(posted, false)
		cfg := cfg
		cfg.FS, cfg.Log = d, d.Log
		var tr *Trustee
		open := func() bool {
			return d.Do("open", func() (err error) { tr, err = Open(cfg); return err }, func() { w.trustees[0] = tr })
		}
		release := func(i int) {
			name := stele.ID(openings[i].read.Request).String()
			d.Do(name, func() error { _, err := openings[i].ask(0); return err })
		}
		post := func() { d.Do("post", func() error { return tr.Post(context.Background()) }) }
		if !open() {
			return
		}
		release(0)
		grantless(w, openings[0], w.doctor.sign)
		post()
		release(1)
		d.Do("close", tr.Close)
		if !open() {
			return
		}
		post()
		release(2)
		post()
		d.Do("close", tr.Close)
	}, func(t *testing.T, acknowledged []string, after vfs.FS) {
		cfg := cfg
		cfg.FS = after
		tr, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		w.trustees[0] = tr
		w.book.begin(posted, true)
		if err := tr.Post(context.Background()); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, d := range details(w, 0) {
			if d.Released {
				told = append(told, stele.ID(d.Request).String())
			}
		}
		for _, name := range acknowledged {
			if name != "open" && name != "close" && name != "post" && !slices.Contains(told, name) {
				t.Errorf("%s was released and is not told", name)
			}
		}
		receipts, count := page(t, w, 0, 0).Receipts, 0
		for _, post := range w.book.posts {
			count += int(post.Count)
		}
		if len(receipts) != len(told) || count != len(told) {
			t.Fatalf("%d receipts of %d releases, %d posted", len(receipts), len(told), count)
		}
		for i, r := range receipts {
			checkReceipt(t, w, r)
			var receipt wire.Receipt
			if err := wire.Decode(r.Receipt.Body, &receipt); err != nil || stele.ID(receipt.Request).String() != told[i] {
				t.Errorf("receipt %d is not of release %d: %v", i, i, err)
			}
		}
	})
}

// TestTrusteeThatCannotWriteEndsItsProcess: Pebble cannot go on after a failed
// commit, and a request that throws ends alone.
func TestTrusteeThatCannotWriteEndsItsProcess(t *testing.T) {
	disktest.Ends(t, func(fs vfs.FS, fail func()) {
		w := newTown(t, func(c *Config) { c.FS = fs })
		fail()
		_, _ = w.open(nil, nil).ask(0)
	})
}

// TestDamagedTrusteeIsToldApart: damage on the disk is an error of who reads it.
func TestDamagedTrusteeIsToldApart(t *testing.T) {
	w := newTown(t)
	mustRelease(t, w.open(nil, nil), 0)
	tr := w.trustees[0]
	w.trustees = w.trustees[1:]
	for range 2 { // at the second opening the log becomes a table
		if err := tr.Close(); err != nil {
			t.Fatal(err)
		}
		var err error
		if tr, err = Open(w.configs[0]); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	disktest.SpoilTables(t, w.configs[0].Folder)
	if _, err := Open(w.configs[0]); err == nil || stele.KindOf(err) != stele.KindOther {
		t.Errorf("opened a damaged folder: %v", err)
	}
}

package vault

import (
	"context"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele/disktest"
	"github.com/stele-health/stele/wire"
)

// TestLaw8WhateverWriteFailsTheVaultKeepsItsWord: what was put is readable although
// any one write of segments, keys, notes or index failed, or all from one on; what was not is
// whole or absent, and can be put again; an own fetch that was answered is noted.
func TestLaw8WhateverWriteFailsTheVaultKeepsItsWord(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.close(0)
	s := w.sites[0]
	s.folder = "vault"
	subs := map[string]*wire.Submission{}
	for i, name := range []string{"first", "second", "third"} {
		subs[name] = w.submission(0, plainFolio("results", int32(2020+i), 2, 40))
		w.anchor(subs[name])
	}
	disktest.EachWrite(t, func(d *disktest.Disk) {
		s.fs, s.log = d, d.Log
		v := (*Vault)(nil)
		open := func() bool {
			return d.Do("open", func() error { return w.tryOpen(0) }, func() { v = w.v(0) })
		}
		put := func(name string) {
			d.Do(name, func() error {
				_, err := v.PutSubmission(context.Background(), &wire.PutSubmissionRequest{Submission: subs[name]})
				return err
			})
		}
		fetch := func() {
			d.Do("fetch", func() error {
				_, err := v.ListOwn(context.Background(), &wire.ListOwnRequest{Request: w.own(0, w.patientKey)})
				return err
			})
		}
		if !open() {
			return
		}
		put("first")
		fetch()
		put("second")
		d.Do("close", v.Close)
		if !open() {
			return
		}
		fetch()
		put("third")
		d.Do("close", v.Close)
	}, func(t *testing.T, acknowledged []string, after vfs.FS) {
		s.fs, s.log, s.vault = after, nil, nil
		w.t = t
		w.open(0)
		defer w.close(0)
		fetches, there := 0, 0
		for _, what := range acknowledged {
			if what == "fetch" && there > 0 { // of nothing, none is noted
				fetches++
			}
			if subs[what] != nil {
				there++
				w.readable(0, subs[what])
			}
		}
		if notes, err := w.v(0).Fetches(w.patient); err != nil || len(notes) < fetches || len(notes) > 2 {
			t.Errorf("%d fetches were answered, %d are noted (%v)", fetches, len(notes), err)
		}
		if status, _ := w.v(0).Status(t.Context()); int(status.Submissions) < there {
			t.Errorf("%d submissions, %d were put", status.Submissions, there)
		}
		if found := w.fsck(0, false); len(found) != 0 {
			t.Errorf("%v", found)
		}
		for name, sub := range subs {
			w.mustPut(0, sub)
			if w.readable(0, sub); t.Failed() {
				t.Errorf("%s, put again", name)
			}
		}
	})
	s.vault, w.t = nil, t
}

// TestVaultThatCannotWriteItsIndexEndsItsProcess: Pebble cannot go on after a failed
// commit, and a request that throws ends alone.
func TestVaultThatCannotWriteItsIndexEndsItsProcess(t *testing.T) {
	disktest.Ends(t, func(fs vfs.FS, fail func()) {
		w := newWorld(t, 1, 0)
		w.close(0)
		w.sites[0].fs, w.sites[0].folder = fs, "vault"
		v := w.open(0)
		fail()
		_ = v.index.set(key(tabDamaged, slices.Repeat([]byte{1}, 16)))
	})
}

package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/disktest"
	"github.com/stele-health/stele/wire"
)

// desk is a doctor at a directory whose disk fails, and what they were told.
type desk struct {
	*place
	h     holder
	d     *disktest.Disk
	taken map[string]bool // fingerprints of the keys that went out
}

func (k *desk) open() bool {
	k.cfg.Folder, k.cfg.FS, k.cfg.Log = "directory", k.d, k.d.Log
	return k.d.Do("open", func() (err error) { k.Directory, err = Open(k.cfg); return err })
}

// register brings the n-th card, with two keys of its own.
func (k *desk) register(n int) {
	card := &wire.Card{Chain: "town-1", Subject: k.h.subject[:], Name: k.h.card.Name, Kind: "practitioner", ExpiresMs: k.h.card.ExpiresMs + int64(n)}
	h := holder{k.h.subject, k.h.key, card}
	k.d.Do(fmt.Sprint("card ", n), func() error {
		_, err := k.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, k.issuer), Keys: h.oneTime(2*n, 2)})
		return err
	})
}

func (k *desk) take() {
	var got *wire.TakeKeyResponse
	k.d.Do("asking for a key", func() error { return nil })
	k.d.Do("key", func() (err error) {
		got, err = k.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: k.h.subject[:]})
		return err
	}, func() { k.taken[string(fingerprint(got.Key))] = true })
}

func (k *desk) deliver(text string) {
	k.d.Do(text, func() error {
		_, err := k.Deliver(context.Background(), &wire.DeliverRequest{To: k.h.subject[:], Sealed: []byte(text)})
		return err
	})
}

// TestLaw8WhateverWriteFailsTheDirectoryKeepsItsWord: cards, keys and post that
// were taken in are there although any one write failed, or all from one on; a key
// that went out does not go out again; a card has its keys.
func TestLaw8WhateverWriteFailsTheDirectoryKeepsItsWord(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	own := p.Directory
	defer func() { p.Directory = own }()
	var k *desk
	disktest.EachWrite(t, func(d *disktest.Disk) {
		k = &desk{place: &place{t: t, cfg: p.cfg, book: p.book, issuer: p.issuer, now: p.now}, h: h, d: d, taken: map[string]bool{}}
		if !k.open() {
			return
		}
		k.register(0)
		k.take()
		k.deliver("package 0")
		k.deliver("package 1")
		d.Do("collect", func() error { _, err := k.collect(h, 1); return err })
		d.Do("close", k.Close)
		if !k.open() {
			return
		}
		k.register(1)
		k.deliver("package 2")
		k.take()
		d.Do("close", k.Close)
	}, func(t *testing.T, acknowledged []string, after vfs.FS) { k.check(t, acknowledged, after) })
}

// check opens what is left of the disk and compares it with what was said.
func (k *desk) check(t *testing.T, acknowledged []string, after vfs.FS) {
	p := &place{t: t, cfg: k.cfg, book: k.book, now: k.now}
	p.cfg.FS, p.cfg.Log = after, nil
	p.reopen()
	defer p.Close()
	cards := int(p.cards[k.h.subject].expires - k.h.card.ExpiresMs + 1) // all before the newest are there too
	if p.find("") == "" {
		cards = 0
	}
	for n := range 2 {
		if slices.Contains(acknowledged, fmt.Sprint("card ", n)) && cards <= n {
			t.Fatalf("card %d was taken in, %d are there", n, cards)
		}
	}
	left, seen := 0, map[string]bool{}
	for {
		res, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: k.h.subject[:]})
		if stele.KindOf(err) == stele.KindNotFound {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		key := string(fingerprint(res.Key))
		if k.taken[key] || seen[key] {
			t.Error("a key went out twice")
		}
		left, seen[key] = left+1, true
	}
	tries := len(slices.DeleteFunc(slices.Clone(acknowledged), func(what string) bool { return what != "asking for a key" }))
	if gone := 2*cards - left; gone < len(k.taken) || gone > tries {
		t.Errorf("%d of %d keys are gone; %d went out in %d tries", gone, 2*cards, len(k.taken), tries)
	}
	var post []string
	got, err := p.collect(k.h, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range got {
		post = append(post, string(d.Sealed))
	}
	for _, what := range acknowledged {
		if strings.HasPrefix(what, "package") && !slices.Contains(post, what) {
			t.Errorf("%s was taken in, the box holds %v", what, post)
		}
	}
	for i, one := range post {
		if !strings.HasPrefix(one, "package ") || len(one) != len("package 0") || slices.Contains(post[:i], one) {
			t.Errorf("the box holds %q", post)
		}
	}
}

// TestDirectoryThatCannotWriteEndsItsProcess: Pebble cannot go on after a failed
// commit, and a request that throws ends alone.
func TestDirectoryThatCannotWriteEndsItsProcess(t *testing.T) {
	disktest.Ends(t, func(fs vfs.FS, fail func()) {
		p := newPlace(t)
		p.cfg.Folder, p.cfg.FS = "directory", fs
		p.reopen()
		fail()
		h := p.holder("Dr Amara Okafor", "doctor")
		_, _ = p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, p.issuer)})
	})
}

// TestDamagedDirectoryIsToldApart: damage on the disk is an error of who reads it.
func TestDamagedDirectoryIsToldApart(t *testing.T) {
	p := newPlace(t)
	p.register(p.holder("Dr Amara Okafor", "doctor"))
	p.reopen() // the log becomes a table
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	disktest.SpoilTables(t, p.cfg.Folder)
	if _, err := Open(p.cfg); err == nil || stele.KindOf(err) != stele.KindOther {
		t.Errorf("opened a damaged folder: %v", err)
	}
	p.Directory, p.cfg.Folder = nil, t.TempDir()
	p.reopen()
}

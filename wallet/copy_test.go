package wallet

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// TestChunksStandInTheirPlace: chunks that changed places, or stand there twice, are
// not read, though each is sealed by the right key.
func TestChunksStandInTheirPlace(t *testing.T) {
	w := emptyWallet(t)
	c := w.logCopy()
	out := writing{c: c}
	var ends []int64
	for i := range 4 {
		raw := wire.EventBytes(&wire.Event{Version: 1, Subject: make([]byte, 20), Height: int64(i + 1), Event: &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{}}})
		if err := out.add([]proof.Event{{Raw: raw}}); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, out.at.End)
	}
	if err := out.close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	chunk := func(i int) []byte { return file[ends[i-1]:ends[i]] }
	read := func(raw []byte) error {
		if err := os.WriteFile(c.path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return c.read(out.at, func(proof.Event, error) bool { return true })
	}
	if err := read(file); err != nil {
		t.Fatal(err)
	}
	for what, raw := range map[string][]byte{
		"two changed places": slices.Concat(file[:ends[0]], chunk(2), chunk(1), chunk(3)),
		"one stands twice":   slices.Concat(file[:ends[0]], chunk(1), chunk(1), chunk(3)),
		"the first is gone":  slices.Concat(chunk(1), chunk(2), chunk(3), chunk(3)),
	} {
		if read(raw) == nil {
			t.Errorf("%s, and it was read", what)
		}
	}
}

// FuzzLogCopy reads a copy of a stranger's making, and chunks that are sealed by the
// right key and hold anything.
func FuzzLogCopy(f *testing.F) {
	w := emptyWallet(f)
	c := w.logCopy()
	page := func(raw ...[]byte) (events []proof.Event) {
		for _, r := range raw {
			events = append(events, proof.Event{Raw: r})
		}
		return events
	}
	event := wire.EventBytes(&wire.Event{Version: 1, Subject: make([]byte, 20), Event: &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{}}})
	out := writing{c: c}
	if err := errors.Join(out.add(page(event, event)), out.add(page(event)), out.close()); err != nil {
		f.Fatal(err)
	}
	file, err := os.ReadFile(c.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file, event)
	f.Add(file[:len(file)-1], []byte{0, 0, 0, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1}, []byte{})
	f.Fuzz(func(t *testing.T, raw, plain []byte) {
		if err := os.WriteFile(c.path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		n := uint64(0)
		err := c.read(out.at, func(e proof.Event, _ error) bool { n++; return true })
		if (err == nil) != bytes.HasPrefix(raw, file) || err == nil && n != 3 {
			t.Fatalf("%d events, %v", n, err)
		}
		if events, err := splitChunk(plain); err == nil {
			size := 0
			for _, e := range events {
				size += 4 + len(e)
			}
			if size != len(plain) {
				t.Fatalf("%d of %d bytes are in events", size, len(plain))
			}
		}
	})
}

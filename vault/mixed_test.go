package vault

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestPartsOfTwoSubmissionsDoNotMix: of two deliveries of one source for one patient
// nobody makes a third, whatever part of one stands in the other.
func TestPartsOfTwoSubmissionsDoNotMix(t *testing.T) {
	w := newWorld(t, 1, 0)
	folio := func() leafs { return plainFolio(stele.Results, 2024, 2, 50) }
	for what, mix := range map[string]func(a, b *wire.Submission){
		"a folio":       func(a, b *wire.Submission) { a.Folios[0] = b.Folios[0] },
		"one more":      func(a, b *wire.Submission) { a.Folios = append(a.Folios, b.Folios[0]) },
		"one less":      func(a, _ *wire.Submission) { a.Folios = a.Folios[:1] },
		"another order": func(a, _ *wire.Submission) { a.Folios[0], a.Folios[1] = a.Folios[1], a.Folios[0] },
		"a head":        func(a, b *wire.Submission) { a.Folios[0].Head = b.Folios[0].Head },
		"a label":       func(a, b *wire.Submission) { a.Folios[0].Label = b.Folios[0].Label },
		"a capsule":     func(a, b *wire.Submission) { a.Folios[0].Capsule = b.Folios[0].Capsule },
		"own capsules exchanged": func(a, _ *wire.Submission) {
			a.Folios[0].Capsule, a.Folios[1].Capsule = a.Folios[1].Capsule, a.Folios[0].Capsule
		},
		"envelopes":  func(a, b *wire.Submission) { a.Folios[0].Envelopes = b.Folios[0].Envelopes },
		"a record":   func(a, b *wire.Submission) { a.Folios[0].Records[0] = b.Folios[0].Records[0] },
		"records":    func(a, b *wire.Submission) { a.Folios[0].Records = b.Folios[0].Records },
		"the salt":   func(a, b *wire.Submission) { a.CountSalt = b.CountSalt },
		"the signed": func(a, b *wire.Submission) { a.Head = b.Head },
		"a signature": func(a, b *wire.Submission) {
			a.Head.Signatures[0] = b.Head.Signatures[0]
		},
		"the body": func(a, b *wire.Submission) { a.Head.Body = b.Head.Body },
	} {
		a, b := w.submission(0, folio(), folio()), w.submission(0, folio(), folio())
		for i, sub := range []*wire.Submission{a, b} {
			for j, f := range sub.Folios {
				f.Capsule = append(f.Capsule[:len(f.Capsule):len(f.Capsule)], byte(i), byte(j))
				f.Envelopes = []*wire.Envelope{{KeyId: make([]byte, 32), Sealed: []byte{byte(i), byte(j)}}}
			}
		}
		a, b = w.rehead(a), w.rehead(b)
		mixed := proto.CloneOf(a)
		mix(mixed, proto.CloneOf(b))
		if _, err := w.put(0, mixed); err == nil {
			t.Errorf("%s of another delivery: it was taken", what)
		}
		w.mustPut(0, a)
		if _, err := w.put(0, mixed); err == nil {
			t.Errorf("%s of another delivery, after the true one: it was taken", what)
		}
	}
}

// TestLaw8AFileTornAnywhereIsMended: after a crash that left any beginning of a segment or
// of its keys, the vault opens, serves what was anchored from a copy, and mends it.
func TestLaw8AFileTornAnywhereIsMended(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 30))
	for _, of := range []func(int, *wire.Submission) string{w.segmentPath, w.keysPath} {
		size := 1
		for at := 0; at < size; at += 1 + size/40 {
			path := of(0, sub)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			size = len(raw)
			w.close(0)
			if err := os.WriteFile(path, raw[:min(at, size-1)], 0o600); err != nil {
				t.Fatal(err)
			}
			w.open(0)
			w.readable(0, sub)
			w.fsck(0, true)
			if found := w.fsck(0, false); len(found) != 0 {
				t.Errorf("torn at %d of %d: %v", at, size, found)
			}
			w.readable(0, sub)
		}
	}
}

// gate holds a segment up on its way to the disk.
type gate struct {
	Segments
	came, goes chan struct{}
}

func (g gate) Write(ctx context.Context, name string, raw []byte) error {
	g.came <- struct{}{}
	<-g.goes
	return g.Segments.Write(ctx, name, raw)
}

// TestLaw8ACheckTakesNothingThatIsBeingWritten: keys are on the disk before their
// segment, and both before the index knows them.
func TestLaw8ACheckTakesNothingThatIsBeingWritten(t *testing.T) {
	w := newWorld(t, 1, 0)
	g := gate{w.v(0).segments, make(chan struct{}), make(chan struct{})}
	w.v(0).segments = g
	sub := w.submission(0, plainFolio(stele.Results, 2024, 2, 50))
	put, checked := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := w.put(0, sub)
		put <- err
	}()
	<-g.came
	go func() {
		checked <- w.v(0).Fsck(context.Background(), true, func(*wire.FsckProgress) error { return nil })
	}()
	time.Sleep(100 * time.Millisecond)
	close(g.goes)
	if err := errors.Join(<-put, <-checked); err != nil {
		t.Fatal(err)
	}
	w.anchor(sub)
	w.readable(0, sub)
}

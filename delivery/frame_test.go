package delivery

import (
	"reflect"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// fullFrame has something in every field that is written.
func fullFrame(t testing.TB) frame {
	k := &kept{
		Type: "Observation", ID: "1", Version: stamp{"2", answer}, Updated: stamp{"2024-01-01T00:00:00Z", answer}, When: "2019-07", Handle: stele.ID{1},
		Category: stele.Results, Sensitivity: []stele.Sensitivity{"HIV", "PSY"}, Year: 2019, Print: [16]byte{2},
		Withdraws: []string{"Observation/0"}, Was: "laboratory's", base: "lab.example/fhir",
	}
	f := frame{Subject: stele.Subject{3}, Submission: stele.ID{4}, Made: time.UnixMilli(1_700_000_000_123)}
	f.add(k)
	f.add(&kept{Handle: stele.ID{5}, Year: -1, Version: stamp{"1", followed}, Updated: stamp{text: "2023-01-01T00:00:00Z"}})
	for i := range reflect.TypeFor[kept]().NumField() {
		if field := reflect.TypeFor[kept]().Field(i); field.IsExported() && reflect.ValueOf(*k).Field(i).IsZero() {
			t.Fatalf("%s has nothing in it", field.Name)
		}
	}
	return f
}

// TestFramesKeepEveryField writes a frame and reads it, and every one that is cut.
func TestFramesKeepEveryField(t *testing.T) {
	f := fullFrame(t)
	raw := f.encode()
	got, err := decodeFrame(raw)
	if err != nil {
		t.Fatal(err)
	}
	f.Records[0].base = "" // is found by its number
	if !reflect.DeepEqual(got, f) {
		t.Errorf("%+v\nwant %+v", got.Records[0], f.Records[0])
	}
	for n := range raw {
		if _, err := decodeFrame(raw[:n]); err == nil {
			t.Errorf("%d of %d bytes are a frame", n, len(raw))
		}
	}
	if _, err := decodeFrame(append(raw, 0)); err == nil {
		t.Error("a byte more is a frame")
	}
	raw[0]++
	if _, err := decodeFrame(raw); err == nil {
		t.Error("another version is a frame")
	}
}

// FuzzFrame reads frames of anybody's making: what can be read is written alike.
func FuzzFrame(f *testing.F) {
	whole := fullFrame(f)
	f.Add(whole.encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, err := decodeFrame(raw)
		if err != nil {
			return
		}
		second, err := decodeFrame(first.encode())
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%v: %+v, then %+v", err, first, second)
		}
	})
}

// BenchmarkRecall reads what was delivered to a patient with 25,000 records in a
// hundred submissions.
func BenchmarkRecall(b *testing.B) {
	w := newDesk(b)
	subject := stele.Subject{1}
	for range 100 {
		f := frame{Subject: subject, Submission: stele.NewID(), Made: time.Now()}
		for range 250 {
			k := record("Observation", stele.NewID().String(), "1", stele.Results)
			k.When, k.Year = "2019-07-03T10:00:00Z", 2019
			f.add(k)
		}
		if err := w.remember(w.book(subject), w.sealFrame(f)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if m, err := w.recall(subject); err != nil || len(m.byName) != 25_000 {
			b.Fatal(err)
		}
	}
}

package vault

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR44AnswersCountTheirMemory: what is counted of answers that were made, encoded
// and not taken is at least the memory that they take, whatever they are made of, and
// not many times that. Twenty answers of 17 MiB took 772 MiB and counted as half.
func TestR44AnswersCountTheirMemory(t *testing.T) {
	for name, made := range map[string]struct{ folios, capsule, envelopes, envelope int }{
		"large capsules":        {300, maxCapsule, 1, 28},
		"crumbs of folios":      {3000, 1, 0, 1},
		"crumbs of envelopes":   {100, 1, maxEnvelopes, 1},
		"folios as they are":    {500, 420, 3, 1200},
		"envelopes to nobody's": {100, 1, maxEnvelopes - 1, 1200},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1, 0)
			sub := w.submission(0, plainFolio(stele.Allergies, 2020, 1, 1))
			sub.Folios = nil
			key := w.patientSeal.ID()
			if name == "envelopes to nobody's" {
				key[0]++
			}
			for range made.folios {
				f := w.folio(plainFolio(stele.Allergies, 2020, 1, 1))
				f.Capsule, f.Envelopes = make([]byte, made.capsule), nil
				for range made.envelopes {
					f.Envelopes = append(f.Envelopes, &wire.Envelope{KeyId: key[:], Sealed: make([]byte, made.envelope)})
				}
				sub.Folios = append(sub.Folios, f)
			}
			sub = w.rehead(sub)
			w.mustPut(0, sub)
			w.anchor(sub)
			w.weigh(t, func(ctx context.Context) (proto.Message, error) {
				return w.v(0).ListOwn(ctx, &wire.ListOwnRequest{Request: w.own(0, w.patientKey)})
			})
			r := w.reader(nil)
			r.req.Audience = w.sites[0].subject[:]
			w.weigh(t, func(ctx context.Context) (proto.Message, error) {
				return w.v(0).ListFolios(ctx, &wire.ListFoliosRequest{Request: wire.Sign(wire.TagRead, r.req, r.key, w.doctorKey)})
			})
		})
	}
}

// TestR44RecordsCountTheirMemory is the same of records on their way, with the keys that
// opened them.
func TestR44RecordsCountTheirMemory(t *testing.T) {
	for _, made := range []struct{ records, size int }{{2, 1 << 20}, {4000, 1}} {
		t.Run(fmt.Sprint(made.records), func(t *testing.T) {
			w := newWorld(t, 1, 0)
			sub := w.delivered(0, plainFolio(stele.Allergies, 2020, made.records, made.size))
			in := func() *wire.GetRecordsRequest {
				return &wire.GetRecordsRequest{Request: w.own(0, w.patientKey), Own: true, Folios: [][]byte{nameIn(sub, 0)}}
			}
			w.weigh(t, func(ctx context.Context) (proto.Message, error) {
				asked, out := in(), make(chan proto.Message)
				go func() {
					err := w.v(0).GetRecords(ctx, asked, func(m *wire.GetRecordsResponse) error {
						out <- m
						<-ctx.Done() // the caller does not take it
						return nil
					})
					if err != nil {
						out <- nil
					}
				}()
				if m := <-out; m != nil {
					return m, nil
				}
				return nil, context.Canceled
			})
		})
	}
}

// TestR44CopiesCountTheirMemory is the same of what members fetch from each other.
func TestR44CopiesCountTheirMemory(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Allergies, 2020, 200, 10_000), plainFolio(stele.Allergies, 2021, 2000, 1))
	id, to := idOf(sub), w.v(1).ranked(idOf(sub), stele.Subject{})[0]
	w.weigh(t, func(ctx context.Context) (proto.Message, error) {
		return w.v(0).GetCopy(ctx, &wire.GetCopyRequest{Request: w.v(1).request(to, &wire.MemberRequest{
			Ask: &wire.MemberRequest_GetCopy{GetCopy: &wire.GetCopy{Submission: id[:]}},
		})})
	})
}

// weigh has ten answers made, encoded as a server does, and held, and compares the
// memory that they take with what the vault counts.
func (w *world) weigh(t *testing.T, ask func(context.Context) (proto.Message, error)) {
	t.Helper()
	during, over := context.WithCancel(context.Background())
	defer over()
	var kept []any
	before := live()
	for n := range 10 {
		out, err := ask(stele.WithCaller(during, stele.Caller{byte(n + 1)}))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := protojson.MarshalOptions{}.MarshalAppend(make([]byte, 0, proto.Size(out)*3/2), out)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, out, raw)
	}
	took, counted := live()-before, w.v(0).holds()
	runtime.KeepAlive(kept)
	t.Logf("%d KiB of memory, %d KiB counted", took>>10, counted>>10)
	if counted < took || counted > 4*took+1<<20 {
		t.Errorf("ten answers take %d KiB of memory; %d KiB are counted", took>>10, counted>>10)
	}
}

// TestR44OneAnswerLeavesAQuarterToOthers: one that is larger than a quarter is made where
// who asks holds nothing else, and never with the last quarter.
func TestR44OneAnswerLeavesAQuarterToOthers(t *testing.T) {
	a := &answers{most: 400}
	begin := func(who string) *held { return a.begin(context.Background(), []byte(who)) }
	large, small, other := begin("one"), begin("one"), begin("another")
	for _, step := range []struct {
		h    *held
		n    int64
		busy bool
	}{{large, 301, true}, {large, 300, false}, {large, 1, true}, {small, 1, true}, {other, 101, true}, {other, 100, false}, {other, 1, true}} {
		if err := step.h.take(step.n); (err != nil) != step.busy {
			t.Errorf("%d more: %v", step.n, err)
		}
	}
}

func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

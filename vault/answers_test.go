package vault

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR44AnswersOnTheirWayHaveABound: what the answers hold that were made and not
// taken yet, of one address, of one who asks, and of all. Twenty questions of two
// hundred bytes held a gigabyte.
func TestR44AnswersOnTheirWayHaveABound(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.filled(50, 0)
	w.mustPut(0, sub)
	w.anchor(sub)
	v := w.v(0)
	r := w.reader(nil)
	// Each asks as long as the vault answers, and takes no answer.
	asks := map[string]func(context.Context) error{
		"own list": func(ctx context.Context) error {
			_, err := v.ListOwn(ctx, &wire.ListOwnRequest{Request: w.own(0, w.patientKey)})
			return err
		},
		"list": func(ctx context.Context) error {
			r.req.Audience = w.sites[0].subject[:]
			_, err := v.ListFolios(ctx, &wire.ListFoliosRequest{Request: wire.Sign(wire.TagRead, r.req, r.key, w.doctorKey)})
			return err
		},
	}
	for name, ask := range asks {
		v.answers = answers{most: 1 << 40}
		once, end := context.WithCancel(context.Background())
		if err := ask(stele.WithCaller(once, stele.Caller{1})); err != nil {
			t.Fatal(err)
		}
		size := v.holds()
		end()
		v.drain()
		v.answers = answers{most: 44 * size} // of it a quarter: ten answers, and room to make one
		during, over := context.WithCancel(context.Background())
		call := func(n byte) context.Context { return stele.WithCaller(during, stele.Caller{n}) }
		given := 0
		for range 20 {
			err := ask(call(byte(given + 1))) // each from an address of its own
			if err != nil {
				kind(t, err, stele.KindBusy)
				continue
			}
			given++
		}
		if given != 10 {
			t.Errorf("%s: one who asks holds %d answers, want 10", name, given)
		}
		// Somebody else is answered, and held off when all is full.
		h := v.answers.begin(call(99), []byte("another"))
		if err := h.take(33 * size); err != nil {
			t.Errorf("%s: one who asks uses up another's share: %v", name, err)
		}
		if v.answers.begin(call(98), []byte("a third")).take(2*size) == nil {
			t.Errorf("%s: more is held than there is room for", name)
		}
		h.end()
		over()
		v.drain()
		// Where nobody says when the call is over, nothing is held after it.
		for range 20 {
			if err := ask(context.Background()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// Records are held while they are sent, one folio's at a time.
	records := w.submission(0, plainFolio(stele.Allergies, 2020, 2, 20_000))
	w.mustPut(0, records)
	w.anchor(records)
	row, err := v.index.get(idOf(records))
	if err != nil {
		t.Fatal(err)
	}
	v.answers = answers{most: 5 * (&volume{row: row}).size(0)}
	in := func() *wire.GetRecordsRequest {
		return &wire.GetRecordsRequest{Request: w.own(0, w.patientKey), Own: true, Folios: [][]byte{nameIn(records, 0)}}
	}
	err = v.GetRecords(context.Background(), in(), func(*wire.GetRecordsResponse) error {
		again := v.GetRecords(context.Background(), in(), func(*wire.GetRecordsResponse) error { return nil })
		kind(t, again, stele.KindBusy)
		return nil
	})
	if err != nil || v.holds() != 0 {
		t.Errorf("%v; %d bytes are held when it is sent", err, v.holds())
	}
}

// drain waits for calls that are over to give back, each by itself.
func (v *Vault) drain() {
	for range 100 {
		if v.holds() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (v *Vault) holds() int64 {
	v.answers.mu.Lock()
	defer v.answers.mu.Unlock()
	return v.answers.all
}

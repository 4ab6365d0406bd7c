package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/wire"
)

// restores measures how long a new node takes for another one's snapshot: every
// event read there, folded here into an empty store on disk, and the whole
// compared with the app hash that validators signed. Between them is no network.
func restores(ctx context.Context, r *Run) error {
	events := r.Size(50_000, 1_000_000)
	from, err := r.filled(ctx, events)
	if err != nil {
		return err
	}
	defer from.close()
	if from.events < events*99/100 {
		return fmt.Errorf("the ledger holds %d events only", from.events)
	}
	if err := from.rest(ctx); err != nil {
		return err
	}
	elapsed, err := r.Measured("", func() error {
		to, err := store.OpenForRestore(filepath.Join(r.Home, "restored"), vfs.Default, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		err = ledger.Restore(to, contract.All(), from.head, from.serve, nil)
		return errors.Join(err, to.Close()) // durable when it is closed
	})
	if err != nil {
		return err
	}
	r.Report(grouped(int64(events))+" events, checked", elapsed.Seconds(), "s", AtMost(30*float64(events)/1e6))
	r.Report("rate", Rate(from.events, elapsed), "events/s", nil)
	return nil
}

// filled is a ledger with a past.
type filled struct {
	*state.Ledger
	store  *store.Store
	head   ledger.Head
	events int
}

// serve hands out the events in parts of a thousand, one ahead, as two members
// do: the one reads while the other folds.
func (f *filled) serve(each func([]byte) error) error {
	const inPart = 1000
	parts, gone, failed := make(chan [][]byte, 1), make(chan struct{}), make(chan error, 1)
	defer close(gone)
	go func() {
		defer close(parts)
		var part [][]byte
		send := func() error {
			select {
			case parts <- part:
				part = nil
				return nil
			case <-gone:
				return context.Canceled
			}
		}
		err := f.Snapshot(f.head.Height, func(uint64) error { return nil }, func(event []byte) error {
			if part = append(part, event); len(part) == inPart {
				return send()
			}
			return nil
		})
		if err == nil {
			err = send()
		}
		failed <- err
	}()
	for part := range parts {
		for _, event := range part {
			if err := each(event); err != nil {
				return err
			}
		}
	}
	return <-failed
}

// rest waits until the store has sorted what was written to fill it. How far it is with
// that differs from one filling to the next, and would be measured, too.
func (f *filled) rest(ctx context.Context) error {
	for quiet := 0; quiet < 5; quiet++ { // one piece of work may call for another
		if f.store.Stats().Sorting {
			quiet = 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func (f *filled) close() {
	f.Ledger.Close()
	_ = f.store.Close()
}

// filled executes blocks of the mix straight into a ledger on disk until it holds
// so many events. No consensus decides on them and no signature is checked, which
// makes no difference to what is stored.
func (r *Run) filled(ctx context.Context, events int) (_ *filled, err error) {
	s, err := store.Open(filepath.Join(r.Home, "ledger"), vfs.Default, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	l, err := contract.Open(s, believed)
	if err != nil {
		return nil, err
	}
	f := &filled{Ledger: l, store: s}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	node, document := wire.NewEd25519(), wire.Marshal(&wire.KeyDocument{
		Devices: []*wire.Device{{Signing: wire.NewEd25519().Public()}}, Salt: random(16),
	})
	member, m := stele.SubjectOf(document), newMix("bench")
	now := time.Now()
	if _, err = l.Found(wire.Marshal(&wire.Genesis{
		Chain: m.chain, TimeMs: now.UnixMilli(),
		Committee: &wire.Committee{Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 1, Key: random(32), Shares: [][]byte{random(32)}},
		Members:   []*wire.Member{{KeyDocument: document, Kind: "hospital", Node: node.Public(), Trustee: wire.NewEd25519().Public(), Share: 1}},
	})); err != nil {
		return nil, err
	}
	const inBlock, inParcel = 2000, 100 // a parcel is 256 KiB at most
	write := func(txs [][]byte) error {
		for len(txs) > 0 && ctx.Err() == nil {
			f.head.Height++
			now = time.Now() // transactions expire while the ledger is being filled
			p := stele.Proposal{Height: f.head.Height, Time: now}
			for n := 0; n < inBlock && len(txs) > 0; n += inParcel {
				some := txs[:min(inParcel, len(txs))]
				txs = txs[len(some):]
				p.Parcels = append(p.Parcels, wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{
					Chain: m.chain, Member: member[:], Nonce: random(16), Transactions: some,
				}, node)))
			}
			done, err := l.Execute(p)
			if err == nil {
				err = l.Commit()
			}
			if err != nil {
				return err
			}
			for _, v := range done.Verdicts {
				if v.Err != nil {
					return v.Err
				}
			}
			f.events += done.Events
			f.head.AppHash, f.head.TimeMS = done.AppHash, now.UnixMilli()
		}
		return ctx.Err()
	}
	for _, txs := range [][][]byte{m.arrivals(events / 10), m.consents(events / 10), m.spares(events)} {
		if err == nil {
			err = write(txs)
		}
	}
	for left := events - 3*len(m.people) - events*revocations/100; left > 0 && err == nil; left -= 50_000 {
		err = write(m.transactions(min(left, 50_000)))
	}
	return f, err
}

// believed takes every signature for good.
func believed(_ wire.Tag, s *wire.Signed) ([]stele.PublicKey, error) {
	keys := make([]stele.PublicKey, len(s.Signatures))
	for i, sig := range s.Signatures {
		keys[i] = wire.Key(sig.Key)
	}
	return keys, nil
}

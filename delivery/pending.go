package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// An import whose anchor was sent and not answered may have delivered or not: the
// process died, or no member answered. What it needs to find out is written down
// before the anchor goes out, so that the next import neither delivers twice nor
// leaves out.

// pending is a delivery whose verdict is not known.
type pending struct {
	KeyIndex uint32     `json:"key"`
	Anchor   []byte     `json:"anchor"`          // bytes of the wire.MakeAnchor
	Prints   [][16]byte `json:"prints"`          // of what is in it
	Book     string     `json:"book,omitempty"`  // and what is to be remembered of them, see memory.go
	Frame    []byte     `json:"frame,omitempty"` // sealed
	Made     time.Time  `json:"made"`
}

// keptUnanchored is for how long a vault surely keeps what is not anchored: an
// anchor made later might lead to nothing.
const keptUnanchored = 20 * time.Hour

func (d *Desk) pendingFolder() string { return d.w.Beside(".pending") }

func (d *Desk) pendingFile(submission []byte) string {
	return filepath.Join(d.pendingFolder(), stele.ID(submission).String())
}

// note writes a delivery down before its anchor is sent.
func (d *Desk) note(p pending, submission []byte) error {
	raw, err := json.Marshal(p)
	if err == nil {
		err = os.MkdirAll(d.pendingFolder(), 0o700)
	}
	if err == nil {
		err = regular.Replace(d.pendingFile(submission), raw)
	}
	if err != nil {
		return stele.E("import", stele.KindOther, "a delivery could not be noted", err).WithHint("nothing of it was delivered")
	}
	return nil
}

// Settle is SettleSent for deliveries, too.
func (d *Desk) Settle(ctx context.Context) ([]wallet.Settled, error) {
	settled, open := d.w.SettleSent(ctx)
	if seen, err := d.delivered(); err == nil && len(seen.unsettled) > 0 {
		arrived, _ := d.settleNotes(ctx, seen) // what stays unknown stops the next import
		settled = append(settled, arrived...)
	}
	return settled, open
}

// Unsettled reports whether there is anything to settle.
func (d *Desk) Unsettled() bool {
	notes, _ := os.ReadDir(d.pendingFolder())
	tally, err := d.w.Tally()
	return err != nil || tally.Sent+len(notes) > 0
}

// settle finds out what became of the deliveries that a wallet's earlier life,
// or an import without an answer, left behind.
func (d *Desk) settle(ctx context.Context, seen *deliveredSet) error {
	_, err := d.settleNotes(ctx, seen)
	return err
}

// settleNotes also returns those of which it is known now.
func (d *Desk) settleNotes(ctx context.Context, seen *deliveredSet) (settled []wallet.Settled, _ error) {
	seen.settling.Lock()
	defer seen.settling.Unlock()
	for len(seen.unsettled) > 0 {
		file := seen.unsettled[0]
		if strings.HasPrefix(filepath.Base(file), ".") { // half of a note: the process was ended before its delivery went out
			if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
				return settled, stele.E("import", stele.KindOther, "half of a note can't be removed: "+file, err)
			}
			seen.unsettled = seen.unsettled[1:]
			continue
		}
		raw, err := os.ReadFile(file)
		var p pending
		if err == nil {
			err = json.Unmarshal(raw, &p)
		}
		anchor := new(wire.MakeAnchor)
		if err == nil {
			err = wire.Decode(p.Anchor, anchor)
		}
		switch {
		case errors.Is(err, os.ErrNotExist): // settled since
		case err != nil:
			return settled, stele.E("import", stele.KindOther, "the note of a delivery can't be read: "+file, err)
		default:
			arrived, err := d.settleOne(ctx, seen, p, anchor)
			if err != nil {
				return settled, err
			}
			id, _ := stele.IDFrom(anchor.Submission)
			settled = append(settled, wallet.Settled{Sent: wallet.Sent{Kind: wallet.SentDelivery, Object: id}, Happened: arrived})
			_ = os.Remove(file) // where it stays, it is settled again
		}
		seen.unsettled = seen.unsettled[1:]
	}
	return settled, nil
}

// settleOne sends an anchor again: a submission is anchored once, so the ledger
// says whether it is (KindExists). One too old to be anchored now is sent without its
// root, which no ledger takes. It reports whether the delivery arrived.
func (d *Desk) settleOne(ctx context.Context, seen *deliveredSet, p pending, anchor *wire.MakeAnchor) (arrived bool, _ error) {
	if d.w.Clock().Sub(p.Made) > keptUnanchored {
		anchor.Root = nil
	}
	_, err := d.w.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: anchor}}, d.w.Keyring().OneTime(p.KeyIndex))
	switch stele.KindOf(err) {
	case stele.KindDenied, stele.KindInvalid, stele.KindLimit:
		if err != nil {
			return false, nil // it was not delivered and never will be
		}
	case stele.KindExists:
		err = nil
	}
	if err != nil {
		return false, stele.E("import", stele.KindUnknown, "what became of an earlier delivery is not known", err).
			WithHint("nothing was delivered now; try again when a member answers")
	}
	return true, d.delivers(seen, p)
}

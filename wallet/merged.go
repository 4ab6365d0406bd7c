package wallet

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// A chart may turn out to be the owner's: it was made for them when nobody knew who they were, and two
// members and they have said so on the ledger. From then on their key speaks for it, too. It goes
// on by itself, with a log and grants of its own; a wallet keeps what it learns of it beside what it
// knows of the owner's.

// Merged lists the charts that are the owner's beside the own, as the own log says, in the order in
// which they came.
func (s *Session) Merged(ctx context.Context) ([]stele.Subject, error) {
	log, err := s.Log(ctx)
	if err != nil {
		return nil, err
	}
	return MergedOn(log)
}

// MergedOn is Merged, of a log that was read.
func MergedOn(log *OwnLog) (charts []stele.Subject, err error) {
	for e, err := range log.Events() {
		if err != nil {
			return nil, err
		}
		about := e.Event.About()
		other, wrong := stele.SubjectFrom(about.Other)
		if about.Place != wire.PlaceMerge || wrong != nil {
			continue
		}
		// In the log of the one that was merged stands into whom; that one's keys speak for both.
		charts = slices.DeleteFunc(charts, func(c stele.Subject) bool { return c == other })
		if about.Merged && len(about.Commitment) == 0 {
			charts = append(charts, other)
		}
	}
	return charts, nil
}

// othersTimeout is how long a reader waits to learn of another chart: what opened is there to be read.
const othersTimeout = 3 * time.Second

// OtherCharts asks members which other charts are the person's of whom the owner holds a grant
// (AsGiven) or has opened a chart in an emergency (AsActivated), in the order of their bytes.
func (s *Session) OtherCharts(ctx context.Context, g stele.Grant) ([]stele.Subject, error) {
	ctx, cancel := context.WithTimeout(ctx, othersTimeout)
	defer cancel()
	is, err := s.ledgerGrant(ctx, g, func(is stele.Grant) stele.Grant {
		return stele.Grant{Beside: slices.SortedFunc(slices.Values(is.Beside), func(a, b stele.Subject) int { return bytes.Compare(a[:], b[:]) })}
	})
	return is.Beside, err
}

// besideChart is what the names begin with of all that lies beside a wallet for another chart of the owner's.
const besideChart = ".chart-"

// BooksBeside counts the other charts of which the wallet has learned something: those that are merged into the
// owner's, or were.
func (w *Wallet) BooksBeside() (n int) {
	all, _ := os.ReadDir(filepath.Dir(w.path)) // what can't be listed can't be opened either
	for _, e := range all {
		if strings.HasPrefix(e.Name(), filepath.Base(w.path)+besideChart) && strings.HasSuffix(e.Name(), bookSuffix+book.MarkSuffix) {
			n++
		}
	}
	return n
}

// Chart puts the wallet to work on another chart of the owner's. What it learns of it lies beside the
// wallet, in a book of its own. Close its Wallet, and leave the connections to the session that it is
// of. It fails with KindDenied where the owner's key does not speak for the chart, and with
// KindBusy when it is open already.
func (s *Session) Chart(ctx context.Context, chart stele.Subject) (*Session, error) {
	const op = "open chart"
	devices, err := s.Keys(ctx, chart)
	if err != nil {
		return nil, err
	}
	me := wire.Key(s.Keyring().Signer().Public())
	if chart == s.Subject() || !slices.ContainsFunc(devices, func(d *wire.Device) bool { return wire.Key(d.Signing) == me }) {
		if acts, err := s.HeldFor(chart, stele.ActionDelegate); err == nil && len(acts) > 0 {
			return nil, stele.E(op, stele.KindDenied, "you act for the person whose chart that is; this is not among what you may do for them", nil).
				WithHint("stele delegate list --long tells what you may do; you read with stele wallet open, and give with --acting-for")
		}
		return nil, stele.E(op, stele.KindDenied, "that is no chart that is merged into yours", nil).WithHint("stele wallet merge list lists those that are")
	}
	g, err := proof.ReadGenesis(s.Network.Genesis)
	if err != nil {
		return nil, err
	}
	w := newWalletAt(s.Beside(besideChart+chart.Short()), s.stores)
	w.keys, w.fresh = s.Keyring().For(chart), !learnedBeside(w.path)
	if err := w.acquire(); err != nil {
		return nil, err
	}
	if err := w.openBook(false); err != nil {
		w.Close()
		return nil, err
	}
	if err := w.pin(g, s.Network.Genesis); err != nil {
		w.Close()
		return nil, err
	}
	on := NewSession(w, s.Network, s.History())
	on.Clock = s.Clock
	return on, nil
}

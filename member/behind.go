package member

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/proof"
)

const (
	wellAhead   = 100              // blocks from which on an empty member takes a snapshot
	justFounded = 10 * time.Second // age of a genesis before which nobody is ahead
	watchFirst  = 10 * time.Second // after the start, whether the others still have the blocks that are missing here
	watchEvery  = 30 * time.Second
)

// prepare finishes a restore that was interrupted, and restores a member that
// cannot, or need not, get where the others are by blocks.
func prepare(ctx context.Context, config Config, log *slog.Logger) error {
	if err := refuseEarlier(config.Folder); err != nil {
		return err
	}
	if err := settle(config.Folder, nil); err != nil {
		return err
	}
	if len(config.Network.Members) < 2 {
		return nil
	}
	must, may, err := lacking(config)
	if err != nil || !must && !may {
		return err
	}
	from := sources(ctx, config, netfile.Addresses(config.Network, founders(config.Network)))
	if !must {
		if len(from) == 0 {
			return nil // perhaps nobody runs yet
		}
		run, err := inForce(ctx, config, from)
		if err != nil {
			closeAll(from)
			return err
		}
		height := agreed(run, from, func(s *api.StatusResponse) int64 { return s.Height })
		must = !anyHas(from, 1) // its block 1
		if !must && height < wellAhead {
			closeAll(from)
			return nil
		}
	}
	err = restore(ctx, config, from)
	if err != nil && !must {
		log.Warn("no snapshot was taken; the blocks are executed instead", "why", sentence(err))
		return nil
	}
	return err
}

// lacking says whether a stopped member must restore, since its own blocks do not
// lead to the newest one, or may, since it has none.
func lacking(config Config) (must, may bool, err error) {
	if present(filepath.Join(config.Folder, wantedFile)) {
		return true, false, nil
	}
	if present(filepath.Join(config.Folder, "ledger")) {
		return false, false, nil
	}
	oldest, newest, state, err := chain.Stored(filepath.Join(config.Folder, "chain"))
	if err != nil || newest > 0 || state > 0 {
		return oldest != 1, false, err
	}
	g, err := proof.ReadGenesis(config.Network.Genesis)
	return false, err == nil && time.Since(g.Trusted.Time()) > justFounded, err
}

// anyHas reports whether one of the others still has a block.
func anyHas(from []source, height int64) bool {
	for _, s := range from {
		if s.status.Oldest <= height && s.status.Height >= height {
			return true
		}
	}
	return false
}

// watch looks now and then whether a node that does not move lacks a block that
// nobody has any more. It would wait for ever; so the member says that it can't
// go on, and restores at its next start.
func (m *Member) watch(ctx context.Context) {
	timer := time.NewTimer(watchFirst)
	defer timer.Stop()
	var before int64 = -1
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			timer.Reset(watchEvery)
		}
		m.chain.Meet(m.others.nodes(m.config.Peers))
		height := m.chain.Newest().Height
		if height == before || before < 0 && m.chain.Syncing() {
			if err := m.stranded(ctx, height); err != nil {
				m.failed <- err
				return
			}
		}
		before = height
	}
}

// stranded fails when more members than may be faulty say that they lack the
// next block and are past it.
func (m *Member) stranded(ctx context.Context, height int64) error {
	run, err := m.ledger.Consortium()
	if err != nil {
		return nil // it has no block yet
	}
	from := sources(ctx, m.config, m.others.addresses())
	defer closeAll(from)
	if len(from) <= stele.Faulty(len(run.Members)) || anyHas(from, height+1) {
		return nil
	}
	for _, s := range from {
		if s.status.Oldest <= height+1 {
			return nil // not there yet itself
		}
	}
	if err := writeDurably(m.folder(wantedFile), []byte("The blocks after this member's newest are gone. It restores at its next start.\n")); err != nil {
		m.config.Log.Error("a note can't be written", "file", wantedFile)
	}
	return stele.E("follow blocks", stele.KindOther, "this member was away so long that nobody has the blocks that it missed", nil).
		WithHint("start it again: it restores from another member's snapshot")
}

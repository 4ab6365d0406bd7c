package member

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/wire"
)

const (
	opRestore     = "restore member"
	statusWithin  = 3 * time.Second
	partWithin    = 30 * time.Second // silence after which a snapshot's source is given up
	streamWithin  = 2 * time.Hour    // a snapshot
	behindAtMost  = 100              // blocks that a source may be behind the others
	progressEvery = 2 * time.Second
)

// Restore makes a member's ledger and chain anew from another member's snapshot.
// The member must not run. It keeps everything else: identity, vault, trustee,
// directory, and what the validator has signed.
//
// The members are tried one after the other until one gives a snapshot that comes
// to what the validators signed; nothing of what it sends is believed otherwise.
// What was there before stays until the new is whole. It fails with KindProof
// when what members served does not check, naming them, and with KindUnreachable
// when nobody serves.
func Restore(ctx context.Context, config Config) error {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if err := cmp.Or(refuseEarlier(config.Folder), owned(opRestore, config.Folder)); err != nil {
		return err
	}
	free, err := lockOut(opRestore, filepath.Join(config.Folder, "ledger"))
	if err != nil {
		return err
	}
	defer free()
	if err := settle(config.Folder, nil); err != nil {
		return err
	}
	return restore(ctx, config, sources(ctx, config, netfile.Addresses(config.Network, founders(config.Network))))
}

// source is another member that may serve a snapshot.
type source struct {
	subject stele.Subject
	name    string
	client  *api.Client
	status  *api.StatusResponse
}

// founders are who ran the network at its beginning; nobody where the file is none.
func founders(n *wire.Network) *wire.Consortium {
	g, err := proof.ReadGenesis(n.Genesis)
	if err != nil {
		return nil
	}
	return g.History().Now()
}

// sources asks the other members, of all, where they stand; those that answer, highest
// first.
func sources(ctx context.Context, config Config, all []*wire.MemberAddress) []source {
	ctx, cancel := context.WithTimeout(ctx, statusWithin)
	defer cancel()
	fingerprint := sha256.Sum256(config.Network.Genesis)
	var mu sync.Mutex
	var wg sync.WaitGroup
	var out []source
	for _, a := range all {
		subject, err := stele.SubjectFrom(a.Subject)
		if err != nil || subject == config.Identity.Subject {
			continue
		}
		wg.Go(func() {
			client, err := api.DialMember(a)
			if err != nil {
				return
			}
			status, err := client.Ledger.Status(ctx, &api.StatusRequest{})
			if err != nil || string(status.Fingerprint) != string(fingerprint[:]) {
				client.Close()
				return
			}
			mu.Lock()
			defer mu.Unlock()
			out = append(out, source{subject, a.Name, client, status})
		})
	}
	wg.Wait()
	slices.SortFunc(out, func(a, b source) int {
		return cmp.Or(cmp.Compare(b.status.Height, a.status.Height), cmp.Compare(a.name, b.name))
	})
	return out
}

// inForce returns who runs the network, by the newest that any of the sources proves from
// the genesis on; the founders where none does. So many must agree as that says.
func inForce(ctx context.Context, config Config, from []source) (*wire.Consortium, error) {
	g, err := proof.ReadGenesis(config.Network.Genesis)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, partWithin)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	newest, told := g.History().Now(), int64(-1)
	for _, s := range from {
		wg.Go(func() {
			node := api.Direct{Ledger: s.client.Ledger}
			client, err := light.New(light.Config{Genesis: config.Network.Genesis, Source: shown{node}, Clock: time.Now})
			if err != nil {
				return
			}
			history, height, err := client.Consortium(ctx, node.Consortium)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && height > told {
				newest, told = history.Now(), height
			}
		})
	}
	wg.Wait()
	return newest, nil
}

func same(a, b []*wire.MemberAddress) bool {
	return slices.EqualFunc(a, b, func(a, b *wire.MemberAddress) bool { return proto.Equal(a, b) })
}

// shown is the headers that a member shows.
type shown struct{ node api.Direct }

func (s shown) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	return s.node.Light(ctx, height)
}

func closeAll(from []source) {
	for _, s := range from {
		s.client.Close()
	}
}

// agreed returns the value that at least one honest member reaches: of so many who run
// the network so many say as much or more that they can't all be faulty.
func agreed[T cmp.Ordered](run *wire.Consortium, from []source, value func(*api.StatusResponse) T) T {
	values := make([]T, len(from))
	for i, s := range from {
		values[i] = value(s.status)
	}
	slices.SortFunc(values, func(a, b T) int { return cmp.Compare(b, a) })
	return values[min(stele.Faulty(len(run.Members)), len(values)-1)]
}

// restore tries the sources in turn and closes them.
func restore(ctx context.Context, config Config, from []source) error {
	defer func() { closeAll(from) }()
	if err := movable(opRestore, config.Folder); err != nil {
		return err
	}
	if len(from) == 0 {
		return stele.E(opRestore, stele.KindUnreachable, "no other member answers", nil).
			WithHint("a restore takes another member's snapshot: check the addresses in the network file")
	}
	run, err := inForce(ctx, config, from)
	if err != nil {
		return err
	}
	if all := netfile.Addresses(config.Network, run); !same(all, netfile.Addresses(config.Network, founders(config.Network))) {
		closeAll(from) // some came, left or moved
		if from = sources(ctx, config, all); len(from) == 0 {
			return stele.E(opRestore, stele.KindUnreachable, "no other member answers where the consortium's log says that they are", nil)
		}
	}
	height := agreed(run, from, func(s *api.StatusResponse) int64 { return s.Height })
	most := agreed(run, from, func(s *api.StatusResponse) uint64 { return s.Events })
	most += most/10 + 100_000 // the network goes on
	var errs []error
	var said []string
	kind := stele.KindUnreachable
	for _, s := range from {
		var err error = stele.E(opRestore, stele.KindBusy, "it is behind the others", nil)
		if s.status.Height >= height-behindAtMost {
			t := &taking{config: config, from: s, most: most, log: config.Log.With("member", config.Identity.Name, "from", s.name)}
			if err = t.run(ctx); err == nil {
				return finish(config.Folder)
			}
			_ = os.RemoveAll(filepath.Join(config.Folder, makingFolder)) // settle does it otherwise
		}
		if ctx.Err() != nil {
			return stele.E(opRestore, stele.KindUnreachable, "the restore was ended", ctx.Err()).WithHint("what was there before is still there")
		}
		errs, said = append(errs, err), append(said, s.name+": "+sentence(err))
		config.Log.Warn("a snapshot was not taken", "member", config.Identity.Name, "from", s.name, "kind", stele.KindOf(err).String(), "why", sentence(err))
		if stele.KindOf(err) == stele.KindProof {
			kind = stele.KindProof
		}
	}
	return stele.E(opRestore, kind, "no snapshot could be taken ("+strings.Join(said, "; ")+")", errors.Join(errs...)).
		WithHint("what was there before is still there")
}

// sentence is what an error says, without its causes.
func sentence(err error) string {
	var ours *stele.Error
	if errors.As(err, &ours) && ours.Text != "" {
		return ours.Text
	}
	return "it failed"
}

// taking is the taking of a snapshot from one member.
type taking struct {
	config Config
	from   source
	most   uint64 // events that are believed possible
	log    *slog.Logger
}

// run makes ledger and chain in the folder of what is being made.
func (t *taking) run(ctx context.Context) error {
	making := filepath.Join(t.config.Folder, makingFolder)
	if err := settle(t.config.Folder, nil); err != nil {
		return err
	}
	began := time.Now()
	head, headers, err := t.headers(ctx)
	if err != nil {
		return err
	}
	s, err := store.OpenForRestore(filepath.Join(making, "ledger"), vfs.Default, t.log)
	if err != nil {
		return err
	}
	var events uint64
	err = ledger.Restore(s, contract.All(), head, func(each func([]byte) error) error {
		return t.stream(ctx, head.Height, &events, each)
	}, t.progress(&events))
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	if err := chain.Bootstrap(filepath.Join(making, "chain"), t.config.Network.Genesis, headers); err != nil {
		return err
	}
	t.log.Info("restored", "height", head.Height, "events", events, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

// headers chooses the height, two below the newest, so that both headers that
// are needed above it exist, and checks all three from the genesis on. They are
// the serving member's: who lies about the one is not believed about the other.
func (t *taking) headers(ctx context.Context) (head ledger.Head, blocks [3]*wire.LightBlock, err error) {
	height := t.from.status.Height - 2
	if height < 1 {
		return head, blocks, stele.E(opRestore, stele.KindBusy, "the network has just begun", nil).WithHint("start the member: it gets the few blocks there are")
	}
	client, err := light.New(light.Config{Genesis: t.config.Network.Genesis, Source: shown{api.Direct{Ledger: t.from.client.Ledger}}, Clock: time.Now})
	if err != nil {
		return head, blocks, err
	}
	var checked [3]proof.Header
	for i := range blocks {
		if checked[i], blocks[i], err = client.Block(ctx, height+int64(i)); err != nil {
			return head, blocks, err
		}
	}
	return ledger.Head{Height: height, TimeMS: checked[0].Time.UnixMilli(), AppHash: checked[1].AppHash}, blocks, nil
}

// stream asks for a snapshot and hands on its events. A source that says nothing
// for a while, or more than there can be, is given up.
func (t *taking) stream(ctx context.Context, height int64, events *uint64, each func([]byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, streamWithin)
	defer cancel()
	silent := time.AfterFunc(partWithin, cancel)
	defer silent.Stop()
	begun, taken := false, uint64(0)
	err := t.from.client.Ledger.Snapshot(ctx, &api.SnapshotRequest{Request: t.request(height)}, func(part *api.SnapshotPart) error {
		silent.Stop()
		defer silent.Reset(partWithin) // what it costs here is not the source's silence
		switch {
		case !begun:
			begun, *events = true, part.Events
		case len(part.Event) == 0:
			return stele.E(opRestore, stele.KindProof, "a part without events", nil)
		}
		if taken += uint64(len(part.Event)); taken > *events || taken > t.most {
			return stele.E(opRestore, stele.KindProof, "more events than there are", nil)
		}
		for _, e := range part.Event {
			if err := each(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && taken != *events {
		err = stele.E(opRestore, stele.KindProof, "fewer events than were announced", nil)
	}
	return err
}

// request signs a request for a snapshot.
func (t *taking) request(height int64) *wire.Signed {
	nonce := make([]byte, 16)
	rand.Read(nonce)
	founding, _ := proof.ReadGenesis(t.config.Network.Genesis) // the light client has read it before
	return wire.Sign(wire.TagMember, &wire.MemberRequest{
		Chain: founding.Trusted.Chain(), Audience: t.from.subject[:], Member: t.config.Identity.Subject[:],
		AtMs: time.Now().UnixMilli(), Nonce: nonce,
		Ask: &wire.MemberRequest_TakeSnapshot{TakeSnapshot: &wire.TakeSnapshot{Height: height}},
	}, t.config.Identity.Node())
}

// progress tells now and then how far it is.
func (t *taking) progress(of *uint64) func(uint64) {
	told := time.Now()
	return func(events uint64) {
		if time.Since(told) > progressEvery {
			told = time.Now()
			t.log.Info("restoring", "events", events, "of", *of)
		}
	}
}

package vault

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/steletest"
	"github.com/stele-health/stele/wire"
)

const chain = "stele-test"

// line is a member's vault as others reach it; it can be cut.
type line struct {
	v    func() *Vault
	who  stele.Subject
	mu   sync.Mutex
	cut  bool
	puts atomic.Int64                            // copies that it was sent
	lie  func(*wire.Submission) *wire.Submission // in place of each copy that it gives; nil: none
}

func (l *line) Subject() stele.Subject { return l.who }
func (l *line) set(cut bool)           { l.mu.Lock(); defer l.mu.Unlock(); l.cut = cut }
func (l *line) up() (*Vault, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v := l.v(); !l.cut && v != nil {
		return v, nil
	}
	return nil, stele.E("dial", stele.KindUnreachable, "the line is cut", nil)
}
func (l *line) PutCopy(ctx context.Context, in *wire.PutCopyRequest) (*wire.PutCopyResponse, error) {
	l.puts.Add(1)
	v, err := l.up()
	if err != nil {
		return nil, err
	}
	return v.PutCopy(ctx, in)
}
func (l *line) GetCopy(ctx context.Context, in *wire.GetCopyRequest) (*wire.GetCopyResponse, error) {
	v, err := l.up()
	if err != nil {
		return nil, err
	}
	out, err := v.GetCopy(ctx, in)
	if sub := new(wire.Submission); err == nil && l.lie != nil && wire.Decode(out.Submission, sub) == nil {
		out.Submission = wire.Marshal(l.lie(sub))
	}
	return out, err
}
func (l *line) ListCopies(ctx context.Context, in *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error) {
	v, err := l.up()
	if err != nil {
		return nil, err
	}
	return v.ListCopies(ctx, in)
}

type site struct {
	subject stele.Subject
	key     wire.Ed25519
	folder  string
	line    *line
	vault   *Vault
	fs      vfs.FS
	log     *slog.Logger // nil: into the world's logs
}

// world is a consortium with a patient, a source that writes and a doctor who
// reads.
type world struct {
	t      testing.TB
	ledger *steletest.Ledger
	mu     sync.Mutex
	clock  time.Time
	copies int
	sites  []*site
	logs   *steletest.Log

	patient     stele.Subject
	patientKey  wire.Ed25519
	patientSeal *seal.SealKey
	source      stele.Subject
	sourceKey   wire.Ed25519
	writeGrant  stele.ID
	writeKey    wire.Ed25519
	issuer      wire.Ed25519
	doctor      stele.Subject
	doctorKey   wire.Ed25519
}

func subjectNamed(name string) stele.Subject { return stele.SubjectOf([]byte(name)) }

// machine is the machine's own file system, on a disk that has room: what a vault refuses
// when it has none is tested by itself, not by where the tests run.
var machine vfs.FS = roomy{vfs.Default}

type roomy struct{ vfs.FS }

func (roomy) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 41}, nil
}

func newWorld(t testing.TB, members, copies int) *world {
	w := &world{
		t: t, copies: copies, clock: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), logs: &steletest.Log{},
		patient: subjectNamed("patient"), patientKey: wire.NewEd25519(), source: subjectNamed("source"),
		writeGrant: stele.NewID(), writeKey: wire.NewEd25519(), issuer: wire.NewEd25519(),
		doctor: subjectNamed("doctor"), doctorKey: wire.NewEd25519(), sourceKey: wire.NewEd25519(),
	}
	var err error
	if w.patientSeal, err = seal.NewSealKey(); err != nil {
		t.Fatal(err)
	}
	w.ledger = steletest.NewLedger()
	w.ledger.Block = stele.Block{Height: 10, Time: w.clock}
	w.ledger.Subjects[w.patient] = stele.Keys{
		Subject: w.patient, Signing: []stele.PublicKey{wire.Key(w.patientKey.Public())}, Seal: [][]byte{w.patientSeal.Public()},
	}
	w.ledger.Subjects[w.source] = stele.Keys{Subject: w.source, Signing: []stele.PublicKey{wire.Key(w.sourceKey.Public())}}
	w.ledger.Subjects[w.doctor] = stele.Keys{Subject: w.doctor, Signing: []stele.PublicKey{wire.Key(w.doctorKey.Public())}}
	w.ledger.Grants[w.writeGrant] = stele.Grant{
		ID: w.writeGrant, Subject: w.patient, Action: stele.ActionWrite, Grantee: wire.Key(w.writeKey.Public()),
		NotBefore: w.clock.Add(-time.Hour), End: w.clock.Add(1000 * time.Hour), Status: stele.GrantActive,
	}
	w.ledger.Network = stele.Consortium{Chain: chain, Issuers: []stele.PublicKey{wire.Key(w.issuer.Public())}, Committee: stele.Committee{Key: []byte("committee")}}
	for i := range members {
		s := &site{subject: subjectNamed(fmt.Sprint("member ", i)), key: wire.NewEd25519(), folder: t.TempDir()}
		s.line = &line{who: s.subject, v: func() *Vault { w.mu.Lock(); defer w.mu.Unlock(); return s.vault }}
		w.sites = append(w.sites, s)
		w.ledger.Network.Members = append(w.ledger.Network.Members, stele.Member{Subject: s.subject, Node: wire.Key(s.key.Public())})
	}
	for i := range members {
		w.open(i)
	}
	t.Cleanup(func() {
		for i := range w.sites {
			w.close(i)
		}
	})
	return w
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.clock }

// advance moves all clocks and the ledger.
func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	w.clock = w.clock.Add(d)
	now := w.clock
	w.mu.Unlock()
	w.ledger.Change(func() { w.ledger.Block = stele.Block{Height: w.ledger.Block.Height + 1, Time: now} })
}

func (w *world) tryOpen(i int) error {
	s := w.sites[i]
	log := s.log
	if log == nil {
		log = slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	v, err := Open(context.Background(), Config{
		Folder: s.folder, Ledger: w.ledger, Member: s.subject, Chain: chain, Copies: func(int) int { return w.copies }, Signer: s.key,
		Peers: func() (peers []Peer) {
			for _, o := range w.sites {
				peers = append(peers, o.line)
			}
			return peers
		},
		Clock: w.now, Log: log, Fits: fitsLabel,
		Retry: time.Hour, Refusal: time.Millisecond, FS: cmp.Or(s.fs, machine),
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	s.vault = v
	w.mu.Unlock()
	return nil
}

func (w *world) open(i int) *Vault {
	w.t.Helper()
	if err := w.tryOpen(i); err != nil {
		w.t.Fatalf("open vault %d: %v", i, err)
	}
	return w.sites[i].vault
}

func (w *world) close(i int) {
	w.mu.Lock()
	v := w.sites[i].vault
	w.sites[i].vault = nil
	w.mu.Unlock()
	if v != nil {
		_ = v.Close()
	}
}

func (w *world) v(i int) *Vault { return w.sites[i].vault }

// fsck runs a check and returns the findings.
func (w *world) fsck(i int, repair bool) (found []*wire.Finding) {
	w.t.Helper()
	finished := false
	err := w.v(i).Fsck(context.Background(), repair, func(p *wire.FsckProgress) error {
		if p.Finding != nil {
			found = append(found, p.Finding)
		}
		finished = p.Finished
		return nil
	})
	if err != nil || !finished {
		w.t.Fatalf("fsck: finished %v, %v", finished, err)
	}
	return found
}

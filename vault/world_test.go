package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

const chain = "stele-test"

// memory is a ledger in memory: what a node would say, without consensus.
type memory struct {
	mu         sync.Mutex
	newest     stele.Block
	subjects   map[stele.Subject]stele.Keys
	grants     map[stele.ID]stele.Grant
	accesses   map[stele.ID]stele.Access
	anchors    map[stele.ID]stele.Anchor
	consortium stele.Consortium
}

func absent() error { return stele.E("test ledger", stele.KindNotFound, "absent", nil) }

func lookup[K comparable, T any](m *memory, table map[K]T, k K) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	got, ok := table[k]
	if !ok {
		return got, absent()
	}
	return got, nil
}

func (m *memory) Newest() stele.Block {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.newest
}
func (m *memory) Subject(s stele.Subject) (stele.Keys, error) { return lookup(m, m.subjects, s) }
func (m *memory) Grant(id stele.ID) (stele.Grant, error)      { return lookup(m, m.grants, id) }
func (m *memory) Access(id stele.ID) (stele.Access, error)    { return lookup(m, m.accesses, id) }
func (m *memory) Anchor(s stele.Subject, id stele.ID) (stele.Anchor, error) {
	a, err := lookup(m, m.anchors, id)
	if err == nil && a.Subject != s {
		err = absent()
	}
	return a, err
}
func (m *memory) Consortium() (stele.Consortium, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.consortium, nil
}

func (m *memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// line is a member's vault as others reach it; it can be cut.
type line struct {
	v   func() *Vault
	who stele.Subject
	mu  sync.Mutex
	cut bool
	lie func(*wire.Submission) *wire.Submission // in place of each copy that it gives; nil: none
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
	ledger *memory
	mu     sync.Mutex
	clock  time.Time
	copies int
	sites  []*site
	logs   *safeBuffer

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

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *safeBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func subjectNamed(name string) stele.Subject { return stele.SubjectOf([]byte(name)) }

func newWorld(t testing.TB, members, copies int) *world {
	w := &world{
		t: t, copies: copies, clock: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), logs: &safeBuffer{},
		patient: subjectNamed("patient"), patientKey: wire.NewEd25519(), source: subjectNamed("source"),
		writeGrant: stele.NewID(), writeKey: wire.NewEd25519(), issuer: wire.NewEd25519(),
		doctor: subjectNamed("doctor"), doctorKey: wire.NewEd25519(), sourceKey: wire.NewEd25519(),
	}
	var err error
	if w.patientSeal, err = seal.NewSealKey(); err != nil {
		t.Fatal(err)
	}
	w.ledger = &memory{
		newest:   stele.Block{Height: 10, Time: w.clock},
		subjects: map[stele.Subject]stele.Keys{}, grants: map[stele.ID]stele.Grant{},
		accesses: map[stele.ID]stele.Access{}, anchors: map[stele.ID]stele.Anchor{},
	}
	w.ledger.subjects[w.patient] = stele.Keys{
		Subject: w.patient, Signing: []stele.PublicKey{wire.Key(w.patientKey.Public())}, Seal: [][]byte{w.patientSeal.Public()},
	}
	w.ledger.subjects[w.source] = stele.Keys{Subject: w.source, Signing: []stele.PublicKey{wire.Key(w.sourceKey.Public())}}
	w.ledger.subjects[w.doctor] = stele.Keys{Subject: w.doctor, Signing: []stele.PublicKey{wire.Key(w.doctorKey.Public())}}
	w.ledger.grants[w.writeGrant] = stele.Grant{
		ID: w.writeGrant, Subject: w.patient, Action: stele.ActionWrite, Grantee: wire.Key(w.writeKey.Public()),
		NotBefore: w.clock.Add(-time.Hour), End: w.clock.Add(1000 * time.Hour), Status: stele.GrantActive,
	}
	w.ledger.consortium = stele.Consortium{Chain: chain, Issuers: []stele.PublicKey{wire.Key(w.issuer.Public())}}
	for i := range members {
		s := &site{subject: subjectNamed(fmt.Sprint("member ", i)), key: wire.NewEd25519(), folder: t.TempDir()}
		s.line = &line{who: s.subject, v: func() *Vault { w.mu.Lock(); defer w.mu.Unlock(); return s.vault }}
		w.sites = append(w.sites, s)
		w.ledger.consortium.Members = append(w.ledger.consortium.Members, stele.Member{Subject: s.subject, Node: wire.Key(s.key.Public())})
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
	w.ledger.change(func() { w.ledger.newest = stele.Block{Height: w.ledger.newest.Height + 1, Time: now} })
}

func (w *world) tryOpen(i int) error {
	s := w.sites[i]
	log := s.log
	if log == nil {
		log = slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	v, err := Open(context.Background(), Config{
		Folder: s.folder, Ledger: w.ledger, Member: s.subject, Chain: chain, Copies: w.copies, Signer: s.key,
		Peers: func() (peers []Peer) {
			for _, o := range w.sites {
				peers = append(peers, o.line)
			}
			return peers
		},
		Clock: w.now, Log: log,
		Retry: time.Hour, Refusal: time.Millisecond, FS: s.fs,
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

// paper is a record on its way in.
type paper struct {
	text string
	when string
}

// leafs is a folio on its way in.
type leafs struct {
	category    stele.Category
	sensitivity []string
	year        int32
	papers      []paper
}

func plainFolio(c stele.Category, year int32, n, size int) leafs {
	l := leafs{category: c, year: year}
	for i := range n {
		l.papers = append(l.papers, paper{string(bytes.Repeat([]byte{byte('a' + i%26)}, size)), fmt.Sprintf("%d-06-%02d", year, i%28+1)})
	}
	return l
}

// submission seals folios as a wallet does.
func (w *world) submission(home int, folios ...leafs) *wire.Submission {
	sub := &wire.Submission{}
	var heads [][]byte
	records := 0
	for _, l := range folios {
		f := w.folio(l)
		records += len(f.Records)
		sub.Folios, heads = append(sub.Folios, f), append(heads, f.Head)
	}
	id, root, salt := stele.NewID(), proof.SubmissionRoot(heads), seal.NewSalt()
	content := proof.SubmissionContent(sub.Folios)
	count := seal.Commit(salt, seal.TagCount, binary.BigEndian.AppendUint32(nil, uint32(records)))
	sub.CountSalt = salt[:]
	home20 := w.sites[home].subject
	sub.Head = wire.Sign(wire.TagSubmission, &wire.SubmissionHead{
		Chain: chain, Submission: id[:], Subject: w.patient[:], Grant: w.writeGrant[:], Root: root[:], Source: w.source[:],
		SourceSalt: salt[:], CountCommitment: count[:], MadeMs: w.now().UnixMilli(), Home: home20[:], Content: content[:],
	}, w.writeKey, w.sourceKey)
	return sub
}

func (w *world) folio(l leafs) *wire.Folio {
	key, id, salt := seal.NewKey(), stele.NewID(), seal.NewSalt()
	f := &wire.Folio{Label: &wire.LabelOpening{Salt: salt[:], Label: wire.Marshal(&wire.Label{
		Category: string(l.category), Sensitivity: l.sensitivity, Year: l.year, Source: w.source[:],
	})}}
	for _, p := range l.papers {
		handle := stele.NewID()
		cover := wire.Marshal(&wire.Cover{Handle: handle[:], Type: "Observation", When: p.when, Size: uint32(len(p.text))})
		sealed, commitment := seal.SealRecord(&key, handle, cover, []byte(p.text))
		f.Records = append(f.Records, &wire.SealedRecord{
			Suite: wire.SuiteSeal, Cover: cover, Ciphertext: sealed, PlaintextCommitment: commitment[:],
			Provenance: wire.Marshal(&wire.Provenance{Attester: w.source[:]}),
		})
	}
	label, commitment, root := seal.Commit(salt, seal.TagLabel, f.Label.Label), key.Commitment(), proof.RecordsRoot(f.Records)
	f.Head = wire.Marshal(&wire.FolioHead{
		Suite: wire.SuiteSeal, Folio: id[:], LabelCommitment: label[:], KeyCommitment: commitment[:], RecordsRoot: root[:], Records: uint32(len(l.papers)),
	})
	f.Capsule = []byte("a capsule, which a vault does not look into")
	other := sha256.Sum256([]byte("a device rotated out"))
	mine := w.patientSeal.ID()
	f.Envelopes = []*wire.Envelope{{KeyId: mine[:], Sealed: []byte("envelope of the current key")}, {KeyId: other[:], Sealed: []byte("envelope of the old key")}}
	return f
}

func headOf(sub *wire.Submission) *wire.SubmissionHead {
	h := &wire.SubmissionHead{}
	if err := wire.Decode(sub.Head.Body, h); err != nil {
		panic(err)
	}
	return h
}

func idOf(sub *wire.Submission) stele.ID { return stele.ID(headOf(sub).Submission) }

// placeIn is where a vault keeps a submission.
func placeIn(sub *wire.Submission) stele.ID {
	return placeOf(stele.Subject(headOf(sub).Subject), idOf(sub))
}

// resign changes a submission's head and signs it, as it stands now, again.
func (w *world) resign(sub *wire.Submission, signer wire.Signer, change func(*wire.SubmissionHead)) *wire.Submission {
	h, content := headOf(sub), proof.SubmissionContent(sub.Folios)
	h.Content = content[:]
	change(h)
	return &wire.Submission{Head: wire.Sign(wire.TagSubmission, h, signer, w.sourceKey), Folios: sub.Folios, CountSalt: sub.CountSalt}
}

func (w *world) anchor(sub *wire.Submission) {
	h := headOf(sub)
	w.ledger.change(func() {
		w.ledger.anchors[stele.ID(h.Submission)] = stele.Anchor{
			Submission: stele.ID(h.Submission), Subject: stele.Subject(h.Subject), Grant: stele.ID(h.Grant), Root: stele.Digest(h.Root), Height: 11, At: w.clock,
		}
	})
}

func (w *world) put(i int, sub *wire.Submission) (*wire.PutSubmissionResponse, error) {
	return w.v(i).PutSubmission(context.Background(), &wire.PutSubmissionRequest{Submission: sub})
}

func (w *world) mustPut(i int, sub *wire.Submission) *wire.PutSubmissionResponse {
	w.t.Helper()
	out, err := w.put(i, sub)
	if err != nil {
		w.t.Fatalf("put: %v", err)
	}
	return out
}

// delivered puts and anchors.
func (w *world) delivered(i int, folios ...leafs) *wire.Submission {
	w.t.Helper()
	sub := w.submission(i, folios...)
	w.mustPut(i, sub)
	w.anchor(sub)
	return sub
}

// reading is a doctor's opened chart.
type reading struct {
	w      *world
	key    wire.Ed25519
	grant  consent.Grant
	req    *wire.ReadRequest
	signer wire.Signer
}

// reader gives a grant, opens an access and returns the reading, after change.
func (w *world) reader(change func(*consent.Grant, *wire.AccessDetail)) *reading {
	w.t.Helper()
	now := w.now()
	key := wire.NewEd25519()
	g := consent.Grant{
		ID: stele.NewID(), Patient: consent.Party{Subject: w.patient, Name: "Ada Quill"}, Action: stele.ActionRead,
		Actor:   consent.Actor{Kind: consent.Practitioner, Party: consent.Party{Subject: w.doctor, Name: "Dr. Bo Lark"}},
		Grantee: wire.Key(key.Public()), Purposes: []stele.Purpose{stele.Treatment},
		Categories: []stele.Category{consent.AllCategories}, NotBefore: now.Add(-time.Hour), End: now.Add(24 * time.Hour),
		Policy: "https://stele.health/policy/1", Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: now.Add(-time.Hour), By: consent.Party{Subject: w.patient, Name: "Ada Quill"}},
	}
	request := stele.NewID()
	card := wire.Sign(wire.TagCard, &wire.Card{
		Chain: chain, Subject: w.doctor[:], Name: "Dr. Bo Lark", Kind: "practitioner", Role: "doctor", ExpiresMs: now.Add(time.Hour).UnixMilli(),
	}, w.doctorKey, w.issuer)
	detail := &wire.AccessDetail{Request: request[:], Subject: w.patient[:], Card: card, Purpose: "TREAT"}
	if change != nil {
		change(&g, detail)
	}
	document, err := consent.Marshal(g)
	if err != nil {
		w.t.Fatal(err)
	}
	documentSalt, detailSalt, reader := seal.NewSalt(), seal.NewSalt(), []byte("reader key "+request.String())
	raw := wire.Marshal(detail)
	w.ledger.change(func() {
		w.ledger.grants[g.ID] = stele.Grant{
			ID: g.ID, Subject: w.patient, Action: stele.ActionRead, Grantee: g.Grantee, NotBefore: g.NotBefore, End: g.End,
			Commitment: seal.Commit(documentSalt, seal.TagGrant, document), Status: stele.GrantActive,
		}
		w.ledger.accesses[request] = stele.Access{
			Request: request, Subject: w.patient, Grant: g.ID, Detail: seal.Commit(detailSalt, seal.TagDetail, raw),
			ReaderKey: sha256.Sum256(reader), Height: 10, At: now, Until: now.Add(time.Minute),
		}
	})
	return &reading{w: w, key: key, grant: g, signer: key, req: &wire.ReadRequest{
		Chain: chain, Subject: w.patient[:], Request: request[:], Grant: g.ID[:], Document: document, DocumentSalt: documentSalt[:],
		Detail: raw, DetailSalt: detailSalt[:], ReaderKey: reader, AtMs: now.UnixMilli(),
	}}
}

func (r *reading) signed(i int) *wire.Signed {
	if len(r.req.Audience) == 0 || string(r.req.Audience) != "fixed" {
		s := r.w.sites[i].subject
		r.req.Audience = s[:]
	}
	return wire.Sign(wire.TagRead, r.req, r.signer, r.w.doctorKey)
}

func (r *reading) list(i int) (*wire.ListFoliosResponse, error) {
	return r.w.v(i).ListFolios(context.Background(), &wire.ListFoliosRequest{Request: r.signed(i)})
}

func (r *reading) records(i int, folios [][]byte) (map[string][]*wire.SealedRecord, error) {
	return collect(r.w.v(i), &wire.GetRecordsRequest{Request: r.signed(i), Folios: folios})
}

func collect(v *Vault, in *wire.GetRecordsRequest) (map[string][]*wire.SealedRecord, error) {
	got := map[string][]*wire.SealedRecord{}
	err := v.GetRecords(context.Background(), in, func(r *wire.GetRecordsResponse) error {
		got[string(r.Folio)] = r.Records
		return nil
	})
	return got, err
}

func folioNames(items []*wire.FolioItem) (names [][]byte) {
	for _, i := range items {
		var h wire.FolioHead
		_ = wire.Decode(i.Head, &h)
		names = append(names, wire.FolioName(i.Submission, h.Folio))
	}
	return names
}

// nameIn names a submission's i-th folio.
func nameIn(sub *wire.Submission, i int) []byte {
	return folioNames([]*wire.FolioItem{{Submission: headOf(sub).Submission, Head: sub.Folios[i].Head}})[0]
}

func (w *world) own(i int, signer wire.Signer) *wire.Signed {
	s, nonce := w.sites[i].subject, stele.NewID()
	return wire.Sign(wire.TagOwn, &wire.OwnRequest{Chain: chain, Audience: s[:], Subject: w.patient[:], AtMs: w.now().UnixMilli(), Nonce: nonce[:]}, signer)
}

// readable checks that vault i serves all of some submissions, right.
func (w *world) readable(i int, subs ...*wire.Submission) {
	w.t.Helper()
	if err := w.readAll(i, subs...); err != nil {
		w.t.Fatalf("vault %d: %v", i, err)
	}
}

func (w *world) readAll(i int, subs ...*wire.Submission) error {
	r := w.reader(nil)
	list, err := r.list(i)
	if err != nil {
		return err
	}
	items := map[string]*wire.FolioItem{}
	for k, id := range folioNames(list.Folios) {
		items[string(id)] = list.Folios[k]
	}
	records, err := r.records(i, folioNames(list.Folios))
	if err != nil {
		return err
	}
	for _, sub := range subs {
		root := stele.Digest(headOf(sub).Root)
		for i := range sub.Folios {
			name := string(nameIn(sub, i))
			item := items[name]
			if item == nil {
				return errors.New("a folio is not listed")
			}
			head, err := proof.CheckFolio(root, item.Head, item.Index, item.Folios, item.Path)
			if err != nil {
				return err
			}
			if err := proof.CheckRecords(head, records[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

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

package trustee

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/steletest"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

const chainID = "town-1"

// book is a ledger that takes postings of receipts.
type book struct {
	*steletest.Ledger
	posts map[stele.ID]*wire.PostReceipts
	down  bool // Submit answers nobody
	deaf  bool // Submit takes what it is given, but the answer is lost
	tx    map[stele.Digest]bool
}

// begin has the ledger hold these postings, or a copy of them. Who was cut off may still be
// submitting.
func (b *book) begin(posts map[stele.ID]*wire.PostReceipts, copied bool) {
	b.Lock()
	defer b.Unlock()
	if b.posts = posts; copied {
		b.posts = maps.Clone(posts)
	}
}

// Submit takes postings of receipts, once per batch, from trustee keys.
func (b *book) Submit(_ context.Context, raw []byte) (stele.Outcome, error) {
	b.Lock()
	defer b.Unlock()
	silent := stele.E("submit", stele.KindUnreachable, "nobody answers", nil)
	if b.down {
		return stele.Outcome{}, silent
	}
	var signed wire.Signed
	var tx wire.Transaction
	if err := wire.Decode(raw, &signed); err != nil {
		return stele.Outcome{}, err
	}
	keys, err := wire.Open(wire.TagTransaction, &signed, &tx)
	if err != nil || len(keys) != 1 || tx.Chain != chainID {
		return stele.Outcome{}, stele.E("submit", stele.KindDenied, "bad transaction", err)
	}
	if !time.UnixMilli(tx.ExpiresMs).After(b.Block.Time) {
		return stele.Outcome{}, stele.E("submit", stele.KindInvalid, "expired", nil)
	}
	post := tx.GetPostReceipts()
	i := slices.IndexFunc(b.Network.Members, func(m stele.Member) bool { return m.Trustee == keys[0] })
	if post == nil || i < 0 {
		return stele.Outcome{}, stele.E("submit", stele.KindDenied, "not a trustee's posting", nil)
	}
	if err := wire.OwnID(post.Batch, b.Network.Members[i].Subject[:]); err != nil {
		return stele.Outcome{}, err
	}
	id := wire.TransactionID(&signed)
	if b.tx[id] {
		return stele.Outcome{}, nil // a retry gets the first answer
	}
	if b.posts[stele.ID(post.Batch)] != nil {
		return stele.Outcome{}, stele.E("submit", stele.KindExists, "posted before", nil)
	}
	b.posts[stele.ID(post.Batch)], b.tx[id] = post, true
	if b.deaf {
		return stele.Outcome{}, silent
	}
	return stele.Outcome{}, nil
}

// person is somebody with keys on the ledger.
type person struct {
	subject stele.Subject
	sign    wire.Ed25519
	seal    *seal.SealKey
}

// town is a network of four trustees over one book, a patient, and a doctor who
// holds a grant.
type town struct {
	t        testing.TB
	book     *book
	mu       sync.Mutex
	clock    time.Time
	trustees []*Trustee
	members  []stele.Subject
	configs  []Config

	patient, doctor, thief person
	issuer                 wire.Ed25519
	submission             *submission
	bendHead               func(*wire.FolioHead) // of folios that are anchored next
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

// pass lets time go by: own clocks, and a block unless the chain stands still.
func (w *town) pass(d time.Duration, block bool) {
	w.mu.Lock()
	w.clock = w.clock.Add(d)
	now := w.clock
	w.mu.Unlock()
	if block {
		w.book.Lock()
		w.book.Block = stele.Block{Height: w.book.Block.Height + 1, Time: now}
		w.book.Unlock()
	}
}

func (w *town) person(name string) person {
	key, err := seal.NewSealKey()
	if err != nil {
		w.t.Fatal(err)
	}
	p := person{stele.SubjectOf([]byte(name)), wire.NewEd25519(), key}
	w.book.Subjects[p.subject] = stele.Keys{Subject: p.subject, Signing: []stele.PublicKey{wire.Key(p.sign.Public())}, Seal: [][]byte{key.Public()}}
	return p
}

type option func(*Config)

func newTown(t testing.TB, options ...option) *town {
	t.Helper()
	start := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	w := &town{t: t, clock: start, issuer: wire.NewEd25519(), book: &book{
		Ledger: steletest.NewLedger(), posts: map[stele.ID]*wire.PostReceipts{}, tx: map[stele.Digest]bool{},
	}}
	w.book.Block = stele.Block{Height: 100, Time: start}
	committee, shares, err := threshold.Ceremony{Chain: chainID, Epoch: 1, Threshold: 3, Members: 4}.Rehearse()
	if err != nil {
		t.Fatal(err)
	}
	w.book.Network = stele.Consortium{Chain: chainID, Committee: committee, Issuers: []stele.PublicKey{wire.Key(w.issuer.Public())}}
	w.patient, w.doctor, w.thief = w.person("Mira Holm"), w.person("Dr Okafor"), w.person("somebody else")
	for i := range shares {
		member, key := stele.SubjectOf(fmt.Appendf(nil, "member %d", i)), wire.NewEd25519()
		w.members = append(w.members, member)
		w.book.Network.Members = append(w.book.Network.Members, stele.Member{Subject: member, Trustee: wire.Key(key.Public()), Share: uint32(i + 1)})
		cfg := Config{
			Folder: t.TempDir(), Ledger: w.book, Submitter: w.book, Chain: chainID, Member: member, Share: threshold.Shares{shares[i]}.Of, Signer: key,
			Clock: w.now, Batch: time.Hour, Refusal: 2 * time.Millisecond, RefusalEach: time.Microsecond,
		}
		for _, o := range options {
			o(&cfg)
		}
		w.configs = append(w.configs, cfg)
		trustee, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		w.trustees = append(w.trustees, trustee)
	}
	t.Cleanup(func() {
		for _, tr := range w.trustees {
			if err := tr.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	w.submission = w.anchor(w.patient.subject, w.label(stele.Allergies), w.label(stele.Medications), w.label(stele.Medications))
	return w
}

func (w *town) label(c stele.Category, sensitivity ...string) *wire.Label {
	lab := stele.SubjectOf([]byte("lab"))
	return &wire.Label{Category: string(c), Sensitivity: sensitivity, Year: 2026, Source: lab[:]}
}

// submission is anchored folios, with their keys.
type submission struct {
	id   stele.ID
	refs []*wire.CapsuleRef
	keys []seal.Key
}

// anchor seals one folio for each label and anchors them for a subject.
func (w *town) anchor(subject stele.Subject, labels ...*wire.Label) *submission {
	w.t.Helper()
	s := &submission{id: stele.NewID()}
	var leaves []stele.Digest
	for _, l := range labels {
		key, salt, folio := seal.NewKey(), seal.NewSalt(), stele.NewID()
		raw := wire.Marshal(l)
		commitment, keyCommitment, root := seal.Commit(salt, seal.TagLabel, raw), key.Commitment(), sha256.Sum256(folio[:])
		head := &wire.FolioHead{
			Suite: wire.SuiteSeal, Folio: folio[:], LabelCommitment: commitment[:], KeyCommitment: keyCommitment[:], RecordsRoot: root[:], Records: 3,
		}
		if w.bendHead != nil {
			w.bendHead(head)
		}
		rawHead := wire.Marshal(head)
		digest := wire.FolioDigest(rawHead)
		committee := w.book.Network.Committee.Key
		capsule, err := threshold.Encrypt(committee, wire.CapsuleLabelBytes(chainID, committee, subject, head, digest), (*[32]byte)(&key))
		if err != nil {
			w.t.Fatal(err)
		}
		leaves = append(leaves, merkle.LeafHash(digest[:]))
		s.keys = append(s.keys, key)
		s.refs = append(s.refs, &wire.CapsuleRef{
			Submission: s.id[:], Head: rawHead, Label: &wire.LabelOpening{Label: raw, Salt: salt[:]}, Capsule: capsule,
			Index: uint32(len(s.refs)), Folios: uint32(len(labels)),
		})
	}
	for i, ref := range s.refs {
		path, err := merkle.InclusionOf(leaves, i)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range path {
			ref.Path = append(ref.Path, d[:])
		}
	}
	w.book.Anchors[s.id] = stele.Anchor{Submission: s.id, Subject: subject, Root: merkle.Root(leaves), Height: w.book.Block.Height, At: w.now()}
	return s
}

// opening is one access of the doctor, with everything needed to ask trustees.
// Tests bend its parts before they ask.
type opening struct {
	w       *town
	grantee wire.Ed25519
	reader  *seal.SealKey
	grant   stele.Grant
	access  stele.Access
	read    wire.ReadRequest
	card    *wire.Card
	refs    []*wire.CapsuleRef
}

func (w *town) consent(change func(*consent.Grant)) consent.Grant {
	g := consent.Grant{
		ID: stele.NewID(), Patient: consent.Party{Subject: w.patient.subject, Name: "Mira Holm"}, Action: stele.ActionRead,
		Actor:    consent.Actor{Kind: consent.Practitioner, Party: consent.Party{Subject: w.doctor.subject, Name: "Dr Okafor"}},
		Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{stele.Allergies, stele.Medications},
		NotBefore: w.now().Add(-time.Hour), End: w.now().Add(24 * time.Hour),
		Policy: "https://stele.health/policy/direct-care/1", Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: w.now().Add(-time.Hour), By: consent.Party{Subject: w.patient.subject, Name: "Mira Holm"}},
	}
	if change != nil {
		change(&g)
	}
	return g
}

// open gives the doctor a grant and opens the chart under it.
func (w *town) open(changeGrant func(*consent.Grant), changeDetail func(*wire.AccessDetail)) *opening {
	w.t.Helper()
	o := &opening{w: w, grantee: wire.NewEd25519(), refs: w.submission.refs}
	var err error
	if o.reader, err = seal.NewSealKey(); err != nil {
		w.t.Fatal(err)
	}
	g := w.consent(changeGrant)
	g.Grantee = wire.Key(o.grantee.Public())
	document, err := consent.Marshal(g)
	if err != nil {
		w.t.Fatal(err)
	}
	documentSalt, detailSalt, request := seal.NewSalt(), seal.NewSalt(), stele.NewID()
	o.grant = stele.Grant{
		ID: g.ID, Subject: g.Patient.Subject, Action: g.Action, Grantee: g.Grantee, NotBefore: g.NotBefore, End: g.End,
		Commitment: seal.Commit(documentSalt, seal.TagGrant, document), Status: stele.GrantActive, Height: w.book.Block.Height,
	}
	o.card = &wire.Card{Chain: chainID, Subject: w.doctor.subject[:], Name: "Dr Okafor", Kind: "practitioner", Role: "doctor", ExpiresMs: w.now().Add(time.Hour * 999).UnixMilli()}
	detail := &wire.AccessDetail{
		Request: request[:], Subject: w.patient.subject[:], Card: wire.Sign(wire.TagCard, o.card, w.doctor.sign, w.issuer),
		Purpose: string(stele.Treatment), Reason: "reason-that-must-not-leak",
	}
	if changeDetail != nil {
		changeDetail(detail)
	}
	raw := wire.Marshal(detail)
	o.access = stele.Access{
		Request: request, Subject: w.patient.subject, Grant: g.ID, Detail: seal.Commit(detailSalt, seal.TagDetail, raw),
		ReaderKey: sha256.Sum256(o.reader.Public()), Height: w.book.Block.Height, At: w.book.Block.Time, Until: w.book.Block.Time.Add(5 * time.Minute),
	}
	w.book.Lock()
	w.book.Grants[g.ID], w.book.Accesses[request] = o.grant, o.access
	w.book.Unlock()
	o.read = wire.ReadRequest{
		Chain: chainID, Subject: w.patient.subject[:], Request: request[:], Grant: g.ID[:], Document: document, DocumentSalt: documentSalt[:],
		Detail: raw, DetailSalt: detailSalt[:], ReaderKey: o.reader.Public(),
	}
	return o
}

// ask asks one trustee.
func (o *opening) ask(i int) (*wire.Released, error) {
	o.read.Audience, o.read.AtMs = o.w.members[i][:], o.w.now().UnixMilli()
	return o.send(i, wire.Sign(wire.TagRead, &o.read, o.grantee, o.w.doctor.sign))
}

func (o *opening) send(i int, request *wire.Signed) (*wire.Released, error) {
	res, err := o.w.trustees[i].Release(context.Background(), &wire.ReleaseRequest{Request: request, Capsules: o.refs})
	if err != nil {
		return nil, err
	}
	raw, err := o.reader.Open(seal.TagRelease, wire.ReleasedContext(o.w.members[i], stele.ID(o.read.Request)), res.Sealed)
	if err != nil {
		o.w.t.Fatalf("the answer does not open: %v", err)
	}
	released := new(wire.Released)
	if err := wire.Decode(raw, released); err != nil {
		o.w.t.Fatal(err)
	}
	return released, nil
}

// batch is the capsules as the reader checks them, from what it knows itself.
func (o *opening) batch() (*threshold.Batch, [][]byte, [][]byte) {
	o.w.t.Helper()
	var capsules, labels [][]byte
	for _, ref := range o.refs {
		var head wire.FolioHead
		if err := wire.Decode(ref.Head, &head); err != nil {
			o.w.t.Fatal(err)
		}
		capsules = append(capsules, ref.Capsule)
		labels = append(labels, wire.CapsuleLabelBytes(chainID, o.w.book.Network.Committee.Key, o.w.patient.subject, &head, wire.FolioDigest(ref.Head)))
	}
	b, err := threshold.CheckBatch(o.w.book.Network.Committee, capsules, labels)
	if err != nil {
		o.w.t.Fatal(err)
	}
	return b, capsules, labels
}

// context is what the reader expects partials to be bound to.
func (o *opening) context(i int) []byte {
	_, capsules, labels := o.batch()
	digest := wire.CapsulesDigest(capsules, labels)
	hash := sha256.Sum256(o.reader.Public())
	return wire.ReleaseContext(&wire.Receipt{
		Chain: chainID, Member: o.w.members[i][:], Share: uint32(i + 1), Epoch: 1, Request: o.read.Request, Subject: o.w.patient.subject[:],
		Grant: o.read.Grant, Capsules: digest[:], Count: uint32(len(o.refs)), ReaderKeyHash: hash[:],
	})
}

// quietly is a logger whose output tests can search.
func quietly(out io.Writer) option {
	return func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

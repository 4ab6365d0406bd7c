package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

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
	w.ledger.Change(func() {
		w.ledger.Grants[g.ID] = stele.Grant{
			ID: g.ID, Subject: w.patient, Action: stele.ActionRead, Grantee: g.Grantee, NotBefore: g.NotBefore, End: g.End,
			Commitment: seal.Commit(documentSalt, seal.TagGrant, document), Status: stele.GrantActive,
		}
		w.ledger.Accesses[request] = stele.Access{
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

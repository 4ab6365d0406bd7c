package devnet_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// opening is a reader without manners: it does by hand what the SDK does, and
// each part can be made wrong.
type opening struct {
	s       *client.Session
	subject stele.Subject
	signer  wire.Signer
	id      stele.ID
	grant   stele.ID
	detail  []byte
	salt    seal.Salt
	reader  *seal.SealKey
	window  time.Duration

	document, documentSalt []byte
	outcome                stele.Outcome
	allergies              []*wire.FolioItem // as vaults list them to the patient
}

// ask prepares an opening under the newest grant that the reader holds.
func ask(t testing.TB, d, p *client.Session, purpose stele.Purpose, categories ...stele.Category) *opening {
	t.Helper()
	held, err := d.HeldFor(p.Subject(), stele.ActionRead)
	must(t, err)
	if len(held) == 0 {
		t.Fatal("no grant is held")
	}
	h := held[len(held)-1]
	reader, err := seal.NewSealKey()
	must(t, err)
	o := &opening{
		s: d, subject: p.Subject(), signer: d.Keyring().OneTime(h.KeyIndex), id: stele.NewIDOf(h.Grant[:]), grant: h.Grant, salt: seal.NewSalt(), reader: reader,
		window: time.Minute, document: h.Document, documentSalt: h.Salt,
	}
	card := new(wire.Signed)
	must(t, wire.Decode(d.State().Card, card))
	detail := &wire.AccessDetail{Request: o.id[:], Subject: o.subject[:], Card: card, Purpose: string(purpose)}
	for _, c := range categories {
		detail.Categories = append(detail.Categories, string(c))
	}
	o.detail = wire.Marshal(detail)
	// So that a reader who is refused a listing has capsules to ask for.
	seen := map[string]bool{}
	for _, m := range p.Network.Members {
		for _, i := range withCategory(t, listOwn(t, p, m), stele.Allergies) {
			if !seen[string(i.Head)] {
				o.allergies = append(o.allergies, i)
			}
			seen[string(i.Head)] = true
		}
	}
	return o
}

// access puts the opening on the ledger. A refusal that is an event is no error.
func (o *opening) access(t testing.TB) (err error) {
	t.Helper()
	commitment, hash := seal.Commit(o.salt, seal.TagDetail, o.detail), sha256.Sum256(o.reader.Public())
	o.outcome, err = o.s.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
		Request: o.id[:], Grant: o.grant[:], DetailCommitment: commitment[:], ReaderKeyHash: hash[:], WindowMs: uint32(o.window.Milliseconds()),
	}}}, o.signer)
	if err == nil {
		for _, m := range o.s.Network.Members {
			town.reaches(t, m, o.outcome.Height)
		}
	}
	return err
}

func (o *opening) request(m members.Member) *wire.Signed {
	return wire.Sign(wire.TagRead, &wire.ReadRequest{
		Chain: o.s.Consortium().Chain, Audience: m.Subject[:], Subject: o.subject[:], Request: o.id[:], Grant: o.grant[:],
		Document: o.document, DocumentSalt: o.documentSalt, Detail: o.detail, DetailSalt: o.salt[:],
		ReaderKey: o.reader.Public(), AtMs: time.Now().UnixMilli(),
	}, o.signer, o.s.Keyring().Signer())
}

func (o *opening) list(t testing.TB, m members.Member) ([]*wire.FolioItem, error) {
	t.Helper()
	response, err := m.Vault.ListFolios(t.Context(), &wire.ListFoliosRequest{Request: o.request(m)})
	return response.GetFolios(), err
}

// listAll is what all vaults list together.
func (o *opening) listAll(t testing.TB) (all []*wire.FolioItem) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range o.s.Network.Members {
		items, err := o.list(t, m)
		must(t, err)
		for _, i := range items {
			if !seen[string(i.Head)] {
				all = append(all, i)
			}
			seen[string(i.Head)] = true
		}
	}
	return all
}

func refs(items []*wire.FolioItem) (out []*wire.CapsuleRef) {
	for _, i := range items {
		out = append(out, &wire.CapsuleRef{
			Submission: i.Submission, Head: i.Head, Label: i.Label, Capsule: i.Capsule, Index: i.Index, Folios: i.Folios, Path: i.Path,
		})
	}
	return out
}

// releases asks every trustee for the capsules of items, or of the patient's
// allergies, and counts who released. Whoever does not must say that it is
// denied, in the same words.
func (o *opening) releases(t testing.TB, items []*wire.FolioItem) int {
	t.Helper()
	if items == nil {
		items = o.allergies
	}
	return o.releasesOf(t, refs(items))
}

func (o *opening) releasesOf(t testing.TB, capsules []*wire.CapsuleRef) (n int) {
	t.Helper()
	for _, m := range o.s.Network.Members {
		_, err := m.Trustee.Release(t.Context(), &wire.ReleaseRequest{Request: o.request(m), Capsules: capsules})
		switch {
		case err == nil:
			n++
		case stele.KindOf(err) != stele.KindDenied || !strings.HasSuffix(err.Error(), "the trustee released nothing"):
			t.Errorf("%s refused in other words: %v", m.Name, err)
		}
	}
	return n
}

// member returns a member as a session meets it.
func (w *world) member(s *client.Session, short string) members.Member {
	for _, m := range s.Network.Members {
		if m.Name == w.Name(short) {
			return m
		}
	}
	panic("no member " + short)
}

// own signs a patient's request about herself.
func own(s *client.Session, m members.Member) *wire.Signed {
	nonce, subject := stele.NewID(), s.Subject()
	return wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: s.Consortium().Chain, Audience: m.Subject[:], Subject: subject[:], AtMs: time.Now().UnixMilli(), Nonce: nonce[:],
	}, s.Keyring().Signer())
}

// listOwn is what a vault lists to the patient herself.
func listOwn(t testing.TB, p *client.Session, m members.Member) []*wire.FolioItem {
	t.Helper()
	response, err := m.Vault.ListOwn(context.WithoutCancel(t.Context()), &wire.ListOwnRequest{Request: own(p, m)})
	must(t, err)
	return response.Folios
}

// withCategory keeps the folios of a category without sensitive data.
func withCategory(t testing.TB, items []*wire.FolioItem, category stele.Category) (kept []*wire.FolioItem) {
	t.Helper()
	for _, i := range items {
		var label wire.Label
		must(t, wire.Decode(i.Label.Label, &label))
		if label.Category == string(category) && len(label.Sensitivity) == 0 {
			kept = append(kept, i)
		}
	}
	return kept
}

package reading_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// smuggler is a vault that serves, besides what is honest, a delivery that no
// honest vault would take.
type smuggler struct {
	members.Vault
	folios []*wire.Folio
	items  []*wire.FolioItem
	item   *wire.SubmissionItem
}

func (v smuggler) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	out, err := v.Vault.ListFolios(ctx, in)
	if err == nil {
		out.Folios = append(out.Folios, v.items...)
		if v.item != nil {
			out.Submissions = append(out.Submissions, v.item)
		}
	}
	return out, err
}

func (v smuggler) ListOwn(ctx context.Context, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	out, err := v.Vault.ListOwn(ctx, in)
	if err == nil {
		out.Folios = append(out.Folios, v.items...)
		if v.item != nil {
			out.Submissions = append(out.Submissions, v.item)
		}
	}
	return out, err
}

func (v smuggler) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	rest := &wire.GetRecordsRequest{Request: in.Request, Own: in.Own, Places: in.Places}
	for _, id := range in.Folios {
		i := slices.IndexFunc(v.folios, func(f *wire.Folio) bool {
			var head wire.FolioHead
			return wire.Decode(f.Head, &head) == nil && string(wire.FolioName(v.items[0].Submission, head.Folio)) == string(id)
		})
		if i < 0 {
			rest.Folios = append(rest.Folios, id)
		} else if err := each(&wire.GetRecordsResponse{Folio: id, Records: v.folios[i].Records}); err != nil {
			return err
		}
	}
	if len(rest.Folios) == 0 {
		return nil
	}
	return v.Vault.GetRecords(ctx, rest, each)
}

// smuggle has Elm deliver a record of p's that is labelled as another's, past all
// honest vaults: sealed, signed and anchored under Elm's own write grant. bend
// changes what is signed; sign says by whom.
func smuggle(w *town.Town, p, as *client.Session, id string, records uint32, bend func(*wire.SubmissionHead, *client.Session), sign ...wire.Signer) smuggler {
	elm := w.Orgs["Elm"]
	held, err := elm.HeldWriteGrant(p.Subject())
	w.Must(err)
	devices, err := elm.Keys(w.T.Context(), p.Subject())
	w.Must(err)
	folios, err := as.Delivery.Seal(w.T.Context(), p.Subject(), devices, []delivery.Incoming{town.Note(id, stele.Allergies, "2019-05-05")})
	w.Must(err)
	submission, root, salt, subject, me := stele.NewIDOf(held.Grant[:]), proof.SubmissionRoot([][]byte{folios[0].Head}), seal.NewSalt(), p.Subject(), elm.Subject()
	count := seal.Commit(salt, seal.TagCount, binary.BigEndian.AppendUint32(nil, records))
	head := &wire.SubmissionHead{
		Chain: w.Chain, Submission: submission[:], Subject: subject[:], Grant: held.Grant[:], Root: root[:], Source: me[:], SourceSalt: salt[:],
		MadeMs: time.Now().UnixMilli(), Home: me[:], CountCommitment: count[:],
	}
	bend(head, p)
	source := seal.Commit(salt, seal.TagSource, head.Source)
	_, err = elm.Submit(w.T.Context(), &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
		Submission: submission[:], Grant: held.Grant[:], Root: root[:], SourceCommitment: source[:], CountCommitment: count[:],
	}}}, elm.Keyring().OneTime(held.KeyIndex))
	w.Must(err)
	if sign == nil {
		sign = []wire.Signer{elm.Keyring().OneTime(held.KeyIndex), elm.Keyring().Signer()}
	}
	v := smuggler{folios: folios, item: &wire.SubmissionItem{Head: wire.Sign(wire.TagSubmission, head, sign...), CountSalt: salt[:]}}
	path, err := merkle.InclusionOf([]stele.Digest{proof.FolioLeaf(folios[0].Head)}, 0)
	w.Must(err)
	if len(path) > 0 {
		w.T.Fatal("a tree of one has a path")
	}
	v.items = []*wire.FolioItem{{
		Submission: submission[:], Head: folios[0].Head, Label: folios[0].Label, Capsule: folios[0].Capsule, Folios: 1, Envelopes: folios[0].Envelopes,
	}}
	return v
}

// TestR45AFolioIsItsSources: a member delivers records under another hospital's
// name, and its vault plays along. Neither the reader nor the patient is shown the
// other hospital as their source, and both are told who lied.
func TestR45AFolioIsItsSources(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		stranger := wire.NewEd25519()
		northside, elm := w.Orgs["Northside"].Subject(), w.Orgs["Elm"].Subject()
		asItself := func(*wire.SubmissionHead, *client.Session) {}
		asNorthside := func(h *wire.SubmissionHead, _ *client.Session) { h.Source = northside[:] }
		for what, c := range map[string]struct {
			label  string
			bend   func(*wire.SubmissionHead, *client.Session)
			sign   []wire.Signer
			hide   bool          // the signed head
			source stele.Subject // as it should be shown
			fault  string
			note   string // of stele verify
		}{
			"the truth":                 {"Elm", asItself, nil, false, elm, "", ""},
			"the label alone lies":      {"Northside", asItself, nil, false, elm, "under the name of Northside", "believe the second"},
			"label and head lie":        {"Northside", asNorthside, nil, false, stele.Subject{}, "not proved", "is not proved"},
			"nobody signed that counts": {"Northside", asNorthside, []wire.Signer{stranger}, false, stele.Subject{}, "Northside's", "nobody's signature"},
			"no head":                   {"Northside", asNorthside, nil, true, stele.Subject{}, "without anybody's signature", "nobody's signature"},
			"of another subject":        {"Northside", func(h *wire.SubmissionHead, _ *client.Session) { h.Subject = northside[:] }, nil, false, stele.Subject{}, "no source signed", "nobody's signature"},
			"under Northside's grant": {"Northside", func(h *wire.SubmissionHead, p *client.Session) {
				h.Source, h.Grant = northside[:], wallettest.Sure(p.GivenGrants())[0].Grant[:]
			}, nil, false, stele.Subject{}, "Northside's", "nobody's signature"},
			"of another root":    {"Northside", func(h *wire.SubmissionHead, _ *client.Session) { h.Root = make([]byte, 32) }, nil, false, stele.Subject{}, "without anybody's signature", "nobody's signature"},
			"of another network": {"Northside", func(h *wire.SubmissionHead, _ *client.Session) { h.Chain = "village" }, nil, false, stele.Subject{}, "no source signed", "nobody's signature"},
		} {
			p, d := w.NewPatient("Elena", "Northside", "Elm"), w.NewDoctor("Dr "+what, "Lakeview")
			w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
			w.Gives(p, d, stele.Allergies)
			v := smuggle(w, p, w.Orgs[c.label], "x1", 1, c.bend, c.sign...)
			if c.hide {
				v.item = nil
			}
			lies := func(m *members.Member) { v.Vault = m.Vault; m.Vault = v }
			check := func(who string, chart *reading.Chart, err error) {
				t.Helper()
				w.Must(err)
				if town.IDs(chart) != "a1 x1" {
					t.Errorf("%s, %s: opened %q, faults %v", what, who, town.IDs(chart), chart.Faults)
				}
				for _, r := range chart.Records {
					want, said := northside, northside
					if strings.Contains(string(r.JSON), "x1") {
						want, said = c.source, w.Orgs[c.label].Subject()
					}
					if r.Label.Source != want || r.Claimed != said {
						t.Errorf("%s, %s: the source of %s is %v", what, who, r.JSON, r.Label.Source)
					}
				}
				if blamed := town.Blames(chart, "Elm", c.fault); blamed != (c.fault != "") {
					t.Errorf("%s, %s: faults %v", what, who, chart.Faults)
				}
				for _, f := range chart.Faults {
					if f.Member != "Elm" {
						t.Errorf("%s, %s: %v is blamed", what, who, f)
					}
				}
			}
			chart, err := town.Bend(d, "Elm", lies).Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			check("the reader", chart, err)
			chart, err = town.Bend(p, "Elm", lies).Charts.OpenOwn(t.Context())
			check("the patient", chart, err)
			var file bytes.Buffer
			_, err = town.Bend(p, "Elm", lies).Account.Export(t.Context(), &file)
			w.Must(err)
			verified, err := proof.Verify(&file, proof.Expect{})
			if err != nil || verified.Records != 2 || (c.note == "") != (len(verified.Notes) == 0) || c.note != "" && !town.Says(verified.Notes, c.note) {
				t.Errorf("%s, exported: %v, notes %q", what, err, verified.Notes)
			}
		}
	})
}

// TestR45ASourceThatRotatedItsKeys is still known to the patient, by the grant that
// she gave; a reader is told that it is not proved. Of a wallet that lost what it
// knew, the source's keys speak.
func TestR45ASourceThatRotatedItsKeys(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, northside := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview"), w.Orgs["Northside"]
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		chart, err := w.Lost(p).Charts.OpenOwn(t.Context())
		w.Must(err)
		if len(chart.Faults) > 0 || chart.Records[0].Label.Source != northside.Subject() {
			t.Errorf("by its keys: %v, faults %v", chart.Records[0].Label, chart.Faults)
		}
		subject, fresh := northside.Subject(), wire.NewEd25519()
		_, err = northside.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{
			Subject: subject[:], Old: northside.Keyring().Signer().Public(),
			Device: &wire.Device{Signing: fresh.Public(), SealSuite: wire.SuiteSeal, SealKey: northside.Keyring().SealKey().Public()},
		}}}, northside.Keyring().Signer(), fresh)
		w.Must(err)
		chart, err = p.Charts.OpenOwn(t.Context())
		w.Must(err)
		if len(chart.Faults) > 0 || chart.Records[0].Label.Source != northside.Subject() {
			t.Errorf("by her grant: %v, faults %v", chart.Records[0].Label, chart.Faults)
		}
		chart, err = d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if !town.Blames(chart, "every vault", "not proved") || len(chart.Faults) != 1 || !chart.Records[0].Label.Source.IsZero() || chart.Records[0].Claimed != northside.Subject() {
			t.Errorf("to a reader: %v, faults %v", chart.Records[0].Label, chart.Faults)
		}
	})
}

// TestR45ASourceDeliversAsManyAsItSignedFor: the anchor commits to a number, and
// the patient's wallet opens it.
func TestR45ASourceDeliversAsManyAsItSignedFor(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		for _, c := range []struct {
			records  uint32
			honest   bool
			saltless bool
		}{{1, true, false}, {2, false, false}, {1, false, true}} {
			p := w.NewPatient("Elena", "Elm")
			v := smuggle(w, p, w.Orgs["Elm"], "x1", c.records, func(*wire.SubmissionHead, *client.Session) {})
			if c.saltless {
				v.item.CountSalt = nil
			}
			chart, err := town.Bend(p, "Elm", func(m *members.Member) { v.Vault = m.Vault; m.Vault = v }).Charts.OpenOwn(t.Context())
			w.Must(err)
			blame := "for another number of records than it delivered: for 2, and there are 1"
			if c.saltless {
				blame = "nothing that tells for how many"
			}
			if town.IDs(chart) != "x1" || town.Blames(chart, "Elm", blame) == c.honest {
				t.Errorf("%+v: opened %q, faults %v", c, town.IDs(chart), chart.Faults)
			}
		}
	})
}

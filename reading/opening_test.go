package reading_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// TestR4OneTrusteeLiesAndIsNamed has one of four trustees answer with what is not
// its own: the chart opens from the others.
func TestR4OneTrusteeLiesAndIsNamed(t *testing.T) {
	asIs := func(*wire.Released, *wire.Receipt) {}
	for what, c := range map[string]struct {
		share, key int // whose
		wrong      func(*wire.Released, *wire.Receipt)
		honest     bool
	}{
		"nothing wrong":               {1, 1, asIs, true},
		"a receipt by another's key":  {1, 2, asIs, false},
		"another trustee's share":     {0, 1, func(r *wire.Released, _ *wire.Receipt) { r.Share = 1 }, false},
		"a share that is not claimed": {0, 1, asIs, false},
		"a receipt of another share":  {1, 1, func(_ *wire.Released, c *wire.Receipt) { c.Share = 1 }, false},
		"a height before the opening": {1, 1, func(_ *wire.Released, c *wire.Receipt) { c.Height = 1 }, false},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
				w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
				w.Gives(p, d, stele.Allergies)
				d = town.Bend(d, "Lakeview", func(m *members.Member) {
					m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Answers: w.Releases(1, w.Shares[c.share], w.Keys[c.key], c.wrong)}
				})
				chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
				w.Must(err)
				if town.IDs(chart) != "a1" || town.Blames(chart, "Lakeview", "answered wrongly") == c.honest {
					t.Errorf("opened %q, faults %v", town.IDs(chart), chart.Faults)
				}
				if slices.Contains(chart.Access.Trustees, "Lakeview") != c.honest {
					t.Errorf("released by %v", chart.Access.Trustees)
				}
			})
		})
	}
}

// TestR5CapsuleOfAnotherKeyIsNoKey: a vault makes a capsule for the folio's very
// place, which holds a key of its own. The wallet takes the other vaults' capsule,
// and names the vault.
func TestR5CapsuleOfAnotherKeyIsNoKey(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		lists := func(items []*wire.FolioItem) {
			for _, item := range items {
				head, key := new(wire.FolioHead), seal.NewKey()
				w.Must(wire.Decode(item.Head, head))
				committee := d.Committee().Key
				var err error
				item.Capsule, err = threshold.Encrypt(committee, wire.CapsuleLabelBytes(w.Chain, committee, p.Subject(), head, wire.FolioDigest(item.Head)), (*[32]byte)(&key))
				w.Must(err)
			}
		}
		d = town.Bend(d, "Northside", func(m *members.Member) {
			m.Vault = town.LyingVault{Vault: m.Vault, List: func(r *wire.ListFoliosResponse) { lists(r.Folios) }}
		})
		for range 5 { // whichever vault is heard first
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Must(err)
			if town.IDs(chart) != "a1" || len(chart.Faults) > 0 && !town.Blames(chart, "Northside", "another key") {
				t.Errorf("opened %q, faults %v", town.IDs(chart), chart.Faults)
			}
			for _, f := range chart.Faults {
				if f.Member != "Northside" {
					t.Errorf("%v is blamed", f)
				}
			}
		}
		// And a key that is not the head's does not unlock a folio at all.
		folio := &reading.Folio{Head: &wire.FolioHead{KeyCommitment: make([]byte, 32)}}
		if folio.Unlock(seal.NewKey()) == nil || folio.Unlocked() {
			t.Error("a key that nobody committed to unlocks a folio")
		}
	})
}

// forged seals another resource in a record's place, by somebody who has the
// folio's key, as its source has and everybody who read it.
func forged(r *wire.SealedRecord, key seal.Key) *wire.SealedRecord {
	var cover wire.Cover
	_ = wire.Decode(r.Cover, &cover)
	lie := bytes.Repeat([]byte("x"), int(cover.Size))
	ciphertext, commitment := seal.SealRecord(&key, stele.ID(cover.Handle), r.Cover, lie)
	return &wire.SealedRecord{Suite: r.Suite, Cover: r.Cover, Ciphertext: ciphertext, PlaintextCommitment: commitment[:], Provenance: r.Provenance}
}

// TestLaw6ForgedRecordIsNotBelieved: a vault that knows a folio's key gives a
// record of its own making, alone or among all, with the true leaves or without.
func TestLaw6ForgedRecordIsNotBelieved(t *testing.T) {
	for what, lie := range map[string]func(*wire.GetRecordsResponse, seal.Key){
		"among all": func(r *wire.GetRecordsResponse, key seal.Key) { r.Records[0] = forged(r.Records[0], key) },
		"as a part": func(r *wire.GetRecordsResponse, key seal.Key) {
			for _, rec := range r.Records {
				leaf := proof.RecordLeaf(rec)
				r.Leaves = append(r.Leaves, leaf[:])
			}
			r.Records = []*wire.SealedRecord{forged(r.Records[0], key)}
		},
		"with leaves of its own": func(r *wire.GetRecordsResponse, key seal.Key) {
			r.Records[0] = forged(r.Records[0], key)
			for _, rec := range r.Records {
				leaf := proof.RecordLeaf(rec)
				r.Leaves = append(r.Leaves, leaf[:])
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
				w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-03-02"))
				w.Gives(p, d, stele.Allergies)
				keys := map[string]seal.Key{}
				own, err := p.Charts.OpenOwn(t.Context())
				w.Must(err)
				for _, r := range own.Records {
					f := &reading.Folio{Item: r.Folio.Item, Head: r.Folio.Head}
					p.Charts.UnlockOwn(f)
					keys[string(f.Name())] = f.Key()
				}
				lied := false
				for _, name := range w.Names { // whoever is asked first
					d = town.Bend(d, name, func(m *members.Member) {
						m.Vault = town.LyingVault{Vault: m.Vault, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
							if !lied {
								lied = true
								lie(r, keys[string(r.Folio)])
							}
							return r
						}}
					})
				}
				chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
				w.Must(err)
				if town.IDs(chart) != "a1 a2" || !lied || !slices.ContainsFunc(chart.Faults, func(f reading.Fault) bool { return strings.Contains(f.What, "do not match") }) {
					t.Errorf("opened %q, faults %v", town.IDs(chart), chart.Faults)
				}
			})
		})
	}
}

// TestLaw6DeliveryThatNoVaultListsIsTold: what stands on her log is in her chart,
// or she is told that it is not.
func TestLaw6DeliveryThatNoVaultListsIsTold(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		hidden := w.Delivers("Northside", p, town.Note("a2", stele.Allergies, "2020-03-02"))
		for _, name := range w.Names {
			p = town.Bend(p, name, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Own: func(r *wire.ListOwnResponse) {
					r.Folios = slices.DeleteFunc(r.Folios, func(f *wire.FolioItem) bool { return string(f.Submission) == string(hidden.Submission[:]) })
				}}
			})
		}
		chart, err := p.Charts.OpenOwn(t.Context())
		w.Must(err)
		if town.IDs(chart) != "a1" || chart.Missing != 1 || !town.Blames(chart, "every vault", "that answered lacks 1 delivery") {
			t.Errorf("she opened %q, %d missing, faults %v", town.IDs(chart), chart.Missing, chart.Faults)
		}
	})
}

// TestLaw2HeldChartEnds: a chart that is held open ends with the grant as far as
// the wallet knows, with its window and by closing, and its keys with it.
func TestLaw2HeldChartEnds(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-03-02"))
		given := w.Gives(p, d, consent.AllCategories)
		hold := func(window time.Duration) (*reading.HeldChart, *reading.Folio) {
			h, err := d.Charts.HoldChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Window: window}, func(stele.Label) bool { return false })
			w.Must(err)
			f := h.Folios()[0]
			if _, err := h.Record(t.Context(), f, 0); err != nil {
				t.Fatal(err)
			}
			return h, f
		}
		over := func(h *reading.HeldChart, f *reading.Folio, what string) {
			t.Helper()
			if len(h.Folios()) > 0 || f.Unlocked() || f.Key() != (seal.Key{}) {
				t.Errorf("keys are held after %s", what)
			}
			_, err := h.Record(t.Context(), f, 0)
			w.Wants(err, stele.KindDenied, "a record after "+what)
		}
		h, f := hold(time.Minute)
		h.Close()
		over(h, f, "closing")

		h, f = hold(time.Minute)
		time.Sleep(61 * time.Second)
		over(h, f, "the window")

		short := town.Terms(consent.AllCategories)
		short.End = time.Now().Add(20 * time.Second)
		_, _, err := p.Give(t.Context(), w.ContactOf(p, d), short)
		w.Must(err)
		_, err = d.Collect(t.Context())
		w.Must(err)
		h, f = hold(time.Minute)
		time.Sleep(21 * time.Second)
		over(h, f, "the grant's end")

		h, f = hold(time.Minute)
		_, err = p.Revoke(t.Context(), given.Grant)
		w.Must(err)
		_, err = h.Record(t.Context(), f, 1)
		w.Wants(err, stele.KindDenied, "a record after the grant was taken back")
		time.Sleep(time.Second) // it closes when nobody reads
		over(h, f, "the grant was taken back")
	})
}

// TestLaw6HeldChartTakesTheRecordThatItAskedFor and no other of the same folio.
func TestLaw6HeldChartTakesTheRecordThatItAskedFor(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-03-02"))
		w.Gives(p, d, stele.Allergies)
		swaps := 0
		for _, name := range w.Names {
			d = town.Bend(d, name, func(m *members.Member) {
				honest := m.Vault
				m.Vault = town.LyingVault{Vault: m.Vault, Records: func(in *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					if len(in.Places) == 0 {
						return r
					}
					swaps++
					other := &wire.GetRecordsRequest{Request: in.Request, Folios: in.Folios, Places: []uint32{1 - in.Places[0]}}
					w.Must(honest.GetRecords(t.Context(), other, func(o *wire.GetRecordsResponse) error { r = o; return nil }))
					return r
				}}
			})
		}
		h, err := d.Charts.HoldChart(t.Context(), p.Subject(), town.FollowUp, nil)
		w.Must(err)
		defer h.Close()
		got, err := h.Record(t.Context(), h.Folios()[0], 0)
		if err == nil || swaps == 0 {
			t.Errorf("asked for the record at 0, got %d: %s", got.Index, got.JSON)
		}
	})
}

// TestLaw3AFolioThatDoesNotOpenHidesNoOther: where vaults leave out her envelopes of one
// delivery, the rest opens, and they are named; where nothing opens, it is said why.
func TestLaw3AFolioThatDoesNotOpenHidesNoOther(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Delivers("Northside", p, town.Note("a2", stele.Allergies, "2020-01-03"))
		bare := func(all bool) *client.Session {
			s := p
			for _, name := range w.Names {
				s = town.Bend(s, name, func(m *members.Member) {
					m.Vault = town.LyingVault{Vault: m.Vault, Own: func(out *wire.ListOwnResponse) {
						for _, f := range out.Folios {
							if all || string(f.Submission) == string(slices.MinFunc(out.Folios, func(a, b *wire.FolioItem) int { return bytes.Compare(a.Submission, b.Submission) }).Submission) {
								f.Envelopes = nil
							}
						}
					}}
				})
			}
			return s
		}
		chart, err := bare(false).Charts.OpenOwn(t.Context())
		w.Must(err)
		named := 0
		for _, f := range chart.Faults {
			if f.What == "gave a folio without an envelope that opens" {
				named++
			}
		}
		if len(chart.Records) != 1 || named == 0 || chart.Missing != 0 || chart.Locked != 1 {
			t.Errorf("%d records, %d named, %d missing, %d locked: %v", len(chart.Records), named, chart.Missing, chart.Locked, chart.Faults)
		}
		_, err = bare(true).Charts.OpenOwn(t.Context())
		w.Wants(err, stele.KindDenied, "a chart that nothing opens")
	})
}

package client_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// beside is a ward on which Elena has let Dr Okafor read allergies and results, and two of her results lie
// in one folio, and two allergies in another.
func beside(t *testing.T, w *town.Town) *single {
	n := &single{ward: granted(t, w), records: map[string]reading.Record{}}
	w.Delivers("Northside", n.elena, town.Note("ldl", stele.Results, "2023"), town.Note("hdl", stele.Results, "2023"),
		town.Note("bees", stele.Allergies, "2023"), town.Note("latex", stele.Allergies, "2023"))
	for _, r := range w.Chart(n.elena).Records {
		n.records[town.IDs(&reading.Chart{Records: []reading.Record{r}})] = r
	}
	n.Must(n.access())
	return n
}

// keeps has Elena restrict a record, and keep others open that lie with it.
func (n *single) keeps(id string, emergencies bool, others ...string) {
	n.t.Helper()
	_, err := n.elena.Restrict(n.t.Context(), slot.Restriction{
		Records: []slot.Record{n.place(id)}, InEmergencies: emergencies, Warning: "stele.restrict.4", Language: "en", At: time.Now(),
	}, nil, n.singles(others...)...)
	n.Must(err)
}

func (n *single) place(id string) slot.Record {
	return slot.Record{Folio: n.records[id].Folio.Digest, Handle: n.records[id].Handle}
}

func (n *single) singles(ids ...string) (all []wallet.Single) {
	n.t.Helper()
	for _, id := range ids {
		s, err := n.elena.Charts.Single(n.records[id])
		n.Must(err)
		all = append(all, s)
	}
	return all
}

// ref is what a trustee is asked for of a record's folio.
func (n *single) ref(id string) *wire.CapsuleRef {
	i := n.records[id].Folio.Item
	return &wire.CapsuleRef{Submission: i.Submission, Head: i.Head, Label: i.Label, Capsule: i.Capsule, Index: i.Index, Folios: i.Folios, Path: i.Path}
}

// made is the capsule of a record's key, for no grant, that somebody makes who knows the key.
func (n *single) made(id string) *wire.CapsuleRef {
	n.t.Helper()
	ref, place, committee := n.ref(id), n.place(id), n.elena.Committee()
	var err error
	ref.Handle = place.Handle[:]
	ref.Capsule, err = threshold.Encrypt(committee.Key, wire.RecordLabelBytes(n.Chain, committee.Key, n.elena.Subject(), place.Folio, place.Handle, stele.ID{}), (*[32]byte)(&n.singles(id)[0].Key))
	n.Must(err)
	return ref
}

// TestR16WhatLiesBesideARestrictedRecordStaysOpen: the others of its folio are read under a grant that
// covers it, in the one round of releases; nobody releases the folio's key or the restricted record's, and
// vaults give of it a leaf alone. Lifted, all is as before.
func TestR16WhatLiesBesideARestrictedRecordStaysOpen(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		all := len(n.Members)
		n.keeps("ldl", false, "hdl")
		chart, err := n.okafor.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
		w.Must(err)
		if got := town.IDs(chart); got != "bees hdl inr latex nuts" || len(chart.Faults) > 0 || len(chart.Access.Receipts) != 3 {
			t.Errorf("the chart holds %q; %d receipts, faults %v", got, len(chart.Access.Receipts), chart.Faults)
		}
		for _, r := range chart.Records {
			if r.Label.Source != n.Orgs["Northside"].Subject() {
				t.Error("nobody provably delivered it")
			}
		}
		if got := town.IDs(w.Chart(n.elena)); got != "bees hdl hiv inr latex ldl nuts" {
			t.Errorf("Elena reads %q", got)
		}
		n.Must(n.access())
		for what, ref := range map[string]*wire.CapsuleRef{"the folio's key": n.ref("hdl"), "the restricted record's": n.made("ldl"), "one that somebody made": n.made("hdl")} {
			if n.capsules = []*wire.CapsuleRef{ref}; n.trustees() != 0 {
				t.Errorf("trustees release %s", what)
			}
		}
		if n.capsules = []*wire.CapsuleRef{n.brought(chart, "hdl")}; n.trustees() != all {
			t.Error("trustees do not release what stays open")
		}
		n.givesOf("ldl", 2, "hdl")
		n.refusesPlace("ldl")
		n.lifts(1)
		if got := n.chart(); got != "bees hdl inr latex ldl nuts" {
			t.Errorf("lifted: %q", got)
		}
		n.Must(n.access())
		if n.capsules = []*wire.CapsuleRef{n.ref("hdl")}; n.trustees() != all {
			t.Error("lifted, trustees do not release the folio's key")
		}
	})
}

// brought is the capsule of a record's key that its patient's wallet brought, as vaults list it.
func (n *single) brought(chart *reading.Chart, id string) *wire.CapsuleRef {
	n.t.Helper()
	ref, place := n.ref(id), n.place(id)
	ref.Handle = place.Handle[:]
	for _, r := range chart.Records {
		for _, c := range r.Folio.Item.Records {
			if r.Handle == place.Handle && stele.ID(c.Handle) == place.Handle {
				ref.Capsule = c.Capsule
				return ref
			}
		}
	}
	n.t.Fatalf("%s has no capsule", id)
	return nil
}

// givesOf asks all vaults for the records of a folio: so many give these, and leaves of all.
func (n *single) givesOf(folio string, vaults int, ids ...string) {
	n.t.Helper()
	gave := 0
	for _, m := range n.Members {
		_ = m.Vault.GetRecords(n.t.Context(), &wire.GetRecordsRequest{Request: n.reads(m.Subject), Folios: [][]byte{nameOf(n.ref(folio))}}, func(r *wire.GetRecordsResponse) error {
			gave++
			var handles []stele.ID
			for _, s := range r.Records {
				var cover wire.Cover
				n.Must(wire.Decode(s.Cover, &cover))
				handles = append(handles, stele.ID(cover.Handle))
			}
			if len(handles) != len(ids) || len(r.Leaves) != 2 {
				n.t.Errorf("%s gives %d records and %d leaves", m.Name, len(handles), len(r.Leaves))
			}
			for _, id := range ids {
				if !slices.Contains(handles, n.records[id].Handle) {
					n.t.Errorf("%s does not give %s", m.Name, id)
				}
			}
			return nil
		})
	}
	if gave != vaults {
		n.t.Errorf("%d vaults give any of it", gave)
	}
}

// refusesPlace asks all vaults for one record, at its place.
func (n *single) refusesPlace(id string) {
	n.t.Helper()
	for _, m := range n.Members {
		err := m.Vault.GetRecords(n.t.Context(), &wire.GetRecordsRequest{
			Request: n.reads(m.Subject), Folios: [][]byte{nameOf(n.ref(id))}, Places: []uint32{n.records[id].Index},
		}, func(*wire.GetRecordsResponse) error { return nil })
		if stele.KindOf(err) != stele.KindDenied {
			n.t.Errorf("%s, asked for the place of %s: %v", m.Name, id, err)
		}
	}
}

// TestR16WithoutCapsulesTheWholeFolioIsRestricted: and where the restriction says so.
func TestR16WithoutCapsulesTheWholeFolioIsRestricted(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		n.keeps("ldl", false)
		n.Must(n.access())
		gave, said := n.named(nameOf(n.ref("ldl")))
		_, never := n.named(make([]byte, 32))
		if got := n.chart(); got != "bees inr latex nuts" || gave != 0 || !slices.Equal(said, never) {
			t.Errorf("the chart holds %q; %d give it; they say %q, and %q", got, gave, said, never)
		}
		n.lifts(1)
		_, err := n.elena.Restrict(t.Context(), slot.Restriction{
			Records: []slot.Record{n.place("ldl")}, WholeFolios: true, Warning: "stele.restrict.4", Language: "en", At: time.Now(),
		}, nil, n.singles("hdl")...)
		w.Must(err)
		if got := n.chart(); got != "bees inr latex nuts" {
			t.Errorf("with its whole folio, restricted: %q", got)
		}
	})
}

// TestR16ARecordIsRestrictedBesideAnother: one after the other, lifted one by one, and in an emergency
// what each says of that.
func TestR16ARecordIsRestrictedBesideAnother(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		n.keeps("bees", true, "latex")
		if got := n.chart(); got != "hdl inr latex ldl nuts" {
			t.Errorf("bees restricted: %q", got)
		}
		emergency := func(what string, records int) {
			t.Helper()
			was := *n.ward
			defer func() { *n.ward = was }()
			n.by = nil
			n.breaks("Lakeview")
			n.wants(what, "allergies")
			if len(n.capsules) != records {
				t.Errorf("%s: %d capsules", what, len(n.capsules))
			}
			if n.capsules = []*wire.CapsuleRef{n.made("bees")}; n.trustees() != 0 {
				t.Errorf("%s: bees are released", what)
			}
		}
		emergency("in an emergency", 2) // nuts, and latex by itself
		n.keeps("latex", false)
		if got := n.chart(); got != "hdl inr ldl nuts" {
			t.Errorf("both restricted: %q", got)
		}
		emergency("both restricted, one of them in an emergency", 2)
		n.says(slot.Slot{}) // what is said of emergencies changes nothing of it
		emergency("said anew of emergencies", 2)
		_, err := n.elena.Lift(t.Context(), 1, n.singles("bees")...)
		w.Must(err)
		if got := n.chart(); got != "bees hdl inr ldl nuts" {
			t.Errorf("bees lifted: %q", got)
		}
	})
}

// TestR16AGrantOfASingleRecordOpensItBesideARestrictedOne.
func TestR16AGrantOfASingleRecordOpensItBesideARestrictedOne(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		grant := n.gives("hdl").Grant
		both := n.gives("ldl").Grant
		n.keeps("ldl", false)
		if got := n.reader(grant); got != "hdl" {
			t.Errorf("of the other: %q", got)
		}
		if got := n.reader(both); got != "denied" {
			t.Errorf("of the restricted one: %q", got)
		}
		n.Must(n.access())
		if gave, _ := n.named(nameOf(n.ref("ldl"))); gave != 0 {
			t.Errorf("%d vaults give the restricted one under its grant", gave)
		}
		n.capsules = []*wire.CapsuleRef{n.made("hdl")}
		if released := n.trustees(); released != 0 {
			t.Errorf("a capsule for no grant is released under one for a single record by %d", released)
		}
	})
}

// TestAVaultThatMakesUpACapsuleHidesNothing of what stays open beside a restricted record: another vault has
// the right ones.
func TestAVaultThatMakesUpACapsuleHidesNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		n.keeps("ldl", false, "hdl")
		committee, place := n.elena.Committee(), n.place("hdl")
		wrong, err := threshold.Encrypt(committee.Key, wire.RecordLabelBytes(n.Chain, committee.Key, n.elena.Subject(), place.Folio, place.Handle, stele.ID{}), &[32]byte{1})
		w.Must(err)
		for what, bend := range map[string]func(*wire.FolioItem){
			"of another key":   func(f *wire.FolioItem) { f.Records[0].Capsule = wrong },
			"of another place": func(f *wire.FolioItem) { f.Records[0].Capsule = n.ref("ldl").Capsule },
			"out of order":     func(f *wire.FolioItem) { f.Records = append(f.Records, proto.CloneOf(f.Records[0])) },
			"with the folio's": func(f *wire.FolioItem) { f.Records, f.Capsule = nil, n.ref("ldl").Capsule },
			"without any":      func(f *wire.FolioItem) { f.Records = nil },
		} {
			liar := town.Bend(n.okafor, "Northside", func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, List: func(out *wire.ListFoliosResponse) {
					for _, f := range out.Folios {
						if len(f.Records) > 0 {
							bend(f)
						}
					}
				}}
			})
			chart, err := liar.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
			w.Must(err)
			if got := town.IDs(chart); got != "bees hdl inr latex nuts" {
				t.Errorf("%s: the chart holds %q", what, got)
			}
		}
		for _, name := range w.Names {
			short := town.Bend(n.okafor, name, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					if len(r.Leaves) > 0 {
						r.Records = nil
					}
					return r
				}}
			})
			chart, err := short.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
			w.Must(err)
			if got := town.IDs(chart); got != "bees hdl inr latex nuts" {
				t.Errorf("%s keeps records back: the chart holds %q", name, got)
			}
		}
	})
}

// TestAnOpenChartGoesOnBesideARestrictedRecord: whose folio's key was released before.
func TestAnOpenChartGoesOnBesideARestrictedRecord(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		h, err := n.okafor.Charts.HoldChart(t.Context(), n.elena.Subject(), town.FollowUp, func(stele.Label) bool { return false })
		w.Must(err)
		defer h.Close()
		n.keeps("ldl", false, "hdl")
		records, err := h.Read(t.Context(), func(*reading.Folio) bool { return true })
		if got := town.IDs(&reading.Chart{Records: records}); err != nil || got != "bees hdl inr latex nuts" || len(h.Faults) > 0 {
			t.Errorf("%q, %v, faults %v", got, err, h.Faults)
		}
	})
}

// TestR16ClosingARestrictionOverMoreLiftsNothing: what is restricted stays so, in its place, with what came since.
func TestR16ClosingARestrictionOverMoreLiftsNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		n.keeps("ldl", false, "hdl")
		all, err := n.elena.Restrictions(t.Context())
		w.Must(err)
		for what, less := range map[string][]slot.Restriction{"none": nil, "another": {{Records: []slot.Record{n.place("hdl")}, Warning: "w", Language: "en", At: time.Now()}}} {
			_, err := n.elena.RestrictAnew(t.Context(), less)
			w.Wants(err, stele.KindInvalid, what)
		}
		all[0].Records = append(all[0].Records, n.place("bees"))
		_, err = n.elena.RestrictAnew(t.Context(), all, n.singles("hdl", "latex")...)
		w.Must(err)
		if got := n.chart(); got != "hdl inr latex nuts" {
			t.Errorf("the chart holds %q", got)
		}
		n.lifts(1)
		if got := n.chart(); got != "bees hdl inr latex ldl nuts" {
			t.Errorf("lifted: %q", got)
		}
	})
}

// TestAnHonestVaultIsNotBlamedForWhatTheWalletMade: her wallet brought a capsule of another key than its record's, and
// whoever holds it lists it so; the first that answers is not to blame.
func TestAnHonestVaultIsNotBlamedForWhatTheWalletMade(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		wrong := n.singles("hdl")
		wrong[0].Key = seal.NewKey()
		_, err := n.elena.Restrict(t.Context(), slot.Restriction{
			Records: []slot.Record{n.place("ldl")}, Warning: "stele.restrict.4", Language: "en", At: time.Now(),
		}, nil, wrong...)
		w.Must(err)
		for _, late := range w.Names {
			doctor := town.Bend(n.okafor, late, func(m *members.Member) { m.Vault = slowlyLists{m.Vault} })
			chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
			if w.Must(err); len(chart.Faults) == 0 {
				t.Errorf("%s is late: nobody is blamed", late)
			}
			for _, f := range chart.Faults {
				if f.Member != "the patient's wallet" {
					t.Errorf("%s is late: %s is blamed: %s", late, f.Member, f.What)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestAVaultDoesNotCountWhatItMakesUp: it lists one more capsule beside a restricted record, for a record that there is not.
func TestAVaultDoesNotCountWhatItMakesUp(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		n.keeps("ldl", false, "hdl")
		for _, by := range w.Names {
			doctor := town.Bend(n.okafor, by, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, List: func(out *wire.ListFoliosResponse) {
					for _, f := range out.Folios {
						if len(f.Records) == 0 {
							continue
						}
						key, handle, committee := seal.NewKey(), stele.NewID(), n.elena.Committee().Key
						c, err := threshold.Encrypt(committee, wire.RecordLabelBytes(n.Chain, committee, n.elena.Subject(), wire.FolioDigest(f.Head), handle, stele.ID{}), (*[32]byte)(&key))
						n.Must(err)
						f.Records = append(f.Records, &wire.RecordCapsule{Handle: handle[:], Capsule: c})
						slices.SortFunc(f.Records, func(a, b *wire.RecordCapsule) int { return bytes.Compare(a.Handle, b.Handle) })
					}
				}}
			})
			h, err := doctor.Charts.HoldChart(t.Context(), n.elena.Subject(), town.FollowUp, nil)
			w.Must(err)
			for _, f := range h.Folios() {
				if f.Digest == n.place("ldl").Folio && f.Opens() != 1 {
					t.Errorf("%s lies: %d records open, it is one; faults %v", by, f.Opens(), h.Faults)
				}
			}
			h.Close()
			time.Sleep(time.Minute)
		}
	})
}

// TestWhoGivesTheRestrictedRecordInsteadIsNamed: no key opens it, and the one beside it was kept back.
func TestWhoGivesTheRestrictedRecordInsteadIsNamed(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		n.keeps("ldl", false, "hdl")
		restricted := n.records["ldl"]
		leaves := make([][]byte, 2)
		for _, id := range []string{"ldl", "hdl"} {
			leaf := proof.RecordLeaf(n.records[id].Sealed)
			leaves[n.records[id].Index] = leaf[:]
		}
		for _, by := range w.Names {
			lied, doctor := false, n.okafor
			for _, name := range w.Names {
				doctor = town.Bend(doctor, name, func(m *members.Member) {
					if name != by {
						m.Vault = slowlyLists{m.Vault}
						return
					}
					m.Vault = town.LyingVault{Vault: m.Vault, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
						if bytes.Equal(r.Folio, wire.FolioName(restricted.Folio.Item.Submission, restricted.Folio.Head.Folio)) {
							lied, r.Records, r.Leaves = true, []*wire.SealedRecord{restricted.Sealed}, leaves
						}
						return r
					}}
				})
			}
			chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
			if w.Must(err); town.IDs(chart) != "bees hdl inr latex nuts" || lied && !town.Blames(chart, by, "kept records back") {
				t.Errorf("%s lies (%v): the chart holds %q, faults %v", by, lied, town.IDs(chart), chart.Faults)
			}
			time.Sleep(time.Minute)
		}
	})
}

// opening says when a vault is first asked for records, and gives none before it may.
type opening struct {
	members.Vault
	asked, may chan struct{}
}

func (v opening) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	select {
	case v.asked <- struct{}{}:
	default:
	}
	<-v.may
	return v.Vault.GetRecords(ctx, in, each)
}

// TestARestrictionWhileAChartOpensBlamesNobody: it comes after the keys were released and before the records are given. What is
// restricted is not shown, nor that it is.
func TestARestrictionWhileAChartOpensBlamesNobody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		doctor, asked, may := n.okafor, make(chan struct{}, 1), make(chan struct{})
		for _, name := range w.Names {
			doctor = town.Bend(doctor, name, func(m *members.Member) { m.Vault = opening{m.Vault, asked, may} })
		}
		go func() {
			defer close(may)
			<-asked
			n.keeps("ldl", false, "hdl")
		}()
		chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
		if w.Must(err); town.IDs(chart) != "bees hdl inr latex nuts" || len(chart.Faults) > 0 {
			t.Errorf("the chart holds %q, faults %v", town.IDs(chart), chart.Faults)
		}
	})
}

// asked does something when a vault is asked for records.
type asked struct {
	members.Vault
	then func(*wire.GetRecordsRequest)
}

func (v asked) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	v.then(in)
	return v.Vault.GetRecords(ctx, in, each)
}

// TestARestrictionThatOneVaultKnowsFirstBlamesNobody: it comes while a chart opens. The vault that is asked first knows it and gives the other
// record alone; the second one's node is a block behind and gives both. The first says so when it is asked for its list once more.
func TestARestrictionThatOneVaultKnowsFirstBlamesNobody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		ldl := n.records["ldl"]
		folio := wire.FolioName(ldl.Folio.Item.Submission, ldl.Folio.Head.Folio)
		both := make([]*wire.SealedRecord, 2)
		for _, id := range []string{"ldl", "hdl"} {
			both[n.records[id].Index] = n.records[id].Sealed
		}
		first, doctor := "", n.okafor
		for _, name := range w.Names {
			doctor = town.Bend(doctor, name, func(m *members.Member) {
				behind := town.LyingVault{Vault: m.Vault, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					if name != first && bytes.Equal(r.Folio, folio) {
						r.Records, r.Leaves = both, nil
					}
					return r
				}}
				m.Vault = asked{behind, func(in *wire.GetRecordsRequest) {
					if first == "" && slices.ContainsFunc(in.Folios, func(f []byte) bool { return bytes.Equal(f, folio) }) {
						first = name
						n.keeps("ldl", false, "hdl")
					}
				}}
			})
		}
		chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
		if w.Must(err); first == "" || len(chart.Faults) > 0 {
			t.Errorf("%q knew of it; the chart holds %q, faults %v", first, town.IDs(chart), chart.Faults)
		}
	})
}

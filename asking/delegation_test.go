package asking_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// above is a delegation on the world's ledger, with its document.
type above struct {
	row stele.Grant
	doc consent.Grant
}

// commitAbove puts the documents of the delegations onto the ledger and into the request.
func (w *world) commitAbove(t *testing.T) {
	t.Helper()
	w.asked.Delegations = nil
	for _, d := range w.above {
		document, err := consent.Marshal(d.doc)
		if err != nil {
			t.Fatal(err)
		}
		salt := seal.NewSalt()
		d.row.Commitment = seal.Commit(salt, seal.TagGrant, document)
		w.asked.Delegations = append(w.asked.Delegations, &wire.ShownDelegation{Document: document, Salt: salt[:]})
	}
}

var (
	mother = consent.Party{Subject: stele.SubjectOf([]byte("mother")), Name: "Maria Quill"}
	sitter = consent.Party{Subject: stele.SubjectOf([]byte("sitter")), Name: "Anna Lind"}
)

// delegation is one of the patient's to somebody, that holds as long as the grant.
func (w *world) delegation(to consent.Party, by consent.Party, kind consent.DelegateKind, acts ...consent.Act) *above {
	doc := w.doc
	doc.ID, doc.Action, doc.Grantee = stele.NewIDOf(w.patient[:]), stele.ActionDelegate, wire.Key(wire.NewEd25519().Public())
	doc.Actor, doc.Signed.By = consent.Actor{Kind: consent.Person, Party: to}, by
	doc.Delegation = consent.Delegation{Kind: kind, Acts: acts}
	if kind == consent.Parent {
		doc.Delegation.OfAge = consent.Date{Year: 2026, Month: 11, Day: 22}
	}
	return &above{row: stele.Grant{
		ID: doc.ID, Subject: w.patient, Action: stele.ActionDelegate, Grantee: doc.Grantee, NotBefore: doc.NotBefore, End: doc.End, Status: stele.GrantActive,
	}, doc: doc}
}

// motherGave is a world whose grant the patient's mother gave.
func motherGave() *world {
	w := newWorld()
	w.above = []*above{w.delegation(mother, w.doc.Patient, consent.Parent, consent.ActRead, consent.ActGive, consent.ActDelegate)}
	w.doc.Signed.By, w.grant.Delegation = mother, w.above[0].row.ID
	return w
}

// sitterGave is one whose grant somebody gave who acts by the mother's word.
func sitterGave() *world {
	w := motherGave()
	second := w.delegation(sitter, mother, consent.Carer, consent.ActGive)
	second.row.Delegation = w.above[0].row.ID
	w.above = append([]*above{second}, w.above...)
	w.doc.Signed.By, w.grant.Delegation = sitter, second.row.ID
	return w
}

// motherOpens is one in which the mother opens the chart herself.
func motherOpens() *world {
	w := newWorld()
	own := w.delegation(mother, w.doc.Patient, consent.Parent, consent.ActRead)
	own.doc.ID, own.doc.Grantee, own.doc.Actor.Party = w.doc.ID, w.doc.Grantee, consent.Party{Subject: w.doctor, Name: "Maria Quill"}
	w.doc, w.grant.Action = own.doc, stele.ActionDelegate
	return w
}

// membersLet has two members give a delegation, for somebody whom nobody has claimed.
func membersLet(d *above) {
	d.row.Members = []stele.Subject{stele.SubjectOf([]byte("a hospital")), stele.SubjectOf([]byte("a clinic"))}
	d.doc.Signed.By = consent.Party{Subject: d.row.Members[0], Name: "A Hospital"}
}

// TestWhoActsForAPatientIsJudgedByAllDocuments: each rule about delegations, on both sides of
// its border.
func TestWhoActsForAPatientIsJudgedByAllDocuments(t *testing.T) {
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	at := func(w *world, now time.Time) {
		w.own, w.newest.Time, w.asked.AtMs, w.access.At, w.access.Until = now, now, now.UnixMilli(), now, now.Add(time.Minute)
		w.card.ExpiresMs = now.Add(time.Hour).UnixMilli()
	}
	for _, c := range []struct {
		what   string
		world  *world
		change func(*world)
		sent   func(*wire.ReadRequest)
		want   Reason // a part of it; empty: permitted
	}{
		{what: "the mother gave", world: motherGave()},
		{what: "the sitter gave", world: sitterGave()},
		{what: "the mother opens", world: motherOpens()},
		{"not shown", motherGave(), nil, func(r *wire.ReadRequest) { r.Delegations = nil }, "was not shown"},
		{"the upper one not shown", sitterGave(), nil, func(r *wire.ReadRequest) { r.Delegations = r.Delegations[:1] }, "was not shown"},
		{"the other way round", sitterGave(), nil, func(r *wire.ReadRequest) { r.Delegations[0], r.Delegations[1] = r.Delegations[1], r.Delegations[0] }, "not the one on the ledger"},
		{"one too many", motherGave(), nil, func(r *wire.ReadRequest) { r.Delegations = append(r.Delegations, r.Delegations[0]) }, "was not given under"},
		{"three", motherGave(), nil, func(r *wire.ReadRequest) { r.Delegations = append(r.Delegations, r.Delegations[0], r.Delegations[0]) }, "malformed"},
		{"none needed", newWorld(), nil, func(r *wire.ReadRequest) { r.Delegations = []*wire.ShownDelegation{{}} }, "was not given under"},
		{"a long document", motherGave(), nil, func(r *wire.ReadRequest) { r.Delegations[0].Document = make([]byte, stele.MaxDocument+1) }, "malformed"},
		{"another document", motherGave(), nil, func(r *wire.ReadRequest) { r.Delegations[0].Document = append(r.Delegations[0].Document, ' ') }, "not the one on the ledger"},
		{"another child's", motherGave(), func(w *world) { w.above[0].row.Subject = w.hospital }, nil, "not the one on the ledger"},
		{"a document for another child", motherGave(), func(w *world) { w.above[0].doc.Patient = consent.Party{Subject: w.hospital, Name: "Ben Quill"} }, nil, "of another one"},
		{"a document of another id", motherGave(), func(w *world) { w.above[0].doc.ID = stele.NewIDOf(w.patient[:]) }, nil, "of another one"},
		{"a document of another key", motherGave(), func(w *world) { w.above[0].row.Grantee = wire.Key(wire.NewEd25519().Public()) }, nil, "of another one"},
		{"a grant as a delegation", motherGave(), func(w *world) {
			id := w.above[0].doc.ID
			w.above[0].doc = w.doc
			w.above[0].doc.ID, w.above[0].row.Grantee = id, w.doc.Grantee
		}, nil, "of another one"},
		{"signed by somebody else", motherGave(), func(w *world) { w.doc.Signed.By = sitter }, nil, reason(consent.DenyDelegate)},
		{"may not give", motherGave(), func(w *world) { w.above[0].doc.Delegation.Acts = []consent.Act{consent.ActRead} }, nil, reason(consent.DenyAct)},
		{"may not let others act", sitterGave(), func(w *world) { w.above[1].doc.Delegation.Acts = []consent.Act{consent.ActGive} }, nil, reason(consent.DenyAct)},
		{"lets others do what she may not", sitterGave(), func(w *world) {
			w.above[1].doc.Delegation.Acts = []consent.Act{consent.ActRead, consent.ActDelegate}
		}, nil, reason(consent.DenyAct)},
		{"may not read", motherOpens(), func(w *world) { w.doc.Delegation.Acts = []consent.Act{consent.ActGive} }, nil, reason(consent.DenyAct)},
		{"somebody else opens", motherOpens(), func(w *world) { w.doc.Actor.Party = mother }, nil, reason(consent.DenyWho)},
		{"another purpose", motherGave(), func(w *world) { w.above[0].doc.Purposes = []stele.Purpose{stele.PatientRequest} }, nil, reason(consent.DenyPurpose)},
		{"taken back", motherGave(), func(w *world) { w.grant.Status = stele.GrantRevoked }, nil, "taken back"},
		{"members let her in, for care", motherGave(), func(w *world) { membersLet(w.above[0]) }, nil, ""},
		{"members let her in, for what is sensitive", motherGave(), func(w *world) {
			membersLet(w.above[0])
			w.above[0].doc.Sensitivity = []stele.Sensitivity{stele.PSY}
		}, nil, "direct care alone"},
		{"members let her in, for a payer", motherGave(), func(w *world) {
			membersLet(w.above[0])
			w.above[0].doc.Purposes = []stele.Purpose{stele.Treatment, stele.Payment}
		}, nil, "direct care alone"},
		{"members let her in, in the child's name", motherGave(), func(w *world) {
			membersLet(w.above[0])
			w.above[0].doc.Signed.By = w.doc.Patient
		}, nil, "direct care alone"},
		{"members let her in, who let the sitter", sitterGave(), func(w *world) {
			membersLet(w.above[1])
			w.above[1].doc.Sensitivity = []stele.Sensitivity{stele.PSY}
		}, nil, "direct care alone"},
		{"an executor of somebody who lives", motherGave(), func(w *world) {
			w.above[0].doc.Delegation = consent.Delegation{Kind: consent.Executor, Acts: w.above[0].doc.Delegation.Acts}
		}, nil, reason(consent.DenyLiving)},
		{"a parent's, given before the death", motherGave(), func(w *world) { w.die(); w.grant.Height = 8 }, nil, ""},
		{"a parent's, given after it", motherGave(), func(w *world) { w.die(); w.grant.Height = 9 }, nil, reason(consent.DenyDead)},
		{"the mother opens after the death", motherOpens(), func(w *world) { w.die(); w.grant.Height = 8 }, nil, reason(consent.DenyDead)},
		{"an executor's, given after the death", motherGave(), func(w *world) {
			w.die()
			w.grant.Height = 9
			w.above[0].doc.Delegation = consent.Delegation{Kind: consent.Executor, Acts: w.above[0].doc.Delegation.Acts}
		}, nil, ""},
		{"a grant that the patient gave, after the death", newWorld(), func(w *world) { w.die() }, nil, ""},
		{"a millisecond before the birthday", motherGave(), func(w *world) { at(w, day.Add(-time.Millisecond)) }, nil, ""},
		{"on the birthday", motherGave(), func(w *world) { at(w, day) }, nil, reason(consent.DenyOfAge)},
		{"on the birthday by blocks alone", motherGave(), func(w *world) { at(w, day.Add(-time.Second)); w.newest.Time = day }, nil, reason(consent.DenyOfAge)},
		{"of the sitter, on the child's birthday", sitterGave(), func(w *world) { at(w, day) }, nil, reason(consent.DenyOfAge)},
		{"of the mother, a millisecond before", motherOpens(), func(w *world) { at(w, day.Add(-time.Millisecond)) }, nil, ""},
		{"of the mother, on the birthday", motherOpens(), func(w *world) { at(w, day) }, nil, reason(consent.DenyOfAge)},
	} {
		if c.change != nil {
			c.change(c.world)
		}
		_, why := c.world.judge(t, c.sent)
		if c.want == Permitted && why != Permitted || !strings.Contains(string(why), string(c.want)) || c.want != Permitted && why == Permitted {
			t.Errorf("%s: %q, want %q", c.what, why, c.want)
		}
	}
}

// die records the patient's death in block 9, before the newest.
func (w *world) die() {
	keys := w.subjects[w.patient]
	keys.Died = 9
	w.subjects[w.patient] = keys
}

func reason(r consent.Reason) Reason { return Reason(r) }

// TestLaw2WhatADelegateGaveFallsWhileItIsRead: a delegation that is taken back, or a child that
// comes of age, stops what was judged a moment ago.
func TestLaw2WhatADelegateGaveFallsWhileItIsRead(t *testing.T) {
	for what, change := range map[string]func(*world){
		"taken back":       func(w *world) { w.grant.Status = stele.GrantRevoked }, // as the ledger says of what was given under it
		"the patient dies": func(w *world) { w.die(); w.grant.Height = 10 },
		"of age": func(w *world) {
			w.own = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
			w.newest.Time, w.access.At, w.access.Until, w.grant.End = w.own, w.own, w.own.Add(time.Minute), w.own.Add(48*time.Hour)
		},
	} {
		for _, w := range []*world{motherGave(), sitterGave(), motherOpens()} {
			w.card.ExpiresMs = w.own.Add(100 * time.Hour).UnixMilli()
			r, why := w.judge(t, nil)
			if why != Permitted || r.Again() != Permitted {
				t.Fatalf("%s: %q", what, why)
			}
			if change(w); r.Again() == Permitted {
				t.Errorf("%s: it goes out all the same", what)
			}
		}
	}
}

// TestADelegateOpensWhatAllDocumentsAllow: not what the grant alone says, nor the one
// delegation without the other.
func TestADelegateOpensWhatAllDocumentsAllow(t *testing.T) {
	w := sitterGave()
	w.detail.Categories = nil
	w.doc.Categories, w.doc.Sensitivity = []stele.Category{consent.AllCategories}, []stele.Sensitivity{stele.PSY, stele.Adolescent}
	w.above[0].doc.Categories, w.above[0].doc.Sensitivity = []stele.Category{stele.Results, stele.Vitals}, []stele.Sensitivity{stele.PSY, stele.Adolescent}
	w.above[1].doc.Categories, w.above[1].doc.Sensitivity = []stele.Category{stele.Results, stele.Allergies}, []stele.Sensitivity{stele.PSY}
	w.above[1].doc.From = consent.Date{Year: 2020, Month: 6}
	r, why := w.judge(t, nil)
	if why != Permitted {
		t.Fatal(why)
	}
	label := func(c stele.Category, s ...stele.Sensitivity) stele.Label {
		return stele.Label{Category: c, Sensitivity: s, Year: 2020}
	}
	for want, labels := range map[bool][]stele.Label{
		true: {label(stele.Results), label(stele.Results, stele.PSY)},
		false: {label(stele.Vitals), label(stele.Allergies), label(stele.Claims), label(stele.Results, stele.Adolescent),
			{Category: stele.Results, Year: 2019}},
	} {
		for _, l := range labels {
			if got := r.Covers(l); (got == Permitted) != want {
				t.Errorf("%v: %q", l, got)
			}
		}
	}
	for when, want := range map[string]bool{"2020-06-01": true, "2020-05-31": false} {
		if got := r.CoversRecord(label(stele.Results), stele.NewID(), when); (got == Permitted) != want {
			t.Errorf("a record of %s: %q", when, got)
		}
	}
}

package breakglass_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/breakglass"
	"github.com/stele-health/stele/contract/emergency"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/credential/credentialtest"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/steletest"
	"github.com/stele-health/stele/wire"
)

// ward is a member with its desk and one practitioner, who asks as the fields say.
type ward struct {
	stele.Ledger // nothing but what is asked of it here
	t            testing.TB
	now          time.Time
	newest       stele.Block
	keys         map[stele.Subject]stele.Keys
	papers       *credentialtest.Town
	fs           vfs.FS
	log          steletest.Log
	logger       *slog.Logger
	desk         *breakglass.Desk

	patient, doctor, member          stele.Subject
	node, grantee, doctorKey, orgKey wire.Ed25519
	register                         *seal.SealKey // the organisation's
	user, facility                   int
	lost                             map[stele.ID]bool // activations that are not on the ledger
	last                             bool              // what was signed is the last of its chart for the card today
	card                             *wire.Card
	vouched                          []wire.Signer
	glass                            *wire.BreakGlass
	tx                               *wire.Transaction
	detail                           *wire.AccessDetail
	asked                            *wire.Activate
	signers                          []wire.Signer
	shownFor                         *stele.ID // nil: the activation
}

func (w *ward) Newest() stele.Block { return w.newest }
func (w *ward) Subject(s stele.Subject) (stele.Keys, error) {
	if k, ok := w.keys[s]; ok {
		return k, nil
	}
	return stele.Keys{}, stele.E("test", stele.KindNotFound, "absent", nil)
}
func (w *ward) Consortium() (stele.Consortium, error) {
	c := w.papers.Run
	c.Chain, c.Issuers = "town", []stele.PublicKey{wire.Key(w.orgKey.Public())}
	return c, nil
}

// Grant finds every activation that the desk signed, but those that never came onto the ledger.
func (w *ward) Grant(id stele.ID) (stele.Grant, error) {
	if w.lost[id] {
		return stele.Grant{}, stele.E("test", stele.KindNotFound, "absent", nil)
	}
	return stele.Grant{ID: id}, nil
}
func (w *ward) StatusList(of stele.Subject) (stele.StatusList, error) { return w.papers.StatusList(of) }

func newWard(t testing.TB) *ward {
	now := time.Date(2026, 11, 30, 3, 12, 0, 0, time.UTC)
	w := &ward{
		t: t, now: now, newest: stele.Block{Height: 10, Time: now}, keys: map[stele.Subject]stele.Keys{}, fs: vfs.NewMem(),
		patient: stele.SubjectOf([]byte("patient")), doctor: stele.SubjectOf([]byte("doctor")), member: stele.SubjectOf([]byte("hospital")),
		node: wire.NewEd25519(), doctorKey: wire.NewEd25519(), orgKey: wire.NewEd25519(), user: 5, facility: 40,
	}
	var err error
	if w.register, err = seal.NewSealKey(); err != nil {
		t.Fatal(err)
	}
	w.keys[w.doctor] = stele.Keys{Subject: w.doctor, Signing: []stele.PublicKey{wire.Key(w.doctorKey.Public())}}
	w.keys[w.member] = stele.Keys{Subject: w.member, Signing: []stele.PublicKey{wire.Key(w.orgKey.Public())}, Seal: [][]byte{w.register.Public()}}
	w.papers = credentialtest.New(t, now, w.doctor, w.member)
	w.papers.Post(w.papers.Board, now)
	w.papers.Post(w.papers.Accreditor, now)
	w.card = &wire.Card{Chain: "town", Subject: w.doctor[:], Organisation: w.member[:], Name: "Dr Amara Okafor", Kind: "practitioner", ExpiresMs: now.Add(time.Hour).UnixMilli()}
	w.vouched, w.signers = []wire.Signer{w.doctorKey, w.orgKey}, []wire.Signer{w.doctorKey}
	w.fresh()
	w.logger = slog.New(slog.NewTextHandler(&w.log, nil))
	w.open()
	return w
}

// fresh begins a new activation.
func (w *ward) fresh() {
	w.grantee = wire.NewEd25519()
	id, nonce := stele.NewIDOf(w.patient[:]), stele.NewID()
	w.glass = &wire.BreakGlass{Activation: id[:], Subject: w.patient[:], Member: w.member[:], Grantee: w.grantee.Public()}
	w.tx = &wire.Transaction{Chain: "town", Nonce: nonce[:], ExpiresMs: w.now.Add(5 * time.Minute).UnixMilli(), Message: &wire.Transaction_BreakGlass{BreakGlass: w.glass}}
	w.detail = &wire.AccessDetail{Request: id[:], Subject: w.patient[:], Purpose: "ETREAT", Reason: "unconscious after a fall"}
	w.asked = &wire.Activate{Chain: "town", Audience: w.member[:], AtMs: w.now.UnixMilli()}
}

// next begins an activation of a patient's who was not opened before.
func (w *ward) next() {
	w.patient = stele.SubjectOf(w.patient[:])
	w.fresh()
}

// other has another practitioner ask from now on.
func (w *ward) other() { w.as(stele.SubjectOf([]byte("another doctor")), wire.NewEd25519()) }

// as has somebody ask from here on.
func (w *ward) as(doctor stele.Subject, key wire.Ed25519) {
	w.doctor, w.doctorKey = doctor, key
	w.keys[w.doctor] = stele.Keys{Subject: w.doctor, Signing: []stele.PublicKey{wire.Key(w.doctorKey.Public())}}
	w.card.Subject, w.papers.Licence.Holder, w.papers.Role.Holder = w.doctor[:], w.doctor, w.doctor
	w.vouched, w.signers = []wire.Signer{w.doctorKey, w.orgKey}, []wire.Signer{w.doctorKey}
}

// open opens the desk, on the same disk.
func (w *ward) open() {
	w.t.Helper()
	if err := w.tryOpen(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *ward) tryOpen() (err error) {
	w.desk, err = breakglass.Open(breakglass.Config{
		Folder: "desk", FS: w.fs, Ledger: w, Chain: "town", Member: w.member, Signer: w.node, AlarmUser: w.user, AlarmFacility: w.facility,
		Clock: func() time.Time { return w.now }, Log: w.logger,
	})
	return err
}

// restart closes the desk and opens it again.
func (w *ward) restart() {
	w.t.Helper()
	if err := w.desk.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

// ask completes what is asked and asks. sent changes it after that.
func (w *ward) ask(sent func(*wire.Activate)) error {
	w.t.Helper()
	if w.asked.Detail == nil {
		w.detail.Card = wire.Sign(wire.TagCard, w.card, w.vouched...)
		salt := seal.NewSalt()
		w.asked.Detail, w.asked.DetailSalt = wire.Marshal(w.detail), salt[:]
		commitment := seal.Commit(salt, seal.TagDetail, w.asked.Detail)
		if w.glass.DetailCommitment == nil {
			w.glass.DetailCommitment = commitment[:]
		}
		w.asked.Transaction = wire.Marshal(w.tx)
		id := stele.ID(w.glass.Activation)
		if w.shownFor != nil {
			id = *w.shownFor
		}
		w.asked.Credentials, w.asked.StatusLists = w.papers.Show(w.papers.Run.Subject, id, w.now), w.papers.Lists
	}
	if sent != nil {
		sent(w.asked)
	}
	out, err := w.desk.Activate(w.t.Context(), &wire.ActivateRequest{Request: wire.Sign(wire.TagActivate, w.asked, w.signers...)})
	if err != nil {
		return err
	}
	signed := wire.SignBytes(wire.TagTransaction, w.asked.Transaction, w.grantee)
	signed.Signatures, w.last = append(signed.Signatures, out.Signature), out.Last
	keys, err := wire.Check(wire.TagTransaction, signed)
	if err != nil || !slices.Contains(keys, wire.Key(w.node.Public())) {
		w.t.Errorf("the node's signature does not hold: %v", err)
	}
	return nil
}

// entries reads the register as the organisation does.
func (w *ward) entries() (all []*wire.Activated) {
	w.t.Helper()
	for since := uint64(0); ; {
		nonce := stele.NewID()
		page, err := w.desk.ListActivations(w.t.Context(), &wire.ListActivationsRequest{Request: wire.Sign(wire.TagOwn, &wire.OwnRequest{
			Chain: "town", Audience: w.member[:], Subject: w.member[:], AtMs: w.now.UnixMilli(), Nonce: nonce[:], Since: since,
		}, w.orgKey)})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range page.Entries {
			raw, err := w.register.Open(seal.TagActivated, wire.DetailContext(w.member, stele.ID(e.Id)), e.Sealed)
			entry := new(wire.Activated)
			if err != nil || wire.Decode(raw, entry) != nil {
				w.t.Fatal(err)
			}
			all = append(all, entry)
		}
		if since = page.Next; since == 0 {
			return all
		}
	}
}

// TestR25TheDeskSignsForItsOwnPeopleOnly: each rule, and what stands on both sides of its
// border. Who is not known to be one of the member's people hears the same of everything.
func TestR25TheDeskSignsForItsOwnPeopleOnly(t *testing.T) {
	const no = "this member signs no such activation"
	other := stele.SubjectOf([]byte("somebody else"))
	for _, c := range []struct {
		what   string
		change func(*ward)
		sent   func(*wire.Activate)
		want   string // a part of it; empty: it signs
	}{
		{what: "as it should be"},
		{"two signatures", func(w *ward) { w.signers = append(w.signers, w.orgKey) }, nil, no},
		{"another network", nil, func(a *wire.Activate) { a.Chain = "village" }, no},
		{"another member", nil, func(a *wire.Activate) { a.Audience = other[:] }, no},
		{"made five minutes ago", nil, func(a *wire.Activate) { a.AtMs -= stele.Fresh.Milliseconds() }, ""},
		{"made longer ago", nil, func(a *wire.Activate) { a.AtMs -= stele.Fresh.Milliseconds() + 1 }, no},
		{"made in the future", nil, func(a *wire.Activate) { a.AtMs += stele.Fresh.Milliseconds() + 1 }, no},
		{"no block yet", func(w *ward) { w.newest = stele.Block{} }, nil, "node is behind"},
		{"a block as old as may be", func(w *ward) { w.newest.Time = w.now.Add(-stele.StaleAfter) }, nil, ""},
		{"an older block", func(w *ward) { w.newest.Time = w.now.Add(-stele.StaleAfter - 1) }, nil, "node is behind"},

		{"another transaction", func(w *ward) { w.tx.Message = &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{}} }, nil, no},
		{"no transaction", nil, func(a *wire.Activate) { a.Transaction = nil }, no},
		{"a transaction that says more", nil, func(a *wire.Activate) { a.Transaction = append(a.Transaction, 0xfa, 0x7f, 1, 'x') }, no},
		{"of another network", func(w *ward) { w.tx.Chain = "village" }, nil, no},
		{"that is over", func(w *ward) { w.tx.ExpiresMs = w.now.UnixMilli() }, nil, no},
		{"that is good for ten minutes", func(w *ward) { w.tx.ExpiresMs = w.now.Add(10 * time.Minute).UnixMilli() }, nil, ""},
		{"that is good for longer", func(w *ward) { w.tx.ExpiresMs = w.now.Add(10*time.Minute).UnixMilli() + 1 }, nil, no},
		{"for another member", func(w *ward) { w.glass.Member = other[:] }, nil, no},
		{"under an id that is not the patient's", func(w *ward) { w.glass.Subject, w.detail.Subject = other[:], other[:] }, nil, no},
		{"with a key that is none", func(w *ward) { w.glass.Grantee.Key = w.glass.Grantee.Key[1:] }, nil, no},
		{"with the card holder's own key", func(w *ward) { w.grantee = w.doctorKey; w.glass.Grantee = w.doctorKey.Public() }, nil, no},

		{"another detail than is committed to", nil, func(a *wire.Activate) { a.Detail = append(a.Detail, 0x2a, 1, 'x') }, no},
		{"a detail of another opening", func(w *ward) { id := stele.NewIDOf(w.patient[:]); w.detail.Request = id[:] }, nil, no},
		{"a detail of another patient", func(w *ward) { w.detail.Subject = other[:] }, nil, no},
		{"another purpose", func(w *ward) { w.detail.Purpose = "TREAT" }, nil, no},
		{"no reason", func(w *ward) { w.detail.Reason = " \n" }, nil, no},
		{"a reason of two kilobytes", func(w *ward) { w.detail.Reason = strings.Repeat("x", stele.MaxReason) }, nil, ""},
		{"a longer reason", func(w *ward) { w.detail.Reason = strings.Repeat("x", stele.MaxReason+1) }, nil, no},

		{"a card without its holder", func(w *ward) { w.vouched = w.vouched[1:] }, nil, no},
		{"a card without its member", func(w *ward) { w.vouched = w.vouched[:1] }, nil, no},
		{"a card of another organisation", func(w *ward) { w.keys[other] = w.keys[w.member]; w.card.Organisation = other[:] }, nil, no},
		{"a card that has expired", func(w *ward) { w.card.ExpiresMs = w.now.UnixMilli() }, nil, no},
		{"a card that expires by block time", func(w *ward) { w.newest.Time = w.now.Add(time.Hour) }, nil, no},
		{"somebody who shows another's card", func(w *ward) { w.signers = []wire.Signer{wire.NewEd25519()} }, nil, no},

		{"no credentials", nil, func(a *wire.Activate) { a.Credentials = nil }, "are needed"},
		{"credentials for another activation", func(w *ward) { id := stele.NewID(); w.shownFor = &id }, nil, "another nonce"},
		{"another person's", func(w *ward) { w.papers.Licence.Holder, w.papers.Role.Holder = other, other }, nil, "somebody else's"},
		{"another person's licence", func(w *ward) { w.papers.Licence.Holder = other }, nil, "two people"},
		{"another facility's", func(w *ward) { w.papers.Accreditation.Holder, w.papers.Role.Issuer = other, other }, nil, "another facility"},
		{"an expired licence", func(w *ward) { w.papers.Licence.Until = w.now }, nil, "licence does not hold"},
		{"a revoked licence", func(w *ward) { w.marks(sdjwt.Revoked) }, nil, "was revoked"},
		{"a suspended licence", func(w *ward) { w.marks(sdjwt.Suspended) }, nil, "was suspended"},
		{"a status of more than a day ago", func(w *ward) { w.ages(credential.StatusLives + 1) }, nil, ""},
	} {
		w := newWard(t)
		if c.change != nil {
			c.change(w)
		}
		err := w.ask(c.sent)
		want := stele.KindDenied
		if strings.Contains(c.want, "behind") {
			want = stele.KindBusy
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || stele.KindOf(err) != want || !strings.Contains(stele.TextOf(err), c.want)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
		if n := len(w.entries()); (n == 1) != (c.want == "") {
			t.Errorf("%s: the register has %d entries", c.what, n)
		}
	}
}

// marks has the board say on its newest list what holds of the licence.
func (w *ward) marks(s sdjwt.Status) {
	w.papers.Set(w.papers.Board, 7, s)
	w.papers.Lists = w.papers.Lists[1:]
	w.papers.Post(w.papers.Board, w.now)
}

// ages makes every status list so much older on the ledger.
func (w *ward) ages(by time.Duration) {
	for s, l := range w.papers.Posted {
		l.Posted = w.now.Add(-by)
		w.papers.Posted[s] = l
	}
}

// TestR25TheRegisterSaysWhoWhomAndWhy to the organisation, and to nobody else: what lies on
// the disk names neither patient nor practitioner nor reason.
func TestR25TheRegisterSaysWhoWhomAndWhy(t *testing.T) {
	w := newWard(t)
	w.ages(credential.StatusLives + 1)
	if err := w.ask(nil); err != nil {
		t.Fatal(err)
	}
	said := new(wire.AccessDetail)
	e := w.entries()[0]
	if err := wire.Decode(e.Detail, said); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(e.Activation, w.glass.Activation) || !bytes.Equal(e.Subject, w.patient[:]) || said.Reason != "unconscious after a fall" ||
		!bytes.Contains(said.Card.Body, []byte("Dr Amara Okafor")) || e.Role != "emergency-doctor" || e.TimeMs != w.now.UnixMilli() ||
		wire.Key(e.Grantee) != wire.Key(w.grantee.Public()) || len(e.Stale) != 2 || e.ManyOfUser || e.ManyOfFacility {
		t.Errorf("the register says %v", e)
	}
	if err := w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := w.fs.List("desk")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := w.fs.Open("desk/" + name)
		if err != nil {
			continue
		}
		stat, _ := f.Stat()
		raw := make([]byte, stat.Size())
		_, _ = f.ReadAt(raw, 0)
		_ = f.Close()
		for what, secret := range map[string][]byte{"patient": w.patient[:], "practitioner": w.doctor[:], "reason": []byte("unconscious"), "name": []byte("Okafor")} {
			if bytes.Contains(raw, secret) {
				t.Errorf("%s names the %s", name, what)
			}
		}
	}
	w.open()
	if len(w.entries()) != 1 {
		t.Error("the register is gone after a restart")
	}
	nonce := stele.NewID()
	_, err = w.desk.ListActivations(t.Context(), &wire.ListActivationsRequest{Request: wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: "town", Audience: w.member[:], Subject: w.doctor[:], AtMs: w.now.UnixMilli(), Nonce: nonce[:],
	}, w.doctorKey)})
	if stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a practitioner reads the register: %v", err)
	}
}

// TestR25OneActivationIsRegisteredOnce: asked again, the desk signs again; with another reason
// or another key under the same id it does not.
func TestR25OneActivationIsRegisteredOnce(t *testing.T) {
	w := newWard(t)
	for range 3 {
		if err := w.ask(nil); err != nil {
			t.Fatal(err)
		}
	}
	w.restart()
	if err := w.ask(nil); err != nil || len(w.entries()) != 1 || w.desk.Stats().Signed != 0 {
		t.Errorf("after a restart: %v, %d entries, %d signed anew", err, len(w.entries()), w.desk.Stats().Signed)
	}
	id := w.glass.Activation
	w.fresh()
	w.glass.Activation, w.detail.Request, w.detail.Reason = id, id, "another"
	if err := w.ask(nil); stele.KindOf(err) != stele.KindDenied || len(w.entries()) != 1 {
		t.Errorf("another reason under the same id: %v", err)
	}
}

// TestR25ManyOpeningsInADayAreWarnedOf of one practitioner, and of the facility: in the log and
// the counts without a name, in the entry for the privacy officer; nobody is stopped, a restart forgets
// nothing, and a new day begins at nothing.
func TestR25ManyOpeningsInADayAreWarnedOf(t *testing.T) {
	w := newWard(t)
	w.user, w.facility = 2, 4
	w.restart()
	var got string
	for i := range 7 {
		if i == 3 {
			w.restart()
		}
		if i == 6 {
			w.now = w.now.AddDate(0, 0, 1)
			w.newest.Time, w.card.ExpiresMs = w.now, w.now.Add(time.Hour).UnixMilli()
			w.papers.Role.From, w.papers.Role.Until = w.now.Add(-time.Hour), w.now.Add(time.Hour)
		}
		w.next()
		if err := w.ask(nil); err != nil {
			t.Fatal(err)
		}
		all := w.entries()
		e := all[len(all)-1]
		got += fmt.Sprint(i, e.ManyOfUser, e.ManyOfFacility, " ")
	}
	if want := "0 false false 1 false false 2 true false 3 true false 4 true true 5 true true 6 false false "; got != want {
		t.Errorf("marked: %s\nwant:   %s", got, want)
	}
	for range 2 { // and the third of that day is another's first
		w.next()
		if err := w.ask(nil); err != nil {
			t.Fatal(err)
		}
	}
	w.other()
	w.next()
	if err := w.ask(nil); err != nil {
		t.Fatal(err)
	}
	if all := w.entries(); all[len(all)-2].ManyOfUser != true || all[len(all)-1].ManyOfUser {
		t.Error("one practitioner's count is another's")
	}
	if s := w.desk.Stats(); s.Users != 4 || s.Facilities != 2 { // since the restart
		t.Errorf("counted %+v", s)
	}
	said := w.log.String()
	if strings.Count(said, "one practitioner opens many charts") != 5 || strings.Count(said, "many charts are opened") != 2 {
		t.Errorf("the log says:\n%s", said)
	}
	for _, secret := range []string{w.doctor.String(), w.patient.String(), "Okafor", "fall"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log names %q", secret)
		}
	}
}

// TestR25WhatNoLedgerTakesIsNotManyOfADay: openings of who has died are registered, and warn of nobody.
func TestR25WhatNoLedgerTakesIsNotManyOfADay(t *testing.T) {
	w := newWard(t)
	w.user, w.facility = 1, 1
	w.restart()
	for i, died := range []int64{7, 7, 7, 0, 0} {
		w.keys[w.patient] = stele.Keys{Subject: w.patient, Died: died}
		w.fresh()
		if err := w.ask(nil); err != nil {
			t.Fatal(err)
		}
		all := w.entries()
		if e := all[len(all)-1]; len(all) != i+1 || e.ManyOfUser != (i == 4) || e.ManyOfFacility != (i == 4) {
			t.Errorf("opening %d: %d entries, many %v %v", i, len(all), e.ManyOfUser, e.ManyOfFacility)
		}
	}
}

// TestR25WhatTheLedgerRefusedIsNotManyOfADay: what was signed and came onto the ledger, or can come there yet, warns;
// what it refused, for there were too many of one chart, does not.
func TestR25WhatTheLedgerRefusedIsNotManyOfADay(t *testing.T) {
	w := newWard(t)
	w.user, w.facility, w.lost = 2, 2, map[stele.ID]bool{}
	w.restart()
	many := func(lost bool) bool {
		t.Helper()
		w.next()
		w.lost[stele.ID(w.glass.Activation)] = lost
		if err := w.ask(nil); err != nil {
			t.Fatal(err)
		}
		all := w.entries()
		e := all[len(all)-1]
		if e.ManyOfUser != e.ManyOfFacility {
			t.Errorf("of the practitioner %v, of the facility %v", e.ManyOfUser, e.ManyOfFacility)
		}
		return e.ManyOfUser
	}
	if many(true) || many(true) || !many(true) {
		t.Error("three that can come onto the ledger yet are not many, or two are")
	}
	w.now = w.now.Add(5 * time.Minute)
	w.newest.Time = w.now
	if many(false) || many(false) || !many(false) {
		t.Error("three that the ledger did not take count with those that it did, or these do not")
	}
	if s := w.desk.Stats(); s.Users != 2 || s.Facilities != 2 {
		t.Errorf("warned %+v", s)
	}
}

// TestADayThatWasCountedOtherwiseBeginsAnew: a member that is begun anew with this version goes on.
func TestADayThatWasCountedOtherwiseBeginsAnew(t *testing.T) {
	w := newWard(t)
	w.user, w.facility = 1, 1
	if err := w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open("register of emergencies", "desk", w.fs, w.logger)
	if err != nil {
		t.Fatal(err)
	}
	today := binary.BigEndian.AppendUint64([]byte{'d'}, uint64(w.now.Unix()/86400))
	if err := errors.Join(db.Set(today, []byte{0, 0, 0, 9}, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	w.open()
	for i := range 2 {
		w.next()
		if err := w.ask(nil); err != nil {
			t.Fatal(err)
		}
		if all := w.entries(); all[i].ManyOfFacility != (i == 1) {
			t.Errorf("the %d. of the day: many %v", i+1, all[i].ManyOfFacility)
		}
	}
}

// TestR44OnePractitionerDoesNotFillTheRegister: thirty at once, and then one every two minutes.
func TestR44OnePractitionerDoesNotFillTheRegister(t *testing.T) {
	w := newWard(t)
	for i := range 31 {
		w.next()
		if err := w.ask(nil); (err == nil) != (i < 30) || err != nil && stele.KindOf(err) != stele.KindBusy {
			t.Fatalf("the %dth: %v", i+1, err)
		}
	}
	w.now = w.now.Add(2 * time.Minute)
	w.newest.Time = w.now
	w.next()
	if err := w.ask(nil); err != nil {
		t.Error(err)
	}
}

// TestR44OnePractitionerLeavesAChartToTheOthers: a member activates one chart eight times at once and then once in
// three hours; one card has four of them in a day, however often it asks, and is told of the last; another has its own. What never
// came onto the ledger does not count once it no longer can, and is no way to have more signed at once.
func TestR44OnePractitionerLeavesAChartToTheOthers(t *testing.T) {
	w := newWard(t)
	asks := func() error {
		w.fresh()
		return w.ask(nil)
	}
	doctor, key, patient := w.doctor, w.doctorKey, w.patient
	for i := range 6 {
		if i == 3 {
			w.restart()
		}
		if err := asks(); (err == nil) != (i < 4) || err != nil && (stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.HintOf(err), "00:00 UTC")) {
			t.Fatalf("the %dth: %v", i+1, err)
		} else if err == nil && w.last != (i == 3) {
			t.Errorf("the %dth is told to be the last: %v", i+1, w.last)
		}
	}
	if n := len(w.entries()); n != 4 {
		t.Errorf("%d entries", n)
	}
	w.next()
	if err := w.ask(nil); err != nil || w.last {
		t.Errorf("another chart: %v", err)
	}
	w.other()
	w.patient = patient
	for range 4 {
		if err := asks(); err != nil {
			t.Errorf("a colleague: %v", err)
		}
	}
	w.lost = map[stele.ID]bool{stele.ID(w.glass.Activation): true}
	if err := asks(); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a colleague whose last did not come onto the ledger, and may come yet: %v", err)
	}
	w.now = w.now.Add(5 * time.Minute)
	w.newest.Time = w.now
	if err := asks(); err != nil {
		t.Errorf("and no longer can: %v", err)
	}
	if err := asks(); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("with four that are there: %v", err)
	}
	w.as(doctor, key)
	w.now = w.now.AddDate(0, 0, 1)
	w.newest.Time, w.card.ExpiresMs = w.now, w.now.Add(time.Hour).UnixMilli()
	w.papers.Role.From, w.papers.Role.Until = w.now.Add(-time.Hour), w.now.Add(time.Hour)
	if err := asks(); err != nil {
		t.Errorf("on the next day: %v", err)
	}
}

// TestR44OnePractitionerLeavesEmergenciesToTheOthers: a member opens 256 charts in an emergency in a day; one card has a
// quarter of them, however slowly it asks, another has its own; a start of the member between counts on, and the
// next day begins at nothing.
func TestR44OnePractitionerLeavesEmergenciesToTheOthers(t *testing.T) {
	w := newWard(t)
	begin := time.Date(2026, 11, 30, 4, 1, 0, 0, time.UTC)
	moves := func(at time.Time) {
		w.now, w.newest.Time = at, at
		w.card.ExpiresMs = at.Add(time.Hour).UnixMilli()
		w.papers.Role.From, w.papers.Role.Until = at.Add(-time.Hour), at.Add(time.Hour)
	}
	signed, last := 0, error(nil)
	for i := range 100 {
		moves(begin.Add(time.Duration(i) * 10 * time.Minute))
		if i == 50 {
			w.restart()
		}
		w.patient = stele.SubjectOf([]byte{byte(i)})
		w.fresh()
		if last = w.ask(nil); last == nil {
			signed++
		} else if stele.KindOf(last) != stele.KindDenied {
			t.Fatal(last)
		}
	}
	if signed != emergency.MostInADay/4 || last == nil || len(w.entries()) != signed {
		t.Errorf("the desk signs %d activations of one practitioner on one day, and has %d in its register; its member has %d for all", signed, len(w.entries()), emergency.MostInADay)
	}
	first, key := w.doctor, w.doctorKey
	w.other()
	w.fresh()
	if err := w.ask(nil); err != nil {
		t.Errorf("a colleague: %v", err)
	}
	w.as(first, key)
	moves(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	w.fresh()
	if err := w.ask(nil); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

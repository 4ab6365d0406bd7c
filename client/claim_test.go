package client_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// pia is somebody without a device, whom Northside enrolled, with notes of Northside's in her chart.
func pia(w *town.Town) (spell.Code, keyring.Slip, wallet.Held) {
	code, slip := wallet.NewSlip()
	_, err := w.Orgs["Northside"].Enrol(w.T.Context(), slip, "")
	w.Must(err)
	return code, slip, careWrite(w, slip.Subject)
}

// careWrite has Northside and Elm let Northside write for somebody whom nobody has claimed.
func careWrite(w *town.Town, subject stele.Subject) wallet.Held {
	north, elm := w.Orgs["Northside"], w.Orgs["Elm"]
	now, index := time.Now().UTC().Truncate(time.Minute), uint32(1<<30)
	t := wallet.DirectCareWrite(now.AddDate(0, 0, 20))
	party := consent.Party{Subject: north.Subject(), Name: north.Name()}
	g := consent.Grant{
		ID: stele.NewIDOf(subject[:]), Patient: consent.Party{Subject: subject, Name: "Pia Paper"}, Actor: consent.Actor{Kind: consent.Organisation, Party: party},
		Grantee: wire.Key(north.Keyring().OneTime(index).Public()), Action: t.Action, Purposes: t.Purposes, Categories: t.Categories, Sensitivity: t.Sensitivity,
		NotBefore: now, End: t.End, Unclassified: t.Unclassified, Policy: wallet.PolicyText, Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: now, By: party},
	}.Normal()
	document, err := consent.Marshal(g)
	w.Must(err)
	salt := seal.NewSalt()
	commitment := seal.Commit(salt, seal.TagGrant, document)
	_, err = north.Submit(w.T.Context(), &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
		Grant: g.ID[:], Subject: subject[:], Action: uint32(g.Action), Grantee: wire.FromKey(g.Grantee),
		NotBeforeMs: g.NotBefore.UnixMilli(), EndMs: g.End.UnixMilli(), Commitment: commitment[:],
	}}}, north.Keyring().Signer(), elm.Keyring().Signer())
	w.Must(err)
	return wallet.Held{Grant: g.ID, Subject: subject, Document: document, Salt: salt[:], KeyIndex: index, Action: g.Action, End: g.End}
}

// claims has somebody claim a chart with a slip, and a member vouch.
func claims(w *town.Town, slip keyring.Slip, by string) *client.Session {
	s := w.Session(w.NewFileOf("Pia Paper", wallet.Patient, &slip))
	w.Closes = append(w.Closes, s.Close)
	raw, err := s.Claim(w.T.Context(), slip)
	w.Must(err)
	w.Must(s.SubmitClaim(w.T.Context(), vouched(w, by, raw)))
	return s
}

func vouched(w *town.Town, by string, raw []byte) []byte {
	o := w.Orgs[by]
	signed, claim, err := o.ReadClaim(raw)
	w.Must(err)
	raw, err = o.Vouch(w.T.Context(), signed, claim)
	w.Must(err)
	return raw
}

// TestR17WhatIsSaidAfterPartingIsAtTheMembers: the wallet that claims a chart reads in its log that it was parted
// before, and what was said since is at every member all the same.
func TestR17WhatIsSaidAfterPartingIsAtTheMembers(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		_, slip, _ := pia(w)
		north, elm, moor := w.Orgs["Northside"], w.Orgs["Elm"], w.NewPatient("John Moor", "Elm")
		merge, err := north.ProposeMerge(slip.Subject, moor.Subject(), "he woke up and told us")
		w.Must(err)
		w.Must(elm.SignProposal(merge))
		w.Must(moor.SignProposal(merge))
		_, err = moor.SubmitProposal(t.Context(), merge)
		w.Must(err)
		part, err := moor.ProposePart(slip.Subject, "another man had his papers")
		w.Must(err)
		_, err = moor.SubmitProposal(t.Context(), part)
		w.Must(err)
		p := claims(w, slip, "Lakeview")
		w.Must(p.SettleIn(t.Context()))
		_, err = p.Says(t.Context())
		w.Must(err)
		if missing := p.MissingSlot(); len(missing) != 0 {
			t.Errorf("it is said not to have come to %v", missing)
		}
	})
}

// TestWhoClaimsAChartHasAllOfIt: what was delivered before is opened by the trustees, under an access in
// her own log, sealed to her key and brought to every vault that has it; then her own key opens
// it and no trustee is asked.
func TestWhoClaimsAChartHasAllOfIt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		code, _, held := pia(w)
		deliver := func(ids ...string) {
			for _, id := range ids {
				_, err := w.Orgs["Northside"].Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note(id, stele.Problems, "2024-03-04"), town.Note(id+"x", stele.Results, "2023")})
				w.Must(err)
			}
		}
		deliver("a", "b")
		typed, err := spell.ParseCode(strings.ToLower(code.Text()))
		w.Must(err)
		p := claims(w, keyring.SlipOf(typed.Bytes()), "Lakeview")
		w.Must(p.SettleIn(t.Context()))
		if _, err := p.Says(t.Context()); err != nil || len(p.MissingSlot()) != 0 {
			t.Errorf("her own slot does not count: %v", err)
		}
		_, err = p.Charts.OpenOwn(t.Context())
		w.Wants(err, stele.KindDenied, "before it is sealed again")
		var steps []int
		out, err := p.Charts.Reseal(t.Context(), func(done, all int) { steps = append(steps, done, all) })
		w.Must(err)
		if out.Folios != 4 || out.Sealed != 4 || out.Before != 0 || out.Unopened != 0 || len(out.Missing)+len(out.Faults) != 0 || len(steps) != 4 || steps[2] != 4 {
			t.Errorf("%+v, %v", out, steps)
		}
		chart, err := p.Charts.OpenOwn(t.Context())
		w.Must(err)
		if town.IDs(chart) != "a ax b bx" || len(chart.Faults) != 0 {
			t.Errorf("she reads %q, %v", town.IDs(chart), chart.Faults)
		}
		before := logLength(w, p)
		again, err := p.Charts.Reseal(t.Context(), nil)
		w.Must(err)
		if again.Before != 4 || again.Sealed != 0 || logLength(w, p) != before {
			t.Errorf("the second time: %+v", again)
		}
		// What comes now is sealed to her at once; and she reads who opened it: herself, once.
		deliver("c")
		chart, err = p.Charts.OpenOwn(t.Context())
		w.Must(err)
		if town.IDs(chart) != "a ax b bx c cx" {
			t.Errorf("she reads %q", town.IDs(chart))
		}
		w.Post()
		opened := 0
		report, err := p.Account.Report(t.Context(), func(line account.Line) error {
			if line.Event != nil && line.Event.About().Place == wire.PlaceOpening {
				opened++
				if me := p.Subject(); line.Doubt != "" || string(line.Card.GetSubject()) != string(me[:]) || line.Released != 3 || len(line.Details) < 3 {
					t.Errorf("the opening is told as %v's, doubt %q, %d released", line.Card, line.Doubt, line.Released)
				}
			}
			return nil
		})
		w.Must(err)
		if opened != 1 || len(report.Gaps) != 0 {
			t.Errorf("%d openings, gaps %v", opened, report.Gaps)
		}
	})
}

func logLength(w *town.Town, s *client.Session) (n int) {
	log, err := s.Log(w.T.Context())
	w.Must(err)
	for _, err := range log.Events() {
		w.Must(err)
		n++
	}
	return n
}

// TestASlipIsGoodOnceAndNotForWhoPrintedIt: guessed, used twice, vouched for by the member that printed it,
// by no member, by nobody; with another's key put in.
func TestASlipIsGoodOnceAndNotForWhoPrintedIt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		_, slip, _ := pia(w)
		thief := w.Session(w.NewFileOf("Thief", wallet.Patient, &slip))
		defer thief.Close()
		_, guessed := wallet.NewSlip()
		guesser := w.Session(w.NewFileOf("Guesser", wallet.Patient, &guessed))
		defer guesser.Close()
		_, err := guesser.Claim(t.Context(), guessed)
		w.Wants(err, stele.KindNotFound, "a slip that was guessed")
		_, err = w.NewPatient("Elena").Claim(t.Context(), slip)
		w.Wants(err, stele.KindUsage, "into a wallet that has a chart")

		raw, err := thief.Claim(t.Context(), slip)
		w.Must(err)
		w.Wants(thief.SubmitClaim(t.Context(), raw), stele.KindUsage, "vouched for by nobody")
		signed, claim, err := thief.ReadClaim(raw)
		w.Must(err)
		north, lake := w.Orgs["Northside"], w.Orgs["Lakeview"]
		_, err = north.Vouch(t.Context(), signed, claim)
		w.Wants(err, stele.KindDenied, "vouched for by who printed it")
		_, err = w.NewPatient("Bo").Vouch(t.Context(), signed, claim)
		w.Wants(err, stele.KindDenied, "vouched for by no member")
		for what, by := range map[string][]wire.Signer{
			"who printed it":        {slip.Signer, thief.Keyring().Signer(), north.Keyring().Signer()},
			"somebody":              {slip.Signer, thief.Keyring().Signer(), wire.NewEd25519()},
			"a member's node":       {slip.Signer, thief.Keyring().Signer(), w.Node("Lakeview")},
			"without the slip":      {thief.Keyring().Signer(), lake.Keyring().Signer()},
			"without the new key":   {slip.Signer, lake.Keyring().Signer()},
			"another slip's holder": {guessed.Signer, thief.Keyring().Signer(), lake.Keyring().Signer()},
		} {
			_, err := thief.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_ClaimSubject{ClaimSubject: claim}}, by...)
			w.Wants(err, stele.KindDenied, what)
		}
		time.Sleep(10 * time.Minute)
		_, _, err = lake.ReadClaim(raw)
		w.Wants(err, stele.KindDenied, "a claim that has run out")

		p := claims(w, slip, "Lakeview")
		if done, err := p.Claimed(t.Context()); err != nil || !done {
			t.Errorf("it is hers: %v, %v", done, err)
		}
		_, err = thief.Claim(t.Context(), slip)
		w.Wants(err, stele.KindExists, "a slip that was used")
		_, err = thief.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_ClaimSubject{ClaimSubject: claim}},
			slip.Signer, thief.Keyring().Signer(), lake.Keyring().Signer())
		w.Wants(err, stele.KindDenied, "a slip that was used, on the ledger")
		if done, err := thief.Claimed(t.Context()); err != nil || done {
			t.Errorf("the thief's: %v, %v", done, err)
		}
		_, err = thief.Charts.Reseal(t.Context(), nil)
		if err == nil {
			t.Error("the thief seals the chart to a key of theirs")
		}
	})
}

// TestASlipOfAMergedChartIsSaidToOpenNothing: also where the other has not been claimed either, before and
// after the claim is made.
func TestASlipOfAMergedChartIsSaidToOpenNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		_, lost, _ := pia(w)
		_, found, _ := pia(w)
		north := w.Orgs["Northside"]
		holder := w.Session(w.NewFileOf("Pia Paper", wallet.Patient, &lost))
		defer holder.Close()
		raw, err := holder.Claim(t.Context(), lost)
		w.Must(err)
		p, err := north.ProposeMerge(lost.Subject, found.Subject, "the slip was lost")
		w.Must(err)
		w.Must(w.Orgs["Elm"].SignProposal(p))
		_, err = north.SubmitProposal(t.Context(), p)
		w.Must(err)
		signed, claim, err := w.Orgs["Lakeview"].ReadClaim(raw)
		w.Must(err)
		_, err = w.Orgs["Lakeview"].Vouch(t.Context(), signed, claim)
		w.Wants(err, stele.KindExists, "vouching for a claim of a merged chart")
		_, err = holder.Claim(t.Context(), lost)
		w.Wants(err, stele.KindExists, "claiming a merged chart")
		claims(w, found, "Lakeview")
	})
}

// TestAReSealingGoesOnWhereItStopped: a vault that was down has it at the next run; one that brings
// rubbish for a capsule keeps nothing away.
func TestAReSealingGoesOnWhereItStopped(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		_, slip, held := pia(w)
		_, err := w.Orgs["Northside"].Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note("a", stele.Problems, "2024-03-04")})
		w.Must(err)
		p := claims(w, slip, "Elm")
		down := town.Bend(p, "Northside", func(m *members.Member) { m.Vault = takesNone{m.Vault} })
		out, err := down.Charts.Reseal(t.Context(), nil)
		w.Must(err)
		if out.Missing["Northside"].Envelopes != 1 || stele.KindOf(out.Missing["Northside"].Why) != stele.KindUnreachable || out.Sealed != 0 || out.Unopened != 0 {
			t.Errorf("with a vault that takes nothing: %+v", out)
		}
		before := logLength(w, p)
		out, err = p.Charts.Reseal(t.Context(), nil)
		w.Must(err)
		if len(out.Missing) != 0 || out.Sealed != 1 || logLength(w, p) != before {
			t.Errorf("the next time, by the own key: %+v", out)
		}
	})
}

// TestANewDeviceOpensWhatCameBeforeIt: the wallet that reads seals the chart to the other device, too, and
// asks no trustee; a device alone, without the old one, asks them.
func TestANewDeviceOpensWhatCameBeforeIt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		w.Delivers("Northside", p, town.Note("a", stele.Problems, "2024-03-04"), town.Note("b", stele.Results, "2023"))
		device := func() *client.Session {
			s := w.Session(w.NewFileOf("Elena", wallet.Patient, &keyring.Slip{Document: p.Keyring().KeyDocument()}))
			w.Closes = append(w.Closes, s.Close)
			subject := p.Subject()
			_, err := p.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: subject[:], Device: s.Keyring().Device()}}},
				p.Keyring().Signer(), s.Keyring().Signer())
			w.Must(err)
			return s
		}
		second := device()
		_, err := second.Charts.OpenOwn(t.Context())
		w.Wants(err, stele.KindDenied, "before")
		before := logLength(w, p)
		out, err := p.Charts.Reseal(t.Context(), nil)
		w.Must(err)
		if out.Folios != 2 || out.Sealed != 2 || logLength(w, p) != before {
			t.Errorf("by the first device: %+v", out)
		}
		third := device()
		out, err = third.Charts.Reseal(t.Context(), nil)
		w.Must(err)
		if out.Sealed != 2 || out.Unopened != 0 || logLength(w, p) != before+3 { // the device, the grant, the opening
			t.Errorf("by the third device: %+v, %d entries more", out, logLength(w, p)-before)
		}
		for _, s := range []*client.Session{p, second, third} {
			chart, err := s.Charts.OpenOwn(t.Context())
			w.Must(err)
			if town.IDs(chart) != "a b" || len(chart.Faults) != 0 {
				t.Errorf("a device reads %q, %v", town.IDs(chart), chart.Faults)
			}
		}
	})
}

// takesNone is a vault that takes no envelopes.
type takesNone struct{ members.Vault }

func (takesNone) PutEnvelopes(context.Context, *wire.PutEnvelopesRequest) (*wire.PutEnvelopesResponse, error) {
	return nil, stele.E("put", stele.KindUnreachable, "down", nil)
}

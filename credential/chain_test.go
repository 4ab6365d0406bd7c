package credential_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/credential/credentialtest"
	"github.com/stele-health/stele/sdjwt"
)

// town is a town in which credentials are shown and judged.
type town struct {
	*credentialtest.Town
	now, showAt time.Time
	request     stele.ID
	audience    stele.Subject
	nonce       stele.ID
	alter       func(shown []string) []string
}

func newTown(t testing.TB) *town {
	now := time.Date(2026, 11, 30, 3, 12, 0, 0, time.UTC)
	w := &town{Town: credentialtest.New(t, now, stele.SubjectOf([]byte("doctor")), stele.SubjectOf([]byte("hospital"))), now: now, showAt: now}
	w.request = stele.NewID()
	w.audience, w.nonce = w.Run.Subject, w.request
	return w
}

// judge has everything issued and shown, and judges it.
func (w *town) judge() (Judge, *Chain, error) {
	w.T.Helper()
	if len(w.Lists) == 0 {
		w.Post(w.Board, w.now.Add(-time.Hour))
		w.Post(w.Accreditor, w.now.Add(-time.Hour))
	}
	shown := w.Show(w.audience, w.nonce, w.showAt)
	if w.alter != nil {
		shown = w.alter(shown)
	}
	j := Judge{Ledger: w, Lists: w.Lists, Request: w.request, Now: w.now}
	c, err := j.Chain(shown)
	return j, c, err
}

// TestR26EveryRuleOfAChainRefuses: each rule, and what stands on both sides of its border.
func TestR26EveryRuleOfAChainRefuses(t *testing.T) {
	other := stele.SubjectOf([]byte("somebody else"))
	for _, c := range []struct {
		what   string
		change func(*town)
		want   string // a part of the refusal; empty: it holds
	}{
		{"as it should be", func(w *town) {}, ""},
		{"none is shown", func(w *town) { w.alter = func([]string) []string { return nil } }, "are needed"},
		{"no accreditation", func(w *town) { w.alter = func(s []string) []string { return s[:2] } }, "are needed"},
		{"another order", func(w *town) { w.alter = func(s []string) []string { slices.Reverse(s); return s } }, "does not hold"},
		{"one that is too long", func(w *town) {
			w.alter = func(s []string) []string { s[0] = strings.Repeat("x", stele.MaxCredential+1); return s }
		}, "4 KiB"},

		{"a licence that ends now", func(w *town) { w.Licence.Until = w.now }, "licence does not hold"},
		{"a licence that ends in a second", func(w *town) { w.Licence.Until = w.now.Add(time.Second) }, ""},
		{"a licence that begins later", func(w *town) { w.Licence.From = w.now.Add(time.Hour); w.Licence.Until = w.now.Add(2 * time.Hour) }, "licence does not hold"},
		{"a licence of 91 days", func(w *town) { w.Licence.Until = w.Licence.From.Add(Longest(Licence) + time.Second) }, "longer than its kind may"},
		{"a role of 25 hours", func(w *town) { w.Role.Until = w.Role.From.Add(Longest(Role) + time.Second) }, "longer than its kind may"},
		{"a role that ends now", func(w *town) { w.Role.From = w.now.Add(-2 * time.Hour); w.Role.Until = w.now }, "role does not hold"},
		{"an accreditation of 367 days", func(w *town) { w.Accreditation.Until = w.Accreditation.From.Add(Longest(Accreditation) + time.Second) }, "longer than its kind may"},
		{"a licence without a status", func(w *town) { w.Licence.Status = nil }, "no place in a status list"},
		{"an accreditation without a status", func(w *town) { w.Accreditation.Status = nil }, "no place in a status list"},
		{"a licence without a profession", func(w *town) { w.Licence.Profession = "" }, "profession is missing"},
		{"a role without a role", func(w *town) { w.Role.Role = "" }, "role is missing"},
		{"a role that is no code", func(w *town) { w.Role.Role = "Emergency Doctor" }, "not a code"},

		{"another audience", func(w *town) { w.audience = other }, "another audience"},
		{"another request", func(w *town) { w.nonce = stele.NewID() }, "another nonce"},
		{"shown long ago", func(w *town) { w.showAt = w.now.Add(-Window - time.Second) }, "too old"},
		{"shown in the future", func(w *town) { w.showAt = w.now.Add(Window + time.Second) }, "not yet"},
		{"a licence without key binding", func(w *town) {
			w.alter = func(s []string) []string { s[0] = s[0][:strings.LastIndex(s[0], "~")+1]; return s }
		}, "without key binding"},
		{"a role without key binding", func(w *town) {
			w.alter = func(s []string) []string { s[1] = s[1][:strings.LastIndex(s[1], "~")+1]; return s }
		}, "without key binding"},

		{"another's licence", func(w *town) { w.Licence.Holder = other }, "two people"},
		{"another facility's role", func(w *town) { w.Role.Issuer = other }, "role does not hold"},
		{"another facility's accreditation", func(w *town) { w.Accreditation.Holder = other; w.Role.Issuer = other }, ""}, // the card says where: asking's
		{"a role by a key that is not accredited", func(w *town) { w.Accreditation.Key = w.Licence.Key }, "role does not hold"},
		{"a licence for another place", func(w *town) {
			w.Run.CredentialIssuers[0].Jurisdictions = []string{"GB", "IE"}
			w.Licence.Jurisdiction = "IE"
		}, "another jurisdiction"},
		{"a board of another place", func(w *town) { w.Licence.Jurisdiction, w.Accreditation.Jurisdiction = "IE", "IE" }, "not admitted"},
		{"a board that nobody admitted", func(w *town) { w.Run.CredentialIssuers = w.Run.CredentialIssuers[1:] }, "licence does not hold"},
		{"a board with another certificate", func(w *town) { w.Run.CredentialIssuers[0].Certificate[0]++ }, "licence does not hold"},
		{"a board that accredits", func(w *town) { w.Run.CredentialIssuers[1].Kinds = []Kind{Licence} }, "accreditation does not hold"},
		{"an accreditor that licenses", func(w *town) { w.Run.CredentialIssuers[0].Kinds = []Kind{Accreditation} }, "licence does not hold"},
		{"a board under another's name", func(w *town) { w.Licence.Issuer = w.Accreditor.Subject }, "licence does not hold"},

		{"revoked", func(w *town) { w.Set(w.Board, 7, sdjwt.Revoked) }, "it was revoked"},
		{"suspended", func(w *town) { w.Set(w.Accreditor, 3, sdjwt.Suspended) }, "it was suspended"},
		{"somebody else's is revoked", func(w *town) { w.Set(w.Board, 8, sdjwt.Revoked) }, ""},
		{"a list that is not the newest", func(w *town) {
			w.judgeOnce()
			w.Lists = w.Lists[:2]
			w.Post(w.Board, w.now)
			w.Lists = w.Lists[:2]
		}, "newest status list was not shown"},
		{"no list is shown", func(w *town) { w.judgeOnce(); w.Lists = [][]byte{nil} }, "newest status list was not shown"},
		{"no list was posted", func(w *town) { w.judgeOnce(); delete(w.Posted, w.Board.Subject) }, "no status list"},
		{"another list of the issuer's", func(w *town) { w.Licence.Status.List = "another" }, "not the one"},
		{"a place beyond the list", func(w *town) { w.Licence.Status.Index = 64 }, "too short"},
		{"a list that somebody else signed", func(w *town) { w.Board.List.Issuer = w.Accreditor.Subject.String() }, "licence does not hold"},
		{"a role with a status of its own", func(w *town) {
			w.judgeOnce()
			w.Role.Status = &Status{List: w.Hospital.List.URI, Index: 1}
			w.Post(w.Hospital, w.now)
		}, ""},
		{"a role that was taken back", func(w *town) {
			w.judgeOnce()
			w.Role.Status = &Status{List: w.Hospital.List.URI, Index: 1}
			w.Hospital.List.Set(1, sdjwt.Revoked)
			w.Post(w.Hospital, w.now)
		}, "it was revoked"},
	} {
		w := newTown(t)
		c.change(w)
		_, chain, err := w.judge()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.what, err)
		case c.want != "" && (err == nil || !strings.Contains(stele.TextOf(err), c.want)):
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		case c.want == "" && (len(chain.Stale) != 0 || chain.Role.Role != "emergency-doctor" || chain.Accreditation.Facility != "emergency-department"):
			t.Errorf("%s: %+v", c.what, chain)
		case c.want != "" && stele.KindOf(err) != stele.KindDenied:
			t.Errorf("%s: %v is no denial", c.what, err)
		}
	}
}

// judgeOnce posts the lists.
func (w *town) judgeOnce() { _, _, _ = w.judge() }

// TestR26WhatChangedSinceCountsAgain: from the next block on.
func TestR26WhatChangedSinceCountsAgain(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*town, *Judge)
		want   string
	}{
		"nothing":                             {func(*town, *Judge) {}, ""},
		"a new list":                          {func(w *town, _ *Judge) { w.Post(w.Board, w.now) }, "not the newest"},
		"the board was dismissed":             {func(w *town, _ *Judge) { w.Run.CredentialIssuers = w.Run.CredentialIssuers[1:] }, "has not admitted"},
		"the board's place was taken from it": {func(w *town, _ *Judge) { w.Run.CredentialIssuers[0].Jurisdictions = []string{"IE"} }, "has not admitted"},
		"another has the board's certificate": {func(w *town, _ *Judge) { w.Run.CredentialIssuers[0].Subject = w.Doctor.Subject }, "has not admitted"},
		"the accreditor was dismissed":        {func(w *town, _ *Judge) { w.Run.CredentialIssuers = w.Run.CredentialIssuers[:1] }, "has not admitted"},
		"the role ended":                      {func(w *town, j *Judge) { j.Now = w.Role.Until }, "role has expired"},
		"the role ends in a moment":           {func(w *town, j *Judge) { j.Now = w.Role.Until.Add(-1) }, ""},
	} {
		w := newTown(t)
		j, chain, err := w.judge()
		if err != nil {
			t.Fatal(err)
		}
		c.change(w, &j)
		if err := chain.Stands(j); (err == nil) != (c.want == "") || !strings.Contains(stele.TextOf(err), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}

// TestR26AStatusListIsGoodForADay: after that a chain says that it is stale, and whose.
func TestR26AStatusListIsGoodForADay(t *testing.T) {
	for late, want := range map[time.Duration]int{0: 0, 1: 1} {
		w := newTown(t)
		w.Post(w.Board, w.now.Add(-StatusLives-late))
		w.Post(w.Accreditor, w.now)
		j, chain, err := w.judge()
		if err != nil || len(chain.Stale) != want || want == 1 && chain.Stale[0] != Licence {
			t.Errorf("a day and %v: %v, %v", late, chain.Stale, err)
		}
		if err := chain.Stands(j); err != nil || len(chain.Stale) != want {
			t.Errorf("a day and %v, asked again: %v, %v", late, chain.Stale, err)
		}
	}
}

// TestR26NoNameIsShownToOpenAChart: what is decided on shows, and nothing else.
func TestR26NoNameIsShownToOpenAChart(t *testing.T) {
	w := newTown(t)
	_, chain, err := w.judge()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Paper{chain.Licence, chain.Role, chain.Accreditation} {
		if p.Name != "" || p.Number != "" {
			t.Errorf("the %s shows a name or a number", p.Kind)
		}
	}
	token, err := w.Licence.Issue(w.Board.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Read(token.Credential())
	if err != nil || all.Name != w.Licence.Name || all.Number != w.Licence.Number {
		t.Errorf("the holder reads %q, %q: %v", all.Name, all.Number, err)
	}
}

// TestOneIssuesOnlyWhatHolds: what no judge would take is not signed.
func TestOneIssuesOnlyWhatHolds(t *testing.T) {
	w := newTown(t)
	for what, change := range map[string]func(*Paper){
		"for oneself":         func(p *Paper) { p.Issuer = p.Holder },
		"of no kind":          func(p *Paper) { p.Kind = "diploma" },
		"too long":            func(p *Paper) { p.Until = p.Until.Add(time.Second) },
		"no time at all":      func(p *Paper) { p.Until = p.From },
		"a role on a licence": func(p *Paper) { p.Role = "doctor" },
		"a number of no licence": func(p *Paper) {
			p.Kind, p.Profession, p.Facility, p.Until = Accreditation, "", "hospital", p.From.Add(time.Hour)
		},
		"nowhere":  func(p *Paper) { p.Jurisdiction = "" },
		"nobody's": func(p *Paper) { p.Holder = stele.Subject{} },
	} {
		p := w.Licence
		if change(&p); p.Check() == nil {
			t.Errorf("%s: it is good", what)
		}
		if _, err := p.Issue(w.Board.Issuer); err == nil {
			t.Errorf("%s: it is issued", what)
		}
	}
	if _, err := w.Licence.Issue(w.Board.Issuer); err != nil {
		t.Error(err)
	}
}

// BenchmarkChain verifies a chain of three with two status lists: the goal is a millisecond.
func BenchmarkChain(b *testing.B) {
	w := newTown(b)
	_, _, _ = w.judge()
	var shown []string
	w.alter = func(s []string) []string { shown = s; return s }
	j, _, err := w.judge()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := j.Chain(shown); err != nil {
			b.Fatal(err)
		}
	}
}

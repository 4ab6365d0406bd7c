package credential_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/credential/credentialtest"
	"github.com/stele-health/stele/sdjwt"
)

// desk is where credentials are shown outside of any chart.
type desk struct {
	*town
	to     sdjwt.Binding
	papers []Paper // to be shown
	alter  func(shown []string) []string
	lists  map[stele.Subject][][]byte
}

func newDesk(t *testing.T) *desk {
	d := &desk{town: newTown(t), to: sdjwt.Binding{Audience: "did:stele:employer", Nonce: "3f9a"}, lists: map[stele.Subject][][]byte{}}
	d.papers = []Paper{d.Licence, d.Role, d.Accreditation}
	d.list(d.Board, d.now.Add(-time.Hour))
	d.list(d.Accreditor, d.now.Add(-time.Hour))
	return d
}

// list has the members keep a party's list, as it is now.
func (d *desk) list(by credentialtest.Party, at time.Time) {
	d.Post(by, at)
	d.lists[by.Subject] = append(d.lists[by.Subject], d.Lists[len(d.Lists)-1])
}

// issue signs a paper, with whoever's key is its kind's.
func (d *desk) issue(p Paper) *sdjwt.Token {
	d.T.Helper()
	by := map[Kind]credentialtest.Party{Licence: d.Board, Role: d.Hospital, Accreditation: d.Accreditor}[p.Kind]
	token, err := by.Issue(p.Credential())
	if err != nil {
		d.T.Fatal(err)
	}
	return token
}

// show issues the papers and binds them by their holders' keys; with a role, an accreditation
// comes unbound.
func (d *desk) show() (shown []string) {
	d.T.Helper()
	role := slices.ContainsFunc(d.papers, func(p Paper) bool { return p.Kind == Role })
	for _, p := range d.papers {
		token := d.issue(p)
		if p.Kind != Accreditation || !role {
			key := d.Doctor.Key
			if p.Key == KeyOf(&d.Hospital.Key.PublicKey) {
				key = d.Hospital.Key
			}
			var err error
			if token, err = token.Bind(key, d.to, d.now); err != nil {
				d.T.Fatal(err)
			}
		}
		shown = append(shown, token.Compact())
	}
	if d.alter != nil {
		shown = d.alter(shown)
	}
	return shown
}

// otherBoards has the members keep, as the board's, a newer list that another board signed. That
// board is admitted like the first.
func (d *desk) otherBoards(uri string, says stele.Subject) {
	other := d.Doctor
	other.Subject = says
	list, err := sdjwt.NewStatusList(uri, 64)
	if err != nil {
		d.T.Fatal(err)
	}
	other.List, list.Issuer = list, says.String()
	admitted := d.Run.CredentialIssuers[0]
	admitted.Subject, admitted.Certificate = stele.SubjectOf([]byte("another board")), sha256.Sum256(other.Certificate)
	d.Run.CredentialIssuers = append(d.Run.CredentialIssuers, admitted)
	d.Post(other, d.now)
	d.lists[d.Board.Subject] = append(d.lists[d.Board.Subject], d.Lists[len(d.Lists)-1])
}

// TestR26AHolderHasOneKey: a licence for one key and a role for another are no chain, whoever
// holds both.
func TestR26AHolderHasOneKey(t *testing.T) {
	for _, key := range []string{"", "the hospital's"} {
		d := newDesk(t)
		d.to = sdjwt.Binding{Audience: Audience(d.Run.Subject), Nonce: d.request.String()}
		if key != "" {
			d.papers[0].Key = d.Accreditation.Key
		}
		_, err := Judge{Ledger: d, Lists: d.Lists, Request: d.request, Now: d.now}.Chain(d.show())
		if key == "" && err != nil || key != "" && !strings.Contains(stele.TextOf(err), "two keys") {
			t.Errorf("a licence for the key %q: %v", key, err)
		}
	}
}

func unbound(s string) string { return s[:strings.LastIndex(s, "~")+1] }

// TestR26WhatIsPresentedIsOneHolders: what somebody shows outside of any chart is theirs, for
// whom and for what they show it, all of one person, and not taken back.
func TestR26WhatIsPresentedIsOneHolders(t *testing.T) {
	other := stele.SubjectOf([]byte("somebody else"))
	for _, c := range []struct {
		what   string
		change func(*desk)
		want   string // a part of the refusal; empty: it holds
	}{
		{"all three", func(*desk) {}, ""},
		{"a licence", func(d *desk) { d.papers = d.papers[:1] }, ""},
		{"an accreditation, by the facility itself", func(d *desk) { d.papers = d.papers[2:] }, ""},
		{"an accreditation that anybody has seen", func(d *desk) {
			d.papers = d.papers[2:]
			d.alter = func(s []string) []string { return []string{unbound(s[0])} }
		}, "without key binding"},
		{"nothing", func(d *desk) { d.papers = nil }, "no credential is shown"},
		{"a role without its accreditation", func(d *desk) { d.papers = d.papers[:2] }, "not trusted"},
		{"a role of another facility", func(d *desk) { d.papers[1].Issuer = other }, "not trusted"},
		{"a role by a key that is not accredited", func(d *desk) { d.papers[2].Key = d.Licence.Key }, "not trusted"},
		{"a licence without key binding", func(d *desk) {
			d.papers = d.papers[:1]
			d.alter = func(s []string) []string { return []string{unbound(s[0])} }
		}, "without key binding"},
		{"for somebody else", func(d *desk) {
			d.alter = func(s []string) []string { d.to.Audience = "did:stele:another"; return s }
		}, "another audience"},
		{"for another nonce", func(d *desk) { d.alter = func(s []string) []string { d.to.Nonce = "aaaa"; return s } }, "another nonce"},
		{"two people's", func(d *desk) { d.papers[1].Holder = other }, "two people"},
		{"for two keys", func(d *desk) { d.papers[1].Key = d.Accreditation.Key }, "two keys"},
		{"two licences", func(d *desk) { d.papers[1] = d.papers[0]; d.papers[1].Holder = other }, "more than one licence"},
		{"a licence of 91 days", func(d *desk) { d.papers[0].Until = d.papers[0].From.Add(Longest(Licence) + time.Second) }, "longer than its kind may"},
		{"a board that nobody admitted", func(d *desk) { d.Run.CredentialIssuers = d.Run.CredentialIssuers[1:] }, "not trusted"},
		{"a board of another place", func(d *desk) { d.papers[0].Jurisdiction = "IE" }, "not admitted for it"},
		{"a certificate of another place", func(d *desk) {
			second := d.Run.CredentialIssuers[0]
			second.Certificate[0]++
			second.Jurisdictions = []string{"IE"}
			d.Run.CredentialIssuers = append(d.Run.CredentialIssuers, second)
			d.papers[0].Jurisdiction = "IE"
		}, "not admitted for it"},
		{"revoked", func(d *desk) { d.Set(d.Board, 7, sdjwt.Revoked); d.list(d.Board, d.now) }, "it was revoked"},
		{"revoked, and a member serves an older list", func(d *desk) {
			d.Set(d.Board, 7, sdjwt.Revoked)
			d.list(d.Board, d.now)
			slices.Reverse(d.lists[d.Board.Subject])
		}, "it was revoked"},
		{"a list of another issuer's", func(d *desk) {
			d.Board.List.Issuer = d.Accreditor.Subject.String()
			d.lists[d.Board.Subject] = nil
			d.list(d.Board, d.now)
		}, "no member has a status list"},
		{"revoked, and another board's list says otherwise", func(d *desk) {
			d.Set(d.Board, 7, sdjwt.Revoked)
			d.list(d.Board, d.now.Add(-time.Minute))
			d.otherBoards("list of board", stele.SubjectOf([]byte("another board")))
		}, "it was revoked"},
		{"revoked, and another board says otherwise in its name", func(d *desk) {
			d.Set(d.Board, 7, sdjwt.Revoked)
			d.list(d.Board, d.now.Add(-time.Minute))
			d.otherBoards("list of board", d.Board.Subject)
		}, "it was revoked"},
		{"revoked, and a stranger says otherwise in the board's name", func(d *desk) {
			d.Set(d.Board, 7, sdjwt.Revoked)
			d.list(d.Board, d.now.Add(-time.Minute))
			d.otherBoards("list of board", d.Board.Subject)
			d.Run.CredentialIssuers = d.Run.CredentialIssuers[:2]
		}, "it was revoked"},
		{"another list of the issuer's", func(d *desk) { d.papers[0].Status.List = "another" }, "not the one"},
		{"no list", func(d *desk) { d.lists[d.Board.Subject] = nil }, "no member has a status list"},
		{"a list of a day ago", func(d *desk) {
			d.lists[d.Board.Subject] = nil
			d.list(d.Board, d.now.Add(-StatusLives))
		}, ""},
		{"an older list", func(d *desk) {
			d.lists[d.Board.Subject] = nil
			d.list(d.Board, d.now.Add(-StatusLives-time.Second))
		}, "older than 24 hours"},
		{"a role that was taken back", func(d *desk) {
			d.papers[1].Status = &Status{List: d.Hospital.List.URI, Index: 1}
			d.Set(d.Hospital, 1, sdjwt.Revoked)
			d.list(d.Hospital, d.now)
		}, "it was revoked"},
	} {
		d := newDesk(t)
		c.change(d)
		shown := d.show()
		papers, err := Presented(d.Run, shown, d.to, func(s stele.Subject) [][]byte { return d.lists[s] }, d.now)
		switch {
		case c.want == "" && (err != nil || len(papers) != len(d.papers)):
			t.Errorf("%s: %v", c.what, err)
		case c.want != "" && (err == nil || !strings.Contains(stele.TextOf(err), c.want)):
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

// TestR26WhatIsReceivedIsWorthSomething: what its issuer may not issue does not come in.
func TestR26WhatIsReceivedIsWorthSomething(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*desk)
		holds  bool
	}{
		{"all three, in any order", func(*desk) {}, true},
		{"a role without its accreditation", func(d *desk) { d.papers = d.papers[:2] }, false},
		{"a role of another facility", func(d *desk) { d.papers[1].Issuer = stele.SubjectOf([]byte("another")) }, false},
		{"expired", func(d *desk) { d.papers[0].Until = d.now }, false},
		{"a licence that lives too long", func(d *desk) { d.papers[0].Until = d.papers[0].Until.Add(time.Second) }, false},
		{"an accreditation of another place", func(d *desk) { d.papers[2].Jurisdiction = "DE" }, false},
		{"a certificate of another place", func(d *desk) {
			second := d.Run.CredentialIssuers[0]
			second.Certificate[0]++
			second.Jurisdictions = []string{"IE"}
			d.Run.CredentialIssuers = append(d.Run.CredentialIssuers, second)
			d.papers[0].Jurisdiction = "IE"
		}, false},
		{"a board that accredits", func(d *desk) { d.Run.CredentialIssuers[1].Kinds = []Kind{Licence} }, false},
		{"bound already", func(d *desk) {
			d.alter = func(s []string) []string {
				token, err := d.issue(d.Licence).Bind(d.Doctor.Key, d.to, d.now)
				if err != nil {
					t.Fatal(err)
				}
				return append(s, token.Compact())
			}
		}, false},
	} {
		d := newDesk(t)
		c.change(d)
		var came []string
		for _, p := range d.papers {
			came = append(came, d.issue(p).Compact())
		}
		if d.alter != nil {
			came = d.alter(came)
		}
		if papers, err := Received(d.Run, came, d.now); (err == nil) != c.holds || c.holds && papers[0].Name != d.Licence.Name {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

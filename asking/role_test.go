package asking_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/credential/credentialtest"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/wire"
)

// newRoleWorld is a world in which the grant is for emergency doctors of emergency
// departments, and the asker is one by licence, role and accreditation, and not by the card.
func newRoleWorld(t *testing.T) *world {
	w := newWorld()
	w.card.Role = ""
	w.papers = credentialtest.New(t, w.own, w.doctor, w.hospital)
	w.consortium.Subject, w.consortium.CredentialIssuers = w.papers.Run.Subject, w.papers.Run.CredentialIssuers
	w.papers.Post(w.papers.Board, w.own)
	w.papers.Post(w.papers.Accreditor, w.own)
	w.doc.Actor = consent.Actor{Kind: consent.RoleAtFacility, Role: "emergency-doctor", FacilityKind: "emergency-department"}
	return w
}

// show has the credentials shown for this opening, as they are now.
func (w *world) show() {
	w.detail.Credentials = w.papers.Show(w.consortium.Subject, w.access.Request, w.own)
	w.asked.StatusLists = w.papers.Lists
}

// TestR26ARoleIsProvedByCredentials: a grant for a role opens for who proves it, and for
// nobody who only says it.
func TestR26ARoleIsProvedByCredentials(t *testing.T) {
	other := stele.SubjectOf([]byte("somebody else"))
	for _, c := range []struct {
		what   string
		change func(*world)
		sent   func(*wire.ReadRequest)
		want   Reason // a part of it; empty: permitted
	}{
		{what: "as it should be", change: (*world).show},
		{"a card that says it, and no credentials", func(w *world) { w.card.Role, w.card.Facility = "emergency-doctor", "emergency-department" }, nil, "no credentials were shown"},
		{"an organisation's role, and no credentials", func(w *world) {
			w.card.Role = "emergency-doctor"
			w.doc.Actor = consent.Actor{Kind: consent.Organisation, Party: consent.Party{Subject: w.hospital, Name: "Lakeview"}, Role: "emergency-doctor"}
		}, nil, "no credentials were shown"},
		{"an organisation's role", func(w *world) {
			w.doc.Actor = consent.Actor{Kind: consent.Organisation, Party: consent.Party{Subject: w.hospital, Name: "Lakeview"}, Role: "emergency-doctor"}
			w.show()
		}, nil, ""},
		{"another role", func(w *world) { w.papers.Role.Role = "nurse"; w.show() }, nil, Reason(consent.DenyRole)},
		{"another kind of facility", func(w *world) { w.papers.Accreditation.Facility = "pharmacy"; w.show() }, nil, Reason(consent.DenyFacility)},
		{"a card with the role, and credentials of another", func(w *world) {
			w.card.Role, w.papers.Role.Role = "emergency-doctor", "nurse"
			w.show()
		}, nil, Reason(consent.DenyRole)},
		{"somebody else's credentials", func(w *world) { w.papers.Licence.Holder, w.papers.Role.Holder = other, other; w.show() }, nil, "somebody else's"},
		{"another facility's credentials", func(w *world) { w.papers.Accreditation.Holder, w.papers.Role.Issuer = other, other; w.show() }, nil, "another facility"},
		{"of another opening", func(w *world) {
			w.detail.Credentials = w.papers.Show(w.consortium.Subject, stele.NewID(), w.own)
			w.asked.StatusLists = w.papers.Lists
		}, nil, "another nonce"},
		{"of another network", func(w *world) {
			w.detail.Credentials = w.papers.Show(other, w.access.Request, w.own)
			w.asked.StatusLists = w.papers.Lists
		}, nil, "another audience"},
		{"changed after the opening", (*world).show, func(r *wire.ReadRequest) { r.Detail = append(r.Detail, 0x3a, 1, 'x') }, "not those on the ledger"},
		{"without the lists", (*world).show, func(r *wire.ReadRequest) { r.StatusLists = nil }, "newest status list was not shown"},
		{"four lists", (*world).show, func(r *wire.ReadRequest) { r.StatusLists = append(r.StatusLists, nil, nil) }, "malformed"},
		{"revoked", func(w *world) {
			w.papers.Set(w.papers.Board, 7, sdjwt.Revoked)
			w.papers.Lists = w.papers.Lists[1:]
			w.papers.Post(w.papers.Board, w.own)
			w.show()
		}, nil, "revoked"},
		{"a status of a day ago", func(w *world) { w.show(); w.age(24 * time.Hour) }, nil, ""},
		{"an older status", func(w *world) { w.show(); w.age(24*time.Hour + 1) }, nil, "older than 24 hours"},
		{"credentials that nobody wants, and that do not hold", func(w *world) {
			w.doc = newWorld().doc
			w.doc.Grantee = wire.Key(w.key.Public())
			w.grant.ID, w.access.Grant = w.doc.ID, w.doc.ID
			w.asked.Grant = w.doc.ID[:]
			w.papers.Role.Until = w.own
			w.show()
		}, nil, "role does not hold"},
	} {
		w := newRoleWorld(t)
		c.change(w)
		r, why := w.judge(t, c.sent)
		if c.want == Permitted && why != Permitted || !strings.Contains(string(why), string(c.want)) || c.want != Permitted && why == Permitted {
			t.Errorf("%s: %q, want %q", c.what, why, c.want)
		}
		if why == Permitted && (r.Credentials == nil || r.Credentials.Role.Role != "emergency-doctor") {
			t.Errorf("%s: %+v", c.what, r.Credentials)
		}
	}
}

// age makes every status list so much older on the ledger.
func (w *world) age(by time.Duration) {
	for s, l := range w.papers.Posted {
		l.Posted = w.own.Add(-by)
		w.papers.Posted[s] = l
	}
}

// TestR02CredentialsAreJudgedAgain at the newest block, before anything goes out.
func TestR02CredentialsAreJudgedAgain(t *testing.T) {
	for what, change := range map[string]func(*world){
		"a newer status list":       func(w *world) { w.papers.Post(w.papers.Board, w.own) },
		"the board was dismissed":   func(w *world) { w.consortium.CredentialIssuers = w.consortium.CredentialIssuers[1:] },
		"the role ended":            func(w *world) { w.own = w.papers.Role.Until; w.newest.Time = w.own; w.keep() },
		"the status list got stale": func(w *world) { w.age(credential.StatusLives + 1) },
	} {
		w := newRoleWorld(t)
		w.keep()
		w.show()
		r, why := w.judge(t, nil)
		if why != Permitted || r.Again() != Permitted {
			t.Fatalf("%s: %q", what, why)
		}
		if change(w); r.Again() == Permitted {
			t.Errorf("%s: it goes out all the same", what)
		}
	}
}

// keep has card, grant and opening last for long.
func (w *world) keep() {
	w.card.ExpiresMs = w.own.AddDate(1, 0, 0).UnixMilli()
	w.grant.End, w.doc.End, w.access.Until = w.own.AddDate(0, 0, 2), w.own.AddDate(0, 0, 2), w.own.AddDate(0, 0, 2)
}

// TestR27VerifyingFetchesNothing: what credentials and lists name is compared, and nobody
// goes there.
func TestR27VerifyingFetchesNothing(t *testing.T) {
	asked := 0
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer trap.Close()
	w := newRoleWorld(t)
	w.papers.Board.List.URI, w.papers.Licence.Status.List = trap.URL+"/list", trap.URL+"/list"
	w.papers.Lists = w.papers.Lists[1:]
	w.papers.Post(w.papers.Board, w.own)
	w.show()
	if _, why := w.judge(t, nil); why != Permitted {
		t.Fatal(why)
	}
	w.asked.StatusLists = nil
	if _, why := w.judge(t, nil); why == Permitted {
		t.Error("without the list that was posted")
	}
	if asked != 0 {
		t.Errorf("somebody asked at the address that a credential names, %d times", asked)
	}
}

package wallet_test

import (
	"context"
	"crypto/elliptic"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// clinic is a town with two boards, an accreditor, two accredited hospitals, and a doctor of
// Lakeview's whom the British board has licensed.
type clinic struct {
	*town.Town
	board, irish, accreditor, lakeview, northside, doctor *client.Session
}

func newClinic(w *town.Town) *clinic {
	c := &clinic{Town: w, lakeview: w.Orgs["Lakeview"], northside: w.Orgs["Northside"]}
	c.board, c.irish = w.NewPerson("Medical Board", wallet.Organisation), w.NewPerson("Irish Board", wallet.Organisation)
	c.accreditor, c.doctor = w.NewPerson("Accreditor", wallet.Organisation), w.NewDoctor("Dr Amara Okafor", "Lakeview")
	c.Admits(c.board, credential.Licence, "GB")
	c.Admits(c.irish, credential.Licence, "IE")
	c.Admits(c.accreditor, credential.Accreditation, "GB")
	for _, hospital := range []*client.Session{c.lakeview, c.northside} {
		c.issue(c.accreditor, hospital, issuing.Order{Kind: credential.Accreditation, Says: "emergency-department", Jurisdiction: "GB"})
	}
	c.issue(c.board, c.doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB", Number: "7012345"})
	c.issue(c.lakeview, c.doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"})
	for _, by := range []*client.Session{c.board, c.accreditor, c.lakeview} {
		c.post(by)
	}
	return c
}

func (c *clinic) issue(by, to *client.Session, o issuing.Order) int {
	o.To = c.ContactOf(by, to)
	e, err := by.Issuing.Issue(c.T.Context(), o)
	c.Must(err)
	c.collect(to)
	return e.Place
}

func (c *clinic) collect(who *client.Session) {
	_, err := who.Collect(c.T.Context())
	c.Must(err)
}

func (c *clinic) post(by *client.Session) {
	_, err := by.Issuing.Post(c.T.Context())
	c.Must(err)
}

// leave leaves credentials in somebody's box, as whoever can.
func (c *clinic) leave(to *client.Session, tokens ...string) {
	contact, subject := c.ContactOf(c.lakeview, to), to.Subject()
	sealed, err := seal.SealTo(contact.Card.SealKey, seal.TagCredential, subject[:], wire.Marshal(&wire.CredentialPackage{Subject: subject[:], Credentials: tokens}))
	c.Must(err)
	_, err = contact.Member.Directory.Deliver(c.T.Context(), &wire.DeliverRequest{To: subject[:], Sealed: sealed})
	c.Must(err)
	c.collect(to)
}

// held returns what somebody holds of a kind, the newest last.
func (c *clinic) held(who *client.Session, kind credential.Kind) []wallet.HeldCredential {
	all, err := who.Credentials()
	c.Must(err)
	return slices.DeleteFunc(all, func(h wallet.HeldCredential) bool { return h.Kind != kind })
}

// proves reports whether the members believe that the doctor is an emergency doctor of Lakeview's.
func (c *clinic) proves() error {
	request := stele.NewID()
	shown, err := c.doctor.Show(c.T.Context(), "emergency-doctor", "emergency-department", request)
	if err != nil {
		return err
	}
	chain, err := (credential.Judge{Ledger: c.Ledger(), Lists: shown.Lists, Request: request, Now: time.Now()}).Chain(shown.Credentials)
	if err == nil && chain.Facility() != c.lakeview.Subject() {
		c.T.Error("the role is another facility's")
	}
	return err
}

// TestR44OthersCredentialsStandInNobodysWay: what another employer, another board or a stranger
// leaves in a doctor's box, and however much, takes no place of the credentials that she shows.
func TestR44OthersCredentialsStandInNobodysWay(t *testing.T) { town.In(t, othersCredentials) }

func othersCredentials(t *testing.T, w *town.Town) {
	c := newClinic(w)
	w.Must(c.proves())
	full := c.held(c.doctor, credential.Licence)[0].Token
	for range 70 {
		e := issuing.Order{Kind: credential.Role, Says: "emergency-doctor", To: w.ContactOf(c.northside, c.doctor)}
		_, err := c.northside.Issuing.Issue(t.Context(), e)
		w.Must(err)
	}
	c.collect(c.doctor)
	if n := len(c.held(c.doctor, credential.Role)); n < 2 || n > 10 {
		t.Errorf("she holds %d roles", n)
	}
	c.issue(c.irish, c.doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "IE"})
	w.Must(c.proves())

	token, err := sdjwt.Parse(full)
	w.Must(err)
	less, err := token.Disclose("profession")
	w.Must(err)
	c.leave(c.doctor, less.Compact())
	c.leave(c.doctor, twin(t, less.Compact()))
	licences := c.held(c.doctor, credential.Licence)
	if len(licences) != 2 || licences[0].Token != full {
		t.Errorf("a form that a stranger has seen is one more, or has taken the place of what she can disclose: %d", len(licences))
	}
	w.Must(c.proves())

	accreditation := c.held(c.northside, credential.Accreditation)[0].Token
	other := w.NewDoctor("Dr Imre Nagy", "Lakeview")
	c.leave(other, accreditation)
	if all, err := other.Credentials(); err != nil || len(all) != 0 {
		t.Errorf("an accreditation of a facility that gave no role is kept: %d, %v", len(all), err)
	}
	c.leave(other, full)
	c.leave(other, accreditation, c.held(c.doctor, credential.Role)[0].Token)
	if all, err := other.Credentials(); err != nil || len(all) != 0 {
		t.Errorf("somebody else's is kept: %d, %v", len(all), err)
	}
}

// TestACredentialWaitsForItsIssuer: one that came before the members had admitted its issuer counts
// from the next collecting after they have. What would not count then, either, does not wait.
func TestACredentialWaitsForItsIssuer(t *testing.T) { town.In(t, waitsForItsIssuer) }

func waitsForItsIssuer(t *testing.T, w *town.Town) {
	c := newClinic(w)
	full := c.held(c.doctor, credential.Licence)[0].Token
	late := w.NewPerson("Late Board", wallet.Organisation)
	waiting := func(who *client.Session, want int) {
		t.Helper()
		if n, err := who.WaitingCredentials(); err != nil || n != want {
			t.Errorf("%d wait, want %d (%v)", n, want, err)
		}
	}
	for range 2 {
		c.issue(late, c.doctor, issuing.Order{Kind: credential.Licence, Says: "nurse", Jurisdiction: "FR"})
	}
	c.collect(c.doctor)
	waiting(c.doctor, 2)
	if n := len(c.held(c.doctor, credential.Licence)); n != 1 {
		t.Fatalf("%d licences are held before the board is admitted", n)
	}
	other := w.NewDoctor("Dr Imre Nagy", "Lakeview")
	c.leave(other, full)
	waiting(other, 0)

	c.Admits(late, credential.Licence, "FR")
	c.collect(c.doctor)
	waiting(c.doctor, 0)
	if n := len(c.held(c.doctor, credential.Licence)); n != 3 {
		t.Errorf("%d licences are held once the board is admitted", n)
	}
}

// twin makes the second signature that anybody can make of one of ECDSA: (r, n-s).
func twin(t *testing.T, compact string) string {
	issued, rest, _ := strings.Cut(compact, "~")
	at := strings.LastIndexByte(issued, '.') + 1
	raw, err := base64.RawURLEncoding.DecodeString(issued[at:])
	if err != nil {
		t.Fatal(err)
	}
	s := new(big.Int).SetBytes(raw[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(raw[32:])
	return issued[:at] + base64.RawURLEncoding.EncodeToString(raw) + "~" + rest
}

// TestAnOlderAccreditationComesLater: what was issued last is shown, whatever came last.
func TestAnOlderAccreditationComesLater(t *testing.T) { town.In(t, olderComesLater) }

func olderComesLater(t *testing.T, w *town.Town) {
	c := newClinic(w)
	older := c.held(c.lakeview, credential.Accreditation)[0]
	time.Sleep(time.Minute)
	c.issue(c.accreditor, c.lakeview, issuing.Order{Kind: credential.Accreditation, Says: "emergency-department", Jurisdiction: "GB"})
	all, err := c.accreditor.Register().All()
	w.Must(err)
	_, err = c.accreditor.Issuing.Mark(all[0].Place, sdjwt.Revoked)
	w.Must(err)
	c.post(c.accreditor)
	c.doctor = w.NewDoctor("Dr Imre Nagy", "Lakeview") // who has never seen the older one
	c.issue(c.board, c.doctor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB"})
	c.issue(c.lakeview, c.doctor, issuing.Order{Kind: credential.Role, Says: "emergency-doctor"})
	w.Must(c.proves())
	token, err := sdjwt.Parse(older.Token)
	w.Must(err)
	bare, err := token.Disclose()
	w.Must(err)
	c.leave(c.doctor, c.held(c.doctor, credential.Role)[0].Token, twin(t, bare.Compact()))
	if n := len(c.held(c.doctor, credential.Accreditation)); n != 2 {
		t.Fatalf("%d accreditations are held", n)
	}
	w.Must(c.proves())
}

// TestAMemberThatHangsOrServesOldLists is waited for once, if at all, and misleads nobody.
func TestAMemberThatHangsOrServesOldLists(t *testing.T) { town.In(t, hangsOrServesOldLists) }

func hangsOrServesOldLists(t *testing.T, w *town.Town) {
	c := newClinic(w)
	old := map[string][]byte{}
	for _, by := range []*client.Session{c.board, c.accreditor, c.lakeview} {
		subject := by.Subject()
		answer, err := w.Members[0].Directory.GetStatusList(t.Context(), &wire.GetStatusListRequest{Subject: subject[:]})
		w.Must(err)
		old[string(subject[:])] = answer.List
		c.post(by) // within the same second
	}
	c.doctor = town.Bend(c.doctor, c.Names[0], func(m *members.Member) { m.Directory = oldLists{m.Directory, old} })
	w.Must(c.proves())
	c.doctor = town.Bend(c.doctor, c.Names[3], func(m *members.Member) { m.Directory = hangs{m.Directory} })
	start := time.Now()
	w.Must(c.proves())
	if waited := time.Since(start); waited > time.Second {
		t.Errorf("it waited %v for one that says nothing", waited)
	}
}

// oldLists is a directory that goes on to serve the lists that it had.
type oldLists struct {
	members.Directory
	old map[string][]byte
}

func (d oldLists) GetStatusList(_ context.Context, in *wire.GetStatusListRequest) (*wire.GetStatusListResponse, error) {
	return &wire.GetStatusListResponse{List: d.old[string(in.Subject)]}, nil
}

// hangs is a directory that never says anything of a list.
type hangs struct{ members.Directory }

func (hangs) GetStatusList(ctx context.Context, _ *wire.GetStatusListRequest) (*wire.GetStatusListResponse, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Package credentialtest stands in for whoever issues credentials: a licensing board, an
// accreditor, a hospital, and what the ledger knows of them. Only tests run it.
package credentialtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/sdjwt"
)

// Party is somebody with a key, a certificate and a status list.
type Party struct {
	Subject stele.Subject
	sdjwt.Issuer
	List *sdjwt.StatusList
}

// Town is a board, an accreditor, a hospital and its doctor. Its papers make a chain; a test
// changes one before they are shown. It stands in for the ledger that a judge asks.
type Town struct {
	T                                   testing.TB
	Board, Accreditor, Hospital, Doctor Party
	Run                                 stele.Consortium
	Posted                              map[stele.Subject]stele.StatusList
	Lists                               [][]byte // all that were posted

	Licence, Role, Accreditation credential.Paper
}

// New makes a town whose doctor and hospital are these subjects, at a time. No list is
// posted yet.
func New(t testing.TB, now time.Time, doctor, hospital stele.Subject) *Town {
	w := &Town{T: t, Posted: map[stele.Subject]stele.StatusList{}}
	w.Board, w.Accreditor = w.party(now, "board", stele.SubjectOf([]byte("board"))), w.party(now, "accreditor", stele.SubjectOf([]byte("accreditor")))
	w.Hospital, w.Doctor = w.party(now, "hospital", hospital), w.party(now, "doctor", doctor)
	w.Run.Subject = stele.SubjectOf([]byte("consortium"))
	w.Run.CredentialIssuers = []stele.CredentialIssuer{
		{Subject: w.Board.Subject, Certificate: sha256.Sum256(w.Board.Certificate), Kinds: []credential.Kind{credential.Licence}, Jurisdictions: []string{"GB"}},
		{Subject: w.Accreditor.Subject, Certificate: sha256.Sum256(w.Accreditor.Certificate), Kinds: []credential.Kind{credential.Accreditation}, Jurisdictions: []string{"GB", "IE"}},
	}
	from := now.Add(-time.Hour)
	w.Licence = credential.Paper{
		Kind: credential.Licence, Issuer: w.Board.Subject, Holder: doctor, Key: credential.KeyOf(&w.Doctor.Key.PublicKey), From: from,
		Until: from.Add(credential.Longest(credential.Licence)), Jurisdiction: "GB", Profession: "doctor", Name: "Amara Okafor", Number: "7012345",
		Status: &credential.Status{List: w.Board.List.URI, Index: 7},
	}
	w.Role = credential.Paper{
		Kind: credential.Role, Issuer: hospital, Holder: doctor, Key: w.Licence.Key, From: from, Until: from.Add(credential.Longest(credential.Role)),
		Role: "emergency-doctor", Name: "Amara Okafor",
	}
	w.Accreditation = credential.Paper{
		Kind: credential.Accreditation, Issuer: w.Accreditor.Subject, Holder: hospital, Key: credential.KeyOf(&w.Hospital.Key.PublicKey), From: from,
		Until: from.Add(credential.Longest(credential.Accreditation)), Jurisdiction: "GB", Facility: "emergency-department", Name: "Lakeview Hospital",
		Status: &credential.Status{List: w.Accreditor.List.URI, Index: 3},
	}
	return w
}

func (w *Town) party(now time.Time, name string, subject stele.Subject) Party {
	w.T.Helper()
	p := Party{Subject: subject}
	var err error
	if p.Key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		w.T.Fatal(err)
	}
	if p.Certificate, err = sdjwt.SelfSigned(p.Key, name, now.AddDate(-1, 0, 0), now.AddDate(5, 0, 0)); err != nil {
		w.T.Fatal(err)
	}
	if p.List, err = sdjwt.NewStatusList("list of "+name, 64); err != nil {
		w.T.Fatal(err)
	}
	p.List.Issuer = subject.String()
	return p
}

// Consortium returns Run.
func (w *Town) Consortium() (stele.Consortium, error) { return w.Run, nil }

// StatusList returns what was posted.
func (w *Town) StatusList(s stele.Subject) (stele.StatusList, error) {
	if l, ok := w.Posted[s]; ok {
		return l, nil
	}
	return stele.StatusList{}, stele.E("read the ledger", stele.KindNotFound, "no such status list", nil)
}

// Post puts a party's list on the ledger, as it is now.
func (w *Town) Post(by Party, at time.Time) {
	w.T.Helper()
	by.List.IssuedAt = at
	token, err := by.SignStatusList(by.List)
	if err != nil {
		w.T.Fatal(err)
	}
	w.Lists = append(w.Lists, []byte(token))
	w.Posted[by.Subject] = stele.StatusList{Issuer: by.Subject, Epoch: w.Posted[by.Subject].Epoch + 1, Hash: sha256.Sum256([]byte(token)), Posted: at}
}

// Set says what holds of a place in a party's list, which is not posted by that.
func (w *Town) Set(by Party, index int, s sdjwt.Status) {
	w.T.Helper()
	if err := by.List.Set(index, s); err != nil {
		w.T.Fatal(err)
	}
}

// Show issues the three papers as they are, whatever they say, and shows them for a request.
func (w *Town) Show(to stele.Subject, request stele.ID, at time.Time) (shown []string) {
	w.T.Helper()
	for _, p := range []struct {
		paper credential.Paper
		by    Party
	}{{w.Licence, w.Board}, {w.Role, w.Hospital}, {w.Accreditation, w.Accreditor}} {
		token, err := p.by.Issue(p.paper.Credential())
		if err != nil {
			w.T.Fatal(err)
		}
		s, err := credential.Show(token, w.Doctor.Key, to, request, at)
		if err != nil {
			w.T.Fatal(err)
		}
		shown = append(shown, s)
	}
	return shown
}

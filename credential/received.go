package credential

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/sdjwt"
)

// Received verifies credentials as they were issued, when they come to their holder: that
// their issuers may issue them, now. Roles come with their facility's accreditation. Whether
// one was taken back is not looked at. The papers are in the order of what came. It fails with
// KindInvalid for what is no credential of a kind that is known, and with KindDenied for one that
// does not count.
func Received(run stele.Consortium, came []string, now time.Time) ([]Paper, error) {
	papers, c, order, err := inOrder(came)
	if err != nil {
		return nil, err
	}
	for _, i := range order {
		if papers[i], err = c.admits(run, papers[i].Kind, came[i], now, nil); err != nil {
			return nil, err
		}
	}
	return papers, nil
}

// Unadmitted verifies credentials as Received does, as if the consortium had admitted their issuers
// already: it may yet. It fails with KindInvalid for what is no credential, or whose signature or time
// does not hold, and with KindDenied for what would not count then, either.
func Unadmitted(came []string, now time.Time) ([]Paper, error) {
	papers, _, _, err := inOrder(came)
	if err != nil {
		return nil, err
	}
	var run stele.Consortium
	for i, p := range papers {
		if p.Kind == Role { // its facility's accreditation says whose it is
			continue
		}
		note := func(_ string, certificate *x509.Certificate) error {
			run.CredentialIssuers = append(run.CredentialIssuers, stele.CredentialIssuer{
				Subject: p.Issuer, Certificate: sha256.Sum256(certificate.Raw), Kinds: []Kind{p.Kind}, Jurisdictions: []string{p.Jurisdiction},
			})
			return nil
		}
		if _, err := sdjwt.Verify(came[i], sdjwt.Check{At: now, Window: Window, Type: vct(p.Kind), Trust: note}); err != nil {
			return nil, err
		}
	}
	return Received(run, came, now)
}

// Presented verifies credentials that one holder shows to one verifier, outside of any chart: an
// employer who looks at a licence before it gives a role. A role stands with its facility's
// accreditation; an accreditation alone is bound by the facility's own key. lists gives the
// status list tokens of an issuer that could be had; what its newest says counts. The papers are in the
// order of what is shown. It fails with KindInvalid for what is no credential, and with KindDenied for
// one that does not count, or for papers that do not go together.
func Presented(run stele.Consortium, shown []string, to sdjwt.Binding, lists func(issuer stele.Subject) [][]byte, now time.Time) ([]Paper, error) {
	papers, c, order, err := inOrder(shown)
	if err == nil {
		err = together(papers)
	}
	if err != nil {
		return nil, err
	}
	withRole := slices.ContainsFunc(papers, func(p Paper) bool { return p.Kind == Role })
	for _, i := range order {
		var bound *sdjwt.Binding
		if papers[i].Kind != Accreditation || !withRole { // else the role's signature proves its key
			bound = &to
		}
		if papers[i], err = c.admits(run, papers[i].Kind, shown[i], now, bound); err == nil {
			err = c.stands(run, papers[i], lists, now)
		}
		if err != nil {
			return nil, err
		}
	}
	return papers, nil
}

// Accredited verifies the accreditation of a facility that lies in a document of the facility's, who
// signed that: bound to nothing. lists is as in Presented. It fails with KindDenied.
func Accredited(run stele.Consortium, shown string, facility stele.Subject, lists func(issuer stele.Subject) [][]byte, now time.Time) (Paper, error) {
	c := newChain()
	p, err := c.admits(run, Accreditation, shown, now, nil)
	if err == nil && p.Holder != facility {
		err = denied("the accreditation is another facility's")
	}
	if err == nil {
		err = c.stands(run, p, lists, now)
	}
	return p, err
}

// stands fails where a paper was taken back, or nobody can say that it was not.
func (c *Chain) stands(run stele.Consortium, p Paper, lists func(issuer stele.Subject) [][]byte, now time.Time) error {
	if p.Status == nil {
		return nil
	}
	list, _ := Newest(run, p.Kind, p.Issuer, c.Accreditation, lists(p.Issuer), now)
	if list == nil {
		return denied("no member has a status list of the " + string(p.Kind) + "'s issuer")
	}
	if err := valid(list, p); err != nil {
		return lapsed(p.Kind, err)
	}
	if now.Sub(list.IssuedAt) > StatusLives {
		return denied("whether the " + string(p.Kind) + " was taken back is not known: its issuer's list is older than 24 hours")
	}
	return nil
}

// together fails unless papers are what one holder can show: one of a kind, and of one person
// with one key, or two people's would be read as one's.
func together(papers []Paper) error {
	var who *Paper
	seen := map[Kind]bool{}
	for i := range papers {
		p := &papers[i]
		switch {
		case seen[p.Kind]:
			return denied("more than one " + string(p.Kind) + " is shown")
		case p.Kind != Accreditation && who != nil && (who.Holder != p.Holder || who.Key != p.Key):
			return denied("licence and role are of two people, or for two keys")
		case p.Kind != Accreditation:
			who = p
		}
		seen[p.Kind] = true
	}
	if len(papers) == 0 {
		return denied("no credential is shown")
	}
	return nil
}

// valid looks a paper up in a list.
func valid(list *sdjwt.StatusList, p Paper) error {
	status, err := list.Of(sdjwt.StatusRef{URI: p.Status.List, Index: p.Status.Index})
	if err == nil && status != sdjwt.Valid {
		err = denied("it was " + status.String())
	}
	return err
}

// inOrder reads papers, and says in which order to verify them: accreditations first.
func inOrder(shown []string) (papers []Paper, c *Chain, order []int, err error) {
	papers, c = make([]Paper, len(shown)), newChain()
	for i, s := range shown {
		t, err := sdjwt.Parse(s)
		if err != nil {
			return nil, nil, nil, err
		}
		if papers[i], err = Read(t.Credential()); err != nil {
			return nil, nil, nil, err
		}
		if papers[i].Kind == Accreditation {
			order = slices.Insert(order, 0, i)
		} else {
			order = append(order, i)
		}
	}
	return papers, c, order, nil
}

// admits is hold, and looks up that the issuer is admitted for all that the paper says.
func (c *Chain) admits(run stele.Consortium, kind Kind, shown string, at time.Time, to *sdjwt.Binding) (Paper, error) {
	p, err := c.hold(run, kind, shown, at, to)
	if err == nil && !admitted(run, p, c.pins[kind]) {
		err = lapsed(kind, denied("its issuer was not admitted for it"))
	}
	return p, err
}

// Newest returns the newest of some status list tokens that are an issuer's, of papers of a
// kind; nil when none is. Of a role's facility the accreditation says whose it is.
func Newest(run stele.Consortium, kind Kind, issuer stele.Subject, accreditation Paper, tokens [][]byte, now time.Time) (newest *sdjwt.StatusList, token []byte) {
	c := &Chain{Accreditation: accreditation}
	for _, one := range tokens {
		list, err := sdjwt.VerifyStatusList(string(one), c.listCheck(run, kind, issuer, now))
		if err == nil && (newest == nil || list.IssuedAt.After(newest.IssuedAt)) {
			newest, token = list, one
		}
	}
	return newest, token
}

package credential

import (
	"crypto/ecdsa"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/sdjwt"
)

// Show returns a credential as it is shown to open a chart: what is decided on is disclosed,
// and no name. A licence and a role are bound by their holder's key to the request and to
// the network; an accreditation is shown as it is.
func Show(t *sdjwt.Token, holder *ecdsa.PrivateKey, consortium stele.Subject, request stele.ID, at time.Time) (string, error) {
	p, err := Read(t.Credential())
	if err != nil {
		return "", err
	}
	hidden := t.Paths()
	shown, err := t.Disclose(slices.DeleteFunc(deciding(p.Kind), func(claim string) bool { return !slices.Contains(hidden, claim) })...)
	if err != nil {
		return "", err
	}
	if p.Kind != Accreditation {
		if shown, err = shown.Bind(holder, sdjwt.Binding{Audience: Audience(consortium), Nonce: request.String()}, at); err != nil {
			return "", err
		}
	}
	return shown.Compact(), nil
}

// Told returns what credentials say that somebody has shown, without looking at whether they
// hold: for whom trustees tell of, who have. What can't be read is left out.
func Told(shown []string) (papers []Paper) {
	for _, s := range shown {
		if t, err := sdjwt.Parse(s); err == nil {
			if p, err := Read(t.Credential()); err == nil {
				papers = append(papers, p)
			}
		}
	}
	return papers
}

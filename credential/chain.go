package credential

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/sdjwt"
)

// StatusLives is for how long a posted status list counts.
const StatusLives = 24 * time.Hour

// Window is how long before the judgement a key binding may have been made: when the chart
// was asked for, and it is open for a quarter of an hour, by a clock that differs as clocks may.
const Window = stele.Fresh + stele.MaxSession

// Ledger is what a judge asks of the member's own node.
type Ledger interface {
	Consortium() (stele.Consortium, error)
	StatusList(issuer stele.Subject) (stele.StatusList, error)
}

// Judge checks the credentials that are shown to open one chart.
type Judge struct {
	Ledger  Ledger
	Lists   [][]byte // status list tokens, shown with the credentials
	Request stele.ID // of the opening: what they are shown for
	Now     time.Time
}

// Chain is a licence, a role and an accreditation that hold together: this practitioner does
// this work, in this role, at this facility.
type Chain struct {
	Licence, Role, Accreditation Paper

	// Stale are the kinds whose issuer posted its status list more than StatusLives ago.
	// Nobody can say of them that they were not taken back.
	Stale []Kind

	pins map[Kind]stele.Digest // of the certificate that a paper was issued with
	used map[Kind]stele.Digest // of the status list that it was looked up in
}

// Facility returns where the practitioner works.
func (c *Chain) Facility() stele.Subject { return c.Accreditation.Holder }

// papers lists what it is made of.
func (c *Chain) papers() []*Paper { return []*Paper{&c.Licence, &c.Role, &c.Accreditation} }

// Audience is whom credentials are shown to (the key binding's aud): the network's committee
// together, by the DID of the consortium. Who shows them names the request beside it, and asks
// each member by a request of its own.
func Audience(consortium stele.Subject) string { return consortium.String() }

// Chain verifies credentials that are shown: one of each kind, in the order of Kinds. It
// fails with KindDenied, and the text is for the patient: which of them does not hold, and why. A
// chain whose status is stale is returned, and says so: what that means is for the caller.
func (j Judge) Chain(shown []string) (*Chain, error) {
	if len(shown) != len(Kinds) || slices.ContainsFunc(shown, func(s string) bool { return len(s) > stele.MaxCredential }) {
		return nil, denied("a licence, a role and an accreditation are needed, each of 4 KiB at most")
	}
	run, err := j.Ledger.Consortium()
	if err != nil {
		return nil, err
	}
	c := newChain()
	// The accreditation comes first: it says whose roles count.
	for _, i := range []int{2, 1, 0} {
		var to *sdjwt.Binding
		if Kinds[i] != Accreditation { // which is the facility's, who signs the role with its key
			to = &sdjwt.Binding{Audience: Audience(run.Subject), Nonce: j.Request.String()}
		}
		p, err := c.hold(run, Kinds[i], shown[i], j.Now, to)
		if err != nil {
			return nil, err
		}
		*c.papers()[i] = p
		if p.Status == nil {
			continue
		}
		if err := j.status(c, run, p); err != nil {
			return nil, lapsed(p.Kind, err)
		}
	}
	switch {
	case c.Licence.Holder != c.Role.Holder:
		return nil, denied("licence and role are of two people")
	case c.Licence.Key != c.Role.Key:
		return nil, denied("licence and role are for two keys")
	}
	if err := OnePlace(c.Licence.Jurisdiction, c.Accreditation.Jurisdiction); err != nil {
		return nil, err
	}
	return c, c.Stands(j)
}

// OnePlace fails with KindDenied where a licence is for another jurisdiction than a facility's accreditation: it does
// not count there.
func OnePlace(licence, facility string) error {
	if licence != facility {
		return denied("the licence is for another jurisdiction (" + licence + ") than the facility's (" + facility + ")")
	}
	return nil
}

func denied(text string) error { return stele.E("check credentials", stele.KindDenied, text, nil) }

func newChain() *Chain { return &Chain{pins: map[Kind]stele.Digest{}, used: map[Kind]stele.Digest{}} }

// lapsed says of which paper something does not hold.
func lapsed(kind Kind, why error) error {
	return denied("the " + string(kind) + " does not hold: " + stele.TextOf(why))
}

// hold verifies one of several papers, all of it that stays as it is from block to block: signed by
// whoever may issue its kind, as such a paper may be, and shown for this binding, where there is one. An
// accreditation says whose roles count from then on. It fails with KindDenied.
func (c *Chain) hold(run stele.Consortium, kind Kind, shown string, at time.Time, to *sdjwt.Binding) (p Paper, err error) {
	verified, err := sdjwt.Verify(shown, sdjwt.Check{At: at, Window: Window, Type: vct(kind), Trust: c.trust(run, kind), Binding: to})
	if err == nil {
		p, err = Read(verified.Credential)
	}
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		return Paper{}, lapsed(kind, err)
	}
	if c.pins[kind] = sha256.Sum256(verified.Certificate.Raw); kind == Accreditation {
		c.Accreditation = p
	}
	return p, nil
}

// listCheck is what a status list must be of.
func (c *Chain) listCheck(run stele.Consortium, kind Kind, issuer stele.Subject, now time.Time) sdjwt.Check {
	return sdjwt.Check{At: now, Window: Window, Trust: func(says string, by *x509.Certificate) error {
		if says != issuer.String() {
			return denied("it is another issuer's list")
		}
		return c.trust(run, kind)(says, by)
	}}
}

// trust says whose certificates count for a kind: those that the consortium admitted, or for
// a role the key that the facility's accreditation names.
func (c *Chain) trust(run stele.Consortium, kind Kind) sdjwt.Trust {
	return func(issuer string, certificate *x509.Certificate) error {
		hash := stele.Digest(sha256.Sum256(certificate.Raw))
		if kind == Role {
			key, ok := certificate.PublicKey.(*ecdsa.PublicKey)
			if !ok || issuer != c.Accreditation.Holder.String() || KeyOf(key) != c.Accreditation.Key {
				return denied("it was not issued by the facility that the accreditation names")
			}
			return nil
		}
		for _, admitted := range run.CredentialIssuers {
			if admitted.Subject.String() == issuer && admitted.Certificate == hash && slices.Contains(admitted.Kinds, kind) {
				return nil
			}
		}
		return denied("the network has not admitted its issuer")
	}
}

// admitted reports whether the certificate that a paper was issued with is admitted for its issuer,
// its kind and its jurisdiction, all in one row. Of a role, trust has seen that.
func admitted(run stele.Consortium, p Paper, certificate stele.Digest) bool {
	return p.Kind == Role || slices.ContainsFunc(run.CredentialIssuers, func(i stele.CredentialIssuer) bool {
		return i.Subject == p.Issuer && i.Certificate == certificate && i.May(p.Kind, p.Jurisdiction)
	})
}

// status looks a paper up in its issuer's newest list.
func (j Judge) status(c *Chain, run stele.Consortium, p Paper) error {
	posted, err := j.Ledger.StatusList(p.Issuer)
	if err != nil {
		return denied("its issuer has posted no status list")
	}
	i := slices.IndexFunc(j.Lists, func(l []byte) bool { return sha256.Sum256(l) == posted.Hash })
	if i < 0 {
		return denied("its issuer's newest status list was not shown")
	}
	list, err := sdjwt.VerifyStatusList(string(j.Lists[i]), c.listCheck(run, p.Kind, p.Issuer, j.Now))
	if err != nil {
		return err
	}
	if err := valid(list, p); err != nil {
		return err
	}
	c.used[p.Kind] = posted.Hash
	return nil
}

// Stands checks at the judge's Now, and at the newest block, all that can have changed since:
// an end, an issuer that was dismissed, a newer status list. It fails with KindDenied.
func (c *Chain) Stands(j Judge) error {
	run, err := j.Ledger.Consortium()
	if err != nil {
		return err
	}
	c.Stale = nil
	for _, p := range c.papers() {
		what := "the " + string(p.Kind)
		if !j.Now.Before(p.Until) {
			return denied(what + " has expired")
		}
		if !admitted(run, *p, c.pins[p.Kind]) {
			return denied(what + " is from an issuer whom the network has not admitted for it")
		}
		if p.Status == nil {
			continue
		}
		posted, err := j.Ledger.StatusList(p.Issuer)
		if err != nil || posted.Hash != c.used[p.Kind] {
			return denied(what + " was looked up in a status list that is not the newest")
		}
		if j.Now.Sub(posted.Posted) > StatusLives {
			c.Stale = append(c.Stale, p.Kind)
		}
	}
	return nil
}

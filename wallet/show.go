package wallet

import (
	"context"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/wire"
)

// Shown is credentials as they are shown for one opening, and the status lists that their
// issuers posted last.
type Shown struct {
	Credentials []string
	Lists       [][]byte
}

// Show shows that the owner holds a role, at a kind of facility where one is named: licence,
// role and the facility's accreditation, bound to one request. It fails with KindDenied when
// the owner does not hold all three.
func (s *Session) Show(ctx context.Context, role, facility string, request stele.ID) (shown Shown, err error) {
	chain, err := s.chain(role, facility)
	if err != nil {
		return shown, err
	}
	run := stele.Consortium{CredentialIssuers: s.Consortium().Issuing()}
	network, err := stele.SubjectFrom(s.Consortium().Subject)
	if err != nil {
		return shown, err
	}
	accreditation, err := chain[2].Paper()
	if err != nil {
		return shown, err
	}
	for _, h := range chain {
		token, err := sdjwt.Parse(h.Token)
		if err != nil {
			return shown, err
		}
		one, err := credential.Show(token, s.Keyring().CredentialKey(), network, request, s.Clock())
		if err != nil {
			return shown, err
		}
		shown.Credentials = append(shown.Credentials, one)
		if token.Credential().Status == nil {
			continue
		}
		if list := credential.Newest(run, h.Kind, h.Issuer, accreditation, s.statusLists(ctx, h.Issuer), s.Clock()); list != nil {
			shown.Lists = append(shown.Lists, list)
		}
	}
	return shown, nil
}

// chain picks the newest licence, the newest role of a name, and the accreditation of its
// facility, none of which has expired.
func (s *Session) chain(role, facility string) (chain [3]HeldCredential, err error) {
	held, err := s.Credentials()
	if err != nil {
		return chain, err
	}
	pick := func(fits func(HeldCredential) bool) (HeldCredential, bool) {
		for i := len(held) - 1; i >= 0; i-- {
			if h := held[i]; h.Until.After(s.Clock()) && fits(h) {
				return h, true
			}
		}
		return HeldCredential{}, false
	}
	var found bool
	if chain[0], found = pick(func(h HeldCredential) bool { return h.Kind == credential.Licence }); !found {
		return chain, noneHeld("licence")
	}
	accredited := func(of stele.Subject) bool {
		var ok bool
		chain[2], ok = pick(func(h HeldCredential) bool {
			return h.Kind == credential.Accreditation && h.Holder == of && (facility == "" || h.Says == facility)
		})
		return ok
	}
	if chain[1], found = pick(func(h HeldCredential) bool {
		return h.Kind == credential.Role && h.Says == role && accredited(h.Issuer)
	}); !found {
		return chain, noneHeld("role of " + role + " at an accredited facility of the kind")
	}
	return chain, nil
}

func noneHeld(what string) error {
	return stele.E("show credentials", stele.KindDenied, "this wallet holds no "+what+" that has not expired", nil).
		WithHint("stele wallet collect fetches what was issued; stele credential show tells what is held")
}

// statusLists asks all members for an issuer's status list: what they say may differ, and one
// honest answer is enough.
func (s *Session) statusLists(ctx context.Context, issuer stele.Subject) (tokens [][]byte) {
	ctx, cancel := context.WithTimeout(ctx, members.Silence)
	defer cancel()
	for r := range members.All(ctx, s.Network, func(ctx context.Context, m members.Member) (*wire.GetStatusListResponse, error) {
		return m.Directory.GetStatusList(ctx, &wire.GetStatusListRequest{Subject: issuer[:]})
	}) {
		if r.Err == nil {
			tokens = append(tokens, r.Answer.List)
		}
	}
	return tokens
}

// Present shows one of the owner's credentials to somebody, outside of any chart, with what is
// named of what it can disclose. A role brings its facility's accreditation. It fails with
// KindDenied when none of the kind is held.
func (s *Session) Present(kind credential.Kind, to sdjwt.Binding, disclose ...string) (lines []string, err error) {
	held, err := s.Credentials()
	if err != nil {
		return nil, err
	}
	newest := func(kind credential.Kind, of stele.Subject) *HeldCredential {
		for i := len(held) - 1; i >= 0; i-- {
			if h := held[i]; h.Kind == kind && h.Holder == of && h.Until.After(s.Clock()) {
				return &h
			}
		}
		return nil
	}
	h := newest(kind, s.Subject())
	if h == nil {
		return nil, noneHeld(string(kind))
	}
	token, err := sdjwt.Parse(h.Token)
	if err == nil {
		token, err = token.Disclose(disclose...)
	}
	if err == nil && kind != credential.Accreditation {
		token, err = token.Bind(s.Keyring().CredentialKey(), to, s.Clock())
	}
	if err != nil {
		return nil, err
	}
	lines = []string{token.Compact()}
	if kind == credential.Role {
		if facility := newest(credential.Accreditation, h.Issuer); facility != nil {
			lines = append(lines, facility.Token)
		}
	}
	return lines, nil
}

// VerifyShown checks credentials that somebody shows to the owner for a nonce that the owner
// chose: one of Present's answers. It fails with KindDenied, and says what does not hold.
func (s *Session) VerifyShown(ctx context.Context, lines []string, nonce string) ([]credential.Paper, error) {
	if err := s.FollowNow(ctx); err != nil {
		return nil, err
	}
	run := stele.Consortium{CredentialIssuers: s.Consortium().Issuing()}
	lists := func(issuer stele.Subject) [][]byte { return s.statusLists(ctx, issuer) }
	return credential.Presented(run, lines, sdjwt.Binding{Audience: s.Subject().String(), Nonce: nonce}, lists, s.Clock())
}

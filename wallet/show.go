package wallet

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

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

// Show shows that the owner holds a role at the organisation that the own card names (empty: the
// newest that is held), of a kind of facility where one is named: licence, role and the facility's accreditation, bound to one
// request. It fails with KindDenied when the owner does not hold all three.
func (s *Session) Show(ctx context.Context, role, facility string, request stele.ID) (shown Shown, err error) {
	chain, err := s.chain(role, facility)
	if err != nil {
		return shown, err
	}
	network, err := stele.SubjectFrom(s.Consortium().Subject)
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
	}
	shown.Lists, err = s.listsOf(ctx, chain)
	return shown, err
}

// listsOf finds the newest status lists of a chain. All issuers' are asked for at once: a
// member that says nothing is waited for once.
func (s *Session) listsOf(ctx context.Context, chain [3]HeldCredential) (lists [][]byte, err error) {
	accreditation, err := chain[2].Paper()
	if err != nil {
		return nil, err
	}
	found := make([][]byte, len(chain))
	var all sync.WaitGroup
	for i, h := range chain {
		if p, err := h.Paper(); err != nil || p.Status == nil {
			continue
		}
		all.Go(func() {
			_, found[i] = credential.Newest(s.issuing(), h.Kind, h.Issuer, accreditation, s.StatusLists(ctx, h.Issuer), s.Clock())
		})
	}
	all.Wait()
	return slices.DeleteFunc(found, func(l []byte) bool { return l == nil }), nil
}

// chain picks the newest role of a name at the own organisation, its newest accreditation of the
// kind in a jurisdiction for which a licence is held, and that licence. None has expired. What
// others have issued stands in nobody's way.
func (s *Session) chain(role, facility string) (chain [3]HeldCredential, err error) {
	held, err := s.Credentials()
	if err != nil {
		return chain, err
	}
	_, card, err := s.Card()
	if err != nil {
		return chain, err
	}
	at, err := stele.SubjectFrom(card.Organisation)
	if err != nil {
		return chain, noneHeld("card of an organisation's")
	}
	var found bool
	if chain[1], found = s.newest(held, credential.Role, func(h HeldCredential) bool { return (role == "" || h.Says == role) && h.Issuer == at }); !found {
		return chain, stele.E("show credentials", stele.KindDenied, "this wallet holds no "+strings.TrimSpace("role "+role)+" from the organisation on its card that has not expired", nil).
			WithHint("the organisation issues one, for a day or so each time: stele credential issue role; stele wallet collect fetches it")
	}
	if chain[2], found = s.newest(held, credential.Accreditation, func(h HeldCredential) bool {
		if h.Holder != at || facility != "" && h.Says != facility {
			return false
		}
		chain[0], found = s.newest(held, credential.Licence, func(l HeldCredential) bool { return l.Holder == s.Subject() && l.In == h.In })
		return found
	}); !found {
		return chain, noneHeld("licence for where its organisation is accredited as wanted")
	}
	return chain, nil
}

// newest picks the newest of some credentials, listed as Credentials does, that is of a kind, has not
// expired and fits.
func (s *Session) newest(held []HeldCredential, kind credential.Kind, fits func(HeldCredential) bool) (HeldCredential, bool) {
	for _, h := range slices.Backward(held) {
		if h.Kind == kind && h.Until.After(s.Clock()) && fits(h) {
			return h, true
		}
	}
	return HeldCredential{}, false
}

// issuing is who may issue credentials, as the consortium's log says.
func (n *Net) issuing() stele.Consortium {
	return stele.Consortium{CredentialIssuers: n.Consortium().Issuing()}
}

// accreditationOf picks the newest accreditation of a facility among some credentials, listed as Credentials does.
func accreditationOf(held []HeldCredential, facility stele.Subject) (HeldCredential, bool) {
	for _, a := range slices.Backward(held) {
		if a.Kind == credential.Accreditation && a.Holder == facility {
			return a, true
		}
	}
	return HeldCredential{}, false
}

// StandingOf looks credentials up in the newest status lists that members have of their issuers: what the
// list says of each, in its place, and sdjwt.Valid for one that names no list; nil where no list was
// had that counts. For a role that takes its facility's accreditation, which is held beside it.
func (s *Session) StandingOf(ctx context.Context, papers []HeldCredential) []*sdjwt.Status {
	held, _ := s.Credentials()
	found := make([]*sdjwt.Status, len(papers))
	var all sync.WaitGroup
	for i, h := range papers {
		p, err := h.Paper()
		if err != nil {
			continue
		}
		if p.Status == nil {
			found[i] = new(sdjwt.Status)
			continue
		}
		a, _ := accreditationOf(held, h.Issuer)
		accreditation, _ := a.Paper() // zero where none is held
		all.Go(func() {
			list, _ := credential.Newest(s.issuing(), h.Kind, h.Issuer, accreditation, s.StatusLists(ctx, h.Issuer), s.Clock())
			if list == nil {
				return
			}
			if is, err := list.Of(sdjwt.StatusRef{URI: p.Status.List, Index: p.Status.Index}); err == nil {
				found[i] = &is
			}
		})
	}
	all.Wait()
	return found
}

// Counts says of credentials that the owner holds why they do not count where the owner works, as a trustee would: who
// issued one may not, for what it says, or, of a licence, it is of another place. An error has KindDenied; nil is one
// that counts, unless it was taken back.
func (s *Session) Counts(papers []HeldCredential) []error {
	held, _ := s.Credentials()
	why := make([]error, len(papers))
	for i, h := range papers {
		came := []string{h.Token}
		if a, found := accreditationOf(held, h.Issuer); found && h.Kind == credential.Role {
			came = append(came, a.Token)
		}
		if _, why[i] = credential.Received(s.issuing(), came, s.Clock()); why[i] == nil && h.Kind == credential.Licence {
			why[i] = s.CountsHere(h.In)
		}
	}
	return why
}

// CountsHere fails with KindDenied where a licence for a jurisdiction does not count at the organisation that the
// owner is, or works at: none of its accreditations that the owner holds is for there. Without any, it counts.
func (s *Session) CountsHere(jurisdiction string) (why error) {
	here := s.Subject()
	if _, card, err := s.Card(); err == nil && len(card.Organisation) > 0 {
		if at, err := stele.SubjectFrom(card.Organisation); err == nil {
			here = at
		}
	}
	held, _ := s.Credentials() // where they can't be read, nothing is known of the place
	for _, a := range held {
		if a.Kind == credential.Accreditation && a.Holder == here && a.Until.After(s.Clock()) {
			if why = credential.OnePlace(jurisdiction, a.In); why == nil {
				return nil
			}
		}
	}
	return why
}

// CheckShown looks up whether the credentials hold that Show shows for a role. It fails with KindDenied for the
// first that its issuer says was taken back, and where Show fails. What nobody tells of holds.
func (s *Session) CheckShown(ctx context.Context, role, facility string) error {
	chain, err := s.chain(role, facility)
	if err != nil {
		return err
	}
	for i, is := range s.StandingOf(ctx, chain[:]) {
		if is != nil && *is != sdjwt.Valid {
			return stele.E("show credentials", stele.KindDenied, "the "+string(chain[i].Kind)+" "+chain[i].Says+" does not hold: it was "+is.String(), nil).
				WithHint("who issued it can tell why, and issue another, which stele wallet collect fetches; what each of yours says now: stele credential show")
		}
	}
	return nil
}

// Accreditation returns the owner's own, as it was issued. It fails with KindDenied when none is
// held that has not expired.
func (s *Session) Accreditation() (token string, err error) {
	held, err := s.Credentials()
	if err != nil {
		return "", err
	}
	h, found := s.newest(held, credential.Accreditation, func(h HeldCredential) bool { return h.Holder == s.Subject() })
	if !found {
		return "", stele.E("show credentials", stele.KindDenied, s.Name()+" holds no accreditation that has not expired", nil).
			WithHint("an accreditor issues one; stele wallet collect fetches it")
	}
	return h.Token, nil
}

func noneHeld(what string) error {
	return stele.E("show credentials", stele.KindDenied, "this wallet holds no "+what+" that has not expired", nil).
		WithHint("stele wallet collect fetches what was issued; stele credential show tells what is held")
}

// settles is how long the last third of the members has, once the others have answered.
const settles = 100 * time.Millisecond

// StatusLists asks all members for an issuer's status list, and waits for more than two thirds of
// them and hardly longer: what they say may differ, and one honest answer is enough.
func (s *Session) StatusLists(ctx context.Context, issuer stele.Subject) (tokens [][]byte) {
	ctx, cancel := context.WithTimeout(ctx, members.Silence)
	defer cancel()
	answered := 0
	for r := range members.All(ctx, s.Network, func(ctx context.Context, m members.Member) (*wire.GetStatusListResponse, error) {
		return m.Directory.GetStatusList(ctx, &wire.GetStatusListRequest{Subject: issuer[:]})
	}) {
		if r.Err == nil {
			tokens = append(tokens, r.Answer.List)
		}
		if r.Err == nil || stele.KindOf(r.Err) == stele.KindNotFound {
			answered++
		}
		if 3*answered > 2*len(s.Network.All()) {
			time.AfterFunc(settles, cancel)
		}
	}
	return tokens
}

// Present shows one of the owner's credentials to somebody, outside of any chart, with what is
// named of what it can disclose, bound by the owner's key. A role brings its facility's
// accreditation. It fails with KindDenied when none of the kind is held.
func (s *Session) Present(kind credential.Kind, to sdjwt.Binding, disclose ...string) (lines []string, err error) {
	held, err := s.Credentials()
	if err != nil {
		return nil, err
	}
	of := func(who stele.Subject) func(HeldCredential) bool {
		return func(h HeldCredential) bool { return h.Holder == who }
	}
	h, found := s.newest(held, kind, of(s.Subject()))
	if !found {
		return nil, noneHeld(string(kind))
	}
	token, err := sdjwt.Parse(h.Token)
	if err == nil {
		token, err = token.Disclose(disclose...)
	}
	if err == nil {
		token, err = token.Bind(s.Keyring().CredentialKey(), to, s.Clock())
	}
	if err != nil {
		return nil, err
	}
	lines = []string{token.Compact()}
	if kind == credential.Role {
		if facility, found := s.newest(held, credential.Accreditation, of(h.Issuer)); found {
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
	lists := func(issuer stele.Subject) [][]byte { return s.StatusLists(ctx, issuer) }
	return credential.Presented(s.issuing(), lines, sdjwt.Binding{Audience: s.Subject().String(), Nonce: nonce}, lists, s.Clock())
}

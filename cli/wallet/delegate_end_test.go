package wallet

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// delegated is the document of a delegation of Leo's.
func delegated(t *testing.T, kind consent.DelegateKind, acts ...consent.Act) []byte {
	t.Helper()
	leo, maria := stele.SubjectOf([]byte("leo")), stele.SubjectOf([]byte("maria"))
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	party := consent.Party{Subject: leo, Name: "Leo"}
	g := consent.Grant{
		ID: stele.NewIDOf(leo[:]), Action: stele.ActionDelegate, Patient: party, Actor: consent.Actor{Kind: consent.Person, Party: consent.Party{Subject: maria, Name: "Maria"}},
		Grantee:  stele.PublicKey{Suite: 1, Key: "0123456789abcdef0123456789abcdef"},
		Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{stele.Allergies}, NotBefore: now, End: now.AddDate(1, 0, 0),
		Delegation: consent.Delegation{Kind: kind, Acts: acts}, Policy: wallet.PolicyText, Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: now, By: party},
	}
	if kind == consent.Parent {
		g.Delegation.OfAge, _ = consent.ParseDate("2027-02-01")
	}
	document, err := consent.Marshal(g.Normal())
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// TestBeforeADelegationIsGivenBackItIsSaidWhatStops: what its holder can't do then, what falls with it, that the
// patient is told, and who is left to act, as far as the wallet knows.
func TestBeforeADelegationIsGivenBackItIsSaidWhatStops(t *testing.T) {
	const alone, child, executor = "your wallet can't see", "nobody acts for the child then", "after a death the patient's own keys let nobody act"
	given := []wallet.Given{{Grant: stele.NewID(), ToName: "Dr Kind", Action: stele.ActionRead}}
	other := []wallet.Held{{Grant: stele.NewID()}}
	for name, c := range map[string]struct {
		kind       consent.DelegateKind
		died       bool
		given      []wallet.Given
		others     []wallet.Held
		says, does []string // does: not
	}{
		"a parent":                {kind: consent.Parent, says: []string{"Leo as parent", alone, child}, does: []string{executor, "By this wallet"}},
		"who goes on by another":  {kind: consent.Parent, others: other, says: []string{"You go on acting for Leo", other[0].Grant.Short()}, does: []string{alone}},
		"a carer who let others":  {kind: consent.Carer, given: given, says: []string{"By this wallet: Dr Kind (read, " + given[0].Grant.Short() + ")"}, does: []string{alone}},
		"an executor, before it":  {kind: consent.Executor, says: []string{"Leo as executor"}, does: []string{alone}},
		"an executor, afterwards": {kind: consent.Executor, died: true, says: []string{alone, executor}, does: []string{child}},
	} {
		h := wallet.Held{Document: delegated(t, c.kind, consent.ActRead, consent.ActGive), Died: c.died}
		text := strings.Join(whatStops(h, "Leo", c.given, c.others), " ")
		for _, want := range append(c.says, "can't open the chart, or let others read by it", "falls with it", "Leo is told", "You can't undo it") {
			if !strings.Contains(text, want) {
				t.Errorf("%s: nothing of %q: %s", name, want, text)
			}
		}
		for _, not := range append(c.does, "add to it") {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q is said: %s", name, not, text)
			}
		}
	}
}

// TestWhichDelegationIsGivenBackIsCertain: one letter too few may take another's, and what was given is not held.
func TestWhichDelegationIsGivenBackIsCertain(t *testing.T) {
	a, b := stele.ID{1}, stele.ID{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1} // begin alike
	held := func(ids ...stele.ID) (all []wallet.Held) {
		for _, id := range ids {
			all = append(all, wallet.Held{Grant: id})
		}
		return all
	}
	short := a.Short()
	for name, c := range map[string]struct {
		text  string
		held  []wallet.Held
		given []wallet.Given
		want  stele.ID
		kind  stele.Kind
	}{
		"the one":                     {text: short, held: held(a, stele.ID{2}), want: a},
		"of two that begin alike":     {text: short, held: held(a, b), kind: stele.KindUsage},
		"of two, whole":               {text: strings.ToUpper(b.String()), held: held(a, b), want: b},
		"and one that was given does": {text: short, held: held(a), given: []wallet.Given{{Grant: b}}, kind: stele.KindUsage},
		"one that was given":          {text: short, given: []wallet.Given{{Grant: a}}},
		"too little of it":            {text: short[:len(short)-1], held: held(a)},
	} {
		is, err := beginning(c.text, c.held, c.given)
		if c.kind != 0 && stele.KindOf(err) != c.kind || c.kind == 0 && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if (is != nil) != !c.want.IsZero() || is != nil && is.Grant != c.want {
			t.Errorf("%s: %v", name, is)
		}
	}
}

// TestTheLogSaysWhoGaveAGrantBack: its holder, and neither the owner nor who acts for them; and what they ask under
// it afterwards is not told as if it had been taken from them.
func TestTheLogSaysWhoGaveAGrantBack(t *testing.T) {
	id, by := stele.NewID(), stele.NewID()
	given := func(action stele.Action) *wallet.Given {
		return &wallet.Given{Grant: id, ToName: "Maria", Action: action, Document: delegated(t, consent.Carer, consent.ActRead)}
	}
	back := func(returned bool) *wire.Event {
		return &wire.Event{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: id[:], Returned: returned}}}
	}
	refused := &wire.Event{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Grant: id[:], Refusal: wire.Refusal_REFUSAL_REVOKED}}}
	for name, c := range map[string]struct {
		line              account.Line
		who, what, asking string
	}{
		"a delegate":        {account.Line{Event: back(true), Grant: given(stele.ActionDelegate)}, "Maria", "acts for you no more: gave that back", "asked under a grant that they had given back"},
		"a reader":          {account.Line{Event: back(true), Grant: given(stele.ActionRead)}, "Maria", "gave back a read grant", "asked under a grant that they had given back"},
		"of a delegate":     {account.Line{Event: back(true), Delegate: &wallet.Given{Grant: by, ToName: "Ben"}}, "somebody who held it (let in by Ben, who acts for you)", "gave a grant back", "asked under a grant that they had given back"},
		"whom nobody knows": {account.Line{Event: back(true)}, "somebody who held it", "gave a grant back", "asked under a grant that they had given back"},
		"by the owner":      {account.Line{Event: back(false)}, "you", "took a grant back", "asked under a grant that was taken back"},
	} {
		v := logView{s: client.Of(wallet.NewSession(nil, &members.Network{}, nil))}
		if told := v.tell(c.line); told.who != c.who || told.what != c.what {
			t.Errorf("%s: %q %q", name, told.who, told.what)
		}
		if told := v.tell(account.Line{Event: refused}); told.what != c.asking {
			t.Errorf("%s: afterwards %q", name, told.what)
		}
	}
}

// TestAGrantThatWasGivenBackStandsSo in a list, also when it was asked under since.
func TestAGrantThatWasGivenBackStandsSo(t *testing.T) {
	st := statuses{known: map[stele.ID]string{}, end: map[stele.ID]time.Time{}, now: time.Now()}
	id := stele.NewID()
	for _, e := range []*wire.Event{
		{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: id[:], Returned: true}}},
		{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Grant: id[:], Refusal: wire.Refusal_REFUSAL_REVOKED}}},
	} {
		if st.hear(e.About()); st.of(id, st.now.Add(time.Hour)) != "given back" {
			t.Errorf("it is %s", st.of(id, st.now.Add(time.Hour)))
		}
	}
}

// TestWhatBecameOfAGivingBackIsSaidAsThat.
func TestWhatBecameOfAGivingBackIsSaidAsThat(t *testing.T) {
	id := stele.NewID()
	got := settledWords(wallet.Settled{Sent: wallet.Sent{Kind: wallet.SentRevocation, Object: id}, Happened: true}, "from Leo", "your giving back of")
	if want := "your giving back of grant " + id.Short() + " from Leo, of which nothing was known, holds"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

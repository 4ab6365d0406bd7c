package contract_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/consortium"
	"github.com/stele-health/stele/contract/issuers"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// admission is what a town's members sign to admit a subject.
func admission(of string, jurisdictions ...string) *wire.Transaction {
	subject := ledgertest.Subject(of)
	return &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: &wire.CredentialIssuer{
		Subject: subject[:], Certificate: ledgertest.Bytes("certificate", 32),
		Kinds: wire.CredentialKindBits(stele.LicenceCredential), Jurisdictions: jurisdictions,
	}}}}
}

// TestMoreThanTwoThirdsOfTheMembersDecide: of three all, of four three, of six five.
func TestMoreThanTwoThirdsOfTheMembersDecide(t *testing.T) {
	for members, want := range map[int]int{1: 1, 2: 2, 3: 3, 4: 3, 5: 4, 6: 5, 7: 5} {
		s := found(t, members)
		s.block("+1s", "subject board")
		var signers []wire.Signer
		for _, m := range s.town.Members {
			signers = append(signers, ledgertest.Signer(m))
			if _, err := s.town.Ledger.Admit(s.town.Tx(admission("board", "GB"), signers...)); (err == nil) != (len(signers) >= want) {
				t.Errorf("signed by %d of %d: %v", len(signers), members, err)
			}
		}
	}
}

// TestTwoThirdsOfTheLargestConsortiumSignOneTransaction: 43 of 64 members do, and all of
// them can, with as much as an issuer may have.
func TestTwoThirdsOfTheLargestConsortiumSignOneTransaction(t *testing.T) {
	s := found(t, consortium.MaxMembers)
	s.block("+1s", "subject board")
	var signers []wire.Signer
	for _, m := range s.town.Members {
		signers = append(signers, ledgertest.Signer(m))
	}
	var most []string
	for i := range issuers.MaxJurisdictions {
		most = append(most, fmt.Sprintf("US-Z%02d", i))
	}
	for n, want := range map[int]stele.Kind{1: stele.KindDenied, 42: stele.KindDenied, 43: 0, 64: 0} {
		raw := s.town.Tx(admission("board", most...), signers[:n]...)
		if len(raw) > stele.MaxTransaction*3/4 {
			t.Errorf("with %d signatures it has %d bytes", n, len(raw))
		}
		if _, err := s.town.Ledger.Admit(raw); stele.KindOf(err) != want || (err == nil) != (want == 0) {
			t.Errorf("signed by %d of %d: %v", n, len(signers), err)
		}
	}
}

// TestLaw4AJurisdictionIsACode: what is no code of ISO 3166 by its form comes into no
// event, so that the one field of text that a transaction has is no place for words.
func TestLaw4AJurisdictionIsACode(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject board")
	code := regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)
	check := func(text string) error {
		_, err := s.town.Ledger.Admit(s.town.Tx(admission("board", text), ledgertest.Signer("member1")))
		if (err == nil) != code.MatchString(text) || err != nil && stele.KindOf(err) != stele.KindInvalid {
			return fmt.Errorf("%q: %v", text, err)
		}
		return nil
	}
	for _, text := range []string{"GB", "US-CA", "GB-1", "FR-2A", "AA-ZZZ", "", "G", "gb", "GBR", "GB-", "GB-ABCD", "G1", "1G", "GB_CA", "GB-ca", "GB CA",
		"GB\n", "\nGB", "ÄB", "GB-Ä", "HIV positive", "GB-\xff", strings.Repeat("GB", 500)} {
		if err := check(text); err != nil {
			t.Error(err)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		if err := check(rapid.StringMatching(`[A-Za-z0-9@Ö\[/:]{1,3}-?[A-Z0-9a]{0,4}`).Draw(r, "text")); err != nil {
			r.Error(err)
		}
	})
}

// TestThereAreAtMost256Issuers, and one that is there may be changed all the same.
func TestThereAreAtMost256Issuers(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject board")
	s.block("+1s", many("admit board cert=c%d", issuers.MaxIssuers))
	s.block("+24h", "")
	report := s.block("+1s", "admit board cert=more\nadmit board cert=c7 in=US\ndismiss board cert=c7\nadmit board cert=more")
	for _, want := range []string{"admit board cert=more: no, invalid", "cert=c7 in=US: admitted", "dismiss board cert=c7: dismissed", "admit board cert=more: admitted"} {
		if !strings.Contains(report, want) {
			t.Errorf("not %q in:\n%s", want, report)
		}
	}
	if run, err := s.town.Ledger.Consortium(); err != nil || len(run.CredentialIssuers) != issuers.MaxIssuers {
		t.Errorf("%d issuers, %v", len(run.CredentialIssuers), err)
	}
}

// TestR26ADismissedIssuerCountsNoMore: from the block of the dismissal on, for its kinds and
// jurisdictions and none else before.
func TestR26ADismissedIssuerCountsNoMore(t *testing.T) {
	s := found(t, 1)
	may := func(kind stele.CredentialKind, in string) bool {
		run, err := s.town.Ledger.Consortium()
		if err != nil {
			t.Fatal(err)
		}
		return len(run.CredentialIssuers) == 1 && run.CredentialIssuers[0].May(kind, in)
	}
	s.block("+1s", "subject board")
	s.block("+1s", "admit board kinds=1 in=GB,US-CA")
	for kind, want := range map[stele.CredentialKind]bool{stele.LicenceCredential: true, stele.AccreditationCredential: false, stele.RoleCredential: false} {
		if may(kind, "US-CA") != want || may(kind, "US") {
			t.Errorf("it may issue a %s: %v; want %v, and never in another jurisdiction", kind, may(kind, "US-CA"), want)
		}
	}
	before, err := s.town.Ledger.Consortium()
	if err != nil {
		t.Fatal(err)
	}
	s.block("+1s", "admit board kinds=2 in=GB\ndismiss board\nadmit board kinds=2 in=GB")
	if may(stele.LicenceCredential, "GB") || !may(stele.AccreditationCredential, "GB") {
		t.Error("what it was admitted for before still counts")
	}
	s.block("+1s", "dismiss board")
	if may(stele.AccreditationCredential, "GB") {
		t.Error("it counts after its dismissal")
	}
	if !before.CredentialIssuers[0].May(stele.LicenceCredential, "GB") {
		t.Error("who read the row before finds it changed")
	}
	replay(t, s.town)
	remember(t, s.town)
}

package consent_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
)

// TestR21DocumentHasEveryElementOf42CFR231AndGDPR7 reads the document as a
// stranger would, as plain JSON. Two elements are not its own: the signature is
// on the ledger's GiveGrant transaction, over a commitment to these bytes, and
// taking back is the one transaction RevokeGrant.
func TestR21DocumentHasEveryElementOf42CFR231AndGDPR7(t *testing.T) {
	var doc any
	if err := json.Unmarshal(marshal(t, samples()["substance-use"]), &doc); err != nil {
		t.Fatal(err)
	}
	shown, err := base64.StdEncoding.DecodeString(at(doc, "sourceAttachment")["data"].(string))
	if err != nil {
		t.Fatal(err)
	}
	for element, got := range map[string]any{
		"2.31(a)(1) patient":                         at(doc, "patient")["display"],
		"2.31(a)(2) who discloses":                   at(doc, "organization", 0)["display"],
		"2.31(a)(3) what kind":                       at(doc, "provision", "code", 0, "coding", 0)["code"],
		"2.31(a)(3) substance use named":             at(doc, "provision", "securityLabel", 3)["code"],
		"2.31(a)(3) how much":                        at(doc, "provision", "dataPeriod")["start"],
		"2.31(a)(4) recipient":                       at(doc, "provision", "actor", 0, "reference")["display"],
		"2.31(a)(5) purpose":                         at(doc, "provision", "purpose", 0)["code"],
		"2.31(a)(7) expiry":                          at(doc, "provision", "period")["end"],
		"2.31(a)(8) who signed":                      at(doc, "performer", 0)["display"],
		"2.31(a)(9) date":                            at(doc)["dateTime"],
		"GDPR 7(1) version of the text":              at(doc, "policy", 0)["uri"],
		"GDPR 7(1) version of the words":             at(doc, "extension", 1)["valueString"],
		"GDPR 7(1) time":                             at(doc, "sourceAttachment")["creation"],
		"GDPR 7(1) language":                         at(doc, "sourceAttachment")["language"],
		"GDPR 7(1) who":                              at(doc, "performer", 0, "identifier")["value"],
		"key whose signature on the ledger binds it": at(doc, "extension", 0, "extension", 1)["valueBase64Binary"],
	} {
		if s, ok := got.(string); !ok || s == "" {
			t.Errorf("%s is missing", element)
		}
	}
	for element, words := range map[string]string{
		"2.31(a)(6) and GDPR 7(3) right to revoke": "take this back at any time",
		"2.31(a)(6) how to revoke":                 "One step in your wallet",
		"2.31(a)(6) reliance":                      "what was done under it before stays done",
		"2.31(a)(10) redisclosure":                 "may be passed on further",
	} {
		if !strings.Contains(string(shown), words) {
			t.Errorf("%s is not told in %q", element, shown)
		}
	}
}

func TestR21AGrantLackingAnElementIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Grant){
		"patient":                     func(g *Grant) { g.Patient.Subject = stele.Subject{} },
		"patient's name":              func(g *Grant) { g.Patient.Name, g.Signed.By.Name = "", "" },
		"name of who signed":          func(g *Grant) { g.Signed.By = Party{Subject: subject("aunt")} },
		"recipient":                   func(g *Grant) { g.Actor.Party = Party{} },
		"recipient's name":            func(g *Grant) { g.Actor.Name = "" },
		"recipient's name plain":      func(g *Grant) { g.Actor.Name = "Dr \u202eAmara" },
		"recipient's name one place":  func(g *Grant) { g.Actor.Name = "Dr Roe at City Lab" },
		"what":                        func(g *Grant) { g.Categories = nil },
		"purpose":                     func(g *Grant) { g.Purposes = nil },
		"expiry":                      func(g *Grant) { g.End = g.NotBefore.Add(-1) },
		"time signed":                 func(g *Grant) { g.Signed.At = g.End },
		"version of the policy":       func(g *Grant) { g.Policy = "direct care" },
		"language":                    func(g *Grant) { g.Language = "" },
		"version of the words":        func(g *Grant) { g.Wording = "" },
		"who signed":                  func(g *Grant) { g.Signed.By = Party{} },
		"grantee key":                 func(g *Grant) { g.Grantee = stele.PublicKey{} },
		"R34 known suite":             func(g *Grant) { g.Grantee.Suite = 3 },
		"all categories alone":        func(g *Grant) { g.Categories = append(g.Categories, AllCategories) },
		"source's name":               func(g *Grant) { g.Sources = []Party{{Subject: subject("x")}} },
		"one name for a source":       func(g *Grant) { g.Sources = []Party{party("A"), {subject("A"), "B"}} },
		"delegation, not yet defined": func(g *Grant) { g.Action = stele.ActionDelegate },
	} {
		g := samples()["substance-use"]
		change(&g)
		if _, err := Marshal(g); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestR22SubstanceUseDataIsKnownByItsLabel(t *testing.T) {
	for _, s := range stele.Sensitivities() {
		want := s == stele.SUD || s == stele.ETH
		if IsPart2([]stele.Sensitivity{s}) != want || with(allow(s)).Part2() != want {
			t.Errorf("%s: want %v", s, want)
		}
	}
}

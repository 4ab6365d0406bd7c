package consent_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/vectortest"
	"pgregory.net/rapid"
)

// samples are the documents under testdata: pinned bytes, which other
// implementations read too.
func samples() map[string]Grant {
	return map[string]Grant{
		"direct-care": care(),
		"enrolment": with(func(g *Grant) {
			g.Action, g.Actor = stele.ActionWrite, Actor{Kind: Organisation, Party: party("Northside Hospital")}
			g.Categories, g.Sensitivity = []stele.Category{AllCategories}, stele.Sensitivities()
			g.End = signedAt.AddDate(10, 0, 0)
		}),
		"substance-use": with(func(g *Grant) {
			g.Sensitivity = []stele.Sensitivity{stele.SUD, stele.PSY}
			g.Sources = []Party{party("Hafen-Apotheke"), party("City Lab")}
			g.From, g.To = Date{2019, 3, 0}, Date{2026, 11, 21}
			g.MaxUses, g.NotBefore = 2, signedAt.Add(90*time.Second)
		}),
		"enrolment-with-a-worst-case": with(func(g *Grant) {
			g.Action, g.Actor = stele.ActionWrite, Actor{Kind: Organisation, Party: party("Northside Hospital")}
			g.Categories, g.Sensitivity = []stele.Category{AllCategories}, stele.Sensitivities()
			g.Unclassified = []WorstCase{{Category: stele.Documents, Sensitivity: []stele.Sensitivity{stele.PSY, stele.HIV}}, {Sensitivity: []stele.Sensitivity{stele.PSY}}}
		}),
		"first-wording": with(func(g *Grant) { // documents of the first wording are read and said as they were
			g.Wording, g.Categories = "1", []stele.Category{AllCategories}
			g.Sensitivity = []stele.Sensitivity{stele.ETH, stele.GDIS, stele.HIV, stele.PSY, stele.SDV, stele.SEX, stele.STD, stele.SUD}
		}),
		"second-wording": with(func(g *Grant) { // and those of the second
			g.Wording, g.Categories = "2", []stele.Category{AllCategories}
			g.Sensitivity = []stele.Sensitivity{stele.ETH, stele.GDIS, stele.HIV, stele.Unclassified, stele.PSY, stele.SDV, stele.SEX, stele.STD, stele.SUD}
		}),
		"third-wording": with(func(g *Grant) { // and those of the third
			g.Wording, g.Action, g.Actor = "3", stele.ActionWrite, Actor{Kind: Organisation, Party: party("City Lab")}
			g.Categories, g.Sensitivity = []stele.Category{AllCategories}, nil
		}),
		"parent": parent(),
		"carer-who-lets-others-write": with(func(g *Grant) {
			g.Action, g.Actor = stele.ActionDelegate, Actor{Kind: Person, Party: party("Rosa Holm")}
			g.Categories, g.Sensitivity = []stele.Category{AllCategories}, nil
			g.Delegation = Delegation{Kind: Carer, Acts: []Act{ActRead, ActWrite}}
		}),
		"by-a-carers-word": with(func(g *Grant) { // a grant to write that a delegate may give
			g.Action, g.Actor = stele.ActionWrite, Actor{Kind: Organisation, Party: party("City Lab")}
			g.Categories, g.Sensitivity = []stele.Category{AllCategories}, nil
		}),
		"attorney": with(func(g *Grant) {
			g.Action, g.Actor = stele.ActionDelegate, Actor{Kind: Organisation, Party: party("Hart & Partners")}
			g.Sensitivity = stele.Sensitivities()
			g.Delegation = Delegation{Kind: Attorney, Acts: []Act{ActDelegate, ActAnswer, ActGive}}
		}),
		"executor": with(func(g *Grant) {
			g.Action, g.Actor = stele.ActionDelegate, Actor{Kind: Person, Party: party("Jonas Holm")}
			g.Delegation = Delegation{Kind: Executor, Acts: []Act{ActRead}}
		}),
		"not-classified": with(func(g *Grant) {
			g.Sensitivity = []stele.Sensitivity{stele.Unclassified, stele.PSY}
		}),
		"study": with(func(g *Grant) {
			g.Actor = Actor{Kind: Organisation, Party: party("St. Anne’s Clinic"), Role: "researcher"}
			g.Purposes, g.Records = []stele.Purpose{stele.Research}, []stele.ID{id(3), id(2)}
		}),
		"emergency": with(func(g *Grant) {
			g.Actor = Actor{Kind: RoleAtFacility, Role: "doctor", FacilityKind: "emergency-department"}
			g.Purposes = []stele.Purpose{stele.EmergencyTreatment}
			g.Signed.By = party("Jonas Holm")
		}),
	}
}

// TestR44NoGrantIsWrittenThatNobodyTakes: what is longer than trustees, vaults and
// boxes take is refused to the patient, before the ledger has it.
func TestR44NoGrantIsWrittenThatNobodyTakes(t *testing.T) {
	for n, fits := range map[int]bool{1: true, 40: true, 256: false} {
		g := with(func(g *Grant) {
			for i := range n {
				g.Sources = append(g.Sources, party(strings.Repeat("Northside Hospital ", 5)+strconv.Itoa(i)))
			}
		})
		raw, err := Marshal(g)
		switch {
		case fits && err != nil:
			t.Errorf("%d sources: %v", n, err)
		case fits:
			if _, err := Parse(raw); err != nil {
				t.Errorf("%d sources are written and not read: %v", n, err)
			}
		case stele.KindOf(err) != stele.KindInvalid || stele.HintOf(err) == "":
			t.Errorf("%d sources, %d bytes: %v", n, len(raw), err)
		}
	}
}

func marshal(t testing.TB, g Grant) []byte {
	t.Helper()
	src, err := Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestDocumentsAreThePinnedBytes(t *testing.T) {
	for name, g := range samples() {
		path := filepath.Join("testdata", name+".json")
		got := marshal(t, g)
		if vectortest.Updating() {
			if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.TrimSpace(string(want)), string(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		back, err := Parse(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(g.Normal(), back); d != "" {
			t.Errorf("%s read back (-want +got):\n%s", name, d)
		}
	}
}

func TestParseReadsWhatMarshalWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGrant(t)
		src, err := Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(src)
		if err != nil {
			t.Fatalf("%v in %s", err, src)
		}
		if d := cmp.Diff(g, got); d != "" {
			t.Fatal(d)
		}
		again, _ := Marshal(got)
		if !bytes.Equal(src, again) {
			t.Fatal("the same grant was written in two ways")
		}
	})
}

// edit changes a document as a tree: path elements are keys and indexes.
func edit(t *testing.T, src []byte, change func(map[string]any)) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	change(doc)
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type object = map[string]any

func at(v any, path ...any) object {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(object)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v.(object)
}

func add(doc object, key string, v any) {
	list, _ := doc[key].([]any)
	doc[key] = append(list, v)
}

// worstCase is a modifier that only a grant to write may carry.
func worstCase(sensitivities ...string) object {
	var list []any
	for _, s := range sensitivities {
		list = append(list, object{"url": "sensitivity", "valueCoding": object{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": s}})
	}
	return object{"url": "https://stele.health/fhir/StructureDefinition/unclassified", "extension": list}
}

func narrowings() map[string]func(object) {
	return map[string]func(object){
		"deny":                      func(d object) { at(d, "provision")["type"] = "deny" },
		"no type":                   func(d object) { delete(at(d, "provision"), "type") },
		"nested provision":          func(d object) { add(at(d, "provision"), "provision", object{"type": "deny"}) },
		"worst case of a reader":    func(d object) { add(at(d, "provision"), "modifierExtension", worstCase("PSY")) },
		"empty nested provision":    func(d object) { at(d, "provision")["provision"] = []any{} },
		"modifier on the consent":   func(d object) { add(d, "modifierExtension", object{"url": "https://example.org/x"}) },
		"modifier on the provision": func(d object) { add(at(d, "provision"), "modifierExtension", object{"url": "https://example.org/x"}) },
		"modifier on the actor": func(d object) {
			add(at(d, "provision", "actor", 0), "modifierExtension", object{"url": "https://example.org/x"})
		},
		"extension on the provision":  func(d object) { add(at(d, "provision"), "extension", object{"url": "https://example.org/x"}) },
		"implicit rules":              func(d object) { d["implicitRules"] = "https://example.org/rules" },
		"policy rule":                 func(d object) { d["policyRule"] = object{"text": "none"} },
		"verification":                func(d object) { add(d, "verification", object{"verified": false}) },
		"contained":                   func(d object) { add(d, "contained", object{"resourceType": "Group"}) },
		"second actor":                func(d object) { add(at(d, "provision"), "actor", at(d, "provision", "actor", 0)) },
		"actor by literal reference":  func(d object) { at(d, "provision", "actor", 0, "reference")["reference"] = "Group/1" },
		"actor with another role":     func(d object) { at(d, "provision", "actor", 0, "role", "coding", 0)["code"] = "DELEGATEE" },
		"second action":               func(d object) { add(at(d, "provision"), "action", at(d, "provision", "action", 0)) },
		"action use":                  func(d object) { at(d, "provision", "action", 0, "coding", 0)["code"] = "use" },
		"class":                       func(d object) { add(at(d, "provision"), "class", object{"code": "Observation"}) },
		"unknown label":               func(d object) { at(d, "provision", "securityLabel", 2)["code"] = "TABOO" },
		"label without normal":        func(d object) { at(d, "provision", "securityLabel", 0)["code"] = "R" },
		"very restricted":             func(d object) { at(d, "provision", "securityLabel", 1)["code"] = "V" },
		"purpose of another system":   func(d object) { at(d, "provision", "purpose", 0)["system"] = "urn:example" },
		"purpose with a version":      func(d object) { at(d, "provision", "purpose", 0)["version"] = "1999" },
		"category of another system":  func(d object) { at(d, "provision", "code", 0, "coding", 0)["system"] = "urn:example" },
		"second coding of a category": func(d object) { add(at(d, "provision", "code", 0), "coding", object{"system": "urn:x", "code": "y"}) },
		"data period without dates":   func(d object) { at(d, "provision")["dataPeriod"] = object{} },
		"data period with a time":     func(d object) { at(d, "provision", "dataPeriod")["start"] = "2019-03-01T00:00:00Z" },
		"data period with precision":  func(d object) { at(d, "provision", "dataPeriod")["_start"] = object{} },
		"data related":                func(d object) { add(at(d, "provision"), "data", object{"meaning": "related", "reference": object{}}) },
		"draft":                       func(d object) { d["status"] = "draft" },
		"status with an extension":    func(d object) { d["_status"] = object{"extension": []any{}} },
		"research scope":              func(d object) { at(d, "scope", "coding", 0)["code"] = "research" },
		"max uses twice": func(d object) {
			add(at(d, "provision"), "modifierExtension", at(d, "provision", "modifierExtension", 0))
		},
		"max uses of nothing":         func(d object) { at(d, "provision", "modifierExtension", 0)["valueUnsignedInt"] = 0 },
		"max uses as a fraction":      func(d object) { at(d, "provision", "modifierExtension", 0)["valueUnsignedInt"] = 1.5 },
		"second grantee key":          func(d object) { add(d, "extension", at(d, "extension", 0)) },
		"unknown suite":               func(d object) { at(d, "extension", 0, "extension", 0)["valueUnsignedInt"] = 9 },
		"another language":            func(d object) { d["language"] = "tlh" },
		"another wording":             func(d object) { at(d, "extension", 1)["valueString"] = "99" },
		"another source organisation": func(d object) { at(d, "organization", 0)["display"] = "Elsewhere" },
		"end without a zone":          func(d object) { at(d, "provision", "period")["end"] = "2026-11-22T10:15:00.000" },
		"second spelling of the id":   func(d object) { d["id"] = d["id"].(string)[:25] + "b" },
		"a list that is none":         func(d object) { at(d, "provision")["purpose"] = object{} },
		"nothing":                     func(d object) { clear(d) },
	}
}

func TestParseRefusesWhatCouldNarrow(t *testing.T) {
	src := marshal(t, samples()["substance-use"])
	for name, change := range narrowings() {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(edit(t, src, change)); stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("got %v, want KindInvalid", err)
			}
		})
	}
	if _, err := Parse(edit(t, src, func(object) {})); err != nil {
		t.Errorf("the unchanged document is refused: %v", err)
	}
}

func TestParseIgnoresWhatCannotNarrow(t *testing.T) {
	g := samples()["substance-use"]
	src := edit(t, marshal(t, g), func(d object) {
		delete(d, "meta")
		delete(d, "text")
		add(d, "identifier", object{"value": "local-7"})
		add(d, "extension", object{"url": "https://example.org/colour", "valueString": "blue"})
		at(d, "provision", "purpose", 0)["display"] = "treatment"
		at(d, "scope")["text"] = "privacy"
	})
	got, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(g.Normal(), got); d != "" {
		t.Error(d)
	}
}

func TestParseRefusesAmbiguousJSON(t *testing.T) {
	src := string(marshal(t, care()))
	for name, bad := range map[string]string{
		"two keys":       strings.Replace(src, `"type":"permit"`, `"type":"deny","type":"permit"`, 1),
		"two keys deep":  strings.Replace(src, `"code":"TREAT"`, `"code":"HRESCH","code":"TREAT"`, 1),
		"key in capital": strings.Replace(src, `"status":"active"`, `"Status":"active"`, 1),
		"capital beside": strings.Replace(src, `"status":"active"`, `"status":"active","Provision":{}`, 1),
		"broken UTF-8":   strings.Replace(src, "Okafor", "Oka\xfffor", 1),
		"trailing":       src + "{}",
		"cut":            src[:len(src)-1],
		"deep":           strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"long":           src + strings.Repeat(" ", 1<<20),
		"empty":          "", "null": "null", "text": `"Consent"`,
	} {
		if _, err := Parse([]byte(bad)); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// untruths are changes of the care document that make its words wrong; lie is
// what it would say.
func untruths(lie string) map[string]func(object) {
	return map[string]func(object){
		"text kept as evidence": func(d object) { at(d, "sourceAttachment")["data"] = base64.StdEncoding.EncodeToString([]byte(lie)) },
		"narrative": func(d object) {
			at(d, "text")["div"] = `<div xmlns="http://www.w3.org/1999/xhtml"><p>` + lie + `</p></div>`
		},
		"wider than its words":  func(d object) { at(d, "provision", "code", 1, "coding", 0)["code"] = "results" },
		"longer than its words": func(d object) { at(d, "provision", "period")["end"] = "2027-11-22T10:15:00.000Z" },
		"for somebody else":     func(d object) { at(d, "provision", "actor", 0, "reference")["display"] = "Dr Jun Watanabe" },
	}
}

func TestParseRefusesWordsThatAreNotWhatTheDocumentDoes(t *testing.T) {
	src := marshal(t, care())
	lie := strings.Replace(Say(care(), "en"), "allergies and medicines", "allergies", 1)
	if lie == Say(care(), "en") {
		t.Fatal("the lie is the truth")
	}
	for name, change := range untruths(lie) {
		if _, err := Parse(edit(t, src, change)); err == nil {
			t.Errorf("%s: a lying document was read", name)
		}
	}
}

func TestErrorsHoldNothingOfTheDocument(t *testing.T) {
	src := edit(t, marshal(t, care()), func(d object) { at(d, "provision")["Mira Holm: HIV"] = "Mira Holm" })
	_, err := Parse(src)
	if err == nil || strings.Contains(err.Error(), "Mira") || strings.Contains(err.Error(), "HIV") {
		t.Errorf("error: %v", err)
	}
}

func TestR11NothingNegativeCanBeWritten(t *testing.T) {
	for name, g := range samples() {
		src := string(marshal(t, g))
		for _, word := range []string{"deny", "rejected", "inactive", "opt-out"} {
			if strings.Contains(src, word) {
				t.Errorf("%s says %q", name, word)
			}
		}
		var doc struct {
			Status    string
			Provision struct{ Type string }
		}
		if err := json.Unmarshal([]byte(src), &doc); err != nil || doc.Status != "active" || doc.Provision.Type != "permit" {
			t.Errorf("%s is %v, %v", name, doc, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, g := range samples() {
		f.Add(marshal(f, g))
	}
	f.Add([]byte(`{"resourceType":"Consent","provision":{"type":"deny"}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		g, err := Parse(src)
		if err != nil {
			if stele.KindOf(err) != stele.KindInvalid {
				t.Fatalf("kind %v", stele.KindOf(err))
			}
			return
		}
		written, err := Marshal(g)
		if err != nil {
			t.Fatalf("read but not writable: %v", err)
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("written but not readable: %v", err)
		}
		if d := cmp.Diff(g, again); d != "" {
			t.Fatal(d)
		}
	})
}

package labels

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// disguises write a letter so that it looks the same, or nearly.
var disguises = []func(r rune) string{
	func(r rune) string { // full width
		if r > ' ' && r < 0x7F {
			return string(r + 0xFEE0)
		}
		return string(r)
	},
	func(r rune) string { // mathematical bold
		switch {
		case r >= 'A' && r <= 'Z':
			return string(r - 'A' + 0x1D400)
		case r >= 'a' && r <= 'z':
			return string(r - 'a' + 0x1D41A)
		case r >= '0' && r <= '9':
			return string(r - '0' + 0x1D7CE)
		}
		return string(r)
	},
	func(r rune) string { return string(r) + "\u200b" },
	func(r rune) string { return string(r) + "\u200e" },
	func(r rune) string { return string(r) + "\ufe0f" },
	func(r rune) string { return string(r) + "\u2063" },
	func(r rune) string { return string(r) + "\u180e" },
	func(r rune) string { return string(r) + "\u00ad" },
	func(r rune) string { return string(r) + "\U000E0041" },
}

// TestR41LettersThatLookTheSameAreTheSame disguises some letters of the codes and
// words of practice: what they say has to be found, or nobody takes the record for
// ordinary.
func TestR41LettersThatLookTheSameAreTheSame(t *testing.T) {
	other := map[rune]rune{}
	for r, plain := range lookalikes {
		other[rune(plain)] = r
		other[rune(plain)-'a'+'A'] = r
	}
	some, p := sensitiveRows(t), Default()
	some = slices.DeleteFunc(some, func(r row) bool {
		return r.system == "http://local.example/dx" || r.code != "" && r.system == "" // read by its shape
	})
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(some).Draw(t, "row")
		how := disguises[rapid.IntRange(0, len(disguises)-1).Draw(t, "how")]
		scripts := rapid.Bool().Draw(t, "scripts")
		disguise := func(text string) string {
			var out strings.Builder
			for _, c := range text {
				switch {
				case c >= 0x80 || !rapid.Bool().Draw(t, "letter"):
					out.WriteRune(c)
				case scripts && other[c] != 0:
					out.WriteRune(other[c])
				case c == ' ' || c == '.':
					out.WriteRune(c)
				default:
					out.WriteString(how(c))
				}
			}
			return out.String()
		}
		changed := r
		changed.code, changed.text = disguise(r.code), disguise(r.text)
		want, l := p.Label(parseT(t, r.resource()), nil).Sensitivity, p.Label(parseT(t, changed.resource()), nil)
		if !covers(l.Sensitivity, want) && !l.Unread {
			src, _ := json.Marshal(changed.code + " " + changed.text)
			t.Fatalf("%v is %v, written %s it is %v", r, want, src, l.Sensitivity)
		}
	})
}

// TestR41Letters holds how letters are read in words.
func TestR41Letters(t *testing.T) {
	for text, want := range map[string]stele.Sensitivity{
		"НIV infection": "HIV", "HІV infection": "HIV", "ΗΙV infection": "HIV", "HⅠV infection": "HIV", "ᴴᴵⱽ infection": "HIV", "𝐇𝐈𝐕 infection": "HIV",
		"HI\u2060V infection": "HIV", "HI\u202aV infection": "HIV", "&#72;IV infection": "HIV", "Sсhizophrenia of adults": "PSY", "Рsychоsis, recurrent": "PSY",
		"taking ﬂuoxetine daily": "PSY", "acquired immunode\ufb01ciency syndrome": "HIV", "HIV² of the blood": "HIV", "HIV™ of the blood": "HIV", "HIVᵃ of the blood": "HIV",
		"knee of the пatient": "PDS", "kneе of the patient": "PDS", "Гонартроз": "PDS",
		"TNFα of the blood": "-", "µmol of sodium": "-", "β-Blocker tablets": "-", "CO₂ of the blood": "-", "Fluoxetin™ tablets": "PSY", "knee – after the fall": "-", "Knöchel": "-",
		"5㎎ tablets": "-", "Patiente séropositive": "HIV", "Interruptio in der achten Woche": "SEX", "Quilonum retard": "PSY",
	} {
		src, _ := json.Marshal(map[string]any{"resourceType": "Condition", "code": map[string]any{"text": text}})
		if l, why := Default().Explain(parse(t, string(src)), nil); said(l) != string(want) {
			t.Errorf("%q is %s, want %s: %v", text, said(l), want, why)
		}
	}
	for code, want := range map[string]string{"В20": "HIV", "Ｂ２０": "HIV", "B\u200b20": "HIV", "B٢٠": "HIV", "В24.0": "HIV", "Ж20": "PDS", "I10": "-", "Ｉ１０": "-"} {
		if got := said(Default().Label(parse(t, `{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"`+code+`"}]}}`), nil)); got != want {
			t.Errorf("%q is %s, want %s", code, got, want)
		}
	}
	for uri, want := range map[string]string{"http://hl7.org/fhir/sid/icd\u201110": "icd-10", "http://loinc\u200b.org": "loinc"} {
		if got, _ := shippedIndex().system(uri); got != want {
			t.Errorf("%q is %q", uri, got)
		}
	}
	if got := said(Default().Label(parse(t, `{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"56888‑1"}]}}`), nil)); got != "HIV" {
		t.Errorf("LOINC with another hyphen is %s", got)
	}
}

// TestR41CodesWithinTexts: a code of ICD-10 in a text is one where it has its dot,
// or where the text speaks of diagnoses.
func TestR41CodesWithinTexts(t *testing.T) {
	for text, want := range map[string]string{
		"Entlassdiagnosen: F20.0 G, I10.90 G": "PSY", "Dauerdiagnosen: B20": "HIV", "Diagnosen B20, I10": "HIV", "ward letter (F33.2)": "PSY", "knees f20.0G": "PSY", "B20": "HIV,PDS",
		"Dx: F10.2 known": "SUD", "ICD T40.1 treated": "ETH", "Monitor B20 at the bed": "-", "Catheter F20 placed": "-", "Fever T40.1 measured": "-", "Vitamin B12 tablets": "-",
		"knees XF20.0 attached": "-", "knees F20.0x attached": "-", "knees F200 attached": "-", "Diagnosen: I10.90 G known": "-", "Knee": "-",
	} {
		src, _ := json.Marshal(map[string]any{"resourceType": "Condition", "code": map[string]any{"text": text}})
		if l, why := Default().Explain(parse(t, string(src)), nil); said(l) != want {
			t.Errorf("%q is %s, want %s: %v", text, said(l), want, why)
		}
	}
}

// TestR41WhatElseIsRead: tags, units, what extensions are called and hold,
// wherever they stand.
func TestR41WhatElseIsRead(t *testing.T) {
	for src, want := range map[string]string{
		`{"resourceType":"Observation","meta":{"tag":[{"code":"x","display":"HIV clinic"}]},"code":{"text":"Sodium"}}`:                                                                             "HIV",
		`{"resourceType":"Observation","code":{"text":"Copies"},"valueQuantity":{"value":1,"unit":"HIV-1 copies/mL"}}`:                                                                             "HIV",
		`{"resourceType":"Observation","code":{"text":"Sodium"},"extension":[{"url":"http://x.example/e","valueCode":"B20"}]}`:                                                                     "HIV",
		`{"resourceType":"Observation","subject":{"extension":[{"url":"http://x.example/e","valueString":"HIV"}]},"code":{"text":"Sodium"}}`:                                                       "HIV",
		`{"resourceType":"Observation","meta":{"extension":[{"url":"http://x.example/e","valueString":"HIV"}]},"code":{"text":"Sodium"}}`:                                                          "HIV",
		`{"resourceType":"Patient","extension":[{"url":"http://x.example/StructureDefinition/hiv-positive","valueBoolean":true}]}`:                                                                 "HIV",
		`{"resourceType":"Patient","maritalStatus":{"text":"lives apart since HIV"},"communication":[{"language":{"text":"psychiatric interpreter"}}]}`:                                            "HIV,PSY",
		`{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]},"communication":[{"language":{"text":"English"}}]}`: "-",
		`{"resourceType":"Observation","subject":{"reference":"Patient/1","display":"Gay Smith"},"code":{"text":"Sodium"}}`:                                                                        "-",
	} {
		if got := said(Default().Label(parse(t, src), nil)); got != want {
			t.Errorf("%s is %s, want %s", src, got, want)
		}
	}
}

package labels

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// within holds a text in elements that are read as words.
func within(text string) map[string]string {
	quoted, _ := json.Marshal(text)
	v := string(quoted)
	return map[string]string{
		"valueString": `{"resourceType":"Observation","code":{"text":"Sodium"},"valueString":` + v + `}`,
		"note":        `{"resourceType":"Condition","code":{"text":"Gonarthrosis"},"note":[{"text":` + v + `}]}`,
		"extension":   `{"resourceType":"Condition","code":{"text":"Gonarthrosis"},"extension":[{"url":"http://x.example/e","valueString":` + v + `}]}`,
		"answer":      `{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","text":"Letter of the ward","answer":[{"valueString":` + v + `}]}]}`,
		"address":     `{"resourceType":"Condition","code":{"text":"Gonarthrosis"},"extension":[{"url":"http://x.example/e","valueUri":` + v + `}]}`,
	}
}

// TestR41TextsWithinTexts: what a text holds in Base64 or in the signs of addresses is
// read; what it holds and cannot be read is never ordinary; and what is no text, as a
// digest or an id, is nothing.
func TestR41TextsWithinTexts(t *testing.T) {
	std, raw, safe := base64.StdEncoding.EncodeToString, base64.RawStdEncoding.EncodeToString, base64.RawURLEncoding.EncodeToString
	letter := "The patient was admitted for a relapse of her schizophrenia and is well again."
	latin := strings.ReplaceAll("Aufnahme bei Alkoholabhängigkeit, Entzug ohne Komplikationen", "ä", "\xe4")
	noise := make([]byte, 3000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	digest := sha512.Sum512(noise)
	wrapped := func(s string) (out string) {
		for ; len(s) > 76; s = s[76:] {
			out += s[:76] + "\r\n"
		}
		return out + s
	}
	for text, want := range map[string]string{
		std([]byte(letter)): "PSY", raw([]byte(letter)): "PSY", safe([]byte(letter + "???>>>")): "PSY", wrapped(std([]byte(letter + letter))): "PSY",
		std([]byte("HIV positive")): "HIV", "see " + std([]byte(letter)) + " of May": "PSY", "data:text/plain;base64," + std([]byte(letter)): "PSY", std([]byte(latin)): "SUD",
		"data:text/plain;base64," + std([]byte("a?>/ letter: schizophrenia")): "PSY", std([]byte(std([]byte(letter)))): "PDS,PSY",
		std([]byte("<html><body><p>Relapse of her <b>schizo</b>phrenia after the summer</p></body></html>")): "PSY",
		std([]byte("{\\rtf1\\ansi The knee after the fall was treated with rest and with ice.}")):            "PDS",
		std([]byte("%PDF-1.4\n1 0 obj the knee after the fall, treated with rest")):                          "PDS",
		wrapped(std(noise)): "PDS",
		std([]byte("The knee after the fall was treated with rest and with ice for a week.")): "-",
		std([]byte("HIV")): "-", std([]byte("Syphilis")): "-", // too short to be told from a word: docs/labels.md says so
		// what nobody reads
		std(digest[:]): "-", safe(digest[:]): "-", strings.Repeat("0123456789abcdef", 8): "-", "urn:uuid:123e4567-e89b-12d3-a456-426614174000": "-", std([]byte("1234567890123")): "-",
		"Elektrokardiogrammbefundung": "-", "Elektrokardiogramm\nUnauffaelligkeit\nNatriumbestimmung": "-", std(noise[:256]): "-",
		// the signs of addresses
		"Alkoholabh%C3%A4ngigkeit": "SUD", "data:text/plain,%53chizophrenia": "PSY", url.QueryEscape("Schwangerschaft über Termin"): "SEX", "%2548%2549%2556": "HIV",
		"100%addicted": "SUD", "20%adherence to 50%diets": "-",
		// and of HTML
		"&amp;#72;IV infection": "HIV", "abh&amp;auml;ngig vom Alkohol, Alkoholabh&amp;auml;ngigkeit": "SUD", "schizo&shy;phrenia": "PSY", "schizo&zwj;phrenia": "PSY",
	} {
		for place, src := range within(text) {
			if strings.ContainsAny(text, " \n") && place == "address" {
				continue
			}
			if l, why := Default().Explain(parse(t, src), nil); said(l) != want {
				t.Errorf("%s %.90q is %s, want %s: %v", place, text, said(l), want, why)
			}
		}
	}
}

// TestR41TagsDoNotHideAWord: a word of a narrative counts as a reader sees it.
func TestR41TagsDoNotHideAWord(t *testing.T) {
	for div, want := range map[string]string{
		"<b>S</b>chizophrenia of adults": "PSY", "<span>HI</span>V infection": "HIV", "<p>knee</p><p>hiv</p>": "HIV", "<td>sh</td><td>iv</td>": "-",
		"schizo<wbr/>phrenia": "PSY", "a <i>knee</i> joint": "-", "HIV<sup>+</sup>": "HIV", "schizo<!-- x -->phrenia": "PSY", "&amp;#72;IV": "HIV",
	} {
		v, _ := json.Marshal(`<div xmlns="http://www.w3.org/1999/xhtml">` + div + `</div>`)
		src := `{"resourceType":"Condition","code":{"text":"Gonarthrosis"},"text":{"status":"additional","div":` + string(v) + `}}`
		if l, why := Default().Explain(parse(t, src), nil); said(l) != want {
			t.Errorf("%q is %s, want %s: %v", div, said(l), want, why)
		}
	}
}

package telling_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// TestRowsStayRows: the dose of one row is not read with the medicine of the next,
// wherever a text of several lines is told on one, and no row is lost.
func TestRowsStayRows(t *testing.T) {
	section := func(div, more string) string {
		return fmt.Sprintf(`{"resourceType":"Composition","status":"final","title":"L","type":{"text":"L"},"section":[{"title":"S","text":{"status":"generated","div":%q}%s}]}`, div, more)
	}
	note := func(text string) string {
		return `{"resourceType":"DocumentReference","status":"current","type":{"text":"L"},"content":[{"attachment":{"contentType":"text/plain","data":"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"}}]}`
	}
	binary := func(kind, text string) string {
		return `{"resourceType":"Binary","contentType":"` + kind + `","data":"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"}`
	}
	long := strings.Repeat("well and ", 12)
	for _, c := range []struct{ record, want string }{
		{section(`<div><table><tr><th>Dose</th><th>Medicine</th></tr><tr><td>5 mg</td><td>A</td></tr><tr><td></td><td>B</td></tr></table></div>`, ""), "L · S: Dose | Medicine // 5 mg | A // | B"},
		{section(`<div><table><tr><td><p>5 mg</p></td><td><div>A</div><div>at night</div></td></tr><tr><td rowspan="2">80 mg</td><td>B<br/>C</td></tr><tr><td>D</td></tr></table></div>`, ""),
			"L · S: 5 mg | A, at night // 80 mg [for 2 rows] | B, C // D"},
		{section(`<div><ul><li>A</li><li>B<ul><li>C</li></ul></li></ul><dl><dt>K</dt><dd>5.1</dd><dt>Na</dt><dd>130</dd></dl></div>`, ""), "L · S: A // B // C // K: 5.1 // Na: 130"},
		{section(`<div><span style="text-decoration: line-through">A 5 mg</span> B</div>`, ""), "L · S: [struck out: A 5 mg] B"},
		// A text beside what a section lists may say more than that.
		{section(`<div>A STOPPED</div>`, `,"entry":[{"reference":"MedicationRequest/1","display":"A"}]`), "L · S: A STOPPED"},
		{section(`<div>stopped</div>`, `,"entry":[{"reference":"MedicationRequest/1","display":"A"}]`), "L · S: A; stopped"},
		// Texts with lines of their own. After a full line one in small letters goes on.
		{observed(`"valueString":"5 mg  A\r\n80 mg  B\n\n-5 C"`), "X 5 mg A // 80 mg B // -5 C"},
		{observed(`"valueString":"` + long + `\nstays so."`), "X: " + long + "stays so."},
		{observed(`"valueInteger":1,"note":[{"text":"A\nnot B"}]`), "X 1 · note: A // not B"},
		{note("# Medicines\n- 5 mg A\n- 80 mg B\n-5 C"), "L · 5 mg A // 80 mg B // -5 C … more in the record"},
		// A file by itself is told as a note is, and never as it is packed.
		{binary("text/plain", "Take 5 mg\nwith food"), "binary · Take 5 mg // with food"},
		{binary("text/plain; charset=utf-8", long+long), "binary · " + long + "… … more in the record"},
		{binary("application/pdf", "%PDF-1.4"), "binary · application/pdf … more in the record"},
		// What is cut says so, and is cut neither in a number nor before its unit.
		{section(`<div>`+strings.Repeat("a ", 194)+`take 100 mg</div>`, ""), "L · S: " + strings.Repeat("a ", 194) + "take 100 mg"},
		{section(`<div>`+strings.Repeat("a ", 195)+`take 100 mg</div>`, ""), "L · S: " + strings.Repeat("a ", 195) + "take … … more in the record"},
		// The text of a record that says more than its elements, or has no other result.
		{observed(`"text":{"status":"generated","div":"<div>Negative</div>"}`), "X: no value told · its text: Negative"},
		{observed(`"valueString":"AB","text":{"status":"additional","div":"<div>Rh negative only</div>"}`), "X: AB · its text: Rh negative only"},
		{observed(`"valueString":"AB","text":{"status":"generated","div":"<div>AB</div>"}`), "X: AB"},
	} {
		if got := line(t, c.record); got != c.want {
			t.Errorf("%s\n is told as %q\n      want %q", c.record, got, c.want)
		}
	}
}

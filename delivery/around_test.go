package delivery_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR41WhatARecordComesWithCounts: the content of a document has the label of the
// document and stands in its chart, and a readable text labels its document; what a Bundle
// says of its confidentiality counts for all that is in it, wherever it stands.
func TestR41WhatARecordComesWithCounts(t *testing.T) {
	entry := func(url, resource string) string { return `{"fullUrl":"` + url + `","resource":` + resource + `}` }
	document := func(typ, url, date string) string {
		return fmt.Sprintf(`{"resourceType":"DocumentReference","id":"d","status":"current","type":{"text":%q},"subject":{"reference":"Patient/pa"}%s,"content":[{"attachment":{"contentType":"text/plain","url":%q}}]}`, typ, date, url)
	}
	binary := func(id, kind, text string) string {
		return fmt.Sprintf(`{"resourceType":"Binary"%s,"contentType":%q,"data":%q}`, id, kind, base64.StdEncoding.EncodeToString([]byte(text)))
	}
	const day, uuid = `,"date":"2019-03-04T10:00:00Z"`, "urn:uuid:00000000-0000-4000-8000-000000000007"
	ana, gout := patientOf("pa", "MA-1"), basic("g", "pa", "Gout in the left knee")
	collection := func(entries ...string) string {
		return `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(entries, ",") + `]}`
	}
	marks := func(codes ...string) string {
		return `"meta":{"security":[{"code":"` + strings.Join(codes, `"},{"code":"`) + `"}]}`
	}
	plain := func(resource string) string { return `{"resource":` + resource + `}` }
	for what, c := range map[string]struct {
		text string
		want map[string]string // type: sensitivities, date
	}{
		"a harmless text of a psychiatric note": {collection(plain(ana), plain(document("Psychiatric note", "Binary/b", day)), plain(binary(`,"id":"b"`, "text/plain", "She sleeps well and eats well"))),
			map[string]string{"Binary": "[PSY] 2019-03-04T10:00:00Z", "DocumentReference": "[PSY] 2019-03-04T10:00:00Z"}},
		"a telling text of a harmless note": {collection(plain(ana), plain(document("Progress note", "Binary/b", "")), plain(binary(`,"id":"b"`, "text/plain", "She has HIV and sleeps well"))),
			map[string]string{"Binary": "[HIV] ", "DocumentReference": "[HIV] "}},
		"both harmless": {collection(plain(ana), plain(document("Progress note", "Binary/b", "")), plain(binary(`,"id":"b"`, "text/plain", "She sleeps well and eats well"))),
			map[string]string{"Binary": "[] ", "DocumentReference": "[] "}},
		"by fullUrl, the text first": {collection(entry(uuid, binary("", "text/plain", "She sleeps well and eats well")), plain(ana), plain(document("Psychiatric note", uuid, day))),
			map[string]string{"Binary": "[PSY] 2019-03-04T10:00:00Z"}},
		"a PDF": {collection(plain(ana), plain(document("Psychiatric note", "Binary/b", day)), plain(binary(`,"id":"b"`, "application/pdf", "%PDF-1.4"))),
			map[string]string{"Binary": "[PDS PSY] 2019-03-04T10:00:00Z", "DocumentReference": "[PDS PSY] 2019-03-04T10:00:00Z"}},
		"in another file": {document("Psychiatric note", "Binary/b", day) + "\n" + ana + "\n---\n" + binary(`,"id":"b"`, "text/plain", "She sleeps well and eats well") + "\n" + ana,
			map[string]string{"Binary": "[PSY] 2019-03-04T10:00:00Z"}},
		"a Bundle's mark":            {strings.Replace(collection(plain(ana), plain(gout)), `"type"`, marks("HIV")+`,"type"`, 1), map[string]string{"Basic": "[HIV] ", "Patient": "[HIV] "}},
		"a Bundle's mark at its end": {strings.TrimSuffix(collection(plain(ana), plain(gout)), "}") + "," + marks("HIV", "N") + "}", map[string]string{"Basic": "[HIV] "}},
		"a Bundle in a Bundle": {strings.Replace(collection(plain(strings.Replace(collection(plain(gout)), `"type"`, marks("HIV")+`,"type"`, 1)), plain(ana)), `"type"`, marks("PSY")+`,"type"`, 1),
			map[string]string{"Basic": "[HIV PSY] ", "Patient": "[PSY] "}},
		"the other of two lines": {strings.Replace(collection(plain(ana)), `"type"`, marks("PSY")+`,"type"`, 1) + "\n" + collection(plain(gout), plain(ana)), map[string]string{"Basic": "[] "}},
		"no more than normal":    {strings.Replace(collection(plain(ana), plain(gout)), `"type"`, marks("N")+`,"type"`, 1), map[string]string{"Basic": "[] "}},
	} {
		for _, twice := range []bool{false, true} {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, owner, _ := couple(w)
				done, err := h.Delivery.ImportFiles(t.Context(), files(strings.Split(c.text, "---\n")...), delivery.ReadTwice(twice))
				w.Must(err)
				for _, d := range done {
					if d.Refused > 0 || d.Err != nil {
						t.Errorf("%s: %q %v", what, d.Issues, d.Err)
					}
				}
				found := map[string]string{}
				for _, r := range w.Chart(owner).Records {
					typ, _, _ := strings.Cut(nameOf(r.JSON), "/")
					found[typ] = fmt.Sprint(slices.Sorted(slices.Values(r.Label.Sensitivity)), " ", r.When)
				}
				for typ, want := range c.want {
					if found[typ] != want {
						t.Errorf("%s (read twice: %t): the %s stands under %q, want %q", what, twice, typ, found[typ], want)
					}
				}
			})
		}
	}
}

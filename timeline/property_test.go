package timeline_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/stele-health/stele/timeline"
)

// chartOf draws records of few ids, sources, codes, texts, times and statuses, so
// that all that may meet does meet.
func chartOf(t *rapid.T) []Item {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	var items []Item
	for i := range rapid.IntRange(1, 14).Draw(t, "records") {
		id := pick("id", "", "a", "b", "urn")
		meta := pick("meta", "", `"versionId":"1"`, `"versionId":"2"`, `"versionId":"x","lastUpdated":"2024-01-01T00:00:00Z"`, `"versionId":"3","lastUpdated":"2024-02-01T00:00:00+01:00"`)
		code := pick("code", `{"text":"One"}`, `{"text":"Two"}`, `{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"One"}]}`,
			`{"coding":[{"system":"http://snomed.info/sct","code":"1"}],"text":"Two"}`, `{"coding":[{"system":"http://loinc.org","code":"2","display":"A"}]}`,
			`{"coding":[{"system":"http://loinc.org","code":"2","display":"B"}]}`, `{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]}`)
		when := pick("when", "2024-03-10", "2024-03-11", "2024-03-10T23:30:00-05:00", "2024-03-11T04:30:00Z", "2024-03-11T08:00:00Z", "2024-03")
		record := ""
		switch pick("type", "Observation", "AllergyIntolerance", "Condition", "MedicationRequest", "ServiceRequest", "Provenance", "DocumentReference") {
		case "Observation":
			record = fmt.Sprintf(`"resourceType":"Observation","status":%q,"code":%s,"effectiveDateTime":%q,"valueQuantity":{"value":%s,"unit":%q}`,
				pick("status", "final", "corrected", "entered-in-error"), code, when, pick("value", "5.4", "5.40", "6"), pick("unit", "mmol/L", "mg/dL"))
		case "AllergyIntolerance":
			record = fmt.Sprintf(`"resourceType":"AllergyIntolerance","code":%s,"recordedDate":%q,"clinicalStatus":{"coding":[{"code":%q}]},"verificationStatus":{"coding":[{"code":%q}]}`,
				code, when, pick("clinical", "active", "resolved", "odd"), pick("verification", "confirmed", "refuted", "unconfirmed", "entered-in-error"))
		case "Condition":
			record = fmt.Sprintf(`"resourceType":"Condition","code":%s,"onsetDateTime":%q,"clinicalStatus":{"coding":[{"code":%q}]}`, code, when, pick("clinical", "active", "remission"))
		case "MedicationRequest":
			record = fmt.Sprintf(`"resourceType":"MedicationRequest","status":%q,"intent":%q,"medicationCodeableConcept":%s,"authoredOn":%q,"doNotPerform":%s`,
				pick("status", "active", "stopped", "unknown", "draft"), pick("intent", "order", "proposal"), code, when, pick("not", "true", "false"))
		case "ServiceRequest":
			record = fmt.Sprintf(`"resourceType":"ServiceRequest","status":%q,"intent":%q,"code":%s,"authoredOn":%q,"doNotPerform":%s`,
				pick("status", "active", "revoked"), pick("intent", "order", "plan"), code, when, pick("not", "true", "false"))
		case "Provenance":
			record = strings.Trim(withdraws(pick("target", "AllergyIntolerance/a", "Condition/b/_history/2", "Observation/urn", "MedicationRequest/a")), "{}")
			record = strings.TrimSuffix(record, "}")
			record = strings.Trim(record, " \n\t")
		case "DocumentReference":
			record = fmt.Sprintf(`"resourceType":"DocumentReference","status":"current","type":%s,"date":%q,"content":[{"attachment":{"contentType":"text/plain","data":"QUFB"}}]`, code, when)
		}
		if id != "" {
			record += `,"id":"` + id + `"`
		}
		if meta != "" {
			record += `,"meta":{` + meta + `}`
		}
		height := rapid.Int64Range(1, 4).Draw(t, "height")
		source := pick("source", "A", "B", "C")
		items = append(items, at(height, []Item{item([]byte("{"+record+"}"), source, i+1)})...)
	}
	return items
}

// facts of a story, without what tells one delivery from another.
func storyText(s Story) string {
	src, _ := json.MarshalIndent(s, "", " ")
	return s.Text(Page{Width: 200}) + string(src)
}

func TestR38TheOrderOfRecordsChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := chartOf(t)
		want := storyText(Tell(items, Options{Kinds: allKinds}))
		items = rapid.Permutation(items).Draw(t, "order")
		if d := cmp.Diff(want, storyText(Tell(items, Options{Kinds: allKinds}))); d != "" {
			t.Fatal(d)
		}
	})
}

// Handles are random: which facts are told, and which sources agree on them,
// does not hang on them.
func TestR38RandomHandlesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := chartOf(t)
		want := Tell(items, Options{Kinds: allKinds}).Text(Page{Width: 200})
		seed := rapid.Byte().Draw(t, "seed")
		for i := range items {
			items[i].Handle[0] ^= seed*byte(i+3) + seed
			items[i].Handle[9] ^= seed
		}
		if d := cmp.Diff(want, Tell(items, Options{Kinds: allKinds}).Text(Page{Width: 200})); d != "" {
			t.Fatal(d)
		}
	})
}

// Whatever is under Now leaves it when its source marks it as an error in a new
// version, and never comes back under anything.
func TestR38AnErrorLeavesNow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := chartOf(t)
		for i := range items { // a record without an id can't be retracted by a version
			if !strings.Contains(string(items[i].Record), `"id":`) {
				items[i].Record = []byte(strings.Replace(string(items[i].Record), "{", fmt.Sprintf(`{"id":"x%d",`, i), 1))
			}
		}
		victim := rapid.SampledFrom(items).Draw(t, "victim")
		var r struct {
			ResourceType, ID string
		}
		if json.Unmarshal(victim.Record, &r) != nil || r.ResourceType == "Provenance" {
			t.Skip()
		}
		status := `"status":"entered-in-error"`
		if r.ResourceType == "AllergyIntolerance" || r.ResourceType == "Condition" {
			status = `"verificationStatus":{"coding":[{"code":"confirmed"},{"code":"entered-in-error"}]}`
		}
		wrong := fmt.Sprintf(`{"resourceType":%q,"id":%q,"meta":{"versionId":"99","lastUpdated":"2030-01-01T00:00:00Z"},%s}`, r.ResourceType, r.ID, status)
		items = append(items, at(9, []Item{item([]byte(wrong), victim.SourceName, 99)})...)
		s := Tell(items, Options{Kinds: allKinds})
		source := slices.IndexFunc(s.Sources, func(x Source) bool { return x.Subject == victim.Source }) + 1
		gone := map[string]bool{}
		for _, it := range items {
			var o struct{ ResourceType, ID string }
			json.Unmarshal(it.Record, &o)
			if it.Source == victim.Source && o.ResourceType == r.ResourceType && o.ID == r.ID {
				gone[it.Handle.String()] = true
			}
		}
		for _, e := range slices.Concat(all(s), s.Now, s.Unclear, s.Absent) {
			for _, v := range e.Vouched {
				if v.Source == source && gone[v.Handle.String()] {
					t.Fatalf("%s %s/%s is still told: %s", victim.SourceName, r.ResourceType, r.ID, e.Name)
				}
			}
		}
	})
}

// Every record is told, an earlier version, withdrawn or a withdrawal; and what
// stands under Now says of itself that it is so.
func TestR38NowHoldsOnlyWhatHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := chartOf(t)
		s := Tell(items, Options{Kinds: allKinds})
		if _, vouched := told(s); vouched+s.Errors+s.Earlier+s.Withdrawals+s.Unread != len(items) {
			t.Fatalf("%d of %d records are told or counted", vouched, len(items))
		}
		byHandle := map[string]string{}
		for _, it := range items {
			byHandle[it.Handle.String()] = string(it.Record)
		}
		for _, e := range s.Now {
			for _, v := range e.Vouched {
				record := byHandle[v.Handle.String()]
				for _, word := range []string{"resolved", "remission", "refuted", "entered-in-error", `"stopped"`, `"unknown"`, `"draft"`, `"proposal"`, `"revoked"`, `"plan"`, `"odd"`, "716186003"} {
					if strings.Contains(record, word) && !(word == "716186003" && e.Type == "ServiceRequest") {
						t.Fatalf("under Now stands %s", record)
					}
				}
				if strings.Contains(record, `"doNotPerform":true`) != strings.HasPrefix(e.Name, "not to be ") {
					t.Fatalf("%s is told as %q", record, e.Name)
				}
			}
		}
		// One fact, one code, text, value, unit, status and instant.
		for _, e := range all(s) {
			seen, times := map[string]bool{}, map[int64]bool{}
			for _, v := range e.Vouched {
				var r struct {
					Status, EffectiveDateTime string
					Code                      struct {
						Text   string
						Coding []struct{ Code string }
					}
					ValueQuantity struct {
						Value float64
						Unit  string
					}
				}
				json.Unmarshal([]byte(byHandle[v.Handle.String()]), &r)
				code := r.Code.Text
				for _, c := range r.Code.Coding {
					code += "|" + c.Code
				}
				// A day may meet the one instant of it that another source knows.
				if day := r.EffectiveDateTime; len(day) > 10 {
					when, err := time.Parse(time.RFC3339, day)
					if err != nil {
						t.Fatal(err)
					}
					times[when.Unix()] = true
				}
				if e.Type == "Observation" {
					seen[fmt.Sprint(strings.ToLower(code), r.Status, r.ValueQuantity)] = true
				}
			}
			if len(seen) > 1 || e.Type == "Observation" && len(times) > 1 {
				t.Fatalf("one line for %v of %d instants", seen, len(times))
			}
		}
	})
}

package sample

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type entry struct {
	FullURL  string         `json:"fullUrl"`
	Resource map[string]any `json:"resource"`
}

func parse(t interface{ Fatalf(string, ...any) }, b []byte) []entry {
	var bundle struct {
		ResourceType, Type string
		Entry              []entry
	}
	if err := json.Unmarshal(b, &bundle); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	if bundle.ResourceType != "Bundle" || bundle.Type != "transaction" || len(bundle.Entry) == 0 {
		t.Fatalf("not a transaction Bundle")
	}
	return bundle.Entry
}

// walk calls f for every string below v with its path.
func walk(path string, v any, f func(path, s string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			walk(path+"."+k, x, f)
		}
	case []any:
		for _, x := range v {
			walk(path, x, f)
		}
	case string:
		f(path, v)
	}
}

func TestSameSeedSameBytesOnEveryMachine(t *testing.T) {
	want := map[Hospital]string{
		HospitalA: goldenA,
		HospitalB: goldenB,
	}
	for h, digest := range want {
		sum := sha256.New()
		if err := Write(sum, 42, 50, Options{Hospital: h}); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
			t.Errorf("hospital %d: digest of seed 42 is %s, was %s; say so in the release notes when the tables changed", h, got, digest)
		}
	}
}

// TestNoTwoPeopleShareAnIdOrANumber: of a hundred thousand of a seed, whichever
// seed, and of many as they are written.
func TestNoTwoPeopleShareAnIdOrANumber(t *testing.T) {
	for _, seed := range []uint64{0, 1, 2, 42, 1 << 63} {
		ids, numbers := map[uuid]bool{}, map[string]bool{}
		for i := range 100_000 {
			for _, at := range []sites{first, second} {
				ids[newUUID(spaceOf(seed, i), uint64(at))] = true
			}
			numbers[numberOf(seed, i)] = true
		}
		if len(ids) != 200_000 || len(numbers) != 100_000 {
			t.Fatalf("seed %d: %d ids, %d numbers", seed, len(ids), len(numbers))
		}
	}
	if numberOf(1, 5) == numberOf(1, 100_000_005) {
		t.Error("the numbers begin again after a hundred million")
	}
	ids, numbers := map[string]bool{}, map[string]bool{}
	for _, bundle := range Bundles(7, 60, Options{}) {
		for _, e := range parse(t, bundle) {
			if e.Resource["resourceType"] != "Patient" {
				continue
			}
			ids[e.Resource["id"].(string)] = true
			numbers[e.Resource["identifier"].([]any)[0].(map[string]any)["value"].(string)] = true
		}
	}
	if len(ids) != 60 || len(numbers) != 60 {
		t.Errorf("60 people have %d ids and %d numbers", len(ids), len(numbers))
	}
}

var dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?$`)

var shared = map[string]bool{"Organization": true, "Location": true, "Practitioner": true, "PractitionerRole": true}

// checkChart holds a chart to what every chart promises.
func checkChart(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, b []byte, ref string) (types map[string]int) {
	entries, there := parse(t, b), map[string]bool{}
	types = map[string]int{}
	for _, e := range entries {
		if there[e.FullURL] {
			t.Errorf("%s twice", e.FullURL)
		}
		there[e.FullURL] = true
		if e.FullURL != "urn:uuid:"+e.Resource["id"].(string) {
			t.Errorf("fullUrl %s is not the id", e.FullURL)
		}
	}
	person := entries[0].Resource
	birth, last := person["birthDate"].(string), ref
	if died, ok := person["deceasedDateTime"].(string); ok {
		last = died
	}
	for _, e := range entries {
		kind := e.Resource["resourceType"].(string)
		types[kind]++
		var onset, abate string
		walk(kind, e.Resource, func(path, s string) {
			if strings.HasSuffix(path, ".reference") && !there[s] {
				t.Errorf("%s: %s does not resolve", path, s)
			}
			if dateShape.MatchString(s) && !shared[kind] {
				switch {
				case s[:10] < birth:
					t.Errorf("%s is before the birth", path)
				case s > last && path != "Patient.deceasedDateTime":
					t.Errorf("%s = %s is after the end %s", path, s, last)
				}
			}
			switch path {
			case "Condition.onsetDateTime":
				onset = s
			case "Condition.abatementDateTime":
				abate = s
			}
		})
		if abate != "" && abate < onset {
			t.Errorf("a condition ends before it begins")
		}
	}
	return types
}

func TestEveryReferenceResolvesAndEveryDateMakesSense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, i := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 1<<30).Draw(t, "i")
		h := Hospital(rapid.IntRange(0, 1).Draw(t, "hospital"))
		ref := time.Date(rapid.IntRange(2024, 2031).Draw(t, "year"), 3, 7, 0, 0, 0, 0, time.UTC)
		checkChart(t, Patient(seed, i, Options{ref, h}), ref.Format(time.DateOnly))
	})
}

func TestTwelvePatientsFeelReal(t *testing.T) {
	types, resources, adults := map[string]int{}, 0, 0
	for i, b := range Bundles(1, 300, Options{}) {
		n := 0
		for k, c := range checkChart(t, b, "2026-11-01") {
			types[k] += c
			n += c
		}
		if live(1, i, civil(2026, 11, 1)).age(civil(2026, 11, 1)) >= 18 {
			adults++
			resources += n
		}
	}
	t.Logf("%d kinds: %v; mean of adults %d", len(types), types, resources/adults)
	if len(types) < 16 {
		t.Errorf("%d resource types, want 16 at least", len(types))
	}
	if mean := resources / adults; mean < 150 || mean > 330 {
		t.Errorf("a grown-up's chart has %d resources on average, want 150 to 330", mean)
	}
}

func TestSecondHospitalTellsTheSameFactsUnderOtherIDs(t *testing.T) {
	same := 0
	for i := range 60 {
		a, b := parse(t, Patient(5, i, Options{})), parse(t, Patient(5, i, Options{Hospital: HospitalB}))
		ids, facts := map[string]bool{}, map[string]bool{}
		fact := func(r map[string]any) string {
			return fmt.Sprint(r["resourceType"], r["code"], r["vaccineCode"], r["medicationCodeableConcept"], r["onsetDateTime"],
				r["occurrenceDateTime"], r["authoredOn"], r["effectiveDateTime"], r["performedDateTime"], r["valueQuantity"])
		}
		for _, e := range a {
			ids[e.FullURL] = true
			facts[fact(e.Resource)] = true
		}
		if a[0].Resource["birthDate"] != b[0].Resource["birthDate"] || fmt.Sprint(a[0].Resource["name"]) != fmt.Sprint(b[0].Resource["name"]) {
			t.Errorf("patient %d is another person at hospital B", i)
		}
		for _, e := range b {
			if ids[e.FullURL] {
				t.Errorf("patient %d: hospital B uses an id of hospital A", i)
			}
			if !shared[e.Resource["resourceType"].(string)] && facts[fact(e.Resource)] {
				same++
			}
		}
	}
	if same < 60*6 {
		t.Errorf("only %d facts stand in both hospitals' charts of 60 people", same)
	}
}

func TestNobodyGetsWhatTheyAreAllergicTo(t *testing.T) {
	allergic := 0
	for i := range 2000 {
		c := live(9, i, civil(2026, 11, 1))
		for k := range c.medicines {
			if f := drugs[c.medicines[k].drug].family; f != noAllergen && c.allergic(f) {
				t.Fatalf("patient %d gets %s", i, drugs[c.medicines[k].drug].display)
			}
		}
		allergic += boolInt(c.allergic(penicillins))
	}
	if allergic == 0 {
		t.Error("nobody is allergic to penicillin: the test tests nothing")
	}
}

func TestTreatmentLowersHbA1c(t *testing.T) {
	before, after, n := int64(0), int64(0), int64(0)
	for i := range 800 {
		c := live(3, i, civil(2026, 11, 1))
		var got []int64
		for k := range c.readings {
			if r := &c.readings[k]; r.what == a1c && r.at&first != 0 && c.problems[c.visits[r.visit].problem].onset > c.since {
				got = append(got, r.value)
			}
		}
		if len(got) > 5 {
			before, after, n = before+got[0], after+got[4], n+1
		}
	}
	if n == 0 || before-after < 5*n {
		t.Errorf("HbA1c of %d new diabetics falls from %d to %d tenths of a percent in sum", n, before, after)
	}
}

func TestWriteFolderNamesOneFileAPatient(t *testing.T) {
	dir := t.TempDir()
	if err := WriteFolder(dir, 7, 3, Options{Hospital: HospitalB}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(dir + "/patient-000002-b.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, Patient(7, 2, Options{Hospital: HospitalB})) {
		t.Error("the file differs from Patient")
	}
}

func BenchmarkWrite(b *testing.B) {
	resources := 0
	for _, chart := range Bundles(1, 200, Options{}) {
		resources += bytes.Count(chart, []byte(`"fullUrl"`))
	}
	b.ResetTimer()
	for range b.N {
		if err := Write(io.Discard, 1, 200, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(resources*b.N)/b.Elapsed().Seconds(), "resources/s")
}

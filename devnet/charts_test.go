package devnet_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
)

// bundle is what these tests know of a Bundle, by the standard library alone.
type bundle struct {
	ResourceType string  `json:"resourceType"`
	Type         string  `json:"type"`
	Entry        []entry `json:"entry"`
}

type entry struct {
	FullURL  string          `json:"fullUrl,omitempty"`
	Resource json.RawMessage `json:"resource,omitempty"`
	Request  json.RawMessage `json:"request,omitempty"`
}

// conditional reports whether the entry is a conditional create: whoever takes it in
// gives the id (FHIR R4 § Conditional create).
func (e entry) conditional() bool { return bytes.Contains(e.Request, []byte(`"ifNoneExist"`)) }

var ownID = regexp.MustCompile(`"id":"[^"]*",`)

// withoutID cuts a compact resource's own id out, its first.
func withoutID(resource []byte) []byte {
	at := ownID.FindIndex(resource)
	return append(bytes.Clone(resource[:at[0]]), resource[at[1]:]...)
}

func readBundle(t testing.TB, raw []byte) bundle {
	t.Helper()
	var b bundle
	must(t, json.Unmarshal(raw, &b))
	return b
}

// compact returns the resources of a Bundle as compact JSON, each with the one of the
// file; without their id are those whose id is not the file's to give.
func (b bundle) compact(t testing.TB) map[string]json.RawMessage {
	t.Helper()
	out := map[string]json.RawMessage{}
	for _, e := range b.Entry {
		var c bytes.Buffer
		must(t, json.Compact(&c, e.Resource))
		whole := c.Bytes()
		if e.conditional() {
			whole = withoutID(whole)
		}
		out[string(whole)] = e.Resource
	}
	return out
}

// value decodes JSON with numbers as text.
func value(t testing.TB, raw []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	must(t, d.Decode(&v))
	return v
}

// wantEqual fails unless a chart holds exactly the resources of a Bundle, byte
// for byte and value for value, but for ids that the file leaves to the member.
func wantEqual(t testing.TB, chart *reading.Chart, b bundle) {
	t.Helper()
	want := b.compact(t)
	got := map[string]bool{}
	for _, r := range chart.Records {
		whole := r.JSON
		if want[string(whole)] == nil {
			whole = withoutID(whole)
		}
		original := want[string(whole)]
		if original == nil {
			t.Errorf("%s came back with other bytes or was not in the file", name(r.JSON))
			continue
		}
		got[string(whole)] = true
		came, sent := value(t, r.JSON).(map[string]any), value(t, original).(map[string]any)
		if len(whole) < len(r.JSON) {
			delete(came, "id")
			delete(sent, "id")
		}
		if !reflect.DeepEqual(came, sent) {
			t.Errorf("%s came back with other values", name(r.JSON))
		}
	}
	if len(got) != len(want) || len(chart.Records) != len(want) {
		t.Errorf("%d records came back, %d of them different, want %d", len(chart.Records), len(got), len(want))
	}
	if len(chart.Faults) > 0 {
		t.Errorf("faults: %v", chart.Faults)
	}
}

func name(resource []byte) string {
	var r struct {
		ResourceType, ID string
	}
	_ = json.Unmarshal(resource, &r)
	return r.ResourceType + "/" + r.ID
}

// TestRealChartsComeBackEqual imports every valid Bundle of the shared charts,
// opens it again with the owner's own key, and compares every resource. Then it
// imports the file again: nothing arrives twice, the timeline stays as it was.
func TestRealChartsComeBackEqual(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(charts(t), "synthea-*", "*.json"))
	must(t, err)
	if len(files) < 20 {
		t.Fatalf("%d charts found", len(files))
	}
	var resources, took = 0, time.Duration(0)
	for _, file := range files {
		t.Run(filepath.Base(file)[:12], func(t *testing.T) {
			raw, err := os.ReadFile(file)
			must(t, err)
			b := readBundle(t, raw)
			hospital := town.org(t, "hospital-a")
			owner, subject := hospital, stele.Subject{}
			if strings.HasSuffix(file, "Information1633536936158.json") {
				// Of no patient: into the organisation's own log, one each, because it
				// is said so.
				owner = town.org(t, map[bool]string{true: "clinic", false: "patients"}[strings.Contains(file, "hospital")])
				hospital, subject = owner, owner.Subject()
			} else {
				owner = town.patient(t, "Somebody", "hospital-a")
				subject = owner.Subject()
			}
			start := time.Now()
			done, err := importAt(t, hospital, subject, raw)
			must(t, err)
			took, resources = took+time.Since(start), resources+done.Delivered
			if len(done.Issues) > 0 || done.Refused > 0 || done.Delivered+done.Known != len(b.Entry) {
				t.Fatalf("%d of %d delivered, %d known, %d refused: %v", done.Delivered, len(b.Entry), done.Known, done.Refused, done.Issues)
			}
			chart, err := owner.Charts.OpenOwn(t.Context())
			must(t, err)
			wantEqual(t, chart, b)
			told := story(chart)

			again, err := importAt(t, hospital, subject, raw)
			must(t, err)
			if again.Delivered != 0 || again.Known != len(b.Entry) {
				t.Errorf("the second time %d were delivered, %d known of %d", again.Delivered, again.Known, len(b.Entry))
			}
			chart, err = owner.Charts.OpenOwn(t.Context())
			must(t, err)
			if !reflect.DeepEqual(told, story(chart)) {
				t.Error("the second import changed the timeline")
			}
		})
	}
	t.Logf("%d resources of %d files imported in %v: %.0f a second", resources, len(files), took.Round(time.Millisecond), float64(resources)/took.Seconds())
}

// TestRealChartsFromTwoHospitalsAreToldOnce delivers one chart through two
// members: both are kept, the timeline tells each fact once and names both.
func TestRealChartsFromTwoHospitalsAreToldOnce(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(charts(t), "synthea-r4", "Lupe_Little*.json"))
	must(t, err)
	raw, err := os.ReadFile(files[0])
	must(t, err)
	p := town.patient(t, "Lupe", "hospital-a", "hospital-b")
	_, err = importAt(t, town.org(t, "hospital-a"), p.Subject(), raw)
	must(t, err)
	chart, err := p.Charts.OpenOwn(t.Context())
	must(t, err)
	once, n := lines(t, chart), len(chart.Records)
	_, err = importAt(t, town.org(t, "hospital-b"), p.Subject(), raw)
	must(t, err)
	chart, err = p.Charts.OpenOwn(t.Context())
	must(t, err)
	twice := lines(t, chart)
	if len(chart.Records) != 2*n || len(story(chart).Sources) != 2 {
		t.Fatalf("%d records of %d sources, want %d of 2", len(chart.Records), len(story(chart).Sources), 2*n)
	}
	if once != twice {
		t.Errorf("one source makes %d lines, two make %d", once, twice)
	}
}

// lines counts what a timeline tells.
func lines(t testing.TB, chart *reading.Chart) int {
	t.Helper()
	n := 0
	for _, c := range story(chart).Chapters {
		n += len(c.Entries)
		if c.Visit != nil {
			n++
		}
	}
	return n
}

// TestRealChartWithADefectNamesIt is the US Core test patient, whose Bundle is a
// transaction with one bad resource: path and rule are named and nothing
// arrives. As a batch all but that one arrive.
func TestRealChartWithADefectNamesIt(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(charts(t), "uscore", "uscore_bundle_patient_355.json"))
	must(t, err)
	b := readBundle(t, raw)
	p := town.patient(t, "Patient 355", "hospital-a")
	before := vaultRecords(t)

	done, err := importAt(t, town.org(t, "hospital-a"), p.Subject(), raw)
	wants(t, err, stele.KindInvalid, "a transaction with a bad resource")
	wantIssue(t, done, "Observation.effectivePeriod.stop", "unknown element")
	if done.Delivered != 0 || vaultRecords(t) != before || entries(t, p) != 2 {
		t.Errorf("%d delivered, %d new in vaults, %d entries in her log", done.Delivered, vaultRecords(t)-before, entries(t, p))
	}

	batch := bytes.Replace(raw, []byte(`"transaction"`), []byte(`"batch"`), 1)
	done, err = importAt(t, town.org(t, "hospital-a"), p.Subject(), batch)
	must(t, err)
	wantIssue(t, done, "Observation.effectivePeriod.stop", "unknown element")
	if done.Delivered != len(b.Entry)-1 || done.Refused != 1 {
		t.Errorf("%d of %d delivered, %d refused: %v", done.Delivered, len(b.Entry), done.Refused, done.Issues)
	}
	chart, err := p.Charts.OpenOwn(t.Context())
	must(t, err)
	// Its Patient is PUT under an id that is not its fullUrl's: references by
	// fullUrl, which lead nowhere outside of the Bundle, follow the id.
	renamed := 0
	for _, e := range b.Entry {
		if url, to := e.FullURL, name(e.Resource); !strings.HasSuffix(url, ":"+strings.TrimPrefix(to, "Patient/")) && strings.HasPrefix(to, "Patient/") {
			for i := range b.Entry {
				b.Entry[i].Resource = bytes.ReplaceAll(b.Entry[i].Resource, []byte(`"`+url+`"`), []byte(`"`+to+`"`))
			}
			renamed++
		}
	}
	if renamed != 1 {
		t.Errorf("%d Patients of another name than their fullUrl, want 1", renamed)
	}
	for i, e := range b.Entry {
		if bytes.Contains(e.Resource, []byte(`"stop"`)) {
			b.Entry = append(b.Entry[:i], b.Entry[i+1:]...)
			break
		}
	}
	wantEqual(t, chart, b)
}

func wantIssue(t testing.TB, done delivery.Imported, words ...string) {
	t.Helper()
	for _, line := range done.Issues {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line.String(), w)
		}
		if all {
			return
		}
	}
	t.Errorf("no issue says %q: %v", words, done.Issues)
}

// entries returns the length of somebody's log, once it has come to rest: a
// member's proof may be a block behind what another one acknowledged.
func entries(t testing.TB, p *client.Session) int {
	t.Helper()
	for last := -1; ; time.Sleep(150 * time.Millisecond) {
		account, err := p.Log(t.Context())
		must(t, err)
		if int(account.Size) == last {
			return last
		}
		last = int(account.Size)
	}
}

// events returns somebody's log.
func events(t testing.TB, p *client.Session) []steleproof.Event {
	t.Helper()
	account, err := p.Log(t.Context())
	must(t, err)
	all, err := account.All()
	must(t, err)
	return all
}

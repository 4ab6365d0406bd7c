package devnet_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/sample"
)

const (
	anna     = `{"resourceType":"Patient","id":"anna","name":[{"family":"Andersen"}]}`
	allergy  = `{"resourceType":"AllergyIntolerance","id":"nuts","patient":{"reference":"Patient/anna"},"code":{"text":"nuts"}}`
	pressure = `{"resourceType":"Observation","id":"bp","status":"final","subject":{"reference":"Patient/anna"},"code":{"text":"pressure"},` +
		`"effectiveDateTime":"2024-02-01","valueQuantity":{"value":120.50,"unit":"mmHg"}}`
	badCount  = `{"resourceType":"Observation","id":"bad","subject":{"reference":"Patient/anna"},"code":{"text":"no status"}}`
	badType   = `{"resourceType":"Observation","id":"type","status":"final","code":{"text":"x"},"valueBoolean":"yes"}`
	badMany   = `{"resourceType":"Patient","id":"anna","birthDate":["1970-01-01","1970-01-02"]}`
	badWord   = `{"resourceType":"Patient","id":"anna","gender":"purple"}`
	badKind   = `{"resourceType":"Horoscope","id":"x"}`
	truncated = `{"resourceType":"Observation","id":"cut","status":"fin`
)

// bundleOf writes a Bundle of a type.
func bundleOf(kind string, resources ...string) string {
	var entries []string
	request := ""
	if kind == "batch" || kind == "transaction" {
		request = `,"request":{"method":"PUT","url":"x"}` // a POST would leave the ids to whoever takes it
	}
	for _, r := range resources {
		entries = append(entries, `{"resource":`+r+request+`}`)
	}
	if len(entries) == 0 {
		return `{"resourceType":"Bundle","type":"` + kind + `"}`
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

// TestImportReadsEveryForm feeds each form that a chart may come in, good and
// bad, and compares what arrived and what was said.
func TestImportReadsEveryForm(t *testing.T) {
	crlf := strings.ReplaceAll("{\n\"resourceType\":\"Patient\",\n\"id\":\"anna\",\n\"name\":[{\"family\":\"Andersen\"}]\n}\n", "\n", "\r\n")
	cases := []struct {
		name, file string
		want       string // ids that arrive
		refused    int
		fails      bool
		says       []string // each in an issue or the error
		warns      string
	}{
		{name: "single", file: anna, want: "anna"},
		{name: "BOM and CRLF", file: "\ufeff" + crlf, want: "anna"},
		{name: "NDJSON", file: anna + "\n\n" + allergy + "\r\n" + pressure, want: "anna bp nuts"},
		{name: "batch", file: bundleOf("batch", anna, allergy, pressure), want: "anna bp nuts"},
		{name: "collection", file: bundleOf("collection", anna, allergy), want: "anna nuts"},
		{name: "transaction", file: bundleOf("transaction", anna, allergy), want: "anna nuts"},
		{name: "empty file", file: "", want: "", fails: true},
		{name: "only a BOM and spaces", file: "\ufeff \r\n", want: "", fails: true},
		{name: "empty Bundle", file: bundleOf("batch"), want: ""},
		{name: "not JSON", file: "MSH|^~\\&|ADT", want: "", fails: true},
		{name: "batch with bad ones", file: bundleOf("batch", anna, badCount, allergy, badType, badKind), want: "anna nuts", refused: 3,
			says: []string{"Observation.status", "Observation.valueBoolean", "entry 5"}},
		{name: "NDJSON with bad ones", file: strings.Join([]string{anna, truncated, allergy, badCount}, "\n"), want: "anna nuts", refused: 2,
			says: []string{"line 2", "Observation.status"}},
		{name: "cardinality and binding", file: strings.Join([]string{badMany, badWord, allergy}, "\n"), want: "", refused: 3,
			says: []string{"Patient.birthDate", "administrative-gender", "two Patients of this id"}},
		{name: "transaction with a bad one", file: bundleOf("transaction", anna, allergy, badCount), want: "", refused: 3, fails: true,
			says: []string{"Observation.status", "cardinality"}},
		{name: "transaction cut short", file: bundleOf("transaction", anna, allergy)[:330], want: "", refused: 1, fails: true},
		{name: "batch cut short", file: bundleOf("batch", anna, allergy, pressure)[:420], want: "anna nuts", fails: true},
		{name: "twice the same", file: bundleOf("batch", anna, allergy, allergy), want: "anna nuts"},
		{name: "one id, two contents", file: strings.Join([]string{anna, allergy, strings.Replace(allergy, `"text":"nuts"`, `"text":"all nuts"`, 1)}, "\n"), want: "anna nuts nuts"},
		{name: "into nowhere", file: bundleOf("transaction", anna, strings.Replace(allergy, `"code"`, `"encounter":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000000"},"code"`, 1)),
			want: "anna nuts", warns: "nowhere|nothing"},
		{name: "of somebody in another file", file: strings.Replace(pressure, "Patient/anna", "Patient/elsewhere", 1), want: "bp"},
		{name: "of two people in other files", file: pressure + "\n" + strings.Replace(pressure, "Patient/anna", "Patient/elsewhere", 1), want: "", refused: 2, says: []string{"Patient/elsewhere", "Patient/anna"}},
	}
	hospital := town.org(t, "hospital-a")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := town.patient(t, "Anna", "hospital-a")
			before, events := vaultRecords(t), entries(t, p)
			done, err := importAt(t, hospital, p.Subject(), []byte(c.file))
			if (err != nil) != c.fails {
				t.Errorf("error: %v", err)
			}
			if c.fails && stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("kind %s, want invalid: %v", stele.KindOf(err), err)
			}
			if done.Refused != c.refused {
				t.Errorf("%d refused, want %d", done.Refused, c.refused)
			}
			said := strings.Join(delivery.Lines(done.Issues), "\n")
			if err != nil {
				said += explain(err)
			}
			for _, word := range c.says {
				if !strings.Contains(said, word) {
					t.Errorf("nothing says %q: %s", word, said)
				}
			}
			if c.warns != "" && len(done.Warnings) == 0 {
				t.Error("no warning")
			}
			chart, err := p.Charts.OpenOwn(t.Context())
			must(t, err)
			if got := ids(chart); got != c.want {
				t.Errorf("arrived: %q, want %q", got, c.want)
			}
			if c.want == "" && (vaultRecords(t) != before || entries(t, p) != events) {
				t.Error("nothing arrived, and yet vaults or ledger show something")
			}
		})
	}
}

// TestImportKeepsNamesInEveryScript sends names through everything.
func TestImportKeepsNamesInEveryScript(t *testing.T) {
	names := []string{"Ångström", "Παπαδόπουλος", "Иванова", "محمد", "שרה", "अनीता", "王秀英", "ဒေါ်အောင်", "김민준", "さくら", "Nguyễn", "👩‍⚕️", `O"Neil\`, "e\u0301", "\u2028"}
	var lines []string
	for i, n := range names {
		lines = append(lines, fmt.Sprintf(`{"resourceType":"Basic","id":"n%d","code":{"text":%q}}`, i, n))
	}
	lines[len(lines)-1] = `{"resourceType":"Basic","id":"n14","code":{"text":"` + "\u2028" + `"}}`
	lines[11] = `{"resourceType":"Basic","id":"n11","code":{"text":"👩‍⚕️"}}`
	p := town.patient(t, "محمد", "hospital-a")
	done, err := importAt(t, town.org(t, "hospital-a"), p.Subject(), []byte(strings.Join(lines, "\n")))
	must(t, err)
	if done.Delivered != len(lines) {
		t.Fatalf("%d of %d delivered: %v", done.Delivered, len(lines), done.Issues)
	}
	chart, err := p.Charts.OpenOwn(t.Context())
	must(t, err)
	got := map[string]bool{}
	for _, r := range chart.Records {
		got[string(r.JSON)] = true
	}
	for _, l := range lines {
		if !got[l] {
			t.Errorf("%s did not come back as it was", l)
		}
	}
}

// TestImportNeedsAWriteGrant refuses whoever the patient has not let write, and
// whoever she no longer does.
func TestImportNeedsAWriteGrant(t *testing.T) {
	p := town.patient(t, "Anna", "hospital-a")
	_, err := importAt(t, town.org(t, "clinic"), p.Subject(), []byte(anna))
	wants(t, err, stele.KindDenied, "an import without a write grant")

	h := town.org(t, "hospital-a")
	_, err = importAt(t, h, p.Subject(), []byte(anna))
	must(t, err)
	held, err := h.HeldWriteGrant(p.Subject())
	must(t, err)
	_, err = p.Revoke(t.Context(), held.Grant)
	must(t, err)
	before := vaultRecords(t)
	done, err := importAt(t, h, p.Subject(), []byte(anna+"\n"+allergy))
	wants(t, err, stele.KindDenied, "an import under a revoked write grant")
	if done.Delivered != 0 || vaultRecords(t) != before {
		t.Errorf("%d delivered, %d new in vaults", done.Delivered, vaultRecords(t)-before)
	}

	unlinked := `{"resourceType":"Patient","id":"nobody-knows-her","name":[{"family":"X"}]}`
	done, err = importAt(t, h, stele.Subject{}, []byte(unlinked))
	must(t, err)
	if done.Delivered != 0 || done.Refused != 1 {
		t.Errorf("an unlinked patient: %+v", done)
	}
	wantIssue(t, done, "link")
}

// TestImportNeverMixesTwoPatients imports files that hold two people: with links
// each gets their own; where one was named who is known, the other's records are
// refused, wherever in the file they stand.
func TestImportNeverMixesTwoPatients(t *testing.T) {
	ben := strings.ReplaceAll(anna, "anna", "ben")
	of := func(who, id string) string {
		return fmt.Sprintf(`{"resourceType":"Basic","id":%q,"subject":{"reference":"Patient/%s"},"code":{"text":"x"}}`, id, who)
	}
	var many []string // more than are sorted at once, Ben's before Ben himself
	many = append(many, anna)
	for i := range 400 {
		many = append(many, of("ben", fmt.Sprintf("b%03d", i)))
	}
	many = append(many, of("anna", "a1"), ben, of("anna", "a2"))
	h := town.org(t, "hospital-a")
	for _, kind := range []string{"ndjson", "batch", "collection"} {
		file := strings.Join(many, "\n")
		if kind != "ndjson" {
			file = bundleOf(kind, many...)
		}
		p := town.patient(t, "Anna", "hospital-a")
		// Which of the two is the one named nobody knows: none of them is taken.
		done, err := importAt(t, h, p.Subject(), []byte(file))
		must(t, err)
		if done.Delivered != 0 || done.Refused != 404 {
			t.Errorf("%s: of two unknown people %d were delivered, %d refused", kind, done.Delivered, done.Refused)
		}
		link(t, h, intake.PatientID, "anna", p)
		done, err = importAt(t, h, p.Subject(), []byte(file))
		must(t, err)
		unlink(t, h, "anna")
		chart, err := p.Charts.OpenOwn(t.Context())
		must(t, err)
		if got := ids(chart); got != "a1 a2 anna" || done.Refused != 401 {
			t.Errorf("%s: Anna's chart holds %.60q, %d refused", kind, got, done.Refused)
		}
	}
	p := town.patient(t, "Anna", "hospital-a")
	done, err := importAt(t, h, p.Subject(), []byte(bundleOf("transaction", many...)))
	wants(t, err, stele.KindInvalid, "a transaction of two patients for one")
	if done.Delivered != 0 {
		t.Errorf("%d delivered", done.Delivered)
	}

	// By links. A number counts in its own system only.
	a, b := town.patient(t, "Anna", "hospital-b"), town.patient(t, "Ben", "hospital-b")
	h = town.org(t, "hospital-b")
	link(t, h, intake.PatientID, "anna", a)
	link(t, h, "urn:mrn", "77", b)
	person := func(id, system string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"system":%q,"value":"77"}]}`, id, system)
	}
	lines := []string{of("ben", "b1"), anna, person("ben", "urn:mrn"), of("anna", "a1"), person("other", "urn:ssn"), of("other", "o1"), of("never", "n1")}
	done, err = importAt(t, h, stele.Subject{}, []byte(strings.Join(lines, "\n")))
	must(t, err)
	for p, want := range map[*client.Session]string{a: "a1 anna", b: "b1 ben"} {
		chart, err := p.Charts.OpenOwn(t.Context())
		must(t, err)
		if ids(chart) != want {
			t.Errorf("%s holds %q, want %q", p.Name(), ids(chart), want)
		}
	}
	if done.Refused != 3 {
		t.Errorf("%d refused, want 3: %v", done.Refused, done.Issues)
	}

	// Whoever is linked to somebody else is not taken for the one named.
	done, err = importAt(t, h, b.Subject(), []byte(anna))
	must(t, err)
	if done.Delivered != 0 || done.Refused != 1 {
		t.Errorf("Anna's number under Ben: %+v", done)
	}
	unlink(t, h, "anna")
	unlink(t, h, "77")
}

// link ties a number to a patient.
func link(t testing.TB, h *client.Session, system, number string, p *client.Session) {
	t.Helper()
	must(t, h.Links().Link([]links.Link{{System: system, Number: number, Subject: p.Subject()}}, links.Confirmed{}))
}

// TestImportOfManyGoesOnWithoutOne delivers NDJSON of two linked patients, one of
// whom has taken her write grant back; a transaction of both delivers nothing.
func TestImportOfManyGoesOnWithoutOne(t *testing.T) {
	h := town.org(t, "hospital-b")
	a, b := town.patient(t, "Anna"), town.patient(t, "Ben", "hospital-b")
	link(t, h, intake.PatientID, "anna", a)
	link(t, h, intake.PatientID, "ben", b)
	ben := strings.ReplaceAll(anna, "anna", "ben")
	done, err := importAt(t, h, stele.Subject{}, []byte(bundleOf("transaction", anna, ben)))
	wants(t, err, stele.KindInvalid, "a transaction over two charts")
	if done.Delivered != 0 || entries(t, b) != 2 {
		t.Errorf("of a transaction %d were delivered", done.Delivered)
	}
	done, err = importAt(t, h, stele.Subject{}, []byte(anna+"\n"+ben))
	must(t, err)
	if done.Delivered != 1 || done.Refused != 1 || len(done.Issues) != 1 {
		t.Errorf("%+v", done)
	}
	unlink(t, h, "anna")
	unlink(t, h, "ben")
}

var long = flag.Bool("long", false, "run what takes more than half a minute")

// TestImportOfAHundredMegabytes streams one Bundle of 100 MB and watches memory.
func TestImportOfAHundredMegabytes(t *testing.T) {
	if !*long {
		t.Skip("-long runs it")
	}
	p := town.patient(t, "Anna", "hospital-a")
	var one bytes.Buffer
	must(t, sample.Write(&one, 1, 1, sample.Options{}))
	b := readBundle(t, one.Bytes())
	reader, writer := io.Pipe()
	written := 0
	go func() {
		n, _ := fmt.Fprintf(writer, `{"resourceType":"Bundle","type":"batch","entry":[{"resource":%s,"request":{"method":"PUT","url":"x"}}`, b.Entry[0].Resource)
		for round := 0; n < 100<<20; round++ {
			for _, e := range b.Entry[1:] {
				id := fmt.Sprintf(`"id":"r%d-`, round)
				m, _ := fmt.Fprintf(writer, `,{"resource":%s,"request":{"method":"PUT","url":"x"}}`, bytes.Replace(e.Resource, []byte(`"id":"`), []byte(id), 1))
				n += m
			}
		}
		m, _ := io.WriteString(writer, "]}")
		written = n + m
		writer.Close()
	}()
	peak, stop := watchMemory()
	start := time.Now()
	done, err := town.org(t, "hospital-a").Delivery.Import(t.Context(), reader, delivery.ImportOptions{Subject: p.Subject()})
	must(t, err)
	took := time.Since(start)
	stop()
	t.Logf("%d MB, %d resources, %d refused in %v: %.0f a second, %.1f MB a second; heap at most %d MB", written>>20, done.Delivered, done.Refused,
		took.Round(time.Millisecond), float64(done.Delivered)/took.Seconds(), float64(written>>20)/took.Seconds(), *peak>>20)
	if done.Refused > 0 || done.Delivered < 10_000 {
		t.Errorf("%d delivered, %d refused: %.300v", done.Delivered, done.Refused, done.Issues)
	}
	chart, err := p.Charts.OpenOwn(t.Context())
	must(t, err)
	if len(chart.Records) != done.Delivered {
		t.Errorf("%d of %d came back", len(chart.Records), done.Delivered)
	}
}

func watchMemory() (*uint64, func()) {
	peak, end, ended := new(uint64), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			*peak = max(*peak, m.HeapInuse)
			select {
			case <-end:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return peak, func() { close(end); <-ended }
}

// TestImportStopsWhereTheReaderDoes passes on a reader's own failure: what came
// before in a batch arrives.
func TestImportStopsWhereTheReaderDoes(t *testing.T) {
	p := town.patient(t, "Anna", "hospital-a")
	broken := errors.New("the disk is gone")
	file := io.MultiReader(strings.NewReader(anna+"\n"+allergy+"\n"), failing{broken})
	_, err := town.org(t, "hospital-a").Delivery.Import(t.Context(), file, delivery.ImportOptions{Subject: p.Subject()})
	if !errors.Is(err, broken) && stele.KindOf(err) != stele.KindOther {
		t.Errorf("error %v", err)
	}
	chart, err := p.Charts.OpenOwn(t.Context())
	must(t, err)
	if ids(chart) != "anna nuts" {
		t.Errorf("arrived: %q", ids(chart))
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func unlink(t testing.TB, h *client.Session, number string) {
	t.Helper()
	_, err := h.Links().Unlink(number, "")
	must(t, err)
}

package labels

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

const tableHead = "# a table\nsource: somewhere\nreviewed: 2026-11-28\nreviewer: nobody\n\n"

func TestTablesAreReadStrictly(t *testing.T) {
	good := tableHead + "icd-10\tF10-F16\tSUD,PSY\tdrugs\nwords\tsome words*\t-\t\nsystem\thttp://x.example/lab\tx-lab whole\tours\n"
	if _, err := ParseTable("own.txt", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for what, src := range map[string]string{
		"no head":             "icd-10\tF10\tSUD\tx\n",
		"no source":           "reviewed: 2026-11-28\nreviewer: x\n\nicd-10\tF10\tSUD\tx\n",
		"no reviewer":         "source: x\nreviewed: 2026-11-28\n\nicd-10\tF10\tSUD\tx\n",
		"no date":             "source: x\nreviewed: soon\nreviewer: x\n\nicd-10\tF10\tSUD\tx\n",
		"a month too many":    "source: x\nreviewed: 2026-13-01\nreviewer: x\n\nicd-10\tF10\tSUD\tx\n",
		"an unknown head":     "source: x\nreviewed: 2026-11-28\nreviewer: x\nlicence: y\n\nicd-10\tF10\tSUD\tx\n",
		"no row":              tableHead,
		"three columns":       tableHead + "icd-10\tF10\tSUD\n",
		"spaces for tabs":     tableHead + "icd-10 F10 SUD x\n",
		"an unknown label":    tableHead + "icd-10\tF10\tXYZ\tx\n",
		"a label twice":       tableHead + "icd-10\tF10\tSUD,SUD\tx\n",
		"a label and a space": tableHead + "icd-10\tF10\tSUD, PSY\tx\n",
		"no label":            tableHead + "icd-10\tF10\t\tx\n",
		"no code":             tableHead + "icd-10\t\tSUD\tx\n",
		"a space before":      tableHead + "icd-10\t F10\tSUD\tx\n",
		"an upper-case table": tableHead + "ICD\tF10\tSUD\tx\n",
		"a system of nothing": tableHead + "system\thttp://x.example\tx-lab\tx\n",
		"a system's coverage": tableHead + "system\thttp://x.example\tx-lab mostly\tx\n",
		"not UTF-8":           tableHead + "words\t\xff\xfe\tSUD\tx\n",
		"a line without end":  tableHead + "words\t" + strings.Repeat("x", 3000) + "\tSUD\tx\n",
	} {
		if _, err := ParseTable("own.txt", []byte(src)); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAnOwnTableOnlyAdds: what a hospital writes may not take a label away.
func TestAnOwnTableOnlyAdds(t *testing.T) {
	for what, rows := range map[string]string{
		"an ordinary code":       "icd-10\tF20\t-\tx\n",
		"an ordinary SNOMED":     "snomed\t58214004\t-\tx\n",
		"an ordinary word":       "words\tschizophrenia\t-\tx\n",
		"a mute word":            "words\tschizophrenia\t?\tx\n",
		"a known system":         "system\thttp://hl7.org/fhir/sid/icd-10\tours whole\tx\n",
		"a known system's kin":   "system\thttp://x.example/icd-10-xx\tours whole\tx\n",
		"SNOMED under a version": "system\thttp://snomed.info/sct/1/version/2\tours whole\tx\n",
		"a kind of clinic":       "clinic\tdentist\tPSY\tx\n",
		"security":               "security\tR\tPSY\tx\n",
		"a mute system":          "system\thttp://x.example\tours nothing\tx\n",
		"a code twice":           "icd-10\tK35\tSEX\tx\nicd-10\tK35\tPSY\ty\n",
		"a range backwards":      "icd-10\tK35-K30\tSEX\tx\n",
		"a star within":          "words\tsch*zo\tPSY\tx\n",
		"no code":                "icd-10\t...\tPSY\tx\n",
	} {
		table, err := ParseTable("own.txt", []byte(tableHead+rows))
		if err == nil {
			_, err = New(table)
		}
		if stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	table, err := ParseTable("own.txt", []byte(tableHead+
		"system\thttp://north.example/lab\tnorth-lab whole\tour laboratory\n"+
		"system\thttp://north.example/dx\ticd-10 whole\tICD-10 under our address\n"+
		"north-lab\tHIVX\tHIV\tan HIV test\nnorth-lab\tGEN*\tGDIS\tgenetics\n"+
		"icd-10\tK35\tSEX\twe think so\nwords\tsternenkind*\tSEX\tas our midwives say\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(table)
	if err != nil {
		t.Fatal(err)
	}
	coded := func(system, code string) string {
		return `{"resourceType":"Condition","code":{"coding":[{"system":"` + system + `","code":"` + code + `"}]}}`
	}
	for src, want := range map[string]string{
		coded("http://north.example/lab", "hivx"):                      "HIV",
		coded("http://north.example/lab", "GEN7"):                      "GDIS",
		coded("http://north.example/lab", "NA"):                        "-", // theirs to say: the table holds the system whole
		coded("http://south.example/lab", "NA"):                        "PDS",
		coded("http://north.example/dx", "F20.0"):                      "PSY",
		coded("http://hl7.org/fhir/sid/icd-10", "K35.8"):               "SEX",
		coded("http://hl7.org/fhir/sid/icd-10", "F20"):                 "PSY",
		`{"resourceType":"Condition","code":{"text":"Sternenkinder"}}`: "SEX",
	} {
		if got := said(p.Label(parse(t, src), nil)); got != want {
			t.Errorf("%s is %s, want %s", src, got, want)
		}
	}
	// The shipped rows say of every row of practice what they said before.
	for _, r := range rows(t) {
		src := parse(t, r.resource())
		if before, after := Default().Label(src, nil), p.Label(src, nil); !covers(after.Sensitivity, before.Sensitivity) {
			t.Errorf("rows.txt:%d was %v and is %v", r.line, before.Sensitivity, after.Sensitivity)
		}
	}
}

// TestShippedTablesSayWhatTheyRestOn: sources, review date, reviewer, and that
// no clinician has reviewed them as long as none has.
func TestShippedTablesSayWhatTheyRestOn(t *testing.T) {
	for _, table := range Shipped() {
		if len(table.Sources) == 0 || table.Reviewed == "" || !strings.Contains(table.Reviewer, "clinician") {
			t.Errorf("%s: %v, %s, %s", table.File, table.Sources, table.Reviewed, table.Reviewer)
		}
		for i := range table.Rows {
			r := &table.Rows[i]
			switch {
			case r.Table == "snomed" && !verhoeff(r.Pattern):
				t.Errorf("%s, line %d: %s is no SNOMED CT identifier", r.File, r.Line, r.Pattern)
			case r.Table == "loinc" && !luhn(r.Pattern):
				t.Errorf("%s, line %d: %s is no LOINC code", r.File, r.Line, r.Pattern)
			}
		}
	}
}

// luhn checks a LOINC code's check digit (LOINC Users' Guide, appendix C).
func luhn(code string) bool {
	number, check, ok := strings.Cut(code, "-")
	sum := 0
	for i := range len(number) {
		n := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return ok && check == string(rune('0'+(10-sum%10)%10))
}

// verhoeff checks an SCTID's check digit (SNOMED CT Release File Specification).
func verhoeff(code string) bool {
	times := [10][10]int{}
	for a := range 10 { // the dihedral group of order ten
		for b := range 10 {
			switch {
			case a < 5 && b < 5:
				times[a][b] = (a + b) % 5
			case a < 5:
				times[a][b] = 5 + (a+b-5)%5
			case b < 5:
				times[a][b] = 5 + (a-5-b+5)%5
			default:
				times[a][b] = (a - b + 5) % 5
			}
		}
	}
	turn := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	sum := 0
	for i := range len(code) {
		digit := int(code[len(code)-1-i] - '0')
		for range i % 8 {
			digit = turn[digit]
		}
		sum = times[sum][digit]
	}
	return sum == 0
}

func FuzzParseTable(f *testing.F) {
	f.Add([]byte(tableHead + "icd-10\tF10-F16\tSUD\tdrugs\nwords\t*abhängig* von\tPSY\t\nsystem\thttp://x.example/\tx whole\t\n"))
	for _, t := range Shipped() {
		if len(t.Rows) < 200 {
			src, _ := files.ReadFile("data/" + t.File)
			f.Add(src)
		}
	}
	r, p := rows(f), Default()
	f.Fuzz(func(t *testing.T, src []byte) {
		table, err := ParseTable("f", src)
		if err != nil {
			return
		}
		own, err := New(table)
		if err != nil {
			return
		}
		for _, r := range r[:20] {
			res := parse(t, r.resource())
			if before, after := p.Label(res, nil), own.Label(res, nil); !covers(after.Sensitivity, before.Sensitivity) {
				t.Fatalf("%v was %v and is %v", r, before.Sensitivity, after.Sensitivity)
			}
		}
	})
}

func FuzzLabel(f *testing.F) {
	for _, r := range rows(f) {
		f.Add([]byte(r.resource()))
	}
	f.Add([]byte(`{"resourceType":"Condition","text":{"div":"<div>a<b"},"code":{"coding":[{"code":{}}],"text":["x"]}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := fhir.Parse(src)
		if err != nil {
			return
		}
		l, why := Default().Explain(r, nil)
		if fast := Default().Label(r, nil); said(fast) != said(l) {
			t.Fatalf("labelled %v, explained %v", fast, l)
		}
		if !l.Category.Valid() || len(l.Sensitivity) > 0 && len(why) == 0 {
			t.Fatalf("%v without a reason", l)
		}
		var told set
		for _, w := range why {
			told |= setOf(w.Sensitivity...)
		}
		if told != setOf(l.Sensitivity...) {
			t.Fatalf("the label is %v, the reasons tell %v", l.Sensitivity, told.list())
		}
	})
}

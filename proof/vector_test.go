package proof

import (
	"bytes"
	"github.com/stele-health/stele/vectortest"
	"os"
	"path/filepath"
	"testing"
)

// TestExportVector reads a file that was written once: exports that patients
// hold must verify for ever. It is also what other implementations of the checks
// (header, commit, log, folio, record, receipt) are tried on.
func TestExportVector(t *testing.T) {
	for name, events := range map[string]int{"export.ndjson": 5, "export-2.ndjson": 6, "export-3.ndjson": 6} { // of version 1 to 3
		path := filepath.Join("..", "testdata", "vectors", name)
		if vectortest.Redrawing() && name == "export-3.ndjson" {
			if err := os.WriteFile(path, makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6)).export(t), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Verify(bytes.NewReader(raw), Expect{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Records != 4 || r.Events != events || r.Accesses != 2 || r.Receipts != 1 || r.Grants != 1 {
			t.Errorf("%s: report is %+v", name, r)
		}
	}
}

func BenchmarkHeader(b *testing.B) {
	v := fourVoters()
	light, trusted := v.block(b, 9, someHash, v), v.trusted(b)
	for b.Loop() {
		if _, err := trusted.Check(light); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLog checks a log of 10,000 events, the header included.
func BenchmarkLog(b *testing.B) {
	v := fourVoters()
	book, patient := patientBook(0)
	for i := range 10_000 {
		book.grant(i)
	}
	light := v.block(b, 10_000, book.appHash(), v)
	p, trusted := book.log(b, 2, 0, 9_999, light), v.trusted(b)
	for b.Loop() {
		if _, err := CheckLog(trusted, patient, Kept{}, p); err != nil {
			b.Fatal(err)
		}
	}
}

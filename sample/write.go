package sample

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/stele-health/stele"
)

// Hospital says whose chart of a person is meant.
type Hospital uint8

// The two hospitals of every place.
const (
	HospitalA Hospital = 0 // has known the person for years
	HospitalB Hospital = 1 // took the history later: some of the same facts, other ids
)

// Options say what kind of charts are made. The zero value is fine.
type Options struct {
	// Reference is today in the charts: nothing is dated on or after it. The
	// zero value is 2026-11-01.
	Reference time.Time
	// Hospital chooses the first or the second hospital's view.
	Hospital Hospital
}

func (o Options) day() day {
	if o.Reference.IsZero() {
		return civil(2026, 11, 1)
	}
	return dayOf(o.Reference)
}

// Patient returns the chart of the i-th person of a seed: a FHIR R4 transaction
// Bundle as JSON without white space. The same arguments give the same bytes on
// every machine. HospitalB has only the person's demographics for the newborn,
// whom it has never seen.
func Patient(seed uint64, i int, o Options) []byte { return AppendPatient(nil, seed, i, o) }

// AppendPatient appends what Patient returns to dst.
func AppendPatient(dst []byte, seed uint64, i int, o Options) []byte {
	at := first
	if o.Hospital == HospitalB {
		at = second
	}
	return appendBundle(dst, live(seed, i, o.day()), at)
}

// Bundles yields the charts of persons 0 to n-1 with their numbers. The bytes
// are valid until the next one.
func Bundles(seed uint64, n int, o Options) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		var buf []byte
		for i := range n {
			buf = AppendPatient(buf[:0], seed, i, o)
			if !yield(i, buf) {
				return
			}
		}
	}
}

// Write writes n charts as NDJSON, one Bundle a line. Its errors are w's.
func Write(w io.Writer, seed uint64, n int, o Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	for _, b := range Bundles(seed, n, o) {
		out.Write(b) // errors stay with the writer until Flush
		if err := out.WriteByte('\n'); err != nil {
			return stele.E("write sample", stele.KindOther, "could not write the charts", err)
		}
	}
	if err := out.Flush(); err != nil {
		return stele.E("write sample", stele.KindOther, "could not write the charts", err)
	}
	return nil
}

// WriteFolder writes one file for each of n charts into dir, which it makes when
// it is not there: patient-000000-a.json and so on. put writes a file and decides
// what becomes of one that is there; nil writes over it.
func WriteFolder(dir string, seed uint64, n int, o Options, put func(path string, chart []byte) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return stele.E("write sample", stele.KindOther, "could not make the folder", err)
	}
	if put == nil {
		put = func(path string, chart []byte) error { return os.WriteFile(path, chart, 0o644) }
	}
	for i, b := range Bundles(seed, n, o) {
		if err := put(filepath.Join(dir, FileName(i, o)), b); err != nil {
			return err
		}
	}
	return nil
}

// FileName is the name that WriteFolder gives the i-th chart.
func FileName(i int, o Options) string {
	return fmt.Sprintf("patient-%06d-%c.json", i, 'a'+rune(o.Hospital))
}

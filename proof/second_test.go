package proof

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// jury holds this implementation's verdicts on export files against the second one's.
type jury struct {
	dir string
	our map[string]string // verdicts, by file
	why map[string]string // what failed
	of  map[string]string // the files' names as the test gave them
}

// newJury skips the test where node is not, or make second has not fetched what it needs.
func newJury(t *testing.T) *jury {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no node")
	}
	if _, err := os.Stat("../second/node_modules"); err != nil {
		t.Skip("second/node_modules is missing: make second fetches it")
	}
	return &jury{t.TempDir(), map[string]string{}, map[string]string{}, map[string]string{}}
}

// hears takes a file and returns this implementation's verdict on it.
func (j *jury) hears(t *testing.T, name string, file []byte) string {
	t.Helper()
	r, err := Verify(bytes.NewReader(file), Expect{})
	own, lies := 0, 0
	for _, s := range r.Steps {
		switch {
		case s.OK:
		case s.Of == "":
			own++
		default:
			lies++
		}
	}
	verdict := "bad"
	switch counts := fmt.Sprintf("%d records, %d receipts, %d lies", r.Records, r.Receipts, lies); {
	case err == nil:
		verdict = "good: " + counts
	case own == 0:
		verdict = "told: " + counts
	}
	f := fmt.Sprintf("%05d", len(j.our))
	j.our[f], j.why[f], j.of[f] = verdict, firstFailed(r), name
	if err := os.WriteFile(filepath.Join(j.dir, f), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return verdict
}

// agrees fails the test for every file on which the second implementation says otherwise.
func (j *jury) agrees(t *testing.T) {
	t.Helper()
	out, err := exec.Command("node", "../second/verdicts.mjs", j.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	heard, differ := 0, 0
	for l := range strings.Lines(string(out)) {
		parts := append(strings.Split(strings.TrimSpace(l), "\t"), "")
		heard++
		if f := parts[0]; j.our[f] != parts[1] {
			differ++
			t.Errorf("%s: this one says %q (%s), the second %q (%s)", j.of[f], j.our[f], j.why[f], parts[1], parts[2])
		}
	}
	if heard != len(j.our) {
		t.Errorf("the second gave %d verdicts on %d files", heard, len(j.our))
	}
	t.Logf("%d files, %d differ", heard, differ)
}

// TestR6BothImplementationsJudgeReceiptsAlike: of trustees of two eras and of a stranger, at
// heights about the change, about the log's, and of no block that can be. A lie is told
// of the trustee, and the records hold all the same; of a block that may be there what
// does not fit is neither good nor false.
func TestR6BothImplementationsJudgeReceiptsAlike(t *testing.T) {
	j := newJury(t)
	then := wire.Ed25519FromSeed([32]byte{1})
	const good, ahead, lie = "good: 4 records, 1 receipts, 0 lies", "good: 4 records, 0 receipts, 0 lies", "told: 4 records, 0 receipts, 1 lies"
	for _, height := range []int64{-1 << 62, -1, 0, 1, 4, 5, 6, 7, proofHeight, proofHeight + 1, proofHeight + 600, proofHeight + 601, proofHeight + 5000, 1 << 40} {
		for name, by := range map[string]wire.Signer{"then": then, "later": nextTrustee, "stranger": wire.Ed25519FromSeed([32]byte{77})} {
			for _, logged := range []bool{true, false} {
				w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
				w.details = nil
				if !logged {
					w.receipts[0].Receipt = forRequest(w, [16]byte{99})
				}
				w.released(height, by)
				want := lie
				switch {
				case height > proofHeight && height <= proofHeight+600:
					want = ahead
					if logged && name == "later" {
						want = good
					}
				case logged && (height == 5 && name == "then" || height >= 6 && height <= proofHeight && name == "later"):
					want = good
				}
				what := fmt.Sprintf("at %d by the one of %s, logged %v", height, name, logged)
				if got := j.hears(t, what, w.export(t)); got != want {
					t.Errorf("%s: %q, want %q", what, got, want)
				}
			}
		}
	}
	// Whoever writes the file later may have been told of later blocks.
	for ms, want := range map[int64]string{0: lie, 59_999: lie, 60_000: ahead, -1 << 40: lie} {
		w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
		w.details = nil
		w.released(proofHeight+1200, then)
		file := string(w.export(t))
		h := w.voters.header(proofHeight+1, stele.Digest{}, w.voters)
		made := fmt.Sprintf(`"made_ms":%d,`, h.Time.UnixMilli()+ms)
		file = strings.Replace(file[:lastLine([]byte(file))], fmt.Sprintf(`"made_ms":%d,`, testStart.UnixMilli()), made, 1)
		if got := j.hears(t, made, redigested(t, file)); got != want {
			t.Errorf("written %d ms after the log: %q, want %q", ms, got, want)
		}
	}
	j.agrees(t)
}

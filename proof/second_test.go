package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	sources, _ := filepath.Glob("../second/*.mjs")
	for _, name := range sources { // so that Go runs the test anew when one changes
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
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

// TestR26BothImplementationsReadWhoMayIssueCredentials: the events by which the consortium's
// log grows stand in the file, whole or not at all, and who released then is judged by
// members whom they leave as they are.
func TestR26BothImplementationsReadWhoMayIssueCredentials(t *testing.T) {
	j := newJury(t)
	for _, from := range []int64{3, 6} {
		w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterIssuers(from))
		if got := j.hears(t, fmt.Sprintf("issuers from %d on", from), w.export(t)); !strings.HasPrefix(got, "good: 4 records, 1 receipts, 0 lies") {
			t.Errorf("from %d on: %q", from, got)
		}
		w.runners.Events, w.runners.Head.Size = w.runners.Events[:2], 2
		if got := j.hears(t, "an admission left out", w.export(t)); got != "bad" {
			t.Errorf("an admission left out: %q", got)
		}
	}
	j.agrees(t)
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

// share is which part of the changed files the two implementations are held against each
// other on: all take half a minute.
const share = 5

// TestR15BothImplementationsJudgeChangedFilesAlike changes good exports in many ways and digests
// them again: lines left out, doubled and exchanged, numbers, texts, bits.
func TestR15BothImplementationsJudgeChangedFilesAlike(t *testing.T) {
	j := newJury(t)
	for wn, w := range []*world{makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6)), makeWorld(t, newVoters("alone"))} {
		lines := slices.Collect(strings.Lines(string(w.export(t))))
		lines = lines[:len(lines)-1]
		n := 0
		always := func(name string, lines ...string) {
			j.hears(t, fmt.Sprint(wn, " ", name), redigested(t, strings.Join(lines, "")))
		}
		sometimes := func(name string, lines ...string) {
			if n++; n%share == wn {
				always(name, lines...)
			}
		}
		always("as it is", lines...)
		for _, c := range [][2]string{
			{"\ufffd", `\ud800`}, {"\ufffd", `\udfff`}, {`"made_ms":`, `"made_ms":-`}, {`"made_ms":`, `"made_ms":99999`}, {`"index":1,"folios":2`, `"index":-1,"folios":2`},
			{`"index":1,"folios":2`, `"index":4294967296,"folios":4294967297`}, {`"version":3`, `"version":2`}, {`"version":3`, `"version":1`},
		} {
			body := strings.Join(lines, "")
			if !strings.Contains(body, c[0]) {
				t.Fatalf("no line has %q", c[0])
			}
			always(c[1], strings.ReplaceAll(body, c[0], c[1]))
		}
		for i, line := range lines {
			sometimes(fmt.Sprint("without line ", i), slices.Delete(slices.Clone(lines), i, i+1)...)
			sometimes(fmt.Sprint("twice line ", i), slices.Insert(slices.Clone(lines), i, line)...)
			for k := i + 1; k < min(i+6, len(lines)); k++ {
				exchanged := slices.Clone(lines)
				exchanged[i], exchanged[k] = lines[k], line
				sometimes(fmt.Sprint("exchanged ", i, " and ", k), exchanged...)
			}
			for what, changed := range changedLines(line) {
				sometimes(fmt.Sprintf("line %d: %s", i, what), slices.Replace(slices.Clone(lines), i, i+1, changed)...)
			}
		}
	}
	j.agrees(t)
}

// TestR45BothImplementationsJudgeCardsAlike: what a trustee kept of an asking that the log does
// not commit to carries a card that an issuer of then signed.
func TestR45BothImplementationsJudgeCardsAlike(t *testing.T) {
	j := newJury(t)
	for _, by := range []wire.Signer{issuerSigner, nextIssuer, memberSigner} {
		for _, seconds := range []int64{-600, 6 - 300, 6 - 301, 6, 6 + 300, 6 + 301, 600, -1 << 52, 1 << 52} {
			for _, request := range [][]byte{nil, {1}, make([]byte, 16)} {
				w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
				w.asked(seconds, by)
				w.details[2].Request = request
				j.hears(t, fmt.Sprint(seconds, " s by ", by.Public(), " for ", request), w.export(t))
			}
		}
	}
	for what, change := range map[string]func(*wire.Detail){
		"other words":        func(d *wire.Detail) { d.Detail = append(d.Detail, 0x32, 1, 'x') },
		"a long reason":      func(d *wire.Detail) { d.Why = strings.Repeat("é", stele.MaxReason/2) + "x" },
		"the longest reason": func(d *wire.Detail) { d.Why = strings.Repeat("é", stele.MaxReason/2) },
		"the first of times": func(d *wire.Detail) { d.TimeMs, d.Request = -1<<63, nil },
		"the last of times":  func(d *wire.Detail) { d.TimeMs, d.Request = 1<<63-1, nil },
	} {
		for i := range 3 {
			w := makeWorldRun(t, fourVoters(), []int{3, 1}, laterTrustee(6))
			w.asked(0, issuerSigner)
			change(w.details[i])
			j.hears(t, fmt.Sprint("detail ", i+1, ": ", what), w.export(t))
		}
	}
	j.agrees(t)
}

var aNumber = regexp.MustCompile(`":(-?\d+)`)

// changedLines are a line with each of its numbers another one, and with bytes of its fields
// changed, cut or followed by more.
func changedLines(line string) iter.Seq2[string, string] {
	return func(yield func(what, line string) bool) {
		for _, at := range aNumber.FindAllStringSubmatchIndex(line, -1) {
			for _, to := range []string{"0", "1", "-1", "-0", "600", "4294967296", "9007199254740991", "9007199254740992", "9007199254740993", "18446744073709551615"} {
				if !yield(line[max(0, at[0]-10):at[2]]+to, line[:at[2]]+to+line[at[3]:]) {
					return
				}
			}
		}
		var fields map[string]any
		_ = json.Unmarshal([]byte(line), &fields)
		random := rand.New(rand.NewPCG(7, uint64(len(line))))
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			text, _ := fields[name].(string)
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil || len(raw) < 4 || name == "kind" {
				continue
			}
			for range 6 {
				bad := bytes.Clone(raw)
				switch random.IntN(4) {
				case 0:
					bad[random.IntN(len(bad))] ^= 1 << random.IntN(8)
				case 1: // a field that nobody knows
					bad = append(bad, 0xf8, 0x7f, 0x01)
				case 2:
					bad = bad[:random.IntN(len(bad))]
				case 3: // an empty field
					bad = append(bad, 0x0a, 0x00)
				}
				if !yield("bytes of "+name, strings.Replace(line, text, base64.StdEncoding.EncodeToString(bad), 1)) {
					return
				}
			}
		}
	}
}

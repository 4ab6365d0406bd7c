package sample

import (
	"bytes"
	"testing"
)

func TestStoryIsElenaAndHerSecretStaysAtHospitalA(t *testing.T) {
	a, b := Story()
	again, _ := Story()
	if !bytes.Equal(a, again) {
		t.Fatal("two tellings differ")
	}
	types := checkChart(t, a, "2026-11-01")
	checkChart(t, b, "2026-11-01")
	t.Logf("hospital A %d bytes %v, hospital B %d bytes", len(a), types, len(b))
	for _, both := range []string{`"family":"Marchetti"`, `"91936005"`, `"855332"`, `"49436004"`} {
		if !bytes.Contains(a, []byte(both)) || !bytes.Contains(b, []byte(both)) {
			t.Errorf("%s is not in both charts", both)
		}
	}
	for _, only := range []string{`"370143000"`, `"44261-6"`, `"312941"`} {
		if !bytes.Contains(a, []byte(only)) || bytes.Contains(b, []byte(only)) {
			t.Errorf("%s is not in hospital A's chart alone", only)
		}
	}
	if !bytes.Contains(a, []byte(`"39579001"`)) {
		t.Error("no anaphylaxis")
	}
	if len(b)*2 > len(a) {
		t.Error("hospital B's chart is not small")
	}
}

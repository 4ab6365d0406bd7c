package wallet_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCheckReadsEveryTable: a table that Check does not know makes it call a whole book damaged, and its owner goes back
// to an older copy.
func TestCheckReadsEveryTable(t *testing.T) {
	check, err := os.ReadFile("check.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, table := range regexp.MustCompile(`(\w+)\s*= &book\.Table\[`).FindAllSubmatch(raw, -1) {
			if tables++; !regexp.MustCompile(`\b` + string(table[1]) + `\b`).Match(check) {
				t.Errorf("Check does not read %s of %s", table[1], file)
			}
		}
	}
	if tables < 12 {
		t.Errorf("only %d tables are found", tables)
	}
}

package paper_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele/spell"
)

// tool runs a program of Debian's, and skips where there is none.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("there is no " + name + " here (poppler-utils, zbar-tools)")
	}
	out, err := exec.Command(path, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

// TestPrintedPagesAreReadByOthers: poppler draws the PDF, ZBar reads its QR code, and
// the text is there to be copied.
func TestPrintedPagesAreReadByOthers(t *testing.T) {
	for name, p := range map[string]struct {
		page maker
		scan string
		says []string
	}{
		"card": {card("Łukasz José"), spell.SubjectScan(subject()), append(strings.Fields(spell.Subject(subject())), "Łukasz José", "opens nothing")},
		"wang": {card("王小明"), spell.SubjectScan(subject()), nil},
		"slip": {slip(), slip().Code.Scan(), append(strings.Fields(slip().Code.Text()), "St. Mary's Hospital", "works once")},
	} {
		pdf, err := p.page.PDF()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), name+".pdf")
		if err := os.WriteFile(file, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(tool(t, "pdftotext", "-layout", file, "-")), " ")
		for _, want := range p.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %s:\n%s", name, want, text)
			}
		}
		if info := tool(t, "pdfinfo", file); !strings.Contains(info, "Pages:           1\n") || !strings.Contains(info, "A4") {
			t.Errorf("%s is not one page of A4:\n%s", name, info)
		}
		picture := strings.TrimSuffix(file, ".pdf")
		tool(t, "pdftoppm", "-r", "100", "-png", "-singlefile", file, picture) // as coarse as a screen
		if got := strings.TrimSpace(tool(t, "zbarimg", "--quiet", "--raw", picture+".png")); got != p.scan {
			t.Errorf("%s is read as %q", name, got)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAMistypedWordHasAnAnswer: what is typed wrong ends with 2 or 4, and the hint names
// what was probably meant.
func TestAMistypedWordHasAnAnswer(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"sule", "hospital-a"} {
		path := filepath.Join(home, "wallets", name+".wallet")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for line, want := range map[string]struct {
		code int
		says string
	}{
		"wallet show --as suel":                     {4, "did you mean sule? here are hospital-a, sule"},
		"wallet show --as hospital":                 {4, "did you mean hospital-a?"},
		"wallet show --as nobody":                   {4, "hint: here are hospital-a, sule"},
		"wallet timeline --as sule --kind vital":    {2, "did you mean vitals? the categories are"},
		"wallet grant --categorie x":                {2, "did you mean --categories? see: stele wallet grant --help"},
		"sample --patients x":                       {2, `--patients takes a whole number, and "x" is none`},
		"wallet grant --uses -1":                    {2, `--uses takes a whole number, not below 0, and "-1" is none`},
		"patient enrol --wait x":                    {2, `--wait takes a length of time such as 60s, and "x" is none`},
		"wallet grant --all=x":                      {2, `--all takes true or false, and "x" is none`},
		"help walet":                                {2, "did you mean: stele wallet?"},
		"help wallet opne":                          {2, "did you mean: stele wallet open?"},
		"completion nosuch":                         {2, `stele completion knows no command "nosuch"`},
		"help nosuch":                               {2, `stele knows no command "nosuch"`},
		"sample --patients 1 --out -":               {2, "- is no name of a file here"},
		"label explain nosuch":                      {4, "name files or folders of FHIR R4 JSON"},
		"label explain " + t.TempDir():              {4, "a file that is called otherwise is read where it is named itself"},
		"config check --home " + t.TempDir() + "/x": {4, "stele member init"},
	} {
		got := run(t, 20*time.Second, map[string]string{"STELE_HOME": home}, strings.Fields(line)...)
		if got.code != want.code || !strings.Contains(got.err, want.says) || got.out != "" {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", line, got.code, want.code, want.says, got.out, got.err)
		}
	}
	if got := run(t, 20*time.Second, nil, "help", "wallet", "open"); got.code != 0 || !strings.Contains(got.out, "stele wallet open PATIENT") {
		t.Errorf("help of a command: exit %d\n%s", got.code, got.out)
	}
}

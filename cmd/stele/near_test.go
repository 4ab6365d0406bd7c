package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wire"
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

// TestAFolderThatCantBeReadIsNamed: the one within, not the one that was typed.
func TestAFolderThatCantBeReadIsNamed(t *testing.T) {
	err := unreadable("charts", &fs.PathError{Op: "open", Path: "charts/ward", Err: fs.ErrPermission})
	if text := stele.TextOf(err); !strings.Contains(text, "charts/ward: this user may not read it") || stele.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
}

// TestAPatientWhoIsNotLinkedIsNamedOnce: with how many records name her; a few records
// are listed each, and what is wrong otherwise is not among them.
func TestAPatientWhoIsNotLinkedIsNamedOnce(t *testing.T) {
	issue := func(entry, what string) string { return "entry " + entry + ": Observation/" + entry + ": " + what }
	ana, ben := "link: its patient is not linked here: Patient/ana", "link: its patient is not linked here: Patient/ben"
	var issues []string
	for i := range 2 * maxListed {
		issues = append(issues, issue(strconv.Itoa(i), ana))
	}
	rest := []string{issue("x", ben), issue("y", "Observation.status: required: there is none")}
	var out bytes.Buffer
	f := &face{Terminal: &terminal.Terminal{Out: terminal.New(&out), Err: terminal.New(&out), Width: 80}}
	if left := f.strangers("a.json", append(issues, rest...), false); strings.Join(left, "|") != strings.Join(rest, "|") {
		t.Errorf("left to be listed: %q", left)
	}
	if got := out.String(); got != "✗ a.json: 10 resources are refused: its patient is not linked here: Patient/ana\n" {
		t.Errorf("it says %q", got)
	}
	if left := f.strangers("a.json", issues, true); len(left) != len(issues) {
		t.Error("a dry run does not list each")
	}
}

// TestAPortThatOthersDoNotKnowIsSaid: what a configuration listens at is held against
// where the network file sends the others.
func TestAPortThatOthersDoNotKnowIsSaid(t *testing.T) {
	pin := bytes.Repeat([]byte{1}, 32)
	for _, c := range []struct {
		services, peers, tls, url string
		pin                       []byte
		want                      string // of each note its first word
	}{
		{"127.0.0.1:7300", "127.0.0.1:7301", "none", "http://127.0.0.1:7300", nil, ""},
		{":7300", ":7301", "own", "https://h.example:7300", pin, ""},
		{":443", ":7301", "files", "https://h.example", nil, ""},
		{"127.0.0.1:7310", "127.0.0.1:7301", "none", "http://127.0.0.1:7300", nil, "services.listen"},
		{"127.0.0.1:7300", "127.0.0.1:7311", "none", "http://127.0.0.1:7300", nil, "peers.listen"},
		{":7310", ":7311", "own", "https://h.example:7300", pin, "services.listen peers.listen"},
		{":7300", ":7301", "files", "https://h.example:7300", pin, "services.tls"},
		{"127.0.0.1:7300", ":7301", "none", "https://h.example:7300", pin, "services.tls"},
		{"127.0.0.1:7300", ":7301", "own", "http://127.0.0.1:7300", nil, "services.tls"},
		{"127.0.0.1:7300", ":7301", "none", "https://h.example", nil, "services.listen services.tls"}, // a proxy
	} {
		from := config.Default()
		from.Services.Listen, from.Peers.Listen, from.Services.TLS = c.services, c.peers, c.tls
		var got []string
		for _, note := range missed(from, &wire.MemberAddress{Url: c.url, Pin: c.pin, Peer: strings.Repeat("a", 40) + "@h.example:7301"}) {
			got = append(got, strings.Fields(note)[0])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %q", c, got)
		}
	}
}

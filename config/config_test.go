package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestExampleHasEveryKeyAndIsAccepted: and it says the defaults.
func TestExampleHasEveryKeyAndIsAccepted(t *testing.T) {
	for _, text := range []string{Example(), "\ufeff" + strings.ReplaceAll(Example(), "\n", "\r\n")} { // as an editor writes it on Windows
		if _, err := Read(write(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := parse([]byte(Example()), File)
	if err != nil || c != Default() {
		t.Errorf("the example says %+v, the defaults are %+v (%v)", c, Default(), err)
	}
	for _, key := range knownKeys(reflect.TypeFor[Config](), "") {
		if name := key[strings.LastIndex(key, ".")+1:]; !strings.Contains(Example(), "\n"+name+" ") {
			t.Errorf("the example lacks %s", key)
		}
	}
}

// TestTextIsAFileThatSaysTheSame: config print can be fed back.
func TestTextIsAFileThatSaysTheSame(t *testing.T) {
	c := Default()
	c.Folder, c.Services.Listen, c.Services.TLS, c.Log.Level = "/var/lib/stele", ":7300", TLSOwn, "debug"
	text, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	back, err := parse([]byte(text), File)
	if err != nil || back != c {
		t.Errorf("%+v became %+v (%v)", c, back, err)
	}
}

// TestUnknownKeysAreRefusedWithLineAndHint: a misspelt key does not pass for a
// default.
func TestUnknownKeysAreRefusedWithLineAndHint(t *testing.T) {
	for text, want := range map[string][2]string{
		"[services]\nlisen = \"127.0.0.1:1\"\n":    {":2: there is no key services.lisen", "services.listen"},
		"\n\nfoldr = \"x\"\n":                      {":3: there is no key foldr", "folder"},
		"[servces]\nlisten = \"127.0.0.1:1\"\n":    {":1: there is no key servces", "did you mean services?"},
		"[log]\nlevel = 3\n":                       {":2: ", "example"},
		"folder = \"a\nlog = 1":                    {":1: ", "example"},
		"folder = \"a\"\nfolder = \"b\"\n":         {":2: ", "example"},
		"[peers]\nlisten = \"127.0.0.1:1\"\nx=1\n": {":3: there is no key peers.x", "the keys are"},
	} {
		_, err := Read(write(t, text))
		if stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), want[0]) || !strings.Contains(stele.HintOf(err), want[1]) {
			t.Errorf("%q: %v, hint %q; want %q and %q", text, err, stele.HintOf(err), want[0], want[1])
		}
	}
}

// TestASecretInTheFileIsRefusedAndNotRepeated: only paths belong there.
func TestASecretInTheFileIsRefusedAndNotRepeated(t *testing.T) {
	const secret = "MC4CAQAwBQYDK2VwBCIEIHplanted"
	for _, text := range []string{
		"[services]\ntls = \"files\"\ncertificate = \"c.pem\"\nkey = \"\"\"-----BEGIN PRIVATE KEY-----\n" + secret + "\n\"\"\"\n",
		"share = \"" + secret + "\"\n",
		"[services]\nkey = [\"" + secret + "\"]\n",
		"passphrase = " + secret + "\n",
	} {
		_, err := Read(write(t, text))
		if err == nil {
			t.Errorf("%q is accepted", text)
			continue
		}
		if said := err.Error() + stele.HintOf(err); strings.Contains(said, secret) {
			t.Errorf("the secret is repeated: %s", said)
		}
	}
}

// TestNoListenerLeavesLoopbackInTheClear: services without TLS and the admin
// listener are for this machine.
func TestNoListenerLeavesLoopbackInTheClear(t *testing.T) {
	for _, address := range []string{":7300", "0.0.0.0:7300", "[::]:7300", "192.0.2.1:7300", "stele.example.org:7300"} {
		c := Default()
		c.Services.Listen = address
		if c.Check() == nil {
			t.Errorf("services on %s without TLS are accepted", address)
		}
		c.Services.TLS = TLSOwn
		if err := c.Check(); err != nil {
			t.Errorf("services on %s with TLS: %v", address, err)
		}
		c.Admin.Listen = address
		if c.Check() == nil {
			t.Errorf("an admin listener on %s is accepted", address)
		}
	}
	for _, address := range []string{"127.0.0.1:7300", "[::1]:7300", "localhost:7300", "127.8.0.1:7300"} {
		c := Default()
		c.Services.Listen, c.Admin.Listen = address, strings.Replace(address, ":7300", ":7399", 1)
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestNoTwoPartsListenAtOneAddress, but for a port that is chosen when it starts.
func TestNoTwoPartsListenAtOneAddress(t *testing.T) {
	for address, fine := range map[string]bool{"127.0.0.1:7300": false, "127.0.0.1:0": true} {
		for what, of := range map[string]func(*Config) (one, other *string){
			"services and peers": func(c *Config) (one, other *string) { return &c.Services.Listen, &c.Peers.Listen },
			"services and admin": func(c *Config) (one, other *string) { return &c.Services.Listen, &c.Admin.Listen },
			"peers and admin":    func(c *Config) (one, other *string) { return &c.Peers.Listen, &c.Admin.Listen },
		} {
			c := Default()
			c.Services.Listen = "127.0.0.1:7390"
			one, other := of(&c)
			*one, *other = address, address
			if err := c.Check(); (err == nil) != fine {
				t.Errorf("%s at %s: %v", what, address, err)
			}
		}
	}
}

// FuzzParse: whatever stands in the file, it is refused with a line or accepted.
func FuzzParse(f *testing.F) {
	f.Add(Example())
	f.Add("[services]\nlisen = 1")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parse([]byte(text), File); err != nil && stele.HintOf(err) == "" {
			t.Errorf("%q is refused without a hint: %v", text, err)
		}
	})
}

package member

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// FuzzIdentity reads a member's file. One that is taken gives the same keys when it
// is saved and read again; one that is not is KindInvalid.
func FuzzIdentity(f *testing.F) {
	good, err := json.Marshal(NewIdentity("Northside Hospital", "hospital", []byte("document")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`null`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"secret":"AAAA","share":"AAAA"}`))
	f.Add([]byte(`{"secret":"AAAA","shares":["AAAA",null]}`))
	folder, other := f.TempDir(), f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(filepath.Join(folder, IdentityFile), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		id, err := LoadIdentity(folder)
		if err != nil {
			if stele.KindOf(err) != stele.KindInvalid || !strings.Contains(stele.TextOf(err), IdentityFile) || stele.HintOf(err) == "" {
				t.Fatalf("refused as %v: %v; hint %q", stele.KindOf(err), err, stele.HintOf(err))
			}
			return
		}
		if len(id.Secret) != 32 || id.Subject != stele.SubjectOf(id.Document) {
			t.Fatal("a member without a secret, or under another's name")
		}
		if _, err := id.shares(); err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Fatal(err)
		}
		if err := id.Save(other); err != nil {
			t.Fatal(err)
		}
		again, err := LoadIdentity(other)
		if err != nil || again.Validator() != id.Validator() || string(again.Node().Public().Key) != string(id.Node().Public().Key) {
			t.Fatalf("another member after saving: %v", err)
		}
	})
}

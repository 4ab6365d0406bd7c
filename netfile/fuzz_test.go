package netfile

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// FuzzNetwork reads the file that wallets and members are handed: one that is taken
// has addresses of this machine only, for nobody has signed any.
func FuzzNetwork(f *testing.F) {
	good, err := protojson.Marshal(&wire.Network{Genesis: []byte("{}"), Members: []*wire.MemberAddress{{Subject: make([]byte, 20), Name: "a", Url: "http://127.0.0.1:1"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"url":"http://127.0.0.1:1"}`))
	f.Add([]byte(`null`))
	path := filepath.Join(f.TempDir(), Name)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := Read(path)
		if kind := stele.KindOf(err); err != nil && kind != stele.KindInvalid && kind != stele.KindProof {
			t.Fatalf("refused as %v: %v", kind, err)
		}
		for _, m := range n.GetMembers() {
			if err == nil && !wire.Loopback(m.Url) {
				t.Fatalf("%q is believed, and nobody signed it", m.Url)
			}
		}
	})
}

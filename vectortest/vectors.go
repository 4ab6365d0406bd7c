package vectortest

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	update = flag.Bool("update", false, "write testdata again")
	redraw = flag.Bool("redraw", false, "write those again that are another each time they are made")
)

// Updating reports whether files are to be written again, of other tests, too.
func Updating() bool { return *update }

// Redrawing reports whether files are to be written again that are another each time: what
// they hold is random.
func Redrawing() bool { return *redraw }

// Hex is bytes that stand in a file as hexadecimal digits.
type Hex []byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// Hexes are several.
func Hexes(list [][]byte) []Hex {
	out := make([]Hex, len(list))
	for i, b := range list {
		out[i] = b
	}
	return out
}

// Bytes is the inverse of Hexes.
func Bytes(list []Hex) [][]byte {
	out := make([][]byte, len(list))
	for i, b := range list {
		out[i] = b
	}
	return out
}

// Reproduced fails unless a file ("seal.json") is what made says as JSON.
func Reproduced(t testing.TB, name string, made any) {
	t.Helper()
	if *update {
		Write(t, name, made)
	}
	got, err := os.ReadFile(path(name))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), encode(t, made)); diff != "" {
		t.Fatalf("%s is not what the code computes (-file +code); if the format may change, write it again with -update:\n%.4000s", name, diff)
	}
}

// Write writes a file.
func Write(t testing.TB, name string, made any) {
	t.Helper()
	if err := os.WriteFile(path(name), []byte(encode(t, made)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func encode(t testing.TB, made any) string {
	t.Helper()
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(made); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Read reads a file into a value.
func Read(t testing.TB, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path(name))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// path finds a file from a room that stands at the root.
func path(name string) string { return filepath.Join("..", "testdata", "vectors", name) }

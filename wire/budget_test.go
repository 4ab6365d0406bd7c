package wire

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
)

// made counts what is there after decoding.
func made(m protoreflect.Message) (n int) {
	rest := m.GetUnknown()
	for len(rest) > 0 {
		_, _, size := protowire.ConsumeField(rest)
		rest, n = rest[size:], n+1
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList():
			for i := range v.List().Len() {
				n++
				if f.Message() != nil {
					n += made(v.List().Get(i).Message())
				}
			}
		case f.Message() != nil:
			n += 1 + made(v.Message())
		}
		return true
	})
	return n
}

func TestR44ElementsAreCountedBeforeTheyAreMade(t *testing.T) {
	for name, c := range map[string]struct {
		m    proto.Message
		want int
	}{
		"nothing":   {&Submission{}, 0},
		"messages":  {&Submission{Head: &Signed{Signatures: []*Signature{{}, {Key: &PublicKey{}}}}, Folios: []*Folio{{Records: []*SealedRecord{{}, {}}}, {}}}, 8},
		"bytes":     {&GetRecordsRequest{Folios: [][]byte{{}, {1}, nil}}, 3},
		"numbers":   {&GetRecordsRequest{Places: []uint32{0, 1, 300, 1 << 30}}, 4},
		"texts":     {&Label{Sensitivity: []string{"ETH", ""}}, 2},
		"singulars": {&Card{Name: "x", Chain: "y", ExpiresMs: 7}, 0},
	} {
		raw := Marshal(c.m)
		if got := Elements(c.m.ProtoReflect().Descriptor(), raw, 1<<20); got != c.want || made(c.m.ProtoReflect()) != c.want {
			t.Errorf("%s: %d counted, %d made, want %d", name, got, made(c.m.ProtoReflect()), c.want)
		}
		if err := DecodeWithin(raw, c.m, c.want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := DecodeWithin(raw, c.m, c.want-1); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: one more than may be: %v", name, err)
		}
	}
}

// TestR44CrumbsCostNoMemory: 24 MiB of empty list items were 2.2 GB.
func TestR44CrumbsCostNoMemory(t *testing.T) {
	folio := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), nil)
	raw := bytes.Repeat(folio, 12<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := Decode(raw, &Submission{})
	runtime.ReadMemStats(&after)
	if stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "parts") {
		t.Errorf("%d bytes of crumbs: %v", len(raw), err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("they cost %d KiB", grown>>10)
	}
}

// FuzzElements: what is counted is at least what is made, for any bytes.
func FuzzElements(f *testing.F) {
	f.Add(Marshal(&Submission{Head: &Signed{Body: []byte("x")}, Folios: []*Folio{{}, {Records: []*SealedRecord{{}}}}}))
	f.Add(Marshal(&GetRecordsRequest{Places: []uint32{1, 2, 1 << 31}, Folios: [][]byte{{1}}}))
	f.Add([]byte{0x12, 0x00, 0x12, 0x00, 0x0b, 0x0c})
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, m := range []proto.Message{&Submission{}, &GetRecordsRequest{}, &LogProof{}, &Network{}} {
			n := Elements(m.ProtoReflect().Descriptor(), raw, 1<<30)
			if n < 0 {
				continue // a group: refused
			}
			if n > len(raw) {
				t.Fatalf("%d elements in %d bytes", n, len(raw))
			}
			if proto.Unmarshal(raw, m) == nil && made(m.ProtoReflect()) > n {
				t.Fatalf("%T: %d counted, %d made", m, n, made(m.ProtoReflect()))
			}
		}
	})
}

package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestADecodedMessageIsItsOwn: who changes the bytes that a message was decoded from does
// not change the message; decoded in place, it is these bytes.
func TestADecodedMessageIsItsOwn(t *testing.T) {
	raw := wire.Marshal(&wire.Signed{Body: []byte("body")})
	var own, shared wire.Signed
	if err := wire.DecodeKnown(raw, &own); err != nil {
		t.Fatal(err)
	}
	if err := wire.DecodeInPlace(raw, &shared); err != nil {
		t.Fatal(err)
	}
	raw[2] = 'B'
	if string(own.Body) != "body" || string(shared.Body) != "Body" {
		t.Fatalf("%s, %s", own.Body, shared.Body)
	}
}

// TestR44CrumbsAreCountedInPlaceToo: what is plain is not read before it is counted either.
func TestR44CrumbsAreCountedInPlaceToo(t *testing.T) {
	crumbs := bytes.Repeat(wire.Marshal(&wire.Signed{Signatures: []*wire.Signature{{}}}), 1<<16)
	if err := wire.DecodeInPlace(crumbs, new(wire.Signed)); stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "parts") {
		t.Errorf("%d bytes of crumbs: %v", len(crumbs), err)
	}
}

// TestAMessageThatIsReadIntoAgainKeepsNothing of what it was before.
func TestAMessageThatIsReadIntoAgainKeepsNothing(t *testing.T) {
	all := []*wire.Signed{
		{Body: []byte("body"), Signatures: []*wire.Signature{{Signature: []byte{1}}, {Signature: []byte{2}}}},
		{Signatures: []*wire.Signature{{Signature: []byte{3}}}}, {Body: []byte("b")}, {},
	}
	for name, decode := range map[string]func([]byte, proto.Message) error{
		"known": wire.DecodeKnown, "in place": wire.DecodeInPlace, "any": wire.Decode,
	} {
		m := new(wire.Signed)
		for i, want := range all {
			if err := decode(wire.Marshal(want), m); err != nil || !proto.Equal(m, want) {
				t.Errorf("%s, %d: %v, %v", name, i, m, err)
			}
		}
	}
}

// TestWhatIsPlainMayHaveSeveralForms: as with protobuf. It is read as what it says, and is
// another thing to whoever hashes or signs it.
func TestWhatIsPlainMayHaveSeveralForms(t *testing.T) {
	for what, c := range map[string]struct {
		into proto.Message
		raw  []byte
	}{
		"a length in two bytes": {new(wire.Signed), []byte{0x0a, 0x81, 0x00, 'x'}},
		"a tag in two bytes":    {new(wire.Signed), []byte{0x8a, 0x00, 0x01, 'x'}},
		"an empty field":        {new(wire.Signed), []byte{0x0a, 0x00}},
		"more than 32 bits":     {new(wire.PublicKey), []byte{0x08, 0x81, 0x80, 0x80, 0x80, 0x80, 0x01}},
	} {
		want := c.into.ProtoReflect().New().Interface()
		if err := proto.Unmarshal(c.raw, want); err != nil {
			t.Fatal(err)
		}
		err := wire.DecodeKnown(c.raw, c.into)
		again := wire.Marshal(c.into)
		if err != nil || !proto.Equal(c.into, want) || bytes.Equal(again, c.raw) || wire.Hash(wire.TagTransaction, c.raw) == wire.Hash(wire.TagTransaction, again) {
			t.Errorf("%s: %v, read as %v, protobuf reads %v; written %x", what, err, c.into, want, again)
		}
	}
}

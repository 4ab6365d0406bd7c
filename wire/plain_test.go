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

package wire_test

import (
	"testing"

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

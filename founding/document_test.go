package founding_test

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/wire"
)

// TestACardThatTheLedgerWouldRefuseIsRefusedAtOnce: such a card passed gathering,
// dealing and founding; then no node of the network started, and nobody was named.
func TestACardThatTheLedgerWouldRefuseIsRefusedAtOnce(t *testing.T) {
	device := func(seed byte) *wire.Device {
		return &wire.Device{Signing: wire.Ed25519FromSeed([32]byte{99, seed}).Public()}
	}
	beside := []byte{0xfa, 0x3f, 1, 'x'}
	for name, c := range map[string]struct {
		fit    bool
		change func(*wire.KeyDocument, *wire.Founder)
	}{
		"as it should be": {true, func(*wire.KeyDocument, *wire.Founder) {}},
		"two devices":     {true, func(d *wire.KeyDocument, _ *wire.Founder) { d.Devices = append(d.Devices, device(1)) }},
		"no device":       {false, func(d *wire.KeyDocument, _ *wire.Founder) { d.Devices = nil }},
		"nine devices": {false, func(d *wire.KeyDocument, _ *wire.Founder) {
			for i := byte(1); i <= 8; i++ {
				d.Devices = append(d.Devices, device(i))
			}
		}},
		"a device twice": {false, func(d *wire.KeyDocument, _ *wire.Founder) { d.Devices = append(d.Devices, d.Devices[0]) }},
		"a second bad key": {false, func(d *wire.KeyDocument, _ *wire.Founder) {
			d.Devices = append(d.Devices, &wire.Device{Signing: &wire.PublicKey{Suite: 1, Key: make([]byte, 32)}})
		}},
		"a seal key of zeros":  {false, func(d *wire.KeyDocument, _ *wire.Founder) { clear(d.Devices[0].SealKey) }},
		"no salt":              {false, func(d *wire.KeyDocument, _ *wire.Founder) { d.Salt = nil }},
		"a long salt":          {false, func(d *wire.KeyDocument, _ *wire.Founder) { d.Salt = make([]byte, 33) }},
		"a salt of words":      {false, func(d *wire.KeyDocument, _ *wire.Founder) { d.Salt = []byte("a sentence of it") }},
		"more in its document": {false, func(d *wire.KeyDocument, _ *wire.Founder) { d.ProtoReflect().SetUnknown(beside) }},
		"more in the member":   {false, func(_ *wire.KeyDocument, f *wire.Founder) { f.Member.ProtoReflect().SetUnknown(beside) }},
		"more in the card":     {false, func(_ *wire.KeyDocument, f *wire.Founder) { f.ProtoReflect().SetUnknown(beside) }},
		"a validator of words": {false, func(_ *wire.KeyDocument, f *wire.Founder) { f.Member.Validator = bytes.Repeat([]byte("word"), 8) }},
		"no validator":         {false, func(_ *wire.KeyDocument, f *wire.Founder) { f.Member.Validator = nil }},
	} {
		founder := newFounder(t, 1, func(f *wire.Founder, a *wire.MemberAddress) {
			d := new(wire.KeyDocument)
			must(t, wire.Decode(f.Member.KeyDocument, d))
			c.change(d, f)
			f.Member.KeyDocument = wire.Marshal(d)
			s := stele.SubjectOf(f.Member.KeyDocument)
			a.Subject = s[:]
		})
		if _, err := founding.ReadCard(founder.card); (err == nil) != c.fit {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package wiretest

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/stele-health/stele/wire"
)

// Plain holds the generated code of all messages of some files to protobuf's own: what is
// written is the same, byte for byte; of what is spoilt the same is read and refused; and
// what protobuf has written is read without it.
func Plain(t *testing.T, r Chance, files ...protoreflect.FileDescriptor) {
	for _, file := range files {
		for i := range file.Messages().Len() {
			kind, err := protoregistry.GlobalTypes.FindMessageByName(file.Messages().Get(i).FullName())
			if err != nil {
				t.Fatal(err)
			}
			for range 300 {
				m := kind.New()
				grow(r, m)
				plain(t, r, m)
			}
		}
	}
}

func plain(t *testing.T, r Chance, m protoreflect.Message) {
	t.Helper()
	name := m.Descriptor().Name()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.Interface())
	if err != nil || !bytes.Equal(raw, wire.Marshal(m.Interface())) {
		t.Fatalf("%s is written otherwise: %v", name, m)
	}
	reader, ok := m.New().Interface().(interface{ ReadPlain([]byte) bool })
	if !ok || !reader.ReadPlain(raw) || !proto.Equal(reader.(proto.Message), m.Interface()) {
		t.Fatalf("%s is not read as it was written: %v", name, m)
	}
	for range 10 {
		raw := spoilt(r, raw)
		want := m.New().Interface()
		wrong := proto.Unmarshal(raw, want)
		for what, decode := range map[string]func([]byte, proto.Message) error{
			"Decode": wire.Decode, "DecodeKnown": wire.DecodeKnown, "DecodeInPlace": wire.DecodeInPlace,
		} {
			got := m.New().Interface()
			err := decode(bytes.Clone(raw), got)
			refused := wrong != nil || what != "Decode" && !wire.Known(want)
			if (err != nil) != refused || err == nil && !proto.Equal(got, want) {
				t.Fatalf("%s of %s %x: %v, protobuf says %v", what, name, raw, err, wrong)
			}
		}
	}
}

// grow sets fields of an empty message, at any depth.
func grow(r Chance, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.ContainingOneof() != nil && i != f.ContainingOneof().Fields().Get(r.IntN(f.ContainingOneof().Fields().Len())).Index():
		case r.IntN(8) == 0:
		case f.IsList():
			for range r.IntN(4) {
				m.Mutable(f).List().Append(value(r, f, m.NewField(f).List().NewElement))
			}
		default:
			m.Set(f, value(r, f, func() protoreflect.Value { return m.NewField(f) }))
		}
	}
}

func value(r Chance, f protoreflect.FieldDescriptor, fresh func() protoreflect.Value) protoreflect.Value {
	number := uint64(r.IntN(1<<8))<<r.IntN(57) | uint64(r.IntN(2))
	switch f.Kind() {
	case protoreflect.MessageKind:
		v := fresh()
		grow(r, v.Message())
		return v
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(bytes.Repeat([]byte{byte(number)}, r.IntN(2)*r.IntN(200)))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString([]string{"", "text", "väter"}[r.IntN(3)])
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(number&1 == 1)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(number))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(number))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(number)
	}
	return protoreflect.ValueOfInt64(int64(number))
}

// spoilt changes, takes away, doubles or adds some bytes; at times none.
func spoilt(r Chance, raw []byte) []byte {
	raw = bytes.Clone(raw)
	for range r.IntN(3) {
		i := r.IntN(len(raw) + 1)
		j := i + r.IntN(min(20, len(raw)-i)+1)
		switch r.IntN(5) {
		case 0:
			raw = append(raw[:i], raw[j:]...)
		case 1:
			raw = append(raw[:j:j], raw[i:]...)
		case 2:
			raw = append(raw, raw[i:j]...)
		case 3:
			raw = append(raw[:i:i], append(bytes.Repeat([]byte{0xff}, 9), raw[i:]...)...)
		default:
			if i < len(raw) {
				raw[i] ^= 1 << r.IntN(8)
			}
		}
	}
	return raw
}

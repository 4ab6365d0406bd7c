package wire

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
)

// A message of two bytes is a hundred when it is decoded: 24 MiB of empty list
// items become gigabytes before anybody can look at them. So what was sent is
// counted before it is decoded.

// Elements counts what decoding raw as a message of kind d would make: messages
// within it at any depth, items of lists, unknown fields. It stops when there are
// more than most. Of what is malformed it counts what comes before: a decoder
// makes no more. It returns -1 for groups, which
// nothing here uses: whoever sends one has another vocabulary. It allocates nothing.
func Elements(d protoreflect.MessageDescriptor, raw []byte, most int) int {
	n := 0
	for len(raw) > 0 && n <= most {
		number, kind, size := protowire.ConsumeTag(raw)
		switch {
		case size < 0:
			return n
		case kind == protowire.StartGroupType || kind == protowire.EndGroupType:
			return -1
		}
		raw = raw[size:]
		if size = protowire.ConsumeFieldValue(number, kind, raw); size < 0 {
			return n
		}
		value := raw[:size]
		raw = raw[size:]
		field := d.Fields().ByNumber(number)
		switch {
		case field == nil:
			n++
		case kind != protowire.BytesType:
			if field.IsList() || wireType(field.Kind()) != kind {
				n++
			}
		case field.Message() != nil:
			content, _ := protowire.ConsumeBytes(value)
			within := Elements(field.Message(), content, most-n-1)
			if within < 0 {
				return -1
			}
			n += 1 + within
		case field.IsList():
			content, _ := protowire.ConsumeBytes(value)
			n += items(field.Kind(), content)
		case wireType(field.Kind()) != kind:
			n++ // kept as unknown
		}
	}
	return n
}

// wireType is how a single value of a kind travels.
func wireType(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	}
	return protowire.VarintType
}

// items counts the items of a list in one field: a text or bytes is one, numbers
// stand packed.
func items(kind protoreflect.Kind, content []byte) int {
	switch kind {
	case protoreflect.StringKind, protoreflect.BytesKind:
		return 1
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return len(content) / 4
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return len(content) / 8
	}
	n := 0
	for _, b := range content {
		if b < 0x80 {
			n++
		}
	}
	return n
}

// density is how many bytes an element of anything that this program sends has at
// least, on average; sparse is how many elements a short message may have beyond.
const (
	density = 16
	sparse  = 4096
)

// allowed is how many elements a message may have that nobody said more about.
func allowed(raw []byte) int { return sparse + len(raw)/density }

// MaxParts is how many parts a submission has at most: 65,536 records, 4,096
// folios with 64 envelopes each, and their labels.
const MaxParts = 1 << 19

// DecodeWithin is Decode for a message of at most so many elements; see Elements.
// It fails with KindInvalid before anything is decoded. Of a message with no more
// bytes than that nothing is counted: an element has a byte at least.
func DecodeWithin(raw []byte, m proto.Message, most int) error {
	_, err := decode(raw, m, most)
	return err
}

// decode is DecodeWithin. It reports whether every field is known for certain.
func decode(raw []byte, m proto.Message, most int) (known bool, err error) {
	d := m.ProtoReflect().Descriptor()
	if len(raw) > most {
		switch n := Elements(d, raw, most); {
		case n > most:
			return false, stele.E("decode "+string(d.Name()), stele.KindInvalid, fmt.Sprintf("holds more than %d parts", most), nil)
		case n < 0:
			return false, stele.E("decode "+string(d.Name()), stele.KindInvalid, "not a well-formed message", nil)
		}
	}
	if _, ok := m.(plain); ok && readPlain(slices.Clone(raw), m) {
		return true, nil
	}
	if err := proto.Unmarshal(raw, m); err != nil {
		return false, stele.E("decode "+string(d.Name()), stele.KindInvalid, "not a well-formed message", err)
	}
	return false, nil
}

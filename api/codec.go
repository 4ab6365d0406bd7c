package api

import (
	"errors"
	"fmt"
	"slices"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// The codecs of Connect, which decode nothing that its procedure does not allow:
// bytes and parts are counted before anything is made of them. Server and client
// use them alike, for single messages and streams.

// codecs are all that are spoken; the names are Connect's.
func codecs() []connect.Codec {
	return []connect.Codec{protoCodec{}, jsonCodec{"json"}, jsonCodec{"json; charset=utf-8"}}
}

func handlerCodecs() []connect.HandlerOption {
	var out []connect.HandlerOption
	for _, c := range codecs() {
		out = append(out, connect.WithCodec(c))
	}
	return out
}

// tooMuch is what a message is that holds more than its procedure allows.
func tooMuch(m proto.Message) error {
	return stele.E("read message", stele.KindInvalid, fmt.Sprintf("a %s holds more than it may", m.ProtoReflect().Descriptor().Name()), nil).
		WithHint("docs/protocol.md says what each procedure takes")
}

func protobuf(message any) (proto.Message, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, errors.New("not a protobuf message")
	}
	return m, nil
}

// protoCodec is protobuf.
type protoCodec struct{}

func (protoCodec) Name() string { return "proto" }

func (protoCodec) Marshal(message any) ([]byte, error) {
	return protoCodec{}.MarshalAppend(nil, message)
}

// MarshalAppend appends to a buffer of Connect's.
func (protoCodec) MarshalAppend(dst []byte, message any) ([]byte, error) {
	m, err := protobuf(message)
	if err != nil {
		return nil, err
	}
	return proto.MarshalOptions{}.MarshalAppend(dst, m)
}

func (protoCodec) Unmarshal(raw []byte, message any) error {
	m, err := protobuf(message)
	if err != nil {
		return err
	}
	b := budgetOf(m)
	n := wire.Elements(m.ProtoReflect().Descriptor(), raw, b.parts)
	if len(raw) > b.bytes || n < 0 || n > b.parts {
		return tooMuch(m)
	}
	return proto.Unmarshal(raw, m)
}

// jsonCodec is protobuf's JSON.
type jsonCodec struct{ name string }

func (c jsonCodec) Name() string { return c.name }

func (jsonCodec) Marshal(message any) ([]byte, error) { return jsonCodec{}.MarshalAppend(nil, message) }

// MarshalAppend appends to a buffer of Connect's.
func (jsonCodec) MarshalAppend(dst []byte, message any) ([]byte, error) {
	m, err := protobuf(message)
	if err != nil {
		return nil, err
	}
	// A buffer that grows step by step is held twice.
	return protojson.MarshalOptions{}.MarshalAppend(slices.Grow(dst, inJSON(proto.Size(m))), m)
}

func (jsonCodec) Unmarshal(raw []byte, message any) error {
	m, err := protobuf(message)
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		return errors.New("zero-length payload is not a valid JSON object")
	}
	b := budgetOf(m)
	if len(raw) > inJSON(b.bytes) || jsonParts(raw, 2*b.parts+16) > 2*b.parts+16 {
		return tooMuch(m)
	}
	// What a later version adds is passed over, as in protobuf.
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(raw, m)
}

// inJSON is how long a message of n bytes may be in JSON, which writes bytes in
// base64.
func inJSON(n int) int { return n/3*4 + n/8 + 4096 }

// maxNested is how deep JSON may nest: no message of ours comes near it.
const maxNested = 32

// jsonParts counts what decoding JSON would make: objects and items of arrays. It
// stops when there are more than most; what nests too deeply is too much.
func jsonParts(raw []byte, most int) int {
	var nest [maxNested]byte
	n, depth := 0, 0
	for i := 0; i < len(raw) && n <= most; i++ {
		switch c := raw[i]; c {
		case '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth == maxNested {
				return most + 1
			}
			nest[depth] = c
			depth++
			n++
		case '}', ']':
			depth = max(depth-1, 0)
		case ',':
			if depth > 0 && nest[depth-1] == '[' {
				n++
			}
		}
	}
	return n
}

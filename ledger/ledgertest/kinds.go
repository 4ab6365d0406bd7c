package ledgertest

import "google.golang.org/protobuf/proto"

// Kinds are the names of all kinds of a transaction or an event, as wire/ledger.proto
// has them.
func Kinds(m proto.Message) (names []string) {
	of := m.ProtoReflect().Descriptor().Oneofs().Get(0).Fields()
	for i := range of.Len() {
		names = append(names, string(of.Get(i).Name()))
	}
	return names
}

// Kind is the name of the kind that a transaction or an event is of, empty of none.
func Kind(m proto.Message) string {
	f := m.ProtoReflect().WhichOneof(m.ProtoReflect().Descriptor().Oneofs().Get(0))
	if f == nil {
		return ""
	}
	return string(f.Name())
}

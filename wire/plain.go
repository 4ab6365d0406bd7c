package wire

import "google.golang.org/protobuf/proto"

// plain is a message of those that a ledger decodes and encodes all day; the methods are
// generated (gen/plain.go). Plain is also what a message is that protobuf's own encoder
// has written: known fields only, ascending, none twice but a list's. What is plain is
// read without reflection, into what protobuf would make of it; everything else
// protobuf reads, and says what is wrong with it.
type plain interface {
	proto.Message
	Reset()
	PlainSize() int
	AppendPlain(b []byte) []byte
	ReadPlain(raw []byte) bool
}

// readPlain decodes raw into m and reports whether both are plain. m's bytes are then
// raw's own.
func readPlain(raw []byte, m proto.Message) bool {
	p, ok := m.(plain)
	if !ok {
		return false
	}
	p.Reset()
	return p.ReadPlain(raw)
}

// DecodeInPlace is DecodeKnown for bytes that nobody changes any more: those of the
// message may then be the same, and keep all of raw in memory.
func DecodeInPlace(raw []byte, m proto.Message) error {
	if len(raw) <= allowed(raw) && readPlain(raw, m) {
		return nil
	}
	return DecodeKnown(raw, m)
}

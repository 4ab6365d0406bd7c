package threshold

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/stele-health/stele"
)

// subshareLen is the suite, the epoch (8), dealer and receiver (2 each) and the
// scalar.
const subshareLen = suiteLen + 8 + 2 + 2 + scalarLen

// Dealing is the public part of what one member deals: Feldman commitments to
// its polynomial and a proof that it knows the constant term.
type Dealing struct {
	dealer            int
	commitments       []*point // of degrees 0 to t−1
	challenge, answer *scalar
}

// Dealer returns the index of the member who dealt, from 1.
func (d *Dealing) Dealer() int { return d.dealer }

// Bytes returns the dealing for exchange: the suite, dealer and t (2 bytes each),
// t commitments and the proof (32 each).
func (d *Dealing) Bytes() []byte {
	out := make([]byte, 0, suiteLen+4+(len(d.commitments)+2)*32)
	out = binary.BigEndian.AppendUint16(out, SuiteDealing)
	out = binary.BigEndian.AppendUint16(out, uint16(d.dealer))
	out = binary.BigEndian.AppendUint16(out, uint16(len(d.commitments)))
	for _, p := range d.commitments {
		out = append(out, encodePoint(p)...)
	}
	out = append(out, encodeScalar(d.challenge)...)
	return append(out, encodeScalar(d.answer)...)
}

// ParseDealing reads what Bytes wrote. It fails with KindInvalid.
func ParseDealing(b []byte) (*Dealing, error) {
	d, err := parseDealing(b)
	if err != nil {
		return nil, stele.E("read dealing", stele.KindInvalid, "not a dealing", err)
	}
	return d, nil
}

func parseDealing(b []byte) (*Dealing, error) {
	rest, err := cutSuite(b, SuiteDealing)
	if err != nil {
		return nil, err
	}
	if len(rest) < 4 {
		return nil, errLength
	}
	dealer, t := int(binary.BigEndian.Uint16(rest)), int(binary.BigEndian.Uint16(rest[2:]))
	rest = rest[4:]
	if dealer < 1 || dealer > MaxMembers || t < 1 || t > MaxMembers {
		return nil, errIndex
	}
	if len(rest) != t*pointLen+2*scalarLen {
		return nil, errLength
	}
	d := &Dealing{dealer: dealer, commitments: make([]*point, t)}
	for i := range d.commitments {
		if d.commitments[i], err = decodePoint(rest[:pointLen]); err != nil {
			return nil, err
		}
		rest = rest[pointLen:]
	}
	if d.challenge, err = decodeScalar(rest[:scalarLen]); err != nil {
		return nil, err
	}
	d.answer, err = decodeScalar(rest[scalarLen:])
	return d, err
}

// Subshare is the secret part of a dealing for one receiver. It prints as
// [redacted] and must travel sealed to that receiver.
type Subshare struct {
	epoch            uint64
	dealer, receiver int
	value            *scalar
}

// Bytes returns the subshare for sealing: 46 secret bytes.
func (s *Subshare) Bytes() []byte {
	out := make([]byte, 0, subshareLen)
	out = binary.BigEndian.AppendUint16(out, SuiteSubshare)
	out = binary.BigEndian.AppendUint64(out, s.epoch)
	out = binary.BigEndian.AppendUint16(out, uint16(s.dealer))
	out = binary.BigEndian.AppendUint16(out, uint16(s.receiver))
	return append(out, encodeScalar(s.value)...)
}

// ParseSubshare reads what Bytes wrote. It fails with KindInvalid.
func ParseSubshare(b []byte) (*Subshare, error) {
	const op = "read dealer's share"
	rest, err := cutSuite(b, SuiteSubshare)
	if err == nil && len(b) != subshareLen {
		err = errLength
	}
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "not a dealer's share", err)
	}
	s := &Subshare{
		epoch:    binary.BigEndian.Uint64(rest),
		dealer:   int(binary.BigEndian.Uint16(rest[8:])),
		receiver: int(binary.BigEndian.Uint16(rest[10:])),
	}
	if s.dealer < 1 || s.dealer > MaxMembers || s.receiver < 1 || s.receiver > MaxMembers {
		return nil, stele.E(op, stele.KindInvalid, "not a dealer's share", errIndex)
	}
	if s.value, err = decodeScalar(rest[12:]); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "not a dealer's share", err)
	}
	return s, nil
}

// Erase overwrites the secret. Best effort: Go may have left copies behind.
func (s *Subshare) Erase() { s.value.Set(newScalar()) }

// Format prints [redacted], whatever the verb.
func (s Subshare) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }

// MarshalText writes [redacted].
func (s Subshare) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

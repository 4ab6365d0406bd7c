package ledgertest

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// modelSlip is what there is of a subject whom nobody has claimed, beside the log.
type modelSlip struct {
	member string // that enrolled it
	key    *wire.PublicKey
}

// voices are the members that spoke: each by a key that is no other member's.
func (m *Model) voices(by signers) (spoke []*wire.Member) {
	for _, member := range m.genesis.Members {
		own := stele.SubjectOf(member.KeyDocument)
		if slices.ContainsFunc(by.list, func(sig *wire.Signature) bool {
			return !slices.ContainsFunc(m.members(), func(other stele.Subject) bool {
				return (m.device(other[:], sig.Key) >= 0) != (other == own)
			})
		}) {
			spoke = append(spoke, member)
		}
	}
	return spoke
}

// Slip is the key of the slip that a subject waits for, nil where it has been claimed or needs none.
func (m *Model) Slip(subject []byte) *wire.PublicKey { return m.slips[string(subject)].key }

// enrols says what is wrong with who enrols somebody without a device.
func (m *Model) enrols(b *wire.CreateSubject, doc *wire.KeyDocument, by signers) (wrong defects) {
	isMember := slices.ContainsFunc(m.members(), func(s stele.Subject) bool { return string(s[:]) == string(b.Member) })
	wrong.when(!isMember || !by.anyOf(m.keys[string(b.Member)]), stele.KindDenied)
	wrong.when(len(doc.Devices) != 1 || len(doc.Devices[0].SealKey) != 0, stele.KindInvalid)
	wrong.when(len(doc.Devices) == 1 && m.device(b.Member, doc.Devices[0].Signing) >= 0, stele.KindDenied)
	return wrong
}

func (m *Model) claim(tx []byte, b *wire.ClaimSubject, by signers) Foretold {
	var wrong defects
	slip := m.slips[string(b.Subject)]
	wrong.when(slip.key == nil || !by.have(slip.key), stele.KindDenied)
	wrong.when(badDevice(b.Device) || len(b.Device.GetSealKey()) == 0, stele.KindInvalid)
	wrong.when(!by.have(b.Device.GetSigning()) || proto.Equal(b.Device.GetSigning(), slip.key), stele.KindDenied)
	wrong.when(m.Merged(b.Subject) != nil, stele.KindExists)
	wrong.when(m.dead(string(b.Subject)), stele.KindDenied)
	var saw []byte
	for _, member := range m.voices(by) {
		if s := stele.SubjectOf(member.KeyDocument); saw == nil && string(s[:]) != slip.member {
			saw = s[:]
		}
	}
	wrong.when(saw == nil, stele.KindDenied)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	delete(m.slips, string(b.Subject))
	m.keys[string(b.Subject)] = []*wire.Device{b.Device}
	return m.write(string(b.Subject), tx, &wire.Event{Event: &wire.Event_SubjectClaimed{SubjectClaimed: &wire.SubjectClaimed{Device: b.Device, Member: saw}}})
}

// carers are the two members that give together for a subject whom nobody has claimed.
func (m *Model) carers(by signers) [][]byte {
	spoke := m.voices(by)
	for i, one := range spoke {
		for _, other := range spoke[i+1:] {
			if a, b := stele.SubjectOf(one.KeyDocument), stele.SubjectOf(other.KeyDocument); one.Kind != other.Kind {
				return [][]byte{a[:], b[:]}
			}
		}
	}
	return nil
}

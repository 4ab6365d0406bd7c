// Package identity is the contract for subjects and their keys: creating a
// subject, rotating a device's keys, adding a device, claiming a subject. All of them act at once.
//
// The ledger holds keys and nothing else about anybody: no name, no kind, no
// address. A subject is the hash of its genesis key document, so nobody can
// create one with another's name, and creating it takes the signature of every
// key in it.
//
// A person without a device is enrolled by a member. Such a subject has no device: the one in its
// key document is the key of a slip of paper, which creates the subject and claims it, and does
// nothing else. Whoever printed the slip could have kept what stands on it; so a claim is signed by
// another member, too, which has seen person and slip.
//
// Taking devices out, freezing them, and losing them is the recovery contract's (contract/recovery).
package identity

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// Limits.
const (
	MaxDevices = 8
	minSalt    = 16
	maxSalt    = 32
)

// Contract is the identity contract.
type Contract struct{}

// Found creates the subject of every member. It fails with KindInvalid.
func (Contract) Found(_ []byte, g *wire.Genesis) ([]*wire.Event, error) {
	events := make([]*wire.Event, 0, len(g.Members))
	for _, m := range g.Members {
		if _, err := ParseDocument(m.KeyDocument); err != nil {
			return nil, err
		}
		events = append(events, created(m.KeyDocument, nil))
	}
	return events, nil
}

// created is the event that creates a document's subject, with what is in its emergency
// slot; the frame adds the log's place.
func created(document, emergency []byte) *wire.Event {
	subject := stele.SubjectOf(document)
	return &wire.Event{Subject: subject[:], Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{
		KeyDocument: document, Emergency: emergency,
	}}}
}

// Decide answers CreateSubject, RotateKeys, AddDevice and ClaimSubject.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_CreateSubject:
		return create(s, tx, m.CreateSubject)
	case *wire.Transaction_RotateKeys:
		return rotate(at, s, tx, m.RotateKeys)
	case *wire.Transaction_AddDevice:
		return add(at, s, tx, m.AddDevice)
	case *wire.Transaction_ClaimSubject:
		return claim(s, tx, m.ClaimSubject)
	}
	return nil, nil
}

func create(s ledger.Reader, tx *ledger.Tx, m *wire.CreateSubject) (*wire.Event, error) {
	const op = "create subject"
	if err := tx.Sound(func() error { _, err := ParseDocument(m.KeyDocument); return err }); err != nil {
		return nil, err
	}
	var doc wire.KeyDocument
	if err := wire.DecodeInPlace(m.KeyDocument, &doc); err != nil {
		return nil, err
	}
	subject := stele.SubjectOf(m.KeyDocument)
	if state.Subjects.Has(s, subject[:]) {
		return nil, stele.E(op, stele.KindExists, "there is such a subject already", nil)
	}
	for _, d := range doc.Devices {
		if !tx.SignedBy(wire.Key(d.Signing)) {
			return nil, stele.E(op, stele.KindDenied, "not signed by every key of the document", nil)
		}
	}
	// A network of before there were slots goes on as it was founded.
	if len(m.Emergency) != 0 || ledger.Consortium.Get(s, nil).GetTerms() != nil {
		if err := wire.OpaqueDigests(m.Emergency); err != nil {
			return nil, err
		}
	}
	e := created(m.KeyDocument, m.Emergency)
	if len(m.Member) != 0 {
		if err := enrols(s, tx, &doc, m.Member); err != nil {
			return nil, err
		}
		e.GetSubjectCreated().Member = m.Member
	}
	return e, nil
}

// enrols checks what a member signs for who enrols a person without a device.
func enrols(s ledger.Reader, tx *ledger.Tx, doc *wire.KeyDocument, member []byte) error {
	const op = "create subject"
	id, err := stele.SubjectFrom(member)
	if err != nil || ledger.Consortium.Get(s, nil).Member(id) == nil || !state.SignedFor(state.Subjects.Get(s, member), tx) {
		return stele.E(op, stele.KindDenied, "not signed by a member that enrols", nil)
	}
	if len(doc.Devices) != 1 || len(doc.Devices[0].SealKey) != 0 {
		return stele.E(op, stele.KindInvalid, "who is enrolled without a device has one key, that of a slip, and it seals nothing", nil)
	}
	if row := state.Subjects.Get(s, member); state.Holds(row, wire.Key(doc.Devices[0].Signing)) {
		return stele.E(op, stele.KindDenied, "the key of the slip is the member's own", nil)
	}
	return nil
}

func claim(s ledger.Reader, tx *ledger.Tx, m *wire.ClaimSubject) (*wire.Event, error) {
	const op = "claim subject"
	row := state.Subjects.Get(s, m.Subject)
	if len(row.GetEnrolled()) == 0 || !tx.SignedBy(wire.Key(row.Slip)) {
		return nil, stele.E(op, stele.KindDenied, "no subject that waits for the slip whose key signed", nil).
			WithHint("a slip is used once; check that its groups were typed as they stand there")
	}
	if len(row.Into) != 0 {
		return nil, stele.E(op, stele.KindExists, "the subject is merged into another, whose keys speak for it", nil).
			WithHint("claim that one; or the two that merged them part them again")
	}
	if state.Died(s, m.Subject) != 0 {
		return nil, stele.E(op, stele.KindDenied, "the subject has died", nil).
			WithHint("an executor acts for who has died; where that is a mistake, it is undone first: stele member death certify PATIENT --undo --says WHY --out FILE")
	}
	if err := tx.Sound(func() error { return state.ValidDevice(m.Device) }); err != nil {
		return nil, err
	}
	switch fresh := wire.Key(m.Device.Signing); {
	case len(m.Device.SealKey) == 0:
		return nil, stele.E(op, stele.KindInvalid, "a first device reads, and needs a seal key", nil)
	case !tx.SignedBy(fresh):
		return nil, stele.E(op, stele.KindDenied, "not signed by the new key", nil)
	case fresh == wire.Key(row.Slip):
		return nil, stele.E(op, stele.KindDenied, "the key of a slip is no device's", nil)
	}
	for _, other := range state.Voices(s, tx) {
		if member := stele.SubjectOf(other.KeyDocument); string(member[:]) != string(row.Enrolled) {
			return &wire.Event{Subject: m.Subject, Event: &wire.Event_SubjectClaimed{SubjectClaimed: &wire.SubjectClaimed{Device: m.Device, Member: member[:]}}}, nil
		}
	}
	return nil, stele.E(op, stele.KindDenied, "not signed by a member other than the one that printed the slip", nil).
		WithHint("go to another member with the slip; it signs with you")
}

func rotate(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.RotateKeys) (*wire.Event, error) {
	const op = "rotate keys"
	row := state.Subjects.Get(s, m.Subject)
	if row == nil {
		return nil, stele.E(op, stele.KindDenied, "not a current key of the subject", nil)
	}
	if err := tx.Sound(func() error { return state.ValidDevice(m.Device) }); err != nil {
		return nil, err
	}
	old, fresh := wire.Key(m.Old), wire.Key(m.Device.Signing)
	switch {
	case !state.Holds(row, old) || !tx.SignedBy(old):
		return nil, stele.E(op, stele.KindDenied, "not a current key of the subject", nil)
	case !tx.SignedBy(fresh):
		return nil, stele.E(op, stele.KindDenied, "not signed by the new key", nil)
	case fresh != old && state.Holds(row, fresh), state.Frozen(row, fresh):
		return nil, stele.E(op, stele.KindExists, "the key is another device's", nil)
	}
	if err := often(at, s, m.Subject); err != nil {
		return nil, err
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_KeysRotated{KeysRotated: &wire.KeysRotated{
		Old: m.Old, Device: m.Device,
	}}}, nil
}

func add(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.AddDevice) (*wire.Event, error) {
	const op = "add device"
	row := state.Subjects.Get(s, m.Subject)
	if row == nil || !state.SignedFor(row, tx) {
		return nil, stele.E(op, stele.KindDenied, "not signed by a current key of the subject", nil)
	}
	if err := tx.Sound(func() error { return state.ValidDevice(m.Device) }); err != nil {
		return nil, err
	}
	fresh := wire.Key(m.Device.Signing)
	switch {
	case state.Holds(row, fresh), state.Frozen(row, fresh):
		return nil, stele.E(op, stele.KindExists, "the key is a device's already", nil)
	case !tx.SignedBy(fresh):
		return nil, stele.E(op, stele.KindDenied, "not signed by the new key", nil)
	case len(row.Devices)+len(row.Frozen) >= MaxDevices:
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("more than %d devices", MaxDevices), nil)
	}
	if err := often(at, s, m.Subject); err != nil {
		return nil, err
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_DeviceAdded{DeviceAdded: &wire.DeviceAdded{Device: m.Device}}}, nil
}

// often refuses when a subject's keys have changed too often for now.
func often(at ledger.Moment, s ledger.Reader, subject []byte) error {
	if !state.KeyRate.Allows(s, subject, at.TimeMS) {
		return stele.E("change keys", stele.KindLimit, "keys have been changed too often for now", nil).
			WithHint(state.KeyRate.Hint("one more change"))
	}
	return nil
}

// Apply keeps the table of subjects.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_SubjectCreated:
		var doc wire.KeyDocument
		if err := proto.Unmarshal(m.SubjectCreated.KeyDocument, &doc); err != nil {
			ledger.Fail(stele.E("apply event", stele.KindInvalid, "the key document of an event can't be read", err))
		}
		row := &state.SubjectRow{
			Subject: e.Subject, Devices: doc.Devices, Created: e.Height, Emergency: m.SubjectCreated.Emergency,
		}
		if row.Enrolled = m.SubjectCreated.Member; len(row.Enrolled) != 0 {
			row.Devices, row.Slip = nil, doc.Devices[0].Signing
		}
		state.Subjects.Set(s, e.Subject, row)
	case *wire.Event_SubjectClaimed:
		row := state.Subjects.Get(s, e.Subject)
		row.Devices, row.Enrolled, row.Slip = []*wire.Device{m.SubjectClaimed.Device}, nil, nil
		state.Subjects.Set(s, e.Subject, row)
	case *wire.Event_KeysRotated:
		row := state.Subjects.Get(s, e.Subject)
		for i, d := range row.Devices {
			if wire.Key(d.Signing) == wire.Key(m.KeysRotated.Old) {
				row.Devices[i] = m.KeysRotated.Device
			}
		}
		state.Subjects.Set(s, e.Subject, row)
		state.KeyRate.Count(s, e.Subject, e.TimeMs)
	case *wire.Event_DeviceAdded:
		row := state.Subjects.Get(s, e.Subject)
		if len(row.Devices)+len(row.Frozen) >= MaxDevices {
			ledger.Fail(stele.E("apply event", stele.KindInvalid, "more devices than a subject has", nil))
		}
		row.Devices = append(row.Devices, m.DeviceAdded.Device)
		state.Subjects.Set(s, e.Subject, row)
		state.KeyRate.Count(s, e.Subject, e.TimeMs)
	}
}

// Due answers nothing: no key ends by itself.
func (Contract) Due(ledger.Moment, ledger.Reader, ledger.Deadline) *wire.Event { return nil }

// ParseDocument reads and checks a genesis key document: 1 to 8 devices with
// distinct keys of known suites, and a salt of 16 to 32 bytes. The document is
// carried on the ledger as it stands, so it holds nothing else, neither unknown
// fields nor fields written over. It fails with KindInvalid.
func ParseDocument(raw []byte) (*wire.KeyDocument, error) {
	const op = "read key document"
	var doc wire.KeyDocument
	if err := wire.DecodeKnown(raw, &doc); err != nil {
		return nil, err
	}
	if n := len(doc.Devices); n == 0 || n > MaxDevices || len(doc.Salt) < minSalt || len(doc.Salt) > maxSalt {
		return nil, stele.E(op, stele.KindInvalid, "a key document has 1 to 8 devices and a salt of 16 to 32 bytes", nil)
	}
	if stele.IsText(doc.Salt) {
		return nil, stele.E(op, stele.KindInvalid, "a salt reads as text", nil).WithHint("it is drawn at random")
	}
	if proto.Size(&doc) != len(raw) {
		return nil, stele.E(op, stele.KindInvalid, "a key document holds nothing beside its fields", nil)
	}
	for i, d := range doc.Devices {
		if err := state.ValidDevice(d); err != nil {
			return nil, err
		}
		for _, other := range doc.Devices[:i] {
			if wire.Key(other.Signing) == wire.Key(d.Signing) {
				return nil, stele.E(op, stele.KindInvalid, "two devices with one key", nil)
			}
		}
	}
	return &doc, nil
}

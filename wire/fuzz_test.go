package wire_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// filled gives a message every field once, so that a fuzzer starts from a whole one.
func filled(m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		one := func() protoreflect.Value {
			switch f.Kind() {
			case protoreflect.MessageKind:
				sub := dynamicpb.NewMessage(f.Message())
				if depth < 3 {
					filled(sub, depth+1)
				}
				return protoreflect.ValueOfMessage(sub)
			case protoreflect.BytesKind:
				return protoreflect.ValueOfBytes(bytes.Repeat([]byte{byte(i)}, 16))
			case protoreflect.StringKind:
				return protoreflect.ValueOfString("text")
			case protoreflect.BoolKind:
				return protoreflect.ValueOfBool(true)
			case protoreflect.EnumKind:
				return protoreflect.ValueOfEnum(1)
			case protoreflect.Uint32Kind:
				return protoreflect.ValueOfUint32(1)
			case protoreflect.Int32Kind:
				return protoreflect.ValueOfInt32(1)
			case protoreflect.Uint64Kind:
				return protoreflect.ValueOfUint64(1)
			}
			return protoreflect.ValueOfInt64(1)
		}
		if f.IsList() {
			m.Mutable(f).List().Append(one())
		} else {
			m.Set(f, one())
		}
	}
}

// FuzzMessages decodes bytes as every kind of message that there is. What is
// refused is KindInvalid; what is read says the same when it is written and read
// again; what DecodeKnown lets pass holds no byte that this version does not know.
func FuzzMessages(f *testing.F) {
	var all []protoreflect.MessageDescriptor
	for _, file := range []protoreflect.FileDescriptor{
		wire.File_wire_signed_proto, wire.File_wire_ledger_proto, wire.File_wire_proof_proto, wire.File_wire_sealing_proto,
		wire.File_wire_reading_proto, wire.File_wire_vault_proto, wire.File_wire_directory_proto, wire.File_wire_founding_proto,
	} {
		for i := range file.Messages().Len() {
			all = append(all, file.Messages().Get(i))
		}
	}
	for i, d := range all {
		m := dynamicpb.NewMessage(d)
		filled(m, 0)
		f.Add(uint8(i), wire.Marshal(m))
	}
	f.Add(uint8(0), []byte{0xff})
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		d := all[int(kind)%len(all)]
		m, known := dynamicpb.NewMessage(d), dynamicpb.NewMessage(d)
		err, errKnown := wire.Decode(raw, m), wire.DecodeKnown(raw, known)
		for _, e := range []error{err, errKnown} {
			if e != nil && stele.KindOf(e) != stele.KindInvalid {
				t.Fatalf("%s: %v", d.Name(), e)
			}
		}
		if kind, _ := protoregistry.GlobalTypes.FindMessageByName(d.FullName()); kind != nil { // whose code may be generated
			m := kind.New().Interface()
			if err := wire.DecodeKnown(raw, m); (err == nil) != (errKnown == nil) || err == nil && !bytes.Equal(wire.Marshal(m), wire.Marshal(known)) {
				t.Fatalf("%s: %v, by reflection %v", d.Name(), err, errKnown)
			}
		}
		if err != nil {
			if errKnown == nil {
				t.Fatalf("%s: known is laxer: %v", d.Name(), err)
			}
			return
		}
		again := dynamicpb.NewMessage(d)
		if err := wire.Decode(wire.Marshal(m), again); err != nil || !proto.Equal(m, again) {
			t.Fatalf("%s says something else the second time: %v", d.Name(), err)
		}
		if errKnown != nil {
			return
		}
		strict := dynamicpb.NewMessage(d)
		if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, strict); err != nil || proto.Size(strict) != proto.Size(known) {
			t.Fatalf("%s: an unknown field passed", d.Name())
		}
	})
}

// FuzzSignature checks signatures, keys and bodies of a stranger's making. One
// that holds is of a valid key, and holds for no other body and under no other tag.
func FuzzSignature(f *testing.F) {
	hash := wire.Hash(wire.TagCard, []byte("body"))
	ed, p256 := wire.Ed25519FromSeed([32]byte{1}), newHardware(f)
	f.Add(wire.SuiteEd25519, ed.Public().Key, ed.Sign(hash), []byte("body"))
	f.Add(wire.SuiteECDSAP256, p256.Public().Key, p256.Sign(hash), []byte("body"))
	f.Add(uint32(0), []byte{}, []byte{}, []byte{})
	f.Add(wire.SuiteECDSAP256, make([]byte, 33), make([]byte, 64), []byte("body"))
	// A point of small order makes one signature hold for everything.
	one := append([]byte{1}, make([]byte, 31)...)
	f.Add(wire.SuiteEd25519, one, append(bytes.Clone(one), make([]byte, 32)...), []byte("body"))
	f.Add(wire.SuiteEd25519, make([]byte, 32), append(bytes.Clone(one), make([]byte, 32)...), []byte("body"))
	f.Fuzz(func(t *testing.T, suite uint32, key, sig, body []byte) {
		s := &wire.Signed{Body: body, Signatures: []*wire.Signature{{Key: &wire.PublicKey{Suite: suite, Key: key}, Signature: sig}}}
		keys, err := wire.Check(wire.TagCard, s)
		if err != nil {
			if stele.KindOf(err) != stele.KindDenied || keys != nil {
				t.Fatalf("%v, %v", keys, err)
			}
			return
		}
		if err := wire.ValidKey(s.Signatures[0].Key); err != nil {
			t.Fatalf("a signature of what is no key holds: %v", err)
		}
		other := sha256.Sum256(body)
		if _, err := wire.Check(wire.TagCard, &wire.Signed{Body: other[:], Signatures: s.Signatures}); err == nil {
			t.Fatalf("a signature by %x holds for two bodies", key)
		}
		if _, err := wire.Check(wire.TagRead, s); err == nil {
			t.Fatalf("a signature by %x holds under two tags", key)
		}
	})
}

// FuzzProposal reads what members sign together: what is taken says what it decides.
func FuzzProposal(f *testing.F) {
	subject, hash := make([]byte, 20), make([]byte, 32)
	for _, m := range []*wire.Transaction{
		{Chain: "town", Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: &wire.CredentialIssuer{Subject: subject, Certificate: hash, Kinds: 1, Jurisdictions: []string{"GB"}}}}},
		{Chain: "town", Message: &wire.Transaction_DismissIssuer{DismissIssuer: &wire.DismissIssuer{Subject: subject, Certificate: hash}}},
		{Chain: "town", Message: &wire.Transaction_ClaimSubject{ClaimSubject: &wire.ClaimSubject{Subject: subject, Device: &wire.Device{Signing: wire.NewEd25519().Public()}}}},
		{Chain: "town", Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: hash[:16]}}},
	} {
		f.Add(wire.Marshal(wire.Sign(wire.TagTransaction, m, wire.NewEd25519())))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, _, claim, err := wire.ReadClaim(raw); err == nil && len(claim.Subject) != 20 || err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Fatalf("read as a claim: %v, %v", claim, err)
		}
		signed, message, err := wire.ReadProposal(raw)
		switch {
		case err != nil && stele.KindOf(err) != stele.KindInvalid:
			t.Fatal(err)
		case err == nil && (message.Asks().Decides == "" || len(signed.Body) == 0):
			t.Fatalf("%x decides nothing", raw)
		}
	})
}

package contract_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// said is a message that the ledger takes, and who must sign it.
type said struct {
	message func() *wire.Transaction
	by      []wire.Signer
}

// everything is one good message of each kind, in a town where ann has given a grant
// to read and one to write.
func everything(t *testing.T) (*script, map[string]said) {
	s := found(t, 2)
	s.block("+1s", "subject pia\ndevice pia key=tablet by=pia,tablet\nannounce c0 of=pia device=pia guardians=yes")
	s.block("+72h", "")
	s.block("+1s", "announce c1 of=pia device=pia remove=tablet\nspeak g1 of=pia recover=new\nspeak g2 of=pia recover=new\nspeak g3 of=pia recover=new")
	s.block("+1s", "subject ann\nenrol baby\nenrol doe\nenrol roe")
	s.block("+1s", "merge roe into=ann")
	s.block("+1s", "subject dan\ngive d1 action=delegate to=mother end=+900h\ngive d2 of=dan action=delegate to=mother end=+900h\ndie dan under=d2")
	s.block("+1s", "give g end=+900h\ngive w action=write end=+900h\nsubject cleo\nadmit cleo\nbreak e\nbreak f\nend f by=member1")
	ann, doctor, phone, tablet := ledgertest.Signer("ann"), ledgertest.Signer("doctor"), ledgertest.Signer("phone"), ledgertest.Signer("tablet")
	subject := ledgertest.Subject("ann")
	digest := func(what string) []byte { return ledgertest.Bytes(what, 32) }
	device := func(name string) *wire.Device {
		return &wire.Device{Signing: ledgertest.Signer(name).Public(), SealSuite: wire.SuiteSeal, SealKey: ledgertest.SealKey(name)}
	}
	document := wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{device("bob")}, Salt: ledgertest.Bytes("salt", 16)})
	return s, map[string]said{
		"create_subject": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: document, Emergency: digest("slot")}}}
		}, []wire.Signer{ledgertest.Signer("bob")}},
		"rotate_keys": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{
				Subject: slices.Clone(subject[:]), Old: ann.Public(), Device: device("phone")}}}
		}, []wire.Signer{ann, phone}},
		"add_device": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: slices.Clone(subject[:]), Device: device("phone")}}}
		}, []wire.Signer{ann, phone}},
		"claim_subject": {func() *wire.Transaction {
			baby := ledgertest.Subject("baby")
			return &wire.Transaction{Message: &wire.Transaction_ClaimSubject{ClaimSubject: &wire.ClaimSubject{Subject: baby[:], Device: device("phone")}}}
		}, []wire.Signer{ledgertest.Signer("baby"), phone, ledgertest.Signer("member2")}},
		"give_grant": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
				Grant: ledgertest.IDOf("new", subject[:]), Subject: slices.Clone(subject[:]), Action: 1, Grantee: ledgertest.Signer("nurse").Public(),
				EndMs: s.town.Time.Add(time.Hour).UnixMilli(), Commitment: digest("document"),
			}}}
		}, []wire.Signer{ann}},
		"revoke_grant": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: s.id("g")}}}
		}, []wire.Signer{ann}},
		"open_access": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
				Request: ledgertest.IDOf("r", s.id("g")), Grant: s.id("g"), DetailCommitment: digest("detail"), ReaderKeyHash: digest("reader"), WindowMs: 60_000,
			}}}
		}, []wire.Signer{doctor}},
		"post_receipts": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_PostReceipts{PostReceipts: &wire.PostReceipts{Batch: ledgertest.IDOf("b", s.subject("member1")), Root: digest("root"), Count: 3}}}
		}, []wire.Signer{ledgertest.Signer("member1's trustee")}},
		"admit_issuer": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: &wire.CredentialIssuer{
				Subject: slices.Clone(subject[:]), Certificate: digest("certificate"), Kinds: 1, Jurisdictions: []string{"GB", "US-CA"},
			}}}}
		}, []wire.Signer{ledgertest.Signer("member1"), ledgertest.Signer("member2")}},
		"dismiss_issuer": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_DismissIssuer{DismissIssuer: &wire.DismissIssuer{Subject: s.subject("cleo"), Certificate: s.certificate(parse("dismiss cleo"))}}}
		}, []wire.Signer{ledgertest.Signer("member1"), ledgertest.Signer("member2")}},
		"post_status_list": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_PostStatusList{PostStatusList: &wire.PostStatusList{Subject: slices.Clone(subject[:]), Epoch: 1, Hash: digest("list")}}}
		}, []wire.Signer{ann}},
		"set_emergency": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_SetEmergency{SetEmergency: &wire.SetEmergency{Subject: slices.Clone(subject[:]), Commitment: digest("slot")}}}
		}, []wire.Signer{ann}},
		"break_glass": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
				Activation: ledgertest.IDOf("e2", subject[:]), Subject: slices.Clone(subject[:]), Member: s.subject("member1"), Grantee: phone.Public(), DetailCommitment: digest("detail"),
			}}}
		}, []wire.Signer{phone, ledgertest.Signer("member1's node")}},
		"end_emergency": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{Activation: slices.Clone(s.id("e"))}}}
		}, []wire.Signer{ledgertest.Signer("member1")}},
		"review_emergency": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_ReviewEmergency{ReviewEmergency: &wire.ReviewEmergency{
				Activation: slices.Clone(s.id("f")), Outcome: wire.Review_REVIEW_ERROR, Commitment: digest("why"),
			}}}
		}, []wire.Signer{ann}},
		"record_death": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_RecordDeath{RecordDeath: &wire.RecordDeath{
				Subject: slices.Clone(subject[:]), Member: s.subject("member1"), Delegation: slices.Clone(s.id("d1")), Commitment: digest("why"), AsOf: s.town.Height,
			}}}
		}, []wire.Signer{ledgertest.Signer("mother"), ledgertest.Signer("member1's node")}},
		"undo_death": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_UndoDeath{UndoDeath: &wire.UndoDeath{
				Subject: s.subject("dan"), Member: s.subject("member1"), Delegation: slices.Clone(s.id("d2")), Commitment: digest("why"), AsOf: s.town.Height,
			}}}
		}, []wire.Signer{ledgertest.Signer("mother"), ledgertest.Signer("member1's node")}},
		"merge_subjects": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_MergeSubjects{MergeSubjects: &wire.MergeSubjects{From: s.subject("doe"), Into: slices.Clone(subject[:]), Commitment: digest("why")}}}
		}, []wire.Signer{ledgertest.Signer("member1"), ledgertest.Signer("member2"), ann}},
		"undo_merge": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_UndoMerge{UndoMerge: &wire.UndoMerge{From: s.subject("roe"), Commitment: digest("why")}}}
		}, []wire.Signer{ann}},
		"announce_change": {func() *wire.Transaction {
			circle, _ := s.circle(circle, 3, 72*time.Hour)
			return &wire.Transaction{Message: &wire.Transaction_AnnounceChange{AnnounceChange: &wire.AnnounceChange{
				Change: ledgertest.IDOf("c2", subject[:]), Subject: slices.Clone(subject[:]), By: ann.Public(), What: &wire.Change{Change: &wire.Change_Guardians{Guardians: circle}}}}}
		}, []wire.Signer{ann}},
		"veto_change": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_VetoChange{VetoChange: &wire.VetoChange{Change: slices.Clone(s.id("c1")), By: tablet.Public()}}}
		}, []wire.Signer{tablet}},
		"freeze_device": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_FreezeDevice{FreezeDevice: &wire.FreezeDevice{
				Subject: s.subject("pia"), Device: tablet.Public(), By: ledgertest.Signer("pia").Public()}}}
		}, []wire.Signer{ledgertest.Signer("pia")}},
		"speak_as_guardian": {func() *wire.Transaction {
			m := s.guardian("g4", circle)
			m.Subject, m.Word = s.subject("pia"), &wire.GuardianWord{Word: &wire.GuardianWord_Recover{Recover: device("new2")}}
			return &wire.Transaction{Message: &wire.Transaction_SpeakAsGuardian{SpeakAsGuardian: m}}
		}, []wire.Signer{ledgertest.Signer("g4"), ledgertest.Signer("new2")}},
		"veto_recovery": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_VetoRecovery{VetoRecovery: &wire.VetoRecovery{Subject: s.subject("pia"), By: tablet.Public()}}}
		}, []wire.Signer{tablet}},
		"make_anchor": {func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
				Submission: ledgertest.IDOf("a", s.id("w")), Grant: s.id("w"), Root: digest("root"), SourceCommitment: digest("source"), CountCommitment: digest("count"),
			}}}
		}, []wire.Signer{doctor}},
	}
}

// spot is a field of bytes somewhere in a message; set returns the whole message with
// another value there.
type spot struct {
	path  string
	value []byte
	set   func([]byte) proto.Message
}

// spots finds every field of bytes in a message, at any depth, in bytes that are a
// message themselves, too.
func spots(path string, m proto.Message) (found []spot) {
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		name := path + "." + string(f.Name())
		with := func(v protoreflect.Value) proto.Message {
			c := proto.Clone(m)
			c.ProtoReflect().Set(f, v)
			return c
		}
		switch {
		case !m.ProtoReflect().Has(f):
		case f.Name() == "key_document":
			doc := new(wire.KeyDocument)
			if err := wire.Decode(m.ProtoReflect().Get(f).Bytes(), doc); err != nil {
				panic(err)
			}
			for _, in := range spots(name, doc) {
				found = append(found, spot{in.path, in.value, func(raw []byte) proto.Message {
					return with(protoreflect.ValueOfBytes(wire.Marshal(in.set(raw))))
				}})
			}
		case f.IsList() && f.Message() != nil:
			for j := range m.ProtoReflect().Get(f).List().Len() {
				for _, in := range spots(fmt.Sprintf("%s[%d]", name, j), m.ProtoReflect().Get(f).List().Get(j).Message().Interface()) {
					found = append(found, spot{in.path, in.value, func(raw []byte) proto.Message {
						c := proto.Clone(m)
						c.ProtoReflect().Mutable(f).List().Set(j, protoreflect.ValueOfMessage(in.set(raw).ProtoReflect()))
						return c
					}})
				}
			}
		case f.Message() != nil:
			for _, in := range spots(name, m.ProtoReflect().Get(f).Message().Interface()) {
				found = append(found, spot{in.path, in.value, func(raw []byte) proto.Message {
					return with(protoreflect.ValueOfMessage(in.set(raw).ProtoReflect()))
				}})
			}
		case f.IsList() && f.Kind() == protoreflect.BytesKind:
			for j := range m.ProtoReflect().Get(f).List().Len() {
				found = append(found, spot{fmt.Sprintf("%s[%d]", name, j), m.ProtoReflect().Get(f).List().Get(j).Bytes(), func(raw []byte) proto.Message {
					c := proto.Clone(m)
					c.ProtoReflect().Mutable(f).List().Set(j, protoreflect.ValueOfBytes(raw))
					return c
				}})
			}
		case f.Kind() == protoreflect.BytesKind:
			found = append(found, spot{name, m.ProtoReflect().Get(f).Bytes(), func(raw []byte) proto.Message { return with(protoreflect.ValueOfBytes(raw)) }})
		}
	}
	return found
}

// TestR9NoFieldOfATransactionHoldsText: in each field of bytes of each message, text
// of any length and random bytes of a wrong one are refused.
func TestR9NoFieldOfATransactionHoldsText(t *testing.T) {
	s, all := everything(t)
	kinds := (&wire.Transaction{}).ProtoReflect().Descriptor().Oneofs().ByName("message").Fields()
	for i := range kinds.Len() {
		kind := string(kinds.Get(i).Name())
		good, ok := all[kind]
		if !ok {
			t.Errorf("%s: no good one is known here", kind)
			continue
		}
		if _, err := s.town.Ledger.Admit(s.town.Tx(good.message(), good.by...)); err != nil {
			t.Errorf("a good %s: %v", kind, err)
			continue
		}
		tx := good.message()
		tx.Nonce = ledgertest.ID("nonce")
		walked := 0
		for _, at := range spots(kind, tx) {
			walked++
			for what, raw := range map[string][]byte{
				"text":                    text(len(at.value)),
				"text and zeros":          append(text(len(at.value)/2), make([]byte, len(at.value)-len(at.value)/2)...),
				"short text":              []byte("HIV positive"),
				"long text":               text(5000),
				"one byte less":           at.value[:len(at.value)-1],
				"one byte more":           append(slices.Clone(at.value), 7),
				"a salt longer than most": ledgertest.SealKey("x")[:33],
			} {
				if slices.Equal(raw, at.value) {
					continue
				}
				if what == "one byte more" && at.path == "create_subject.create_subject.key_document.salt" {
					continue // 16 to 32 bytes
				}
				if out, err := s.town.Ledger.Admit(s.town.Tx(at.set(raw).(*wire.Transaction), good.by...)); err == nil {
					t.Errorf("%s: %s is taken: %v", at.path, what, out)
				} else if k := stele.KindOf(err); k != stele.KindInvalid && k != stele.KindDenied {
					t.Errorf("%s: %s: %v", at.path, what, err)
				}
			}
		}
		if walked < 2 {
			t.Errorf("%s: %d fields of bytes were found", kind, walked)
		}
	}
}

// TestLaw4NoEventHasAPlaceForWords: no transaction and no event has a field of text,
// but for the network's own name, and what its members are: their kind, which the genesis
// fixes, and what organisations are called and where they are found.
func TestLaw4NoEventHasAPlaceForWords(t *testing.T) {
	allowed := map[string]bool{"Transaction.chain": true, "Genesis.chain": true, "Member.kind": true, "Address.name": true, "Address.url": true, "Address.peer": true,
		"CredentialIssuer.jurisdictions": true} // codes: TestLaw4AJurisdictionIsACode
	seen := map[protoreflect.FullName]bool{}
	var walk func(d protoreflect.MessageDescriptor)
	walk = func(d protoreflect.MessageDescriptor) {
		if seen[d.FullName()] {
			return
		}
		seen[d.FullName()] = true
		for i := range d.Fields().Len() {
			f := d.Fields().Get(i)
			if name := string(d.Name()) + "." + string(f.Name()); f.Kind() == protoreflect.StringKind && !allowed[name] {
				t.Errorf("%s is a place for words", name)
			}
			if f.Message() != nil {
				walk(f.Message())
			}
		}
	}
	for _, m := range []proto.Message{&wire.Transaction{}, &wire.Event{}, &wire.KeyDocument{}} {
		walk(m.ProtoReflect().Descriptor())
	}
}

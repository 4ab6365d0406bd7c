package wire_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// vector is one value that every implementation must compute alike.
type vector struct {
	What  string `json:"what"`
	Input string `json:"input"` // what is hashed or encoded, hexadecimal where it is bytes
	Value string `json:"value"` // hexadecimal
}

// bytesOf returns n bytes counting up from first.
func bytesOf(first byte, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = first + byte(i)
	}
	return out
}

func vectors() []vector {
	var out []vector
	add := func(what string, input, value []byte) {
		out = append(out, vector{what, hex.EncodeToString(input), hex.EncodeToString(value)})
	}
	digest := func(first byte) stele.Digest { return stele.Digest(bytesOf(first, 32)) }
	subject := stele.Subject(bytesOf(1, 20))
	for _, tag := range []wire.Tag{
		wire.TagTransaction, wire.TagParcel, wire.TagSubmission, wire.TagCard, wire.TagRead, wire.TagOwn, wire.TagMember,
		wire.TagReceipt, wire.TagHead, wire.TagAppHash, wire.TagRecord, wire.TagFolio,
		wire.TagCapsules, wire.TagAnswer, wire.TagOneTimeKey, wire.TagCapsuleLabel, wire.TagRecordLabel, wire.TagSlotCapsules, wire.TagRelease,
		wire.TagViewed, wire.TagAddress, wire.TagFounder, wire.TagActivate, wire.TagDealing, wire.TagFounders, wire.TagSummary,
		wire.TagSlot, wire.TagAsk, wire.TagNotices, wire.TagEnvelopes, wire.TagDeath,
	} {
		h := wire.Hash(tag, []byte("body"))
		add("hash of \"body\" under "+string(tag), []byte("body"), h[:])
	}
	owned := stele.ID(bytesOf(40, 16)).Of(subject[:])
	add("id of an owner", append(subject[:], owned[:8]...), owned[:])
	key := wire.Ed25519FromSeed([32]byte(bytesOf(7, 32)))
	tx := wire.Sign(wire.TagTransaction, &wire.Transaction{
		Chain: "vectors", Nonce: bytesOf(9, 16), ExpiresMs: 1_900_000_000_123,
		Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
			Request: bytesOf(10, 16), Grant: bytesOf(11, 16), DetailCommitment: bytesOf(12, 32), ReaderKeyHash: bytesOf(13, 32), WindowMs: 300_000,
		}},
	}, key)
	id := wire.TransactionID(tx)
	add("transaction id of a body", tx.Body, id[:])
	add("Ed25519 signature by the seed 07…26 over that id", id[:], tx.Signatures[0].Signature)
	add("signed transaction", tx.Body, wire.Marshal(tx))
	for _, e := range events(subject[:]) {
		raw := wire.EventBytes(e)
		add("event bytes", []byte(e.ProtoReflect().WhichOneof(e.ProtoReflect().Descriptor().Oneofs().ByName("event")).Name()), raw)
	}
	h := wire.HeadHash(subject, 258, digest(20))
	add("head hash of subject 01…14, size 258, root 14…33", append(subject[:], bytesOf(20, 32)...), h[:])
	h = wire.AppHash(65537, digest(21))
	add("app hash of 65537 logs, root 15…34", bytesOf(21, 32), h[:])
	record := &wire.SealedRecord{Suite: 1, Cover: []byte("cover"), Ciphertext: []byte("ciphertext"), PlaintextCommitment: bytesOf(22, 32), Provenance: []byte("provenance")}
	h = wire.RecordLeaf(record)
	add("record leaf", wire.Marshal(record), h[:])
	head := &wire.FolioHead{Suite: 1, Folio: bytesOf(23, 16), LabelCommitment: bytesOf(24, 32), KeyCommitment: bytesOf(25, 32), RecordsRoot: bytesOf(26, 32), Records: 3}
	folio := wire.FolioDigest(wire.Marshal(head))
	add("folio digest", wire.Marshal(head), folio[:])
	add("capsule label of that folio, chain vectors, committee key 1b…3a, subject 01…14", folio[:], wire.CapsuleLabelBytes("vectors", bytesOf(27, 32), subject, head, folio))
	add("record capsule label in that folio, handle 22…31, grant 23…32", folio[:], wire.RecordLabelBytes("vectors", bytesOf(27, 32), subject, folio, stele.ID(bytesOf(34, 16)), stele.ID(bytesOf(35, 16))))
	add("record capsule label in that folio, handle 22…31, without a grant", folio[:], wire.RecordLabelBytes("vectors", bytesOf(27, 32), subject, folio, stele.ID(bytesOf(34, 16)), stele.ID{}))
	h = wire.SlotCapsulesDigest([]byte("capsules"))
	add("slot capsules digest of \"capsules\"", nil, h[:])
	h = wire.CapsulesDigest([][]byte{[]byte("capsule 1"), []byte("capsule 2")}, [][]byte{bytesOf(1, 32), bytesOf(2, 32)})
	add("capsules digest of \"capsule 1\", \"capsule 2\" with labels 01…20, 02…21", nil, h[:])
	answer := wire.AnswerDigest([][]byte{bytesOf(32, 32), bytesOf(33, 32)}, []byte("proof"))
	add("answer digest of partials 20…3f, 21…40 and proof \"proof\"", nil, answer[:])
	receipt := &wire.Receipt{
		Chain: "vectors", Member: bytesOf(28, 20), Share: 2, Epoch: 3, Request: bytesOf(29, 16), Subject: subject[:], Grant: bytesOf(30, 16),
		Height: 99, TimeMs: 1_900_000_000_000, Capsules: h[:], Count: 2, ReaderKeyHash: bytesOf(31, 32), Answer: answer[:],
	}
	add("release context of a receipt, without its height, time and answer", wire.Marshal(receipt), wire.ReleaseContext(receipt))
	receipt.Disclosure = &wire.Disclosure{Notice: "a notice", Scope: "what was consented to"}
	add("release context of a receipt of substance use records", wire.Marshal(receipt), wire.ReleaseContext(receipt))
	return out
}

// events is one event of every kind.
func events(subject []byte) []*wire.Event {
	device := &wire.Device{Signing: &wire.PublicKey{Suite: 1, Key: bytesOf(40, 32)}, SealSuite: 1, SealKey: bytesOf(0, 64)}
	key := &wire.PublicKey{Suite: 2, Key: bytesOf(41, 33)}
	out := []*wire.Event{
		{Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{Genesis: &wire.Genesis{Chain: "vectors", TimeMs: 1, Members: []*wire.Member{{
			KeyDocument: []byte("document"), Kind: "hospital", Node: key, Trustee: device.Signing, Share: 1, Validator: bytesOf(42, 32), Power: 10,
		}}, Committee: &wire.Committee{Suite: 1, Epoch: 1, Threshold: 1, Key: bytesOf(43, 32), Shares: [][]byte{bytesOf(44, 32)}}}}}},
		{Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: 300, KeyDocument: []byte("document")}}},
		{Event: &wire.Event_KeysRotated{KeysRotated: &wire.KeysRotated{Old: key, Device: device}}},
		{Event: &wire.Event_DeviceAdded{DeviceAdded: &wire.DeviceAdded{Device: device}}},
		{Event: &wire.Event_SubjectClaimed{SubjectClaimed: &wire.SubjectClaimed{Device: device, Member: bytesOf(11, 20)}}},
		{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Grant: bytesOf(1, 16), Action: 1, Grantee: key, EndMs: 1_900_000_000_000, MaxUses: 3, Commitment: bytesOf(2, 32)}}},
		{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: bytesOf(1, 16)}}},
		{Event: &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{Grant: bytesOf(1, 16)}}},
		{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{Request: bytesOf(3, 16), Grant: bytesOf(1, 16), DetailCommitment: bytesOf(4, 32), ReaderKeyHash: bytesOf(5, 32), UntilMs: 1_900_000_300_000, Use: 1}}},
		{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Request: bytesOf(3, 16), Grant: bytesOf(1, 16), DetailCommitment: bytesOf(4, 32), Refusal: wire.Refusal_REFUSAL_NOT_YET}}},
		{Event: &wire.Event_ReceiptsPosted{ReceiptsPosted: &wire.ReceiptsPosted{Batch: bytesOf(6, 16), Root: bytesOf(7, 32), Count: 1000}}},
		{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{Submission: bytesOf(8, 16), Grant: bytesOf(1, 16), Root: bytesOf(9, 32), SourceCommitment: bytesOf(10, 32), CountCommitment: bytesOf(11, 32)}}},
		{Event: &wire.Event_IssuerAdmitted{IssuerAdmitted: &wire.IssuerAdmitted{Issuer: &wire.CredentialIssuer{
			Subject: bytesOf(12, 20), Certificate: bytesOf(13, 32), Kinds: 3, Jurisdictions: []string{"GB", "US-CA"}}}}},
		{Event: &wire.Event_IssuerDismissed{IssuerDismissed: &wire.IssuerDismissed{Subject: bytesOf(12, 20), Certificate: bytesOf(13, 32)}}},
		{Event: &wire.Event_StatusListPosted{StatusListPosted: &wire.StatusListPosted{Epoch: 300, Hash: bytesOf(14, 32)}}},
		{Event: &wire.Event_EmergencySet{EmergencySet: &wire.EmergencySet{Commitment: bytesOf(15, 32)}}},
		{Event: &wire.Event_GlassBroken{GlassBroken: &wire.GlassBroken{Activation: bytesOf(16, 16), Member: bytesOf(17, 20), Grantee: key,
			DetailCommitment: bytesOf(18, 32), UntilMs: 1_900_000_000_000, ReviewByMs: 1_900_000_300_000}}},
		{Event: &wire.Event_EmergencyEnded{EmergencyEnded: &wire.EmergencyEnded{Activation: bytesOf(16, 16), Early: true}}},
		{Event: &wire.Event_EmergencyReviewed{EmergencyReviewed: &wire.EmergencyReviewed{Activation: bytesOf(16, 16), Outcome: wire.Review_REVIEW_TOO_MUCH, Commitment: bytesOf(19, 32), Late: true}}},
		{Event: &wire.Event_ReviewOverdue{ReviewOverdue: &wire.ReviewOverdue{Activation: bytesOf(16, 16)}}},
		{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Grant: bytesOf(20, 16), Action: 3, Grantee: key, EndMs: 1_900_000_000_000, Commitment: bytesOf(21, 32), Delegation: bytesOf(22, 16)}}},
		{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: bytesOf(20, 16), Delegation: bytesOf(22, 16)}}},
		{Event: &wire.Event_DeathRecorded{DeathRecorded: &wire.DeathRecorded{Member: bytesOf(23, 20), Delegation: bytesOf(22, 16), Commitment: bytesOf(24, 32)}}},
		{Event: &wire.Event_DeathUndone{DeathUndone: &wire.DeathUndone{Member: bytesOf(23, 20), Delegation: bytesOf(22, 16), Commitment: bytesOf(24, 32)}}},
		{Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{Into: bytesOf(25, 20), Commitment: bytesOf(26, 32), Members: [][]byte{bytesOf(11, 20), bytesOf(17, 20)}}}},
		{Event: &wire.Event_MergeUndone{MergeUndone: &wire.MergeUndone{Into: bytesOf(25, 20), Commitment: bytesOf(26, 32), Emergency: bytesOf(15, 32)}}},
		{Event: &wire.Event_MergeNoted{MergeNoted: &wire.MergeNoted{From: bytesOf(27, 20), Turn: 3}}},
		{Event: &wire.Event_DelegationEnding{DelegationEnding: &wire.DelegationEnding{Grant: bytesOf(22, 16), EndMs: 1_900_000_000_000}}},
		{Event: &wire.Event_ChangeAnnounced{ChangeAnnounced: &wire.ChangeAnnounced{Change: bytesOf(28, 16), By: key, UntilMs: 1_900_000_000_000,
			What: &wire.Change{Change: &wire.Change_Guardians{Guardians: &wire.Guardians{Root: bytesOf(29, 32), Number: 5, Needed: 3, WaitMs: 259_200_000}}}}}},
		{Event: &wire.Event_ChangeStopped{ChangeStopped: &wire.ChangeStopped{Change: bytesOf(28, 16), By: key}}},
		{Event: &wire.Event_ChangeMade{ChangeMade: &wire.ChangeMade{Change: bytesOf(28, 16), What: &wire.Change{Change: &wire.Change_Remove{Remove: key}}}}},
		{Event: &wire.Event_DeviceFrozen{DeviceFrozen: &wire.DeviceFrozen{Device: key, By: device.Signing}}},
		{Event: &wire.Event_GuardianSpoke{GuardianSpoke: &wire.GuardianSpoke{Guardian: key, Kind: wire.GuardianKind_GUARDIAN_KIND_FAMILY,
			Word: &wire.GuardianWord{Word: &wire.GuardianWord_Recover{Recover: device}}, Enough: true, UntilMs: 1_900_000_000_000}}},
		{Event: &wire.Event_RecoveryStopped{RecoveryStopped: &wire.RecoveryStopped{By: key}}},
		{Event: &wire.Event_SubjectRecovered{SubjectRecovered: &wire.SubjectRecovered{Device: device}}},
	}
	for i, e := range out {
		e.Version, e.Subject, e.Height, e.Index, e.TimeMs = wire.EventVersion, subject, int64(i), uint32(200*i), 1_900_000_000_000+int64(i)
		if i%2 == 0 {
			e.Tx = bytesOf(50, 32)
		}
	}
	return out
}

func TestVectors(t *testing.T) {
	made := vectors()
	vectortest.Reproduced(t, "wire.json", made)
	seen := map[string]string{}
	for _, v := range made {
		if other, double := seen[v.Value]; double {
			t.Errorf("%s and %s have one value", other, v.What)
		}
		seen[v.Value] = v.What
	}
}

func TestReleaseContextIsOfAllThatIsKnownBeforehand(t *testing.T) {
	full := func() *wire.Receipt {
		return &wire.Receipt{Chain: "c", Member: []byte{1}, Share: 1, Epoch: 1, Request: []byte{1}, Subject: []byte{1}, Grant: []byte{1},
			Height: 1, TimeMs: 1, Capsules: []byte{1}, Count: 1, ReaderKeyHash: []byte{1}, Answer: []byte{1}, Disclosure: &wire.Disclosure{Notice: "n"}, Viewed: []byte{1}}
	}
	base, fields := wire.ReleaseContext(full()), full().ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		r := full()
		r.ProtoReflect().Clear(fields.Get(i))
		same := bytes.Equal(wire.ReleaseContext(r), base)
		if name := fields.Get(i).Name(); same != (name == "height" || name == "time_ms" || name == "answer" || name == "viewed") {
			t.Errorf("%s: the context is the same without it: %v", name, same)
		}
	}
}

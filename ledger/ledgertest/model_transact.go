package ledgertest

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Transact foretells a transaction of the block. sound says whether its
// signatures check, which the model takes on trust.
func (m *Model) Transact(raw []byte, sound bool) Foretold {
	signed, tx := new(wire.Signed), new(wire.Transaction)
	if proto.Unmarshal(raw, signed) != nil || proto.Unmarshal(signed.Body, tx) != nil || len(raw) > 16<<10 {
		return Foretold{Refused: []stele.Kind{stele.KindInvalid}}
	}
	var wrong defects
	wrong.when(tx.Chain != m.genesis.Chain || len(tx.Nonce) != 16 || tx.Message == nil, stele.KindInvalid)
	wrong.when(tx.ExpiresMs <= m.time || tx.ExpiresMs > m.time+10*60_000, stele.KindInvalid)
	wrong.when(!sound, stele.KindDenied)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	if first, ok := m.answers[string(signed.Body)]; ok {
		return first
	}
	id := wire.TransactionID(signed)
	f := m.message(id[:], tx, signers{signed.Signatures})
	if f.Event != nil {
		m.answers[string(signed.Body)] = f
	}
	return f
}

// defects are the kinds of all that is wrong with a transaction.
type defects []stele.Kind

func (d *defects) when(wrong bool, kind stele.Kind) {
	if wrong {
		*d = append(*d, kind)
	}
}

// signers are the keys that signed.
type signers struct{ list []*wire.Signature }

func (s signers) have(key *wire.PublicKey) bool {
	return slices.ContainsFunc(s.list, func(sig *wire.Signature) bool { return proto.Equal(sig.Key, key) })
}

func (s signers) anyOf(devices []*wire.Device) bool {
	return slices.ContainsFunc(devices, func(d *wire.Device) bool { return s.have(d.Signing) })
}

func (m *Model) message(tx []byte, body *wire.Transaction, by signers) Foretold {
	switch b := body.Message.(type) {
	case *wire.Transaction_CreateSubject:
		return m.createSubject(tx, b.CreateSubject, by)
	case *wire.Transaction_RotateKeys:
		return m.rotate(tx, b.RotateKeys, by)
	case *wire.Transaction_AddDevice:
		return m.addDevice(tx, b.AddDevice, by)
	case *wire.Transaction_ClaimSubject:
		return m.claim(tx, b.ClaimSubject, by)
	case *wire.Transaction_GiveGrant:
		return m.give(tx, b.GiveGrant, by)
	case *wire.Transaction_RevokeGrant:
		return m.revoke(tx, b.RevokeGrant, by)
	case *wire.Transaction_OpenAccess:
		return m.open(tx, b.OpenAccess, by)
	case *wire.Transaction_PostReceipts:
		return m.post(tx, b.PostReceipts, by)
	case *wire.Transaction_MakeAnchor:
		return m.anchor(tx, b.MakeAnchor, by)
	case *wire.Transaction_AdmitIssuer:
		return m.admit(tx, b.AdmitIssuer.GetIssuer(), by)
	case *wire.Transaction_DismissIssuer:
		return m.dismiss(tx, b.DismissIssuer, by)
	case *wire.Transaction_PostStatusList:
		return m.list(tx, b.PostStatusList, by)
	case *wire.Transaction_SetEmergency:
		return m.setEmergency(tx, b.SetEmergency, by)
	case *wire.Transaction_BreakGlass:
		return m.breakGlass(tx, b.BreakGlass, by)
	case *wire.Transaction_EndEmergency:
		return m.endEmergency(tx, b.EndEmergency, by)
	case *wire.Transaction_ReviewEmergency:
		return m.reviewEmergency(tx, b.ReviewEmergency, by)
	case *wire.Transaction_MergeSubjects:
		return m.merge(tx, b.MergeSubjects, by)
	case *wire.Transaction_AnnounceChange:
		return m.announce(tx, b.AnnounceChange, by)
	case *wire.Transaction_VetoChange:
		return m.vetoChange(tx, b.VetoChange, by)
	case *wire.Transaction_FreezeDevice:
		return m.freeze(tx, b.FreezeDevice, by)
	case *wire.Transaction_SpeakAsGuardian:
		return m.speakAsGuardian(tx, b.SpeakAsGuardian, by)
	case *wire.Transaction_VetoRecovery:
		return m.vetoRecovery(tx, b.VetoRecovery, by)
	case *wire.Transaction_UndoMerge:
		return m.undoMerge(tx, b.UndoMerge, by)
	case *wire.Transaction_RecordDeath:
		return m.death(tx, b.RecordDeath.Subject, b.RecordDeath.Member, b.RecordDeath.Delegation, b.RecordDeath.Commitment, b.RecordDeath.AsOf, by, true)
	case *wire.Transaction_UndoDeath:
		return m.death(tx, b.UndoDeath.Subject, b.UndoDeath.Member, b.UndoDeath.Delegation, b.UndoDeath.Commitment, b.UndoDeath.AsOf, by, false)
	}
	return Foretold{Refused: []stele.Kind{stele.KindInvalid}}
}

func badDevice(d *wire.Device) bool {
	seals := d.GetSealSuite() != 0 || len(d.GetSealKey()) != 0
	return badKey(d.GetSigning()) || seals && (d.SealSuite != 1 || badSealKey(d.SealKey))
}

// unusable are the u-coordinates of the points to which X25519 sends everything.
var unusable = []string{
	"0", "1", "325606250916557431795983626356110631294008115727848805560023387167927233504",
	"39382357235489614581723060781553021112529911719440698176882885853963445705823",
	"57896044618658097711785492504343953926634992332820282019728792003956564819948",
}

// badSealKey is FIPS 203 §7.2 for the first 1,184 bytes, and RFC 7748 §6.1 for the
// last 32.
func badSealKey(k []byte) bool {
	if len(k) != 1216 {
		return true
	}
	for i := 0; i < 1152; i += 3 {
		if int(k[i])|int(k[i+1]&15)<<8 >= 3329 || int(k[i+1]>>4)|int(k[i+2])<<4 >= 3329 {
			return true
		}
	}
	point := slices.Clone(k[1184:])
	point[31] &= 127
	slices.Reverse(point)
	u, p := new(big.Int).SetBytes(point), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	return slices.Contains(unusable, u.Mod(u, p).String())
}

// badKey knows Ed25519 alone: the model is not given other keys.
func badKey(k *wire.PublicKey) bool { return k.GetSuite() != 1 || len(k.Key) != 32 }

func (m *Model) createSubject(tx []byte, b *wire.CreateSubject, by signers) Foretold {
	var doc wire.KeyDocument
	var wrong defects
	if proto.Unmarshal(b.KeyDocument, &doc) != nil {
		return Foretold{Refused: []stele.Kind{stele.KindInvalid}}
	}
	n := len(doc.Devices)
	wrong.when(n == 0 || n > 8 || len(doc.Salt) < 16 || len(doc.Salt) > 32, stele.KindInvalid)
	for i, d := range doc.Devices {
		doubled := slices.ContainsFunc(doc.Devices[:i], func(o *wire.Device) bool { return proto.Equal(o.Signing, d.Signing) })
		wrong.when(badDevice(d) || doubled, stele.KindInvalid)
		wrong.when(!by.have(d.Signing), stele.KindDenied)
	}
	subject := stele.SubjectOf(b.KeyDocument)
	wrong.when(m.keys[string(subject[:])] != nil, stele.KindExists)
	wrong.when(len(b.Emergency) != 32 && (m.genesis.Terms != nil || len(b.Emergency) != 0), stele.KindInvalid)
	if len(b.Member) != 0 {
		wrong = append(wrong, m.enrols(b, &doc, by)...)
	}
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	return m.create(tx, b.KeyDocument, b.Emergency, b.Member)
}

func (m *Model) create(tx, document, emergency, member []byte) Foretold {
	var doc wire.KeyDocument
	_ = proto.Unmarshal(document, &doc) // which has been read before
	subject := stele.SubjectOf(document)
	m.keys[string(subject[:])] = doc.Devices
	if len(member) != 0 {
		m.keys[string(subject[:])] = []*wire.Device{}
		m.slips[string(subject[:])] = modelSlip{string(member), doc.Devices[0].Signing}
	}
	m.slots[string(subject[:])], m.committed[string(subject[:])] = len(emergency) > 0, emergency
	return m.write(string(subject[:]), tx, &wire.Event{Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{
		Leaf: uint64(len(m.order)), KeyDocument: document, Emergency: emergency, Member: member}}})
}

// device is the place of a subject's device with a key, or -1.
func (m *Model) device(subject []byte, key *wire.PublicKey) int {
	return slices.IndexFunc(m.keys[string(subject)], func(d *wire.Device) bool { return proto.Equal(d.Signing, key) })
}

func (m *Model) rotate(tx []byte, b *wire.RotateKeys, by signers) Foretold {
	var wrong defects
	at := m.device(b.Subject, b.Old)
	wrong.when(at < 0 || !by.have(b.Old) || !by.have(b.Device.GetSigning()), stele.KindDenied)
	wrong.when(badDevice(b.Device), stele.KindInvalid)
	other := m.device(b.Subject, b.Device.GetSigning())
	wrong.when(other >= 0 && other != at || m.guard(b.Subject).frost(b.Device.GetSigning()) >= 0, stele.KindExists)
	spent := m.of("keys", string(b.Subject))
	wrong.when(spent.over(m.time, 20, 3600_000), stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent.add(m.time, 3600_000)
	m.keys[string(b.Subject)][at] = b.Device
	m.follow(b.Subject, b.Old, b.Device.Signing)
	return m.write(string(b.Subject), tx, &wire.Event{Event: &wire.Event_KeysRotated{KeysRotated: &wire.KeysRotated{Old: b.Old, Device: b.Device}}})
}

func (m *Model) addDevice(tx []byte, b *wire.AddDevice, by signers) Foretold {
	var wrong defects
	devices := m.keys[string(b.Subject)]
	wrong.when(!by.anyOf(devices) || !by.have(b.Device.GetSigning()), stele.KindDenied)
	g := m.guard(b.Subject)
	wrong.when(badDevice(b.Device) || len(devices)+len(g.frozen) >= 8, stele.KindInvalid)
	wrong.when(m.device(b.Subject, b.Device.GetSigning()) >= 0 || g.frost(b.Device.GetSigning()) >= 0, stele.KindExists)
	spent := m.of("keys", string(b.Subject))
	wrong.when(spent.over(m.time, 20, 3600_000), stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent.add(m.time, 3600_000)
	m.keys[string(b.Subject)] = append(devices, b.Device)
	return m.write(string(b.Subject), tx, &wire.Event{Event: &wire.Event_DeviceAdded{DeviceAdded: &wire.DeviceAdded{Device: b.Device}}})
}

func (m *Model) give(tx []byte, b *wire.GiveGrant, by signers) Foretold {
	const century = 100 * 366 * 24 * 3600_000
	var wrong defects
	burst := int64(200)
	var members [][]byte
	speaks := m.speaks(string(b.Subject))
	wrong.when(len(b.Delegation) == 0 && m.dead(string(b.Subject)), stele.KindDenied)
	if len(b.Delegation) == 0 && m.Slip([]byte(speaks)) != nil {
		const day = 24 * 3600_000
		members = m.carers(by)
		wrong.when(members == nil, stele.KindDenied)
		wrong.when(b.Action == 1 && b.EndMs > m.time+90*day || b.Action == 2 && b.EndMs > m.time+366*day, stele.KindInvalid)
	} else if len(b.Delegation) == 0 {
		wrong.when(!by.anyOf(m.keys[speaks]), stele.KindDenied)
	} else {
		d := m.acting(b.Delegation, by)
		wrong.when(d == nil || d.subject != string(b.Subject) || d.delegation != "" && b.Action == 3, stele.KindDenied)
		wrong.when(d != nil && b.EndMs > d.end, stele.KindInvalid)
		burst = 100
	}
	wrong.when(notOwn(b.Grant, b.Subject) || badKey(b.Grantee) || b.Action < 1 || b.Action > 3 || len(b.Commitment) != 32, stele.KindInvalid)
	wrong.when(b.EndMs <= m.time || b.EndMs <= b.NotBeforeMs || b.NotBeforeMs < 0 || b.EndMs > m.time+century, stele.KindInvalid)
	wrong.when(m.grants[string(b.Grant)] != nil, stele.KindExists)
	spent := m.of("grants", m.account(b.Subject))
	wrong.when(spent.over(m.time, burst, 300_000), stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent.add(m.time, 300_000)
	m.grants[string(b.Grant)] = &modelGrant{
		subject: string(b.Subject), grantee: string(b.Grantee.Key), action: stele.Action(b.Action), delegation: string(b.Delegation), given: m.time,
		begin: b.NotBeforeMs, end: b.EndMs, max: b.MaxUses, members: members, turn: m.merging(b.Subject, b.Delegation),
	}
	return m.write(string(b.Subject), tx, &wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{
		Grant: b.Grant, Action: b.Action, Grantee: b.Grantee, NotBeforeMs: b.NotBeforeMs, EndMs: b.EndMs, MaxUses: b.MaxUses, Commitment: b.Commitment, Delegation: b.Delegation,
		Members: members,
	}}})
}

// notOwn reports whether bytes are no id of an owner.
func notOwn(id, owner []byte) bool {
	if len(id) != 16 {
		return true
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte("stele.v1.id"), owner, id[:8]} {
		h.Write(part)
	}
	return !bytes.Equal(h.Sum(nil)[:8], id[8:])
}

func (m *Model) revoke(tx []byte, b *wire.RevokeGrant, by signers) Foretold {
	g := m.grants[string(b.Grant)]
	var member []byte
	if g != nil && len(b.Delegation) == 0 && !by.anyOf(m.keys[m.speaks(g.subject)]) {
		if i := slices.IndexFunc(g.members, func(member []byte) bool { return by.anyOf(m.keys[string(member)]) }); i >= 0 {
			member = g.members[i]
		}
	}
	spoken := g != nil && by.anyOf(m.keys[m.speaks(g.subject)])
	returned := g != nil && len(b.Delegation) == 0 && member == nil && !spoken && g.emergency == nil && by.have(&wire.PublicKey{Suite: 1, Key: []byte(g.grantee)})
	switch {
	case g == nil || len(b.Delegation) == 0 && member == nil && !spoken && !returned:
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	case len(b.Delegation) != 0 && (g.delegation != string(b.Delegation) || m.acting(b.Delegation, by) == nil):
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	case g.revoked || g.end <= m.time || g.emergency != nil && g.emergency.early:
		return Foretold{Refused: []stele.Kind{stele.KindExists}}
	}
	if (spoken || g.action == stele.ActionDelegate) && !returned && len(b.Delegation) == 0 && m.dead(g.subject) {
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	}
	g.revoked = true
	return m.write(g.subject, tx, &wire.Event{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: b.Grant, Delegation: b.Delegation, Member: member, Returned: returned}}})
}

// holds says what stands against a grant's use at the block's time.
func (m *Model) holds(g *modelGrant) wire.Refusal {
	switch {
	case g.revoked:
		return wire.Refusal_REFUSAL_REVOKED
	case g.end <= m.time || g.emergency != nil && g.emergency.early:
		return wire.Refusal_REFUSAL_ENDED
	case m.fallen(g):
		return wire.Refusal_REFUSAL_REVOKED
	case m.above(g) != 0:
		return m.above(g)
	case g.max > 0 && g.uses >= g.max:
		return wire.Refusal_REFUSAL_USED_UP
	case m.time < g.begin:
		return wire.Refusal_REFUSAL_NOT_YET
	}
	return wire.Refusal_REFUSAL_UNSPECIFIED
}

// under returns the grant, to write or not, that the key of one of the signers names.
func (m *Model) under(grant []byte, write bool, by signers) *modelGrant {
	g := m.grants[string(grant)]
	if g == nil || (g.action == stele.ActionWrite) != write || !by.have(&wire.PublicKey{Suite: 1, Key: []byte(g.grantee)}) {
		return nil
	}
	return g
}

func (m *Model) open(tx []byte, b *wire.OpenAccess, by signers) Foretold {
	var wrong defects
	g := m.under(b.Grant, false, by)
	wrong.when(g == nil || g.emergency != nil && m.dead(g.subject), stele.KindDenied)
	wrong.when(notOwn(b.Request, b.Grant) || len(b.DetailCommitment) != 32 || len(b.ReaderKeyHash) != 32, stele.KindInvalid)
	wrong.when(b.WindowMs == 0 || b.WindowMs > 900_000, stele.KindInvalid)
	wrong.when(m.taken["access "+string(b.Request)], stele.KindExists)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	if why := m.holds(g); why != 0 {
		if minute := m.time / 60_000; g.minute != minute {
			g.minute, g.refused = minute, 0
		}
		if g.refused >= 3 || g.refusals >= 100 {
			return Foretold{Refused: []stele.Kind{stele.KindDenied}}
		}
		g.refused++
		g.refusals++
		return m.write(g.subject, tx, &wire.Event{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{
			Request: b.Request, Grant: b.Grant, DetailCommitment: b.DetailCommitment, Refusal: why}}})
	}
	if g.spent.over(m.time, 60, 20_000) {
		return Foretold{Refused: []stele.Kind{stele.KindLimit}}
	}
	g.spent.add(m.time, 20_000)
	m.taken["access "+string(b.Request)] = true
	g.uses++
	return m.write(g.subject, tx, &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{
		Request: b.Request, Grant: b.Grant, DetailCommitment: b.DetailCommitment, ReaderKeyHash: b.ReaderKeyHash,
		UntilMs: min(m.time+int64(b.WindowMs), g.end), Use: g.uses,
	}}})
}

func (m *Model) post(tx []byte, b *wire.PostReceipts, by signers) Foretold {
	var wrong defects
	at := slices.IndexFunc(m.genesis.Members, func(member *wire.Member) bool { return by.have(member.Trustee) })
	wrong.when(at < 0, stele.KindDenied)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	organisation := stele.SubjectOf(m.genesis.Members[at].KeyDocument)
	wrong.when(notOwn(b.Batch, organisation[:]) || len(b.Root) != 32 || b.Count == 0 || b.Count > 1<<20, stele.KindInvalid)
	wrong.when(m.taken["batch "+string(b.Batch)], stele.KindExists)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent := m.of("receipts", string(organisation[:]))
	if spent.over(m.time, 600, 1000) {
		return Foretold{Refused: []stele.Kind{stele.KindLimit}}
	}
	spent.add(m.time, 1000)
	m.taken["batch "+string(b.Batch)] = true
	return m.write(string(organisation[:]), tx, &wire.Event{Event: &wire.Event_ReceiptsPosted{ReceiptsPosted: &wire.ReceiptsPosted{
		Batch: b.Batch, Root: b.Root, Count: b.Count}}})
}

func (m *Model) anchor(tx []byte, b *wire.MakeAnchor, by signers) Foretold {
	var wrong defects
	g := m.under(b.Grant, true, by)
	wrong.when(g == nil || m.holds(g) != 0, stele.KindDenied)
	wrong.when(notOwn(b.Submission, b.Grant) || len(b.Root) != 32 || len(b.SourceCommitment) != 32 || len(b.CountCommitment) != 32, stele.KindInvalid)
	wrong.when(m.taken["anchor "+string(b.Submission)], stele.KindExists)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	if g.spent.over(m.time, 300, 30_000) {
		return Foretold{Refused: []stele.Kind{stele.KindLimit}}
	}
	g.spent.add(m.time, 30_000)
	m.taken["anchor "+string(b.Submission)] = true
	g.uses++
	return m.write(g.subject, tx, &wire.Event{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{
		Submission: b.Submission, Grant: b.Grant, Root: b.Root, SourceCommitment: b.SourceCommitment, CountCommitment: b.CountCommitment}}})
}

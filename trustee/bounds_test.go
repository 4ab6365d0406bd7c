package trustee

import (
	"bytes"
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// much is as long as anything in a request to release may be.
const much = 7 << 20

// fatten returns, for each place of m at any depth that takes bytes of any length
// (fields, and what this version does not know), a copy with much in it.
func fatten(m proto.Message) map[string]proto.Message {
	out := map[string]proto.Message{}
	unknown := proto.Clone(m)
	unknown.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 2021, protowire.BytesType), make([]byte, much)))
	out["unknown"] = unknown
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		name := string(f.Name())
		switch {
		case f.Kind() == protoreflect.BytesKind && !f.IsList():
			fat := proto.Clone(m)
			fat.ProtoReflect().Set(f, protoreflect.ValueOfBytes(make([]byte, much)))
			out[name] = fat
		case f.Kind() == protoreflect.StringKind && !f.IsList():
			fat := proto.Clone(m)
			fat.ProtoReflect().Set(f, protoreflect.ValueOfString(string(bytes.Repeat([]byte("x"), much))))
			out[name] = fat
		case f.Kind() == protoreflect.StringKind:
			fat := proto.Clone(m)
			fat.ProtoReflect().Mutable(f).List().Append(protoreflect.ValueOfString(string(bytes.Repeat([]byte("x"), much))))
			out[name] = fat
		case f.Kind() == protoreflect.MessageKind && f.IsList() && m.ProtoReflect().Get(f).List().Len() > 0:
			for inner, changed := range fatten(m.ProtoReflect().Get(f).List().Get(0).Message().Interface()) {
				fat := proto.Clone(m)
				fat.ProtoReflect().Mutable(f).List().Set(0, protoreflect.ValueOfMessage(changed.ProtoReflect()))
				out[name+"."+inner] = fat
			}
		case f.Kind() == protoreflect.MessageKind && !f.IsList() && m.ProtoReflect().Has(f):
			for inner, changed := range fatten(m.ProtoReflect().Get(f).Message().Interface()) {
				fat := proto.Clone(m)
				fat.ProtoReflect().Set(f, protoreflect.ValueOfMessage(changed.ProtoReflect()))
				out[name+"."+inner] = fat
			}
		}
	}
	return out
}

// devices gives the patient as many devices as she may have.
func (w *town) devices(n int) {
	keys := w.book.Subjects[w.patient.subject]
	for len(keys.Seal) < n {
		keys.Seal = append(keys.Seal, w.person("device").seal.Public())
	}
	w.book.Subjects[w.patient.subject] = keys
}

// sent is how many bytes she is sent of all that trustee 0 keeps, and the longest
// answer of them.
func sent(t testing.TB, w *town) (all, longest, kept int) {
	for since, first := uint64(0), true; first || since > 0; first = false {
		res := page(t, w, 0, since)
		all, longest, kept, since = all+proto.Size(res), max(longest, proto.Size(res)), kept+len(res.Details), res.Next
	}
	return all, longest, kept
}

// TestR44WhatIsKeptOfAnAskingHasABound: whatever somebody with a card puts into a
// request, at any place, what is kept of it for the patient is short, and she reads
// it. 7 MiB were kept for each of her devices, and her wallet took no answer of that
// trustee again.
func TestR44WhatIsKeptOfAnAskingHasABound(t *testing.T) {
	w := newTown(t)
	const devices = 8
	w.devices(devices)
	request, salt := stele.NewID(), seal.NewSalt()
	card := &wire.Card{Chain: chainID, Subject: w.doctor.subject[:], Name: "Dr Grant", Kind: "practitioner", Role: "doctor", ExpiresMs: w.now().Add(time.Hour * 999).UnixMilli()}
	detail := &wire.AccessDetail{
		Request: request[:], Subject: w.patient.subject[:], Purpose: string(stele.Treatment), Reason: "x",
		Card: wire.Sign(wire.TagCard, card, w.doctor.sign, w.issuer),
	}
	read := &wire.ReadRequest{Chain: chainID, Subject: w.patient.subject[:], Audience: w.members[0][:], Request: request[:], DetailSalt: salt[:]}
	asked := map[string]*wire.ReadRequest{}
	for place, fat := range fatten(read) {
		r := fat.(*wire.ReadRequest)
		r.Detail = wire.Marshal(detail)
		asked[place] = r
	}
	for place, fat := range fatten(detail) {
		r := proto.Clone(read).(*wire.ReadRequest)
		r.Detail = wire.Marshal(fat)
		asked["detail."+place] = r
	}
	told := 0
	for place, r := range asked {
		w.pass(time.Minute, true)
		r.AtMs = w.now().UnixMilli()
		_, _, before := sent(t, w)
		if _, err := w.trustees[0].Release(context.Background(), &wire.ReleaseRequest{Request: wire.Sign(wire.TagRead, r, w.doctor.sign)}); stele.KindOf(err) != stele.KindDenied {
			t.Fatal(place, err)
		}
		w.trustees[0].kept()
		res := page(t, w, 0, w.trustees[0].shelf.last)
		if _, _, after := sent(t, w); after > before {
			told++
		}
		if n := proto.Size(res); n > devices*(stele.MaxDetail+1<<10) {
			t.Errorf("%s: %d bytes are kept of one refused asking", place, n)
		}
	}
	if told < 10 {
		t.Errorf("of %d askings %d are told", len(asked), told)
	}
	if all, longest, _ := sent(t, w); longest > pageBytes+devices*(stele.MaxDetail+1<<10) {
		t.Errorf("of %d bytes one answer has %d", all, longest)
	}
}

// TestR44LabelsAreKeptInTheirOneForm: who sealed a folio chose the bytes of its
// label; many bytes say the same, and each release keeps what it said.
func TestR44LabelsAreKeptInTheirOneForm(t *testing.T) {
	w := newTown(t)
	plain := wire.Marshal(w.label(stele.Allergies))
	ask := func(years int) error {
		fat := bytes.Clone(plain)
		for range years {
			fat = protowire.AppendVarint(protowire.AppendTag(fat, 3, protowire.VarintType), 2026)
		}
		salt := seal.NewSalt()
		commitment := seal.Commit(salt, seal.TagLabel, fat)
		w.bendHead = func(h *wire.FolioHead) { h.LabelCommitment = commitment[:] }
		s := w.anchor(w.patient.subject, w.label(stele.Allergies))
		s.refs[0].Label = &wire.LabelOpening{Label: fat, Salt: salt[:]}
		o := w.open(nil, nil)
		o.refs = s.refs
		_, err := o.ask(0)
		return err
	}
	for _, years := range []int{0, 1, 100} {
		if err := ask(years); err != nil {
			t.Fatal(years, err)
		}
	}
	for _, d := range details(w, 0) {
		if len(d.Labels) != 1 || !bytes.Equal(d.Labels[0], plain) {
			t.Errorf("kept are %x, want %x", d.Labels, plain)
		}
	}
	for _, years := range []int{stele.MaxLabel / 3, 2 << 20} {
		if err := ask(years); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("a label of %d bytes: %v", years*3, err)
		}
	}
	if all, _, _ := sent(t, w); all > 64<<10 {
		t.Errorf("%d bytes are kept", all)
	}
}

package trustee

import (
	"context"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// FuzzRelease signs whatever a fuzzer makes with the grantee's and the doctor's own
// keys and asks a trustee for keys. There is one refusal; what is released is of
// the grant's patient and of capsules that were asked for.
func FuzzRelease(f *testing.F) {
	w := newTown(f)
	o := w.open(nil, nil)
	o.read.Audience, o.read.AtMs = w.members[0][:], w.now().UnixMilli()
	f.Add(wire.Marshal(&o.read), wire.Marshal(&wire.ReleaseRequest{Capsules: o.refs}))
	f.Add(wire.Marshal(&o.read), wire.Marshal(&wire.ReleaseRequest{Capsules: o.refs[:1]}))
	f.Add([]byte{}, []byte{})
	known := map[string]bool{}
	for _, ref := range o.refs {
		known[string(ref.Capsule)] = true
	}
	f.Fuzz(func(t *testing.T, read, capsules []byte) {
		w.t = t
		in := new(wire.ReleaseRequest)
		if wire.Decode(capsules, in) != nil {
			return
		}
		in.Request = wire.SignBytes(wire.TagRead, read, o.grantee, w.doctor.sign)
		out, err := w.trustees[0].Release(context.Background(), in)
		if err != nil {
			if err != error(refusal) {
				t.Fatalf("another refusal than the one: %v", err)
			}
			return
		}
		if len(out.Sealed) == 0 || len(in.Capsules) == 0 {
			t.Fatal("released nothing")
		}
		for _, ref := range in.Capsules {
			if !known[string(ref.Capsule)] {
				t.Fatal("a capsule of the fuzzer's making was worked on")
			}
		}
	})
}

// FuzzOwn asks a trustee for the patient's details.
func FuzzOwn(f *testing.F) {
	w := newTown(f)
	o := w.open(nil, nil)
	if _, err := o.ask(0); err != nil {
		f.Fatal(err)
	}
	member, nonce := w.members[0], stele.ID{1}
	f.Add(wire.Marshal(&wire.OwnRequest{Chain: chainID, Audience: member[:], Subject: w.patient.subject[:], AtMs: w.now().UnixMilli(), Nonce: nonce[:]}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		w.t = t
		if _, err := w.trustees[0].Details(context.Background(), &wire.DetailsRequest{Request: wire.SignBytes(wire.TagOwn, body, w.thief.sign)}); err == nil {
			t.Fatal("a thief was told")
		}
		out, err := w.trustees[0].Details(context.Background(), &wire.DetailsRequest{Request: wire.SignBytes(wire.TagOwn, body, w.patient.sign)})
		if err != nil && stele.KindOf(err) != stele.KindDenied && stele.KindOf(err) != stele.KindBusy {
			t.Fatal(err)
		}
		if err == nil && len(out.Details) > 1 {
			t.Fatalf("%d details of one release", len(out.Details))
		}
	})
}

package breakglass_test

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// FuzzActivate has a practitioner with good papers ask whatever a fuzzer makes, signed by her own key; as a whole, and as the
// transaction and the detail in an asking that is good otherwise. Whatever is signed is a break of glass for this member by
// another key than hers, and in the register.
func FuzzActivate(f *testing.F) {
	w := newWard(f)
	if err := w.ask(nil); err != nil {
		f.Fatal(err)
	}
	good := wire.Marshal(w.asked)
	f.Add(good, w.asked.Transaction, w.asked.Detail)
	f.Add([]byte{}, []byte{}, []byte{})
	salt := seal.Salt(w.asked.DetailSalt)
	asked := 0
	f.Fuzz(func(t *testing.T, body, transaction, detail []byte) {
		w.t = t
		if asked++; asked%10 == 0 {
			w.restart() // which forgets how often she asked
		}
		again := new(wire.Activate)
		if err := wire.Decode(good, again); err != nil {
			t.Fatal(err)
		}
		again.Transaction, again.Detail = transaction, detail
		for _, body := range [][]byte{body, wire.Marshal(again)} {
			before := len(w.entries())
			_, err := w.desk.Activate(t.Context(), &wire.ActivateRequest{Request: wire.SignBytes(wire.TagActivate, body, w.doctorKey)})
			if err != nil {
				if kind := stele.KindOf(err); kind != stele.KindDenied && kind != stele.KindBusy {
					t.Fatalf("refused as %v: %v", kind, err)
				}
				continue
			}
			var asked wire.Activate
			var tx wire.Transaction
			if wire.DecodeKnown(body, &asked) != nil || wire.DecodeKnown(asked.Transaction, &tx) != nil {
				t.Fatal("it signs what it does not understand")
			}
			m := tx.GetBreakGlass()
			commitment := seal.Commit(salt, seal.TagDetail, asked.Detail)
			if m == nil || string(m.Member) != string(w.member[:]) || wire.Key(m.Grantee) == wire.Key(w.doctorKey.Public()) || string(m.DetailCommitment) != string(commitment[:]) {
				t.Fatalf("it signs %v", &tx)
			}
			if after := len(w.entries()); after == 0 || after > before+1 {
				t.Fatalf("%d entries, %d before", after, before)
			}
		}
	})
}

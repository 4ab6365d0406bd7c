package wallet

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// squattingVault is a member's that anchors something of its own under the id of each
// delivery for a patient that is put to it, so many times.
type squattingVault struct {
	Vault
	w       *town
	by      *Session
	patient stele.Subject
	times   *int
}

func (v squattingVault) PutSubmission(ctx context.Context, in *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	out, err := v.Vault.PutSubmission(ctx, in)
	head := new(wire.SubmissionHead)
	v.w.must(wire.Decode(in.Submission.Head.Body, head))
	if string(head.Subject) == string(v.patient[:]) && *v.times > 0 {
		*v.times--
		v.w.squats(v.by, v.patient, head.Submission)
	}
	return out, err
}

func (w *town) squats(by *Session, patient stele.Subject, submission []byte) {
	held, err := by.WriteGrant(patient)
	w.must(err)
	id := stele.NewID()
	root := proof.SubmissionRoot([][]byte{id[:]})
	_, err = by.Submit(w.t.Context(), &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
		Submission: submission, Grant: held.Grant[:], Root: root[:], SourceCommitment: root[:], CountCommitment: root[:],
	}}}, by.OneTime(held.KeyIndex))
	w.must(err)
}

// A member that holds copies and may write, too, anchors something of its own under
// the ids of another's deliveries. They arrive under other ids, by other members; where
// that goes on, it is told, of this patient alone, and nothing counts as delivered that
// is not.
func TestADeliveryWhoseIDIsTakenIsNotLost(t *testing.T) {
	for _, c := range []struct {
		times   int
		all     bool // whoever it is put to
		arrives bool
	}{{0, false, true}, {1, false, true}, {1000, false, true}, {maxTaken - 1, true, true}, {1000, true, false}} {
		inTown(t, func(t *testing.T, w *town) {
			h, ana, ben := couple(w)
			_, _, err := ana.Give(t.Context(), w.contactOf(ana, w.orgs["Elm"]), DirectCareWrite(time.Now().AddDate(1, 0, 0)))
			w.must(err)
			_, err = w.orgs["Elm"].Collect(t.Context())
			w.must(err)
			text := files(patientOf("pa", "MA-1") + "\n" + patientOf("pb", "MB-1") + "\n" + basic("x", "pa", "allergic to penicillin") + "\n" + basic("y", "pb", "other patient"))
			left := c.times
			squat := h
			for _, name := range w.names {
				if name == "Northside" || c.all {
					squat = bend(squat, name, func(m *Member) { m.Vault = squattingVault{m.Vault, w, w.orgs["Elm"], ana.Subject(), &left} })
				}
			}
			done, err := squat.ImportFiles(t.Context(), text, ImportOptions{})
			if err != nil || (done[0].Refused == 0) != c.arrives {
				t.Errorf("%d times: %+v, %v", c.times, done[0], err)
			}
			if tells(w.chart(ben), "Basic/y") != 1 {
				t.Errorf("%d times: another patient's record did not arrive", c.times)
			}
			if got := tells(w.chart(ana), "Basic/x"); (got == 1) != c.arrives {
				t.Errorf("%d times: the record stands %d times", c.times, got)
			}
			if left = 0; h.Unsettled() {
				t.Errorf("%d times: a note of what is known was left", c.times)
			}
			done, err = h.ImportFiles(t.Context(), text, ImportOptions{})
			if err != nil || tells(w.chart(ana), "Basic/x") != 1 || tells(w.chart(ben), "Basic/y") != 1 {
				t.Errorf("%d times, and the next import: %+v, %v", c.times, done[0], err)
			}
		})
	}
}

// What became of a delivery that nobody answered is told by the writer's own anchor,
// not by whatever stands under its id.
func TestR46ADeliveryIsNotSettledByAnothersAnchor(t *testing.T) {
	for _, taken := range []bool{true, false} {
		inTown(t, func(t *testing.T, w *town) {
			h, ana, _ := couple(w)
			_, _, err := ana.Give(t.Context(), w.contactOf(ana, w.orgs["Elm"]), DirectCareWrite(time.Now().AddDate(1, 0, 0)))
			w.must(err)
			_, err = w.orgs["Elm"].Collect(t.Context())
			w.must(err)
			text := files(patientOf("pa", "MA-1") + "\n" + basic("x", "pa", "allergic to penicillin"))
			_, err = w.deaf(h, taken).ImportFiles(t.Context(), text, ImportOptions{})
			w.wants(err, stele.KindUnknown, "an import that nobody answered")
			if !taken {
				seen, err := h.delivered()
				w.must(err)
				for _, file := range seen.unsettled {
					id, err := stele.ParseID(file[len(file)-len(stele.ID{}.String()):])
					w.must(err)
					w.squats(w.orgs["Elm"], ana.Subject(), id[:])
				}
			}
			settled, err := h.Settle(t.Context())
			if err != nil || len(settled) == 0 {
				t.Fatal(settled, err)
			}
			for _, s := range settled {
				if s.Happened != taken {
					t.Errorf("taken %v: settled as %v", taken, s.Happened)
				}
			}
			_, err = h.ImportFiles(t.Context(), text, ImportOptions{})
			w.must(err)
			if got := tells(w.chart(ana), "Basic/x"); got != 1 {
				t.Errorf("taken %v: it stands %d times", taken, got)
			}
		})
	}
}

// squattingNode is a member's that puts something of its own on the ledger under the id
// of each opening and each grant that it is handed, for somebody else.
type squattingNode struct {
	Ledger
	w           *town
	reader, own *Session // who reads in own's chart
	times       *int
}

func (n squattingNode) Submit(ctx context.Context, raw []byte) (stele.Outcome, error) {
	signed, tx := new(wire.Signed), new(wire.Transaction)
	n.w.must(wire.Decode(raw, signed))
	n.w.must(wire.Decode(signed.Body, tx))
	digest := make([]byte, 32)
	copy(digest, tx.Nonce)
	copy(digest[16:], tx.Nonce)
	if *n.times > 0 {
		*n.times--
		switch {
		case tx.GetOpenAccess() != nil:
			held := n.reader.State.HeldFor(n.own.Subject(), stele.ActionRead)[0]
			_, err := n.reader.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
				Request: tx.GetOpenAccess().Request, Grant: held.Grant[:], DetailCommitment: digest, ReaderKeyHash: digest, WindowMs: 1000,
			}}}, n.reader.OneTime(held.KeyIndex))
			n.w.must(err)
		case tx.GetGiveGrant() != nil:
			subject := n.own.Subject()
			_, err := n.own.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
				Grant: tx.GetGiveGrant().Grant, Subject: subject[:], Action: 1, Grantee: wire.NewEd25519().Public(),
				EndMs: time.Now().Add(time.Hour).UnixMilli(), Commitment: digest,
			}}}, n.own.Signer())
			n.w.must(err)
		}
	}
	return n.Ledger.Submit(ctx, raw)
}

// TestLaw3OneNodeThatTakesIdsHoldsUpNothing: whoever is handed an opening or a grant
// knows its id, and may put something else on the ledger under it first. Another id is
// taken, and another member is handed it first.
func TestLaw3OneNodeThatTakesIdsHoldsUpNothing(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Patients")
		mallory, reader := w.newPatient("Mallory", "Elm"), w.newDoctor("Dr Moreau", "Elm")
		w.gives(mallory, reader, stele.Allergies)
		w.delivers("Northside", p, note("a", stele.Allergies, "2024"))
		squat := func(s *Session, times *int) *Session {
			first := s.founders()[0].Name
			return bend(s, first, func(m *Member) { m.Ledger = squattingNode{m.Ledger, w, reader, mallory, times} })
		}
		times := 1000
		given, _, err := squat(p, &times).Give(t.Context(), w.contactOf(p, d), terms(stele.Allergies))
		w.must(err)
		if times == 1000 {
			t.Fatal("nobody took an id")
		}
		if n := len(p.State.Given); p.State.Given[n-1].Grant != given.Grant || n > 2 {
			t.Errorf("%d grants are remembered as given", n)
		}
		_, err = d.Collect(t.Context())
		w.must(err)
		times = 1000
		chart, err := squat(d, &times).OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
		if times == 1000 {
			t.Fatal("nobody took an id")
		}
		if got := ids(chart); got != "a" {
			t.Errorf("opened %q", got)
		}
	})
}

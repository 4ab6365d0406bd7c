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
// the ids of another's deliveries. They arrive under other ids; where that goes on, it
// is told, of this patient alone, and nothing counts as delivered that is not.
func TestADeliveryWhoseIDIsTakenIsNotLost(t *testing.T) {
	for _, c := range []struct {
		times   int
		arrives bool
	}{{0, true}, {1, true}, {maxTaken - 1, true}, {1000, false}} {
		inTown(t, func(t *testing.T, w *town) {
			h, ana, ben := couple(w)
			_, _, err := ana.Give(t.Context(), w.contactOf(ana, w.orgs["Elm"]), DirectCareWrite(time.Now().AddDate(1, 0, 0)))
			w.must(err)
			_, err = w.orgs["Elm"].Collect(t.Context())
			w.must(err)
			text := files(patientOf("pa", "MA-1") + "\n" + patientOf("pb", "MB-1") + "\n" + basic("x", "pa", "allergic to penicillin") + "\n" + basic("y", "pb", "other patient"))
			left := c.times
			done, err := bend(h, "Northside", func(m *Member) { m.Vault = squattingVault{m.Vault, w, w.orgs["Elm"], ana.Subject(), &left} }).
				ImportFiles(t.Context(), text, ImportOptions{})
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

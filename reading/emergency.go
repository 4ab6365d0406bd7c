package reading

import (
	"context"
	"errors"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

// Emergency is what a reader asks for in an emergency.
type Emergency struct {
	Reason     string           // in the reader's words, for the patient and whoever reviews it
	Categories []stele.Category // empty: all that the patient allows
	Role       string           // by which of the reader's roles; empty: the newest that is held
}

// EmergencyChart is a chart that was opened in an emergency.
type EmergencyChart struct {
	*HeldChart
	Activation wallet.Activation
	New        bool          // it was activated now; else the chart was opened under one that runs
	Waited     time.Duration // for the activation to be final
}

// OpenEmergency opens somebody's chart in an emergency, without a grant: under the activation
// of this wallet that runs, or a new one; a new one, too, where that which this wallet thought to run has
// ended by itself or by who opened. The chart stays open as one of HoldChart does. It fails as
// wallet.Session.Activate does, and with KindDenied where a credential was taken back meanwhile, which
// it names, and in the words of OpenChart where the patient does not allow it: the activation
// stands on her log all the same, and is returned.
func (r *Reader) OpenEmergency(ctx context.Context, subject stele.Subject, e Emergency, first func(stele.Label) bool) (b EmergencyChart, err error) {
	if err := r.w.Current(ctx); err != nil {
		return b, err
	}
	a, err := r.w.Running(ctx, subject)
	if err != nil {
		return b, err
	}
	if b.New = a == nil; b.New {
		start := r.w.Clock()
		if b.Activation, _, err = r.w.Activate(ctx, subject, e.Role, e.Reason); err != nil {
			return b, err
		}
		b.Waited = r.w.Clock().Sub(start)
	} else {
		b.Activation = *a
	}
	o, err := r.prepare(ctx, subject, Question{
		Purpose: stele.EmergencyTreatment, Categories: e.Categories, Reason: e.Reason, emergency: &b.Activation, role: e.Role,
	})
	if err != nil {
		return b, err
	}
	err = o.access(ctx)
	if o.over {
		is, unknown := r.w.Standing(ctx, b.Activation)
		if !b.New && unknown == nil && is.Status == stele.GrantEnded && !is.Died {
			if err := r.w.MarkActivationOver(b.Activation.ID); err != nil {
				return b, err
			}
			return r.OpenEmergency(ctx, subject, e, first) // each time one is less that this wallet thinks to run
		}
		return b, r.notUnder(ctx, o, is, unknown)
	}
	if err == nil {
		b.HeldChart, err = o.hold(ctx, first)
	}
	if stele.KindOf(err) == stele.KindDenied {
		if lapsed := r.w.CheckShown(ctx, e.Role, ""); stele.KindOf(lapsed) == stele.KindDenied { // who refuses never says why
			return b, stele.E("open in an emergency", stele.KindDenied, stele.TextOf(lapsed), err).WithHint(stele.HintOf(lapsed))
		}
		err = stele.E("open in an emergency", stele.KindDenied, stele.TextOf(err), err).
			WithHint("what opens in an emergency is the patient's to say; she sees that you asked. A member may be a block behind: try again")
	}
	return b, err
}

// notUnder is why the ledger opens nothing under an activation that this wallet thought to run. The
// trustees are asked all the same, so that the patient learns of it.
func (r *Reader) notUnder(ctx context.Context, o *open, is stele.Grant, unknown error) error {
	const op = "open in an emergency"
	err := o.attempt(ctx)
	if unknown == nil && is.Died {
		return stele.E(op, stele.KindDenied, "a death of this person is recorded, and the chart of who has died does not open in an emergency", err).
			WithHint("if the person lives, treat as without a chart, and have the mistake undone by a hospital: stele member death certify PATIENT --undo --says WHY --out FILE")
	}
	hint := "a member may be a block behind: try again"
	if unknown != nil || is.Status != stele.GrantActive {
		err = errors.Join(r.w.MarkActivationOver(o.activation.ID), err)
		hint = "what was opened before may be over, which too few members tell. The same command opens anew, as an opening of its own, if your member signs one more today"
	}
	if stele.KindOf(err) != stele.KindDenied {
		return err
	}
	if unknown == nil && is.Status == stele.GrantRevoked {
		hint = "the patient, or who acts for them, has taken back what was opened before. The same command opens anew, as an opening of its own, if your member signs one more today"
	}
	return stele.E(op, stele.KindDenied, stele.TextOf(err), err).WithHint(hint)
}

// underActivation has an opening be under an activation: by its key, with the credentials shown for
// this opening. Of a folio only some records may be in scope, as far as this wallet knows.
func (o *open) underActivation(ctx context.Context, a wallet.Activation, role string) (wallet.Shown, error) {
	o.held = &wallet.Held{Grant: a.ID, Subject: a.Subject, Document: a.Detail, Salt: a.Salt, Action: stele.ActionRead, End: a.Until}
	o.activation = &a
	o.signer, o.id = o.w.ActivationKey(a.ID), stele.NewIDOf(a.ID[:])
	return o.w.Show(ctx, role, "", o.id)
}

// Ends is until when the chart can be opened so.
func (b EmergencyChart) Ends() time.Time { return b.Activation.Until }

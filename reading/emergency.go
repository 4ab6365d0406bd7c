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

// Broken is a chart that was opened in an emergency.
type Broken struct {
	*HeldChart
	Activation wallet.Activation
	New        bool          // it was activated now; else the chart was opened under one that runs
	Waited     time.Duration // for the activation to be final
}

// OpenEmergency opens somebody's chart in an emergency, without a grant: under the activation
// of this wallet that runs, or a new one. The chart stays open as one of HoldChart does. It fails as
// wallet.Session.Activate does, and with KindDenied, in the words of OpenChart, where the
// patient does not allow it: the activation stands on her log all the same, and is returned.
func (r *Reader) OpenEmergency(ctx context.Context, subject stele.Subject, e Emergency, first func(stele.Label) bool) (b Broken, err error) {
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
	if o.over { // its end has passed, or somebody ended it before
		err := errors.Join(r.w.MarkActivationOver(b.Activation.ID), o.attempt(ctx))
		if stele.KindOf(err) == stele.KindDenied {
			err = stele.E("open in an emergency", stele.KindDenied, stele.TextOf(err), err).
				WithHint("what was opened before is over: it was ended, or taken back. The same command opens anew, as an opening of its own")
		}
		return b, err
	}
	if err == nil {
		b.HeldChart, err = o.hold(ctx, first)
	}
	if stele.KindOf(err) == stele.KindDenied {
		err = stele.E("open in an emergency", stele.KindDenied, stele.TextOf(err), err).
			WithHint("what opens in an emergency is the patient's to say; she sees that you asked. A member may be a block behind: try again")
	}
	return b, err
}

// broken has an opening be under an activation: by its key, with the credentials shown for
// this opening. Of a folio only some records may be in scope, as far as this wallet knows.
func (o *open) broken(ctx context.Context, a wallet.Activation, role string) (wallet.Shown, error) {
	o.held = &wallet.Held{Grant: a.ID, Subject: a.Subject, Document: a.Detail, Salt: a.Salt, Action: stele.ActionRead, End: a.Until}
	o.activation = &a
	o.signer, o.id, o.partly = o.w.ActivationKey(a.ID), stele.NewIDOf(a.ID[:]), true
	return o.w.Show(ctx, role, "", o.id)
}

// Ends is until when the chart can be opened so.
func (b Broken) Ends() time.Time { return b.Activation.Until }

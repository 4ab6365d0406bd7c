package wallet

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Activation is a chart that the owner may open in an emergency, without a grant.
type Activation struct {
	ID       stele.ID      `json:"id"`
	Subject  stele.Subject `json:"subject"` // the patient
	Member   stele.Subject `json:"member"`  // whose desk signed
	Detail   []byte        `json:"detail"`  // bytes of the wire.AccessDetail that it commits to
	Salt     []byte        `json:"salt"`
	Made     time.Time     `json:"made"`
	Until    time.Time     `json:"until"`     // zero while it is not known whether it is on the ledger
	ReviewBy time.Time     `json:"review_by"` // the same
	Over     bool          `json:"over,omitempty"`
	Last     bool          `json:"last,omitempty"` // the member signs no more of this chart for the owner on the day it was made, UTC
}

var activationRows = &book.Table[Activation]{Name: "activation"}

// keptActivation is how long one is kept after its review was due.
const keptActivation = 90 * 24 * time.Hour

// Reason is what the owner gave as the reason.
func (a Activation) Reason() string {
	said := new(wire.AccessDetail)
	_ = wire.Decode(a.Detail, said) // the wallet's own
	return said.Reason
}

// ActivationKey is the key of an activation, which is of no other use.
func (w *Wallet) ActivationKey(id stele.ID) wire.Signer {
	return wire.Ed25519FromSeed(w.Keyring().Derive("activation", id[:]))
}

// Activations lists what the owner activated, the newest last.
func (w *Wallet) Activations() ([]Activation, error) {
	return book.Values(activationRows.All(w.learned))
}

// Running returns the owner's newest activation of a chart that holds, or nil. One of which
// nobody knows whether it is on the ledger is asked about.
func (s *Session) Running(ctx context.Context, subject stele.Subject) (*Activation, error) {
	all, err := s.Activations()
	if err != nil {
		return nil, err
	}
	for _, a := range slices.Backward(all) {
		if a.Subject != subject || a.Over {
			continue
		}
		if a.Until.IsZero() {
			if a, err = s.settleActivation(ctx, a); err != nil {
				return nil, err
			}
		}
		if !a.Over && a.Until.After(s.Clock()) {
			return &a, nil
		}
	}
	return nil, nil
}

// onLedger asks where an activation stands: its Status, End, ReviewBy and Review, and whether the patient Died.
func (s *Session) onLedger(ctx context.Context, g stele.Grant) (stele.Grant, error) {
	return s.ledgerGrant(ctx, g, func(is stele.Grant) stele.Grant {
		return stele.Grant{Status: is.Status, End: is.End, ReviewBy: is.ReviewBy, Review: is.Review, Died: is.Died}
	})
}

// Standing asks the ledger where an activation of the owner's stands: its end, its review. It
// fails with KindNotFound where it is not there.
func (s *Session) Standing(ctx context.Context, a Activation) (stele.Grant, error) {
	return s.onLedger(ctx, s.AsActivated(a))
}

// AsActivated is an activation as the ledger has it, if it has it.
func (s *Session) AsActivated(a Activation) stele.Grant {
	return stele.Grant{
		ID: a.ID, Subject: a.Subject, Action: stele.ActionRead, Grantee: wire.Key(s.ActivationKey(a.ID).Public()),
		Commitment: seal.Commit(seal.Salt(a.Salt), seal.TagDetail, a.Detail),
	}
}

func (s *Session) settleActivation(ctx context.Context, a Activation) (Activation, error) {
	is, err := s.Standing(ctx, a)
	switch {
	case err == nil:
		a.Until, a.ReviewBy, a.Over = is.End, is.ReviewBy, is.Status != stele.GrantActive
	case stele.KindOf(err) == stele.KindNotFound && s.Clock().After(a.Made.Add(validFor+LogGrace)):
		a.Over = true // and never will be
	default:
		return a, stele.E("open in an emergency", stele.KindUnknown, "it is not known yet what became of what was sent before", err).
			WithHint("try again when more members are up: stele ledger status")
	}
	return a, s.keepActivation(a)
}

// keepActivation writes one down, in its own place, and forgets those of long ago.
func (s *Session) keepActivation(a Activation) error {
	return s.learned.Change(func(c *book.Change) error {
		rows, err := book.Rows(activationRows.All(c))
		if err != nil {
			return err
		}
		known := false
		for _, r := range rows {
			switch old := r.Value; {
			case old.ID == a.ID:
				known = true
				err = activationRows.Put(c, r.Number, a)
			case s.Clock().Sub(old.Made) > keptActivation && s.Clock().Sub(old.ReviewBy) > keptActivation:
				err = activationRows.Remove(c, r.Number)
			}
			if err != nil {
				return err
			}
		}
		if known {
			return nil
		}
		return activationRows.Add(c, a)
	})
}

// dropActivation forgets one that the ledger has not taken.
func (s *Session) dropActivation(id stele.ID) error {
	return s.learned.Change(func(c *book.Change) error {
		return activationRows.RemoveWhere(c, func(a Activation) bool { return a.ID == id })
	})
}

// Activate puts an activation on the patient's log: by a key drawn for it alone, and by the
// node of the member where the owner works, whose desk looks at the owner's credentials for
// it (role empty: the newest that is held). The reason is for the patient and for whoever reviews
// it. It fails with KindUsage without one, with KindDenied for who holds no credentials or whom
// the desk or the ledger refuse, with KindUnreachable when the member is down, and with
// KindUnknown: then alone is an activation returned with the error.
func (s *Session) Activate(ctx context.Context, subject stele.Subject, role, reason string) (a Activation, out stele.Outcome, err error) {
	const op = "open in an emergency"
	if strings.TrimSpace(reason) == "" {
		return a, out, stele.E(op, stele.KindUsage, "a reason is needed: the patient and the reviewer read it", nil).WithHint("--reason \"unconscious, brought in by ambulance\"")
	}
	if err := stele.CheckReason(reason); err != nil {
		return a, out, err
	}
	if err := s.Current(ctx); err != nil {
		return a, out, err
	}
	card, says, err := s.Card()
	if err != nil {
		return a, out, err
	}
	at, err := stele.SubjectFrom(says.Organisation)
	if err != nil || s.Member(at) == nil || s.Consortium().Member(at) == nil {
		return a, out, stele.E(op, stele.KindDenied, "the card of this wallet names no member of the network, and only a member's people open in an emergency", nil)
	}
	id, salt := stele.NewIDOf(subject[:]), seal.NewSalt()
	a = Activation{ID: id, Subject: subject, Member: at, Salt: salt[:], Made: s.Clock().UTC(), Detail: wire.Marshal(&wire.AccessDetail{
		Request: id[:], Subject: subject[:], Card: card, Purpose: string(stele.EmergencyTreatment), Reason: reason,
	})}
	signed, err := s.countersigned(ctx, &a, role)
	if err == nil {
		err = s.keepActivation(a)
	}
	if err != nil {
		return Activation{}, out, err
	}
	out, err = s.SubmitSigned(ctx, wire.Marshal(signed))
	switch {
	case stele.KindOf(err) == stele.KindUnknown:
		return a, out, err
	case err != nil:
		_ = s.dropActivation(id) // what stays is asked about, and found to be none
		return Activation{}, out, err
	}
	var event wire.Event
	if err := wire.Decode(out.Event, &event); err != nil {
		return a, out, err
	}
	about := event.About()
	a.Until, a.ReviewBy = time.UnixMilli(about.Until).UTC(), time.UnixMilli(about.Due).UTC()
	return a, out, s.keepActivation(a)
}

// countersigned has the member's desk sign an activation beside its own key.
func (s *Session) countersigned(ctx context.Context, a *Activation, role string) (*wire.Signed, error) {
	key, nonce, commitment := s.ActivationKey(a.ID), stele.NewID(), seal.Commit(seal.Salt(a.Salt), seal.TagDetail, a.Detail)
	shown, err := s.Show(ctx, role, "", a.ID)
	if err != nil {
		return nil, err
	}
	tx := wire.Marshal(&wire.Transaction{
		Chain: s.Consortium().Chain, Nonce: nonce[:], ExpiresMs: s.Clock().Add(validFor).UnixMilli(),
		Message: &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
			Activation: a.ID[:], Subject: a.Subject[:], Member: a.Member[:], Grantee: key.Public(), DetailCommitment: commitment[:],
		}},
	})
	answer, err := s.Member(a.Member).Emergency.Activate(ctx, &wire.ActivateRequest{Request: wire.Sign(wire.TagActivate, &wire.Activate{
		Chain: s.Consortium().Chain, Audience: a.Member[:], Transaction: tx, Detail: a.Detail, DetailSalt: a.Salt,
		Credentials: shown.Credentials, StatusLists: shown.Lists, AtMs: s.Clock().UnixMilli(),
	}, s.Keyring().Signer())})
	if err != nil {
		return nil, err
	}
	signed := wire.SignBytes(wire.TagTransaction, tx, key)
	signed.Signatures = append(signed.Signatures, answer.GetSignature())
	keys, err := wire.Check(wire.TagTransaction, signed)
	if err != nil || !slices.Contains(keys, wire.Key(s.Consortium().Member(a.Member).Node)) {
		return nil, stele.E("open in an emergency", stele.KindProof, "the member's desk did not sign with the member's key", err)
	}
	a.Last = answer.Last
	return signed, nil
}

// MarkActivationOver remembers that the ledger refuses under an activation.
func (s *Session) MarkActivationOver(id stele.ID) error {
	all, err := s.Activations()
	for _, a := range all {
		if a.ID == id {
			a.Over = true
			return s.keepActivation(a)
		}
	}
	return err
}

// EndActivation ends an activation before its time: the owner's own, or one at the owner's
// organisation. It fails with KindExists for one that is over.
func (s *Session) EndActivation(ctx context.Context, id stele.ID) (stele.Outcome, error) {
	all, err := s.Activations()
	if err != nil {
		return stele.Outcome{}, err
	}
	signer := s.Keyring().Signer()
	i := slices.IndexFunc(all, func(a Activation) bool { return a.ID == id })
	if i >= 0 {
		signer = s.ActivationKey(id)
	}
	out, err := s.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{Activation: id[:]}}}, signer)
	if i >= 0 && (err == nil || stele.KindOf(err) == stele.KindExists) {
		all[i].Over = true
		if kept := s.keepActivation(all[i]); err == nil {
			err = kept
		}
	}
	return out, err
}

// Review is what the owner said of an opening in an emergency.
type Review struct {
	Activation stele.ID    `json:"activation"`
	Outcome    wire.Review `json:"outcome"`
	Note       string      `json:"note,omitempty"`
	Salt       []byte      `json:"salt"`
	Made       time.Time   `json:"made"`
}

// Is reports whether a review is the one that the ledger has, by what it committed to.
func (r Review) Is(commitment []byte) bool {
	own := seal.Commit(seal.Salt(r.Salt), seal.TagReview, []byte(r.Note))
	return bytes.Equal(own[:], commitment)
}

var reviewRows = &book.Table[Review]{Name: "review"}

// Reviews lists what the owner said of openings in an emergency, the newest last.
func (w *Wallet) Reviews() ([]Review, error) { return book.Values(reviewRows.All(w.learned)) }

// ReviewActivation says once, for everybody who reads the patient's log, what is to be thought
// of an opening in an emergency: as the patient, or as the organisation. The note stays here; the
// ledger commits to it. It fails with KindInvalid while it is not over, and with KindExists when it has been reviewed.
func (s *Session) ReviewActivation(ctx context.Context, id stele.ID, outcome wire.Review, note string) (stele.Outcome, error) {
	if err := stele.CheckReason(note); err != nil {
		return stele.Outcome{}, err
	}
	salt := seal.NewSalt()
	commitment := seal.Commit(salt, seal.TagReview, []byte(note))
	r := Review{Activation: id, Outcome: outcome, Note: note, Salt: salt[:], Made: s.Clock().UTC()}
	if err := s.learned.Change(func(c *book.Change) error { return reviewRows.Add(c, r) }); err != nil { // before it is out: without the salt the note proves nothing
		return stele.Outcome{}, err
	}
	out, err := s.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_ReviewEmergency{ReviewEmergency: &wire.ReviewEmergency{
		Activation: id[:], Outcome: outcome, Commitment: commitment[:],
	}}}, s.Keyring().Signer())
	if err == nil || stele.KindOf(err) == stele.KindUnknown {
		return out, err
	}
	if failed := s.learned.Change(func(c *book.Change) error {
		return reviewRows.RemoveWhere(c, func(o Review) bool { return string(o.Salt) == string(salt[:]) })
	}); failed != nil {
		return out, failed
	}
	return out, err
}

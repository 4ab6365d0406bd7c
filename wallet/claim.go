package wallet

import (
	"context"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// Whoever has a slip of paper and a device claims the chart that was made for them: the wallet
// signs with the slip's key and with its own, and a member that sees person and slip, another one
// than printed it, signs with them. From then on the chart is theirs.

// Unclaimed looks whether the chart of a slip waits to be claimed. It fails with KindNotFound where
// there is none, and with KindExists where somebody has claimed it, or it is merged into another.
func (n *Net) Unclaimed(ctx context.Context, slip keyring.Slip) error {
	const op = "claim chart"
	devices, err := n.Keys(ctx, slip.Subject)
	switch {
	case stele.KindOf(err) == stele.KindNotFound:
		return stele.E(op, stele.KindNotFound, "no chart of this network waits for that slip", err).
			WithHint("compare the groups with what is printed; or ask who printed it whether the chart was made")
	case err != nil:
		return err
	}
	merged, err := n.IsMerged(ctx, slip.Subject) // into one that nobody has claimed, perhaps
	switch {
	case err != nil:
		return err
	case !merged && len(devices) == 0:
		return nil
	case merged:
		return stele.E(op, stele.KindExists, "the slip's chart was merged into another, whose key speaks for it: nobody claims it meanwhile", nil).
			WithHint("if two organisations told you that it was merged with yours, open that wallet; if not, it is theirs to part, and one of them runs: stele patient part. The slip is good again then")
	}
	return stele.E(op, stele.KindExists, "the slip has been used: somebody has claimed this chart, and a slip is good once", nil).
		WithHint("if it was you, open that wallet; if not, go to who printed it at once: they make a chart anew, with another slip")
}

// Claim makes the claim of the wallet's subject, for a member to sign too: bytes of a wire.Signed, good
// for RoundLives. It fails as Unclaimed, and with KindDenied where the person's death is recorded.
func (s *Session) Claim(ctx context.Context, slip keyring.Slip) ([]byte, error) {
	if err := s.Current(ctx); err != nil {
		return nil, err
	}
	if slip.Subject != s.Subject() {
		return nil, stele.E("claim chart", stele.KindUsage, "this wallet has a chart of its own, and the slip is of another", nil).
			WithHint("claim into a new wallet: --as with another name")
	}
	if err := s.Unclaimed(ctx, slip); err != nil {
		return nil, err
	}
	subject := s.Subject()
	raw := s.SignTransactionFor(&wire.Transaction{Message: &wire.Transaction_ClaimSubject{
		ClaimSubject: &wire.ClaimSubject{Subject: subject[:], Device: s.Keyring().Device()},
	}}, RoundLives, slip.Signer, s.Keyring().Signer())
	signed, _, _, err := wire.ReadClaim(raw)
	if err == nil {
		err = s.inTime(ctx, subject, signed)
	}
	if err != nil {
		return nil, err
	}
	return raw, nil
}

// inTime fails with KindDenied where the death is recorded of whose chart a claim would take over.
func (s *Session) inTime(ctx context.Context, subject stele.Subject, claim *wire.Signed) error {
	died, err := s.Late(ctx, subject, claim)
	if err == nil && died {
		err = stele.E("claim chart", stele.KindDenied, "a death is recorded of the person whose slip that is, and nobody claims their chart then", nil).
			WithHint("an executor acts for who has died. Of somebody who lives it is undone first, by a hospital (" + undoDeath(subject) + ") and who acts for them; the slip is good again then")
	}
	return err
}

// undoDeath is the command by which a hospital certifies that somebody lives.
func undoDeath(subject stele.Subject) string {
	return "stele member death certify " + subject.String() + " --undo --says WHY --out FILE"
}

// ReadClaim reads a claim, and checks that its signatures hold. It fails with KindInvalid for what is
// none, and with KindDenied for one that is of another network or has run out.
func (n *Net) ReadClaim(raw []byte) (*wire.Signed, *wire.ClaimSubject, error) {
	const op = "read claim"
	signed, message, claim, err := wire.ReadClaim(raw)
	if err != nil {
		return nil, nil, err
	}
	if _, err := wire.Check(wire.TagTransaction, signed); err != nil {
		return nil, nil, err
	}
	switch {
	case message.Chain != n.Consortium().Chain:
		return nil, nil, stele.E(op, stele.KindDenied, "the claim is of another network", nil).WithHint("look whose it is")
	case !n.Clock().Before(time.UnixMilli(message.ExpiresMs)):
		return nil, nil, stele.E(op, stele.KindDenied, "the claim has run out: it is good for "+RoundWords, nil).
			WithHint("make it anew on the person's device: stele wallet claim CODE --out FILE --force")
	}
	return signed, claim, nil
}

// Vouch signs a claim for the owner, a member that sees the person with the slip. It fails with
// KindDenied where the owner is no member, or the one that printed the slip, and where the person's death is recorded.
func (s *Session) Vouch(ctx context.Context, signed *wire.Signed, claim *wire.ClaimSubject) ([]byte, error) {
	const op = "vouch for a claim"
	if err := s.Current(ctx); err != nil {
		return nil, err
	}
	if s.Consortium().Member(s.Subject()) == nil {
		return nil, stele.E(op, stele.KindDenied, s.Name()+" is no member of the network, and only a member vouches", nil).WithHint("use the wallet of a hospital, a clinic or another member")
	}
	mine, err := s.Enrolled()
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(mine, func(e Enrolled) bool { return string(e.Subject[:]) == string(claim.Subject) }) {
		return nil, stele.E(op, stele.KindDenied, s.Name()+" printed this slip, and could have kept what stands on it: another member must see the person", nil).
			WithHint("send them to another member, with the slip")
	}
	merged, err := s.IsMerged(ctx, stele.Subject(claim.Subject))
	if err == nil && merged {
		err = stele.E(op, stele.KindExists, "the chart was merged into another, whose slip or key speaks for it", nil).
			WithHint("the person claims that one; or two members part them again: stele patient part")
	}
	if err != nil {
		return nil, err
	}
	devices, err := s.Keys(ctx, stele.Subject(claim.Subject))
	if err == nil && len(devices) > 0 {
		err = stele.E(op, stele.KindExists, "the chart has been claimed already", nil).WithHint("a slip is good once; whoever comes with it now is somebody else, or has done it before")
	}
	if err == nil {
		err = s.inTime(ctx, stele.Subject(claim.Subject), signed)
	}
	if err != nil {
		return nil, err
	}
	more := wire.SignBytes(wire.TagTransaction, signed.Body, s.Keyring().Signer())
	signed.Signatures = append(signed.Signatures, more.Signatures...)
	return wire.Marshal(signed), nil
}

// Claimed reports whether the wallet's key is its subject's: the claim is on the ledger.
func (s *Session) Claimed(ctx context.Context) (bool, error) {
	devices, err := s.Keys(ctx, s.Subject())
	if err != nil {
		return false, err
	}
	mine := wire.Key(s.Keyring().Signer().Public())
	return slices.ContainsFunc(devices, func(d *wire.Device) bool { return wire.Key(d.Signing) == mine }), nil
}

// SubmitClaim puts a claim that a member signed on the ledger. Where it is there already, that is no
// error. It fails with KindDenied where the member is the one that printed the slip, and with KindUnknown when
// too few members answer: the same again finds out.
func (s *Session) SubmitClaim(ctx context.Context, raw []byte) error {
	if err := s.Current(ctx); err != nil {
		return err
	}
	signed, _, claim, err := wire.ReadClaim(raw)
	if err != nil {
		return err
	}
	if subject := s.Subject(); string(claim.Subject) != string(subject[:]) {
		return stele.E("claim chart", stele.KindUsage, "the claim is another wallet's", nil).WithHint("--as takes the wallet that made it")
	}
	if done, err := s.Claimed(ctx); err != nil || done {
		return err
	}
	if len(signed.Signatures) < 3 {
		return stele.E("claim chart", stele.KindUsage, "no member has signed the claim yet", nil).
			WithHint("a member that did not print the slip must sign the file first, on its machine and with its wallet: stele patient vouch FILE --as MEMBER")
	}
	if _, err := s.SubmitSigned(ctx, raw); err != nil {
		return err
	}
	return s.update(func(state *State) error { state.Wrote = s.written(); return nil })
}

// SettleIn says of emergencies what whoever claimed a chart has to say first: what everybody says
// who says nothing. What the member said in their stead only it could bring to others.
func (s *Session) SettleIn(ctx context.Context) error {
	if len(s.State().Emergency.Salt) > 0 {
		return nil
	}
	_, err := s.SetEmergency(ctx, slot.Slot{})
	return err
}

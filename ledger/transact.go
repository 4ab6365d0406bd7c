package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

const opTransact = "submit transaction"

// Check says whether a parcel may go into a block: well-formed, within limits,
// for this chain, signed by a member's node key. It fails with KindInvalid or
// KindDenied. What is in the transactions is not its business: a bad one is
// refused alone.
func (l *Ledger) Check(parcel []byte) error {
	return l.use(func(f *frozen) error {
		_, err := l.openParcel(f.consortium, parcel)
		return err
	})
}

// Admit says, before a transaction costs a block, what would become of it on
// the newest state: nil and nil when it deserves a block, an outcome when it
// has one already, an error when it is refused, so that the ledger keeps silent
// about it. What counts is still decided in the block.
func (l *Ledger) Admit(raw []byte) (outcome *stele.Outcome, err error) {
	err = l.use(func(f *frozen) error {
		now := Moment{Height: f.at.height, TimeMS: f.at.timeMS}
		tx, err := l.openTransaction(now, f.consortium, raw)
		if err != nil {
			return err
		}
		state := l.rows.at(f)
		if outcome = answered(state, now, tx.ID); outcome != nil {
			return nil
		}
		_, err = l.decide(now, state, tx)
		return err
	})
	return outcome, err
}

// openParcel checks a parcel against the members.
func (l *Ledger) openParcel(g *wire.Consortium, raw []byte) (*wire.Parcel, error) {
	const op = "check parcel"
	if len(raw) > stele.MaxParcel {
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("more than %d bytes", stele.MaxParcel), nil)
	}
	var signed wire.Signed
	if err := wire.DecodeInPlace(raw, &signed); err != nil {
		return nil, err
	}
	var parcel wire.Parcel
	if err := wire.DecodeInPlace(signed.Body, &parcel); err != nil {
		return nil, err
	}
	node := stele.PublicKey{}
	for _, m := range g.GetMembers() {
		if subject := stele.SubjectOf(m.KeyDocument); bytes.Equal(subject[:], parcel.Member) {
			node = wire.Key(m.Node)
		}
	}
	switch {
	case g == nil || parcel.Chain != g.Chain:
		return nil, stele.E(op, stele.KindInvalid, stele.ForAnotherChain, nil)
	case wire.OpaqueID(parcel.Nonce) != nil:
		return nil, stele.E(op, stele.KindInvalid, "the nonce is not 16 random bytes", nil)
	case len(parcel.Transactions) > stele.MaxInParcel:
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("more than %d transactions", stele.MaxInParcel), nil)
	case node.Suite == 0:
		return nil, stele.E(op, stele.KindDenied, "not from a member", nil)
	case len(signed.Signatures) != 1 || wire.Key(signed.Signatures[0].Key) != node:
		return nil, stele.E(op, stele.KindDenied, "not signed by the member's node", nil)
	}
	if _, err := l.check(wire.TagParcel, &signed); err != nil {
		return nil, err
	}
	return &parcel, nil
}

// parcel runs a parcel's transactions and appends their verdicts. A parcel that
// fails its check has no effect and no verdicts.
func (b *block) parcel(verdicts []stele.Verdict, raw []byte) []stele.Verdict {
	parcel, err := b.ledger.openParcel(b.consortium, raw)
	if err != nil {
		return verdicts
	}
	for _, tx := range parcel.Transactions {
		verdicts = append(verdicts, b.transact(tx))
	}
	return verdicts
}

// transact runs one transaction.
func (b *block) transact(raw []byte) stele.Verdict {
	tx, err := b.ledger.openTransaction(b.now, b.consortium, raw)
	if err != nil {
		return stele.Verdict{Tx: idOf(raw), Err: err}
	}
	if first := answered(b.state, b.now, tx.ID); first != nil {
		return stele.Verdict{Tx: tx.ID, Outcome: *first}
	}
	event, err := b.ledger.decide(b.now, b.state, tx)
	if err != nil {
		return stele.Verdict{Tx: tx.ID, Err: err}
	}
	return stele.Verdict{Tx: tx.ID, Outcome: b.emit(event, tx.ID)}
}

// openTransaction decodes a transaction and checks all that needs no contract:
// size, chain, nonce, expiry, signatures. Cheap checks come first. Decoding and
// signatures depend on the bytes alone: what was good when it was admitted is not
// looked at again in its block.
func (l *Ledger) openTransaction(now Moment, g *wire.Consortium, raw []byte) (*Tx, error) {
	if len(raw) > stele.MaxTransaction {
		return nil, stele.E(opTransact, stele.KindInvalid, fmt.Sprintf("more than %d bytes", stele.MaxTransaction), nil)
	}
	if tx, ok := l.opened.get(raw); ok {
		return tx, timely(now, g, tx.Body, len(tx.Keys))
	}
	raw = bytes.Clone(raw) // the caller's, and what is decoded lies in it
	var signed wire.Signed
	if err := wire.DecodeInPlace(raw, &signed); err != nil {
		return nil, err
	}
	tx := &Tx{ID: wire.TransactionID(&signed), Body: new(wire.Transaction)}
	err := wire.DecodeInPlace(signed.Body, tx.Body)
	if err == nil {
		err = timely(now, g, tx.Body, len(signed.Signatures))
	}
	if err == nil {
		tx.Keys, err = l.check(wire.TagTransaction, &signed)
	}
	if err != nil {
		return nil, err
	}
	l.opened.put(raw, tx)
	return tx, nil
}

// timely checks that a transaction is for this chain and for now, and that it has no more
// signatures than could be needed: each costs a node time before it is known whose it is.
func timely(now Moment, g *wire.Consortium, body *wire.Transaction, signatures int) error {
	most := max(wire.MaxSignatures, len(g.GetMembers()))
	switch {
	case g == nil || body.Chain != g.Chain:
		return stele.E(opTransact, stele.KindInvalid, stele.ForAnotherChain, nil)
	case wire.OpaqueID(body.Nonce) != nil:
		return stele.E(opTransact, stele.KindInvalid, "the nonce is not 16 random bytes", nil)
	case body.ExpiresMs <= now.TimeMS:
		return stele.E(opTransact, stele.KindInvalid, "expired", nil).
			WithHint("make it again with a later expiry, and check this machine's clock")
	case body.ExpiresMs > now.TimeMS+MaxValidity.Milliseconds():
		return stele.E(opTransact, stele.KindInvalid, "expires more than 10 minutes after the newest block", nil).
			WithHint("check this machine's clock")
	case body.Message == nil:
		return stele.E(opTransact, stele.KindInvalid, "there is no message in it", nil)
	case signatures > most:
		return stele.E(opTransact, stele.KindDenied, fmt.Sprintf("more than %d signatures", most), nil)
	}
	return nil
}

// decide asks the contracts. Exactly one knows each kind of message.
func (l *Ledger) decide(now Moment, s Reader, tx *Tx) (*wire.Event, error) {
	for _, c := range l.contracts {
		event, err := c.Decide(now, s, tx)
		if event != nil || err != nil {
			return event, err
		}
	}
	return nil, stele.E(opTransact, stele.KindInvalid, "no contract knows this message", nil)
}

// answered returns the outcome that a transaction had before, or nil.
func answered(s Reader, at Moment, id stele.Digest) *stele.Outcome {
	ref := answer(s, at.TimeMS, id)
	if ref == nil {
		return nil
	}
	outcome := outcomeAt(s, ref)
	return &outcome
}

// answer returns where the event of a transaction stands that has not expired
// yet, or nil.
func answer(s Reader, timeMS int64, id stele.Digest) *EventRef {
	now := age(timeMS)
	key := doneKey(now, id[:])
	for range 2 {
		if raw := s.Get(key); raw != nil {
			return done.row(raw)
		}
		if now == 0 {
			break
		}
		binary.BigEndian.PutUint64(key[len(done.prefix):], now-1)
	}
	return nil
}

// idOf returns the id of a transaction that may be too damaged to have one.
func idOf(raw []byte) stele.Digest {
	var signed wire.Signed
	if len(raw) > stele.MaxTransaction || wire.Decode(raw, &signed) != nil {
		return stele.Digest{}
	}
	return wire.TransactionID(&signed)
}

package threshold

import (
	"errors"
	"fmt"

	"github.com/stele-health/stele"
)

// Ceremony is what the members agree on before a committee key is made. Every
// member deals (to every member, itself too), sends its [Dealing] to all and
// each [Subshare], sealed, to its receiver; every member sums what it got. One
// bad part stops the ceremony and names its dealer; there is no dispute, the
// members start again without that one.
//
// The sum shows each member the same committee only if every dealer showed all
// the same dealing. So the members compare their committees before they use
// them (in the genesis document, which each of them signs).
//
// A member who deals last can steer some bits of the public key, as in every
// summed dealing; the key stays one that fewer than t members do not know.
type Ceremony struct {
	Chain     string // chain id
	Epoch     uint64
	Threshold int // t
	Members   int // n
}

var (
	errOthers   = errors.New("the dealings are not one of each member")
	errDegree   = errors.New("the dealing is of another degree")
	errPossess  = errors.New("the proof of possession does not hold")
	errSubshare = errors.New("the share does not fit the dealing's commitments")
	errStray    = errors.New("the share is for another epoch, dealer or receiver")
)

func (c Ceremony) valid() error {
	if c.Chain == "" || c.Threshold < 1 || c.Threshold > c.Members || c.Members > MaxMembers {
		return errShape
	}
	return nil
}

// Deal makes one member's dealing and the subshares for all members, by index −
// 1. Errors are KindInvalid.
func (c Ceremony) Deal(dealer int) (*Dealing, []*Subshare, error) {
	if err := c.valid(); err != nil {
		return nil, nil, stele.E("deal", stele.KindInvalid, "the ceremony is impossible", err)
	}
	if dealer < 1 || dealer > c.Members {
		return nil, nil, stele.E("deal", stele.KindInvalid, "no such member", errIndex)
	}
	polynomial := make([]*scalar, c.Threshold)
	for i := range polynomial {
		polynomial[i] = randomScalar()
	}
	d, subs := c.deal(dealer, polynomial, randomScalar())
	for _, a := range polynomial {
		a.Set(newScalar())
	}
	return d, subs, nil
}

func (c Ceremony) deal(dealer int, polynomial []*scalar, nonce *scalar) (*Dealing, []*Subshare) {
	d := &Dealing{dealer: dealer, commitments: make([]*point, len(polynomial))}
	for i, a := range polynomial {
		d.commitments[i] = base(a)
	}
	d.challenge = c.possession(d, base(nonce))
	d.answer = newScalar().Mul(d.challenge, polynomial[0])
	d.answer.Add(d.answer, nonce)

	subs := make([]*Subshare, c.Members)
	for j := range subs {
		x, y := scalarOf(j+1), newScalar()
		for i := len(polynomial) - 1; i >= 0; i-- {
			y.Add(y.Mul(y, x), polynomial[i])
		}
		subs[j] = &Subshare{epoch: c.Epoch, dealer: dealer, receiver: j + 1, value: y}
	}
	return d, subs
}

// possession is the challenge of the Schnorr proof that the dealer knows its
// constant term. Without it the last dealer could pick a commitment that cancels
// the others and own the key. It is bound to the chain, the ceremony's numbers,
// the dealer and every commitment.
func (c Ceremony) possession(d *Dealing, r *point) *scalar {
	t := newTranscript(tagPossession).number(uint64(SuiteDealing)).bytes([]byte(c.Chain)).number(c.Epoch).
		number(uint64(c.Threshold)).number(uint64(c.Members)).number(uint64(d.dealer))
	for _, p := range d.commitments {
		t.point(p)
	}
	return t.point(r).scalar()
}

// VerifyDealing checks what everyone can see of a dealing. It fails with
// KindProof and a [BadMember] that names the dealer.
func (c Ceremony) VerifyDealing(d *Dealing) error {
	if err := c.verifyDealing(d); err != nil {
		return stele.E("verify dealing", stele.KindProof, "a dealing does not hold", BadMember{d.dealer, err})
	}
	return nil
}

func (c Ceremony) verifyDealing(d *Dealing) error {
	if err := c.valid(); err != nil {
		return err
	}
	if d.dealer < 1 || d.dealer > c.Members {
		return errIndex
	}
	if len(d.commitments) != c.Threshold {
		return errDegree
	}
	minus := newScalar().Neg(d.challenge)
	r := newPoint().DoubleScalarMulBasepointVartime(minus, d.commitments[0], d.answer)
	if c.possession(d, r).Equal(d.challenge) != 1 {
		return errPossess
	}
	return nil
}

// VerifySubshare checks what one member got from a dealer against that dealer's
// dealing. It fails with KindProof and a [BadMember] that names the dealer.
func (c Ceremony) VerifySubshare(d *Dealing, s *Subshare) error {
	err := errStray
	if s.epoch == c.Epoch && s.dealer == d.dealer && s.receiver >= 1 && s.receiver <= c.Members {
		err = nil
		if base(s.value).Equal(evaluate(d.commitments, s.receiver)) != 1 {
			err = errSubshare
		}
	}
	if err != nil {
		return stele.E("verify dealing", stele.KindProof, "a dealer's share does not hold", BadMember{d.dealer, err})
	}
	return nil
}

// evaluate returns the polynomial's value at x in the exponent.
func evaluate(commitments []*point, x int) *point {
	powers := make([]*scalar, len(commitments))
	power, at := scalarOf(1), scalarOf(x)
	for i := range powers {
		powers[i] = newScalar().Set(power)
		power.Mul(power, at)
	}
	return sumPublic(powers, commitments)
}

// Committee sums dealings, one of each member in any order, to the public
// committee. It needs no secret. A dealing that does not hold fails with
// KindProof and names its dealer; a missing or doubled one with KindInvalid.
func (c Ceremony) Committee(dealings []*Dealing) (stele.Committee, error) {
	const op = "sum dealings"
	if err := c.valid(); err != nil {
		return stele.Committee{}, stele.E(op, stele.KindInvalid, "the ceremony is impossible", err)
	}
	seen := make([]bool, c.Members)
	for _, d := range dealings {
		if d == nil {
			return stele.Committee{}, stele.E(op, stele.KindInvalid, "a dealing is missing", errOthers)
		}
		if err := c.VerifyDealing(d); err != nil {
			return stele.Committee{}, err
		}
		if seen[d.dealer-1] {
			return stele.Committee{}, stele.E(op, stele.KindInvalid, "a member dealt twice", BadMember{d.dealer, errOthers})
		}
		seen[d.dealer-1] = true
	}
	for i, dealt := range seen {
		if !dealt {
			return stele.Committee{}, stele.E(op, stele.KindInvalid, "a dealing is missing", BadMember{i + 1, errOthers})
		}
	}
	sums := make([]*point, c.Threshold)
	for i := range sums {
		sums[i] = newPoint()
		for _, d := range dealings {
			sums[i].Add(sums[i], d.commitments[i])
		}
	}
	committee := stele.Committee{Epoch: c.Epoch, Threshold: c.Threshold, Key: encodePoint(sums[0]), Shares: make([][]byte, c.Members)}
	for i := range committee.Shares {
		committee.Shares[i] = encodePoint(evaluate(sums, i+1))
	}
	if err := CheckCommittee(committee); err != nil {
		return stele.Committee{}, err
	}
	return committee, nil
}

// Sum adds up what member index got: one dealing and one subshare of each
// member, in any order. It returns the committee, the same for every member, and
// the member's own share. Errors are those of Committee and VerifySubshare.
func (c Ceremony) Sum(index int, dealings []*Dealing, subshares []*Subshare) (stele.Committee, *Share, error) {
	const op = "sum dealings"
	committee, err := c.Committee(dealings)
	if err != nil {
		return stele.Committee{}, nil, err
	}
	byDealer := make(map[int]*Subshare, len(subshares))
	for _, s := range subshares {
		if s == nil {
			return stele.Committee{}, nil, stele.E(op, stele.KindInvalid, "one share of each dealer is needed", errOthers)
		}
		byDealer[s.dealer] = s
	}
	if len(byDealer) != len(subshares) || len(subshares) != c.Members {
		return stele.Committee{}, nil, stele.E(op, stele.KindInvalid, "one share of each dealer is needed", errOthers)
	}
	mine := &Share{epoch: c.Epoch, index: index, secret: newScalar()}
	for _, d := range dealings {
		s := byDealer[d.dealer]
		if s == nil || s.receiver != index {
			return stele.Committee{}, nil, stele.E(op, stele.KindProof, "a dealer's share does not hold", BadMember{d.dealer, errStray})
		}
		if err := c.VerifySubshare(d, s); err != nil {
			return stele.Committee{}, nil, err
		}
		mine.secret.Add(mine.secret, s.value)
	}
	if _, err := mine.fits(&committee); err != nil {
		return stele.Committee{}, nil, stele.E(op, stele.KindOther, "the sum does not fit the committee", err)
	}
	return committee, mine, nil
}

// Rehearse runs the whole ceremony in one process and returns every share, by
// index − 1. Whoever runs it can open everything, so it is for a network in one
// process and for tests.
func (c Ceremony) Rehearse() (stele.Committee, []*Share, error) {
	dealings := make([]*Dealing, c.Members)
	received := make([][]*Subshare, c.Members)
	for i := range dealings {
		d, subs, err := c.Deal(i + 1)
		if err != nil {
			return stele.Committee{}, nil, err
		}
		dealings[i] = d
		for j, s := range subs {
			received[j] = append(received[j], s)
		}
	}
	var committee stele.Committee
	shares := make([]*Share, c.Members)
	for i := range shares {
		var err error
		if committee, shares[i], err = c.Sum(i+1, dealings, received[i]); err != nil {
			return stele.Committee{}, nil, fmt.Errorf("rehearse: %w", err)
		}
	}
	if len(shares) == 0 {
		return committee, nil, stele.E("rehearse", stele.KindInvalid, "the ceremony is impossible", errShape)
	}
	return committee, shares, nil
}

package threshold

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"

	"github.com/stele-health/stele"
)

// CapsuleLen is the length of a capsule in bytes: the suite (2), the masked key
// (32), u = r·G, ū = r·Ḡ, the proof's w = s·G and w̄ = s·Ḡ (32 each), and its
// answer f = s + e·r (32).
//
// TDH2 as published carries the challenge e in place of w and w̄. The two forms
// say the same, since each can be computed from the other; this one is 32 bytes
// longer and lets many capsules be checked in one sum.
const CapsuleLen = suiteLen + 6*32

var errCapsuleProof = errors.New("the proof does not hold for this key and label")

// capsule is a decoded capsule. Whether its proof holds is another matter.
type capsule struct {
	masked         [32]byte
	u, uBar        *point
	w, wBar        *point
	f              *scalar
	uBytes, points []byte // encodings of u, and of u to w̄
}

// Encrypt encrypts a folio key to the committee whose key is committeeKey (32
// bytes). The label is whatever the capsule must never be parted from; it is
// bound, not carried. Errors are KindInvalid.
func Encrypt(committeeKey, label []byte, key *[32]byte) ([]byte, error) {
	return encrypt(committeeKey, label, key, randomScalar(), randomScalar())
}

func encrypt(committeeKey, label []byte, key *[32]byte, r, s *scalar) ([]byte, error) {
	h, err := tableOf(committeeKey)
	if err != nil {
		return nil, stele.E("encrypt to committee", stele.KindInvalid, "the committee key is unusable", err)
	}
	u := encodePoint(base(r))
	mask := maskOf(u, h.times(r))
	var masked [32]byte
	subtle.XORBytes(masked[:], mask[:], key[:])
	clear(mask[:])

	out := make([]byte, 0, CapsuleLen)
	out = binary.BigEndian.AppendUint16(out, SuiteCapsule)
	out = append(out, masked[:]...)
	out = append(out, u...)
	out = append(out, encodePoint(secondTable.times(r))...)
	out = append(out, encodePoint(base(s))...)
	out = append(out, encodePoint(secondTable.times(s))...)
	e := capsuleChallenge(committeeKey, label, masked[:], out[suiteLen+32:])
	f := newScalar().Mul(e, r)
	return append(out, encodeScalar(f.Add(f, s))...), nil
}

// maskOf derives the pad for the key from the shared point r·h.
func maskOf(u []byte, shared *point) (mask [32]byte) {
	d := newTranscript(tagMask).number(uint64(SuiteCapsule)).bytes(u).point(shared).sum()
	copy(mask[:], d[:])
	return mask
}

func capsuleChallenge(committeeKey, label, masked, points []byte) *scalar {
	t := newTranscript(tagCapsule).number(uint64(SuiteCapsule)).bytes(committeeKey).bytes(label).bytes(masked)
	for p := range 4 {
		t.bytes(points[p*pointLen : (p+1)*pointLen])
	}
	return t.scalar()
}

// Check reports whether a capsule is well-formed for the committee key and the
// label: whoever made it knew what is in it and meant this label. Anyone can
// check. Errors are KindProof. For many capsules [CheckBatch] is faster.
func Check(capsule, committeeKey, label []byte) error {
	const op = "check capsule"
	if _, err := decodePoint(committeeKey); err != nil {
		return stele.E(op, stele.KindProof, "the committee key is unusable", err)
	}
	c, err := parseCapsule(capsule)
	if err == nil {
		err = c.check(committeeKey, label)
	}
	if err != nil {
		return stele.E(op, stele.KindProof, "the capsule is not well-formed", err)
	}
	return nil
}

func parseCapsule(b []byte) (c capsule, err error) {
	b, err = cutSuite(b, SuiteCapsule)
	if err != nil {
		return c, err
	}
	if len(b) != CapsuleLen-suiteLen {
		return c, errLength
	}
	copy(c.masked[:], b)
	c.points = b[32 : 32+4*pointLen]
	c.uBytes = c.points[:pointLen]
	for i, p := range []**point{&c.u, &c.uBar, &c.w, &c.wBar} {
		if *p, err = decodePoint(c.points[i*pointLen : (i+1)*pointLen]); err != nil {
			return c, err
		}
	}
	c.f, err = decodeScalar(b[32+4*pointLen:])
	return c, err
}

// check verifies f·G = w + e·u and f·Ḡ = w̄ + e·ū. All of it is public.
func (c *capsule) check(committeeKey, label []byte) error {
	minusE := capsuleChallenge(committeeKey, label, c.masked[:], c.points)
	minusE.Neg(minusE)
	w := newPoint().DoubleScalarMulBasepointVartime(minusE, c.u, c.f)
	wBar := sumPublic([]*scalar{c.f, minusE}, []*point{second, c.uBar})
	if w.Equal(c.w)&wBar.Equal(c.wBar) != 1 {
		return errCapsuleProof
	}
	return nil
}

package threshold

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"hash"
	"sync/atomic"

	"github.com/oasisprotocol/curve25519-voi/curve"
	voi "github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Suites. Each kind of object has its own number, so that none is read as
// another; the number stands first in its bytes, big-endian.
const (
	SuiteCapsule  uint16 = 0x0101 // TDH2, ristretto255, SHA-512
	SuiteProof    uint16 = 0x0102 // batched proof of equal logarithms, same group and hash
	SuiteDealing  uint16 = 0x0103 // Feldman commitments and a Schnorr proof
	SuiteSubshare uint16 = 0x0104
	SuiteShare    uint16 = 0x0105
)

// Hash tags. Every use of the hash has its own.
const (
	tagSecond      = "stele.v1.threshold.second-generator"
	tagMask        = "stele.v1.threshold.capsule.mask"
	tagCapsule     = "stele.v1.threshold.capsule.challenge"
	tagBatch       = "stele.v1.threshold.batch"
	tagBatchWeight = "stele.v1.threshold.batch.weight"
	tagPartials    = "stele.v1.threshold.partials"
	tagWeight      = "stele.v1.threshold.partials.weight"
	tagNonce       = "stele.v1.threshold.partials.nonce"
	tagChallenge   = "stele.v1.threshold.partials.challenge"
	tagPossession  = "stele.v1.threshold.dealing.possession"
)

const (
	pointLen  = 32
	scalarLen = 32
	suiteLen  = 2
)

type (
	point  = curve.RistrettoPoint
	scalar = voi.Scalar
)

var generator = curve.RISTRETTO_BASEPOINT_POINT

// second is TDH2's second generator: nobody knows its logarithm, because it
// comes out of a hash.
var second = func() *point {
	h := newTranscript(tagSecond).sum()
	p, err := newPoint().SetUniformBytes(h[:])
	if err != nil {
		panic(err) // 64 bytes are always accepted
	}
	return p
}()

var (
	errSuite     = errors.New("unknown suite")
	errLength    = errors.New("wrong length")
	errPoint     = errors.New("not a canonical point")
	errIdentity  = errors.New("the identity is not allowed")
	errScalar    = errors.New("not a canonical scalar")
	errZeroShare = errors.New("a zero scalar is not allowed")
)

// transcript hashes a sequence of fields without ambiguity: each is preceded by
// its length in four bytes, and numbers are fields of eight bytes, big-endian.
type transcript struct{ h hash.Hash }

func newTranscript(tag string) transcript {
	return transcript{sha512.New()}.bytes([]byte(tag))
}

func (t transcript) bytes(b []byte) transcript {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(b)))
	t.h.Write(n[:])
	t.h.Write(b)
	return t
}

func (t transcript) number(n uint64) transcript {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return t.bytes(b[:])
}

func (t transcript) point(p *point) transcript { return t.bytes(encodePoint(p)) }

func (t transcript) sum() (d [64]byte) {
	t.h.Sum(d[:0])
	return d
}

// scalar reduces the 64 bytes of the hash, little-endian, modulo the order.
func (t transcript) scalar() *scalar {
	d := t.sum()
	return reduce(&d)
}

func reduce(wide *[64]byte) *scalar {
	s, err := newScalar().SetBytesModOrderWide(wide[:])
	if err != nil {
		panic(err) // 64 bytes are always accepted
	}
	return s
}

func randomScalar() *scalar {
	var wide [64]byte
	rand.Read(wide[:])
	s := reduce(&wide)
	clear(wide[:])
	return s
}

// weight makes a scalar of the 16 bytes b, little-endian. 128 bits keep the
// chance of a cancelling lie at 2^-128 and cost half the additions of a full
// scalar.
func weight(b []byte) *scalar {
	var wide [scalarLen]byte
	copy(wide[:16], b)
	s, err := newScalar().SetCanonicalBytes(wide[:])
	if err != nil {
		panic(err) // below 2^128 is below the order
	}
	return s
}

func scalarOf(n int) *scalar {
	var wide [scalarLen]byte
	binary.LittleEndian.PutUint64(wide[:], uint64(n))
	s, err := newScalar().SetCanonicalBytes(wide[:])
	if err != nil {
		panic(err) // below 2^63 is below the order
	}
	return s
}

// newPoint returns the identity.
func newPoint() *point { return curve.NewRistrettoPoint() }

// newScalar returns zero.
func newScalar() *scalar { return voi.New() }

func encodePoint(p *point) []byte { return curve.NewCompressedRistretto().SetRistrettoPoint(p)[:] }

func encodeScalar(s *scalar) []byte {
	b := make([]byte, scalarLen)
	if err := s.ToBytes(b); err != nil {
		panic(err) // 32 bytes are always enough
	}
	return b
}

func decodePoint(b []byte) (*point, error) {
	c, err := curve.NewCompressedRistretto().SetBytes(b)
	if err != nil {
		return nil, errPoint
	}
	p, err := newPoint().SetCompressed(c)
	if err != nil {
		return nil, errPoint
	}
	if isIdentity(p) {
		return nil, errIdentity
	}
	return p, nil
}

func decodeScalar(b []byte) (*scalar, error) {
	s, err := newScalar().SetCanonicalBytes(b)
	if err != nil {
		return nil, errScalar
	}
	return s, nil
}

func isIdentity(p *point) bool { return p.IsIdentity() }

// base returns s times the generator, in constant time.
func base(s *scalar) *point { return newPoint().MulBasepoint(curve.RISTRETTO_BASEPOINT_TABLE, s) }

// times returns s times p, in constant time.
func times(s *scalar, p *point) *point { return newPoint().Mul(p, s) }

// table multiplies one point, in constant time, in a quarter of the time. It takes 30 KB
// and the time of three multiplications to make.
type table struct {
	of   [pointLen]byte
	rows *curve.RistrettoBasepointTable
}

func (t *table) times(s *scalar) *point { return newPoint().MulBasepoint(t.rows, s) }

func newTable(p *point) *table {
	return &table{[pointLen]byte(encodePoint(p)), curve.NewRistrettoBasepointTable(p)}
}

var secondTable = newTable(second)

// lastKey is the committee key to which something was encrypted last: in a process it is
// nearly always the same.
var lastKey atomic.Pointer[table]

// tableOf returns the table of a committee key.
func tableOf(key []byte) (*table, error) {
	if t := lastKey.Load(); t != nil && string(t.of[:]) == string(key) {
		return t, nil
	}
	p, err := decodePoint(key)
	if err != nil {
		return nil, err
	}
	t := newTable(p)
	lastKey.Store(t)
	return t, nil
}

// sumPublic returns Σ s·p in time that depends on the scalars, which must be
// public; the points need not be.
func sumPublic(s []*scalar, p []*point) *point { return newPoint().MultiscalarMulVartime(s, p) }

// cutSuite removes the suite from the front of b and refuses any other.
func cutSuite(b []byte, want uint16) ([]byte, error) {
	if len(b) < suiteLen {
		return nil, errLength
	}
	if binary.BigEndian.Uint16(b) != want {
		return nil, errSuite
	}
	return b[suiteLen:], nil
}

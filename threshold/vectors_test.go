package threshold

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/vectortest"
)

// vectors is what every implementation of this package must agree on. Scalars
// and points are 32 bytes as in RFC 9496; everything random is an input.
type vectors struct {
	About           string           `json:"about"`
	SecondGenerator vectortest.Hex   `json:"second_generator"`
	Ceremony        ceremonyVector   `json:"ceremony"`
	Committee       committeeVector  `json:"committee"`
	Shares          []vectortest.Hex `json:"shares"`
	Capsules        []capsuleVector  `json:"capsules"`
	BatchDigest     vectortest.Hex   `json:"batch_digest"` // of all capsules, in order
	Releases        []releaseVector  `json:"releases"`
	Refused         []refusedVector  `json:"refused_capsules"`
}

type ceremonyVector struct {
	Chain     string          `json:"chain"`
	Epoch     uint64          `json:"epoch"`
	Threshold int             `json:"threshold"`
	Members   int             `json:"members"`
	Dealings  []dealingVector `json:"dealings"`
}

type dealingVector struct {
	Dealer     int              `json:"dealer"`
	Polynomial []vectortest.Hex `json:"polynomial"`
	Nonce      vectortest.Hex   `json:"nonce"`
	Dealing    vectortest.Hex   `json:"dealing"`
	Subshares  []vectortest.Hex `json:"subshares"`
}

type committeeVector struct {
	Epoch     uint64           `json:"epoch"`
	Threshold int              `json:"threshold"`
	Key       vectortest.Hex   `json:"key"`
	Shares    []vectortest.Hex `json:"verification_shares"`
}

type capsuleVector struct {
	Label     vectortest.Hex `json:"label"`
	Key       vectortest.Hex `json:"key"`
	R         vectortest.Hex `json:"r"`
	S         vectortest.Hex `json:"s"`
	Mask      vectortest.Hex `json:"mask"`
	Challenge vectortest.Hex `json:"challenge"`
	Capsule   vectortest.Hex `json:"capsule"`
}

type releaseVector struct {
	Index    int              `json:"index"`
	Context  vectortest.Hex   `json:"context"`
	Fresh    vectortest.Hex   `json:"fresh"`
	Partials []vectortest.Hex `json:"partials"`
	Seed     vectortest.Hex   `json:"seed"`
	Weights  []vectortest.Hex `json:"weights"`
	M        vectortest.Hex   `json:"m"`
	Z        vectortest.Hex   `json:"z"`
	Proof    vectortest.Hex   `json:"proof"`
}

type refusedVector struct {
	Why     string         `json:"why"`
	Label   vectortest.Hex `json:"label"`
	Capsule vectortest.Hex `json:"capsule"`
}

// drawn stands in for randomness: the n-th scalar or 32 bytes of a name.
func drawn(name string, n int) transcript {
	return newTranscript("stele.v1.vector").bytes([]byte(name)).number(uint64(n))
}

func makeVectors(t *testing.T) *vectors {
	v := &vectors{
		About: "Hexadecimal. Scalars little-endian, points as in RFC 9496. The releases are over all capsules in order; " +
			"any two of them open every capsule to its key.",
		SecondGenerator: encodePoint(second),
	}
	c := Ceremony{Chain: "stele-vectors-1", Epoch: 3, Threshold: 2, Members: 3}
	v.Ceremony = ceremonyVector{Chain: c.Chain, Epoch: c.Epoch, Threshold: c.Threshold, Members: c.Members}
	var dealings []*Dealing
	received := make([][]*Subshare, c.Members)
	for i := range c.Members {
		polynomial := []*scalar{drawn("polynomial", 2*i).scalar(), drawn("polynomial", 2*i+1).scalar()}
		nonce := drawn("nonce", i).scalar()
		d, subs := c.deal(i+1, polynomial, nonce)
		dv := dealingVector{Dealer: i + 1, Nonce: encodeScalar(nonce), Dealing: d.Bytes()}
		for _, a := range polynomial {
			dv.Polynomial = append(dv.Polynomial, encodeScalar(a))
		}
		for j, s := range subs {
			dv.Subshares = append(dv.Subshares, s.Bytes())
			received[j] = append(received[j], s)
		}
		dealings = append(dealings, d)
		v.Ceremony.Dealings = append(v.Ceremony.Dealings, dv)
	}
	var shares []*Share
	var committee stele.Committee
	for i := range c.Members {
		sum, s, err := c.Sum(i+1, dealings, received[i])
		if err != nil {
			t.Fatal(err)
		}
		committee, shares = sum, append(shares, s)
		v.Shares = append(v.Shares, s.Bytes())
	}
	v.Committee = committeeVector{Epoch: committee.Epoch, Threshold: committee.Threshold, Key: committee.Key, Shares: vectortest.Hexes(committee.Shares)}
	v.addCapsules(t, committee)
	v.addReleases(t, committee, shares)
	return v
}

func (v *vectors) addCapsules(t *testing.T, c stele.Committee) {
	for i, label := range []string{"", "label", "a label that is longer than one block of the hash, so that an implementation that stops early is found out, which takes more than 128 bytes"} {
		r, s, key := drawn("r", i).scalar(), drawn("s", i).scalar(), drawn("key", i).sum()
		capsule, err := encrypt(c.Key, []byte(label), (*[32]byte)(key[:32]), r, s)
		if err != nil {
			t.Fatal(err)
		}
		h, err := decodePoint(c.Key)
		if err != nil {
			t.Fatal(err)
		}
		mask := maskOf(capsule[34:66], times(r, h))
		e := capsuleChallenge(c.Key, []byte(label), capsule[2:34], capsule[34:34+4*pointLen])
		v.Capsules = append(v.Capsules, capsuleVector{vectortest.Hex(label), key[:32], encodeScalar(r), encodeScalar(s), mask[:], encodeScalar(e), capsule})
	}
	good := v.Capsules[1]
	add := func(why string, label, capsule []byte) {
		v.Refused = append(v.Refused, refusedVector{why, label, capsule})
	}
	add("another label", []byte("Label"), good.Capsule)
	add("unknown suite", good.Label, put(good.Capsule, 0, 0x01, 0x06))
	add("masked key altered", good.Label, flip(good.Capsule, 2))
	add("u is the identity", good.Label, put(good.Capsule, 34, make([]byte, 32)...))
	add("u is not canonical", good.Label, put(good.Capsule, 34, flip(make([]byte, 32), 0)...))
	add("u taken from another capsule", good.Label, put(good.Capsule, 34, v.Capsules[2].Capsule[34:66]...))
	add("answer altered", good.Label, flip(good.Capsule, CapsuleLen-32))
	add("answer not below the order", good.Label, put(good.Capsule, CapsuleLen-1, 0xff))
	add("cut short", good.Label, good.Capsule[:CapsuleLen-1])
	add("one byte too many", good.Label, append(put(good.Capsule, 0), 0))
}

func (v *vectors) addReleases(t *testing.T, c stele.Committee, shares []*Share) {
	b, err := CheckBatch(c, v.capsules(), v.labels())
	if err != nil {
		t.Fatal(err)
	}
	v.BatchDigest = b.digest[:]
	for i, s := range shares {
		fresh := drawn("fresh", i).sum()
		context := []byte("context of the release")
		partials, proof, err := s.release(b, context, (*[32]byte)(fresh[:32]))
		if err != nil {
			t.Fatal(err)
		}
		r := releaseVector{Index: s.Index(), Context: context, Fresh: fresh[:32], Partials: vectortest.Hexes(partials), Proof: proof}
		st := newStatement(b, s.index, base(s.secret), context, partials)
		m := sumPublic(st.weights, b.us())
		r.Seed, r.M, r.Z = st.seed[:], encodePoint(m), encodePoint(times(s.secret, m))
		for _, w := range st.weights {
			r.Weights = append(r.Weights, encodeScalar(w))
		}
		v.Releases = append(v.Releases, r)
	}
}

func (v *vectors) capsules() (out [][]byte) {
	for _, c := range v.Capsules {
		out = append(out, c.Capsule)
	}
	return out
}

func (v *vectors) labels() (out [][]byte) {
	for _, c := range v.Capsules {
		out = append(out, c.Label)
	}
	return out
}

// The file is what this code computes from the same inputs.
func TestVectorsAreReproduced(t *testing.T) {
	vectortest.Reproduced(t, "threshold.json", makeVectors(t))
}

// The file is enough for a reader who has the public face only.
func TestVectorsThroughThePublicFace(t *testing.T) {
	var v vectors
	vectortest.Read(t, "threshold.json", &v)
	c := Ceremony{v.Ceremony.Chain, v.Ceremony.Epoch, v.Ceremony.Threshold, v.Ceremony.Members}
	var dealings []*Dealing
	for _, dv := range v.Ceremony.Dealings {
		d, err := ParseDealing(dv.Dealing)
		if err != nil {
			t.Fatal(err)
		}
		dealings = append(dealings, d)
	}
	committee, err := c.Committee(dealings)
	if err != nil {
		t.Fatal(err)
	}
	want := stele.Committee{Epoch: v.Committee.Epoch, Threshold: v.Committee.Threshold, Key: v.Committee.Key, Shares: vectortest.Bytes(v.Committee.Shares)}
	if diff := cmp.Diff(want, committee); diff != "" {
		t.Fatal(diff)
	}
	b, err := CheckBatch(committee, v.capsules(), v.labels())
	if err != nil {
		t.Fatal(err)
	}
	var parts []*Verified
	for _, r := range v.Releases {
		p, err := b.VerifyPartials(r.Index, r.Context, vectortest.Bytes(r.Partials), r.Proof)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	keys, err := b.Combine(parts[2], parts[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		if string(k[:]) != string(v.Capsules[i].Key) {
			t.Errorf("capsule %d opens to another key", i)
		}
	}
	for _, r := range v.Refused {
		wantKind(t, r.Why, Check(r.Capsule, committee.Key, r.Label), stele.KindProof)
	}
}

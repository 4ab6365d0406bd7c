package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/vectortest"
)

// vectors is what every implementation of this package must agree on. Envelopes
// are for opening only: the standard library takes no randomness from outside.
type vectors struct {
	About     string           `json:"about"`
	Records   []recordVector   `json:"records"`
	Commits   []commitVector   `json:"commitments"`
	Wraps     []wrapVector     `json:"wraps"`
	Envelopes []envelopeVector `json:"envelopes"`
}

type recordVector struct {
	Key                 vectortest.Hex `json:"key"`
	KeyCommitment       vectortest.Hex `json:"key_commitment"`
	Handle              vectortest.Hex `json:"handle"`
	Cover               vectortest.Hex `json:"cover"`
	Resource            vectortest.Hex `json:"resource"`
	Salt                vectortest.Hex `json:"salt"`
	Nonce               vectortest.Hex `json:"nonce"`
	Ciphertext          vectortest.Hex `json:"ciphertext"`
	PlaintextCommitment vectortest.Hex `json:"plaintext_commitment"`
}

type commitVector struct {
	Salt       vectortest.Hex `json:"salt"`
	Tag        string         `json:"tag"`
	Content    vectortest.Hex `json:"content"`
	Commitment vectortest.Hex `json:"commitment"`
}

type wrapVector struct {
	ErasureKey vectortest.Hex `json:"erasure_key"`
	Handle     vectortest.Hex `json:"handle"`
	Sealed     vectortest.Hex `json:"sealed"`
	Nonce      vectortest.Hex `json:"nonce"`
	Wrapped    vectortest.Hex `json:"wrapped"`
}

type envelopeVector struct {
	Seed        vectortest.Hex `json:"seed"`
	Public      vectortest.Hex `json:"public"`
	RecipientID vectortest.Hex `json:"recipient_id"`
	Tag         string         `json:"tag"`
	Context     vectortest.Hex `json:"context"`
	Plaintext   vectortest.Hex `json:"plaintext"`
	Envelope    vectortest.Hex `json:"envelope"`
}

// drawn stands in for randomness: 32 bytes of a name.
func drawn(name string) [32]byte { return sha256.Sum256([]byte("stele.v1.vector " + name)) }

// makeVectors computes everything from fixed inputs. Envelopes that still open
// are taken over from old.
func makeVectors(t *testing.T, old *vectors) *vectors {
	v := &vectors{About: "Hexadecimal, but for tags. Envelopes are for opening only."}
	for i, resource := range []string{"", `{"resourceType":"Observation"}`} {
		name := string(rune('a' + i))
		k, salt, id, n := Key(drawn("key"+name)), Salt(drawn("salt"+name)), drawn("handle"+name), drawn("nonce"+name)
		handle, nonce, cover := stele.ID(id[:16]), [nonceLen]byte(n[:nonceLen]), []byte("cover "+name)
		c, kc := Commit(salt, TagPlaintext, []byte(resource)), k.Commitment()
		sealed := sealRecord(&k, handle, cover, []byte(resource), salt, nonce)
		v.Records = append(v.Records, recordVector{k[:], kc[:], handle[:], cover, vectortest.Hex(resource), salt[:], nonce[:], sealed, c[:]})

		ek := ErasureKey(drawn("erasure" + name))
		v.Wraps = append(v.Wraps, wrapVector{ek[:], handle[:], sealed, nonce[:], wrap(&ek, handle, sealed, nonce)})
	}
	for _, tag := range []Tag{TagPlaintext, TagGrant, TagDetail, TagLabel, TagSource, TagCount, TagEmergency, TagDeath, TagMerge, TagReview} {
		salt := Salt(drawn("salt " + string(tag)))
		c := Commit(salt, tag, []byte("content"))
		v.Commits = append(v.Commits, commitVector{salt[:], string(tag), vectortest.Hex("content"), c[:]})
	}
	for i, tag := range []Tag{TagFolioKey, TagRelease, TagAccount, TagSubshare, TagDocument, TagRequest, TagCredential, TagSlot, TagActivated} {
		e := newEnvelopeVector(t, tag)
		if old != nil && i < len(old.Envelopes) {
			o := old.Envelopes[i]
			e.Envelope = o.Envelope
			if openVector(e) != nil {
				t.Logf("envelope %d no longer opens", i)
				e = newEnvelopeVector(t, tag)
			}
		}
		v.Envelopes = append(v.Envelopes, e)
	}
	return v
}

func newEnvelopeVector(t *testing.T, tag Tag) envelopeVector {
	seed := drawn("seed " + string(tag))
	k, err := SealKeyFromSeed(seed[:])
	if err != nil {
		t.Fatal(err)
	}
	id := k.ID()
	e := envelopeVector{seed[:], k.Public(), id[:], string(tag), vectortest.Hex("context"), vectortest.Hex("what is sealed"), nil}
	if e.Envelope, err = SealTo(e.Public, tag, e.Context, e.Plaintext); err != nil {
		t.Fatal(err)
	}
	return e
}

func openVector(e envelopeVector) error {
	k, err := SealKeyFromSeed(e.Seed)
	if err != nil {
		return err
	}
	id := k.ID()
	if !bytes.Equal(k.Public(), e.Public) || !bytes.Equal(id[:], e.RecipientID) {
		return errors.New("the seed gives another public key")
	}
	got, err := k.Open(Tag(e.Tag), e.Context, e.Envelope)
	if err == nil && !bytes.Equal(got, e.Plaintext) {
		err = errors.New("another plaintext")
	}
	return err
}

// The file is what this code computes from the same inputs.
func TestVectorsAreReproduced(t *testing.T) {
	var old vectors
	vectortest.Read(t, "seal.json", &old)
	vectortest.Reproduced(t, "seal.json", makeVectors(t, &old))
}

// The file is enough for a reader who has the public face only.
func TestVectorsThroughThePublicFace(t *testing.T) {
	var v vectors
	vectortest.Read(t, "seal.json", &v)
	for i, r := range v.Records {
		k := Key(r.Key)
		if err := CheckKey(&k, stele.Digest(r.KeyCommitment)); err != nil {
			t.Errorf("record %d: %v", i, err)
		}
		got, salt, err := OpenRecord(&k, stele.ID(r.Handle), r.Cover, r.Ciphertext, stele.Digest(r.PlaintextCommitment))
		if err != nil || !bytes.Equal(got, r.Resource) || !bytes.Equal(salt[:], r.Salt) {
			t.Errorf("record %d: %v", i, err)
		}
	}
	for i, c := range v.Commits {
		if err := CheckCommit(stele.Digest(c.Commitment), Salt(c.Salt), Tag(c.Tag), c.Content); err != nil {
			t.Errorf("commitment %d: %v", i, err)
		}
	}
	for i, w := range v.Wraps {
		k := ErasureKey(w.ErasureKey)
		if got, err := Unwrap(&k, stele.ID(w.Handle), w.Wrapped); err != nil || !bytes.Equal(got, w.Sealed) {
			t.Errorf("wrap %d: %v", i, err)
		}
	}
	for i, e := range v.Envelopes {
		if err := openVector(e); err != nil {
			t.Errorf("envelope %d: %v", i, err)
		}
	}
}

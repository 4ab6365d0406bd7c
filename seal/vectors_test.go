package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stele-health/stele"
)

var update = flag.Bool("update", false, "rewrite the vectors in testdata/vectors")

const vectorFile = "../testdata/vectors/seal.json"

// text is bytes that stand in the vectors as hexadecimal digits.
type text []byte

func (h text) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *text) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

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
	Key                 text `json:"key"`
	KeyCommitment       text `json:"key_commitment"`
	Handle              text `json:"handle"`
	Cover               text `json:"cover"`
	Resource            text `json:"resource"`
	Salt                text `json:"salt"`
	Nonce               text `json:"nonce"`
	Ciphertext          text `json:"ciphertext"`
	PlaintextCommitment text `json:"plaintext_commitment"`
}

type commitVector struct {
	Salt       text   `json:"salt"`
	Tag        string `json:"tag"`
	Content    text   `json:"content"`
	Commitment text   `json:"commitment"`
}

type wrapVector struct {
	ErasureKey text `json:"erasure_key"`
	Handle     text `json:"handle"`
	Sealed     text `json:"sealed"`
	Nonce      text `json:"nonce"`
	Wrapped    text `json:"wrapped"`
}

type envelopeVector struct {
	Seed        text   `json:"seed"`
	Public      text   `json:"public"`
	RecipientID text   `json:"recipient_id"`
	Tag         string `json:"tag"`
	Context     text   `json:"context"`
	Plaintext   text   `json:"plaintext"`
	Envelope    text   `json:"envelope"`
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
		v.Records = append(v.Records, recordVector{k[:], kc[:], handle[:], cover, text(resource), salt[:], nonce[:], sealed, c[:]})

		ek := ErasureKey(drawn("erasure" + name))
		v.Wraps = append(v.Wraps, wrapVector{ek[:], handle[:], sealed, nonce[:], wrap(&ek, handle, sealed, nonce)})
	}
	for _, tag := range []Tag{TagPlaintext, TagGrant, TagDetail} {
		salt := Salt(drawn("salt " + string(tag)))
		c := Commit(salt, tag, []byte("content"))
		v.Commits = append(v.Commits, commitVector{salt[:], string(tag), text("content"), c[:]})
	}
	for i, tag := range []Tag{TagFolioKey, TagRelease} {
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
	e := envelopeVector{seed[:], k.Public(), id[:], string(tag), text("context"), text("what is sealed"), nil}
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
	var old *vectors
	raw, err := os.ReadFile(vectorFile)
	if err == nil {
		old = new(vectors)
		err = json.Unmarshal(raw, old)
	}
	if err != nil && !(*update && errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(makeVectors(t, old), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(vectorFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		raw = want
	}
	if diff := cmp.Diff(string(raw), string(want)); diff != "" {
		t.Fatalf("the vectors changed (-file +code); if the format may change, rewrite them with -update:\n%s", diff)
	}
}

// The file is enough for a reader who has the public face only.
func TestVectorsThroughThePublicFace(t *testing.T) {
	raw, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
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

package seal

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"pgregory.net/rapid"
)

func wantKind(t *testing.T, what string, err error, kind stele.Kind) {
	t.Helper()
	if err == nil || stele.KindOf(err) != kind {
		t.Errorf("%s: error %v of kind %v, want kind %v", what, err, stele.KindOf(err), kind)
	}
}

func flip(b []byte, i int) []byte {
	out := bytes.Clone(b)
	out[i] ^= 1
	return out
}

func TestRecordOpensOnlyAsSealed(t *testing.T) {
	k, other := NewKey(), NewKey()
	handle, cover, resource := stele.NewID(), []byte("cover"), []byte(`{"resourceType":"Condition"}`)
	sealed, commitment := SealRecord(&k, handle, cover, resource)
	if len(sealed) != len(resource)+RecordOverhead {
		t.Errorf("sealed record has %d bytes", len(sealed))
	}
	got, salt, err := OpenRecord(&k, handle, cover, sealed, commitment)
	if err != nil || !bytes.Equal(got, resource) {
		t.Fatalf("opened %q, %v", got, err)
	}
	if err := CheckCommit(commitment, salt, TagPlaintext, got); err != nil {
		t.Error(err)
	}
	open := func(k *Key, h stele.ID, cover, sealed []byte, c stele.Digest) error {
		plain, _, err := OpenRecord(k, h, cover, sealed, c)
		if err != nil && plain != nil {
			t.Error("plaintext came back with an error")
		}
		return err
	}
	wantKind(t, "another key", open(&other, handle, cover, sealed, commitment), stele.KindProof)
	wantKind(t, "another handle", open(&k, stele.NewID(), cover, sealed, commitment), stele.KindProof)
	wantKind(t, "another cover", open(&k, handle, []byte("Cover"), sealed, commitment), stele.KindProof)
	wantKind(t, "no cover", open(&k, handle, nil, sealed, commitment), stele.KindProof)
	wantKind(t, "another commitment", open(&k, handle, cover, sealed, Commit(salt, TagLabel, resource)), stele.KindProof)
	for i := range sealed {
		wantKind(t, fmt.Sprint("byte ", i), open(&k, handle, cover, flip(sealed, i), commitment), stele.KindProof)
		wantKind(t, fmt.Sprint("cut at ", i), open(&k, handle, cover, sealed[:i], commitment), stele.KindProof)
	}
}

// A client that repeats its work after a crash seals the same handle again.
func TestSealingAHandleTwiceSharesNoKeystream(t *testing.T) {
	k, handle := NewKey(), stele.NewID()
	a, ca := SealRecord(&k, handle, nil, []byte("same"))
	b, cb := SealRecord(&k, handle, nil, []byte("same"))
	if bytes.Equal(a[2:14], b[2:14]) || bytes.Equal(a[14:], b[14:]) || ca == cb {
		t.Fatal("two sealings of one handle share nonce, ciphertext or commitment")
	}
}

func TestKeyCommitment(t *testing.T) {
	k, other := NewKey(), NewKey()
	if err := CheckKey(&k, k.Commitment()); err != nil {
		t.Error(err)
	}
	wantKind(t, "another key", CheckKey(&other, k.Commitment()), stele.KindProof)
	k.Erase()
	if k != (Key{}) {
		t.Error("an erased key is still there")
	}
}

func TestCommitBindsSaltTagAndContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.SampledFrom([]Tag{TagGrant, TagDetail, "a", "ab", ""})
		texts := rapid.SliceOfN(rapid.SampledFrom([]byte("ab")), 0, 3)
		s1, s2 := NewSalt(), NewSalt()
		if rapid.Bool().Draw(t, "same salt") {
			s2 = s1
		}
		t1, t2 := tags.Draw(t, "t1"), tags.Draw(t, "t2")
		c1, c2 := texts.Draw(t, "c1"), texts.Draw(t, "c2")
		same := s1 == s2 && t1 == t2 && bytes.Equal(c1, c2)
		if err := CheckCommit(Commit(s1, t1, c1), s2, t2, c2); (err == nil) != same {
			t.Fatalf("%q %q against %q %q: %v", t1, c1, t2, c2, err)
		}
	})
	salt := NewSalt()
	if Commit(salt, "ab", []byte("c")) == Commit(salt, "a", []byte("bc")) {
		t.Error("the border between tag and content is not committed to")
	}
	wantKind(t, "wrong", CheckCommit(stele.Digest{}, NewSalt(), TagGrant, nil), stele.KindProof)
}

func TestLaw5WrappedRecordNeedsItsErasureKey(t *testing.T) {
	k, handle := NewErasureKey(), stele.NewID()
	wrapped := Wrap(&k, handle, []byte("sealed"))
	if len(wrapped) != 6+suiteLen+nonceLen+gcmTagLen {
		t.Errorf("wrapped record has %d bytes", len(wrapped))
	}
	if got, err := Unwrap(&k, handle, wrapped); err != nil || string(got) != "sealed" {
		t.Fatalf("unwrapped %q, %v", got, err)
	}
	_, err := Unwrap(&k, stele.NewID(), wrapped)
	wantKind(t, "another handle", err, stele.KindProof)
	for i := range wrapped {
		_, err = Unwrap(&k, handle, flip(wrapped, i))
		wantKind(t, "altered", err, stele.KindProof)
		_, err = Unwrap(&k, handle, wrapped[:i])
		wantKind(t, "cut", err, stele.KindProof)
	}
	k.Erase()
	_, err = Unwrap(&k, handle, wrapped)
	wantKind(t, "erased", err, stele.KindProof)
}

func newSealKeyOrFail(t testing.TB) *SealKey {
	t.Helper()
	k, err := NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestEnvelopeOpensOnlyForItsPurposeAndKey(t *testing.T) {
	k, other := newSealKeyOrFail(t), newSealKeyOrFail(t)
	envelope, err := SealTo(k.Public(), TagRelease, []byte("request"), []byte("partials"))
	if err != nil {
		t.Fatal(err)
	}
	if len(envelope) != 8+EnvelopeOverhead || len(k.Public()) != PublicLen {
		t.Errorf("envelope has %d bytes, public key %d", len(envelope), len(k.Public()))
	}
	if id, _, err := splitEnvelope(envelope); err != nil || id != k.ID() {
		t.Errorf("envelope for %v, %v", id, err)
	}
	if got, err := k.Open(TagRelease, []byte("request"), envelope); err != nil || string(got) != "partials" {
		t.Fatalf("opened %q, %v", got, err)
	}
	restored, err := SealKeyFromSeed(k.Seed())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := restored.Open(TagRelease, []byte("request"), envelope); err != nil || string(got) != "partials" {
		t.Fatalf("restored key opened %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another key":     func() ([]byte, error) { return other.Open(TagRelease, []byte("request"), envelope) },
		"another tag":     func() ([]byte, error) { return k.Open(TagFolioKey, []byte("request"), envelope) },
		"another context": func() ([]byte, error) { return k.Open(TagRelease, []byte("Request"), envelope) },
		"no context":      func() ([]byte, error) { return k.Open(TagRelease, nil, envelope) },
		// An envelope readdressed by a thief of the header only.
		"readdressed": func() ([]byte, error) {
			id := other.ID()
			e := bytes.Clone(envelope)
			copy(e[2:], id[:])
			return other.Open(TagRelease, []byte("request"), e)
		},
	} {
		_, err := open()
		wantKind(t, name, err, stele.KindProof)
	}
	for i := range envelope {
		if _, err := k.Open(TagRelease, []byte("request"), flip(envelope, i)); err == nil {
			t.Errorf("an envelope with byte %d altered opened", i)
		}
	}
	for _, n := range []int{0, 1, 2, 33, 34, EnvelopeOverhead - 1} {
		_, err := k.Open(TagRelease, []byte("request"), envelope[:n])
		wantKind(t, fmt.Sprint("cut at ", n), err, stele.KindInvalid)
	}
}

func TestSealKeysAreChecked(t *testing.T) {
	k := newSealKeyOrFail(t)
	for name, public := range map[string][]byte{
		"empty": nil, "short": k.Public()[:PublicLen-1], "long": append(k.Public(), 0),
		"coefficients over q": append(bytes.Repeat([]byte{0xff}, 1184), k.Public()[1184:]...),
	} {
		_, err := NewRecipient(public)
		wantKind(t, name, err, stele.KindInvalid)
		_, err = SealTo(public, TagRelease, nil, nil)
		wantKind(t, name, err, stele.KindInvalid)
	}
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	for _, u := range []string{"0", "1", "-1", "325606250916557431795983626356110631294008115727848805560023387167927233504",
		"39382357235489614581723060781553021112529911719440698176882885853963445705823"} {
		n, _ := new(big.Int).SetString(u, 10)
		n.Mod(n, p)
		for _, spelled := range []*big.Int{n, new(big.Int).Add(n, p), new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), 255))} {
			if low := new(big.Int).And(spelled, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(1))); low.Mod(low, p).Cmp(n) != 0 {
				continue // the highest bit does not count
			}
			point := spelled.FillBytes(make([]byte, 32))
			slices.Reverse(point)
			_, err := NewRecipient(append(k.Public()[:1184:1184], point...))
			wantKind(t, "point of small order", err, stele.KindInvalid)
		}
	}
	text := []byte("HIV positive, 7 June 1980, alias")
	_, err := NewRecipient(append(k.Public()[:1184:1184], text...))
	wantKind(t, "text for a point", err, stele.KindInvalid)
	_, err = NewRecipient(slices.Concat(k.Public()[:1152], text, k.Public()[1184:]))
	wantKind(t, "text for a seed", err, stele.KindInvalid)
	_, err = NewRecipient(append(bytes.Repeat([]byte("ab!"), 384), k.Public()[1152:]...))
	wantKind(t, "text whose coefficients are small", err, stele.KindInvalid)
	_, err = SealKeyFromSeed(make([]byte, 31))
	wantKind(t, "short seed", err, stele.KindInvalid)
	_, err = KeyFrom(make([]byte, 31))
	wantKind(t, "short folio key", err, stele.KindInvalid)
	_, err = SaltFrom(make([]byte, 33))
	wantKind(t, "long salt", err, stele.KindInvalid)
}

func TestR34UnknownSuiteFailsClosed(t *testing.T) {
	k, ek, sk := NewKey(), NewErasureKey(), newSealKeyOrFail(t)
	handle := stele.NewID()
	record, commitment := SealRecord(&k, handle, nil, []byte("x"))
	wrapped := Wrap(&ek, handle, record)
	envelope, err := SealTo(sk.Public(), TagFolioKey, nil, k[:])
	if err != nil {
		t.Fatal(err)
	}
	for suite := range uint16(0x0300) {
		put := func(b []byte) []byte {
			b = bytes.Clone(b)
			binary.BigEndian.PutUint16(b, suite)
			return b
		}
		_, _, errRecord := OpenRecord(&k, handle, nil, put(record), commitment)
		_, errWrap := Unwrap(&ek, handle, put(wrapped))
		_, errEnvelope := sk.Open(TagFolioKey, nil, put(envelope))
		_, _, errFor := splitEnvelope(put(envelope))
		for _, c := range []struct {
			own uint16
			err error
		}{{SuiteRecord, errRecord}, {SuiteWrap, errWrap}, {SuiteEnvelope, errEnvelope}, {SuiteEnvelope, errFor}} {
			if (c.err == nil) != (suite == c.own) {
				t.Fatalf("object of suite %#04x labelled %#04x: error %v", c.own, suite, c.err)
			}
		}
	}
}

func TestKeysPrintAsRedacted(t *testing.T) {
	k, s, ek, sk := NewKey(), NewSalt(), NewErasureKey(), newSealKeyOrFail(t)
	for _, thing := range []any{k, &k, s, &s, ek, &ek, sk, *sk} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			if text := fmt.Sprintf(verb, thing); text != redacted {
				t.Errorf("%T with %s prints %q", thing, verb, text)
			}
		}
		if text, err := json.Marshal(thing); err != nil || string(text) != `"[redacted]"` {
			t.Errorf("%T as JSON is %s, %v", thing, text, err)
		}
	}
	if text := fmt.Sprint(struct{ K Key }{k}); !strings.Contains(text, redacted) {
		t.Errorf("inside a struct a key prints as %q", text)
	}
}

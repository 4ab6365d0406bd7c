package keyring

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"testing"

	"filippo.io/age"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

const passphrase = "correct horse"

// made is a keyring and the bytes of its file.
func made(t testing.TB) (*Keyring, []byte) {
	t.Helper()
	k, err := New("patient", "Elena Marchetti")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := k.Seal(passphrase, 1)
	if err != nil {
		t.Fatal(err)
	}
	return k, sealed
}

// TestTheFileHoldsAllKeys, and nothing of it in the clear.
func TestTheFileHoldsAllKeys(t *testing.T) {
	k, sealed := made(t)
	again, err := Open(sealed, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if again.Subject() != k.Subject() || !bytes.Equal(again.KeyDocument(), k.KeyDocument()) || again.Kind() != "patient" || again.Name() != "Elena Marchetti" ||
		!bytes.Equal(again.OneTime(7).Public().Key, k.OneTime(7).Public().Key) || again.SealKey().ID() != k.SealKey().ID() {
		t.Error("another keyring was opened")
	}
	if bytes.Contains(sealed, []byte("Elena")) || bytes.Contains(sealed, k.secrets.Seed) {
		t.Error("the file is in the clear")
	}
	kept := k.AEAD("notes").Seal(nil, nil, []byte("a note"), nil)
	if note, err := again.AEAD("notes").Open(nil, nil, kept, nil); err != nil || string(note) != "a note" {
		t.Errorf("what one sealed the other does not open: %v", err)
	}
	if _, err := again.AEAD("log").Open(nil, nil, kept, nil); err == nil {
		t.Error("a key of one use opens what was sealed for another")
	}
}

// TestWhatDoesNotOpenSaysWhy: another passphrase, or no file of a wallet.
func TestWhatDoesNotOpenSaysWhy(t *testing.T) {
	k, sealed := made(t)
	as := func(version, seed int) []byte {
		other := &Keyring{secrets: k.secrets}
		other.secrets.Version, other.secrets.Seed = version, make([]byte, seed)
		sealed, err := other.Seal(passphrase, 1)
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for what, c := range map[string]struct {
		file       []byte
		passphrase string
		kind       stele.Kind
	}{
		"another passphrase": {sealed, "correct horse!", stele.KindDenied},
		"none":               {sealed, "", stele.KindDenied},
		"empty":              {nil, passphrase, stele.KindInvalid},
		"cut short":          {sealed[:len(sealed)-1], passphrase, stele.KindInvalid},
		"a bit flipped":      {flipped, passphrase, stele.KindInvalid},
		"another version":    {as(3, 32), passphrase, stele.KindInvalid},
		"2, and no document": {as(2, 32), passphrase, stele.KindInvalid},
		"a short seed":       {as(1, 31), passphrase, stele.KindInvalid},
		"to a key, no wallet": {func() []byte {
			id, _ := age.GenerateX25519Identity()
			var out bytes.Buffer
			to, _ := age.Encrypt(&out, id.Recipient())
			to.Close()
			return out.Bytes()
		}(), passphrase, stele.KindDenied},
	} {
		if _, err := Open(c.file, c.passphrase); err == nil || stele.KindOf(err) != c.kind {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestR28KeysAreWhatTheFormatSays: whoever writes another implementation of doc.go's
// sentence has the same keys.
func TestR28KeysAreWhatTheFormatSays(t *testing.T) {
	seed := bytes.Repeat([]byte{7}, 32)
	k, err := of(secrets{Version: 1, Kind: "patient", Seed: seed, Salt: []byte("0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	mac := func(key, text []byte) []byte { h := hmac.New(sha256.New, key); h.Write(text); return h.Sum(nil) }
	hkdf := func(info string) []byte { return mac(mac(make([]byte, 32), seed), append([]byte(info), 1)) } // RFC 5869, one block
	for what, c := range map[string]struct {
		info string
		got  []byte
	}{
		"signing":  {"stele.v1.wallet.signing\x00", k.Signer().Public().Key},
		"one-time": {"stele.v1.wallet.one-time\x00\x00\x00\x01\x02", k.OneTime(0x102).Public().Key},
	} {
		if want := ed25519.NewKeyFromSeed(hkdf(c.info)).Public().(ed25519.PublicKey); !bytes.Equal(want, c.got) {
			t.Errorf("%s: %x, not %x", what, c.got, want)
		}
	}
	var document wire.KeyDocument
	if err := wire.Decode(k.KeyDocument(), &document); err != nil || len(document.Devices) != 1 || string(document.Salt) != "0123456789abcdef" || stele.SubjectOf(k.KeyDocument()) != k.Subject() {
		t.Errorf("the key document is %v, %v", &document, err)
	}
	k.Forget()
	if !bytes.Equal(seed, make([]byte, 32)) {
		t.Error("the seed is still there")
	}
}

// FuzzFile opens a file of a stranger's making.
func FuzzFile(f *testing.F) {
	_, sealed := made(f)
	f.Add(sealed)
	f.Add(sealed[:len(sealed)-1])
	f.Add([]byte("age-encryption.org/v1\n-> scrypt AAAA 60\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		k, err := Open(file, passphrase)
		if err != nil {
			if kind := stele.KindOf(err); kind != stele.KindDenied && kind != stele.KindInvalid {
				t.Fatalf("refused as %v", kind)
			}
			return
		}
		if _, err := json.Marshal(k.secrets); err != nil || k.secrets.Version < 1 || k.secrets.Version > 2 || len(k.secrets.Seed) != seedSize {
			t.Fatalf("%v was opened", k.secrets.Version)
		}
	})
}

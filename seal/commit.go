package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/stele-health/stele"
)

// SaltLen is the length of a commitment's salt in bytes.
const SaltLen = 32

// Salt is the random key of one commitment. Whoever has it can test guesses of
// what was committed to, so it prints as [redacted] and stays off the ledger.
type Salt [SaltLen]byte

// NewSalt draws a salt.
func NewSalt() Salt {
	var s Salt
	rand.Read(s[:])
	return s
}

// SaltFrom reads the 32 raw bytes of a salt. It fails with KindInvalid.
func SaltFrom(raw []byte) (Salt, error) {
	if len(raw) != SaltLen {
		return Salt{}, stele.E("read salt", stele.KindInvalid, "a salt is 32 bytes", nil)
	}
	return Salt(raw), nil
}

// Format prints [redacted], whatever the verb.
func (Salt) Format(f fmt.State, _ rune) { redact(f) }

// MarshalText writes [redacted].
func (Salt) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Commit commits to content: HMAC-SHA-256 under the salt of the tag, preceded by
// its length in four bytes (big-endian), and the content. Without the salt it
// tells nothing; with it, it fits this tag and content only.
func Commit(salt Salt, tag Tag, content []byte) stele.Digest {
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(appendField(nil, []byte(tag)))
	mac.Write(content)
	return stele.Digest(mac.Sum(nil))
}

// CheckCommit checks content against its commitment, in constant time. It fails
// with KindProof.
func CheckCommit(commitment stele.Digest, salt Salt, tag Tag, content []byte) error {
	got := Commit(salt, tag, content)
	if !hmac.Equal(got[:], commitment[:]) {
		return stele.E("check commitment", stele.KindProof, "the content is not what was committed to", nil)
	}
	return nil
}

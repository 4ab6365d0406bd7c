package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/stele-health/stele"
)

// A commitment's tag says what was committed to. The values are those of the
// seal room, which makes the commitments; commit_test.go holds them together.
type tag string

const (
	tagPlaintext tag = "stele.v1.plaintext"
	tagLabel     tag = "stele.v1.label"
	tagGrant     tag = "stele.v1.grant"
	tagDetail    tag = "stele.v1.detail"
	tagSource    tag = "stele.v1.source"
	tagCount     tag = "stele.v1.count"
)

// committed reports whether commitment is HMAC-SHA-256 under the 32-byte salt of
// the tag, preceded by its length in four bytes (big-endian), and the content.
func committed(commitment, salt []byte, t tag, content []byte) bool {
	return len(salt) == len(stele.Digest{}) && hmac.Equal(commitTo(salt, t, content), commitment)
}

func commitTo(salt []byte, t tag, content []byte) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(t))))
	mac.Write([]byte(t))
	mac.Write(content)
	return mac.Sum(nil)
}

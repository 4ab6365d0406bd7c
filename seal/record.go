package seal

import (
	"encoding/binary"

	"github.com/stele-health/stele"
)

// RecordOverhead is how many bytes longer a sealed record is than its resource:
// the suite (2), the nonce (12), the salt (32) and the tag of AES-GCM (16).
const RecordOverhead = suiteLen + nonceLen + SaltLen + gcmTagLen

// SealRecord seals one record of a folio. Its key is derived from the folio key
// and the handle; the cover is authenticated with it, so that neither can be
// swapped. The resource is sealed together with a fresh salt, under which
// plaintextCommitment = Commit(salt, TagPlaintext, resource) stands in the leaf.
// A retry may seal the same handle again: the nonce is random.
func SealRecord(k *Key, handle stele.ID, cover, resource []byte) (ciphertext []byte, plaintextCommitment stele.Digest) {
	salt := NewSalt()
	return sealRecord(k, handle, cover, resource, salt, newNonce()), Commit(salt, TagPlaintext, resource)
}

func sealRecord(k *Key, handle stele.ID, cover, resource []byte, salt Salt, nonce [nonceLen]byte) []byte {
	plain := make([]byte, 0, SaltLen+len(resource))
	plain = append(append(plain, salt[:]...), resource...)
	defer clear(plain)
	return gcmSeal(recordKey(k, handle), SuiteRecord, nonce, recordContext(cover), plain)
}

// OpenRecord opens a sealed record and checks the resource against the
// commitment in its leaf. It returns the salt too, with which the resource can
// be proved to others. It fails with KindProof and does not say which part was
// wrong.
func OpenRecord(k *Key, handle stele.ID, cover, ciphertext []byte, plaintextCommitment stele.Digest) (resource []byte, salt Salt, err error) {
	own := RecordKey(k, handle)
	defer own.Erase()
	return OpenSingle(&own, cover, ciphertext, plaintextCommitment)
}

// RecordKey is the key of one record of a folio. It opens that record, and nothing of the others:
// the folio's key cannot be computed from it.
func RecordKey(k *Key, handle stele.ID) Key { return Key(recordKey(k, handle)) }

// OpenSingle is OpenRecord with the record's own key.
func OpenSingle(k *Key, cover, ciphertext []byte, plaintextCommitment stele.Digest) (resource []byte, salt Salt, err error) {
	const op = "open record"
	plain, ok := gcmOpen(k[:], SuiteRecord, recordContext(cover), ciphertext)
	if !ok || len(plain) < SaltLen {
		return nil, Salt{}, stele.E(op, stele.KindProof, "the record does not open with this key, handle and cover", nil)
	}
	salt, resource = Salt(plain[:SaltLen]), plain[SaltLen:]
	if err := CheckCommit(plaintextCommitment, salt, TagPlaintext, resource); err != nil {
		return nil, Salt{}, stele.E(op, stele.KindProof, "the record is not the one its leaf commits to", err)
	}
	return resource, salt, nil
}

func recordKey(k *Key, handle stele.ID) []byte {
	return derive(k[:], string(tagRecord)+string(handle[:]), KeyLen)
}

// recordContext is the associated data: the suite, so that a later one cannot be
// passed off as this, and the cover.
func recordContext(cover []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, SuiteRecord), cover...)
}

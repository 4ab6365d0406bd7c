package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
)

const (
	nonceLen  = 12
	gcmTagLen = 16
)

func newNonce() (nonce [nonceLen]byte) {
	rand.Read(nonce[:])
	return nonce
}

// gcmSeal returns the suite, the nonce and the AES-256-GCM ciphertext. Keys here
// are used once; the nonce is random all the same, because a client that repeats
// its work after a crash would otherwise use one twice.
func gcmSeal(key []byte, suite uint16, nonce [nonceLen]byte, associated, plain []byte) []byte {
	out := make([]byte, 0, suiteLen+nonceLen+len(plain)+gcmTagLen)
	out = binary.BigEndian.AppendUint16(out, suite)
	out = append(out, nonce[:]...)
	return newGCM(key).Seal(out, nonce[:], plain, associated)
}

func gcmOpen(key []byte, suite uint16, associated, sealed []byte) ([]byte, bool) {
	rest, ok := cutSuite(sealed, suite)
	if !ok || len(rest) < nonceLen+gcmTagLen {
		return nil, false
	}
	plain, err := newGCM(key).Open(nil, rest[:nonceLen], rest[nonceLen:], associated)
	return plain, err == nil
}

func newGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // keys here have 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size GCM wants
	}
	return gcm
}

package seal

import (
	"testing"

	"github.com/stele-health/stele"
)

// go test -bench . -cpu 1 ./seal

func BenchmarkNewRecipient(b *testing.B) {
	public := newSealKeyOrFail(b).Public()
	for b.Loop() {
		NewRecipient(public)
	}
}

func BenchmarkSealTo100(b *testing.B) {
	public := newSealKeyOrFail(b).Public()
	for b.Loop() {
		for range 100 {
			SealTo(public, TagFolioKey, nil, make([]byte, 32))
		}
	}
}

func BenchmarkRecipientSeal100(b *testing.B) {
	public := newSealKeyOrFail(b).Public()
	for b.Loop() {
		r, _ := NewRecipient(public)
		for range 100 {
			r.Seal(TagFolioKey, nil, make([]byte, 32))
		}
	}
}

func BenchmarkOpenEnvelope(b *testing.B) {
	k := newSealKeyOrFail(b)
	envelope, _ := SealTo(k.Public(), TagFolioKey, nil, make([]byte, 32))
	for b.Loop() {
		k.Open(TagFolioKey, nil, envelope)
	}
}

func BenchmarkSealKeyFromSeed(b *testing.B) {
	seed := newSealKeyOrFail(b).Seed()
	for b.Loop() {
		SealKeyFromSeed(seed)
	}
}

func BenchmarkSealRecord4K(b *testing.B) {
	k, handle, resource := NewKey(), stele.NewID(), make([]byte, 4096)
	b.SetBytes(4096)
	for b.Loop() {
		SealRecord(&k, handle, nil, resource)
	}
}

func BenchmarkOpenRecord4K(b *testing.B) {
	k, handle := NewKey(), stele.NewID()
	sealed, commitment := SealRecord(&k, handle, nil, make([]byte, 4096))
	b.SetBytes(4096)
	for b.Loop() {
		OpenRecord(&k, handle, nil, sealed, commitment)
	}
}

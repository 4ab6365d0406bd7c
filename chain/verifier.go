package chain

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Verifier checks signatures as wire.Check does, and remembers which objects
// were good. It is a pure cache: Check gives what wire.Check gives, with the
// memory or without it. Only success is remembered, under a hash of tag, body,
// keys and signatures; a failure is found out again each time.
type Verifier struct {
	shards  [shards]shard
	limit   int           // per generation of a shard
	parcels shard         // that Prefetch has been through, by SHA-256
	slots   chan struct{} // goroutines that check batches
}

const (
	shards    = 64
	batchSize = 128 // signatures; four tenths of the cost of single checks
	smallest  = 8   // signatures that are worth a batch

	rememberedParcels = 1 << 10 // per generation: more than wait for a block
)

// shard remembers in two generations: when the young one is full it becomes
// the old one, and what was old is forgotten.
type shard struct {
	mu         sync.Mutex
	young, old map[stele.Digest]struct{}
}

// NewVerifier returns a verifier that remembers at least half of capacity and
// at most capacity objects, 32 bytes and some overhead each.
func NewVerifier(capacity int) *Verifier {
	return &Verifier{limit: max(1, capacity/(2*shards)), slots: make(chan struct{}, workers())}
}

// DefaultMemory is the capacity of a verifier that nobody chose one for: some
// seconds of a busy network, about 10 MB.
const DefaultMemory = 1 << 17

// Check is wire.Check.
func (v *Verifier) Check(tag wire.Tag, s *wire.Signed) ([]stele.PublicKey, error) {
	return v.check(objectOf(tag, s))
}

func (v *Verifier) check(o object) ([]stele.PublicKey, error) {
	if n := len(o.signed.GetSignatures()); n == 0 || n > wire.MostSignatures(o.tag) {
		return wire.Check(o.tag, o.signed)
	}
	name := o.name()
	if v.knows(name) {
		return keysOf(o.signed), nil
	}
	keys, err := wire.Check(o.tag, o.signed)
	if err == nil {
		v.remember(name)
	}
	return keys, err
}

// Prefetch checks the signatures of parcels and of the transactions in them, in
// parallel, so that Check will know them. What can't be decoded or is not good
// is left for Check to say so.
func (v *Verifier) Prefetch(parcels [][]byte) {
	var todo []object
	var whole []stele.Digest
	for _, raw := range parcels {
		name := stele.Digest(sha256.Sum256(raw))
		if len(raw) > stele.MaxParcel || v.parcels.knows(name) {
			continue
		}
		signed, parcel := new(wire.Signed), new(wire.Parcel)
		if wire.DecodeInPlace(raw, signed) != nil || wire.DecodeInPlace(signed.Body, parcel) != nil {
			continue
		}
		whole = append(whole, name)
		todo = append(todo, objectOf(wire.TagParcel, signed))
		for _, raw := range parcel.Transactions {
			if tx := new(wire.Signed); len(raw) <= stele.MaxTransaction && wire.DecodeInPlace(raw, tx) == nil {
				todo = append(todo, objectOf(wire.TagTransaction, tx))
			}
		}
	}
	v.warm(todo)
	for _, name := range whole {
		v.parcels.remember(name, rememberedParcels)
	}
}

// object is something signed, with the hash that is signed.
type object struct {
	tag    wire.Tag
	signed *wire.Signed
	hash   stele.Digest // wire.Hash of tag and body
}

func objectOf(tag wire.Tag, s *wire.Signed) object {
	return object{tag, s, wire.Hash(tag, s.GetBody())}
}

// warm checks objects that are not known yet, in parallel batches.
func (v *Verifier) warm(all []object) {
	type named struct {
		object
		name stele.Digest
	}
	var todo []named
	signatures := 0
	for _, o := range all {
		if n := len(o.signed.Signatures); n == 0 || n > wire.MostSignatures(o.tag) {
			continue
		}
		if name := o.name(); !v.knows(name) {
			todo = append(todo, named{o, name})
			signatures += len(o.signed.Signatures)
		}
	}
	var wait sync.WaitGroup
	for len(todo) > 0 {
		n := min(len(todo), batchSize)
		if signatures <= batchSize { // a little work is shared evenly
			n = min(n, max(smallest*2, (len(todo)+cap(v.slots)-1)/cap(v.slots)))
		}
		part := todo[:n]
		todo = todo[n:]
		v.slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-v.slots }()
			objects := make([]object, len(part))
			for i := range part {
				objects[i] = part[i].object
			}
			good := checkBatch(objects)
			for i, p := range part {
				if good {
					v.remember(p.name)
				} else if _, err := wire.Check(p.tag, objects[i].signed); err == nil {
					v.remember(p.name)
				}
			}
		})
	}
	wait.Wait()
}

// checkBatch reports whether all objects are good. False says nothing: one may
// be bad, or be of a kind that can't be batched.
func checkBatch(objects []object) bool {
	if len(objects) < smallest {
		return false
	}
	b := ed25519.NewBatchVerifierWithCapacity(len(objects))
	for _, o := range objects {
		for i, sig := range o.signed.Signatures {
			key := sig.GetKey()
			if key.GetSuite() != wire.SuiteEd25519 {
				return false // the batch itself finds keys and signatures of a wrong size
			}
			for _, before := range o.signed.Signatures[:i] {
				if wire.Key(before.Key) == wire.Key(key) {
					return false
				}
			}
			b.AddWithOptions(ed25519.PublicKey(key.Key), o.hash[:], sig.Signature, wire.Ed25519Rules)
		}
	}
	return b.VerifyBatchOnly(rand.Reader)
}

// name hashes all that a check depends on. Lengths go before parts, so that
// no two objects share the same input.
func (o object) name() stele.Digest {
	in := make([]byte, 0, 256)
	in = append(in, o.hash[:]...)
	for _, sig := range o.signed.Signatures {
		key := sig.GetKey()
		in = binary.BigEndian.AppendUint32(in, key.GetSuite())
		in = binary.BigEndian.AppendUint32(in, uint32(len(key.GetKey())))
		in = append(in, key.GetKey()...)
		in = binary.BigEndian.AppendUint32(in, uint32(len(sig.GetSignature())))
		in = append(in, sig.GetSignature()...)
	}
	return sha256.Sum256(in)
}

func keysOf(s *wire.Signed) []stele.PublicKey {
	keys := make([]stele.PublicKey, len(s.Signatures))
	for i, sig := range s.Signatures {
		keys[i] = wire.Key(sig.GetKey())
	}
	return keys
}

func (v *Verifier) shard(name stele.Digest) *shard { return &v.shards[name[0]%shards] }

func (v *Verifier) knows(name stele.Digest) bool { return v.shard(name).knows(name) }

func (v *Verifier) remember(name stele.Digest) { v.shard(name).remember(name, v.limit) }

func (s *shard) knows(name stele.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.young[name]; ok {
		return true
	}
	_, ok := s.old[name]
	return ok
}

func (s *shard) remember(name stele.Digest, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.young) >= limit {
		s.old, s.young = s.young, nil
	}
	if s.young == nil {
		s.young = make(map[stele.Digest]struct{})
	}
	s.young[name] = struct{}{}
}

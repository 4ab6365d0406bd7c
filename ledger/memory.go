package ledger

import (
	"errors"
	"slices"
	"sort"
	"sync"
)

// Memory is a Store without a disk, for tests and for the simulator. Snapshots
// and batches share what they have in common: writing copies the chunks it
// touches, once. The zero value is an empty store.
type Memory struct {
	mu    sync.Mutex
	state []*chunk
}

// chunk is a run of pairs in ascending order, never empty. Only the batch that
// owns it may write it.
type chunk struct {
	owner *owner
	pairs []pair
}

type pair struct {
	key   string
	value []byte
}

// owner stands for a batch, by its address.
type owner struct{ _ byte }

// fullChunk is how many pairs a chunk holds before it is split.
const fullChunk = 128

// NewMemory returns an empty store.
func NewMemory() *Memory { return new(Memory) }

// Begin starts a batch over the newest state. Of batches begun over one state
// only the first may be committed.
func (m *Memory) Begin(int) Batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &memoryBatch{
		memoryState: memoryState{slices.Clone(m.state)}, store: m, owner: new(owner), from: slices.Clip(m.state),
	}
}

// Snapshot freezes the newest committed state.
func (m *Memory) Snapshot() Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &memoryState{m.state}
}

// memoryState is a state that is read.
type memoryState struct{ chunks []*chunk }

// Close lets go of the state.
func (s *memoryState) Close() { s.chunks = nil }

// Get returns a copy of the value, or nil.
func (s *memoryState) Get(key []byte) []byte {
	i, j, found := s.find(string(key))
	if !found {
		return nil
	}
	value := s.chunks[i].pairs[j].value
	return append(make([]byte, 0, len(value)), value...)
}

// Scan visits the keys in [from, to).
func (s *memoryState) Scan(from, to []byte, visit func(key, value []byte) bool) {
	i, j, _ := s.find(string(from))
	for ; i < len(s.chunks); i, j = i+1, 0 {
		for _, p := range s.chunks[i].pairs[j:] {
			if p.key >= string(to) || !visit([]byte(p.key), slices.Clone(p.value)) {
				return
			}
		}
	}
}

// find returns the place of a key, or where it would stand.
func (s *memoryState) find(key string) (i, j int, found bool) {
	i = sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].pairs[0].key > key }) - 1
	if i < 0 {
		return 0, 0, false
	}
	pairs := s.chunks[i].pairs
	j = sort.Search(len(pairs), func(j int) bool { return pairs[j].key >= key })
	return i, j, j < len(pairs) && pairs[j].key == key
}

type memoryBatch struct {
	memoryState
	store *Memory
	owner *owner
	from  []*chunk // what it was begun over
}

func (b *memoryBatch) Set(key, value []byte) {
	if len(b.chunks) == 0 {
		b.chunks = []*chunk{{owner: b.owner, pairs: []pair{{string(key), slices.Clone(value)}}}}
		return
	}
	i, j, found := b.find(string(key))
	c := b.own(i)
	if found {
		c.pairs[j].value = slices.Clone(value)
		return
	}
	c.pairs = slices.Insert(c.pairs, j, pair{string(key), slices.Clone(value)})
	if half := len(c.pairs) / 2; len(c.pairs) > fullChunk {
		upper := &chunk{owner: b.owner, pairs: slices.Clone(c.pairs[half:])}
		c.pairs = slices.Clip(c.pairs[:half])
		b.chunks = slices.Insert(b.chunks, i+1, upper)
	}
}

func (b *memoryBatch) Delete(key []byte) {
	i, j, found := b.find(string(key))
	if !found {
		return
	}
	c := b.own(i)
	if c.pairs = slices.Delete(c.pairs, j, j+1); len(c.pairs) == 0 {
		b.chunks = slices.Delete(b.chunks, i, i+1)
	}
}

// own makes a chunk the batch's own, to write it.
func (b *memoryBatch) own(i int) *chunk {
	if c := b.chunks[i]; c.owner == b.owner {
		return c
	}
	b.chunks[i] = &chunk{owner: b.owner, pairs: slices.Clone(b.chunks[i].pairs)}
	return b.chunks[i]
}

// DeleteRange removes the keys in [from, to).
func (b *memoryBatch) DeleteRange(from, to []byte) {
	var keys [][]byte
	b.Scan(from, to, func(key, _ []byte) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		b.Delete(key)
	}
}

// Commit makes the batch the newest state.
func (b *memoryBatch) Commit() error {
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	if b.owner == nil || !slices.Equal(b.store.state, b.from) {
		return errors.New("memory store: the batch was begun over another state, or is over")
	}
	b.store.state = b.chunks
	b.Discard()
	return nil
}

// Discard drops the batch.
func (b *memoryBatch) Discard() { b.chunks, b.from, b.owner = nil, nil, nil }

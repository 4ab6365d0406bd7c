// Package guardian is who may help a subject that has lost its devices: a circle of guardians, of whom the ledger
// knows a Merkle root, and how one of them shows to be in it.
//
// A guardian holds no share of anything and sees nothing. Its key is made for one subject alone, so that nobody
// learns from the ledger for whom else it is one; who the guardians are, nobody learns from it before they speak, and
// then a key and a kind. The leaf of each is a commitment under a salt of its own (docs/protocol).
//
// Promises: what a circle gives out for one guardian tells nothing of another but how many there are at most; [Open]
// does bounded work on hostile input. Never: no I/O, no clock. Start with New.
package guardian

import (
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Limits (R28).
const (
	Fewest      = 3  // guardians
	Most        = 16 // likewise
	FewestAgree = 2
	MinWait     = 48 * time.Hour
	MaxWait     = 14 * 24 * time.Hour
)

// Place is what a guardian is given to show that it is one: its place in the circle.
type Place struct {
	Guardian []byte // wire.Guardian, as its leaf commits to it
	Salt     seal.Salt
	Index    uint32
	Path     []stele.Digest
}

// New makes a circle of guardians, of whom so many are needed, and their places in it, in their order. It fails with KindInvalid where
// the circle could recover nothing or one kind alone could (R28).
func New(guardians []*wire.Guardian, needed int, wait time.Duration) (*wire.Guardians, []Place, error) {
	const op = "make guardians"
	circle := &wire.Guardians{Number: uint32(len(guardians)), Needed: uint32(needed), WaitMs: wait.Milliseconds()}
	places, leaves, kinds := make([]Place, len(guardians)), make([]stele.Digest, len(guardians)), map[wire.GuardianKind]int{}
	for i, g := range guardians {
		if err := valid(g); err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(guardians[:i], func(other *wire.Guardian) bool { return wire.Key(other.Key) == wire.Key(g.Key) }) {
			return nil, nil, stele.E(op, stele.KindInvalid, "one guardian stands in the circle twice", nil)
		}
		kinds[g.Kind]++
		places[i] = Place{Guardian: wire.Marshal(g), Salt: seal.NewSalt(), Index: uint32(i)}
		leaves[i] = leaf(places[i].Salt, places[i].Guardian)
	}
	if len(kinds) < 2 {
		return nil, nil, stele.E(op, stele.KindInvalid, "all guardians are of one kind, and those are never enough", nil).
			WithHint("have one at least of another kind: family, institution, own device")
	}
	root := merkle.Root(leaves)
	circle.Root = root[:]
	if err := Check(circle, MinWait); err != nil {
		return nil, nil, err
	}
	for i := range places {
		path, err := merkle.InclusionOf(leaves, i)
		if err != nil {
			return nil, nil, err
		}
		places[i].Path = path
	}
	return circle, places, nil
}

// Check fails with KindInvalid unless a circle is one in which guardians can do something together; minWait is what a
// recovery waits at least.
func Check(c *wire.Guardians, minWait time.Duration) error {
	const op = "read guardians"
	if err := wire.OpaqueDigests(c.GetRoot()); err != nil {
		return err
	}
	switch {
	case c.Number < Fewest || c.Number > Most:
		return stele.E(op, stele.KindInvalid, fmt.Sprintf("%d guardians, where there are %d to %d", c.Number, Fewest, Most), nil)
	case c.Needed < FewestAgree || c.Needed >= c.Number:
		return stele.E(op, stele.KindInvalid, fmt.Sprintf("%d of %d guardians, where two or more are needed, and fewer than there are", c.Needed, c.Number), nil)
	case c.WaitMs < minWait.Milliseconds() || c.WaitMs > MaxWait.Milliseconds():
		return stele.E(op, stele.KindInvalid, fmt.Sprintf("a recovery waits for %v to %v", minWait, MaxWait), nil)
	}
	return nil
}

// Speak is what a guardian says of a subject, to be signed with its key; nil takes back what it said.
func (p Place) Speak(subject stele.Subject, word *wire.GuardianWord) *wire.SpeakAsGuardian {
	m := &wire.SpeakAsGuardian{Subject: subject[:], Guardian: p.Guardian, Salt: p.Salt[:], Index: p.Index, Word: word}
	for _, d := range p.Path {
		m.Path = append(m.Path, d[:])
	}
	return m
}

// Open returns the guardian whose place in a circle a message shows. It fails with KindInvalid or KindProof.
func Open(c *wire.Guardians, m *wire.SpeakAsGuardian) (*wire.Guardian, error) {
	root, err := stele.DigestFrom(c.GetRoot())
	if err != nil {
		return nil, err
	}
	g := new(wire.Guardian)
	if err := wire.DecodeKnown(m.Guardian, g); err != nil {
		return nil, err
	}
	if err := valid(g); err != nil {
		return nil, err
	}
	if err := wire.OpaqueDigests(append([][]byte{m.Salt}, m.Path...)...); err != nil {
		return nil, err
	}
	path := make([]stele.Digest, len(m.Path))
	for i, d := range m.Path {
		path[i] = stele.Digest(d)
	}
	return g, merkle.VerifyInclusion(leaf(seal.Salt(m.Salt), m.Guardian), uint64(m.Index), uint64(c.Number), path, root)
}

func valid(g *wire.Guardian) error {
	if g.GetKind() == wire.GuardianKind_GUARDIAN_KIND_UNSPECIFIED || wire.GuardianKind_name[int32(g.GetKind())] == "" {
		return stele.E("read guardian", stele.KindInvalid, "a guardian of an unknown kind", nil)
	}
	return wire.ValidKey(g.Key)
}

func leaf(salt seal.Salt, guardian []byte) stele.Digest {
	commitment := seal.Commit(salt, seal.TagGuardian, guardian)
	return merkle.LeafHash(commitment[:])
}

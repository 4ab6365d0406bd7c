package ledgertest

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Circle makes a circle of guardians whose keys, kinds and salts are those of their names, and of each what it shows to be in it.
func Circle(needed uint32, waitMS int64, names []string, kinds []wire.GuardianKind) (*wire.Guardians, []*wire.SpeakAsGuardian) {
	var leaves []stele.Digest
	var shows []*wire.SpeakAsGuardian
	for i, name := range names {
		salt := Bytes("salt of guardian "+name, 32)
		who := wire.Marshal(&wire.Guardian{Key: Signer(name).Public(), Kind: kinds[i]})
		commitment := seal.Commit(seal.Salt(salt), seal.TagGuardian, who)
		leaves = append(leaves, merkle.LeafHash(commitment[:]))
		shows = append(shows, &wire.SpeakAsGuardian{Guardian: who, Salt: salt, Index: uint32(i)})
	}
	for i, s := range shows {
		path, err := merkle.InclusionOf(leaves, i)
		if err != nil {
			panic(err) // there is such a leaf
		}
		for _, d := range path {
			s.Path = append(s.Path, d[:])
		}
	}
	root := merkle.Root(leaves)
	return &wire.Guardians{Root: root[:], Number: uint32(len(names)), Needed: needed, WaitMs: waitMS}, shows
}

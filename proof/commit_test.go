package proof

import (
	"testing"

	"github.com/stele-health/stele/seal"
)

// TestCommitmentsAreThoseOfSeal holds the two rooms together: seal makes the
// commitments that proof checks.
func TestCommitmentsAreThoseOfSeal(t *testing.T) {
	for ours, theirs := range map[tag]seal.Tag{
		tagPlaintext: seal.TagPlaintext, tagLabel: seal.TagLabel, tagGrant: seal.TagGrant, tagDetail: seal.TagDetail,
		tagSource: seal.TagSource, tagCount: seal.TagCount,
	} {
		salt, content := seal.NewSalt(), []byte("content")
		c := seal.Commit(salt, theirs, content)
		if !committed(c[:], salt[:], ours, content) {
			t.Errorf("a commitment of seal under %s does not check", theirs)
		}
		for _, wrong := range []bool{
			committed(c[:], salt[:], ours, []byte("other")),
			committed(c[:], make([]byte, 32), ours, content),
			committed(c[:], salt[:31], ours, content),
			committed(c[:], salt[:], ours+"x", content),
			committed(nil, salt[:], ours, content),
		} {
			if wrong {
				t.Errorf("something else passes for a commitment under %s", theirs)
			}
		}
	}
}

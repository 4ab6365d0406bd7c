package stele_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// FuzzTexts reads DIDs, ids, digests and kinds: each value has one text, and what
// is refused is refused with a kind and a zero value.
func FuzzTexts(f *testing.F) {
	f.Add(stele.SubjectOf([]byte("x")).String())
	f.Add(stele.NewID().String())
	f.Add(stele.Digest{1}.String())
	f.Add("did:stele:")
	f.Add("denied")
	f.Add("aaaaaaaaaaaaaaaaaaaaaaaaab") // one bit that no byte has
	f.Fuzz(func(t *testing.T, text string) {
		invalid := func(err error) bool { return stele.KindOf(err) == stele.KindInvalid }
		if s, err := stele.ParseSubject(text); err == nil && s.String() != text || err != nil && (!invalid(err) || !s.IsZero()) {
			t.Errorf("DID %q became %v, %v", text, s, err)
		}
		if id, err := stele.ParseID(text); err == nil && id.String() != text || err != nil && (!invalid(err) || !id.IsZero()) {
			t.Errorf("id %q became %v, %v", text, id, err)
		}
		var d stele.Digest
		if err := d.UnmarshalText([]byte(text)); err != nil && (!invalid(err) || d != stele.Digest{}) {
			t.Errorf("digest %q became %v, %v", text, d, err)
		} else if again := new(stele.Digest); err == nil && (again.UnmarshalText([]byte(d.String())) != nil || *again != d) {
			t.Errorf("digest %q does not come back", text)
		}
		if d, err := stele.ParseDigest(text); err == nil && strings.ToLower(strings.Join(strings.Fields(text), "")) != d.String() || err != nil && (!invalid(err) || d != stele.Digest{}) {
			t.Errorf("digest %q became %v, %v", text, d, err)
		}
		if k := stele.ParseKind(text); k != stele.KindOther && k.String() != text {
			t.Errorf("kind %q became %v", text, k)
		}
		for _, n := range []int{16, 20, 32} {
			_, errID := stele.IDFrom([]byte(text))
			_, errSubject := stele.SubjectFrom([]byte(text))
			_, errDigest := stele.DigestFrom([]byte(text))
			for size, err := range map[int]error{16: errID, 20: errSubject, 32: errDigest} {
				if size == n && (err == nil) != (len(text) == n) {
					t.Errorf("%d bytes read as %d: %v", len(text), n, err)
				}
			}
		}
	})
}

package sdjwt

import (
	"crypto/ecdsa"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rfc is testdata/rfc9901.json: what RFC 9901 prints.
type rfc struct {
	Issuer          map[string]any
	Audience, Nonce string
	Bound           int64
	Examples        []struct {
		Section   string
		Token     string
		Processed json.RawMessage
	}
}

func readRFC(t testing.TB) (r rfc, issuer *ecdsa.PublicKey) {
	t.Helper()
	raw, err := os.ReadFile("testdata/rfc9901.json")
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err == nil {
		issuer, err = readConfirmation(map[string]any{"jwk": r.Issuer})
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, issuer
}

// typ is the type in a token's header: RFC 9901 leaves it to the application.
func typ(t testing.TB, token string) string {
	t.Helper()
	raw, err := decode64(token[:strings.IndexByte(token, '.')])
	header, err2 := parseObject(raw, 1)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return header["typ"].(string)
}

func TestR26ExamplesOfRFC9901(t *testing.T) {
	r, issuer := readRFC(t)
	bindings := 0
	for _, example := range r.Examples {
		t.Run(example.Section, func(t *testing.T) {
			token, err := parse(example.Token, typ(t, example.Token))
			if err != nil {
				t.Fatal(err)
			}
			if err := token.issued.verify(issuer); err != nil {
				t.Error(err)
			}
			if token.Compact() != example.Token {
				t.Error("it is written in another way than it was read")
			}
			if example.Processed != nil {
				want, err := parseObject(example.Processed, maxDepth)
				if diff := cmp.Diff(want, token.claims); err != nil || diff != "" {
					t.Error(err, diff)
				}
			}
			if token.binding == nil {
				return
			}
			bindings++
			holder, err := readConfirmation(token.claims["cnf"])
			if err != nil {
				t.Fatal(err)
			}
			want, at := Binding{Audience: r.Audience, Nonce: r.Nonce}, time.Unix(r.Bound, 0)
			made, err := token.checkBinding(holder, want, at.Add(time.Minute), time.Minute)
			if err != nil || !made.Equal(at) {
				t.Errorf("bound at %v: %v", made, err)
			}
			if _, err := token.checkBinding(issuer, want, at, time.Minute); err == nil {
				t.Error("another key's binding holds")
			}
		})
	}
	if bindings != 3 {
		t.Errorf("%d key bindings were checked", bindings)
	}
}

// TestTheRFCsHolderChoosesAsWeDo: of the SD-JWT VC in A.3 the presentation there discloses an
// age and nationalities; so does ours.
func TestTheRFCsHolderChoosesAsWeDo(t *testing.T) {
	r, _ := readRFC(t)
	tokens := map[string]*Token{}
	for _, example := range r.Examples {
		if strings.HasPrefix(example.Section, "A.3") {
			tokens[example.Section] = must(Parse(example.Token))
		}
	}
	issued, shown := tokens["A.3 SD-JWT"], tokens["A.3"]
	if n := len(issued.Paths()); n != 27 {
		t.Errorf("%d claims are hidden: %q", n, issued.Paths())
	}
	chosen := must(issued.Disclose("nationalities", "age_equal_or_over/18"))
	if diff := cmp.Diff(shown.Paths(), chosen.Paths()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(shown.claims, chosen.claims); diff != "" {
		t.Error(diff)
	}
	c := shown.Credential()
	if c.Type != "urn:eudi:pid:de:1" || c.Issuer != "https://pid-issuer.bund.de.example" || c.IssuedAt.Unix() != 1683000000 || c.Holder == nil {
		t.Errorf("it says %+v", c)
	}
}

// TestADisclosureIsItsBytes: RFC 9901 §4.2.1 writes one claim in four ways; each has a digest
// of its own, and means the same.
func TestADisclosureIsItsBytes(t *testing.T) {
	ways := []string{
		"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
		"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
		"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
		"WwoiXzI2YmM0TFQtYWM2cTJLSTZjQlc1ZXMiLAoiZmFtaWx5X25hbWUiLAoiTcO2Yml1cyIKXQ",
	}
	var digests []string
	for _, way := range ways {
		d := must(parseDisclosure(way))
		if d.name != "family_name" || d.value != "Möbius" || d.element {
			t.Errorf("%q is %q", d.name, d.value)
		}
		digests = append(digests, d.digest())
	}
	if digests[0] != "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0" {
		t.Errorf("the digest is %s", digests[0])
	}
	slices.Sort(digests)
	if len(slices.Compact(digests)) != len(ways) {
		t.Error("two of them have one digest")
	}
	if d := must(parseDisclosure("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0")); !d.element || d.value != "FR" || d.digest() != "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs" {
		t.Errorf("an element is %q with %s", d.value, d.digest())
	}
}

// TestExamplesOfTheStatusListDraft: the list of twelve statuses of two bits.
func TestExamplesOfTheStatusListDraft(t *testing.T) {
	packed := must(unpack("eNo76fITAAPfAgc"))
	l := &StatusList{URI: "u", packed: packed}
	for i, want := range []Status{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3} {
		if got, err := l.Of(StatusRef{"u", i}); got != want || err != nil {
			t.Errorf("place %d: %v %v", i, got, err)
		}
	}
	if string(packed) != "\xc9\x44\xf9" || string(must(unpack(encode64(pack(packed))))) != string(packed) {
		t.Errorf("it is %x", packed)
	}
}

// TestTheLongListOfTheStatusListDraft: a million and more of them, of which eleven are not 0.
func TestTheLongListOfTheStatusListDraft(t *testing.T) {
	var vector struct {
		Lst      string
		Statuses map[int]Status
	}
	raw, err := os.ReadFile("testdata/statuslist.json")
	if err == nil {
		err = json.Unmarshal(raw, &vector)
	}
	if err != nil {
		t.Fatal(err)
	}
	l := &StatusList{URI: "u", packed: must(unpack(vector.Lst))}
	if l.Len() != 1<<20 {
		t.Errorf("it has %d places", l.Len())
	}
	for i := range l.Len() {
		if got := must(l.Of(StatusRef{"u", i})); got != vector.Statuses[i] {
			t.Errorf("place %d: %v", i, got)
		}
	}
}

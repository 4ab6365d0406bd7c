package sdjwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
)

// now is when all is judged here.
var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

var toCommittee = Binding{Audience: "did:stele:consortium", Nonce: "00112233445566778899aabbccddeeff"}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newIssuer(t testing.TB) Issuer {
	t.Helper()
	key := newKey(t)
	certificate, err := SelfSigned(key, "a board", now.Add(-time.Hour), now.Add(1000*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return Issuer{Key: key, Certificate: certificate}
}

// pinned trusts one certificate for one issuer.
func pinned(issuer string, certificate []byte) Trust {
	want := sha256.Sum256(certificate)
	return func(name string, leaf *x509.Certificate) error {
		if name != issuer || sha256.Sum256(leaf.Raw) != want {
			return errors.New("another certificate")
		}
		return nil
	}
}

// A scene is a board, a doctor, and her licence.
type scene struct {
	board  Issuer
	holder *ecdsa.PrivateKey
	says   Credential
	token  *Token
}

func newScene(t testing.TB) scene {
	t.Helper()
	s := scene{board: newIssuer(t), holder: newKey(t)}
	s.says = Credential{
		Type: "urn:stele:credential:licence", Issuer: "did:stele:board", Subject: "did:stele:okafor",
		IssuedAt: now.Add(-time.Minute), Expires: now.Add(90 * 24 * time.Hour), Holder: &s.holder.PublicKey,
		Status: &StatusRef{URI: "https://board.example/status/1", Index: 7},
		Claims: Claims{"jurisdiction": "GB", "profession": Hidden{"physician"}, "given_name": Hidden{"Amara"},
			"family_name": Hidden{"Okafor"}, "licence_number": Hidden{"7654321"}},
	}
	var err error
	if s.token, err = s.board.Issue(s.says); err != nil {
		t.Fatal(err)
	}
	return s
}

// check is what a trustee wants of the licence.
func (s scene) check() Check {
	to := toCommittee
	return Check{Trust: pinned(s.says.Issuer, s.board.Certificate), At: now, Window: 5 * time.Minute, Type: s.says.Type, Binding: &to}
}

// shown is the licence with a few claims, bound.
func (s scene) shown(t testing.TB, paths ...string) *Token {
	t.Helper()
	less, err := s.token.Disclose(paths...)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := less.Bind(s.holder, toCommittee, now)
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

func TestR26ACredentialSaysWhatItsHolderDiscloses(t *testing.T) {
	s := newScene(t)
	if got, want := s.token.Paths(), []string{"family_name", "given_name", "licence_number", "profession"}; !cmp.Equal(got, want) {
		t.Errorf("it hides %q", got)
	}
	v, err := Verify(s.shown(t, "profession").Compact(), s.check())
	if err != nil {
		t.Fatal(err)
	}
	want := s.says
	want.Claims = Claims{"jurisdiction": "GB", "profession": "physician"}
	if diff := cmp.Diff(want, v.Credential); diff != "" {
		t.Error(diff)
	}
	if !v.BoundAt.Equal(now) || v.Certificate.Subject.CommonName != "a board" {
		t.Errorf("bound at %v, issued by %v", v.BoundAt, v.Certificate.Subject)
	}
	if profession, ok := v.Claims.Text("profession"); profession != "physician" || !ok {
		t.Errorf("the profession is %q", profession)
	}
	// What is not disclosed is nowhere in what is shown.
	for _, part := range strings.FieldsFunc(s.shown(t, "profession").Compact(), func(r rune) bool { return r == '~' || r == '.' }) {
		raw, _ := base64.RawURLEncoding.DecodeString(part)
		if strings.Contains(string(raw), "Okafor") || strings.Contains(string(raw), "7654321") {
			t.Errorf("%s tells what was not disclosed", raw)
		}
	}
}

// TestASaltIsDrawnForEachClaim: two credentials that say the same share no digest, so that
// nobody finds a value by trying.
func TestASaltIsDrawnForEachClaim(t *testing.T) {
	s, seen := newScene(t), map[string]bool{}
	for range 20 {
		token, err := s.board.Issue(s.says)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range token.disclosures {
			var parts []string
			if raw, _ := decode64(d.encoded); json.Unmarshal(raw, &parts) != nil || len(parts[0]) != 22 || seen[parts[0]] {
				t.Fatalf("%q is no new salt of 128 bits", parts[0])
			}
			seen[parts[0]] = true
		}
	}
}

// TestDigestsDoNotTellTheOrderOfNames: who knows what may be hidden, and in which order it was
// written, learns nothing from where a digest stands.
func TestDigestsDoNotTellTheOrderOfNames(t *testing.T) {
	s := newScene(t)
	for range 20 {
		digests := must(s.board.Issue(s.says)).issued.payload["_sd"].([]any)
		if !slices.IsSortedFunc(digests, func(a, b any) int { return strings.Compare(a.(string), b.(string)) }) {
			t.Fatalf("they stand as they were made: %q", digests)
		}
	}
}

// TestWhatIsNotHiddenLeavesNoDigests: SD-JWT VC wants no _sd where nothing is hidden.
func TestWhatIsNotHiddenLeavesNoDigests(t *testing.T) {
	s := newScene(t)
	s.says.Claims = Claims{"jurisdiction": "GB", "a": map[string]any{"b": []any{1}}}
	token := must(s.board.Issue(s.says))
	if hides(token.issued.payload) || len(token.Paths()) > 0 {
		t.Errorf("it has digests: %v", token.issued.payload)
	}
}

func TestCredentialsPrintAsRedacted(t *testing.T) {
	s := newScene(t)
	for _, v := range []any{s.token, *s.token, s.token.Credential(), s.says, Hidden{"Okafor"}, Claims{"name": "Okafor"}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "Okafor") || !strings.Contains(text, "[redacted]") {
				t.Errorf("%s prints %T as %s", verb, v, text)
			}
		}
	}
}

func TestWhatIsNoCredentialIsNotIssued(t *testing.T) {
	s := newScene(t)
	deep := any("x")
	for range maxDepth {
		deep = []any{deep}
	}
	for what, spoil := range map[string]func(*Credential, *Issuer){
		"no type":                   func(c *Credential, _ *Issuer) { c.Type = "" },
		"no issuer":                 func(c *Credential, _ *Issuer) { c.Issuer = "" },
		"an end before the start":   func(c *Credential, _ *Issuer) { c.Expires = c.IssuedAt },
		"a time before 1970":        func(c *Credential, _ *Issuer) { c.IssuedAt = time.Time{} },
		"a holder's key of P-384":   func(c *Credential, _ *Issuer) { c.Holder = &newKey384(t).PublicKey },
		"a status nowhere":          func(c *Credential, _ *Issuer) { c.Status.URI = "" },
		"a status before the list":  func(c *Credential, _ *Issuer) { c.Status.Index = -1 },
		"a status behind all lists": func(c *Credential, _ *Issuer) { c.Status.Index = maxStatuses },
		"iss as a claim":            func(c *Credential, _ *Issuer) { c.Claims["iss"] = "did:stele:other" },
		"exp as a hidden claim":     func(c *Credential, _ *Issuer) { c.Claims["exp"] = Hidden{1} },
		"other types, hidden":       func(c *Credential, _ *Issuer) { c.Claims["aka_vcts"] = []any{Hidden{"x"}} },
		"_sd as a claim":            func(c *Credential, _ *Issuer) { c.Claims["_sd"] = []any{} },
		"... as a claim":            func(c *Credential, _ *Issuer) { c.Claims["a"] = map[string]any{"...": "x"} },
		"_sd_alg in a claim":        func(c *Credential, _ *Issuer) { c.Claims["a"] = Claims{"_sd_alg": "sha-256"} },
		"hidden twice":              func(c *Credential, _ *Issuer) { c.Claims["a"] = Hidden{Hidden{"x"}} },
		"a number of Go":            func(c *Credential, _ *Issuer) { c.Claims["a"] = 1.5 },
		"a number that is none":     func(c *Credential, _ *Issuer) { c.Claims["a"] = json.Number("1x") },
		"a number and more":         func(c *Credential, _ *Issuer) { c.Claims["a"] = json.Number(`1,"b":2`) },
		"a struct":                  func(c *Credential, _ *Issuer) { c.Claims["a"] = struct{}{} },
		"a text that is not UTF-8":  func(c *Credential, _ *Issuer) { c.Claims["a"] = "\xff" },
		"a name that is not UTF-8":  func(c *Credential, _ *Issuer) { c.Claims["\xff"] = "a" },
		"nine levels":               func(c *Credential, _ *Issuer) { c.Claims["a"] = deep },
		"129 disclosures":           func(c *Credential, _ *Issuer) { c.Claims["a"] = many(maxDisclosures - 2) },
		"65 kilobytes":              func(c *Credential, _ *Issuer) { c.Claims["a"] = strings.Repeat("x", maxToken) },
		"no key":                    func(_ *Credential, i *Issuer) { i.Key = nil },
		"another certificate":       func(_ *Credential, i *Issuer) { i.Certificate = newIssuer(t).Certificate },
		"no certificate":            func(_ *Credential, i *Issuer) { i.Certificate = nil },
		"a certificate and a byte": func(_ *Credential, i *Issuer) {
			i.Certificate = append(i.Certificate[:len(i.Certificate):len(i.Certificate)], 0)
		},
		"a certificate for P-384":   func(_ *Credential, i *Issuer) { *i = issuer384(t) },
		"a certificate to encipher": func(_ *Credential, i *Issuer) { i.Certificate = certify(t, i.Key, x509.KeyUsageKeyEncipherment) },
		"... as a hidden claim":     func(c *Credential, _ *Issuer) { c.Claims["..."] = Hidden{"x"} },
	} {
		says, board := s.says, s.board
		status := *says.Status
		says.Status, says.Claims = &status, Claims{"jurisdiction": "GB", "profession": Hidden{"physician"}, "family_name": Hidden{"Okafor"}, "given_name": Hidden{"A"}}
		if _, err := board.Issue(says); err != nil {
			t.Fatal(err)
		}
		spoil(&says, &board)
		if _, err := board.Issue(says); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: issued, or failed otherwise: %v", what, err)
		}
	}
}

func many(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = Hidden{i}
	}
	return out
}

func newKey384(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func issuer384(t testing.TB) Issuer {
	key := newKey384(t)
	return Issuer{Key: key, Certificate: certify(t, key, x509.KeyUsageDigitalSignature)}
}

func certify(t testing.TB, key *ecdsa.PrivateKey, usage x509.KeyUsage) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), KeyUsage: usage}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestOnlyTheNamedKeyBinds: a token is bound once, by the key that it names, for somebody.
func TestOnlyTheNamedKeyBinds(t *testing.T) {
	s := newScene(t)
	bound := s.shown(t)
	for what, try := range map[string]func() (*Token, error){
		"another key":                 func() (*Token, error) { return s.token.Bind(newKey(t), toCommittee, now) },
		"no key":                      func() (*Token, error) { return s.token.Bind(nil, toCommittee, now) },
		"no audience":                 func() (*Token, error) { return s.token.Bind(s.holder, Binding{Nonce: "1"}, now) },
		"no nonce":                    func() (*Token, error) { return s.token.Bind(s.holder, Binding{Audience: "a"}, now) },
		"a bound one":                 func() (*Token, error) { return bound.Bind(s.holder, toCommittee, now) },
		"a choice of a bound one":     func() (*Token, error) { return bound.Disclose() },
		"a claim that is not there":   func() (*Token, error) { return s.token.Disclose("role") },
		"a claim that is not hidden":  func() (*Token, error) { return s.token.Disclose("jurisdiction") },
		"a claim that was left out":   func() (*Token, error) { return must(s.token.Disclose("profession")).Disclose("given_name") },
		"one of a credential for all": func() (*Token, error) { return s.unnamed(t).Bind(s.holder, toCommittee, now) },
	} {
		if _, err := try(); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// unnamed is a credential that names no holder's key.
func (s scene) unnamed(t testing.TB) *Token {
	t.Helper()
	says := s.says
	says.Holder = nil
	return must(s.board.Issue(says))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

package sdjwt

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
)

func TestR26WhatHoldsIsVerified(t *testing.T) {
	s := newScene(t)
	c := newCraft(t, s)
	v, err := Verify(c.compact(), s.check())
	if err != nil {
		t.Fatal(err)
	}
	want := Claims{"jurisdiction": "GB", "level": json.Number("1.50"), "places": []any{"FR", "GB"}, "family_name": "Okafor",
		"address": map[string]any{"country": "GB", "city": "London"}}
	if diff := cmp.Diff(want, v.Claims); diff != "" {
		t.Error(diff)
	}
	for what, allowed := range map[string]func(c *craft, check *Check){
		"fewer disclosures":          func(c *craft, _ *Check) { c.disclosures = c.disclosures[:1] },
		"a header that nobody knows": func(c *craft, _ *Check) { c.header = add(c.header, `"vctm":[],"kid":"1"`) },
		"an address in the header, unvisited": func(c *craft, _ *Check) {
			c.header = add(c.header, `"x5u":"http://10.0.0.1/","jku":"http://10.0.0.1/"`)
		},
		"the audience as the credential's": func(c *craft, _ *Check) { c.payload = add(c.payload, `"aud":["x","did:stele:consortium"]`) },
		"a clock that is ahead":            func(_ *craft, check *Check) { check.At = now.Add(-4 * time.Minute) },
		"a clock that is behind":           func(_ *craft, check *Check) { check.At = now.Add(4 * time.Minute) },
		"a start":                          func(c *craft, _ *Check) { c.payload = add(c.payload, `"nbf":`+unix(now)) },
		"a named key": func(c *craft, _ *Check) {
			c.payload = swap(c.payload, `"kty":"EC"`, `"kty":"EC","kid":"1","use":"sig","alg":"ES256"`)
		},
		"no _sd_alg":                      func(c *craft, _ *Check) { c.payload = swap(c.payload, `,"_sd_alg":"sha-256"`, ``) },
		"a list that is empty":            func(c *craft, _ *Check) { c.payload = add(c.payload, `"a":{"_sd":[]}`) },
		"an end of the binding":           func(c *craft, _ *Check) { c.kbPayload = add(c.kbPayload, `"exp":`+unix(now.Add(time.Minute))) },
		"128 disclosures":                 func(c *craft, _ *Check) { fill(c, maxDisclosures) },
		"a character of two escapes":      func(c *craft, _ *Check) { c.payload = add(c.payload, `"a":"\ud83d\ude00\\ud83d\u00e4"`) },
		"another s, the signature's twin": func(c *craft, _ *Check) { c.sign = twin(s) },
	} {
		c, check := newCraft(t, s), s.check()
		allowed(&c, &check)
		if _, err := Verify(c.compact(), check); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// fill adds elements until there are n disclosures.
func fill(c *craft, n int) {
	var elements []string
	for i := len(c.disclosures); i < n; i++ {
		d := `["s",` + strconv.Itoa(i) + `]`
		c.disclosures, elements = append(c.disclosures, d), append(elements, `{"...":`+hashed(d)+`}`)
	}
	c.payload = add(c.payload, `"many":[`+strings.Join(elements, ",")+`]`)
}

// twin signs, and gives (r, n-s), which everybody can make of (r, s).
func twin(s scene) func(string) []byte {
	return func(input string) []byte {
		signature := es256(s.board.Key, input)
		other := new(big.Int).Sub(s.board.Key.Params().N, new(big.Int).SetBytes(signature[32:]))
		other.FillBytes(signature[32:])
		return signature
	}
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// add puts members into a JSON object, at its end.
func add(object, members string) string { return strings.TrimSuffix(object, "}") + "," + members + "}" }

// swap replaces what must be there.
func swap(s, old, new string) string {
	if !strings.Contains(s, old) {
		panic(old + " is not in " + s)
	}
	return strings.Replace(s, old, new, 1)
}

// A refusal spoils a presentation, or what is wanted of it, and says why it is refused.
type refusal struct {
	what  string
	spoil func(c *craft, check *Check)
	why   string
}

// TestR26WhatIsRefused: every attack and every oddity, with the reason that it is refused for,
// and without what the credential says.
func TestR26WhatIsRefused(t *testing.T) {
	s := newScene(t)
	for _, list := range [][]refusal{signatures(t, s), disclosed(), bindings(s), said(s), formed()} {
		for _, r := range list {
			c, check := newCraft(t, s), s.check()
			r.spoil(&c, &check)
			_, err := Verify(c.compact(), check)
			switch {
			case err == nil:
				t.Errorf("%s: verified", r.what)
			case stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), r.why):
				t.Errorf("%s: %v, for want of %q", r.what, err, r.why)
			case strings.Contains(err.Error(), "Okafor") || strings.Contains(err.Error(), "London") || strings.Contains(err.Error(), "stele:board"):
				t.Errorf("%s: the error tells of whom: %v", r.what, err)
			}
		}
	}
}

func signatures(t *testing.T, s scene) []refusal {
	key, chain := must(s.board.Key.PublicKey.Bytes()), base64.StdEncoding.EncodeToString(s.board.Certificate)
	header := func(text string) func(*craft, *Check) { return func(c *craft, _ *Check) { c.header = text } }
	x5c := func(value string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.header = `{"alg":"ES256","typ":"dc+sd-jwt","x5c":` + value + `}` }
	}
	trust := func(f Trust) func(*craft, *Check) { return func(_ *craft, check *Check) { check.Trust = f } }
	either := func(Issuer) Trust { return func(string, *x509.Certificate) error { return nil } }
	certified := func(i Issuer) func(*craft, *Check) {
		return func(c *craft, check *Check) {
			x5c(`["`+base64.StdEncoding.EncodeToString(i.Certificate)+`"]`)(c, check)
			c.issuer, check.Trust = i.Key, either(i)
		}
	}
	return []refusal{
		{"alg none", func(c *craft, _ *Check) {
			c.header, c.sign = swap(c.header, "ES256", "none"), func(string) []byte { return nil }
		}, "not one of ES256"},
		{"alg none, with a signature", func(c *craft, _ *Check) { c.header = swap(c.header, "ES256", "none") }, "another algorithm"},
		{"alg NONE, with a signature", func(c *craft, _ *Check) { c.header = swap(c.header, "ES256", "NONE") }, "another algorithm"},
		{"HS256 with the public key", func(c *craft, _ *Check) {
			c.header, c.sign = swap(c.header, "ES256", "HS256"), hs256(key)
		}, "not one of ES256"},
		{"HS256, 64 bytes", func(c *craft, _ *Check) {
			c.header, c.sign = swap(c.header, "ES256", "HS256"), func(in string) []byte { return append(hs256(key)(in), hs256(key)(in)...) }
		}, "another algorithm"},
		{"ES384 said", func(c *craft, _ *Check) { c.header = swap(c.header, "ES256", "ES384") }, "another algorithm"},
		{"EdDSA said", func(c *craft, _ *Check) { c.header = swap(c.header, "ES256", "EdDSA") }, "another algorithm"},
		{"es256 in small letters", func(c *craft, _ *Check) { c.header = swap(c.header, "ES256", "es256") }, "another algorithm"},
		{"no alg", header(`{"typ":"dc+sd-jwt"}`), "another algorithm"},
		{"alg as a list", header(`{"alg":["ES256"],"typ":"dc+sd-jwt"}`), "another algorithm"},
		{"no typ", header(`{"alg":"ES256"}`), "another type than dc+sd-jwt"},
		{"typ JWT", func(c *craft, _ *Check) { c.header = swap(c.header, "dc+sd-jwt", "JWT") }, "another type than dc+sd-jwt"},
		{"typ of a key binding", func(c *craft, _ *Check) { c.header = swap(c.header, "dc+sd-jwt", "kb+jwt") }, "another type than dc+sd-jwt"},
		{"crit", func(c *craft, _ *Check) { c.header = add(c.header, `"crit":["exp"],"exp":1`) }, "not supported"},
		{"crit, empty", func(c *craft, _ *Check) { c.header = add(c.header, `"crit":[]`) }, "not supported"},
		{"b64", func(c *craft, _ *Check) { c.header = add(c.header, `"b64":false`) }, "not supported"},
		{"another key signed", func(c *craft, _ *Check) { c.issuer = newKey(t) }, "a signature does not hold"},
		{"the holder signed", func(c *craft, _ *Check) { c.issuer = s.holder }, "a signature does not hold"},
		{"a signature of zeros", func(c *craft, _ *Check) { c.sign = func(string) []byte { return make([]byte, 64) } }, "a signature does not hold"},
		{"a signature in DER", func(c *craft, _ *Check) { c.sign = func(string) []byte { return make([]byte, 70) } }, "not one of ES256"},
		{"a payload exchanged", func(c *craft, _ *Check) {
			c.spoil = func(compact string) string {
				return swap(compact, "."+b64(c.payload)+".", "."+b64(swap(c.payload, `"jurisdiction":"GB"`, `"jurisdiction":"US"`))+".")
			}
		}, "a signature does not hold"},
		{"no x5c", header(`{"alg":"ES256","typ":"dc+sd-jwt"}`), "not exactly one certificate"},
		{"x5c as a text", x5c(`"` + chain + `"`), "not exactly one certificate"},
		{"x5c, empty", x5c(`[]`), "not exactly one certificate"},
		{"x5c of two", x5c(`["` + chain + `","` + chain + `"]`), "not exactly one certificate"},
		{"x5c in base64url", x5c(`["` + base64.RawURLEncoding.EncodeToString(s.board.Certificate) + `"]`), "not base64"},
		{"x5c with line feeds", x5c(`["` + chain[:64] + `\n` + chain[64:] + `"]`), "not base64"},
		{"x5c of a number", x5c(`[1]`), "cannot be read"},
		{"x5c and a byte", x5c(`["` + base64.StdEncoding.EncodeToString(append(s.board.Certificate[:len(s.board.Certificate):len(s.board.Certificate)], 0)) + `"]`), "cannot be read"},
		{"a certificate for P-384", func(c *craft, check *Check) {
			certified(issuer384(t))(c, check)
			c.issuer = s.board.Key
		}, "not for signatures with P-256"},
		{"a certificate to encipher", certified(Issuer{s.board.Key, certify(t, s.board.Key, x509.KeyUsageKeyEncipherment)}), "not for signatures with P-256"},
		{"a certificate that is over", certified(until(t, s.board, now.Add(-2*time.Hour), now.Add(-time.Second))), "certificate is not valid at this time"},
		{"a certificate of tomorrow", certified(until(t, s.board, now.Add(6*time.Minute), now.Add(time.Hour))), "certificate is not valid at this time"},
		{"another certificate of that key", func(c *craft, check *Check) {
			pin := check.Trust
			certified(until(t, s.board, now.Add(-time.Hour), now.Add(time.Hour)))(c, check)
			check.Trust = pin
		}, "the issuer is not trusted"},
		{"nobody is trusted", trust(nil), "nobody is trusted"},
		{"the issuer is not trusted", trust(func(string, *x509.Certificate) error { return errors.New("no") }), "the issuer is not trusted: no"},
		{"the certificate is another issuer's", func(c *craft, _ *Check) { c.payload = swap(c.payload, "did:stele:board", "did:stele:bored") }, "the issuer is not trusted"},
	}
}

// until gives an issuer another certificate.
func until(t *testing.T, i Issuer, from, until time.Time) Issuer {
	t.Helper()
	return Issuer{i.Key, must(SelfSigned(i.Key, "a board", from, until))}
}

func disclosed() []refusal {
	more := func(d ...string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.disclosures = append(c.disclosures, d...) }
	}
	// hidden says in the payload what further disclosures say.
	hidden := func(members string, d ...string) func(*craft, *Check) {
		return func(c *craft, _ *Check) {
			for i, one := range d {
				members = strings.ReplaceAll(members, "D"+strconv.Itoa(i), hashed(one))
			}
			c.payload, c.disclosures = add(c.payload, members), append(c.disclosures, d...)
		}
	}
	const a, element = `["s","a",1]`, `["s",1]`
	deep := `["s",` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `]`
	return []refusal{
		{"a disclosure twice", more(saysName), "a disclosure stands twice"},
		{"a disclosure of nothing", more(a), "digest is not in the credential"},
		{"an element of nothing", more(element), "digest is not in the credential"},
		{"a disclosure in one that is not shown", func(c *craft, _ *Check) { c.disclosures = []string{saysCity} }, "digest is not in the credential"},
		{"another salt", func(c *craft, _ *Check) { c.disclosures[1] = swap(saysName, "c2Fs", "d2Fs") }, "digest is not in the credential"},
		{"another value", func(c *craft, _ *Check) { c.disclosures[1] = swap(saysName, "Okafor", "Okafer") }, "digest is not in the credential"},
		{"the same in other words", func(c *craft, _ *Check) { c.disclosures[1] = swap(saysName, ",", ", ") }, "digest is not in the credential"},
		{"a digest twice in a list", hidden(`"b":{"_sd":[D0,D0]}`, a), "a digest stands twice"},
		{"a digest twice in the payload", hidden(`"b":{"_sd":[D0]},"c":{"_sd":[D0]}`, a), "a digest stands twice"},
		{"a digest twice, of an element", hidden(`"b":[{"...":D0},{"...":D0}]`, element), "a digest stands twice"},
		{"a digest in the payload and in a disclosure", hidden(`"b":{"_sd":[D0,`+hashed(saysCity)+`]}`, a), "a digest stands twice"},
		{"a decoy twice", hidden(`"b":{"_sd":[D0,`+strconv.Quote(sha("x"))+`]},"c":[{"...":`+strconv.Quote(sha("x"))+`}]`, a), "a digest stands twice"},
		{"a claim that is there", hidden(`"b":{"a":1,"_sd":[D0]}`, a), "there already"},
		{"a claim that is there beside", func(c *craft, _ *Check) { c.payload = add(c.payload, `"family_name":"Okafor"`) }, "there already"},
		{"a claim disclosed twice", hidden(`"b":{"_sd":[D0,D1]}`, a, `["t","a",2]`), "there already"},
		{"the name _sd", hidden(`"b":{"_sd":[D0]}`, `["s","_sd",[]]`), "reserved"},
		{"the name ...", hidden(`"b":{"_sd":[D0]}`, `["s","...","x"]`), "reserved"},
		{"the name _sd_alg", hidden(`"b":{"_sd":[D0]}`, `["s","_sd_alg","sha-256"]`), "reserved"},
		{"... in an object", hidden(`"b":{"...":D0}`, a), "reserved name stands where it must not"},
		{"... and more", hidden(`"b":[{"...":D0,"c":1}]`, element), "reserved name stands where it must not"},
		{"... in a disclosed value", hidden(`"b":{"_sd":[D0]}`, `["s","a",{"...":"x"}]`), "reserved name stands where it must not"},
		{"_sd_alg within", hidden(`"b":{"_sd_alg":"sha-256"}`), "reserved name stands where it must not"},
		{"_sd as a text", hidden(`"b":{"_sd":"x"}`), "no list of digests"},
		{"_sd as null", hidden(`"b":{"_sd":null}`), "no list of digests"},
		{"_sd of numbers", hidden(`"b":{"_sd":[1]}`), "a digest is none of SHA-256"},
		{"a short digest", hidden(`"b":{"_sd":["AAAA"]}`), "a digest is none of SHA-256"},
		{"a digest with bits left over", hidden(`"b":{"_sd":["` + strings.Repeat("A", 42) + `B"]}`), "a digest is none of SHA-256"},
		{"an element for a claim", hidden(`"b":{"_sd":[D0]}`, element), "or for none"},
		{"a claim for an element", hidden(`"b":[{"...":D0}]`, a), "stands for an element"},
		{"sha-512", func(c *craft, _ *Check) { c.payload = swap(c.payload, "sha-256", "sha-512") }, "another kind than SHA-256"},
		{"SHA-256 in large letters", func(c *craft, _ *Check) { c.payload = swap(c.payload, "sha-256", "SHA-256") }, "another kind than SHA-256"},
		{"_sd_alg as a number", func(c *craft, _ *Check) { c.payload = swap(c.payload, `"sha-256"`, `256`) }, "another kind than SHA-256"},
		{"an object", hidden(`"b":{"_sd":[D0]}`, `{"s":"a"}`), "two or three parts"},
		{"one part", hidden(`"b":[{"...":D0}]`, `["s"]`), "two or three parts"},
		{"four parts", hidden(`"b":{"_sd":[D0]}`, `["s","a",1,2]`), "two or three parts"},
		{"a salt that is a number", hidden(`"b":{"_sd":[D0]}`, `[1,"a",1]`), "no salt or no name"},
		{"a name that is a number", hidden(`"b":{"_sd":[D0]}`, `["s",1,1]`), "no salt or no name"},
		{"a name twice in a value", hidden(`"b":{"_sd":[D0]}`, `["s","a",{"c":1,"c":2}]`), "twice in an object"},
		{"too deep by itself", hidden(`"b":[{"...":D0}]`, `["s",`+strings.Repeat("[", 9)+strings.Repeat("]", 9)+`]`), "nested too deeply"},
		{"too deep where it stands", hidden(`"b":[{"...":D0}]`, deep), "nested too deeply"},
		{"129", func(c *craft, _ *Check) { fill(c, maxDisclosures+1) }, "too large"},
		{"ten megabytes", func(c *craft, _ *Check) { c.encoded = []string{strings.Repeat("A", 10<<20)} }, "too large"},
		{"an empty one", func(c *craft, _ *Check) { c.encoded = []string{""} }, "not JSON"},
		{"one with padding", func(c *craft, _ *Check) { c.encoded = []string{b64(a) + "="} }, "not base64url"},
		{"one with bits left over", func(c *craft, _ *Check) { c.encoded = []string{b64("[1]x")[:5] + "B"} }, "not base64url"},
		{"one with a line feed", func(c *craft, _ *Check) { c.encoded = []string{b64(a) + "\n"} }, "not base64url"},
		{"iss, hidden", func(c *craft, _ *Check) {
			c.payload = swap(c.payload, `"iss":"did:stele:board"`, `"a":1`)
			hidden(`"x":1`)(c, nil)
			c.payload, c.disclosures = swap(c.payload, `"_sd":[`, `"_sd":[`+hashed(`["s","iss","did:stele:board"]`)+`,`), append(c.disclosures, `["s","iss","did:stele:board"]`)
		}, "iss is hidden"},
		{"the holder's key, hidden in part", func(c *craft, _ *Check) {
			c.payload = swap(c.payload, `"cnf":{`, `"cnf":{"_sd":[`+strconv.Quote(sha("x"))+`],`)
		}, "cnf is hidden in part"},
	}
}

func bindings(s scene) []refusal {
	kb := func(old, new string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.kbPayload = swap(c.kbPayload, old, new) }
	}
	header := func(text string) func(*craft, *Check) { return func(c *craft, _ *Check) { c.kbHeader = text } }
	iat := unix(now)
	return []refusal{
		{"none", func(c *craft, _ *Check) { c.kbHeader = "" }, "without key binding"},
		{"one that nobody wants", func(_ *craft, check *Check) { check.Binding = nil }, "none is wanted"},
		{"another audience", kb(toCommittee.Audience, "did:stele:other"), "another audience"},
		{"the audience in a list", kb(`"`+toCommittee.Audience+`"`, `["`+toCommittee.Audience+`"]`), "another audience"},
		{"no audience", kb(`"aud":"`+toCommittee.Audience+`",`, ``), "another audience"},
		{"another nonce", kb(toCommittee.Nonce, "ff112233445566778899aabbccddeeff"), "another nonce"},
		{"the nonce in large letters", kb("aabbcc", "AABBCC"), "another nonce"},
		{"no nonce", kb(`"nonce":"`+toCommittee.Nonce+`",`, ``), "another nonce"},
		{"an audience of nobody", func(_ *craft, check *Check) { check.Binding.Audience = "" }, "needs an audience"},
		{"a nonce of nothing", func(_ *craft, check *Check) { check.Binding.Nonce = "" }, "needs an audience"},
		{"one that is too old", kb(iat, unix(now.Add(-5*time.Minute-time.Second))), "too old"},
		{"one of the future", kb(iat, unix(now.Add(5*time.Minute+time.Second))), "not yet valid"},
		{"no time", kb(`"iat":`+iat+`,`, ``), "iat is no whole number"},
		{"a time with a fraction", kb(iat, iat+".0"), "iat is no whole number"},
		{"a time as a text", kb(iat, `"`+iat+`"`), "iat is no whole number"},
		{"one that is over", func(c *craft, _ *Check) { c.kbPayload = add(c.kbPayload, `"exp":`+iat) }, "it is over"},
		{"one that begins later", func(c *craft, _ *Check) { c.kbPayload = add(c.kbPayload, `"nbf":`+unix(now.Add(time.Hour))) }, "not yet valid"},
		{"another sd_hash", func(c *craft, _ *Check) { c.sdHash = sha("x") }, "another presentation"},
		{"no sd_hash", kb(`"sd_hash":"SDHASH"`, `"a":1`), "another presentation"},
		{"a disclosure less", func(c *craft, _ *Check) {
			c.spoil = func(compact string) string { return swap(compact, b64(saysGB)+"~", "") }
		}, "another presentation"},
		{"another order", func(c *craft, _ *Check) {
			c.spoil = func(compact string) string {
				return swap(compact, b64(saysGB)+"~"+b64(saysName)+"~", b64(saysName)+"~"+b64(saysGB)+"~")
			}
		}, "another presentation"},
		{"the issuer's twin signature", func(c *craft, _ *Check) {
			c.spoil = func(compact string) string {
				parts := strings.SplitN(compact, "~", 2)
				input := parts[0][:strings.LastIndexByte(parts[0], '.')]
				return input + "." + b64(string(es256(s.board.Key, input))) + "~" + parts[1]
			}
		}, "another presentation"},
		{"another key", func(c *craft, _ *Check) { c.holder = s.board.Key }, "a signature does not hold"},
		{"no key in the credential", func(c *craft, _ *Check) { c.payload = swap(c.payload, `"cnf"`, `"fnc"`) }, "names no key"},
		{"alg none", header(`{"alg":"none","typ":"kb+jwt"}`), "another algorithm"},
		{"HS256", header(`{"alg":"HS256","typ":"kb+jwt"}`), "another algorithm"},
		{"typ of a credential", header(`{"alg":"ES256","typ":"dc+sd-jwt"}`), "another type than kb+jwt"},
		{"no typ", header(`{"alg":"ES256"}`), "another type than kb+jwt"},
		{"crit", header(`{"alg":"ES256","typ":"kb+jwt","crit":["a"],"a":1}`), "not supported"},
		{"a name twice", func(c *craft, _ *Check) { c.kbPayload = add(c.kbPayload, `"nonce":"x"`) }, "twice in an object"},
	}
}

func said(s scene) []refusal {
	says := func(old, new string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.payload = swap(c.payload, old, new) }
	}
	more := func(members string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.payload = add(c.payload, members) }
	}
	iat, exp := `"iat":`+unix(now.Add(-time.Minute)), `"exp":`+unix(now.Add(24*time.Hour))
	key := jwk(&s.holder.PublicKey)
	x := key[strings.Index(key, `"x"`):strings.Index(key, `,"y"`)]
	return []refusal{
		{"over, by a second", func(_ *craft, check *Check) { check.At = now.Add(24 * time.Hour) }, "it is over"},
		{"of the future", says(iat, `"iat":`+unix(now.Add(6*time.Minute))), "not yet valid"},
		{"not yet begun", more(`"nbf":` + unix(now.Add(6*time.Minute))), "not yet valid"},
		{"an end before its start", says(exp, `"exp":`+unix(now.Add(-time.Hour))), "ends before it begins"},
		{"no start", says(iat, `"a":1`), "iat is no whole number"},
		{"no end", says(exp, `"a":1`), "exp is no whole number"},
		{"an end that is null", says(exp, `"exp":null`), "exp is no whole number"},
		{"an end with an exponent", says(exp, `"exp":1e12`), "exp is no whole number"},
		{"an end beyond the years", says(exp, `"exp":253402300800`), "exp is no whole number"},
		{"a start before 1970", says(iat, `"iat":-1`), "iat is no whole number"},
		{"another type", func(_ *craft, check *Check) { check.Type = "urn:stele:credential:role" }, "of another type"},
		{"no type", says(`"vct"`, `"tcv"`), "vct is no text"},
		{"an empty type", func(c *craft, check *Check) {
			c.payload, check.Type = swap(c.payload, "urn:stele:credential:licence", ""), ""
		}, "vct is no text"},
		{"no issuer", says(`"iss"`, `"ssi"`), "iss is no text"},
		{"a subject that is a number", says(`"did:stele:okafor"`, `1`), "sub is no text"},
		{"for another audience", more(`"aud":"did:stele:other"`), "somebody else to judge"},
		{"for another audience, in a list", more(`"aud":["did:stele:other"]`), "somebody else to judge"},
		{"a status by another way", more(`"status":{"introspection":"x"}`), "another way than by a status list"},
		{"a status by two ways", more(`"status":{"status_list":{"idx":1,"uri":"u"},"x":{}}`), "another way than by a status list"},
		{"a status that is null", more(`"status":null`), "another way than by a status list"},
		{"a status without index", more(`"status":{"status_list":{"uri":"u"}}`), "idx is no whole number"},
		{"a status before the list", more(`"status":{"status_list":{"idx":-1,"uri":"u"}}`), "idx is no whole number"},
		{"a status behind all lists", more(`"status":{"status_list":{"idx":4194304,"uri":"u"}}`), "beyond any list"},
		{"a status without URI", more(`"status":{"status_list":{"idx":1}}`), "uri is no text"},
		{"a holder by name", says(`{"jwk":`+key+`}`, `{"kid":"1"}`), "another way than by a key"},
		{"a holder by two ways", says(`{"jwk":`+key+`}`, `{"jwk":`+key+`,"kid":"1"}`), "another way than by a key"},
		{"a private key", says(x, x+`,"d":"AAAA"`), "not just a public key"},
		{"a symmetric key", says(key, `{"kty":"oct","k":"AAAA"}`), "not just a public key"},
		{"a key of another curve", says(`"crv":"P-256"`, `"crv":"P-384"`), "not just a public key"},
		{"a key without a curve", says(`"crv":"P-256",`, ``), "not just a public key"},
		{"a key without x", says(x+`,`, ``), "not just a public key"},
		{"a key off the curve", says(x, `"x":"`+b64(strings.Repeat("\x01", 32))+`"`), "not just a public key"},
		{"a key with a short x", says(x, `"x":"AAAA"`), "not just a public key"},
		{"a key with padding", says(x, swap(x, `":"`, `":"`)[:len(x)-1]+`="`), "not just a public key"},
		{"a key to encipher", says(x, x+`,"use":"enc"`), "not just a public key"},
		{"a key for another algorithm", says(x, x+`,"alg":"ES384"`), "not just a public key"},
		{"a key with an address", says(x, x+`,"x5u":"https://x"`), "not just a public key"},
	}
}

func formed() []refusal {
	whole := func(f func(string) string) func(*craft, *Check) { return func(c *craft, _ *Check) { c.spoil = f } }
	text := func(s string) func(*craft, *Check) { return whole(func(string) string { return s }) }
	payload := func(f func(string) string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.payload = f(c.payload) }
	}
	more := func(members string) func(*craft, *Check) {
		return payload(func(p string) string { return add(p, members) })
	}
	return []refusal{
		{"nothing", text(""), "there is no ~"},
		{"a JWT", whole(func(s string) string { return s[:strings.IndexByte(s, '~')] }), "there is no ~"},
		{"a tilde", text("~"), "not three parts"},
		{"two parts", whole(func(s string) string { return s[strings.IndexByte(s, '.')+1:] }), "not three parts"},
		{"JSON instead of compact", text(`{"payload":"","signatures":[]}~`), "not three parts"},
		{"a space before", whole(func(s string) string { return " " + s }), "not base64url"},
		{"a line feed at the end", whole(func(s string) string { return s + "\n" }), "not base64url"},
		{"a line feed within", whole(func(s string) string { return s[:5] + "\n" + s[5:] }), "not base64url"},
		{"a tilde more", whole(func(s string) string { return s + "~" }), "not base64url"},
		{"padding", whole(func(s string) string { return swap(s, ".", "=.") }), "not base64url"},
		{"bits left over", whole(func(s string) string { return swap(s, "~", "B~") }), "not base64url"},
		{"base64 that is no base64url", whole(func(s string) string { return swap(s, "~", "+~") }), "not base64url"},
		{"an array", payload(func(p string) string { return "[" + p + "]" }), "no JSON object"},
		{"null", payload(func(string) string { return "null" }), "no JSON object"},
		{"not JSON", payload(func(p string) string { return p[1:] }), "not JSON"},
		{"JSON and more", payload(func(p string) string { return p + "{}" }), "not JSON"},
		{"a comma at the end", payload(func(p string) string { return strings.TrimSuffix(p, "}") + ",}" }), "not JSON"},
		{"a number with a zero before", more(`"a":01`), "not JSON"},
		{"NaN", more(`"a":NaN`), "not JSON"},
		{"not UTF-8", more("\"a\":\"\xff\""), "not JSON in UTF-8"},
		{"half a character", more(`"a":"\ud83d"`), "not JSON in UTF-8"},
		{"the other half", more(`"a":"\ude00"`), "not JSON in UTF-8"},
		{"two first halves", more(`"a":"\ud83d\ud83d"`), "not JSON in UTF-8"},
		{"half a character in a name", more(`"\ud83d\u0041":1`), "not JSON in UTF-8"},
		{"a name twice", more(`"vct":"urn:stele:credential:licence"`), "twice in an object"},
		{"a name twice, escaped", more(`"\u0076ct":"urn:stele:credential:licence"`), "twice in an object"},
		{"a name twice within", more(`"a":[{"b":1,"b":1}]`), "twice in an object"},
		{"a name twice in the header", func(c *craft, _ *Check) { c.header = add(c.header, `"alg":"ES256"`) }, "twice in an object"},
		{"nine levels", more(`"a":` + strings.Repeat("[", 8) + strings.Repeat("]", 8)), "nested too deeply"},
		{"nine levels in the header", func(c *craft, _ *Check) {
			c.header = add(c.header, `"a":`+strings.Repeat("[", 8)+strings.Repeat("]", 8))
		}, "nested too deeply"},
		{"65 kilobytes", more(`"a":"` + strings.Repeat("x", maxToken) + `"`), "too large"},
		{"five thousand brackets", more(`"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)), "nested too deeply"},
	}
}

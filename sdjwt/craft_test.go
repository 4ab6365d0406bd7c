package sdjwt

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
)

// A craft makes presentations by hand, without the code under test and without go-jose, so
// that any part can be wrong. Its parts are JSON texts.
type craft struct {
	header, payload     string
	disclosures         []string // JSON; they are encoded and hashed
	encoded             []string // disclosures as they stand in the token, after those
	kbHeader, kbPayload string   // "" for no key binding; SDHASH stands for the hash
	issuer, holder      *ecdsa.PrivateKey
	sdHash              string // instead of the hash
	spoil               func(compact string) string
	sign                func(input string) []byte // instead of ES256 with issuer
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return b64(string(sum[:]))
}

// hashed is a digest as it stands in a payload, of a disclosure in JSON.
func hashed(disclosure string) string { return strconv.Quote(sha(b64(disclosure))) }

// es256 signs as RFC 7518 §3.4 has it.
func es256(key *ecdsa.PrivateKey, input string) []byte {
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		panic(err)
	}
	size := (key.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	r.FillBytes(out[:size])
	s.FillBytes(out[size:])
	return out
}

func hs256(key []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

func (c craft) compact() string {
	input := b64(c.header) + "." + b64(c.payload)
	signature := es256(c.issuer, input)
	if c.sign != nil {
		signature = c.sign(input)
	}
	out := input + "." + b64(string(signature)) + "~"
	for _, d := range c.disclosures {
		out += b64(d) + "~"
	}
	for _, d := range c.encoded {
		out += d + "~"
	}
	if c.kbHeader != "" {
		hash := c.sdHash
		if hash == "" {
			hash = sha(out)
		}
		input := b64(c.kbHeader) + "." + b64(strings.ReplaceAll(c.kbPayload, "SDHASH", hash))
		out += input + "." + b64(string(es256(c.holder, input)))
	}
	if c.spoil != nil {
		out = c.spoil(out)
	}
	return out
}

// jwk writes a key by hand.
func jwk(key *ecdsa.PublicKey) string {
	raw := must(key.Bytes())
	return `{"kty":"EC","crv":"P-256","x":"` + b64(string(raw[1:33])) + `","y":"` + b64(string(raw[33:])) + `"}`
}

const (
	saysName = `["c2FsdHNhbHRzYWx0c2FsdA","family_name","Okafor"]`
	saysCity = `["c2FsdHNhbHRzYWx0c2FsdB","city","London"]`
	saysHome = `["c2FsdHNhbHRzYWx0c2FsdC","address",{"country":"GB","_sd":[CITY]}]`
	saysGB   = `["c2FsdHNhbHRzYWx0c2FsdD","GB"]`
)

// newCraft is a presentation that holds: a claim, a claim in a claim, an element, decoys.
func newCraft(t testing.TB, s scene) craft {
	t.Helper()
	home := strings.Replace(saysHome, "CITY", hashed(saysCity), 1)
	decoy := func(n string) string { return strconv.Quote(sha("decoy" + n)) }
	return craft{
		issuer: s.board.Key, holder: s.holder,
		header: `{"alg":"ES256","typ":"dc+sd-jwt","x5c":["` + base64.StdEncoding.EncodeToString(s.board.Certificate) + `"]}`,
		payload: `{"iss":"did:stele:board","sub":"did:stele:okafor","vct":"urn:stele:credential:licence",` +
			`"iat":` + strconv.FormatInt(now.Unix()-60, 10) + `,"exp":` + strconv.FormatInt(now.Unix()+86400, 10) + `,` +
			`"cnf":{"jwk":` + jwk(&s.holder.PublicKey) + `},"jurisdiction":"GB","level":1.50,` +
			`"_sd":[` + hashed(saysName) + `,` + decoy("1") + `,` + hashed(home) + `],` +
			`"places":["FR",{"...":` + hashed(saysGB) + `},{"...":` + decoy("2") + `}],"_sd_alg":"sha-256"}`,
		disclosures: []string{saysGB, saysName, home, saysCity},
		kbHeader:    `{"alg":"ES256","typ":"kb+jwt"}`,
		kbPayload:   `{"aud":"` + toCommittee.Audience + `","nonce":"` + toCommittee.Nonce + `","iat":` + strconv.FormatInt(now.Unix(), 10) + `,"sd_hash":"SDHASH"}`,
	}
}

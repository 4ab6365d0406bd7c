package sdjwt

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

const board1 = "https://board.example/status/1"

func newList(t testing.TB) *StatusList {
	t.Helper()
	l := must(NewStatusList(board1, 100))
	l.Issuer, l.IssuedAt, l.Expires = "did:stele:board", now.Add(-time.Hour), now.Add(time.Hour)
	for index, s := range map[int]Status{7: Revoked, 8: Suspended, 99: Revoked} {
		if err := l.Set(index, s); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestR27AnIssuerTakesCredentialsBack(t *testing.T) {
	s := newScene(t)
	l := newList(t)
	read, err := VerifyStatusList(must(s.board.SignStatusList(l)), s.check())
	if err != nil {
		t.Fatal(err)
	}
	if read.URI != l.URI || read.Issuer != l.Issuer || !read.IssuedAt.Equal(l.IssuedAt) || !read.Expires.Equal(l.Expires) || read.Len() != 100 {
		t.Errorf("the list is %q of %q, of %v until %v, with %d places", read.URI, read.Issuer, read.IssuedAt, read.Expires, read.Len())
	}
	for index := range 100 {
		want := map[int]Status{7: Revoked, 8: Suspended, 99: Revoked}[index]
		if got, err := read.Of(StatusRef{board1, index}); got != want || err != nil {
			t.Errorf("place %d: %v, %v", index, got, err)
		}
	}
	if got, err := read.Of(*s.token.Credential().Status); got != Revoked || err != nil {
		t.Errorf("the licence is %v, %v", got, err)
	}
}

// TestR27OfWhatAListDoesNotSayNothingIsKnown: another list, or a place that is not there,
// makes no credential valid.
func TestR27OfWhatAListDoesNotSayNothingIsKnown(t *testing.T) {
	l := newList(t)
	for _, ref := range []StatusRef{{board1, 100}, {board1, -1}, {board1 + "/", 0}, {"", 0}, {"https://BOARD.example/status/1", 0}} {
		if _, err := l.Of(ref); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%v: %v", ref, err)
		}
	}
	if _, err := new(StatusList).Of(StatusRef{}); err == nil {
		t.Error("no list says that a credential is valid")
	}
}

func TestAStatusListIsChangedInPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := must(NewStatusList("u", rapid.IntRange(1, 50).Draw(t, "size")))
		want := make([]Status, l.Len())
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			i, s := rapid.IntRange(0, l.Len()-1).Draw(t, "place"), Status(rapid.IntRange(0, 2).Draw(t, "status"))
			if err := l.Set(i, s); err != nil {
				t.Fatal(err)
			}
			want[i] = s
		}
		for i, s := range want {
			if got, err := l.Of(StatusRef{"u", i}); got != s || err != nil {
				t.Fatalf("place %d is %v, not %v (%v)", i, got, s, err)
			}
		}
	})
}

func TestStatusesAndListsThatThereAreNot(t *testing.T) {
	l := newList(t)
	for _, index := range []int{-1, 100} {
		if l.Set(index, Revoked) == nil {
			t.Errorf("place %d is set", index)
		}
	}
	if l.Set(0, 3) == nil {
		t.Error("status 3 is set")
	}
	for _, size := range []int{-1, 0, maxStatuses + 1} {
		if _, err := NewStatusList("u", size); err == nil {
			t.Errorf("a list of %d places is made", size)
		}
	}
	if _, err := NewStatusList("", 1); err == nil {
		t.Error("a list without a URI is made")
	}
	board := newIssuer(t)
	board.Key = newKey(t)
	if _, err := board.SignStatusList(l); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a list is signed with a key that is not of the certificate: %v", err)
	}
	if Valid.String() != "valid" || Revoked.String() != "revoked" || Suspended.String() != "suspended" || Status(3).String() != "3" {
		t.Error("a status has another name")
	}
}

// TestTheLargestListFits: four million places, of which ten thousand anywhere are revoked.
func TestTheLargestListFits(t *testing.T) {
	board, l := newIssuer(t), must(NewStatusList(board1, maxStatuses))
	l.IssuedAt = now
	random := make([]byte, 3*10000)
	rand.Read(random)
	for i := 0; i < len(random); i += 3 {
		if err := l.Set((int(random[i])<<16|int(random[i+1])<<8|int(random[i+2]))%maxStatuses, Revoked); err != nil {
			t.Fatal(err)
		}
	}
	token, err := board.SignStatusList(l)
	if err != nil {
		t.Fatal(err)
	}
	read, err := VerifyStatusList(token, Check{Trust: pinned("", board.Certificate), At: now})
	if err != nil || !bytes.Equal(read.packed, l.packed) {
		t.Errorf("%d bytes are read otherwise: %v", len(token), err)
	}
	t.Logf("%d bytes", len(token))
}

// listed is the payload of a list by hand.
func listed(lst string) string {
	return `{"sub":"` + board1 + `","iss":"did:stele:board","iat":` + unix(now) + `,"status_list":{"bits":2,"lst":"` + lst + `"}}`
}

// zlibbed compresses with another level than pack.
func zlibbed(raw []byte) string {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	w.Write(raw)
	w.Close()
	return b.String()
}

func TestR27StatusListsThatAreRefused(t *testing.T) {
	s := newScene(t)
	good := zlibbed(make([]byte, 8))
	noise := make([]byte, 200<<10)
	rand.Read(noise)
	dictionary := new(bytes.Buffer)
	w, _ := zlib.NewWriterLevelDict(dictionary, 9, []byte("words"))
	w.Write(make([]byte, 8))
	w.Close()
	lst := func(packed string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.payload = listed(b64(packed)) }
	}
	change := func(old, new string) func(*craft, *Check) {
		return func(c *craft, _ *Check) { c.payload = swap(c.payload, old, new) }
	}
	for _, r := range []refusal{
		{"nothing that is wrong", func(*craft, *Check) {}, ""},
		{"of a mebibyte", lst(zlibbed(make([]byte, maxPacked))), ""},
		{"of a mebibyte and a byte", lst(zlibbed(make([]byte, maxPacked+1))), "list is too large"},
		{"of a hundred megabytes", lst(zlibbed(make([]byte, 100<<20))), "list is too large"},
		{"a token of 257 kilobytes", lst(zlibbed(noise)), "it is too large"},
		{"of nothing", lst(zlibbed(nil)), "not compressed"},
		{"not compressed", lst(string(make([]byte, 8))), "not compressed"},
		{"without a checksum", lst(good[:len(good)-4]), "not compressed"},
		{"with another checksum", lst(good[:len(good)-1] + "x"), "not compressed"},
		{"cut short", lst(good[:4]), "not compressed"},
		{"with a dictionary", lst(dictionary.String()), "not compressed"},
		{"with something behind it", lst(good + "x"), "something stands behind"},
		{"of two streams", lst(good + good), "something stands behind"},
		{"with padding", change(b64(good), b64(good)+"="), "not base64url"},
		{"in base64 of another kind", func(c *craft, _ *Check) { c.payload = listed("+/+/") }, "not base64url"},
		{"of one bit", change(`"bits":2`, `"bits":1`), "not of two bits"},
		{"of eight bits", change(`"bits":2`, `"bits":8`), "not of two bits"},
		{"of bits in words", change(`"bits":2`, `"bits":"2"`), "bits is no whole number"},
		{"without bits", change(`"bits":2,`, ``), "bits is no whole number"},
		{"without a list", change(`"lst"`, `"tsl"`), "lst is no text"},
		{"without status_list", change(`"status_list"`, `"list_status"`), "bits is no whole number"},
		{"without sub", change(`"sub"`, `"bus"`), "sub is no text"},
		{"without iat", change(`"iat"`, `"tai"`), "iat is no whole number"},
		{"of the future", change(unix(now), unix(now.Add(6*time.Minute))), "not yet valid"},
		{"over", func(c *craft, _ *Check) { c.payload = add(c.payload, `"exp":`+unix(now)) }, "it is over"},
		{"of another issuer", change("did:stele:board", "did:stele:bored"), "the issuer is not trusted"},
		{"nobody is trusted", func(_ *craft, check *Check) { check.Trust = nil }, "nobody is trusted"},
		{"another key signed", func(c *craft, _ *Check) { c.issuer = newKey(t) }, "a signature does not hold"},
		{"alg none", func(c *craft, _ *Check) { c.header = swap(c.header, "ES256", "none") }, "another algorithm"},
		{"a credential's type", func(c *craft, _ *Check) { c.header = swap(c.header, "statuslist+jwt", "dc+sd-jwt") }, "another type than statuslist+jwt"},
		{"no x5c", func(c *craft, _ *Check) { c.header = `{"alg":"ES256","typ":"statuslist+jwt"}` }, "not exactly one certificate"},
		{"a certificate that is over", func(_ *craft, check *Check) { check.At = now.Add(2000 * time.Hour) }, "certificate is not valid"},
	} {
		c, check := craft{issuer: s.board.Key, payload: listed(b64(good)),
			header: `{"alg":"ES256","typ":"statuslist+jwt","x5c":["` + base64.StdEncoding.EncodeToString(s.board.Certificate) + `"]}`}, s.check()
		r.spoil(&c, &check)
		_, err := VerifyStatusList(strings.TrimSuffix(c.compact(), "~"), check)
		if r.why == "" && err != nil || r.why != "" && (err == nil || stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), r.why)) {
			t.Errorf("%s: %v, for want of %q", r.what, err, r.why)
		}
	}
}

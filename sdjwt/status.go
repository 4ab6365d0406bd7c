package sdjwt

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/stele-health/stele"
)

// Status is what an issuer says of a credential by now.
type Status uint8

// The statuses (Token Status List, status types). Any other means that the credential does
// not hold.
const (
	Valid     Status = 0
	Revoked   Status = 1 // for good
	Suspended Status = 2 // until it is valid again
)

// String returns "valid", "revoked", "suspended", or the number.
func (s Status) String() string {
	switch s {
	case Valid:
		return "valid"
	case Revoked:
		return "revoked"
	case Suspended:
		return "suspended"
	}
	return strconv.Itoa(int(s))
}

// What a status list may be at most: 4,194,304 statuses.
const (
	maxStatusToken = 256 << 10 // bytes
	maxPacked      = 1 << 20   // bytes, unpacked from a token
	maxStatuses    = maxPacked * perByte

	statusBits = 2
	perByte    = 8 / statusBits
)

// A StatusList says of each credential that names a place in it whether it holds. The zero
// value has no place; make one with [NewStatusList].
type StatusList struct {
	URI      string // sub: what the credentials name
	Issuer   string // iss; may be empty
	IssuedAt time.Time
	Expires  time.Time // zero: the list does not say
	packed   []byte
}

// NewStatusList makes a list of valid credentials, of a size that is rounded up to a multiple
// of four. It fails with KindInvalid.
func NewStatusList(uri string, size int) (*StatusList, error) {
	if uri == "" || size < 1 || size > maxStatuses {
		return nil, stele.E("make status list", stele.KindInvalid, "a status list has a URI and 1 to 4194304 places", nil)
	}
	return &StatusList{URI: uri, packed: make([]byte, (size+perByte-1)/perByte)}, nil
}

// Len returns how many places the list has.
func (l *StatusList) Len() int { return len(l.packed) * perByte }

// Set says what holds of the credential at a place. It fails with KindInvalid for a place
// that the list does not have, and for a status that has no name.
func (l *StatusList) Set(index int, s Status) error {
	if index < 0 || index >= l.Len() || s > Suspended {
		return stele.E("set status", stele.KindInvalid, "the list has no such place, or there is no such status", nil)
	}
	shift := index % perByte * statusBits
	l.packed[index/perByte] = l.packed[index/perByte]&^(3<<shift) | byte(s)<<shift
	return nil
}

// Of returns what the list says of a credential. It fails with KindInvalid when the credential
// names another list, or a place that this one does not have: nothing is known then.
func (l *StatusList) Of(ref StatusRef) (Status, error) {
	if ref.URI != l.URI || ref.Index < 0 || ref.Index >= l.Len() {
		return 0, stele.E("look up status", stele.KindInvalid, "the list is not the one that the credential names, or too short", nil)
	}
	return Status(l.packed[ref.Index/perByte] >> (ref.Index % perByte * statusBits) & 3), nil
}

// SignStatusList makes the token of a list as it is now. It fails with KindInvalid.
func (i Issuer) SignStatusList(l *StatusList) (string, error) {
	const op = "sign status list"
	payload := map[string]any{"sub": l.URI, "iat": seconds(l.IssuedAt),
		"status_list": map[string]any{"bits": json.Number(strconv.Itoa(statusBits)), "lst": encode64(pack(l.packed))}}
	if l.Issuer != "" {
		payload["iss"] = l.Issuer
	}
	if !l.Expires.IsZero() {
		payload["exp"] = seconds(l.Expires)
	}
	token, err := i.sign(typStatusList, payload)
	if err == nil {
		_, _, err = readStatusList(token)
	}
	if err != nil {
		return "", stele.E(op, stele.KindOf(err), "", err)
	}
	return token, nil
}

// VerifyStatusList checks a token and returns its list. Of the Check it goes by Trust, At and
// Window; whether the list is the newest is the caller's to know. It unpacks up to a
// mebibyte: keep the list, not the token. It fails with KindInvalid.
func VerifyStatusList(token string, c Check) (*StatusList, error) {
	const op = "verify status list"
	l, signed, err := readStatusList(token)
	if err == nil {
		_, err = signed.verifyIssued(c)
	}
	if err == nil {
		err = holds(signed.payload, c.At, c.Window)
	}
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "", err)
	}
	return l, nil
}

// readStatusList reads a token; its signature is not checked.
func readStatusList(token string) (*StatusList, *jwt, error) {
	if len(token) > maxStatusToken {
		return nil, nil, invalid("it is too large")
	}
	signed, err := readJWT(token, typStatusList)
	if err != nil {
		return nil, nil, err
	}
	f := reader{payload: signed.payload}
	l := &StatusList{URI: f.text("sub", true), Issuer: f.text("iss", false), IssuedAt: f.time("iat", true), Expires: f.time("exp", false)}
	list, _ := signed.payload["status_list"].(map[string]any)
	inner := reader{payload: list}
	bits, packed := inner.whole("bits", true), inner.text("lst", true)
	switch {
	case f.err != nil:
		return nil, nil, f.err
	case inner.err != nil:
		return nil, nil, inner.err
	case bits != statusBits:
		return nil, nil, invalid("a status is not of two bits")
	}
	l.packed, err = unpack(packed)
	return l, signed, err
}

// pack compresses (RFC 1950).
func pack(raw []byte) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestCompression) // a level that there is
	w.Write(raw)
	w.Close()
	return b.Bytes()
}

// unpack is its inverse, of base64url, up to a limit: a small token may hold a large nothing.
func unpack(lst string) ([]byte, error) {
	packed, err := decode64(lst)
	if err != nil {
		return nil, err
	}
	from := bytes.NewReader(packed)
	r, err := zlib.NewReader(from)
	if err != nil {
		return nil, invalid("the list is not compressed as it should be")
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxPacked+1))
	switch {
	case err != nil || len(raw) == 0:
		return nil, invalid("the list is not compressed as it should be")
	case len(raw) > maxPacked:
		return nil, invalid("the list is too large")
	case from.Len() > 0:
		return nil, invalid("something stands behind the list")
	}
	return raw, nil
}

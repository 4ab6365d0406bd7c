package sdjwt

import (
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"
)

// A Credential is what an issuer says of a subject, and how long.
type Credential struct {
	Type      string // vct: which kind of credential, "urn:stele:credential:licence"
	Issuer    string // iss
	Subject   string // sub; may be empty
	IssuedAt  time.Time
	NotBefore time.Time        // zero: from IssuedAt on
	Expires   time.Time        // all times in whole seconds
	Holder    *ecdsa.PublicKey // cnf.jwk, P-256: who shows the key binding; may be nil
	Status    *StatusRef       // where the issuer says that it is taken back; may be nil
	Claims    Claims           // all that it says besides
}

// Claims are names and values as JSON has them: Claims or map[string]any, []any, string,
// bool, nil and json.Number; to issue, int and int64 too. Any value, and any element of a list,
// may be [Hidden] to issue. Claims print as [redacted].
type Claims map[string]any

// Hidden is a value that a credential says only when its holder discloses it.
type Hidden struct{ Value any }

// StatusRef is a place in an issuer's status list. The URI is compared, never followed.
type StatusRef struct {
	URI   string
	Index int
}

// Text returns a claim that is a text.
func (c Claims) Text(name string) (text string, ok bool) {
	text, ok = c[name].(string)
	return text, ok
}

// Format prints [redacted], whatever the verb: who is named in a credential stays out of logs.
func (Claims) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }

// Format prints [redacted], whatever the verb.
func (Hidden) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }

// fields are the claims that a Credential has a field for.
var fields = []string{"vct", "iss", "sub", "iat", "nbf", "exp", "cnf", "status"}

// mustBeOpen are the claims that must not be hidden, nor anything in them (SD-JWT VC, registered
// JWT claims).
var mustBeOpen = map[string]bool{
	"iss": true, "nbf": true, "exp": true, "cnf": true, "vct": true, "vct#integrity": true, "aka_vcts": true, "status": true,
}

// credential makes a Credential of a processed payload.
func credential(payload map[string]any) (c Credential, err error) {
	f := reader{payload: payload}
	c = Credential{Type: f.text("vct", true), Issuer: f.text("iss", true), Subject: f.text("sub", false),
		IssuedAt: f.time("iat", true), NotBefore: f.time("nbf", false), Expires: f.time("exp", true), Claims: maps.Clone(payload)}
	if f.err == nil && !c.Expires.After(c.IssuedAt) {
		return c, invalid("it ends before it begins")
	}
	if cnf, there := payload["cnf"]; there && f.err == nil {
		c.Holder, f.err = readConfirmation(cnf)
	}
	if status, there := payload["status"]; there && f.err == nil {
		c.Status, f.err = readStatusRef(status)
	}
	for _, name := range fields {
		delete(c.Claims, name)
	}
	return c, f.err
}

// payload is the inverse, but for Claims.
func (c Credential) payload() (map[string]any, error) {
	if c.Type == "" || c.Issuer == "" {
		return nil, invalid("a credential needs a type and an issuer")
	}
	out := map[string]any{"vct": c.Type, "iss": c.Issuer, "iat": seconds(c.IssuedAt), "exp": seconds(c.Expires)}
	if c.Subject != "" {
		out["sub"] = c.Subject
	}
	if !c.NotBefore.IsZero() {
		out["nbf"] = seconds(c.NotBefore)
	}
	if c.Holder != nil {
		jwk, err := writeKey(c.Holder)
		if err != nil {
			return nil, err
		}
		out["cnf"] = map[string]any{"jwk": jwk}
	}
	if c.Status != nil {
		index := json.Number(strconv.Itoa(c.Status.Index))
		out["status"] = map[string]any{"status_list": map[string]any{"idx": index, "uri": c.Status.URI}}
	}
	return out, nil
}

// readStatusRef reads the claim status. A way to say the status that this room does not know
// is refused: to pass over it would make it say valid.
func readStatusRef(v any) (*StatusRef, error) {
	status, _ := v.(map[string]any)
	list, ok := status["status_list"].(map[string]any)
	if !ok || len(status) != 1 {
		return nil, invalid("its status is told in another way than by a status list")
	}
	f := reader{payload: list}
	ref := &StatusRef{URI: f.text("uri", true), Index: int(f.whole("idx", true))}
	if f.err == nil && ref.Index >= maxStatuses {
		return nil, invalid("its place in the status list is beyond any list")
	}
	return ref, f.err
}

// A reader reads claims of a payload, and remembers the first that is wrong.
type reader struct {
	payload map[string]any
	err     error
}

func (r *reader) fail(name, what string) {
	if r.err == nil {
		r.err = invalid(name + " " + what)
	}
}

// text reads a text that is not empty; where it need not be there, "" stands for nothing.
func (r *reader) text(name string, must bool) string {
	v, there := r.payload[name]
	text, ok := v.(string)
	if there && (!ok || text == "") || must && !there {
		r.fail(name, "is no text or missing")
	}
	return text
}

// whole reads a number that is whole, not negative and written without exponent.
func (r *reader) whole(name string, must bool) int64 {
	v, there := r.payload[name]
	number, _ := v.(json.Number)
	n, err := strconv.ParseInt(string(number), 10, 64)
	if there && (err != nil || n < 0 || n > lastSecond) || must && !there {
		r.fail(name, "is no whole number in bounds or missing")
		return 0
	}
	return n
}

// time reads seconds since 1970 (RFC 7519, NumericDate; fractions are refused).
func (r *reader) time(name string, must bool) time.Time {
	if n := r.whole(name, must); r.payload[name] != nil && r.err == nil {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// lastSecond is the end of the year 9999.
const lastSecond = 253402300799

func seconds(t time.Time) json.Number { return json.Number(strconv.FormatInt(t.Unix(), 10)) }

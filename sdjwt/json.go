package sdjwt

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/stele-health/stele"
)

// invalid is what is wrong, in words without a claim's value. The face adds what was done.
func invalid(text string) error { return stele.E("", stele.KindInvalid, text, nil) }

// decode64 reads base64url as RFC 7515 has it: no padding, no other characters, no bits
// left over. So bytes have one form.
func decode64(text string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || encode64(raw) != text {
		return nil, invalid("a part is not base64url without padding")
	}
	return raw, nil
}

func encode64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// parseJSON reads one JSON value: UTF-8, no name twice in an object, numbers as they are
// written, arrays and objects in each other up to a depth.
func parseJSON(raw []byte, depth int) (any, error) {
	if !utf8.Valid(raw) || !json.Valid(raw) || loneSurrogate(raw) {
		return nil, invalid("a part is not JSON in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return parseValue(d, depth)
}

// parseObject reads an object.
func parseObject(raw []byte, depth int) (map[string]any, error) {
	v, err := parseJSON(raw, depth)
	if err != nil {
		return nil, err
	}
	if object, ok := v.(map[string]any); ok {
		return object, nil
	}
	return nil, invalid("a part is no JSON object")
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, invalid("a part is not JSON in UTF-8")
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return token, nil
	}
	if depth == 0 {
		return nil, invalid("it is nested too deeply")
	}
	var out any
	if delim == '[' {
		out, err = parseElements(d, depth)
	} else {
		out, err = parseMembers(d, depth)
	}
	if err == nil {
		_, err = d.Token() // the end, which json.Valid has seen
	}
	return out, err
}

func parseElements(d *json.Decoder, depth int) ([]any, error) {
	out := []any{}
	for d.More() {
		v, err := parseValue(d, depth-1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func parseMembers(d *json.Decoder, depth int) (map[string]any, error) {
	out := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // in an object, as json.Valid has seen
		if _, twice := out[name]; twice {
			return nil, invalid("a name stands twice in an object")
		}
		if out[name], err = parseValue(d, depth-1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// loneSurrogate reports whether valid JSON has an escape that is half a character: Go would
// read another in its place.
func loneSurrogate(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if i++; raw[i] != 'u' {
			continue
		}
		switch half := escaped(raw[i+1:]); {
		case half>>10 == 0xD800>>10:
			if i+10 >= len(raw) || raw[i+5] != '\\' || raw[i+6] != 'u' || escaped(raw[i+7:])>>10 != 0xDC00>>10 {
				return true
			}
			i += 6
		case half>>10 == 0xDC00>>10:
			return true
		}
	}
	return false
}

// escaped reads the four digits of an escape.
func escaped(digits []byte) uint64 {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // digits, as json.Valid has seen
	return n
}

// marshal writes JSON; names of objects in order, characters as they are.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only for what plain does not make
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

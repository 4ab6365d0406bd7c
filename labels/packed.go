package labels

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
)

// A text may hold another: in Base64, as interfaces write what came to them as a
// document, or in the signs of addresses (RFC 3986 § 2.1). What is within counts as if
// it stood there. Base64 that holds no text is an id, a digest or a signature, which
// say nothing, unless it is longer than those.

const (
	leastBase64   = 16   // characters; less is a word
	lineOfBase64  = 60   // a line without a space that is longer than words are
	longestDigest = 1024 // characters; a signature by an RSA key of 4096 bits has 684
	maxLayers     = 3    // of texts within texts
)

const unreadPacked = "Base64 in a text that cannot be read"

// enclosed reads what a text holds within.
func (rd *reader) enclosed(text []byte) {
	if rd.layers >= maxLayers {
		return
	}
	rd.layers++
	defer func() { rd.layers-- }()
	if plain := percentDecoded(text); plain != nil {
		rd.words(plain)
	}
	for rest := text; ; {
		run, after := nextBase64(rest)
		if run == nil {
			return
		}
		rest = after
		if !rd.unpacked(run) {
			rd.unread, rd.unreadAs = string(rd.path), unreadPacked
		}
	}
}

// unpacked reads Base64, and reports whether that was all that it may hold.
func (rd *reader) unpacked(run []byte) bool {
	raw := decoded(run)
	if !isTexty(raw) {
		return len(run) <= longestDigest
	}
	text, ok := inUTF8(raw, "")
	if !ok {
		return len(run) <= longestDigest
	}
	return rd.document("text/plain", text) || len(run) < lineOfBase64
}

// nextBase64 finds the next Base64 that is longer than words are, of one line or of
// several full ones.
func nextBase64(text []byte) (run, after []byte) {
	for start := 0; start+leastBase64 <= len(text); start++ {
		end := start
		for end < len(text) && base64Letters[text[end]] {
			end++
		}
		size := end - start
		for line := size; line >= lineOfBase64; { // is the next line part of it?
			next := end + len(text[end:]) - len(bytes.TrimLeft(text[end:], "\r\n"))
			stop := next
			for stop < len(text) && base64Letters[text[stop]] {
				stop++
			}
			if line = stop - next; line == 0 || next == end {
				break
			}
			end = stop
		}
		if size >= leastBase64 {
			return text[start:end], text[end:]
		}
		start = end
	}
	return nil, nil
}

// base64Letters are those of both alphabets (RFC 4648 §§ 4 and 5), without padding.
var base64Letters = func() (t [256]bool) {
	for c := range t {
		t[c] = alphanumeric(byte(c)) && c < utf8.RuneSelf || c == '+' || c == '/' || c == '-' || c == '_'
	}
	return t
}()

func decoded(run []byte) []byte {
	clean := bytes.Map(func(r rune) rune {
		switch r {
		case '\r', '\n':
			return -1
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return r
	}, run)
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(raw, clean)
	return raw[:n]
}

// isTexty reports whether bytes are a text and not a digest: UTF-8, or in letters of
// which most are those of ASCII.
func isTexty(raw []byte) bool {
	plain := 0
	for _, c := range raw {
		switch {
		case isControl(rune(c)):
			return false
		case c < utf8.RuneSelf:
			plain++
		}
	}
	return len(raw) > 0 && (utf8.Valid(raw) || plain*4 >= len(raw)*3)
}

// percentDecoded writes the bytes for the signs of addresses; nil where there are none.
func percentDecoded(text []byte) []byte {
	var out []byte
	at := 0
	for i := 0; i+2 < len(text); i++ {
		high, low := hexDigit(text[i+1]), hexDigit(text[i+2])
		if text[i] != '%' || high < 0 || low < 0 {
			continue
		}
		out = append(append(out, text[at:i]...), byte(high<<4|low))
		i += 2
		at = i + 1
	}
	if out == nil {
		return nil
	}
	return append(out, text[at:]...)
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// packed reports whether a plain text holds another within.
func packed(text []byte) bool {
	lower := bytes.ToLower(text)
	for _, sign := range [...]string{"content-transfer-encoding:", "content-type:", ";base64,", "-----begin ", "begin 644 "} {
		if bytes.Contains(lower, []byte(sign)) {
			return true
		}
	}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) >= lineOfBase64 && bytes.IndexFunc(line, notBase64) < 0 && bytes.ContainsAny(line, "0123456789+/=") {
			return true
		}
	}
	return false
}

func notBase64(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/' && r != '='
}

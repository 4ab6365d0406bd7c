package sdjwt

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzParse: whatever is read is written as it was; whatever is verified was signed here.
func FuzzParse(f *testing.F) {
	s := newScene(f)
	ours := newCraft(f, s)
	genuine := b64(ours.header) + "." + b64(ours.payload) + "."
	f.Add(ours.compact())
	f.Add(s.token.Compact())
	f.Add(s.shown(f, "profession").Compact())
	r, _ := readRFC(f)
	for _, example := range r.Examples {
		f.Add(example.Token)
	}
	f.Add("~")
	f.Add("..~")
	f.Fuzz(func(t *testing.T, compact string) {
		token, err := Parse(compact)
		if err != nil {
			return
		}
		if token.Compact() != compact {
			t.Fatal("it is written otherwise than it was read")
		}
		if token.binding == nil {
			if less, err := token.Disclose(token.Paths()...); err != nil || less.Compact() != compact {
				t.Fatalf("to disclose all makes another: %v", err)
			}
		}
		check := s.check()
		if token.binding == nil {
			check.Binding = nil
		}
		if _, err := Verify(compact, check); err == nil && !strings.HasPrefix(compact, genuine) && !strings.HasPrefix(compact, s.token.issued.compact[:strings.LastIndexByte(s.token.issued.compact, '.')]) {
			t.Fatal("what was not signed is verified")
		}
	})
}

// FuzzDisclosure: JSON in base64url, in one form.
func FuzzDisclosure(f *testing.F) {
	f.Add(`["s","a",{"_sd":[]}]`)
	f.Add(`["s",["\ud83d\ude00"]]`)
	f.Add(`["s","a","\ud83d"]`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDisclosure(b64(text))
		if err != nil {
			return
		}
		again := newDisclosure(d.value, d.name)
		if d.element {
			again = newDisclosure(d.value)
		}
		read, err := parseDisclosure(again.encoded)
		if err != nil || read.name != d.name || !bytes.Equal(marshal(read.value), marshal(d.value)) {
			t.Fatalf("%q is read otherwise when it is written again: %v", text, err)
		}
	})
}

// FuzzStatusList: a token of anything, and a list of anything, within bounds.
func FuzzStatusList(f *testing.F) {
	s := newScene(f)
	token := must(s.board.SignStatusList(newList(f)))
	f.Add(token, pack([]byte{1, 2, 3}))
	f.Add("..", []byte(zlibbed([]byte("x"))+"x"))
	f.Fuzz(func(t *testing.T, compact string, packed []byte) {
		signed := token[:strings.LastIndexByte(token, '.')]
		if _, err := VerifyStatusList(compact, s.check()); err == nil && !strings.HasPrefix(compact, signed) {
			t.Fatal("what was not signed is verified")
		}
		raw, err := unpack(encode64(packed))
		if err == nil && (len(raw) == 0 || len(raw) > maxPacked) {
			t.Fatalf("a list of %d bytes", len(raw))
		}
	})
}

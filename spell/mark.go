package spell

import (
	"encoding/binary"
	"strings"
)

// marks are the letters of alphabet: a mark is no number, and no group of a code has to look like it.
var marks = alphabet[10:]

// NewMark makes the mark of a slip of four random bytes: four letters that tell one sheet from another
// and have nothing of its code. It is no secret, and opens nothing.
func NewMark(random [4]byte) string {
	n := binary.BigEndian.Uint32(random[:])
	var mark [Group]byte
	for i := range mark {
		mark[i], n = marks[n%uint32(len(marks))], n/uint32(len(marks))
	}
	return string(mark[:])
}

// ParseMark reads a mark as it is typed, in small letters too. ok is false for what is none.
func ParseMark(text string) (mark string, ok bool) {
	mark = strings.ToUpper(strings.TrimSpace(text))
	return mark, len(mark) == Group && strings.Trim(mark, marks) == ""
}

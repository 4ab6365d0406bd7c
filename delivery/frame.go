package delivery

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/stele-health/stele"
)

// frame is what one submission delivered.
type frame struct {
	Subject    stele.Subject
	Submission stele.ID
	Made       time.Time
	Servers    []string // bases
	Records    []*kept
}

// add adds a record, with its server.
func (f *frame) add(k *kept) {
	if k.base != "" {
		at := slices.Index(f.Servers, k.base)
		if at < 0 {
			at, f.Servers = len(f.Servers), append(f.Servers, k.base)
		}
		k.Server = at + 1
	}
	f.Records = append(f.Records, k)
}

// A book is read whole at each import for its patient, and a frame is what most of
// it is: so it is bytes in a row, each text with its length before it, and what is
// read of it are pieces of one string.

// frameFormat is the first byte of a frame.
const frameFormat = 1

// encode is the inverse of decodeFrame.
func (f *frame) encode() []byte {
	b := make([]byte, 0, 64+128*len(f.Records))
	b = append(append(append(b, frameFormat), f.Subject[:]...), f.Submission[:]...)
	b = binary.AppendVarint(b, f.Made.UnixMilli())
	b = appendTexts(b, f.Servers)
	b = binary.AppendUvarint(b, uint64(len(f.Records)))
	for _, k := range f.Records {
		b = append(append(b, k.Handle[:]...), k.Print[:]...)
		for _, s := range []string{k.Type, k.ID, k.Version.String(), k.Updated.String(), k.When, string(k.Category), k.Was} {
			b = appendText(b, s)
		}
		b = binary.AppendVarint(b, int64(k.Year))
		b = binary.AppendUvarint(b, uint64(k.Server))
		b = appendTexts(b, k.Sensitivity)
		b = appendTexts(b, k.Withdraws)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts[T ~string](b []byte, list []T) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, string(s))
	}
	return b
}

// leastKept is how many bytes a record takes at least.
const leastKept = 16 + 16 + 7 + 4

func decodeFrame(raw []byte) (frame, error) {
	r := &frameReader{rest: string(raw)}
	if r.take(1) != string([]byte{frameFormat}) {
		return frame{}, errors.New("not a frame of this version")
	}
	f := frame{Subject: stele.Subject([]byte(r.fixed(len(stele.Subject{})))), Submission: stele.ID([]byte(r.fixed(16)))}
	f.Made = time.UnixMilli(r.varint())
	f.Servers = texts[string](r)
	records := make([]kept, r.count(leastKept))
	f.Records = make([]*kept, len(records))
	for i := range records {
		k := &records[i]
		k.Handle, k.Print = stele.ID([]byte(r.fixed(16))), [16]byte([]byte(r.fixed(16)))
		k.Type, k.ID, k.Version, k.Updated, k.When = r.text(), r.text(), stampOf(r.text()), stampOf(r.text()), r.text()
		k.Category, k.Was = stele.Category(r.text()), r.text()
		k.Year, k.Server = int(r.varint()), r.uvarint()
		k.Sensitivity, k.Withdraws = texts[stele.Sensitivity](r), texts[string](r)
		f.Records[i] = k
	}
	if r.short || r.rest != "" {
		return frame{}, errors.New("a frame does not have the length that it says")
	}
	return f, nil
}

// frameReader takes a frame apart. Past the end it gives nothing, and says so.
type frameReader struct {
	rest  string
	short bool
}

func (r *frameReader) take(n int) string {
	if n < 0 || n > len(r.rest) {
		r.rest, r.short = "", true
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// fixed takes n bytes, zeros where there are none.
func (r *frameReader) fixed(n int) string {
	if s := r.take(n); len(s) == n {
		return s
	}
	return string(make([]byte, n))
}

func (r *frameReader) uvarint() int {
	head := r.rest[:min(len(r.rest), binary.MaxVarintLen64)]
	v, n := binary.Uvarint([]byte(head))
	if n <= 0 || v > 1<<31 {
		n = -1
	}
	r.take(n)
	if r.short {
		return 0
	}
	return int(v)
}

func (r *frameReader) varint() int64 {
	head := r.rest[:min(len(r.rest), binary.MaxVarintLen64)]
	v, n := binary.Varint([]byte(head))
	if n == 0 {
		n = -1
	}
	r.take(n)
	return v
}

// count takes the length of a list whose items have so many bytes at least.
func (r *frameReader) count(least int) int {
	n := r.uvarint()
	if n > len(r.rest)/least {
		r.take(-1)
		return 0
	}
	return n
}

func (r *frameReader) text() string { return r.take(r.uvarint()) }

func texts[T ~string](r *frameReader) []T {
	n := r.count(1)
	if n == 0 {
		return nil
	}
	list := make([]T, n)
	for i := range list {
		list[i] = T(r.text())
	}
	return list
}

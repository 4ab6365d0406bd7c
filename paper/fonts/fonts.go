// Package fonts is the letters that pages are printed with: three subsets of DejaVu as
// outlines, and GNU Unifont's pixels for the scripts that DejaVu does not have. LICENSES
// says whose they are; make fonts makes the files again.
//
// It promises what the files hold and nothing more: Has says whether there is a
// character. It shapes nothing: how letters join and in which order they stand is
// package paper's.
package fonts

import (
	"bytes"
	"compress/zlib"
	"embed"
	"encoding/binary"
	"io"
)

// The files, each packed with zlib.
const (
	SansFile   = "sans.ttf.z"
	BoldFile   = "bold.ttf.z"
	MonoFile   = "mono.ttf.z"
	PixelsFile = "pixels.z"
)

//go:embed *.z
var files embed.FS

// Pixels are the characters that are there as pixels, from and to: Thai, Ethiopic,
// Japanese and Chinese (without the rare ideographs of the extensions), Yi, Korean.
var Pixels = [][2]rune{
	{0x0e00, 0x0e7f}, {0x1200, 0x139f}, {0x2d80, 0x2ddf}, {0x3005, 0x3007}, {0x3041, 0x30ff}, {0x3105, 0x312f}, {0x31a0, 0x31bf},
	{0x4e00, 0x9fff}, {0xa000, 0xa48f}, {0xac00, 0xd7a3},
}

// CellSize is how many bytes a character of PixelsFile has: its width (8, 16 or, where it
// is missing, 0) and 16 rows of two bytes, the leftmost pixel first.
const CellSize = 33

// CellHeight is the height of such a character, in pixels; its baseline is two above
// the lower end.
const CellHeight = 16

// Font is a TrueType font.
type Font struct {
	Raw    []byte
	widths map[rune]int // in thousandths of the size
}

// Open returns one of the three fonts.
func Open(file string) Font {
	f := Font{Raw: unpack(file)}
	f.widths = f.measure()
	return f
}

// unpack returns the bytes of a file that stands in the program: it can't be missing.
func unpack(file string) []byte {
	packed, err := files.ReadFile(file)
	if err == nil {
		var r io.Reader
		if r, err = zlib.NewReader(bytes.NewReader(packed)); err == nil {
			var raw []byte
			if raw, err = io.ReadAll(r); err == nil {
				return raw
			}
		}
	}
	panic("fonts: " + file + ": " + err.Error())
}

// Has reports whether the font has a character.
func (f Font) Has(r rune) bool { _, ok := f.widths[r]; return ok }

// Width is how wide a text is, in thousandths of the font's size.
func (f Font) Width(text string) (w int) {
	for _, r := range text {
		w += f.widths[r]
	}
	return w
}

// table returns a table of the font.
func (f Font) table(tag string) []byte {
	for i := range int(binary.BigEndian.Uint16(f.Raw[4:])) {
		if entry := f.Raw[12+16*i:]; string(entry[:4]) == tag {
			from := binary.BigEndian.Uint32(entry[8:])
			return f.Raw[from : from+binary.BigEndian.Uint32(entry[12:])]
		}
	}
	panic("fonts: there is no " + tag)
}

// measure reads the widths of all characters: cmap's format 4, hmtx.
func (f Font) measure() map[rune]int {
	word := func(raw []byte, at int) int { return int(binary.BigEndian.Uint16(raw[at:])) }
	em, metrics, advances := word(f.table("head"), 18), word(f.table("hhea"), 34), f.table("hmtx")
	cmap := f.table("cmap")
	widths := map[rune]int{}
	for i := range word(cmap, 2) {
		sub := cmap[binary.BigEndian.Uint32(cmap[4+8*i+4:]):]
		if word(sub, 0) != 4 {
			continue
		}
		n := word(sub, 6) // two a segment
		for s := 0; s < n; s += 2 {
			last, first, delta, offset := word(sub, 14+s), word(sub, 16+n+s), word(sub, 16+2*n+s), word(sub, 16+3*n+s)
			for c := first; c <= last && c != 0xffff; c++ {
				glyph := c
				if offset != 0 {
					glyph = word(sub, 16+3*n+s+offset+2*(c-first))
				}
				if glyph = (glyph + delta) & 0xffff; glyph != 0 {
					widths[rune(c)] = word(advances, 4*min(glyph, metrics-1)) * 1000 / em
				}
			}
		}
	}
	return widths
}

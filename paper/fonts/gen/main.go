// Command gen makes the fonts that pages are printed with, from whole ones: subsets of
// DejaVu (pyftsubset of fonttools makes them) and the pixel letters of GNU Unifont for
// scripts that DejaVu does not have. make fonts runs it.
//
//	gen DEJAVU UNIFONT OUT
//
// DEJAVU is a folder with DejaVu's .ttf files, UNIFONT the file unifont.hex.
package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stele-health/stele/paper/fonts"
)

// subsets are the fonts that are drawn as outlines, with the characters that they keep.
var subsets = map[string]struct{ from, keep string }{
	fonts.SansFile: {"DejaVuSansCondensed.ttf", "U+0020-007E,U+00A0-024F,U+02BB-02BC,U+0300-0304,U+0306-030C,U+0313,U+0323-0328,U+0331," +
		"U+0370-03FF,U+0400-052F,U+0531-0589,U+0591-05F4,U+10A0-10FF,U+1E00-1EFF,U+1F00-1FFF,U+2010-2015,U+2018-201D,U+2022,U+2026," +
		"U+0600-06FF,U+0750-077F,U+FB50-FBFF,U+FE70-FEFC,U+0E80-0EFF,U+1400-167F,U+2D30-2D7F"},
	fonts.BoldFile: {"DejaVuSansCondensed-Bold.ttf", "U+0020-007E,U+00A0-017F,U+2010-2026"},
	fonts.MonoFile: {"DejaVuSansMono-Bold.ttf", "U+0020-007E"},
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("gen DEJAVU UNIFONT OUT")
	}
	dejavu, unifont, out := os.Args[1], os.Args[2], os.Args[3]
	for name, s := range subsets {
		made := filepath.Join(os.TempDir(), name)
		c := exec.Command("pyftsubset", filepath.Join(dejavu, s.from), "--unicodes="+s.keep, "--no-hinting", "--layout-features=", "--notdef-outline", "--output-file="+made)
		c.Stderr = os.Stderr
		must(c.Run())
		raw, err := os.ReadFile(made)
		must(err)
		must(os.Remove(made))
		write(filepath.Join(out, name), raw)
	}
	write(filepath.Join(out, fonts.PixelsFile), pixels(unifont))
}

// pixels writes a cell for each character of fonts.Pixels: its width, and 16 rows of 16.
func pixels(unifont string) []byte {
	file, err := os.Open(unifont)
	must(err)
	defer file.Close()
	glyphs := map[rune][]byte{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		code, rows, _ := strings.Cut(lines.Text(), ":")
		r, err := strconv.ParseInt(code, 16, 32)
		must(err)
		glyphs[rune(r)], err = hex.DecodeString(rows)
		must(err)
	}
	var all bytes.Buffer
	for _, span := range fonts.Pixels {
		for r := span[0]; r <= span[1]; r++ {
			cell := make([]byte, fonts.CellSize)
			switch rows := glyphs[r]; len(rows) {
			case 16:
				cell[0] = 8
				for y, row := range rows {
					cell[1+2*y] = row
				}
			case 32:
				cell[0] = 16
				copy(cell[1:], rows)
			}
			all.Write(cell)
		}
	}
	return all.Bytes()
}

func write(path string, raw []byte) {
	var packed bytes.Buffer
	w, err := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	must(err)
	_, err = w.Write(raw)
	must(err)
	must(w.Close())
	must(os.WriteFile(path, packed.Bytes(), 0o644))
	log.Printf("%s: %d bytes, %d packed", path, len(raw), packed.Len())
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

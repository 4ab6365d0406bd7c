package paper

import (
	"strings"

	goqr "github.com/piglig/go-qr"
)

// quiet is how many light squares a QR code has around it (ISO/IEC 18004 §6.3.8).
const quiet = 4

// squares returns the QR code of a text of QR's alphanumeric mode, true for dark,
// without what is quiet around it. A quarter of it may be lost (level Q).
func squares(text string) [][]bool {
	segment, err := goqr.MakeAlphanumeric(text)
	if err == nil {
		var code *goqr.QrCode
		if code, err = goqr.EncodeSegments([]*goqr.QrSegment{segment}, goqr.Quartile, 1, 40, -1, false); err == nil {
			rows := make([][]bool, code.Size())
			for y := range rows {
				rows[y] = make([]bool, code.Size())
				for x := range rows[y] {
					rows[y][x] = code.Module(x, y)
				}
			}
			return rows
		}
	}
	panic("paper: " + err.Error()) // codes are of that mode, and short
}

// Blocks shows the QR code of a scanned text (spell.SubjectScan) on a screen with dark
// ground: two rows of squares a line, light ones as blocks.
func Blocks(scan string) []string {
	code := squares(scan)
	n := len(code)
	light := func(x, y int) bool {
		x, y = x-quiet/2, y-quiet/2
		return x < 0 || y < 0 || x >= n || y >= n || !code[y][x]
	}
	var lines []string
	for y := 0; y < n+quiet; y += 2 {
		var line strings.Builder
		for x := range n + quiet {
			switch upper, lower := light(x, y), y+1 < n+quiet && light(x, y+1); {
			case upper && lower:
				line.WriteString("█")
			case upper:
				line.WriteString("▀")
			case lower:
				line.WriteString("▄")
			default:
				line.WriteString(" ")
			}
		}
		lines = append(lines, line.String())
	}
	return lines
}

package fonts

// Cells are the characters that are there as pixels.
type Cells []byte

// OpenPixels unpacks them: about a megabyte.
func OpenPixels() Cells { return unpack(PixelsFile) }

// Cell returns a character's width in pixels, 0 where there is none, and its rows, the
// leftmost pixel in the highest bit.
func (c Cells) Cell(r rune) (width int, rows [CellHeight]uint16) {
	at := 0
	for _, span := range Pixels {
		if r < span[0] || r > span[1] {
			at += int(span[1]-span[0]) + 1
			continue
		}
		cell := c[(at+int(r-span[0]))*CellSize:][:CellSize]
		for y := range rows {
			rows[y] = uint16(cell[1+2*y])<<8 | uint16(cell[2+2*y])
		}
		return int(cell[0]), rows
	}
	return 0, rows
}

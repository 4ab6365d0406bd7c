package terminal

import (
	"strings"

	"github.com/stele-health/stele/terminal/columns"
)

// Table sets rows in columns by display width. What does not fit the screen is
// cut in the column that may be cut, and shows it.
type Table struct {
	t       *Terminal
	columns []Column
	rows    [][]Cell
}

// Column is a column's title and manners.
type Column struct {
	Title string
	Right bool // aligned
	Flex  bool // cut when the screen is too narrow
	Path  bool // cut at its beginning: the name of a file is at the end
}

// Cell is a text with its style.
type Cell struct{ Text, Style string }

// Styled is a cell of a style.
func Styled(text, style string) Cell { return Cell{Text: text, Style: style} }

// Table begins a table.
func (t *Terminal) Table(columns ...Column) *Table { return &Table{t: t, columns: columns} }

// Row adds a row of strings and cells.
func (b *Table) Row(cells ...any) {
	row := make([]Cell, len(b.columns))
	for i, c := range cells {
		switch c := c.(type) {
		case string:
			row[i].Text = c
		case Cell:
			row[i] = c
		}
		row[i].Text = Clean(row[i].Text)
	}
	b.rows = append(b.rows, row)
}

// Rows are the rows so far, made harmless.
func (b *Table) Rows() [][]Cell { return b.rows }

// Flush writes the table, or that there is nothing.
func (b *Table) Flush(empty string) {
	if len(b.rows) == 0 {
		b.t.Say("%s", empty)
		return
	}
	widths, fits := b.widths()
	if !fits {
		b.stack()
		return
	}
	head := make([]Cell, len(b.columns))
	for i, c := range b.columns {
		head[i] = Styled(c.Title, Bold)
	}
	b.line(widths, head)
	for _, r := range b.rows {
		b.line(widths, r)
	}
}

// stack writes a table that no screen of this width can hold: row after row, each
// cell under its title.
func (b *Table) stack() {
	titles := 0
	for _, c := range b.columns {
		titles = max(titles, columns.Of(c.Title))
	}
	for i, r := range b.rows {
		if i > 0 {
			b.t.Print("")
		}
		for j, c := range r {
			if c.Text == "" {
				continue
			}
			title := b.columns[j].Title
			for _, l := range columns.Wrap(c.Text, b.t.Width-titles-2) {
				b.t.Print("%s%s  %s", b.t.OutStyle.Paint(Bold, title), strings.Repeat(" ", titles-columns.Of(title)), b.t.OutStyle.Paint(c.Style, l))
				title = ""
			}
		}
	}
}

// widths are the columns' widths, and whether the screen holds them.
func (b *Table) widths() ([]int, bool) {
	widths := make([]int, len(b.columns))
	total, flex := 2*(len(b.columns)-1), 0
	for i, c := range b.columns {
		widths[i] = columns.Of(c.Title)
		for _, r := range b.rows {
			widths[i] = max(widths[i], columns.Of(r[i].Text))
		}
		total += widths[i]
		if c.Flex {
			flex++
		}
	}
	for total > b.t.Width && flex > 0 {
		widest := -1
		for i, c := range b.columns {
			if c.Flex && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widths[widest] <= 8 {
			break
		}
		widths[widest]--
		total--
	}
	return widths, total <= b.t.Width
}

func (b *Table) line(widths []int, cells []Cell) {
	var line []Text
	pending := ""
	for i, c := range cells {
		text := columns.Clip(c.Text, widths[i])
		if b.columns[i].Path {
			text = columns.ClipStart(c.Text, widths[i])
		}
		pad := strings.Repeat(" ", widths[i]-columns.Of(text))
		if b.columns[i].Right {
			pending, pad = pending+pad, ""
		}
		if text != "" { // nothing stands at the end of a line
			line = append(line, Paint("", pending), b.t.OutStyle.Paint(c.Style, text))
			pending = ""
		}
		pending += pad + "  "
	}
	b.t.Print("%s", Join(line...))
}

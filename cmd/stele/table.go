package main

import (
	"strings"

	"github.com/stele-health/stele/screen"
)

// table sets rows in columns by display width. What does not fit the screen is
// cut in the column that may be cut, and shows it.
type table struct {
	f       *face
	columns []column
	rows    [][]cell
}

// column is a column's title and manners.
type column struct {
	title string
	right bool // aligned
	flex  bool // cut when the screen is too narrow
	path  bool // cut at its beginning: the name of a file is at the end
}

// cell is a text with its style.
type cell struct{ text, style string }

func (f *face) table(columns ...column) *table { return &table{f: f, columns: columns} }

// row adds a row of strings and cells.
func (t *table) row(cells ...any) {
	row := make([]cell, len(t.columns))
	for i, c := range cells {
		switch c := c.(type) {
		case string:
			row[i].text = c
		case cell:
			row[i] = c
		}
		row[i].text = printable(row[i].text)
	}
	t.rows = append(t.rows, row)
}

// flush writes the table, or that there is nothing.
func (t *table) flush(empty string) {
	if len(t.rows) == 0 {
		t.f.say("%s", empty)
		return
	}
	widths, fits := t.widths()
	if !fits {
		t.stack()
		return
	}
	head := make([]cell, len(t.columns))
	for i, c := range t.columns {
		head[i] = cell{c.title, bold}
	}
	t.line(widths, head)
	for _, r := range t.rows {
		t.line(widths, r)
	}
}

// stack writes a table that no screen of this width can hold: row after row, each
// cell under its title.
func (t *table) stack() {
	titles := 0
	for _, c := range t.columns {
		titles = max(titles, columns(c.title))
	}
	for i, r := range t.rows {
		if i > 0 {
			t.f.print("")
		}
		for j, c := range r {
			if c.text == "" {
				continue
			}
			title := t.columns[j].title
			for _, l := range wrap(c.text, t.f.width-titles-2) {
				t.f.print("%s%s  %s", t.f.outStyle.paint(bold, title), strings.Repeat(" ", titles-columns(title)), t.f.outStyle.paint(c.style, l))
				title = ""
			}
		}
	}
}

// widths are the columns' widths, and whether the screen holds them.
func (t *table) widths() ([]int, bool) {
	widths := make([]int, len(t.columns))
	total, flex := 2*(len(t.columns)-1), 0
	for i, c := range t.columns {
		widths[i] = columns(c.title)
		for _, r := range t.rows {
			widths[i] = max(widths[i], columns(r[i].text))
		}
		total += widths[i]
		if c.flex {
			flex++
		}
	}
	for total > t.f.width && flex > 0 {
		widest := -1
		for i, c := range t.columns {
			if c.flex && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widths[widest] <= 8 {
			break
		}
		widths[widest]--
		total--
	}
	return widths, total <= t.f.width
}

func (t *table) line(widths []int, cells []cell) {
	var line []screen.Text
	pending := ""
	for i, c := range cells {
		text := clip(c.text, widths[i])
		if t.columns[i].path {
			text = clipPath(c.text, widths[i])
		}
		pad := strings.Repeat(" ", widths[i]-columns(text))
		if t.columns[i].right {
			pending, pad = pending+pad, ""
		}
		if text != "" { // nothing stands at the end of a line
			line = append(line, screen.Paint("", pending), t.f.outStyle.paint(c.style, text))
			pending = ""
		}
		pending += pad + "  "
	}
	t.f.print("%s", screen.Join(line...))
}

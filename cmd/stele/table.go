package main

import (
	"strings"
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
	widths := t.widths()
	head := make([]cell, len(t.columns))
	for i, c := range t.columns {
		head[i] = cell{c.title, bold}
	}
	t.line(widths, head)
	for _, r := range t.rows {
		t.line(widths, r)
	}
}

func (t *table) widths() []int {
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
	for over := total - t.f.width; over > 0 && flex > 0; over-- {
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
	}
	return widths
}

func (t *table) line(widths []int, cells []cell) {
	var b strings.Builder
	for i, c := range cells {
		text := clip(c.text, widths[i])
		pad := strings.Repeat(" ", widths[i]-columns(text))
		text = t.f.outStyle.paint(c.style, text)
		if t.columns[i].right {
			b.WriteString(pad + text)
		} else {
			b.WriteString(text + pad)
		}
		if i < len(cells)-1 {
			b.WriteString("  ")
		}
	}
	t.f.print("%s", strings.TrimRight(b.String(), " "))
}

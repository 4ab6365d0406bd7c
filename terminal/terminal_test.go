package terminal_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele/terminal"
)

func TestTableFitsTheScreen(t *testing.T) {
	var out bytes.Buffer
	f := &terminal.Terminal{Out: terminal.New(&out), Err: terminal.New(&out), Width: 40}
	table := f.Table(terminal.Column{Title: "N", Right: true}, terminal.Column{Title: "NAME", Flex: true}, terminal.Column{Title: "ID"})
	table.Row("1", "Saint Brigid Hospital of the Long Name", "abcdefgh")
	table.Row("12", "王小明 \x1b[31m", "abcdefgh")
	table.Flush("")
	want := " N  NAME                        ID\n" +
		" 1  Saint Brigid Hospital of…   abcdefgh\n" +
		"12  王小明 �[31m                abcdefgh\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestR43ATablesRowsAreHarmless: also for who reads them and does not print the table.
func TestR43ATablesRowsAreHarmless(t *testing.T) {
	var out bytes.Buffer
	f := &terminal.Terminal{Out: terminal.New(&out), Err: terminal.New(&out), Width: 40}
	table := f.Table(terminal.Column{Title: "NAME"}, terminal.Column{Title: "ID"}, terminal.Column{Title: "LAST"})
	table.Row("a\x1b[31m\u202e", terminal.Styled("b\nc\x9b", terminal.Red))
	want := [][]terminal.Cell{{{Text: "a\ufffd[31m\ufffd"}, {Text: "b c\ufffd", Style: terminal.Red}, {}}}
	if diff := cmp.Diff(want, table.Rows()); diff != "" {
		t.Error(diff)
	}
}

package stele_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayTouch are the files that name the process's streams, and why.
var mayTouch = map[string]string{
	"cmd/stele/main.go": "hands the streams to cli.Main",
	"cli/run.go":        "has them as writers",
	"cli/face.go":       "wraps them in a terminal",
}

// faces are the packages whose writers are terminals: there nothing is printed but by
// a terminal.Printer. Elsewhere a writer is a file or a connection.
var faces = []string{"cmd/stele", "cli", "demo", "devnet"}

func isFace(room string) bool {
	top, _, _ := strings.Cut(room, "/")
	return slices.Contains(faces, room) || slices.Contains(faces, top)
}

// TestR43NothingElseWritesToATerminal: what comes from elsewhere reaches a terminal
// through package terminal and by no other way. The rule is held by the source: no
// package prints, logs or names a stream, and the packages that face people have no
// writer but a printer.
func TestR43NothingElseWritesToATerminal(t *testing.T) {
	files := 0
	for _, p := range packages(t) {
		if generator(p) || p.short() == "terminal" {
			continue
		}
		for _, file := range p.GoFiles {
			name := path.Join(p.short(), file)
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files++
			for _, fault := range terminalFaults(name, isFace(p.short()), parsed) {
				t.Errorf("%s: %s", set.Position(fault.at), fault.what)
			}
		}
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}

type terminalFault struct {
	at   token.Pos
	what string
}

// terminalFaults finds what writes to a terminal by itself.
func terminalFaults(name string, face bool, file *ast.File) (faults []terminalFault) {
	bad := func(n ast.Node, format string, args ...any) {
		faults = append(faults, terminalFault{n.Pos(), fmt.Sprintf(format, args...)})
	}
	selector := func(e ast.Expr) string {
		if s, ok := e.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				return x.Name + "." + s.Sel.Name
			}
		}
		return ""
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			if p, _ := strconv.Unquote(n.Path.Value); p == "log" {
				bad(n, "imports log, which prints to stderr")
			}
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && mayTouch[name] == "" {
				if s == "/dev/tty" || s == "/dev/stdout" || s == "/dev/stderr" || strings.HasPrefix(s, "/proc/self/fd") || s == "/dev/fd/1" || s == "/dev/fd/2" {
					bad(n, "names %s", s)
				}
				if face && strings.Contains(s, "\x1b[") {
					bad(n, "writes a control sequence by itself: terminal.Paint does")
				}
			}
		case *ast.SelectorExpr:
			switch s := selector(n); s {
			case "os.Stdout", "os.Stderr", "os.NewFile", "syscall.Stdout", "syscall.Stderr", "terminal.New", "terminal.Open":
				if mayTouch[name] == "" {
					bad(n, "uses %s", s)
				}
			case "fmt.Print", "fmt.Printf", "fmt.Println", "syscall.Write", "slog.Default", "slog.Info", "slog.Warn", "slog.Error", "slog.Debug":
				bad(n, "uses %s", s)
			case "fmt.Fprint", "fmt.Fprintf", "fmt.Fprintln", "io.WriteString", "io.Copy":
				if face {
					bad(n, "uses %s: a terminal.Printer has Line, Page and JSON", s)
				}
			case "io.Writer", "io.StringWriter", "io.WriteCloser":
				if face && mayTouch[name] == "" {
					bad(n, "has an %s: here it is a *terminal.Printer", s)
				}
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "println" || id.Name == "print") && id.Obj == nil {
				bad(n, "uses %s", id.Name)
			}
			if selector(n.Fun) == "terminal.Text" {
				bad(n, "makes a terminal.Text of a string that nobody looked at")
			}
		}
		return true
	})
	return faults
}

// TestR43TheRuleFindsEachWay: the test above can fail.
func TestR43TheRuleFindsEachWay(t *testing.T) {
	for _, code := range []string{
		`fmt.Println(name)`, `fmt.Printf("%s", name)`, `println(name)`, `os.Stdout.WriteString(name)`, `fmt.Fprintln(os.Stderr, name)`, `fmt.Fprintf(w, "%s", name)`,
		`io.WriteString(w, name)`, `f, _ := os.OpenFile("/dev/tty", 1, 0)`, `slog.Info(name)`, `p.Line("%s", terminal.Text(name))`, `var w io.Writer`, `p := terminal.New(w)`, `t := terminal.Open(r, w, w, env)`, `x := "\x1b[31m" + name`,
		`syscall.Write(1, []byte(name))`, `os.NewFile(1, "out").WriteString(name)`, `io.Copy(w, r)`,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() {\n"+code+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(terminalFaults("cmd/stele/x.go", true, file)) == 0 {
			t.Errorf("%s goes unnoticed", code)
		}
	}
}

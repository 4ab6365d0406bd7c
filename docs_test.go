package stele_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source is every name that the tree declares, for pages that speak of them.
type source struct {
	tests   map[string][]string        // folders of a test or fuzz target
	says    map[string]string          // by folder and test, "vault.TestPut": its doc comment
	names   map[string]map[string]bool // by package: functions, types, constants, variables
	methods map[string]map[string]bool // by type, methods and fields, wherever the type is
}

func readSource(t *testing.T) source {
	t.Helper()
	s := source{map[string][]string{}, map[string]string{}, map[string]map[string]bool{}, map[string]map[string]bool{}}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != ".":
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		s.file(path.Dir(filepath.ToSlash(file)), strings.HasSuffix(file, "_test.go"), parsed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s source) file(dir string, test bool, f *ast.File) {
	pkg := f.Name.Name
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			switch {
			case test && d.Recv == nil && isTest.MatchString(name):
				s.tests[name] = append(s.tests[name], dir)
				s.says[dir+"."+name] = d.Doc.Text()
			case test:
			case d.Recv == nil:
				put(s.names, pkg, name)
			default:
				put(s.methods, receiver(d.Recv.List[0].Type), name)
			}
		case *ast.GenDecl:
			if !test {
				s.declared(pkg, d)
			}
		}
	}
}

func (s source) declared(pkg string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, n := range spec.Names {
				put(s.names, pkg, n.Name)
			}
		case *ast.TypeSpec:
			put(s.names, pkg, spec.Name.Name)
			var members *ast.FieldList
			switch t := spec.Type.(type) {
			case *ast.StructType:
				members = t.Fields
			case *ast.InterfaceType:
				members = t.Methods
			}
			if members == nil {
				continue
			}
			for _, f := range members.List {
				for _, n := range f.Names {
					put(s.methods, spec.Name.Name, n.Name)
				}
			}
		}
	}
}

func put(m map[string]map[string]bool, key, name string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][name] = true
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

var (
	isTest = regexp.MustCompile(`^(Test|Fuzz)[A-Z0-9]\w*$`)
	code   = regexp.MustCompile("`([^`\n]+)`")
	dotted = regexp.MustCompile(`^([A-Za-z]\w*)\.([A-Za-z]\w*)$`)
	links  = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	listed = regexp.MustCompile("^\\| *(.*?) *\\|((?: *`[\\w/.]+`)+) *\\|$") // tests.md: what | tests | `package`
	suffix = regexp.MustCompile(`\.(md|txt|json|proto|go|toml|ndjson|html|wallet|state|token|pb)$`)
)

// camel turns a field's name in wire/*.proto into its name in Go.
func camel(field string) string {
	var out strings.Builder
	for _, part := range strings.Split(field, "_") {
		if part != "" {
			out.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return out.String()
}

func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	chapters, err := filepath.Glob("docs/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, chapters...)
	pages := map[string]string{}
	for _, file := range append(files, "README.md") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.ToSlash(file)] = string(raw)
	}
	return pages
}

// TestDocsSpeakOfWhatExists holds the pages to the source: every test that they
// name is there, and every `package.Name` and `Type.Method`.
func TestDocsSpeakOfWhatExists(t *testing.T) {
	s := readSource(t)
	for file, text := range pages(t) {
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			word := m[1]
			if isTest.MatchString(word) {
				if s.tests[word] == nil {
					t.Errorf("%s names %s, which no package has", file, word)
				}
				continue
			}
			d := dotted.FindStringSubmatch(word)
			if d == nil || suffix.MatchString(word) {
				continue
			}
			if !s.names[d[1]][d[2]] && !s.methods[d[1]][d[2]] && !s.methods[d[1]][camel(d[2])] {
				t.Errorf("%s names %s, which is nowhere declared", file, word)
			}
		}
	}
}

// TestDocsTestsAreWhereTheyAreSaidToBe checks docs/tests.md line by line: the
// tests of a line are in the line's package, or in one of its packages.
func TestDocsTestsAreWhereTheyAreSaidToBe(t *testing.T) {
	s := readSource(t)
	lines := 0
	for n, line := range strings.Split(pages(t)["docs/tests.md"], "\n") {
		m := listed.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		lines++
		for _, c := range code.FindAllStringSubmatch(m[1], -1) {
			if isTest.MatchString(c[1]) && !slices.ContainsFunc(s.tests[c[1]], func(dir string) bool { return strings.Contains(m[2], "`"+dir+"`") }) {
				t.Errorf("docs/tests.md:%d: %s is in %v, not in %s", n+1, c[1], s.tests[c[1]], m[2])
			}
		}
	}
	if lines < 20 {
		t.Errorf("docs/tests.md has %d lines of tests; is it still a table?", lines)
	}
}

// TestDocsLinksLeadSomewhere follows the links to files of this tree.
func TestDocsLinksLeadSomewhere(t *testing.T) {
	for file, text := range pages(t) {
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(path.Join(path.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			}
		}
	}
}

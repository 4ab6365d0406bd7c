package paper_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	goqr "github.com/piglig/go-qr"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/paper"
	"github.com/stele-health/stele/spell"
)

// maker is a page that can be made in both formats.
type maker interface {
	SVG() ([]byte, error)
	PDF() ([]byte, error)
}

func subject() stele.Subject {
	s, _ := stele.SubjectFrom([]byte("twenty random bytes."))
	return s
}

func card(name string) paper.Card { return paper.Card{Name: name, Subject: subject(), Language: "en"} }

func slip() paper.Slip {
	return paper.Slip{Code: spell.NewCode([17]byte([]byte("seventeen bytes. "))), Mark: "KXRT", Facility: "St. Mary's Hospital", Language: "en"}
}

// names are of the scripts that a PDF can show.
var names = []string{
	"", "José", "Łukasz Żółć-Öztürk", "王小明", "محمد بن عبد الله", "مُحَمَّد لاوي (علي)", "Ольга Петрова", "김민수 Kim", "สมชาย ใจดี",
	"שָׁלוֹם מֹשֶׁה", "Nguyễn Thị Ánh Tuyết Phương Maximiliana Konstantinopoulou-Schmidt", "ተስፋዬ", "გიორგი", "Ẹ́niọlá", "山田 太郎", "O'Brien & Co. (2)",
}

// TestAPageIsTheSameBytesEachTime: whoever prints twice compares.
func TestAPageIsTheSameBytesEachTime(t *testing.T) {
	for _, p := range []maker{slip(), card("José"), card("محمد"), card("王")} {
		for format, make := range map[string]func() ([]byte, error){"SVG": p.SVG, "PDF": p.PDF} {
			first, err := make()
			if err != nil {
				t.Fatalf("%v as %s: %v", p, format, err)
			}
			if format == "PDF" && bytes.Count(first, []byte("(D:20000101000000")) != 2 {
				t.Errorf("%v is dated", p)
			}
			if again, err := make(); err != nil || !bytes.Equal(first, again) {
				t.Errorf("%v as %s differs the second time", p, format)
			}
		}
	}
}

// TestPagesAreThoseThatWereLookedAt: by people, as they print. A page that changes is
// looked at again before its sum is written here. Of a PDF the sum is of what its
// streams unpack to: how they are packed is the standard library's matter.
func TestPagesAreThoseThatWereLookedAt(t *testing.T) {
	for name, want := range map[string]struct {
		page maker
		svg  string
		pdf  string
	}{
		"card, José":  {card("José"), "d69988470df148ef", "85d5ae1eeb50b539"},
		"card, محمد":  {card("محمد"), "4dea921440209589", "510d3c932078f76d"},
		"card, 王":     {card("王"), "9060513f6415a1c9", "eb5b4a15c538a736"},
		"card, ดี":    {card("ดี"), "ae42a42e366fc52d", "192d9d55ef701eb5"},
		"card, blank": {card(""), "026dacf79aaf9d02", "34d3636351116c31"},
		"slip":        {slip(), "6233b00c25d108cf", "8df30119fdf28902"},
	} {
		svg, err := want.page.SVG()
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := want.page.PDF()
		if err != nil {
			t.Fatal(err)
		}
		if got := sum(svg); got != want.svg {
			t.Errorf("%s as SVG is %s", name, got)
		}
		if got := sum(unpacked(t, pdf)); got != want.pdf {
			t.Errorf("%s as PDF is %s", name, got)
		}
	}
}

func sum(raw []byte) string { return fmt.Sprintf("%x", sha256.Sum256(raw))[:16] }

// unpacked is what the streams of a PDF hold.
func unpacked(t *testing.T, pdf []byte) []byte {
	t.Helper()
	var all []byte
	for _, part := range bytes.Split(pdf, []byte("\nstream\n"))[1:] {
		r, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil { // one that is not packed
			all = append(all, part[:bytes.Index(part, []byte("\nendstream"))]...)
			continue
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw...)
	}
	return all
}

// TestAQRCodeHoldsWhatIsPrintedBesideIt, as another decoder than a person reads it: from
// the squares of the SVG, and from the screen.
func TestAQRCodeHoldsWhatIsPrintedBesideIt(t *testing.T) {
	for _, name := range names {
		svg, err := card(name).SVG()
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, squaresOf(t, svg)); got != spell.SubjectScan(subject()) {
			t.Errorf("the card of %q holds %q", name, got)
		}
	}
	svg, err := slip().SVG()
	if err != nil {
		t.Fatal(err)
	}
	if got := decoded(t, squaresOf(t, svg)); got != slip().Code.Scan() {
		t.Errorf("the slip holds %q", got)
	}
	if got := decoded(t, picture(paper.Blocks(spell.SubjectScan(subject())))); got != spell.SubjectScan(subject()) {
		t.Errorf("the screen holds %q", got)
	}
}

// TestAScreensQRCodeIsQuietAround: two light squares on each side, since the screen
// beside it is dark.
func TestAScreensQRCodeIsQuietAround(t *testing.T) {
	lines := paper.Blocks(spell.SubjectScan(subject()))
	width := len([]rune(lines[0]))
	for i, line := range lines {
		switch r := []rune(line); {
		case len(r) != width:
			t.Errorf("line %d is %d wide, the first %d", i, len(r), width)
		case i == 0 && strings.Trim(line, "█") != "", i == len(lines)-1 && strings.Trim(line, "▀") != "":
			t.Errorf("line %d is %q", i, line)
		case i < len(lines)-1 && (!strings.HasPrefix(line, "██") || !strings.HasSuffix(line, "██")):
			t.Errorf("line %d is not quiet beside: %q", i, line)
		case i == len(lines)-2 && strings.ContainsAny(line, " ▀"):
			t.Errorf("the line under the code is %q", line)
		}
	}
}

// squaresOf draws the squares of an SVG's QR code, eight pixels each.
func squaresOf(t *testing.T, svg []byte) image.Image {
	t.Helper()
	path := regexp.MustCompile(`crispEdges" d="([^"]*)"`).FindSubmatch(svg)
	if path == nil {
		t.Fatal("there is no QR code")
	}
	var x, y, w, h float64
	var all [][4]float64
	for _, run := range strings.Split(string(path[1]), "z") {
		if n, _ := fmt.Sscanf(strings.NewReplacer("h", " ", "v", " ", "M", "").Replace(run), "%f %f %f %f", &x, &y, &w, &h); n == 4 {
			all = append(all, [4]float64{x, y, w, h})
		}
	}
	left, top, side := all[0][0], all[0][1], all[0][3]
	for _, r := range all {
		left, top = min(left, r[0]), min(top, r[1])
	}
	img := image.NewGray(image.Rect(0, 0, 400, 400))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, r := range all {
		for px := range int(r[2]/side*8 + 0.5) {
			for py := range 8 {
				img.SetGray(40+int((r[0]-left)/side*8+0.5)+px, 40+int((r[1]-top)/side*8+0.5)+py, color.Gray{})
			}
		}
	}
	return img
}

// picture is a screen, eight pixels a square, dark where nothing is written.
func picture(lines []string) image.Image {
	img := image.NewGray(image.Rect(0, 0, 400, 400))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for row, line := range lines {
		for col, r := range []rune(line) {
			for half := range 2 {
				if r == '█' || r == '▀' && half == 0 || r == '▄' && half == 1 {
					continue
				}
				for i := range 64 {
					img.SetGray(16+8*col+i%8, 16+8*(2*row+half)+i/8, color.Gray{})
				}
			}
		}
	}
	return img
}

func decoded(t *testing.T, img image.Image) string {
	t.Helper()
	text, err := goqr.Decode(img)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestACardSaysWhoseRecordAndNothingOfIt: everything on it is the same for everybody,
// but the name and the code.
func TestACardSaysWhoseRecordAndNothingOfIt(t *testing.T) {
	other, _ := stele.SubjectFrom([]byte("another twenty bytes"))
	masked := func(c paper.Card) string {
		svg, err := c.SVG()
		if err != nil {
			t.Fatal(err)
		}
		text := texts(t, svg)
		for _, group := range strings.Fields(spell.Subject(c.Subject)) {
			if !slices.ContainsFunc(text, func(line string) bool { return strings.Contains(line, group) }) {
				t.Errorf("the group %s is not printed", group)
			}
			for i := range text {
				text[i] = strings.ReplaceAll(text[i], group, "#")
			}
		}
		return strings.ReplaceAll(strings.Join(text, "\n"), c.Name, "NAME")
	}
	one, two := masked(card("José")), masked(paper.Card{Name: "王", Subject: other, Language: "en"})
	if one != two {
		t.Errorf("two cards say different things:\n%s\n%s", one, two)
	}
	for _, want := range []string{"opens nothing", "stele breakglass open", "no medical data"} {
		if !strings.Contains(one, want) {
			t.Errorf("the card does not say: %s", want)
		}
	}
}

// texts are what an SVG writes. It fails for one that refers to anything elsewhere, or
// that is more than shapes and texts.
func texts(t *testing.T, svg []byte) (lines []string) {
	t.Helper()
	d, inside := xml.NewDecoder(bytes.NewReader(svg)), false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"svg", "title", "rect", "path", "text"}, x.Name.Local) {
				t.Errorf("there is an element %s", x.Name.Local)
			}
			for _, a := range x.Attr {
				if strings.Contains(a.Value, "url(") || a.Name.Local == "href" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("there is an attribute %s=%q", a.Name.Local, a.Value)
				}
			}
			inside = x.Name.Local == "text"
		case xml.CharData:
			if inside {
				lines = append(lines, string(x))
			}
		case xml.EndElement:
			inside = false
		}
	}
}

// TestR43NamesOnPagesAreMadeHarmless: what no name may hold is refused in both formats,
// and what XML would obey is written as text.
func TestR43NamesOnPagesAreMadeHarmless(t *testing.T) {
	for _, name := range []string{"<script>", "a\nb", "x\u202eelttil", "a\"/>", "\x1b[31m", "1234567890", strings.Repeat("x", 121)} {
		for _, p := range []maker{card(name), paper.Slip{Mark: "KXRT", Facility: name, Language: "en"}} {
			for format, make := range map[string]func() ([]byte, error){"SVG": p.SVG, "PDF": p.PDF} {
				if _, err := make(); stele.KindOf(err) != stele.KindInvalid {
					t.Errorf("%q as %s: %v", name, format, err)
				}
			}
		}
	}
	svg, err := card("O'Brien & Co").SVG()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(texts(t, svg), "O'Brien & Co") {
		t.Error("a name with & is written otherwise")
	}
}

// TestANameOfAnyScriptPrints: as SVG always; as PDF, or with a word of what does.
func TestANameOfAnyScriptPrints(t *testing.T) {
	for _, name := range append([]string{"अमिता शर्मा", "မောင်မောင်", "𠮷田"}, names...) {
		svg, err := card(name).SVG()
		if err != nil || name != "" && !strings.Contains(strings.Join(texts(t, svg), "\n"), name) && len(name) < 40 {
			t.Errorf("%q is not in the SVG: %v", name, err)
		}
		if _, err := card(name).PDF(); err != nil && (slices.Contains(names, name) || !strings.Contains(fmt.Sprint(stele.HintOf(err)), ".svg")) {
			t.Errorf("%q as PDF: %v", name, err)
		} else if err == nil && !slices.Contains(names, name) {
			t.Errorf("%q is drawn as PDF: say so where the page's doc says what is not", name)
		}
	}
	if _, err := card(strings.Repeat("Maximiliana ", 9) + "Schmidt").PDF(); stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "no room") {
		t.Errorf("a name without room: %v", err)
	}
}

// TestPagesAreInEveryLanguageOfConsents, and in no other.
func TestPagesAreInEveryLanguageOfConsents(t *testing.T) {
	for _, language := range consent.Languages() {
		c, s := card("José"), slip()
		c.Language, s.Language = language, language
		for _, p := range []maker{c, s} {
			if _, err := p.PDF(); err != nil {
				t.Errorf("%s: %v", language, err)
			}
		}
		if lines, err := c.Responder(); err != nil || len(lines) != 4 {
			t.Errorf("%s: %d lines for who finds the card, %v", language, len(lines), err)
		}
	}
	for _, p := range []maker{paper.Card{Subject: subject(), Language: "tlh"}, paper.Slip{Mark: "KXRT", Facility: "A", Language: ""}, paper.Slip{Facility: "A", Language: "en"}} {
		if _, err := p.SVG(); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%v: %v", p, err)
		}
	}
}

package links

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// TestR38LinksAreFoundInTheirPlace: an import finds each link by what a Patient shows, and
// reads no others.
func TestR38LinksAreFoundInTheirPlace(t *testing.T) {
	w := table(t)
	ana, ben := stele.Subject{1}, stele.Subject{2}
	links := []Link{
		{System: "urn:oid:1", Number: "0047-A", Name: "Şahin, Zoë", Also: []string{"Zoe Alvarez"}, Born: "1961-03-02", Sex: "female", Subject: ana, Firm: true},
		{Number: "4712", Name: "Brand, Ben", Born: "1961", Subject: ben},
		{System: intake.PatientID, Number: "https://lab.example/fhir/Patient/7", Subject: ben},
	}
	check(t, linkRows.Fill(w.book, links))
	of := func(places ...int) (out []intake.Link) {
		for _, i := range places {
			out = append(out, links[i].forIntake())
		}
		return out
	}
	for range 2 { // in the book, and from memory
		look := w.Lookup()
		for what, c := range map[string]struct{ got, want []intake.Link }{
			"number":                {look.Numbered("0047-A"), of(0)},
			"the id of a server":    {look.Numbered(links[2].forIntake().Numbers()[0]), of(2)},
			"no number":             {look.Numbered("4713"), nil},
			"nearly a number":       {look.Near(intake.Near("47a")), of(0)},
			"an id is not mistyped": {look.Near(intake.Near(links[2].Number)), nil},
			"person":                {look.Of(ben), of(1, 2)},
			"birth date":            {look.Born("1961-03-02"), of(0)},
			"name":                  {look.Called(intake.Link{Name: "Zoë ŞAHİN"}.NameKeys()[0]), of(0)},
			"another name":          {look.Called(links[0].forIntake().NameKeys()[1]), of(0)},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("by %s: %s", what, diff)
			}
		}
		if l, firm := look.Firm(intake.SystemKey("urn:OID:1"), ben); !firm || l.Subject != ana {
			t.Errorf("a system is not known: %v", l)
		}
		if _, firm := look.Firm(intake.SystemKey("urn:oid:1"), ana); firm {
			t.Error("a system is known by who does not count")
		}
		check(t, look.Err())
	}
	if keys := (intake.Link{Name: "Ann Lee", Also: []string{"Lee, Ann", ""}}).NameKeys(); len(slices.Compact(keys)) != 1 {
		t.Errorf("one name is %q", keys)
	}
}

// TestWhatCouldNotBeFoundStaysSaid: what is found afterwards does not hide it.
func TestWhatCouldNotBeFoundStaysSaid(t *testing.T) {
	w := table(t)
	ana, ben := stele.Subject{1}, stele.Subject{2}
	check(t, linkRows.Fill(w.book, []Link{{Number: "4712", Subject: ben}}))
	none := &book.Table[string]{Name: "links", Indexes: []*book.Index[string]{book.Equal("subject", func(string) []string { return []string{string(ana[:])} })}}
	check(t, w.book.Change(func(c *book.Change) error { return none.Add(c, "this is no link") }))
	look := w.Lookup()
	look.Of(ana)
	if first := look.Err(); first == nil || len(look.Of(ben)) > 0 || look.Err() != first {
		t.Errorf("a link that can't be read: %v, and then %v", first, look.Err())
	}
}

// TestALinkIsLookedForAsIntakeDoes: the words of its number.
func TestALinkIsLookedForAsIntakeDoes(t *testing.T) {
	for _, c := range []struct {
		link          Link
		numbers, near []string
	}{
		{Link{Number: " 0047-A "}, []string{"0047-A"}, []string{"47a"}},
		{Link{System: "urn:oid:1.2", Number: "47a"}, []string{"47a"}, []string{"47a"}},
		{Link{System: intake.PatientID, Number: "pa"}, []string{"pa"}, nil},
		{
			Link{System: intake.PatientID, Number: "HTTPS://Host.example/fhir/Patient/pa"},
			[]string{intake.Server("https://host.example/fhir") + "/Patient/pa", "HTTPS://Host.example/fhir/Patient/pa"}, nil,
		},
	} {
		if diff := cmp.Diff(c.numbers, numbersOf(c.link)); diff != "" {
			t.Errorf("%v: %s", c.link, diff)
		}
		if diff := cmp.Diff(c.near, nearOf(c.link)); diff != "" {
			t.Errorf("%v: %s", c.link, diff)
		}
	}
}

package fhir

import (
	"fmt"
	"strconv"
)

// A Page is a part of a search's answer. It is whole together with the pages that it
// names, and that name it, as their own address.
type Page struct {
	Self, Next, Previous string // addresses; "" for none
	Issue                Issue  // what is missing where those are not there
}

// page tells whether a search's answer is one page of more.
func (b *bundle) page(doc *document) (p Page, is bool) {
	doc.each(doc.member(0, "link"), func(item int32) {
		url := doc.memberText(item, "url")
		switch doc.memberText(item, "relation") {
		case "self":
			p.Self = url
		case "next":
			p.Next = url
		case "prev", "previous":
			p.Previous = url
		}
	})
	total, err := strconv.Atoi(doc.memberText(0, "total"))
	known, next := err == nil, p.Next != ""
	if !next && !(b.kind == "searchset" && total > b.matches) {
		return p, false
	}
	text := "this is page 1 of more: "
	switch {
	case p.Previous != "":
		text = "this is one page of several: "
	case !next:
		text = "this is a part of what was found: "
	}
	text += fmt.Sprint(b.matches)
	if known {
		text += fmt.Sprint(" of ", total)
	}
	text += " are here"
	if next {
		text += "; fetch the pages that its next link names, and import them too"
	}
	p.Issue = Issue{Resource: b.place + "Bundle", Path: "Bundle.link", Rule: "pages", Text: text, Warning: true}
	return p, true
}

// Missing returns which of the pages of some streams are not whole together.
func Missing(pages []Page) (missing []int) {
	here, named := map[string]bool{}, map[string]bool{}
	for _, p := range pages {
		here[p.Self], named[p.Next] = true, true
	}
	delete(here, "")
	delete(named, "")
	for i, p := range pages {
		after := p.Next == "" || here[p.Next]
		before := p.Previous == "" && p.Next != "" || here[p.Previous] || named[p.Self]
		if !after || !before {
			missing = append(missing, i)
		}
	}
	return missing
}

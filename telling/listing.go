package telling

// listing says a List. What a list says of an item, that it was stopped or taken off,
// stands in brackets behind the item's name, so that it cannot be read with its
// neighbour's.
func (t teller) listing(e *Told, r view) {
	t.tale(e, r)
	items := r.at("entry").list()
	out := asMany(items, restOfAll, t.marked)
	for _, item := range items {
		if item = item.quiet(); item.at("deleted").text() == "yes" {
			continue
		}
		for _, l := range linksOf(item.at("item").list()) {
			if l.Words != "" {
				l.Words = bracketed(l.Words, itemMarks(item))
			}
			e.Lists = append(e.Lists, l)
		}
	}
	e.Value = notesBy("; ", append(out, e.Value)...)
}

// marked says an item of a list; nothing for a bare link of which the list says nothing.
func (t teller) marked(item view) string {
	marks := notes(stanceWithin(item.at("item")), itemMarks(item))
	name := t.refer(item.at("item"))
	if name == "" && marks != "" {
		name = "an item without a name"
	}
	return bracketed(name, marks)
}

// stanceWithin says how what a reference leads to within the record stands, where that is not
// that it holds, or is of its day: nobody else tells it. What was taken back its name says.
func stanceWithin(ref view) string {
	for _, c := range ref.inside() {
		if s := standingOf(c.quiet(), ""); s.is != Holds && s.is != Happened && !retracted(c.quiet()) {
			return s.words
		}
	}
	return ""
}

// itemMarks is what a list says of an item.
func itemMarks(item view) string {
	deleted := ""
	if item.at("deleted").text() == "yes" {
		deleted = "taken off the list"
	}
	return notes(say(item.at("flag")), deleted, sayTime(item.at("date").text()))
}

func bracketed(name, more string) string {
	if name == "" || more == "" {
		return name
	}
	return name + " (" + more + ")"
}

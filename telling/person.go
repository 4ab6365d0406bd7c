package telling

// Person is what a Patient says of whom it is.
type Person struct {
	Words string // name, sex, date of birth, death
	Sex   string // "" for none, or for one that is not known
	Born  string // a day, a month or a year; "" for none
	Died  string // the day of death; "" for none
	Dead  string // "yes" or "no", where no day is given
}

// Person tells who a Patient is.
func (r Record) Person() Person {
	root := r.root.quiet()
	p := Person{Sex: root.at("gender").text(), Born: parseMoment(root.at("birthDate").raw()).Day, Died: parseMoment(root.at("deceasedDateTime").raw()).Day}
	if p.Died == "" {
		p.Dead = root.at("deceasedBoolean").text()
	}
	name := humanName(currentName(root))
	if former := root.at("name"); name == "" && former.at("use").raw() != "anonymous" {
		name = labelled("formerly", humanName(former))
	}
	death := labelled("died", Day(p.Died))
	if p.Dead == "yes" {
		death = "deceased"
	}
	p.Words = notesBy(" · ", name, p.Sex, labelled("born", Day(p.Born)), death)
	if p.Sex == "unknown" {
		p.Sex = ""
	}
	return p
}

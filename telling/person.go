package telling

// Person is what a Patient says of whom it is.
type Person struct {
	Name string // the one they go by now; "" for none
	Sex  string // "" for none, or for one that is not known
	Born string // a day, a month or a year; "" for none
	Died string // the day of death; "" for none
	Dead string // "yes" or "no", where no day is given
}

// Person tells who a Patient is.
func (r Record) Person() Person {
	root := r.root.quiet()
	p := Person{Sex: root.at("gender").text(), Born: parseMoment(root.at("birthDate").raw()).Day, Died: parseMoment(root.at("deceasedDateTime").raw()).Day}
	if p.Died == "" {
		p.Dead = root.at("deceasedBoolean").text()
	}
	p.Name = humanName(currentName(root))
	if former := root.at("name"); p.Name == "" && former.at("use").raw() != "anonymous" {
		p.Name = labelled("formerly", humanName(former))
	}
	if p.Sex == "unknown" {
		p.Sex = ""
	}
	return p
}

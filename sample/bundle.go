package sample

import "strings"

// The kinds of entry, as part of their uuids.
const (
	patientEntry = iota + 1
	organization
	location
	practitioner
	practitionerRole
	encounter
	condition
	medicationRequest
	allergyIntolerance
	immunization
	observation
	diagnosticReport
	procedureEntry
	documentReference
	familyHistory
	device
	consent
	carePlan
)

// scribe writes one chart as one hospital's Bundle.
type scribe struct {
	pen
	*chart
	at       sites
	house    int // 0 or 1: which hospital of the place
	zone     string
	labelled bool // marks sensitive resources in meta.security
	staff    [specialtyCount]bool
}

// appendBundle appends c as the hospital wrote it down.
func appendBundle(dst []byte, c *chart, at sites) []byte {
	s := &scribe{pen: pen{dst}, chart: c, at: at, house: int(at) - 1, zone: places[c.place].zone, labelled: at == first}
	s.obj("")
	s.str("resourceType", "Bundle")
	s.uuid("id", newUUID(c.space, uint64(at)))
	s.str("type", "transaction")
	s.arr("entry")
	s.patient()
	s.organization()
	for n := range c.visits {
		if v := &c.visits[n]; v.at&at != 0 {
			s.staff[v.unit] = true
		}
	}
	s.staff[general] = true
	for u, there := range s.staff {
		if there {
			s.practitioner(specialty(u))
		}
	}
	s.history()
	s.findings()
	s.shut("]}")
	return s.b
}

// id names an entry of this chart at this hospital.
func (s *scribe) id(kind, n int) uuid {
	return newUUID(s.space, uint64(s.at)<<48|uint64(kind)<<32|uint64(n))
}

// houseID names an entry that every chart of the hospital shares.
func (s *scribe) houseID(kind, n int) uuid {
	return newUUID(0x57e1e, uint64(s.place)<<40|uint64(s.house)<<32|uint64(kind)<<8|uint64(n))
}

// begin opens an entry and its resource. d is the day it was recorded.
func (s *scribe) begin(kind string, id uuid, d day, secret string) {
	s.obj("")
	s.key("fullUrl")
	s.b = append(s.b, "\"urn:uuid:"...)
	s.b = id.append(s.b)
	s.b = append(s.b, '"')
	s.obj("resource")
	s.str("resourceType", kind)
	s.uuid("id", id)
	s.obj("meta")
	s.moment("lastUpdated", d, 23*60+30, s.zone)
	if secret != "" && s.labelled {
		s.arr("security")
		s.coding(concept{actCode, secret, ""})
		s.shut("]")
	}
	s.shut("}")
}

// finish closes what begin opened. search, when given, makes the request
// conditional, so that a server keeps one copy of what charts share.
func (s *scribe) finish(kind, search string) {
	s.shut("}")
	s.obj("request")
	s.str("method", "POST")
	s.str("url", kind)
	if search != "" {
		s.str("ifNoneExist", search)
	}
	s.shut("}}")
}

func (s *scribe) subject() { s.ref("subject", s.id(patientEntry, 0)) }

func (s *scribe) self() { s.ref("patient", s.id(patientEntry, 0)) }

// visitRef refers to the visit when this hospital has it.
func (s *scribe) visitRef(n int) {
	if n >= 0 && s.visits[n].at&s.at != 0 {
		s.ref("encounter", s.id(encounter, n))
	}
}

// recorded returns the visit at which this hospital wrote down a fact of visit
// n: n itself, or the one where the history was taken.
func (s *scribe) recorded(n int) int {
	if n >= 0 && s.visits[n].at&s.at != 0 {
		return n
	}
	if s.at == second {
		return s.intake
	}
	return 0
}

func (s *scribe) doctor(n int) uuid { return s.houseID(practitioner, int(s.visits[n].unit)) }

// latin returns the Latin form of a name, native its own.
func latin(name string) string {
	if _, other, ok := strings.Cut(name, "|"); ok {
		return other
	}
	return name
}

func native(name string) string {
	n, _, _ := strings.Cut(name, "|")
	return n
}

func (s *scribe) humanNames(given, family, prefix string) {
	at := &places[s.place]
	s.arr("name")
	write := func(use, script, given, family string) {
		s.obj("")
		if script != "" {
			s.arr("extension")
			s.obj("")
			s.str("url", "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation")
			s.str("valueCode", script)
			s.shut("}]")
		}
		s.str("use", use)
		text := given + " " + family
		if script == "IDE" || at.language == "ko" || at.language == "vi" {
			text = family + " " + given
		}
		if script == "IDE" {
			text = family + given // Chinese and Japanese names have no space
		}
		if prefix != "" {
			text = prefix + " " + text
		}
		s.str("text", text)
		s.str("family", family)
		s.arr("given")
		s.item(given)
		s.shut("]")
		if prefix != "" {
			s.arr("prefix")
			s.item(prefix)
			s.shut("]")
		}
		s.shut("}")
	}
	write("official", at.script, native(given), native(family))
	if at.script != "" {
		write("usual", "ABC", latin(given), latin(family))
	}
	s.shut("]")
}

// slug is the hospital's part of made-up identifier systems.
func (s *scribe) slug() string {
	return "https://hospital-" + places[s.place].language + "-" + string(rune('a'+s.house)) + ".example/"
}

func (s *scribe) identifier(system, value, kind, kindText string) {
	s.arr("identifier")
	s.obj("")
	if kind != "" {
		s.str("use", "usual")
		s.obj("type")
		s.arr("coding")
		s.coding(concept{hl7 + "v2-0203", kind, kindText})
		s.shut("]}")
	}
	s.str("system", system)
	s.str("value", value)
	s.shut("}]")
}

func (s *scribe) number(width int, salt uint64) string {
	n := int(mix(s.space^salt^uint64(s.house)<<60) % uint64(pow10(width)))
	return string(appendPadded(nil, n, width))
}

func (s *scribe) address(k string, house int) {
	at := &places[s.place]
	s.arr(k)
	s.addressItem("", at, house)
	s.shut("]")
}

func (s *scribe) addressItem(k string, at *place, house int) {
	s.obj(k)
	s.arr("line")
	s.item(at.streets[house%len(at.streets)] + " " + string(appendInt(nil, int64(house))))
	s.shut("]")
	s.str("city", at.city)
	s.str("district", at.district)
	s.str("postalCode", at.postal)
	s.str("country", at.country)
	s.shut("}")
}

func (s *scribe) patient() {
	at := &places[s.place]
	s.begin("Patient", s.id(patientEntry, 0), s.lastDay(), "")
	s.identifier(s.slug()+"mrn", "MRN-"+s.mrn[s.at-first], "MR", "Medical record number")
	s.yes("active", s.died == 0)
	s.humanNames(s.given, s.family, "")
	s.arr("telecom")
	s.obj("")
	s.str("system", "phone")
	s.str("value", at.phone+string(appendPadded(nil, int(mix(s.space)%1000), 3)))
	s.str("use", "mobile")
	s.shut("}]")
	s.str("gender", []string{"male", "female"}[boolInt(s.female)])
	s.date("birthDate", s.birth)
	if s.died != 0 {
		s.moment("deceasedDateTime", s.died, 4*60+10, s.zone)
	}
	s.address("address", s.chart.house)
	if s.age(s.end) >= 18 {
		m := []concept{{hl7 + "v3-MaritalStatus", "S", "Never Married"}, {hl7 + "v3-MaritalStatus", "M", "Married"},
			{hl7 + "v3-MaritalStatus", "D", "Divorced"}, {hl7 + "v3-MaritalStatus", "M", "Married"}}
		s.concept("maritalStatus", m[s.marital])
	}
	s.arr("communication")
	s.obj("")
	s.concept("language", concept{"urn:ietf:bcp:47", at.language, at.languageName})
	s.yes("preferred", true)
	s.shut("}]")
	s.ref("managingOrganization", s.houseID(organization, 0))
	s.finish("Patient", "")
}

// lastDay is the last day of the chart on which something can be recorded.
func (s *scribe) lastDay() day { return s.end - 1 }

func (s *scribe) organization() {
	at := &places[s.place]
	s.begin("Organization", s.houseID(organization, 0), s.houseDay(), "")
	s.identifier("https://registry.example/organization", s.slug()[8:len(s.slug())-9], "", "")
	s.yes("active", true)
	s.concepts("type", concept{hl7 + "organization-type", "prov", "Healthcare Provider"})
	s.str("name", at.hospitals[s.house])
	s.address("address", 3+s.house)
	s.finish("Organization", "identifier=https://registry.example/organization|"+s.slug()[8:len(s.slug())-9])

	s.begin("Location", s.houseID(location, 0), s.houseDay(), "")
	s.identifier("https://registry.example/location", s.slug()[8:len(s.slug())-9], "", "")
	s.str("status", "active")
	s.str("name", at.hospitals[s.house])
	s.str("mode", "instance")
	s.concepts("type", concept{hl7 + "v3-RoleCode", "HOSP", "Hospital"})
	s.addressItem("address", at, 3+s.house)
	s.ref("managingOrganization", s.houseID(organization, 0))
	s.finish("Location", "identifier=https://registry.example/location|"+s.slug()[8:len(s.slug())-9])
}

// houseDay dates what belongs to the hospital and not to the chart.
func (s *scribe) houseDay() day { return s.today - 1 }

func (s *scribe) practitioner(u specialty) {
	at := &places[s.place]
	d := newDice(0x57aff, s.place*64+s.house*16+int(u), 3)
	given, family := pick(d, at.women), pick(d, at.families)
	gender := "female"
	if d.chance(500) {
		given, gender = pick(d, at.men), "male"
	}
	number := string(appendPadded(nil, s.place*64+s.house*16+int(u)+1000, 6))
	s.begin("Practitioner", s.houseID(practitioner, int(u)), s.houseDay(), "")
	s.identifier("https://registry.example/practitioner", number, "", "")
	s.yes("active", true)
	s.humanNames(given, family, "Dr.")
	s.str("gender", gender)
	s.finish("Practitioner", "identifier=https://registry.example/practitioner|"+number)

	s.begin("PractitionerRole", s.houseID(practitionerRole, int(u)), s.houseDay(), "")
	s.identifier("https://registry.example/role", number, "", "")
	s.yes("active", true)
	s.ref("practitioner", s.houseID(practitioner, int(u)))
	s.ref("organization", s.houseID(organization, 0))
	s.concepts("code", sct("158965000", "Medical practitioner"))
	s.concepts("specialty", specialties[u])
	s.arr("location")
	s.ref("", s.houseID(location, 0))
	s.shut("]")
	s.finish("PractitionerRole", "identifier=https://registry.example/role|"+number)
}

package intake

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// family is a table in which people are easily taken for each other: twins, a
// father, one whose number has zeros before it, one without a system.
func family() *Table {
	return &Table{Own: []string{north}, Links: []Link{
		{System: north, Number: "5001", Subject: ana, Name: "Keller, Lea", Born: "2019-05-05", Sex: "female", Firm: true},
		{System: north, Number: "5002", Subject: borg, Name: "Keller, Mia", Born: "2019-05-05", Sex: "female", Firm: true},
		{System: north, Number: "004712", Subject: cleo, Name: "Brown, Robert", Born: "1955-12-01", Sex: "male", Firm: true},
		{System: PatientID, Number: "77", Subject: cleo, Name: "Brown, Robert", Born: "1955-12-01", Sex: "male", Firm: true},
	}}
}

func who(id, number, family, given, born, sex string) string {
	p := `{"resourceType":"Patient","id":"` + id + `"`
	if number != "" {
		p += `,"identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"` + north + `","value":"` + number + `"}]`
	}
	p += `,"name":[{"family":"` + family + `","given":["` + given + `"]}]`
	if born != "" {
		p += `,"birthDate":"` + born + `"`
	}
	if sex != "" {
		p += `,"gender":"` + sex + `"`
	}
	return p + "}"
}

// TestR37APatientUnderAnothersNumber asks where a Patient is hardly the one who is
// linked, says what differs where it may be, and is answered by --confirm.
func TestR37APatientUnderAnothersNumber(t *testing.T) {
	nameless := family()
	nameless.Links[0].Name, nameless.Links[0].Born, nameless.Links[0].Sex = "", "", ""
	old := func(given, born string) string {
		return strings.Replace(who("x", "5001", "Keller", given, born, "female"), `"identifier":[`, `"identifier":[{"use":"old","system":"`+north+`","value":"5002"},`, 1)
	}
	baby := family()
	baby.Links[0].Name = "Keller, Baby girl"
	merged := &Table{Own: nameless.Own, Links: nameless.Links, Same: func(a, b stele.Subject) bool { return a == ana && b == borg }}
	for _, c := range []struct {
		name  string
		table *Table
		asked Asked
		files []string
		want  string
		say   string // of entry 0: its refusal, or its note
	}{
		{name: "herself", files: []string{who("x", "5001", "Keller", "Lea", "2019-05-05", "female")}, want: "x>A o>A"},
		{name: "her twin", files: []string{who("x", "5002", "Keller", "Lea", "2019-05-05", "female")}, want: "x! o!", say: "--confirm Patient/x"},
		{name: "her twin, confirmed", asked: Asked{Same: []string{"Patient/x"}}, files: []string{who("x", "5002", "Keller", "Lea", "2019-05-05", "female")}, want: "x>B o>B"},
		{name: "her twin, confirmed by number", asked: Asked{Same: []string{"5002"}}, files: []string{who("x", "5002", "Keller", "Lea", "2019-05-05", "female")}, want: "x>B o>B"},
		{name: "another is confirmed", asked: Asked{Same: []string{"Patient/y", "5001"}}, files: []string{who("x", "5002", "Keller", "Lea", "2019-05-05", "female")}, want: "x! o!"},
		{name: "the id that is confirmed is of two", asked: Asked{Same: []string{"Patient/x"}}, files: []string{who("x", "5002", "Keller", "Lea", "2019-05-05", "female"), who("x", "004712", "Brown", "Kim", "1999-12-01", "male")}, want: "x! o! x!"},
		{name: "a twin without a name yet", files: []string{who("x", "5001", "Keller", "Twin B", "2019-05-05", "")}, want: "x! o!", say: "Another patient"},
		{name: "the number's own name is not known, and another fits", table: nameless, files: []string{who("x", "5001", "Keller", "Mia", "2019-05-05", "female")}, want: "x! o!", say: north + "|5002"},
		{name: "the number's own name is not known, and another fits whose chart is hers, too", table: merged, files: []string{who("x", "5001", "Keller", "Mia", "2019-05-05", "female")}, want: "x>A o>A"},
		{name: "the number's own name is not known", table: nameless, files: []string{who("x", "5001", "Keller", "Tom", "2012-05-05", "male")}, want: "x>A o>A"},
		{name: "she has a name now", table: baby, files: []string{who("x", "5001", "Keller", "Lea", "2019-05-05", "female")}, want: "x>A o>A", say: "another name, one of them a newborn's (Keller, Lea; Keller, Baby girl) than the person linked"},
		{name: "his son", files: []string{who("x", "004712", "Brown", "Robert", "1985-12-01", "male")}, want: "x! o!", say: "another birth date"},
		{name: "a slip", files: []string{who("x", "004712", "Brown", "Robert", "1955-01-12", "male")}, want: "x>C o>C", say: "another birth date"},
		{name: "married", files: []string{who("x", "5001", "Braun", "Lea", "2019-05-05", "female")}, want: "x>A o>A", say: "another family name"},
		{name: "a slip in the sex", files: []string{who("x", "5001", "Keller", "Lea", "2019-05-05", "male")}, want: "x>A o>A", say: "another sex"},
		{name: "another's number of old beside her own", files: []string{old("Lea", "2019-05-05")}, want: "x>A o>A", say: "its old number " + north + "|5002 is another patient's here by now, and was passed over"},
		{name: "another's number of old beside her own, and hardly she", files: []string{old("Tom", "2019-05-05")}, want: "x! o!", say: "different patients: " + north + "|5002 to Keller, Mia; " + north + "|5001 to Keller, Lea"},
		{name: "another's number of old beside her own, born on another day", files: []string{old("Lea", "2019-05-06")}, want: "x! o!", say: "different patients"},
		{name: "two numbers of today", files: []string{strings.Replace(old("Lea", "2019-05-05"), `"use":"old",`, "", 1)}, want: "x! o!", say: "different patients"},
		{name: "white space", files: []string{who("x", " 5001\u00a0", "Keller", "Lea", "2019-05-05", "female")}, want: "x>A o>A"},
		{name: "zeros left out", files: []string{who("x", "4712", "Brown", "Robert", "1955-12-01", "male")}, want: "x! o!", say: "is it " + north + "|004712"},
		{name: "zeros left out, and asked", asked: Asked{Subject: ana}, table: &Table{Own: []string{north}, Links: []Link{family().Links[2]}}, files: []string{who("x", "4712", "Brown", "Robert", "", "male")}, want: "x! o!", say: "nearly " + north + "|004712"},
		{name: "by a linked id", files: []string{who("77", "", "Brown", "Bob", "1955-12-01", "male"), obs("o", of("Patient/77"))}, want: "77>C o>C"},
		{name: "by a linked id, another", files: []string{who("77", "", "Brown", "Robert", "1985-12-01", "male"), obs("o", of("Patient/77"))}, want: "77! o!", say: "--confirm Patient/77"},
		{name: "contained", files: []string{obs("o", `"contained":[`+who("c", "5002", "Keller", "Lea", "2019-05-05", "female")+`],"subject":{"reference":"#c"}`)}, want: "o!", say: "--confirm 5002"},
		{name: "another's number, as no text", asked: Asked{Subject: ana}, files: []string{strings.Replace(who("x", "5002", "Keller", "L.", "2019-05-05", ""), `"5002"`, `5002`, 1)}, want: "x! o!", say: "can't be read: Patient.identifier.value, a JSON number; if it is: --confirm Patient/x"},
		{name: "another's number, in no list", asked: Asked{Subject: ana}, files: []string{`{"resourceType":"Patient","id":"x","identifier":{"system":"` + north + `","value":"5002"}}`}, want: "x! o!", say: "Patient.identifier, a JSON object"},
		{name: "a linked id, and another's number, as no text", files: []string{`{"resourceType":"Patient","id":"77","identifier":[{"system":"` + north + `","value":5002}]}` + "\n" + obs("o", of("Patient/77"))}, want: "77! o!", say: "--confirm Patient/77"},
		{name: "another's name, in no list", files: []string{`{"resourceType":"Patient","id":"x","identifier":[{"system":"` + north + `","value":"5001"}],"name":{"family":"Keller","given":["Mia"]}}`}, want: "x! o!", say: "Patient.name, a JSON object"},
		{name: "a name of DSTU2", files: []string{`{"resourceType":"Patient","id":"x","identifier":[{"system":"` + north + `","value":"5001"}],"name":[{"family":["Keller"],"given":["Lea"]}]}`}, want: "x! o!", say: "Patient.name.family, a JSON array"},
		{name: "a name of DSTU2, confirmed", asked: Asked{Same: []string{"Patient/x"}}, files: []string{`{"resourceType":"Patient","id":"x","identifier":[{"system":"` + north + `","value":"5001"}],"name":[{"family":["Keller"],"given":["Lea"]}]}`}, want: "x>A o>A"},
		{name: "contained, and another's number as no text", files: []string{obs("o", `"contained":[{"resourceType":"Patient","id":"c","identifier":[{"system":"`+north+`","value":5002}]}],"subject":{"reference":"#c","identifier":{"system":"`+north+`","value":"5001"}}`)}, want: "o!", say: "--confirm 5001"},
		{name: "contained, a slip", files: []string{obs("o", `"contained":[`+who("c", "5001", "Keller", "Lea", "2019-05-06", "female")+`],"subject":{"reference":"#c"}`)}, want: "o>A", say: "another birth date"},
		{name: "the number is linked without a system", table: &Table{Links: []Link{{Number: "6001", Subject: ana, Firm: true}}}, files: []string{who("x", "6001", "Keller", "Lea", "", "")}, want: "x! o!", say: "6001 is linked without a system: stele patient system add " + north},
		{name: "a number that stands for none", files: []string{who("x", "N/A", "Keller", "Lea", "", "")}, want: "x! o!", say: `its number "N/A" stands for none`},
		{name: "merged, and the other is not here", files: []string{strings.Replace(who("x", "4700", "Brown", "Robert", "", ""), `"name"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}],"name"`, 1)}, want: "x! o!", say: "replaced by Patient/new, who is not linked here: link 4700"},
		{name: "merged, without a number, and the other is not here", files: []string{strings.Replace(who("x", "", "Brown", "Robert", "", ""), `"name"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}],"name"`, 1)}, want: "x! o!", say: "replaced by Patient/new, who is not linked here: it has no number of its own, so link the number of Patient/new"},
		{name: "merged, without a number, and the other is here", files: []string{strings.Replace(who("x", "", "Keller", "Lea", "2019-05-05", "female"), `"name"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}],"name"`, 1), who("new", "5001", "Keller", "Lea", "2019-05-05", "female")}, want: "x>A o>A new>A", say: "says that it is one person with Patient/new (" + north + "|5001), and so it is taken"},
		{name: "merged, and both are here", files: []string{strings.Replace(who("x", "4700", "Keller", "Lea", "2019-05-05", "female"), `"name"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}],"name"`, 1), who("new", "5001", "Keller", "Lea", "2019-05-05", "female")}, want: "x! o! new>A", say: "4700 is not a number of theirs, but 5001; if it is one, too: stele patient link --mrn 4700"},
		{name: "merged, and they are two here", files: []string{strings.Replace(who("x", "5001", "Keller", "Lea", "2019-05-05", "female"), `"name"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}],"name"`, 1), who("new", "5002", "Keller", "Mia", "2019-05-05", "female")}, want: "x! o! new>B", say: "one person with Patient/new (" + north + "|5002)"},
		{name: "her number, his id", table: &Table{Own: []string{north}, Links: append(family().Links, Link{System: PatientID, Number: "x", Subject: cleo})}, files: []string{who("x", "5001", "Keller", "L.", "2019", "female")}, want: "x>A o>A", say: "its id is linked to another here, "},
		{name: "her number, his id, and hardly she", table: &Table{Own: []string{north}, Links: append(family().Links, Link{System: PatientID, Number: "x", Subject: cleo})}, files: []string{who("x", "5001", "Braun", "Lea", "2019-05-05", "female")}, want: "x! o!", say: "its id another's"},
		{name: "her number, his id, and confirmed", asked: Asked{Same: []string{"Patient/x"}}, table: &Table{Own: []string{north}, Links: append(family().Links, Link{System: PatientID, Number: "x", Subject: cleo})}, files: []string{who("x", "5001", "Braun", "Lea", "2019-05-05", "female")}, want: "x>A o>A", say: "another family name"},
		{name: "linked anew under another name and birth date", table: &Table{Own: []string{north}, Links: append(family().Links, Link{System: "http://ward.example", Number: "7", Subject: ana, Name: "Keller, Lea", Born: "2019-05-06", Sex: "female"})}, files: []string{who("x", "5001", "Keller", "Lea", "2019-05-06", "female")}, want: "x>A o>A"},
		{name: "two people of one number, asked", table: &Table{Own: []string{north}}, asked: Asked{Subject: ana}, files: []string{who("x", "5001", "Keller", "Lea", "2019-05-05", "female"), who("y", "5001", "Brown", "Tom", "1990-05-05", "male")}, want: "x! o! y!", say: "hardly one person"},
		{name: "one person of one number, asked", table: &Table{Own: []string{north}}, asked: Asked{Subject: ana}, files: []string{who("x", "5001", "Keller", "Lea", "2019-05-05", "female"), who("y", "5001", "Braun", "Lea", "2019-05-05", "female")}, want: "x>A o>A y>A"},
		{name: "asked, one unknown beside one who is hardly the one linked", asked: Asked{Subject: stele.Subject{7}}, files: []string{who("x", "7001", "Keller", "Tom", "2019-05-05", "male"), who("y", "5002", "Keller", "Lea", "2019-05-05", "female")}, want: "x! o! y!"},
		{name: "nearly a number of another system", files: []string{strings.Replace(who("x", "4712", "Brown", "Robert", "", ""), north, "http://south.example", 1)}, want: "x! o!", say: "its patient is not linked here: Patient/x (http://south.example|4712)."},
		{name: "a pseudonym", files: []string{strings.Replace(who("x", "5001", "Falcon", "Blue", "2019-05-05", "female"), `"family"`, `"use":"anonymous","family"`, 1)}, want: "x>A o>A"},
		{name: "a son by his suffix", files: []string{strings.Replace(who("x", "004712", "Brown", "Robert", "", "male"), `"given"`, `"suffix":["Jr."],"given"`, 1)}, want: "x>C o>C", say: "another suffix"},
		{name: "a separator that a shell reads", files: []string{who("x", "0047;12", "Brown", "Robert", "", "")}, want: "x! o!", say: "--mrn '0047;12' --system " + north + " --did "},
		{name: "asked, and its words name another", asked: Asked{Subject: ana}, files: []string{obs("o", `"subject":{"reference":"Patient/78","display":"Brown, Robert"}`)}, want: "o!", say: "--confirm Patient/78"},
		{name: "asked, and one word does", asked: Asked{Subject: ana}, files: []string{obs("o", `"subject":{"reference":"Patient/78","display":"Robert"}`)}, want: "o!"},
		{name: "asked, its words name another, confirmed", asked: Asked{Subject: ana, Same: []string{"Patient/78"}}, files: []string{obs("o", `"subject":{"reference":"Patient/78","display":"Brown, Robert"}`)}, want: "o>A"},
		{name: "asked, and its words name her", asked: Asked{Subject: ana}, files: []string{obs("o", `"subject":{"reference":"Patient/78","display":"LEA K."}`)}, want: "o>A"},
		{name: "asked, and its words name nobody", asked: Asked{Subject: ana}, files: []string{obs("o", `"subject":{"reference":"Patient/78","display":"Patient 78"}`)}, want: "o>A"},
		{name: "words against the Patient who is here", files: []string{who("y", "5001", "Keller", "Lea", "2019-05-05", "female"), obs("o", `"subject":{"reference":"Patient/y","display":"Robert Brown"}`)}, want: "y>A o!"},
		{name: "words that agree with her maiden name here", files: []string{who("y", "5001", "Braun", "Lea", "2019-05-05", "female"), obs("o", `"subject":{"reference":"Patient/y","display":"Braun, L."}`)}, want: "y>A o>A", say: "another family name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.table == nil {
				c.table = family()
			}
			if strings.Contains(c.files[0], `"id":"x"`) {
				c.files[0] = lines(c.files[0], obs("o", of("Patient/x")))
			}
			p, entries := plan(t, c.table, c.asked, c.files...)
			if got := tell(p, entries); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			v := p.Of(0, 0)
			if said := v.Refused.String() + v.Note; !strings.Contains(said+".", c.say) || c.say == "" && v.Note != "" {
				t.Errorf("it says %q, want %q", said, c.say)
			}
		})
	}
}

// TestR37WhatWorldsFound are the worlds of TestR37NobodyGetsAnothersRecord, made small, in
// which something went astray.
func TestR37WhatWorldsFound(t *testing.T) {
	mrn := func(id, name string, numbers ...string) string {
		return `{"resourceType":"Patient","id":"` + id + `"` + name + `,"identifier":[` + strings.Join(numbers, ",") + `]}`
	}
	number := func(value, more string) string {
		return `{"system":"` + north + `","value":"` + value + `"` + more + `}`
	}
	calls := func(words string) string {
		return obs("o", `"subject":{"reference":"Patient/x","display":"`+words+`"}`)
	}
	named := func(family, given, more string) string {
		return `,"name":[{"family":"` + family + `","given":["` + given + `"]}]` + more
	}
	baby := family()
	baby.Links[0].Name = "Keller, Baby girl"
	bare := &Table{Own: []string{north}, Links: []Link{{System: north, Number: "5001", Subject: ana, Firm: true}}}
	for _, c := range []struct {
		name  string
		table *Table
		asked Asked
		file  string
		want  string
	}{
		{"an initial is no part of a name", family(), Asked{}, lines(mrn("x", named("Keller", "L.", ""), number("5001", "")), calls("Borg, Lena")), "x>A o!"},
		{"an initial in the words", family(), Asked{}, lines(mrn("x", named("Keller", "L.", ""), number("5001", "")), calls("L. Keller")), "x>A o>A"},
		{"a newborn's name is not any name", baby, Asked{}, lines(mrn("x", named("Keller", "Lea", `,"birthDate":"2019-05-05"`), number("5001", "")), calls("Keller, Nora")), "x>A o!"},
		{"a newborn's name, once it has one", baby, Asked{}, lines(mrn("x", named("Keller", "Lea", `,"birthDate":"2019-05-05"`), number("5001", "")), calls("Keller, Lea")), "x>A o>A"},
		{"two who had one number, one of them before", &Table{Own: []string{north}}, Asked{Subject: ana}, lines(mrn("x", "", number("2", `,"use":"old"`), number("1", "")), mrn("y", "", number("2", ""))), "x! y!"},
		{"one contained, who had the other's number before", &Table{Own: []string{north}}, Asked{Subject: ana}, lines(mrn("y", "", number("2", "")), obs("o", `"contained":[`+mrn("c", "", number("2", `,"use":"old"`), number("1", ""))+`],"subject":{"reference":"#c"}`)), "y! o!"},
		{"another's name and birth date, but for the sex", &Table{Own: []string{north}, Links: family().Links[2:3]}, Asked{Subject: borg}, lines(mrn("x", named("Brown", "Robert", `,"birthDate":"1955-12-01","gender":"female"`)), calls("")), "x! o!"},
		{"another's number without its system", bare, Asked{Subject: borg}, lines(mrn("x", "", `{"value":"5001"}`), calls("")), "x! o!"},
	} {
		p, entries := plan(t, c.table, c.asked, strings.Replace(c.file, `,"display":""`, "", 1))
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: %s, want %s: %s", c.name, got, c.want, p.Of(0, 0).Refused.String()+p.Of(0, 1).Refused.String())
		}
	}
}

// TestR37ANameNamesSomebody: by what names nobody no wrong number is noticed.
func TestR37ANameNamesSomebody(t *testing.T) {
	for text, is := range map[string]bool{
		"Alvar, Ana": true, "Şule": true, "李": true, "Ng": true, "Baby Girl Okafor": true, "O'Neil": true, "علي": true, "आशा": true,
		"": false, "---": false, "…": false, "\u0301\u0302": false, "\u200d": false, "?, ?": false, "' ,": false, "Unknown, Unknown": false, "n/a": false, "Mr. Dr.": false, "\U0001f600": false,
	} {
		if Names(text) != is {
			t.Errorf("%q names somebody: %t, want %t", text, !is, is)
		}
	}
}

// TestR37OneServersIdIsNotAnothers asks for one person, where files name a Patient
// of the same id on two servers.
func TestR37OneServersIdIsNotAnothers(t *testing.T) {
	on := func(server, id, who string) string {
		return `{"fullUrl":"https://` + server + `.example/Observation/` + id + `","resource":` + obs(id, of(who)) + `}`
	}
	a := []string{"https://a.example"}
	for _, c := range []struct {
		name  string
		own   []string
		asked Asked
		file  string
		want  string
	}{
		{"one server", nil, Asked{Subject: ana}, bundle("collection", on("a", "o", "Patient/1"), on("a", "p", "https://a.example/Patient/1")), "o>A p>A"},
		{"relative, on two servers", nil, Asked{Subject: ana}, bundle("collection", on("a", "o", "Patient/1"), on("b", "p", "Patient/1")), "o! p!"},
		{"absolute, on another", nil, Asked{Subject: ana}, bundle("collection", on("a", "o", "Patient/1"), on("a", "p", "https://b.example/Patient/1")), "o! p!"},
		{"absolute, and of no server", nil, Asked{Subject: ana}, lines(obs("o", of("Patient/1")), obs("p", of("https://b.example/Patient/1"))), "o! p!"},
		{"called, on two servers", nil, Asked{Subject: ana, Called: []string{"Patient/1"}}, bundle("collection", on("a", "o", "Patient/1"), on("b", "p", "Patient/1")), "o! p!"},
		{"called with its server", nil, Asked{Subject: ana, Called: []string{"https://a.example/Patient/1"}}, bundle("collection", on("a", "o", "Patient/1"), on("b", "p", "Patient/1")), "o>A p!"},
		{"called, and another server's", nil, Asked{Subject: ana, Called: []string{"Patient/1"}}, lines(obs("o", of("Patient/1")), obs("p", of("https://b.example/Patient/1"))), "o>A p!"},
		{"called, on two other servers", nil, Asked{Subject: ana, Called: []string{"Patient/1"}}, lines(obs("o", of("https://a.example/Patient/1")), obs("p", of("https://b.example/Patient/1"))), "o! p!"},
		{"called with its server, written otherwise", nil, Asked{Subject: ana, Called: []string{"https://a.example/Patient/1"}}, lines(obs("o", of("Patient/1")), obs("p", of("HTTPS://A.example:443/Patient/1"))), "o! p>A"},
		{"called, and the files' server is said", nil, Asked{Subject: ana, Called: []string{"Patient/1"}, Server: "https://a.example"}, lines(obs("o", of("Patient/1")), obs("p", of("https://a.example/Patient/1"))), "o>A p>A"},
		{"called, and an absolute one is the only", nil, Asked{Subject: ana, Called: []string{"Patient/1"}}, lines(obs("o", of("https://b.example/Patient/1"))), "o!"},
		{"called, and another is the own", a, Asked{Subject: ana, Called: []string{"Patient/1"}}, bundle("collection", on("b", "o", "Patient/1")), "o!"},
		{"called with its server, and another is the own", a, Asked{Subject: ana, Called: []string{"https://b.example/Patient/1"}}, bundle("collection", on("b", "o", "Patient/1")), "o>A"},
		{"called on the own, and on another", a, Asked{Subject: ana, Called: []string{"Patient/1"}}, bundle("collection", on("a", "o", "Patient/1"), on("b", "p", "Patient/1")), "o>A p!"},
		{"called, and another is said to be theirs", nil, Asked{Subject: ana, Called: []string{"Patient/1"}, Server: "https://b.example"}, lines(obs("o", of("Patient/1"))), "o>A"},
		{"two servers' of one number", nil, Asked{Subject: ana}, bundle("collection", `{"fullUrl":"https://a.example/Patient/1","resource":{"resourceType":"Patient","id":"1","identifier":[{"system":"x","value":"7"}]}}`,
			`{"fullUrl":"https://b.example/Patient/1","resource":{"resourceType":"Patient","id":"1","identifier":[{"system":"x","value":"7"}]}}`, on("a", "o", "Patient/1"), on("b", "p", "Patient/1")), "1! 1! o! p!"},
	} {
		p, entries := plan(t, &Table{Links: []Link{{Number: "1", Subject: ana}}, Own: c.own}, c.asked, c.file)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s: %s", c.name, got, c.want, p.Of(0, 0).Refused.String())
		}
	}
}

// TestR37EasyToGetWrong goes through references, Patients and records of which it
// is easy to get wrong whose they are.
func TestR37EasyToGetWrong(t *testing.T) {
	relative := `{"resourceType":"RelatedPerson","id":"rp","patient":{"reference":"Patient/pb"}}`
	group := `{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/pa"}}]}`
	contained := func(p string) string { return `"contained":[` + p + `]` }
	for _, c := range []struct {
		name  string
		asked Asked
		files []string
		want  string
	}{
		{"newborn under its mother's number", Asked{}, []string{lines(who("nb", "MA-1", "Alvar", "Baby Girl", "2026-11-01", "female"), obs("o", of("Patient/nb")))}, "nb! o!"},
		{"newborn without a number, its mother here", Asked{}, []string{lines(patientA, who("nb", "", "Alvar", "Baby Girl", "2026-11-01", "female"), obs("o", of("Patient/nb")), obs("p", ""))}, "pa>A nb! o! p!"},
		{"newborn, asked for its mother", Asked{Subject: ana}, []string{lines(who("nb", "", "Alvar", "Baby Girl", "2026-11-01", "female"), obs("o", of("Patient/nb")))}, "nb! o!"},
		{"newborn, asked for its mother, who is here", Asked{Subject: ana}, []string{lines(patientA, who("nb", "", "Alvar", "Baby Girl", "2026-11-01", "female"), obs("o", of("Patient/nb")))}, "pa>A nb! o!"},
		{"a relative as subject", Asked{Subject: ana}, []string{lines(relative, obs("o", of("RelatedPerson/rp")))}, "rp>A o!"},
		{"a relative who is not here as subject", Asked{Subject: ana}, []string{lines(obs("o", of("RelatedPerson/rp")))}, "o!"},
		{"a group of one", Asked{Subject: ana}, []string{lines(patientA, group, obs("o", of("Group/g")))}, "pa>A g>A o!"},
		{"a doctor as subject", Asked{Subject: ana}, []string{lines(obs("o", of("Practitioner/x")), `{"resourceType":"Practitioner","id":"x"}`)}, "o! x?"},
		{"a contained Patient with the id of another", Asked{}, []string{lines(patientA, obs("o", contained(strings.Replace(patientB, `"pb"`, `"pa"`, 1))+`,"subject":{"reference":"#pa"}`))}, "pa>A o>B"},
		{"a contained Patient, and another's identifier", Asked{}, []string{lines(obs("o", contained(patientA)+`,"subject":{"reference":"#pa","identifier":{"system":"`+north+`","value":"MB-1"}}`))}, "o!"},
		{"a contained Patient, and his own identifier", Asked{}, []string{lines(obs("o", contained(patientB)+`,"subject":{"reference":"#pb","identifier":{"system":"`+north+`","value":"MB-1"}}`))}, "o>B"},
		{"a contained Patient, and another's words", Asked{}, []string{lines(obs("o", contained(patientA)+`,"subject":{"reference":"#pa","display":"Borg, Ben"}`))}, "o!"},
		{"a contained Patient, and her own words", Asked{}, []string{lines(obs("o", contained(patientA)+`,"subject":{"reference":"#pa","display":"Alvar A."}`))}, "o>A"},
		{"a contained Patient who is not referred to", Asked{}, []string{lines(obs("o", contained(patientA)+`,"subject":{"reference":"Patient/pa"}`))}, "o!"},
		{"identifiers of two people", Asked{}, []string{lines(`{"resourceType":"Patient","id":"two","identifier":[{"system":"`+north+`","value":"MA-1"},{"system":"`+north+`","value":"MB-1"}]}`, obs("o", of("Patient/two")))}, "two! o!"},
		{"conditional, without a system", Asked{}, []string{lines(patientA, obs("o", of("Patient?identifier=MB-1")), obs("p", of("Patient?identifier=|MB-1")), obs("q", of("/Patient?identifier="+north+"|MB-1")))}, "pa>A o! p! q>B"},
		{"conditional, by more", Asked{}, []string{lines(patientA, obs("o", of("Patient?identifier="+north+"|MA-1&identifier="+north+"|MB-1")), obs("p", of("Patient?identifier:exact="+north+"|MB-1")), obs("q", of("Patient?IDENTIFIER="+north+"|MB-1")))}, "pa>A o! p! q!"},
		{"conditional, of another type", Asked{Subject: ana}, []string{lines(obs("o", of("Person?identifier="+north+"|MB-1")), obs("p", of("Patient?_id=pb")))}, "o! p!"},
		{"written otherwise, two people", Asked{}, []string{lines(patientA, patientB, obs("o", of("Patient%2Fpb")), obs("p", of("Patient/p%62")), obs("q", of("patient/pb")), obs("r", of("Patient/pb/")), obs("s", of("/Patient/pb")), obs("t", of("./Patient/pb")))}, "pa>A pb>B o! p! q! r! s>B t>B"},
		{"written otherwise, one of them here", Asked{Subject: ana}, []string{lines(patientA, obs("o", of("Patient%2Fpb")), obs("p", of("Patient/p%62")), obs("q", of("patient/pb")), obs("r", of("Patient/pb/")), obs("s", of("/Patient/pb")), obs("t", of("./Patient/pb")))}, "pa>A o! p! q! r! s! t!"},
		{"fragments", Asked{}, []string{lines(patientA, patientB, obs("o", of("Patient/pb#x")), obs("p", of("#pa")), obs("q", of("#")))}, "pa>A pb>B o! p! q!"},
		{"queries", Asked{}, []string{lines(patientA, patientB, obs("o", of("Patient/pb?_format=json")), obs("p", of("http://x/Patient/pb?x=1")))}, "pa>A pb>B o! p!"},
		{"types that do not fit", Asked{}, []string{lines(patientA, obs("p", `"subject":{"type":"Group","identifier":{"system":"`+north+`","value":"MB-1"}}`), obs("q", `"subject":{"type":"http://hl7.org/fhir/StructureDefinition/Patient","identifier":{"system":"`+north+`","value":"MB-1"}}`))}, "pa>A p! q!"},
		{"asked, and another's identifier", Asked{Subject: ana}, []string{lines(obs("o", `"subject":{"reference":"Patient/77","identifier":{"system":"`+north+`","value":"MB-1"}}`), obs("p", `"subject":{"reference":"http://other/Patient/77","identifier":{"system":"`+north+`","value":"MA-1"}}`))}, "o! p>A"},
		{"her reference, an unknown number in her system", Asked{}, []string{lines(patientA, obs("o", `"subject":{"reference":"Patient/pa","identifier":{"system":"`+north+`","value":"MX-9"}}`))}, "pa>A o!"},
		{"an organ and its donor", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"BiologicallyDerivedProduct","id":"bdp","collection":{"source":{"reference":"Patient/pb"}}}`, `{"resourceType":"Procedure","id":"tx",`+of("Patient/pa")+`,"usedReference":[{"reference":"BiologicallyDerivedProduct/bdp"}]}`)}, "pa>A pb>B bdp! tx>A"},
		{"an organ of a donor who is not here", Asked{}, []string{lines(patientA, `{"resourceType":"BiologicallyDerivedProduct","id":"bdp","collection":{"source":{"reference":"Patient/zz"}}}`)}, "pa>A bdp!"},
		{"a linkage of two", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"Linkage","id":"l","item":[{"type":"source","resource":{"reference":"Patient/pa"}},{"type":"alternate","resource":{"reference":"Patient/pb"}}]}`)}, "pa>A pb>B l!"},
		{"an answer about another", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"QuestionnaireResponse","id":"qr",`+of("Patient/pa")+`,"item":[{"answer":[{"valueReference":{"reference":"Patient/pb"}}]}]}`)}, "pa>A pb>B qr>A"},
		{"a claim for another's encounter", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"Claim","id":"cl","patient":{"reference":"Patient/pa"},"insurance":[{"coverage":{"reference":"Coverage/c"}}],"item":[{"encounter":[{"reference":"Encounter/e"}]}]}`, `{"resourceType":"Encounter","id":"e",`+of("Patient/pb")+`}`, `{"resourceType":"Coverage","id":"c","beneficiary":{"reference":"Patient/pb"}}`)}, "pa>A pb>B cl! e>B c>B"},
		{"a message about another", Asked{}, []string{bundle("message", `{"resourceType":"MessageHeader","id":"mh","focus":[{"reference":"Patient/pb"}]}`, patientA, obs("o", ""))}, "mh! pa>A o>A"},
		{"a list of patients", Asked{}, []string{lines(patientA, `{"resourceType":"List","id":"li","entry":[{"item":{"reference":"Patient/pb"}}]}`, `{"resourceType":"List","id":"lj","entry":[{"item":{"reference":"Patient/pa"}},{"item":{"reference":"Patient/pb"}}]}`)}, "pa>A li! lj!"},
		{"a section about another", Asked{}, []string{bundle("document", `{"resourceType":"Composition","id":"c",`+of("Patient/pa")+`,"section":[{"focus":{"reference":"Patient/pb"},"entry":[{"reference":"Observation/o"}]}]}`, patientA, patientB, obs("o", ""))}, "c>A pa>A pb>B o!"},
		{"a section about herself", Asked{}, []string{bundle("document", `{"resourceType":"Composition","id":"c",`+of("Patient/pa")+`,"section":[{"focus":{"reference":"Patient/pa"},"entry":[{"reference":"Observation/o"}]}]}`, patientA, patientB, obs("o", ""))}, "c>A pa>A pb>B o>A"},
		{"Parameters", Asked{}, []string{lines(patientA, `{"resourceType":"Parameters","id":"x","parameter":[{"name":"p","resource":`+obs("i", of("Patient/pb"))+`}]}`)}, "pa>A i!"},
		{"an old number that is another's now", Asked{}, []string{lines(`{"resourceType":"Patient","id":"a","identifier":[{"use":"old","system":"`+north+`","value":"MB-1"},{"system":"`+north+`","value":"MA-1"}]}`, obs("o", of("Patient/a")))}, "a! o!"},
		{"not active", Asked{}, []string{lines(strings.Replace(patientA, `"id"`, `"active":false,"id"`, 1), obs("o", of("Patient/pa")))}, "pa>A o>A"},
		{"an extension about another", Asked{}, []string{lines(patientA, obs("o", `"extension":[{"url":"http://x/patient","valueReference":{"reference":"Patient/pb"}}]`))}, "pa>A o!"},
		{"empty subjects", Asked{}, []string{lines(patientA, obs("o", `"subject":{}`), obs("p", `"subject":{"reference":""}`), obs("q", `"subject":{"display":""}`))}, "pa>A o! p! q!"},
		{"a list for a subject", Asked{}, []string{lines(patientA, obs("o", `"subject":[{"reference":"Patient/pb"}]`))}, "pa>A o!"},
		{"urn:oid", Asked{}, []string{bundle("collection", `{"fullUrl":"urn:oid:1.2.3","resource":`+patientA+`}`, obs("o", of("urn:oid:1.2.3")), obs("p", of("urn:oid:1.2.4")), obs("q", of("URN:UUID:1")))}, "pa>A o>A p! q!"},
		{"ids differ by case", Asked{}, []string{lines(patientA, obs("o", of("Patient/PA")))}, "pa>A o!"},
		{"one fullUrl of two", Asked{}, []string{bundle("collection", `{"fullUrl":"urn:uuid:1","resource":`+patientA+`}`, `{"fullUrl":"urn:uuid:1","resource":`+patientB+`}`, obs("o", of("urn:uuid:1")))}, "pa>A pb>B o!"},
		{"fullUrl and id of two", Asked{}, []string{bundle("collection", `{"fullUrl":"http://x/Patient/pb","resource":`+patientA+`}`, `{"fullUrl":"http://x/Patient/pa","resource":`+patientB+`}`, obs("o", of("http://x/Patient/pb")), `{"fullUrl":"http://x/Observation/p","resource":`+obs("p", of("Patient/pb"))+`}`)}, "pa>A pb>B o! p!"},
		{"fullUrl and id are not one", Asked{Subject: cleo}, []string{bundle("collection", `{"fullUrl":"http://x/Patient/1","resource":{"resourceType":"Patient","id":"2"}}`, obs("o", of("Patient/1")), obs("p", of("Patient/2")))}, "2! o! p!"},
		{"a specimen within that is another's", Asked{}, []string{lines(patientA, obs("o", `"contained":[{"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/pb"}}],"specimen":{"reference":"#s"}`))}, "pa>A o!"},
		{"a subject in an extension, who is another", Asked{}, []string{lines(patientA, obs("o", `"extension":[{"url":"http://x.example/subject","valueReference":{"reference":"Patient/pb"}}]`))}, "pa>A o!"},
		{"of a device of his, in her encounter", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"Device","id":"d","patient":{"reference":"Patient/pb"}}`, `{"resourceType":"Encounter","id":"e",`+of("Patient/pa")+`}`, obs("o", of("Device/d")+`,"encounter":{"reference":"Encounter/e"}`))}, "pa>A pb>B d>B e>A o!"},
		{"her system, and more behind it", Asked{}, []string{lines(strings.Replace(patientA, `/mrn"`, `/mrn#x"`, 1), strings.Replace(patientB, `/mrn"`, `/mrn?x=1"`, 1))}, "pa! pb!"},
		{"his Patient of her id in a Bundle within", Asked{}, []string{bundle("collection", patientA, bundle("collection", strings.Replace(patientB, `"pb"`, `"pa"`, 1), obs("o", of("Patient/pa"))), obs("p", of("Patient/pa")))}, "pa>A pa>B o>B p>A"},
		{"a document of nobody, with another's record in a section", Asked{}, []string{bundle("document", `{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","id":"c","section":[{"entry":[{"reference":"Observation/o"}]}]}}`, obs("o", of("Patient/pb")), patientA)}, "c! o! pa>A"},
		{"no known allergy of nobody, beside a stranger", Asked{}, []string{lines(patientA, `{"resourceType":"List","id":"l","status":"current","mode":"snapshot","emptyReason":{"coding":[{"code":"nilknown"}]}}`, obs("s", of("Patient/zz")))}, "pa>A l! s!"},
		{"both numbers, and one confirmed", Asked{Same: []string{"MA-1"}}, []string{lines(`{"resourceType":"Patient","id":"x","identifier":[{"system":"`+north+`","value":"MA-1"},{"system":"`+north+`","value":"MB-1"}]}`, obs("o", of("Patient/x")))}, "x! o!"},
		{"put at her linked id, without one, and his number", Asked{}, []string{lines(patientA), bundle("transaction", `{"fullUrl":"urn:uuid:1","resource":`+strings.Replace(patientB, `"id":"pb",`, "", 1)+`,"request":{"method":"PUT","url":"Patient/pa"}}`, `{"resource":`+obs("o", of("Patient/pa"))+`,"request":{"method":"POST","url":"Observation"}}`)}, "pa>A entry0>B o>B"},
		{"at the fullUrl of her id, without one, and his number", Asked{}, []string{lines(patientA), bundle("collection", `{"fullUrl":"https://x.example/Patient/pa","resource":`+strings.Replace(patientB, `"id":"pb",`, "", 1)+`}`, `{"fullUrl":"https://x.example/Observation/o","resource":`+obs("o", of("Patient/pa"))+`}`)}, "pa>A entry0>B o>B"},
		{"put where another is", Asked{}, []string{bundle("transaction", `{"fullUrl":"urn:uuid:1","resource":`+patientA+`,"request":{"method":"PUT","url":"Patient/pb"}}`, `{"resource":`+obs("o", of("Patient/pb"))+`,"request":{"method":"POST","url":"Observation"}}`)}, "pa! o!"},
		{"a contained relative as subject", Asked{Subject: ana}, []string{lines(patientA, obs("o", contained(`{"resourceType":"RelatedPerson","id":"mum","patient":{"reference":"Patient/pa"}}`)+`,"subject":{"reference":"#mum"}`))}, "pa>A o!"},
		{"a contained relative as subject, in answers", Asked{}, []string{lines(patientA, `{"resourceType":"QuestionnaireResponse","id":"o",`+contained(`{"resourceType":"RelatedPerson","id":"mum","patient":{"reference":"Patient/pa"}}`)+`,"subject":{"reference":"#mum"}}`)}, "pa>A o!"},
		{"a contained group, person or doctor as subject", Asked{}, []string{lines(patientA, obs("o", contained(`{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/pa"}}]}`)+`,"subject":{"reference":"#g"}`),
			obs("p", contained(`{"resourceType":"Person","id":"h","link":[{"target":{"reference":"Patient/pa"}}]}`)+`,"subject":{"reference":"#h"}`), obs("q", contained(`{"resourceType":"Practitioner","id":"d"}`)+`,"subject":{"reference":"#d"}`))}, "pa>A o! p! q!"},
		{"a contained specimen of a contained relative", Asked{}, []string{lines(patientA, `{"resourceType":"Media","id":"o",`+contained(`{"resourceType":"Specimen","id":"s","subject":{"reference":"#mum"}},{"resourceType":"RelatedPerson","id":"mum","patient":{"reference":"Patient/pa"}}`)+`,"subject":{"reference":"#s"}}`)}, "pa>A o!"},
		{"a contained specimen of her own", Asked{}, []string{lines(patientA, `{"resourceType":"Media","id":"o",`+contained(`{"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/pa"}}`)+`,"subject":{"reference":"#s"}}`)}, "pa>A o>A"},
		{"performed by her contained mother", Asked{}, []string{lines(patientA, obs("o", contained(`{"resourceType":"RelatedPerson","id":"mum","patient":{"reference":"Patient/pa"}}`)+`,"subject":{"reference":"Patient/pa"},"performer":[{"reference":"#mum"}]`))}, "pa>A o>A"},
		{"another Patient in a contained Bundle", Asked{}, []string{lines(patientA, obs("o", contained(`{"resourceType":"Bundle","id":"b","type":"collection","entry":[{"resource":`+patientB+`}]}`)+`,"subject":{"reference":"Patient/pa"}`))}, "pa>A o!"},
		{"another Patient in contained Parameters", Asked{}, []string{lines(patientA, obs("o", contained(`{"resourceType":"Parameters","id":"b","parameter":[{"name":"p","part":[{"name":"q","resource":`+patientB+`}]}]}`)+`,"subject":{"reference":"Patient/pa"}`))}, "pa>A o!"},
		{"contained Parameters without one", Asked{}, []string{lines(patientA, obs("o", contained(`{"resourceType":"Parameters","id":"b","parameter":[{"name":"p","valueString":"Patient"}]}`)+`,"subject":{"reference":"Patient/pa"}`))}, "pa>A o>A"},
		{"two contained Patients of one id", Asked{}, []string{lines(obs("o", contained(strings.Replace(patientA, `"pa"`, `"p"`, 1)+","+strings.Replace(patientB, `"pb"`, `"p"`, 1))+`,"subject":{"reference":"#p"}`))}, "o!"},
		{"two contained things of one id", Asked{}, []string{lines(patientA, obs("o", contained(`{"resourceType":"Specimen","id":"s"},{"resourceType":"Device","id":"s"}`)+`,"subject":{"reference":"Patient/pa"},"specimen":{"reference":"#s"}`))}, "pa>A o!"},
		{"a contained Patient, and an unknown number of her system", Asked{}, []string{lines(obs("o", contained(patientA)+`,"subject":{"reference":"#pa","identifier":{"system":"`+north+`","value":"MX-9"}}`))}, "o!"},
		{"a contained stranger, and her number", Asked{}, []string{lines(obs("o", contained(`{"resourceType":"Patient","id":"x","identifier":[{"system":"`+north+`","value":"MX-9"}]}`)+`,"subject":{"reference":"#x","identifier":{"system":"`+north+`","value":"MA-1"}}`))}, "o!"},
		{"a contained Patient without number, and her identifier", Asked{}, []string{lines(obs("o", contained(`{"resourceType":"Patient","id":"x"}`)+`,"subject":{"reference":"#x","identifier":{"system":"`+north+`","value":"MA-1"}}`))}, "o>A"},
		{"names nobody, and another is contained at rest", Asked{}, []string{lines(patientA, patientB, obs("o", contained(patientB)), obs("p", contained(patientA)))}, "pa>A pb>B o! p!"},
		{"names her, and another is contained at rest", Asked{}, []string{lines(patientA, obs("o", contained(patientB)+`,"subject":{"reference":"Patient/pa"}`), obs("p", contained(`{"resourceType":"Patient","id":"z"}`)))}, "pa>A o! p!"},
		{"names her, who is contained at rest, too", Asked{}, []string{lines(patientA, obs("o", contained(patientA)+`,"subject":{"reference":"Patient/pa"}`))}, "pa>A o>A"},
		{"answers of an unknown number of the own system", Asked{}, []string{lines(patientA, `{"resourceType":"QuestionnaireResponse","id":"o","source":{"identifier":{"system":"`+north+`","value":"MX-9"}}}`, `{"resourceType":"QuestionnaireResponse","id":"p","source":{"identifier":{"system":"http://doctors.example","value":"MX-9"}}}`)}, "pa>A o! p>A"},
		{"one fullUrl of a Patient and of another's record", Asked{}, []string{bundle("collection", `{"fullUrl":"urn:uuid:1","resource":`+patientA+`}`, `{"fullUrl":"urn:uuid:1","resource":`+obs("z", of("Patient/pb"))+`}`, obs("o", of("urn:uuid:1")))}, "pa>A z! o!"},
		{"deleted, and made anew under its id", Asked{}, []string{bundle("transaction", entry("urn:uuid:1", "PUT", patientA), `{"request":{"method":"DELETE","url":"Observation/o"}}`, `{"resource":`+obs("o", of("Patient/pa"))+`,"request":{"method":"POST","url":"Observation"}}`)}, "pa>A -Observation/o> o>A"},
		{"deleted, and another's made under its id", Asked{}, []string{bundle("batch", entry("urn:uuid:1", "PUT", patientA), entry("urn:uuid:2", "PUT", patientB), `{"request":{"method":"DELETE","url":"Observation/o"}}`, `{"resource":`+obs("o", of("Patient/pb"))+`,"request":{"method":"POST","url":"Observation"}}`)}, "pa>A pb>B -Observation/o> o>B"},
		{"deleted, and another one's fullUrl, with that id", Asked{}, []string{bundle("transaction", entry("urn:uuid:1", "PUT", patientA), `{"request":{"method":"DELETE","url":"Observation/o"}}`, entry("urn:uuid:2", "POST", obs("o", of("Patient/pa"))))}, "pa>A -Observation/o> o>A"},
		{"deleted elsewhere, beside one that shows no server", Asked{}, []string{lines(patientA, obs("o", of("Patient/pa"))), bundle("history", `{"fullUrl":"http://other.example/fhir/Observation/o","request":{"method":"DELETE","url":"Observation/o"}}`)}, "pa>A o>A entry0!"},
		{"deleted on the server that is said, beside one that shows none", Asked{Server: "http://other.example/fhir"}, []string{lines(patientA, obs("o", of("Patient/pa"))), bundle("history", `{"fullUrl":"http://other.example/fhir/Observation/o","request":{"method":"DELETE","url":"Observation/o"}}`)}, "pa>A o>A -Observation/o>A"},
		{"deleted, and put again", Asked{}, []string{bundle("transaction", entry("urn:uuid:1", "PUT", patientA), `{"request":{"method":"DELETE","url":"Observation/o"}}`, `{"resource":`+obs("o", of("Patient/pa"))+`,"request":{"method":"PUT","url":"Observation/o"}}`)}, "pa>A -Observation/o+>A o>A"},
		{"a medicine that contains a Patient at rest", Asked{}, []string{lines(patientA, `{"resourceType":"Medication","id":"o",`+contained(patientB)+`}`)}, "pa>A o!"},
		{"a picture that another's document shows", Asked{}, []string{lines(patientA, `{"resourceType":"Binary","id":"b","contentType":"image/png"}`), lines(patientB, `{"resourceType":"DocumentReference","id":"d",`+of("Patient/pb")+`,"content":[{"attachment":{"url":"Binary/b"}}]}`)}, "pa>A b>B pb>B d>B"},
		{"a picture that two documents show", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"Binary","id":"b","contentType":"image/png"}`, `{"resourceType":"DocumentReference","id":"d",`+of("Patient/pb")+`,"content":[{"attachment":{"url":"Binary/b"}}]}`, `{"resourceType":"Media","id":"e",`+of("Patient/pa")+`,"content":{"url":"Binary/b"}}`)}, "pa>A pb>B b! d>B e>A"},
		{"a picture by fullUrl", Asked{}, []string{bundle("collection", patientA, patientB, `{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Binary","id":"b","contentType":"image/png"}}`, `{"resourceType":"Consent","id":"d","patient":{"reference":"Patient/pb"},"sourceAttachment":{"url":"urn:uuid:1"}}`)}, "pa>A pb>B b>B d>B"},
		{"a document of nobody, its picture elsewhere", Asked{}, []string{lines(patientA, `{"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"url":"https://pacs.example/Binary/b"}}]}`)}, "pa>A d>A"},
		{"a link whose reference and identifier differ", Asked{}, []string{lines(patientA, `{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"Patient/pa","identifier":{"system":"`+north+`","value":"MB-1"}}}]}`, obs("o", of("Patient/x")))}, "pa>A x! o!"},
		{"a link whose identifier is nobody's in her system", Asked{}, []string{lines(patientA, `{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"Patient/pa","identifier":{"system":"`+north+`","value":"MX-9"}}}]}`, obs("o", of("Patient/x")))}, "pa>A x! o!"},
		{"a link whose identifier is hers", Asked{}, []string{lines(patientA, `{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"Patient/pa","identifier":{"system":"`+north+`","value":"MA-1"}}}]}`, obs("o", of("Patient/x")))}, "pa>A x>A o>A"},
		{"a link to a relative by reference, with a number", Asked{}, []string{lines(`{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"RelatedPerson/r","identifier":{"system":"`+north+`","value":"MA-1"}}}]}`, obs("o", of("Patient/x")))}, "x! o!"},
		{"a link to a relative by a search, with a number", Asked{}, []string{lines(`{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"RelatedPerson?identifier=1","identifier":{"system":"`+north+`","value":"MA-1"}}}]}`, obs("o", of("Patient/x")))}, "x! o!"},
		{"replaced by two", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"Patient/pa"}},{"type":"replaced-by","other":{"reference":"Patient/pb"}}]}`, obs("o", of("Patient/x")))}, "pa>A pb>B x! o!"},
		{"replaced by each other", Asked{Subject: ana}, []string{lines(`{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"Patient/y"}}]}`, `{"resourceType":"Patient","id":"y","link":[{"type":"replaced-by","other":{"reference":"Patient/x"}}]}`, obs("o", of("Patient/x")))}, "x! y! o!"},
		{"between two who replace it", Asked{}, []string{lines(strings.Replace(patientA, `"id"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/x"}}],"id"`, 1), strings.Replace(patientB, `"id"`, `"link":[{"type":"replaces","other":{"reference":"Patient/x"}}],"id"`, 1), `{"resourceType":"Patient","id":"x"}`, obs("o", of("Patient/x")))}, "pa>A pb>B x! o!"},
		{"replaced on another server by one of that id", Asked{}, []string{lines(patientA), ofServer("collection", "http://other.example/fhir", `{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"reference":"Patient/pa"}}]}`, obs("o", of("Patient/x")))}, "pa>A x! o!"},
		{"searches for more than a number", Asked{}, []string{lines(patientA, obs("a", of("Patient?identifier="+north+"|MA-1&_id=pb")), obs("b", of("Patient?identifier="+north+"|MA-1&identifier="+north+"|MB-1")), obs("c", of("Patient?identifier="+north+"|MA-1;x=1")),
			obs("d", of("Patient?identifier="+north+"|MA-1|MB-1")), obs("e", of("Patient?identifier:not="+north+"|MA-1")), obs("f", of("Patient?identifier="+north+"%7CMA-1%2CMB-1")), obs("g", of("Patient?identifier="+north+"|MA-1#x")))}, "pa>A a! b! c! d! e! f! g!"},
		{"subjects that are none", Asked{}, []string{lines(patientA, obs("a", `"subject":{}`)), lines(patientA, obs("b", `"subject":null`)), lines(patientA, obs("c", `"subject":"Patient/pb"`)), lines(patientA, obs("d", `"subject":{"reference":7}`)), lines(patientA, obs("e", `"patient":{"reference":"Patient/pb"}`)),
			lines(patientA, obs("f", `"subject":{"identifier":{"value":""}}`)), lines(patientA, obs("g", `"subject":{"Reference":"Patient/pa"}`))}, "pa>A a! pa>A b! pa>A c! pa>A d! pa>A e! pa>A f! pa>A g!"},
		{"a number with a hyphen that is another", Asked{}, []string{lines(strings.Replace(patientA, "MA-1", "MA\u20111", 1), obs("o", of("Patient/pa"))), lines(strings.Replace(patientB, "MB-1", "M\u0412-1", 1)), lines(strings.Replace(patientB, "MB-1", "MB-\uff11", 1)), lines(strings.Replace(patientB, "MB-1", "MB\u200b-1", 1))}, "pa! o! pb! pb! pb!"},
		{"a fullUrl of him, and her id", Asked{}, []string{bundle("collection", `{"fullUrl":"https://x.example/Patient/pb","resource":`+patientA+`}`, `{"fullUrl":"https://x.example/Observation/a","resource":`+obs("a", of("https://x.example/Patient/pb"))+`}`, obs("b", of("Patient/pa")), obs("c", of("Patient/pb")))}, "pa>A a! b! c!"},
		{"an id in other letters", Asked{}, []string{lines(strings.Replace(patientA, `"pa"`, `"PA"`, 1), obs("a", of("Patient/pa")), obs("b", of("Patient/PA")))}, "PA>A a! b>A"},
		{"a linkage of both", Asked{}, []string{lines(patientA, patientB, `{"resourceType":"Linkage","id":"l","item":[{"type":"source","resource":{"reference":"Patient/pa"}},{"type":"alternate","resource":{"reference":"Patient/pb"}}]}`)}, "pa>A pb>B l!"},
		{"an audit, a provenance, a linkage of who is not here", Asked{}, []string{lines(patientA, `{"resourceType":"AuditEvent","id":"e","entity":[{"what":{"reference":"Patient/zz"}}]}`, `{"resourceType":"Provenance","id":"v","target":[{"reference":"Patient/zz"}]}`, `{"resourceType":"Linkage","id":"l","item":[{"type":"source","resource":{"reference":"Patient/pa"}},{"type":"alternate","resource":{"reference":"Patient/zz"}}]}`)}, "pa>A e! v! l!"},
		{"a link to a relative with a number", Asked{}, []string{lines(`{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by","other":{"type":"RelatedPerson","identifier":{"system":"`+north+`","value":"MA-1"}}}]}`, obs("o", of("Patient/x")))}, "x! o!"},
		{"a number that was hers, and one that is nobody's", Asked{}, []string{lines(`{"resourceType":"Patient","id":"a","identifier":[{"use":"old","system":"`+north+`","value":"MA-1"},{"system":"`+north+`","value":"MX-9"}]}`, obs("o", of("Patient/a")))}, "a! o!"},
		{"a number of hers that ended, and one that is nobody's", Asked{}, []string{lines(`{"resourceType":"Patient","id":"a","identifier":[{"period":{"end":"2001-01-01"},"system":"`+north+`","value":"MA-1"},{"system":"`+north+`","value":"MX-9"}]}`, obs("o", of("Patient/a")))}, "a! o!"},
		{"named by a number that she had once", Asked{}, []string{lines(`{"resourceType":"Patient","id":"a","identifier":[{"period":{"end":"2001-01-01"},"system":"`+north+`","value":"MX-9"},{"system":"`+north+`","value":"MA-1"}]}`, obs("o", `"subject":{"identifier":{"system":"`+north+`","value":"MX-9"}}`))}, "a>A o!"},
		{"a number of hers that ended, alone", Asked{}, []string{lines(`{"resourceType":"Patient","id":"a","identifier":[{"period":{"end":"2001-01-01"},"system":"` + north + `","value":"MA-1"}]}`)}, "a>A"},
		{"her number, and one that ended", Asked{}, []string{lines(`{"resourceType":"Patient","id":"a","identifier":[{"period":{"end":"2001-01-01"},"system":"` + north + `","value":"MX-9"},{"use":"old","system":"` + north + `","value":"MX-8"},{"system":"` + north + `","value":"MA-1"}]}`)}, "a>A"},
		{"her system, written otherwise", Asked{}, []string{lines(`{"resourceType":"Patient","id":"a","identifier":[{"system":"HTTPS://North.Example:443/mrn/","value":"MA-1"}]}`, obs("o", `"subject":{"identifier":{"system":"HTTP://North.example/mrn","value":"MB-1"}}`))}, "a>A o>B"},
		{"made unless there is one", Asked{}, []string{bundle("transaction", `{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","name":[{"family":"X"}]},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=`+north+`|MB-1"}}`, `{"resource":`+obs("o", of("urn:uuid:1"))+`,"request":{"method":"POST","url":"Observation"}}`)}, "entry0! o!"},
	} {
		p, entries := plan(t, table(), c.asked, c.files...)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			for f := range entries {
				for i := range entries[f] {
					t.Logf("%d.%d %+v", f, i, p.Of(f, i))
				}
			}
		}
	}
}

// TestR37OwnLogTakesNobodysOnly imports for the organisation's own log: what names or
// mentions a patient is refused, whoever that is, and whatever is linked or said.
func TestR37OwnLogTakesNobodysOnly(t *testing.T) {
	stranger := `{"resourceType":"Patient","id":"px","identifier":[{"system":"` + north + `","value":"MX-9"}]}`
	answers := func(who string) string {
		return `{"resourceType":"QuestionnaireResponse","id":"q","source":{` + who + `}}`
	}
	for _, c := range []struct {
		name  string
		asked Asked
		files []string
		want  string
	}{
		{"nobody's", Asked{Subject: cleo}, []string{lines(obs("o", ""), `{"resourceType":"Organization","id":"w"}`)}, "o>C w>C"},
		{"of a Patient who is not linked", Asked{Subject: cleo}, []string{lines(stranger, obs("o", of("Patient/px")), obs("n", ""))}, "px! o! n!"},
		{"of one who has no number", Asked{Subject: cleo}, []string{lines(`{"resourceType":"Patient","id":"px"}`, obs("o", of("Patient/px")))}, "px! o!"},
		{"of one who is not in the files", Asked{Subject: cleo}, []string{lines(obs("o", of("Patient/px")))}, "o!"},
		{"of one who is called", Asked{Subject: cleo, Called: []string{"Patient/px"}}, []string{lines(obs("o", of("Patient/px")))}, "o!"},
		{"of one who is linked", Asked{Subject: cleo}, []string{lines(patientA, obs("o", of("Patient/pa")), obs("n", ""))}, "pa! o! n!"},
		{"of one who is linked to the organisation", Asked{}, []string{lines(strings.Replace(stranger, "MX-9", "MC-1", 1), obs("o", of("Patient/px")), obs("n", `"subject":{"identifier":{"system":"`+north+`","value":"MC-1"}}`))}, "px! o! n!"},
		{"replaced by one who is linked to the organisation", Asked{Subject: cleo}, []string{lines(`{"resourceType":"Patient","id":"px","link":[{"type":"replaced-by","other":{"identifier":{"system":"`+north+`","value":"MC-1"}}}]}`, obs("o", of("Patient/px")))}, "px! o!"},
		{"mentions one who is not here", Asked{Subject: cleo}, []string{lines(answers(`"reference":"Patient/px"`))}, "q!"},
		{"mentions one by words", Asked{Subject: cleo}, []string{lines(answers(`"type":"Patient","display":"Ana"`))}, "q!"},
		{"mentions one by a number", Asked{Subject: cleo}, []string{lines(answers(`"identifier":{"system":"` + north + `","value":"MA-1"}`))}, "q!"},
		{"mentions one by a search", Asked{Subject: cleo}, []string{lines(answers(`"reference":"Patient?identifier=` + north + `|MA-1"`))}, "q!"},
		{"mentions a doctor", Asked{Subject: cleo}, []string{lines(answers(`"reference":"Practitioner/x"`), obs("o", `"performer":[{"display":"Dr X"},{"type":"Practitioner","identifier":{"value":"7"}}]`))}, "q>C o>C"},
		{"mentions perhaps one", Asked{Subject: cleo}, []string{lines(answers(`"identifier":{"value":"7"}`)), lines(answers(`"reference":"urn:uuid:7"`))}, "q! q!"},
		{"contains one who wrote it", Asked{Subject: cleo}, []string{lines(`{"resourceType":"QuestionnaireResponse","id":"q","contained":[` + stranger + `],"source":{"reference":"#px"}}`)}, "q!"},
		{"contains one", Asked{Subject: cleo}, []string{lines(`{"resourceType":"Basic","id":"q","contained":[` + stranger + `]}`)}, "q!"},
		{"hangs together with what mentions one", Asked{Subject: cleo}, []string{lines(answers(`"reference":"Patient/px"`), `{"resourceType":"Provenance","id":"v","target":[{"reference":"QuestionnaireResponse/q"}]}`)}, "q! v!"},
		{"audits", Asked{Subject: cleo}, []string{lines(`{"resourceType":"AuditEvent","id":"q","entity":[{"what":{"reference":"Patient/pa"}}]}`)}, "q!"},
	} {
		links := table()
		links.Links = append(links.Links, Link{System: north, Number: "MC-1", Subject: cleo, Firm: true}) // by an earlier release
		c.asked.Organisation = cleo
		p, entries := plan(t, links, c.asked, c.files...)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestR44AManyNamedPatientIsComparedSoon gives a Patient more names, of more words, than
// anybody has.
func TestR44AManyNamedPatientIsComparedSoon(t *testing.T) {
	var many Demographics
	for range 2000 {
		many.Names = append(many.Names, strings.Repeat("x y ", 20000)+"Alvar")
	}
	start := time.Now()
	many.Differs(Demographics{Names: []string{strings.Repeat("a b ", 20000)}})
	many.Differs(many)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestR37ANumberWithoutSystemIsOneServers reads files of several servers, where numbers
// have no system, and ids are linked: both count on the organisation's own only.
func TestR37ANumberWithoutSystemIsOneServers(t *testing.T) {
	const own, other = "http://north.example/fhir", "http://other.example/fhir"
	bare := `{"resourceType":"Patient","id":"9","identifier":[{"value":"4711"}]}`
	one := `{"resourceType":"Patient","id":"1","identifier":[{"value":"4711"}]}`
	for _, c := range []struct {
		name  string
		asked Asked
		file  string
		want  string
	}{
		{"here", Asked{}, lines(bare, obs("o", of("Patient/9")), obs("p", `"subject":{"identifier":{"value":"4711"}}`), obs("q", of("Patient?identifier=4711")), obs("r", of("Patient?identifier=%7C4711"))), "9>A o>A p>A q>A r>A"},
		{"on the own server", Asked{}, ofServer("collection", own, bare, obs("o", of("Patient/9")), obs("p", of("HTTP://North.example:80/fhir/Patient?identifier=4711"))), "9>A o>A p>A"},
		{"on another", Asked{}, ofServer("collection", other, bare, obs("o", of("Patient/9")), obs("p", `"subject":{"identifier":{"value":"4711"}}`), obs("q", of("Patient?identifier=4711"))), "9! o! p! q!"},
		{"on another, which is said", Asked{Server: other}, lines(bare, obs("o", of("Patient/9"))), "9! o!"},
		{"on another, which another entry shows", Asked{}, bundle("collection", bare, `{"fullUrl":"`+other+`/Observation/o","resource":`+obs("o", of("Patient/9"))+`}`), "9! o!"},
		{"on another, contained", Asked{}, ofServer("collection", other, obs("o", `"contained":[{"resourceType":"Patient","id":"c","identifier":[{"value":"4711"}]}],"subject":{"reference":"#c"}`)), "o!"},
		{"a linked id, at which another is put without one", Asked{}, bundle("transaction", `{"fullUrl":"urn:uuid:1","resource":`+strings.Replace(patientB, `"id":"pb",`, "", 1)+`,"request":{"method":"PUT","url":"Patient/pa"}}`, `{"resource":`+obs("o", of("Patient/pa"))+`,"request":{"method":"POST","url":"Observation"}}`), "entry0! o!"},
		{"a linked id, which is another's by its fullUrl", Asked{}, bundle("collection", `{"fullUrl":"`+own+`/Patient/pa","resource":`+strings.Replace(patientB, `"id":"pb",`, "", 1)+`}`, `{"fullUrl":"`+own+`/Observation/o","resource":`+obs("o", of("Patient/pa"))+`}`), "entry0! o!"},
		{"a linked id, in a Bundle that another keeps", Asked{}, `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"` + other + `/Bundle/b","resource":` + bundle("collection", obs("o", of("Patient/pa"))) + `}]}`, "o!"},
		{"a linked id, in a Bundle beside another's record", Asked{}, `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"` + other + `/Observation/p","resource":` + obs("p", of("Patient/pa")) + `},{"resource":` + bundle("collection", obs("o", of("Patient/pa"))) + `}]}`, "p! o!"},
		{"a linked id, in a Bundle that the own server keeps", Asked{}, `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"` + own + `/Bundle/b","resource":` + bundle("collection", obs("o", of("Patient/pa"))) + `}]}`, "o>A"},
		{"a linked id, in the own server's Bundle that another keeps", Asked{}, `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"` + other + `/Bundle/b","resource":` + ofServer("collection", own, obs("o", of("Patient/pa"))) + `}]}`, "o>A"},
		{"a linked id, in what another answers", Asked{}, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + obs("o", of("Patient/pa")) + `}],"link":[{"relation":"self","url":"` + other + `/Observation?patient=1"}]}`, "o!"},
		{"a linked id, in what the own server answers", Asked{}, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"` + own + `?_getpages=1"}],"entry":[{"resource":` + obs("o", of("Patient/pa")) + `}]}`, "o>A"},
		{"a linked id, written in other ways", Asked{}, lines(obs("a", of("Patient/pa/")), obs("b", of(" Patient/pa")), obs("c", of("Patient/pa#x")), obs("d", of("other/Patient/pa")), obs("e", of("//other.example/fhir/Patient/pa")), obs("f", of("ftp://other.example/Patient/pa")), obs("g", of("../Patient/pa")), obs("h", of("Patient?_id=pa")), obs("i", of("patient/pa"))), "a! b! c! d! e! f! g! h! i!"},
		{"asked of another", Asked{}, lines(obs("o", of(other+"/Patient?identifier=4711")), obs("p", of(other+"/Patient?identifier=%7C4711"))), "o! p!"},
		{"two Patients of one number on two servers", Asked{Subject: cleo}, bundle("collection", `{"fullUrl":"http://x.example/Patient/9","resource":{"resourceType":"Patient","id":"9","identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"5"}]}}`,
			`{"fullUrl":"http://y.example/Observation/o","resource":`+obs("o", `"subject":{"identifier":{"type":{"coding":[{"code":"MR"}]},"value":"5"}}`)+`}`), "9! o!"},
		{"a linked id, here", Asked{}, lines(obs("o", of("Patient/pa")), obs("p", of(own+"/Patient/pa"))), "o>A p>A"},
		{"a linked id, on another server", Asked{}, bundle("collection", obs("o", of("Patient/pa")), `{"fullUrl":"`+other+`/Observation/p","resource":`+obs("p", of("Patient/pa"))+`}`), "o! p!"},
		{"an id linked with its server", Asked{}, lines(obs("o", of("HTTPS://Lab.example:443/Patient/pl")), obs("p", of("Patient/pl"))), "o>A p!"},
		{"another server's, beside the own Patient", Asked{}, lines(one, obs("o", of("Patient/1")), obs("p", of(other+"/Patient/1"))), "1>A o>A p!"},
		{"another server's alone, beside a Patient known by an own number", Asked{}, lines(one, obs("p", of(other+"/Patient/1"))), "1>A p!"},
		{"the own server's, beside the own Patient", Asked{}, lines(one, obs("o", of("Patient/1")), obs("p", of(own+"/Patient/1"))), "1>A o>A p>A"},
		{"another server's, named by its own record", Asked{}, lines(patientA, bundle("collection", `{"fullUrl":"`+other+`/Observation/p","resource":`+obs("p", of(other+"/Patient/pa"))+`}`)), "pa>A p!"},
		{"another server's, which all name", Asked{}, lines(patientA, obs("p", of(other+"/Patient/pa"))), "pa>A p>A"},
		{"asked, and another server's", Asked{Subject: ana}, lines(`{"resourceType":"Patient","id":"1"}`, obs("o", of("Patient/1")), obs("p", of(other+"/Patient/1"))), "1! o! p!"},
		{"a linked id, and another's number in a system written otherwise", Asked{}, lines(`{"resourceType":"Patient","id":"pa","identifier":[{"type":{"coding":[{"code":"PI"}]},"system":"HTTP://North.example/mrn/","value":"MX-9"}]}`, obs("o", of("Patient/pa"))), "pa! o!"},
	} {
		links := table()
		links.Own = append(links.Own, own)
		links.Links = append(links.Links, Link{Number: "4711", Subject: ana, Firm: true}, Link{System: PatientID, Number: "pa", Subject: ana}, Link{System: PatientID, Number: "https://lab.example/Patient/pl", Subject: ana})
		p, entries := plan(t, links, c.asked, c.file)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

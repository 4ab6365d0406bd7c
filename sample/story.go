package sample

// Story returns the charts of the one person whom the demo follows, as hospital
// A and hospital B hold them on 2026-11-01. The bytes never depend on anything.
//
// Elena Marchetti, born 1978-05-14, lives in Bologna. Penicillin gave her an
// anaphylaxis in 2009. A narrow mitral valve and atrial fibrillation are why
// she takes warfarin, with INR controls; she is treated for high blood pressure
// and an underactive thyroid too. Since 2024 she has seen a psychiatrist at
// hospital A for a depression, which she does not want to share: those records
// carry PSY and are in A's chart only. Hospital B met her once in an emergency
// in 2025 and wrote down part of the same facts.
func Story() (hospitalA, hospitalB []byte) {
	c := elena()
	return appendBundle(nil, c, first), appendBundle(nil, c, second)
}

// mitralStenosis is Elena's alone: in the drawn charts atrial fibrillation comes
// with age.
var mitralStenosis = course{code: sct("79619009", "Mitral valve stenosis"), follow: 12, unit: cardiology,
	done: []concept{sct("40701008", "Echocardiography")}, plan: "Echocardiography once a year; warfarin stays, no direct anticoagulant with this valve."}

// courseOf returns the course with a SNOMED CT code.
func courseOf(code string) *course {
	for i := range courses {
		if courses[i].code.code == code {
			return &courses[i]
		}
	}
	panic("sample: no course " + code)
}

// allergyOf returns the index of the allergy with a SNOMED CT code.
func allergyOf(code string) int {
	for i := range allergies {
		if allergies[i].code.code == code {
			return i
		}
	}
	panic("sample: no allergy " + code)
}

func elena() *chart {
	c := &chart{d: newDice(1978, 514, 1), space: mix(19780514), mrn: [2]string{"22497745", "02334428"}, today: civil(2026, 11, 1), end: civil(2026, 11, 1), since: civil(2021, 9, 6), pacemaker: -1, intake: -1}
	c.person = person{place: 0, female: true, given: "Elena", family: "Marchetti", birth: civil(1978, 5, 14), house: 27, marital: 1, height: 1660, smoker: exSmoker}
	c.settle()
	c.reactions = []reaction{
		{at: first, kind: allergyOf("91936005"), onset: civil(2009, 2, 11), severe: true, reacted: civil(2009, 2, 11)},
		{at: first, kind: allergyOf("293586001"), onset: civil(2015, 6, 2), reacted: civil(2015, 6, 2)},
		{at: first, kind: allergyOf("232350006"), onset: civil(1991, 10, 20), reacted: civil(2022, 4, 3)},
	}
	c.relatives = []relative{
		{first, concept{hl7 + "v3-RoleCode", "MTH", "mother"}, courseOf("59621000").code, 51},
		{first, concept{hl7 + "v3-RoleCode", "FTH", "father"}, sct("230690007", "Cerebrovascular accident"), 66},
	}
	ill := func(co *course, onset day, severity uint8) {
		c.problems = append(c.problems, problem{at: first, code: co.code, course: co, onset: onset, visit: -1, severity: severity, secret: co.secret, plan: co.plan})
	}
	ill(&mitralStenosis, civil(2019, 3, 18), 1)
	ill(courseOf("49436004"), civil(2022, 5, 9), 1)
	ill(courseOf("59621000"), civil(2020, 11, 2), 1)
	ill(courseOf("40930008"), civil(2016, 1, 25), 0)
	ill(courseOf("370143000"), civil(2024, 2, 12), 1)
	c.catch(boutOf("44465007"), civil(2023, 7, 14))
	c.catch(boutOf("68566005"), civil(2025, 1, 20))
	c.schedule()
	c.attend()
	c.immunize()
	c.secondHospital(newDice(1978, 514, 2))
	c.tellElsewhere()
	return c
}

// boutOf returns the acute problem with a SNOMED CT code.
func boutOf(code string) *bout {
	for i := range bouts {
		if bouts[i].code.code == code {
			return &bouts[i]
		}
	}
	panic("sample: no bout " + code)
}

// tellElsewhere makes sure that the facts the demo shows twice stand in both
// charts: the penicillin allergy, the fibrillation, the warfarin.
func (c *chart) tellElsewhere() {
	c.reactions[0].at |= second
	c.problems[1].at |= second
	for i := range c.medicines {
		if c.medicines[i].drug == warfarin5 {
			c.medicines[i].at |= second
		}
	}
}

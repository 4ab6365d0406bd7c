package sample

// chart is one person's life as facts, before a hospital writes it down. Facts
// refer to each other by index; at says which hospitals recorded them.
type chart struct {
	person
	space      uint64    // of this person's uuids
	mrn        [2]string // digits of the number at the first and at the second hospital
	today      day       // nothing is on or after it
	end        day       // death or today
	since      day       // start of the first hospital's records
	visits     []visit
	problems   []problem
	medicines  []medicine
	reactions  []reaction
	doses      []dose
	readings   []reading
	reports    []report
	procedures []procedure
	notes      []note
	relatives  []relative
	pacemaker  int // index into procedures of its implantation; -1 for none
	directive  day // of an advance directive; 0 for none
	intake     int // the visit at which the second hospital took the history; -1 for none
	base       [measureCount]int64
	d          *dice
}

// sites are the hospitals that recorded a fact.
type sites uint8

const (
	first  sites = 1
	second sites = 2
)

type person struct {
	place         int
	female        bool
	given, family string // "native|latin" or Latin alone
	birth         day
	died          day // 0: alive
	street        int
	house         int
	marital       int
	height        int64 // adult, in millimetres
	smoker        int64
}

type visitKind uint8

const (
	checkup visitKind = iota
	wellChild
	diagnosis
	followUp
	acute
	urgent
	prenatal
	delivery
)

type visit struct {
	at      sites
	day     day
	minute  int
	length  int // minutes; for inpatients days follow in nights
	nights  int
	kind    visitKind
	problem int // -1 for none
	unit    specialty
	secret  string
}

type problem struct {
	at       sites
	code     concept
	course   *course
	onset    day
	abate    day // 0: goes on
	visit    int
	acute    bool
	severity uint8
	secret   string
	plan     string
}

type medicine struct {
	at      sites
	drug    drugName
	start   day
	stop    day // 0: goes on
	visit   int
	problem int
	secret  string
}

type reaction struct {
	at      sites
	kind    int
	onset   day
	visit   int
	severe  bool
	reacted day // date of the last reaction
}

type dose struct {
	at   sites
	shot shot
	day  day
	lot  int
}

type reading struct {
	at     sites
	what   measureName
	value  int64
	value2 int64 // diastolic pressure
	visit  int
	secret string
}

type report struct {
	at       sites
	panel    panelName
	visit    int
	from, to int // readings
	secret   string
}

type procedure struct {
	at      sites
	code    concept
	day     day
	visit   int
	problem int
	secret  string
}

type note struct {
	at    sites
	visit int
}

type relative struct {
	at      sites
	role    concept
	problem concept
	age     int
}

// has reports whether a problem with the effect was there on d.
func (c *chart) has(e effect, d day) bool { return c.began(e, d) != 0 }

// began returns the onset of the earliest problem with the effect that was
// there on d, or 0.
func (c *chart) began(e effect, d day) day {
	var best day
	for i := range c.problems {
		p := &c.problems[i]
		if p.course == nil || p.course.effect&e == 0 || p.onset > d || (p.abate != 0 && p.abate <= d) {
			continue
		}
		if best == 0 || p.onset < best {
			best = p.onset
		}
	}
	return best
}

// allergic reports whether medicines of the family are out of the question.
func (c *chart) allergic(f allergen) bool {
	if f == noAllergen {
		return false
	}
	for i := range c.reactions {
		if allergies[c.reactions[i].kind].medicines == f {
			return true
		}
	}
	return false
}

// takes reports whether any of the drugs is taken on d.
func (c *chart) takes(d day, names ...drugName) bool {
	for i := range c.medicines {
		m := &c.medicines[i]
		if m.start > d || (m.stop != 0 && m.stop <= d) {
			continue
		}
		for _, n := range names {
			if m.drug == n {
				return true
			}
		}
	}
	return false
}

func (c *chart) age(d day) int { return d.yearsSince(c.birth) }

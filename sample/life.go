package sample

import "slices"

// live makes up the index-th person of a seed: who it is, what happens to the
// person, and what the first hospital wrote down. The second hospital's part
// comes from dice of its own.
func live(seed uint64, index int, ref day) *chart {
	c := &chart{d: newDice(seed, index, 1), space: spaceOf(seed, index), mrn: [2]string{numberOf(seed, index), numberOf(^seed, index)}, today: ref, end: ref, pacemaker: -1, intake: -1}
	c.beBorn()
	c.growUp()
	c.fallIll()
	c.schedule()
	c.attend()
	c.immunize()
	c.secondHospital(newDice(seed, index, 2))
	return c
}

// spaceOf gives each person of a seed a space of uuids of their own: mix loses
// nothing, so that two persons never have one.
func spaceOf(seed uint64, index int) uint64 { return mix(mix(seed) + uint64(index)) }

// numberOf gives each person of a seed a number that no other of them has: steps that
// are prime to the number of numbers come to each of them once. Of more than a hundred
// million people the further ones have longer numbers.
func numberOf(seed uint64, index int) string {
	const all, step = 100_000_000, 61_803_399
	i := uint64(index)
	n := (mix(seed)%all + i%all*step) % all
	number := string(appendPadded(nil, int(n), 8))
	if over := i / all; over > 0 {
		number += string(appendInt(nil, int64(over)))
	}
	return number
}

func pick[T any](d *dice, from []T) T { return from[d.n(len(from))] }

func (c *chart) beBorn() {
	d := c.d
	c.place = d.n(len(places))
	at := &places[c.place]
	c.female = d.chance(510)
	c.given = pick(d, at.men)
	if c.female {
		c.given = pick(d, at.women)
	}
	c.family = pick(d, at.families)
	c.street, c.house = d.n(len(at.streets)), d.between(1, 180)
	age := d.between(18, 92)
	if d.chance(180) {
		age = d.n(18)
	}
	c.birth = c.today.addMonths(-12*age) - day(d.between(20, 360))
	if age > 60 && d.chance((age-55)*5) {
		c.died = c.today - day(d.between(40, 700))
		c.end = c.died
	}
	c.marital = d.n(4)
	c.height = int64(d.between(1650, 1920))
	if c.female {
		c.height -= 120
	}
	c.smoker = []int64{neverSmoked, neverSmoked, exSmoker, dailySmoker}[d.n(4)]
}

// growUp fixes what changes little in a life: the person's own normal values,
// when the records begin, the family, the allergies.
func (c *chart) growUp() {
	d := c.d
	c.settle()
	c.since = max(c.birth, c.end-day(d.between(3*365, 6*365)))
	if c.age(c.end) < 18 {
		c.since = c.birth
	}
	for i := range allergies {
		a := &allergies[i]
		if !d.chance(a.permille) || c.age(c.end) <= a.from+1 {
			continue
		}
		onset := c.birth.addMonths(12*d.between(a.from, min(c.age(c.end)-1, a.from+25))) + day(d.n(300))
		onset = min(onset, c.end-60)
		c.reactions = append(c.reactions, reaction{at: first, kind: i, onset: onset, severe: d.chance(350), reacted: onset + day(d.n(int(c.end-onset)-30))})
	}
	roles := []concept{{hl7 + "v3-RoleCode", "MTH", "mother"}, {hl7 + "v3-RoleCode", "FTH", "father"}}
	for _, role := range roles {
		if c.age(c.end) >= 20 && d.chance(600) {
			ill := []concept{courses[0].code, courses[1].code, courses[4].code, sct("230690007", "Cerebrovascular accident")}
			c.relatives = append(c.relatives, relative{first, role, pick(d, ill), d.between(48, 79)})
		}
	}
	if c.age(c.end) > 68 && d.chance(350) {
		c.directive = c.end - day(d.between(60, 900))
	}
}

// settle draws the person's own normal values, each from the middle half of the
// reference range.
func (c *chart) settle() {
	for m := range measures {
		width := measures[m].high - measures[m].low
		c.base[m] = measures[m].low + width/4 + int64(c.d.n(int(width/2)+1))
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *chart) fallIll() {
	for i := range courses {
		c.develop(&courses[i])
	}
	for year := c.since; year < c.end-40; year += 365 {
		for n := c.d.n(3); n > 0; n-- {
			k := c.d.n(len(bouts))
			if k < len(bouts)-rareBouts || c.d.chance(150) {
				c.catch(&bouts[k], year+day(c.d.n(330)))
			}
		}
	}
	c.expect()
}

// develop decides whether and when a course begins.
func (c *chart) develop(co *course) {
	age := c.age(c.end)
	if age <= co.from || !c.d.chance(co.permille) || (co.sex == 'f') != c.female && co.sex != 0 {
		return
	}
	onset := c.birth.addMonths(12*c.d.between(co.from, min(co.to, age-1))) + day(c.d.n(330))
	onset = min(onset, c.end-30-day(c.d.n(300)))
	if onset < c.birth.addMonths(12*co.from) || (co.needs != 0 && !c.has(co.needs, onset)) {
		return
	}
	if co.effect&raisesSugar != 0 && c.has(raisesSugar, c.end) {
		return // one kind of diabetes
	}
	p := problem{at: first, code: co.code, course: co, onset: onset, visit: -1, severity: uint8(c.d.n(3)), secret: co.secret, plan: co.plan}
	if co.effect&(lowersIron|darkensMood|worries) != 0 && co.code.code != "13746004" && c.d.chance(400) {
		if heal := onset + day(c.d.between(300, 1100)); heal < c.end-10 {
			p.abate = heal
		}
	}
	if p.abate == 0 || p.abate > c.since {
		c.problems = append(c.problems, p)
	}
}

// catch adds an acute problem where the person's age allows it.
func (c *chart) catch(b *bout, onset day) {
	age := c.age(onset)
	if age < b.from || age > b.to || onset < c.birth+20 || onset >= c.end-30 {
		return
	}
	if b.code.code == "840539006" && onset < civil(2020, 3, 1) {
		return
	}
	for i := range c.problems {
		p := &c.problems[i]
		if p.code == b.code && (p.abate+30 > onset || b.code.code == "85189001") {
			return
		}
	}
	abate := onset + day(b.days+c.d.n(b.days))
	if abate >= c.end-1 {
		return
	}
	kind := acute
	if b.urgent {
		kind = urgent
	}
	c.problems = append(c.problems, problem{at: first, code: b.code, onset: onset, abate: abate, acute: true, severity: uint8(c.d.n(2)), secret: b.secret, plan: b.plan, visit: -1})
	c.see(kind, onset+day(c.d.between(0, 2)), len(c.problems)-1, general)
}

// expect gives some women a pregnancy within the records.
func (c *chart) expect() {
	if !c.female || !c.d.chance(350) {
		return
	}
	onset := c.since + day(c.d.n(int(c.end-c.since)))
	if age := c.age(onset); age < 20 || age > 41 || onset+290 > c.end {
		return
	}
	born := onset + day(c.d.between(262, 284))
	c.problems = append(c.problems, problem{at: first, code: sct("72892002", "Normal pregnancy"), onset: onset, abate: born, secret: "SEX", visit: -1,
		plan: "Course as expected; next visit as planned."})
	n := len(c.problems) - 1
	for _, week := range []day{9, 16, 24, 32, 36} {
		c.see(prenatal, onset+7*week, n, obstetrics)
	}
	c.see(delivery, born, n, obstetrics)
}

// see plans a visit.
func (c *chart) see(kind visitKind, on day, problem int, unit specialty) {
	if on < c.birth || on > c.end-2 {
		return
	}
	v := visit{at: first, day: on, minute: c.d.between(8*60, 16*60), length: 5 * c.d.between(3, 9), kind: kind, problem: problem, unit: unit}
	if problem >= 0 {
		v.secret = c.problems[problem].secret
	}
	switch {
	case kind == urgent:
		v.unit, v.length = emergency, 90+c.d.n(120)
	case kind == delivery:
		v.nights = 1 - boolInt(on+4 > c.end)
	case c.age(on) < 16:
		v.unit = pediatrics
	}
	c.visits = append(c.visits, v)
}

// schedule plans the visits that are not emergencies, in order of time.
func (c *chart) schedule() {
	for i := range c.problems {
		p := &c.problems[i]
		if p.course == nil {
			continue
		}
		from, until := max(p.onset, c.since), c.end
		if p.abate != 0 {
			until = p.abate
		}
		if p.onset >= c.since {
			c.see(diagnosis, p.onset+day(c.d.n(12)), i, p.course.unit)
		}
		if p.course.follow > 0 {
			for on := from.addMonths(p.course.follow); on < until; on = on.addMonths(p.course.follow) {
				c.see(followUp, on+day(c.d.n(14)), i, p.course.unit)
			}
		}
	}
	c.see(checkup+visitKind(boolInt(c.age(c.end) < 18)), c.since+day(boolInt(c.since != c.birth)), -1, general)
	for on := c.since; on < c.end; {
		age := on.monthsSince(c.birth)
		switch {
		case age < 24:
			on += day(c.d.between(70, 95))
		case age < 18*12:
			on += 360 + day(c.d.n(20))
		case age < 40*12:
			on += 540 + day(c.d.n(200))
		default:
			on += 350 + day(c.d.n(40))
		}
		c.see(checkup+visitKind(boolInt(on.monthsSince(c.birth) < 18*12)), on, -1, general)
	}
	c.thin()
}

// thin sorts visits, drops planned ones that come too soon after another, and
// tells problems at which visit they were recorded.
func (c *chart) thin() {
	slices.SortStableFunc(c.visits, func(a, b visit) int { return int(a.day-b.day)*2000 + a.minute - b.minute })
	kept := c.visits[:0]
	for _, v := range c.visits {
		if n := len(kept); n > 0 && v.day <= kept[n-1].day+day(kept[n-1].nights) {
			v.day = kept[n-1].day + day(kept[n-1].nights) + 1
			if v.day > c.end-2 {
				continue
			}
		}
		soon := len(kept) > 0 && v.day-kept[len(kept)-1].day < 20
		if soon && (v.kind == followUp || v.kind == checkup || v.kind == wellChild && v.day > c.birth+30) {
			continue
		}
		kept = append(kept, v)
	}
	c.visits = kept
	for i := range c.problems {
		p := &c.problems[i]
		for n := range kept {
			if kept[n].day >= p.onset && (p.course != nil || kept[n].problem == i) {
				p.visit = n
				break
			}
		}
		if p.visit < 0 {
			p.at = 0 // nobody wrote it down
		}
	}
}

package sample

// attend goes through the first hospital's visits in order of time and writes
// down what happens at each.
func (c *chart) attend() {
	drawn := [panelCount]int{}
	for n := range c.visits {
		v := &c.visits[n]
		c.vitals(n, first)
		c.prescribe(n)
		var ask []panelName
		grown := c.age(v.day) >= 18
		switch {
		case v.kind == checkup && grown:
			ask = append(ask, metabolic, lipids)
			if drawn[bloodCount]%3 == 0 {
				ask = append(ask, bloodCount)
			}
			drawn[bloodCount]++
			c.read(n, first, smoking, "")
		case (v.kind == diagnosis || v.kind == followUp) && c.problems[v.problem].course != nil:
			co := c.problems[v.problem].course
			ask = append(ask, co.panels...)
			for _, s := range co.scores {
				c.read(n, first, s, v.secret)
			}
		case v.kind == urgent || v.kind == delivery:
			ask = append(ask, bloodCount)
		case v.kind == prenatal:
			c.read(n, first, pregnancyStatus, v.secret)
			if c.d.chance(400) {
				ask = append(ask, bloodCount)
			}
		}
		for _, p := range ask {
			c.draw(n, first, p)
		}
		c.notes = append(c.notes, note{first, n})
	}
	for i := range c.problems {
		c.operate(i)
	}
}

// vitals measures what is measured at every visit.
func (c *chart) vitals(n int, at sites) {
	v := &c.visits[n]
	for _, m := range []measureName{bloodPressure, heartRate, bodyWeight, bodyHeight, bodyMass, temperature, breaths, oxygen, headGirth} {
		age := v.day.monthsSince(c.birth)
		switch {
		case m == bloodPressure && age < 36, m == bodyMass && age < 24, m == headGirth && age >= 24:
			continue
		case (m == temperature || m == breaths || m == oxygen) && age > 36 && v.kind != urgent && v.kind != acute:
			continue
		}
		c.read(n, at, m, "")
	}
}

// read takes one measurement at a visit.
func (c *chart) read(n int, at sites, m measureName, secret string) {
	r := reading{at: at, what: m, visit: n, secret: secret}
	r.value, r.value2 = c.value(m, c.visits[n].day, n)
	c.readings = append(c.readings, r)
}

// draw takes blood or urine for a panel.
func (c *chart) draw(n int, at sites, p panelName) {
	secret := ""
	switch p {
	case hivPanel:
		secret = "HIV"
	case lithiumPanel:
		secret = "PSY"
	}
	from := len(c.readings)
	for _, m := range panels[p].parts {
		c.read(n, at, m, secret)
	}
	c.reports = append(c.reports, report{at, p, n, from, len(c.readings), secret})
}

// prescribe starts the steps of courses that are due at visit n.
func (c *chart) prescribe(n int) {
	v := &c.visits[n]
	for i := range c.problems {
		p := &c.problems[i]
		if p.at == 0 || p.visit > n || (p.abate != 0 && p.abate <= v.day) {
			continue
		}
		if p.course == nil {
			if p.visit == n {
				c.treatBout(i, n)
			}
			continue
		}
		for s := range p.course.drugs {
			c.stepUp(i, n, s)
		}
	}
}

func (c *chart) stepUp(i, n, s int) {
	p, v := &c.problems[i], &c.visits[n]
	st := p.course.drugs[s]
	if c.allergic(drugs[st.drug].family) || v.day < c.visits[p.visit].day.addMonths(st.months) {
		return
	}
	for k := range c.medicines {
		if c.medicines[k].problem == i && c.medicines[k].drug == st.drug {
			return
		}
	}
	if c.takes(v.day, st.drug) || (st.drug == aspirin81 && c.has(thinsBlood, v.day)) {
		return
	}
	if st.months > 0 && p.severity == 0 {
		return // mild: the first step is enough
	}
	if st.alone {
		for k := range c.medicines {
			if m := &c.medicines[k]; m.problem == i && m.drug == p.course.drugs[s-1].drug {
				m.stop = v.day
			}
		}
	}
	m := medicine{at: first, drug: st.drug, start: v.day, visit: n, problem: i, secret: p.secret}
	if p.abate != 0 {
		m.stop = p.abate
	}
	c.medicines = append(c.medicines, m)
}

func (c *chart) treatBout(i, n int) {
	p := &c.problems[i]
	for k := range bouts {
		b := &bouts[k]
		if b.code != p.code {
			continue
		}
		drug := b.drug
		if c.allergic(drugs[drug].family) || c.takes(c.visits[n].day, warfarin5) && drug == ibuprofen200 {
			drug = b.instead
		}
		if drug != noDrug && c.age(c.visits[n].day) >= 2 {
			c.medicines = append(c.medicines, medicine{first, drug, c.visits[n].day, min(c.visits[n].day+10, c.end-1), n, i, p.secret})
		}
		if b.done.code != "" {
			c.procedures = append(c.procedures, procedure{first, b.done, c.visits[n].day, n, i, p.secret})
		}
	}
}

// operate adds the procedures of a course at visits after its diagnosis.
func (c *chart) operate(i int) {
	p := &c.problems[i]
	if p.at == 0 {
		return
	}
	if p.course == nil {
		if p.code.code == "72892002" {
			last := len(c.visits) - 1
			for last > 0 && (c.visits[last].kind != delivery || c.visits[last].problem != i) {
				last--
			}
			if c.visits[last].kind == delivery {
				c.procedures = append(c.procedures, procedure{first, sct("177184002", "Normal delivery procedure"), c.visits[last].day, last, i, p.secret})
			}
		}
		return
	}
	for k, code := range p.course.done {
		if k > 0 && p.severity == 0 || (code.code == "609588000" && p.severity < 2) {
			continue
		}
		n := p.visit + 2*k
		if n < len(c.visits) && (p.abate == 0 || c.visits[n].day < p.abate) {
			c.procedures = append(c.procedures, procedure{first, code, c.visits[n].day, n, i, p.secret})
		}
	}
	if p.code.code == "49436004" && p.severity == 2 && p.visit+1 < len(c.visits) && c.d.chance(300) {
		n := p.visit + 1
		c.pacemaker = len(c.procedures)
		c.procedures = append(c.procedures, procedure{first, sct("307280005", "Implantation of cardiac pacemaker"), c.visits[n].day, n, i, ""})
	}
}

// immunize follows the schedules, for vaccines that were in use at the time.
func (c *chart) immunize() {
	give := func(s shot, on day) {
		if on >= c.birth && on < c.end-1 && on.year() >= s.since {
			c.doses = append(c.doses, dose{first, s, on, c.d.between(1000, 9999)})
		}
	}
	for _, s := range shots {
		if c.d.chance(930) {
			give(s, c.birth.addMonths(s.months)+day(c.d.n(9)))
		}
	}
	for y := c.since.year(); y <= c.end.year(); y++ {
		if on := civil(y, 10, 1) + day(c.d.n(60)); on > c.since && on > c.birth+200 && c.d.chance(300+5*c.age(on)) {
			give(shot{vaccine: influenza, since: 2000}, on)
		}
	}
	if on := civil(2021, 2, 1) + day(c.d.n(140)); c.birth < on && c.age(on) >= 16 && c.d.chance(850) {
		give(shot{vaccine: covid, since: 2021, dose: 1, of: 2}, on)
		give(shot{vaccine: covid, since: 2021, dose: 2, of: 2}, on+28)
	}
}

// secondHospital adds a history taken elsewhere: the same facts again, without
// the sensitive ones, and visits of its own.
func (c *chart) secondHospital(d *dice) {
	if c.end-c.birth < 90 {
		return
	}
	when := c.end - day(d.between(40, min(900, int(c.end-c.birth)-40)))
	when = max(when, c.since+5)
	c.d = d
	c.intake = len(c.visits)
	for k, on := 0, when; k < 3 && on < c.end-3; k, on = k+1, on+day(d.between(60, 240)) {
		unit := emergency
		if k > 0 {
			unit = general
		}
		kind := urgent
		if k > 0 {
			kind = checkup
		}
		c.visits = append(c.visits, visit{at: second, day: on, minute: d.between(540, 960), length: 40, kind: kind, problem: -1, unit: unit})
		n := len(c.visits) - 1
		c.vitals(n, second)
		if c.age(on) >= 18 {
			c.draw(n, second, metabolic)
		}
		c.notes = append(c.notes, note{second, n})
	}
	if c.intake == len(c.visits) {
		c.intake = -1
		return
	}
	c.retell(d, when)
}

// retell marks what the second hospital records of the time before.
func (c *chart) retell(d *dice, when day) {
	for i := range c.reactions {
		if c.reactions[i].reacted < when && d.chance(900) {
			c.reactions[i].at |= second
		}
	}
	for i := range c.problems {
		p := &c.problems[i]
		if p.at != 0 && p.secret == "" && p.onset < when && (p.abate == 0 || p.abate > when) && d.chance(850) {
			p.at |= second
		}
	}
	for i := range c.medicines {
		m := &c.medicines[i]
		if m.secret == "" && m.start < when && (m.stop == 0 || m.stop > when) && d.chance(850) {
			m.at |= second
		}
	}
	for i := range c.doses {
		if c.doses[i].day < when && d.chance(500) {
			c.doses[i].at |= second
		}
	}
	for i := range c.procedures {
		if p := &c.procedures[i]; p.secret == "" && p.day < when && i != c.pacemaker && d.chance(400) {
			p.at |= second
		}
	}
	for i := len(c.reports) - 1; i >= 0; i-- {
		r := &c.reports[i]
		if r.at != first || r.secret != "" || c.visits[r.visit].day >= when || c.visits[r.visit].secret != "" {
			continue
		}
		r.at |= second
		for k := r.from; k < r.to; k++ {
			c.readings[k].at |= second
		}
		break
	}
}

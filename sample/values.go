package sample

// value returns a plausible result of m on a day of this life, in the scaled
// integers of measures[m]; for blood pressure systolic and diastolic.
func (c *chart) value(m measureName, on day, visit int) (int64, int64) {
	d, mm := c.d, &measures[m]
	v := c.base[m] + d.swing(max((mm.high-mm.low)/10, 1))
	switch m {
	case bloodPressure:
		return c.pressure(on)
	case heartRate:
		return max(140-int64(c.age(on))*4, 72) + d.swing(12), 0
	case bodyWeight:
		return c.weight(on), 0
	case bodyHeight:
		return c.tall(on), 0
	case bodyMass:
		h := c.tall(on)
		return (c.weight(on)*1000000/h + h/2) / h, 0
	case temperature:
		return 368 + d.swing(5) + int64(boolInt(c.visits[visit].kind == acute))*int64(d.n(18)), 0
	case breaths:
		return max(36-int64(c.age(on))*4, 15) + d.swing(3), 0
	case oxygen:
		return 98 - int64(d.n(3)) - 2*int64(boolInt(c.has(tightens, on))), 0
	case headGirth:
		return 345 + 155*min(c.months(on), 24)/(c.months(on)+6), 0
	case a1c:
		return c.sugar(on), 0
	case glucose:
		return c.sugar(on)*287/100 - 47 - 8 + d.swing(6), 0
	case phq9, gad7, auditC:
		return c.score(m, on), 0
	case smoking:
		return c.smoker, 0
	case pregnancyStatus:
		return pregnant, 0
	case creatinine, filtration, urea:
		return c.kidney(m, on), 0
	case ldl, hdl, triglyceride, cholesterol:
		return c.fat(m, on), 0
	}
	return max(c.shifted(m, on, v), 1), 0
}

func (c *chart) months(on day) int64 { return int64(on.monthsSince(c.birth)) }

// shifted applies what problems do to the remaining laboratory values.
func (c *chart) shifted(m measureName, on day, v int64) int64 {
	iron := c.began(lowersIron, on)
	switch {
	case m == inr && !c.takes(on-6, warfarin5): // the effect takes days
		return 10 + int64(c.d.n(2))
	case m == inr:
		return 25 + c.d.swing(8)
	case m == thyrotropin && c.has(raisesThyrotropin, on) && !c.takes(on, levothyroxine100):
		return 650 + int64(c.d.n(500))
	case iron != 0 && on-iron < 400 && (m == hemoglobin || m == hematocrit || m == mcv || m == mch):
		return v * 80 / 100
	case m == ferritin && iron != 0 && on-iron < 400:
		return 6 + int64(c.d.n(9))
	case m == ntProBNP && c.has(strainsHeart, on):
		return 300 + int64(c.d.n(1400))
	case m == potassium && c.has(slowsKidney, on):
		return v + 4
	case (m == alt || m == ast) && c.has(drinks, on):
		return v*2 + 20
	case m == viralLoad:
		if !c.takes(on-90, bictegravir) {
			return 21000 + int64(c.d.n(60000))
		}
		return 20 + int64(c.d.n(20))
	case m == cd4:
		return 380 + min(int64(on-c.began(infectsHIV, on))/4, 350) + c.d.swing(40)
	}
	return v
}

func (c *chart) pressure(on day) (int64, int64) {
	top := 104 + int64(min(c.age(on), 70))/4 + c.d.swing(9)
	if from := c.began(raisesPressure, on); from != 0 {
		top += 36
		if c.takes(on, lisinopril10, lisinopril20, losartan50) {
			top -= min(18, int64(on-from)/20)
		}
		if c.takes(on, lisinopril20, amlodipine5) {
			top -= 8
		}
	}
	return top, top*62/100 + c.d.swing(5)
}

// tall returns the height in tenths of a centimetre: growth by age, and the
// adult's own height after 17.
func (c *chart) tall(on day) int64 {
	m := min(c.months(on), 17*12)
	percent := int64(29)
	switch {
	case m < 24:
		percent += m * 21 / 24
	default:
		percent = 50 + (m-24)*50/(17*12-24)
	}
	return c.height * percent / 100
}

// weight returns tenths of a kilogram that go with the height.
func (c *chart) weight(on day) int64 {
	h := c.tall(on)
	index := int64(150) // BMI × 10 of a child
	if a := int64(c.age(on)); a > 8 {
		index += min(a-8, 10) * 7
	}
	index += c.steady()%50 - 15
	if c.has(gains, on) {
		index = max(index, 225) + 95
	}
	if c.months(on) < 24 {
		index = 140 + min(c.months(on), 8)*3
	}
	w := index * h / 1000 * h / 1000
	return w + w*(int64(mix(c.space^uint64(on/45))%31)-15)/1000
}

// steady is a small number that stays the same through a life.
func (c *chart) steady() int64 { return int64(mix(c.space) >> 40) }

// sugar returns HbA1c in tenths of a percent: rising before treatment and after
// years of disease, falling in the first year of treatment.
func (c *chart) sugar(on day) int64 {
	from := c.began(raisesSugar, on)
	if from == 0 {
		return 51 + c.d.swing(3)
	}
	years := int64(on-from) / 365
	v := 84 + min(years, 8)*2 + c.d.swing(4)
	treated := false
	for i := range c.medicines {
		m := &c.medicines[i]
		if m.start >= on || (m.stop != 0 && m.stop <= on) {
			continue
		}
		switch m.drug {
		case metformin500, glargine:
			v -= min(12, int64(on-m.start)/20)
			treated = true
		case metformin1000:
			v -= 16
		case humulin7030:
			v -= min(14, int64(on-m.start)/20)
		}
	}
	if treated && years > 6 {
		v += 3
	}
	return max(v, 56)
}

func (c *chart) kidney(m measureName, on day) int64 {
	v := c.base[creatinine]*9/10 + c.steady()%7
	if from := c.began(slowsKidney, on); from != 0 {
		v = 135 + min(int64(on-from)/90, 40)
	}
	v += int64(mix(c.space^uint64(on))%9) - 4
	switch m {
	case urea:
		return v*14/100 + int64(c.d.n(4))
	case filtration:
		rate := (14000 - int64(c.age(on))*100) / v
		if c.female {
			rate = rate * 88 / 100
		}
		return min(rate, 125)
	}
	return v
}

func (c *chart) fat(m measureName, on day) int64 {
	low, high, three := 92+c.steady()%30, 44+c.steady()%22, 80+c.steady()%60
	if c.has(raisesLipids, on) {
		low, three = low+68, three+50
		if c.takes(on-40, atorvastatin20, atorvastatin80, simvastatin20) {
			low = low * 60 / 100
		}
	}
	shift := int64(on) % 11
	switch m {
	case ldl:
		return low + shift
	case hdl:
		return high
	case triglyceride:
		return three
	}
	return low + shift + high + three/5
}

// score of a questionnaire falls as treatment takes hold.
func (c *chart) score(m measureName, on day) int64 {
	from, top := c.began(darkensMood, on), int64(18)
	switch m {
	case gad7:
		from, top = c.began(worries, on), 15
	case auditC:
		from, top = c.began(drinks, on), 10
	}
	if from == 0 {
		return 5 + int64(c.d.n(5))
	}
	return max(top-int64(on-from)/60, 2) + int64(c.d.n(3))
}

package timeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// What a clinician looks for first, in this order: what the person decided about
// being kept alive, what harms, which results to look at, what must not be done, what is
// the matter, what is taken, what is in the body. Only what holds stands under Now, and medicines on
// hold, marked so: a medicine that is missing there would be taken for none.
var nowWords = []string{"directive", "allergy", "alert", "result", "not to do", "pregnancy", "problem", "medicine", "device"}

// nowWord heads the entries of a kind under Now; "" for what never stands there.
func nowWord(e Entry) string {
	if e.Under != "" {
		return e.Under
	}
	if e.Directive {
		return "directive"
	}
	if e.Pregnant {
		return "pregnancy"
	}
	if e.Allergy && !e.Not && strings.HasPrefix(e.Type, "Medication") { // ended by one
		return "allergy"
	}
	if e.Peril && e.Type != "Condition" { // which is called a problem by its author
		return "alert"
	}
	switch e.Type {
	case "AllergyIntolerance":
		return "allergy"
	case "Observation", "Procedure", "QuestionnaireResponse", "Composition":
		if e.Allergy {
			return "allergy"
		}
		if e.Warns {
			return "alert"
		}
	case "AdverseEvent", "DetectedIssue", "Immunization", "RiskAssessment":
		if e.Warns {
			return "alert"
		}
	case "Flag":
		return "alert"
	case "Condition":
		return "problem"
	case "MedicationRequest", "ServiceRequest":
		if e.Not {
			return "not to do"
		}
		if e.Type == "MedicationRequest" {
			return "medicine"
		}
	case "MedicationStatement":
		return "medicine"
	case "MedicationAdministration", "MedicationDispense": // an infusion that runs, or what lasts
		if e.Type == "MedicationAdministration" && (e.Stands == telling.Holds || e.leftRunning()) || e.supplied() {
			return "medicine"
		}
	case "Device", "DeviceUseStatement":
		return "device"
	}
	if e.Absent || e.listed {
		return kindWord(e.Kind)
	}
	return ""
}

func nowRank(e Entry) int { return slices.Index(nowWords, nowWord(e)) }

// place orders the entries under Now; what nobody looks for there comes last.
func place(e Entry) int {
	if n := nowRank(e); n >= 0 {
		return n
	}
	return len(nowWords)
}

// now returns what is so, what may be so, and what is said to be none of.
func now(entries []Entry, o Options, devices moved, today string, past []Entry, gone map[string]string) (so, unclear_, none []Entry) {
	answers := answersOf(entries, today)
	stands := [5]standing{}
	for _, e := range withInner(entries) {
		if len(o.Kinds) > 0 && !o.tells(e) || e.Pregnant && answers.end(e) {
			continue
		}
		for _, line := range namedIn(e) {
			stands[4].add(line)
		}
		if itself := e.withoutAside(); e.Aside && itself.standsItself() { // two lines: what it is, and what its texts tell
			told := e
			told.Active, told.Held, told.Under = false, false, asideWord(e)
			stands[1].add(told)
			e = itself
		}
		if len(e.Decided) > 0 {
			stands[1].add(e.decision())
		}
		switch {
		case e.Absent && (e.Stands == telling.Holds || e.Stands == telling.Happened || e.Stands == telling.Unclear):
			stands[2].add(e)
		case e.Active || e.Held:
			stands[0].add(e)
		case e.Aside:
			if e.Under = asideWord(e); e.summary != "" {
				e.Name = e.summary
			}
			stands[1].add(e)
		case e.supplied():
			stands[3].add(e)
		case e.warnsOfMedicine():
			e.Under = "alert"
			stands[1].add(e)
		case (e.Stands == telling.Unclear || e.Stands == telling.Happened && (e.Allergy || e.Peril) || e.Stands == telling.Denied && e.Warns) && nowRank(e) >= 0 && !incidental(e):
			stands[1].add(e)
		}
	}
	so, unclear_ = inOneLine(stands[0].list, stands[1].list)
	unclear_ = settled(unclear_, so)
	for _, e := range devices.implants(entries, slices.Concat(so, unclear_)) {
		if len(o.Kinds) == 0 || o.tells(e) {
			unclear_ = append(unclear_, e) // two of one name are two
		}
	}
	all, n := slices.Concat(so, unclear_, dispensed(settled(stands[3].list, so), slices.Concat(so, unclear_))), len(so)
	all = slices.Concat(all, untold(stands[4].list, all))
	so, unclear_, none = all[:n:n], all[n:], stands[2].list
	dispute(all, withInner(entries))
	mistaken(all, entries, past, gone)
	unclear_ = slices.DeleteFunc(unclear_, func(e Entry) bool { // which is told beside the order
		return e.warnsOfMedicine() && slices.ContainsFunc(so, func(o Entry) bool { return o.opposedBy(&e) })
	})
	all = slices.Concat(so, unclear_)
	so, unclear_ = all[:n:n], all[n:]
	disagree(so)
	revoked(so, entries)
	so = decided(so, unclear_)
	all, n = slices.Concat(so, unclear_), len(so)
	so, unclear_ = all[:n:n], all[n:]
	permitted(so, entries)
	endangered(all)
	magnets(all)
	answers.dispute(all)
	devices.implantedOn(all)
	acted(all, entries)
	follows(all, entries)
	succeeded(all, entries)
	devices.unmade(all, entries)
	so = append(so, toLookAt(entries, o, today)...)
	for _, list := range [][]Entry{so, unclear_, none} {
		for i := range list {
			list[i].Under = nowWord(list[i])
		}
		slices.SortStableFunc(list, func(a, b Entry) int {
			return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(nowWord(a), nowWord(b)),
				cmp.Compare(b.Danger, a.Danger), compareMoments(a.When, b.When, false), strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value), strings.Compare(a.says(), b.says()))
		})
	}
	return so, unclear_, none
}

// standsItself reports whether what tells an allergy or a peril aside is looked for under Now
// for what it is: a device, a depot, a medicine that was ended for a reason.
func (e *Entry) standsItself() bool {
	return e.Pregnant || strings.HasPrefix(e.Type, "Device") || e.supplied() || e.warnsOfMedicine()
}

// withoutAside is an entry without what it tells aside.
func (e Entry) withoutAside() Entry {
	e.Aside, e.Allergy, e.Peril, e.Harms = false, false, false, nil
	return e
}

// decision is the line of what an entry tells of a directive among other things.
func (e Entry) decision() Entry {
	e = e.withoutAside()
	e.Active, e.Held, e.Pregnant, e.Under = false, false, false, "directive"
	e.Aside, e.Harms = true, e.Decided
	if name := strings.TrimSuffix(strings.TrimSuffix(e.Name, e.Decided[0]), ": "); name != "" && len(e.Decided) == 1 {
		e.Name = name // which says it, too
	}
	return e
}

func asideWord(e Entry) string {
	return map[bool]string{true: "allergy", false: "alert"}[e.Allergy]
}

// answers are entries that say that there is no pregnancy, or that it came to its end,
// and when each source last answered so.
type answers struct {
	list     []Entry
	last     map[int]telling.Moment
	reckoned map[int]telling.Moment // when each source last told how long one lasts, or the last period
	child    bool                   // whose weeks of gestation are its own
}

func answersOf(entries []Entry, today string) answers {
	a := answers{last: map[int]telling.Moment{}, reckoned: map[int]telling.Moment{}, child: isChild(entries, today)}
	for _, e := range entries {
		if e.Reckoned {
			a.reckoned = lastOf(a.reckoned, e)
		}
		if !e.Ended && (!e.Asked || e.Pregnant) {
			continue
		}
		a.list = append(a.list, e)
		if e.Ended {
			continue // it may be a twin's, or a test be wrong: it disputes, and ends nothing
		}
		a.last = lastOf(a.last, e)
	}
	slices.SortStableFunc(a.list, func(a, b Entry) int { return strings.Compare(b.When.Day, a.When.Day) })
	return a
}

// lastOf notes for each source of an entry when it last told such.
func lastOf(last map[int]telling.Moment, e Entry) map[int]telling.Moment {
	for _, v := range e.Vouched {
		if when, ok := last[v.Source]; !ok || compareMoments(when, e.When, true) < 0 {
			last[v.Source] = e.When
		}
	}
	return last
}

// isChild reports whether each Patient of a chart was born less than eight years ago.
func isChild(entries []Entry, today string) bool {
	young := false
	for _, e := range entries {
		if e.Type == "Patient" {
			if born := e.record.Person().Born; born == "" || born < daysBefore(today, 8*365) {
				return false
			}
			young = true
		}
	}
	return young
}

// end reports whether each source of a pregnancy has answered since that there is none, or
// reckoned anew how long it lasts. An answer of the same day without a clock may be the older
// one: it ends nothing.
func (a answers) end(pregnancy Entry) bool {
	if pregnancy.Reckoned && a.child {
		return true
	}
	return pregnancy.Type == "Observation" && pregnancy.whose != nobody && !slices.ContainsFunc(pregnancy.Vouched, func(v Vouch) bool {
		later := func(last map[int]telling.Moment) bool {
			when, ok := last[v.Source]
			return ok && before(pregnancy.When, when)
		}
		return !later(a.last) && !(pregnancy.Reckoned && later(a.reckoned))
	})
}

// before reports whether one moment is surely before another: by the day, or by the
// clock where both are told.
func before(a, b telling.Moment) bool {
	return a.Day < b.Day || a.Day == b.Day && a.Timed && b.Timed && a.At < b.At
}

// dispute adds to a pregnancy what says since that there is none, or none any more.
func (a answers) dispute(so []Entry) {
	for i := range so {
		for _, e := range a.list {
			if !so[i].Pregnant || e.When.Day < so[i].When.Day {
				break
			}
			if !before(e.When, so[i].When) {
				so[i].oppose(e)
			}
		}
	}
}

// warnsOfMedicine reports whether an entry tells that a medicine was stopped, or not given,
// because something in the person speaks against it.
func (e *Entry) warnsOfMedicine() bool {
	return e.Warns && !e.Allergy && strings.HasPrefix(e.Type, "Medication") && (e.Stands == telling.Denied || e.Stands == telling.Over)
}

// incidental reports a diagnosis of one visit of which nobody says whether it
// still holds: of these a long chart has hundreds. What by its kind outlasts a visit is none.
func incidental(e Entry) bool {
	root := e.record.Root()
	return e.Type == "Condition" && !e.Lasting && !root.Member("clinicalStatus").Exists() && slices.ContainsFunc(itemsOf(root, "category"), func(c fhir.Value) bool {
		return slices.ContainsFunc(saidIn(c), func(s string) bool {
			return strings.EqualFold(strings.NewReplacer(" ", "-", "_", "-").Replace(s), "encounter-diagnosis")
		})
	})
}

// standing is a list under Now.
type standing struct {
	list []Entry
	by   map[string]int
}

// add adds an entry unless the list has the same in the same words by the same
// sources: a medicine or a directive that is ordered again and again is one, as it was
// ordered last, a problem as it was noted first. Another dose, status or reason is
// another line, and so is what another source tells of another day: nobody sets the
// date of another's line. How many orders it stands for is said: three to be given once
// are three. Of records whose source nobody proves each is a line.
func (s *standing) add(e Entry) {
	key := []string{nowWord(e), strings.ToLower(e.Name), e.Value, e.Status, e.Note, e.Range, e.concept(), sourceNumbers(e.Vouched)}
	if e.AmongOthers() && (e.Aside || e.Allergy) { // asked again, or written in each letter
		key = append(slices.Clone(e.Harms), e.Type, sourceNumbers(e.Vouched))
	}
	if e.whose == nobody {
		key = append(key, e.Vouched[0].Handle.String())
	}
	if s.by == nil {
		s.by = map[string]int{}
	}
	n, ok := s.by[strings.Join(key, "\x00")]
	if !ok {
		s.by[strings.Join(key, "\x00")] = len(s.list)
		s.list = append(s.list, e)
		return
	}
	o := s.list[n]
	older := compareMoments(o.When, e.When, true) < 0
	if older == (nowWord(e) == "medicine" || nowWord(e) == "directive") {
		e, o = o, e
	}
	// o stays, e is added to it.
	o.Vouched = slices.Concat(o.Vouched, e.Vouched)
	o.Earlier = slices.Concat(o.Earlier, e.Earlier)
	o.refs = slices.Concat(o.refs, e.refs)
	o.More = o.More || e.More
	o.again += e.again + 1
	bySourceAndHandle(o.Vouched)
	s.list[n] = o
}

// concept is equal for entries about one thing.
func (e Entry) concept() string {
	if e.listed {
		return strings.ToLower(e.Name)
	}
	return cmp.Or(e.record.Concept(), strings.ToLower(e.Name))
}

// codes are what an entry is about; those of a list are no item's.
func (e Entry) codes() []string {
	if e.listed {
		return nil
	}
	return e.record.Codes()
}

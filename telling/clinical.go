package telling

import (
	"strings"
)

func (t teller) condition(e *Told, r view) {
	e.Name = say(r.at("code"))
	e.When.End = ""
	e.When = e.When.until(parseMoment(firstOf(r.at("abatementDateTime").raw(), r.at("abatementPeriod", "start").raw())))
	e.Note = notes(say(r.at("severity")), onset(r), labelled("ended", ended(r)), sayAll(r.at("bodySite").list()))
}

// onset says when it began, in the forms that are no date.
func onset(r view) string {
	switch {
	case r.at("onsetAge").has():
		return labelled("onset at age", sayDuration(r.at("onsetAge")))
	case r.at("onsetRange").has():
		return labelled("onset at", sayDurations(r.at("onsetRange")))
	case r.at("onsetPeriod").has():
		return labelled("onset", sayPeriod(r.at("onsetPeriod")))
	}
	return labelled("onset", r.at("onsetString").text())
}

// ended says when it ended, in the forms that are more than a day.
func ended(r view) string {
	switch {
	case r.at("abatementDateTime").has():
		r.at("abatementDateTime").text() // the day stands beside the status
		return ""
	case r.at("abatementAge").has():
		return labelled("at age", sayDuration(r.at("abatementAge")))
	case r.at("abatementPeriod").has():
		return sayPeriod(r.at("abatementPeriod"))
	case r.at("abatementRange").has():
		return labelled("at", sayDurations(r.at("abatementRange")))
	case r.at("abatementBoolean").has(): // of FHIR DSTU2, still met
		r.at("abatementBoolean").tell()
	}
	return r.at("abatementString").text()
}

func (t teller) allergy(e *Told, r view) {
	e.Name = say(r.at("code"))
	coded := ""
	if r.at("reaction").has() { // what that is to is no less one for its code
		coded = absence(r.at("code"))
	}
	if e.Name == "" || coded != "" {
		e.Name = firstOf(sayAll([]view{r.at("reaction", "substance")}), e.Name)
	}
	if coded != "" {
		r.at("code").tell()
		coded = "coded: " + coded
	}
	var reactions []string
	for _, reaction := range r.at("reaction").list() {
		reactions = append(reactions, t.reaction(reaction, e.Name))
	}
	e.Value = listed(reactions)
	criticality := r.at("criticality").text()
	if criticality != "" {
		criticality += " criticality"
	}
	kind := r.at("type").text()
	if kind == "allergy" {
		kind = ""
	}
	e.Note = notes(coded, criticality, kind, onset(r), labelled("last", sayTime(r.at("lastOccurrence").text())))
	r.at("category").tell()
	e.Timeless = true
}

// reaction says one reaction: its signs, and what is given beside them.
func (t teller) reaction(r view, name string) string {
	substance := say(r.at("substance"))
	if strings.EqualFold(substance, name) {
		substance = ""
	}
	return notesBy(", ", sayAll(r.at("manifestation").list()), r.at("description").text(), r.at("severity").text(),
		labelled("to", substance), sayTime(r.at("onset").text()), say(r.at("exposureRoute")), t.remarks(r.at("note")))
}

// listed joins a list, with a stronger sign where an item is a list itself.
func listed(list []string) string {
	separator := ", "
	for _, s := range list {
		if strings.Contains(s, ", ") && len(list) > 1 {
			separator = "; "
		}
	}
	return notesBy(separator, list...)
}

func (t teller) immunization(e *Told, r view) {
	e.Name = say(r.at("vaccineCode"))
	var doses []string
	var targets []view
	for _, p := range r.at("protocolApplied").list() {
		dose := p.first("doseNumberPositiveInt", "doseNumberString")
		if of := p.first("seriesDosesPositiveInt", "seriesDosesString"); of != "" && dose != "" {
			dose += " of " + of
		}
		doses = append(doses, notes(labelled("dose", dose), p.at("series").text()))
		targets = append(targets, p.at("targetDisease").list()...)
	}
	e.Value = notes(doses...)
	for _, reaction := range r.at("reaction").list() {
		words := t.phrase(reaction.at("detail"))
		e.Warns = e.Warns || graveReaction(words)
		at, reported := sayTime(reaction.at("date").text()), ""
		if reaction.at("reported").text() == "yes" {
			reported = "as reported"
		}
		e.Value = notesBy("; ", e.Value, "reaction: "+notes(firstOf(words, "not named"), at, reported))
	}
	e.Note = notes(r.at("occurrenceString").text(), labelled("against", sayAll(targets)), amount(r.at("doseQuantity")), say(r.at("route")),
		say(r.at("site")), labelled("for", t.reasons(r)))
}

func (t teller) procedure(e *Told, r view) {
	e.Name = say(r.at("code"))
	e.Note = notes(t.performed(r), sayAll(r.at("bodySite").list()), labelled("for", t.reasons(r)), say(r.at("outcome")),
		labelled("complication", notes(sayAll(r.at("complication").list()), t.referAll(r.at("complicationDetail").list()))))
	e.Acts = t.deviceActs(r)
}

// performed says when a procedure was done, in the forms that are no date.
func (t teller) performed(r view) string {
	switch {
	case r.at("performedAge").has():
		return labelled("at age", sayDuration(r.at("performedAge")))
	case r.at("performedRange").has():
		return labelled("at age", sayDurations(r.at("performedRange")))
	case r.at("performedPeriod").has():
		p := r.at("performedPeriod")
		if start := parseMoment(p.at("start").raw()); start.until(parseMoment(p.at("end").raw())).EndClock == "" && start.Day != parseMoment(p.at("end").raw()).Day {
			return sayPeriod(p)
		}
		return ""
	}
	return r.at("performedString").text()
}

// classes are the usual codes of v3-ActEncounterCode.
var classes = map[string]string{
	"AMB": "outpatient", "EMER": "emergency", "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "OBSENC": "observation",
	"HH": "at home", "VR": "by video or phone", "SS": "short stay", "FLD": "in the field", "PRENC": "before admission",
	"outpatient": "outpatient", "inpatient": "inpatient", "emergency": "emergency", "wellness": "wellness", "ambulatory": "outpatient",
	"urgentcare": "urgent care", "virtual": "by video or phone", "home": "at home", "hospice": "hospice", "snf": "nursing facility",
}

func (t teller) encounter(e *Told, r view) {
	class := say(r.at("class"))
	class = firstOf(classes[r.at("class", "code").raw()], class)
	e.Name = firstOf(t.call(r, "type", "serviceType"), "visit")
	reason := t.reasons(r)
	if strings.EqualFold(reason, e.Name) {
		reason = ""
	}
	e.Note = notes(class, labelled("for", reason))
	e.Value = strings.TrimRight(t.refer(r.at("serviceProvider")), " -,")
}

func (t teller) plan(e *Told, r view) {
	switch e.Type {
	case "CarePlan":
		e.Name = firstOf(t.call(r, "title"), sayAll(followed(r.at("category").list())), "care plan")
		e.Value = t.activities(r.at("activity").list())
		for _, a := range r.at("activity").list() {
			e.Lists = append(e.Lists, linksOf(a.at("reference").list())...)
		}
	case "CareTeam":
		e.Name = firstOf(r.at("name").text(), "care team")
		var members []string
		for _, p := range r.at("participant").list() {
			if ref := p.at("member", "reference").raw(); ref != "" && ref == r.at("subject", "reference").raw() {
				role := sayAll(p.at("role").list())
				if p.tell(); role != "" && !strings.EqualFold(role, "patient") {
					members = append(members, "the patient ("+role+")")
				}
				continue
			}
			role := notes(sayAll(p.at("role").list()), sayPeriod(p.at("period")))
			if name := t.refer(p.at("member")); name != "" && role != "" {
				members = append(members, name+" ("+role+")")
			} else {
				members = append(members, name+role)
			}
		}
		e.Value = listed(members)
	case "Goal":
		e.Name = "goal: " + say(r.at("description"))
		var targets []string
		for _, g := range r.at("target").list() {
			targets = append(targets, t.target(g))
		}
		e.Value = notesBy("; ", targets...)
	}
	if e.When.End != "" {
		e.Note = "until " + Day(e.When.End)
		if status := normal(r.at("status").raw()); e.Type == "CarePlan" && status != "active" && status != "completed" {
			e.Note = "planned " + e.Note // of what was stopped before, nobody says when
		}
	}
	e.Note = notes(e.Note, labelled("for", t.referAll(r.at("addresses").list())))
}

// activities says those of a plan: last what shall not be done, each with the words for it and
// behind a semicolon, so that they cover none of the others.
func (t teller) activities(list []view) string {
	var done, not []string
	for _, a := range list {
		switch s := t.planned(a); {
		case s == "":
		case scalar(a.at("detail", "doNotPerform").v) == "yes":
			not = append(not, s)
		default:
			done = append(done, s)
		}
	}
	return notesBy("; ", append([]string{listed(done)}, not...)...)
}

// planned says an activity of a plan, and how far it has come.
func (t teller) planned(a view) string {
	d := a.at("detail")
	if !d.has() {
		return notes(t.refer(a.at("reference")), sayAll(a.at("outcomeCodeableConcept").list()))
	}
	if retracted(d) {
		d.tell()
		return ""
	}
	name := activity(d, firstOf(say(d.at("code")), d.at("description").text(), say(d.at("productCodeableConcept")), t.refer(d.at("productReference")), "activity"))
	for _, key := range []string{"status", "statusReason", "location", "kind", "doNotPerform"} {
		d.at(key).tell()
	}
	more := notes(timing(d.at("scheduledTiming")), sayPeriod(d.at("scheduledPeriod")), d.at("scheduledString").text(),
		amount(d.at("dailyAmount")), amount(d.at("quantity")), sayAll(a.at("outcomeCodeableConcept").list()))
	if more == "" {
		return name
	}
	return name + " (" + more + ")"
}

// activity says how an activity of a care plan stands: what shall not be done,
// was cancelled or is done is not what is planned.
func activity(detail view, name string) string {
	if name == "" {
		return ""
	}
	if detail.at("doNotPerform").text() == "yes" {
		name = "not to be done: " + name
	}
	code := normal(detail.at("status").raw())
	words := statusReason(detail)
	switch code {
	case "", "not-started", "scheduled", "in-progress":
	default: // cancelled, completed, on-hold, stopped, unknown
		words = notesBy(": ", spacedCode(code), words)
	}
	if words != "" {
		name += " (" + words + ")"
	}
	return name
}

// target says a goal's target: "HbA1c up to 7 %, by 1 May 2024".
func (t teller) target(g view) string {
	what := say(g.at("measure"))
	value := ""
	for member := range g.v.All() {
		if strings.HasPrefix(member.Key(), "detail") {
			value = t.phrase(view{member, g.said})
		}
	}
	due := notes(sayTime(g.at("dueDate").text()), sayDuration(g.at("dueDuration")))
	return notes(notesBy(" ", what, value), labelled("by", due))
}

// followed drops categories that only say which profile a plan follows.
func followed(list []view) []view {
	var out []view
	for _, c := range list {
		if !strings.Contains(c.at("coding", "system").raw(), "/us/core/") {
			out = append(out, c)
		}
	}
	return out
}

func (t teller) order(e *Told, r view) {
	e.Name = say(r.at("code"))
	priority := r.at("priority").text()
	if priority == "routine" {
		priority = ""
	}
	// Of an order that no longer holds its status does not say for when it was planned.
	until := ""
	if end := parseMoment(r.at("occurrencePeriod", "end").raw()).Day; r.at("status").raw() != "active" && end != "" {
		r.at("occurrencePeriod", "end").tell()
		until = "planned until " + Day(end)
	}
	e.Note = notes(priority, until, timing(r.at("occurrenceTiming")), sayAll(r.at("bodySite").list()), asNeeded(r),
		labelled("for", t.reasons(r)), sayAll(r.at("orderDetail").list()), r.at("patientInstruction").text())
}

func device(e *Told, r view) {
	var names []string
	for _, n := range r.at("deviceName").list() {
		names = append(names, plain(n.at("name").text()))
		switch n.at("type").raw() {
		case "udi-label-name", "user-friendly-name", "patient-reported-name", "manufacturer-name", "model-name", "other":
			n.at("type").tell()
		}
	}
	kind := say(r.at("type"))
	if len(names) > 0 {
		e.Name, names = names[0], names[1:]
	}
	if e.Name == "" || strings.EqualFold(kind, e.Name) {
		e.Name, kind = kind, ""
	}
	e.Note = notes(kind, labelled("also called", notes(names...)), labelled("lot", r.at("lotNumber").text()), labelled("serial", r.at("serialNumber").text()))
	e.Timeless = true
}

// family says what a relative had, when, and of what the relative died.
func (t teller) family(e *Told, r view) {
	e.Name = notesBy(" ", say(r.at("relationship")), r.at("name").text())
	var list []string
	for _, c := range r.at("condition").list() {
		died := ""
		if c.at("contributedToDeath").text() == "yes" {
			died = "contributed to death"
		}
		more := notes(onset(c), say(c.at("outcome")), died, t.remarks(c.at("note")))
		name := say(c.at("code"))
		if more != "" {
			name += " (" + more + ")"
		}
		list = append(list, name)
	}
	e.Value = notesBy(", ", list...)
	died := ""
	switch {
	case r.at("deceasedBoolean").text() == "yes":
		died = "died"
	case r.at("deceasedAge").has():
		died = labelled("died at age", sayDuration(r.at("deceasedAge")))
	case r.at("deceasedRange").has():
		died = labelled("died at age", sayDurations(r.at("deceasedRange")))
	case r.at("deceasedDate").has():
		died = labelled("died", sayTime(r.at("deceasedDate").text()))
	case r.at("deceasedString").has():
		died = labelled("died", r.at("deceasedString").text())
	}
	e.Note = died
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func labelled(label, s string) string {
	if s == "" || label == "" {
		return s
	}
	return label + " " + s
}

// spaced writes a type's name in words: CarePlan as "care plan".
func spaced(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte(' ')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

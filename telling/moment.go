package telling

import (
	"strconv"
	"strings"
	"time"
)

// Moment is a clinical date or period as its author wrote it.
type Moment struct {
	Day string `json:"day,omitempty"` // YYYY, YYYY-MM or YYYY-MM-DD, in the author's zone; "" for none
	End string `json:"end,omitempty"` // last day of a period, where it is another day

	// Clock is the time of day as written, "14:05"; "" when there is none. EndClock is
	// that of a period's end, where both have one: with its zone, where that is another.
	Clock    string `json:"clock,omitempty"`
	EndClock string `json:"end_clock,omitempty"`

	// Zone is what the author's clock was set to: "+03:00", or "UTC" where it is written
	// as Z, which may be nobody's zone.
	Zone string `json:"zone,omitempty"`

	// Element is where its author wrote it: "onsetDateTime", "authoredOn".
	Element string `json:"element,omitempty"`

	At    int64 `json:"-"` // Unix milliseconds of the start, for order within a day
	Timed bool  `json:"-"` // the author wrote a time of day
}

// parseMoment reads a FHIR date, dateTime or instant. What is none is no date.
func parseMoment(text string) Moment {
	day, _, _ := strings.Cut(text, "T")
	layout := map[int]string{4: "2006", 7: "2006-01", 10: "2006-01-02"}[len(day)]
	if layout == "" {
		return Moment{}
	}
	d, err := time.Parse(layout, day)
	if err != nil || d.Year() < 1 {
		return Moment{}
	}
	m := Moment{Day: day, At: d.UnixMilli()}
	if t, ok := instant(text); ok {
		m.At, m.Timed, m.Clock, m.Zone = t.UnixMilli(), true, t.Format("15:04"), zoneOf(text)
	}
	return m
}

// UTC is the zone of what is written with a Z.
const UTC = "UTC"

// zoneOf is how the zone of a time is written, at its end.
func zoneOf(text string) string {
	if strings.HasSuffix(text, "Z") {
		return UTC
	}
	return text[max(0, len(text)-len("+00:00")):]
}

// until sets the end of a period.
func (m Moment) until(end Moment) Moment {
	if m.EndClock = ""; m.Day == "" || end.Day < m.Day {
		return m
	}
	if end.Day > m.Day {
		m.End = end.Day
	}
	if m.Timed && end.Timed && end.At != m.At {
		if m.EndClock = end.Clock; end.Zone != m.Zone {
			m.EndClock += " " + end.Zone
		}
	}
	return m
}

// plusDays is the day n days after a day, or before it; of a month or a year, that itself.
func plusDays(day string, n int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, n).Format(time.DateOnly)
}

// Day writes a day in words: "4 Mar 2020", "Mar 2020", "2020".
func Day(day string) string {
	parts := strings.Split(day, "-")
	if len(parts) > 1 {
		if n, err := strconv.Atoi(parts[1]); err == nil && n >= 1 && n <= 12 {
			parts[1] = time.Month(n).String()[:3]
		}
	}
	switch len(parts) {
	case 3:
		return strings.TrimPrefix(parts[2], "0") + " " + parts[1] + " " + parts[0]
	case 2:
		return parts[1] + " " + parts[0]
	}
	return day
}

// Time writes a date with its time of day as the lines of this package do.
func Time(text string) string { return sayTime(text) }

// sayTime writes a date with its time of day, where there is one, as its author
// wrote it, and says UTC, which may be nobody's zone; what is no date stays as it is.
func sayTime(text string) string {
	m := parseMoment(text)
	if m.Day == "" {
		return text
	}
	clock := m.Clock
	if t, ok := instant(text); m.Timed && ok && t.Second() != 0 {
		clock = t.Format("15:04:05")
	}
	if m.Zone == UTC {
		clock += " " + UTC
	}
	return notesBy(" ", Day(m.Day), clock)
}

// whenPaths lists, for each resource type, where its clinical date stands, best
// first. A path to a Period is read by its start and end.
var whenPaths = map[string][]string{
	"AdverseEvent":               {"date", "detected", "recordedDate"},
	"AllergyIntolerance":         {"onsetDateTime", "onsetPeriod", "recordedDate"},
	"Appointment":                {"start", "requestedPeriod", "created"},
	"AppointmentResponse":        {"start"},
	"Bundle":                     {"timestamp"},
	"CarePlan":                   {"period", "created"},
	"CareTeam":                   {"period"},
	"ChargeItem":                 {"occurrenceDateTime", "occurrencePeriod", "enteredDate"},
	"Claim":                      {"billablePeriod", "created"},
	"ClinicalImpression":         {"effectiveDateTime", "effectivePeriod", "date"},
	"Communication":              {"sent", "received"},
	"CommunicationRequest":       {"occurrenceDateTime", "occurrencePeriod", "authoredOn"},
	"Composition":                {"date"},
	"Condition":                  {"onsetDateTime", "onsetPeriod", "recordedDate", "abatementDateTime", "abatementPeriod"},
	"Consent":                    {"dateTime"},
	"DetectedIssue":              {"identifiedDateTime", "identifiedPeriod"},
	"Device":                     {},
	"DeviceRequest":              {"occurrenceDateTime", "occurrencePeriod", "authoredOn"},
	"DeviceUseStatement":         {"timingPeriod", "timingDateTime", "timingTiming.event", "recordedOn"},
	"DiagnosticReport":           {"effectiveDateTime", "effectivePeriod", "issued"},
	"DocumentReference":          {"date", "context.period"},
	"Encounter":                  {"period"},
	"EpisodeOfCare":              {"period"},
	"ExplanationOfBenefit":       {"billablePeriod", "created"},
	"FamilyMemberHistory":        {"date"},
	"Flag":                       {"period"},
	"Goal":                       {"startDate", "statusDate"},
	"ImagingStudy":               {"started"},
	"Immunization":               {"occurrenceDateTime", "recorded"},
	"ImmunizationEvaluation":     {"date"},
	"ImmunizationRecommendation": {"date"},
	"List":                       {"date"},
	"Media":                      {"createdDateTime", "createdPeriod", "issued"},
	"MedicationAdministration":   {"effectiveDateTime", "effectivePeriod"},
	"MedicationDispense":         {"whenHandedOver", "whenPrepared"},
	"MedicationRequest":          {"authoredOn"},
	"MedicationStatement":        {"effectiveDateTime", "effectivePeriod", "dateAsserted"},
	"NutritionOrder":             {"dateTime"},
	"Observation":                {"effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming.event", "issued"},
	"Procedure":                  {"performedDateTime", "performedPeriod"},
	"QuestionnaireResponse":      {"authored"},
	"RequestGroup":               {"authoredOn"},
	"RiskAssessment":             {"occurrenceDateTime", "occurrencePeriod"},
	"ServiceRequest":             {"occurrenceDateTime", "occurrencePeriod", "occurrenceTiming.event", "authoredOn"},
	"Specimen":                   {"collection.collectedDateTime", "collection.collectedPeriod", "receivedTime"},
	"SupplyDelivery":             {"occurrenceDateTime", "occurrencePeriod", "occurrenceTiming.event"},
	"SupplyRequest":              {"occurrenceDateTime", "occurrencePeriod", "occurrenceTiming.event", "authoredOn"},
	"Task":                       {"executionPeriod", "authoredOn"},
	"VisionPrescription":         {"dateWritten", "created"},
}

var otherPaths = []string{"date", "recorded", "created", "period", "effectiveDateTime", "occurrenceDateTime", "authoredOn", "issued"}

// whenOf says a resource's clinical date.
func whenOf(kind string, r view) Moment {
	paths, ok := whenPaths[kind]
	if !ok {
		paths = otherPaths
	}
	for _, p := range paths {
		place := r.at(strings.Split(p, ".")...)
		if place.v.IsArray() {
			place.v = firstItem(place.v)
		}
		m := parseMoment(place.raw())
		if m.Day != "" {
			place.tell()
		} else if m = parseMoment(place.at("start").raw()); m.Day != "" {
			end := place.at("end")
			if m = m.until(parseMoment(end.raw())); m.End != "" || parseMoment(end.raw()).Day == m.Day {
				end.tell()
			}
			place.at("start").tell()
		}
		if m.Day != "" {
			m.Element, _, _ = strings.Cut(p, ".")
			return m
		}
	}
	return Moment{}
}

// instant reads a FHIR instant or a dateTime with a time of day and a zone.
func instant(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

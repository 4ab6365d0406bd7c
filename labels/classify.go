package labels

import (
	"bytes"
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// A telling says which elements of a type tell what a record is about.
type telling struct {
	any  []string // the first of these that is there and can be read is enough; none is too little
	also []string // each of these, where it is there, has to be read
}

// tellings are the types whose records have to be classified. A path that ends
// in ".*" takes whatever stands below. Types that are not here tell of persons,
// places, money and order; their codes and words count all the same.
var tellings = map[string]telling{
	"AllergyIntolerance":         {any: []string{"code", "reaction.substance", "reaction.manifestation", "note"}, also: []string{"reaction.substance"}},
	"AdverseEvent":               {any: []string{"event", "suspectEntity.instance"}},
	"Condition":                  {any: []string{"code", "note"}, also: []string{"evidence.code"}},
	"Procedure":                  {any: []string{"code", "note"}, also: []string{"reasonCode", "complication"}},
	"Observation":                {any: []string{"code"}, also: []string{"component.code"}},
	"DiagnosticReport":           {any: []string{"code", "conclusion", "conclusionCode", "presentedForm"}, also: []string{"conclusionCode"}},
	"Immunization":               {any: []string{"vaccineCode"}, also: []string{"reasonCode"}},
	"ImmunizationEvaluation":     {any: []string{"targetDisease"}},
	"ImmunizationRecommendation": {any: []string{"recommendation.vaccineCode", "recommendation.targetDisease"}},
	"Medication":                 {any: []string{"code", "ingredient.itemCodeableConcept", "ingredient.itemReference"}, also: []string{"ingredient.itemCodeableConcept", "ingredient.itemReference"}},
	"MedicationRequest":          {any: []string{"medicationCodeableConcept", "medicationReference"}, also: []string{"reasonCode"}},
	"MedicationStatement":        {any: []string{"medicationCodeableConcept", "medicationReference"}, also: []string{"reasonCode"}},
	"MedicationAdministration":   {any: []string{"medicationCodeableConcept", "medicationReference"}, also: []string{"reasonCode"}},
	"MedicationDispense":         {any: []string{"medicationCodeableConcept", "medicationReference"}},
	"ServiceRequest":             {any: []string{"code", "orderDetail", "reasonCode", "note"}, also: []string{"code", "reasonCode"}},
	"DeviceRequest":              {any: []string{"codeCodeableConcept", "codeReference", "reasonCode"}, also: []string{"reasonCode"}},
	"DeviceUseStatement":         {any: []string{"device", "reasonCode", "note"}, also: []string{"reasonCode"}},
	"Device":                     {also: []string{"type"}},
	"CarePlan":                   {any: []string{"title", "description", "activity.detail.code", "activity.detail.description", "note", "text", "category"}, also: []string{"activity.detail.code", "activity.detail.reasonCode"}},
	"Goal":                       {any: []string{"description"}},
	"NutritionOrder":             {also: []string{"oralDiet.type", "supplement.type", "enteralFormula.baseFormulaType"}},
	"Flag":                       {any: []string{"code"}},
	"DetectedIssue":              {any: []string{"code", "detail"}},
	"FamilyMemberHistory":        {also: []string{"condition.code", "reasonCode"}},
	"ClinicalImpression":         {any: []string{"summary", "description", "code", "finding.itemCodeableConcept", "investigation.code", "note"}, also: []string{"finding.itemCodeableConcept"}},
	"RiskAssessment":             {any: []string{"prediction.outcome", "code", "condition", "note"}, also: []string{"prediction.outcome", "reasonCode"}},
	"Specimen":                   {also: []string{"type"}},
	"BodyStructure":              {any: []string{"morphology", "location", "description"}},
	"ImagingStudy":               {any: []string{"description", "procedureCode", "reasonCode", "series.modality", "modality"}, also: []string{"reasonCode"}},
	"Media":                      {any: []string{"content"}},
	"DocumentReference":          {any: []string{"content.attachment"}},
	"DocumentManifest":           {any: []string{"description"}},
	"Binary":                     {any: []string{"."}},
	"Composition":                {any: []string{"section.text.*", "section.section.text.*", "text.*"}},
	"QuestionnaireResponse":      {any: []string{"item.*"}},
	"List":                       {any: []string{"entry.item", "title", "code", "note", "text.*"}},
	"Communication":              {any: []string{"payload.*", "topic", "reasonCode", "note"}, also: []string{"reasonCode"}},
	"CommunicationRequest":       {any: []string{"payload.*", "reasonCode", "note"}, also: []string{"reasonCode"}},
	"GuidanceResponse":           {any: []string{"reasonCode", "note", "moduleCodeableConcept"}, also: []string{"reasonCode"}},
	"Basic":                      {any: []string{"code"}},
	"Parameters":                 {any: []string{"parameter.*"}},
	"Bundle":                     {any: []string{"entry.*"}},
	"Encounter":                  {also: []string{"type", "serviceType", "reasonCode"}},
	"EpisodeOfCare":              {also: []string{"type"}},
	"Appointment":                {also: []string{"serviceType", "specialty", "reasonCode"}},
	"ChargeItem":                 {also: []string{"code", "reason", "productCodeableConcept"}},
	"Claim":                      {also: []string{"diagnosis.diagnosisCodeableConcept", "diagnosis.packageCode", "procedure.procedureCodeableConcept", "item.productOrService"}},
	"ExplanationOfBenefit":       {also: []string{"diagnosis.diagnosisCodeableConcept", "diagnosis.packageCode", "procedure.procedureCodeableConcept", "item.productOrService"}},
	"SupplyRequest":              {also: []string{"itemCodeableConcept"}},
	"SupplyDelivery":             {also: []string{"suppliedItem.itemCodeableConcept"}},
}

// classify finds out whether what tells what a record is about can be read; why
// says what could not, "" for all. What has to be read comes before what is enough: one code that
// hides something is not made up for by words that can be read.
func (rd *reader) classify() (where, why string) {
	t, ok := tellings[rd.typ]
	if rd.unreadAs != "" {
		return rd.unread, rd.unreadAs
	}
	if !ok {
		return "", ""
	}
	for _, path := range t.also {
		if !rd.starts(path) {
			continue
		}
		rd.vocabulary = vocabularyAt(rd.typ, path)
		for v := range rd.at(path) {
			if !rd.tells(v) {
				return rd.typ + "." + path, rd.cannot(v)
			}
		}
	}
	rd.vocabulary = ""
	if where = rd.values(rd.root, rd.typ); where != "" {
		return where, "a value that cannot be read"
	}
	if where, why = rd.inner(); why != "" {
		return where, why
	}
	switch rd.typ {
	case "DocumentReference":
		if rd.ordinaryDocument() {
			return "", ""
		}
		return rd.everyAttachment("content.attachment", true)
	case "DiagnosticReport":
		if !rd.root.Member("presentedForm").Exists() {
			break
		}
		if where, why = rd.everyAttachment("presentedForm", false); why != "" && !rd.coded() {
			return where, why
		}
		why = ""
	}
	if t.any == nil {
		return "", ""
	}
	for _, path := range t.any {
		there, all := false, true
		rd.vocabulary = vocabularyAt(rd.typ, path)
		for v := range rd.at(path) {
			there = true
			if all = rd.tells(v); !all {
				if why == "" {
					where, why = rd.typ+"."+path, rd.cannot(v)
				}
				break
			}
		}
		if there && all {
			return "", ""
		}
	}
	if why == "" {
		where, why = rd.typ+"."+t.any[0], nothingSaid
	}
	return where, why
}

const (
	unreadAttachment = "an attachment that cannot be read"
	nothingSaid      = "nothing says what the record is about"
)

// everyAttachment finds an attachment at a path that cannot be read, or that
// there is none where one has to be.
func (rd *reader) everyAttachment(path string, needed bool) (where, why string) {
	there := false
	for v := range rd.root.At(path) {
		if there = true; !rd.looked(v) {
			return rd.typ + "." + path, unreadAttachment
		}
	}
	if needed && !there {
		return rd.typ + "." + path, nothingSaid
	}
	return "", ""
}

// ordinaryDocument reports whether a document's type is one that a table calls
// ordinary by name: a tracing, a measurement, an advance directive. What a clinic
// of a special kind sends tells by its letterhead whose patient somebody is.
func (rd *reader) ordinaryDocument() bool {
	if rd.p.visits|rd.p.all != 0 {
		return false
	}
	ordinary := false
	for c := range rd.root.At("type.coding") {
		rd.eachRow(c.Member("system").Bytes(), c.Member("code").Bytes(), func(r *Row) { ordinary = ordinary || r.ordinary })
	}
	return ordinary
}

// coded reports whether a report that cannot be read is the printed form of a
// study whose code says which: FHIR has presentedForm say what the report's own
// elements say. The code of a note or letter only says that it is one.
func (rd *reader) coded() bool {
	if rd.p.visits|rd.p.all != 0 {
		return false
	}
	for c := range rd.root.At("category.coding.code") {
		if slices.Contains(noteReports, string(c.Bytes())) {
			return false
		}
	}
	for c := range rd.root.At("code.coding") {
		says := false
		found, row := rd.eachRow(c.Member("system").Bytes(), c.Member("code").Bytes(), func(r *Row) { says = !r.nothing })
		if says || found == whole && !row {
			return true
		}
	}
	return false
}

// values finds a value or an answer that cannot be read: the code of an
// Observation may be no more than a question.
func (rd *reader) values(v fhir.Value, path string) (where string) {
	if rd.typ != "Observation" && rd.typ != "QuestionnaireResponse" {
		return ""
	}
	for c := range v.All() {
		switch string(c.KeyBytes()) {
		case "valueCodeableConcept", "valueCoding", "valueString":
			if !rd.valueTells(c) {
				return path + "." + c.Key()
			}
		case "component", "item", "answer":
			for one := range c.All() {
				if where = rd.values(one, path+"."+c.Key()); where != "" {
					return where
				}
			}
		}
	}
	return ""
}

// valueTells reports whether a value can be read: it need not say what it is
// about, as "positive" does not, but neither may it hide that.
func (rd *reader) valueTells(v fhir.Value) bool {
	if v.IsText() {
		return !rd.foreign(v.Bytes())
	}
	there := false
	one := func(c fhir.Value) bool {
		if display := c.Member("display"); display.IsText() && rd.wordy(display.Bytes()) {
			return true
		}
		code := c.Member("code").Bytes()
		if len(code) == 0 {
			return false
		}
		there = true
		kind, found := rd.eachRow(c.Member("system").Bytes(), code, func(*Row) {})
		return found || kind == whole || kind == mute || rd.p.shipped.exact["answer"][strings.ToUpper(string(code))] != nil
	}
	if text := v.Member("text"); text.IsText() && rd.wordy(text.Bytes()) || one(v) {
		return true
	}
	for c := range v.Member("coding").All() {
		if one(c) {
			return true
		}
	}
	return !there && !rd.foreign(v.Member("text").Bytes())
}

// inner finds a resource within that has to be classified and cannot be. A
// medicine is judged with the order that leads to it.
func (rd *reader) inner() (where, why string) {
	if rd.depth >= 3 {
		return "", ""
	}
	path := "contained"
	switch rd.typ {
	case "Bundle":
		path = "entry.resource"
	case "Parameters":
		path = "parameter.resource"
	default:
		if !rd.root.Member(path).Exists() {
			return "", ""
		}
	}
	for c := range rd.root.At(path) {
		switch typ := string(c.Member("resourceType").Bytes()); typ {
		case "Medication", "Device", "Specimen", "Binary":
		default:
			if why = rd.unclear(c, typ, kindsOf[typ]); why != "" && why != nothingSaid { // what says nothing hides nothing
				return rd.typ + "." + path, why
			}
		}
	}
	return "", ""
}

// unclear says what cannot be read of a resource that this one holds or refers to, ""
// for nothing. Of what kinds codes of no known system may be, the caller says: none
// where nobody reads them by their kind.
func (rd *reader) unclear(v fhir.Value, typ string, k kinds) (why string) {
	there := rd.below()
	there.root, there.typ, there.kinds = v, typ, k
	_, why = there.classify()
	return why
}

// starts reports whether the first step of a path leads anywhere.
func (rd *reader) starts(path string) bool {
	first, _, _ := strings.Cut(path, ".")
	return first == "" || rd.root.Member(first).Exists()
}

// at yields the values at a path of tellings.
func (rd *reader) at(path string) func(yield func(fhir.Value) bool) {
	if path == "." {
		return func(yield func(fhir.Value) bool) { yield(rd.root) }
	}
	if below, ok := bytes.CutSuffix([]byte(path), []byte(".*")); ok {
		return func(yield func(fhir.Value) bool) {
			there, found := false, false
			for v := range rd.root.At(string(below)) {
				there = true
				found = found || rd.tellsBelow(v)
			}
			if !there {
				return
			}
			if !found {
				yield(fhir.Value{})
				return
			}
			yield(rd.root.Member("resourceType"))
		}
	}
	return rd.root.At(path)
}

// cannot says what is the matter with a value that does not tell.
func (rd *reader) cannot(v fhir.Value) string {
	switch {
	case v.Member("reference").Exists():
		return "a reference that leads nowhere here, without words"
	case v.Member("contentType").Exists() || v.Member("data").Exists() || v.Member("url").Exists():
		return unreadAttachment
	case v.Member("coding").Exists():
		return "codes of systems that are not known, without words that can be read"
	case v.IsText(), v.Member("text").IsText():
		return "words that say nothing or that cannot be read"
	}
	return "nothing that can be read"
}

// tells reports whether a value says what it is about: a coding of a known
// system, words that can be read, an attachment that can.
func (rd *reader) tells(v fhir.Value) bool {
	switch {
	case v.IsText():
		return string(v.KeyBytes()) == "resourceType" || rd.legible(v.Bytes())
	case !v.IsObject():
		return false
	}
	if c := v.Member("contentType"); c.IsText() || attachmentKeys[string(v.KeyBytes())] {
		return rd.looked(v)
	}
	for _, name := range [...]string{"text", "display", "description", "title"} {
		if c := v.Member(name); c.IsText() && rd.legible(c.Bytes()) {
			return true
		}
	}
	if div := v.Member("div"); div.IsText() {
		return rd.legible(withoutTags(div.Bytes()))
	}
	if ref := v.Member("reference"); ref.IsText() {
		return rd.reached(ref.Bytes())
	}
	if rd.codingTells(v) {
		return true
	}
	for c := range v.Member("coding").All() {
		if rd.codingTells(c) {
			return true
		}
	}
	return false
}

// looked reports whether an attachment's content is words and codes that count.
func (rd *reader) looked(v fhir.Value) bool {
	for _, p := range rd.packets {
		if p.at == v.Index() {
			return p.whole
		}
	}
	return rd.attachment(v)
}

// codingTells reports whether one coding is classified.
func (rd *reader) codingTells(v fhir.Value) bool {
	code := v.Member("code").Bytes()
	if len(code) == 0 {
		return rd.legible(v.Member("display").Bytes())
	}
	ordinary, mutes := false, false
	c, found := rd.eachRow(v.Member("system").Bytes(), code, func(r *Row) {
		ordinary = ordinary || !r.nothing
		mutes = mutes || r.nothing
	})
	switch {
	case mutes || c == mute && !found:
		return false
	case found && ordinary, c == whole:
		return true
	}
	// A display of a system whose terms are words of medicine was looked for in
	// the tables, however general it is; of a local system it has to say something.
	return rd.legibleAs(v.Member("display").Bytes(), c == partial)
}

// reached reports whether a reference leads to something that is classified.
func (rd *reader) reached(ref []byte) bool {
	if len(ref) > 0 && ref[0] == '#' {
		for c := range rd.root.Member("contained").All() {
			if string(c.Member("id").Bytes()) == string(ref[1:]) {
				return rd.depth < 3 && rd.unclear(c, string(c.Member("resourceType").Bytes()), none) == ""
			}
		}
		return false
	}
	if rd.resolve == nil || rd.depth >= 2 {
		return false
	}
	found := rd.resolve(string(ref))
	for _, r := range found {
		if rd.unclear(r.Root(), r.Type(), none) != "" {
			return false
		}
	}
	return len(found) > 0
}

// tellsBelow reports whether anything below a value can be read.
func (rd *reader) tellsBelow(v fhir.Value) bool {
	switch {
	case v.IsText():
		return manners[string(v.KeyBytes())] == plainly && rd.legible(v.Bytes())
	case v.IsObject() && (rd.tells(v)):
		return true
	}
	for c := range v.All() {
		if nested[string(c.KeyBytes())] == nil && rd.tellsBelow(c) {
			return true
		}
	}
	return false
}

package sample

// The code systems that charts draw on, by their FHIR URLs.
const (
	snomed  = "http://snomed.info/sct"
	loinc   = "http://loinc.org"
	rxnorm  = "http://www.nlm.nih.gov/research/umls/rxnorm"
	cvx     = "http://hl7.org/fhir/sid/cvx"
	ucum    = "http://unitsofmeasure.org"
	actCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	hl7     = "http://terminology.hl7.org/CodeSystem/"
)

// concept is one code of one system with its display.
type concept struct{ system, code, display string }

func sct(code, display string) concept { return concept{snomed, code, display} }
func lnc(code, display string) concept { return concept{loinc, code, display} }

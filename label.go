package stele

// A Label is what consent is decided on. The records of one submission that
// share a label form a folio and are sealed under one key.
type Label struct {
	Category    Category
	Sensitivity []Sensitivity // sorted, without doubles; empty for ordinary data
	Year        int           // of the clinical date; 0 when the resource carries none
	Source      Subject       // the organisation that delivered the record
}

// Category is the section of a chart a record belongs to, after the sections of
// the International Patient Summary and the profiles of US Core.
type Category string

// The categories.
const (
	Allergies         Category = "allergies"          // AllergyIntolerance, AdverseEvent
	Medications       Category = "medications"        // MedicationRequest, MedicationStatement, MedicationAdministration, MedicationDispense, Medication, DetectedIssue
	Problems          Category = "problems"           // Condition, Flag, RiskAssessment
	Immunizations     Category = "immunizations"      // Immunization
	Procedures        Category = "procedures"         // Procedure
	Results           Category = "results"            // laboratory Observation and DiagnosticReport, Specimen
	Vitals            Category = "vitals"             // Observation of category vital-signs
	SocialHistory     Category = "social-history"     // Observation of category social-history or survey, QuestionnaireResponse
	FamilyHistory     Category = "family-history"     // FamilyMemberHistory
	Pregnancy         Category = "pregnancy"          // Observation of pregnancy status and outcome
	Functional        Category = "functional"         // ClinicalImpression, functional status
	Imaging           Category = "imaging"            // ImagingStudy, Media, imaging DiagnosticReport
	Documents         Category = "documents"          // DocumentReference, Composition, Binary, Communication, notes
	Encounters        Category = "encounters"         // Encounter, EpisodeOfCare, Appointment
	CarePlans         Category = "care-plans"         // CarePlan, CareTeam, Goal, ServiceRequest, Task
	Devices           Category = "devices"            // Device, DeviceUseStatement, supplies, glasses
	AdvanceDirectives Category = "advance-directives" // Consent of scope adr
	Summary           Category = "summary"            // the emergency summary: a document of the International Patient Summary
	Claims            Category = "claims"             // Claim, ExplanationOfBenefit, Coverage
	Demographics      Category = "demographics"       // Patient, RelatedPerson
	Providers         Category = "providers"          // Practitioner, PractitionerRole, Organization, Location
	Other             Category = "other"              // everything else
)

// Categories lists every category in the order a chart shows them.
func Categories() []Category {
	return []Category{
		Demographics, Allergies, Medications, Problems, Immunizations, Procedures, Results, Vitals,
		Imaging, Documents, Encounters, CarePlans, SocialHistory, FamilyHistory, Pregnancy, Functional,
		Devices, AdvanceDirectives, Summary, Claims, Providers, Other,
	}
}

// EmergencyCategories lists what an emergency opens unless the patient said otherwise, in
// the order of Categories.
func EmergencyCategories() []Category {
	return []Category{Allergies, Medications, Problems, Devices, AdvanceDirectives, Summary}
}

// Valid reports whether c is one of Categories.
func (c Category) Valid() bool {
	for _, known := range Categories() {
		if c == known {
			return true
		}
	}
	return false
}

// Sensitivity marks data that needs explicit consent, by the codes of HL7
// v3-ActCode (ActInformationSensitivityPolicy).
type Sensitivity string

// The sensitivities.
const (
	SUD  Sensitivity = "SUD"  // substance use disorder (42 CFR Part 2); includes alcohol
	ETH  Sensitivity = "ETH"  // substance abuse information in the wider sense of v3-ActCode
	PSY  Sensitivity = "PSY"  // psychiatry and mental health
	HIV  Sensitivity = "HIV"  // HIV and AIDS
	SEX  Sensitivity = "SEX"  // sexual and reproductive health
	STD  Sensitivity = "STD"  // sexually transmitted disease
	SDV  Sensitivity = "SDV"  // sexual assault, abuse, domestic violence
	GDIS Sensitivity = "GDIS" // genetic disease

	Adolescent Sensitivity = "ADOL" // confidential to an adolescent: not for parents, whatever they may read

	// Unclassified is PDS, patient default information sensitivity: what could
	// not be classified and is sensitive for that reason (R41).
	Unclassified Sensitivity = "PDS"
)

// Sensitivities lists every sensitivity, sorted.
func Sensitivities() []Sensitivity {
	return []Sensitivity{Adolescent, ETH, GDIS, HIV, Unclassified, PSY, SDV, SEX, STD, SUD}
}

// Valid reports whether s is one of Sensitivities.
func (s Sensitivity) Valid() bool {
	for _, known := range Sensitivities() {
		if s == known {
			return true
		}
	}
	return false
}

// Purpose is why somebody reads, a code of HL7 v3-PurposeOfUse.
type Purpose string

// The purposes.
const (
	Treatment          Purpose = "TREAT"
	EmergencyTreatment Purpose = "ETREAT"
	Payment            Purpose = "HPAYMT"
	Operations         Purpose = "HOPERAT"
	Research           Purpose = "HRESCH"
	PatientRequest     Purpose = "PATRQT"
	PublicHealth       Purpose = "PUBHLTH"
)

// Purposes lists every purpose.
func Purposes() []Purpose {
	return []Purpose{Treatment, EmergencyTreatment, Payment, Operations, Research, PatientRequest, PublicHealth}
}

// Valid reports whether p is one of Purposes.
func (p Purpose) Valid() bool {
	for _, known := range Purposes() {
		if p == known {
			return true
		}
	}
	return false
}

// Action is what a grant allows. The ledger keeps it in the open, because
// whether a key may anchor or may ask is decided there.
type Action uint8

// The actions.
const (
	ActionRead     Action = 1 // open folios
	ActionWrite    Action = 2 // anchor submissions
	ActionDelegate Action = 3 // act for the subject
)

// String returns "read", "write" or "delegate".
func (a Action) String() string {
	switch a {
	case ActionRead:
		return "read"
	case ActionWrite:
		return "write"
	case ActionDelegate:
		return "delegate"
	}
	return "unknown"
}

package labels

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// categories places the types whose category does not depend on content. Types
// that are not here are stele.Other.
var categories = map[string]stele.Category{
	"AllergyIntolerance": stele.Allergies,
	"Medication":         stele.Medications, "MedicationRequest": stele.Medications, "MedicationStatement": stele.Medications,
	"MedicationAdministration": stele.Medications, "MedicationDispense": stele.Medications,
	"Condition": stele.Problems, "Procedure": stele.Procedures,
	// What warns stands where its reader looks for harm: IPS 2.0 has alerts beside
	// problems and adverse reactions under allergies, and an issue between orders
	// (FHIR R4 DetectedIssue) is of use to who sees the orders.
	"Flag": stele.Problems, "RiskAssessment": stele.Problems, "BodyStructure": stele.Problems,
	"AdverseEvent": stele.Allergies, "DetectedIssue": stele.Medications,
	"Immunization": stele.Immunizations, "ImmunizationEvaluation": stele.Immunizations, "ImmunizationRecommendation": stele.Immunizations,
	"Specimen": stele.Results, "MolecularSequence": stele.Results,
	"FamilyMemberHistory":   stele.FamilyHistory,
	"ClinicalImpression":    stele.Functional,    // IPS, section functional status
	"QuestionnaireResponse": stele.SocialHistory, // as Observations of category survey
	"Communication":         stele.Documents, "CommunicationRequest": stele.CarePlans, "Task": stele.CarePlans, "GuidanceResponse": stele.CarePlans,
	"VisionPrescription": stele.Devices, "SupplyRequest": stele.Devices, "SupplyDelivery": stele.Devices,
	"ImagingStudy": stele.Imaging, "Media": stele.Imaging,
	"Composition": stele.Documents, "Binary": stele.Documents, "DocumentManifest": stele.Documents,
	"Encounter": stele.Encounters, "EpisodeOfCare": stele.Encounters, "Appointment": stele.Encounters, "AppointmentResponse": stele.Encounters,
	"CarePlan": stele.CarePlans, "CareTeam": stele.CarePlans, "Goal": stele.CarePlans, "ServiceRequest": stele.CarePlans,
	"NutritionOrder": stele.CarePlans, "DeviceRequest": stele.CarePlans, "RequestGroup": stele.CarePlans,
	"Device": stele.Devices, "DeviceUseStatement": stele.Devices, "DeviceMetric": stele.Devices,
	"Claim": stele.Claims, "ClaimResponse": stele.Claims, "ExplanationOfBenefit": stele.Claims, "Coverage": stele.Claims,
	"CoverageEligibilityRequest": stele.Claims, "CoverageEligibilityResponse": stele.Claims, "Account": stele.Claims,
	"ChargeItem": stele.Claims, "Invoice": stele.Claims, "PaymentNotice": stele.Claims, "PaymentReconciliation": stele.Claims,
	"Patient": stele.Demographics, "RelatedPerson": stele.Demographics, "Person": stele.Demographics,
	"Practitioner": stele.Providers, "PractitionerRole": stele.Providers, "Organization": stele.Providers,
	"OrganizationAffiliation": stele.Providers, "Location": stele.Providers, "HealthcareService": stele.Providers, "Endpoint": stele.Providers,
}

// summaryCode is LOINC's document type of an International Patient Summary.
const summaryCode = "60591-5"

// Category places a resource.
func Category(r *fhir.Resource) stele.Category {
	typ := r.Type()
	switch typ {
	case "Observation":
		return observation(r)
	case "DiagnosticReport":
		return report(r)
	case "DocumentReference":
		if codedIn(r, "type", directiveCodes) || codedIn(r, "category", directiveCodes) {
			return stele.AdvanceDirectives
		}
		return stele.Documents
	case "Consent":
		return consent(r)
	case "List":
		return list(r)
	case "Bundle":
		if r.Path("type") == "document" && r.Path("entry.resource.type.coding.code") == summaryCode {
			return stele.Summary
		}
	}
	if c, ok := categories[typ]; ok {
		return c
	}
	return stele.Other
}

// consent tells what somebody decided about treatment from what she decided about her
// records: HL7's categories of directives (R4 consent-category), and a consent to
// treatment that denies any, as blood.
func consent(r *fhir.Resource) stele.Category {
	decided := codedIn(r, "scope", []string{"adr"}) || codedIn(r, "category", []string{"acd", "dnr", "hcd", "polst"}) || codedIn(r, "category", directiveCodes)
	denied := slices.Contains(r.All("provision.type"), "deny") || slices.Contains(r.All("provision.provision.type"), "deny")
	if decided || denied && codedIn(r, "scope", []string{"treatment"}) {
		return stele.AdvanceDirectives
	}
	return stele.Other
}

// directiveCodes are LOINC's document types for advance directives (US Core,
// HL7 PACIO Advance Directive Information, C-CDA); telling/directive.go says what each is.
var directiveCodes = []string{"42348-3", "75320-2", "81334-5", "86533-7", "92664-2", "84095-9", "64298-3", "93037-0"}

// pregnancyCodes are LOINC codes of IPS's pregnancy section: status, expected
// date of delivery, outcomes.
var pregnancyCodes = []string{
	"82810-3", "11778-8", "11779-6", "11780-4", "11636-8", "11637-6", "11638-4", "11639-2", "11640-0", "11612-9",
	"11613-7", "11614-5", "33065-4", "11996-6", "11977-6", "86645-9", "49051-6", "11884-4", "8665-2",
}

// vitalCodes are the LOINC codes of FHIR R4's vital signs profiles.
var vitalCodes = []string{
	"85353-1", "9279-1", "8867-4", "2708-6", "59408-5", "8310-5", "8302-2", "9843-4", "29463-7", "39156-5", "85354-9",
	"8480-6", "8462-4", "59576-9", "8289-1", "77606-2",
}

// socialCodes are LOINC codes of IPS's social history: tobacco and alcohol use.
var socialCodes = []string{"72166-2", "74013-4", "11331-6", "11367-0"}

func codedIn(r *fhir.Resource, path string, codes []string) bool {
	return slices.ContainsFunc(r.All(path+".coding.code"), func(code string) bool { return slices.Contains(codes, code) })
}

// observation goes by the code where the code leaves no doubt, then by
// Observation.category (FHIR R4 observation-category, US Core categories). What
// is of no category that is known there, findings of an examination too, is a
// result: whoever may read results expects it there.
func observation(r *fhir.Resource) stele.Category {
	if codedIn(r, "code", pregnancyCodes) {
		return stele.Pregnancy
	}
	if codedIn(r, "code", vitalCodes) {
		return stele.Vitals
	}
	if codedIn(r, "code", socialCodes) {
		return stele.SocialHistory
	}
	has := r.All("category.coding.code")
	for _, c := range []struct {
		code     string
		category stele.Category
	}{
		{"vital-signs", stele.Vitals}, {"laboratory", stele.Results}, {"imaging", stele.Imaging},
		{"functional-status", stele.Functional}, {"cognitive-status", stele.Functional}, {"disability-status", stele.Functional},
		{"social-history", stele.SocialHistory}, {"survey", stele.SocialHistory}, {"sdoh", stele.SocialHistory},
		{"procedure", stele.Procedures}, {"therapy", stele.Procedures}, {"activity", stele.SocialHistory},
	} {
		if slices.Contains(has, c.code) {
			return c.category
		}
	}
	return stele.Results
}

// imagingReports and noteReports are categories of DiagnosticReport: v2-0074
// sections and LOINC classes as US Core uses them.
var (
	imagingReports = []string{"RAD", "RUS", "RX", "CT", "NMR", "NMS", "VUS", "XRC", "CUS", "OUS", "CTH", "LP29684-5", "18748-4"}
	noteReports    = []string{"34117-2", "51847-2", "11488-4", "11506-3", "18842-5", "28570-0", "34746-8", "34109-9", "LP173418-7"}
)

func report(r *fhir.Resource) stele.Category {
	if codedIn(r, "category", imagingReports) {
		return stele.Imaging
	}
	if codedIn(r, "category", noteReports) {
		return stele.Documents
	}
	return stele.Results
}

// dates says where a type keeps its clinical date: the time it speaks of first,
// then when it was recorded.
var dates = map[string][]string{
	"AllergyIntolerance": {"onsetDateTime", "onsetPeriod.start", "recordedDate", "lastOccurrence"},
	"Appointment":        {"start", "created"}, "AppointmentResponse": {"start"},
	"AuditEvent": {"recorded"}, "CarePlan": {"period.start", "created"}, "CareTeam": {"period.start"},
	"ChargeItem": {"occurrenceDateTime", "occurrencePeriod.start", "enteredDate"},
	"Claim":      {"billablePeriod.start", "created"}, "ClaimResponse": {"created"},
	"ClinicalImpression": {"effectiveDateTime", "effectivePeriod.start", "date"},
	"Communication":      {"sent", "received"}, "CommunicationRequest": {"occurrenceDateTime", "occurrencePeriod.start", "authoredOn"},
	"Composition": {"date"}, "Condition": {"onsetDateTime", "onsetPeriod.start", "recordedDate", "abatementDateTime"},
	"Consent": {"dateTime"}, "Coverage": {"period.start"}, "CoverageEligibilityRequest": {"created"}, "CoverageEligibilityResponse": {"created"},
	"DetectedIssue": {"identifiedDateTime", "identifiedPeriod.start"},
	"DeviceRequest": {"occurrenceDateTime", "occurrencePeriod.start", "authoredOn"}, "Device": {"manufactureDate"},
	"DeviceUseStatement": {"timingDateTime", "timingPeriod.start", "recordedOn"},
	"DiagnosticReport":   {"effectiveDateTime", "effectivePeriod.start", "issued"},
	"DocumentManifest":   {"created"}, "DocumentReference": {"context.period.start", "date"},
	"Encounter": {"period.start"}, "EpisodeOfCare": {"period.start"}, "ExplanationOfBenefit": {"billablePeriod.start", "created"},
	"FamilyMemberHistory": {"date"}, "Flag": {"period.start"}, "Goal": {"startDate", "statusDate"},
	"ImagingStudy": {"started"}, "Immunization": {"occurrenceDateTime", "recorded"}, "ImmunizationEvaluation": {"date"},
	"ImmunizationRecommendation": {"date"}, "Invoice": {"date"}, "List": {"date"},
	"MeasureReport": {"date", "period.start"}, "Media": {"createdDateTime", "createdPeriod.start", "issued"},
	"MedicationAdministration": {"effectiveDateTime", "effectivePeriod.start"},
	"MedicationDispense":       {"whenHandedOver", "whenPrepared"}, "MedicationRequest": {"authoredOn"},
	"MedicationStatement": {"effectiveDateTime", "effectivePeriod.start", "dateAsserted"},
	"NutritionOrder":      {"dateTime"}, "Observation": {"effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "effectiveTiming.event", "issued"},
	"Procedure":  {"performedDateTime", "performedPeriod.start"},
	"Provenance": {"occurredDateTime", "occurredPeriod.start", "recorded"}, "QuestionnaireResponse": {"authored"},
	"RequestGroup": {"authoredOn"}, "RiskAssessment": {"occurrenceDateTime", "occurrencePeriod.start"},
	"ServiceRequest": {"occurrenceDateTime", "occurrencePeriod.start", "authoredOn"},
	"Specimen":       {"collection.collectedDateTime", "collection.collectedPeriod.start", "receivedTime"},
	"SupplyDelivery": {"occurrenceDateTime", "occurrencePeriod.start"}, "SupplyRequest": {"occurrenceDateTime", "authoredOn"},
	"Task": {"executionPeriod.start", "authoredOn"}, "VisionPrescription": {"dateWritten", "created"}, "AdverseEvent": {"date", "detected"},
}

// When returns the clinical date as FHIR text, perhaps partial; "" when the
// resource carries none that is a date. A birth date is not one.
func When(r *fhir.Resource) string {
	for _, path := range dates[r.Type()] {
		if text := r.Path(path); text != "" && fhir.IsDateTime(text) {
			return text
		}
	}
	return ""
}

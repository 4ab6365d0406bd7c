package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Clinical lists the kinds that are told unless others are asked for: all but
// summaries, which repeat what is told, claims, the care providers' own entries, and what
// nobody could sort. Of the last, clinical types are told all the same; see [Options.Kinds].
func Clinical() []stele.Category {
	return slices.DeleteFunc(stele.Categories(), func(c stele.Category) bool {
		return c == stele.Summary || c == stele.Claims || c == stele.Providers || c == stele.Demographics || c == stele.Other
	})
}

// tells reports whether an entry is of the kinds that are asked for. A label has
// no category for some clinical types; that must not hide a warning.
func (o Options) tells(e Entry) bool {
	if len(o.Kinds) > 0 {
		return slices.Contains(o.Kinds, e.Kind)
	}
	return slices.Contains(Clinical(), e.Kind) || e.Kind == stele.Other && (clinicalTypes[e.Type] || e.Directive || e.consents())
}

// consents reports whether an entry tells what somebody agreed to have done, or did not:
// any Consent but one whose scope says that it is about who may see her records.
func (e *Entry) consents() bool {
	scope := e.record.Root().Member("scope")
	private := func(s string) bool { return strings.EqualFold(s, "patient-privacy") }
	return e.Type == "Consent" && !private(textOf(scope, "text")) && !slices.ContainsFunc(itemsOf(scope, "coding"), func(c fhir.Value) bool { return private(textOf(c, "code")) })
}

// alerts reports whether an entry warns, by its type or by what it tells: it comes
// first in its chapter.
func alerts(e Entry) bool {
	return e.Warns || e.Type == "AdverseEvent" || e.Type == "DetectedIssue" || e.Type == "Flag"
}

// clinicalTypes are the resource types of FHIR R4 that say something about a
// person's health or care, among those whose label may have no category.
var clinicalTypes = set(
	"AdverseEvent", "AllergyIntolerance", "Appointment", "AppointmentResponse", "BodyStructure", "CarePlan", "CareTeam", "ClinicalImpression", "Communication",
	"CommunicationRequest", "Composition", "Condition", "DetectedIssue", "Device", "DeviceMetric", "DeviceRequest", "DeviceUseStatement", "DiagnosticReport",
	"DocumentManifest", "DocumentReference", "Encounter", "EpisodeOfCare", "FamilyMemberHistory", "Flag", "Goal", "GuidanceResponse", "ImagingStudy", "Immunization",
	"ImmunizationEvaluation", "ImmunizationRecommendation", "List", "Media", "MedicationAdministration", "MedicationDispense", "MedicationRequest",
	"MedicationStatement", "MolecularSequence", "NutritionOrder", "Observation", "Procedure", "QuestionnaireResponse", "RequestGroup", "ResearchSubject",
	"RiskAssessment", "ServiceRequest", "Specimen", "SupplyDelivery", "SupplyRequest", "Task", "VisionPrescription",
)

// kindOfEntry heads the entries of a kind.
func kindOfEntry(e Entry) string {
	if alerts(e) {
		return "alert"
	}
	if e.Kind == stele.Other {
		switch e.Type {
		case "Communication", "CommunicationRequest":
			return "message"
		case "Consent":
			return "consent"
		case "RiskAssessment":
			return "risk"
		case "QuestionnaireResponse":
			return "answers"
		case "Task", "SupplyRequest", "VisionPrescription", "NutritionOrder", "DeviceRequest", "RequestGroup":
			return "plan"
		}
	}
	return kindWord(e.Kind)
}

// kindWord heads the entries of a kind.
func kindWord(c stele.Category) string {
	switch c {
	case stele.Allergies:
		return "allergy"
	case stele.Medications:
		return "medicine"
	case stele.Problems:
		return "problem"
	case stele.Immunizations:
		return "vaccine"
	case stele.Procedures:
		return "procedure"
	case stele.Results:
		return "result"
	case stele.Vitals:
		return "vitals"
	case stele.SocialHistory:
		return "social"
	case stele.FamilyHistory:
		return "family"
	case stele.Pregnancy:
		return "pregnancy"
	case stele.Functional:
		return "function"
	case stele.Imaging:
		return "imaging"
	case stele.Documents:
		return "document"
	case stele.Encounters:
		return "visit"
	case stele.CarePlans:
		return "plan"
	case stele.Devices:
		return "device"
	case stele.AdvanceDirectives:
		return "directive"
	case stele.Summary:
		return "summary"
	case stele.Claims:
		return "claim"
	case stele.Demographics:
		return "person"
	case stele.Providers:
		return "provider"
	}
	return "other"
}

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

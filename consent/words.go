package consent

import "github.com/stele-health/stele"

// CategoryWords names a category as it follows "your".
func CategoryWords(c stele.Category) string {
	switch c {
	case stele.Allergies:
		return "allergies"
	case stele.Medications:
		return "medicines"
	case stele.Problems:
		return "health problems"
	case stele.Immunizations:
		return "vaccinations"
	case stele.Procedures:
		return "procedures"
	case stele.Results:
		return "laboratory results"
	case stele.Vitals:
		return "vital signs"
	case stele.SocialHistory:
		return "social history"
	case stele.FamilyHistory:
		return "family history"
	case stele.Pregnancy:
		return "pregnancies"
	case stele.Functional:
		return "functional assessments"
	case stele.Imaging:
		return "imaging"
	case stele.Documents:
		return "documents and notes"
	case stele.Encounters:
		return "visits"
	case stele.CarePlans:
		return "care plans"
	case stele.Devices:
		return "medical devices"
	case stele.AdvanceDirectives:
		return "advance directives"
	case stele.Summary:
		return "emergency summary"
	case stele.Claims:
		return "insurance claims"
	case stele.Demographics:
		return "personal details"
	case stele.Providers:
		return "care providers"
	case stele.Other:
		return "other records"
	}
	return string(c)
}

// SensitivityWords names a sensitivity as it follows "marked as".
func SensitivityWords(s stele.Sensitivity) string {
	switch s {
	case stele.SUD:
		return "substance use treatment"
	case stele.ETH:
		return "alcohol and drug use"
	case stele.PSY:
		return "mental health"
	case stele.HIV:
		return "HIV"
	case stele.SEX:
		return "sexual and reproductive health"
	case stele.STD:
		return "sexually transmitted disease"
	case stele.SDV:
		return "abuse and violence"
	case stele.GDIS:
		return "genetic disease"
	case stele.Adolescent:
		return "confidential to an adolescent"
	case stele.Unclassified:
		return "not classified"
	}
	return string(s)
}

// purposeWords names a purpose as it follows "for".
func purposeWords(p stele.Purpose) string {
	switch p {
	case stele.Treatment:
		return "treatment"
	case stele.EmergencyTreatment:
		return "emergency treatment"
	case stele.Payment:
		return "payment"
	case stele.Operations:
		return "running the health service"
	case stele.Research:
		return "research"
	case stele.PatientRequest:
		return "what you asked for yourself"
	case stele.PublicHealth:
		return "public health"
	}
	return string(p)
}

package fhir

import (
	"strings"
)

// Files of other releases of FHIR look much like R4 and fail in many places.
// What follows recognises them, so that a person reads the cause once.

// The releases that are told apart.
const (
	dstu2 = "DSTU2"
	stu3  = "STU3"
	r4b   = "R4B"
	r5    = "R5"
)

// otherTypes are resource types that R4 does not have, by the release that does
// (the newest before R4, or the oldest after it).
var otherTypes = releases{
	dstu2: `MedicationOrder DiagnosticOrder DeviceUseRequest Order OrderResponse Conformance ImagingObjectSelection`,
	stu3: `ProcedureRequest ReferralRequest BodySite DeviceComponent ProcessRequest ProcessResponse EligibilityRequest EligibilityResponse
		DataElement Sequence ServiceDefinition ImagingManifest ExpansionProfile`,
	r4b: `AdministrableProductDefinition Citation ClinicalUseDefinition Ingredient ManufacturedItemDefinition MedicinalProductDefinition
		NutritionProduct PackagedProductDefinition RegulatedAuthorization SubscriptionStatus SubscriptionTopic SubstanceDefinition`,
	r5: `ActorDefinition ArtifactAssessment BiologicallyDerivedProductDispense ConditionDefinition DeviceAssociation DeviceDispense DeviceUsage EncounterHistory
		FormularyItem GenomicStudy ImagingSelection InventoryItem InventoryReport NutritionIntake Permission Requirements TestPlan Transport`,
}.invert()

// otherElements are elements that R4 does not have at that path. "=string"
// and the like at the end: R4 has the element, and not with that JSON.
var otherElements = releases{
	dstu2: `Condition.patient Condition.dateRecorded Condition.notes AllergyIntolerance.substance AllergyIntolerance.status 
		Immunization.wasNotGiven Immunization.reported MedicationStatement.wasNotTaken MedicationAdministration.wasNotGiven
		Procedure.notPerformed Procedure.reasonNotPerformed Observation.comments Encounter.patient Encounter.class=string Encounter.indication
		Goal.description=string Practitioner.practitionerRole MedicationOrder.prescriber DiagnosticReport.request DiagnosticReport.requestDetail
		CarePlan.participant`,
	stu3: `Observation.comment Observation.context Observation.related Condition.context Condition.assertedDate Condition.clinicalStatus=string
		Condition.verificationStatus=string AllergyIntolerance.assertedDate AllergyIntolerance.clinicalStatus=string
		AllergyIntolerance.verificationStatus=string Immunization.notGiven Immunization.date Immunization.explanation Immunization.practitioner
		Immunization.vaccinationProtocol MedicationStatement.taken MedicationStatement.notTaken MedicationStatement.reasonNotTaken
		MedicationRequest.requester.agent MedicationRequest.context MedicationRequest.definition MedicationRequest.substitution.allowed
		MedicationAdministration.notGiven MedicationAdministration.reasonNotGiven MedicationAdministration.prescription
		MedicationDispense.notDone MedicationDispense.notDoneReasonCodeableConcept Procedure.notDone Procedure.notDoneReason Procedure.context
		Procedure.definition Encounter.reason Encounter.incomingReferral DiagnosticReport.context DiagnosticReport.codedDiagnosis
		DiagnosticReport.image CarePlan.context CarePlan.definition CareTeam.context Communication.notDone Communication.context
		DocumentReference.indexed DocumentReference.created DocumentReference.class Composition.class Device.udi Device.model
		FamilyMemberHistory.notDone FamilyMemberHistory.definition Goal.status ImagingStudy.accession ImagingStudy.patient
		ImagingStudy.uid Patient.animal QuestionnaireResponse.context QuestionnaireResponse.parent Medication.package Medication.product Medication.image
		Task.context ClinicalImpression.context RiskAssessment.context Coverage.sequence Coverage.grouping`,
	r5: `MedicationRequest.medication MedicationStatement.medication MedicationDispense.medication MedicationAdministration.medication
		MedicationStatement.adherence Medication.doseForm Medication.marketingAuthorizationHolder Medication.totalVolume
		Encounter.actualPeriod Encounter.plannedStartDate Encounter.plannedEndDate Encounter.admission Encounter.class=array Encounter.reason.value
		Encounter.reason.use Condition.participant AllergyIntolerance.participant AllergyIntolerance.type=object Procedure.occurrenceDateTime
		Procedure.occurrencePeriod Procedure.occurrenceString Procedure.occurrenceAge Procedure.recorded Procedure.reportedBoolean
		Procedure.reason Observation.triggeredBy Observation.bodyStructure Observation.organizer DiagnosticReport.composition
		DiagnosticReport.note DiagnosticReport.supportingInfo Immunization.administeredProduct Immunization.informationSource
		Immunization.basedOn Immunization.reason CarePlan.activity.performedActivity CarePlan.activity.plannedActivityReference
		DocumentReference.modality DocumentReference.bodySite DocumentReference.attester DocumentReference.content.profile
		DocumentReference.context=array ServiceRequest.code.concept ServiceRequest.reason ServiceRequest.bodyStructure DeviceRequest.code
		Coverage.insurer Coverage.kind Device.displayName AdverseEvent.code
		AdverseEvent.occurrenceDateTime Communication.reason CareTeam.reason FamilyMemberHistory.reason 
		Task.requestedPerformer Consent.subject Consent.decision Consent.controller`,
}.invert()

// profiles are parts of the addresses of profiles that show their release.
var profiles = [][2]string{
	{"/stu3/", stu3}, {"/dstu2/", dstu2}, {"/dstu3/", stu3}, {"/r4b/", r4b}, {"/r5/", r5},
	{"hl7.org/fhir/3.", stu3}, {"hl7.org/fhir/1.0", dstu2}, {"hl7.org/fhir/4.3", r4b}, {"hl7.org/fhir/5.", r5},
	{"fhir.org/guides/argonaut", dstu2}, {"hl7.org/fhir/us/daf", dstu2},
}

// releases lists names by release; inverted, it gives the release of a name.
type releases map[string]string

func (t releases) invert() map[string]string {
	out := map[string]string{}
	for release, names := range t {
		for _, name := range strings.Fields(names) {
			out[name] = release
		}
	}
	return out
}

// release returns another release of FHIR that the resource looks like, "" when
// none: by what it says of itself, then by its profiles, type and elements.
func (d *document) release() string {
	typ := d.memberText(0, "resourceType")
	if number := d.memberText(0, "fhirVersion"); number != "" && version(number) != "" {
		return version(number)
	}
	if t := otherTypes[typ]; t != "" {
		return t
	}
	found := ""
	d.each(d.member(d.member(0, "meta"), "profile"), func(item int32) {
		if url := strings.ToLower(string(d.text(item))); found == "" {
			for _, p := range profiles {
				if strings.Contains(url, p[0]) {
					found = p[1]
					return
				}
			}
		}
	})
	if found != "" || d.nodes[0].kind != objectNode {
		return found
	}
	for c := int32(1); c < d.nodes[0].next; c = d.nodes[c].next {
		if found = d.releaseOf(c, typ+"."+string(d.key(c))); found != "" {
			return found
		}
	}
	return ""
}

// releaseOf looks for one member, its JSON, and what it holds, in the table.
func (d *document) releaseOf(c int32, path string) string {
	if found := otherElements[path]; found != "" {
		return found
	}
	kind := map[nodeKind]string{objectNode: "=object", arrayNode: "=array", stringNode: "=string"}[d.nodes[c].kind]
	if found := otherElements[path+kind]; found != "" {
		return found
	}
	found := ""
	d.each(c, func(item int32) {
		if d.nodes[item].kind != objectNode || found != "" {
			return
		}
		for k := item + 1; k < d.nodes[item].next; k = d.nodes[k].next {
			if r := otherElements[path+"."+string(d.key(k))]; r != "" && found == "" {
				found = r
			}
		}
	})
	return found
}

// nameRelease says in the first issue which release the resource looks like.
func (v *validation) nameRelease() {
	for i := range v.issues {
		if v.issues[i].Warning {
			continue
		}
		if r := v.doc.release(); r != "" {
			v.issues[i].Text += "; this looks like " + r + ", and R4 is read"
		}
		return
	}
}

// version names what a FHIR version number stands for, "" for R4's own.
func version(number string) string {
	for _, known := range [...][2]string{{"0.", "DSTU1"}, {"1.", "DSTU2"}, {"3.", "STU3"}, {"4.1", "R4B"}, {"4.3", "R4B"}, {"5.", "R5"}, {"6.", "R6"}} {
		if len(number) >= len(known[0]) && number[:len(known[0])] == known[0] {
			return known[1]
		}
	}
	return ""
}

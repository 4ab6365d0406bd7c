package fhir

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestR37EveryPathToAPatientHasARole lists every reference of R4 that may lead to
// a Patient, by what it says of whose the record is. A new one, or one that moves,
// shows here and wants a decision.
func TestR37EveryPathToAPatientHasARole(t *testing.T) {
	byRole := map[Role][]string{}
	for _, typ := range tables().types {
		for _, p := range typ.props {
			if p.typ.name == "Reference" && (slices.Contains(p.targets, "Patient") || p.role > Mentions) {
				byRole[p.role] = append(byRole[p.role], typ.name+"."+p.name)
			}
		}
	}
	for role, want := range map[Role]string{Leads: "", Names: namesWhose, Takes: takesPart, Mentions: mentionsOnly} {
		got := byRole[role]
		slices.Sort(got)
		if g, w := strings.Join(got, " "), strings.Join(strings.Fields(want), " "); g != w {
			t.Errorf("role %d:\ngot  %s\nwant %s", role, g, w)
		}
	}
}

const takesPart = `Account.subject Appointment.participant.actor AppointmentResponse.actor Group.member.entity Person.link.target Schedule.actor`

const namesWhose = `ActivityDefinition.subjectReference AdverseEvent.subject AllergyIntolerance.patient Basic.subject BodyStructure.patient
CarePlan.subject CareTeam.subject ChargeItem.subject Claim.patient ClaimResponse.patient ClinicalImpression.subject Communication.subject
CommunicationRequest.subject Composition.subject Condition.subject Consent.patient Contract.subject Coverage.beneficiary
CoverageEligibilityRequest.patient CoverageEligibilityResponse.patient DataRequirement.subjectReference DetectedIssue.patient Device.patient
DeviceRequest.subject DeviceUseStatement.subject DiagnosticReport.subject DocumentManifest.subject DocumentReference.context.sourcePatientInfo
DocumentReference.subject Encounter.subject EnrollmentRequest.candidate EpisodeOfCare.patient EventDefinition.subjectReference
ExplanationOfBenefit.patient FamilyMemberHistory.patient Flag.subject Goal.subject GuidanceResponse.subject ImagingStudy.subject
Immunization.patient ImmunizationEvaluation.patient ImmunizationRecommendation.patient Invoice.subject Library.subjectReference List.subject
Measure.subjectReference MeasureReport.subject Media.subject MedicationAdministration.subject MedicationDispense.subject
MedicationRequest.subject MedicationStatement.subject MedicinalProductAuthorization.subject MedicinalProductContraindication.subject
MedicinalProductIndication.subject MedicinalProductInteraction.subject MedicinalProductPackaged.subject
MedicinalProductUndesirableEffect.subject MolecularSequence.patient NutritionOrder.patient Observation.subject
PlanDefinition.action.subjectReference PlanDefinition.subjectReference Procedure.subject QuestionnaireResponse.subject RelatedPerson.patient
RequestGroup.subject ResearchDefinition.subjectReference ResearchElementDefinition.subjectReference ResearchSubject.individual
RiskAssessment.subject ServiceRequest.subject Specimen.subject SupplyDelivery.patient Task.for VisionPrescription.patient`

const mentionsOnly = `Account.guarantor.party AdverseEvent.recorder AllergyIntolerance.asserter AllergyIntolerance.recorder
Annotation.authorReference AuditEvent.agent.who AuditEvent.source.observer Basic.author BiologicallyDerivedProduct.collection.source
CarePlan.activity.detail.performer CarePlan.author CarePlan.contributor CareTeam.participant.member ChargeItem.enterer
ChargeItem.performer.actor Claim.payee.party Communication.recipient Communication.sender CommunicationRequest.recipient
CommunicationRequest.requester CommunicationRequest.sender Composition.attester.party Composition.author Composition.section.author
Condition.asserter Condition.recorder Consent.performer Consent.provision.actor.reference Consent.verification.verifiedWith Contract.author
Contract.signer.party Contract.term.action.performer Contract.term.action.requester Contract.term.action.subject.reference
Contract.term.asset.valuedItem.recipient Contract.term.asset.valuedItem.responsible Contract.term.offer.party.reference Coverage.payor
Coverage.policyHolder Coverage.subscriber DeviceRequest.performer DeviceUseStatement.source DocumentManifest.author
DocumentManifest.recipient DocumentReference.author ExplanationOfBenefit.payee.party Flag.author Goal.expressedBy
ImagingStudy.series.performer.actor Invoice.participant.actor Invoice.recipient List.source Media.operator
MedicationAdministration.performer.actor MedicationDispense.performer.actor MedicationDispense.receiver MedicationRequest.performer
MedicationRequest.reportedReference MedicationRequest.requester MedicationStatement.informationSource Observation.performer
Patient.link.other Procedure.asserter Procedure.performer.actor Procedure.recorder Provenance.agent.onBehalfOf Provenance.agent.who
QuestionnaireResponse.author QuestionnaireResponse.source RequestGroup.action.participant ServiceRequest.performer ServiceRequest.requester
Signature.onBehalfOf Signature.who SupplyRequest.deliverTo SupplyRequest.requester Task.owner Task.requester Task.restriction.recipient`

// TestR37CompartmentNamesWhose holds HL7's own list against the roles: the first
// parameter of a type's compartment is the patient it is of, but where R4 says in
// words that it is somebody else.
func TestR37CompartmentNamesWhose(t *testing.T) {
	other := map[string]string{ // who did something: nothing else leads to a patient, or something else is the subject
		"AuditEvent": "agent.who", "Patient": "link.other", "Provenance": "target", "SupplyRequest": "deliverTo",
		"Coverage": "policyHolder", // beneficiary is who is insured
	}
	for typ, paths := range tables().compartment {
		owner := tables().types[typ]
		steps := strings.Split(paths[0], ".")
		for _, step := range steps[:len(steps)-1] {
			owner = owner.property([]byte(step)).typ
		}
		p := owner.property([]byte(steps[len(steps)-1]))
		if p == nil {
			t.Fatalf("%s has no %s", typ, paths[0])
		}
		if p.role < Names && other[typ] != paths[0] {
			t.Errorf("%s.%s names the patient whose compartment it is in, and counts as a mention", typ, paths[0])
		}
	}
}

// TestR37WhatIsOfNobody lists the types that go with whoever refers to them.
func TestR37WhatIsOfNobody(t *testing.T) {
	var got []string
	for typ := range sharedTypes() {
		got = append(got, typ)
	}
	slices.Sort(got)
	want := `DeviceDefinition Endpoint HealthcareService InsurancePlan Location Medication MedicinalProductIngredient MedicinalProductManufactured
MedicinalProductPharmaceutical Organization OrganizationAffiliation Practitioner PractitionerRole SpecimenDefinition Subscription Substance
SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceSourceMaterial`
	if g, w := strings.Join(got, " "), strings.Join(strings.Fields(want), " "); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
	if Shared("Horoscope") || Shared("Patient") || Shared("Bundle") {
		t.Error("what is not known is not of nobody")
	}
}

// TestPointersAreFoundEverywhere looks for references in contained resources,
// extensions of primitives and of references, and logical ones.
func TestPointersAreFoundEverywhere(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x","_text":{"extension":[{"url":"u","valueReference":{"reference":"Patient/1"}}]}},
		"contained":[{"resourceType":"Device","id":"d","patient":{"reference":"Patient/2"}}],
		"subject":{"type":"Patient","identifier":{"system":"s","value":"3","type":{"coding":[{"code":"MR"}]},"assigner":{"reference":"Organization/4"}},
			"extension":[{"url":"u","valueReference":{"reference":"Group/5"}}]},
		"performer":[{"reference":"http://x/Practitioner/6/_history/1"},{"display":"Dr"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.Pointers() {
		got = append(got, fmt.Sprintf("%d %s %s %s %s|%s%s %v", p.Role, p.Element, p.To, p.Type, p.System, p.Value, p.Kinds, p.Inside))
	}
	want := []string{
		"1 Extension.valueReference Patient/1 Patient | false",
		"2 Device.patient Patient/2 Patient | true",
		"0 Identifier.assigner Organization/4 Organization | false",
		"2 Observation.subject  Patient s|3 MR false",
		"1 Extension.valueReference Group/5 Group | false",
		"1 Observation.performer http://x/Practitioner/6/_history/1 Practitioner | false",
		"1 Observation.performer   | false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPointersStandWhereTheDefinitionsSay: what R4 does not know leads nowhere, whatever
// it looks like.
func TestPointersStandWhereTheDefinitionsSay(t *testing.T) {
	const patient = `{"reference":"Patient/1"}`
	for _, member := range []string{
		`"future":` + patient, `"future":[` + patient + `]`, `"future":{"subject":` + patient + `}`, `"":` + patient, `"_":` + patient,
		`"_future":{"extension":[{"url":"u","valueReference":` + patient + `}]}`,
		`"status":` + patient, `"code":{"coding":` + patient + `}`, `"subject":"Patient/1"`, `"subject":["Patient/1"]`, `"note":["Patient/1"]`,
		`"contained":[{"resourceType":"Horoscope","subject":` + patient + `},{"resourceType":"Annotation","authorReference":` + patient + `},{"subject":` + patient + `},7]`,
	} {
		r, err := Parse([]byte(`{"resourceType":"Observation",` + member + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if found := r.Pointers(); len(found) != 0 {
			t.Errorf("%s leads to %v", member, found)
		}
	}
}

// TestRenamedChangesNothingElse gives a resource another id and follows
// references; all other bytes stay.
func TestRenamedChangesNothingElse(t *testing.T) {
	to := func(ref string, _ bool) string {
		return map[string]string{"urn:uuid:1": "Patient/1", "urn:uuid:2": "Binary/2"}[ref]
	}
	for from, want := range map[string]string{
		`{"resourceType":"Observation","code":{"text":"id"},"subject":{"reference":"urn:uuid:1"},"valueQuantity":{"value":1.50}}`:                                                          `{"resourceType":"Observation","id":"new","code":{"text":"id"},"subject":{"reference":"Patient/1"},"valueQuantity":{"value":1.50}}`,
		`{"id":"old","resourceType":"Media","contained":[{"resourceType":"Basic","id":"old"}],"content":{"url":"urn:uuid:2"}}`:                                                             `{"id":"new","resourceType":"Media","contained":[{"resourceType":"Basic","id":"old"}],"content":{"url":"Binary/2"}}`,
		`{"resourceType":"Observation","id":"o\u006cd","subject":{"reference":"urn:uuid:1","display":"\"Ana\""},"hasMember":[{"reference":"urn:uuid:2"},{"reference":"urn:uuid:\u0031"}]}`: `{"resourceType":"Observation","id":"new","subject":{"reference":"Patient/1","display":"\"Ana\""},"hasMember":[{"reference":"Binary/2"},{"reference":"Patient/1"}]}`,
		`{"status":"final","resourceType":"Observation","note":[{"text":"urn:uuid:1 \u00e9"}]}`:                                                                                            `{"status":"final","resourceType":"Observation","id":"new","note":[{"text":"urn:uuid:1 \u00e9"}]}`,
		`{"resourceType":"Basic","id":"x","extension":[{"url":"urn:uuid:2","valueUrl":"urn:uuid:1"},{"url":"y","valueUri":"urn:uuid:1"},{"url":"z","valueString":"urn:uuid:1"}]}`:          `{"resourceType":"Basic","id":"new","extension":[{"url":"Binary/2","valueUrl":"Patient/1"},{"url":"y","valueUri":"Patient/1"},{"url":"z","valueString":"urn:uuid:1"}]}`,
	} {
		r, err := Parse([]byte(from))
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Renamed("new", to)
		if err != nil || string(got.JSON) != want {
			t.Errorf("got  %s, %v\nwant %s", got.JSON, err, want)
		}
		wantRead(t, got)
	}
	r, _ := Parse([]byte(`{"resourceType":"Basic","id":"x"}`))
	if same, err := r.Renamed("", to); err != nil || string(same.JSON) != string(r.JSON) {
		t.Errorf("nothing to rename: %s, %v", same.JSON, err)
	}
}

// FuzzPointers follows the references of anything that parses, and renames it.
func FuzzPointers(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Observation","subject":{"reference":"Patient/1"},"contained":[{"resourceType":"Patient","id":"p"}]}`))
	f.Add([]byte(`{"resourceType":"Parameters","parameter":[{"name":"x","resource":{"resourceType":"Device","patient":[{"reference":7}]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Parse(raw)
		if err != nil {
			return
		}
		for _, p := range r.Pointers() {
			Base(p.To)
			p.Personal()
		}
		renamed, err := r.Renamed("new", func(ref string, _ bool) string { return "\"<" + ref[:len(ref)/2] })
		if id := r.Raw("id"); err != nil || (id == nil || id[0] == '"') && renamed.ID() != "new" {
			t.Fatalf("%s: %v", raw, err)
		}
		wantRead(t, renamed)
	})
}

// wantRead fails unless a resource is what reading its bytes gives.
func wantRead(t *testing.T, r *Resource) {
	t.Helper()
	if read, err := Parse(r.JSON); err != nil || !reflect.DeepEqual(read.doc, r.doc) {
		t.Errorf("%s is not what it says: %v", r.JSON, err)
	}
}

package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// What may kill under an anaesthetic is found in eight languages: an airway that could not
// be managed and what runs in a family, wherever it is told; and what denies it, or only
// sounds like it, is none.
func TestR38APerilIsFoundInEveryLanguage(t *testing.T) {
	kin := func(s string) string {
		return `{"resourceType":"FamilyMemberHistory","status":"completed","relationship":{"text":"mother"},"condition":[{"code":{"text":"` + s + `"}}]}`
	}
	went := func(s string) string {
		return `{"resourceType":"Procedure","status":"completed","code":{"text":"Tonsillectomy"},"performedDateTime":"2019-03-04","complication":[{"text":"` + s + `"}]}`
	}
	finding := func(name, value string) string {
		return `{"resourceType":"Observation","status":"final","effectiveDateTime":"2019-03-04","code":{"text":"` + name + `"},` + value + `}`
	}
	asked := func(question, answer string) string {
		return `{"resourceType":"QuestionnaireResponse","status":"completed","authored":"2026-01-01","item":[{"linkId":"1","text":"` + question + `","answer":[{"valueString":"` + answer + `"}]}]}`
	}
	airways := []string{"Can't intubate, can't oxygenate", "Cannot intubate", "Difficult airway", "Difficult intubation", "Intubation, difficult", "Failed intubation", "Failure to intubate", "Difficult mask ventilation", "Unable to intubate",
		"Intubation was not possible", "Cormack-Lehane grade 4", "CICO", "Unexpected difficult tracheal intubation; front of neck access",
		"Schwierige Intubation", "Schwieriger Atemweg", "Intubationsschwierigkeiten", "Intubation nicht möglich", "Schwierige Maskenbeatmung", "Fehlgeschlagene Intubation",
		"Intubation difficile", "Voies aériennes difficiles", "Échec d'intubation", "Intubation impossible", "Vía aérea difícil", "Intubación difícil", "No se pudo intubar", "Imposible intubar",
		"Via aerea difficile", "Intubazione difficile", "Intubazione non possibile", "Moeilijke luchtweg", "Moeilijke intubatie", "Mislukte intubatie", "Via aérea difícil", "Dificuldade na intubação", "Entubação difícil", "Zor entübasyon", "Zor hava yolu", "Güç entübasyon"}
	families := []string{"Malignant hyperthermia", "Malignant hyperpyrexia", "MH susceptible", "Pseudocholinesterase deficiency", "Butyrylcholinesterase deficiency", "Suxamethonium apnoea", "Sux apnoea, ventilated for 4 h", "Succinylcholin, prolongierte Apnoe", "Pseudocholinesterasedefizienz", "Prolonged paralysis after suxamethonium",
		"Maligne Hyperthermie", "Pseudocholinesterasemangel", "Hyperthermie maligne", "Déficit en pseudocholinestérase", "Hipertermia maligna", "Déficit de pseudocolinesterasa", "Ipertermia maligna", "Deficit di pseudocolinesterasi",
		"Pseudocholinesterasedeficiëntie", "Deficiência de pseudocolinesterase", "Malign hipertermi", "Psödokolinesteraz eksikliği"}
	only := []string{"Problem with an anaesthetic", "Narkosezwischenfall", "Acute intermittent porphyria", "Porphyrie", "Haemophilia A", "Hämophilie", "Von Willebrand disease", "Brugada syndrome", "Long QT syndrome", "Hereditary angioedema",
		"Long-QT-Syndrom", "Syndrome du QT long", "Síndrome de QT largo", "Sindrome del QT lungo", "Lange-QT-syndroom", "Síndrome do QT longo", "Uzun QT sendromu", "Hereditäres Angioödem", "Angio-œdème héréditaire", "Angioedema hereditario", "Angioedema ereditario", "Erfelijk angio-oedeem", "Angioedema hereditário", "Herediter anjiyoödem"}
	var told, none []string
	for _, s := range airways {
		told = append(told, went(s), finding("Airway assessment", `"valueString":"`+s+`"`))
	}
	for _, s := range families {
		told = append(told, went(s), kin(s))
	}
	for _, s := range only {
		told = append(told, kin(s))
	}
	told = append(told, asked("Difficult airway?", "No, but awake intubation in 2019"), finding("Difficult airway", `"valueString":"No, but front teeth are loose"`))
	told = append(told,
		finding("Difficult airway", `"valueBoolean":true`), finding("Intubation", `"valueString":"difficult"`), finding("Cormack-Lehane grade", `"valueInteger":4`), finding("Family history of malignant hyperthermia", `"valueBoolean":true`),
		`{"resourceType":"Procedure","status":"completed","code":{"text":"Tracheal intubation"},"outcome":{"text":"failed"}}`,
		`{"resourceType":"Procedure","status":"not-done","code":{"text":"Laparotomy"},"statusReason":{"text":"could not intubate"}}`,
		`{"resourceType":"Procedure","status":"completed","code":{"text":"Laparotomy"},"note":[{"text":"Grade 4 view. Impossible to intubate, woken."}]}`,
		`{"resourceType":"Procedure","status":"completed","code":{"text":"Laparotomy"},"complication":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"T88.4"}]}]}`,
		`{"resourceType":"Procedure","status":"completed","code":{"text":"Laparotomy"},"complicationDetail":[{"display":"Difficult intubation"}]}`,
		`{"resourceType":"Procedure","status":"completed","code":{"text":"Laparotomy"},"contained":[{"resourceType":"Condition","id":"c","code":{"text":"Difficult intubation"}}],"complicationDetail":[{"reference":"#c"}]}`,
		`{"resourceType":"DocumentReference","status":"current","type":{"text":"Letter"},"description":"Difficult airway alert","date":"2019-03-04"}`,
		`{"resourceType":"AdverseEvent","actuality":"actual","event":{"text":"Failed intubation"},"severity":{"text":"mild"},"date":"2019-03-04"}`,
		`{"resourceType":"DetectedIssue","status":"final","code":{"text":"Malignant hyperthermia"},"severity":"moderate"}`,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"Difficult intubation"}}`,
		`{"resourceType":"Condition","category":[{"coding":[{"code":"encounter-diagnosis"}]}],"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"T88.4"}]}}`,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"inactive"}]},"code":{"text":"Anaesthesia"},"note":[{"text":"malignant hyperthermia in theatre"}]}`,
		`{"resourceType":"FamilyMemberHistory","status":"partial","relationship":{"text":"brother"},"note":[{"text":"Died of malignant hyperthermia at 12"}]}`,
		`{"resourceType":"FamilyMemberHistory","status":"completed","relationship":{"text":"brother"},"condition":[{"code":{"coding":[{"system":"http://fhir.de/CodeSystem/bfarm/icd-10-gm","code":"T88.3"}]}}]}`)
	for _, s := range []string{"No difficult airway", "Intubation not difficult", "Intubation without difficulty", "Easy intubation", "Keine schwierige Intubation", "Intubation ohne Schwierigkeiten", "Intubation sans difficulté", "Intubation non difficile",
		"Intubated for respiratory failure", "Intubation after failed NIV", "Difficult IV access, intubated easily", "Reactive airway disease, difficult to control", "Bleeding", "Difficult airway: no", "Intubación sin dificultad", "Geen moeilijke luchtweg", "Cormack-Lehane grade 1",
		"Unable to protect airway", "GCS 6, unable to maintain own airway, intubated", "Failed extubation, reintubated", "Failed NIV, intubated", "Intubatie niet moeilijk", "Difficult intubation: absent",
		"Malignant hyperthermia excluded", "Hyperthermia", "Malignant melanoma", "Cholinesterase inhibitor given"} {
		none = append(none, went(s), finding("Airway assessment", `"valueString":"`+s+`"`))
	}
	told = append([]string{asked("Difficult airway?", "yes"), asked("Anything else?", "Schwierige Intubation 2015")}, told...)
	none = append(none, asked("Difficult airway?", "no"), asked("Problems with an anaesthetic, in you or your family?", "None"), asked("Malignant hyperthermia in your family?", "not known"), asked("Occupation", "Airway engineer"))
	for _, s := range []string{"No malignant hyperthermia", "Keine maligne Hyperthermie", "Breast cancer", "Hypertension", "Haemophilia: none", "Sin hipertermia maligna", "Anaesthetics: no problem"} {
		none = append(none, kin(s))
	}
	none = append(none, finding("Difficult airway", `"valueBoolean":false`), finding("Difficult airway", `"valueString":"No"`), finding("Anticipated difficult airway", `"valueString":"Unlikely"`), finding("Difficult airway risk", `"valueString":"Low"`), finding("History of difficult airway", `"valueCodeableConcept":{"text":"False"}`), finding("Pseudocholinesterase", `"valueInteger":7`), finding("Von Willebrand factor", `"valueInteger":90`),
		finding("Family history of malignant hyperthermia", `"valueString":"none"`),
		`{"resourceType":"Condition","verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"text":"Malignant hyperthermia"}}`,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"Fracture"}}`,
		`{"resourceType":"AdverseEvent","actuality":"potential","event":{"text":"Failed intubation"},"date":"2019-03-04"}`,
		`{"resourceType":"Procedure","status":"preparation","code":{"text":"Awake intubation for a difficult airway"}}`)
	for want, list := range map[bool][]string{true: told, false: none} {
		for _, record := range list {
			s := Tell(lines("A", record), Options{Kinds: allKinds})
			if got := len(s.Now)+len(s.Unclear) > 0; got != want {
				t.Errorf("%s: a peril is %v in\n%s", record, want, s.Text(Page{Width: 200}))
			}
		}
	}
	s := Tell(lines("A", asked("Problems with an anaesthetic, in you or your family?", "Brother died, malignant hyperthermia")), Options{Kinds: allKinds})
	expectText(t, s, []string{"May be so: see the record alert", "Problems with an anaesthetic, in you or your family? Brother died, malignant hyperthermia"})
	s = Tell(lines("A", kin("Malignant hyperthermia"), went("Can't intubate"), told[len(told)-5], `{"resourceType":"Condition",`+onActive+`,"code":{"text":"Asthma"}}`, `{"resourceType":"Condition",`+onActive+`,"code":{"text":"Difficult airway"}}`), Options{Kinds: allKinds})
	expectText(t, s, []string{"problem Difficult airway Asthma", "alert Tonsillectomy (complication Can't intubate, of 4 Mar 2019)", "mother: Malignant hyperthermia",
		"problem Difficult intubation (resolved, whether the danger is, is not said)"})
	if text := s.Text(Page{}); strings.Index(text, "May be so") > strings.Index(text, "Tonsillectomy") {
		t.Errorf("a complication stands as a fact:\n%s", text)
	}
}

package sample

// measure is one kind of observation: its LOINC code, its UCUM unit, how many
// decimals its laboratory reports, and the adult reference range in those
// scaled integers (both 0: none is printed; low 0 alone: only an upper limit).
type measure struct {
	code      concept
	unit      string // as printed
	ucum      string
	scale     int
	low, high int64
	category  string // observation-category
}

// measureName indexes measures.
type measureName uint8

const (
	bloodPressure measureName = iota
	heartRate
	bodyWeight
	bodyHeight
	bodyMass
	temperature
	breaths
	oxygen
	headGirth
	glucose
	urea
	creatinine
	sodium
	potassium
	chloride
	bicarbonate
	calcium
	protein
	albumin
	bilirubin
	alkaline
	alt
	ast
	filtration
	cholesterol
	triglyceride
	hdl
	ldl
	leukocytes
	erythrocytes
	hemoglobin
	hematocrit
	mcv
	mch
	mchc
	platelets
	a1c
	albuminRatio
	inr
	thyrotropin
	ferritin
	urate
	crp
	ntProBNP
	psa
	lithiumLevel
	viralLoad
	cd4
	phq9
	gad7
	auditC
	smoking
	pregnancyStatus
	measureCount
)

const (
	vital  = "vital-signs"
	lab    = "laboratory"
	survey = "survey"
	social = "social-history"
)

var measures = [measureCount]measure{
	bloodPressure:   {lnc("85354-9", "Blood pressure panel with all children optional"), "mmHg", "mm[Hg]", 0, 0, 0, vital},
	heartRate:       {lnc("8867-4", "Heart rate"), "beats/minute", "/min", 0, 0, 0, vital},
	bodyWeight:      {lnc("29463-7", "Body weight"), "kg", "kg", 1, 0, 0, vital},
	bodyHeight:      {lnc("8302-2", "Body height"), "cm", "cm", 1, 0, 0, vital},
	bodyMass:        {lnc("39156-5", "Body mass index (BMI) [Ratio]"), "kg/m2", "kg/m2", 1, 0, 0, vital},
	temperature:     {lnc("8310-5", "Body temperature"), "°C", "Cel", 1, 0, 0, vital},
	breaths:         {lnc("9279-1", "Respiratory rate"), "breaths/minute", "/min", 0, 0, 0, vital},
	oxygen:          {lnc("2708-6", "Oxygen saturation in Arterial blood"), "%", "%", 0, 0, 0, vital},
	headGirth:       {lnc("9843-4", "Head Occipital-frontal circumference"), "cm", "cm", 1, 0, 0, vital},
	glucose:         {lnc("2345-7", "Glucose [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 70, 99, lab},
	urea:            {lnc("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 7, 20, lab},
	creatinine:      {lnc("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 2, 60, 120, lab},
	sodium:          {lnc("2951-2", "Sodium [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 0, 135, 145, lab},
	potassium:       {lnc("2823-3", "Potassium [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 1, 35, 51, lab},
	chloride:        {lnc("2075-0", "Chloride [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 0, 98, 107, lab},
	bicarbonate:     {lnc("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 0, 22, 29, lab},
	calcium:         {lnc("17861-6", "Calcium [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 1, 86, 103, lab},
	protein:         {lnc("2885-2", "Protein [Mass/volume] in Serum or Plasma"), "g/dL", "g/dL", 1, 60, 83, lab},
	albumin:         {lnc("1751-7", "Albumin [Mass/volume] in Serum or Plasma"), "g/dL", "g/dL", 1, 35, 50, lab},
	bilirubin:       {lnc("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 1, 1, 12, lab},
	alkaline:        {lnc("6768-6", "Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma"), "U/L", "U/L", 0, 40, 129, lab},
	alt:             {lnc("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma"), "U/L", "U/L", 0, 7, 55, lab},
	ast:             {lnc("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma"), "U/L", "U/L", 0, 8, 48, lab},
	filtration:      {lnc("33914-3", "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)"), "mL/min/1.73 m2", "mL/min/{1.73_m2}", 0, 60, 150, lab},
	cholesterol:     {lnc("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 0, 200, lab},
	triglyceride:    {lnc("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 0, 150, lab},
	hdl:             {lnc("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 40, 100, lab},
	ldl:             {lnc("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation"), "mg/dL", "mg/dL", 0, 0, 130, lab},
	leukocytes:      {lnc("6690-2", "Leukocytes [#/volume] in Blood by Automated count"), "10*3/uL", "10*3/uL", 1, 45, 110, lab},
	erythrocytes:    {lnc("789-8", "Erythrocytes [#/volume] in Blood by Automated count"), "10*6/uL", "10*6/uL", 2, 390, 570, lab},
	hemoglobin:      {lnc("718-7", "Hemoglobin [Mass/volume] in Blood"), "g/dL", "g/dL", 1, 120, 175, lab},
	hematocrit:      {lnc("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count"), "%", "%", 1, 360, 500, lab},
	mcv:             {lnc("787-2", "MCV [Entitic volume] by Automated count"), "fL", "fL", 0, 80, 100, lab},
	mch:             {lnc("785-6", "MCH [Entitic mass] by Automated count"), "pg", "pg", 1, 270, 340, lab},
	mchc:            {lnc("786-4", "MCHC [Mass/volume] by Automated count"), "g/dL", "g/dL", 1, 320, 360, lab},
	platelets:       {lnc("777-3", "Platelets [#/volume] in Blood by Automated count"), "10*3/uL", "10*3/uL", 0, 150, 400, lab},
	a1c:             {lnc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), "%", "%", 1, 40, 56, lab},
	albuminRatio:    {lnc("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine"), "mg/g", "mg/g", 0, 0, 30, lab},
	inr:             {lnc("6301-6", "INR in Platelet poor plasma by Coagulation assay"), "INR", "{INR}", 1, 20, 30, lab},
	thyrotropin:     {lnc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), "mIU/L", "m[IU]/L", 2, 40, 400, lab},
	ferritin:        {lnc("2276-4", "Ferritin [Mass/volume] in Serum or Plasma"), "ng/mL", "ng/mL", 0, 20, 250, lab},
	urate:           {lnc("3084-1", "Urate [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 1, 25, 70, lab},
	crp:             {lnc("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"), "mg/L", "mg/L", 1, 0, 50, lab},
	ntProBNP:        {lnc("33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma"), "pg/mL", "pg/mL", 0, 0, 125, lab},
	psa:             {lnc("2857-1", "Prostate specific Ag [Mass/volume] in Serum or Plasma"), "ng/mL", "ng/mL", 1, 0, 40, lab},
	lithiumLevel:    {lnc("14334-7", "Lithium [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 2, 60, 120, lab},
	viralLoad:       {lnc("20447-9", "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection"), "copies/mL", "{copies}/mL", 0, 0, 50, lab},
	cd4:             {lnc("24467-3", "CD3+CD4+ (T4 helper) cells [#/volume] in Blood"), "cells/uL", "{cells}/uL", 0, 500, 1500, lab},
	phq9:            {lnc("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"), "score", "{score}", 0, 0, 0, survey},
	gad7:            {lnc("70274-6", "Generalized anxiety disorder 7 item (GAD-7) total score [Reported.PHQ]"), "score", "{score}", 0, 0, 0, survey},
	auditC:          {lnc("75626-2", "Total score [AUDIT-C]"), "score", "{score}", 0, 0, 0, survey},
	smoking:         {lnc("72166-2", "Tobacco smoking status"), "", "", 0, 0, 0, social},
	pregnancyStatus: {lnc("82810-3", "Pregnancy status"), "", "", 0, 0, 0, social},
}

var (
	systolicCode  = lnc("8480-6", "Systolic blood pressure")
	diastolicCode = lnc("8462-4", "Diastolic blood pressure")
	pulseOximetry = lnc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry")
)

// answers are the coded values of the measures that have no quantity.
var answers = [...]concept{
	sct("266919005", "Never smoked tobacco"),
	sct("8517006", "Ex-smoker"),
	sct("449868002", "Smokes tobacco daily"),
	sct("77386006", "Pregnant"),
}

const (
	neverSmoked int64 = iota
	exSmoker
	dailySmoker
	pregnant
)

// panel is what a laboratory reports together.
type panel struct {
	code  concept
	parts []measureName
}

// panelName indexes panels.
type panelName uint8

const (
	metabolic panelName = iota
	lipids
	bloodCount
	diabetesPanel
	coagulation
	thyroid
	ironPanel
	uratePanel
	inflammation
	heartPanel
	prostatePanel
	lithiumPanel
	hivPanel
	panelCount
)

var panels = [panelCount]panel{
	metabolic: {lnc("24323-8", "Comprehensive metabolic 2000 panel - Serum or Plasma"), []measureName{glucose, urea, creatinine, filtration,
		sodium, potassium, chloride, bicarbonate, calcium, protein, albumin, bilirubin, alkaline, alt, ast}},
	lipids: {lnc("24331-1", "Lipid 1996 panel - Serum or Plasma"), []measureName{cholesterol, triglyceride, hdl, ldl}},
	bloodCount: {lnc("58410-2", "CBC panel - Blood by Automated count"), []measureName{leukocytes, erythrocytes, hemoglobin, hematocrit,
		mcv, mch, mchc, platelets}},
	diabetesPanel: {lnc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), []measureName{a1c, albuminRatio}},
	coagulation:   {lnc("6301-6", "INR in Platelet poor plasma by Coagulation assay"), []measureName{inr}},
	thyroid:       {lnc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), []measureName{thyrotropin}},
	ironPanel:     {lnc("2276-4", "Ferritin [Mass/volume] in Serum or Plasma"), []measureName{ferritin}},
	uratePanel:    {lnc("3084-1", "Urate [Mass/volume] in Serum or Plasma"), []measureName{urate}},
	inflammation:  {lnc("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"), []measureName{crp}},
	heartPanel:    {lnc("33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma"), []measureName{ntProBNP}},
	prostatePanel: {lnc("2857-1", "Prostate specific Ag [Mass/volume] in Serum or Plasma"), []measureName{psa}},
	lithiumPanel:  {lnc("14334-7", "Lithium [Moles/volume] in Serum or Plasma"), []measureName{lithiumLevel}},
	hivPanel:      {lnc("20447-9", "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection"), []measureName{viralLoad, cd4}},
}

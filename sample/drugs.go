package sample

// drug is a medicine as prescribed: an RxNorm clinical drug and how it is taken.
type drug struct {
	code, display string
	text          string // the instruction as the patient reads it
	dose          int    // units of form each time
	form          string
	times         int    // per period
	period        string // UCUM unit of time: "d", "wk", "mo"
	needed        bool   // taken as needed
	family        allergen
}

// allergen is what a medicine or substance has in common with others for
// somebody who is allergic to it.
type allergen uint8

const (
	noAllergen allergen = iota
	penicillins
	salicylates
	sulfonamides
)

// drugName indexes drugs.
type drugName uint8

const (
	noDrug drugName = iota
	lisinopril10
	lisinopril20
	amlodipine5
	losartan50
	hydrochlorothiazide25
	metformin500
	metformin1000
	humulin7030
	glargine
	atorvastatin20
	atorvastatin80
	simvastatin20
	aspirin81
	clopidogrel75
	warfarin5
	metoprolol25
	metoprolol100
	furosemide40
	levothyroxine100
	albuterol
	fluticasone
	sertraline50
	sertraline100
	fluoxetine20
	lithium300
	omeprazole20
	amoxicillin500
	penicillinV500
	azithromycin250
	azithromycin500
	nitrofurantoin
	acetaminophen325
	ibuprofen200
	naproxen220
	alendronate10
	cetirizine10
	ferrousSulfate325
	allopurinol100
	methotrexate
	bictegravir
	naltrexone50
	buprenorphineNaloxone
	donepezil10
	tamsulosin
	epinephrinePen
	jolivette
	drugCount
)

var drugs = [drugCount]drug{
	lisinopril10:          {"314076", "lisinopril 10 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	lisinopril20:          {"314077", "lisinopril 20 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	amlodipine5:           {"197361", "amlodipine 5 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	losartan50:            {"979492", "losartan potassium 50 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	hydrochlorothiazide25: {"310798", "hydrochlorothiazide 25 MG Oral Tablet", "Take 1 tablet by mouth every morning", 1, "tablet", 1, "d", false, sulfonamides},
	metformin500:          {"861007", "metformin hydrochloride 500 MG Oral Tablet", "Take 1 tablet by mouth twice a day with meals", 1, "tablet", 2, "d", false, 0},
	metformin1000:         {"861004", "metformin hydrochloride 1000 MG Oral Tablet", "Take 1 tablet by mouth twice a day with meals", 1, "tablet", 2, "d", false, 0},
	humulin7030:           {"106892", "insulin isophane, human 70 UNT/ML / insulin, regular, human 30 UNT/ML Injectable Suspension [Humulin]", "Inject 16 units under the skin before breakfast and before dinner", 16, "unit", 2, "d", false, 0},
	glargine:              {"311041", "insulin glargine 100 UNT/ML Injectable Solution", "Inject 20 units under the skin at bedtime", 20, "unit", 1, "d", false, 0},
	atorvastatin20:        {"617310", "atorvastatin 20 MG Oral Tablet", "Take 1 tablet by mouth at bedtime", 1, "tablet", 1, "d", false, 0},
	atorvastatin80:        {"259255", "atorvastatin 80 MG Oral Tablet", "Take 1 tablet by mouth at bedtime", 1, "tablet", 1, "d", false, 0},
	simvastatin20:         {"312961", "simvastatin 20 MG Oral Tablet", "Take 1 tablet by mouth at bedtime", 1, "tablet", 1, "d", false, 0},
	aspirin81:             {"243670", "aspirin 81 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, salicylates},
	clopidogrel75:         {"309362", "clopidogrel 75 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	warfarin5:             {"855332", "warfarin sodium 5 MG Oral Tablet", "Take 1 tablet by mouth once a day in the evening; dose by INR", 1, "tablet", 1, "d", false, 0},
	metoprolol25:          {"866427", "24 HR metoprolol succinate 25 MG Extended Release Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	metoprolol100:         {"866412", "24 HR metoprolol succinate 100 MG Extended Release Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	furosemide40:          {"313988", "furosemide 40 MG Oral Tablet", "Take 1 tablet by mouth every morning", 1, "tablet", 1, "d", false, sulfonamides},
	levothyroxine100:      {"892246", "levothyroxine sodium 0.1 MG Oral Tablet", "Take 1 tablet by mouth every morning on an empty stomach", 1, "tablet", 1, "d", false, 0},
	albuterol:             {"745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", "Inhale 2 puffs every 4 to 6 hours when needed", 2, "puff", 4, "d", true, 0},
	fluticasone:           {"895994", "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler", "Inhale 2 puffs twice a day; rinse the mouth afterwards", 2, "puff", 2, "d", false, 0},
	sertraline50:          {"312941", "sertraline 50 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	sertraline100:         {"312938", "sertraline 100 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	fluoxetine20:          {"310385", "fluoxetine 20 MG Oral Capsule", "Take 1 capsule by mouth every morning", 1, "capsule", 1, "d", false, 0},
	lithium300:            {"197889", "lithium carbonate 300 MG Oral Capsule", "Take 1 capsule by mouth three times a day; levels as agreed", 1, "capsule", 3, "d", false, 0},
	omeprazole20:          {"198051", "omeprazole 20 MG Delayed Release Oral Capsule", "Take 1 capsule by mouth before breakfast", 1, "capsule", 1, "d", false, 0},
	amoxicillin500:        {"308191", "amoxicillin 500 MG Oral Capsule", "Take 1 capsule by mouth three times a day until finished", 1, "capsule", 3, "d", false, penicillins},
	penicillinV500:        {"834102", "penicillin V potassium 500 MG Oral Tablet", "Take 1 tablet by mouth twice a day until finished", 1, "tablet", 2, "d", false, penicillins},
	azithromycin250:       {"308460", "azithromycin 250 MG Oral Tablet", "Take 2 tablets on the first day, then 1 tablet once a day", 1, "tablet", 1, "d", false, 0},
	azithromycin500:       {"248656", "azithromycin 500 MG Oral Tablet", "Take 2 tablets by mouth once", 2, "tablet", 1, "d", false, 0},
	nitrofurantoin:        {"1648755", "nitrofurantoin, macrocrystals 25 MG / nitrofurantoin, monohydrate 75 MG Oral Capsule", "Take 1 capsule by mouth twice a day until finished", 1, "capsule", 2, "d", false, 0},
	acetaminophen325:      {"313782", "acetaminophen 325 MG Oral Tablet", "Take 2 tablets by mouth every 6 hours when needed", 2, "tablet", 4, "d", true, 0},
	ibuprofen200:          {"310965", "ibuprofen 200 MG Oral Tablet", "Take 2 tablets by mouth up to three times a day when needed", 2, "tablet", 3, "d", true, salicylates},
	naproxen220:           {"849574", "naproxen sodium 220 MG Oral Tablet", "Take 1 tablet by mouth twice a day when needed, with food", 1, "tablet", 2, "d", true, salicylates},
	alendronate10:         {"904419", "alendronic acid 10 MG Oral Tablet", "Take 1 tablet by mouth every morning with a full glass of water", 1, "tablet", 1, "d", false, 0},
	cetirizine10:          {"1014678", "cetirizine hydrochloride 10 MG Oral Tablet", "Take 1 tablet by mouth once a day when needed", 1, "tablet", 1, "d", true, 0},
	ferrousSulfate325:     {"310325", "ferrous sulfate 325 MG Oral Tablet", "Take 1 tablet by mouth every other day", 1, "tablet", 1, "d", false, 0},
	allopurinol100:        {"197319", "allopurinol 100 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	methotrexate:          {"105585", "methotrexate 2.5 MG Oral Tablet", "Take 4 tablets by mouth once a week, always on the same day", 4, "tablet", 1, "wk", false, 0},
	bictegravir:           {"1999667", "bictegravir 50 MG / emtricitabine 200 MG / tenofovir alafenamide 25 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	naltrexone50:          {"1483744", "naltrexone hydrochloride 50 MG Oral Tablet", "Take 1 tablet by mouth once a day", 1, "tablet", 1, "d", false, 0},
	buprenorphineNaloxone: {"351267", "buprenorphine 8 MG / naloxone 2 MG Sublingual Tablet", "Let 1 tablet dissolve under the tongue once a day", 1, "tablet", 1, "d", false, 0},
	donepezil10:           {"997223", "donepezil hydrochloride 10 MG Oral Tablet", "Take 1 tablet by mouth at bedtime", 1, "tablet", 1, "d", false, 0},
	tamsulosin:            {"863669", "tamsulosin hydrochloride 0.4 MG Oral Capsule", "Take 1 capsule by mouth after the same meal each day", 1, "capsule", 1, "d", false, 0},
	epinephrinePen:        {"1870230", "NDA020800 0.3 ML epinephrine 1 MG/ML Auto-Injector", "Inject into the outer thigh at the first sign of a severe reaction, then call for help", 1, "injection", 1, "d", true, 0},
	jolivette:             {"757594", "Jolivette 28 Day Pack", "Take 1 tablet by mouth at the same time each day", 1, "tablet", 1, "d", false, 0},
}

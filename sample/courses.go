package sample

// course is how one problem runs through a life: who gets it, when, what is
// prescribed and measured for it, and whether it is sensitive (the v3-ActCode
// codes of the root package's Sensitivity).
type course struct {
	code     concept
	sex      byte // 'f', 'm' or 0 for both
	from, to int  // age of onset in years
	permille int  // of those old enough
	needs    effect
	effect   effect
	secret   string
	follow   int // months between visits for it; 0: none
	drugs    []step
	panels   []panelName
	scores   []measureName
	done     []concept // procedures, one each
	unit     specialty
	plan     string // what the notes say is planned
}

// step is one medicine in a course, from so many months after the diagnosis.
// When alone is set it takes the place of the step before it.
type step struct {
	drug   drugName
	months int
	alone  bool
}

// effect is what a problem does to measurements.
type effect uint16

const (
	raisesPressure effect = 1 << iota
	raisesSugar
	raisesLipids
	slowsKidney
	thinsBlood // anticoagulated: INR is meaningful
	lowersIron
	gains // weight
	strainsHeart
	raisesThyrotropin
	infectsHIV
	darkensMood
	worries
	drinks
	tightens // airways
)

var courses = []course{
	{code: sct("59621000", "Essential hypertension"), from: 32, to: 75, permille: 380, effect: raisesPressure, follow: 6,
		drugs:  []step{{lisinopril10, 0, false}, {lisinopril20, 14, true}, {amlodipine5, 30, false}},
		panels: []panelName{metabolic}, plan: "Home blood pressure diary, less salt, control in six months."},
	{code: sct("44054006", "Type 2 diabetes mellitus"), from: 36, to: 76, permille: 190, effect: raisesSugar, follow: 4,
		drugs:  []step{{metformin500, 0, false}, {metformin1000, 12, true}, {humulin7030, 80, false}},
		panels: []panelName{diabetesPanel}, unit: endocrinology, plan: "Diet and movement, feet and eyes once a year, HbA1c in four months."},
	{code: sct("46635009", "Type 1 diabetes mellitus"), from: 4, to: 26, permille: 9, effect: raisesSugar, follow: 3,
		drugs: []step{{glargine, 0, false}}, panels: []panelName{diabetesPanel}, unit: endocrinology, plan: "Insulin as taught, HbA1c in three months."},
	{code: sct("55822004", "Hyperlipidemia"), from: 34, to: 74, permille: 330, effect: raisesLipids, follow: 12,
		drugs: []step{{atorvastatin20, 2, false}}, panels: []panelName{lipids}, plan: "Continue the statin, lipids once a year."},
	{code: sct("53741008", "Coronary arteriosclerosis"), from: 52, to: 84, permille: 160, needs: raisesLipids, effect: strainsHeart, follow: 6,
		drugs: []step{{aspirin81, 0, false}, {metoprolol25, 1, false}}, panels: []panelName{heartPanel}, unit: cardiology,
		done: []concept{sct("29303009", "Electrocardiographic procedure"), sct("415070008", "Percutaneous coronary intervention")},
		plan: "No chest pain on exertion at present; continue, return at once if pain at rest."},
	{code: sct("49436004", "Atrial fibrillation"), from: 60, to: 88, permille: 130, effect: thinsBlood, follow: 3,
		drugs: []step{{warfarin5, 0, false}, {metoprolol100, 0, false}}, panels: []panelName{coagulation}, unit: cardiology,
		done: []concept{sct("29303009", "Electrocardiographic procedure"), sct("40701008", "Echocardiography")},
		plan: "INR target 2.0 to 3.0, next control in three months or after any new medicine."},
	{code: sct("84114007", "Heart failure"), from: 66, to: 90, permille: 110, effect: strainsHeart, follow: 4,
		drugs: []step{{furosemide40, 0, false}, {losartan50, 1, false}}, panels: []panelName{heartPanel, metabolic}, unit: cardiology,
		done: []concept{sct("40701008", "Echocardiography")}, plan: "Weigh every morning, call when two kilograms more in three days."},
	{code: sct("433144002", "Chronic kidney disease stage 3"), from: 58, to: 88, permille: 220, needs: raisesPressure | raisesSugar, effect: slowsKidney, follow: 6,
		panels: []panelName{metabolic}, plan: "Avoid NSAIDs, kidney function in six months."},
	{code: sct("195967001", "Asthma"), from: 3, to: 40, permille: 90, effect: tightens, follow: 12,
		drugs: []step{{albuterol, 0, false}, {fluticasone, 6, false}}, done: []concept{sct("23426006", "Measurement of respiratory function")},
		plan: "Inhaler technique checked, action plan handed out."},
	{code: sct("13645005", "Chronic obstructive pulmonary disease"), from: 55, to: 82, permille: 90, effect: tightens, follow: 6,
		drugs: []step{{albuterol, 0, false}, {fluticasone, 3, false}}, done: []concept{sct("23426006", "Measurement of respiratory function"), sct("399208008", "Plain chest X-ray")},
		plan: "Stop smoking, influenza vaccine every autumn."},
	{code: sct("40930008", "Hypothyroidism"), from: 28, to: 70, permille: 85, effect: raisesThyrotropin, follow: 12,
		drugs: []step{{levothyroxine100, 0, false}}, panels: []panelName{thyroid}, unit: endocrinology, plan: "Same dose, TSH once a year."},
	{code: sct("414916001", "Obesity"), from: 20, to: 60, permille: 240, effect: gains, plan: "Weight discussed, dietician offered."},
	{code: sct("235595009", "Gastroesophageal reflux disease"), from: 25, to: 70, permille: 150,
		drugs: []step{{omeprazole20, 0, false}}, plan: "Lowest dose that helps."},
	{code: sct("37796009", "Migraine"), from: 14, to: 45, permille: 120, drugs: []step{{naproxen220, 0, false}}, plan: "Headache diary."},
	{code: sct("61582004", "Allergic rhinitis"), from: 6, to: 40, permille: 170, drugs: []step{{cetirizine10, 0, false}}, plan: "Antihistamine in the season."},
	{code: sct("239873007", "Osteoarthritis of knee"), from: 52, to: 80, permille: 210, drugs: []step{{acetaminophen325, 0, false}},
		done: []concept{sct("609588000", "Total knee replacement")}, plan: "Exercise, weight, pain relief when needed."},
	{code: sct("64859006", "Osteoporosis"), sex: 'f', from: 60, to: 82, permille: 190, drugs: []step{{alendronate10, 0, false}},
		done: []concept{sct("312681000", "Bone density scan")}, plan: "Bone density again in two years."},
	{code: sct("69896004", "Rheumatoid arthritis"), from: 30, to: 65, permille: 16, follow: 4, drugs: []step{{methotrexate, 0, false}},
		panels: []panelName{inflammation, bloodCount}, plan: "Blood count and liver values before each renewal."},
	{code: sct("90560007", "Gout"), sex: 'm', from: 40, to: 75, permille: 70, drugs: []step{{allopurinol100, 1, false}}, panels: []panelName{uratePanel}, follow: 12, plan: "Urate below 6 mg/dL."},
	{code: sct("266569009", "Benign prostatic hyperplasia"), sex: 'm', from: 55, to: 80, permille: 260, drugs: []step{{tamsulosin, 0, false}},
		panels: []panelName{prostatePanel}, follow: 12, plan: "PSA once a year after a talk about what it can and cannot tell."},
	{code: sct("87522002", "Iron deficiency anemia"), sex: 'f', from: 18, to: 52, permille: 110, effect: lowersIron, follow: 12, drugs: []step{{ferrousSulfate325, 0, false}},
		panels: []panelName{bloodCount, ironPanel}, plan: "Ferritin again when the course is finished."},
	{code: sct("26929004", "Alzheimer's disease"), from: 72, to: 92, permille: 80, drugs: []step{{donepezil10, 0, false}}, follow: 6, plan: "Talk with the family about daily help."},
	{code: sct("370143000", "Major depressive disorder"), from: 18, to: 70, permille: 110, effect: darkensMood, secret: "PSY", follow: 4,
		drugs: []step{{sertraline50, 0, false}, {sertraline100, 5, true}}, scores: []measureName{phq9}, unit: psychiatry,
		plan: "Psychotherapy weekly, PHQ-9 at each visit. No thoughts of self-harm today; safety plan at hand."},
	{code: sct("21897009", "Generalized anxiety disorder"), from: 17, to: 60, permille: 80, effect: worries, secret: "PSY", follow: 6,
		drugs: []step{{fluoxetine20, 1, false}}, scores: []measureName{gad7}, unit: psychiatry, plan: "Cognitive behavioural therapy, GAD-7 in six months."},
	{code: sct("13746004", "Bipolar disorder"), from: 18, to: 40, permille: 12, effect: darkensMood, secret: "PSY", follow: 3,
		drugs: []step{{lithium300, 0, false}}, panels: []panelName{lithiumPanel}, unit: psychiatry, plan: "Lithium level, kidney and thyroid in three months."},
	{code: sct("47505003", "Posttraumatic stress disorder"), from: 18, to: 60, permille: 25, effect: worries, secret: "PSY", follow: 6,
		scores: []measureName{phq9}, unit: psychiatry, plan: "Trauma-focused therapy continues."},
	{code: sct("66590003", "Alcohol dependence"), from: 25, to: 65, permille: 40, effect: drinks, secret: "SUD", follow: 4,
		drugs: []step{{naltrexone50, 0, false}}, scores: []measureName{auditC}, unit: psychiatry, plan: "Group on Tuesdays, naltrexone continued."},
	{code: sct("75544000", "Opioid dependence"), from: 20, to: 55, permille: 14, secret: "SUD", follow: 2,
		drugs: []step{{buprenorphineNaloxone, 0, false}}, unit: psychiatry, plan: "Stable on buprenorphine, take-home doses for two weeks."},
	{code: sct("86406008", "Human immunodeficiency virus infection"), from: 20, to: 60, permille: 9, effect: infectsHIV, secret: "HIV", follow: 6,
		drugs: []step{{bictegravir, 0, false}}, panels: []panelName{hivPanel}, plan: "Undetectable means untransmittable; viral load in six months."},
}

// bout is an acute problem that heals.
type bout struct {
	code     concept
	from, to int // ages
	days     int // typical length
	drug     drugName
	instead  drugName // for those allergic to drug
	secret   string
	urgent   bool
	done     concept
	plan     string
}

var bouts = []bout{
	{sct("65363002", "Otitis media"), 0, 9, 12, amoxicillin500, azithromycin250, "", false, concept{}, "Antibiotic only because both ears are red and there is fever."},
	{sct("195662009", "Acute viral pharyngitis"), 3, 60, 8, noDrug, noDrug, "", false, concept{}, "Fluids and rest, no antibiotic."},
	{sct("43878008", "Streptococcal sore throat"), 5, 30, 10, penicillinV500, azithromycin250, "", false, sct("117015009", "Throat culture"), "Culture positive, ten days of treatment."},
	{sct("444814009", "Viral sinusitis"), 12, 80, 16, noDrug, noDrug, "", false, concept{}, "Nasal rinse; come back when worse after ten days."},
	{sct("10509002", "Acute bronchitis"), 4, 90, 18, acetaminophen325, acetaminophen325, "", false, concept{}, "Cough can last three weeks."},
	{sct("54150009", "Upper respiratory infection"), 0, 90, 9, noDrug, noDrug, "", false, concept{}, "Self-limiting."},
	{sct("44465007", "Sprain of ankle"), 8, 65, 25, ibuprofen200, acetaminophen325, "", true, concept{}, "Rest, ice, compression, elevation."},
	{sct("840539006", "COVID-19"), 1, 95, 14, acetaminophen325, acetaminophen325, "", false, concept{}, "Stay home while feverish."},
	{sct("68566005", "Urinary tract infectious disease"), 18, 90, 8, nitrofurantoin, nitrofurantoin, "", false, concept{}, "Five days of treatment, culture sent."},
	{sct("233604007", "Pneumonia"), 30, 95, 24, amoxicillin500, azithromycin250, "", true, sct("399208008", "Plain chest X-ray"), "Control in two weeks, X-ray in six when still coughing."},
	{sct("279039007", "Low back pain"), 20, 80, 35, ibuprofen200, acetaminophen325, "", false, concept{}, "Keep moving; no imaging without red flags."},
	{sct("240589008", "Chlamydia trachomatis infection"), 17, 35, 14, azithromycin500, azithromycin500, "STD", false, concept{}, "Partner informed by the patient."},
	{sct("85189001", "Acute appendicitis"), 8, 50, 12, noDrug, noDrug, "", true, sct("80146002", "Appendectomy"), "Laparoscopic removal without complication."},
}

// rareBouts is how many of the last bouts befall few people.
const rareBouts = 2

// shot is one dose of an immunization schedule.
type shot struct {
	vaccine concept
	months  int // of age
	since   int // year the vaccine came into use
	dose    int
	of      int // doses in the series; 0 for yearly ones
}

func vax(code, display string) concept { return concept{cvx, code, display} }

var shots = []shot{
	{vax("08", "Hep B, adolescent or pediatric"), 0, 1992, 1, 3},
	{vax("08", "Hep B, adolescent or pediatric"), 1, 1992, 2, 3},
	{vax("08", "Hep B, adolescent or pediatric"), 6, 1992, 3, 3},
	{vax("119", "rotavirus, monovalent"), 2, 2008, 1, 2},
	{vax("119", "rotavirus, monovalent"), 4, 2008, 2, 2},
	{vax("20", "DTaP"), 2, 1997, 1, 5},
	{vax("20", "DTaP"), 4, 1997, 2, 5},
	{vax("20", "DTaP"), 6, 1997, 3, 5},
	{vax("20", "DTaP"), 15, 1997, 4, 5},
	{vax("20", "DTaP"), 48, 1997, 5, 5},
	{vax("10", "IPV"), 2, 2000, 1, 4},
	{vax("10", "IPV"), 4, 2000, 2, 4},
	{vax("10", "IPV"), 6, 2000, 3, 4},
	{vax("10", "IPV"), 48, 2000, 4, 4},
	{vax("133", "Pneumococcal conjugate PCV 13"), 2, 2010, 1, 4},
	{vax("133", "Pneumococcal conjugate PCV 13"), 4, 2010, 2, 4},
	{vax("133", "Pneumococcal conjugate PCV 13"), 6, 2010, 3, 4},
	{vax("133", "Pneumococcal conjugate PCV 13"), 12, 2010, 4, 4},
	{vax("03", "MMR"), 12, 1972, 1, 2},
	{vax("03", "MMR"), 48, 1990, 2, 2},
	{vax("21", "varicella"), 12, 1996, 1, 2},
	{vax("21", "varicella"), 48, 2007, 2, 2},
	{vax("83", "Hep A, ped/adol, 2 dose"), 12, 2006, 1, 2},
	{vax("83", "Hep A, ped/adol, 2 dose"), 19, 2006, 2, 2},
	{vax("115", "Tdap"), 132, 2006, 1, 1},
	{vax("114", "meningococcal MCV4P"), 132, 2006, 1, 2},
	{vax("114", "meningococcal MCV4P"), 192, 2011, 2, 2},
	{vax("165", "HPV9"), 133, 2016, 1, 2},
	{vax("165", "HPV9"), 139, 2016, 2, 2},
	{vax("113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"), 252, 1995, 1, 0},
	{vax("113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"), 372, 1995, 1, 0},
	{vax("113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"), 492, 1995, 1, 0},
	{vax("113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"), 612, 1995, 1, 0},
	{vax("113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"), 732, 1995, 1, 0},
	{vax("187", "zoster recombinant"), 612, 2018, 1, 2},
	{vax("187", "zoster recombinant"), 616, 2018, 2, 2},
	{vax("33", "pneumococcal polysaccharide vaccine, 23 valent"), 786, 2000, 1, 1},
}

var (
	influenza = vax("140", "Influenza, seasonal, injectable, preservative free")
	covid     = vax("208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose")
)

// allergy is a substance and how its allergy shows.
type allergy struct {
	code      concept
	category  string // allergy-intolerance-category
	from      int    // earliest age in years
	permille  int
	severe    concept
	mild      concept
	medicines allergen
}

var allergies = []allergy{
	{sct("91936005", "Allergy to penicillin"), "medication", 2, 80, anaphylaxis, rash, penicillins},
	{sct("91939003", "Allergy to sulfonamide"), "medication", 16, 30, angioedema, rash, sulfonamides},
	{sct("293586001", "Allergy to aspirin"), "medication", 16, 20, angioedema, urticaria, salicylates},
	{sct("91935009", "Allergy to peanut"), "food", 1, 22, anaphylaxis, urticaria, noAllergen},
	{sct("91934008", "Allergy to nut"), "food", 1, 20, anaphylaxis, itching, noAllergen},
	{sct("300913006", "Shellfish allergy"), "food", 10, 18, anaphylaxis, urticaria, noAllergen},
	{sct("300916003", "Latex allergy"), "environment", 14, 14, anaphylaxis, itching, noAllergen},
	{sct("232350006", "House dust mite allergy"), "environment", 4, 60, dyspnea, sneezing, noAllergen},
	{sct("418689008", "Allergy to grass pollen"), "environment", 4, 90, dyspnea, sneezing, noAllergen},
	{sct("419263009", "Allergy to tree pollen"), "environment", 4, 70, dyspnea, sneezing, noAllergen},
}

var (
	anaphylaxis = sct("39579001", "Anaphylaxis")
	angioedema  = sct("41291007", "Angioedema")
	urticaria   = sct("126485001", "Urticaria")
	rash        = sct("271807003", "Eruption of skin")
	itching     = sct("418290006", "Itching")
	dyspnea     = sct("267036007", "Dyspnea")
	sneezing    = sct("76067001", "Sneezing")
)

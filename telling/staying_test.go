package telling_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/telling"
)

// actsOf are what a procedure of a name did to devices.
func actsOf(name string) []DeviceAct {
	return told(`{"resourceType":"Procedure","status":"completed","code":{"text":"` + name + `"}}`).Acts
}

func list(text string) (out []string) {
	for line := range strings.SplitSeq(text, "\n") {
		for name := range strings.SplitSeq(line, ";") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// A procedure leaves something in the body by its usual names, too, which have no word for
// putting in, or none for what.
func TestR38AProcedureLeavesSomethingInByItsUsualName(t *testing.T) {
	for _, name := range list(`
		Permanent pacemaker; PPM insertion; PPM; Dual chamber pacemaker; Leadless pacemaker; Micra leadless pacemaker; Biventricular pacemaker upgrade; Pacemaker generator change; ICD; ICD implantation; CRT-D; CRT-D upgrade
		Implantable cardioverter-defibrillator; Subcutaneous ICD; S-ICD; Loop recorder; Implantable loop recorder; ILR implant; LVAD; LVAD HeartMate 3; Left ventricular assist device implantation
		TAVI; TAVR; Transcatheter aortic valve implantation; TAVI via femoral access; AVR; Aortic valve replacement, mechanical; Mitral valve replacement; MitraClip; Mitral valve repair with annuloplasty; Annuloplasty
		Watchman; LAA closure; Left atrial appendage occlusion; PFO closure; EVAR; FEVAR; TEVAR; Endovascular aneurysm repair; Endovascular repair of abdominal aortic aneurysm; Stent graft
		PCI with stent; PCI with DES to LAD; PTCA + stent; Percutaneous coronary intervention with drug-eluting stent; Coronary stent; Carotid stenting; In-stent restenosis, stent; Ureteroscopic stone removal with stent
		Clipping of cerebral aneurysm; Coiling of aneurysm; Aneurysm coil embolisation; Aneurysm clip; IVC filter; IVC filter placement; Vena cava filter; VP shunt; Ventriculoperitoneal shunt; Ventriculo-peritoneal shunt revision; TIPS placement
		Port; Port-a-cath; Portacath insertion; Port-a-cath placement; Insertion of port; Chemotherapy port placement; Intrathecal pump; Intrathecal baclofen pump; Insulin pump
		Total hip replacement; Total hip arthroplasty; THR; TKR left; TKA; Hip hemiarthroplasty; Hip prosthesis; Knee resurfacing prosthesis; Reverse shoulder arthroplasty; Intramedullary nailing of tibia; IM nail femur; Nailing of femur; PFNA
		Dynamic hip screw; ORIF; ORIF ankle; Open reduction and internal fixation of radius; Plating of clavicle; Plate osteosynthesis; Spinal fusion with instrumentation; Posterior spinal instrumentation; TLIF L4/5; ACDF C5/6; Pedicle screw fixation
		Hernia mesh repair; Inguinal hernia repair with mesh; Lichtenstein repair; TVT; Deep brain stimulator; DBS; Deep brain stimulation surgery; Vagus nerve stimulator; VNS; Spinal cord stimulator; Sacral nerve stimulator
		Cochlear implant; Cochlear implantation; Breast implants; Breast augmentation with implants; Phacoemulsification with IOL; Phaco + IOL; Cataract extraction with IOL; Cataract surgery with intraocular lens; Stapedotomy; Stapedectomy with prosthesis
		Femoral nail; Mechanical aortic valve; Cardiac resynchronisation therapy; Flow diverter; Hip PTA; ASD closure with Amplatzer; Stenting of external iliac artery; Birth control implant insertion; Tension band wiring with screws; Double J stent; DJ insertion
		Coil embolization; Coil embolisation of splenic artery; Endovascular coiling; Bone-anchored hearing aid; BAHA; ASD closure with device; Device closure of atrial septal defect; TIPS; Thoracic endovascular aortic repair; Pulse generator exchange; Generator change; Mediport placement; Retrieval and replacement of IVC filter
		Penile prosthesis; Testicular prosthesis; IUD; IUD insertion; Mirena IUS; Intrauterine device; Artificial urinary sphincter; Gastric band; Nexplanon; Dental implant placement; Fluoroscopy-guided insertion of stent; CT-guided coil implantation

		Carotisstent; DJ-Schiene; Zuggurtung Patella; Placa y tornillos; PM bicamerale; Schrittmacher; Herzschrittmacher; Schrittmacherwechsel; Schrittmacher-Aggregatwechsel; Zweikammerschrittmacher links; DDD-Schrittmacherimplantation; ICD-Implantation; CRT-D-Implantation; Ereignisrekorder-Implantation; Explantation und Neuimplantation eines Schrittmachers; Schrittmacherexplantation und Schrittmacherneuimplantation
		Hüft-TEP; Hüft-TEP rechts; Knie-TEP; TEP Hüfte links; HTEP; Duokopfprothese; Hüftgelenksersatz; Kniegelenkersatz; Marknagelung; Marknagelung Tibia; Gammanagel; Plattenosteosynthese; Osteosynthese; Schraubenosteosynthese; Winkelstabile Platte Radius; Spondylodese; Spondylodese L4/5 mit Fixateur interne; Bandscheibenersatz
		Aortenklappenersatz; Mitralklappenersatz; Biologischer Aortenklappenersatz; Mitralklappenrekonstruktion mit Ring; Vorhofohrverschluss; PTCA mit Stent; PTCA mit DES; Stentimplantation; Aneurysma-Clipping; Coiling Aneurysma; Cava-Filter; Vena-cava-Schirm
		Portkatheter; Portkatheteranlage; Portanlage; Port-Anlage; Portimplantation; VP-Shunt-Anlage; VP-Shunt; Shuntanlage; Schmerzpumpe, intrathekal; Tiefe Hirnstimulation; Vagusnervstimulator; Leistenhernie: Netzimplantation; Hernienverschluss mit Netz; Leistenhernien-OP nach Lichtenstein
		Brustimplantate; Mammaaugmentation; Cochlea-Implantat; Phakoemulsifikation mit HKL; Kataraktoperation mit Intraokularlinse; Stapesplastik; Penisprothese; Künstlicher Blasensphinkter; Hormonspirale; Magenband; Spirale einlegen

		Pose de pacemaker; Stimulateur cardiaque; Pose d'un stimulateur cardiaque double chambre; Changement de pacemaker; Défibrillateur implantable; Prothèse totale de hanche; PTG gauche; Prothèse de genou; Remplacement valvulaire aortique; Pose de stent; Angioplastie avec stent; Mise en place d'un stent actif
		Clippage d'anévrisme; Embolisation d'anévrysme par coils; Filtre cave; Dérivation ventriculo-péritonéale; Enclouage centromédullaire; Ostéosynthèse par plaque; Arthrodèse lombaire instrumentée; Chambre implantable; Pose de PAC; Cure de hernie avec filet; Implant cochléaire; Prothèse mammaire; Prothèse pénienne; Fermeture de l'auricule gauche; Stimulation cérébrale profonde; Sphincter artificiel; Phacoémulsification avec implant; Stérilet; Pose de stérilet; Anneau gastrique

		Marcapasos; Marcapasos definitivo; Implante de marcapasos; Recambio de generador de marcapasos; DAI; Desfibrilador automático implantable; Prótesis total de cadera; Prótesis de rodilla; Recambio valvular aórtico; Sustitución valvular aórtica; Angioplastia con stent; Implante coclear; Filtro de vena cava; Derivación ventriculoperitoneal; Clipaje de aneurisma; Embolización de aneurisma con coils
		Enclavado intramedular; Clavo intramedular de fémur; Osteosíntesis con placa; Artrodesis lumbar instrumentada; Hernioplastia con malla; Prótesis mamaria; Prótesis de pene; Cierre de orejuela izquierda; Estimulación cerebral profunda; Esfínter artificial; Facoemulsificación con LIO; DIU; Colocación de DIU; Reservorio subcutáneo; Endoprótesis aórtica; Banda gástrica

		Pacemaker definitivo; Impianto di pacemaker; Sostituzione di pacemaker; Defibrillatore impiantabile; Protesi d'anca; Protesi totale di ginocchio; Artroprotesi di anca; Sostituzione valvolare aortica; Angioplastica con stent; Filtro cavale; Derivazione ventricolo-peritoneale; Clippaggio di aneurisma; Inchiodamento endomidollare; Chiodo endomidollare; Osteosintesi con placca; Artrodesi lombare strumentata; Ernioplastica con rete; Impianto cocleare; Protesi mammaria; Protesi peniena; Chiusura auricola sinistra; Stimolazione cerebrale profonda; Sfintere artificiale; Facoemulsificazione con IOL; Spirale intrauterina; Bendaggio gastrico

		Pacemakerimplantatie; Pacemakerwissel; ICD-implantatie; Totale heupprothese; THP links; TKP; Knieprothese; Heupvervanging; Aortaklepvervanging; PCI met stent; Dotteren met stent; Vena-cavafilter; VP-drain; Ventriculoperitoneale drain; Clippen van aneurysma; Mergpen femur; Plaatosteosynthese; Spondylodese L5-S1; Liesbreukcorrectie met matje; Cochleair implantaat; Borstprothese; Penisprothese; Hartoorsluiting; Diepe hersenstimulatie; Kunstmatige sfincter; Spiraaltje; Plaatsen spiraaltje; Port-a-cath plaatsing; Maagband

		Marca-passo definitivo; Implante de marcapasso; Troca de gerador de marcapasso; CDI; Cardiodesfibrilador implantável; Prótese total de anca; Prótese de joelho; Artroplastia total do quadril; Troca valvar aórtica; Substituição da válvula aórtica; Angioplastia com stent; Filtro de veia cava; Derivação ventrículo-peritoneal; Clipagem de aneurisma; Haste intramedular; Osteossíntese com placa; Artrodese lombar instrumentada; Hernioplastia com tela; Implante coclear; Prótese mamária; Prótese peniana; Oclusão do apêndice atrial esquerdo; Estimulação cerebral profunda; Esfíncter artificial; Facoemulsificação com LIO; Colocação de DIU; Cateter totalmente implantável; Banda gástrica

		Kalp pili; Kalp pili takılması; Kalıcı pil implantasyonu; ICD takılması; Total kalça protezi; Total diz protezi; Diz artroplastisi; Aort kapak replasmanı; Mitral kapak değişimi; Stent takılması; PTCA + stent; Koroner stent; Vena kava filtresi; VP şant; Ventriküloperitoneal şant; Anevrizma kliplenmesi; İntramedüller çivileme; Plak vida ile osteosentez; Spinal füzyon; Mesh ile fıtık onarımı; Koklear implant; Meme protezi; Penil protez; Sol atriyal apendiks kapatılması; Derin beyin stimülasyonu; Yapay sfinkter; Fakoemülsifikasyon + IOL; RİA takılması; Spiral takılması; Port kateter takılması; Mide bandı`) {
		if acts := actsOf(name); len(acts) != 1 || acts[0].Act != PutIn {
			t.Errorf("%q: %+v", name, acts)
		}
	}
}

// What looks after an implant, takes it out, prepares for it or is worn outside leaves
// nothing in, nor what only has a word of it in its name.
func TestR38AProcedureThatLeavesNothingInIsNoImplant(t *testing.T) {
	for _, name := range list(`
		Pacemaker check; Pacemaker interrogation; Interrogation of implanted pacemaker; Pacemaker reprogramming; ICD follow-up; ICD programming; ICD testing; Device clinic: pacemaker; Pacemaker telemetry; Remote monitoring of ICD; ICD deactivation; ICD-10 coding review
		Temporary pacemaker insertion; Temporary pacing wire; Transcutaneous pacing; External defibrillator; Defibrillation; Cardioversion; Wearable defibrillator; Pacemaker removal; Removal of loop recorder; LVAD explantation; Lead extraction; Removal of IVC filter; Explantation of port
		Implantation bleeding; Cochlear implant mapping; Angiography of stented artery; Clip applier; Aortic valve replacement cancelled; Coil; Generator check; Tips of fingers sutured; Embolisation of uterine artery; AV node ablation
		Consultation for TAVI; TAVI work-up CT; TAVI planning; Counselling for IUD; IUD removal; IUD string check; Removal of nail with screws; Removal of hip prosthesis; Hardware removal; CT of hip prosthesis; MRI with pacemaker; X-ray of knee replacement; Echocardiography of prosthetic valve; Chest X-ray after pacemaker insertion
		Physiotherapy after hip replacement; Anaesthesia for hip replacement; Aspiration of knee prosthesis; Injection into port; Port flush; Flushing of port-a-cath; Port needle change; Laparoscopic port placement; Laparoscopic port closure; Port site hernia repair; Insertion of trocar port; Removal of mesh; Screw; Nail bed repair; Nail avulsion; Cutting of nails
		Cystoscopy with stent removal; Ureteroscopy with removal of stone and stent; Thrombectomy with stent retriever; Port access; Insertion of ventricular catheter, external drain; CABG; Coronary artery bypass graft x3; Coronary angiography; Cardiac catheterisation; Percutaneous transluminal angioplasty; Transthoracic echocardiography; Tilt table test; Haemofiltration; Leukocyte filter transfusion; Insertion of urinary catheter; Insertion of nasogastric tube; Fluid replacement; Thyroid hormone replacement therapy; Implantation of embryo; Hair implant
		Ureteral reimplantation; Tooth reimplantation; Skin graft placement; Contact lens fitting; Transcranial magnetic stimulation; Brain stimulation (TMS); TENS; Vagal manoeuvre; Ovarian stimulation; Brain biopsy; Cataract extraction; Laser capsulotomy; IOL; IOL biometry; Biometry for IOL calculation; Dental prosthesis; Denture fitting; Leg prosthesis fitting; Breast biopsy; Breast reduction; Hysteroscopy
		Embolisation of uterine artery; Aneurysm screening; Ultrasound of abdominal aortic aneurysm; Insulin pump training; Intra-aortic balloon pump insertion; Tracheal intubation; Lumbar puncture; Persistent cough assessment; Consistent carbohydrate diet; Hernia repair; Laparoscopic cholecystectomy; Appendicectomy; Knee arthroscopy; Meniscectomy; Support stocking; Intramedullary tumour resection; Radius fracture, plaster cast; Portal vein doppler; Parathyroid hormone

		Schrittmacherkontrolle; Schrittmacherabfrage; ICD-Kontrolle; Passagerer Schrittmacher; Temporärer Schrittmacher; Externer Schrittmacher; Schrittmacherexplantation; Explantation eines Herzschrittmachers; Materialentfernung; Metallentfernung; Plattenentfernung nach Osteosynthese; Portspülung; Portpunktion; Portexplantation; Portnadelwechsel; Aufklärung über TAVI; Röntgen Hüft-TEP; Sonographie; Koronarangiographie; Hämofiltration; Bypass-Operation; Zahnprothese; Fixateur externe; Volumenersatz; Kniepunktion; Nagelextraktion; Embryonenimplantation; Ureterneuimplantation; Lungenembolie
		Contrôle de pacemaker; Ablation du stérilet; Retrait de la chambre implantable; Dépose de stent; TEP scan; TEP-TDM au FDG; Scanner de prothèse de hanche; Prothèse dentaire; Sonde d'entraînement électrosystolique temporaire; Coronarographie; Pansement; Rinçage de chambre implantable
		Control de marcapasos; Retirada de DIU; Extracción de marcapasos; Marcapasos transitorio; Revisión de marcapasos y telemetría; Retiro de prótesis de cadera; Cateterismo cardíaco; Prótesis dental; Controllo pacemaker; Rimozione di protesi; Pacemaker temporaneo; Espianto di pacemaker; Coronarografia; Pacemakercontrole; Verwijderen van spiraaltje; Tijdelijke pacemaker; Controle de marca-passo; Remoção de prótese; Marca-passo provisório; Kalp pili kontrolü; Geçici kalp pili; Protez çıkarılması; RİA çıkarılması; Diş protezi; Koroner anjiyografi`) {
		for _, a := range actsOf(name) {
			if a.Act == PutIn {
				t.Errorf("%q: %+v", name, a)
			}
		}
	}
}

// What was taken out, or came out, is told as that, by whatever word.
func TestR38ARemovalIsNoImplantation(t *testing.T) {
	for _, name := range list(`
		IVC filter retrieval; Retrieval of inferior vena cava filter; Retrieval of intrauterine device; Retrieved IVC filter; Expulsion of IUD; IUCD expelled; Nexplanon taken out; Mirena coil taken out; Took out pacemaker; IUD-Extraktion; Spirale ausgestoßen
		Ablation sonde JJ; Ablation matériel; Ablation de sonde JJ; Dépose stérilet; Retrait de DIU; Pacemaker removal; Nagelextraktion`) {
		if acts := actsOf(name); len(acts) != 1 || acts[0].Act != TookOut {
			t.Errorf("%q: %+v", name, acts)
		}
	}
	for _, name := range list(`AV node ablation; Ablation; Pacemaker turned out of range; Thrombectomy with stent retriever`) {
		if acts := actsOf(name); len(acts) > 0 && acts[0].Act == TookOut {
			t.Errorf("%q: %+v", name, acts)
		}
	}
}

// Whoever puts a thing in looks at it, too, or made it for magnets: that hides no implant.
func TestR38WhatIsDoneBesideAnImplantationDoesNotHideIt(t *testing.T) {
	names := list(`
		MRI-conditional pacemaker implantation; MRI conditional ICD implantation; Insertion of MRI safe pacemaker; Aneurysm clip, MRI compatible; Implantation MR-tauglicher Schrittmacher; Implantation eines MRT-fähigen Schrittmachers; Pose d'un stimulateur compatible IRM
		Implante de marcapasos compatible con RM; Programmable VP shunt insertion; Programmierbarer VP-Shunt; Insertion of programmable intrathecal baclofen pump; ICD implantation with defibrillation testing; Insertion of IUD under ultrasound guidance; Stent insertion under X-ray guidance
		TAVI under echocardiographic guidance; ORIF of radius under X-ray control; Osteosynthese unter Röntgendurchleuchtung; Insertion of pacemaker via subclavian vein puncture; Hip replacement with physiotherapy; Implantation of VNS, patient training
		Stent implantation with aspiration thrombectomy; Primary PCI with aspiration thrombectomy and drug-eluting stent; Cataract extraction with IOL and injection of antibiotic; Phacoemulsification with IOL and intracameral injection; Phaco/IOL; Katarakt-OP, HKL
		Total hip replacement after fracture; Pacemaker implantation after AV node ablation; Implantation of permanent pacemaker after temporary pacing; Removal of temporary pacemaker and insertion of permanent pacemaker; Permanent implantation of spinal cord stimulator following trial
		Needle biopsy of breast with clip placement; Screening colonoscopy with clip placement; Endoscopic ultrasonography with stent insertion; Evaluation and insertion of pacemaker; Total knee replacement, computer navigated (MRI based); IUD insertion in patient with fibroids; Hernia repair with mesh in woman with ICD; ORIF after trauma; Surgery for hip replacement under X-ray control; Pose de DIU sous contrôle échographique; Colocación de stent bajo control ecográfico; Posizionamento di stent sotto controllo radiologico; Plaatsing spiraaltje onder echocontrole; Arthroplasty under CT for screw insertion`)
	names = append(names, "Insertion of IUD; ultrasound check")
	for _, and := range strings.Fields("with w and plus under via using by through during mit und unter durch mittels avec et sous par con y bajo por mediante e sotto tramite met en onder com sob ile ve") {
		names = append(names, "Portimplantation "+and+" Punktion", "Punktion "+and+" Portimplantation")
	}
	for _, name := range names {
		if acts := actsOf(name); len(acts) != 1 || acts[0].Act != PutIn {
			t.Errorf("%q: %+v", name, acts)
		}
	}
}

// Looking after what was put in is no implantation, nor what was done in somebody who has one.
func TestR38LookingAfterAnImplantPutsNoneIn(t *testing.T) {
	names := list(`Follow-up: coronary stent implantation; Care package: hip replacement; Hip replacement rehabilitation; Hip replacement physiotherapy; Pacemaker implantation consultation; Counselling and consent for IUD insertion; Physiotherapy with exercises for hip replacement
		Insertion of needle into port; Insertion of port needle; Port needle insertion; MRI-safe pacemaker check; Controle de implantação de marca-passo; X-ray of hip after hip replacement; Removal of stitches after pacemaker insertion; Dressing after TAVI; Closure of wound, ICD check; Repair of laceration with ICD check; Fracture repair, X-ray of hip prosthesis; Consultation with cardiology regarding pacemaker implantation; Cataract surgery and IOL biometry; Verbandwechsel Knie; Wundverbandwechsel Hüfte; Troca de curativo joelho; Diz pansuman değişimi; Changement de pansement, prothèse; Cambio de apósito, prótesis; Cambio medicazione, protesi; MRI with port needle insertion; Pacemaker removal after stent implantation
		Cholecystectomy in woman with ICD; Delivery with IUD in place; Surgery, ICD in situ; Colonoscopy in a patient with ICD; Cholezystektomie bei Patientin mit ICD; Parto en mujer con DIU; Accouchement, femme avec DIU; Parto in donna con IUD; Bevalling bij vrouw met IUD; Cirurgia em mulher com CDI`)
	for _, of := range strings.Fields("for of regarding after before about on to nach über vor für von bei après avant pour de d du des para antes tras sobre per di dopo prima voor na van over do da após için") {
		names = append(names, "Kontrolle mit Labor "+of+" Portimplantation")
	}
	for _, after := range strings.Fields("after following après dopo tras após") {
		names = append(names, "Infection "+after+" hip replacement")
	}
	for _, name := range names {
		for _, a := range actsOf(name) {
			if a.Act == PutIn {
				t.Errorf("%q: %+v", name, a)
			}
		}
	}
	// Looked at, the device itself is not put in, either.
	for name, want := range map[string]Act{"Interrogation of implanted pacemaker": Handled, "Implanted pacemaker lead repair check": Handled, "Implanted pacemaker": PutIn, "Pacemaker exchange": PutIn} {
		acts := told(`{"resourceType":"Procedure","status":"completed","code":{"text":"` + name + `"},"focalDevice":[{"manipulated":{"display":"Pacemaker"}}]}`).Acts
		if len(acts) != 1 || acts[0].Act != want {
			t.Errorf("%q: %+v", name, acts)
		}
	}
}

// A removal is one whatever else was changed; where a thing is, another was put in.
func TestR38ARemovalIsNoExchangeOfSomethingElse(t *testing.T) {
	for want, names := range map[Act][]string{
		TookOut: list(`Removal of IUD and change of contraception; Removal of port and dressing change; Dressing change after removal of pacemaker; Dressing change, removal of IUD; Antibiotic change, IUD removal; Explantation ICD, Verbandwechsel; Plasma exchange and removal of port
			Removal of pacemaker with change of antibiotics; Cambio de aposito, retirada de marcapasos; Retrait du stérilet et changement de contraception`),
		PutIn: list(`Removal of IUD and change; Removal and change of IUD; Change of pacemaker, removal of the old; Generator change with removal of old pacemaker; Explantation Schrittmacher, Aggregatwechsel; Herzschrittmacher-Explantation mit Wechsel auf ICD; Wechsel Schrittmacher, Entfernung alter Elektroden
			Removal of implant with plate exchange; Explantation Port, Neuanlage Port; Verwijderen en plaatsen nieuwe pacemaker; Removal of pacemaker and upgrade to ICD; Removal and replacement of IUD; Explantation und Neuimplantation eines Schrittmachers; Surgery, change of pacemaker, removal of the old; Removal of pacemaker and change to Micra; Removal of nail and implant change; Removal of leads and change of the pacemaker`),
	} {
		for _, name := range names {
			if acts := actsOf(name); len(acts) != 1 || acts[0].Act != want {
				t.Errorf("%q: %+v", name, acts)
			}
		}
	}
}

// What was used and is worn outside, or for days, stays in nobody.
func TestR38WhatWasUsedOutsideDoesNotStayIn(t *testing.T) {
	for used, want := range map[string]int{"External stimulator": 0, "Temporary pacemaker": 0, "Contact lens": 0, "Passagerer Schrittmacher": 0, "Dental prosthesis": 0, "Stimulator": 1, "Pacemaker": 1} {
		acts := told(`{"resourceType":"Procedure","status":"completed","code":{"text":"Surgery"},"usedCode":[{"text":"` + used + `"}]}`).Acts
		if len(acts) != want {
			t.Errorf("%q: %+v", used, acts)
		}
	}
}

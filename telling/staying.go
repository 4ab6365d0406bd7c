package telling

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// What a procedure leaves in the body, by its name alone, in English, German, French, Spanish,
// Italian, Dutch, Portuguese and Turkish: many record no device with it, and whoever looks with
// magnets, cuts or thins the blood has to know. Whether it is there still nobody says, so that
// what is found too much costs a line and what is not found may cost more.

// leavesIn reports whether a procedure put in, by its name, what stays in the body: by a name
// that says so itself, by two that do together, or by a word for putting in and one for a thing.
// What comes after another, or in whom, it only names.
func leavesIn(name string) bool {
	head := spacedForThings(commas.Replace(name))
	for _, p := range aside {
		head, _, _ = strings.Cut(head, p)
	}
	head = withoutLooking(head + " ")
	d := deedOf(head)
	if d.act() == TookOut || has(head, outside) && !has(head, lasting) {
		return false
	}
	return wholeNames[strings.TrimSpace(head)] || namesThing(head) || d.puts && (has(head, things) || has(head, []string{" defibrillat"}))
}

// staysIn reports whether what a procedure used is, by its name, a thing that is left in
// the body: of a knife and of a stent FHIR says the same.
func staysIn(name string) bool {
	text := spacedForThings(name)
	return !has(text, outside) && (has(text, things) || namesThing(text))
}

// namesThing reports whether a name, as spacedForThings makes it, is one for what stays in, or
// for putting it in.
func namesThing(text string) bool {
	return has(text, sayingSo) || has(text, implanting) && !has(text, living) ||
		slices.ContainsFunc(together, func(t [2][]string) bool { return has(text, t[0]) && has(text, t[1]) })
}

// withoutLooking is a name, as spacedForThings makes it, without what tells of looking after a
// thing, or at it, beside putting one in: "insertion of IUD" of that "under ultrasound"; where none
// is put in, nothing.
func withoutLooking(text string) string {
	looks := lookingAfter
	if !has(text, guided) {
		looks = slices.Concat(lookingAfter, looking)
	}
	if !has(text, looks) {
		return text
	}
	if !has(text, puttings) {
		return ""
	}
	head, looked := " ", false
	for _, clause := range clausesOf(wordsOf(text)) {
		if is := has(clause, looks); is || looked && isAbout(clause) {
			looked = true
		} else {
			head += strings.TrimSpace(clause) + " "
		}
	}
	return head
}

// clausesOf parts words before those that stand between an act and what was done with it.
func clausesOf(said []string) (out []string) {
	start := 0
	for i := range said {
		if i+1 == len(said) || beside[said[i+1]] {
			out = append(out, " "+strings.Join(said[start:i+1], " ")+" ")
			start = i + 1
		}
	}
	return out
}

// isAbout reports whether a clause only names a putting in: "with exercises for hip replacement".
func isAbout(clause string) bool {
	for _, w := range strings.Fields(clause) {
		if parting[w] || has(" "+w+" ", puttings) {
			return parting[w]
		}
	}
	return false
}

var commas = strings.NewReplacer(",", " and ", ";", " and ")

// withThing reports whether words name a thing after "with", and none before it: who takes out
// a nail with its screws puts none in, and who takes out a stone may leave a stent, but not who
// looks inside with its removal.
func withThing(said []string) bool {
	of := func(list []string) bool {
		text := " " + strings.Join(list, " ") + " "
		return has(text, things) || has(text, implanting)
	}
	with := slices.IndexFunc(said, func(w string) bool { return withWords[w] })
	return with >= 0 && of(said[with:]) && !of(said[:with]) && takenOut(said[with:]) < 0
}

// spacedForThings are the folded words of a name, with a space on either side, and without what is
// called as a thing is, or as what is no thing, and is another.
func spacedForThings(name string) string {
	text := spacedWords(stele.Fold(strings.ReplaceAll(name, "+", " plus ")))
	if has(text, keyhole) {
		text = strings.NewReplacer(" port ", " ", " ports ", " ").Replace(text)
	}
	return mistakable.Replace(suited.ReplaceAllString(text, " "))
}

// has reports whether a text has one of the pieces.
func has(text string, pieces []string) bool {
	return slices.ContainsFunc(pieces, func(p string) bool { return strings.Contains(text, p) })
}

// pieces are those of a list; in it "_" stands for a space, and so for the edge of a word.
func pieces(list string) []string {
	out := strings.Fields(list)
	for i, p := range out {
		out[i] = strings.ReplaceAll(p, "_", " ")
	}
	return out
}

// Pieces of names, as folded, with a space for the edge of a word.
var (
	// wholeNames are names that mean something else within others.
	wholeNames = words("port ports crt dai cdi tips")
	// sayingSo are those by which a name says itself that something stays in: heart and vessels, bones
	// and joints, and the rest.
	sayingSo = pieces(`pacemaker schrittmacher marcapas _marca_pass kalp_pili stimulateur_cardiaque _ppm_ _icd_ _icds_ _aicd_ _crt_d_ _crt_p_ _crtd_ _crtp_ cardioverter
		kardioverter cardiodesfibril loop_recorder _ilr_ _linq_ _micra_ _lvad _rvad_ _bivad_ _vad_ ventricular_assist herzunterstutz kunstherz _tavi _tavr_
		_avr_ _mvr_ mitraclip _triclip_ annuloplast anuloplast _watchman _laac_ occluder okkluder amplatzer closure_device_ resynchroni resincroniz bentall
		_ake_ _mke_ flow_divert pipeline_embol _pm_bicam _pm_monocam _evar_ _fevar_ _bevar_ _tevar_ _stent nstent sstent rstent lstent drug_eluting _pci_des
		_ptca_des _with_des_ _mit_des_ _con_des_ _met_des_ _des_to_ arthroplast artroplast artroprot endoprot hemiprot duokopf _thr_ _tkr_ _tha_ _tka_ _uka_
		_thp_ _tkp_ _ptg_ _htep_ _ktep_ osteosynt osteosint osteossint osteosent _orif_ nailing_ _im_nail nagelung gammanagel gamma_nail _pfna_ _pfn_ _dhs_
		dynamic_hip_screw _plating_ _pinning_ zuggurtung verplattung verschraubung winkelstabil enclouage enclavado enclavijad inchiodament mergpen encavilh
		spondylodes spondilodes _acdf_ _plif_ _tlif_ _alif_ _xlif_ port_a_cath _portacath portkath portanlage portimplant portsystem port_kateter pose_de_pac_
		reservorio_subcut neurostim neuroestim _dbs_ _vns_ _scs_ stapedect stapedekt stapedot stapedoplast stapesplast lichtenstein _tapp_ _ipom_ _tvt_
		urethral_sling tissue_expander _dj_ _jj_ double_j_ doppel_j_ harnleiterschiene ommaya gastric_band magenband maagband banda_gastric anneau_gastr
		bendaggio_gastr mide_band _iud_ _iuds_ _iucd_ _ius_ _diu_ mirena sterilet bone_anchored_hear _baha_ mediport _tivad_ _istent_ _pth_gauche _pth_droite hormonspiral kupferspiral spiraaltje nexplanon implanon`)
	implanting = pieces("implant impiant")
	// living are what is implanted, or put back, and is no thing.
	living = pieces("embry blast reimplant ureter _hair haar _cheveu _cell _zell stammzell _tissue gewebe ovar")
	// things stay in where a word says that they were put in, or "with" them something else was done.
	things = pieces(`prosthe prothes protes protez pacemaker schrittmacher marcapas stimulat portacath cochlear herzklappe valvul valvol _valve_ _valves_ klappe_ _klep_
		_kapak_ endograft occluder expander marknagel intrauterin contraceptiv contraceptif linse _lens_ _lenses_ _iol_ _iols_ _lio_ _hkl_ _stent _icd_ _icds_ _aicd_ _crt_
		_iud_ _iuds_ _iucd_ _diu_ _ria_ _spirale_ _spiral_ _tips_ _port_ _ports_ _coil _clip_ _clips_ _shunt _mesh_ _netz_ _malla_ _tela_ _filet_ _rete_
		_matje_ _plate_ _plates_ _platte_ _platten_ _screw_ _screws_ schraube _nail_ _nails_ _rod_ _rods_ _cage_ _cages_ _anchor_ _anchors_ _recorder_`)
	// implantations are words for putting in within others, beside the beginnings in putting;
	// exchanging are what is done to what is put in anew.
	implantations = pieces("implantation implantatie implantac implantasyon sustituc sostituz substituic reempla vervang _replas")
	exchanging    = pieces(`exchange _upgrade wechsel austausch _changement _cambio_ _recambio _troca_ wissel_ _change_ degisim degistir anlage_ _einlege _mise_ plaatsen_`)
	// puttings are all words for putting in, and names of acts that do.
	puttings = slices.Concat(pieces("_"+strings.Join(putting, " _")), implantations, exchanging, pieces(`_tavi_ _tavr_ evar_ _orif_ nailing nagelung _plating_ _pinning_ stenting
		clipping coiling osteosynt osteosint osteossint arthroplast artroplast spondylodes spondilodes _fusion_ _pci_ _ptca_ _closure _repair catarac katara phac phak faco fako`))
	// beside stand between an act and what was done with it; parting between one and what it was about.
	beside  = words(`with w and plus under via using by through during mit und unter durch mittels avec et sous par con y bajo por mediante e sotto tramite met en onder com sob ile ve`)
	parting = words(`for of regarding after before about on to nach uber vor fur von bei apres avant pour de d du des para antes tras sobre per di dopo prima voor na van over do da apos icin`)
	// aside are words before what was there already.
	aside = pieces(`_after_ _following_ _apres_ _dopo_ _tras_ _apos_ patient_with patients_with woman_with women_with _man_with child_with person_with patient_mit patientin_mit frau_mit mann_mit kind_mit
		patient_avec patiente_avec femme_avec homme_avec enfant_avec paciente_con mujer_con hombre_con paziente_con donna_con uomo_con patient_met vrouw_met paciente_com mulher_com homem_com`)
	// withWords stand before a thing that something else was done with.
	withWords = words("with w mit avec con com met plus")

	lookingAfter = pieces(`implant_mapping cancelled canceled abgesagt _check kontrol control controle_ interrog abfrage program _follow nachsorge suivi_ _clinic_ ambulanz telemetr monitoring uberwach testing_ _test_
		_tests_ deactiv deaktiv inactiv _icd_9_ _icd_10_ _icd_11_ planni planung planif _planla work_up workup consult consent counsel educat training
		schulung evaluat assess beratung aufklar _care_ needle nadel _aguja _aiguille punkt punct puncion _ponction _aspirat injec injek inyec iniez
		_flush spulung rincage dressing verband pansement pansuman aposito curativ medicazion physio fizyo fisio rehab krankengym anaesthesia_for anesthesia_for _ecg_ _ekg_ electrocardiogr
		elektrokardiogr biometr calculat screening _review referral _in_place_ _in_situ_`)
	looking = pieces(`_mri_ _mr_ _mrt_ _irm_ _rm_ _rmn_ _ct_ _tc_ _tac_ _tdm_ _scan_ _scans_ _scanner _fdg_ _pet_ rontgen _x_ray _xray radiogra sonogra _echo ecograf
		ecocard ultraschall ultraso scinti szinti _doppler`)
	guided  = pieces("_guided _based_ _navigat gesteuert gestutzt _guiad _guidat geleid esliginde kilavuz")
	outside = pieces(`_extern _estern temporar temporan passager transitor transitoir _provisori _provisoire tijdelijk gecici transcutan transkutan _tms_ transcran transkran
		_wearable _trial_ _contact_ kontaktlins dental_prosth denture zahnproth prothese_dent protesis_dent protese_dent protesi_dent _dis_protez
		excision_arthroplast resection_arthroplast resektionsarthroplast`)
	lasting = pieces("permanent definitiv definitif")
	keyhole = pieces("laparosc laparosk thoracosc thorakosk trocar trokar")
	// suited is what a thing is made for: magnets, or a programmer.
	suited = regexp.MustCompile(` (mri?|mrt|irm|rmn?) (safe|unsafe|conditional|compatible|compatibel|kompatib\w*|tauglich\w*|fahig\w*|geeignet\w*|bedingt\w*|sicher\w*|veilig\w*|uyumlu) | (compatible|compatibile|compativel|condicional|conditionnel\w*)( \w+)? (mri?|irm|rmn?) | programm?(able|abil|avel|ierbar|eerbar|lanabilir)\w* `)
	// mistakable are names that have such a word and mean something else by it.
	mistakable = strings.NewReplacer(" external iliac ", " iliac ", " iliaca externa ", " iliaca ", " iliaque externe ", " iliaque ", " iliaca esterna ", " iliaca ", " external carotid ", " carotid ", " birth control ", " ", " implantation bleeding ", " ", " clip applier ", " ",
		" stented artery ", " ", " stented vessel ", " ", " stented segment ", " ",
		" stent retriever ", " ", " stentretriever ", " ", " bajo control ", " bajo ", " sous controle ", " sous ")
)

// together are two pieces that say so where a name has both: where it is, and what it is or what
// is done.
var together = [][2][]string{
	{pieces(`_hip_ _hips_ _knee _shoulder _ankle _elbow joint huft knie schulter gelenk ellenbogen bandscheib _disc_ _disk_ hanche genou epaule cheville _coude_
		cadera rodilla hombro tobillo _codo_ _anca_ d_anca_ ginocchio spalla caviglia gomito heup schouder _enkel elleboog quadril joelho _ombro tornozelo
		cotovelo _kalca _diz_ _omuz aort valv klapp klep kapak kapag vascul gefass mamm _mama breast brust borst _meme_ penis penil penien _pene_ penian pian testic
		hoden stapes`),
		pieces(`replac replas _tep_ ersatz prosth prothes protes protez vervang remplac reempla sustituc sostituz substituic degis recambio troca_ wechsel resurfac
		augment _pta_ _ptr_ _ptc_`)},
	{pieces("valv klapp klep kapak kapag"), pieces("_ring_ _anneau_ _anillo_ _anello_ _anel_ _halka mechan mecan meccan mekan biolog bioprot")},
	{pieces("_coil"), pieces("emboli endovas")},
	{pieces("endovas"), pieces("aortic_repair aorta_repair aortenrepar aortic_stent")},
	{pieces("generator generador gerador generateur"), pieces("exchange replac change wechsel recambio troca cambio sostituz vervang degis implant insert")},
	{pieces("_asd_ _vsd_ _cia_ septal_defect septumdefekt septal_atrial"), pieces("device dispositi occlu okklu schirm umbrella")},
	{pieces("_aaa_ aneurys aneuris anevrys anevris anevriz"), pieces("clip klip koil coil emboli endovas repair")},
	{pieces("_cava _cave_ kava _ivc_ _vci_"), pieces("filt schirm umbrella")},
	{pieces("intrathec intrathek intratec baclof insulin"), pieces("pump pomp bomb")},
	{pieces("_spin vertebr lumbar lumbal lombair lombar lombal cervic zervik omurga"), pieces("instrument strument enstrum fusion fuzyon fusie pedic arthrodes artrodes fixat fixac fijac fissaz")},
	{pieces("_laa_ appendage apendic apendiks vorhofohr auricul orejuela auricol hartoor _pfo_ foramen_ovale"), pieces("clos occlu oclus oklu okklu verschl fermet cierre chius sluit kapat")},
	{pieces("_vp_ ventriculo ventrikulo ventricolo lumboperit"), pieces("shunt sant_ deriv drain_ drein_")},
	{pieces("stimul stimol"), pieces("brain hirn cerebr hersen beyin vagus _vagal_ nervo_vago sacral sakral spinal_cord medull midoll ruckenmark omurilik medular ruggenm hypogloss phren")},
	{pieces("sphincter sphinkter esfinter sfinter sfincter sfinkter"), pieces("artific artefic kunst _yapay")},
	{pieces("phac phak faco fako catara katara"), pieces("_iol_ _iols_ _lio_ _hkl_ _lens lins implant intraoc")},
	{pieces("hern fitik breuk"), pieces("mesh netz filet_ _rete_ _malla_ _tela_ matje_ _tapp_ _tep_ _ipom_")},
	{pieces("intrauter intra_uter rahim_ici"), pieces("device dispos system pessar spiral arac")},
	{pieces("intramedul endomidol endomedul centromedul zentromark"), pieces("nail nagel _clou _clavo _chiod civi haste _rod_")},
	{pieces("femur femor tibia fibula humer radius _ulna clavic klavik patella ankle"), pieces("_nail_ nagel_ _plate_ platte _plaque_ _placa_ _placca_ _plak_ schraub _screw_ _screws_ _vis_ _lcp_")},
	{pieces("_placa_ _placca_ _plaque_ _plak_"), pieces("tornill _viti_ _vis_ parafus _vida")},
	{pieces("_intern"), pieces("fixat fijac fissaz fixac fiksas")},
}

package timeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// Who cuts, or looks with magnets, is told of an implant by the procedure that put it in,
// where nothing else tells of it and nothing took it out.
func TestR38AnImplantIsToldByItsProcedure(t *testing.T) {
	procedure := func(name, day, more string) string {
		return `{"resourceType":"Procedure","status":"completed","code":{"text":"` + name + `"},"performedDateTime":"` + day + `",` + more + `}`
	}
	focal := func(action, manipulated string) string {
		return `"focalDevice":[{"action":{"coding":[{"system":"http://hl7.org/fhir/device-action","code":"` + action + `"}]},"manipulated":` + manipulated + `}]`
	}
	with := func(record, status string) string { return strings.Replace(record, "completed", status, 1) }
	const (
		pacemaker = `{"reference":"Device/d","display":"Pacemaker"}`
		there     = `{"resourceType":"Device","id":"d","status":"active","type":{"text":"Pacemaker"}}`
		line      = "May be so: see the record device Pacemaker (implanted, not told to be out, Surgery, since 2019)"
		none      = ""
	)
	put := procedure("Surgery", "2019", focal("implanted", pacemaker))
	for name, c := range map[string]struct {
		a, b []string
		want string // "" for no line under May be so
	}{
		"a display":               {a: []string{procedure("Insertion of defibrillator", "2019-05", focal("implanted", `{"display":"ICD, MR unsafe"}`))}, want: "device ICD, MR unsafe (implanted, not told to be out, Insertion of defibrillator, since May 2019)"},
		"a reference":             {a: []string{put}, want: line},
		"contained":               {a: []string{procedure("Surgery", "2019", focal("implanted", `{"reference":"#c"}`)+`,"contained":[{"resourceType":"Device","id":"c","type":{"text":"Clip"},"serialNumber":"S1","safety":[{"text":"MR Unsafe"}]}]`)}, want: "device Clip (implanted, not told to be out, serial S1, safety MR Unsafe, Surgery, since 2019)"},
		"without its name":        {a: []string{procedure("Implantation of port", "2019", focal("implanted", `{"reference":"Device/d"}`))}, want: "device Implantation of port (implanted, not told to be out, since 2019)"},
		"in words":                {a: []string{procedure("Operation", "2019", `"bodySite":[{"text":"links"}],"focalDevice":[{"action":{"text":"Implantiert"},"manipulated":{"display":"Hüftprothese"}}]`)}, want: "device Hüftprothese (implanted, not told to be out, links, Operation, since 2019)"},
		"no action":               {a: []string{procedure("Pose de stent", "2019", `"focalDevice":[{"manipulated":{"display":"Stent"}}]`)}, want: "device Stent (implanted, not told to be out, Pose de stent, since 2019)"},
		"used, by code":           {a: []string{procedure("Angioplasty", "2019", `"usedCode":[{"text":"Scalpel"},{"text":"Platelets"},{"text":"External defibrillator"},{"text":"Coronary stent"}]`)}, want: "device Coronary stent (implanted, not told to be out, Angioplasty, since 2019) 2019"},
		"used, by display":        {a: []string{procedure("Surgery", "2019", `"usedReference":[{"display":"Intrauterine device (IUD)"}]`)}, want: "device Intrauterine device (IUD) (implanted, not told to be out, Surgery, since 2019)"},
		"status not known":        {a: []string{with(put, "unknown")}, want: "device Pacemaker (status unknown, see the record, perhaps implanted, not told to be out, Surgery, since 2019)"},
		"stopped":                 {a: []string{with(put, "stopped")}, want: "device Pacemaker (stopped, perhaps implanted, not told to be out, Surgery, since 2019)"},
		"two of one name":         {a: []string{procedure("Surgery", "2019", `"usedCode":[{"text":"Stent"},{"text":"Stent"}]`)}, want: "device Stent (implanted, not told to be out, Surgery, since 2019) Stent (implanted"},
		"two of two days":         {a: []string{procedure("Surgery", "2019", focal("implanted", `{"display":"Hip"}`)), procedure("Surgery", "2015", focal("implanted", `{"display":"Hip"}`))}, want: "device Hip (implanted, not told to be out, Surgery, since 2019) Hip (implanted, not told to be out, Surgery, since 2015)"},
		"of two sources":          {a: []string{put}, b: []string{put}, want: "device Pacemaker (implanted, not told to be out, Surgery, since 2019) [1,2] 2019"},
		"put in again":            {a: []string{procedure("Surgery", "2019", focal("explanted", pacemaker)), procedure("Surgery", "2020", focal("implanted", pacemaker))}, want: "device Pacemaker (implanted, not told to be out, Surgery, since 2020)"},
		"exchanged":               {a: []string{put, procedure("Generator exchange", "2020", `"focalDevice":[{"action":{"text":"explanted"},"manipulated":`+pacemaker+`},{"action":{"text":"implanted"},"manipulated":{"display":"Pacemaker II"}}]`)}, want: "May be so: see the record device Pacemaker II (implanted, not told to be out, Generator exchange, since 2020) 2020"},
		"removed, by name":        {a: []string{put}, b: []string{procedure("Removal of pacemaker", "2021", `"category":{"text":"Cardiology"}`)}, want: "device Pacemaker (implanted, not told to be out, Surgery, since 2019) [1]; yet Removal of pacemaker (2021) [2]"},
		"of another's":            {a: []string{put}, b: []string{procedure("Surgery", "2020", focal("explanted", pacemaker))}, want: "device Pacemaker (implanted, not told to be out, Surgery, since 2019) [1]; yet Surgery (2020) [2]"},
		"an erroneous":            {a: []string{put, with(strings.Replace(there, "active", "entered-in-error", 1), "x")}, want: "device Pacemaker (entered in error) (implanted"},
		"another side":            {a: []string{procedure("Surgery", "2019", focal("implanted", `{"display":"Hip"}`)+`,"bodySite":[{"text":"right"}]`)}, b: []string{strings.Replace(there, "Pacemaker", "Hip, left", 1)}, want: "device Hip (implanted, not told to be out, right, Surgery, since 2019)"},
		"said of magnets":         {a: []string{strings.Replace(put, `"Pacemaker"`, `"Pacemaker, MR unsafe"`, 1)}, b: []string{there}, want: "device Pacemaker, MR unsafe (implanted"},
		"two, one device":         {a: []string{put, procedure("Surgery", "2015", focal("implanted", `{"display":"Pacemaker"}`)), there}, want: "device Pacemaker (implanted 2019) May be so: see the record device Pacemaker (implanted, not told to be out, Surgery, since 2015)"},
		"one line, two hips":      {a: []string{procedure("Surgery", "2019", focal("implanted", `{"display":"Hip"}`)), procedure("Surgery", "2015", focal("implanted", `{"display":"Hip"}`))}, b: []string{strings.Replace(there, "Pacemaker", "Hip", 1)}, want: "May be so: see the record device Hip (implanted, not told to be out, Surgery, since 2015) [1] 2019"},
		"safety, in a note":       {a: []string{procedure("Surgery", "2019", focal("implanted", `{"reference":"#c"}`)+`,"contained":[{"resourceType":"Device","id":"c","type":{"text":"Pacemaker"},"safety":[{"text":"MR Unsafe"}]}]`)}, b: []string{there}, want: "device Pacemaker (implanted, not told to be out, safety MR Unsafe, Surgery, since 2019)"},
		"repaired since":          {a: []string{put, procedure("Lead repair", "2020", focal("manipulated", pacemaker))}, want: "device Pacemaker (implanted, not told to be out, Surgery, since 2019); yet Lead repair (2020)"},
		"in and out one day":      {a: []string{put, procedure("Revision", "2019", focal("explanted", pacemaker))}, want: "device Pacemaker (implanted, not told to be out, Surgery, since 2019); yet Revision (2019)"},
		"removal is planned":      {a: []string{put, with(procedure("Surgery", "2020", focal("explanted", pacemaker)), "preparation")}, want: line},
		"perhaps taken out":       {a: []string{put, with(procedure("Surgery", "2020", focal("explanted", pacemaker)), "unknown")}, want: "device Pacemaker (implanted, not told to be out, Surgery, since 2019); yet Surgery (2020)"},
		"out twice, in between":   {a: []string{procedure("Explantation", "2021", focal("explanted", pacemaker)), procedure("Surgery", "2017", focal("explanted", pacemaker)), put}, want: none},
		"a defibrillator":         {a: []string{procedure("Insertion of defibrillator", "2019", `"category":{"text":"Surgery"}`)}, want: "device Insertion of defibrillator (implanted"},
		"handled as another came": {a: []string{procedure("Lead replacement", "2019", focal("manipulated", pacemaker))}, want: none},
		"what took it out":        {a: []string{procedure("Removal of clip", "2019", `"usedCode":[{"text":"Clip"}]`)}, want: none},
		"by name alone":           {a: []string{procedure("Insertion of cochlear implant", "2019", `"category":{"text":"Surgery"}`)}, want: "device Insertion of cochlear implant (implanted, not told to be out, since 2019)"},
		"a compound":              {a: []string{procedure("Herzschrittmacherimplantation", "2019", `"category":{"text":"Surgery"}`)}, want: "device Herzschrittmacherimplantation (implanted"},
		"a lens":                  {a: []string{procedure("Implantation einer Hinterkammerlinse", "2019", `"category":{"text":"Surgery"}`)}, want: "device Implantation einer Hinterkammerlinse (implanted"},
		"perhaps twice":           {a: []string{procedure("Coronary stenting", "2019", `"category":{"text":"Surgery"}`), procedure("Coronary stenting", "2019", `"category":{"text":"Surgery"}`)}, want: "device Coronary stenting (implanted, not told to be out, in 2 records, perhaps 2 times, since 2019)"},
		"a joint":                 {a: []string{procedure("Total knee replacement", "2019", `"bodySite":[{"text":"left"}]`)}, want: "device Total knee replacement (implanted, not told to be out, left, since 2019)"},
		"an exchange":             {a: []string{procedure("Removal and replacement of IUD", "2019", `"category":{"text":"Surgery"}`)}, want: "device Removal and replacement of IUD (implanted"},
		"removed since":           {a: []string{procedure("Insertion of IUD", "2019", `"category":{"text":"Surgery"}`), procedure("Removal of IUD", "2021", `"category":{"text":"Surgery"}`)}, want: "device Insertion of IUD (implanted, not told to be out, since 2019); yet Removal of IUD (2021)"},
		"removed, and bandaged":   {a: []string{procedure("Insertion of port", "2019", `"x":1`), procedure("Removal of port and dressing change", "2021", `"x":1`)}, want: "device Insertion of port (implanted, not told to be out, since 2019); yet Removal of port and dressing change (2021)"},
		"ablation, in French":     {a: []string{procedure("Pose de chambre implantable", "2019", `"x":1`), procedure("Ablation de la chambre implantable", "2021", `"x":1`)}, want: "device Pose de chambre implantable (implanted, not told to be out, since 2019); yet Ablation de la chambre implantable (2021)"},
		"ablation, in English":    {a: []string{strings.Replace(there, "Pacemaker", "Dialysis catheter", 1), procedure("Catheter ablation", "2021", `"x":1`), procedure("Dépose de stent", "2021", `"x":1`)}, want: none},
		"named by a device":       {a: []string{procedure("Insertion of pacemaker", "2019", `"category":{"text":"Surgery"}`), there}, want: none},
		"of no implant":           {a: []string{procedure("Insertion of urinary catheter", "2019", `"category":{"text":"Surgery"}`), procedure("Fluid replacement", "2019", `"x":1`), procedure("Implantation of embryo", "2019", `"x":1`), procedure("Skin graft placement", "2019", `"x":1`), procedure("Cardioversion", "2019", `"usedCode":[{"text":"Defibrillator"}]`), procedure("Insertion of needle into port", "2019", `"x":1`)}, want: none},
		"called by how it came":   {a: []string{procedure("Removal of internal fixation plate, left femur", "2024", `"x":1`), procedure("Removal of hip replacement prosthesis", "2024", `"x":1`), procedure("Osteosynthesis plate removal", "2024", `"x":1`), procedure("Plattenentfernung nach Osteosynthese", "2024", `"x":1`)}, want: none},
		"one out, before it came": {a: []string{there, put}, b: []string{procedure("Removal of pacemaker", "2016", `"x":1`)}, want: "device Pacemaker (implanted 2019) [1] 2019"},
		"one out, another in":     {a: []string{procedure("Removal of nail and plate fixation of femur", "2024", `"x":1`)}, want: "device Removal of nail and plate fixation of femur (implanted"},
		"a plate that came out":   {a: []string{procedure("Plate fixation of femur", "2019", `"usedCode":[{"text":"Plate"}]`), procedure("Removal of internal fixation plate", "2024", `"x":1`)}, want: "device Plate (implanted, not told to be out, Plate fixation of femur, since 2019); yet Removal of internal fixation plate (2024)"},
		"only about one":          {a: []string{procedure("Consultation for pacemaker implantation", "2019", `"x":1`), procedure("Interrogation of implanted pacemaker", "2019", `"x":1`), procedure("Removal of implanted stimulator", "2019", `"x":1`)}, want: none},
		"not done":                {a: []string{with(put, "not-done")}, want: none},
		"planned":                 {a: []string{with(put, "preparation")}, want: none},
		"in error":                {a: []string{with(put, "entered-in-error")}, want: none},
		"manipulated":             {a: []string{procedure("Surgery", "2019", focal("manipulated", pacemaker))}, want: none},
		"taken out":               {a: []string{put, procedure("Surgery", "2020", focal("explanted", pacemaker))}, want: none},
		"taken out, some":         {a: []string{put, procedure("Pacemaker removal", "2020", `"focalDevice":[{"manipulated":`+pacemaker+`}]`)}, want: none},
		"its device":              {a: []string{put, there}, want: none},
		"its use":                 {a: []string{put, `{"resourceType":"DeviceUseStatement","status":"active","device":` + pacemaker + `}`}, want: none},
		"its ended use":           {a: []string{put, `{"resourceType":"DeviceUseStatement","status":"completed","device":` + pacemaker + `,"timingPeriod":{"start":"2019-01-01","end":"2020-01-01"}}`}, want: none},
		"another's device":        {a: []string{put}, b: []string{there}, want: none},
		"another's, longer":       {a: []string{put}, b: []string{strings.Replace(there, "Pacemaker", "Cardiac pacemaker, dual chamber", 1)}, want: none},
	} {
		s := Tell(append(lines("A", c.a...), lines("B", c.b...)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if c.want == none {
			expectNone(t, name, s.Unclear)
			continue
		}
		expectText(t, s, []string{c.want})
	}
}

// What is left in the body, and that it was put in or taken out, is known by every word of
// the tables.
func TestR38AnImplantIsFoundInEveryLanguage(t *testing.T) {
	focal := func(action string) string {
		return `{"resourceType":"Procedure","status":"completed","code":{"text":"Surgery"},"focalDevice":[{"action":{"text":"` + action + `"},"manipulated":{"reference":"Device/d","display":"Pump"}}]}`
	}
	finds := func(what string, want int, records ...string) {
		if s := Tell(lines("A", records...), Options{}); len(s.Unclear) != want {
			t.Errorf("%s: may be so: %q", what, names(s.Unclear))
		}
	}
	for _, thing := range []string{"ICD", "AICD", "CRT", "IUD", "IUCD", "DIU", "Spirale", "Port", "Coil", "Clips", "Shunt", "Valve", "Klappe", "Klep", "Lens", "Mesh", "Plate", "Platte", "Screws", "Schraube", "Nail",
		"Rod", "Cage", "Anchor", "Loop recorder", "Knieprothese", "Prothèse", "Prótesis", "Prosthesis", "Pacemaker", "Herzschrittmacher", "Marcapasos", "Stimulator", "Port-a-Cath", "Portacath", "Herzklappe", "Valvula", "Valvola",
		"Endograft", "Occluder", "Tissue expander", "Marknagel", "Intrauterine system", "Hinterkammerlinse", "Stent"} {
		finds(thing, 1, `{"resourceType":"Procedure","status":"completed","code":{"text":"Surgery"},"usedCode":[{"text":"`+thing+`"}]}`)
	}
	for _, in := range []string{"Implanted", "Implantación", "Impianto", "Insertion", "Placed", "Placement", "Replacement", "Remplacement", "Einsetzen", "eingesetzt", "Einlage", "Einbau", "eingebaut", "Pose", "Colocación",
		"Posizionamento", "Plaatsing", "geplaatst", "geïmplanteerd", "Yerleştirme", "Takıldı", "Fixation"} {
		finds(in, 1, focal(in))
	}
	for _, out := range []string{"Explanted", "Espianto", "Removal", "Extraction", "Entfernung", "Ausbau", "ausgebaut", "Retrait", "Retirada", "Extracción", "Rimozione", "rimosso", "verwijderd", "Remoção", "Çıkarıldı"} {
		finds(out, 0, focal("implanted"), focal(out))
	}
}

// An implant of the one side is no line of a device of the other, in whatever language.
func TestR38AnImplantOfTheOtherSideIsAnother(t *testing.T) {
	for _, pair := range []string{"left right", "links rechts", "linke rechte", "linker rechter", "linkes rechtes", "gauche droite", "gauche droit", "izquierda derecha", "izquierdo derecho",
		"sinistra destra", "sinistro destro", "esquerda direita", "esquerdo direito", "sol sağ"} {
		left, right, _ := strings.Cut(pair, " ")
		for _, sides := range [][2]string{{left, right}, {right, left}} {
			put := `{"resourceType":"Procedure","status":"completed","code":{"text":"Surgery"},"bodySite":[{"text":"` + sides[0] + `"}],"usedCode":[{"text":"Implant"}]}`
			other := `{"resourceType":"Device","status":"active","type":{"text":"Implant, ` + sides[1] + `"}}`
			if s := Tell(append(lines("A", put), lines("B", other)...), Options{}); len(s.Unclear) != 1 {
				t.Errorf("an implant, %s, beside a device, %s: may be so: %q", sides[0], sides[1], names(s.Unclear))
			}
		}
	}
}

func expectNone(t *testing.T, what string, list []Entry) {
	t.Helper()
	if len(list) > 0 {
		t.Errorf("%s: may be so: %q", what, names(list))
	}
}

// The line of a device says when it was put in, and does not call that a contradiction;
// of another source's line nobody sets the words.
func TestR38ADeviceSaysWhenItWasImplanted(t *testing.T) {
	device := `{"resourceType":"Device","id":"d","status":"active","type":{"text":"Pacemaker"}}`
	put := `{"resourceType":"Procedure","status":"completed","code":{"text":"Surgery"},"performedDateTime":"2019-05-01","focalDevice":[{"action":{"coding":[{"code":"implanted"}]},"manipulated":{"reference":"Device/d"}}]}`
	expectText(t, Tell(lines("A", device, put), Options{}), []string{"Now device Pacemaker (implanted 1 May 2019)"}, "yet", "May be so")
	removal := strings.Replace(strings.Replace(put, "implanted", "explanted", 1), "2019", "2021", 1)
	expectText(t, Tell(lines("A", device, put, removal), Options{}), []string{"Now device Pacemaker; yet Surgery (1 May 2021)"}, "implanted 1")
	expectText(t, Tell(append(lines("A", device, put), lines("B", device)...), Options{}), []string{"Now device Pacemaker [1,2]"}, "implanted 1", "May be so")
}

// What a procedure put in stands beside the word that a person is safe for MRI, and only
// for whoever may read procedures.
func TestR38AnImplantToldByItsProcedureIsNotSafeForMRI(t *testing.T) {
	flag := `{"resourceType":"Flag","status":"active","code":{"text":"Safe for MRI"}}`
	put := `{"resourceType":"Procedure","status":"completed","code":{"text":"Surgery"},"focalDevice":[{"action":{"coding":[{"code":"implanted"}]},"manipulated":{"display":"ICD, MR unsafe"}}]}`
	expectText(t, Tell(lines("A", flag, put), Options{}), []string{"Safe for MRI; yet ICD, MR unsafe told as MR unsafe"})
	expectNone(t, "allergies alone", Tell(lines("A", flag, put), Options{Kinds: []stele.Category{stele.Allergies}}).Unclear)
}

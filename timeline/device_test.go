package timeline_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// A device that is no longer in use may still be in the body, until somebody took it out.
func TestR38AnInactiveDeviceIsNotToldOut(t *testing.T) {
	device := `{"resourceType":"Device","id":"d","status":"inactive","type":{"text":"Stimulator"}}`
	done := func(name, action, status string) string {
		return `{"resourceType":"Procedure","status":"` + status + `","code":{"text":"` + name + `"},"performedDateTime":"2024-03-01","focalDevice":[{"action":{"coding":[{"code":"` + action + `"}]},"manipulated":{"reference":"Device/d"}}]}`
	}
	const still = "May be so: see the record device Stimulator (inactive, not told to be out)"
	expectText(t, Tell(lines("A", device), Options{}), []string{still})
	expectText(t, Tell(lines("A", device, done("Reprogramming", "manipulated", "completed")), Options{}), []string{still})
	expectText(t, Tell(lines("A", device, done("Removal of stimulator", "", "not-done")), Options{}), []string{still})
	for _, p := range []string{done("Surgery", "explanted", "completed"), done("Removal of stimulator", "", "completed")} {
		expectText(t, Tell(lines("A", device, p), Options{}), []string{"Stimulator · inactive, taken out"}, "May be so")
	}
}

// The use of a device is called completed when it was put in, too: only an end tells that
// it is out.
func TestR38ACompletedUseIsNotToldOut(t *testing.T) {
	use := func(status, period string) string {
		return `{"resourceType":"DeviceUseStatement","status":"` + status + `","device":{"reference":"Device/d","display":"Port"},"timingPeriod":{"start":"2024-01-01"` + period + `}}`
	}
	removal := `{"resourceType":"Procedure","status":"completed","code":{"text":"Removal of port"},"performedDateTime":"2024-03-01","focalDevice":[{"manipulated":{"reference":"Device/d"}}]}`
	expectText(t, Tell(lines("A", use("completed", "")), Options{}), []string{"May be so: see the record device Port (completed, not told to be out, since 1 Jan 2024)"})
	expectText(t, Tell(lines("A", use("completed", ""), removal), Options{}), []string{"Port · completed, taken out"}, "May be so")
	expectText(t, Tell(lines("A", use("completed", `,"end":"2024-01-09"`)), Options{}), []string{"Port · completed 9 Jan 2024"}, "May be so")
	expectText(t, Tell(lines("A", use("stopped", "")), Options{}), []string{"Port · stopped"}, "May be so")
}

// A use that still runs says that the device was taken out since.
func TestR38AUseOfADeviceThatWasTakenOutSaysSo(t *testing.T) {
	use := `{"resourceType":"DeviceUseStatement","status":"active","device":{"reference":"Device/d","display":"Pacemaker"},"timingPeriod":{"start":"2024-01-01"}}`
	removal := `{"resourceType":"Procedure","status":"completed","code":{"text":"Generator surgery"},"performedDateTime":"2024-03-01","focalDevice":[{"action":{"text":"explanted"},"manipulated":{"reference":"Device/d"}}]}`
	expectText(t, Tell(lines("A", use, removal), Options{}), []string{"device Pacemaker (since 1 Jan 2024); yet Generator surgery (1 Mar 2024)"})
}

// Who calls a person safe for MRI is told what is in the body and is not.
func TestR38SafeForMRIBesideADeviceThatIsNot(t *testing.T) {
	flag := `{"resourceType":"Flag","status":"active","code":{"text":"Safe for MRI"}}`
	problem := `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Safe for MRI"}}`
	device := func(safety string) string {
		return `{"resourceType":"Device","status":"active","type":{"text":"Clip"},"safety":[{"text":"` + safety + `"}]}`
	}
	for safety, want := range map[string]string{
		"MR Unsafe": "Safe for MRI [1]; yet Clip told as MR unsafe [2]", "MR Conditional": "Safe for MRI [1]; yet Clip told as MR conditional [2]",
		"MR Conditional, safe to 1.5 T": "Safe for MRI [1]; yet Clip", "MRI not safe": "Safe for MRI [1]; yet Clip", "MRI contraindicated": "Safe for MRI [1]; yet Clip", "No MRI": "Safe for MRI [1]; yet Clip",
		"Not MRI compatible": "Safe for MRI [1]; yet Clip", "Not MR compatible": "Safe for MRI [1]; yet Clip", "Not for MRI": "Safe for MRI [1]; yet Clip",
		"MR Safe": "Safe for MRI [1] device", "Not sterile": "Safe for MRI [1] device",
	} {
		expectText(t, Tell(append(lines("A", flag), lines("B", device(safety))...), Options{}), []string{want})
		expectText(t, Tell(append(lines("A", problem), lines("B", device(safety))...), Options{}), []string{want})
	}
	// One device says nothing of another.
	expectText(t, Tell(lines("A", device("MR Safe"), strings.Replace(device("MR Unsafe"), "Clip", "Pump", 1)), Options{}), []string{"Clip (safety MR Safe)", "Pump (safety MR Unsafe)"}, "yet")
}

// A device and its use are one line; where the one is in use and the other no longer,
// the line says so.
func TestR38ADeviceAndItsUseAreOneLine(t *testing.T) {
	device := func(status string) string {
		return `{"resourceType":"Device","id":"d",` + status + `"type":{"text":"Pacemaker"},"serialNumber":"S1","safety":[{"text":"MR Conditional"}]}`
	}
	use := func(status string) string {
		return `{"resourceType":"DeviceUseStatement","status":"` + status + `","device":{"reference":"Device/d"},"timingDateTime":"2023-05-05","bodySite":{"text":"Left chest"}}`
	}
	removal := `{"resourceType":"Procedure","status":"completed","code":{"text":"Surgery"},"performedDateTime":"2024-03-01","focalDevice":[{"action":{"text":"explanted"},"manipulated":{"reference":"Device/d"}}]}`
	const (
		active, inactive, none = `"status":"active",`, `"status":"inactive",`, ``
		line                   = "device Pacemaker: Left chest (serial S1, safety MR Conditional, since 5 May 2023)"
	)
	for name, c := range map[string]struct {
		records []string
		want    string
		never   string
	}{
		"both hold":         {[]string{device(active), use("active")}, "Now " + line + " 2023", "May be so"},
		"no status":         {[]string{device(none), use("active")}, "Now " + line + " 2023", "May be so"},
		"inactive":          {[]string{device(inactive), use("active")}, "Now " + line + "; yet told as inactive, not told to be out 2023", "May be so"},
		"completed":         {[]string{device(active), use("completed")}, "Now device Pacemaker (serial S1, safety MR Conditional, Left chest); yet told as completed, not told to be out 2023", "May be so"},
		"neither":           {[]string{device(inactive), use("completed")}, "May be so: see the record device Pacemaker: Left chest (completed, not told to be out, serial S1, safety MR Conditional, since 5 May 2023); yet told as inactive, not told to be out 2023", "Now"},
		"taken out":         {[]string{device(inactive), use("completed"), removal}, "inactive, taken out", "Now"},
		"taken out, in use": {[]string{device(inactive), use("active"), removal}, "Now device Pacemaker: Left chest (since 5 May 2023); yet told as inactive, taken out; Surgery (1 Mar 2024) 2024", "May be so"},
		"used twice":        {[]string{device(active), use("active"), strings.Replace(use("active"), "2023", "2021", 1)}, "Now device Pacemaker: Left chest (serial S1, safety MR Conditional, since 5 May 2021) 2023", "May be so"},
	} {
		s := Tell(lines("A", c.records...), Options{Kinds: allKinds})
		if expectText(t, s, []string{c.want}, c.never); t.Failed() {
			t.Fatal(name)
		}
	}
	// Nobody's words are lent to another: of another's device nobody's use tells.
	s := Tell(append(lines("A", device(active), use("active")), lines("B", device(active))...), Options{Kinds: allKinds})
	expectText(t, s, []string{"Pacemaker: Left chest (since 5 May 2023) [1] Pacemaker (serial S1, safety MR Conditional) [1,2]"})
}

// A use whose device was taken back may be so, and says why.
func TestR38AUseOfADeviceThatWasTakenBackMayBeSo(t *testing.T) {
	const said = "what tells of its device was taken back"
	pump := `{"resourceType":"Device","id":"p","status":"active","type":{"text":"Insulin pump"}}`
	use := `{"resourceType":"DeviceUseStatement","status":"active","device":{"reference":"Device/p"}}`
	for name, records := range map[string][]string{
		"Insulin pump (entered in error) (":        {strings.Replace(pump, "active", "entered-in-error", 1), use},
		"Insulin pump (withdrawn by its source) (": {pump, use, withdraws("Device/p")},
		"Pump (entered in error) (":                {strings.Replace(use, `{"reference":"Device/p"}`, `{"reference":"#p"},"contained":[{"resourceType":"Device","id":"p","status":"entered-in-error","type":{"text":"Pump"}}]`, 1)},
	} {
		expectText(t, Tell(lines("A", records...), Options{Kinds: allKinds}), []string{"May be so: see the record device " + name + said + ")"}, "Now")
	}
	expectText(t, Tell(lines("A", pump, use), Options{Kinds: allKinds}), []string{"Now device Insulin pump no date"}, said)
}

// Where one source took a device out and put one of its name in, the removal is told beside
// the old one only: who reads that the new one is out may look with magnets.
func TestR38ARemovalIsNotToldBesideTheNewDevice(t *testing.T) {
	procedure := func(name, day string) string {
		return `{"resourceType":"Procedure","status":"completed","code":{"text":"` + name + `"},"performedDateTime":"` + day + `"}`
	}
	const (
		there   = `{"resourceType":"Device","id":"d","status":"active","type":{"text":"Pacemaker"}}`
		use     = `{"resourceType":"DeviceUseStatement","status":"active","device":{"display":"Hip prosthesis"},"bodySite":{"text":"left"}}`
		removed = "yet Removal of pacemaker"
		new     = "Insertion of pacemaker (implanted, not told to be out, since 1 Jan 2020)"
		old     = "Insertion of pacemaker (implanted, not told to be out, since 1 May 2010); " + removed
	)
	for name, c := range map[string]struct {
		a, b []string
		want string
		not  string
	}{
		"out and in, one day":  {[]string{procedure("Insertion of pacemaker", "2010-05-01"), procedure("Removal of pacemaker", "2020-01-01"), procedure("Insertion of pacemaker", "2020-01-01")}, nil, old, new + "; yet"},
		"the new one is told":  {[]string{procedure("Removal of pacemaker", "2020-01-01"), procedure("Insertion of pacemaker", "2020-01-01")}, nil, new, new + "; yet"},
		"a device and a later": {[]string{there, procedure("Removal of pacemaker", "2020-01-01"), procedure("Permanent pacemaker", "2020-06-01")}, nil, "Now device Pacemaker 2020", removed},
		"put in before":        {[]string{there, procedure("Permanent pacemaker", "2019-06-01"), procedure("Removal of pacemaker", "2020-01-01")}, nil, "Now device Pacemaker; " + removed, ""},
		"another's":            {[]string{there, procedure("Removal of pacemaker", "2020-01-01")}, []string{procedure("Insertion of pacemaker", "2020-06-01")}, "Now device Pacemaker [1]; " + removed, ""},
		"another thing":        {[]string{there, procedure("Removal of pacemaker", "2020-01-01"), procedure("Insertion of IUD", "2020-06-01")}, nil, "Now device Pacemaker; " + removed, ""},
		"a month is no day":    {[]string{procedure("Insertion of pacemaker", "2020"), procedure("Removal of pacemaker", "2020-11-05")}, nil, "since 2020); " + removed, ""},
		"nor is a year":        {[]string{there, procedure("Removal of pacemaker", "2020-05-01"), procedure("Insertion of pacemaker", "2020")}, nil, "Now device Pacemaker; " + removed, ""},
		"nor the removal's":    {[]string{there, procedure("Removal of pacemaker", "2020-05"), procedure("Insertion of pacemaker", "2020-05-01")}, nil, "Now device Pacemaker; " + removed, ""},
		"a later year":         {[]string{there, procedure("Removal of pacemaker", "2020"), procedure("Insertion of pacemaker", "2021-05")}, nil, "Now device Pacemaker 2021", removed},
		"in, then out":         {[]string{there, procedure("Insertion of pacemaker", "2020-01-01T08:00:00Z"), procedure("Removal of pacemaker", "2020-01-01T18:00:00Z")}, nil, "Now device Pacemaker; " + removed, ""},
		"in, out and in":       {[]string{procedure("Insertion of pacemaker", "2020-01-01T08:00:00Z"), procedure("Removal of pacemaker", "2020-01-01T12:00:00Z"), procedure("Permanent pacemaker", "2020-01-01T18:00:00Z")}, nil, "1 Jan 2020 08:00 UTC); " + removed, "18:00 UTC); yet"},
		"out, then in":         {[]string{there, procedure("Removal of pacemaker", "2020-01-01T08:00:00Z"), procedure("Insertion of pacemaker", "2020-01-01T18:00:00Z")}, nil, "Now device Pacemaker ", removed},
		"one clock":            {[]string{there, procedure("Removal of pacemaker", "2020-01-01T18:00:00Z"), procedure("Insertion of pacemaker", "2020-01-01")}, nil, "Now device Pacemaker ", removed},
		"only a word of it":    {[]string{strings.Replace(there, "Pacemaker", "Hip screw", 1), procedure("Removal of hip screw", "2020-01-01"), procedure("Total hip replacement", "2020-06-01")}, nil, "Now device Hip screw; yet Removal of hip screw", ""},
		"of the other side":    {[]string{use, procedure("Removal of hip prosthesis", "2020-01-01"), strings.Replace(procedure("Insertion of hip prosthesis", "2020-06-01"), `"status"`, `"bodySite":[{"text":"right"}],"status"`, 1)}, nil, "Now device Hip prosthesis: left; yet Removal of hip prosthesis", ""},
		"of its side":          {[]string{use, procedure("Removal of hip prosthesis", "2020-01-01"), strings.Replace(procedure("Insertion of hip prosthesis", "2020-06-01"), `"status"`, `"bodySite":[{"text":"left"}],"status"`, 1)}, nil, "Now device Hip prosthesis: left 2020", "yet"},
		"of a medicine":        {[]string{`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Levonorgestrel IUD"},"authoredOn":"2020-01-01"}`, procedure("Insertion of levonorgestrel IUD", "2020-01-01"), `{"resourceType":"List","status":"current","mode":"changes","title":"Changes","date":"2020-01-01","entry":[{"flag":{"text":"stopped"},"deleted":true,"item":{"display":"Levonorgestrel IUD"}}]}`}, nil, "Now medicine Levonorgestrel IUD (ordered 1 Jan 2020); yet", ""},
		"both in one name":     {[]string{there, procedure("Explantation und Neuimplantation Pacemaker", "2020-06-01")}, nil, "Now device Pacemaker ", "; yet"},
	} {
		var never []string
		if c.not != "" {
			never = append(never, c.not)
		}
		t.Run(name, func(t *testing.T) {
			expectText(t, Tell(append(lines("A", c.a...), lines("B", c.b...)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)}), []string{c.want}, never...)
		})
	}
}

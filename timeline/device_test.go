package timeline_test

import (
	"testing"

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
	device := func(safety string) string {
		return `{"resourceType":"Device","status":"active","type":{"text":"Clip"},"safety":[{"text":"` + safety + `"}]}`
	}
	for safety, want := range map[string]string{
		"MR Unsafe": "Safe for MRI [1]; yet Clip told as MR unsafe [2]", "MR Conditional": "Safe for MRI [1]; yet Clip told as MR conditional [2]",
		"MR Safe": "Safe for MRI [1] device", "Not sterile": "Safe for MRI [1] device",
	} {
		expectText(t, Tell(append(lines("A", flag), lines("B", device(safety))...), Options{}), []string{want})
	}
}

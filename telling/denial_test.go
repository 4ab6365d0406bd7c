package telling

import "testing"

// TestR38WhatDeniesNamesNothing: an answer that says that there is nothing names no thing; a
// name that begins so does.
func TestR38WhatDeniesNamesNothing(t *testing.T) {
	for _, none := range []string{"None", "no", "No known allergies", "NKDA", "Nein", "keine bekannt", "not known", "unknown", "Unknown allergies", "Unbekannt", "denies", "negative", "-", "sans allergie"} {
		if !deniesAny(none) {
			t.Errorf("%q names something", none)
		}
	}
	for _, some := range []string{"", "Non-steroidal anti-inflammatory agents", "Non-ionic iodinated contrast: anaphylaxis", "N-acetylcysteine", "No-Spa 40 mg", "Unknown antibiotic: anaphylaxis", "Unknown blood thinner", "Penicillin", "Nuts"} {
		if deniesAny(some) {
			t.Errorf("%q names nothing", some)
		}
	}
}

package telling

import (
	"strings"
	"testing"
)

// TestR38ALineThatGoesOnNamesSomething: of a line that begins with the word that there is nothing, what comes after it
// may be what kills.
func TestR38ALineThatGoesOnNamesSomething(t *testing.T) {
	none := []string{"-", "None", "No known drug allergies", "Allergies: none", "Keine Allergien bekannt", "Keine Angaben zu Allergien", "No information about allergies", "no known allergies (recorded 3 Mar 2026) [1]", "Aucune allergie connue", "Sin alergias conocidas", "Nessuna allergia nota", "Geen allergieën bekend", "Sem alergias conhecidas", "Bilinen alerji yok", "NKDA", "unknown"}
	for _, table := range absences {
		for _, words := range table {
			if strings.Contains(words, "allerg") && !strings.Contains(words, "latex") && !strings.Contains(words, "one kind") && !strings.Contains(words, "animal") {
				none = append(none, words)
			}
		}
	}
	for _, line := range none {
		if !namesNothing(line) {
			t.Errorf("%q names something", line)
		}
	}
	for _, line := range []string{"None but penicillin", "No known allergies except penicillin", "No penicillin!", "Nie wieder Penicillin", "Negative skin test, but anaphylaxis to penicillin", "Without doubt allergic to penicillin", "Keine Penicilline geben", "Denies latex; penicillin: rash", "Penicillin:", "Allergies:", "3 Mar 2026",
		"Environmental allergies. No known drug allergies", "Food allergies; NKDA", "No known drug allergies, food allergy present", "Sensitivity to foods confirmed in 2019. Medicines: none", "No known allergies besides to foods", "Adverse reactions to medications: n. Foods: yes"} {
		if namesNothing(line) {
			t.Errorf("%q names nothing", line)
		}
	}
}

// TestR38WhatDeniesNamesNothing: an answer that says that there is nothing names no thing; a
// name that begins so does.
func TestR38WhatDeniesNamesNothing(t *testing.T) {
	for _, none := range []string{"None", "no", "No known allergies", "NKDA", "Nein", "keine bekannt", "not known", "unknown", "Unknown allergies", "Unbekannt", "denies", "negative", "-", "sans allergie", "No. None known", "None (NKDA)", "No, not that I know of", "Nein, keine", "n / nka"} {
		if !deniesAny(none) {
			t.Errorf("%q names something", none)
		}
	}
	for _, some := range []string{"", "Non-steroidal anti-inflammatory agents", "Non-ionic iodinated contrast: anaphylaxis", "N-acetylcysteine", "No-Spa 40 mg", "Unknown antibiotic: anaphylaxis", "Unknown blood thinner", "Penicillin", "Nuts", "No, but penicillin gave me a rash", "None except penicillin", "No. Penicillin: collapse", "No (penicillin, 1998)", "Nein, nur Penicillin", "Non, sauf la pénicilline", "No, salvo penicilina", "No; latex", "None - latex"} {
		if deniesAny(some) {
			t.Errorf("%q names nothing", some)
		}
	}
}

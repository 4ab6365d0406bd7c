package cli

import (
	"maps"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/spell"
)

// Patient finds a patient by DID, the code of her card, or a number of the wallet's own links. Nobody
// is found by name: it would be somebody else. It fails with KindNotFound.
func Patient(s *client.Session, text string) (stele.Subject, error) {
	did, err := spell.DID(text)
	if err != nil {
		return stele.Subject{}, err
	}
	if subject, err := stele.ParseSubject(did); err == nil {
		return subject, nil
	}
	found, err := s.Links().Find(text)
	if err != nil {
		return stele.Subject{}, err
	}
	subjects := map[stele.Subject]bool{}
	for _, l := range found {
		if l.Number == text {
			subjects[l.Subject] = true
		}
	}
	all := slices.Collect(maps.Keys(subjects))
	if len(all) == 1 {
		return all[0], nil
	}
	return stele.Subject{}, stele.E("find patient", stele.KindNotFound, "no patient is found by that", nil).
		WithHint("give the DID, or scan or type the code of her card; with a hospital's number: stele patient find NUMBER --as HOSPITAL")
}

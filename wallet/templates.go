package wallet

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
)

// DirectCareWrite is the template of a care provider's write grant: it may add
// every kind of record until an end.
func DirectCareWrite(end time.Time) Terms {
	return Terms{
		Action: stele.ActionWrite, Purposes: []stele.Purpose{stele.Treatment},
		Categories: []stele.Category{consent.AllCategories}, Sensitivity: stele.Sensitivities(), End: end,
	}
}

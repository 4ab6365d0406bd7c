package ledger

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/timeline"
)

// TestOnlyWhatNoLongerCountsIsPast: of an export's records an older version is past, and
// the newest, and what is no FHIR resource, are not.
func TestOnlyWhatNoLongerCountsIsPast(t *testing.T) {
	var c counting
	for i, resource := range []string{
		`{"resourceType":"Observation","id":"a","meta":{"versionId":"1"},"status":"final"}`,
		`{"resourceType":"Observation","id":"a","meta":{"versionId":"2"},"status":"final"}`,
		`{"note":"no resource"}`,
		`{"resourceType":"Observation","id":"b","status":"entered-in-error"}`,
	} {
		c.each(proof.Proved{Number: i + 1, Handle: stele.ID{byte(i + 1)}, Source: stele.Subject{1}, Height: 5, Resource: []byte(resource)})
	}
	list, left := c.past()
	if len(list) != 2 || list[0].Record != 1 || list[0].Version != timeline.Earlier || list[1].Record != 4 || list[1].Version != timeline.Withdrawn {
		t.Errorf("past are %+v", list)
	}
	if len(left) != 2 || left[timeline.Earlier] != 1 || left[timeline.Withdrawn] != 1 {
		t.Errorf("of each there are %v", left)
	}
}

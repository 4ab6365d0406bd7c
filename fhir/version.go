package fhir

import (
	"cmp"
	"strings"
	"time"
)

// VersionNumber is a meta.versionId that is a number: its digits without leading
// zeros. FHIR R4 leaves the form of a versionId to the server, and only digits
// alone are taken to count: "-1" and "+5" are names like any other.
type VersionNumber string

// ParseVersionNumber reads a meta.versionId; ok is false when it is no number. It
// is an id (IsID).
func ParseVersionNumber(versionID string) (n VersionNumber, ok bool) {
	if versionID == "" || len(versionID) > MaxID || strings.Trim(versionID, "0123456789") != "" {
		return "", false
	}
	return VersionNumber(strings.TrimLeft(versionID, "0")), true
}

// Compare is negative when n is the smaller number, positive when o is.
func (n VersionNumber) Compare(o VersionNumber) int {
	return cmp.Or(cmp.Compare(len(n), len(o)), strings.Compare(string(n), string(o)))
}

// A Version is what a record says of one version of it, or a server of a DELETE: ID is its
// versionId, Updated when it was made (an instant). "" is what is not said.
type Version struct{ ID, Updated string }

// Compare is negative when v was made before o, positive when after it: by number, else,
// and where these are the same, by time. told is false where nothing says which was.
func (v Version) Compare(o Version) (order int, told bool) {
	order, _ = v.against(o)
	return order, order != 0
}

// After reports whether v was made after a DELETE; told is false where nothing says it.
// What has the number that a DELETE names, or its time, is what was deleted.
func (v Version) After(deleted Version) (after, told bool) {
	order, told := v.against(deleted)
	return order > 0, told
}

// Contradicts reports whether one of two versions is the newer by its number and the
// other by its time: a server was set up again, or has a wrong clock.
func (v Version) Contradicts(o Version) bool {
	byNumber, _ := Version{ID: v.ID}.against(Version{ID: o.ID})
	byTime, _ := Version{Updated: v.Updated}.against(Version{Updated: o.Updated})
	return byNumber*byTime < 0
}

func (v Version) against(o Version) (order int, told bool) {
	x, okX := ParseVersionNumber(v.ID)
	y, okY := ParseVersionNumber(o.ID)
	numbered := okX && okY
	if numbered && x != y {
		return x.Compare(y), true
	}
	a, errA := time.Parse(time.RFC3339, v.Updated)
	b, errB := time.Parse(time.RFC3339, o.Updated)
	if errA != nil || errB != nil {
		return 0, numbered
	}
	return a.Compare(b), true
}

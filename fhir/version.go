package fhir

import (
	"cmp"
	"strings"
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

package fhir

import (
	"cmp"
	"strings"
)

// What was deleted is told by a DELETE, and a resource that stands beside one is what
// was there before: some servers' histories have it. In NDJSON, where nothing stands
// around a resource, servers say it in the resource's own meta.

// deletedMarks are the extensions of meta by which servers say that a resource was
// deleted, and their values: Azure Health Data Services ($export with deleted ones,
// $import), fhirbase.
var deletedMarks = map[string]string{
	"http://azurehealthcareapis.com/data-extensions/deleted-state": "soft-deleted",
	"fhir-request-method": "DELETE",
}

// deleted turns an entry whose resource was deleted into a DELETE, which has none: of the
// version, and at the time, that the resource gives where the entry does not.
func (e *Entry) deleted() {
	r, asked := e.Resource, strings.EqualFold(e.Method, "DELETE")
	if r == nil || !asked && !r.saysDeleted() {
		return
	}
	if !asked {
		e.Method, e.URL = "DELETE", r.Name()
	} else if _, name := Base(e.URL); name != "" && r.ID() != "" && name != r.Name() {
		e.Issues = append(e.Issues, Issue{Resource: r.Name(), Path: "Bundle.entry.resource", Rule: "DELETE", Text: "it stands beside the DELETE of another"})
	}
	e.Modified = cmp.Or(e.Modified, r.Path("meta.lastUpdated"))
	e.ETag = cmp.Or(e.ETag, r.Path("meta.versionId"))
	e.Resource = nil
}

// saysDeleted reports whether a resource's meta says that it was deleted.
func (r *Resource) saysDeleted() bool {
	is := false
	d := r.doc
	d.each(d.member(d.member(0, "meta"), "extension"), func(item int32) {
		value := cmp.Or(d.memberText(item, "valueString"), d.memberText(item, "valueCode"))
		is = is || value != "" && deletedMarks[d.memberText(item, "url")] == value
	})
	return is
}

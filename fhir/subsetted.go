package fhir

// Subsetted reports whether a resource says that it is not all of itself: a search with
// _summary, or an export with _elements, gives it so (FHIR R4 § Summary). What it lacks may
// turn its meaning round, as doNotPerform does.
func (r *Resource) Subsetted() bool {
	is := false
	d := r.doc
	d.each(d.member(d.member(0, "meta"), "tag"), func(item int32) {
		is = is || d.memberText(item, "code") == "SUBSETTED"
	})
	return is
}

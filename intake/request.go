package intake

import (
	"strings"

	"github.com/stele-health/stele/fhir"
)

// What a request of a Bundle is about stands in its address, and in the record beside it.
// They have to agree: of two names a server would take neither (FHIR R4 § update).

// put takes the id at which a PUT puts a record that tells none.
func (n *node) put(e fhir.Entry) (id string) {
	if !strings.EqualFold(e.Method, "PUT") {
		return ""
	}
	_, name := fhir.Base(e.URL)
	typ, id, _ := strings.Cut(name, "/")
	if name != "" && (typ != n.typ || n.id != "" && id != n.id) {
		n.wrong = because("its request and the record in it have different names", name)
	}
	if n.id != "" || typ != n.typ || !fhir.IsID(id) {
		return ""
	}
	return strings.Clone(id)
}

// puts is the search by which a PUT finds where it puts a record that has no name (FHIR
// R4 § Conditional update); "" where it has one.
func (n *node) puts(e fhir.Entry) (query string) {
	if _, name := fhir.Base(n.url); n.id != "" || name != "" || !strings.EqualFold(e.Method, "PUT") {
		return ""
	}
	_, query, _ = strings.Cut(e.URL, "?")
	return query
}

// conditions reads under which a PUT is to be carried out: where there is none yet
// (If-None-Match: *), or where a version stands and no other came after it (If-Match;
// FHIR R4 § Managing Resource Contention), and what a server answered, as in a history,
// which tells of what was carried out.
func (n *node) conditions(e fhir.Entry) {
	n.answered, n.answeredAt = n.file.word(versionIn(e.ETag)), n.file.word(e.Modified)
	if !strings.EqualFold(e.Method, "PUT") || e.Within != "transaction" && e.Within != "batch" {
		return
	}
	n.once = n.once || e.IfNoneMatch == "*"
	if version := versionIn(e.IfMatch); version != "*" {
		n.replaces = n.file.word(version)
	}
}

// versionIn is the versionId of an ETag, W/"2" (FHIR R4 § Versions and ETags). Some servers
// write w/"2".
func versionIn(etag string) string {
	etag = strings.TrimSpace(etag)
	return strings.Trim(strings.TrimPrefix(strings.TrimPrefix(etag, "W/"), "w/"), `"`)
}

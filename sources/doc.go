// Package sources finds what an import is to read under the paths that a person names:
// files of FHIR in JSON, in folders, as exports leave them; and what the manifest of a
// bulk export (FHIR Bulk Data Access IG) says of them.
//
// It promises: what is named itself is read, whatever it is called; what lies in a
// folder and is not read is listed, by why; nothing is passed over unsaid. It reads the
// beginnings of files, manifests and logs, and no record. Links to folders are not
// followed, as one could hold itself.
//
// Start with Find; manifest.go and log.go are what exports have beside their records.
package sources

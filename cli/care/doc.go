// Package care has the commands of an organisation that treats patients: whose numbers
// are whose, import of its charts, taking them back, and why a record got its label.
//
// What names somebody who is not known goes nowhere, and each file, record and reason
// is said. Values of records are never shown, but by stele label explain where they decide.
//
// Start with Commands. import.go is one import (package sources finds what to read),
// import_report.go says what became of it.
package care

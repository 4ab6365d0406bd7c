// Package care has the commands of an organisation that treats patients: whose numbers
// are whose, import of its charts, taking them back, why a record got its label, and asking
// for access. For who cannot do it themselves it makes charts (a slip of paper claims them),
// proposes grants and merges that another member signs, and vouches for who claims.
//
// What names somebody who is not known goes nowhere, and each file, record and reason
// is said. Values of records are never shown, but by stele label explain where they decide.
//
// Start with Commands. import.go is one import (package sources finds what to read),
// import_report.go says what became of it; patient.go is about numbers, unclaimed.go about
// charts that nobody has claimed, propose.go and vouch.go about what others sign, too.
package care

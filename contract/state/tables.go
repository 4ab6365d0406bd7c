package state

import (
	"encoding/binary"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// The tables of the contracts. The consortium's stands with the frame, which asks it
// who may hand in parcels (ledger.Consortium).
var (
	Subjects = ledger.NewTable[SubjectRow]("su")              // by subject
	Grants   = ledger.NewTable[GrantRow]("gr").OfFirstUses()  // by grant id
	Uses     = ledger.NewTable[UseRow]("us").OfFirstUses()    // of a grant, by its id; none before the first
	Accesses = ledger.NewTable[ledger.Place]("ac").OfNewIDs() // of the event that permitted it, by request id
	Anchors  = ledger.NewTable[ledger.Place]("an").OfNewIDs() // of the anchor, by submission id
	Batches  = ledger.NewTable[ledger.Place]("ba").OfNewIDs() // of the posting of receipts, by batch id
	Statuses = ledger.NewTable[StatusRow]("sl")               // the newest status list of a subject, by its id; none before the first
	Glass    = ledger.NewTable[PaidRow]("gl")                 // of GlassRate, by subject and member; none before the first
	Broken   = ledger.NewTable[CountRow]("br")                // openings in an emergency, by member and day (8 bytes, since 1970); in any order the same
	Joined   = ledger.NewTable[JoinedRow]("jo")               // subjects merged into one, by that one
	Notes    = ledger.NewTable[NoteRow]("no")                 // merges and partings that one log has told and the other has not, by subject and turn (4 bytes)
	Turns    = ledger.NewTable[ledger.Place]("tu")            // of what merged a subject or parted it, by subject and turn (4 bytes): odd ones merged
	Guards   = ledger.NewTable[GuardRow]("gu")                // of a subject: its guardians, and what waits
	Changes  = ledger.NewTable[ChangeRow]("ch")               // that wait, by id
	Rates    = ledger.NewTable[RateRow]("ra").OfFirstUses()   // of a subject, by its id or what Account returns; none before the first
)

// Kinds of deadline, one for each thing that ends by itself.
const (
	DueGrant     byte = 1 // a grant's end
	DueEmergency byte = 2 // the end of an opening in an emergency
	DueReview    byte = 3 // when such an opening must have been reviewed
	DueNotice    byte = 4 // a delegation ends some time after
	DueNote      byte = 5 // what one log has said of two subjects, the other must say
	DueChange    byte = 6 // a change that was announced
	DueRecovery  byte = 7 // what guardians approved, by subject
)

// Account returns the key in Rates of what is said for a subject by whoever speaks for it: the subject, and while
// it is merged both of the two, so that nothing of its owner's is used up by another before they are parted.
func Account(s ledger.Reader, subject []byte) []byte {
	return slices.Concat(subject, Subjects.Get(s, subject).GetInto())
}

// Speaking returns the subject whose keys speak for one: its own row, or that of the subject that
// it is merged into; nil where there is none.
func Speaking(s ledger.Reader, subject []byte) *SubjectRow {
	row := Subjects.Get(s, subject)
	if into := row.GetInto(); len(into) != 0 {
		return Subjects.Get(s, into)
	}
	return row
}

// Turning is the key in Notes and Turns of a turn of a subject.
func Turning(subject []byte, turn uint32) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, len(subject)+4), subject...), turn)
}

// SpeakingAt returns the subject whose keys spoke for one at a place of the ledger, as its row is now: its own,
// or that of the subject that it was merged into then; nil where there is none.
func SpeakingAt(s ledger.Reader, subject []byte, at *ledger.Place) *SubjectRow {
	row := Subjects.Get(s, subject)
	for turn := row.GetTurn(); turn > 0; turn-- {
		place := Turns.Get(s, Turning(subject, turn))
		if !place.Before(at) {
			continue
		}
		if into := ledger.EventAt(s, place).GetSubjectsMerged().GetInto(); len(into) != 0 {
			return Subjects.Get(s, into)
		}
		break
	}
	return row
}

// Died returns the height at which a person's death was recorded; 0 while they live. A death is the person's, of
// whichever of the subjects that are merged into one it was said.
func Died(s ledger.Reader, subject []byte) int64 { return Dead(s, subject).GetDied() }

// Dead returns the row in which a person's death stands, nil while they live: that of the subject whose keys speak, where
// it is recorded. (Releases before kept it with the one that was named.)
func Dead(s ledger.Reader, subject []byte) *SubjectRow {
	for _, row := range person(s, subject) {
		if row.GetDied() != 0 {
			return row
		}
	}
	return nil
}

// Same reports whether two subjects are one person's: the same, or merged into one.
func Same(s ledger.Reader, a, b []byte) bool {
	return string(Speaking(s, a).GetSubject()) == string(Speaking(s, b).GetSubject())
}

// Lives fails with KindDenied while a death of a person is recorded: their own keys say nothing of their charts then
// but that they live (contract/delegation), whoever holds them.
func Lives(s ledger.Reader, op string, subject []byte) error {
	if Died(s, subject) == 0 {
		return nil
	}
	return stele.E(op, stele.KindDenied, "a death of this person is recorded, and their own keys say nothing then but that they live", nil).
		WithHint("who lives has a hospital certify it (stele member death certify PATIENT --undo --says WHY --out FILE), and signs that: stele delegate death FILE")
}

// Said returns the height at which a person's death was recorded or undone last, of whichever of the subjects
// that are merged into one; 0 where it never was.
func Said(s ledger.Reader, subject []byte) (last int64) {
	for _, row := range person(s, subject) {
		last = max(last, row.GetSaid())
	}
	return last
}

// person returns the rows of the subjects that are one person with one: of the one that speaks for it, and of all
// that are merged into that.
func person(s ledger.Reader, subject []byte) []*SubjectRow {
	rows := []*SubjectRow{Speaking(s, subject)}
	for _, from := range Joined.Get(s, rows[0].GetSubject()).GetFrom() {
		rows = append(rows, Subjects.Get(s, from))
	}
	return rows
}

// Carers are the first two members of different kinds that signed, who speak together for whom nobody
// has claimed; nil where there are none.
func Carers(s ledger.Reader, tx *ledger.Tx) [][]byte {
	spoke := Voices(s, tx)
	for i, one := range spoke {
		for _, other := range spoke[i+1:] {
			if one.Kind != other.Kind {
				a, b := stele.SubjectOf(one.KeyDocument), stele.SubjectOf(other.KeyDocument)
				return [][]byte{a[:], b[:]}
			}
		}
	}
	return nil
}

// SignedFor reports whether a current key of the subject signed a transaction.
func SignedFor(row *SubjectRow, tx *ledger.Tx) bool {
	return slices.ContainsFunc(row.GetDevices(), func(d *wire.Device) bool { return tx.SignedBy(wire.Key(d.GetSigning())) })
}

// Holds reports whether a key is a current one of the subject's.
func Holds(row *SubjectRow, key stele.PublicKey) bool {
	return slices.ContainsFunc(row.GetDevices(), func(d *wire.Device) bool { return wire.Key(d.GetSigning()) == key })
}

// Voices returns the members for whom a current key of their subjects signed, in the
// consortium's order. A key that two members share speaks for neither: whose word it is
// nobody can tell.
func Voices(s ledger.Reader, tx *ledger.Tx) (spoke []*wire.Member) {
	members := ledger.Consortium.Get(s, nil).GetMembers()
	holder := map[stele.PublicKey]int{} // member by key, -1 of several
	for i, m := range members {
		subject := stele.SubjectOf(m.KeyDocument)
		for _, d := range Subjects.Get(s, subject[:]).GetDevices() {
			key := wire.Key(d.GetSigning())
			if other, taken := holder[key]; taken && other != i {
				holder[key] = -1
			} else {
				holder[key] = i
			}
		}
	}
	signed := make([]bool, len(members))
	for _, key := range tx.Keys {
		if i, ok := holder[key]; ok && i >= 0 {
			signed[i] = true
		}
	}
	for i, m := range members {
		if signed[i] {
			spoke = append(spoke, m)
		}
	}
	return spoke
}

// Acting returns a delegation by whose key a transaction is signed and that holds now: who
// signed acts for its subject. It returns nil otherwise.
func Acting(s ledger.Reader, tx *ledger.Tx, delegation []byte, timeMS int64) *GrantRow {
	row := Grants.Get(s, delegation)
	if row == nil || stele.Action(row.Action) != stele.ActionDelegate || !tx.SignedBy(wire.Key(row.Grantee)) || timeMS < row.NotBeforeMs {
		return nil
	}
	if Standing(s, row, Uses.Get(s, delegation), timeMS) != stele.GrantActive {
		return nil
	}
	return row
}

// Minute returns the Unix minute of a time, for limits per minute.
func Minute(timeMS int64) int64 { return timeMS / 60_000 }

// GrantStatus returns a grant's status at a block time: its end holds by
// comparison, not by the event that tells of it.
func GrantStatus(row *GrantRow, uses *UseRow, timeMS int64) stele.GrantStatus {
	status := stele.GrantStatus(row.Status)
	switch {
	case status != stele.GrantActive:
		return status
	case row.EndMs <= timeMS:
		return stele.GrantEnded
	case row.MaxUses != 0 && uses.GetUses() >= row.MaxUses:
		return stele.GrantUsedUp
	}
	return status
}

// Standing is GrantStatus for what may be done under a grant: one that somebody gave for the
// subject holds while that delegation does, whose uses are not counted by it, and one that was
// given while the subject was merged holds until it is parted again.
func Standing(s ledger.Reader, row *GrantRow, uses *UseRow, timeMS int64) stele.GrantStatus {
	status := merged(s, row, GrantStatus(row, uses, timeMS))
	if status == stele.GrantRevoked || status == stele.GrantEnded {
		return status
	}
	for len(row.Delegation) != 0 {
		row = Grants.Get(s, row.Delegation)
		if over := merged(s, row, GrantStatus(row, nil, timeMS)); over != stele.GrantActive {
			return over
		}
	}
	return status
}

// merged is a grant's status, taken back where its subject has been parted from the one by whose word
// it was given.
func merged(s ledger.Reader, row *GrantRow, status stele.GrantStatus) stele.GrantStatus {
	if row.Turn != 0 && status != stele.GrantEnded && Subjects.Get(s, row.Subject).Turn != row.Turn {
		return stele.GrantRevoked
	}
	return status
}

package wire

import "github.com/stele-health/stele"

// ReleasedContext is the context of the envelope around a Released: the member
// ‖ the request. The reader knows both beforehand, so that one trustee's answer,
// or an answer to another request, does not pass for this one.
func ReleasedContext(member stele.Subject, request stele.ID) []byte {
	return append(append([]byte(nil), member[:]...), request[:]...)
}

// DetailContext is the context of the envelope around a Detail: the member ‖ the
// SealedDetail's id.
func DetailContext(member stele.Subject, id stele.ID) []byte {
	return append(append([]byte(nil), member[:]...), id[:]...)
}

// FolioKeyContext is the context of the envelope around a folio's key: the
// subject ‖ the folio.
func FolioKeyContext(subject stele.Subject, folio []byte) []byte {
	return append(append([]byte(nil), subject[:]...), folio...)
}

// SlotContext is the context of the envelope around what a patient says of emergencies: the
// subject ‖ the commitment ‖ the member it is sealed to.
func SlotContext(subject stele.Subject, commitment stele.Digest, member stele.Subject) []byte {
	return append(append(append([]byte(nil), subject[:]...), commitment[:]...), member[:]...)
}

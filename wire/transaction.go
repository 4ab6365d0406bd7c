package wire

import (
	"fmt"
	"strings"

	"github.com/stele-health/stele"
)

// Asks is what a transaction asks for: said once, beside its message, as [About] says
// it of events. Its bytes are the transaction's own.
type Asks struct {
	Name   string // what it is, in a word: "revocation"
	Object []byte // the id that it is about, 16 bytes or nil: of a grant, an opening, a submission, a batch
	// Owner is whose a new Object must be, so that nobody else can take it
	// (stele.NewIDOf). It is nil for one that is there already, and for a batch, which
	// is the member's whose trustee signs.
	Owner []byte
	// For is for which patients it is signed, where others than they may have to sign: nobody has
	// claimed them. Commitment is to what it says of them.
	For        [][]byte
	Commitment []byte
	// Decides says what the members decide together by it, in a sentence for them to sign under;
	// empty for what one party may ask for.
	Decides string
}

// Asks says what a transaction asks for; nothing of a kind without an entry.
func (t *Transaction) Asks() Asks {
	if m, known := t.GetMessage().(interface{ asks() Asks }); known {
		return m.asks()
	}
	return Asks{}
}

func (*Transaction_CreateSubject) asks() Asks { return Asks{Name: "joining"} }

func (*Transaction_RotateKeys) asks() Asks { return Asks{Name: "rotation of keys"} }

func (*Transaction_ClaimSubject) asks() Asks { return Asks{Name: "claim"} }

func (*Transaction_AddDevice) asks() Asks { return Asks{Name: "device"} }

func (t *Transaction_GiveGrant) asks() Asks {
	m := t.GiveGrant
	return Asks{Name: "grant", Object: m.Grant, Owner: m.Subject, For: [][]byte{m.Subject}, Commitment: m.Commitment}
}

func (t *Transaction_RevokeGrant) asks() Asks {
	return Asks{Name: "revocation", Object: t.RevokeGrant.Grant}
}

func (t *Transaction_OpenAccess) asks() Asks {
	m := t.OpenAccess
	return Asks{Name: "opening", Object: m.Request, Owner: m.Grant}
}

func (t *Transaction_PostReceipts) asks() Asks {
	return Asks{Name: "posting of receipts", Object: t.PostReceipts.Batch}
}

func (t *Transaction_MakeAnchor) asks() Asks {
	m := t.MakeAnchor
	return Asks{Name: "delivery", Object: m.Submission, Owner: m.Grant}
}

func (t *Transaction_AdmitIssuer) asks() Asks {
	i := t.AdmitIssuer.GetIssuer()
	var kinds []string
	for _, k := range CredentialKinds(i.GetKinds()) {
		kinds = append(kinds, string(k))
	}
	return Asks{Name: "admission of an issuer", Decides: fmt.Sprintf("Admit %s by the certificate %x: its credentials of the kind %s count, in %s, with the status list that it posts from then on (stele credential post).",
		didOf(i.GetSubject()), i.GetCertificate(), strings.Join(kinds, " and "), strings.Join(i.GetJurisdictions(), ", "))}
}

func (t *Transaction_DismissIssuer) asks() Asks {
	m := t.DismissIssuer
	return Asks{Name: "dismissal of an issuer", Decides: fmt.Sprintf("Dismiss %s by the certificate %x: what it issued counts for nothing from then on.",
		didOf(m.GetSubject()), m.GetCertificate())}
}

func didOf(raw []byte) string {
	subject, err := stele.SubjectFrom(raw)
	if err != nil {
		return "nobody"
	}
	return subject.String()
}

func (*Transaction_PostStatusList) asks() Asks { return Asks{Name: "status list"} }

func (*Transaction_SetEmergency) asks() Asks { return Asks{Name: "emergency slot"} }

func (t *Transaction_BreakGlass) asks() Asks {
	m := t.BreakGlass
	return Asks{Name: "opening in an emergency", Object: m.Activation, Owner: m.Subject}
}

func (t *Transaction_EndEmergency) asks() Asks {
	return Asks{Name: "end of an emergency", Object: t.EndEmergency.Activation}
}

func (*Transaction_RecordDeath) asks() Asks { return Asks{Name: "record of a death"} }

func (*Transaction_UndoDeath) asks() Asks { return Asks{Name: "undoing of a death"} }

func (t *Transaction_MergeSubjects) asks() Asks {
	m := t.MergeSubjects
	return Asks{Name: "merge", For: [][]byte{m.GetFrom(), m.GetInto()}, Commitment: m.GetCommitment(), Decides: fmt.Sprintf("Say that the charts %s and %s are one person's: whoever signs for %s signs for both from then on.",
		didOf(m.GetFrom()), didOf(m.GetInto()), didOf(m.GetInto()))}
}

func (t *Transaction_UndoMerge) asks() Asks {
	m := t.UndoMerge
	return Asks{Name: "undoing of a merge", For: [][]byte{m.GetFrom()}, Commitment: m.GetCommitment(), Decides: fmt.Sprintf("Part the chart %s from the one that it was merged into: its own keys speak for it again, and what was granted meanwhile opens nothing any more.",
		didOf(m.GetFrom()))}
}

func (t *Transaction_ReviewEmergency) asks() Asks {
	return Asks{Name: "review of an emergency", Object: t.ReviewEmergency.Activation}
}

func (t *Transaction_AnnounceChange) asks() Asks {
	m := t.AnnounceChange
	return Asks{Name: "announcement", Object: m.Change, Owner: m.Subject}
}

func (t *Transaction_VetoChange) asks() Asks {
	return Asks{Name: "veto", Object: t.VetoChange.Change}
}

func (*Transaction_FreezeDevice) asks() Asks { return Asks{Name: "stop of a device"} }

func (*Transaction_SpeakAsGuardian) asks() Asks { return Asks{Name: "guardian's word"} }

func (*Transaction_VetoRecovery) asks() Asks { return Asks{Name: "veto of a recovery"} }

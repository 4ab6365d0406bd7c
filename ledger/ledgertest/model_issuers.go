package ledgertest

import (
	"regexp"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// members are the subjects of the consortium's members.
func (m *Model) members() (out []stele.Subject) {
	for _, member := range m.genesis.Members {
		out = append(out, stele.SubjectOf(member.KeyDocument))
	}
	return out
}

// enough reports whether more than two thirds of the members spoke.
func (m *Model) enough(by signers) bool { return 3*len(m.voices(by)) > 2*len(m.genesis.Members) }

var code = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)

func (m *Model) admit(tx []byte, b *wire.CredentialIssuer, by signers) Foretold {
	var wrong defects
	wrong.when(!m.enough(by) || m.keys[string(b.GetSubject())] == nil, stele.KindDenied)
	wrong.when(len(b.GetCertificate()) != 32 || b.GetKinds() == 0 || b.GetKinds() > 3, stele.KindInvalid)
	codes := b.GetJurisdictions()
	wrong.when(len(codes) == 0 || len(codes) > 32, stele.KindInvalid)
	for i, c := range codes {
		wrong.when(!code.MatchString(c) || i > 0 && codes[i-1] >= c, stele.KindInvalid)
	}
	name := string(b.GetSubject()) + string(b.GetCertificate())
	wrong.when(m.issuers[name] != nil && proto.Equal(m.issuers[name], b), stele.KindExists)
	wrong.when(m.issuers[name] == nil && len(m.issuers) >= 256, stele.KindInvalid)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent := m.of("issuers", m.order[0])
	if spent.over(m.time, 256, 3600_000) {
		return Foretold{Refused: []stele.Kind{stele.KindLimit}}
	}
	spent.add(m.time, 3600_000)
	m.issuers[name] = b
	return m.write(m.order[0], tx, &wire.Event{Event: &wire.Event_IssuerAdmitted{IssuerAdmitted: &wire.IssuerAdmitted{Issuer: b}}})
}

func (m *Model) dismiss(tx []byte, b *wire.DismissIssuer, by signers) Foretold {
	name := string(b.Subject) + string(b.Certificate)
	if !m.enough(by) || m.issuers[name] == nil {
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	}
	delete(m.issuers, name)
	return m.write(m.order[0], tx, &wire.Event{Event: &wire.Event_IssuerDismissed{IssuerDismissed: &wire.IssuerDismissed{
		Subject: b.Subject, Certificate: b.Certificate}}})
}

func (m *Model) list(tx []byte, b *wire.PostStatusList, by signers) Foretold {
	var wrong defects
	subject := string(b.Subject)
	wrong.when(!by.anyOf(m.keys[m.speaks(subject)]), stele.KindDenied)
	wrong.when(len(b.Hash) != 32 || b.Epoch == 0 || b.Epoch > m.lists[subject]+1, stele.KindInvalid)
	wrong.when(b.Epoch != 0 && b.Epoch <= m.lists[subject], stele.KindExists)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent := m.of("lists", m.account(b.Subject))
	if spent.over(m.time, 20, 600_000) {
		return Foretold{Refused: []stele.Kind{stele.KindLimit}}
	}
	spent.add(m.time, 600_000)
	m.lists[subject]++
	return m.write(subject, tx, &wire.Event{Event: &wire.Event_StatusListPosted{StatusListPosted: &wire.StatusListPosted{Epoch: b.Epoch, Hash: b.Hash}}})
}

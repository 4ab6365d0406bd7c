// Package credential knows the papers by which a practitioner or a facility proves what it
// is: what each kind says, who may issue it, how long it may live, and when the three that
// are shown together make a chain.
//
// A card finds somebody; what somebody is comes from here. Three kinds:
//
//   - A [Licence], from a licensing board, for up to 90 days: this person is a doctor.
//   - A [Role], from the employer, for up to 24 hours: they work here as this, now.
//   - An [Accreditation], from an accreditor, for up to 366 days: this facility is of this kind.
//
// Boards and accreditors are those that the consortium admitted ([stele.CredentialIssuer]),
// with their certificates pinned by hash, and only for the kinds and jurisdictions that stand
// there. Who may issue roles follows from the accreditation: the facility that it names, with
// the key that it names.
//
// A [Judge] checks what was shown. [Judge.Chain] verifies everything once, signatures too;
// [Chain.Stands] says again, at a later block, whether what can change has changed: an issuer
// dismissed, a newer status list, the end of any of the three. A status list counts when it is
// the one whose hash its issuer posted last, no longer than 24 hours ago. It is shown with
// the credentials: nothing that a credential names is ever fetched.
//
// Promises: who shows a licence or a role holds its key, for this request and this network; a
// refusal says which paper and why, never a name, a number or a claim's value. The room is pure:
// it reads no clock, keeps nothing, and asks nobody.
//
// It issues too ([Paper.Issue]), so that what is written and what is read stand side by side.
//
// Start with paper.go, then chain.go.
package credential

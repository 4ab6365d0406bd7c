package wire

import "github.com/stele-health/stele"

// Everything that is said of an event outside its contract is said here, once, beside
// the message: its name, its words, the ids that it names, its place in an account.
// Who shows, joins, exports or counts events asks [Event.About] and switches on no
// kind, so that a new kind is known everywhere as soon as it has its entry.

// Place is where an event stands in the account of its subject.
type Place int

// The places. What has none is an event that this program does not know.
const (
	PlaceConsortium Place = iota + 1 // who runs the network
	PlaceKeys                        // the subject's devices
	PlaceGrant                       // a grant began or is over
	PlaceOpening                     // of the chart: trustees may release for it
	PlaceRefusal                     // an opening that the ledger refused
	PlaceReceipts                    // of releases: in the log of the trustee's organisation
	PlaceDelivery                    // records were added
	PlaceStatus                      // of the credentials that the subject issued
	PlaceDelegation                  // somebody who acts for the subject
	PlaceRecovery                    // what waits for a device, what stopped one, and what guardians do
	PlaceMerge                       // the chart is one person's with another, or no more
	PlaceEmergency                   // the chart may be opened in an emergency, or no more; what may be; what became of it
)

// Party is who did what an event tells.
type Party int

// The parties. Of ByNobody's events the words say enough.
const (
	ByNobody   Party = iota
	ByOwner          // of the log
	ByGrantee        // who the grant was given to
	ByAsker          // the grantee, as the card says that the trustees checked
	ByDelegate       // who acts for the owner, by the delegation that the event names
	ByBoth           // a member and who acts for the owner, both of whom the event names; without a delegation the owner
	ByMember         // an organisation of the consortium, which the event names
)

// About is what an event is about. Its bytes are the event's own.
type About struct {
	Kind  string // its name for logs and programs: "grant given"
	Place Place

	By    Party
	Words string // what was done, as the owner of the log reads it: "gave a grant"
	To    string // between the words and the grantee's name: " to "; empty where it is not said

	Member  []byte   // subject of the organisation, where it is ByMember or ByBoth
	Members [][]byte // all that gave a grant together; nil where its owner did, or who acts for them

	// What it names: ids of 16 bytes, or nil.
	Grant      []byte // that it is about, or that it happened under; an activation stands among the grants
	Request    []byte // of an opening
	Submission []byte
	Batch      []byte // of receipts
	Change     []byte // that waits, is made or is not
	Delegation []byte // by which somebody did it for the owner: a grant, too; nil where it is neither ByDelegate nor ByBoth, or ByBoth with the owner

	Other  []byte // the subject that it was merged with, or parted from
	Merged bool   // that subject's chart is the owner's from here on
	Died   bool   // the owner's death is recorded, from here on or since before: it was said of both whose charts were parted

	Slot       []byte            // commitment to what the owner says of emergencies from here on
	Commitment []byte            // to the grant's document, to who asks and why, or to what else was said
	Action     stele.Action      // of a grant that is given
	Uses       uint32            // how often a grant that is given may be used; 0: as often as one likes
	Due        int64             // Unix ms by which somebody must have looked at it, or 0
	Until      int64             // Unix ms at which what it gives ends: a grant, a window
	Status     stele.GrantStatus // of the grant from here on, where the event tells it; 0 otherwise
	Epoch      uint64            // of a status list that was posted, from 1; 0 otherwise

	// An event that begins a log names its leaf in the tree of heads, which the
	// ledger fills in, and the document that its subject is the hash of. The
	// consortium's, at leaf 0, names neither.
	Begins bool
	Leaf   *uint64
	Origin []byte
}

// Object is the id that an event is most about, or nil: of what happened under a grant
// the opening or the submission.
func (a About) Object() []byte {
	for _, id := range [][]byte{a.Request, a.Submission, a.Batch, a.Change, a.Grant} {
		if id != nil {
			return id
		}
	}
	return nil
}

// Asked reports whether somebody asked for the chart, permitted or refused.
func (a About) Asked() bool { return a.Place == PlaceOpening || a.Place == PlaceRefusal }

// Makes reports whether an event is what brought a grant to where it stands: gave it
// (active), took it back or told of its end.
func (a About) Makes(s stele.GrantStatus) bool { return a.Place == PlaceGrant && a.Status == s }

// GivenBack reports whether an event is that somebody gave back a grant that they held.
func (a About) GivenBack() bool { return a.Makes(stele.GrantRevoked) && a.By == ByGrantee }

// About says what an event is about: of none, nothing; of a kind without an entry,
// that it is unknown.
func (e *Event) About() About {
	if e == nil {
		return About{}
	}
	if m, known := e.Event.(interface{ about() About }); known {
		return m.about()
	}
	return About{Kind: "unknown event", Words: "unknown event"}
}

func (*Event_ConsortiumFounded) about() About {
	return About{Kind: "consortium founded", Place: PlaceConsortium, Words: "consortium founded", Begins: true}
}

func (e *Event_SubjectCreated) about() About {
	m := e.SubjectCreated
	a := About{
		Kind: "subject created", Place: PlaceKeys, By: ByOwner, Words: "joined the network",
		Begins: true, Leaf: &m.Leaf, Origin: m.KeyDocument, Slot: m.Emergency,
	}
	if len(m.Member) > 0 {
		a.By, a.Member, a.Words = ByMember, m.Member, "enrolled you, with a slip to claim your chart"
	}
	return a
}

func (e *Event_SubjectClaimed) about() About {
	return About{Kind: "subject claimed", Place: PlaceKeys, By: ByMember, Member: e.SubjectClaimed.Member, Words: "saw you claim your chart with your slip"}
}

func (*Event_KeysRotated) about() About {
	return About{Kind: "keys rotated", Place: PlaceKeys, Words: "keys rotated"}
}

func (*Event_DeviceAdded) about() About {
	return About{Kind: "device added", Place: PlaceKeys, Words: "device added"}
}

func (e *Event_GrantGiven) about() About {
	m := e.GrantGiven
	a := About{
		Kind: "grant given", Place: PlaceGrant, By: by(m.Delegation), Words: "gave a grant", To: " to ",
		Grant: m.Grant, Commitment: m.Commitment, Action: stele.Action(m.Action), Uses: m.MaxUses, Until: m.EndMs, Status: stele.GrantActive, Delegation: m.Delegation,
	}
	if a.Action == stele.ActionDelegate {
		a.Words, a.To = "let somebody act for you", ": "
	}
	if len(m.Members) > 0 {
		a.By, a.Member, a.Members, a.Words = ByMember, m.Members[0], m.Members, "and another organisation "+a.Words
	}
	return a
}

func (e *Event_GrantRevoked) about() About {
	m := e.GrantRevoked
	a := About{
		Kind: "grant revoked", Place: PlaceGrant, By: by(m.Delegation), Words: "took a grant back", To: " from ",
		Grant: m.Grant, Status: stele.GrantRevoked, Delegation: m.Delegation,
	}
	switch {
	case len(m.Member) > 0:
		a.By, a.Member = ByMember, m.Member
	case m.Returned:
		a.Kind, a.By, a.Words, a.To = "grant given back", ByGrantee, "gave a grant back", ""
	}
	return a
}

// by is who gives and takes back: the owner, or who acts for them by a delegation.
func by(delegation []byte) Party {
	if len(delegation) != 0 {
		return ByDelegate
	}
	return ByOwner
}

func (e *Event_GrantEnded) about() About {
	return About{
		Kind: "grant ended", Place: PlaceGrant, Words: "a grant ended by itself", To: " that was given to ",
		Grant: e.GrantEnded.Grant, Status: stele.GrantEnded,
	}
}

func (e *Event_AccessPermitted) about() About {
	m := e.AccessPermitted
	return About{
		Kind: "access permitted", Place: PlaceOpening, By: ByAsker, Words: "opened your chart",
		Request: m.Request, Grant: m.Grant, Commitment: m.DetailCommitment, Until: m.UntilMs,
	}
}

func (e *Event_AccessRefused) about() About {
	m := e.AccessRefused
	why := refusals[m.Refusal]
	return About{
		Kind: "access refused", Place: PlaceRefusal, By: ByAsker, Words: "asked " + why.words,
		Request: m.Request, Grant: m.Grant, Commitment: m.DetailCommitment, Status: why.status,
	}
}

// refusals are why the ledger refuses an access, as the patient reads it, and what that
// tells of the grant.
var refusals = map[Refusal]struct {
	words  string
	status stele.GrantStatus
}{
	Refusal_REFUSAL_REVOKED: {"under a grant that was taken back", stele.GrantRevoked},
	Refusal_REFUSAL_ENDED:   {"under a grant that had ended", stele.GrantEnded},
	Refusal_REFUSAL_USED_UP: {"under a grant that was used up", stele.GrantUsedUp},
	Refusal_REFUSAL_NOT_YET: {"under a grant that had not begun", 0},
}

func (e *Event_ReceiptsPosted) about() About {
	return About{Kind: "receipts posted", Place: PlaceReceipts, Words: "receipts posted", Batch: e.ReceiptsPosted.Batch}
}

func (e *Event_Anchored) about() About {
	m := e.Anchored
	return About{
		Kind: "anchored", Place: PlaceDelivery, By: ByGrantee, Words: "wrote to your chart",
		Submission: m.Submission, Grant: m.Grant,
	}
}

func (*Event_IssuerAdmitted) about() About {
	return About{Kind: "issuer admitted", Place: PlaceConsortium, Words: "an issuer of credentials was admitted"}
}

func (*Event_IssuerDismissed) about() About {
	return About{Kind: "issuer dismissed", Place: PlaceConsortium, Words: "an issuer of credentials was dismissed"}
}

func (e *Event_StatusListPosted) about() About {
	return About{
		Kind: "status list posted", Place: PlaceStatus, By: ByOwner, Epoch: e.StatusListPosted.GetEpoch(),
		Words: "posted a new list of which credentials hold",
	}
}

func (e *Event_EmergencySet) about() About {
	return About{
		Kind: "emergency set", Place: PlaceEmergency, By: ByOwner,
		Words: "said anew what may be opened in an emergency, or is restricted", Commitment: e.EmergencySet.Commitment, Slot: e.EmergencySet.Commitment,
	}
}

func (e *Event_GlassBroken) about() About {
	m := e.GlassBroken
	return About{
		Kind: "glass broken", Place: PlaceEmergency, By: ByMember, Member: m.Member, Words: "opened your chart in an emergency",
		Grant: m.Activation, Commitment: m.DetailCommitment, Action: stele.ActionRead, Until: m.UntilMs, Status: stele.GrantActive,
		Due: m.ReviewByMs,
	}
}

func (e *Event_EmergencyEnded) about() About {
	a := About{
		Kind: "emergency ended", Place: PlaceEmergency, Words: "an opening in an emergency ended by itself",
		Grant: e.EmergencyEnded.Activation, Status: stele.GrantEnded,
	}
	if e.EmergencyEnded.Early {
		a.Words = "an opening in an emergency was ended by the practitioner or their hospital"
	}
	return a
}

func (e *Event_EmergencyReviewed) about() About {
	m := e.EmergencyReviewed
	a := About{
		Kind: "emergency reviewed", Place: PlaceEmergency, Words: "an opening in an emergency was reviewed: " + reviews[m.Outcome],
		Grant: m.Activation, Commitment: m.Commitment,
	}
	if m.Late {
		a.Words += "; the review came late"
	}
	return a
}

// reviews are what came out of a review, as the patient reads it.
var reviews = map[Review]string{
	Review_REVIEW_JUSTIFIED:     "it was justified",
	Review_REVIEW_NOT_JUSTIFIED: "it was not justified",
	Review_REVIEW_TOO_MUCH:      "more was opened than was needed",
	Review_REVIEW_ERROR:         "it was a mistake",
}

func (e *Event_ReviewOverdue) about() About {
	return About{
		Kind: "review overdue", Place: PlaceEmergency, Words: "nobody has reviewed an opening in an emergency in time",
		Grant: e.ReviewOverdue.Activation,
	}
}

func (e *Event_DelegationEnding) about() About {
	m := e.DelegationEnding
	return About{
		Kind: "delegation ending", Place: PlaceDelegation, Words: "somebody who acts for you will not for long any more",
		Grant: m.Grant, Until: m.EndMs,
	}
}

func (e *Event_DeathRecorded) about() About {
	m := e.DeathRecorded
	return About{
		Kind: "death recorded", Place: PlaceDelegation, By: ByBoth, Member: m.Member, Delegation: m.Delegation, Died: true,
		Words: "recorded a death: from here on an executor alone gives grants", Commitment: m.Commitment,
	}
}

func (e *Event_DeathUndone) about() About {
	m := e.DeathUndone
	return About{
		Kind: "death undone", Place: PlaceDelegation, By: ByBoth, Member: m.Member, Delegation: m.Delegation,
		Words: "said that the record of a death was a mistake", Commitment: m.Commitment,
	}
}

func (e *Event_SubjectsMerged) about() About {
	m := e.SubjectsMerged
	return together(About{
		Kind: "subjects merged", Place: PlaceMerge, Other: m.Into, Merged: true, Commitment: m.Commitment,
		Words: "said that this chart and another are one person's: the other's keys speak for both",
	}, m.Members)
}

func (e *Event_MergeUndone) about() About {
	m := e.MergeUndone
	a := About{
		Kind: "merge undone", Place: PlaceMerge, Other: m.Into, Commitment: m.Commitment, Slot: m.Emergency, Died: m.Died != 0,
		Words: "parted this chart from another: its own keys speak for it again, and what was granted meanwhile opens nothing any more",
	}
	if a.Died {
		a.Words += "; the death that was recorded stays recorded of both"
	}
	return together(a, m.Members)
}

// together says who did it: the owner, or two members of whom it names the first.
func together(a About, members [][]byte) About {
	if a.By = ByOwner; len(members) > 0 {
		a.By, a.Member, a.Words = ByMember, members[0], "and another organisation "+a.Words
	}
	return a
}

func (e *Event_MergeNoted) about() About {
	m := e.MergeNoted
	a := About{Kind: "merge noted", Place: PlaceMerge, Other: m.From, Merged: m.Turn%2 == 1, Words: "a chart was parted from yours again; an emergency summary, if you keep one, has to be made anew"}
	if a.Merged {
		a.Words = "another chart is yours, too: your keys speak for both"
	}
	return a
}

// A change, and what guardians want, are said in the words of what they are about; a device by nothing, for
// it has no name here.

func (c *Change) words() string {
	switch w := c.GetChange().(type) {
	case *Change_Remove:
		return "that a device is taken out"
	case *Change_Guardians:
		if w.Guardians.GetNumber() == 0 {
			return "that you have no guardians any more"
		}
		return "new guardians"
	}
	return "a change"
}

func (e *Event_ChangeAnnounced) about() About {
	m := e.ChangeAnnounced
	return About{Kind: "change announced", Place: PlaceRecovery, By: ByOwner, Change: m.Change, Until: m.UntilMs, Words: "announced " + m.What.words() + "; another device can veto it"}
}

func (e *Event_ChangeStopped) about() About {
	m := e.ChangeStopped
	if m.By != nil {
		return About{Kind: "change stopped", Place: PlaceRecovery, By: ByOwner, Change: m.Change, Words: "vetoed what another device had announced"}
	}
	return About{Kind: "change stopped", Place: PlaceRecovery, Change: m.Change, Words: "what was announced can't be done any more"}
}

func (e *Event_ChangeMade) about() About {
	return About{Kind: "change made", Place: PlaceRecovery, Change: e.ChangeMade.Change, Words: map[bool]string{
		true: "a device was taken out, as announced", false: "your guardians are others from here on, as announced"}[e.ChangeMade.What.GetRemove() != nil]}
}

func (e *Event_DeviceFrozen) about() About {
	if e.DeviceFrozen.Thawed {
		return About{Kind: "device thawed", Place: PlaceRecovery, By: ByOwner, Words: "let a device sign again"}
	}
	return About{Kind: "device frozen", Place: PlaceRecovery, By: ByOwner, Words: "stopped a device: it signs nothing from here on"}
}

func (e *Event_GuardianSpoke) about() About {
	m := e.GuardianSpoke
	a := About{Kind: "guardian spoke", Place: PlaceRecovery, Until: m.UntilMs}
	switch m.Word.GetWord().(type) {
	case *GuardianWord_Recover:
		a.Words = during(m.Enough, "a guardian approved a new device in the place of yours", "enough guardians approved a new device in the place of yours; any of your devices can veto it")
	case *GuardianWord_Freeze:
		a.Words = during(m.Enough, "a guardian wants to stop a device of yours", "guardians stopped a device of yours: it signs nothing from here on")
	case *GuardianWord_Thaw:
		a.Words = during(m.Enough, "a guardian wants to let a device of yours sign again", "guardians let a device of yours sign again")
	case *GuardianWord_Stop:
		a.Words = during(m.Enough, "a guardian wants to stop what a device of yours announced", "guardians stopped what a device of yours had announced")
	default:
		a.Words = "a guardian took its word back"
	}
	return a
}

func during(done bool, wanted, happened string) string {
	if done {
		return happened
	}
	return wanted
}

func (e *Event_RecoveryStopped) about() About {
	if e.RecoveryStopped.By != nil {
		return About{Kind: "recovery stopped", Place: PlaceRecovery, By: ByOwner, Words: "vetoed the new device that guardians had approved"}
	}
	return About{Kind: "recovery stopped", Place: PlaceRecovery, Words: "the new device that guardians had approved comes to nothing"}
}

func (*Event_SubjectRecovered) about() About {
	return About{Kind: "subject recovered", Place: PlaceRecovery, Words: "the device that guardians approved is yours from here on, and no other"}
}

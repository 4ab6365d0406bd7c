package client_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// ward is a town in which Elena, whose chart is at Northside, comes to Lakeview, where nobody
// has a grant of hers; Dr Okafor works there by licence, role and accreditation.
type ward struct {
	*town.Town
	t                       *testing.T
	board, accreditor       *client.Session
	elena, okafor, lakeview *client.Session
	licence                 int // place in the board's list
	activation              stele.ID
	grantee                 wire.Signer
	activated               []byte // the detail
	salt                    seal.Salt
	role, facility          string
	reader                  *seal.SealKey
	categories              []string // asked for
	by                      func(*wire.AccessDetail)
	request                 stele.ID
	detail                  []byte
	detailSalt              seal.Salt
	lists                   [][]byte
	capsules                []*wire.CapsuleRef // last seen open
}

func onWard(t *testing.T, w *town.Town) *ward {
	n := &ward{Town: w, t: t, lakeview: w.Orgs["Lakeview"], role: "emergency-doctor", facility: "emergency-department"}
	n.board, n.accreditor = w.NewPerson("Medical Board", "organisation"), w.NewPerson("Accreditor", "organisation")
	w.Admits(n.board, credential.Licence, "GB")
	w.Admits(n.accreditor, credential.Accreditation, "GB")
	n.elena, n.okafor = w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Amara Okafor", "Lakeview")
	hiv := town.Note("hiv", stele.Problems, "2024")
	hiv.Sensitivity = []stele.Sensitivity{stele.HIV}
	w.Delivers("Northside", n.elena, town.Note("nuts", stele.Allergies, "2020"), town.Note("inr", stele.Results, "2024"), hiv)
	n.issue(n.accreditor, n.lakeview, issuing.Order{Kind: credential.Accreditation, Says: n.facility, Jurisdiction: "GB"})
	n.licence = n.issue(n.board, n.okafor, issuing.Order{Kind: credential.Licence, Says: "doctor", Jurisdiction: "GB"})
	n.issue(n.lakeview, n.okafor, issuing.Order{Kind: credential.Role, Says: n.role})
	n.post(n.board, n.accreditor, n.lakeview)
	return n
}

func (n *ward) issue(by, to *client.Session, o issuing.Order) int {
	n.t.Helper()
	o.To = n.ContactOf(by, to)
	e, err := by.Issuing.Issue(n.t.Context(), o)
	n.Must(err)
	_, err = to.Collect(n.t.Context())
	n.Must(err)
	return e.Place
}

func (n *ward) post(by ...*client.Session) {
	n.t.Helper()
	for _, s := range by {
		_, err := s.Issuing.Post(n.t.Context())
		n.Must(err)
	}
}

// mark has the board say something of the licence.
func (n *ward) mark(s sdjwt.Status) {
	n.t.Helper()
	_, err := n.board.Issuing.Mark(n.licence, s)
	n.Must(err)
	n.post(n.board)
}

// breaks activates: the doctor's key for this alone, and a member's node.
func (n *ward) breaks(at string) {
	n.t.Helper()
	subject, member := n.elena.Subject(), n.Orgs[at].Subject()
	n.activation, n.grantee, n.salt = stele.NewIDOf(subject[:]), wire.NewEd25519(), seal.NewSalt()
	card, _, err := n.okafor.Card()
	n.Must(err)
	n.activated = wire.Marshal(&wire.AccessDetail{Request: n.activation[:], Subject: subject[:], Card: card, Purpose: "ETREAT", Reason: "found without consciousness"})
	commitment := seal.Commit(n.salt, seal.TagDetail, n.activated)
	_, err = n.okafor.Submit(n.t.Context(), &wire.Transaction{Message: &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
		Activation: n.activation[:], Member: member[:], Subject: subject[:], Grantee: n.grantee.Public(), DetailCommitment: commitment[:],
	}}}, n.grantee, n.Node(at))
	n.Must(err)
}

// access puts an opening under the activation on the ledger.
func (n *ward) access() error {
	n.t.Helper()
	ctx, subject := n.t.Context(), n.elena.Subject()
	n.request, n.detailSalt = stele.NewIDOf(n.activation[:]), seal.NewSalt()
	shown, err := n.okafor.Show(ctx, n.role, n.facility, n.request)
	if err != nil {
		return err
	}
	n.lists = shown.Lists
	card, _, err := n.okafor.Card()
	n.Must(err)
	detail := &wire.AccessDetail{
		Request: n.request[:], Subject: subject[:], Card: card, Purpose: "ETREAT", Reason: "found without consciousness", Categories: n.categories,
		Credentials: shown.Credentials,
	}
	if n.by != nil {
		n.by(detail)
	}
	n.detail = wire.Marshal(detail)
	n.reader, err = seal.NewSealKey()
	n.Must(err)
	commitment, hash := seal.Commit(n.detailSalt, seal.TagDetail, n.detail), wire.ReaderKeyHash(n.reader.Public())
	_, err = n.okafor.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
		Request: n.request[:], Grant: n.activation[:], DetailCommitment: commitment[:], ReaderKeyHash: hash[:], WindowMs: 300_000,
	}}}, n.grantee)
	return err
}

// reads is the reading that is asked of a member.
func (n *ward) reads(member stele.Subject) *wire.Signed {
	subject := n.elena.Subject()
	return wire.Sign(wire.TagRead, &wire.ReadRequest{
		Chain: n.Chain, Audience: member[:], Subject: subject[:], Request: n.request[:], Grant: n.activation[:], Document: n.activated, DocumentSalt: n.salt[:],
		Detail: n.detail, DetailSalt: n.detailSalt[:], ReaderKey: n.reader.Public(), AtMs: time.Now().UnixMilli(), StatusLists: n.lists,
	}, n.grantee, n.okafor.Keyring().Signer())
}

// vaults asks all vaults, and returns what each folio that is open is of.
func (n *ward) vaults() string {
	n.t.Helper()
	var open []string
	found := map[string]*wire.CapsuleRef{}
	for _, m := range n.Members {
		list, err := m.Vault.ListFolios(n.t.Context(), &wire.ListFoliosRequest{Request: n.reads(m.Subject)})
		if err != nil && stele.KindOf(err) != stele.KindDenied {
			n.t.Errorf("%s's vault: %v", m.Name, err)
		}
		for _, f := range list.GetFolios() {
			var label wire.Label
			n.Must(wire.Decode(f.Label.Label, &label))
			open = append(open, label.Category)
			ref := &wire.CapsuleRef{Submission: f.Submission, Head: f.Head, Label: f.Label, Capsule: f.Capsule, Index: f.Index, Folios: f.Folios, Path: f.Path}
			if len(f.Records) == 0 {
				found[string(f.Head)] = ref
			}
			for _, r := range f.Records {
				of := proto.CloneOf(ref)
				of.Handle, of.Capsule = r.Handle, r.Capsule
				found[string(f.Head)+string(r.Handle)] = of
			}
		}
	}
	if len(found) > 0 { // else the trustees are asked for what was open before
		n.capsules = slices.Collect(maps.Values(found))
	}
	slices.Sort(open)
	return strings.Join(slices.Compact(open), " ")
}

// trustees asks all trustees for what the vaults listed, and returns how many release it.
func (n *ward) trustees() (released int) {
	n.t.Helper()
	if len(n.capsules) == 0 {
		n.t.Error("trustees are asked for nothing")
	}
	for _, m := range n.Members {
		out, err := m.Trustee.Release(n.t.Context(), &wire.ReleaseRequest{Request: n.reads(m.Subject), Capsules: n.capsules})
		if err == nil {
			_, err = n.reader.Open(seal.TagRelease, wire.ReleasedContext(m.Subject, n.request), out.Sealed)
			released++
		}
		if err != nil && stele.KindOf(err) != stele.KindDenied {
			n.t.Errorf("%s's trustee: %v", m.Name, err)
		}
	}
	return released
}

// open opens under the activation, and says what the members list, and how many trustees
// release it.
func (n *ward) open() (string, int) {
	n.t.Helper()
	if err := n.access(); err != nil {
		return "no opening: " + stele.TextOf(err), 0
	}
	return n.again()
}

// again asks all members within the opening.
func (n *ward) again() (string, int) {
	n.t.Helper()
	return n.vaults(), n.trustees()
}

func (n *ward) wants(what, open string) {
	n.t.Helper()
	trustees := map[bool]int{true: len(n.Members)}[open != ""]
	if got, released := n.open(); got != open || released != trustees {
		n.t.Errorf("%s: %q is open, %d trustees release; want %q, %d", what, got, released, open, trustees)
	}
}

// says has Elena say something of emergencies.
func (n *ward) says(s slot.Slot) {
	n.t.Helper()
	_, err := n.elena.SetEmergency(n.t.Context(), s)
	n.Must(err)
	if missing := n.elena.MissingSlot(); len(missing) != 0 {
		n.t.Errorf("it is missing at %v", missing)
	}
}

// TestR25AnEmergencyOpensAllergiesAndNothingElse: by vaults and trustees, all of them, from the
// day on which the patient joined, who has said nothing.
func TestR25AnEmergencyOpensAllergiesAndNothingElse(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		n.breaks("Lakeview")
		n.wants("the default", "allergies")
		n.categories = []string{"results"}
		n.wants("what is outside", "")
		n.categories = nil

		n.says(slot.Slot{Categories: []stele.Category{stele.Results, stele.Problems}, Sensitivity: []stele.Sensitivity{stele.HIV}})
		n.wants("what she said since", "problems results")
		n.says(slot.Slot{})
		n.wants("as at first", "allergies")

		n.Must(n.access())
		if open, released := n.again(); open != "allergies" || released != 4 {
			t.Errorf("%q, by %d", open, released)
		}
		n.says(slot.Slot{Nothing: true})
		if open, released := n.again(); open != "" || released != 0 {
			t.Errorf("once she has said that nobody may, within the opening: %q, by %d", open, released)
		}
		n.wants("nobody may", "")
	})
}

// TestR25WhoMayOpenInAnEmergencyIsThePatientsToSay.
func TestR25WhoMayOpenInAnEmergencyIsThePatientsToSay(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		n.breaks("Lakeview")
		n.wants("the default", "allergies")
		for what, s := range map[string]slot.Slot{
			"this doctor may not":   {Excluded: []stele.Subject{n.okafor.Subject()}},
			"this hospital may not": {Excluded: []stele.Subject{n.lakeview.Subject()}},
			"another role":          {Roles: []string{"surgeon"}},
			"another kind of place": {Facilities: []string{"pharmacy"}},
		} {
			n.says(s)
			n.wants(what, "")
		}
		n.says(slot.Slot{Roles: []string{n.role}, Facilities: []string{n.facility}, Excluded: []stele.Subject{n.elena.Subject()}})
		n.wants("this role, at such a place", "allergies")
	})
}

// TestR25AnEmergencyNeedsALicenceThatHolds, of the one who asks, of where they work, at the member that
// opened the chart.
func TestR25AnEmergencyNeedsALicenceThatHolds(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		n.breaks("Lakeview")
		n.wants("all in order", "allergies")
		n.mark(sdjwt.Suspended)
		n.wants("suspended", "")
		n.mark(sdjwt.Valid)
		n.wants("as before", "allergies")

		n.by = func(d *wire.AccessDetail) { d.Credentials = nil }
		n.wants("without credentials", "")
		nurse := w.NewDoctor("Ned Wool", "Lakeview")
		n.issue(n.board, nurse, issuing.Order{Kind: credential.Licence, Says: "nurse", Jurisdiction: "GB"})
		n.issue(n.lakeview, nurse, issuing.Order{Kind: credential.Role, Says: n.role})
		n.post(n.board, n.lakeview)
		n.by = func(d *wire.AccessDetail) {
			shown, err := nurse.Show(t.Context(), n.role, n.facility, n.request)
			w.Must(err)
			d.Credentials, n.lists = shown.Credentials, shown.Lists
		}
		n.wants("somebody else's", "")
		n.by = nil
		n.wants("their own", "allergies")

		n.breaks("Elm") // whose node signs for a doctor of Lakeview's
		n.wants("opened by another facility", "")
		n.breaks("Lakeview")
		n.mark(sdjwt.Revoked)
		n.wants("revoked", "")
	})
}

// TestR25AnExpiredLicenceOpensNothingInAnEmergency: the wallet would not show it; shown all the same.
func TestR25AnExpiredLicenceOpensNothingInAnEmergency(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		n.breaks("Lakeview")
		n.wants("all in order", "allergies")
		n.Must(n.access())
		w.Ahead = credential.Longest(credential.Role) // by block time alone
		w.WriteBlock()
		if open, released := n.again(); open != "" || released != 0 {
			t.Errorf("%q, by %d", open, released)
		}
	})
}

// told is what trustees keep for Elena, opened with her key.
func (n *ward) told() (lines []string) {
	n.t.Helper()
	for _, m := range n.Members {
		out, err := m.Trustee.Details(n.t.Context(), &wire.DetailsRequest{Request: n.elena.OwnRequest(m.Subject, 0)})
		n.Must(err)
		for _, sealed := range out.Details {
			id, err := stele.IDFrom(sealed.Id)
			n.Must(err)
			raw, err := n.elena.Keyring().SealKey().Open(seal.TagAccount, wire.DetailContext(m.Subject, id), sealed.Sealed)
			n.Must(err)
			var d wire.Detail
			n.Must(wire.Decode(raw, &d))
			line := d.Why
			if d.Released {
				line = "released"
			}
			if len(d.Stale) > 0 {
				line += ", stale " + strings.Join(d.Stale, " ")
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// TestR25AnActivationThatIsOverOpensNothing: ended early, or taken back by the patient,
// whoever holds an opening still.
func TestR25AnActivationThatIsOverOpensNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		for what, over := range map[string]func(){
			"ended": func() {
				_, err := n.okafor.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{Activation: n.activation[:]}}}, n.grantee)
				w.Must(err)
			},
			"taken back": func() { _, err := n.elena.Revoke(t.Context(), n.activation); w.Must(err) },
		} {
			n.breaks("Lakeview")
			n.wants(what+", not yet", "allergies")
			over()
			if open, released := n.again(); open != "" || released != 0 {
				t.Errorf("%s, within an opening: %q, by %d", what, open, released)
			}
			if open, _ := n.open(); strings.Contains(open, "allergies") {
				t.Errorf("%s: %q", what, open)
			}
		}
	})
}

// TestR26AStaleStatusInAnEmergencyIsMarkedForThePatient: a day after the last list an activation of
// before has ended, within an opening, too; a new one opens, and she is told.
func TestR26AStaleStatusInAnEmergencyIsMarkedForThePatient(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		n.breaks("Lakeview")
		n.Sleep(wire.EmergencyTerm - time.Minute)
		n.issue(n.lakeview, n.okafor, issuing.Order{Kind: credential.Role, Says: n.role})
		n.wants("a minute before its end", "allergies")
		if lines := n.told(); !slices.Contains(lines, "released") || slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "stale") }) {
			t.Errorf("she is told %q", lines)
		}
		time.Sleep(2 * time.Minute) // the opening's window is five
		if open, released := n.again(); open != "" || released != 0 {
			t.Errorf("after 24 hours, within an opening: %q, by %d", open, released)
		}
		n.breaks("Lakeview")
		n.wants("a day later", "allergies")
		if lines := n.told(); !slices.Contains(lines, "released, stale licence role accreditation") {
			t.Errorf("she is told %q", lines)
		}
	})
}

// TestR17AMemberThatWasAwayGetsTheSlotAtTheNextContact, where no other member hands it over, and opens nothing before.
func TestR17AMemberThatWasAwayGetsTheSlotAtTheNextContact(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		w.Apart = true
		w.Down["Elm"] = true
		_, err := n.elena.SetEmergency(t.Context(), slot.Slot{Categories: []stele.Category{stele.Results}})
		w.Must(err)
		if missing := n.elena.MissingSlot(); !slices.Equal(missing, []string{"Elm"}) {
			t.Errorf("it is missing at %v", missing)
		}
		w.Down["Elm"] = false
		n.breaks("Lakeview")
		if open, released := n.open(); open != "results" || released != 3 {
			t.Errorf("%q, by %d", open, released)
		}
		_, err = n.elena.Collect(t.Context())
		w.Must(err)
		if missing := n.elena.MissingSlot(); len(missing) != 0 {
			t.Errorf("it is missing at %v", missing)
		}
		n.wants("brought again", "results")
		if says, err := n.elena.Emergency(); err != nil || !slices.Equal(says.Categories, []stele.Category{stele.Results}) {
			t.Errorf("the wallet says %v, %v", says, err)
		}
	})
}

// someSlots is a directory that takes no slots, as one does that is up and has had enough.
type someSlots struct {
	members.Directory
	refuses stele.Kind
}

func (d someSlots) PutSlot(context.Context, *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
	return nil, stele.E("put", d.refuses, "enough", nil)
}

// TestR16WhatTooFewMembersTookIsNotSaid: from the block on in which it is, nobody opens the chart without the slot. So the
// ledger gets what it commits to once one honest member has it, and hands it to whom it did not come; before that nothing changes.
func TestR16WhatTooFewMembersTookIsNotSaid(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		says := slot.Slot{Categories: []stele.Category{stele.Allergies}}
		n.says(says)
		n.breaks("Lakeview")
		had, err := w.Ledger().Subject(n.elena.Subject())
		w.Must(err)
		for _, c := range []struct {
			refuse  int
			refuses stele.Kind
			kind    stele.Kind
		}{
			{4, stele.KindBusy, stele.KindBusy}, {3, stele.KindBusy, stele.KindBusy}, {4, stele.KindUnreachable, stele.KindUnreachable},
		} {
			p := n.elena
			for _, name := range w.Names[:c.refuse] {
				p = town.Bend(p, name, func(m *members.Member) { m.Directory = someSlots{m.Directory, c.refuses} })
			}
			for what, say := range map[string]func() error{
				"emergencies": func() error { _, err := p.SetEmergency(t.Context(), slot.Slot{Nothing: true}); return err },
				"a restriction": func() error {
					_, err := p.Restrict(t.Context(), slot.Restriction{Categories: []stele.Category{stele.Allergies}, InEmergencies: true}.Warned(time.Now()), nil)
					return err
				},
			} {
				err := say()
				if stele.KindOf(err) != c.kind || !strings.Contains(stele.TextOf(err), "nothing has changed") || stele.HintOf(err) == "" {
					t.Errorf("%s, %d of four refuse: %v", what, c.refuse, err)
				}
				now, err := w.Ledger().Subject(n.elena.Subject())
				w.Must(err)
				mine, err := p.Says(t.Context())
				if now.Emergency != had.Emergency || err != nil || !slices.Equal(mine.Categories, says.Categories) || len(p.State().EmergencyNext.Salt) != 0 {
					t.Errorf("%s, %d of four refuse: it counts, or the wallet says %v, %v", what, c.refuse, mine, err)
				}
			}
			n.wants("as before", "allergies")
		}
		for refuse := 1; refuse <= 2; refuse++ {
			p := n.elena
			for _, name := range w.Names[:refuse] {
				p = town.Bend(p, name, func(m *members.Member) { m.Directory = someSlots{m.Directory, stele.KindBusy} })
			}
			_, err := p.SetEmergency(t.Context(), slot.Slot{Categories: []stele.Category{stele.Results}})
			w.Must(err)
			if missing := p.MissingSlot(); len(missing) != refuse {
				t.Errorf("%d of four refuse: it is missing at %v", refuse, missing)
			}
			n.wants("as the others tell those who refused", "results")
			n.says(says)
		}
	})
}

// atDoor is a directory as somebody at an address reaches it.
type atDoor struct {
	members.Directory
	from stele.Caller
}

func (d atDoor) PutSlot(ctx context.Context, in *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
	return d.Directory.PutSlot(stele.WithCaller(ctx, d.from), in)
}

func (n *ward) at(from stele.Caller, s *client.Session) *client.Session {
	for _, name := range n.Names {
		s = town.Bend(s, name, func(m *members.Member) { m.Directory = atDoor{m.Directory, from} })
	}
	return s
}

// TestR44ANeighbourClosesNoChart: people who were made up behind the ward's address bring slots until it may bring no
// more. A patient there says once a day what opens; what she says besides does not count, and the chart opens by the last.
func TestR44ANeighbourClosesNoChart(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n, door := onWard(t, w), stele.Caller{7}
		n.elena = n.at(door, n.elena)
		n.says(slot.Slot{})
		time.Sleep(25 * time.Hour)
		n.issue(n.lakeview, n.okafor, issuing.Order{Kind: credential.Role, Says: n.role}) // which is for a day
		n.post(n.board, n.accreditor, n.lakeview)
		for i := range 8 {
			who := n.at(door, w.NewPatient(fmt.Sprint("made up ", i), "Elm"))
			subject := who.Subject()
			for _, m := range who.Network.All() {
				for k := range 39 {
					c, capsules := stele.NewID(), make([]byte, slot.MaxCapsulesLen)
					if i > 5 { // and what is left, in small ones
						capsules = nil
					}
					_, _ = m.Directory.PutSlot(t.Context(), &wire.PutSlotRequest{Slot: wire.Sign(wire.TagSlot, &wire.SealedSlot{
						Chain: w.Chain, Audience: m.Subject[:], Subject: subject[:], Commitment: append(c[:], c[:]...), Envelope: make([]byte, slot.EnvelopeLen),
						Capsules: capsules, AtMs: time.Now().UnixMilli() + int64(k),
					}, who.Keyring().Signer())})
				}
			}
		}
		n.says(slot.Slot{Categories: []stele.Category{stele.Results}})
		_, err := n.elena.SetEmergency(t.Context(), slot.Slot{Nothing: true})
		w.Wants(err, stele.KindBusy, "the second of the day")
		n.breaks("Lakeview")
		n.wants("what she said first", "results")
	})
}

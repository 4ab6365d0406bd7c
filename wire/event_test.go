package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// each calls f with every kind of message that a oneof has: its name, the whole with
// such a message, whose bytes are all filled in, and the message itself.
func each(whole proto.Message, oneof protoreflect.Name, f func(kind string, whole proto.Message, m protoreflect.Message)) {
	kinds := whole.ProtoReflect().Descriptor().Oneofs().ByName(oneof).Fields()
	for i := range kinds.Len() {
		whole := proto.Clone(whole)
		m := whole.ProtoReflect().Mutable(kinds.Get(i)).Message()
		fields := m.Descriptor().Fields()
		for j := range fields.Len() {
			if fields.Get(j).Kind() == protoreflect.BytesKind && !fields.Get(j).IsList() {
				m.Set(fields.Get(j), protoreflect.ValueOfBytes(bytesOf(byte(10*j+10), 16)))
			}
		}
		f(string(kinds.Get(i).Name()), whole, m)
	}
}

// named is a message's field of bytes, or nil where it has none of that name.
func named(m protoreflect.Message, name protoreflect.Name) []byte {
	if f := m.Descriptor().Fields().ByName(name); f != nil {
		return m.Get(f).Bytes()
	}
	return nil
}

// TestEveryKindOfEventIsSaidOnce: each kind has a name of its own, words, and a place in
// an account, tells the ids and the commitment that its message has, and stands in the vectors.
func TestEveryKindOfEventIsSaidOnce(t *testing.T) {
	names := map[string]string{(&wire.Event{}).About().Kind: "one without an entry"}
	vectors := map[string]bool{}
	for _, e := range events(bytesOf(1, 20)) {
		vectors[e.About().Kind] = true
	}
	each(&wire.Event{}, "event", func(kind string, whole proto.Message, m protoreflect.Message) {
		a := whole.(*wire.Event).About()
		if names[a.Kind] != "" || a.Place == 0 || a.Words == "" {
			t.Errorf("%s is not said, or not as itself: %+v", kind, a)
		}
		if !vectors[a.Kind] {
			t.Errorf("no vector pins the bytes of %s", kind)
		}
		names[a.Kind] = kind
		if own := named(m, "activation"); own != nil { // which stands among the grants
			if !bytes.Equal(own, a.Grant) {
				t.Errorf("%s: its activation is not told", kind)
			}
			a.Grant = nil
		}
		if !bytes.Equal(named(m, "member"), a.Member) || (a.By == wire.ByMember || a.By == wire.ByBoth) != (a.Member != nil) {
			t.Errorf("%s: its member is not told", kind)
		}
		for id, told := range map[protoreflect.Name][]byte{"grant": a.Grant, "delegation": a.Delegation, "request": a.Request, "submission": a.Submission, "batch": a.Batch, "change": a.Change} {
			if !bytes.Equal(named(m, id), told) {
				t.Errorf("%s: its %s is not told", kind, id)
			}
		}
		if a.Place == wire.PlaceGrant && (a.Grant == nil || a.Status == 0 || a.To == "") {
			t.Errorf("%s is about a grant, and does not tell which, what becomes of it, or how it names the grantee", kind)
		}
		if !bytes.Equal(append(named(m, "into"), named(m, "from")...), a.Other) || (a.Place == wire.PlaceMerge) != (a.Other != nil) {
			t.Errorf("%s: with whom it was merged is not told", kind)
		}
		if want := append(named(m, "commitment"), named(m, "detail_commitment")...); !bytes.Equal(want, a.Commitment) {
			t.Errorf("%s: its commitment is not told", kind)
		}
		if a.Asked() && (a.Request == nil || a.Grant == nil || a.Commitment == nil) {
			t.Errorf("%s: who asked for the chart names an opening, a grant and a detail", kind)
		}
		if leaf := m.Descriptor().Fields().ByName("leaf"); (leaf != nil) != (a.Leaf != nil) || a.Leaf != nil && (!a.Begins || a.Origin == nil) {
			t.Errorf("%s: what it says of the log that it begins is not told", kind)
		}
	})
}

// TestR45WhoEndedAGrantIsTold: its owner, who acts for them, a member that gave it, or whoever held it; a grant
// that was given back is not one that was taken back.
func TestR45WhoEndedAGrantIsTold(t *testing.T) {
	id := make([]byte, 16)
	for by, m := range map[wire.Party]*wire.GrantRevoked{
		wire.ByOwner:    {Grant: id},
		wire.ByDelegate: {Grant: id, Delegation: id},
		wire.ByMember:   {Grant: id, Member: make([]byte, 20)},
		wire.ByGrantee:  {Grant: id, Returned: true},
	} {
		a := (&wire.Event{Event: &wire.Event_GrantRevoked{GrantRevoked: m}}).About()
		back := by == wire.ByGrantee
		if a.By != by || a.GivenBack() != back || !a.Makes(stele.GrantRevoked) || (a.Kind == "grant given back") != back || (a.Words == "took a grant back") == back {
			t.Errorf("%v: %+v", m, a)
		}
	}
}

// TestR45AnEventTellsWhoDidItAndWhatStandsThen: of each kind, beside the ids: a grant that
// was taken back is not one that ended by itself, and it ends when it ends, not when it begins.
func TestR45AnEventTellsWhoDidItAndWhatStandsThen(t *testing.T) {
	type told struct {
		By     wire.Party
		Place  wire.Place
		Action stele.Action
		Until  int64
		Status stele.GrantStatus
	}
	wants := map[string]told{
		"consortium founded": {Place: wire.PlaceConsortium},
		"subject created":    {By: wire.ByMember, Place: wire.PlaceKeys},
		"keys rotated":       {Place: wire.PlaceKeys},
		"device added":       {Place: wire.PlaceKeys},
		"subject claimed":    {By: wire.ByMember, Place: wire.PlaceKeys},
		"grant given":        {wire.ByDelegate, wire.PlaceGrant, stele.ActionRead, 1_900_000_000_000, stele.GrantActive},
		"grant revoked":      {By: wire.ByMember, Place: wire.PlaceGrant, Status: stele.GrantRevoked},
		"grant ended":        {Place: wire.PlaceGrant, Status: stele.GrantEnded},
		"access permitted":   {By: wire.ByAsker, Place: wire.PlaceOpening, Until: 1_900_000_300_000},
		"access refused":     {By: wire.ByAsker, Place: wire.PlaceRefusal},
		"receipts posted":    {Place: wire.PlaceReceipts},
		"anchored":           {By: wire.ByGrantee, Place: wire.PlaceDelivery},
		"issuer admitted":    {Place: wire.PlaceConsortium},
		"issuer dismissed":   {Place: wire.PlaceConsortium},
		"status list posted": {By: wire.ByOwner, Place: wire.PlaceStatus},
		"emergency set":      {By: wire.ByOwner, Place: wire.PlaceEmergency},
		"glass broken":       {wire.ByMember, wire.PlaceEmergency, stele.ActionRead, 1_900_000_300_000, stele.GrantActive},
		"emergency ended":    {Place: wire.PlaceEmergency, Status: stele.GrantEnded},
		"emergency reviewed": {Place: wire.PlaceEmergency},
		"review overdue":     {Place: wire.PlaceEmergency},
		"death recorded":     {By: wire.ByBoth, Place: wire.PlaceDelegation},
		"death undone":       {By: wire.ByBoth, Place: wire.PlaceDelegation},
		"subjects merged":    {By: wire.ByOwner, Place: wire.PlaceMerge},
		"merge undone":       {By: wire.ByOwner, Place: wire.PlaceMerge},
		"merge noted":        {Place: wire.PlaceMerge},
		"delegation ending":  {Place: wire.PlaceDelegation, Until: 1_900_000_000_000},
		"change announced":   {By: wire.ByOwner, Place: wire.PlaceRecovery, Until: 1_900_000_300_000},
		"change stopped":     {Place: wire.PlaceRecovery},
		"change made":        {Place: wire.PlaceRecovery},
		"device frozen":      {By: wire.ByOwner, Place: wire.PlaceRecovery},
		"guardian spoke":     {Place: wire.PlaceRecovery, Until: 1_900_000_300_000},
		"recovery stopped":   {Place: wire.PlaceRecovery},
		"subject recovered":  {Place: wire.PlaceRecovery},
	}
	each(&wire.Event{}, "event", func(kind string, whole proto.Message, m protoreflect.Message) {
		for i, name := range []protoreflect.Name{"action", "not_before_ms", "end_ms", "until_ms", "use", "max_uses"} {
			switch f := m.Descriptor().Fields().ByName(name); {
			case f == nil:
			case name == "action":
				m.Set(f, protoreflect.ValueOfUint32(uint32(stele.ActionRead)))
			case f.Kind() == protoreflect.Int64Kind:
				m.Set(f, protoreflect.ValueOfInt64([]int64{0, 1, 1_900_000_000_000, 1_900_000_300_000}[i]))
			case f.Kind() == protoreflect.Uint32Kind:
				m.Set(f, protoreflect.ValueOfUint32(uint32(i)))
			}
		}
		a := whole.(*wire.Event).About()
		want, known := wants[a.Kind]
		if got := (told{a.By, a.Place, a.Action, a.Until, a.Status}); !known || got != want {
			t.Errorf("%s tells %+v, not %+v", kind, got, want)
		}
		for _, status := range []stele.GrantStatus{stele.GrantActive, stele.GrantRevoked, stele.GrantEnded} {
			if made := a.Makes(status); made != (want.Place == wire.PlaceGrant && want.Status == status) {
				t.Errorf("%s brought a grant to %v: %v", kind, status, made)
			}
		}
		if asked := want.Place == wire.PlaceOpening || want.Place == wire.PlaceRefusal; a.Asked() != asked {
			t.Errorf("%s: somebody asked for the chart: %v", kind, a.Asked())
		}
		if about := m.Descriptor().Fields().ByNumber(1); about.Kind() == protoreflect.BytesKind && about.Name() != "subject" && about.Name() != "commitment" && a.By != wire.ByBoth && a.Leaf == nil && a.Other == nil && !bytes.Equal(a.Object(), m.Get(about).Bytes()) {
			t.Errorf("%s is about %x, and begins with %s", kind, a.Object(), about.Name())
		}
	})
	// A refusal leaves a grant where it stood; that it had not begun says nothing of it.
	for refusal, want := range map[wire.Refusal]stele.GrantStatus{
		wire.Refusal_REFUSAL_REVOKED: stele.GrantRevoked, wire.Refusal_REFUSAL_ENDED: stele.GrantEnded,
		wire.Refusal_REFUSAL_USED_UP: stele.GrantUsedUp, wire.Refusal_REFUSAL_NOT_YET: 0,
	} {
		a := (&wire.Event{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Refusal: refusal}}}).About()
		if a.Status != want || a.Makes(want) {
			t.Errorf("%v tells %v of the grant, and that it made it so: %v", refusal, a.Status, a.Makes(want))
		}
	}
}

// TestWhoActsForTheOwnerIsNotTheOwner: a delegation that is given or acts is told as one, and
// what the owner does as the owner's.
func TestWhoActsForTheOwnerIsNotTheOwner(t *testing.T) {
	given := func(action stele.Action) wire.About {
		return (&wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Action: uint32(action)}}}).About()
	}
	revoked := (&wire.Event{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{}}}).About()
	if given(stele.ActionRead).By != wire.ByOwner || revoked.By != wire.ByOwner {
		t.Error("what the owner did is told of somebody else")
	}
	if given(stele.ActionRead).Words == given(stele.ActionDelegate).Words {
		t.Error("that somebody may act for the owner is told like any grant")
	}
}

// TestEveryRefusalHasItsWords: a patient reads why the ledger refused.
func TestEveryRefusalHasItsWords(t *testing.T) {
	said := map[string]bool{"asked ": true}
	values := wire.Refusal(0).Descriptor().Values()
	for i := 1; i < values.Len(); i++ { // 0 is none
		refused := &wire.Event{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Refusal: wire.Refusal(values.Get(i).Number())}}}
		words := refused.About().Words
		if said[words] {
			t.Errorf("%s: %q", values.Get(i).Name(), words)
		}
		said[words] = true
	}
}

// TestEveryKindOfTransactionIsSaidOnce: each kind has a name of its own, and what names
// one thing that is new, or changes one, tells its id, and whose it must be.
func TestEveryKindOfTransactionIsSaidOnce(t *testing.T) {
	names := map[string]bool{"": true}
	each(&wire.Transaction{}, "message", func(kind string, whole proto.Message, m protoreflect.Message) {
		a := whole.(*wire.Transaction).Asks()
		if names[a.Name] {
			t.Errorf("%s has no name of its own: %q", kind, a.Name)
		}
		names[a.Name] = true
		first := m.Descriptor().Fields().ByNumber(1)
		switch first.Name() {
		case "grant", "request", "submission", "batch", "activation", "change": // a message begins with what it is about
			if !bytes.Equal(a.Object, m.Get(first).Bytes()) {
				t.Errorf("%s: its %s is not told", kind, first.Name())
			}
			// An id that a transaction makes is of whom it belongs to (stele.NewIDOf).
			owner := map[string][]byte{"give_grant": named(m, "subject"), "open_access": named(m, "grant"), "make_anchor": named(m, "grant"), "break_glass": named(m, "subject"),
				"announce_change": named(m, "subject")}[kind]
			if !bytes.Equal(a.Owner, owner) {
				t.Errorf("%s: its %s must be of %x, not of %x", kind, first.Name(), owner, a.Owner)
			}
		default:
			if a.Object != nil || a.Owner != nil {
				t.Errorf("%s tells an id that it does not begin with", kind)
			}
		}
	})
}

// TestR25EveryOutcomeOfAReviewHasItsWords: a patient reads what was thought of an opening in
// an emergency, whether that came in time, and whether somebody ended it.
func TestR25EveryOutcomeOfAReviewHasItsWords(t *testing.T) {
	said := map[string]bool{"an opening in an emergency was reviewed: ": true}
	values := wire.Review(0).Descriptor().Values()
	for i := 1; i < values.Len(); i++ { // 0 is none
		for _, late := range []bool{false, true} {
			words := (&wire.Event{Event: &wire.Event_EmergencyReviewed{EmergencyReviewed: &wire.EmergencyReviewed{Outcome: wire.Review(values.Get(i).Number()), Late: late}}}).About().Words
			if said[words] || strings.Contains(words, "late") != late {
				t.Errorf("%s: %q", values.Get(i).Name(), words)
			}
			said[words] = true
		}
	}
	for early, want := range map[bool]string{false: "by itself", true: "by the practitioner or their hospital"} {
		if words := (&wire.Event{Event: &wire.Event_EmergencyEnded{EmergencyEnded: &wire.EmergencyEnded{Early: early}}}).About().Words; !strings.HasSuffix(words, want) {
			t.Errorf("ended early %v: %q", early, words)
		}
	}
}

package directory

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// hand is another member's directory, as it answers.
type hand struct {
	of     stele.Subject
	asked  *int
	answer func(*wire.GetSlotRequest) (*wire.GetSlotResponse, error)
}

func (h hand) Subject() stele.Subject { return h.of }
func (h hand) GetSlot(_ context.Context, in *wire.GetSlotRequest) (*wire.GetSlotResponse, error) {
	*h.asked++
	return h.answer(in)
}

// missing is a member that missed what a patient said, and another that has it.
type missing struct {
	*place
	other      *place
	h          holder
	commitment stele.Digest
	own        []byte // sealed to the one that missed it
	node, its  wire.Ed25519
	asked      int
}

func missed(t *testing.T) *missing {
	n := &missing{place: newPlace(t), other: newPlace(t), node: wire.NewEd25519(), its: wire.NewEd25519()}
	n.h = n.holder("Ada Quill", "")
	its := stele.SubjectOf([]byte("the other member"))
	n.book.members = []stele.Member{{Subject: ourMember, Node: wire.Key(n.node.Public())}, {Subject: its, Node: wire.Key(n.its.Public())}}
	n.other.cfg.Ledger, n.other.cfg.Member = n.book, its
	n.other.reopen()
	key, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	salt := seal.NewSalt()
	n.commitment = slot.Commit(salt, nil)
	if n.own, err = slot.Seal(key.Public(), ourMember, n.h.subject, salt, nil); err != nil {
		t.Fatal(err)
	}
	n.cfg.Others = Others{Signer: n.node, Opens: slot.Box{Key: key, Member: ourMember}.Opens}
	n.from(func(in *wire.GetSlotRequest) (*wire.GetSlotResponse, error) { return n.other.GetSlot(t.Context(), in) })
	n.counts(n.commitment)
	return n
}

// from has the others answer so.
func (n *missing) from(answers ...func(*wire.GetSlotRequest) (*wire.GetSlotResponse, error)) {
	n.cfg.Others.Peers = func() (peers []Peer) {
		for _, a := range answers {
			peers = append(peers, hand{n.other.cfg.Member, &n.asked, a})
		}
		return peers
	}
	n.reopen()
}

func (n *missing) counts(c stele.Digest) {
	keys := n.book.subjects[n.h.subject]
	keys.Emergency = c
	n.book.subjects[n.h.subject] = keys
}

// brings has the patient bring the other member what is sealed to it, and to others.
func (n *missing) brings(c stele.Digest, others ...*wire.SlotEnvelope) error {
	m := n.sealed(n.h, 1)
	m.Audience, m.Commitment, m.Others = n.other.cfg.Member[:], c[:], others
	return n.other.put(m, n.h.key)
}

func (n *missing) has() bool {
	_, err := n.Slot(n.h.subject, n.commitment)
	return err == nil
}

// TestR16WhatAMemberMissedItHasFromTheOthers: of what counts, what is sealed to it, and to nobody else.
func TestR16WhatAMemberMissedItHasFromTheOthers(t *testing.T) {
	n := missed(t)
	if err := n.brings(n.commitment, &wire.SlotEnvelope{Member: ourMember[:], Envelope: n.own}); err != nil {
		t.Fatal(err)
	}
	its := n.other.cfg.Member
	ask := func(d *Directory, from stele.Subject, signer wire.Signer, to stele.Subject, c stele.Digest) error {
		asking := &Directory{cfg: d.cfg}
		asking.cfg.Member, asking.cfg.Others.Signer = from, signer
		_, err := n.other.GetSlot(t.Context(), &wire.GetSlotRequest{Request: asking.takeSlot(to, n.h.subject, c)})
		return err
	}
	for what, c := range map[string]struct {
		err  error
		want stele.Kind
	}{
		"by itself, to which nothing else is sealed": {ask(n.Directory, its, n.its, its, n.commitment), stele.KindNotFound},
		"another key's":             {ask(n.Directory, ourMember, n.its, its, n.commitment), stele.KindDenied},
		"to another member":         {ask(n.Directory, ourMember, n.node, ourMember, n.commitment), stele.KindDenied},
		"of what does not count":    {ask(n.Directory, ourMember, n.node, its, stele.Digest{9}), stele.KindNotFound},
		"a request for another end": {func() error { _, err := n.other.GetSlot(t.Context(), nil); return err }(), stele.KindDenied},
	} {
		if stele.KindOf(c.err) != c.want {
			t.Errorf("%s: %v", what, c.err)
		}
	}
	if !n.has() || n.asked != 1 || !n.has() || n.asked != 1 {
		t.Errorf("it is not here, after %d askings", n.asked)
	}
	n.counts(stele.Digest{9})
	if err := ask(n.Directory, ourMember, n.node, its, n.commitment); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("of what counted before: %v", err)
	}
	n.cfg.Others = Others{}
	n.reopen()
	if !n.has() {
		t.Error("it was not kept")
	}
}

// TestR16WhatAnotherMemberMakesUpIsNotKept: the next one is asked, and nobody for a while where none has it.
func TestR16WhatAnotherMemberMakesUpIsNotKept(t *testing.T) {
	n := missed(t)
	good := func(*wire.GetSlotRequest) (*wire.GetSlotResponse, error) {
		return &wire.GetSlotResponse{Envelope: n.own}, nil
	}
	var bad []func(*wire.GetSlotRequest) (*wire.GetSlotResponse, error)
	for _, out := range []*wire.GetSlotResponse{nil, {}, {Envelope: envelope(1)}, {Envelope: n.own[1:]}, {Envelope: n.own, Capsules: []byte{1}}} {
		bad = append(bad, func(*wire.GetSlotRequest) (*wire.GetSlotResponse, error) { return out, nil })
	}
	n.from(bad...)
	if n.has() || n.has() || n.asked != len(bad) {
		t.Errorf("it has what was made up, or asked %d times", n.asked)
	}
	n.now = n.now.Add(fetchAgain)
	n.from(append(bad, good)...)
	if !n.has() {
		t.Error("the one that has it is not heard")
	}
	n.asked = 0
	n.counts(stele.Digest{7})
	n.commitment = stele.Digest{8}
	if n.has() || n.asked != 0 {
		t.Errorf("of what does not count %d are asked", n.asked)
	}
}

// TestR44StrangersKeepNoMemberFromFetchingASlot: people of whom nobody has a slot, and one member that does not answer,
// held all turns; whose slot was missed was not asked for, and not again for five seconds either.
func TestR44StrangersKeepNoMemberFromFetchingASlot(t *testing.T) {
	n := missed(t)
	if err := n.brings(n.commitment, &wire.SlotEnvelope{Member: ourMember[:], Envelope: n.own}); err != nil {
		t.Fatal(err)
	}
	for range maxFetches {
		n.fetches.turns <- struct{}{}
	}
	if n.has() {
		t.Fatal("it was asked for without a turn")
	}
	if n.asked != 0 {
		t.Errorf("%d were asked without a turn", n.asked)
	}
	time.AfterFunc(fetchLimit/4, func() { <-n.fetches.turns })
	if !n.has() {
		t.Error("it was not asked for again, or waited for no turn")
	}
}

// TestR44WhatAnotherMemberGivesHasABound: also where the patient committed to more, as only one who lies gives it.
func TestR44WhatAnotherMemberGivesHasABound(t *testing.T) {
	n := missed(t)
	capsules := make([]byte, slot.MaxCapsulesLen+1)
	n.cfg.Others.Opens = func(stele.Subject, stele.Digest, []byte) (slot.Slot, error) {
		return slot.Slot{Capsules: wire.SlotCapsulesDigest(capsules)}, nil
	}
	n.from(func(*wire.GetSlotRequest) (*wire.GetSlotResponse, error) {
		return &wire.GetSlotResponse{Envelope: n.own, Capsules: capsules}, nil
	})
	if n.has() {
		t.Error("it was kept")
	}
}

// TestR44AskingsInVainAreForgotten: people can be made up, and each is one that nobody has anything of.
func TestR44AskingsInVainAreForgotten(t *testing.T) {
	var f fetches
	now := time.Now()
	for i := range maxMissed + 10 {
		if !f.due(opened{commitment: stele.Digest{byte(i), byte(i >> 8)}}, now) {
			t.Fatal(i)
		}
	}
	if len(f.missed) > maxMissed {
		t.Errorf("%d are remembered", len(f.missed))
	}
}

// TestR44WhatIsSealedToOthersHasABound: one envelope to each member, of the one length, and no longer than
// what it is of.
func TestR44WhatIsSealedToOthersHasABound(t *testing.T) {
	n := missed(t)
	to := func(member stele.Subject, raw []byte) *wire.SlotEnvelope {
		return &wire.SlotEnvelope{Member: member[:], Envelope: raw}
	}
	many := []*wire.SlotEnvelope{}
	for i := range slot.MaxOthers + 1 {
		s := stele.SubjectOf([]byte{byte(i)})
		n.book.members = append(n.book.members, stele.Member{Subject: s})
		many = append(many, to(s, envelope(1)))
	}
	for what, others := range map[string][]*wire.SlotEnvelope{
		"twice": {to(ourMember, n.own), to(ourMember, n.own)}, "to nobody": {to(n.h.subject, n.own)}, "short": {to(ourMember, n.own[1:])},
		"too many": many, "without a member": {{Envelope: n.own}},
	} {
		if err := n.brings(n.commitment, others...); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	long := n.sealed(n.h, 1)
	long.Capsules = make([]byte, slot.MaxCapsulesLen+1)
	if err := n.put(long, n.h.key); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("more capsules than go with one: %v", err)
	}
	if err := n.brings(n.commitment, many[1:]...); err != nil {
		t.Errorf("the most: %v", err)
	}
	rows := func() (count int) {
		_ = n.other.scan(rowOf(rowSlotOther, n.h.subject), func(_, _ []byte) bool { count++; return true })
		return count
	}
	if got := rows(); got != slot.MaxOthers {
		t.Errorf("%d are kept", got)
	}
	for i := range byte(3) {
		n.now, n.other.now = n.now.Add(time.Minute), n.other.now.Add(time.Minute)
		n.counts(stele.Digest{i})
		if err := n.brings(stele.Digest{i}, many[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := rows(); got > 3 {
		t.Errorf("%d are kept of what is over", got)
	}
}

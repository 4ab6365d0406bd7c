package wallet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// Slot is what a wallet has put into its owner's emergency slot on the ledger, which holds
// a commitment to it alone.
type Slot struct {
	Salt     []byte `json:"salt,omitempty"`     // 32 bytes
	Document []byte `json:"document,omitempty"` // empty: the owner has said nothing
	Capsules []byte `json:"capsules,omitempty"` // wire.SlotCapsules that go with it

	// Names are what those are called who are left out: to look them up would tell who they are.
	Names map[stele.Subject]string `json:"names,omitempty"`

	// Brought says which members have it, and under which of their seal keys (SHA-256).
	Brought map[stele.Subject]stele.Digest `json:"brought,omitempty"`
	Since   time.Time                      `json:"since,omitzero"` // when the first of them got it
}

// slotRenewed is after what time a slot is brought to all members again: one may have lost what it
// had.
const slotRenewed = 30 * 24 * time.Hour

// newSlot is a slot with a document, none where somebody has said nothing. Nobody can tell it
// from another: its salt is its own.
func newSlot(document []byte) Slot {
	salt := seal.NewSalt()
	return Slot{Salt: salt[:], Document: document}
}

// Commitment is what the ledger holds of a slot, 32 bytes. It fails with KindInvalid where
// there is none.
func (s Slot) Commitment() ([]byte, error) {
	salt, err := seal.SaltFrom(s.Salt)
	if err != nil {
		return nil, err
	}
	c := slot.Commit(salt, s.Document)
	return c[:], nil
}

// Emergency returns what the owner says of emergencies. It fails with KindNotFound where this
// wallet does not know it: another of the owner's has said it, or nobody.
func (w *Wallet) Emergency() (slot.Slot, error) {
	s := w.State().Emergency
	if len(s.Salt) == 0 {
		return slot.Slot{}, unknownSlot("this wallet does not know what opens in an emergency: it did not say it")
	}
	return slot.Read(s.Document)
}

func unknownSlot(why string) error {
	return stele.E("read emergency slot", stele.KindNotFound, why, nil).
		WithHint("say it anew with: stele wallet emergency set; or that nothing opens: stele wallet emergency none")
}

// Says is Emergency, where that is what counts by the owner's log. It fails with KindNotFound, too, where
// something else counts than this wallet knows, and says who said that, as far as the log tells.
func (s *Session) Says(ctx context.Context) (slot.Slot, error) {
	counts, err := s.counts(ctx)
	if err != nil {
		return slot.Slot{}, err
	}
	return s.saysBy(counts)
}

// counts reads off the owner's log what counts of what was said of emergencies.
func (s *Session) counts(ctx context.Context) (c counting, err error) {
	log, err := s.Log(ctx)
	if err != nil {
		return c, err
	}
	for e, err := range log.Events() {
		if err != nil {
			return c, err
		}
		c.add(e.Event)
	}
	return c, nil
}

// saysBy is Says, of what counts.
func (s *Session) saysBy(counts counting) (slot.Slot, error) {
	says, err := s.Emergency()
	if err == nil {
		mine, err := s.State().Emergency.Commitment()
		if err != nil || string(mine) == string(counts.commitment) {
			return says, err
		}
	}
	switch why := counts.why(); {
	case why != "":
		return slot.Slot{}, unknownSlot(why)
	case err != nil:
		return slot.Slot{}, err
	}
	return slot.Slot{}, unknownSlot("something else counts than this wallet knows: another device, or another copy of this wallet, has said it")
}

// counting is what counts of what was said of emergencies, as a log tells.
type counting struct {
	first       []byte // what the chart was made with
	commitment  []byte
	again       bool // it was said before, and counts again since the chart was parted
	merged, now bool // whether the chart was merged into another when it was said, and is
}

func (c *counting) add(e *wire.Event) {
	about := e.About()
	if about.Place == wire.PlaceMerge && len(about.Commitment) != 0 { // in the log of the one that is merged
		c.now = about.Merged
	}
	if about.Begins {
		c.first = about.Slot
	}
	if len(about.Slot) != 0 {
		c.commitment, c.again, c.merged = about.Slot, about.Place == wire.PlaceMerge, c.now
	}
}

// unsaid reports whether nothing counts but what the chart was made with.
func (c *counting) unsaid() bool { return len(c.first) != 0 && bytes.Equal(c.first, c.commitment) }

// why says why a wallet does not know what counts; nothing where the log does not tell.
func (c *counting) why() string {
	const unknown = "this wallet does not know what opens in an emergency: "
	switch {
	case c.again && c.now:
		return unknown + "the chart was parted and merged again, and what was said before counts since"
	case c.again:
		return unknown + "the chart was parted, and what was said before it was merged counts again"
	case c.now && !c.merged && c.unsaid():
		return unknown + "nobody has said anything of it for that chart since it was made"
	case c.now && !c.merged:
		return unknown + "it was said before the chart was merged"
	}
	return ""
}

// SetEmergency says anew what may be opened in an emergency; what is restricted stays as this wallet
// knows it. It counts from the block on in which it is, and is brought to the members before: one
// that does not have it opens nothing of the chart, but to its owner. MissingSlot says which. It
// fails with KindUsage for more than a slot has room for; with KindBusy or KindUnreachable where too few members take it
// (see slotHolders): then nothing has changed; and with KindUnknown when too few answer: Settle, or the next command, finds out.
func (s *Session) SetEmergency(ctx context.Context, says slot.Slot) (stele.Outcome, error) {
	return s.SetEmergencyNaming(ctx, says, nil)
}

// SetEmergencyNaming is SetEmergency with the names of who is left out, which stay in the wallet.
func (s *Session) SetEmergencyNaming(ctx context.Context, says slot.Slot, names map[stele.Subject]string) (stele.Outcome, error) {
	says.Restrictions = nil
	if was, err := s.Emergency(); err == nil {
		says.Restrictions = was.Restrictions
	}
	return s.say(ctx, says, names)
}

// say puts what the owner says into the slot, all of it. names adds to those that the wallet has, and
// siblings are what lies in one folio with restricted records.
func (s *Session) say(ctx context.Context, says slot.Slot, names map[stele.Subject]string, siblings ...Single) (stele.Outcome, error) {
	const op = "set emergency slot"
	capsules, err := s.besideRestricted(says, siblings)
	if err != nil {
		return stele.Outcome{}, err
	}
	says.Capsules = wire.SlotCapsulesDigest(capsules)
	document, err := says.Document()
	if err != nil {
		return stele.Outcome{}, err
	}
	if err := s.giving.enter(ctx); err != nil {
		return stele.Outcome{}, err
	}
	defer s.giving.leave()
	if _, err := s.settleAll(ctx); err != nil {
		return stele.Outcome{}, err
	}
	if sent, err := s.Unanswered(); err != nil {
		return stele.Outcome{}, err
	} else if slices.ContainsFunc(sent, func(t Sent) bool { return t.Kind == SentSlot }) {
		return stele.Outcome{}, stele.E(op, stele.KindUnknown, "it is still not known whether what you said before counts", nil).
			WithHint("try again in a minute; stele ledger status shows who is up")
	}
	next := newSlot(document)
	next.Capsules = capsules
	next.Names = named(says, s.State().Emergency.Names, names)
	if err := s.update(func(state *State) error { state.EmergencyNext = next; return nil }); err != nil {
		return stele.Outcome{}, err
	}
	next, refused := s.bring(ctx, s.Subject(), next, slotWait)
	if len(next.Brought) < s.slotHolders() {
		return stele.Outcome{}, errors.Join(s.tooFewTook(op, next, refused), s.update(func(state *State) error { state.EmergencyNext = Slot{}; return nil }))
	}
	if err := s.update(func(state *State) error { state.EmergencyNext = next; return nil }); err != nil {
		return stele.Outcome{}, err
	}
	commitment, err := next.Commitment()
	if err != nil {
		return stele.Outcome{}, err
	}
	subject := s.Subject()
	return s.handKept(ctx, "whether what you say of emergencies has changed", &wire.Transaction{Message: &wire.Transaction_SetEmergency{
		SetEmergency: &wire.SetEmergency{Subject: subject[:], Commitment: commitment},
	}}, s.Keyring().Signer())
}

// slotHolders is how many members have to take a slot before the ledger has its commitment, from which on nobody opens
// the chart without it: so many that one of them is honest, and hands it to whom it did not come. Where there are more
// members than one is given envelopes for, so many as a block needs; and no more than have a key for it.
func (s *Session) slotHolders() int {
	all, holders, keyed := s.Consortium().GetMembers(), s.Quorum(), 0
	if len(all) > slot.MaxOthers+1 {
		holders = 2*len(all)/3 + 1
	}
	for _, m := range all {
		if len(m.SealKey) != 0 {
			keyed++
		}
	}
	return min(holders, keyed)
}

// tooFewTook says that too few members took what the owner says, and why.
func (s *Session) tooFewTook(op string, next Slot, refused error) error {
	kind, hint := stele.KindUnreachable, "give the same command again when more of them are up; stele ledger status shows who is"
	if stele.KindOf(refused) == stele.KindBusy {
		kind, hint = stele.KindBusy, "others at this network's address used up what it may bring: give the same command again from another network, or tomorrow"
	}
	return stele.E(op, kind, fmt.Sprintf("nothing has changed: %d members have to know what you say before it counts, and %d took it", s.slotHolders(), len(next.Brought)), refused).
		WithHint(hint)
}

// named keeps the names of whom a slot is about.
func named(says slot.Slot, known ...map[stele.Subject]string) map[stele.Subject]string {
	about := says.Excluded
	for _, r := range says.Restrictions {
		about = append(slices.Clip(about), r.Sources...)
	}
	names := map[stele.Subject]string{}
	for _, subject := range about {
		for _, k := range known {
			if name := k[subject]; name != "" {
				names[subject] = name
			}
		}
	}
	return names
}

// settledSlot takes over what was said of emergencies once it is known to count, and drops what
// never will.
func settledSlot(state *State, kind SentKind, happened bool) {
	if kind != SentSlot {
		return
	}
	if happened {
		state.Emergency = state.EmergencyNext
	}
	state.EmergencyNext = Slot{}
}

// MissingSlot names the members that do not have what the owner says of emergencies, by this
// wallet's knowledge: nothing is opened there but to the owner.
func (s *Session) MissingSlot() (names []string) {
	missing := s.missing(s.State().Emergency)
	for _, m := range s.Network.All() {
		if missing[m.Subject] != nil {
			names = append(names, m.Name)
		}
	}
	return names
}

// EmergenciesOpen reports whether any member can open anything in an emergency: not one could in a
// network that was founded before the genesis named the keys for it.
func (s *Session) EmergenciesOpen() bool {
	return slices.ContainsFunc(s.Consortium().GetMembers(), func(m *wire.Member) bool { return len(m.SealKey) != 0 })
}

// missing are the members that lack a slot, with the seal key that it is to be sealed to. One
// of which no key is known opens nothing in an emergency.
func (s *Session) missing(of Slot) map[stele.Subject][]byte {
	missing, lapsed := map[stele.Subject][]byte{}, s.Clock().Sub(of.Since) > slotRenewed
	for _, m := range s.Consortium().GetMembers() {
		member := stele.SubjectOf(m.KeyDocument)
		if len(m.SealKey) != 0 && len(of.Salt) != 0 && (lapsed || of.Brought[member] != seal.RecipientID(m.SealKey)) {
			missing[member] = m.SealKey
		}
	}
	return missing
}

const (
	// slotWait is how long members have to take a slot: their nodes must know the subject.
	slotWait = members.Silence
	// slotAgain is how long they have when it is not what the wallet was asked to do.
	slotAgain = time.Second
	// slotSettles is how long the last of them have, once more than two thirds have it.
	slotSettles = 300 * time.Millisecond
)

// bring seals a subject's slot to each member that lacks it and brings it there. What does not
// get there is brought at the next contact; refused is why not, of one of them: the one that has too much, if any.
func (s *Session) bring(ctx context.Context, subject stele.Subject, of Slot, wait time.Duration) (after Slot, refused error) {
	missing := s.missing(of)
	if len(missing) == 0 {
		return of, nil
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	sealed, err := s.sealAll(subject, of)
	if err != nil {
		return of, err
	}
	brought := maps.Clone(of.Brought)
	if now := s.Clock().UTC(); brought == nil || now.Sub(of.Since) > slotRenewed {
		brought, of.Since = map[stele.Subject]stele.Digest{}, now
	}
	for r := range members.All(ctx, s.Network, func(ctx context.Context, m members.Member) (stele.Digest, error) {
		key := missing[m.Subject]
		if key == nil {
			return of.Brought[m.Subject], nil
		}
		return seal.RecipientID(key), s.putSlot(ctx, m, subject, of, sealed)
	}) {
		switch {
		case r.Err != nil && stele.KindOf(refused) != stele.KindBusy:
			refused = r.Err
		case r.Err == nil && missing[r.Member.Subject] != nil:
			brought[r.Member.Subject] = r.Answer
		}
		if 3*len(brought) > 2*len(s.Consortium().GetMembers()) {
			time.AfterFunc(slotSettles, cancel)
		}
	}
	of.Brought = brought
	return of, refused
}

// putSlot brings a slot to one member, whose node may not have heard of the subject yet.
func (s *Session) putSlot(ctx context.Context, m members.Member, subject stele.Subject, of Slot, sealed []*wire.SlotEnvelope) error {
	commitment, err := of.Commitment()
	if err != nil {
		return err
	}
	envelope, others := sharesOf(sealed, m.Subject)
	return errors.Join(members.Retry(ctx, 50*time.Millisecond, members.Lag, func() bool {
		_, err = m.Directory.PutSlot(ctx, &wire.PutSlotRequest{Slot: wire.Sign(wire.TagSlot, &wire.SealedSlot{
			Chain: s.Consortium().Chain, Audience: m.Subject[:], Subject: subject[:], Commitment: commitment, Envelope: envelope, Capsules: of.Capsules, Others: others, AtMs: s.Clock().UnixMilli(),
		}, s.Keyring().Signer())})
		return stele.KindOf(err) == stele.KindDenied
	}), err)
}

// sealAll seals a subject's slot to every member that has a key for it, in the order of the consortium.
func (s *Session) sealAll(subject stele.Subject, of Slot) (sealed []*wire.SlotEnvelope, err error) {
	salt, err := seal.SaltFrom(of.Salt)
	if err != nil {
		return nil, err
	}
	for _, m := range s.Consortium().GetMembers() {
		member := stele.SubjectOf(m.KeyDocument)
		if len(m.SealKey) == 0 {
			continue
		}
		envelope, err := slot.Seal(m.SealKey, member, subject, salt, of.Document)
		if err != nil {
			return nil, err
		}
		sealed = append(sealed, &wire.SlotEnvelope{Member: member[:], Envelope: envelope})
	}
	return sealed, nil
}

// sharesOf is what a member is brought: its own envelope, and those of the members after it, which have
// theirs from it where they missed it.
func sharesOf(sealed []*wire.SlotEnvelope, member stele.Subject) (own []byte, others []*wire.SlotEnvelope) {
	i := slices.IndexFunc(sealed, func(e *wire.SlotEnvelope) bool { return string(e.Member) == string(member[:]) })
	if i < 0 {
		return nil, nil
	}
	others = slices.Concat(sealed[i+1:], sealed[:i])
	return sealed[i].Envelope, others[:min(len(others), slot.MaxOthers)]
}

// BringSlot brings what the owner says of emergencies to the members that lack it, by this wallet's
// knowledge. MissingSlot says afterwards to which it did not come.
func (s *Session) BringSlot(ctx context.Context) error { return s.bringAgain(ctx, slotAgain) }

// bringAgain brings to members what has not got there, or what a new one, or one with a new
// key, does not have. It is tried whenever the wallet has to do with the network.
func (s *Session) bringAgain(ctx context.Context, wait time.Duration) error {
	before := s.State().Emergency
	after, _ := s.bring(ctx, s.Subject(), before, wait)
	if err := s.bringEnrolled(ctx, wait); err != nil {
		return err
	}
	if after.Since.Equal(before.Since) && maps.Equal(after.Brought, before.Brought) {
		return nil
	}
	return s.change(func(_ *book.Change, state *State) error {
		if string(state.Emergency.Salt) == string(before.Salt) {
			state.Emergency.Brought, state.Emergency.Since = after.Brought, after.Since
		}
		return nil
	})
}

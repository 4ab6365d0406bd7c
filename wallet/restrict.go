package wallet

import (
	"context"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// What is restricted stands in the one slot that everybody has, with what is said of emergencies:
// the ledger tells that something was said anew, and nobody what.

// Restrictions lists what the owner has restricted, in the order in which that was said. It fails
// as Says does where this wallet does not know it; but where nothing was said since the chart was made, by
// this wallet or another, nothing is restricted: charts are made with a slot that says nothing.
func (s *Session) Restrictions(ctx context.Context) ([]slot.Restriction, error) {
	counts, err := s.counts(ctx)
	if err != nil {
		return nil, err
	}
	says, err := s.saysBy(counts)
	if stele.KindOf(err) == stele.KindNotFound && counts.unsaid() {
		return nil, nil
	}
	return says.Restrictions, err
}

// Restrict restricts a part of the chart: from the block on in which it is said nobody but the
// owner opens it, whatever they were granted. names is what the sources are called that it names;
// it stays in the wallet. Of single records, siblings are the others of their folios (slot.Beside), which
// stay open by capsules of their own; those that are not given are as if they were restricted. It fails with KindExists for what is restricted
// already, with KindInvalid for what restricts nothing or was said without a warning, with
// KindUsage for more than there is room for and in a network some of whose members have no key
// for slots, and else as SetEmergency does.
func (s *Session) Restrict(ctx context.Context, r slot.Restriction, names map[stele.Subject]string, siblings ...Single) (stele.Outcome, error) {
	return s.RestrictAll(ctx, []slot.Restriction{r}, names, siblings...)
}

// RestrictAll is Restrict of several parts at once.
func (s *Session) RestrictAll(ctx context.Context, all []slot.Restriction, names map[stele.Subject]string, siblings ...Single) (stele.Outcome, error) {
	const op = "restrict"
	if !s.restrictionsHold() {
		return stele.Outcome{}, stele.E(op, stele.KindUsage, "this network was founded before its members had keys for what you restrict: they could not know it", nil).
			WithHint("take the grants back instead: stele wallet revoke")
	}
	says, err := s.Says(ctx)
	if err != nil {
		return stele.Outcome{}, err
	}
	if slices.ContainsFunc(all, func(r slot.Restriction) bool { return slices.ContainsFunc(says.Restrictions, r.Same) }) {
		return stele.Outcome{}, stele.E(op, stele.KindExists, "that is restricted already", nil).WithHint("stele wallet restrict list says what is")
	}
	says.Restrictions = slices.Concat(says.Restrictions, all)
	return s.say(ctx, says, names, siblings...)
}

// RestrictAnew says all restrictions anew, each in its place and with no less: those of single records are
// closed over what was delivered since. It fails with KindInvalid where anything would be lifted, and
// else as Restrict does.
func (s *Session) RestrictAnew(ctx context.Context, all []slot.Restriction, siblings ...Single) (stele.Outcome, error) {
	says, err := s.Says(ctx)
	if err != nil {
		return stele.Outcome{}, err
	}
	less := len(all) != len(says.Restrictions)
	for i, r := range says.Restrictions {
		less = less || !all[i].Includes(r)
	}
	if less {
		return stele.Outcome{}, stele.E("restrict", stele.KindInvalid, "something would be lifted", nil)
	}
	says.Restrictions = all
	return s.say(ctx, says, nil, siblings...)
}

// Lift takes the n-th restriction back, counted from 1. siblings are as in Restrict, by what is restricted
// then. It fails with KindUsage where there is none such, and else
// as SetEmergency does.
func (s *Session) Lift(ctx context.Context, n int, siblings ...Single) (stele.Outcome, error) {
	says, err := s.Says(ctx)
	if err != nil {
		return stele.Outcome{}, err
	}
	if n < 1 || n > len(says.Restrictions) {
		return stele.Outcome{}, stele.E("lift restriction", stele.KindUsage, "there is no restriction of that number", nil).
			WithHint("list them with: stele wallet restrict list")
	}
	says.Restrictions = slices.Delete(slices.Clone(says.Restrictions), n-1, n)
	return s.say(ctx, says, nil, siblings...)
}

// besideRestricted makes the capsules that go with a slot: of what lies in one folio with restricted records and
// is not. Those that the wallet has stay as they are. It fails with KindUsage for too many.
func (s *Session) besideRestricted(says slot.Slot, siblings []Single) ([]byte, error) {
	had, err := slot.ReadCapsules(s.State().Emergency.Capsules)
	if err != nil {
		return nil, err
	}
	all, has := slot.Capsules{}, map[slot.Record]bool{}
	add := func(of slot.Record, capsule func() ([]byte, error)) error {
		if has[of] || !says.Beside(of) {
			return nil
		}
		has[of] = true
		raw, err := capsule()
		all[of.Folio] = append(all[of.Folio], &wire.RecordCapsule{Handle: of.Handle[:], Capsule: raw})
		return err
	}
	for folio, records := range had {
		for _, r := range records {
			if err := add(slot.Record{Folio: folio, Handle: stele.ID(r.Handle)}, func() ([]byte, error) { return r.Capsule, nil }); err != nil {
				return nil, err
			}
		}
	}
	committee, chain := s.Committee(), s.Consortium().Chain
	for _, single := range siblings {
		of := slot.Record{Folio: wire.FolioDigest(single.Place.Head), Handle: single.Handle}
		if err := add(of, func() ([]byte, error) {
			label := wire.RecordLabelBytes(chain, committee.Key, s.Subject(), of.Folio, of.Handle, stele.ID{})
			return threshold.Encrypt(committee.Key, label, (*[32]byte)(&single.Key))
		}); err != nil {
			return nil, err
		}
	}
	return all.Encode()
}

// restrictionsHold reports whether every member can know what is restricted: one without a key for
// slots could not.
func (s *Session) restrictionsHold() bool {
	return !slices.ContainsFunc(s.Consortium().GetMembers(), func(m *wire.Member) bool { return len(m.SealKey) == 0 })
}

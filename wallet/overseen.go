package wallet

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Overseen is an opening in an emergency as the organisation's register has it, and where it
// stands on the ledger.
type Overseen struct {
	Activation stele.ID
	Subject    stele.Subject // the patient
	At         time.Time     // when the desk signed
	Card       *wire.Card    // of whoever opened, as the desk checked it
	Reason     string
	Role       string
	Stale      []string // kinds of credential whose status nobody could know

	ManyOfUser, ManyOfFacility bool // an alarm's numbers were exceeded that day

	Asked    stele.Grant // as the register has it: what the ledger is asked by
	OnLedger bool        // what follows is from there; else it was signed and never used, or too few members answer
	Ledger   stele.Grant // status, end, review
	Openings uint32      // how often the chart was opened under it; 0: never, or members do not agree yet
}

// Overdue reports whether somebody should have looked at it by now, and nobody has.
func (o Overseen) Overdue(now time.Time) bool {
	return o.OnLedger && o.Ledger.Review == 0 && !o.Ledger.ReviewBy.After(now)
}

// Oversee reads the organisation's register of openings in an emergency, the oldest first, and asks the
// ledger about each. It fails with KindUsage for who is no member, with KindUnreachable when
// the member is down, and with KindProof when an entry is not what the member's desk writes.
func (s *Session) Oversee(ctx context.Context) ([]Overseen, error) {
	const op = "read register of emergencies"
	m := s.Member(s.Subject())
	if m == nil {
		return nil, stele.E(op, stele.KindUsage, "only a member of the network has a register", nil)
	}
	var all []Overseen
	for since := uint64(0); ; {
		page, err := m.Emergency.ListActivations(ctx, &wire.ListActivationsRequest{Request: s.OwnRequest(m.Subject, since)})
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			if string(e.KeyId) != string(idOf(s.Keyring().SealKey())) {
				continue // to another device of the organisation's
			}
			o, g, err := s.openEntry(e)
			if err != nil {
				return nil, err
			}
			o.Asked = g
			all = append(all, o)
		}
		if page.Next <= since {
			break
		}
		since = page.Next
	}
	work := new(errgroup.Group)
	work.SetLimit(MaxAsked)
	for i := range all {
		work.Go(func() error {
			is, err := s.onLedger(ctx, all[i].Asked)
			all[i].OnLedger, all[i].Ledger = err == nil, is
			if err == nil {
				all[i].Openings, _ = s.openingsUnder(ctx, all[i].Asked) // nobody is kept waiting for it, nor what stands
			}
			return nil
		})
	}
	return all, work.Wait()
}

// openingsUnder asks how often a chart was opened under an activation. It is asked apart from where that stands: members that are
// a block apart agree on the one while they count differently.
func (s *Session) openingsUnder(ctx context.Context, g stele.Grant) (uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, othersTimeout)
	defer cancel()
	is, err := s.ledgerGrant(ctx, g, func(is stele.Grant) stele.Grant { return stele.Grant{Uses: is.Uses} })
	return is.Uses, err
}

func idOf(k *seal.SealKey) []byte {
	id := k.ID()
	return id[:]
}

// openEntry opens an entry of the register. It returns what the ledger knows of it, too.
func (s *Session) openEntry(e *wire.SealedDetail) (o Overseen, g stele.Grant, err error) {
	wrong := func(err error) (Overseen, stele.Grant, error) {
		return o, g, stele.E("read register of emergencies", stele.KindProof, "an entry is not what a desk writes", err)
	}
	id, err := stele.IDFrom(e.Id)
	if err != nil {
		return wrong(err)
	}
	raw, err := s.Keyring().SealKey().Open(seal.TagActivated, wire.DetailContext(s.Subject(), id), e.Sealed)
	if err != nil {
		return wrong(err)
	}
	entry, said, card := new(wire.Activated), new(wire.AccessDetail), new(wire.Card)
	if err := wire.Decode(raw, entry); err != nil {
		return wrong(err)
	}
	if err := wire.Decode(entry.Detail, said); err != nil {
		return wrong(err)
	}
	if err := wire.Decode(said.GetCard().GetBody(), card); err != nil {
		return wrong(err)
	}
	o = Overseen{
		At: time.UnixMilli(entry.TimeMs).UTC(), Card: card, Reason: said.Reason, Role: entry.Role, Stale: entry.Stale,
		ManyOfUser: entry.ManyOfUser, ManyOfFacility: entry.ManyOfFacility,
	}
	if o.Activation, err = stele.IDFrom(entry.Activation); err != nil {
		return wrong(err)
	}
	if o.Subject, err = stele.SubjectFrom(entry.Subject); err != nil {
		return wrong(err)
	}
	salt, err := seal.SaltFrom(entry.DetailSalt)
	if err != nil {
		return wrong(err)
	}
	return o, stele.Grant{
		ID: o.Activation, Subject: o.Subject, Action: stele.ActionRead, Grantee: wire.Key(entry.Grantee),
		Commitment: seal.Commit(salt, seal.TagDetail, entry.Detail),
	}, nil
}

package wallet

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// statuses is what the own log says of grants; nil where it could not be had.
type statuses struct {
	known  map[stele.ID]string
	given  []stele.ID             // in the order of the log
	end    map[stele.ID]time.Time // of each given
	by     map[stele.ID][]string  // the members that gave it before the owner claimed the chart
	action map[stele.ID]stele.Action
	under  map[stele.ID]stele.ID // of what who acts for the owner gave: the delegation that it was given under
	left   map[stele.ID]uint32   // how often each may be used yet, of those that may be used so often and no more
	dead   map[stele.ID]bool     // of what was given for somebody: their death is recorded
	died   bool                  // the owner's is
	now    time.Time

	merged    bool       // whether the chart is merged into another there
	before    []stele.ID // what was given before it was
	meanwhile []stele.ID // what was given since
}

// givenBack is where a grant stands that its holder has ended.
const givenBack = "given back"

// unknown are the grants on the log that this wallet has no document of.
func (st statuses) unknown(known []wallet.Given) (ids []stele.ID) {
	for _, id := range st.given {
		if !slices.ContainsFunc(known, func(g wallet.Given) bool { return g.Grant == id }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// delegations are those on the log that this wallet has no document of.
func (st statuses) delegations(known []wallet.Given) []stele.ID {
	return slices.DeleteFunc(st.unknown(known), func(id stele.ID) bool { return st.action[id] != stele.ActionDelegate })
}

// goesOn are the grants that members gave and that hold.
func (st statuses) goesOn() (ids []stele.ID) {
	for _, id := range st.given {
		if len(st.by[id]) > 0 && st.of(id, st.end[id]) == "active" {
			ids = append(ids, id)
		}
	}
	return ids
}

// stranger says of a grant that this wallet has no document of to whom it was given, and all that is
// known of it.
func (st statuses) stranger(id stele.ID) (who, sentence string) {
	over := isOver[st.of(id, st.end[id])]
	goesOn := cmp.Or(over, "It goes on until it ends, or you take it back.")
	if st.merged && slices.Contains(st.before, id) {
		by := "who held it then"
		if len(st.by[id]) > 0 {
			by = strings.Join(st.by[id], " and ")
		}
		return "given before the merge", "Given by " + by + " before the chart was merged with yours: to whom, and what it opens, this wallet can't tell. " + goesOn
	}
	if by := st.by[id]; len(by) > 0 {
		names := strings.Join(by, " and ")
		return "given by " + names + " before you claimed", "Given by " + names + " before you claimed your chart: to whom, and what it opens, only they know. " + goesOn
	}
	return "given, not by this wallet", "This wallet does not know to whom: another device gave it, or who acts for you, or this wallet has forgotten. " + cmp.Or(over, "It can be taken back.")
}

// statusesOf reads the own log: it alone knows what another device gave or took back. What was sent
// and not answered is not known until the log tells of its end. Where the log cannot be had that is
// said, and the wallet's own knowledge shown.
func statusesOf(ctx context.Context, f *cli.Face, s *client.Session) statuses {
	st := statuses{known: map[stele.ID]string{}, end: map[stele.ID]time.Time{}, by: map[stele.ID][]string{}, action: map[stele.ID]stele.Action{}, under: map[stele.ID]stele.ID{}, left: map[stele.ID]uint32{}, dead: map[stele.ID]bool{}, now: s.Clock()}
	unanswered, err := s.Unanswered()
	if err != nil {
		f.Say("%s", cli.Sentence(err))
	}
	for _, t := range unanswered {
		st.known[t.Object] = "not known"
	}
	account, err := s.Log(ctx)
	if err != nil {
		f.Say("your log could not be checked (%s): revocations since are not shown", cli.Sentence(err))
		return st
	}
	f.Behind(account)
	for e, err := range account.Events() {
		if err != nil {
			f.Say("your log could not be read (%s): revocations since are not shown", cli.Sentence(err))
			return st
		}
		about := e.Event.About()
		st.hear(about)
		st.count(about)
		if about.Makes(stele.GrantActive) {
			st.heardFrom(about, func(m []byte) string { return memberName(s, m) })
		}
	}
	if owner := f.Owner(s); owner != s { // a death is the person's, and stands in the log of whose keys speak
		death, err := deathOn(ctx, owner)
		if err != nil {
			f.Say("your log could not be read (%s): whether your death is recorded is not shown", cli.Sentence(err))
		}
		st.died = death != nil
	}
	return st
}

// ask asks the ledger of what was given for others: their logs tell of it, and they alone read those.
// Where members do not say, it is not known.
func (st statuses) ask(ctx context.Context, s *client.Session, given []wallet.Given) {
	for _, g := range given {
		if g.For.IsZero() || st.of(g.Grant, g.End) != "active" {
			continue
		}
		is, err := s.GivenStands(ctx, g)
		switch {
		case stele.KindOf(err) == stele.KindNotFound: // just given, and not there yet
		case err != nil:
			st.known[g.Grant] = "not known"
		case is.Returned:
			st.known[g.Grant] = givenBack
		case is.Status != stele.GrantActive:
			st.known[g.Grant] = is.Status.String()
		}
		if err == nil {
			st.dead[g.Grant] = is.Died
		}
	}
}

// givenBy lists what this wallet gave, and with another member (CoSigned) what is on the ledger or may come there yet,
// and finds out where it stands.
func (st statuses) givenBy(ctx context.Context, s *client.Session) ([]wallet.Given, error) {
	given, err := s.GivenGrants()
	if err != nil {
		return nil, err
	}
	st.ask(ctx, s, given)
	together, err := s.CoSigned()
	if err != nil {
		return nil, err
	}
	for _, g := range together {
		if slices.ContainsFunc(given, func(o wallet.Given) bool { return o.Grant == g.Grant }) {
			continue
		}
		if _, err := s.GivenStands(ctx, g); stele.KindOf(err) == stele.KindNotFound {
			if s.Clock().Sub(g.Made) > wallet.RoundLives {
				continue
			}
			st.known[g.Grant] = notHandedInYet
		}
		st.ask(ctx, s, []wallet.Given{g})
		given = append(given, g)
	}
	return given, nil
}

// notHandedInYet is where a grant stands that two give together and neither has put onto the ledger.
const notHandedInYet = "not handed in"

// hear takes in what the log tells next.
func (st *statuses) hear(about wire.About) {
	if about.Place == wire.PlaceMerge && len(about.Commitment) > 0 { // the chart itself was merged, or parted
		for _, id := range st.meanwhile {
			st.known[id] = cmp.Or(st.known[id], stele.GrantRevoked.String())
		}
		st.merged, st.meanwhile, st.before = about.Merged, nil, slices.Clone(st.given)
	}
	switch {
	case about.Died:
		st.died = true
	case about.Kind == "death undone":
		st.died = false
	}
	if about.Status == 0 { // it tells nothing of a grant
		return
	}
	switch id := stele.ID(about.Grant); {
	case about.GivenBack():
		st.known[id] = givenBack
	case about.Status != stele.GrantActive && st.known[id] == givenBack: // who gave it back has asked under it since
	case about.Status != stele.GrantActive:
		st.known[id] = about.Status.String()
	case about.Place != wire.PlaceEmergency: // no grant: stele breakglass list tells of it
		st.given = append(st.given, id)
		st.end[id] = time.UnixMilli(about.Until).UTC()
		if st.merged && len(about.Delegation) == 0 {
			st.meanwhile = append(st.meanwhile, id)
		}
	}
}

// count takes in how often a grant may be used, and was: each opening and each delivery is a use.
func (st *statuses) count(about wire.About) {
	grant, err := stele.IDFrom(about.Grant)
	switch {
	case err != nil:
	case about.Makes(stele.GrantActive) && about.Uses > 0:
		st.left[grant] = about.Uses
	case (about.Place == wire.PlaceOpening || about.Place == wire.PlaceDelivery) && st.left[grant] > 0:
		st.left[grant]--
	}
}

// heardFrom takes in what a grant is for, and which members gave it.
func (st *statuses) heardFrom(about wire.About, name func([]byte) string) {
	id := stele.ID(about.Grant)
	st.action[id] = about.Action
	if above, err := stele.IDFrom(about.Delegation); err == nil {
		st.under[id] = above
	}
	for _, m := range about.Members {
		st.by[id] = append(st.by[id], name(m))
	}
}

// of is what is known of a grant; what was done to it goes before its end. It falls with the delegation that
// it was given under.
func (st statuses) of(grant stele.ID, end time.Time) string {
	switch {
	case st.known[grant] != "":
		return st.known[grant]
	case !end.After(st.now):
		return "ended"
	}
	if above, by := st.under[grant]; by {
		switch is := st.of(above, st.end[above]); is {
		case "active", stele.GrantUsedUp.String(): // how often who acts has used it does not count here
		case "ended", "not known":
			return is
		default:
			return stele.GrantRevoked.String()
		}
	}
	if left, bound := st.left[grant]; bound && left == 0 {
		return stele.GrantUsedUp.String()
	}
	return "active"
}

package wallet

import (
	"context"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// A death that is recorded is said wherever a chart is shown: who lives learns of the mistake, and
// who treats them, too.

// lives fails with KindDenied where the owner's log has a death of theirs: the ledger takes nothing of their keys
// then but that they live. Commands ask before they ask for a yes; where the log can't be read the ledger says it.
func lives(ctx context.Context, f *cli.Face, s *client.Session) error {
	s = f.Owner(s)
	last, err := deathOn(ctx, s)
	if err != nil || last == nil {
		return nil
	}
	return stele.E("change chart", stele.KindDenied, recorded(s, last)+", and your keys say nothing then but that you live", nil).
		WithHint("a hospital certifies that you live (" + undoDeath(s.Subject()) + "), and you sign that: stele delegate death FILE; then all is as it was")
}

// deathOn is the event by which a death of the owner's stands on their own log; nil where none does, or
// one was undone.
func deathOn(ctx context.Context, s *client.Session) (last *wire.Event, err error) {
	log, err := s.Log(ctx)
	if err != nil {
		return nil, err
	}
	for e, err := range log.Events() {
		if err != nil {
			return nil, err
		}
		switch about := e.Event.About(); {
		case about.Died:
			last = e.Event
		case about.Kind == "death undone":
			last = nil
		}
	}
	return last, nil
}

// recorded says since when the owner's death is recorded, and by whom.
func recorded(s *client.Session, death *wire.Event) string {
	at := terminal.Until(time.UnixMilli(death.TimeMs))
	if death.About().Place == wire.PlaceMerge {
		return "your death is recorded since your chart was merged with another, from which it was parted on " + at + ": it was said of both"
	}
	return "your death is recorded since " + at + ", by " + memberName(s, death.About().Member) + " and who acts for you"
}

// deadOnLog says that the owner's own log has a death of theirs, and since when; nothing where it has
// none, or one that was undone.
func deadOnLog(ctx context.Context, s *client.Session) (lines []string, err error) {
	last, err := deathOn(ctx, s)
	if err != nil || last == nil {
		return nil, err
	}
	where := ""
	if s.Subject() != s.Keyring().Speaks() {
		where = " (in the log of the chart " + s.Subject().String() + ", which is yours, too)"
	}
	return []string{recorded(s, last) + where + ": your keys give nothing, take nothing back and restrict nothing, and nobody opens your chart in an emergency. A hospital has the mistake undone " +
		"(" + undoDeath(s.Subject()) + "), and you sign that: stele delegate death FILE"}, nil
}

// deadOnLogs is deadOnLog of the charts that are merged into the owner's, too: a death on one is the person's.
func deadOnLogs(ctx context.Context, f *cli.Face, s *client.Session) ([]string, error) {
	lines, err := deadOnLog(ctx, f.Owner(s))
	if err != nil || len(lines) > 0 {
		return lines, err
	}
	return lines, f.Others(ctx, s, func(other *client.Session) error {
		more, err := deadOnLog(ctx, other)
		lines = append(lines, more...)
		return err
	})
}

// deadUnder says of a chart that was opened under a grant that a death of the patient is recorded, as
// far as members tell.
func deadUnder(ctx context.Context, s *client.Session, subject stele.Subject, chart *reading.Chart) []string {
	held, err := s.HeldToRead(subject)
	if err != nil {
		return nil
	}
	for _, h := range held {
		if h.Grant != chart.Access.Grant {
			continue
		}
		if died, err := s.Died(ctx, h); err == nil && died {
			return []string{"a death of this patient is recorded. If the patient lives, a hospital has the mistake undone: " + undoDeath(subject)}
		}
	}
	return nil
}

// undoDeath is the command by which a hospital certifies that somebody lives.
func undoDeath(subject stele.Subject) string {
	return "stele member death certify " + subject.String() + " --undo --says WHY --out FILE"
}

// notActing is why a chart does not open to who acted for its owner, where that is that the owner has died.
func notActing(s *client.Session, subject stele.Subject, err error) error {
	held, wrong := s.HeldToRead(subject)
	fell := func(h wallet.Held) bool { return heldStatus(s, h) == "died" }
	if stele.KindOf(err) != stele.KindDenied || wrong != nil || !slices.ContainsFunc(held, fell) ||
		slices.ContainsFunc(held, func(h wallet.Held) bool { return heldStatus(s, h) == "held" }) {
		return err
	}
	return stele.E("open chart", stele.KindDenied, "the patient's death is recorded: you act for them no more", err).
		WithHint("if the patient lives, a hospital has the mistake undone: " + undoDeath(subject))
}

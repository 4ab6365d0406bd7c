package wallet

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wallet"
)

// Where a grant stands is one word, the same on every screen and with both who gave it and who holds it: what
// nobody is told of unasked is asked before it is shown.

// begins is where an executor's delegation stands before the death.
const begins = "begins with the death"

// fell is where what an executor gave stands once the death is undone.
const fell = "fell"

// givenStatus is where a grant stands that the owner gave: of their own chart, or for whom they act.
func givenStatus(status statuses, g wallet.Given) string {
	is := standing(status.of(g.Grant, g.End), g.Action, g.Document, status.died && g.For.IsZero() || status.dead[g.Grant])
	if dead, asked := status.dead[g.Grant]; is == "active" && asked && !dead && wallet.ByExecutor(g.Above) {
		return fell
	}
	return is
}

// heldStatus is where a grant stands that the owner holds, as far as members have said it.
func heldStatus(s *client.Session, h wallet.Held) string {
	is := standing(heldOf(s.Clock(), h), h.Action, h.Document, h.Died)
	if is != "held" || h.Action != stele.ActionDelegate {
		return is
	}
	g, err := consent.Parse(h.Document)
	if err == nil && len(g.Delegation.Acts) > 0 && h.Acts(g.Delegation.Acts[0], s.Clock()) != nil { // a child has come of age
		return "over"
	}
	return is
}

// heldOf is where a grant stands that the owner holds, whatever it is for.
func heldOf(now time.Time, h wallet.Held) string {
	switch {
	case h.Returned:
		return givenBack
	case h.Over && h.Stands != 0:
		return h.Stands.String()
	case h.Over && wallet.ByExecutor(h.Above) && !h.Died:
		return fell
	case h.Over:
		return "over"
	case !h.End.After(now):
		return "ended"
	}
	return "held"
}

// standing is where a grant stands that is so by itself, once it is known whether the death of whose chart it opens is
// recorded: of delegations that hold an executor's begins with it, and every other falls.
func standing(is string, action stele.Action, document []byte, dead bool) string {
	if action != stele.ActionDelegate || is != "active" && is != "held" {
		return is
	}
	g, err := consent.Parse(document)
	switch executor := err == nil && g.Delegation.Kind == consent.Executor; {
	case dead && !executor:
		return "died"
	case !dead && executor:
		return begins
	}
	return is
}

// askActing finds out where the delegations stand by which the owner acts, and for whom a death is recorded.
func askActing(ctx context.Context, s *client.Session) error {
	held, err := s.Delegations()
	if err != nil {
		return err
	}
	return s.AskWhoLives(ctx, held)
}

package wallet

import (
	"context"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

const grantFlag = "under this one of several grants (default: that which allows most of it)"

// question reads the flags, but for the grant, which is known by its patient only.
func (o opening) question() (q reading.Question, err error) {
	purpose, err := cli.Purposes([]string{o.purpose})
	if err != nil {
		return q, err
	}
	asked, err := cli.Categories(o.categories)
	if err != nil {
		return q, err
	}
	return reading.Question{Purpose: purpose[0], Categories: asked, Reason: o.reason}, nil
}

// heldGrant finds a grant that is held of a patient by the beginning of its id; the zero
// id where nothing is said.
func heldGrant(s *client.Session, subject stele.Subject, text string) (stele.ID, error) {
	if text == "" {
		return stele.ID{}, nil
	}
	held, err := s.HeldToRead(subject)
	if err != nil {
		return stele.ID{}, err
	}
	held = slices.DeleteFunc(held, func(h wallet.Held) bool { return !strings.HasPrefix(h.Grant.String(), strings.ToLower(text)) })
	switch len(held) {
	case 1:
		return held[0].Grant, nil
	case 0:
		return stele.ID{}, stele.E("find grant", stele.KindNotFound, "this wallet holds no grant "+text+" of this patient to read", nil).
			WithHint("stele wallet grants lists them")
	}
	return stele.ID{}, stele.E("find grant", stele.KindUsage, stele.Count(len(held), "grant begins", "grants begin")+" with "+text, nil).WithHint("give more of the id")
}

// grantOf says under which grant a chart was opened, what of it, and what was asked for
// that is not in it: a chart without medicines is not one of somebody who takes none.
func grantOf(s *client.Session, chart *reading.Chart, q reading.Question) string {
	h, err := s.Charts.GrantOf(chart)
	if err != nil {
		return "under which grant it was opened can't be read: " + cli.Sentence(err)
	}
	if h == nil {
		return ""
	}
	says := "opened under grant " + h.Grant.Short() + ": " + scopeOf(h.Document)
	if len(q.Categories) == 0 {
		return says + "; what else there may be is not shown"
	}
	in := h.Allows(q.Categories)
	says += "; of that only " + cli.JoinWords(in) + ", as asked"
	if out := slices.DeleteFunc(slices.Clone(q.Categories), func(c stele.Category) bool { return slices.Contains(in, c) }); len(out) > 0 {
		says += ". Not in the grant, and not shown: " + cli.JoinWords(out)
	}
	return says
}

// askedOf are the categories that a chart was opened for: those named, or all that its grant allows
// something of.
func askedOf(s *client.Session, chart *reading.Chart, q reading.Question) []stele.Category {
	if len(q.Categories) > 0 {
		return q.Categories
	}
	h, err := s.Charts.GrantOf(chart)
	if err != nil || h == nil {
		return stele.Categories()
	}
	return h.Allows(stele.Categories())
}

// besides names the patient's other grants that may be used and allow more or else: what
// they allow is not in this chart.
func besides(ctx context.Context, f *cli.Face, s *client.Session, chart *reading.Chart, q reading.Question) {
	others, err := s.Charts.OtherGrants(chart, q.Purpose)
	if err == nil && len(others) > 0 { // one that is worth nothing is not pointed to
		if err = s.AskStands(ctx, others); err == nil {
			others, err = s.Charts.OtherGrants(chart, q.Purpose)
		}
	}
	if err != nil {
		f.Say("%s", cli.Sentence(err))
	}
	for _, h := range others {
		f.SayWrapped("you hold another grant of this patient, " + h.Grant.Short() + ": " + scopeOf(h.Document) + " (--grant " + h.Grant.Short() + ")")
	}
}

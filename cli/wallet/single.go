package wallet

import (
	"context"
	"slices"
	"strings"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wallet"
)

// singles looks for single records in the own chart, says which they are, and puts them into the
// terms: with the categories of these, and what they are marked as.
func singles(ctx context.Context, f *cli.Face, s *client.Session, words []string, t *wallet.Terms) error {
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		return err
	}
	defer faults(f, s, in.chart)
	records, err := in.each(f, words)
	if err != nil {
		return cli.NotHere(err)
	}
	f.FoundIn(s)
	if len(records) > wallet.MaxSingles {
		return cli.Usage("a grant is for 16 single records at most", "give two grants, or one for a category")
	}
	for _, r := range records {
		single, err := s.Charts.Single(r)
		if err != nil {
			return err
		}
		t.Records = append(t.Records, single)
		t.Categories = append(t.Categories, r.Label.Category)
		t.Sensitivity = append(t.Sensitivity, r.Label.Sensitivity...)
		f.Say("record %s is %s: %s", r.Handle, nameOf(r), strings.Join(in.lines(r.Handle), ", "))
	}
	restrictedToo(ctx, f, s, records)
	return nil
}

// restrictedToo warns of a grant of what the owner has restricted: it opens nothing of that.
func restrictedToo(ctx context.Context, f *cli.Face, s *client.Session, records []reading.Record) {
	all, err := s.Restrictions(ctx)
	if err != nil { // another device may have said it: the network knows, and this wallet does not
		return
	}
	for _, r := range records {
		if slices.ContainsFunc(all, func(x slot.Restriction) bool { return restricts(x, r) }) {
			f.SayWrapped("you have restricted " + nameOf(r) + ": the grant does not open it until you lift that (stele wallet restrict list)")
		}
	}
}

package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wallet"
)

// Delegation is a grant to act for somebody, as flags say it.
type Delegation struct {
	Kind  string
	OfAge string // of a parent: YYYY-MM-DD
	Acts  []string
}

// Parent reports whether it is a parent's, which ends on the day of --of-age.
func (d *Delegation) Parent() bool { return d.Kind == string(consent.Parent) }

// AddTo adds the flags; what d says is their default. with is the flag that they go with, "with --delegate, ", and
// comes is who comes of age: "you come".
func (d *Delegation) AddTo(flags *pflag.FlagSet, with, comes string) {
	flags.StringVar(&d.Kind, "kind", d.Kind, with+"as what: "+JoinWords(consent.DelegateKinds()))
	flags.StringSliceVar(&d.Acts, "acts", d.Acts, with+"what they may do: "+JoinWords(consent.Acts()))
	flags.StringVar(&d.OfAge, "of-age", "", "of a parent: the day on which "+comes+" of age, YYYY-MM-DD")
}

// Check fails with KindUsage for a kind or an act that there is not, and where --of-age is of no parent, or
// missing; parent are the flags that say a parent's: "--kind parent".
func (d *Delegation) Check(parent string) error {
	switch {
	case !slices.Contains(consent.DelegateKinds(), consent.DelegateKind(d.Kind)):
		return Usage("as what do they act?", "say --kind with one of "+JoinWords(consent.DelegateKinds()))
	case d.Parent() != (d.OfAge != ""):
		return Usage("a parent's rights end when the child comes of age, and no other's do", "say "+parent+" --of-age 2044-11-30, or leave --of-age out")
	}
	for _, a := range d.Acts {
		if !slices.Contains(consent.Acts(), consent.Act(a)) {
			return Usage(fmt.Sprintf("there is no act %q", a), "the acts are "+JoinWords(consent.Acts()))
		}
	}
	return nil
}

// Into says it in a grant's terms: a parent's end with the day of --of-age. It fails with KindUsage for a day
// that is none, or not to come.
func (d *Delegation) Into(t *wallet.Terms, now time.Time) error {
	t.Action, t.Delegation.Kind = stele.ActionDelegate, consent.DelegateKind(d.Kind)
	for _, a := range d.Acts {
		t.Delegation.Acts = append(t.Delegation.Acts, consent.Act(a))
	}
	if d.OfAge == "" {
		return nil
	}
	day, ok := consent.ParseDate(d.OfAge)
	if !ok || day.Day == 0 || !day.Start().After(now) {
		return Usage("the day of --of-age is no day to come", "a whole date: 2044-11-30")
	}
	t.Delegation.OfAge, t.End = day, wallet.OfAgeEnd(day)
	return nil
}

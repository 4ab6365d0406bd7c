package care

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

// proposing is a grant for a patient whom nobody has claimed, as flags say it.
type proposing struct {
	to, lasts             string
	read, write, delegate bool
	categories            []string
	as                    cli.Delegation
	file                  cli.Target
}

// How long such a grant lasts unless another time is named; the ledger takes 90 days to read, and
// 366 to write.
const (
	careTerm   = "7d"
	sourceTerm = "1y"
	carerTerm  = "1y"
)

func patientPropose(f *cli.Face) *cobra.Command {
	p := proposing{as: cli.Delegation{Kind: string(consent.Parent), Acts: []string{string(consent.ActRead), string(consent.ActGive), string(consent.ActWrite)}}}
	c := &cobra.Command{
		Use: "propose PATIENT FILE", Short: "Propose a grant for a patient whom nobody has claimed, and sign it", Args: cli.Exactly("your number for the patient or a DID", "the file to write"),
		Long: "Two members of different kinds give for a person who has no device: one proposes, another\n" +
			"signs (stele patient sign FILE), either hands it in (stele patient submit FILE). The file is\n" +
			"good for " + wallet.RoundWords + ". What they give is for direct care: treatment, nothing that is marked\n" +
			"as sensitive, for 90 days at most to read and a year to write. --delegate lets somebody act\n" +
			"for the person, such as a newborn's mother, until the child comes of age.",
		Example: "  stele patient propose 4711 write.proposal --write --to \"Northside Hospital\" --as hospital-a\n" +
			"  stele patient propose 4711 read.proposal --read --to Okafor --as hospital-a\n" +
			"  stele patient propose 4712 mother.proposal --delegate --of-age 2044-11-30 --to \"Ana Alvar\" --as hospital-a",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := p.check(); err != nil {
				return err
			}
			p.file.Path = args[1]
			if err := p.file.Free(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return propose(cmd.Context(), f, s, args[0], p) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&p.to, "to", "", "who: a name, or a DID (stele wallet contacts lists them)")
	flags.BoolVar(&p.read, "read", false, "to read the chart")
	flags.BoolVar(&p.write, "write", false, "to add to the chart")
	flags.BoolVar(&p.delegate, "delegate", false, "to act for the person")
	flags.StringSliceVar(&p.categories, "categories", nil, "these parts of the chart alone, such as allergies,medications (stele words categories)")
	flags.StringVar(&p.lasts, "for", "", "how long: 24h, 7d, 26w (default 7d to read, a year otherwise)")
	p.as.AddTo(flags, "with --delegate, ", "the child comes")
	flags.BoolVar(&p.file.Force, "force", false, cli.ForceFlag)
	return c
}

// check fails with KindUsage for flags that contradict each other.
func (p proposing) check() error {
	n := 0
	for _, is := range []bool{p.read, p.write, p.delegate} {
		if is {
			n++
		}
	}
	switch {
	case n != 1:
		return cli.Usage("to read, to write, or to act for the person?", "say one of --read, --write and --delegate")
	case p.to == "":
		return cli.Usage("to whom?", "name them with --to; stele wallet contacts lists everybody")
	case p.write && len(p.categories) > 0:
		return cli.Usage("a write grant covers every kind of record", "leave out --categories")
	case !p.delegate && p.as.OfAge != "":
		return cli.Usage("--of-age is of a parent, who acts for the person", "say --delegate, too, or leave --of-age out")
	case !p.delegate:
		return nil
	case p.as.Parent() && p.lasts != "":
		return cli.Usage("a parent's delegation ends with the day of --of-age", "leave out --for")
	}
	return p.as.Check("--delegate")
}

// terms reads the flags.
func (p proposing) terms(now time.Time) (t wallet.Terms, err error) {
	lasts := careTerm
	switch {
	case p.write:
		lasts = sourceTerm
	case p.delegate:
		lasts = carerTerm
	}
	term, err := cli.TermFrom(now, cmp.Or(p.lasts, lasts))
	if err != nil {
		return t, err
	}
	switch {
	case p.read && term > 90*24*time.Hour:
		return t, cli.Usage("two members give reading for 90 days at most", "say less with --for; give it anew then")
	case p.write && term > 366*24*time.Hour:
		return t, cli.Usage("two members give writing for 366 days at most", "say less with --for; give it anew then")
	}
	end := now.Add(term)
	if p.write {
		return wallet.DirectCareWrite(end), nil
	}
	t = wallet.Terms{Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories}, End: end}
	if len(p.categories) > 0 {
		if t.Categories, err = cli.Categories(p.categories); err != nil {
			return t, err
		}
	}
	if !p.delegate {
		return t, nil
	}
	t.Purposes = append(t.Purposes, stele.PatientRequest)
	return t, p.as.Into(&t, now)
}

func propose(ctx context.Context, f *cli.Face, s *client.Session, who string, p proposing) error {
	t, err := p.terms(s.Clock())
	if err != nil {
		return err
	}
	patient, err := partyOf(s, who)
	if err != nil {
		return err
	}
	if p.as.OfAge != "" {
		linked, err := s.Links().Of(patient.Subject)
		if err != nil {
			return err
		}
		says, err := comesOfAge(links.Person(linked).Born, t.Delegation.OfAge)
		if err != nil {
			return err
		}
		f.SayWrapped(says)
	}
	if err := lives(ctx, s, patient.Subject); err != nil {
		return err
	}
	name, err := spell.DID(p.to)
	if err != nil {
		return err
	}
	to, err := recipient(ctx, s, name)
	if err != nil {
		return err
	}
	f.SayWrapped("To " + s.Describe(to) + ": the card of " + to.Subject().String() + " says so.")
	made, err := s.ProposeGrant(ctx, patient, to, t)
	if err != nil {
		return err
	}
	return f.SaveProposal(ctx, s, p.file, made)
}

// recipient finds who a grant is for by their card: without one nobody can say who a DID is.
func recipient(ctx context.Context, s *client.Session, who string) (wallet.Contact, error) {
	to, err := s.Find(ctx, who)
	if did, wrong := stele.ParseSubject(who); wrong == nil && stele.KindOf(err) == stele.KindNotFound {
		return to, stele.E("propose grant", stele.KindNotFound, "who "+did.String()+" is can't be checked: no member has a card of theirs", err).
			WithHint("they join with: stele wallet join --at MEMBER; or name somebody of stele wallet contacts")
	}
	return to, err
}

// comesOfAge says on which day a child comes of age by a delegation, and when that is not the 18th birthday by the birth
// date that the link table has, which may be partial or unknown. It fails where it is more than 25 years after that.
func comesOfAge(born string, day consent.Date) (says string, err error) {
	says = "By --of-age the child comes of age on " + day.String() + ", and it ends then"
	birth, ok := consent.ParseDate(born)
	if !ok {
		return says + "; your link table has no birth date to hold that against.", nil
	}
	of18, of25 := birth.Birthday(18), consent.Date{Year: birth.Year, Month: cmp.Or(birth.Month, 12), Day: cmp.Or(birth.Day, 31)}.Birthday(25)
	switch {
	case day.Start().After(of25.Start()):
		return "", cli.Usage("--of-age is more than 25 years after the birth date that your link table has, "+born, "18 would be "+of18.String()+"; a wrong birth date is linked anew: stele patient link")
	case of18 != day && birth.Day != 0:
		says += "; the 18th birthday is on " + of18.String() + ", by the birth date that your link table has"
	}
	return says + ".", nil
}

// nameless is what a patient is called of whom nobody knows the name.
const nameless = "a person of unknown name"

// partyOf finds a patient by number or DID, with the name that this organisation knows.
func partyOf(s *client.Session, who string) (consent.Party, error) {
	subject, err := linked(s.Wallet, who)
	if err != nil {
		return consent.Party{}, err
	}
	if subject.IsZero() {
		return consent.Party{}, cli.Usage("which patient?", "give your number for the patient, or a DID")
	}
	party := consent.Party{Subject: subject, Name: nameless}
	known, err := s.Links().Of(subject)
	for _, l := range known {
		if l.Name != "" {
			party.Name = l.Name
		}
	}
	return party, err
}

func patientMerge(f *cli.Face) *cobra.Command {
	var to cli.Target
	into, why, same := "", "", false
	c := &cobra.Command{
		Use: "merge PATIENT FILE --into PATIENT", Short: "Propose that two charts are one person's, and sign it", Args: cli.Exactly("the chart that turned out to be somebody's", "the file to write"),
		Long: "Who was treated without a name is found to be somebody: from then on whoever signs for the\n" +
			"one chart signs for both. Nothing is moved, and your numbers go on pointing to where they did.\n" +
			"A chart that somebody has claimed is signed for by that person (stele wallet merge sign FILE);\n" +
			"for one that nobody has, two members of different kinds sign (stele patient sign FILE). Undo\n" +
			"it with: stele patient part.",
		Example: "  stele patient merge 4713 doe.proposal --into 4711 --reason \"her sister came\" --as hospital-a",
		RunE: func(cmd *cobra.Command, args []string) error {
			to.Path = args[1]
			if err := to.Free(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				sides, err := sidesOf(s, args[0], into)
				if err != nil {
					return err
				}
				if err := onePerson(f, s, sides[0], sides[1], same); err != nil {
					return err
				}
				if err := mayMerge(cmd.Context(), s, sides, args, into); err != nil {
					return err
				}
				p, err := s.ProposeMerge(sides[0], sides[1], why)
				if err != nil {
					return err
				}
				return f.SaveProposal(cmd.Context(), s, to, p)
			})
		},
	}
	c.Flags().StringVar(&into, "into", "", "whose chart it is: your number for the patient, or a DID")
	c.Flags().StringVar(&why, "reason", "", "how that is known; the two who sign read it, and the ledger does not")
	c.Flags().BoolVar(&same, "confirm", false, "it is the same person, although name, birth date or sex differ")
	c.Flags().BoolVar(&to.Force, "force", false, cli.ForceFlag)
	return c
}

// mayMerge fails where the ledger would refuse a merge whoever signs, as far as it tells this organisation.
func mayMerge(ctx context.Context, s *client.Session, sides []stele.Subject, args []string, into string) error {
	for _, side := range sides {
		if err := lives(ctx, s, side); err != nil {
			return cli.WithHint(err, stele.HintOf(err)+", then they are merged; where it was no mistake it is recorded again, and counts for both then")
		}
	}
	err := s.MayMerge(ctx, sides[0], sides[1])
	switch stele.KindOf(err) {
	case stele.KindInvalid:
		return cli.WithHint(err, "the other way round: stele patient merge "+terminal.Quoted(into)+" "+terminal.Quoted(args[1])+" --into "+terminal.Quoted(args[0])+" --reason WHY")
	case stele.KindExists:
		return cli.WithHint(err, "merge that one, or part this one first: stele patient part")
	}
	return err
}

// lives fails with KindDenied where a death is recorded of whose chart it is, as members tell who holds a write grant.
func lives(ctx context.Context, s *client.Session, subject stele.Subject) error {
	held, err := s.HeldWriteGrant(subject)
	if err != nil {
		return nil // nobody tells, and the ledger decides
	}
	if died, err := s.Died(ctx, held); err == nil && died {
		return stele.E("propose", stele.KindDenied, "a death is recorded of whose chart "+subject.String()+" is", nil).
			WithHint("its record is undone first (stele member death certify " + subject.String() + " --undo --says WHY --out FILE, signed by who acts for them)")
	}
	return nil
}

// onePerson says what the own link table knows of two charts, and fails where it speaks against their
// being one person's: same says that somebody has looked.
func onePerson(f *cli.Face, s *client.Session, from, into stele.Subject, same bool) error {
	if from == into {
		return cli.Usage("that is one chart, named twice", "name the chart that was made when nobody knew who it was, and --into the person's own: stele patient find")
	}
	for _, side := range []stele.Subject{from, into} {
		known, _ := cli.Known(s, side)
		f.SayWrapped(side.String() + ", " + known)
	}
	child, why, err := cli.Apart(s, from, into)
	switch {
	case err != nil:
		return err
	case child:
		return cli.Usage("your link table says that one is the other's child: they are two", "look again which charts are meant: stele patient find")
	case why != "" && !same:
		return stele.E("propose merge", stele.KindExists, "is it the same person? The other has "+why, nil).WithHint("look again; if it is: --confirm")
	}
	return nil
}

// sidesOf finds the two charts of a merge.
func sidesOf(s *client.Session, names ...string) (sides []stele.Subject, err error) {
	for _, name := range names {
		if strings.TrimSpace(name) == "" {
			return nil, cli.Usage("whose chart is it?", "say --into with your number for the patient, or a DID")
		}
		party, err := partyOf(s, name)
		if err != nil {
			return nil, err
		}
		sides = append(sides, party.Subject)
	}
	return sides, nil
}

func patientSign(f *cli.Face) *cobra.Command {
	return f.SignProposalCommand("Says what the proposal would do, from the document that travels in it and that the ledger will\n"+
		"commit to, and asks. Look whom it is about: you say that you know it to be right.",
		func(context.Context, *client.Session) error { return nil })
}

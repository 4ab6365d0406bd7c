package wallet

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/paper"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func walletCard(f *cli.Face) *cobra.Command {
	var to cli.Target
	name, alone := "", false
	c := &cobra.Command{
		Annotations: cli.About(cli.None),
		Use:         "card", Short: "Show or print the card that says whose record to ask for", Args: cli.AtMost(0),
		Long: "A page with a card to cut out and carry. A facility scans its QR code, or types the\n" +
			"ten groups, where a command wants a patient. The card says whose record to ask for\n" +
			"and nothing of it, and opens nothing. A name is on it only where --name gives one.",
		Example: "  stele wallet card --as elena\n  stele wallet card --as elena --name \"Elena Marchetti\" --save card.pdf",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.Alone(cmd.Context(), func(w *wallet.Wallet) error {
				if w.Kind() == wallet.Organisation {
					return cli.Usage("a card is for a person, and this is an organisation's wallet", "--as takes the wallet of a patient")
				}
				if alone && !f.JSON {
					f.Print("%s", spell.Subject(w.Subject()))
					return nil
				}
				return showCard(f, paper.Card{Name: name, Subject: w.Subject(), Language: consent.Languages()[0]}, to)
			})
		},
	}
	c.Flags().StringVar(&to.Path, "save", "", "the page to write: FILE.pdf or FILE.svg")
	c.Flags().StringVar(&name, "name", "", "a name to print on it, as its owner wants it")
	c.Flags().BoolVar(&alone, "code", false, "print the ten groups alone")
	c.MarkFlagsMutuallyExclusive("code", "save")
	c.Flags().BoolVar(&to.Force, "force", false, cli.ForceFlag)
	return c
}

// showCard shows a card, or writes its page.
func showCard(f *cli.Face, c paper.Card, to cli.Target) error {
	if to.Path != "" {
		if err := to.WritePage("a card", "stele wallet card --save card.pdf", c); err != nil {
			return err
		}
	}
	switch {
	case f.JSON:
		out := map[string]any{"did": c.Subject, "code": spell.Subject(c.Subject), "scan": spell.SubjectScan(c.Subject)}
		if to.Path != "" {
			out["file"] = to.Path
		}
		return f.Emit(out)
	case to.Path != "":
		f.Print("%s", to.Path)
		f.Say("print it in its own size, and cut the card out")
		return nil
	}
	lines, err := c.Responder()
	if err != nil {
		return err
	}
	for _, line := range paper.Blocks(spell.SubjectScan(c.Subject)) {
		f.Print("%s", line)
	}
	f.Print("%s", "")
	groups := strings.Fields(spell.Subject(c.Subject))
	f.Print("%s", strings.Join(groups[:5], " "))
	f.Print("%s", strings.Join(groups[5:], " "))
	f.Print("%s", "")
	for _, line := range lines {
		f.Print("%s", line)
	}
	f.SayWrapped("typed, the groups stand in quotes: stele patient find " + terminal.Quoted(spell.Subject(c.Subject)) + " --as MEMBER")
	f.Say("it opens nothing; print it with: stele wallet card --save card.pdf%s", f.Mine())
	f.Say("what opens in an emergency says: stele wallet emergency show%s", f.Mine())
	return nil
}

package ledger

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/wire"
)

func verifyCommand(f *cli.Face) *cobra.Command {
	network, every := "", false
	c := &cobra.Command{
		Annotations: cli.Leaves("nothing was changed"),
		Use:         "verify FILE", Short: "Check an exported chart, offline: every record, every signature", GroupID: "check", Args: cli.Exactly("the file to check"),
		Long: "Checks a file that stele wallet export wrote, from the network's genesis and the\n" +
			"validators' signatures down to every record. It asks nobody. Without a network\n" +
			"file the genesis is taken from the export; then compare its fingerprint yourself.\n\n" +
			"Checks evidence against a trustee, too: a file that a wallet kept.",
		RunE: func(_ *cobra.Command, args []string) error {
			if strings.HasSuffix(args[0], reading.EvidenceSuffix) {
				return convict(f, args[0], network)
			}
			return verify(f, args[0], network, every)
		},
	}
	c.Flags().StringVar(&network, "network", "", "network file whose genesis the export must begin with (default HOME/network.json if there is one)")
	c.Flags().BoolVar(&every, "every", false, "print every step, not one line for many alike")
	return c
}

func verify(f *cli.Face, path, network string, every bool) error {
	file, err := regular.Open(path)
	if err != nil {
		return regular.Unread("verify export", "the file", path, err).
			WithHint("stele wallet export FILE writes one")
	}
	defer file.Close()
	expect, err := expect(f, network)
	if err != nil {
		return err
	}
	var records counting
	expect.Each = records.each
	start, end := time.Now(), f.Patiently("checking")
	report, err := proof.Verify(file, expect)
	end()
	if f.JSON {
		past, _ := records.past()
		if e := f.Emit(struct {
			proof.Report
			Past []provedRecord `json:"past"` // records that no longer count
		}{report, past}); e != nil {
			return e
		}
		return err
	}
	// Also where the check failed: the steps say at what.
	for _, s := range fold(report.Steps, every) {
		step(f, s)
	}
	for _, n := range report.Notes {
		for i, l := range columns.Wrap(terminal.Clean(n), f.Width-8) {
			f.Print("%s  %s", []string{"note:", "     "}[min(i, 1)], l)
		}
	}
	if err != nil {
		return err
	}
	f.Print("")
	f.Print("whose    %s", report.Subject)
	// A header is signed over what stood when the block before it was final.
	f.Print("as of    block %s of %s", stele.Number(report.Height-1), report.Chain)
	f.Print("signed   %s, in header %s", terminal.Stamp(report.Time), stele.Number(report.Height))
	if report.FromFile {
		f.Print("genesis  %s", report.Fingerprint)
	}
	printPast(f, &records, every)
	f.Print("%s", f.OutStyle.Paint(terminal.Green, fmt.Sprintf("✓ %s, %s, %s: all checked in %s", stele.Count(report.Records, "record", "records"),
		stele.Count(report.Events, "log entry", "log entries"), stele.Count(report.Grants, "grant", "grants"), terminal.Took(time.Since(start)))))
	return nil
}

// convict checks evidence that a wallet kept, against the network's genesis.
func convict(f *cli.Face, path, network string) error {
	raw, err := regular.Read(path, 16<<20)
	if err != nil {
		return regular.Unread("check evidence", "the file", path, err).
			WithHint("a wallet keeps evidence in a folder beside itself, NAME.wallet.evidence")
	}
	n, err := f.NetworkAt(cmp.Or(network, filepath.Join(f.Home, netfile.Name)))
	if err != nil {
		return err
	}
	g, err := proof.ReadGenesis(n.Genesis)
	if err != nil {
		return err
	}
	evidence := new(wire.Misrelease)
	if err := wire.Decode(raw, evidence); err != nil {
		return stele.E("check evidence", stele.KindProof, "it is not evidence that a wallet kept", err)
	}
	member, err := reading.CheckMisrelease(g.History(), evidence)
	if err != nil {
		return err
	}
	name := member.String()
	for _, m := range n.Members {
		if string(m.Subject) == string(member[:]) {
			name = m.Name
		}
	}
	if f.JSON {
		return f.Emit(map[string]any{"trustee": member, "name": name, "released_wrongly": true})
	}
	f.Print("%s", f.OutStyle.Paint(terminal.Green, "✓ the trustee of "+terminal.Clean(name)+" signed an answer that does not hold"))
	return nil
}

// step prints one step.
func step(f *cli.Face, s proof.Step) {
	const names = 22
	mark := terminal.Styled("✓", terminal.Green)
	if !s.OK {
		mark = terminal.Styled("✗", terminal.Red)
	}
	name, text := columns.Clip(terminal.Clean(s.Name), names), s.Text
	if s.Of != "" {
		text += "; told by the trustee of " + s.Of
	}
	for _, l := range columns.Wrap(terminal.Clean(text), f.Width-names-4) {
		pad := strings.Repeat(" ", names-columns.Of(name))
		f.Print("%s %s%s  %s", f.OutStyle.Paint(mark.Style, mark.Text), name, pad, l)
		name, mark.Text = "", " "
	}
}

// differing is what differs between steps that say the same.
var differing = regexp.MustCompile(`\b[a-z2-7]{26}\b|\d+`)

// ofEach is a text that differs between steps, without what differs: its block, not block 7.
var ofEach = regexp.MustCompile(`(\w+) …`)

// together is what steps of a kind say when they are told in one line and each says
// something else.
var together = map[string]string{"header": "signed by more than two thirds of the voting power"}

// fold makes one line of many steps of a kind that held and say the same but
// for numbers and ids; what did not hold stays a line of its own.
func fold(steps []proof.Step, every bool) []proof.Step {
	if every {
		return steps
	}
	type alike struct{ kind, text string }
	kindOf := func(s proof.Step) alike {
		kind, _, _ := strings.Cut(s.Name, " ")
		return alike{kind, differing.ReplaceAllString(s.Text, "…")}
	}
	many, texts := map[alike]int{}, map[alike]map[string]bool{}
	for _, s := range steps {
		if k := kindOf(s); s.OK {
			if many[k]++; texts[k] == nil {
				texts[k] = map[string]bool{}
			}
			texts[k][s.Text] = true
		}
	}
	var out []proof.Step
	for _, s := range steps {
		k := kindOf(s)
		switch n := many[k]; {
		case !s.OK || n == 1:
			out = append(out, s)
		case n > 1:
			many[k] = 0 // the others of this kind are told now
			if s.Name = stele.Number(n) + " " + k.kind + "s"; len(texts[k]) > 1 {
				s.Text = cmp.Or(together[k.kind], ofEach.ReplaceAllString(k.text, "its $1"))
			}
			s.Text = "each " + s.Text
			out = append(out, s)
		}
	}
	return out
}

// expect is what is known of the network without the file. Where nothing is known the export's own
// genesis is taken, and its fingerprint shown to be compared.
func expect(f *cli.Face, network string) (proof.Expect, error) {
	path := cmp.Or(network, filepath.Join(f.Home, netfile.Name))
	if _, err := os.Stat(path); err != nil && network == "" {
		told, err := f.Told()
		return proof.Expect{Fingerprint: told}, err
	}
	n, err := f.NetworkAt(path)
	if err != nil {
		return proof.Expect{}, err
	}
	g, err := proof.ReadGenesis(n.Genesis)
	return proof.Expect{Fingerprint: g.Fingerprint}, err
}

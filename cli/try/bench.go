package try

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/bench"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
)

func benchCommand(f *cli.Face) *cobra.Command {
	var c bench.Config
	var quick, list bool
	command := &cobra.Command{
		Annotations: cli.Leaves("figures printed so far hold; its networks are gone"),
		Use:         "bench", Short: "Measure what is promised in numbers, on this machine", GroupID: "check", Args: cli.AtMost(0),
		Long: "Measures real members and real wallets in the configuration that is shipped, each figure on a network of its " +
			"own in a temporary folder, and prints each value with its target. Let the machine do nothing else meanwhile.\n\n" +
			"Exits with 1 when a target was missed, with --json too. The first line names the machine and the command; with " +
			"--json it is a figure as well (name \"machine\", value: cores).",
		Example: "  stele bench\n  stele bench --full --json > figures.ndjson\n  stele bench --only import --charts synthea --profile profiles",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list {
				return benchList(f)
			}
			if quick && c.Full {
				return cli.Usage("--quick and --full exclude each other", "--quick is what stele bench does by itself")
			}
			c.Log, c.Say = f.Log(), f.Say
			return measure(f, cmd, c)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&quick, "quick", false, "the figures that fit into a minute, in small sizes (default)")
	flags.BoolVar(&c.Full, "full", false, "all figures in full size, growth to a million as well: an hour or so")
	flags.StringSliceVar(&c.Only, "only", nil, "only these figures")
	flags.StringVar(&c.Charts, "charts", "", "folder of FHIR charts to import instead of made-up ones")
	flags.StringVar(&c.Folder, "folder", "", "where networks lie while they are measured (default: where temporary files go)")
	flags.StringVar(&c.Profiles, "profile", "", "folder for pprof profiles of what is measured: .cpu, .heap, .mutex, .block")
	flags.BoolVar(&list, "list", false, "list the figures")
	return command
}

func benchList(f *cli.Face) error {
	t := f.Table(terminal.Column{Title: "FIGURE"}, terminal.Column{Title: "SIZE"}, terminal.Column{Title: "WHAT", Flex: true})
	names, full := bench.Names()
	for i, n := range names {
		size := "quick, full"
		if full[i] {
			size = "full"
		}
		if f.JSON {
			if err := f.Emit(map[string]any{"name": n[0], "what": n[1], "full": full[i]}); err != nil {
				return err
			}
			continue
		}
		t.Row(n[0], size, n[1])
	}
	if !f.JSON {
		t.Flush("there are none")
	}
	return nil
}

func measure(f *cli.Face, cmd *cobra.Command, c bench.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	machine, err := bench.ThisMachine(c.Folder)
	if err != nil {
		return err
	}
	// Before the figures, which say nothing without it.
	command := strings.Join(append([]string{"stele"}, f.Args...), " ")
	if f.JSON {
		err = f.Emit(struct {
			bench.Figure
			Machine bench.Machine `json:"machine"`
			Command string        `json:"command"`
		}{bench.Figure{Name: "machine", Value: float64(machine.Cores), Unit: "cores", OK: true}, machine, command})
		if err != nil {
			return err
		}
	} else {
		f.Print("machine  %s", machine)
		f.Print("command  %s\n", command)
	}
	c.Each = func(v bench.Figure) { benchFigure(f, v) }
	figures, err := bench.Start(cmd.Context(), c)
	if err != nil {
		return err
	}
	if missed := bench.Missed(figures); len(missed) > 0 {
		return stele.E("bench", stele.KindOther, stele.Count(len(missed), "target was", "targets were")+" missed: "+strings.Join(missed, "; "), nil).
			WithHint("docs/performance.md says what each is limited by; was the machine doing anything else?")
	}
	return nil
}

// benchFigure prints a value as soon as it is known.
func benchFigure(f *cli.Face, v bench.Figure) {
	if f.JSON {
		_ = f.Emit(v) // a closed pipe shows at the end
		return
	}
	mark, target := terminal.Styled(" ", ""), ""
	switch {
	case v.Target == nil:
	case v.OK:
		mark, target = terminal.Styled("✓", terminal.Green), v.Target.String()
	default:
		mark, target = terminal.Styled("✗", terminal.Red), v.Target.String()
	}
	line := columns.Pad(v.Name, 51) + " " + columns.PadLeft(v.Show(), 12) + " " + columns.Pad(v.Unit, 9) + " " + target
	f.Print("%s %s", f.OutStyle.Paint(mark.Style, mark.Text), strings.TrimRight(line, " "))
}

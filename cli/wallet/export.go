package wallet

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/terminal"
)

func walletExport(f *cli.Face) *cobra.Command {
	force := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("no file was written")),
		Use:         "export FILE", Short: "Take everything home in one file that anybody can check offline", Args: cli.Exactly("the file to write"),
		Long: "Writes records, log, grants, what the trustees kept, receipts and the signatures\n" +
			"that prove them into one file. It needs no institution's leave. The file is in\n" +
			"the clear: keep it safe. stele verify FILE checks it. Where deliveries that stand\n" +
			"on the log are in no vault that answers, the file lacks them, and the command fails.\n" +
			"A chart that is merged into yours is written into a file of its own beside it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				return exportAll(cmd.Context(), f, s, cli.Target{Path: args[0], Force: force})
			})
		},
	}
	c.Flags().BoolVar(&force, "force", false, cli.ForceFlag)
	return c
}

// exportAll writes the owner's chart into a file, and each that is theirs, too, into one beside it.
func exportAll(ctx context.Context, f *cli.Face, s *client.Session, to cli.Target) error {
	charts, err := f.OtherCharts(ctx, s)
	if err != nil {
		return err
	}
	if err := to.Free(); err != nil { // before an hour's work
		return err
	}
	for _, chart := range charts {
		if err := fileOf(to, chart).Free(); err != nil {
			return err
		}
	}
	return cmp.Or(exportOne(ctx, f, s, to), f.Others(ctx, s, func(other *client.Session) error {
		return exportOne(ctx, f, other, fileOf(to, other.Subject()))
	}))
}

// fileOf is where another chart of the owner's is written: beside theirs, the chart in its name.
func fileOf(own cli.Target, chart stele.Subject) cli.Target {
	ending := filepath.Ext(own.Path)
	own.Path = strings.TrimSuffix(own.Path, ending) + "-" + chart.Short() + ending
	return own
}

// exportOne writes one chart into a file.
func exportOne(ctx context.Context, f *cli.Face, s *client.Session, to cli.Target) error {
	start, end := time.Now(), f.Patiently("exporting")
	var done account.Exported
	err := to.Write(func(w *bufio.Writer) (err error) {
		done, err = s.Account.Export(ctx, w)
		return err
	})
	end()
	if err != nil {
		return err
	}
	notes := []string{}
	for _, fault := range done.Faults {
		notes = append(notes, fault.Member+" "+fault.What)
	}
	if f.JSON {
		if err := f.Emit(map[string]any{
			"did": s.Subject(), "file": to.Path, "records": done.Records, "entries": done.Entries, "grants": done.Grants, "height": done.Height, "notes": notes,
		}); err != nil {
			return err
		}
		return missing("export", done.Missing)
	}
	f.Print("%s", to.Path)
	f.SayWrapped(fmt.Sprintf("%s, %s, %s, as of block %s, in %s", stele.Count(done.Records, "record", "records"), stele.Count(done.Entries, "log entry", "log entries"),
		stele.Count(done.Grants, "grant", "grants"), stele.Number(done.Height), terminal.Took(time.Since(start))))
	f.Say("it is in the clear: keep it safe")
	f.Say("check it with: stele verify %s%s", terminal.Quoted(to.Path), f.Here())
	for _, note := range notes {
		f.Note("%s", note)
	}
	return missing("export", done.Missing)
}

package main

import (
	"bufio"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/wallet"
)

func walletExport(f *face) *cobra.Command {
	force := false
	c := &cobra.Command{
		Use: "export FILE", Short: "Take everything home in one file that anybody can check offline", Args: exactly("the file to write"),
		Long: "Writes records, log, grants, what the trustees kept, receipts and the signatures\n" +
			"that prove them into one file. It needs no institution's leave. The file is in\n" +
			"the clear: keep it safe. stele verify FILE checks it. Where deliveries that stand\n" +
			"on the log are in no vault that answers, the file lacks them, and the command fails.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.as(cmd.Context(), func(s *wallet.Session) error {
				to := target{args[0], force}
				if err := to.free(); err != nil { // before an hour's work
					return err
				}
				start, end := time.Now(), f.patiently("exporting")
				var done wallet.Exported
				err := to.write(func(w *bufio.Writer) (err error) {
					done, err = s.Export(cmd.Context(), w)
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
				if f.json {
					if err := f.emit(map[string]any{
						"file": args[0], "records": done.Records, "entries": done.Entries, "grants": done.Grants, "height": done.Height, "notes": notes,
					}); err != nil {
						return err
					}
					return missing("export", done.Missing)
				}
				f.print("%s", args[0])
				f.sayWrapped(fmt.Sprintf("%s, %s, %s, as of block %s, in %s", count(done.Records, "record", "records"), count(done.Entries, "log entry", "log entries"),
					count(done.Grants, "grant", "grants"), number(done.Height), took(time.Since(start))))
				f.say("it is in the clear: keep it safe")
				f.say("check it with: stele verify %s%s", quoted(args[0]), f.here())
				for _, note := range notes {
					f.say("%s %s", f.errStyle.paint(amber, "note:"), note)
				}
				return missing("export", done.Missing)
			})
		},
	}
	c.Flags().BoolVar(&force, "force", false, forceFlag)
	return c
}

package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

func walletExport(f *face) *cobra.Command {
	return &cobra.Command{
		Use: "export FILE", Short: "Take everything home in one file that anybody can check offline", Args: exactly("the file to write"),
		Long: "Writes records, log, grants, what the trustees kept, receipts and the signatures\n" +
			"that prove them into one file. It needs no institution's leave. The file is in\n" +
			"the clear: keep it safe. stele verify FILE checks it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.as(cmd.Context(), func(s *wallet.Session) error {
				start, end := time.Now(), f.patiently("exporting")
				var done wallet.Exported
				err := replace(args[0], func(w *bufio.Writer) (err error) {
					done, err = s.Export(cmd.Context(), w)
					return err
				})
				end()
				if err != nil {
					return err
				}
				if f.json {
					return f.emit(map[string]any{
						"file": args[0], "records": done.Records, "entries": done.Entries, "grants": done.Grants, "height": done.Height,
					})
				}
				f.print("%s", args[0])
				f.say("%s, %s, %s, as of block %s, in %s", count(done.Records, "record", "records"), count(done.Entries, "log entry", "log entries"),
					count(done.Grants, "grant", "grants"), number(done.Height), took(time.Since(start)))
				f.say("it is in the clear: keep it safe; check it with: stele verify %s", args[0])
				for _, fault := range done.Faults {
					f.say("%s %s %s", f.errStyle.paint(amber, "note:"), fault.Member, fault.What)
				}
				return nil
			})
		},
	}
}

// replace writes a file whole or not at all, readable by its owner only.
func replace(path string, write func(*bufio.Writer) error) error {
	const op = "write file"
	file, err := os.CreateTemp(filepath.Dir(path), ".stele-*")
	if err != nil {
		return stele.E(op, stele.KindOther, "no file can be written in "+filepath.Dir(path), err)
	}
	defer os.Remove(file.Name())
	w := bufio.NewWriterSize(file, 1<<20)
	if err := write(w); err != nil {
		file.Close()
		return err
	}
	if err := errors.Join(w.Flush(), file.Sync(), file.Close()); err != nil {
		return stele.E(op, stele.KindOther, "the file can't be written: "+path, err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return stele.E(op, stele.KindOther, "the file can't be written: "+path, err)
	}
	return nil
}

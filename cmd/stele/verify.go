package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/proof"
)

func verifyCommand(f *face) *cobra.Command {
	network := ""
	c := &cobra.Command{
		Use: "verify FILE", Short: "Check an exported chart, offline: every record, every signature", GroupID: "check", Args: exactly("the file to check"),
		Long: "Checks a file that stele wallet export wrote, from the network's genesis and the\n" +
			"validators' signatures down to every record. It asks nobody. Without a network\n" +
			"file the genesis is taken from the export; then compare its fingerprint yourself.",
		RunE: func(_ *cobra.Command, args []string) error { return f.verify(args[0], network) },
	}
	c.Flags().StringVar(&network, "network", "", "network file whose genesis the export must begin with (default HOME/network.json if there is one)")
	return c
}

func (f *face) verify(path, network string) error {
	file, err := os.Open(path)
	if err != nil {
		return stele.E("verify export", stele.KindNotFound, "the file can't be read: "+path, err).
			WithHint("stele wallet export FILE writes one")
	}
	defer file.Close()
	expect, err := f.expect(network)
	if err != nil {
		return err
	}
	start, end := time.Now(), f.patiently("checking")
	report, err := proof.Verify(file, expect)
	end()
	if f.json {
		if e := f.emit(report); e != nil {
			return e
		}
		return err
	}
	for _, s := range report.Steps {
		mark := cell{"✓", green}
		if !s.OK {
			mark = cell{"✗", red}
		}
		for i, l := range wrap(printable(s.Text), f.width-22) {
			name := printable(s.Name)
			if i > 0 {
				name, mark.text = "", " "
			}
			f.print("%s %-18s  %s", f.outStyle.paint(mark.style, mark.text), clip(name, 18), l)
		}
	}
	for _, n := range report.Notes {
		for i, l := range wrap(printable(n), f.width-8) {
			f.print("%s  %s", []string{"note:", "     "}[min(i, 1)], l)
		}
	}
	if err != nil {
		return err
	}
	f.print("")
	f.print("%s of %s: %s, %s, all checked in %s", f.outStyle.paint(bold, "the chart"), report.Subject,
		count(report.Records, "record", "records"), count(report.Events, "log entry", "log entries"), took(time.Since(start)))
	f.print("as of block %s of %s, %s", number(report.Height), report.Chain, stamp(report.Time))
	if report.FromFile {
		f.print("genesis %s", report.Fingerprint)
	}
	return nil
}

// expect is what is known of the network without the file.
func (f *face) expect(network string) (proof.Expect, error) {
	path := first(network, filepath.Join(f.home, devnet.NetworkFile))
	if _, err := os.Stat(path); err != nil && network == "" {
		return proof.Expect{}, nil
	}
	n, err := devnet.ReadNetwork(path)
	if err != nil {
		return proof.Expect{}, err
	}
	g, err := proof.ReadGenesis(n.Genesis)
	return proof.Expect{Fingerprint: g.Fingerprint}, err
}

package care

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/sources"
	"github.com/stele-health/stele/wallet"
)

func labelCommand(f *cli.Face) *cobra.Command {
	return f.Group("label", "people", "Why a record gets its label, and an organisation's own tables",
		labelExplain(f), labelCheck(f), labelSet(f), labelTables(f))
}

// explaining is what a policy is made of, as flags say it.
type explaining struct {
	labelling wallet.Labelling
	patient   string
}

func labelFlags(c *cobra.Command, l *wallet.Labelling) {
	c.Flags().StringArrayVar(&l.Tables, "labels", nil, "the organisation's own table of labels; may be given again")
	c.Flags().StringSliceVar(&l.Clinics, "clinic", nil, "a kind of clinic that the organisation is: "+strings.Join(labels.Clinics(), ", "))
}

func labelExplain(f *cli.Face) *cobra.Command {
	var e explaining
	c := &cobra.Command{
		Use: "explain PATH…", Short: "Say which label each record of a file gets, and why",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usage("give files or folders with FHIR R4 JSON", "see: "+c.CommandPath()+" --help")
			}
			return nil
		},
		Long: "Reads FHIR R4 resources, Bundles and NDJSON and says for each record its part of\n" +
			"the chart, its sensitivities and its year, and for each sensitivity the code or\n" +
			"word, where it stands, and the row of the table that spoke. Nothing is sent\n" +
			"anywhere. With --as the organisation's own settings count; with --patient what\n" +
			"she chose for records that cannot be classified.",
		Example: "  stele label explain chart.json\n  stele label explain chart.json --as hospital-a --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return explain(cmd.Context(), f, args, e)
		},
	}
	labelFlags(c, &e.labelling)
	c.Flags().StringVar(&e.patient, "patient", "", "whose records: a number that is linked, or a DID; needs --as")
	return c
}

// policy is what the flags and, with --as, the wallet make of it.
func policy(ctx context.Context, f *cli.Face, e explaining) (*labels.Policy, error) {
	source := labels.Source{Clinics: e.labelling.Clinics}
	if named := f.Named(); named != "" {
		w, err := f.OpenWallet(ctx, named)
		if err != nil {
			return nil, err
		}
		defer w.Close()
		own := w.Labelling()
		e.labelling.Tables = append(own.Tables, e.labelling.Tables...)
		source.Clinics = append(own.Clinics, source.Clinics...)
		if e.patient != "" {
			subject, err := linked(w, e.patient)
			if err != nil {
				return nil, err
			}
			if source.Unclassified, err = w.WorstCases(subject, time.Now()); err != nil {
				return nil, err
			}
		}
	} else if e.patient != "" {
		return nil, cli.Usage("whose wallet knows the patient?", "name it with --as")
	}
	p, err := wallet.Labelling{Tables: e.labelling.Tables}.LabelPolicy()
	if err != nil {
		return nil, err
	}
	return p.For(source)
}

func explain(ctx context.Context, f *cli.Face, paths []string, e explaining) error {
	p, err := policy(ctx, f, e)
	if err != nil {
		return err
	}
	all, err := sources.Find(paths)
	if err != nil {
		return err
	}
	shelf := labels.NewShelf()
	marks := map[string]map[int][]fhir.Mark{}
	for _, path := range all.Files { // what records refer to for their meaning may come later
		if marks[path], err = records(path, func(e fhir.Entry) error {
			shelf.Keep(e.FullURL, e.Resource)
			return nil
		}); err != nil {
			return err
		}
	}
	told := explained{}
	for _, path := range all.Files {
		if _, err := records(path, func(e fhir.Entry) error {
			around := labels.Around{Marks: marks[path][e.Bundle], Documents: shelf.DocumentsOf(e.FullURL, e.Resource)}
			l, why := p.ExplainIn(around, e.Resource, shelf.Meant)
			told.note(l)
			return explainOne(f, path, e, l, why)
		}); err != nil {
			return err
		}
	}
	if !f.JSON {
		f.Say("%s", told.String())
	}
	return nil
}

// records calls take for every resource of a file that can be read, and returns the marks
// of its Bundles.
func records(path string, take func(fhir.Entry) error) (map[int][]fhir.Mark, error) {
	if path == "-" {
		return nil, cli.Usage("records are looked at twice here, and standard input can be read once", "put it into a file")
	}
	file, err := regular.Open(path)
	if err != nil {
		return nil, regular.Unread("explain labels", "the file", path, err).WithHint("name a file or a folder of FHIR R4 JSON")
	}
	defer file.Close()
	for reader := fhir.NewReader(file); ; {
		e, err := reader.Next()
		if isEOF(err) {
			return reader.Marks(), nil
		}
		if err != nil {
			return nil, ofFile("explain labels", path, err)
		}
		if e.Resource == nil {
			continue
		}
		if err := take(e); err != nil {
			return nil, err
		}
	}
}

func explainOne(f *cli.Face, path string, e fhir.Entry, l labels.Label, why []labels.Reason) error {
	if f.JSON {
		sensitivity := l.Sensitivity
		if sensitivity == nil {
			sensitivity = []stele.Sensitivity{}
		}
		return f.Emit(struct {
			File        string              `json:"file"`
			Entry       int                 `json:"entry"`
			Record      string              `json:"record"`
			Category    stele.Category      `json:"category"`
			Sensitivity []stele.Sensitivity `json:"sensitivity"`
			Year        int                 `json:"year,omitempty"`
			When        string              `json:"when,omitempty"`
			Reasons     []labels.Reason     `json:"reasons,omitempty"`
		}{path, e.Index + 1, e.Resource.Name(), l.Category, sensitivity, l.Year, l.When, why})
	}
	year := "no date"
	if l.Year > 0 {
		year = fmt.Sprint(l.Year)
	}
	is := "ordinary"
	if len(l.Sensitivity) > 0 {
		is = cli.JoinWords(l.Sensitivity)
	}
	f.Hang("", fmt.Sprintf("%s: %s, %s, %s", e.Resource.Name(), l.Category, is, year))
	for _, r := range why {
		f.Hang("  ", r.String())
	}
	return nil
}

// explained counts what was told.
type explained struct{ records, sensitive, unclassified int }

func (x *explained) note(l labels.Label) {
	x.records++
	if len(l.Sensitivity) > 0 {
		x.sensitive++
	}
	for _, s := range l.Sensitivity {
		if s == stele.Unclassified {
			x.unclassified++
		}
	}
}

func (x *explained) String() string {
	return fmt.Sprintf("%s, %s of them sensitive, %s as not classified (PDS)", stele.Count(x.records, "record", "records"), stele.Number(x.sensitive), stele.Number(x.unclassified))
}

func labelCheck(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "check FILE…", Short: "Check an organisation's own tables of labels", Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usage("give a table of labels", "docs/labels.md says how one looks")
			}
			return nil
		},
		Example: "  stele label check our-labels.txt",
		RunE: func(_ *cobra.Command, args []string) error {
			var tables []*labels.Table
			for _, path := range args {
				table, err := wallet.ReadLabelTable(path)
				if err != nil {
					return err
				}
				tables = append(tables, table)
			}
			if _, err := labels.New(tables...); err != nil {
				return err
			}
			return listTables(f, tables)
		},
	}
}

func labelTables(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "tables", Short: "List the shipped tables, what they rest on, and when they were reviewed", Args: cli.AtMost(0),
		RunE: func(*cobra.Command, []string) error { return listTables(f, labels.Shipped()) },
	}
}

func listTables(f *cli.Face, tables []*labels.Table) error {
	for _, t := range tables {
		if f.JSON {
			if err := f.Emit(struct {
				File     string   `json:"file"`
				Rows     int      `json:"rows"`
				Sources  []string `json:"sources"`
				Checked  []string `json:"checked,omitempty"`
				Reviewed string   `json:"reviewed"`
				Reviewer string   `json:"reviewer"`
			}{t.File, len(t.Rows), t.Sources, t.Checked, t.Reviewed, t.Reviewer}); err != nil {
				return err
			}
			continue
		}
		f.Hang("", fmt.Sprintf("%s: %s, reviewed %s, %s", t.File, stele.Count(len(t.Rows), "row", "rows"), t.Reviewed, t.Reviewer))
		for _, s := range t.Sources {
			f.Hang("  source: ", s)
		}
		for _, s := range t.Checked {
			f.Hang("  checked: ", s)
		}
	}
	return nil
}

func labelSet(f *cli.Face) *cobra.Command {
	var l wallet.Labelling
	var clear bool
	c := &cobra.Command{
		Use: "set", Short: "Keep what kinds of clinic an organisation is, and its own tables", Args: cli.AtMost(0),
		Long: "What is set counts for every import of this wallet. Without flags it says what is\n" +
			"set. What was delivered before keeps its label.",
		Example: "  stele label set --as hospital-a --clinic mental-health --labels our-labels.txt\n  stele label set --as hospital-a --clear",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.Alone(cmd.Context(), func(w *wallet.Wallet) error { return setLabels(f, w, l, clear) })
		},
	}
	labelFlags(c, &l)
	c.Flags().BoolVar(&clear, "clear", false, "forget what is set")
	return c
}

// setLabels sets what is named, if anything, and shows what is set.
func setLabels(f *cli.Face, w *wallet.Wallet, l wallet.Labelling, clear bool) error {
	for i, path := range l.Tables {
		// Typed here, and read later from wherever an import runs.
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		l.Tables[i] = abs
	}
	if clear || len(l.Tables)+len(l.Clinics) > 0 {
		if err := w.SetLabelling(l); err != nil {
			return err
		}
	}
	set := w.Labelling()
	if f.JSON {
		return f.Emit(struct {
			Clinics []string `json:"clinics"`
			Tables  []string `json:"tables"`
		}{append([]string{}, set.Clinics...), append([]string{}, set.Tables...)})
	}
	f.Print("clinics  %s", cmp.Or(strings.Join(set.Clinics, ", "), "none of the kinds that are sensitive by themselves"))
	f.Print("tables   %s", cmp.Or(strings.Join(set.Tables, ", "), "none of its own"))
	return nil
}

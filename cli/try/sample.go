package try

import (
	"bufio"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/sample"
)

func sampleCommand(f *cli.Face) *cobra.Command {
	var out cli.Target
	patients, seed, ndjson, second, story := 10, uint64(1), false, false, false
	c := &cobra.Command{
		Annotations: cli.Leaves("the folder holds the charts that were written so far"),
		Use:         "sample", Short: "Write made-up FHIR charts: the same seed, the same people", GroupID: "try", Args: cli.AtMost(0),
		Example: "  stele sample --patients 100 --seed 7 --out charts\n  stele sample --patients 3 --ndjson > three.ndjson",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if patients < 1 {
				return cli.Usage("--patients is the number of charts, at least 1", "stele sample --patients 10 --out charts")
			}
			options := sample.Options{}
			if second {
				options.Hospital = sample.HospitalB
			}
			if (out.Path != "") == ndjson {
				return cli.Usage("say where to: --out FOLDER, or --ndjson for stdout", "stele sample --patients 10 --out charts")
			}
			if story {
				return sampleStory(f, out)
			}
			if ndjson {
				w := bufio.NewWriterSize(f.Out.Values(), 1<<20)
				if err := sample.Write(w, seed, patients, options); err != nil {
					return stele.E("write charts", stele.KindOther, "", err)
				}
				return w.Flush()
			}
			return sampleFolder(cmd.Context(), f, out, seed, patients, options)
		},
	}
	c.Flags().IntVar(&patients, "patients", 10, "number of charts")
	c.Flags().Uint64Var(&seed, "seed", 1, "which people")
	c.Flags().StringVar(&out.Path, "out", "", "folder; one Bundle a file")
	c.Flags().BoolVar(&out.Force, "force", false, cli.ForceFlag)
	c.Flags().BoolVar(&ndjson, "ndjson", false, "to stdout, one Bundle a line")
	c.Flags().BoolVar(&story, "story", false, "only the charts of Elena Marchetti, whom the demo follows, at both hospitals")
	c.Flags().BoolVar(&second, "hospital-b", false, "as the second hospital holds them")
	return c
}

// sampleFolder writes each chart into a file of its own.
func sampleFolder(ctx context.Context, f *cli.Face, out cli.Target, seed uint64, patients int, options sample.Options) error {
	names := make([]string, patients)
	for i := range names {
		names[i] = sample.FileName(i, options)
	}
	if err := out.Folder(names); err != nil {
		return err
	}
	end := f.Patiently("writing charts")
	err := sample.WriteFolder(out.Path, seed, patients, options, func(path string, chart []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return cli.Target{Path: path, Force: out.Force}.Write(cli.Content(chart))
	})
	end()
	if err != nil {
		return err
	}
	if f.JSON {
		return f.Emit(map[string]any{"out": out.Path, "charts": patients})
	}
	f.Say("%s in %s", stele.Count(patients, "chart", "charts"), out.Path)
	return nil
}

// sampleStory writes the two charts of the story's heroine.
func sampleStory(f *cli.Face, out cli.Target) error {
	a, b := sample.Story()
	if out.Path == "" {
		_, err := f.Out.Values().Write(append(append(a, '\n'), append(b, '\n')...))
		return err
	}
	names, charts := []string{"elena-a.json", "elena-b.json"}, [][]byte{a, b}
	if err := out.Folder(names); err != nil {
		return err
	}
	for i, name := range names {
		if err := out.In(name).Write(cli.Content(charts[i], []byte("\n"))); err != nil {
			return err
		}
	}
	if f.JSON {
		return f.Emit(map[string]any{"out": out.Path, "charts": len(names)})
	}
	f.Say("%s in %s", strings.Join(names, " and "), out.Path)
	return nil
}

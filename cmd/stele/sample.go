package main

import (
	"bufio"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/sample"
)

func sampleCommand(f *face) *cobra.Command {
	patients, seed, out, ndjson, second, story := 10, uint64(1), "", false, false, false
	c := &cobra.Command{
		Use: "sample", Short: "Write made-up FHIR charts: the same seed, the same people", GroupID: "try", Args: atMost(0),
		Example: "  stele sample --patients 100 --seed 7 --out charts\n  stele sample --patients 3 --ndjson > three.ndjson",
		RunE: func(*cobra.Command, []string) error {
			if patients < 1 {
				return usage("--patients is the number of charts, at least 1", "")
			}
			options := sample.Options{}
			if second {
				options.Hospital = sample.HospitalB
			}
			if (out != "") == ndjson {
				return usage("say where to: --out FOLDER, or --ndjson for stdout", "stele sample --patients 10 --out charts")
			}
			if story {
				return f.sampleStory(out)
			}
			if ndjson {
				w := bufio.NewWriterSize(f.out.Values(), 1<<20)
				if err := sample.Write(w, seed, patients, options); err != nil {
					return stele.E("write charts", stele.KindOther, "", err)
				}
				return w.Flush()
			}
			end := f.patiently("writing charts")
			err := sample.WriteFolder(out, seed, patients, options)
			end()
			if err != nil {
				return stele.E("write charts", stele.KindOther, "the charts can't be written to "+out, err)
			}
			f.say("%s in %s", count(patients, "chart", "charts"), out)
			return nil
		},
	}
	c.Flags().IntVar(&patients, "patients", 10, "number of charts")
	c.Flags().Uint64Var(&seed, "seed", 1, "which people")
	c.Flags().StringVar(&out, "out", "", "folder; one Bundle a file")
	c.Flags().BoolVar(&ndjson, "ndjson", false, "to stdout, one Bundle a line")
	c.Flags().BoolVar(&story, "story", false, "only the charts of Elena Marchetti, whom the demo follows, at both hospitals")
	c.Flags().BoolVar(&second, "hospital-b", false, "as the second hospital holds them")
	return c
}

// sampleStory writes the two charts of the story's heroine.
func (f *face) sampleStory(out string) error {
	a, b := sample.Story()
	if out == "" {
		_, err := f.out.Values().Write(append(append(a, '\n'), append(b, '\n')...))
		return err
	}
	err := os.MkdirAll(out, 0o755)
	for name, chart := range map[string][]byte{"elena-a.json": a, "elena-b.json": b} {
		if err == nil {
			err = os.WriteFile(filepath.Join(out, name), append(chart, '\n'), 0o644)
		}
	}
	if err != nil {
		return stele.E("write charts", stele.KindOther, "the charts can't be written to "+out, err)
	}
	f.say("elena-a.json and elena-b.json in %s", out)
	return nil
}

package main

import (
	"bufio"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/sample"
)

func sampleCommand(f *face) *cobra.Command {
	patients, seed, out, ndjson, second := 10, uint64(1), "", false, false
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
			if (out == "") == !ndjson {
				return usage("say where to: --out FOLDER, or --ndjson for stdout", "stele sample --patients 10 --out charts")
			}
			if ndjson {
				w := bufio.NewWriterSize(f.out, 1<<20)
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
	c.Flags().BoolVar(&second, "hospital-b", false, "as the second hospital holds them")
	return c
}

package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/reading"
)

// Growth is measured at two sizes; the larger one may cost half as much again.
const (
	small   = 100_000
	large   = 1_000_000
	allowed = 1.5
)

// growRecords compares a network that holds 100,000 records with the same one
// holding 1,000,000: how fast it imports, and how long a chart takes to open. The
// records lie in the charts of 40 patients; the chart that is opened is a new one each time.
func growRecords(ctx context.Context, r *Run) error {
	s, err := r.stage(ctx, 4)
	if err != nil {
		return err
	}
	defer s.close()
	hospital, err := s.organisation("hospital-a")
	if err != nil {
		return err
	}
	patients, err := s.enrol(ctx, hospital, 40)
	if err != nil {
		return err
	}
	var rate, open [2]float64
	held, made := 0, 0
	for i, size := range []int{small, large} {
		for held < size {
			files, err := r.write(made, len(patients))
			if err != nil {
				return err
			}
			start := time.Now()
			got, err := importFiles(ctx, hospital, patients, files)
			if err != nil {
				return err
			}
			made, held, rate[i] = made+len(files), held+got, Rate(got, time.Since(start))
		}
		if open[i], err = s.timedOpening(ctx); err != nil {
			return err
		}
		at := "at " + grouped(int64(size))
		r.Report("import "+at, rate[i], "/s", nil)
		r.Report("open 1,000 records in 100 folios "+at, open[i], "ms", nil)
	}
	r.Report("import, times slower", rate[0]/rate[1], "×", AtMost(allowed))
	r.Report("open, times slower", open[1]/open[0], "×", AtMost(allowed))
	return nil
}

// timedOpening is the median of openings of a new chart, in ms.
func (s *stage) timedOpening(ctx context.Context) (float64, error) {
	patient, doctor, err := s.chart(ctx, len(s.devnet.Names()), 100, 1000)
	if err != nil {
		return 0, err
	}
	var took []time.Duration
	for range 5 {
		start := time.Now()
		chart, err := doctor.Charts.OpenChart(ctx, patient.Subject(), reading.Question{Purpose: stele.Treatment})
		if err != nil {
			return 0, err
		}
		if len(chart.Records) != 1000 {
			return 0, fmt.Errorf("opened %d records", len(chart.Records))
		}
		took = append(took, time.Since(start))
	}
	return Milliseconds(Quantile(took, 0.5)), nil
}

// growMemory compares a member of a network of one, idle, with 100,000 and with
// 1,000,000 records.
func growMemory(ctx context.Context, r *Run) error {
	var took [2]float64
	for i, size := range []int{small, large} {
		rss, heap, err := r.idleMember(ctx, filepath.Join(r.Home, fmt.Sprintf("net-%d", size)), size)
		if err != nil {
			return err
		}
		took[i] = rss
		r.Report("resident, idle, at "+grouped(int64(size)), rss, "MB", nil)
		r.Report("heap in use after the last collection, at "+grouped(int64(size)), heap, "MB", nil)
	}
	r.Report("times more", took[1]/took[0], "×", AtMost(allowed))
	return nil
}

// idleMember fills a member and returns its memory, idle, in MB: what is resident,
// and what its last collection left.
func (r *Run) idleMember(ctx context.Context, home string, resources int) (resident, heap float64, err error) {
	c, err := r.child(ctx, home)
	if err != nil {
		return 0, 0, err
	}
	defer c.end()
	if _, _, err := c.fill(ctx, r, resources); err != nil {
		return 0, 0, err
	}
	if err := c.idle(ctx, true); err != nil {
		return 0, 0, err
	}
	rss, err := c.resident()
	return float64(rss) / 1e6, float64(c.heap()), err
}

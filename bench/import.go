package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/sample"
	"github.com/stele-health/stele/wallet"
)

// imports measures a hospital's import of its patients' charts, as stele import
// does it with a folder: whose each record is found by the numbers that are linked,
// resources validated, labelled, sealed, durable in the hospital's vault and in
// another member's, anchored.
func imports(ctx context.Context, r *Run) error {
	s, err := r.stage(ctx, 4)
	if err != nil {
		return err
	}
	defer s.close()
	files, err := r.charts(r.Size(32, 200))
	if err != nil {
		return err
	}
	hospital, err := s.organisation("hospital-a")
	if err != nil {
		return err
	}
	patients, err := s.enrol(ctx, hospital, len(files))
	if err != nil {
		return err
	}
	sources := make([]delivery.Source, len(files))
	for i, file := range files {
		sources[i] = delivery.FileSource(file)
		if err := link(hospital, patients[i], file); err != nil {
			return err
		}
	}
	delivered := 0
	elapsed, err := r.Measured("", func() error {
		done, err := hospital.Delivery.ImportFiles(ctx, sources, delivery.ImportOptions{})
		if err != nil {
			return err
		}
		delivered, err = arrived(done, files)
		return err
	})
	if err != nil {
		return err
	}
	r.Report("rate", Rate(delivered, elapsed), "/s", AtLeast(2500))
	r.Report("resources", float64(delivered), "", nil)
	return nil
}

// smallFiles measures one import of many files of one resource each, of several
// patients, as a bulk export or a folder of single records has them.
func smallFiles(ctx context.Context, r *Run) error {
	s, err := r.stage(ctx, 4)
	if err != nil {
		return err
	}
	defer s.close()
	hospital, err := s.organisation("hospital-a")
	if err != nil {
		return err
	}
	const people = 6
	patients, err := s.enrol(ctx, hospital, people)
	if err != nil {
		return err
	}
	folder := filepath.Join(r.Home, "small")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	var numbers []links.Link
	var sources []delivery.Source
	for i := range r.Size(1800, 9000) {
		who := i % people
		text := fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"Test"},"effectiveDateTime":"20%02d-05-01","subject":{"reference":"Patient/p%d"},"valueQuantity":{"value":%d,"unit":"g"}}`, i, i%25, who, i)
		if i < people {
			numbers = append(numbers, links.Link{Number: fmt.Sprint("MRN-", i), Subject: patients[i]})
			text = fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","identifier":[{"value":"MRN-%d"}]}`, i, i)
		}
		path := filepath.Join(folder, fmt.Sprintf("%06d.json", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		sources = append(sources, delivery.FileSource(path))
	}
	for i, l := range numbers {
		if err := hospital.Links().Link([]links.Link{l}, links.Confirmed{}); err != nil {
			return fmt.Errorf("link %d: %w", i, err)
		}
	}
	delivered := 0
	elapsed, err := r.Measured("", func() error {
		done, err := hospital.Delivery.ImportFiles(ctx, sources, delivery.ImportOptions{})
		for _, d := range done {
			delivered += d.Delivered
		}
		return err
	})
	if err == nil && delivered != len(sources) {
		err = fmt.Errorf("%d of %d files were delivered", delivered, len(sources))
	}
	if err != nil {
		return err
	}
	r.Report("rate", Rate(delivered, elapsed), "/s", AtLeast(1000))
	return nil
}

// charts lists the files to import: those of --charts, or n made up.
func (r *Run) charts(n int) ([]string, error) {
	folder := r.Charts
	if folder == "" {
		folder = filepath.Join(r.Home, "charts")
		if err := sample.WriteFolder(folder, 1, n, sample.Options{}, nil); err != nil {
			return nil, err
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err == nil && len(files) == 0 {
		err = stele.E("bench", stele.KindNotFound, "there are no .json files in "+folder, nil)
	}
	slices.Sort(files)
	return files, err
}

// enrol makes patients who have given a hospital a write grant. Where they are many, it
// waits for the hospital's keys, which a directory hands out at a measured pace.
func (s *stage) enrol(ctx context.Context, hospital *client.Session, n int) ([]stele.Subject, error) {
	me, err := hospital.Find(ctx, hospital.Subject().String())
	if err != nil {
		return nil, err
	}
	var subjects []stele.Subject
	for range n {
		p, err := s.person(ctx, wallet.Patient)
		if err != nil {
			return nil, err
		}
		for {
			_, _, err := p.Give(ctx, me, wallet.DirectCareWrite(time.Now().AddDate(10, 0, 0)))
			if err == nil {
				break
			}
			if stele.KindOf(err) != stele.KindBusy {
				return nil, err
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second):
			}
		}
		subjects = append(subjects, p.Subject())
		if len(subjects)%32 == 0 || len(subjects) == n { // it has a limited number of keys out at a time
			if _, err := hospital.Collect(ctx); err != nil {
				return nil, err
			}
		}
	}
	return subjects, nil
}

// link ties the numbers of the Patient of a chart to a subject.
func link(hospital *client.Session, patient stele.Subject, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	reader := fhir.NewReader(f)
	for {
		e, err := reader.Next()
		if err != nil {
			return fmt.Errorf("%s: the number of its patient: %w", filepath.Base(file), err)
		}
		if e.Resource == nil || e.Resource.Type() != "Patient" {
			continue
		}
		var all []links.Link
		numbers, _, _ := intake.Read(e.Resource)
		for _, n := range numbers {
			if hospital.Links().Own().Linkable(n) {
				all = append(all, links.Link{System: n.System, Number: n.Value, Subject: patient})
			}
		}
		if len(all) == 0 {
			return fmt.Errorf("%s: its patient has no number of type MR", filepath.Base(file))
		}
		return hospital.Links().Link(all, links.Confirmed{Same: true})
	}
}

// arrived says how many resources arrived; none may have been refused.
func arrived(done []delivery.Imported, files []string) (delivered int, err error) {
	for i, d := range done {
		delivered += d.Delivered
		if d.Refused > 0 && err == nil {
			var first delivery.Note
			if len(d.Issues) > 0 {
				first = d.Issues[0]
			}
			err = fmt.Errorf("%s: %d resources were refused, the first: %s", filepath.Base(files[i]), d.Refused, first)
		}
	}
	return delivered, err
}

// importsAtOnce is how many charts importFiles takes at a time.
const importsAtOnce = 4

// importFiles imports files into the charts of patients in turn, each by itself, and
// says how many resources arrived.
func importFiles(ctx context.Context, hospital *client.Session, patients []stele.Subject, files []string) (int, error) {
	done := make([]delivery.Imported, len(files))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(importsAtOnce)
	for i, file := range files {
		work.Go(func() error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			done[i], err = hospital.Delivery.Import(ctx, f, delivery.ImportOptions{Subject: patients[i%len(patients)]})
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return 0, err
	}
	return arrived(done, files)
}

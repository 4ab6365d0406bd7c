package bench

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// opens measures how long a doctor waits for a chart: 1,000 records from five
// sources, from the request to the plaintext, with the access on the ledger
// before. Before each opening the members are stopped and started again, so that
// nothing is in any memory but the operating system's, which is emptied too where this
// process may.
func opens(ctx context.Context, r *Run) error {
	for _, c := range []struct{ folios, most int }{{100, 250}, {500, 600}} {
		if err := r.openFolios(ctx, c.folios, float64(c.most)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) openFolios(ctx context.Context, folios int, most float64) error {
	const records, sources = 1000, 5
	s, err := r.stageIn(ctx, fmt.Sprintf("net-%d", folios), 4)
	if err != nil {
		return err
	}
	defer s.close()
	patient, doctor, err := s.chart(ctx, sources, folios, records)
	if err != nil {
		return err
	}
	rounds := r.Size(1, 9)
	var took, waited []time.Duration
	dropped := true
	for range rounds {
		if err := s.restart(ctx, r); err != nil {
			return err
		}
		dropped = dropPages() && dropped
		if doctor, err = s.dial(doctor.Wallet); err != nil { // connections that were never used
			return err
		}
		var chart *reading.Chart
		elapsed, err := r.Measured(fmt.Sprintf("%d folios", folios), func() (err error) {
			chart, err = doctor.Charts.OpenChart(ctx, patient.Subject(), reading.Question{Purpose: stele.Treatment})
			return err
		})
		if err != nil {
			return err
		}
		if len(chart.Records) != records || len(chart.Faults) > 0 || len(chart.Access.Trustees) != 3 {
			return fmt.Errorf("opened %d records with %d trustees; faults: %v", len(chart.Records), len(chart.Access.Trustees), chart.Faults)
		}
		took, waited = append(took, elapsed), append(waited, chart.Access.Waited)
	}
	name := fmt.Sprintf("1,000 records in %d folios", folios)
	r.Report(name, Milliseconds(Quantile(took, 0.5)), "ms", AtMost(most))
	r.Report(name+", until the access was final", Milliseconds(Quantile(waited, 0.5)), "ms", nil)
	if !dropped {
		r.Say("the operating system's page cache could not be dropped: that takes root on Linux")
	}
	if folios > 100 {
		return nil
	}
	return r.more(ctx, patient, doctor)
}

// more measures single records of a chart that is open and of which no record
// was read: from the question to the plaintext.
func (r *Run) more(ctx context.Context, patient, doctor *client.Session) error {
	nothing := func(stele.Label) bool { return false }
	held, err := doctor.Charts.HoldChart(ctx, patient.Subject(), reading.Question{Purpose: stele.Treatment}, nothing)
	if err != nil {
		return err
	}
	defer held.Close()
	var took []time.Duration
	if _, err := r.Measured("one more", func() error {
		for _, f := range held.Folios() {
			start := time.Now()
			if _, err := held.Record(ctx, f, uint32(len(took))%f.Head.Records); err != nil {
				return err
			}
			took = append(took, time.Since(start))
		}
		return nil
	}); err != nil {
		return err
	}
	r.Report("one more record of an open chart", Milliseconds(Quantile(took, 0.5)), "ms", AtMost(5))
	r.Report("one more record of an open chart, 99th", Milliseconds(Quantile(took, 0.99)), "ms", nil)
	return nil
}

// chart makes a patient with records in so many folios, delivered by so many
// organisations, and a doctor who may read them all.
func (s *stage) chart(ctx context.Context, sources, folios, records int) (patient, doctor *client.Session, err error) {
	if patient, err = s.person(ctx, wallet.Patient); err != nil {
		return nil, nil, err
	}
	names := s.devnet.Names()
	var home *client.Session
	for i := range sources {
		source, err := s.source(ctx, names, i, home)
		if err != nil {
			return nil, nil, err
		}
		if home == nil {
			home = source
		}
		if err := s.give(ctx, patient, source, wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0))); err != nil {
			return nil, nil, err
		}
		held, err := source.HeldWriteGrant(patient.Subject())
		if err != nil {
			return nil, nil, err
		}
		if _, err := source.Delivery.Deliver(ctx, held, madeUp(folios/sources, records/folios)); err != nil {
			return nil, nil, err
		}
	}
	if doctor, err = s.doctor(ctx, home); err != nil {
		return nil, nil, err
	}
	return patient, doctor, s.give(ctx, patient, doctor, ordinary())
}

// source is the i-th organisation: a member's own, or, when those are used up,
// another one that delivers through the first.
func (s *stage) source(ctx context.Context, members []string, i int, home *client.Session) (*client.Session, error) {
	if i < len(members) {
		return s.organisation(members[i])
	}
	o, err := s.person(ctx, wallet.Organisation)
	if err != nil {
		return nil, err
	}
	return o, o.Enlist(ctx, home.Session, wallet.Profile{Facility: "clinic", Until: time.Now().AddDate(1, 0, 0)})
}

// madeUp makes records of about 1 kB in folios of equal size.
func madeUp(folios, each int) (records []delivery.Incoming) {
	categories := stele.Categories()[1:]
	for f := range folios {
		category, year := categories[f%10], 2024-f/10
		for i := range each {
			records = append(records, delivery.Incoming{
				JSON: fmt.Appendf(nil, `{"resourceType":"Basic","id":"%d-%d","code":{"text":"%0950d"}}`, f, i, i),
				Type: "Basic", When: fmt.Sprintf("%d-06-01", year), Category: category, Year: year,
			})
		}
	}
	return records
}

// restart stops all members and starts them again.
func (s *stage) restart(ctx context.Context, r *Run) error {
	if err := s.halt(); err != nil {
		return err
	}
	n, err := devnet.Start(ctx, devnet.Config{Home: s.home, Log: r.Log})
	if err == nil {
		s.devnet = n
	}
	return err
}

// dropPages empties the operating system's page cache, and reports whether it
// could.
func dropPages() bool {
	syscall.Sync()
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0) == nil
}

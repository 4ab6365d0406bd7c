package bench

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// subjects is how many people the ledger's load is about, each with keys of its
// own. Where they only set the stage, --quick has fewer.
const subjects, fewSubjects = 10_000, 1_000

// throughput measures what one validator commits a second of the mix, and the
// same parcels' signatures with nothing behind them, in turn, so that both have
// the machine as it is at the time.
func throughput(ctx context.Context, r *Run) error {
	n, rounds := r.Size(20_000, 60_000), r.Size(1, 3)
	var ledgers, empties []float64
	for range rounds {
		rate, err := committed(ctx, r, "ledger", 1, realLedger, subjects, n)
		if err != nil {
			return err
		}
		ledgers = append(ledgers, rate)
		if rate, err = committed(ctx, r, "empty", 1, emptyApplication, subjects, n); err != nil {
			return err
		}
		empties = append(empties, rate)
	}
	rate, empty := middle(ledgers), middle(empties)
	r.Report("one validator, committed", rate, "/s", AtLeast(18_000))
	r.Report("empty application, committed", empty, "/s", nil)
	r.Report("one validator, share of the empty application's", rate/empty, "", AtLeast(0.7))
	return nil
}

// quorum measures what four validators commit a second, which live in this
// process and share nothing but its processors.
func quorum(ctx context.Context, r *Run) error {
	rate, err := committed(ctx, r, "four", 4, realLedger, r.Size(fewSubjects, subjects), r.Size(10_000, 60_000))
	if err != nil {
		return err
	}
	r.Report("four validators, committed", rate, "/s", AtLeast(6_000))
	return nil
}

// committed founds a network, lets everybody join and give grants, and returns
// how many transactions of the mix it then commits a second.
func committed(ctx context.Context, r *Run, what string, validators int, app application, people, n int) (float64, error) {
	v, m, err := r.peopled(ctx, validators, app, people, n)
	if err != nil {
		return 0, err
	}
	defer v.stop()
	txs := m.transactions(n)
	elapsed, err := r.Measured(what, func() error { return v.submit(ctx, txs) })
	return Rate(n, elapsed), err
}

// peopled founds a network with people on it, who gave grants enough for n
// transactions of the mix.
func (r *Run) peopled(ctx context.Context, n int, app application, people, transactions int) (*validators, *mix, error) {
	folder, err := os.MkdirTemp(r.Home, "validators-")
	if err != nil {
		return nil, nil, err
	}
	v, err := startValidators(ctx, folder, n, app)
	if err != nil {
		return nil, nil, err
	}
	m := newMix(v.chain)
	if err = v.settle(ctx, m, people); err == nil {
		err = v.submit(ctx, m.spares(transactions))
	}
	if err != nil {
		v.stop()
		return nil, nil, err
	}
	return v, m, nil
}

// settle lets n more people join and give their grants.
func (v *validators) settle(ctx context.Context, m *mix, n int) error {
	if err := v.submit(ctx, m.arrivals(n)); err != nil {
		return err
	}
	return v.submit(ctx, m.consents(n))
}

// latency measures, at twenty transactions a second, how long each takes from
// its submission to its verdict.
func latency(ctx context.Context, r *Run) error {
	for _, c := range []struct {
		what       string
		validators int
		middle     float64
		late       float64
	}{{"one validator", 1, 20, 100}, {"four validators", 4, 90, 250}} {
		v, m, err := r.peopled(ctx, c.validators, realLedger, r.Size(fewSubjects, subjects), 0)
		if err != nil {
			return err
		}
		took, err := v.paced(ctx, m.accesses(r.Size(60, 600)), 50*time.Millisecond)
		v.stop()
		if err != nil {
			return err
		}
		r.Report(c.what+", median", Milliseconds(Quantile(took, 0.5)), "ms", AtMost(c.middle))
		r.Report(c.what+", 99th percentile", Milliseconds(Quantile(took, 0.99)), "ms", AtMost(c.late))
	}
	return nil
}

// paced submits transactions at random moments, one every so often on average,
// and returns how long each took.
func (v *validators) paced(ctx context.Context, txs [][]byte, every time.Duration) ([]time.Duration, error) {
	took, errs := make([]time.Duration, len(txs)), make([]error, len(txs))
	var wait sync.WaitGroup
	for i, tx := range txs {
		wait.Go(func() {
			began := time.Now()
			_, errs[i] = v.nodes[i%len(v.nodes)].Submit(ctx, tx)
			took[i] = time.Since(began)
		})
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(rand.ExpFloat64() * float64(every))):
		}
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return took, nil
}

// growing measures how much slower one validator becomes between 100,000 subjects
// and a million, who all joined and gave their grants through it.
func growing(ctx context.Context, r *Run) error {
	const most, step = 1.5, 50_000
	folder, err := os.MkdirTemp(r.Home, "validators-")
	if err != nil {
		return err
	}
	v, err := startValidators(ctx, folder, 1, realLedger)
	if err != nil {
		return err
	}
	defer v.stop()
	m := newMix(v.chain)
	var rates []float64
	var delays []time.Duration
	for _, size := range []int{100_000, 1_000_000} {
		for len(m.people) < size {
			if err := v.settle(ctx, m, step); err != nil {
				return err
			}
			r.Say("%d of %d subjects", len(m.people), size)
		}
		rate, delay, err := r.pace(ctx, v, m, size)
		if err != nil {
			return err
		}
		rates, delays = append(rates, rate), append(delays, delay)
		r.Report(grouped(int64(size))+" subjects, committed", rate, "/s", nil)
		r.Report(grouped(int64(size))+" subjects, latency, median", Milliseconds(delay), "ms", nil)
	}
	r.Report("commit rate, times slower", rates[0]/rates[1], "x", AtMost(most))
	r.Report("latency, times longer", float64(delays[1])/float64(delays[0]), "x", AtMost(most))
	return nil
}

// pace measures a running network's commit rate and median latency.
func (r *Run) pace(ctx context.Context, v *validators, m *mix, size int) (rate float64, delay time.Duration, err error) {
	const n = 60_000
	if err := v.submit(ctx, m.spares(n)); err != nil {
		return 0, 0, err
	}
	txs := m.transactions(n)
	elapsed, err := r.Measured(grouped(int64(size)), func() error { return v.submit(ctx, txs) })
	if err != nil {
		return 0, 0, err
	}
	took, err := v.paced(ctx, m.accesses(300), 50*time.Millisecond)
	return Rate(n, elapsed), Quantile(took, 0.5), err
}

// price measures what an access costs a whole node of one: processor time, and
// disk with everything that it keeps.
func price(ctx context.Context, r *Run) error {
	n := r.Size(30_000, 100_000)
	v, m, err := r.peopled(ctx, 1, realLedger, subjects, 0)
	if err != nil {
		return err
	}
	defer v.stop()
	txs := m.accesses(n)
	before, err := diskUse(v.folder)
	if err != nil {
		return err
	}
	spent := processorTime()
	if _, err = r.Measured("access", func() error { return v.submit(ctx, txs) }); err != nil {
		return err
	}
	spent = processorTime() - spent
	v.stop()
	after, err := diskUse(v.folder)
	if err != nil {
		return err
	}
	r.Report("processor time an access", Milliseconds(spent)/float64(n), "ms", AtMost(0.15))
	target := AtMost(12)
	if !r.Full {
		target = nil // a log file of 16 MB that is kept for use again counts for too much in few
	}
	r.Report("disk for 10,000 accesses", float64(after-before)/float64(n)*10_000/1e6, "MB", target)
	return nil
}

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// diskUse is how many bytes the files in a folder hold.
func diskUse(folder string) (total int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

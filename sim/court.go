package sim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// This file holds what happened against what was promised.

// acknowledged remembers an outcome that an honest member gave. The word of one that lies binds
// nobody.
func (w *world) acknowledged(by *site, out *api.SubmitResponse) {
	if by.lies.Load() {
		return
	}
	subject, err := stele.SubjectFrom(out.Subject)
	if err != nil {
		w.fail("%s gave an outcome without a subject", by.name)
		return
	}
	w.believed(stele.Outcome{Subject: subject, Seq: out.Seq, Height: out.Height, Event: out.Event})
}

// believed remembers an outcome that a wallet took for true.
func (w *world) believed(o stele.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acks[fmt.Sprintf("%s %d %x", o.Subject, o.Seq, o.Event)] = o
}

// released holds a trustee's release against laws 1 and 2: what the ledger had
// when it was asked, at the height that its own node had. before and clock are of the moment when
// it was asked: what came while it worked may count or not.
func (w *world) released(l *life, in *wire.ReleaseRequest, before int64, clock time.Time) {
	ask := new(wire.ReadRequest)
	if wire.Decode(in.GetRequest().GetBody(), ask) != nil {
		w.fail("law 1: %s released on a request that cannot be read", l.m.name)
		return
	}
	newest := l.ledger.Newest()
	request, grant := idOf(ask.Request), idOf(ask.Grant)
	c := w.chain
	c.mu.Lock()
	access, truth := c.opened[request], c.grants[grant]
	var at, since int64
	if access != nil {
		at, since = access.height, access.ms
	}
	c.mu.Unlock()
	hash := sha256.Sum256(ask.ReaderKey)
	switch {
	case access == nil || truth == nil || idOf(access.Grant) != grant:
		w.fail("law 1: %s released without an event", l.m.name)
		return
	case at > newest.Height:
		w.fail("law 1: %s released at height %d before its own node had the event of height %d", l.m.name, newest.Height, at)
	case !bytes.Equal(hash[:], access.ReaderKeyHash):
		w.fail("R3: %s released to another reader key", l.m.name)
	case truth.revoked != 0 && truth.revoked <= before:
		w.fail("law 2: %s released at height %d under a grant taken back at %d", l.m.name, before, truth.revoked)
	case clock.UnixMilli() >= truth.EndMs:
		w.fail("law 2: %s released %v after the grant's end", l.m.name, clock.Sub(time.UnixMilli(truth.EndMs)))
	case clock.UnixMilli() > access.UntilMs || clock.UnixMilli() > since+300_000:
		w.fail("R3: %s released %v after the access, of which the session ends %v after it", l.m.name, clock.Sub(time.UnixMilli(since)), time.Duration(access.UntilMs-since)*time.Millisecond)
	case l.m.clock().Sub(newest.Time) > 30*time.Second:
		w.fail("law 2: %s released with a newest block of %v ago", l.m.name, l.m.clock().Sub(newest.Time))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.releases[request] == nil {
		w.releases[request] = map[string]bool{}
	}
	w.releases[request][l.m.name] = true
}

// checkChart holds what a doctor saw against laws 1, 2, 3 and 6.
func (w *world) checkChart(chart *reading.Chart, patient *person) {
	c := w.chain
	c.mu.Lock()
	access, under := c.opened[chart.Access.Request], c.grants[chart.Access.Grant]
	c.mu.Unlock()
	if access == nil {
		w.fail("law 1: a chart was opened without an event")
		return
	}
	w.mu.Lock()
	trustees, terms := len(w.releases[chart.Access.Request]), patient.terms[chart.Access.Grant]
	w.mu.Unlock()
	if need := int(w.genesis.Committee.Threshold); len(chart.Records) > 0 && trustees < need {
		w.fail("law 3: a chart was opened with %d trustees, %d are needed", trustees, need)
	}
	for id, k := range w.checkRecords(chart, patient) {
		if under != nil && under.emergency {
			if !slices.Contains(patient.emergency, k.category) {
				w.fail("law 2: %s was opened in an emergency, which is %s, and the patient allows %v then", id, k.category, patient.emergency)
			}
			continue
		}
		allowed := len(terms.Categories) == 0 // a grant whose giving was not acknowledged
		for _, category := range terms.Categories {
			allowed = allowed || category == k.category || !category.Valid()
		}
		if !allowed {
			w.fail("law 2: %s was opened, which is %s, under a grant for %v", id, k.category, terms.Categories)
		}
	}
}

// checkRecords holds that records are what was delivered, each once.
func (w *world) checkRecords(chart *reading.Chart, patient *person) map[string]*known {
	seen := map[string]*known{}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range chart.Records {
		id := idIn(r.JSON)
		k := w.known[id]
		switch {
		case k == nil || !bytes.Equal(k.json, r.JSON):
			w.broken = append(w.broken, fmt.Sprintf("law 6: %q was opened and is not what was delivered", id))
			continue
		case k.patient != patient.Subject() || chart.Subject != patient.Subject():
			w.broken = append(w.broken, fmt.Sprintf("law 6: %s of another patient was opened", id))
		case seen[id] != nil:
			w.broken = append(w.broken, fmt.Sprintf("law 8: %s is there twice", id))
		}
		seen[id] = k
	}
	return seen
}

// unseen is how old what a wallet is shown may be: it takes a log of the last
// minute for the newest, and clocks differ by seconds.
const unseen = 75 * time.Second

// checkOwn holds a patient's own chart against laws 6 and 8: complete where it
// says nothing to the contrary.
func (w *world) checkOwn(chart *reading.Chart, patient *person, start time.Time, complete bool) {
	seen := w.checkRecords(chart, patient)
	if !complete {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, k := range w.known {
		old := !k.acked.IsZero() && (w.calm.Load() || k.acked.Before(start.Add(-unseen)))
		if k.patient == patient.Subject() && old && seen[id] == nil {
			w.broken = append(w.broken, fmt.Sprintf("law 8: %s was acknowledged and is missing from a chart without faults", id))
		}
	}
}

// checkLog holds an account against law 6: it begins as the true log does, and
// nothing older than a minute is missing.
func (w *world) checkLog(account *wallet.OwnLog, patient *person, start time.Time) {
	c := w.chain
	c.mu.Lock()
	truth := c.model.Log(patient.Subject())
	c.mu.Unlock()
	events, err := account.All()
	if err != nil || uint64(len(events)) != account.Size {
		w.fail("law 6: a checked log of %d events can't be read: %d, %v", account.Size, len(events), err)
		return
	}
	if len(events) > len(truth) {
		w.fail("law 6: a log of %d events has %d", len(truth), len(events))
		return
	}
	for i, raw := range truth {
		var e wire.Event
		if wire.Decode(raw, &e) != nil {
			continue
		}
		switch {
		case i < len(events) && !bytes.Equal(events[i].Raw, raw):
			w.fail("law 6: event %d of a checked log is not the true one", i)
		case i >= len(events) && e.Height <= account.Height:
			w.fail("law 6: event %d is missing from a log proved complete at height %d", i, account.Height)
		case i >= len(events) && time.UnixMilli(e.TimeMs).Before(start.Add(-unseen)) && start.Sub(account.Header.Time) <= time.Minute:
			w.fail("law 6: event %d, %v old, is missing from a log", i, start.Sub(time.UnixMilli(e.TimeMs)))
		}
	}
}

// reckon is the end: nothing goes wrong any more. All members come to stand
// alike, and everything that was promised is there.
func (w *world) reckon() {
	if !w.converges() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	p := w.people
	for i, patient := range p.patients {
		r := w.dice.of("the end %d", i)
		doctor := p.doctors[i%len(p.doctors)]
		for what, do := range []func() error{
			func() error { return p.deliver(ctx, p.hospitals[2*i], patient, r) },
			func() error { return p.give(ctx, patient, doctor, r) },
			func() error { return p.open(ctx, doctor, patient, r) },
		} {
			err := do()
			// What was sent before and is not known yet is known once its time is over.
			for try := 0; stele.KindOf(err) == stele.KindUnknown && try < 40; try++ {
				time.Sleep(10 * time.Second)
				err = do()
			}
			if err != nil {
				w.fail("liveness: in calm, %s fails: %v", []string{"delivering", "giving", "opening"}[what], err)
			}
		}
		start := time.Now()
		chart, err := patient.Charts.OpenOwn(ctx)
		if err != nil || len(chart.Faults) > 0 {
			w.fail("law 8: in calm a patient cannot open what is hers: %v %+v", err, faults(chart))
			continue
		}
		w.checkOwn(chart, patient, start, true)
		w.account(ctx, patient)
	}
	w.checkAcks()
	w.checkVaults(ctx)
}

func faults(chart *reading.Chart) []reading.Fault {
	if chart == nil {
		return nil
	}
	return chart.Faults
}

// account holds that the account is complete and reconciles.
func (w *world) account(ctx context.Context, patient *person) {
	var report *account.Report
	var lines []account.Line
	var err error
	for range 90 { // a trustee that could not post waits for up to a minute
		if report, lines, err = patient.Account.ReportWhole(ctx); err != nil || report.Pending+report.Ahead == 0 {
			break
		}
		sleep(ctx, 2*time.Second)
	}
	if err != nil {
		w.fail("law 6: in calm a log cannot be read: %v", err)
		return
	}
	if report.Pending+report.Ahead+len(report.Silent) > 0 || report.Behind != 0 || report.Old != 0 {
		w.fail("R6: in calm an account is not whole: %d receipts are not posted, %d openings are ahead of it, it is behind %d and %v old, %v are silent",
			report.Pending, report.Ahead, report.Behind, report.Old, report.Silent)
		return
	}
	w.checkLog(report.OwnLog, patient, time.Now())
	for _, gap := range report.Gaps {
		w.fail("R6: %s", gap)
	}
	for _, line := range lines {
		if about := line.Event.About(); about.Place == wire.PlaceOpening {
			told := len(line.Details)
			w.mu.Lock()
			released := len(w.releases[idOf(about.Request)])
			w.mu.Unlock()
			if told < released {
				w.fail("law 1: %d trustees released, %d tell the patient", released, told)
			}
		}
	}
}

// converges waits until all members are up and stand at one height with nothing
// left to do.
func (w *world) converges() bool {
	why := ""
	for range 900 {
		time.Sleep(time.Second)
		if w.isBroken() {
			return false
		}
		if why = w.unsettled(); why == "" {
			return true
		}
	}
	w.fail("liveness: a quarter of an hour after the last fault, %s", why)
	return false
}

// unsettled says what is still to come, or nothing. Copies count: a vault owes them to what it
// acknowledged.
func (w *world) unsettled() string {
	height := w.chain.height()
	for _, m := range w.members {
		l := m.alive()
		if l == nil {
			return m.name + " is down"
		}
		if have, _, _ := l.ledger.Position(); have != height {
			return fmt.Sprintf("%s stands at %d of %d", m.name, have, height)
		}
		status, err := l.vault.Status(context.Background())
		if err != nil || status.Waiting > 0 {
			return fmt.Sprintf("%s has %d submissions without copies (%v)", m.name, status.GetWaiting(), err)
		}
	}
	return ""
}

// checkAcks holds that every acknowledged outcome is on the ledger, where it was
// said to be.
func (w *world) checkAcks() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.acks {
		log := w.chain.model.Log(o.Subject)
		if o.Seq >= uint64(len(log)) || !bytes.Equal(log[o.Seq], o.Event) {
			w.broken = append(w.broken, fmt.Sprintf("law 8: an acknowledged event of height %d is not on the ledger", o.Height))
		}
	}
}

// checkVaults holds that every vault has what it should, undamaged.
func (w *world) checkVaults(ctx context.Context) {
	for _, m := range w.members {
		l := m.alive()
		if l == nil {
			continue
		}
		// Once to fetch what others held in this one's stead, and once to see that nothing is left
		// to mend.
		for _, repair := range []bool{true, false} {
			var found []string
			if err := w.fsck(ctx, l, repair, &found); err != nil {
				w.fail("fsck of %s: %v", m.name, err)
			}
			found = slices.DeleteFunc(found, func(f string) bool {
				return repair && strings.Contains(f, "should be here and is not") // whoever held it instead has it
			})
			if len(found) > 0 {
				w.fail("law 8: fsck of %s finds: %s", m.name, strings.Join(found, "; "))
			}
		}
	}
}

func (w *world) fsck(ctx context.Context, l *life, repair bool, found *[]string) error {
	return l.vault.Fsck(ctx, repair, func(p *wire.FsckProgress) error {
		if p.Finding != nil {
			*found = append(*found, p.Finding.String())
		}
		return nil
	})
}

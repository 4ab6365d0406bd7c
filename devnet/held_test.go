package devnet_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// nothing reads no record when a chart is opened.
func nothing(stele.Label) bool { return false }

// TestOneMoreRecordNeedsNoRelease holds a chart open: each of its records can be read
// later, is the one that an opening gives, and neither the ledger nor any trustee
// hears of it again.
func TestOneMoreRecordNeedsNoRelease(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Hold", "hospital-b")
	grant(t, p, d, readGrant(consent.AllCategories))
	whole, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	must(t, err)
	asked := new(atomic.Int32)
	held, err := with(d, "hospital-b", func(m *members.Member) { m.Trustee = counting{m.Trustee, asked} }).Charts.HoldChart(t.Context(), p.Subject(), followUp, nothing)
	must(t, err)
	defer held.Close()
	if len(held.Records) != 0 {
		t.Fatalf("%d records were read at once", len(held.Records))
	}
	releases, events := asked.Load(), entries(t, p)
	got := map[stele.ID]string{}
	for _, f := range held.Folios() {
		for place := range f.Head.Records {
			r, err := held.Record(t.Context(), f, place)
			must(t, err)
			got[r.Handle] = string(r.JSON)
		}
	}
	for _, r := range whole.Records {
		if got[r.Handle] != string(r.JSON) {
			t.Errorf("a record of %s is not what the opening gave", r.Label.Category)
		}
	}
	if len(got) != len(whole.Records) || len(got) == 0 {
		t.Errorf("%d records one by one, %d at once", len(got), len(whole.Records))
	}
	if releases != asked.Load() || events != entries(t, p) {
		t.Error("reading more was a release or an access")
	}
}

// TestLaw2HeldChartEndsWithItsAccess: a chart that is held open ends with its window,
// with the grant, and when it is closed, and has no keys afterwards. A place that is not
// there ends nothing.
func TestLaw2HeldChartEndsWithItsAccess(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Ends", "hospital-b")
	given := grant(t, p, d, readGrant(consent.AllCategories))
	hold := func(window time.Duration) (*reading.HeldChart, *reading.Folio) {
		t.Helper()
		held, err := d.Charts.HoldChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Window: window}, nothing)
		must(t, err)
		t.Cleanup(held.Close)
		return held, held.Folios()[0]
	}
	over := func(held *reading.HeldChart, f *reading.Folio, what string) {
		t.Helper()
		_, err := held.Record(t.Context(), f, 0)
		wants(t, err, stele.KindDenied, "a record after "+what)
		for wait := 0; len(held.Folios()) > 0; wait++ { // it closes when nobody reads
			if time.Sleep(10 * time.Millisecond); wait > 100 {
				t.Fatalf("keys are held after %s", what)
			}
		}
	}
	held, f := hold(time.Minute)
	_, err := held.Record(t.Context(), f, f.Head.Records)
	wants(t, err, stele.KindDenied, "a place that is not there")
	_, err = held.Record(t.Context(), f, 0)
	must(t, err)
	held.Close()
	over(held, f, "closing")

	held, f = hold(time.Second)
	_, err = held.Record(t.Context(), f, 0)
	must(t, err)
	time.Sleep(1100 * time.Millisecond)
	if len(held.Folios()) > 0 {
		t.Error("keys outlived the window")
	}
	over(held, f, "its window")

	held, f = hold(time.Minute)
	_, err = p.Revoke(t.Context(), given.Grant)
	must(t, err)
	time.Sleep(300 * time.Millisecond) // until every vault's node has the block
	over(held, f, "the grant was taken back")
}

// TestSilentMemberDelaysNoOpening has a member take every question and answer none:
// an opening is whole, takes a moment longer once, and then no longer than without it.
func TestSilentMemberDelaysNoOpening(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Haste", "hospital-b")
	grant(t, p, d, readGrant(consent.AllCategories))
	whole, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	must(t, err)
	for _, name := range []string{"hospital-a", "patients", "hospital-b"} { // the last is the doctor's own
		s := with(d, name, func(m *members.Member) { m.Vault, m.Trustee, m.Ledger = muteVault{}, muteTrustee{}, muteLedger{} })
		for round, most := range []time.Duration{2500 * time.Millisecond, time.Second} {
			start := time.Now()
			chart, err := s.Charts.OpenChart(t.Context(), p.Subject(), followUp)
			must(t, err)
			took := time.Since(start)
			if ids(chart) != ids(whole) {
				t.Errorf("%s silent: %d of %d records", name, len(chart.Records), len(whole.Records))
			}
			if took > most {
				t.Errorf("%s silent: opening %d took %v", name, round+1, took.Round(time.Millisecond))
			}
			t.Logf("%s silent: opening %d took %v", name, round+1, took.Round(time.Millisecond))
		}
	}
}

// counting counts the questions to a trustee.
type counting struct {
	members.Trustee
	n *atomic.Int32
}

func (c counting) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	c.n.Add(1)
	return c.Trustee.Release(ctx, in)
}

// The mute take a question and say nothing until who asked has gone.
type (
	muteVault   struct{ members.Vault }
	muteTrustee struct{ members.Trustee }
	muteLedger  struct{ members.Ledger }
)

func mute(ctx context.Context) error {
	<-ctx.Done()
	return stele.E("ask", stele.KindUnreachable, "", ctx.Err())
}

func (muteVault) ListFolios(ctx context.Context, _ *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	return nil, mute(ctx)
}

func (muteVault) GetRecords(ctx context.Context, _ *wire.GetRecordsRequest, _ func(*wire.GetRecordsResponse) error) error {
	return mute(ctx)
}

func (muteTrustee) Release(ctx context.Context, _ *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return nil, mute(ctx)
}

func (muteLedger) Submit(ctx context.Context, _ []byte) (stele.Outcome, error) {
	return stele.Outcome{}, mute(ctx)
}

// TestLaw3LateVaultStillSavesAChart: one vault lists a folio that was never anchored
// and the other holder of the chart lists late. Trustees refuse what was listed first,
// and the chart opens all the same, whoever the late one is.
func TestLaw3LateVaultStillSavesAChart(t *testing.T) {
	at := town.Names()[0]
	p, d := town.patient(t, "Ida Late", at), town.doctor(t, "Dr Late", at)
	town.deliver(t, at, p, note("a1", stele.Allergies, "2026-01-02"))
	grant(t, p, d, readGrant(stele.Allergies))
	fake := func(r *wire.ListFoliosResponse) {
		item, head, subject, id := proto.CloneOf(r.Folios[0]), new(wire.FolioHead), p.Subject(), stele.NewID()
		must(t, wire.Decode(item.Head, head))
		head.Folio = id[:]
		item.Head = wire.Marshal(head)
		committee := d.Consortium().Committee.Key
		label := wire.CapsuleLabelBytes(d.Consortium().Chain, committee, subject, head, wire.FolioDigest(item.Head))
		item.Capsule = must1(threshold.Encrypt(committee, label, new([32]byte)))
		r.Folios = append([]*wire.FolioItem{item}, r.Folios...)
	}
	lying := with(d, at, func(m *members.Member) { m.Vault = vault{Vault: m.Vault, list: fake, lies: new(atomic.Int32)} })
	for _, late := range town.Names()[1:] {
		s := with(lying, late, func(m *members.Member) { m.Vault = slowVault{m.Vault} })
		chart, err := s.Charts.OpenChart(t.Context(), p.Subject(), followUp)
		if err != nil || len(chart.Records) != 1 {
			t.Errorf("%s late: %v", late, err)
		}
	}
}

// slowVault lists late.
type slowVault struct{ members.Vault }

func (v slowVault) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	time.Sleep(400 * time.Millisecond)
	return v.Vault.ListFolios(ctx, in)
}

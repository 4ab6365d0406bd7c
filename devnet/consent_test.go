package devnet_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// mixed delivers records of many labels from two hospitals.
func mixed(t testing.TB) *client.Session {
	t.Helper()
	p := town.patient(t, "Elena", "hospital-a", "hospital-b")
	town.deliver(t, "hospital-a", p,
		note("al20", stele.Allergies, "2020-06-01"), note("al23", stele.Allergies, "2023-06-01"),
		note("me24a", stele.Medications, "2024-03-05"), note("me24b", stele.Medications, "2024-09-01"), note("pr", stele.Problems, "2023-01-01"),
		note("psy", stele.Problems, "2023-01-02", stele.PSY), note("sud", stele.Problems, "2023-01-03", stele.SUD))
	town.deliver(t, "hospital-b", p, note("bal23", stele.Allergies, "2023-07-01"))
	return p
}

// TestLaw2GrantOpensExactlyWhatItSays opens one chart under many grants.
func TestLaw2GrantOpensExactlyWhatItSays(t *testing.T) {
	p := mixed(t)
	date := func(text string) consent.Date {
		d, ok := consent.ParseDate(text)
		if !ok {
			t.Fatal(text)
		}
		return d
	}
	lakeview := []consent.Party{{Subject: town.org(t, "hospital-b").Subject(), Name: town.Name("hospital-b")}}
	ordinary := readGrant(consent.AllCategories)
	cases := []struct {
		name  string
		terms func(*wallet.Terms)
		ask   []stele.Category
		want  string
	}{
		{"everything ordinary", func(*wallet.Terms) {}, nil, "al20 al23 bal23 me24a me24b pr"},
		{"one category", func(g *wallet.Terms) { g.Categories = []stele.Category{stele.Allergies} }, nil, "al20 al23 bal23"},
		{"problems, not psychiatry nor addiction", func(g *wallet.Terms) { g.Categories = []stele.Category{stele.Problems} }, nil, "pr"},
		{"problems with psychiatry", func(g *wallet.Terms) {
			g.Categories, g.Sensitivity = []stele.Category{stele.Problems}, []stele.Sensitivity{stele.PSY}
		}, nil, "pr psy"},
		{"problems with addiction", func(g *wallet.Terms) {
			g.Categories, g.Sensitivity = []stele.Category{stele.Problems}, []stele.Sensitivity{stele.SUD}
		}, nil, "pr sud"},
		{"one year", func(g *wallet.Terms) { g.From, g.To = date("2023"), date("2023") }, nil, "al23 bal23 pr"},
		{"to a day", func(g *wallet.Terms) { g.From, g.To = date("2024-01-01"), date("2024-06-30") }, nil, "me24a"},
		{"one source", func(g *wallet.Terms) { g.Sources = lakeview }, nil, "bal23"},
		{"less is asked than granted", func(*wallet.Terms) {}, []stele.Category{stele.Medications}, "me24a me24b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			terms := ordinary
			c.terms(&terms)
			d := town.doctor(t, "Dr "+c.name, "hospital-b")
			given := grant(t, p, d, terms)
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Categories: c.ask})
			must(t, err)
			if ids(chart) != c.want || len(chart.Faults) > 0 {
				t.Errorf("opened %q, want %q; faults %v\n%s", ids(chart), c.want, chart.Faults, given.Says)
			}
		})
	}
}

// TestLaw2UsesAreCounted gives a grant for one use: the second access is a
// refusal in her log, the first stays good for its window.
func TestLaw2UsesAreCounted(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Once", "hospital-b")
	terms := readGrant(stele.Allergies)
	terms.MaxUses = 1
	grant(t, p, d, terms)
	first := ask(t, d, p, stele.Treatment)
	must(t, first.access(t))
	_, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	wants(t, err, stele.KindDenied, "a second use of one")
	wantRefusal(t, p, wire.Refusal_REFUSAL_USED_UP)
	if items := first.listAll(t); len(items) != 3 {
		t.Errorf("%d folios under the permitted use, want 3", len(items))
	}
	if n := first.releases(t, nil); n != 4 {
		t.Errorf("%d trustees released under the permitted use, want 4", n)
	}
}

// TestLaw2GrantBeginsAndEndsByItself tries before, during and after.
func TestLaw2GrantBeginsAndEndsByItself(t *testing.T) {
	p := mixed(t)
	early := town.doctor(t, "Dr Early", "hospital-b")
	terms := readGrant(stele.Allergies)
	terms.NotBefore = time.Now().Add(time.Hour)
	grant(t, p, early, terms)
	_, err := early.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	wants(t, err, stele.KindDenied, "a grant that has not begun")
	wantRefusal(t, p, wire.Refusal_REFUSAL_NOT_YET)

	late := town.doctor(t, "Dr Late", "hospital-b")
	terms = readGrant(stele.Allergies)
	terms.End = time.Now().Add(2500 * time.Millisecond)
	given := grant(t, p, late, terms)
	opened := ask(t, late, p, stele.Treatment)
	must(t, opened.access(t))
	if n := opened.releases(t, nil); n != 4 {
		t.Errorf("%d trustees released before the end", n)
	}
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		if at := ended(t, p, given.Grant); !at.IsZero() {
			if at.Before(given.End) {
				t.Errorf("ended at %v, before %v", at, given.End)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing ended the grant")
		}
	}
	if n := opened.releases(t, nil); n != 0 {
		t.Errorf("%d trustees released after the end, inside the window", n)
	}
	_, err = late.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	wants(t, err, stele.KindDenied, "a grant that has ended")
}

func ended(t testing.TB, p *client.Session, grant stele.ID) time.Time {
	for _, e := range events(t, p) {
		if g := e.Event.GetGrantEnded(); g != nil && string(g.Grant) == string(grant[:]) {
			return time.UnixMilli(e.Event.TimeMs)
		}
	}
	return time.Time{}
}

// TestR2RevocationStopsEveryRelease revokes inside an open window: vaults and
// trustees refuse at once, and a new access is a refusal in her log.
func TestR2RevocationStopsEveryRelease(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Short", "hospital-b")
	given := grant(t, p, d, readGrant(stele.Allergies))
	opened := ask(t, d, p, stele.Treatment)
	must(t, opened.access(t))
	if n := opened.releases(t, nil); n != 4 {
		t.Fatalf("%d trustees released before", n)
	}
	outcome, err := p.Revoke(t.Context(), given.Grant)
	must(t, err)
	for _, m := range d.Network.Members {
		town.reaches(t, m, outcome.Height)
		_, err := opened.list(t, m)
		wants(t, err, stele.KindDenied, "listing at "+m.Name+" after the revocation")
	}
	if n := opened.releases(t, nil); n != 0 {
		t.Errorf("%d trustees released after the revocation", n)
	}
	_, err = d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	wants(t, err, stele.KindDenied, "a revoked grant")
	wantRefusal(t, p, wire.Refusal_REFUSAL_REVOKED)
}

// reaches waits until a member's node has a height.
func (w *world) reaches(t testing.TB, m members.Member, height int64) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if h, err := m.Ledger.Height(t.Context()); err == nil && h >= height {
			return
		}
	}
	t.Fatalf("%s is behind", m.Name)
}

// wantRefusal fails unless the last refusal in somebody's log is for a reason.
func wantRefusal(t testing.TB, p *client.Session, why wire.Refusal) {
	t.Helper()
	for _, e := range slices.Backward(events(t, p)) {
		if r := e.Event.GetAccessRefused(); r != nil {
			if r.Refusal != why {
				t.Errorf("the log says %s, want %s", r.Refusal, why)
			}
			return
		}
	}
	t.Errorf("her log has no refusal, want %s", why)
}

// TestR23PurposeIsMandatory and within the grant's.
func TestR23PurposeIsMandatory(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Why", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies))
	for _, purpose := range []stele.Purpose{"", "FUN"} {
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: purpose})
		wants(t, err, stele.KindUsage, "a reading without a purpose")
		// A wallet that does not ask for one gets past its own SDK only.
		o := ask(t, d, p, purpose)
		must(t, o.access(t))
		if n := o.releases(t, nil); n != 0 {
			t.Errorf("%d trustees released for purpose %q", n, purpose)
		}
	}
	_, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Payment})
	wants(t, err, stele.KindDenied, "another purpose than the grant's")

	terms := readGrant(stele.Allergies)
	terms.Purposes = nil
	contact, err := p.Find(t.Context(), d.Subject().String())
	must(t, err)
	if _, _, err := p.Give(t.Context(), contact, terms); err == nil {
		t.Error("a grant without a purpose was given")
	}
}

// TestR24ResearchIsNeverServedUnderTreatment at the SDK, at vaults, at trustees.
func TestR24ResearchIsNeverServedUnderTreatment(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Curious", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies))
	_, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Research})
	wants(t, err, stele.KindDenied, "research under a treatment grant")
	o := ask(t, d, p, stele.Research)
	must(t, o.access(t))
	for _, m := range d.Network.Members {
		_, err := o.list(t, m)
		wants(t, err, stele.KindDenied, "listing for research at "+m.Name)
	}
	if n := o.releases(t, nil); n != 0 {
		t.Errorf("%d trustees released for research", n)
	}
	terms := readGrant(stele.Allergies)
	terms.Purposes = []stele.Purpose{stele.Treatment, stele.Research}
	contact, err := p.Find(t.Context(), d.Subject().String())
	must(t, err)
	if _, _, err := p.Give(t.Context(), contact, terms); err == nil {
		t.Error("one grant for treatment and research was given")
	}
}

// TestLaw2StolenGrantIsOfNoUse takes the grant's package, then its key as well,
// to another practitioner of the same hospital.
func TestLaw2StolenGrantIsOfNoUse(t *testing.T) {
	p, owner, thief := mixed(t), town.doctor(t, "Dr Owner", "hospital-b"), town.doctor(t, "Dr Thief", "hospital-b")
	grant(t, p, owner, readGrant(stele.Allergies))
	held, err := owner.HeldGrants()
	must(t, err)
	wallettest.Keep(thief.Wallet, held...)
	before := entries(t, p)
	_, err = thief.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	wants(t, err, stele.KindDenied, "a stolen grant document")
	if entries(t, p) != before {
		t.Error("the ledger took an access by a key that is not the grantee's")
	}

	o := ask(t, thief, p, stele.Treatment)
	o.signer = owner.Keyring().OneTime(held[0].KeyIndex) // the key was stolen too
	must(t, o.access(t))
	for _, m := range thief.Network.Members {
		_, err := o.list(t, m)
		wants(t, err, stele.KindDenied, "listing with a stolen key at "+m.Name)
	}
	if n := o.releases(t, nil); n != 0 {
		t.Errorf("%d trustees released to the thief's card", n)
	}
}

// TestLaw2DetailIsNarrowerThanTheGrant opens for one category; the capsules of
// another, in the grant, stay shut under that access.
func TestLaw2DetailIsNarrowerThanTheGrant(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Narrow", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies, stele.Medications))
	wide := ask(t, d, p, stele.Treatment)
	must(t, wide.access(t))
	all := wide.listAll(t)
	narrow := ask(t, d, p, stele.Treatment, stele.Allergies)
	must(t, narrow.access(t))
	some := narrow.listAll(t)
	if len(all) != 4 || len(some) != 3 {
		t.Fatalf("%d and %d folios listed, want 4 and 3", len(all), len(some))
	}
	if n := narrow.releases(t, all); n != 0 {
		t.Errorf("%d trustees released what was not asked for", n)
	}
	if n := narrow.releases(t, some); n != 4 {
		t.Errorf("%d trustees released what was", n)
	}
}

// TestLaw1RefusedReadersLeaveTheLedgerSilent and the patient finds the attempt,
// with who and why, sealed to her.
func TestLaw1RefusedReadersLeaveTheLedgerSilent(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Stranger", "hospital-b")
	before := entries(t, p)
	_, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "curiosity"})
	wants(t, err, stele.KindDenied, "a reading without a grant")
	report, lines, err := p.Account.ReportWhole(t.Context())
	must(t, err)
	if int(report.Size) != before {
		t.Errorf("the log grew from %d to %d", before, report.Size)
	}
	found := slices.ContainsFunc(lines, func(l account.Line) bool {
		return l.Event == nil && l.Card.GetName() == "Dr Stranger" && l.Detail.GetReason() == "curiosity" && len(l.Details) == 4
	})
	if !found || len(report.Gaps) > 0 {
		t.Errorf("she does not find the attempt with all four trustees; gaps %v", report.Gaps)
	}
	// Unknown, not granted and ended look alike.
	nobody := stele.Subject{1, 2, 3}
	_, other := d.Charts.OpenChart(t.Context(), nobody, followUp)
	if other == nil || err != nil || other.Error() == "" || stele.KindOf(other) != stele.KindDenied {
		t.Errorf("an unknown patient: %v", other)
	}
	if !strings.Contains(other.Error(), "no access") {
		t.Errorf("an unknown patient is told apart: %v", other)
	}
}

// TestR21GrantSaysItAll checks what stands in a grant document and that taking
// it back is one step.
func TestR21GrantSaysItAll(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Form", "hospital-b")
	given := grant(t, p, d, readGrant(stele.Allergies))
	g, err := consent.Parse(given.Document)
	must(t, err)
	if g.Patient.Name != "Elena" || g.Actor.Party.Name != "Dr Form" || g.Actor.At.Name != town.Name("hospital-b") || g.Policy == "" ||
		g.Language == "" || g.Wording == "" || g.Signed.At.IsZero() || g.Signed.By.Subject != p.Subject() || len(g.Purposes) != 1 || given.Says == "" {
		t.Errorf("the document lacks something: %+v", g)
	}
	_, err = p.Revoke(context.WithoutCancel(t.Context()), given.Grant)
	must(t, err)
}

// TestClockOfAWalletAnHourOffOpensNothing: what a wallet with a wrong clock signs
// is stale or expires too late; nothing reaches the log, and the words help.
func TestClockOfAWalletAnHourOffOpensNothing(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Late", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies))
	before := entries(t, p)
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		wrong := with(d, "hospital-b", func(*members.Member) {})
		wrong.Clock = func() time.Time { return time.Now().Add(off) }
		_, err := wrong.Charts.OpenChart(t.Context(), p.Subject(), followUp)
		wants(t, err, stele.KindInvalid, "an opening by a clock that is "+off.String()+" off")
		t.Logf("%v: %v; hint: %s", off, err, stele.HintOf(err))
		if !strings.Contains(err.Error()+stele.HintOf(err), "clock") {
			t.Errorf("%v: no word of the clock", off)
		}
	}
	if n := entries(t, p); n != before {
		t.Errorf("her log grew by %d", n-before)
	}
	chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	must(t, err)
	if len(chart.Records) == 0 {
		t.Error("nothing opened by the right clock")
	}
}

package client_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestAPatientThatSignsAProposalAboutHerselfDoesNotCrash: whoever holds the slip has made a wallet
// for the chart, and signs a grant that members give: a refusal.
func TestAPatientThatSignsAProposalAboutHerselfDoesNotCrash(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		north := w.Orgs["Northside"]
		_, slip := wallet.NewSlip()
		_, err := north.Enrol(t.Context(), slip, "")
		w.Must(err)
		d := w.NewDoctor("Dr Wren", "Northside")
		s := w.Session(w.NewFileOf("Pia Paper", wallet.Patient, &slip))
		w.Closes = append(w.Closes, s.Close)
		p, err := north.ProposeGrant(t.Context(), consent.Party{Subject: slip.Subject, Name: "Pia Paper"}, w.ContactOf(north, d), town.Terms(consent.AllCategories))
		w.Must(err)
		w.Wants(s.SignProposal(p), stele.KindDenied, "a patient among the members that give")
	})
}

// TestWhoSignsSeesWhoIsMeant: a member that lies proposes a grant to somebody of its choice under the
// name of a doctor whom everybody knows. The other member reads whose name it is.
func TestWhoSignsSeesWhoIsMeant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		north, elm := w.Orgs["Northside"], w.Orgs["Elm"]
		_, slip := wallet.NewSlip()
		_, err := north.Enrol(t.Context(), slip, "")
		w.Must(err)
		held := careWrite(w, slip.Subject)
		_, err = north.Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note("a", stele.Allergies, "2026-10-03")})
		w.Must(err)
		good, evil := w.NewDoctor("Dr Wren", "Elm"), w.NewDoctor("Dr Evil", "Northside")
		to, known := w.ContactOf(north, evil), w.ContactOf(north, good)
		to.Card.Name = known.Card.Name
		p, err := north.ProposeGrant(t.Context(), consent.Party{Subject: slip.Subject, Name: "Pia Paper"}, to, town.Terms(consent.AllCategories))
		w.Must(err)
		p, err = wallet.ReadProposal(p.Bytes())
		w.Must(err)
		w.Must(elm.SignProposal(p))
		_, err = north.SubmitProposal(t.Context(), p)
		w.Must(err)
		_, err = evil.Collect(t.Context())
		w.Must(err)
		chart, err := evil.Charts.OpenChart(t.Context(), slip.Subject, town.FollowUp)
		if err == nil && !strings.Contains(p.Says(), evil.Subject().String()) {
			t.Errorf("Elm signed %q, and Dr Evil read %d records", p.Says(), len(chart.Records))
		}
	})
}

// TestAnOpenChartGoesOnWithWhatIsNotRestricted: what is restricted while a chart is open is not read
// any more, what is not restricted is, and no member is blamed.
func TestAnOpenChartGoesOnWithWhatIsNotRestricted(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := granted(t, w)
		h, err := n.okafor.Charts.HoldChart(t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check"}, func(stele.Label) bool { return false })
		w.Must(err)
		defer h.Close()
		before := map[stele.Category]int{}
		for _, f := range h.Folios() {
			before[f.Label.Category]++
		}
		n.restricts(slot.Restriction{Categories: []stele.Category{stele.Results}})
		records, err := h.Read(t.Context(), func(*reading.Folio) bool { return true })
		got := map[stele.Category]int{}
		for _, r := range records {
			got[r.Label.Category]++
		}
		if err != nil || got[stele.Results] != 0 || got[stele.Allergies] == 0 || len(h.Faults) != 0 {
			t.Errorf("read %v: %v; faults %v", got, err, h.Faults)
		}
	})
}

// TestAnOpenChartTellsWhatNobodyGives: records of an open chart that vaults don't give, because
// they are away or one of them refuses alone, are told to be missing.
func TestAnOpenChartTellsWhatNobodyGives(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := granted(t, w)
		away := false
		okafor := n.okafor
		for _, name := range w.Names {
			okafor = town.Bend(okafor, name, func(m *members.Member) { m.Vault = leaving{m.Vault, &away, name == w.Names[0]} })
		}
		h, err := okafor.Charts.HoldChart(t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check"}, func(stele.Label) bool { return false })
		w.Must(err)
		defer h.Close()
		away = true
		records, err := h.Read(t.Context(), func(*reading.Folio) bool { return true })
		if err == nil || len(records) != 0 {
			t.Errorf("read %d records: %v", len(records), err)
		}
	})
}

// leaving is a vault that gives no more records: it is away, or refuses.
type leaving struct {
	members.Vault
	away    *bool
	refuses bool
}

func (v leaving) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	switch {
	case !*v.away || len(in.Folios) == 0:
		return v.Vault.GetRecords(ctx, in, each)
	case v.refuses:
		return stele.E("read", stele.KindDenied, "no access", nil)
	}
	return stele.E("dial", stele.KindUnreachable, "the vault is away", nil)
}

// TestAnOpenChartIsReadByManyAtOnce: each record is read once, and nobody's reading stops another's.
func TestAnOpenChartIsReadByManyAtOnce(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := granted(t, w)
		h, err := n.okafor.Charts.HoldChart(t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check"}, func(stele.Label) bool { return false })
		w.Must(err)
		defer h.Close()
		var all sync.WaitGroup
		var read atomic.Int64
		for range 8 {
			all.Go(func() {
				records, err := h.Read(t.Context(), func(*reading.Folio) bool { return true })
				if err != nil {
					t.Error(err)
				}
				read.Add(int64(len(records)))
			})
		}
		all.Wait()
		want := 0
		for _, f := range h.Folios() {
			want += int(f.Head.Records)
		}
		if int(read.Load()) != want || want == 0 {
			t.Errorf("%d records read, of %d", read.Load(), want)
		}
	})
}

package wallet

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestLaw6WhoWritesAndLooksSeesIt: a block is proved by the next one, which may take
// until the heartbeat. The log is waited for until it holds what was written, in the
// same session and in the next.
func TestLaw6WhoWritesAndLooksSeesIt(t *testing.T) {
	for _, again := range []bool{false, true} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
			to := w.contactOf(p, d)
			w.lazy = true
			given, outcome, err := p.Give(t.Context(), to, terms(stele.Allergies))
			w.must(err)
			if again { // another process of the same wallet
				w.must(p.reopen())
				p = &Session{Wallet: p.Wallet, Network: p.Network, History: p.History, Clock: p.Clock}
			}
			account, err := p.Log(t.Context())
			w.must(err)
			if account.Height < outcome.Height || account.Behind != 0 {
				t.Errorf("again %v: the log of block %d is shown, written was in %d", again, account.Height, outcome.Height)
			}
			events, err := account.All()
			w.must(err)
			if last := events[len(events)-1].Event.GetGrantGiven(); string(last.GetGrant()) != string(given.Grant[:]) {
				t.Errorf("again %v: the newest entry is %v", again, events[len(events)-1].Event)
			}
		})
	}
	inTown(t, func(t *testing.T, w *town) { // who joins and looks
		s := w.session(w.newFile("Elena", Patient))
		w.closes = append(w.closes, s.Close)
		w.lazy = true
		_, err := s.Join(t.Context())
		w.must(err)
		s = &Session{Wallet: s.Wallet, Network: s.Network, History: s.History, Clock: s.Clock}
		if account, err := s.Log(t.Context()); err != nil || account.Size != 1 {
			t.Errorf("%v, %v", account, err)
		}
	})
}

// TestLaw6OneMemberBehindIsNotWaitedFor: another one that has the block is asked.
func TestLaw6OneMemberBehindIsNotWaitedFor(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.all(p)
		var old *wire.LogProof
		first := p.Network.Members[0].Ledger
		p.Network.Members[0].Ledger = pagedLedger{Ledger: first, lie: func(l *wire.LogProof) {
			if old == nil {
				old = &wire.LogProof{First: l.First, Head: l.Head, Light: l.Light}
			}
			l.Events, l.Consistency, l.Head, l.Light = nil, nil, old.Head, old.Light
		}}
		w.all(p)
		given := w.gives(p, d, stele.Allergies)
		began := time.Now()
		account, err := p.Log(t.Context())
		w.must(err)
		events, err := account.All()
		w.must(err)
		if last := events[len(events)-1].Event.GetGrantGiven(); string(last.GetGrant()) != string(given.Grant[:]) || time.Since(began) > 0 {
			t.Errorf("after %v the newest entry is %v", time.Since(began), events[len(events)-1].Event)
		}
	})
}

// TestR46ANetworkThatIsBehindIsCalledThat: the proof of what was written does not come.
// It is waited for as long as it may take, once; then the log is shown as far as it is
// proved, and says so.
func TestR46ANetworkThatIsBehindIsCalledThat(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		to := w.contactOf(p, d)
		w.lazy, w.still = true, true
		_, outcome, err := p.Give(t.Context(), to, terms(stele.Allergies))
		w.must(err)
		for _, most := range []time.Duration{provable, time.Second} {
			began := time.Now()
			account, err := p.Log(t.Context())
			w.must(err)
			if account.Behind != outcome.Height || account.Height >= outcome.Height {
				t.Errorf("behind %d at %d, written was in %d", account.Behind, account.Height, outcome.Height)
			}
			if waited := time.Since(began); waited > most || most == provable && waited < most/2 {
				t.Errorf("it waited %v, at most %v", waited, most)
			}
		}
		report := w.alike("behind", p)
		if len(report.Gaps) > 0 {
			t.Errorf("somebody is accused: %q", report.Gaps)
		}
		w.writeBlock()
		if account, err := p.Log(t.Context()); err != nil || account.Behind != 0 {
			t.Errorf("%+v, %v", account, err)
		}
	})
}

// TestR46NobodyIsAccusedByWhatIsNewerThanTheLog: trustees tell of an opening whose
// block is not proved yet. It is neither a gap nor somebody who asked without a grant;
// once the log reaches the block it is judged.
func TestR46NobodyIsAccusedByWhatIsNewerThanTheLog(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		w.gives(p, d, stele.Allergies)
		w.lazy, w.still = true, true
		_, err := d.OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
		// The fourth trustee was a block behind, and refused it.
		said := bend(p, "Patients", func(m *Member) {
			m.Trustee = lyingTrustee{Trustee: m.Trustee, details: func(out *wire.DetailsResponse) {
				kept, err := w.members[0].Trustee.Details(t.Context(), &wire.DetailsRequest{Request: p.own(w.members[0].Subject, 0)})
				w.must(err)
				refusal := p.openDetail(w.members[0], kept.Details[0])
				refusal.Released, refusal.Receipt, refusal.Labels, refusal.Records = false, nil, nil, 0
				adds(p, m.Subject, out, refusal)
			}}
		})
		report := w.alike("ahead", said)
		at := slices.IndexFunc(report.Lines, func(l Line) bool { return l.Event == nil })
		if len(report.Gaps) > 0 || report.Ahead != 1 || at < 0 || !report.Lines[at].Ahead {
			t.Errorf("gaps %q, ahead %d, lines %+v", report.Gaps, report.Ahead, report.Lines)
		}
		// A trustee that hides the receipt and tells of the release is not doubted earlier.
		hides := bend(p, "Lakeview", func(m *Member) {
			m.Trustee = lyingTrustee{Trustee: m.Trustee, details: func(out *wire.DetailsResponse) { out.Receipts = nil }}
		})
		for _, name := range []string{"Northside", "Elm"} {
			hides = bend(hides, name, func(m *Member) { m.Trustee = deadTrustee{} })
		}
		if report, err := hides.withLines(t.Context()); err != nil || report.Ahead != 1 || slices.ContainsFunc(report.Gaps, func(g string) bool { return !strings.Contains(g, "hides a receipt") }) {
			t.Errorf("%v, gaps %q, ahead %d", err, report.Gaps, report.Ahead)
		}
		w.writeBlock()
		report = w.alike("reached", said)
		if last := report.Lines[len(report.Lines)-1]; len(report.Gaps) > 0 || report.Ahead != 0 || last.Released != 3 || last.Card.GetName() != "Dr Okafor" {
			t.Errorf("gaps %q, ahead %d, told %+v", report.Gaps, report.Ahead, last)
		}
	})
	inTown(t, func(t *testing.T, w *town) { // one that is made up is found when its block is there
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		w.gives(p, d, stele.Allergies)
		_, err := d.OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
		height := int64(len(w.blocks)) + 2
		said := bend(p, "Lakeview", func(m *Member) {
			m.Trustee = lyingTrustee{Trustee: m.Trustee, details: func(out *wire.DetailsResponse) {
				r := new(wire.Receipt)
				w.must(wire.Decode(out.Receipts[0].Receipt.Body, r))
				r.Request, r.Height = make([]byte, 16), height
				out.Receipts = append(out.Receipts, &wire.ReceiptProof{Receipt: wire.Sign(wire.TagReceipt, r, w.keys[1])})
			}}
		})
		if report := w.alike("to come", said); len(report.Gaps) > 0 || report.Ahead != 1 {
			t.Errorf("gaps %q, ahead %d", report.Gaps, report.Ahead)
		}
		for range 4 {
			w.writeBlock()
		}
		if report := w.alike("there", said); !says(report.Gaps, "not in the log") || report.Ahead != 0 {
			t.Errorf("gaps %q, ahead %d", report.Gaps, report.Ahead)
		}
	})
}

package account_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wire"
)

// opened is the line of an account about the newest opening.
func opened(w *town.Town, p *client.Session) account.Line {
	w.T.Helper()
	report, lines, err := p.Account.ReportWhole(w.T.Context())
	w.Must(err)
	if len(report.Gaps) > 0 {
		w.T.Errorf("gaps: %q", report.Gaps)
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].Event.About().Place == wire.PlaceOpening {
			return lines[i]
		}
	}
	w.T.Fatal("no opening")
	return account.Line{}
}

// TestWhatWasReleasedAndWhatWasLookedAt stand apart in her account: a session of a quarter of an hour
// releases all keys at once, and what is looked at is the reader's signed word, which every trustee
// keeps and posts, and which her export holds.
func TestWhatWasReleasedAndWhatWasLookedAt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-03-02"), town.Note("r1", stele.Results, "2021-03-02"))
		w.Gives(p, d, consent.AllCategories)
		q := town.FollowUp
		q.Window = stele.MaxSession
		h, err := d.Charts.HoldChart(t.Context(), p.Subject(), q, func(stele.Label) bool { return false })
		w.Must(err)
		if line := opened(w, p); line.ReleasedRecords() != 3 || line.ViewedRecords() != 0 || line.Released < line.Needed {
			t.Errorf("%d records released by %d, %d looked at", line.ReleasedRecords(), line.Released, line.ViewedRecords())
		}
		folios := h.Folios()
		var allergies *reading.Folio
		for _, f := range folios {
			if f.Label.Category == stele.Allergies {
				allergies = f
			}
		}
		released := opened(w, p).Released
		time.Sleep(14 * time.Minute) // long after trustees release nothing more
		_, err = h.Record(t.Context(), allergies, 1)
		w.Must(err)
		w.Must(h.TellLooked(t.Context()))
		time.Sleep(time.Second)
		w.Must(h.TellLooked(t.Context())) // nothing is told twice
		time.Sleep(2 * time.Minute)
		if len(h.Folios()) > 0 {
			t.Error("keys are held after the session")
		}
		w.Post()
		line := opened(w, p)
		if len(line.Viewed) != 1 || line.ViewedRecords() != 1 || line.Released != released || line.Refused != 0 {
			t.Errorf("%d statements of %d records, released by %d (%d before), refused %d", len(line.Viewed), line.ViewedRecords(), line.Released, released, line.Refused)
		}
		if f := line.Viewed[0].Folios; len(f) != 1 || string(f[0].Folio) != string(allergies.Head.Folio) || len(f[0].Places) != 1 || f[0].Places[0] != 1 {
			t.Errorf("looked at %v", f)
		}
		var file bytes.Buffer
		_, err = p.Account.Export(t.Context(), &file)
		w.Must(err)
		result, err := steleproof.Verify(bytes.NewReader(file.Bytes()), steleproof.Expect{})
		w.Must(err)
		if result.Receipts <= released {
			t.Errorf("the file has %d receipts", result.Receipts)
		}
	})
}

// TestAllThatIsShownIsSaidToBeLookedAt: who opens a chart as a whole says so in one statement, also after
// the grant has been taken back; a copy of it is not kept again, and no one but who opened can say it.
func TestAllThatIsShownIsSaidToBeLookedAt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-03-02"))
		given := w.Gives(p, d, stele.Allergies)
		var told *wire.ViewRequest
		for _, name := range w.Names {
			d = town.Bend(d, name, func(m *members.Member) { m.Trustee = overheard{m.Trustee, &told} })
		}
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		_, err = p.Revoke(t.Context(), given.Grant)
		w.Must(err)
		w.Must(d.Charts.TellViewed(t.Context(), chart))
		line := opened(w, p)
		if len(line.Viewed) != 1 || line.ViewedRecords() != 2 || len(line.Viewed[0].Folios) != 0 {
			t.Fatalf("looked at %v", line.Viewed)
		}
		report, _, err := p.Account.ReportWhole(t.Context())
		w.Must(err)
		for _, m := range w.Members {
			if _, err := m.Trustee.View(t.Context(), told); err != nil {
				t.Errorf("the same statement again: %v", err)
			}
			forged := &wire.ViewRequest{Viewed: wire.SignBytes(wire.TagViewed, told.Viewed.Body, wire.NewEd25519()), Detail: told.Detail, DetailSalt: told.DetailSalt}
			_, err := m.Trustee.View(t.Context(), forged)
			w.Wants(err, stele.KindDenied, "a statement by a stranger")
		}
		after, _, err := p.Account.ReportWhole(t.Context())
		w.Must(err)
		if line := opened(w, p); len(line.Viewed) != 1 || after.Receipts != report.Receipts {
			t.Errorf("after a copy: looked at %v, %d receipts of %d before", line.Viewed, after.Receipts, report.Receipts)
		}
	})
}

// TestWhatWasLookedAtIsToldAfterTheSession, too, for as long as a request is fresh; and one trustee that
// takes it, which may be a liar, is not enough.
func TestWhatWasLookedAtIsToldAfterTheSession(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		alone := d
		for _, name := range w.Names[1:] {
			alone = town.Bend(alone, name, func(m *members.Member) { m.Trustee = town.DeadTrustee{} })
		}
		w.Wants(alone.Charts.TellViewed(t.Context(), chart), stele.KindUnreachable, "a statement that one trustee took")
		own, err := p.Charts.OpenOwn(t.Context())
		w.Must(err)
		w.Must(p.Charts.TellViewed(t.Context(), own)) // her own: nobody is told
		time.Sleep(5 * time.Minute)
		w.Must(d.Charts.TellViewed(t.Context(), chart))
		if line := opened(w, p); len(line.Viewed) != 2 || time.UnixMilli(line.Viewed[1].AtMs).After(chart.Access.Until) {
			t.Errorf("looked at %v", line.Viewed)
		}
		time.Sleep(2 * time.Minute)
		w.Wants(d.Charts.TellViewed(t.Context(), chart), stele.KindDenied, "a statement long after the session")
	})
}

// TestR44WhatIsSaidToBeLookedAtHasABound: of one access a trustee keeps 32 statements, whoever has a grant
// says more; what was kept stays.
func TestR44WhatIsSaidToBeLookedAtHasABound(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		for i := range 40 {
			time.Sleep(100 * time.Millisecond) // each is another statement
			err := d.Charts.TellViewed(t.Context(), chart)
			if i < 32 {
				w.Must(err)
			} else {
				w.Wants(err, stele.KindDenied, "one more statement")
			}
		}
		if line := opened(w, p); len(line.Viewed) != 32 {
			t.Errorf("%d statements are told", len(line.Viewed))
		}
	})
}

// overheard is a trustee whose line somebody listens at.
type overheard struct {
	members.Trustee
	told **wire.ViewRequest
}

func (o overheard) View(ctx context.Context, in *wire.ViewRequest) (*wire.ViewResponse, error) {
	*o.told = in
	return o.Trustee.View(ctx, in)
}

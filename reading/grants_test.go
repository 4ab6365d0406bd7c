package reading_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestR4OpensUnderTheGrantThatAllowsIt has a doctor hold several grants of one patient: a
// newer and narrower one hides nothing that is asked for, and what none allows is a
// refusal, never an empty chart.
func TestR4OpensUnderTheGrantThatAllowsIt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("al", stele.Allergies, "2020-01-02"), town.Note("me", stele.Medications, "2020-01-02"), town.Note("vi", stele.Vitals, "2020-01-02"))
		wide := w.Gives(p, d, stele.Allergies, stele.Medications)
		first, narrow := w.Gives(p, d, stele.Vitals), w.Gives(p, d, stele.Vitals)
		for what, c := range map[string]struct {
			asked []stele.Category
			under stele.ID
			want  string
			used  stele.ID
		}{
			"everything":               {nil, stele.ID{}, "al me", wide.Grant},
			"what the older allows":    {[]stele.Category{stele.Medications}, stele.ID{}, "me", wide.Grant},
			"what the newer allow":     {[]stele.Category{stele.Vitals}, stele.ID{}, "vi", narrow.Grant},
			"some of each":             {[]stele.Category{stele.Vitals, stele.Results}, stele.ID{}, "vi", narrow.Grant},
			"under one that is named":  {nil, first.Grant, "vi", first.Grant},
			"what none of them allows": {[]stele.Category{stele.Results}, stele.ID{}, "", stele.ID{}},
			"what the named one lacks": {[]stele.Category{stele.Medications}, narrow.Grant, "", stele.ID{}},
		} {
			height := len(w.Blocks)
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Categories: c.asked, Grant: c.under})
			if c.used.IsZero() {
				w.Wants(err, stele.KindDenied, what)
				if len(w.Blocks) != height {
					t.Errorf("%s: an opening that can show nothing stands on her log", what)
				}
				continue
			}
			w.Must(err)
			if town.IDs(chart) != c.want || chart.Access.Grant != c.used {
				t.Errorf("%s: opened %q under %s; want %q under %s", what, town.IDs(chart), chart.Access.Grant.Short(), c.want, c.used.Short())
			}
			if other := wallettest.Sure(d.Charts.OtherGrants(chart, stele.Treatment)); len(other) == 0 || other[0].Grant == c.used || len(other) == 2 != (c.used == wide.Grant) {
				t.Errorf("%s: %d besides", what, len(other))
			}
		}
	})
}

// TestR4AGrantThatIsAboutToEndIsTakenLast: nothing is released under one that ends while a
// chart is being opened; but what no other allows is asked for under it.
func TestR4AGrantThatIsAboutToEndIsTakenLast(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("al", stele.Allergies, "2020-01-02"), town.Note("me", stele.Medications, "2020-01-02"))
		ends := town.Terms(stele.Allergies, stele.Medications)
		ends.End = time.Now().Add(time.Minute)
		wide, _, err := p.Give(t.Context(), w.ContactOf(p, d), ends)
		w.Must(err)
		lasts := w.Gives(p, d, stele.Allergies)
		opens := func(want stele.ID, asked ...stele.Category) {
			t.Helper()
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Categories: asked})
			if w.Must(err); chart.Access.Grant != want {
				t.Errorf("%v are opened under %s", asked, chart.Access.Grant.Short())
			}
		}
		opens(wide.Grant, stele.Allergies, stele.Medications)
		time.Sleep(time.Until(ends.End) - 5*time.Second)
		opens(lasts.Grant, stele.Allergies, stele.Medications)
		opens(wide.Grant, stele.Medications)
	})
}

// TestWithin holds which grant allows all that another does.
func TestWithin(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		give := func(change func(*wallet.Terms)) wallet.Held {
			t.Helper()
			terms := town.Terms(stele.Allergies, stele.Problems)
			change(&terms)
			_, _, err := p.Give(t.Context(), w.ContactOf(p, d), terms)
			w.Must(err)
			_, err = d.Collect(t.Context())
			w.Must(err)
			return wallettest.Sure(d.HeldGrants())[len(wallettest.Sure(d.HeldGrants()))-1]
		}
		two := give(func(*wallet.Terms) {})
		one := give(func(g *wallet.Terms) { g.Categories = g.Categories[:1] })
		all := give(func(g *wallet.Terms) { g.Categories = []stele.Category{consent.AllCategories} })
		marked := give(func(g *wallet.Terms) { g.Sensitivity = []stele.Sensitivity{stele.PSY} })
		dated := give(func(g *wallet.Terms) { g.From = consent.Date{Year: 2020} })
		for what, c := range map[string]struct {
			a, b wallet.Held
			want bool
		}{
			"itself": {two, two, true}, "fewer": {one, two, true}, "more": {two, one, false},
			"of everything": {two, all, true}, "everything of two": {all, two, false},
			"sensitive": {marked, two, false}, "sensitive of everything": {marked, all, false}, "not sensitive": {two, marked, true},
			"a period": {dated, two, true}, "beyond a period": {two, dated, false}, "the same period": {dated, dated, true},
		} {
			if got := c.a.Within(c.b); got != c.want {
				t.Errorf("%s: %v", what, got)
			}
		}
	})
}

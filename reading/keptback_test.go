package reading_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wire"
)

// givesFrom lets a doctor read the allergies that are dated from a day on.
func givesFrom(w *town.Town, p, d *client.Session, day string) {
	terms := town.Terms(stele.Allergies)
	terms.From, _ = consent.ParseDate(day)
	_, _, err := p.Give(context.Background(), w.ContactOf(p, d), terms)
	w.Must(err)
	_, err = d.Collect(context.Background())
	w.Must(err)
}

// TestLaw3AVaultThatMakesUpPartsHidesNoFolio: nothing is restricted, and one vault lists a folio as if something
// were, with a capsule of its own making; it is heard first. The folio is read by the key that others list, whether
// the trustees release all that is listed or, since it lists what was never anchored, too, vault by vault.
func TestLaw3AVaultThatMakesUpPartsHidesNoFolio(t *testing.T) {
	for _, whose := range []string{"a record's handle", "a made up handle", "a made up handle, under a grant with a date", "a made up handle, beside a folio that was never anchored"} {
		t.Run(whose, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
				w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
				if strings.Contains(whose, "date") {
					givesFrom(w, p, d, "2019-01-01")
				} else {
					w.Gives(p, d, stele.Allergies)
				}
				handle := w.Chart(p).Records[0].Handle
				if whose != "a record's handle" {
					handle = stele.NewID()
				}
				rubbish := rubbishOf(w, p, 1)
				lists := func(r *wire.ListFoliosResponse) {
					w.MadeUpParts(p, handle)(r)
					if strings.Contains(whose, "anchored") {
						r.Folios = append(r.Folios, rubbish...)
					}
				}
				for _, m := range w.Members {
					s, err := m.Vault.(town.LineV).Status(t.Context())
					w.Must(err)
					d = town.Bend(d, m.Name, func(m *members.Member) {
						switch {
						case m.Name == "Northside":
							m.Vault = town.LyingVault{Vault: m.Vault, List: lists}
						case s.Submissions > 0:
							m.Vault = liar{m.Vault, &lies{w: w, p: p}, lie{door: func(context.Context) error { time.Sleep(300 * time.Millisecond); return nil }}}
						}
					})
				}
				for range 3 {
					chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
					w.Must(err)
					if town.IDs(chart) != "a1" {
						t.Errorf("opened %q, faults %v", town.IDs(chart), chart.Faults)
					}
					for _, f := range chart.Faults {
						if f.Member != "Northside" {
							t.Errorf("blamed: %v", f)
						}
					}
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// TestASilentHolderOfAFolioInPartIsNotWaitedForLong: of two records one is out of the grant's period. Who gave the one is as
// good as certain; the other holder is asked all the same, and not waited for as long as for what nobody gave.
func TestASilentHolderOfAFolioInPartIsNotWaitedForLong(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-01-03"))
		givesFrom(w, p, d, "2020-01-03")
		d = town.Bend(d, "Northside", func(m *members.Member) {
			m.Vault = liar{m.Vault, &lies{w: w, p: p}, lie{records: never(silent)}}
		})
		for try := range 2 {
			start := time.Now()
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Must(err)
			if took := time.Since(start); town.IDs(chart) != "a2" || took > reading.Pause+1500*time.Millisecond {
				t.Errorf("opening %d: %q after %v, faults %v", try, town.IDs(chart), took, chart.Faults)
			}
		}
	})
}

// TestLaw3OneVaultKeepsNothingBackUnderADatedGrant: it gives the leaves of a folio and none of its records, as if all were
// out of the period. Who else lists the folio is asked, too, and who kept them back is named.
func TestLaw3OneVaultKeepsNothingBackUnderADatedGrant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-01-03"))
		givesFrom(w, p, d, "2019-01-01")
		for _, name := range w.Names {
			lied := false
			doctor := town.Bend(d, name, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Records: func(in *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					lied = true
					return town.LeavesOnly(in, r)
				}}
			})
			chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			if err != nil || town.IDs(chart) != "a1 a2" {
				t.Errorf("%s lies: opened %q, faults %v, %v", name, town.IDs(chart), chart.Faults, err)
			}
			if lied && !town.Blames(chart, name, "kept records back") {
				t.Errorf("%s lies and is not named: %v", name, chart.Faults)
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestLaw3WhoKeptRecordsBackHoldsNobodyUp: asked for its list once more it says nothing.
func TestLaw3WhoKeptRecordsBackHoldsNobodyUp(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		var notes []delivery.Incoming
		for year := range 8 { // a folio each, so that it is asked first for some
			notes = append(notes, town.Note(fmt.Sprint("a", year), stele.Allergies, fmt.Sprint(2010+year)))
		}
		w.Delivers("Northside", p, notes...)
		w.Gives(p, d, stele.Allergies)
		for _, name := range w.Names {
			doctor := town.Bend(d, name, func(m *members.Member) {
				m.Vault = &listsOnce{Vault: town.LyingVault{Vault: m.Vault, Records: town.LeavesOnly}}
			})
			start := time.Now()
			chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			if took := time.Since(start); err != nil || len(chart.Records) != len(notes) || took > reading.Allowed+time.Second {
				t.Errorf("%s lies: opened %q after %v, %v", name, town.IDs(chart), took, err)
			}
			time.Sleep(time.Minute)
		}
	})
}

// listsOnce says nothing when it is asked for its list once more.
type listsOnce struct {
	members.Vault
	listed bool
}

func (v *listsOnce) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	if v.listed {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	v.listed = true
	return v.Vault.ListFolios(ctx, in)
}

// holders are the members whose vaults hold anything.
func holders(w *town.Town) (names []string) {
	for _, m := range w.Members {
		s, err := m.Vault.(town.LineV).Status(w.T.Context())
		if w.Must(err); s.Submissions > 0 {
			names = append(names, m.Name)
		}
	}
	return names
}

// TestLaw3ASteadyHolderIsHeardToTheEnd: one vault keeps all records back. The other gives a folio each tenth of a second, which
// a vault may take, and longer for all of them than a silent one is waited for: it is heard to the end, and not blamed.
func TestLaw3ASteadyHolderIsHeardToTheEnd(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		var notes []delivery.Incoming
		var want []string
		for year := range 2 * int(reading.Pause/reading.PerFolio) {
			want = append(want, fmt.Sprintf("a%02d", year))
			notes = append(notes, town.Note(want[year], stele.Allergies, fmt.Sprint(1970+year)))
		}
		w.Delivers("Northside", p, notes...)
		givesFrom(w, p, d, "1969-01-01")
		both := holders(w)
		for i := range 2 * len(both) {
			liar, late, i := both[i%2], i > 1, i%2
			doctor := town.Bend(town.Bend(d, liar, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Records: town.LeavesOnly}
				if late { // so that the other has two shares at work
					m.Vault = begins{m.Vault, reading.Pause / 4}
				}
			}), both[1-i], func(m *members.Member) { m.Vault = steady(w, p, m.Vault) })
			chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Must(err)
			if town.IDs(chart) != strings.Join(want, " ") || !town.Blames(chart, liar, "kept records back") {
				t.Errorf("%s lies: opened %q, faults %v", liar, town.IDs(chart), chart.Faults)
			}
			for _, f := range chart.Faults {
				if f.Member != liar {
					t.Errorf("%s lies, and %s is blamed: %s", liar, f.Member, f.What)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

// begins gives nothing for a while, and then all.
type begins struct {
	members.Vault
	after time.Duration
}

func (v begins) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	time.Sleep(v.after)
	return v.Vault.GetRecords(ctx, in, each)
}

// steady gives as slowly as a vault may.
func steady(w *town.Town, p *client.Session, v members.Vault) members.Vault {
	return liar{v, &lies{w: w, p: p}, lie{records: after(reading.PerFolio)}}
}

// TestLaw3AFolioThatCameInPartIsTold: one vault gives leaves alone of a folio of which nothing is restricted; the other says
// nothing when records are asked for. That some of the chart is missing is told.
func TestLaw3AFolioThatCameInPartIsTold(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("p1", stele.Problems, "2020-01-02"))
		w.Gives(p, d, stele.Allergies, stele.Problems)
		both := holders(w)
		for i, by := range both {
			doctor := town.Bend(d, by, func(m *members.Member) {
				gave := 0 // the first folio is given, or nothing is opened at all
				m.Vault = town.LyingVault{Vault: m.Vault, Records: func(in *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					if gave++; gave == 1 {
						return r
					}
					return town.LeavesOnly(in, r)
				}}
			})
			doctor = town.Bend(doctor, both[1-i], func(m *members.Member) { m.Vault = liar{m.Vault, &lies{w: w, p: p}, lie{records: never(silent)}} })
			chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			if w.Must(err); len(chart.Records) != 1 || !town.Blames(chart, "every vault", "or not all") {
				t.Errorf("%s lies: opened %q, faults %v", by, town.IDs(chart), chart.Faults)
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestARecordThatTheGrantDoesNotCoverIsNotShown: one vault gives what is out of the grant's period, too. It is named, and nobody
// who kept to the grant.
func TestARecordThatTheGrantDoesNotCoverIsNotShown(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-01-03"))
		givesFrom(w, p, d, "2020-01-03")
		all := make([]*wire.SealedRecord, 2)
		for _, r := range w.Chart(p).Records {
			all[r.Index] = r.Sealed
		}
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		if w.Must(err); town.IDs(chart) != "a2" || len(chart.Faults) > 0 {
			t.Errorf("nobody lies: the doctor sees %q, faults %v", town.IDs(chart), chart.Faults)
		}
		for _, by := range holders(w) {
			lied := false
			doctor := town.Bend(d, by, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					lied, r.Records, r.Leaves = true, all, nil
					return r
				}}
			})
			chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			if w.Must(err); town.IDs(chart) != "a2" || lied && !town.Blames(chart, by, "does not cover") {
				t.Errorf("%s lies (%v): the doctor sees %q, faults %v", by, lied, town.IDs(chart), chart.Faults)
			}
			for _, f := range chart.Faults {
				if f.Member != by {
					t.Errorf("%s lies, and %s is blamed: %s", by, f.Member, f.What)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestWhoGivesSlowlyIsNotSilent: it may be asked again for what another gave in part.
func TestWhoGivesSlowlyIsNotSilent(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		d := w.NewDoctor("Dr Okafor", "Lakeview")
		for quiet, silent := range map[time.Duration]bool{reading.Allowed / 2: false, reading.Allowed: true} {
			if got := d.Charts.NotedSilent(w.Members[0], quiet); got != silent {
				t.Errorf("its last answer is %v old: silent %v", quiet, got)
			}
			time.Sleep(2 * time.Minute)
		}
	})
}

// TestLaw3AnOpenChartTellsWhatCameInPart: it is read part by part. One vault gives leaves alone; the other begins too late to be waited
// for, and is not said to be slower than somebody who gave. What is missing is told, and given when it is asked for again.
func TestLaw3AnOpenChartTellsWhatCameInPart(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		both := holders(w)
		for i, by := range both {
			late := &begins{after: reading.Pause + time.Second/2}
			doctor := town.Bend(d, by, func(m *members.Member) { m.Vault = town.LyingVault{Vault: m.Vault, Records: town.LeavesOnly} })
			doctor = town.Bend(doctor, both[1-i], func(m *members.Member) { late.Vault, m.Vault = m.Vault, late })
			h, err := doctor.Charts.HoldChart(t.Context(), p.Subject(), town.FollowUp, func(stele.Label) bool { return false })
			w.Must(err)
			all := func(*reading.Folio) bool { return true }
			records, err := h.Read(t.Context(), all)
			if len(records) != 0 || stele.KindOf(err) != stele.KindUnreachable || town.Blames(h.Chart, both[1-i], "others gave") {
				t.Errorf("%s lies: %d records, %v, faults %v", by, len(records), err, h.Faults)
			}
			late.after = 0
			records, err = h.Read(t.Context(), all)
			if got := town.IDs(&reading.Chart{Records: records}); got != "a1" || err != nil {
				t.Errorf("%s lies, and the other is back: %q, %v, faults %v", by, got, err, h.Faults)
			}
			if !town.Blames(h.Chart, by, "kept records back") {
				t.Errorf("%s lies and is not named: %v", by, h.Faults)
			}
			h.Close()
			time.Sleep(time.Minute)
		}
	})
}

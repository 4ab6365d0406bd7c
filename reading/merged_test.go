package reading_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// writes delivers a record into the owner's own chart, as only the owner does.
func writes(w *town.Town, s *client.Session, id string) {
	w.T.Helper()
	held, err := s.WriteGrantFor(w.T.Context(), s.Subject())
	w.Must(err)
	_, err = s.Delivery.Deliver(w.T.Context(), held, []delivery.Incoming{town.Note(id, stele.Allergies, "2021-02-03")})
	w.Must(err)
}

// merge has two say that the chart of the one is the other's.
func merge(w *town.Town, from, into *client.Session) {
	w.T.Helper()
	p, err := from.ProposeMerge(from.Subject(), into.Subject(), "one person, enrolled twice")
	w.Must(err)
	w.Must(into.SignProposal(p))
	_, err = into.SubmitProposal(w.T.Context(), p)
	w.Must(err)
	w.WriteBlock()
	w.WriteBlock()
}

// part has the one take that back.
func part(w *town.Town, from *client.Session) {
	w.T.Helper()
	p, err := from.ProposePart(from.Subject(), "they are two")
	w.Must(err)
	_, err = from.SubmitProposal(w.T.Context(), p)
	w.Must(err)
	w.WriteBlock()
	w.WriteBlock()
}

// proved tells of each record of a chart by its id whose it is.
func proved(w *town.Town, chart *reading.Chart) map[string]stele.Subject {
	w.T.Helper()
	got := map[string]stele.Subject{}
	for _, r := range chart.Records {
		var note struct{ ID string }
		w.Must(json.Unmarshal(r.JSON, &note))
		got[note.ID] = r.Label.Source
	}
	return got
}

// forger is Elm, which has a write grant and a lying vault: it delivers what it says a patient delivered.
type forger struct {
	*town.Town
	p      *client.Session
	vaults []smuggler
}

// forges has Elm deliver a record under the patient's name, with another's signature besides its own.
func (f *forger) forges(id string, by wire.Signer) {
	f.T.Helper()
	f.vaults = append(f.vaults, smuggle(f.Town, f.p, f.p, id, 1, func(h *wire.SubmissionHead, _ *client.Session) { h.Source = h.Subject }, f.key(), by))
}

// signs has a delivery of Elm's own, as it was anchored, signed later as if it were the patient's.
func (f *forger) signs(id string, by wire.Signer) {
	f.T.Helper()
	v := smuggle(f.Town, f.p, f.p, id, 1, func(*wire.SubmissionHead, *client.Session) {})
	head := new(wire.SubmissionHead)
	f.Must(wire.Decode(v.item.Head.Body, head))
	head.Source = head.Subject
	v.item.Head = wire.Sign(wire.TagSubmission, head, f.key(), by)
	f.vaults = append(f.vaults, v)
}

// key is the one of Elm's write grant.
func (f *forger) key() wire.Signer {
	held, err := f.Orgs["Elm"].HeldWriteGrant(f.p.Subject())
	f.Must(err)
	return f.Orgs["Elm"].Keyring().OneTime(held.KeyIndex)
}

// met is a session that meets Elm's vault as it lies.
func (f *forger) met(s *client.Session) *client.Session {
	for _, v := range f.vaults {
		s = town.Bend(s, "Elm", func(m *members.Member) { v.Vault = m.Vault; m.Vault = v })
	}
	return s
}

// is holds what a chart tells of whose its records are against what is so of those that it holds, of which it must
// hold so many at least; and whatever is nobody's must be told of, as Elm's fault alone.
func (f *forger) is(when string, want map[string]stele.Subject, least int, chart *reading.Chart, err error) {
	f.T.Helper()
	f.Must(err)
	got := proved(f.Town, chart)
	if len(got) < least {
		f.T.Errorf("%s: %d records, want %d", when, len(got), least)
	}
	doubtful := false
	for id, source := range got {
		if source != want[id] {
			f.T.Errorf("%s, %s is of %v", when, id, source)
		}
		doubtful = doubtful || source.IsZero()
	}
	for _, fault := range chart.Faults {
		if fault.Member != "Elm" {
			f.T.Errorf("%s, %v is blamed", when, fault)
		}
	}
	if told := town.Blames(chart, "Elm", "not proved"); told != doubtful {
		f.T.Errorf("%s, faults %v", when, chart.Faults)
	}
}

// TestR45WhoSpokeForAChartWhenItWasDeliveredSignedIt: what she delivered into her own chart is hers also while it is
// merged into another, and what whoever spoke for it meanwhile delivered is the chart's own afterwards. Nobody
// else's signature counts, nor one of the two's when the other spoke, nor one that came after the anchor. What a
// carer delivered is the carer's, whose own chart is merged later.
func TestR45WhoSpokeForAChartWhenItWasDeliveredSignedIt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ann, bob, carer := w.NewPatient("Ann", "Northside", "Elm"), w.NewPatient("Bob", "Elm"), w.NewDoctor("Nurse Cleo", "Elm")
		d, elm, stranger := w.NewDoctor("Dr Okafor", "Lakeview"), &forger{Town: w, p: ann}, wire.NewEd25519()
		me, anns, bobs, cleos := ann.Subject(), ann.Keyring().Signer(), bob.Keyring().Signer(), carer.Keyring().Signer()
		w.Gives(ann, d, stele.Allergies)
		want := map[string]stele.Subject{}
		doctor := func(when string) {
			t.Helper()
			chart, err := elm.met(d).Charts.OpenChart(t.Context(), me, town.FollowUp)
			elm.is(when+", to a doctor", want, len(want), chart, err)
		}
		owner := func(when string, s *client.Session, least int) {
			t.Helper()
			_, err := s.Charts.Reseal(t.Context(), nil) // what came before its key was hers
			w.Must(err)
			chart, err := elm.met(s).Charts.OpenOwn(t.Context())
			elm.is(when+", to whose it is", want, least, chart, err)
		}

		writes(w, ann, "own")
		_, _, err := ann.Give(t.Context(), w.ContactOf(ann, carer), wallet.DirectCareWrite(time.Now().AddDate(0, 6, 0)))
		w.Must(err)
		_, err = carer.Collect(t.Context())
		w.Must(err)
		held, err := carer.HeldWriteGrant(me)
		w.Must(err)
		_, err = carer.Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note("the-carers", stele.Allergies, "2021-02-03")})
		w.Must(err)
		want["own"], want["the-carers"] = me, carer.Subject()
		doctor("honest")
		for id, by := range map[string]wire.Signer{"a-strangers": stranger, "bob-too-early": bobs, "by-the-carer": cleos} {
			elm.forges(id, by)
			want[id] = stele.Subject{}
		}
		doctor("before the merge")
		owner("before the merge", ann, len(want))
		elm.signs("signed-afterwards", anns)
		want["signed-afterwards"] = stele.Subject{}

		merge(w, ann, bob)
		chart, err := bob.Chart(t.Context(), me)
		w.Must(err)
		writes(w, client.Of(chart), "meanwhile")
		want["meanwhile"] = me
		for id, by := range map[string]wire.Signer{"a-strangers-meanwhile": stranger, "ann-meanwhile": anns} {
			elm.forges(id, by)
			want[id] = stele.Subject{}
		}
		merge(w, carer, bob)
		doctor("merged")
		owner("merged", client.Of(chart), 5) // own, the carer's, meanwhile; and two of Elm's that are sealed to his key
		w.Must(chart.Wallet.Close())

		part(w, ann)
		writes(w, ann, "parted")
		want["parted"] = me
		elm.forges("bob-too-late", bobs)
		want["bob-too-late"] = stele.Subject{}
		doctor("parted")
		owner("parted", ann, len(want)-2) // not those two
	})
}

// TestR45NoMemberAloneSaysWhoSpokeForAChart: one says that nobody ever merged it, or that another's keys spoke.
func TestR45NoMemberAloneSaysWhoSpokeForAChart(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ann, bob, d := w.NewPatient("Ann", "Northside", "Elm"), w.NewPatient("Bob", "Elm"), w.NewDoctor("Dr Okafor", "Elm")
		w.Gives(ann, d, stele.Allergies)
		elm, stranger := &forger{Town: w, p: ann}, wire.NewEd25519()
		writes(w, ann, "before")
		elm.forges("forged", stranger)
		elm.forges("bobs", bob.Keyring().Signer())
		merge(w, ann, bob)
		for what, lies := range map[string]func(members.Ledger) members.Ledger{
			"never merged": func(l members.Ledger) members.Ledger { return neverMerged{l} },
			"others spoke": func(l members.Ledger) members.Ledger { return otherSpoke{l, stranger} },
			"no anchor":    func(l members.Ledger) members.Ledger { return unanchored{l} },
		} {
			first := d.Network.InTurn()[0].Name // who is asked before the others
			chart, err := town.Bend(elm.met(d), first, func(m *members.Member) { m.Ledger = lies(m.Ledger) }).Charts.OpenChart(t.Context(), ann.Subject(), town.FollowUp)
			w.Must(err)
			got := proved(w, chart)
			if len(got) != 3 || got["before"] != ann.Subject() || got["forged"] != (stele.Subject{}) || got["bobs"] != (stele.Subject{}) {
				t.Errorf("%s: %v, faults %v", what, got, chart.Faults)
			}
		}
	})
}

// TestR45WhereNobodySaysWhoSpokeForAChartNobodyIsBlamed: that it could not be checked is told, and who lists what she
// delivered did nothing wrong.
func TestR45WhereNobodySaysWhoSpokeForAChartNobodyIsBlamed(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ann, bob, d := w.NewPatient("Ann"), w.NewPatient("Bob"), w.NewDoctor("Dr Okafor", "Elm")
		w.Gives(ann, d, stele.Allergies)
		writes(w, ann, "before")
		merge(w, ann, bob)
		for what, says := range map[string]func(members.Ledger) members.Ledger{
			"how often it was merged": func(l members.Ledger) members.Ledger { return untold{l} },
			"who spoke":               func(l members.Ledger) members.Ledger { return mute{l} },
		} {
			reader := d
			for _, name := range w.Names {
				reader = town.Bend(reader, name, func(m *members.Member) { m.Ledger = says(m.Ledger) })
			}
			chart, err := reader.Charts.OpenChart(t.Context(), ann.Subject(), town.FollowUp)
			w.Must(err)
			if !proved(w, chart)["before"].IsZero() || len(chart.Faults) != 1 || !town.Blames(chart, "too few members", "could not be checked") {
				t.Errorf("%s: %v, faults %v", what, proved(w, chart), chart.Faults)
			}
		}
	})
}

// TestR45WhoSpokeIsAskedForSideBySide: a chart of many own deliveries is judged in the time of some.
func TestR45WhoSpokeIsAskedForSideBySide(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ann, bob, d := w.NewPatient("Ann"), w.NewPatient("Bob"), w.NewDoctor("Dr Okafor", "Elm")
		w.Gives(ann, d, stele.Allergies)
		for i := range 8 {
			writes(w, ann, fmt.Sprint("own", i))
		}
		merge(w, ann, bob)
		at := new(atOnce)
		for _, name := range w.Names {
			d = town.Bend(d, name, func(m *members.Member) { m.Ledger = counted{m.Ledger, at} })
		}
		chart, err := d.Charts.OpenChart(t.Context(), ann.Subject(), town.FollowUp)
		w.Must(err)
		if len(chart.Records) != 8 || len(chart.Faults) > 0 || at.most.Load() < 3 || at.all.Load() > 8*3 {
			t.Errorf("%d records, faults %v; asked %d times, %d at once", len(chart.Records), chart.Faults, at.all.Load(), at.most.Load())
		}
	})
}

type neverMerged struct{ members.Ledger }

func (neverMerged) Turn(context.Context, stele.Subject) (uint32, error) { return 0, nil }

type otherSpoke struct {
	members.Ledger
	other wire.Signer
}

func (o otherSpoke) Spoke(ctx context.Context, source, chart stele.Subject, submission stele.ID) (*wire.Anchored, []*wire.Device, error) {
	anchor, _, err := o.Ledger.Spoke(ctx, source, chart, submission)
	return anchor, []*wire.Device{{Signing: o.other.Public()}}, err
}

type unanchored struct{ members.Ledger }

func (unanchored) Spoke(context.Context, stele.Subject, stele.Subject, stele.ID) (*wire.Anchored, []*wire.Device, error) {
	return nil, nil, nil
}

type untold struct{ members.Ledger }

func (untold) Turn(context.Context, stele.Subject) (uint32, error) { return 0, errDown }

type mute struct{ members.Ledger }

func (mute) Spoke(context.Context, stele.Subject, stele.Subject, stele.ID) (*wire.Anchored, []*wire.Device, error) {
	return nil, nil, errDown
}

var errDown = stele.E("read keys", stele.KindUnreachable, "the node does not answer", nil)

// atOnce counts questions: all, and the most that were on their way.
type atOnce struct{ all, now, most atomic.Int32 }

type counted struct {
	members.Ledger
	at *atOnce
}

func (s counted) Spoke(ctx context.Context, source, chart stele.Subject, submission stele.ID) (*wire.Anchored, []*wire.Device, error) {
	s.at.all.Add(1)
	now := s.at.now.Add(1)
	defer s.at.now.Add(-1)
	for most := s.at.most.Load(); now > most && !s.at.most.CompareAndSwap(most, now); most = s.at.most.Load() {
	}
	time.Sleep(20 * time.Millisecond)
	return s.Ledger.Spoke(ctx, source, chart, submission)
}

package client_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// single is a ward on which two results of Elena's lie in one folio, and Dr Okafor was given one
// of them.
type single struct {
	*ward
	own     *reading.Chart
	records map[string]reading.Record // by id
}

func singled(t *testing.T, w *town.Town) *single {
	n := &single{ward: onWard(t, w), records: map[string]reading.Record{}}
	w.Delivers("Northside", n.elena, town.Note("ldl", stele.Results, "2023"), town.Note("hdl", stele.Results, "2023"))
	n.own = w.Chart(n.elena)
	for _, r := range n.own.Records {
		n.records[town.IDs(&reading.Chart{Records: []reading.Record{r}})] = r
	}
	if n.records["ldl"].Folio.Digest != n.records["hdl"].Folio.Digest {
		t.Fatal("the two lie in two folios")
	}
	return n
}

// gives has Elena give Dr Okafor records, and Dr Okafor use that grant.
func (n *single) gives(ids ...string) wallet.Held {
	n.t.Helper()
	terms := town.Terms()
	for _, id := range ids {
		r := n.records[id]
		s, err := n.elena.Charts.Single(r)
		n.Must(err)
		terms.Records, terms.Categories = append(terms.Records, s), append(terms.Categories, r.Label.Category)
	}
	_, _, err := n.elena.Give(n.t.Context(), n.ContactOf(n.elena, n.okafor), terms)
	n.Must(err)
	_, err = n.okafor.Collect(n.t.Context())
	n.Must(err)
	held, err := n.okafor.HeldFor(n.elena.Subject(), stele.ActionRead)
	n.Must(err)
	h := held[len(held)-1]
	n.uses(h)
	return h
}

// uses has Dr Okafor open under a grant.
func (n *single) uses(h wallet.Held) {
	n.activation, n.activated, n.grantee = h.Grant, h.Document, n.okafor.Keyring().OneTime(h.KeyIndex)
	copy(n.salt[:], h.Salt)
	n.by = func(d *wire.AccessDetail) { d.Purpose, d.Credentials = "TREAT", nil }
	n.Must(n.access())
}

func (n *single) reader(grant stele.ID) string {
	n.t.Helper()
	chart, err := n.okafor.Charts.OpenChart(n.t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check", Grant: grant})
	if stele.KindOf(err) == stele.KindDenied {
		return "denied"
	}
	n.Must(err)
	for _, f := range chart.Faults {
		n.t.Errorf("somebody is blamed: %v", f)
	}
	for _, r := range chart.Records {
		if r.Label.Source != n.Orgs["Northside"].Subject() {
			n.t.Error("nobody provably delivered it")
		}
	}
	return town.IDs(chart)
}

// TestASingleRecordIsReadUnderItsGrantAlone: it, of all that lies in its folio; by its own capsule, which
// opens under no other grant, for no other record or folio; and what is restricted stays so.
func TestASingleRecordIsReadUnderItsGrantAlone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := singled(t, w)
		all := len(n.Members)
		first := n.gives("ldl")
		if got := n.reader(first.Grant); got != "ldl" {
			t.Errorf("under a grant for one record the chart holds %q", got)
		}
		if open := n.vaults(); open != "" {
			t.Errorf("vaults list %q", open)
		}
		place := first.Singles()[0].Place
		folio := func(id string) *wire.CapsuleRef {
			i := n.records[id].Folio.Item
			return &wire.CapsuleRef{Submission: i.Submission, Head: i.Head, Label: i.Label, Capsule: i.Capsule, Index: i.Index, Folios: i.Folios, Path: i.Path}
		}
		bent := func(change func(*wire.CapsuleRef)) *wire.CapsuleRef {
			c := proto.Clone(place).(*wire.CapsuleRef)
			change(c)
			return c
		}
		sibling, other := n.records["hdl"].Handle, folio("inr")
		attacks := map[string]*wire.CapsuleRef{
			"the folio's own capsule":      folio("ldl"),
			"another folio's":              other,
			"as another record's":          bent(func(c *wire.CapsuleRef) { c.Handle = sibling[:] }),
			"as the folio's":               bent(func(c *wire.CapsuleRef) { c.Handle = nil }),
			"the folio's, as the record's": bent(func(c *wire.CapsuleRef) { c.Capsule = folio("ldl").Capsule }),
			"as another folio's": bent(func(c *wire.CapsuleRef) {
				c.Submission, c.Head, c.Label, c.Index, c.Folios, c.Path = other.Submission, other.Head, other.Label, other.Index, other.Folios, other.Path
			}),
			"with a handle that is too short":    bent(func(c *wire.CapsuleRef) { c.Handle = c.Handle[:15] }),
			"with another folio's capsule to it": bent(func(c *wire.CapsuleRef) { c.Capsule = other.Capsule }),
		}
		committee, made := n.okafor.Committee(), bent(func(c *wire.CapsuleRef) { c.Handle = sibling[:] })
		made.Capsule, _ = threshold.Encrypt(committee.Key, wire.RecordLabelBytes(n.Chain, committee.Key, n.elena.Subject(), wire.FolioDigest(place.Head), sibling, first.Grant), &[32]byte{1})
		attacks["one that the reader made, for a record that the grant does not name"] = made
		check := func(under string, attacks map[string]*wire.CapsuleRef) {
			t.Helper()
			for what, c := range attacks {
				n.capsules = []*wire.CapsuleRef{c}
				if released := n.trustees(); released != 0 {
					t.Errorf("%s, %s: %d trustees release", under, what, released)
				}
			}
		}
		check("under its grant", attacks)
		n.capsules = []*wire.CapsuleRef{place}
		if released := n.trustees(); released != all {
			t.Errorf("its own: %d trustees release", released)
		}
		n.capsules = []*wire.CapsuleRef{place, place}
		if released := n.trustees(); released != 0 {
			t.Errorf("twice: %d trustees release", released)
		}

		n.categories = []string{"allergies"}
		n.Must(n.access())
		check("in an opening of allergies alone", map[string]*wire.CapsuleRef{"its own": place})
		n.categories = nil
		n.Must(n.access())

		// Vaults give it alone, and no other folio; what is not there and what is not for her are refused alike.
		gave, _ := n.named(nameOf(place))
		not, said := n.named(nameOf(other))
		never, absent := n.named(make([]byte, 32))
		if gave != 2 || not+never != 0 || !slices.Equal(said, absent) {
			t.Errorf("%d vaults give it, %d another folio, %d none; they say %q, %q", gave, not, never, said, absent)
		}

		// Under another grant of the same kind, and under one for the whole category.
		second := n.gives("hdl")
		check("under another's", map[string]*wire.CapsuleRef{"its capsule": place, "as the other record's": bent(func(c *wire.CapsuleRef) { c.Handle = sibling[:] })})
		if got := n.reader(second.Grant); got != "hdl" {
			t.Errorf("the other record: %q", got)
		}
		w.Gives(n.elena, n.okafor, stele.Results)
		held, err := n.okafor.HeldFor(n.elena.Subject(), stele.ActionRead)
		w.Must(err)
		n.uses(held[len(held)-1])
		check("under one of all results", map[string]*wire.CapsuleRef{"its capsule": place})
		n.capsules = []*wire.CapsuleRef{folio("ldl")}
		if released := n.trustees(); released != all {
			t.Errorf("the folio under a grant of it: %d trustees release", released)
		}
		if got := n.reader(stele.ID{}); got != "hdl inr ldl" {
			t.Errorf("by the grant that allows most: %q", got)
		}

		for id, want := range map[string]string{"hdl": "ldl", "ldl": "denied"} {
			n.keeps(id, false)
			if got := n.reader(first.Grant); got != want {
				t.Errorf("%s restricted: %q", id, got)
			}
			n.lifts(1)
		}
	})
}

// TestTheKeyOfARecordOpensNothingElse of its folio, though all its records are at hand.
func TestTheKeyOfARecordOpensNothingElse(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := singled(t, w)
		s, err := n.elena.Charts.Single(n.records["ldl"])
		w.Must(err)
		for id, r := range n.records {
			var cover wire.Cover
			w.Must(wire.Decode(r.Sealed.Cover, &cover))
			commitment, key := stele.Digest(r.Sealed.PlaintextCommitment), s.Key
			_, _, single := seal.OpenSingle(&key, r.Sealed.Cover, r.Sealed.Ciphertext, commitment)
			_, _, derived := seal.OpenRecord(&key, stele.ID(cover.Handle), r.Sealed.Cover, r.Sealed.Ciphertext, commitment)
			if (single == nil) != (id == "ldl") || derived == nil {
				t.Errorf("with the key of ldl, %s: %v, and as a folio's key: %v", id, single, derived)
			}
			if seal.CheckKey(&key, stele.Digest(r.Folio.Head.KeyCommitment)) == nil {
				t.Error("it is the folio's key")
			}
		}
	})
}

// TestSixteenSingleRecordsTravelWithTheirGrant, and no more.
func TestSixteenSingleRecordsTravelWithTheirGrant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := &single{ward: onWard(t, w), records: map[string]reading.Record{}}
		var notes []delivery.Incoming
		var ids []string
		for i := range wallet.MaxSingles + 1 {
			ids = append(ids, string(rune('a'+i)))
			notes = append(notes, town.Note(ids[i], stele.Results, "2023"))
		}
		w.Delivers("Northside", n.elena, notes...)
		for _, r := range w.Chart(n.elena).Records {
			n.records[town.IDs(&reading.Chart{Records: []reading.Record{r}})] = r
		}
		if got, want := n.reader(n.gives(ids[1:]...).Grant), strings.Join(ids[1:], " "); got != want {
			t.Errorf("it holds %q, want %q", got, want)
		}
		terms := town.Terms(stele.Results)
		terms.Records = make([]wallet.Single, wallet.MaxSingles+1)
		_, _, err := n.elena.Give(t.Context(), n.ContactOf(n.elena, n.okafor), terms)
		w.Wants(err, stele.KindUsage, "17 records")
	})
}

// TestAFolioIsNotReleasedBesideASingleRecord: named before or behind the record that a grant is for, in
// one request, neither that record's folio nor another that is labelled alike is released.
func TestAFolioIsNotReleasedBesideASingleRecord(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := singled(t, w)
		place := n.gives("ldl").Singles()[0].Place
		w.Delivers("Northside", n.elena, town.Note("crp", stele.Results, "2023"))
		for _, r := range w.Chart(n.elena).Records {
			n.records[town.IDs(&reading.Chart{Records: []reading.Record{r}})] = r
		}
		for what, id := range map[string]string{"its own folio": "ldl", "another of the same category, year and source": "crp"} {
			for order, asked := range map[string][]*wire.CapsuleRef{"before": {n.ref(id), place}, "behind": {place, n.ref(id)}} {
				n.capsules = asked
				if released := n.trustees(); released != 0 {
					t.Errorf("%s, %s the record: %d trustees release", what, order, released)
				}
			}
		}
	})
}

// TestR16ARestrictedRecordTakesNoOtherOfItsGrantAlong: of a grant for two records, of which one is
// restricted since, the other is read.
func TestR16ARestrictedRecordTakesNoOtherOfItsGrantAlong(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := singled(t, w)
		of := n.gives("inr", "ldl")
		if got := n.reader(of.Grant); got != "inr ldl" {
			t.Fatalf("before: %q", got)
		}
		_, err := n.elena.Restrict(t.Context(), slot.Restriction{
			Records: []slot.Record{n.place("ldl")}, Warning: "stele.restrict.1", Language: "en", At: time.Now(),
		}, nil)
		w.Must(err)
		if got := n.reader(of.Grant); got != "inr" {
			t.Errorf("of the two, one restricted: %q", got)
		}
	})
}

// TestOneVaultHoldsUpNoSingleRecords: under a grant for sixteen of them one vault says nothing, or refuses each just in time. All come, it is
// waited for a moment, and named.
func TestOneVaultHoldsUpNoSingleRecords(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := singled(t, w)
		ids := make([]string, wallet.MaxSingles)
		for i := range ids {
			ids[i] = fmt.Sprintf("s%02d", i)
			w.Delivers("Northside", n.elena, town.Note(ids[i], stele.Results, fmt.Sprint(2000+i)))
		}
		for _, r := range w.Chart(n.elena).Records {
			n.records[town.IDs(&reading.Chart{Records: []reading.Record{r}})] = r
		}
		held := n.gives(ids...)
		for _, refuses := range []time.Duration{900 * time.Millisecond, 4900 * time.Millisecond, time.Hour} {
			for _, by := range w.Names {
				asked := new(atomic.Int64)
				doctor := town.Bend(n.okafor, by, func(m *members.Member) { m.Vault = refusesLate{m.Vault, refuses, asked} })
				start := time.Now()
				chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check", Grant: held.Grant})
				w.Must(err)
				if took := time.Since(start); took > 3*time.Second || town.IDs(chart) != strings.Join(ids, " ") {
					t.Errorf("%s refuses after %v: opened %q after %v, faults %v", by, refuses, town.IDs(chart), took, chart.Faults)
				}
				if named := town.Blames(chart, by, "said nothing"); asked.Load() > 0 && refuses > time.Second && !named {
					t.Errorf("%s refuses after %v, and nobody tells: %v", by, refuses, chart.Faults)
				}
				for _, f := range chart.Faults {
					if f.Member != by {
						t.Errorf("%s refuses, and %s is blamed: %s", by, f.Member, f.What)
					}
				}
				time.Sleep(time.Minute)
			}
		}
	})
}

// TestWhoWasAskedAMomentAgoIsNotSilent: all vaults take a little longer than one is waited for, so that the second
// is asked a moment before the first gives. Nobody is to be blamed.
func TestWhoWasAskedAMomentAgoIsNotSilent(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := singled(t, w)
		held, doctor := n.gives("ldl"), n.okafor
		for _, by := range w.Names {
			doctor = town.Bend(doctor, by, func(m *members.Member) { m.Vault = givesLate{m.Vault} })
		}
		chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check", Grant: held.Grant})
		if w.Must(err); town.IDs(chart) != "ldl" || len(chart.Faults) > 0 {
			t.Errorf("opened %q, faults %v", town.IDs(chart), chart.Faults)
		}
	})
}

// givesLate gives records after a little more than the second that one is waited for.
type givesLate struct{ members.Vault }

func (v givesLate) GetRecords(ctx context.Context, r *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	select {
	case <-time.After(1100 * time.Millisecond):
		return v.Vault.GetRecords(ctx, r, each)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestWhoGivesASingleRecordWronglyIsNamed, and another gives it.
func TestWhoGivesASingleRecordWronglyIsNamed(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := singled(t, w)
		held, lies := n.gives("ldl"), 0
		for _, by := range w.Names {
			lied := false
			doctor := town.Bend(n.okafor, by, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					lied = true
					r.Records[0].Ciphertext[0] ^= 1
					return r
				}}
			})
			chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check", Grant: held.Grant})
			if w.Must(err); town.IDs(chart) != "ldl" || lied != town.Blames(chart, by, "do not match") {
				t.Errorf("%s lies (%v): opened %q, faults %v", by, lied, town.IDs(chart), chart.Faults)
			}
			if lied {
				lies++
			}
			time.Sleep(time.Minute)
		}
		if lies == 0 {
			t.Error("nobody lied")
		}
	})
}

// refusesLate refuses records, and takes its time.
type refusesLate struct {
	members.Vault
	after time.Duration
	asked *atomic.Int64
}

func (v refusesLate) GetRecords(ctx context.Context, _ *wire.GetRecordsRequest, _ func(*wire.GetRecordsResponse) error) error {
	v.asked.Add(1)
	select {
	case <-time.After(v.after):
		return stele.E("read records", stele.KindDenied, "no access", nil)
	case <-ctx.Done():
		return ctx.Err()
	}
}

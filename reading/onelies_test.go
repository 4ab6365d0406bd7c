package reading_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// lie is what one vault does to whoever reads there. What is nil is honest.
type lie struct {
	list    func(*lies, *[]*wire.FolioItem, *[]*wire.SubmissionItem)
	door    func(context.Context) error // before a list
	records func(context.Context, *wire.GetRecordsRequest, members.Vault, func(*wire.GetRecordsResponse) error) error
	unnamed bool // what it does can't be told from being behind, or harms nobody
}

// lies is what lies are made of.
type lies struct {
	w       *town.Town
	p       *client.Session
	rubbish []*wire.FolioItem // never anchored
	asked   atomic.Int64      // for records
}

// liar is a vault at it, as readers reach it.
type liar struct {
	members.Vault
	*lies
	lie
}

func (v liar) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	if v.door != nil {
		if err := v.door(ctx); err != nil {
			return nil, err
		}
	}
	out, err := v.Vault.ListFolios(ctx, in)
	if err == nil && v.list != nil {
		out = proto.CloneOf(out)
		v.list(v.lies, &out.Folios, &out.Submissions)
	}
	return out, err
}

func (v liar) ListOwn(ctx context.Context, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	if v.door != nil {
		if err := v.door(ctx); err != nil {
			return nil, err
		}
	}
	out, err := v.Vault.ListOwn(ctx, in)
	if err == nil && v.list != nil {
		out = proto.CloneOf(out)
		v.list(v.lies, &out.Folios, &out.Submissions)
	}
	return out, err
}

func (v liar) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	v.asked.Add(1)
	if v.lie.records == nil {
		return v.Vault.GetRecords(ctx, in, each)
	}
	return v.lie.records(ctx, in, v.Vault, each)
}

// toll counts the questions of a reading.
type toll struct{ lists, records, releases, keys, logs atomic.Int64 }

func (t *toll) sum() int64 {
	return t.lists.Load() + t.records.Load() + t.releases.Load() + t.keys.Load() + t.logs.Load()
}

// counted has a member's answers counted; late is how long its lists take.
func (t *toll) counted(m *members.Member, late time.Duration) {
	m.Vault, m.Trustee, m.Ledger = tollV{m.Vault, t, late}, tollT{m.Trustee, t}, tollL{m.Ledger, t}
}

type tollV struct {
	members.Vault
	*toll
	late time.Duration
}

func (v tollV) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	v.lists.Add(1)
	time.Sleep(v.late)
	return v.Vault.ListFolios(ctx, in)
}
func (v tollV) ListOwn(ctx context.Context, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	v.lists.Add(1)
	time.Sleep(v.late)
	return v.Vault.ListOwn(ctx, in)
}
func (v tollV) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	v.toll.records.Add(1)
	return v.Vault.GetRecords(ctx, in, each)
}

type tollT struct {
	members.Trustee
	*toll
}

func (v tollT) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	v.releases.Add(1)
	return v.Trustee.Release(ctx, in)
}

type tollL struct {
	members.Ledger
	*toll
}

func (v tollL) Keys(ctx context.Context, s stele.Subject) ([]*wire.Device, error) {
	v.keys.Add(1)
	return v.Ledger.Keys(ctx, s)
}
func (v tollL) Log(ctx context.Context, in *wire.Signed) (*wire.LogProof, error) {
	v.logs.Add(1)
	return v.Ledger.Log(ctx, in)
}

// rubbishOf makes items of folios that were never anchored.
func rubbishOf(w *town.Town, p *client.Session, n int) (items []*wire.FolioItem) {
	var notes []delivery.Incoming
	for i := range n {
		notes = append(notes, town.Note(fmt.Sprint("zz", i), stele.Allergies, fmt.Sprint(1900+i)))
	}
	folios, err := w.Orgs["Elm"].Delivery.Seal(w.T.Context(), p.Subject(), nil, notes)
	w.Must(err)
	for _, f := range folios {
		id := stele.NewID()
		items = append(items, &wire.FolioItem{Submission: id[:], Head: f.Head, Label: f.Label, Capsule: f.Capsule, Folios: 1})
	}
	return items
}

// capsule makes a capsule for a folio's very place, with a key of its own.
func (l *lies) capsule(item *wire.FolioItem) []byte {
	head, key, committee := new(wire.FolioHead), seal.NewKey(), l.p.Committee().Key
	l.w.Must(wire.Decode(item.Head, head))
	out, err := threshold.Encrypt(committee, wire.CapsuleLabelBytes(l.w.Chain, committee, l.p.Subject(), head, wire.FolioDigest(item.Head)), (*[32]byte)(&key))
	l.w.Must(err)
	return out
}

// eachItem makes a lie of a change of every folio that is listed.
func eachItem(change func(*lies, *wire.FolioItem)) func(*lies, *[]*wire.FolioItem, *[]*wire.SubmissionItem) {
	return func(l *lies, folios *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) {
		for _, f := range *folios {
			change(l, f)
		}
	}
}

// repeated lists everything many times, each changed.
func repeated(times int, change func(*lies, *wire.FolioItem)) func(*lies, *[]*wire.FolioItem, *[]*wire.SubmissionItem) {
	return func(l *lies, folios *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) {
		for _, f := range slices.Clone(*folios) {
			for range times {
				again := proto.CloneOf(f)
				change(l, again)
				*folios = append([]*wire.FolioItem{again}, *folios...)
			}
		}
	}
}

// signs gives every delivery that is listed a head of the liar's own making.
func signs(source func(l *lies, i int) stele.Subject, extra int) func(*lies, *[]*wire.FolioItem, *[]*wire.SubmissionItem) {
	return func(l *lies, _ *[]*wire.FolioItem, items *[]*wire.SubmissionItem) {
		key, made := wire.NewEd25519(), []*wire.SubmissionItem(nil)
		for i, item := range *items {
			head, who := new(wire.SubmissionHead), source(l, i)
			l.w.Must(wire.Decode(item.Head.Body, head))
			head.Source = who[:]
			made = append(made, &wire.SubmissionItem{Head: wire.Sign(wire.TagSubmission, head, key), CountSalt: item.CountSalt})
		}
		for i := range extra {
			id, subject, who := stele.NewID(), l.p.Subject(), source(l, i)
			made = append(made, &wire.SubmissionItem{Head: wire.Sign(wire.TagSubmission, &wire.SubmissionHead{
				Chain: l.w.Chain, Submission: id[:], Subject: subject[:], Source: who[:], Root: make([]byte, 32),
			}, key)})
		}
		*items = made
	}
}

func madeUp(_ *lies, i int) (s stele.Subject) {
	binary.BigEndian.PutUint32(s[:], uint32(i)+1)
	return s
}

// after answers each folio so much later.
func after(wait time.Duration) func(context.Context, *wire.GetRecordsRequest, members.Vault, func(*wire.GetRecordsResponse) error) error {
	return func(ctx context.Context, in *wire.GetRecordsRequest, v members.Vault, each func(*wire.GetRecordsResponse) error) error {
		return v.GetRecords(ctx, in, func(r *wire.GetRecordsResponse) error {
			select {
			case <-time.After(wait):
				return each(r)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
}

func answers(change func(*wire.GetRecordsResponse) []*wire.GetRecordsResponse) func(context.Context, *wire.GetRecordsRequest, members.Vault, func(*wire.GetRecordsResponse) error) error {
	return func(ctx context.Context, in *wire.GetRecordsRequest, v members.Vault, each func(*wire.GetRecordsResponse) error) error {
		return v.GetRecords(ctx, in, func(r *wire.GetRecordsResponse) error {
			for _, r := range change(proto.CloneOf(r)) {
				if err := each(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// withoutFirst leaves out a record as if it were out of scope.
func withoutFirst(r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
	for _, rec := range r.Records {
		leaf := proof.RecordLeaf(rec)
		r.Leaves = append(r.Leaves, leaf[:])
	}
	r.Records = r.Records[1:]
	return r
}

func denies(context.Context) error { return stele.E("read chart", stele.KindDenied, "no access", nil) }
func silent(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// never gives no records: silent, or by a refusal.
func never(how func(context.Context) error) func(context.Context, *wire.GetRecordsRequest, members.Vault, func(*wire.GetRecordsResponse) error) error {
	return func(ctx context.Context, _ *wire.GetRecordsRequest, _ members.Vault, _ func(*wire.GetRecordsResponse) error) error {
		return how(ctx)
	}
}

// everyLie is what one vault may do: to the list, to what stands in it, to records.
var everyLie = map[string]lie{
	"the truth": {unnamed: true},

	"a folio that was never anchored": {list: func(l *lies, f *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) { *f = append(*f, l.rubbish[0]) }},
	"it twice": {list: func(l *lies, f *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) {
		*f = append(*f, l.rubbish[0], l.rubbish[0])
	}},
	"many of them": {list: func(l *lies, f *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) {
		*f = append(slices.Clone(l.rubbish), *f...)
	}},
	"nothing but them": {list: func(l *lies, f *[]*wire.FolioItem, s *[]*wire.SubmissionItem) { *f, *s = l.rubbish, nil }},
	"empty items": {list: func(_ *lies, f *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) {
		*f = append(slices.Repeat([]*wire.FolioItem{{}}, 5000), *f...)
	}},
	"each folio 200 times":        {list: repeated(200, func(*lies, *wire.FolioItem) {})},
	"each under another delivery": {list: eachItem(func(_ *lies, f *wire.FolioItem) { id := stele.NewID(); f.Submission = id[:] })},
	"nothing":                     {unnamed: true, list: func(_ *lies, f *[]*wire.FolioItem, s *[]*wire.SubmissionItem) { *f, *s = nil, nil }},
	"every other folio": {unnamed: true, list: func(_ *lies, f *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) {
		n := 0
		*f = slices.DeleteFunc(*f, func(*wire.FolioItem) bool { n++; return n%2 == 0 })
	}},

	"another capsule":        {list: eachItem(func(l *lies, f *wire.FolioItem) { f.Capsule = l.capsule(f) }), unnamed: true},
	"30 capsules for each":   {list: repeated(30, func(l *lies, f *wire.FolioItem) { f.Capsule = l.capsule(f) })},
	"capsules of elsewhere":  {list: eachItem(func(l *lies, f *wire.FolioItem) { f.Capsule = l.rubbish[0].Capsule }), unnamed: true},
	"capsules that are none": {list: eachItem(func(_ *lies, f *wire.FolioItem) { f.Capsule = []byte("x") }), unnamed: true},
	"another place":          {list: eachItem(func(_ *lies, f *wire.FolioItem) { f.Index++ })},
	"a longer way":           {list: eachItem(func(_ *lies, f *wire.FolioItem) { f.Path = append(f.Path, make([]byte, 32)) })},
	"no way":                 {list: eachItem(func(_ *lies, f *wire.FolioItem) { f.Path = nil })},
	"more folios":            {list: eachItem(func(_ *lies, f *wire.FolioItem) { f.Folios += 100 })},
	"no label":               {list: eachItem(func(_ *lies, f *wire.FolioItem) { f.Label = nil })},
	"no envelopes":           {list: eachItem(func(_ *lies, f *wire.FolioItem) { f.Envelopes = nil }), unnamed: true},
	"many envelopes": {unnamed: true, list: eachItem(func(_ *lies, f *wire.FolioItem) {
		for range 500 {
			f.Envelopes = append([]*wire.Envelope{{KeyId: make([]byte, 32), Sealed: []byte("x")}}, f.Envelopes...)
		}
	})},

	"no signed heads":           {unnamed: true, list: func(_ *lies, _ *[]*wire.FolioItem, s *[]*wire.SubmissionItem) { *s = nil }},
	"heads of another's making": {unnamed: true, list: signs(func(l *lies, _ int) stele.Subject { return l.w.Orgs["Northside"].Subject() }, 0)},
	"heads of made-up sources":  {unnamed: true, list: signs(madeUp, 0)},
	"1000 made-up sources":      {unnamed: true, list: signs(madeUp, 1000)},
	"heads of other patients'": {unnamed: true, list: func(l *lies, _ *[]*wire.FolioItem, s *[]*wire.SubmissionItem) {
		*s = append((*s)[:0:0], &wire.SubmissionItem{Head: &wire.Signed{Body: []byte("x")}}, &wire.SubmissionItem{})
	}},
	"salts that open nothing": {unnamed: true, list: func(_ *lies, _ *[]*wire.FolioItem, s *[]*wire.SubmissionItem) {
		for _, item := range *s {
			item.CountSalt = make([]byte, 32)
		}
	}},

	"a refused list":          {unnamed: true, door: denies},
	"a list that is late":     {unnamed: true, door: func(context.Context) error { time.Sleep(2900 * time.Millisecond); return nil }},
	"a list that never comes": {unnamed: true, door: silent},

	"refused records":    {records: never(denies)},
	"no records":         {records: never(silent)},
	"none, and at once":  {records: never(func(context.Context) error { return nil })},
	"a folio each 9.9 s": {records: after(9900 * time.Millisecond)},
	"a folio each 1.9 s": {records: after(1900 * time.Millisecond)},
	"a folio each 0.5 s": {records: after(500 * time.Millisecond), unnamed: true},
	"records changed": {records: answers(func(r *wire.GetRecordsResponse) []*wire.GetRecordsResponse {
		r.Records[0].Ciphertext[9] ^= 1
		return []*wire.GetRecordsResponse{r}
	})},
	"a record left out": {records: answers(func(r *wire.GetRecordsResponse) []*wire.GetRecordsResponse {
		return []*wire.GetRecordsResponse{withoutFirst(r)}
	})},
	"the first folio for ever": {unnamed: true, records: func(ctx context.Context, in *wire.GetRecordsRequest, v members.Vault, each func(*wire.GetRecordsResponse) error) error {
		return v.GetRecords(ctx, in, func(r *wire.GetRecordsResponse) error {
			for {
				if err := each(r); err != nil {
					return err
				}
				time.Sleep(time.Second)
			}
		})
	}},
	"a folio that nobody asked for": {records: answers(func(r *wire.GetRecordsResponse) []*wire.GetRecordsResponse {
		r.Folio = make([]byte, 32)
		return []*wire.GetRecordsResponse{r}
	})},

	"each folio 200 times, and no records": {list: repeated(200, func(*lies, *wire.FolioItem) {}), records: never(silent)},
	"rubbish and a refusal":                {list: func(l *lies, f *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) { *f = append(*f, l.rubbish...) }, records: never(denies)},
}

// TestLaw3OneLyingVaultCostsMomentsAndIsNamed: whatever one of four vaults does, a
// doctor's opening and her own chart come out whole, some seconds later at most, with
// few more questions than without it, and nobody else is named. The liar holds what
// it lies about, as its home or as a copy, and answers before those who are honest.
func TestLaw3OneLyingVaultCostsMomentsAndIsNamed(t *testing.T) {
	// Above what the truth costs, which is a tenth of a second and some 25 questions.
	const seconds, questions, releases = 8 * time.Second, 60, 40 // of one reading
	for what, c := range everyLie {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Patients")
				var notes []delivery.Incoming
				var want []string
				for i := range 12 {
					notes = append(notes, town.Note(fmt.Sprintf("a%02d", i), stele.Allergies, fmt.Sprint(2000+i)), town.Note(fmt.Sprintf("b%02d", i), stele.Allergies, fmt.Sprint(2000+i)))
					want = append(want, fmt.Sprintf("a%02d", i), fmt.Sprintf("b%02d", i))
				}
				w.Delivers("Northside", p, notes...)
				slices.Sort(want)
				copyAt := ""
				for _, m := range w.Members {
					if s, err := m.Vault.(town.LineV).Status(t.Context()); err == nil && s.Submissions > 0 && m.Name != "Northside" {
						copyAt = m.Name
					}
				}
				w.Gives(p, d, stele.Allergies)
				made := &lies{w: w, p: p, rubbish: rubbishOf(w, p, 40)}
				for _, by := range []string{"Northside", copyAt} {
					read := func(whose string, s *client.Session, open func(*client.Session) (*reading.Chart, error)) {
						tolls := new(toll)
						for _, name := range w.Names {
							s = town.Bend(s, name, func(m *members.Member) {
								late := 100 * time.Millisecond
								if name == by {
									m.Vault, late = liar{m.Vault, made, c}, 0
								}
								tolls.counted(m, late)
							})
						}
						made.asked.Store(0)
						start := time.Now() // in the bubble
						chart, err := open(s)
						took := time.Since(start)
						if err != nil {
							t.Fatalf("%s, %s lies: %v after %v", whose, by, err, took)
						}
						if got := town.IDs(chart); got != strings.Join(want, " ") {
							t.Errorf("%s, %s lies: opened %q, faults %v", whose, by, got, chart.Faults)
						}
						for _, r := range chart.Records {
							if r.Label.Source != w.Orgs["Northside"].Subject() {
								t.Errorf("%s, %s lies: a record is %v's, faults %v", whose, by, r.Label.Source, chart.Faults)
								break
							}
						}
						named := false
						for _, f := range chart.Faults {
							if named = true; f.Member != by {
								t.Errorf("%s, %s lies: %s is named: %s", whose, by, f.Member, f.What)
							}
						}
						unasked := c.list == nil && c.door == nil && made.asked.Load() == 0 // others list the same, and gave it
						if !named && !c.unnamed && !unasked {
							t.Errorf("%s, %s lies: nobody is named", whose, by)
						}
						if took > seconds || tolls.sum() > questions || tolls.releases.Load() > releases {
							t.Errorf("%s, %s lies: %v, %d questions (%d lists, %d records, %d releases, %d keys, %d logs); faults %v", whose, by, took, tolls.sum(),
								tolls.lists.Load(), tolls.records.Load(), tolls.releases.Load(), tolls.keys.Load(), tolls.logs.Load(), chart.Faults)
						}
						t.Logf("%s, %s: %v, %d questions, %d releases, faults %v", whose, by, took, tolls.sum(), tolls.releases.Load(), chart.Faults)
					}
					read("a doctor", d, func(s *client.Session) (*reading.Chart, error) {
						return s.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
					})
					time.Sleep(time.Minute) // who is late ends
					read("she", p, func(s *client.Session) (*reading.Chart, error) { return s.Charts.OpenOwn(t.Context()) })
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// TestLaw3OneVaultDoesNotEndAHeldChart: a vault that refuses what it gave before is
// asked last, and the chart stays open; when the grant is gone all refuse, and it ends.
func TestLaw3OneVaultDoesNotEndAHeldChart(t *testing.T) {
	for i := range 4 { // whoever is asked first
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
			w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-01-03"))
			given := w.Gives(p, d, stele.Allergies)
			var no atomic.Bool
			refuses := func(ctx context.Context) error {
				if no.Load() {
					return denies(ctx)
				}
				return nil
			}
			q := town.Bend(d, w.Names[i], func(m *members.Member) {
				honest := m.Vault
				m.Vault = liar{m.Vault, new(lies), lie{door: refuses, records: func(ctx context.Context, in *wire.GetRecordsRequest, v members.Vault, each func(*wire.GetRecordsResponse) error) error {
					if err := refuses(ctx); err != nil {
						return err
					}
					return honest.GetRecords(ctx, in, each)
				}}}
			})
			h, err := q.Charts.HoldChart(t.Context(), p.Subject(), town.FollowUp, func(stele.Label) bool { return false })
			w.Must(err)
			defer h.Close()
			f := h.Folios()[0]
			no.Store(true)
			for i := range 4 {
				if _, err := h.Record(t.Context(), f, uint32(i%2)); err != nil {
					t.Fatalf("one vault refuses, another gives: %v", err)
				}
				time.Sleep(time.Second)
			}
			_, err = p.Revoke(t.Context(), given.Grant)
			w.Must(err)
			_, err = h.Record(t.Context(), f, 0)
			w.Wants(err, stele.KindDenied, "a record after the grant was taken back")
			time.Sleep(time.Second)
			if len(h.Folios()) > 0 {
				t.Error("keys are held after the grant was taken back")
			}
		})
	}
}

// TestR45OneVaultDoesNotAccuseASource: the home is down, and the other holder hides
// what tells for how many records the source signed. The vault is named, not the source.
func TestR45OneVaultDoesNotAccuseASource(t *testing.T) {
	for what, salt := range map[string][]byte{"none": nil, "another": make([]byte, 32)} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p := w.NewPatient("Elena", "Northside")
			w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
			w.Down["Northside"] = true
			for _, name := range w.Names[1:] {
				p = town.Bend(p, name, func(m *members.Member) {
					m.Vault = town.LyingVault{Vault: m.Vault, Own: func(r *wire.ListOwnResponse) {
						for _, s := range r.Submissions {
							s.CountSalt = salt
						}
					}}
				})
			}
			chart, err := p.Charts.OpenOwn(t.Context())
			w.Must(err)
			if town.IDs(chart) != "a1" || town.Blames(chart, "Northside", "number") || town.Blames(chart, "Northside", "signed") ||
				!slices.ContainsFunc(chart.Faults, func(f reading.Fault) bool { return strings.Contains(f.What, "nothing that tells for how many") }) {
				t.Errorf("%s: opened %q, faults %v", what, town.IDs(chart), chart.Faults)
			}
		})
	}
}

// keyless is a node that tells nobody's keys.
type keyless struct{ members.Ledger }

func (keyless) Keys(context.Context, stele.Subject) ([]*wire.Device, error) {
	return nil, stele.E("read keys", stele.KindUnreachable, "not now", nil)
}

// TestR45ASourceWhoseKeysCannotBeHadBlamesNobody: what could not be checked is not
// proved, and no vault's fault.
func TestR45ASourceWhoseKeysCannotBeHadBlamesNobody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		for _, name := range w.Names {
			d = town.Bend(d, name, func(m *members.Member) { m.Ledger = keyless{m.Ledger} })
		}
		start := time.Now()
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if town.IDs(chart) != "a1" || !chart.Records[0].Label.Source.IsZero() || !town.Blames(chart, "too few members", "could not be checked") || len(chart.Faults) != 1 {
			t.Errorf("opened %q of %v, faults %v", town.IDs(chart), chart.Records[0].Label.Source, chart.Faults)
		}
		if took := time.Since(start); took > reading.Checking+time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestR4TooFewTrusteesEndAnOpening: two of four are down, whoever answers first, or
// one is and one refuses: the opening ends, says so, and is no refusal.
func TestR4TooFewTrusteesEndAnOpening(t *testing.T) {
	refuses := func(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
		return nil, stele.E("release", stele.KindDenied, "the trustee released nothing", nil)
	}
	dead, quick := func(members.Trustee) members.Trustee { return town.DeadTrustee{} }, func(t members.Trustee) members.Trustee { return quickly{t} }
	for what, two := range map[string][2]func(members.Trustee) members.Trustee{
		"two are down":             {dead, dead},
		"two are so at once":       {quick, quick},
		"one is so at once":        {dead, quick},
		"one is down, one refuses": {quick, func(t members.Trustee) members.Trustee { return town.LyingTrustee{Trustee: t, Answers: refuses} }},
	} {
		first, second := two[0], two[1]
		for i := range 4 {
			town.In(t, func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
				w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
				w.Gives(p, d, stele.Allergies)
				for _, name := range w.Names { // who fails at once fails before the others answer
					d = town.Bend(d, name, func(m *members.Member) { m.Trustee = slowly{m.Trustee} })
				}
				d = town.Bend(d, w.Names[i], func(m *members.Member) { m.Trustee = first(m.Trustee) })
				d = town.Bend(d, w.Names[(i+1)%4], func(m *members.Member) { m.Trustee = second(m.Trustee) })
				start := time.Now()
				_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
				w.Wants(err, stele.KindUnreachable, what)
				if took := time.Since(start); took > reading.ReleaseLimit {
					t.Errorf("%s: %v", what, took)
				}
			})
		}
	}
}

// quickly is a trustee that fails at once.
type quickly struct{ members.Trustee }

func (quickly) Release(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return nil, stele.E("dial", stele.KindUnreachable, "the trustee is down", nil)
}

// slowly is a trustee that takes a moment.
type slowly struct{ members.Trustee }

func (v slowly) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	time.Sleep(50 * time.Millisecond)
	return v.Trustee.Release(ctx, in)
}

// TestLaw3WhoHasTheOthersIsWaitedForWhereACapsuleIsWrong: the home gives capsules that
// open nothing, and who holds the same is slow: the doctor waits for that one.
func TestLaw3WhoHasTheOthersIsWaitedForWhereACapsuleIsWrong(t *testing.T) {
	for _, what := range []string{"another capsule", "capsules of elsewhere", "capsules that are none", "each under another delivery", "no label"} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
			w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
			w.Gives(p, d, stele.Allergies)
			made := &lies{w: w, p: p, rubbish: rubbishOf(w, p, 1)}
			for _, name := range w.Names {
				d = town.Bend(d, name, func(m *members.Member) {
					s, err := m.Vault.(town.LineV).Status(t.Context())
					w.Must(err)
					switch {
					case name == "Northside":
						m.Vault = liar{m.Vault, made, everyLie[what]}
					case s.Submissions > 0:
						m.Vault = liar{m.Vault, made, lie{door: func(context.Context) error { time.Sleep(1500 * time.Millisecond); return nil }}}
					}
				})
			}
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Must(err)
			if town.IDs(chart) != "a1" || len(chart.Faults) == 0 {
				t.Errorf("%s: opened %q, faults %v", what, town.IDs(chart), chart.Faults)
			}
			time.Sleep(time.Minute) // who is late ends
		})
	}
}

// TestLaw3AnotherNumberOfFoliosHidesNone: the last of twelve folios stands under its
// root as the eighth of eight, too. A vault that lists eight so has not listed all, and
// who has the others is waited for.
func TestLaw3AnotherNumberOfFoliosHidesNone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		var notes []delivery.Incoming
		var want []string
		for i := range 12 {
			id := fmt.Sprintf("a%02d", i)
			notes, want = append(notes, town.Note(id, stele.Allergies, fmt.Sprint(2000+i))), append(want, id)
		}
		w.Delivers("Northside", p, notes...)
		holders := []string{}
		for _, m := range w.Members {
			if s, err := m.Vault.(town.LineV).Status(t.Context()); err == nil && s.Submissions > 0 {
				holders = append(holders, m.Name)
			}
		}
		if len(holders) != 2 {
			t.Fatalf("held by %v", holders)
		}
		fewer := lie{list: func(_ *lies, f *[]*wire.FolioItem, _ *[]*wire.SubmissionItem) {
			*f = slices.DeleteFunc(*f, func(item *wire.FolioItem) bool { return item.Index > 6 && item.Index < 11 })
			for _, item := range *f {
				if item.Index == 11 {
					item.Index, item.Folios = 7, 8
				}
			}
		}}
		for i, by := range holders {
			s := town.Bend(p, by, func(m *members.Member) { m.Vault = liar{m.Vault, &lies{w: w, p: p}, fewer} })
			s = town.Bend(s, holders[1-i], func(m *members.Member) {
				m.Vault = liar{m.Vault, &lies{w: w, p: p}, lie{door: func(context.Context) error { time.Sleep(1500 * time.Millisecond); return nil }}}
			})
			chart, err := s.Charts.OpenOwn(t.Context())
			w.Must(err)
			if got := town.IDs(chart); got != strings.Join(want, " ") {
				t.Errorf("%s lies: opened %q, faults %v", by, got, chart.Faults)
			}
			if !town.Blames(chart, by, "in a place where its delivery has none") {
				t.Errorf("%s lies and is not named: %v", by, chart.Faults)
			}
			for _, f := range chart.Faults {
				if f.Member != by {
					t.Errorf("%s lies: %s is named: %s", by, f.Member, f.What)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

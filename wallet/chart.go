package wallet

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Chart is what an opening of somebody's records gave. It may always be
// incomplete, and does not say whether anything was withheld.
type Chart struct {
	Subject stele.Subject
	Records []Record
	Access  Opening // how it was opened; zero for the owner's own key
	Faults  []Fault // who gave wrong or no answers, and what was done about it

	deliveries []*wire.SubmissionItem // of the owner's own chart: what the sources signed
}

// Opening is the logged access under which a chart was opened.
type Opening struct {
	Request  stele.ID
	Grant    stele.ID
	Outcome  stele.Outcome
	Until    time.Time
	Waited   time.Duration  // for the access to be final
	Trustees []string       // that released
	Receipts []*wire.Signed // theirs
}

// Fault is something a member did wrong while a chart was opened. The chart is
// good all the same: it was made from the others' answers.
type Fault struct {
	Member   string
	What     string
	Evidence *wire.Misrelease // against its trustee, for everybody; nil when there is only the wallet's word
}

// Record is one opened record with what proves it.
type Record struct {
	Handle     stele.ID
	Submission stele.ID
	Label      stele.Label   // its source as checked: zero when nobody provably delivered it
	Claimed    stele.Subject // the source that the label names
	Made       time.Time     // when its source signed for the delivery; zero when nobody provably delivered it
	When       string        // clinical date
	Type       string        // FHIR resource type
	JSON       []byte        // the resource, byte for byte as delivered
	Salt       []byte        // of its commitment

	Sealed *wire.SealedRecord
	Index  uint32 // in its folio
	Folio  *Folio
}

// Folio is a folio as its members serve it.
type Folio struct {
	Item     *wire.FolioItem
	Head     *wire.FolioHead
	Digest   stele.Digest
	Label    stele.Label   // its source as checked, when the reading has ended
	Claimed  stele.Subject // the source that the label names
	holders  []Member
	lister   Member
	others   []listed // with other capsules, as other vaults list it
	key      seal.Key
	tried    bool // to unlock it
	unlocked bool
	fetched  bool

	attributed bool
	from       *signed // what its source signed; nil when nobody did
}

// list is what a vault lists: folios, and what their sources signed.
type list struct {
	folios      []*wire.FolioItem
	submissions []*wire.SubmissionItem
}

// listed is a folio as one vault lists it.
type listed struct {
	item *wire.FolioItem
	by   Member
}

// ID returns the folio's id.
func (f *Folio) ID() stele.ID { return stele.ID(f.Head.Folio) }

// name is what vaults are asked for: another writer may have taken the id.
func (f *Folio) name() []byte { return wire.FolioName(f.Item.Submission, f.Head.Folio) }

// reading is one opening of a chart at work.
type reading struct {
	s       *Session
	subject stele.Subject
	folios  []*Folio
	places  map[string]*Folio // the same by digest and submission

	// Of the owner's own reading: what her log says of deliveries, and whether
	// that alone proves whose one is. nil: a reader, who has no log.
	anchored *anchorings
	trusts   func(*signed) bool

	mu     sync.Mutex
	faults []Fault
	from   sources
}

func (r *reading) fault(m Member, what string) { r.prove(m, what, nil) }

// prove notes a fault of which there is evidence.
func (r *reading) prove(m Member, what string, evidence *wire.Misrelease) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if evidence != nil || !slices.ContainsFunc(r.faults, func(f Fault) bool { return f.Member == m.Name && f.What == what }) {
		r.faults = append(r.faults, Fault{m.Name, what, evidence})
	}
}

// listing asks every vault what it has.
func (r *reading) listing(ctx context.Context, question func(context.Context, Member) (list, error)) *asking[list] {
	a := newAsking(ctx, r.s, r.s.Network.Members, question)
	a.next(len(a.left))
	return a
}

// enough waits until so many vaults have answered that together they hold
// everything: every submission is in its home and in copies at others. It
// returns how many answered and the last error.
func (r *reading) enough(a *asking[list]) (answered int, last error) {
	n := len(r.s.Network.Members)
	need := n - min(max(1, (n-1)/3), n-1)
	for len(a.waiting) > 0 && answered < need {
		reply := <-a.replies
		if r.take(a, reply); reply.err != nil {
			last = reply.err
		} else {
			answered++
		}
	}
	return answered, last
}

// grace is how long a vault is waited for that others have made superfluous: its
// node may be some blocks behind.
const grace = 500 * time.Millisecond

// rest takes one more answer of a listing, if one comes in time. While nothing is
// wrong that is a moment, and none at all for members that said nothing lately:
// what they hold, others have listed. When somebody's fault has shown, what the
// last one holds may be all there is.
func (r *reading) rest(a *asking[list], start time.Time, enough time.Duration) (came bool) {
	if len(a.waiting) == 0 {
		return false
	}
	wait := max(grace, 5*enough)
	switch {
	case len(r.told()) > 0:
		wait = silence
	case !slices.ContainsFunc(a.waiting, func(m Member) bool { return !r.s.silents.has(m) }):
		wait = 0
	}
	select {
	case reply := <-a.replies:
		r.take(a, reply)
		return true
	case <-time.After(max(time.Until(start.Add(wait)), 0)):
		return false
	}
}

func (r *reading) take(a *asking[list], reply reply[list]) {
	switch a.heard(reply); {
	case reply.err == nil:
		r.add(reply.member, reply.answer.folios)
	case stele.KindOf(reply.err) != stele.KindDenied:
		r.fault(reply.member, "its vault did not answer")
	}
}

// leave stops waiting for who has not answered.
func (r *reading) leave(a *asking[list]) {
	for _, m := range a.waiting {
		r.fault(m, "its vault did not answer in time")
	}
	a.over()
}

// told returns the faults so far.
func (r *reading) told() []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.faults)
}

// each asks every member at once and waits for all. It returns how many answered
// and the last error.
func (r *reading) each(ctx context.Context, question func(context.Context, Member) error) (answered int, last error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, m := range r.s.Network.Members {
		wg.Go(func() {
			attempt, cancel := context.WithTimeout(ctx, silence)
			defer cancel()
			err := question(attempt, m)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				last = err
			} else {
				answered++
			}
		})
	}
	wg.Wait()
	return answered, last
}

// add takes a member's list of folios. What does not hold together is that
// member's fault and is left out; the same folio elsewhere is another holder.
func (r *reading) add(m Member, items []*wire.FolioItem) {
	for _, item := range items {
		folio, err := readFolio(item)
		if err != nil {
			r.fault(m, "listed a folio that does not hold together")
			continue
		}
		folio.holders, folio.lister = []Member{m}, m
		place := string(folio.Digest[:]) + string(item.Submission)
		r.mu.Lock()
		if known := r.places[place]; known == nil {
			if r.places == nil {
				r.places = map[string]*Folio{}
			}
			r.places[place] = folio
			r.folios = append(r.folios, folio)
		} else {
			known.holders = append(known.holders, m)
			// Envelopes and capsules are under no hash: one vault's may be
			// worthless.
			known.Item.Envelopes = append(known.Item.Envelopes, item.Envelopes...)
			if !bytes.Equal(known.Item.Capsule, item.Capsule) {
				known.others = append(known.others, listed{item, m})
			}
		}
		r.mu.Unlock()
	}
}

func readFolio(item *wire.FolioItem) (*Folio, error) {
	head := new(wire.FolioHead)
	if err := wire.Decode(item.Head, head); err != nil {
		return nil, err
	}
	if _, err := stele.IDFrom(head.Folio); err != nil {
		return nil, err
	}
	if _, err := stele.IDFrom(item.Submission); err != nil {
		return nil, err
	}
	label, err := proof.CheckLabel(head, item.Label)
	if err != nil {
		return nil, err
	}
	f := &Folio{Item: item, Head: head, Digest: wire.FolioDigest(item.Head), Label: readLabel(label)}
	f.Claimed = f.Label.Source
	return f, nil
}

func readLabel(l *wire.Label) stele.Label {
	label := stele.Label{Category: stele.Category(l.Category), Year: int(l.Year)}
	for _, s := range l.Sensitivity {
		label.Sensitivity = append(label.Sensitivity, stele.Sensitivity(s))
	}
	copy(label.Source[:], l.Source)
	return label
}

// fetch reads the records of folios whose keys are known, each from its first
// holder, and from the next where one gives nothing or something wrong.
func (r *reading) fetch(ctx context.Context, wanted []*Folio, request func(Member, [][]byte) *wire.GetRecordsRequest) (records []Record) {
	for round := 0; len(wanted) > 0; round++ {
		byHolder := map[stele.Subject][]*Folio{}
		for _, f := range wanted {
			if round >= len(f.holders) {
				continue // one folio that is gone, or never was, must not close the chart
			}
			m := f.holders[(int(f.Digest[0])+round)%len(f.holders)] // spread over those who hold it
			byHolder[m.Subject] = append(byHolder[m.Subject], f)
		}
		var mu sync.Mutex
		var missing []*Folio
		var wg sync.WaitGroup
		for subject, folios := range byHolder {
			wg.Go(func() {
				got, failed := r.fetchFrom(ctx, *r.s.member(subject), folios, request)
				mu.Lock()
				defer mu.Unlock()
				records, missing = append(records, got...), append(missing, failed...)
			})
		}
		wg.Wait()
		wanted = missing
	}
	return records
}

// whole ends a reading: it tells what was listed and could not be had, finds out
// whose records they are, and puts them in order.
func (r *reading) whole(ctx context.Context, records []Record, wanted func(*Folio) bool) ([]Record, error) {
	r.attributeAll(ctx, records)
	lost := 0
	for _, f := range r.folios {
		if f.unlocked && !f.fetched && wanted(f) {
			lost++
		}
	}
	if lost > 0 && len(records) == 0 {
		return nil, stele.E("read records", stele.KindUnreachable, "no vault gave the records of any folio", nil).
			WithHint("a member may be down; try again later, and run stele vault fsck there")
	}
	if lost > 0 {
		r.fault(Member{Name: "every vault"}, fmt.Sprintf("%s listed whose records nobody gave; some of the chart is missing here", count(lost, "folio is", "folios are")))
	}
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Label.Category, b.Label.Category), cmp.Compare(a.When, b.When), slices.Compare(a.Handle[:], b.Handle[:]))
	})
	return records, nil
}

// stall is how long a vault may take for one folio's records, 4 MiB at most, and
// to begin with.
const stall = 10 * time.Second

// fetchFrom reads folios from one member and opens their records. It returns
// the folios that it did not get whole and right.
func (r *reading) fetchFrom(ctx context.Context, m Member, folios []*Folio, request func(Member, [][]byte) *wire.GetRecordsRequest) (records []Record, failed []*Folio) {
	open := map[string]*Folio{}
	names := make([][]byte, len(folios))
	for i, f := range folios {
		names[i] = f.name()
		open[string(names[i])] = f
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stalled := time.AfterFunc(stall, cancel)
	defer stalled.Stop()
	err := m.Vault.GetRecords(ctx, request(m, names), func(response *wire.GetRecordsResponse) error {
		stalled.Reset(stall)
		f := open[string(response.Folio)]
		if f == nil {
			return nil
		}
		got, err := f.open(response)
		if err != nil {
			r.fault(m, "gave records that do not match their leaves")
			return nil
		}
		delete(open, string(response.Folio))
		f.fetched = true
		records = append(records, got...)
		return nil
	})
	if err != nil && len(open) > 0 {
		r.fault(m, "did not give records")
	}
	for _, f := range folios {
		if open[string(f.name())] != nil {
			failed = append(failed, f)
		}
	}
	return records, failed
}

// open checks a folio's records, all of them or those in scope, against its head
// and opens them.
func (f *Folio) open(response *wire.GetRecordsResponse) ([]Record, error) {
	sealed, places := response.Records, []uint32(nil)
	var err error
	if len(response.Leaves) > 0 {
		places, err = proof.CheckPart(f.Head, sealed, response.Leaves)
	} else {
		err = proof.CheckRecords(f.Head, sealed)
	}
	if err != nil {
		return nil, err
	}
	records := make([]Record, 0, len(sealed))
	for i, r := range sealed {
		var cover wire.Cover
		if err := wire.Decode(r.Cover, &cover); err != nil {
			return nil, err
		}
		handle, err := stele.IDFrom(cover.Handle)
		if err != nil {
			return nil, err
		}
		commitment, err := stele.DigestFrom(r.PlaintextCommitment)
		if err != nil {
			return nil, err
		}
		resource, salt, err := seal.OpenRecord(&f.key, handle, r.Cover, r.Ciphertext, commitment)
		if err != nil {
			return nil, err
		}
		place := uint32(i)
		if places != nil {
			place = places[i]
		}
		records = append(records, Record{
			Handle: handle, Submission: stele.ID(f.Item.Submission), Label: f.Label, Claimed: f.Claimed, When: cover.When, Type: cover.Type,
			JSON: resource, Salt: salt[:], Sealed: r, Index: place, Folio: f,
		})
	}
	return records, nil
}

// unlock gives a folio its key after checking it against the head's commitment.
func (f *Folio) unlock(key seal.Key) error {
	commitment, err := stele.DigestFrom(f.Head.KeyCommitment)
	if err != nil {
		return err
	}
	if err := seal.CheckKey(&key, commitment); err != nil {
		return err
	}
	f.key, f.unlocked = key, true
	return nil
}

// forget drops the keys when the reading is over.
func (r *reading) forget() {
	for _, f := range r.folios {
		f.key.Erase()
		f.unlocked = false
	}
}

// hashOf returns SHA-256 of a reader key.
func hashOf(key []byte) []byte {
	sum := sha256.Sum256(key)
	return sum[:]
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

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
	Label      stele.Label
	When       string // clinical date
	Type       string // FHIR resource type
	JSON       []byte // the resource, byte for byte as delivered
	Salt       []byte // of its commitment

	Sealed *wire.SealedRecord
	Index  uint32 // in its folio
	Folio  *Folio
}

// Folio is a folio as its members serve it.
type Folio struct {
	Item     *wire.FolioItem
	Head     *wire.FolioHead
	Digest   stele.Digest
	Label    stele.Label
	holders  []Member
	lister   Member
	others   []listed // with other capsules, as other vaults list it
	key      seal.Key
	unlocked bool
}

// listed is a folio as one vault lists it.
type listed struct {
	item *wire.FolioItem
	by   Member
}

// ID returns the folio's id.
func (f *Folio) ID() stele.ID { return stele.ID(f.Head.Folio) }

// reading is one opening of a chart at work.
type reading struct {
	s       *Session
	subject stele.Subject
	folios  []*Folio
	places  map[string]*Folio // the same by digest and submission

	mu     sync.Mutex
	faults []Fault
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
	return &Folio{Item: item, Head: head, Digest: wire.FolioDigest(item.Head), Label: readLabel(label)}, nil
}

func readLabel(l *wire.Label) stele.Label {
	label := stele.Label{Category: stele.Category(l.Category), Year: int(l.Year)}
	for _, s := range l.Sensitivity {
		label.Sensitivity = append(label.Sensitivity, stele.Sensitivity(s))
	}
	copy(label.Source[:], l.Source)
	return label
}

// fetch reads the records of all folios whose keys are known, each from its
// first holder, and from the next where one gives nothing or something wrong.
func (r *reading) fetch(ctx context.Context, request func(Member, [][]byte) *wire.GetRecordsRequest) ([]Record, error) {
	var records []Record
	r.folios = slices.DeleteFunc(r.folios, func(f *Folio) bool { return !f.unlocked })
	wanted, lost := r.folios, 0
	for round := 0; len(wanted) > 0; round++ {
		byHolder := map[stele.Subject][]*Folio{}
		for _, f := range wanted {
			if round >= len(f.holders) {
				lost++ // one folio that is gone, or never was, must not close the chart
				continue
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

// fetchFrom reads folios from one member and opens their records. It returns
// the folios that it did not get whole and right.
func (r *reading) fetchFrom(ctx context.Context, m Member, folios []*Folio, request func(Member, [][]byte) *wire.GetRecordsRequest) (records []Record, failed []*Folio) {
	open := map[string]*Folio{}
	ids := make([][]byte, len(folios))
	for i, f := range folios {
		open[string(f.Head.Folio)] = f
		ids[i] = f.Head.Folio
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := m.Vault.GetRecords(ctx, request(m, ids), func(response *wire.GetRecordsResponse) error {
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
		records = append(records, got...)
		return nil
	})
	if err != nil && len(open) > 0 {
		r.fault(m, "did not give records")
	}
	for _, f := range folios {
		if open[string(f.Head.Folio)] != nil {
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
			Handle: handle, Submission: stele.ID(f.Item.Submission), Label: f.Label, When: cover.When, Type: cover.Type,
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

package reading

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
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
	Missing int     // of the owner's own chart: deliveries on the log that no vault which answered has whole

	Locked int // of the owner's own chart: folios that the owner's key does not open yet

	Deliveries []*wire.SubmissionItem // of the owner's own chart: what the sources signed

	viewer *viewer // who can say what was looked at; nil for the owner
	others *others // nil for the owner
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

	// Disclosure must go with the records wherever they go, since some are of substance use
	// (42 CFR 2.32); nil where none are.
	Disclosure *wire.Disclosure
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
	Label    stele.Label      // its source as checked, when the reading has ended
	Claimed  stele.Subject    // the source that the label names
	holders  []members.Member // that list it, each once
	listed   []listed         // as they list it
	key      seal.Key
	unlocked bool
	asked    map[stele.Subject]bool // who was asked for its records
	fetched  bool
	denied   map[stele.Subject]bool  // who refused it by itself, of an open chart
	giver    stele.Subject           // of its records
	single   stele.ID                // the one record that key is of; zero: it is the folio's
	parts    map[stele.ID][]seal.Key // of a folio with a restricted record, the keys of others instead; several where vaults list several
	misfit   *atomic.Bool            // one of these opened nothing
	lacking  bool                    // records came, when it was read, that no key opened
	read     map[stele.ID]bool       // the records that were read, where they are not all of it
	all      bool                    // of its records were read
	gave     []gift                  // who gave which of them

	attributed bool
	from       *signed // what its source signed; nil when nobody did
}

// ID returns the folio's id.
func (f *Folio) ID() stele.ID { return stele.ID(f.Head.Folio) }

// name is what vaults are asked for: another writer may have taken the id.
func (f *Folio) name() []byte { return wire.FolioName(f.Item.Submission, f.Head.Folio) }

// reading is a reader at work on one chart.
type reading struct {
	*Reader
	subject stele.Subject
	folios  []*Folio
	places  map[string]*Folio // the same by digest and submission

	paused []*share                                            // whose vault was not waited for
	again  func(context.Context, members.Member) (list, error) // what a vault lists, asked once more; nil: of the owner's own chart, of which nothing is restricted
	onward bool                                                // the chart is open: what is refused now was restricted since, and nobody is to blame
	partly bool                                                // a vault keeps some of a folio's records back: those that the grant does not cover
	grant  consent.Grant                                       // that the reading is under; zero: none

	// Of the owner's own reading: what her log says of deliveries, and whether
	// that alone proves whose one is. nil: a reader, who has no log.
	anchored *anchorings
	trusts   func(*signed) bool

	mu     sync.Mutex
	faults []Fault
	unfits map[string]*listed // capsules that were made for another place
	from   sources
}

// maxFaults is how many faults of one member are told: what it says differently each
// time must not bury the others'.
const maxFaults = 20

func (r *reading) fault(m members.Member, what string) { r.prove(m, what, nil) }

// prove notes a fault of which there is evidence.
func (r *reading) prove(m members.Member, what string, evidence *wire.Misrelease) {
	r.mu.Lock()
	defer r.mu.Unlock()
	said := 0
	for _, f := range r.faults {
		if f.Member == m.Name && f.What == what && evidence == nil {
			return
		}
		if f.Member == m.Name {
			said++
		}
	}
	if said < maxFaults {
		r.faults = append(r.faults, Fault{m.Name, what, evidence})
	}
}

// amiss reports whether a fault has shown, whoever it will turn out to be of.
func (r *reading) amiss() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.faults) > 0 || len(r.unfits) > 0
}

// told returns the faults so far.
func (r *reading) told() []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.faults)
}

// each asks every member at once and waits for all. It returns how many answered
// and the last error.
func (r *reading) each(ctx context.Context, question func(context.Context, members.Member) error) (answered int, last error) {
	for reply := range members.All(ctx, r.w.Network, func(ctx context.Context, m members.Member) (struct{}, error) {
		return struct{}{}, question(ctx, m)
	}) {
		if reply.Err != nil {
			last = reply.Err
		} else {
			answered++
		}
	}
	return answered, last
}

// whole ends a reading: it tells what was listed and could not be had, finds out
// whose records they are, and puts them in order.
func (r *reading) whole(ctx context.Context, records []Record, wanted func(*Folio) bool) ([]Record, error) {
	r.attributeAll(ctx, records)
	for _, s := range r.paused {
		r.tellSlow(s)
	}
	r.tellKept(ctx)
	lost := 0
	for _, f := range r.folios {
		r.tellParts(f)
		if f.unlocked && wanted(f) && r.cut(f) {
			lost++
		}
	}
	if lost > 0 && len(records) == 0 {
		return nil, stele.E("read records", stele.KindUnreachable, "no vault gave the records of any folio", nil).
			WithHint("a member may be down; try again later, and run stele vault fsck there")
	}
	if lost > 0 {
		r.fault(members.Member{Name: "every vault"}, fmt.Sprintf("listed %s whose records nobody gave, or not all; some of the chart is missing here", stele.Count(lost, "folio", "folios")))
	}
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Label.Category, b.Label.Category), cmp.Compare(a.When, b.When), slices.Compare(a.Handle[:], b.Handle[:]))
	})
	return records, nil
}

// cut reports whether a folio came in part only, or not at all, and its own key opens all of it: whoever gave
// the part kept the others back, but where more vaults gave part of it than may be faulty. Then some of it
// was restricted since it was listed, and the reader is not told of it.
func (r *reading) cut(f *Folio) bool {
	return !f.fetched || !f.all && len(f.parts) == 0 && !r.partly && len(f.gave) <= r.faulty()
}

// outside reports whether a record is none that the grant covers: a vault keeps those back.
func (r *reading) outside(record Record) bool {
	label, ok := asking.ReadLabel(record.Folio.Item.GetLabel().GetLabel())
	return r.partly && !(ok && consent.CoversRecord(r.grant, label, record.Handle, record.When).Permit())
}

// open checks a folio's records against its head and opens those whose keys it has. came are the handles of all
// that came.
func (f *Folio) open(response *wire.GetRecordsResponse) (records []Record, came []stele.ID, err error) {
	if !f.single.IsZero() {
		return f.openSingle(response)
	}
	places, err := f.places(response)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range response.Records {
		var cover wire.Cover
		if err := wire.Decode(r.Cover, &cover); err != nil {
			return nil, nil, err
		}
		handle, err := stele.IDFrom(cover.Handle)
		if err != nil {
			return nil, nil, err
		}
		came = append(came, handle)
		record, err := f.record(r, &cover, func(commitment stele.Digest) ([]byte, seal.Salt, error) {
			return f.opens(r, handle, commitment)
		})
		if err == errNoKey {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		record.Index = places[i]
		records = append(records, record)
	}
	return records, came, nil
}

// places checks a folio's records against its head, all of them or some beside the others' leaves, and returns
// the place of each in it.
func (f *Folio) places(response *wire.GetRecordsResponse) ([]uint32, error) {
	if len(response.Leaves) > 0 {
		return proof.CheckPart(f.Head, response.Records, response.Leaves)
	}
	places := make([]uint32, len(response.Records))
	for i := range places {
		places[i] = uint32(i)
	}
	return places, proof.CheckRecords(f.Head, response.Records)
}

// record is a sealed record as it opens.
func (f *Folio) record(r *wire.SealedRecord, cover *wire.Cover, opens func(stele.Digest) ([]byte, seal.Salt, error)) (Record, error) {
	handle, err := stele.IDFrom(cover.Handle)
	if err != nil {
		return Record{}, err
	}
	commitment, err := stele.DigestFrom(r.PlaintextCommitment)
	if err != nil {
		return Record{}, err
	}
	resource, salt, err := opens(commitment)
	if err != nil {
		return Record{}, err
	}
	return Record{
		Handle: handle, Submission: stele.ID(f.Item.Submission), Label: f.Label, Claimed: f.Claimed, When: cover.When, Type: cover.Type,
		JSON: resource, Salt: salt[:], Sealed: r, Folio: f,
	}, nil
}

// unlock gives a folio its key after checking it against the head's commitment.
func (f *Folio) unlock(key seal.Key) error {
	if !f.single.IsZero() { // whether it is the record's shows when it opens it
		f.key, f.unlocked = key, true
		return nil
	}
	commitment, err := stele.DigestFrom(f.Head.KeyCommitment)
	if err != nil {
		return err
	}
	if err := seal.CheckKey(&key, commitment); err != nil {
		return err
	}
	f.key, f.unlocked, f.parts = key, true, nil
	return nil
}

// unread returns the wanted folios whose keys are there and whose records are not, or not all while
// somebody who lists it was not asked for them.
func (r *reading) unread(wanted func(*Folio) bool) []*Folio {
	return slices.DeleteFunc(slices.Clone(r.folios), func(f *Folio) bool {
		return !f.unlocked || f.fetched && (f.all || f.next(r.Reader) == nil) || !wanted(f)
	})
}

// forget drops the keys when the reading is over.
func (r *reading) forget() {
	for _, f := range r.folios {
		f.key.Erase()
		f.unlocked, f.parts = false, nil
	}
}

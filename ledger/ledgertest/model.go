package ledgertest

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Model is what the ledger should do, said with plain maps after docs/formats.md
// and the comments of wire/ledger.proto, not after the contracts. It foretells every
// event to the byte, every refusal, and the app hash.
type Model struct {
	genesis   *wire.Genesis
	keys      map[string][]*wire.Device // of a subject, by device
	grants    map[string]*modelGrant
	spent     map[string]*debt                  // of subjects, by what they did
	issuers   map[string]*wire.CredentialIssuer // of credentials, by subject and certificate
	lists     map[string]uint64                 // how many status lists a subject has posted
	slots     map[string]bool                   // whether a subject has an emergency slot
	committed map[string][]byte                 // to what their slots hold
	slips     map[string]modelSlip              // of subjects whom nobody has claimed
	died      map[string]bool                   // whether a subject's death is recorded
	said      map[string]int64                  // in which block that was said last
	merges    modelMerges                       // of subjects
	guards    map[string]*modelGuard            // of subjects
	changes   map[string]*modelChange           // that wait, by id
	broken    map[string]int                    // openings in an emergency, by member and day
	taken     map[string]bool                   // ids of accesses, submissions and batches, each under a letter
	answers   map[string]Foretold               // by the body's bytes

	logs   map[string][][]byte // the events of a subject
	order  []string            // subjects, as their logs began
	roots  map[string]sized    // of logs, so that they are not computed again
	height int64
	time   int64
	index  uint32
}

type modelGrant struct {
	subject, grantee     string
	action               stele.Action
	delegation           string // by which it was given; empty where the subject gave it
	revoked, said, noted bool   // said: that it has ended; noted: that it will
	given                int64
	begin, end           int64
	max, uses            uint32
	minute               int64
	refused, refusals    int
	spent                debt
	emergency            *modelEmergency // nil of one that was given
	members              [][]byte        // that gave it
	turn                 uint32          // of its subject, given while that was merged; 0 otherwise
}

// debt is what has been done lately, in milliseconds of waiting; it melts with time.
type debt struct{ owed, at int64 }

// over reports whether once more, with so many at once and one more every so many
// milliseconds, would be too often.
func (d *debt) over(now, burst, every int64) bool { return d.left(now)+every > burst*every }

func (d *debt) left(now int64) int64 { return max(d.owed-(now-d.at), 0) }

func (d *debt) add(now, every int64) { *d = debt{d.left(now) + every, now} }

// of returns what a subject has done of a kind.
func (m *Model) of(what, subject string) *debt {
	d := m.spent[what+" "+subject]
	if d == nil {
		d = &debt{at: m.time}
		m.spent[what+" "+subject] = d
	}
	return d
}

type sized struct {
	n    int
	root stele.Digest
}

// Foretold is what becomes of a transaction: an event, or a refusal of one of
// some kinds; more than one where a transaction is wrong in several ways.
type Foretold struct {
	Event   []byte
	Subject stele.Subject
	Seq     uint64
	Refused []stele.Kind
}

// Agrees says where a verdict differs from what was foretold.
func (f Foretold) Agrees(v stele.Verdict) error {
	switch {
	case f.Event == nil && v.Err == nil:
		return fmt.Errorf("got an event, want a refusal of %v", f.Refused)
	case f.Event == nil && !slices.Contains(f.Refused, stele.KindOf(v.Err)):
		return fmt.Errorf("refused as %v, want one of %v: %v", stele.KindOf(v.Err), f.Refused, v.Err)
	case f.Event == nil:
		return nil
	case v.Err != nil:
		return fmt.Errorf("refused, want an event: %v", v.Err)
	case v.Outcome.Subject != f.Subject || v.Outcome.Seq != f.Seq || string(v.Outcome.Event) != string(f.Event):
		return fmt.Errorf("event %x at %d, want %x at %d", v.Outcome.Event, v.Outcome.Seq, f.Event, f.Seq)
	}
	return nil
}

// NewModel founds the model of a genesis.
func NewModel(genesis []byte) (*Model, error) {
	m := &Model{
		genesis: new(wire.Genesis), slips: map[string]modelSlip{}, keys: map[string][]*wire.Device{}, grants: map[string]*modelGrant{}, taken: map[string]bool{}, spent: map[string]*debt{},
		issuers: map[string]*wire.CredentialIssuer{}, lists: map[string]uint64{}, slots: map[string]bool{}, broken: map[string]int{}, died: map[string]bool{}, said: map[string]int64{},
		committed: map[string][]byte{}, merges: modelMerges{into: map[string]string{}, turn: map[string]uint32{}, slot: map[string][]byte{}, tell: map[string]modelNote{}},
		guards: map[string]*modelGuard{}, changes: map[string]*modelChange{}, answers: map[string]Foretold{}, logs: map[string][][]byte{}, roots: map[string]sized{},
	}
	if err := proto.Unmarshal(genesis, m.genesis); err != nil {
		return nil, err
	}
	m.time = m.genesis.TimeMs
	consortium := stele.SubjectOf(genesis)
	m.write(string(consortium[:]), nil, &wire.Event{Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{Genesis: m.genesis}}})
	for _, member := range m.genesis.Members {
		m.create(nil, member.KeyDocument, nil, nil)
	}
	return m, nil
}

// Begin begins a block: at most a thousand grants whose end has passed, or emergencies
// whose review has not come, say so, the soonest first.
func (m *Model) Begin(height, timeMS int64) {
	m.height, m.time, m.index = height, timeMS, 0
	over := m.passed()
	for _, d := range over[:min(len(over), 1000)] {
		m.tell(d)
	}
}

// Events returns how many events the block has made so far.
func (m *Model) Events() int { return int(m.index) }

// Log returns a subject's events.
func (m *Model) Log(subject stele.Subject) [][]byte { return m.logs[string(subject[:])] }

// Subjects returns whose logs there are, in the order in which they began.
func (m *Model) Subjects() []stele.Subject {
	out := make([]stele.Subject, len(m.order))
	for i, s := range m.order {
		out[i] = stele.Subject([]byte(s))
	}
	return out
}

// Keys returns the devices that speak for a subject.
func (m *Model) Keys(subject stele.Subject) []*wire.Device {
	return m.keys[m.speaks(string(subject[:]))]
}

// Lists returns how many status lists a subject has posted.
func (m *Model) Lists(subject stele.Subject) uint64 { return m.lists[string(subject[:])] }

// Owner returns whose a grant is.
func (m *Model) Owner(grant []byte) (stele.Subject, bool) {
	g := m.grants[string(grant)]
	if g == nil {
		return stele.Subject{}, false
	}
	return stele.Subject([]byte(g.subject)), true
}

// Grant returns a grant's status and uses as of the block.
func (m *Model) Grant(id stele.ID) (status stele.GrantStatus, uses uint32, ok bool) {
	g := m.grants[string(id[:])]
	if g == nil {
		return 0, 0, false
	}
	switch {
	case g.revoked:
		status = stele.GrantRevoked
	case g.end <= m.time || g.emergency != nil && g.emergency.early:
		status = stele.GrantEnded
	case m.fallen(g) || m.above(g) == wire.Refusal_REFUSAL_REVOKED:
		status = stele.GrantRevoked
	case g.max > 0 && g.uses >= g.max:
		status = stele.GrantUsedUp
	default:
		status = stele.GrantActive
	}
	return status, g.uses, true
}

// AppHash computes the app hash from all events, by the definition in RFC 6962.
func (m *Model) AppHash() stele.Digest {
	heads := make([][]byte, len(m.order))
	for i, s := range m.order {
		known := m.roots[s]
		if log := m.logs[s]; known.n != len(log) {
			known = sized{len(log), treeHash(log)}
			m.roots[s] = known
		}
		head := wire.HeadHash(stele.Subject([]byte(s)), uint64(known.n), known.root)
		heads[i] = head[:]
	}
	return wire.AppHash(uint64(len(heads)), treeHash(heads))
}

// treeHash is MTH of RFC 6962 §2.1.
func treeHash(leaves [][]byte) stele.Digest {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	left, right := treeHash(leaves[:k]), treeHash(leaves[k:])
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// write stamps an event and appends it to a log.
func (m *Model) write(subject string, tx []byte, e *wire.Event) Foretold {
	e.Version, e.Subject, e.Height, e.Index, e.TimeMs, e.Tx = 1, []byte(subject), m.height, m.index, m.time, tx
	if m.logs[subject] == nil {
		m.order = append(m.order, subject)
	}
	raw := wire.EventBytes(e)
	m.logs[subject] = append(m.logs[subject], raw)
	m.index++
	return Foretold{Event: raw, Subject: stele.Subject([]byte(subject)), Seq: uint64(len(m.logs[subject]) - 1)}
}

package member

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/meter"
	"github.com/stele-health/stele/probe"
	"github.com/stele-health/stele/wire"
)

// calls counts the calls of each procedure by what became of them.
type calls struct {
	mu   sync.Mutex
	took map[call]*meter.Histogram
}

// call is a procedure and how it ended: a kind of error, or "ok".
type call struct{ procedure, ended string }

func (c *calls) observe(procedure string, kind stele.Kind, failed bool, took time.Duration) {
	ended := "ok"
	if failed {
		ended = kind.String()
	}
	key := call{strings.TrimPrefix(procedure, "/stele.api.v1."), ended}
	c.mu.Lock()
	h := c.took[key]
	if h == nil {
		if c.took == nil {
			c.took = map[call]*meter.Histogram{}
		}
		h = new(meter.Histogram)
		c.took[key] = h
	}
	c.mu.Unlock()
	h.Observe(took)
}

func (c *calls) figures() (out []probe.Figure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range slices.SortedFunc(maps.Keys(c.took), func(a, b call) int {
		return cmp.Or(strings.Compare(a.procedure, b.procedure), strings.Compare(a.ended, b.ended))
	}) {
		reading := c.took[key].Read()
		out = append(out, probe.Figure{
			Name: "stele_call_seconds", Help: "Calls of a procedure by how they ended.", Of: &reading,
			Labels: []probe.Label{{Name: "procedure", Value: key.procedure}, {Name: "ended", Value: key.ended}},
		})
	}
	return out
}

// vaultStatus is the vault's status, read again when it is a minute old: reading
// it walks the index.
func (m *Member) vaultStatus() *wire.VaultStatus {
	m.status.Lock()
	defer m.status.Unlock()
	if m.status.last == nil || time.Since(m.status.at) > time.Minute {
		if s, err := m.vault.Status(context.Background()); err == nil {
			m.status.last, m.status.at = s, time.Now()
		}
	}
	return m.status.last
}

// lastStatus is what the vault said last.
type lastStatus struct {
	sync.Mutex
	last *wire.VaultStatus
	at   time.Time
}

// Figures are the member's counts and sizes, for /metrics. No figure and no label
// is of a patient, a reader or a grant.
func (m *Member) Figures() []probe.Figure {
	var out []probe.Figure
	gauge := func(name, help string, value float64, labels ...probe.Label) {
		out = append(out, probe.Figure{Name: "stele_" + name, Help: help, Value: value, Labels: labels})
	}
	counter := func(name, help string, value uint64, labels ...probe.Label) {
		out = append(out, probe.Figure{Name: "stele_" + name, Help: help, Value: float64(value), Rising: true, Labels: labels})
	}
	histogram := func(name, help string, of meter.Reading) {
		out = append(out, probe.Figure{Name: "stele_" + name, Help: help, Of: &of})
	}

	newest, c := m.ledger.Newest(), m.chain.Stats()
	gauge("ready", "1 while /readyz answers 200.", truth(len(m.Wanting()) == 0))
	gauge("block_height", "Height of the newest final block.", float64(newest.Height))
	if newest.Height > 0 {
		gauge("block_age_seconds", "Age of the newest final block by this machine's clock; over 30 the trustee refuses everything.", time.Since(newest.Time).Seconds())
	}
	gauge("block_oldest_height", "Height of the oldest block that is kept.", float64(c.Oldest))
	gauge("syncing", "1 while the node fetches blocks that the others made.", truth(m.chain.Syncing()))
	gauge("peers", "Other members' nodes that are connected.", float64(c.Peers))
	if run, err := m.ledger.Consortium(); err == nil {
		gauge("members", "Members of the network.", float64(len(run.Members)))
	}
	histogram("block_execute_seconds", "Executing a block.", c.Execute)
	histogram("block_commit_seconds", "Making a block durable.", c.Commit)

	counter("transactions_total", "Transactions in final blocks by verdict.", c.Written, verdict("written")...)
	for _, kind := range slices.Sorted(maps.Keys(c.Refused)) {
		counter("transactions_total", "Transactions in final blocks by verdict.", c.Refused[kind], verdict("refused: "+kind.String())...)
	}
	gauge("transactions_waiting", "Transactions submitted here without a verdict yet.", float64(c.Waiting))
	queue := func(name string, n int) {
		gauge("queue_length", "Transactions waiting here for a step.", float64(n), probe.Label{Name: "step", Value: name})
	}
	queue("check", c.Ingress)
	queue("pack", c.Admitted)
	gauge("mempool_parcels", "Parcels that wait for a block.", float64(c.Mempool))
	gauge("mempool_bytes", "Bytes of the parcels that wait for a block.", float64(c.Bytes))

	s := m.store.Stats()
	gauge("ledger_bytes", "Bytes of the ledger's store on disk.", float64(s.Bytes))
	histogram("ledger_fsync_seconds", "Syncing the ledger's write-ahead log.", s.Fsync)

	if v := m.vaultStatus(); v != nil {
		gauge("vault_bytes", "Bytes of sealed records.", float64(v.Bytes))
		gauge("vault_segments", "Files of sealed records.", float64(v.Segments))
		gauge("vault_submissions", "Submissions by whose they are.", float64(v.Home), probe.Label{Name: "of", Value: "home"})
		gauge("vault_submissions", "Submissions by whose they are.", float64(v.Copies), probe.Label{Name: "of", Value: "others"})
		gauge("vault_missing_copies", "Submissions that lack a copy elsewhere.", float64(v.Waiting))
	}
	n := m.tells.Figures()
	gauge("notices_people", "People who are told outside that something happened.", float64(n.People))
	gauge("notices_waiting", "Notices that have not left.", float64(n.Waiting))
	tries := func(ended string, count uint64) {
		counter("notices_total", "Notices by what became of a try; dropped is after a day.", count, probe.Label{Name: "ended", Value: ended})
	}
	tries("told", n.Told)
	tries("failed", n.Failed)
	tries("dropped", n.Dropped)
	histogram("notices_seconds", "From reading an event to the notice's being taken.", n.Took)
	m.mu.RLock()
	gauge("trustee_running", "1 while the trustee runs.", truth(m.trustee != nil))
	if m.trustee != nil {
		t := m.trustee.Stats()
		counter("trustee_releases_total", "Askings answered with partial decryptions.", t.Released)
		counter("trustee_refusals_total", "Askings refused.", t.Refused)
		counter("trustee_refusals_dropped_total", "Refusals of a valid card that were too many to be kept.", t.Dropped)
	}
	m.mu.RUnlock()
	d := m.desk.Stats()
	counter("emergencies_signed_total", "Openings in an emergency that were registered and signed.", d.Signed)
	counter("emergencies_refused_total", "Askings for that signature refused.", d.Refused)
	counter("emergency_alarms_total", "Of the signed ones, those beyond the number of a day.", d.Users, probe.Label{Name: "of", Value: "one practitioner"})
	counter("emergency_alarms_total", "Of the signed ones, those beyond the number of a day.", d.Facilities, probe.Label{Name: "of", Value: "the facility"})
	return append(out, m.calls.figures()...)
}

func verdict(v string) []probe.Label { return []probe.Label{{Name: "verdict", Value: v}} }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

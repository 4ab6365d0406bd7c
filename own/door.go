package own

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// minNonce keeps honest requests apart.
const minNonce = 16

// Limits of the memory of nonces in one generation of twice Fresh, some 20 bytes
// each. Nobody's requests are remembered in another's place: whoever signs has
// room that only they use, and what goes beyond it comes from a pool.
const (
	maxOfOne    = 100_000   // requests that one subject signed
	maxSure     = 64        // of them, however many others ask
	maxPool     = 2_000_000 // of all together beyond that
	maxOfMember = 1_000_000 // requests of one member, which share nothing
)

// memory remembers which nonces were used, by whoever signed.
type memory struct {
	most int // of one signer
	pool int // of all together, beyond what each is sure of

	mu       sync.Mutex
	turn     time.Time // when the newer generation began
	new, old generation
}

type generation struct {
	of   map[stele.Subject]map[uint64]struct{} // the first bytes of a hash: nonces are random
	pool int
}

// once remembers a nonce for at least twice Fresh: a request made Fresh ahead of our
// clock stays usable that long. It fails with KindDenied for one that was used and
// with KindBusy when this signer asks too often.
func (m *memory) once(now time.Time, by stele.Subject, id stele.Digest) error {
	short := binary.BigEndian.Uint64(id[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.new.of == nil || now.Sub(m.turn) > 2*stele.Fresh {
		m.turn, m.old, m.new = now, m.new, generation{of: map[stele.Subject]map[uint64]struct{}{}}
	}
	for _, g := range []generation{m.old, m.new} {
		if _, used := g.of[by][short]; used {
			return denied()
		}
	}
	mine := m.new.of[by]
	beyond := len(mine) >= maxSure
	if len(mine) >= m.most || beyond && m.new.pool >= m.pool {
		return stele.E("check own request", stele.KindBusy, "you have asked too often", nil).WithHint("try again in a few minutes")
	}
	if beyond {
		m.new.pool++
	}
	if mine == nil {
		mine = map[uint64]struct{}{}
		m.new.of[by] = mine
	}
	mine[short] = struct{}{}
	return nil
}

// Ledger is what a Door needs of stele.Ledger.
type Ledger interface {
	Subject(s stele.Subject) (stele.Keys, error)
}

// Door lets in whoever asks for what is theirs. It is safe for concurrent use.
type Door struct {
	ledger Ledger
	chain  string
	member stele.Subject

	used memory
}

// NewDoor returns the door of a member's service.
func NewDoor(ledger Ledger, chain string, member stele.Subject) *Door {
	return &Door{ledger: ledger, chain: chain, member: member, used: memory{most: maxOfOne, pool: maxPool}}
}

// Request is a request that passed.
type Request struct {
	Subject stele.Subject
	Since   uint64
	Until   uint64
	By      stele.Subject // the subject, or the one of also whose key signed
}

// Check passes a wire.OwnRequest or fails with KindDenied; with KindBusy when
// whoever signed asked more often in ten minutes than is remembered of one. Besides the
// subject's own keys those of the subjects in also count, such as the auditors
// whom the consortium named.
func (d *Door) Check(now time.Time, signed *wire.Signed, also ...stele.Subject) (Request, error) {
	var m wire.OwnRequest
	by, ok := opens(now, wire.TagOwn, signed, &m, d.chain, d.member)
	subject, err := stele.SubjectFrom(m.Subject)
	if !ok || err != nil || len(m.Nonce) < minNonce {
		return Request{}, denied()
	}
	for _, who := range append([]stele.Subject{subject}, also...) {
		if keys, err := d.ledger.Subject(who); err == nil && slices.Contains(keys.Signing, by) {
			return Request{subject, m.Since, m.Until, who}, d.used.once(now, who, wire.Hash(wire.TagOwn, m.Subject, m.Nonce))
		}
	}
	return Request{}, denied()
}

// Opens reads into m what somebody signs of theirs that is no request and has a tag of its own. It returns the
// subject as the ledger has it, and the key that signed, of which the caller says whether it may. It is not ok
// unless it was made for this member just now, by one key; it may have been used before.
func (d *Door) Opens(now time.Time, tag wire.Tag, signed *wire.Signed, m interface {
	addressed
	GetSubject() []byte
}) (of stele.Keys, by stele.PublicKey, ok bool) {
	if by, ok = opens(now, tag, signed, m, d.chain, d.member); !ok {
		return of, by, false
	}
	subject, err := stele.SubjectFrom(m.GetSubject())
	if err == nil {
		of, err = d.ledger.Subject(subject)
	}
	return of, by, err == nil
}

// addressed is what somebody signs to one member.
type addressed interface {
	proto.Message
	GetChain() string
	GetAudience() []byte
	GetAtMs() int64
}

// opens reads what one key signed, and reports whether it is for a member and was made just now.
func opens(now time.Time, tag wire.Tag, signed *wire.Signed, m addressed, chain string, member stele.Subject) (by stele.PublicKey, ok bool) {
	keys, err := wire.Open(tag, signed, m)
	if err != nil || len(keys) != 1 || m.GetChain() != chain || string(m.GetAudience()) != string(member[:]) {
		return by, false
	}
	return keys[0], now.Sub(time.UnixMilli(m.GetAtMs())).Abs() <= stele.Fresh
}

func denied() error {
	return stele.E("check own request", stele.KindDenied, "the request is not its subject's, is stale or was used before", nil).
		WithHint("check this device's clock, that its key was not rotated out, and that the chart was not merged into another: stele wallet merge undo DID parts them")
}

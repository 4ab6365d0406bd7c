package bench

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// mix is the ledger's load: transactions of many people, each signed with
// Ed25519 by a key of its own, made and signed before anything is measured.
type mix struct {
	chain  string
	people []person
	dice   *mathrand.Rand
	seal   []byte // everybody's seal key: making one takes longer than a transaction
}

// person is a subject with its key and two grants, each under a key made for it.
type person struct {
	key         wire.Ed25519
	subject     stele.Subject
	read, write grantee
	spare       []stele.ID // grants that are still to be revoked
}

type grantee struct {
	id  stele.ID
	key wire.Ed25519
}

func (p person) grantee() grantee { return grantee{stele.NewIDOf(p.subject[:]), wire.NewEd25519()} }

// shares of the mix, in percent; the rest are accesses.
const (
	anchors     = 15
	grants      = 10
	revocations = 5
)

func newMix(chain string) *mix {
	key, err := seal.NewSealKey()
	if err != nil {
		panic(err) // the random source never fails
	}
	return &mix{chain: chain, dice: mathrand.New(mathrand.NewPCG(1, 2)), seal: key.Public()}
}

// arrivals makes n more people and returns the transactions with which they join.
// Their key documents are as large as real ones: each device reads, with an X-Wing
// key.
func (m *mix) arrivals(n int) [][]byte {
	from := len(m.people)
	m.people = append(m.people, make([]person, n)...)
	return m.signed(n, func(i int) (*wire.Transaction, wire.Signer) {
		p := &m.people[from+i]
		p.key = wire.NewEd25519()
		document := wire.Marshal(&wire.KeyDocument{
			Devices: []*wire.Device{{Signing: p.key.Public(), SealSuite: wire.SuiteSeal, SealKey: m.seal}}, Salt: random(16),
		})
		p.subject = stele.SubjectOf(document)
		p.read, p.write = p.grantee(), p.grantee()
		return &wire.Transaction{Message: &wire.Transaction_CreateSubject{
			CreateSubject: &wire.CreateSubject{KeyDocument: document, Emergency: random(32)}}}, p.key
	})
}

// consents are the grants of the last n people, to read and to write, that the
// mix is made under.
func (m *mix) consents(n int) [][]byte {
	last := m.people[len(m.people)-n:]
	return m.signed(2*n, func(i int) (*wire.Transaction, wire.Signer) {
		p := last[i/2]
		if i%2 == 0 {
			return m.give(p, p.read, stele.ActionRead), p.key
		}
		return m.give(p, p.write, stele.ActionWrite), p.key
	})
}

// spares are grants for the mix to revoke: as many as n transactions need.
func (m *mix) spares(n int) [][]byte {
	ids := make([]stele.ID, n*revocations/100+1)
	list := m.signed(len(ids), func(i int) (*wire.Transaction, wire.Signer) {
		p := m.people[i%len(m.people)]
		spare := p.grantee()
		ids[i] = spare.id
		return m.give(p, spare, stele.ActionRead), p.key
	})
	for i, id := range ids {
		p := &m.people[i%len(m.people)]
		p.spare = append(p.spare, id)
	}
	return list
}

func (m *mix) give(p person, to grantee, action stele.Action) *wire.Transaction {
	return &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
		Grant: to.id[:], Subject: p.subject[:], Action: uint32(action), Grantee: to.key.Public(),
		EndMs: time.Now().AddDate(1, 0, 0).UnixMilli(), Commitment: random(32),
	}}}
}

// transactions are n of the mix, in random order.
func (m *mix) transactions(n int) [][]byte {
	kinds, whom, revoked := make([]int, n), make([]int, n), make([]stele.ID, n)
	next := 0
	for i := range n {
		kinds[i], whom[i] = m.dice.IntN(100), m.dice.IntN(len(m.people))
		if kinds[i] < revocations {
			for tries := 0; tries < len(m.people) && len(m.people[next].spare) == 0; tries++ {
				next = (next + 1) % len(m.people)
			}
			p := &m.people[next]
			if len(p.spare) == 0 { // luck has drawn more than its share
				kinds[i] = 99
				continue
			}
			whom[i], revoked[i], p.spare = next, p.spare[0], p.spare[1:]
			next = (next + 1) % len(m.people)
		}
	}
	return m.signed(n, func(i int) (*wire.Transaction, wire.Signer) {
		p := m.people[whom[i]]
		switch k := kinds[i]; {
		case k < revocations:
			return &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: revoked[i][:]}}}, p.key
		case k < revocations+grants:
			return m.give(p, p.grantee(), stele.ActionRead), p.key
		case k < revocations+grants+anchors:
			id := stele.NewIDOf(p.write.id[:])
			return &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
				Submission: id[:], Grant: p.write.id[:], Root: random(32), SourceCommitment: random(32), CountCommitment: random(32),
			}}}, p.write.key
		}
		return opening(p)
	})
}

// accesses are n openings and nothing else.
func (m *mix) accesses(n int) [][]byte {
	whom := make([]int, n)
	for i := range whom {
		whom[i] = m.dice.IntN(len(m.people))
	}
	return m.signed(n, func(i int) (*wire.Transaction, wire.Signer) { return opening(m.people[whom[i]]) })
}

func opening(p person) (*wire.Transaction, wire.Signer) {
	id := stele.NewIDOf(p.read.id[:])
	return &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
		Request: id[:], Grant: p.read.id[:], DetailCommitment: random(32), ReaderKeyHash: random(32), WindowMs: 300_000,
	}}}, p.read.key
}

func (m *mix) signed(n int, make_ func(i int) (*wire.Transaction, wire.Signer)) [][]byte {
	list, expires := make([][]byte, n), time.Now().Add(9*time.Minute).UnixMilli()
	parallel(n, func(i int) {
		tx, key := make_(i)
		tx.Chain, tx.Nonce, tx.ExpiresMs = m.chain, random(16), expires
		list[i] = wire.Marshal(wire.Sign(wire.TagTransaction, tx, key))
	})
	return list
}

// random draws bytes that do not read as text, which the ledger takes for an id.
func random(n int) []byte {
	b := make([]byte, n)
	for rand.Read(b); stele.IsText(b); {
		rand.Read(b)
	}
	return b
}

// parallel calls f for 0 to n−1 on all processors.
func parallel(n int, f func(i int)) {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wait.Wait()
}

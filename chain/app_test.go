package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// tally is a small real application: it counts transactions into a hash chain,
// remembers their outcomes, and keeps its state in a file. A transaction is a
// RevokeGrant whose grant says what to do: "ok…" counts, "no…" is refused, "bad…" malformed, "late
// no…" passes Admit and is refused in the block, "by" and eight bytes of Unix
// milliseconds set a deadline, "boom" makes Execute fail.
type tally struct {
	path   string
	check  func(wire.Tag, *wire.Signed) ([]stele.PublicKey, error)
	lose   func() bool // a Commit that is not followed by anything, like a crash
	admits func()      // called in Admit

	mu      sync.Mutex
	state   tallyState
	pending *tallyState
}

type tallyState struct {
	Height   int64
	Hash     stele.Digest
	Chain    string
	Nodes    map[stele.Subject]stele.PublicKey
	Done     map[stele.Digest]stele.Outcome
	Order    []stele.Digest
	Deadline int64
	Passed   []int64 // times of blocks that a deadline acted in
	Times    []int64
}

func openTally(t testing.TB, folder string, check func(wire.Tag, *wire.Signed) ([]stele.PublicKey, error)) *tally {
	t.Helper()
	a := &tally{path: filepath.Join(folder, "tally"), check: check}
	raw, err := os.ReadFile(a.path)
	if err == nil {
		err = gob.NewDecoder(bytes.NewReader(raw)).Decode(&a.state)
	}
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return a
}

func (a *tally) save() error {
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(a.state); err != nil {
		return err
	}
	if err := os.WriteFile(a.path+".new", out.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(a.path+".new", a.path)
}

func (a *tally) Found(genesis []byte) (stele.Digest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state.Nodes != nil {
		return stele.Digest{}, stele.E("found", stele.KindExists, "", nil)
	}
	var g wire.Genesis
	if err := wire.Decode(genesis, &g); err != nil {
		return stele.Digest{}, err
	}
	a.state = tallyState{Chain: g.Chain, Nodes: map[stele.Subject]stele.PublicKey{}, Hash: sha256.Sum256(genesis)}
	for _, m := range g.Members {
		a.state.Nodes[stele.SubjectOf(m.KeyDocument)] = wire.Key(m.Node)
	}
	return a.state.Hash, a.save()
}

func (a *tally) Position() (int64, stele.Digest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state.Height, a.state.Hash, nil
}

func (a *tally) Check(raw []byte) error {
	a.mu.Lock()
	nodes, chain := a.state.Nodes, a.state.Chain
	a.mu.Unlock()
	_, err := a.open(raw, nodes, chain)
	return err
}

func (a *tally) open(raw []byte, nodes map[stele.Subject]stele.PublicKey, chain string) (*wire.Parcel, error) {
	signed, parcel := new(wire.Signed), new(wire.Parcel)
	if err := wire.Decode(raw, signed); err != nil {
		return nil, err
	}
	if err := wire.Decode(signed.Body, parcel); err != nil {
		return nil, err
	}
	member, err := stele.SubjectFrom(parcel.Member)
	if err != nil {
		return nil, err
	}
	keys, err := a.check(wire.TagParcel, signed)
	if err != nil {
		return nil, err
	}
	if len(keys) != 1 || nodes[member] != keys[0] || parcel.Chain != chain {
		return nil, stele.E("check", stele.KindDenied, "not a member's", nil)
	}
	return parcel, nil
}

func (a *tally) decide(raw []byte) (stele.Digest, string, error) {
	signed, body := new(wire.Signed), new(wire.Transaction)
	if err := wire.Decode(raw, signed); err != nil {
		return stele.Digest{}, "", err
	}
	id := wire.TransactionID(signed)
	if err := wire.Decode(signed.Body, body); err != nil {
		return id, "", err
	}
	if _, err := a.check(wire.TagTransaction, signed); err != nil {
		return id, "", err
	}
	what := string(body.GetRevokeGrant().GetGrant())
	if len(what) < 2 || what[:2] == "no" {
		return id, what, stele.E("tally", stele.KindDenied, "no", nil)
	}
	if what[:2] == "ba" {
		return id, what, stele.E("tally", stele.KindInvalid, "bad", nil)
	}
	return id, what, nil
}

func (a *tally) Admit(raw []byte) (*stele.Outcome, error) {
	if a.admits != nil {
		a.admits()
	}
	id, _, err := a.decide(raw)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if o, ok := a.state.Done[id]; ok {
		return &o, nil
	}
	return nil, nil
}

func (a *tally) Execute(p stele.Proposal) (done stele.Executed, err error) {
	a.mu.Lock()
	next := a.state
	a.mu.Unlock()
	copied := make(map[stele.Digest]stele.Outcome, len(next.Done))
	for k, v := range next.Done {
		copied[k] = v
	}
	next.Done = copied
	next.Order = append([]stele.Digest(nil), next.Order...)
	next.Height = p.Height
	at := p.Time.UnixMilli()
	next.Times = append(append([]int64(nil), next.Times...), at)
	if next.Deadline != 0 && next.Deadline <= at {
		next.Deadline = 0
		next.Passed = append(append([]int64(nil), next.Passed...), at)
		next.Hash = sha256.Sum256(append(next.Hash[:], "due"...))
		done.Events++
	}
	for _, raw := range p.Parcels {
		parcel, err := a.open(raw, next.Nodes, next.Chain)
		if err != nil {
			continue
		}
		for _, tx := range parcel.Transactions {
			v, err := a.run(&next, p, tx)
			if err != nil {
				return done, err
			}
			done.Verdicts = append(done.Verdicts, v)
		}
	}
	done.AppHash = next.Hash
	a.pending = &next
	return done, nil
}

func (a *tally) run(s *tallyState, p stele.Proposal, raw []byte) (stele.Verdict, error) {
	id, what, err := a.decide(raw)
	if err == nil && len(what) >= 7 && what[:7] == "late no" {
		err = stele.E("tally", stele.KindDenied, "no, after all", nil)
	}
	if err != nil {
		return stele.Verdict{Tx: id, Err: err}, nil
	}
	if o, ok := s.Done[id]; ok {
		return stele.Verdict{Tx: id, Outcome: o}, nil
	}
	switch what[:2] {
	case "bo":
		return stele.Verdict{}, stele.E("tally", stele.KindOther, "boom", nil)
	case "by":
		s.Deadline = int64(binary.BigEndian.Uint64([]byte(what[2:])))
	}
	o := stele.Outcome{Height: p.Height, Seq: uint64(len(s.Order)), Time: p.Time}
	s.Done[id], s.Order = o, append(s.Order, id)
	s.Hash = sha256.Sum256(append(s.Hash[:], id[:]...))
	return stele.Verdict{Tx: id, Outcome: o}, nil
}

func (a *tally) Commit() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state, a.pending = *a.pending, nil
	if err := a.save(); err != nil {
		return err
	}
	if a.lose != nil && a.lose() {
		panic("the process dies here")
	}
	return nil
}

func (a *tally) Deadline() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state.Deadline == 0 {
		return time.Time{}
	}
	return time.UnixMilli(a.state.Deadline)
}

func (a *tally) now() tallyState {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

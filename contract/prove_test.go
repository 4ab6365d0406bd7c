package contract_test

import (
	"errors"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// prove asks for a log with its proof and checks it as a wallet does.
func (s *script) prove(name string, first uint64) string {
	p, err := s.town.Ledger.ProveLog(ledgertest.Subject(name), first, 0)
	if err != nil {
		return err.Error() + "\n"
	}
	if err := checkLog(s.town, ledgertest.Subject(name), p); err != nil {
		return err.Error() + "\n"
	}
	return fmt.Sprintf("events %d to %d are all at height %d\n", first, p.Head.Size, p.Head.Height)
}

func digests(raw [][]byte) []stele.Digest {
	out := make([]stele.Digest, len(raw))
	for i := range raw {
		out[i] = stele.Digest(raw[i])
	}
	return out
}

// checkHead checks a head against the app hash of its height.
func checkHead(w *ledgertest.Town, subject stele.Subject, h *wire.HeadProof) error {
	if stele.Subject(h.Subject) != subject {
		return errors.New("another subject's head")
	}
	head := wire.HeadHash(subject, h.Size, stele.Digest(h.Root))
	root, err := merkle.RootFromInclusion(merkle.LeafHash(head[:]), h.Leaf, h.Leaves, digests(h.Path))
	if err == nil && wire.AppHash(h.Leaves, root) != w.Hashes[h.Height] {
		err = errors.New("the head does not stand under the app hash")
	}
	return err
}

// checkLog checks that a proof holds all events of a log from its first on. What
// came before is taken from the ledger's own proof of the whole log.
func checkLog(w *ledgertest.Town, subject stele.Subject, p *wire.LogProof) error {
	if err := checkHead(w, subject, p.Head); err != nil {
		return err
	}
	var f merkle.Frontier
	if p.First > p.Head.Size {
		return fmt.Errorf("the log ends at %d", p.Head.Size)
	}
	if p.First > 0 {
		whole, err := w.Ledger.ProveLog(subject, 0, 0)
		if err != nil {
			return err
		}
		var before merkle.Frontier
		for _, raw := range whole.Events[:p.First] {
			before.Append(merkle.LeafHash(raw))
		}
		f = before
		if p.First < p.Head.Size {
			if f, err = merkle.FrontierFrom(p.First, p.Head.Size, before.Root(), digests(p.Consistency)); err != nil {
				return err
			}
		}
	}
	for _, raw := range p.Events {
		f.Append(merkle.LeafHash(raw))
	}
	if f.Size != p.Head.Size || f.Root() != stele.Digest(p.Head.Root) {
		return errors.New("the events are not all of the log")
	}
	return nil
}

// checkEntry checks an event's proof.
func checkEntry(w *ledgertest.Town, subject stele.Subject, p *wire.EntryProof) error {
	if err := checkHead(w, subject, p.Head); err != nil {
		return err
	}
	return merkle.VerifyInclusion(merkle.LeafHash(p.Event), p.Seq, p.Head.Size, digests(p.Path), stele.Digest(p.Head.Root))
}

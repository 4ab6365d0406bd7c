package ledger

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// This file is stele.Ledger: what the member's own trustee and vault see.

var _ stele.Ledger = (*Ledger)(nil)

// Newest returns the newest committed block.
func (l *Ledger) Newest() stele.Block {
	at := l.newest()
	if at == (position{}) {
		return stele.Block{}
	}
	return stele.Block{Height: at.height, Time: moment(at.timeMS)}
}

// Counts returns how many logs and events the ledger holds.
func (l *Ledger) Counts() (logs, events uint64) {
	at := l.newest()
	return at.leaves, at.events
}

// Subject returns a subject's current keys, or KindNotFound.
func (l *Ledger) Subject(id stele.Subject) (keys stele.Keys, err error) {
	err = l.read(func(s Reader, _ position) error {
		row := Subjects.Get(s, id[:])
		if row == nil {
			return notFound("subject")
		}
		keys = stele.Keys{Subject: id, Created: row.Created, Leaf: heads.Get(s, id[:]).GetLeaf()}
		for _, d := range row.Devices {
			keys.Signing = append(keys.Signing, wire.Key(d.Signing))
			if len(d.SealKey) != 0 {
				keys.Seal = append(keys.Seal, d.SealKey)
			}
		}
		return nil
	})
	return keys, err
}

// Grant returns a grant as of the newest block, or KindNotFound.
func (l *Ledger) Grant(id stele.ID) (grant stele.Grant, err error) {
	err = l.read(func(s Reader, at position) error {
		row := Grants.Get(s, id[:])
		if row == nil {
			return notFound("grant")
		}
		uses := Uses.Get(s, id[:])
		grant = stele.Grant{
			ID: id, Subject: stele.Subject(row.Subject), Action: stele.Action(row.Action), Grantee: wire.Key(row.Grantee),
			NotBefore: moment(row.NotBeforeMs), End: moment(row.EndMs), MaxUses: row.MaxUses, Uses: uses.GetUses(),
			Commitment: stele.Digest(row.Commitment), Status: GrantStatus(row, uses, at.timeMS), Height: row.Height,
		}
		return nil
	})
	return grant, err
}

// GrantStatus returns a grant's status at a block time: its end holds by
// comparison, not by the event that tells of it.
func GrantStatus(row *wire.GrantRow, uses *wire.UseRow, timeMS int64) stele.GrantStatus {
	status := stele.GrantStatus(row.Status)
	switch {
	case status != stele.GrantActive:
		return status
	case row.EndMs <= timeMS:
		return stele.GrantEnded
	case row.MaxUses != 0 && uses.GetUses() >= row.MaxUses:
		return stele.GrantUsedUp
	}
	return status
}

// Access returns a permitted access, or KindNotFound.
func (l *Ledger) Access(request stele.ID) (access stele.Access, err error) {
	err = l.read(func(s Reader, _ position) error {
		place := Accesses.Get(s, request[:])
		if place == nil {
			return notFound("access")
		}
		_, e := eventAt(s, refAt(s, place))
		permitted := e.GetAccessPermitted()
		access = stele.Access{
			Request: request, Subject: stele.Subject(e.Subject), Grant: stele.ID(permitted.GetGrant()),
			Detail: stele.Digest(permitted.GetDetailCommitment()), ReaderKey: stele.Digest(permitted.GetReaderKeyHash()),
			Height: e.Height, At: moment(e.TimeMs), Until: moment(permitted.GetUntilMs()),
		}
		return nil
	})
	return access, err
}

// Anchor returns the anchor of a subject's submission, or KindNotFound.
func (l *Ledger) Anchor(subject stele.Subject, submission stele.ID) (anchor stele.Anchor, err error) {
	err = l.read(func(s Reader, _ position) error {
		place := Anchors.Get(s, AnchorKey(subject[:], submission[:]))
		if place == nil {
			return notFound("anchor")
		}
		_, e := eventAt(s, refAt(s, place))
		anchored := e.GetAnchored()
		anchor = stele.Anchor{
			Submission: submission, Subject: stele.Subject(e.Subject), Grant: stele.ID(anchored.GetGrant()),
			Root: stele.Digest(anchored.GetRoot()), Height: e.Height, At: moment(e.TimeMs),
		}
		return nil
	})
	return anchor, err
}

// Consortium returns who runs the network.
func (l *Ledger) Consortium() (c stele.Consortium, err error) {
	err = l.use(nil, func(f *frozen) error {
		if f.consortium == nil {
			return notFound("consortium")
		}
		c = consortium(f.consortium)
		return nil
	})
	return c, err
}

func consortium(g *wire.Genesis) stele.Consortium {
	c := stele.Consortium{
		Chain: g.Chain,
		Committee: stele.Committee{
			Epoch: g.Committee.GetEpoch(), Threshold: int(g.Committee.GetThreshold()),
			Key: g.Committee.GetKey(), Shares: g.Committee.GetShares(),
		},
	}
	for _, m := range g.Members {
		c.Members = append(c.Members, stele.Member{
			Subject: stele.SubjectOf(m.KeyDocument), Kind: m.Kind, Node: wire.Key(m.Node), Trustee: wire.Key(m.Trustee), Share: m.Share,
		})
	}
	for _, k := range g.Issuers {
		c.Issuers = append(c.Issuers, wire.Key(k))
	}
	for _, a := range g.Auditors {
		c.Auditors = append(c.Auditors, stele.Subject(a))
	}
	return c
}

// EventCount returns how many events a block holds.
func (l *Ledger) EventCount(height int64) (n int, err error) {
	err = l.read(func(s Reader, _ position) error {
		s.Scan(numbers(prefixBlock, uint64(height)), numbers(prefixBlock, uint64(height)+1), func(_, _ []byte) bool {
			n++
			return true
		})
		return nil
	})
	return n, err
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

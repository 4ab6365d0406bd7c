package wire

import "github.com/stele-health/stele"

// Apply folds an event of the consortium's own log into what it says of the network.
// Events of other kinds leave it as it is.
func (c *Consortium) Apply(e *Event) {
	if g := e.GetConsortiumFounded().GetGenesis(); g != nil {
		c.Subject = e.Subject
		c.Chain, c.Members, c.Committee, c.Issuers, c.Auditors = g.Chain, g.Members, g.Committee, g.Issuers, g.Auditors
	}
}

// Founded returns the first event of the consortium's log. Its subject is the hash of
// the genesis as it is carried, so that two networks never share one.
func Founded(raw []byte, g *Genesis) *Event {
	self := stele.SubjectOf(raw)
	return &Event{Subject: self[:], Event: &Event_ConsortiumFounded{ConsortiumFounded: &ConsortiumFounded{Genesis: g}}}
}

// Member returns what it says of a member, or nil.
func (c *Consortium) Member(subject stele.Subject) *Member {
	for _, m := range c.GetMembers() {
		if stele.SubjectOf(m.KeyDocument) == subject {
			return m
		}
	}
	return nil
}

// Held returns the committee as package threshold takes it.
func (c *Committee) Held() stele.Committee {
	return stele.Committee{Epoch: c.GetEpoch(), Threshold: int(c.GetThreshold()), Key: c.GetKey(), Shares: c.GetShares()}
}

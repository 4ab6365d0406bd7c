package wire

// Apply folds an event of the consortium's own log into what it says of the network.
// Events of other kinds leave it as it is.
func (c *Consortium) Apply(e *Event) {
	if g := e.GetConsortiumFounded().GetGenesis(); g != nil {
		c.Chain, c.Members, c.Committee, c.Issuers, c.Auditors = g.Chain, g.Members, g.Committee, g.Issuers, g.Auditors
	}
}

// Founded returns the consortium as its genesis makes it.
func Founded(g *Genesis) *Consortium {
	c := &Consortium{}
	c.Apply(&Event{Event: &Event_ConsortiumFounded{ConsortiumFounded: &ConsortiumFounded{Genesis: g}}})
	return c
}

package proof

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// History is who ran the network when: the consortium as its log tells it, oldest
// first. What was said at a height is judged by who ran the network then.
type History []Era

// Era begins with the event of the consortium's log that made it.
type Era struct {
	From       int64 // height; 0 for the founding
	Consortium *wire.Consortium
}

// History returns what the genesis says, with which every history begins; none of a
// genesis that is not a Stele network's.
func (g Genesis) History() History {
	if g.Consortium == nil {
		return nil
	}
	return History{{Consortium: g.Consortium}}
}

// Apply folds the next event of the consortium's log.
func (h History) Apply(e *wire.Event) History {
	next := proto.CloneOf(h.Now())
	next.Apply(e)
	switch last := len(h) - 1; {
	case proto.Equal(next, h.Now()):
		return h
	case last >= 0 && h[last].From == e.Height: // several events of a block are one step
		return append(slices.Clip(h[:last]), Era{e.Height, next})
	}
	return append(slices.Clip(h), Era{e.Height, next})
}

// Now returns who runs the network by the newest event.
func (h History) Now() *wire.Consortium {
	if len(h) == 0 {
		return &wire.Consortium{}
	}
	return h[len(h)-1].Consortium
}

// At returns who ran the network at a height: the founders before anything else.
func (h History) At(height int64) *wire.Consortium {
	at := len(h) - 1
	for at > 0 && h[at].From > height {
		at--
	}
	return h[:at+1].Now()
}

// issuer reports whether one of these keys was an issuer's, whenever it was.
func (h History) issuer(keys []stele.PublicKey) bool {
	return slices.ContainsFunc(h, func(e Era) bool {
		return slices.ContainsFunc(e.Consortium.GetIssuers(), func(k *wire.PublicKey) bool { return slices.Contains(keys, wire.Key(k)) })
	})
}

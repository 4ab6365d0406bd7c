package proof

import (
	"slices"
	"time"

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
	TimeMS     int64 // of its block; 0 for the founding
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
	next := h.Now().After(e)
	switch last := len(h) - 1; {
	case proto.Equal(next, h.Now()):
		return h
	case last >= 0 && h[last].From == e.Height: // several events of a block are one step
		return append(slices.Clip(h[:last]), Era{e.Height, e.TimeMs, next})
	}
	return append(slices.Clip(h), Era{e.Height, e.TimeMs, next})
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

// around is how far a clock may be from the blocks' by which a member judged: it has
// one that is 30 seconds old at most, and an asking is as old as its window at most.
const around = 5 * time.Minute

// Around returns the eras that whoever judged at a time may have judged by. The time,
// in milliseconds since 1970, is of a member's clock.
func (h History) Around(ms int64) History {
	ms = min(max(ms, 0), maxNumber) // any time may be told
	first, last := 0, len(h)
	for first+1 < last && h[first+1].TimeMS < ms-around.Milliseconds() {
		first++
	}
	for last > first+1 && h[last-1].TimeMS > ms+around.Milliseconds() {
		last--
	}
	return h[first:last]
}

// signing returns the keys with which a member signed when it came, by those who ran
// the network at a height; none for anybody else.
func (h History) signing(member stele.Subject, height int64) (keys []stele.PublicKey) {
	for _, m := range h.At(height).GetMembers() {
		var document wire.KeyDocument
		if stele.SubjectOf(m.KeyDocument) != member || wire.Decode(m.KeyDocument, &document) != nil {
			continue
		}
		for _, d := range document.Devices {
			keys = append(keys, wire.Key(d.Signing))
		}
	}
	return keys
}

// issuer reports whether one of these keys was an issuer's around a time.
func (h History) issuer(keys []stele.PublicKey, ms int64) bool {
	return slices.ContainsFunc(h.Around(ms), func(e Era) bool {
		return slices.ContainsFunc(e.Consortium.GetIssuers(), func(k *wire.PublicKey) bool { return slices.Contains(keys, wire.Key(k)) })
	})
}

package proof

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// The first log of a file is the consortium's, which says who ran the network when.
// All that follows is judged by who ran it then.

// runners is what the log is called.
const runners = "consortium's log"

// consortiums reports whether a log is the consortium's.
func (v *verifier) consortiums(log stele.Subject) bool {
	own, err := stele.SubjectFrom(v.genesis.Consortium.GetSubject())
	return err == nil && own == log
}

// follow takes the newest event of the consortium's log, of which the first says what
// the genesis does.
func (log *openLog) follow(founders *wire.Consortium) error {
	begun := &wire.Consortium{}
	if begun.Apply(log.last); log.frontier.Size == 1 && !proto.Equal(begun, founders) {
		return fmt.Errorf("it begins with another founding than the genesis")
	}
	log.history = log.history.Apply(log.last)
	return nil
}

// foundersOnly is until when networks were run by their founders: no release before could
// write an event that changes who runs one. Whether a file need not hold the consortium's
// log is up to this and to the time of its newest header, which validators signed, and not
// to the version that it claims: a file of today could claim to be one of old, with the
// log cut off, and be judged by keys that count no more.
var foundersOnly = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// followedTo checks that the file tells who ran the network up to the height of the
// subject's log. Files of old need not: they are judged by the founders, and say so.
func (v *verifier) followedTo(height int64) {
	switch {
	case v.followed >= height:
	case v.version < 3 && !v.trusted.Time().Before(foundersOnly):
		v.report.fail(runners, fmt.Errorf("a file of version %d does not say who ran the network, and may not be of %s: export it again",
			v.version, v.trusted.Time().Format(time.DateOnly)))
	case v.version < 3:
		v.report.note("the file does not say who ran the network after its founding: all is judged by its founders")
	case v.followed == 0:
		v.report.fail(runners, fmt.Errorf("the file does not begin with it: nothing says who ran the network"))
	default:
		v.report.fail(runners, fmt.Errorf("it says who ran the network until block %d only", v.followed))
	}
}

// standing is what a member is called.
func (v *verifier) standing(member stele.Subject) string {
	if slices.ContainsFunc(v.genesis.Founding.GetMembers(), func(m *wire.Member) bool { return stele.SubjectOf(m.KeyDocument) == member }) {
		return "founder"
	}
	return "member"
}

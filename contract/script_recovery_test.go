package contract_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// What scripts say of devices and guardians.

func change(name func([]byte) string, c *wire.Change) string {
	if remove := c.GetRemove(); remove != nil {
		return name(remove.Key) + " is removed"
	}
	g := c.GetGuardians()
	return fmt.Sprintf("%d of %d guardians, after %v", g.GetNeeded(), g.GetNumber(), time.Duration(g.GetWaitMs())*time.Millisecond)
}

func wants(name func([]byte) string, word *wire.GuardianWord) string {
	switch w := word.GetWord().(type) {
	case *wire.GuardianWord_Recover:
		return "approves " + name(w.Recover.Signing.Key)
	case *wire.GuardianWord_Freeze:
		return "freezes " + name(w.Freeze.Key)
	case *wire.GuardianWord_Thaw:
		return "thaws " + name(w.Thaw.Key)
	case *wire.GuardianWord_Stop:
		return "stops " + name(w.Stop)
	}
	return "takes its word back"
}

// circle is who the guardians are where a line does not say: names, and their kinds.
const circle = "g1.1,g2.2,g3.3,g4.1,g5.2"

// circle makes guardians of their names and kinds: "g1.1,g2.2".
func (s *script) circle(list string, needed uint32, wait time.Duration) (*wire.Guardians, []*wire.SpeakAsGuardian) {
	if list == "yes" {
		list = circle
	}
	var names []string
	var kinds []wire.GuardianKind
	for _, one := range strings.Split(list, ",") {
		name, kind, _ := strings.Cut(one, ".")
		n, _ := strconv.Atoi(kind)
		names, kinds = append(names, name), append(kinds, wire.GuardianKind(n))
		s.key(name)
	}
	return ledgertest.Circle(needed, wait.Milliseconds(), names, kinds)
}

// guardian is what a guardian of a circle shows; of another the first one's.
func (s *script) guardian(name, list string) *wire.SpeakAsGuardian {
	_, shows := s.circle(list, 0, 0)
	for i, one := range strings.Split(list, ",") {
		if who, _, _ := strings.Cut(one, "."); who == name {
			return shows[i]
		}
	}
	return shows[0]
}

package cli_test

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/spell"
)

// TestGroupsOfACardMayStandApart: where a command wants a person, ten groups are one
// argument; with a typing error they are none, and other words are too many.
func TestGroupsOfACardMayStandApart(t *testing.T) {
	groups := strings.Fields(spell.Subject(stele.Subject{7}))
	wrong := append(append([]string{}, groups[:9]...), "0000")
	for _, check := range []cobra.PositionalArgs{cli.Person("whose"), cli.AtMostPerson()} {
		for _, args := range [][]string{groups, {strings.Join(groups, " ")}, {"Ana Alvar"}, {"STELE:", strings.Join(groups, "")}} {
			if err := check(&cobra.Command{}, args); err != nil {
				t.Errorf("%q: %v", args, err)
			}
		}
		if err := check(&cobra.Command{}, wrong); stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "10th group") {
			t.Errorf("%q: %v", wrong, err)
		}
		for _, args := range [][]string{{"Ana", "Alvar"}, groups[:5], append([]string{"Ana"}, groups...)} {
			if err := check(&cobra.Command{}, args); stele.KindOf(err) != stele.KindUsage {
				t.Errorf("%q: %v", args, err)
			}
		}
	}
	if err := cli.Person("whose")(&cobra.Command{}, nil); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("nobody: %v", err)
	}
}

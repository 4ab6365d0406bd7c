package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wallet"
)

// TestADelegationStandsAlikeForBoth: a carer's falls with the death of whom it is for and an executor's begins with it, in the
// same word for who gave it and who holds it; what is over stays so, and a grant to read goes on.
func TestADelegationStandsAlikeForBoth(t *testing.T) {
	id := stele.ID{7}
	for name, tt := range map[string]struct {
		kind    consent.DelegateKind
		reads   bool // a grant to read, and no delegation
		revoked bool
		dead    bool
		want    string // "" where it holds
	}{
		"a carer's":                      {kind: consent.Carer},
		"a carer's, after the death":     {kind: consent.Carer, dead: true, want: "died"},
		"a carer's that was taken back":  {kind: consent.Carer, dead: true, revoked: true, want: "revoked"},
		"an executor's":                  {kind: consent.Executor, want: begins},
		"an executor's, after the death": {kind: consent.Executor, dead: true},
		"an executor's, taken back":      {kind: consent.Executor, revoked: true, want: "revoked"},
		"a grant to read":                {kind: consent.Carer, reads: true, dead: true},
	} {
		document := delegated(t, tt.kind, consent.ActRead)
		action := stele.ActionDelegate
		if tt.reads {
			action = stele.ActionRead
		}
		end := time.Now().Add(time.Hour)
		for whose, own := range map[string]bool{"of their own": true, "for somebody": false} {
			g := wallet.Given{Grant: id, Action: action, Document: document, End: end}
			st := statuses{known: map[stele.ID]string{}, under: map[stele.ID]stele.ID{}, dead: map[stele.ID]bool{}, now: time.Now(), died: own && tt.dead}
			if !own {
				g.For, st.dead[id] = stele.Subject{8}, tt.dead
			}
			if tt.revoked {
				st.known[id] = stele.GrantRevoked.String()
			}
			if is := givenStatus(st, g); is != tt.want && (tt.want != "" || is != "active") {
				t.Errorf("%s, given %s: %q, want %q", name, whose, is, tt.want)
			}
		}
		h := wallet.Held{Grant: id, Action: action, Document: document, End: end, Died: tt.dead, Over: tt.revoked}
		if tt.revoked {
			h.Stands = stele.GrantRevoked
		}
		is := standing(heldOf(end.Add(-time.Minute), h), action, document, tt.dead)
		if is != tt.want && (tt.want != "" || is != "held") {
			t.Errorf("%s, held: %q, want %q", name, is, tt.want)
		}
	}
}

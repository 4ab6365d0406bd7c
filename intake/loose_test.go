package intake

import (
	"strings"
	"testing"
)

// TestR37ALinkThatLeadsToNobodyIsNotSaidToBeMissing: a number that an earlier release linked
// in a system of which nothing tells that it is the organisation's is listed, and found by
// no reference that does not tell its type. The refusal says what makes it count.
func TestR37ALinkThatLeadsToNobodyIsNotSaidToBeMissing(t *testing.T) {
	const help = "MA-1 is linked in that system, and nothing tells that its numbers are yours: stele patient system add " + north
	for what, record := range map[string]string{
		"a reference": obs("o", `"subject":{"identifier":{"system":"`+north+`","value":"MA-1"}}`),
		"a Patient":   patientA,
	} {
		loose := table()
		loose.Links[0].Firm, loose.Links[1].Firm, loose.Own = false, false, nil
		says := func(table *Table, record string) string {
			p, _ := plan(t, table, Asked{}, record)
			if why := p.Of(0, 0).Refused; why != nil {
				return why.String()
			}
			return ""
		}
		if said := says(loose, record); !strings.Contains(said, help) {
			t.Errorf("%s: %q", what, said)
		}
		if said := says(loose, strings.ReplaceAll(record, "MA-1", "MX-1")); said == "" || strings.Contains(said, "nothing tells") {
			t.Errorf("%s that is in no link: %q", what, said)
		}
		loose.Own = []string{north}
		if said := says(loose, record); said != "" {
			t.Errorf("%s, whose system is the organisation's: %q", what, said)
		}
	}
}

package telling_test

import (
	"encoding/json"
	"testing"
)

func TestR39WordsKeepTheirJoiners(t *testing.T) {
	for _, c := range []struct{ written, told string }{
		{"می\u200cخواهم", "می\u200cخواهم"},     // Persian: a non-joiner within a word
		{"क्\u200dष", "क्\u200dष"},             // Hindi: a joiner within a word
		{"ශ්\u200dරී", "ශ්\u200dරී"},           // Sinhala
		{"👩\u200d⚕", "👩\u200d⚕"},               // one sign made of two
		{"e\u0301tude", "e\u0301tude"},         // a combining mark
		{"a\u200db", "ab"},                     // no joiner in Latin
		{"می\u200c خواهم", "می خواهم"},         // nor at the end of a word
		{"می\u200c\u200c\u200dخ", "می\u200cخ"}, // nor many
		{"\u200cمی\u200d", "می"},
		{"ev\u202eil\u2066 \u200e\u2069x", "evil x"}, // direction is the page's
		{"a\u001b[31mb\u0007\r\nc\u2028d", "a[31mb // c // d"},
		{"soft\u00adhyphen \ufeffbom \U000E0041tag", "softhyphen bom tag"},
		{"٣\u06dd", "٣\u06dd"}, // Arabic end of ayah, which is seen
	} {
		text, err := json.Marshal(c.written)
		if err != nil {
			t.Fatal(err)
		}
		if got := told(`{"resourceType":"Observation","code":{"text":` + string(text) + `}}`).Name; got != c.told {
			t.Errorf("%+q is told as %+q, want %+q", c.written, got, c.told)
		}
	}
}

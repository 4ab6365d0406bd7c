package timeline_test

import (
	"testing"

	. "github.com/stele-health/stele/timeline"
)

func TestR39TheNameAPersonHasNowHeadsTheStory(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{`{"use":"maiden","family":"Braun","given":["Mia"]},{"use":"usual","family":"Keller","given":["Mia"]}`, "Mia Keller"},
		{`{"use":"old","text":"Ada Old"},{"family":"New","given":["Ada","B."]}`, "Ada B. New"},
		{`{"use":"official","family":"O","given":["Ofe"]},{"use":"usual","text":"Fee O"}`, "Fee O"},
		{`{"use":"nickname","text":"Fee"},{"use":"official","text":"Ofelia O"}`, "Ofelia O"},
		{`{"use":"official","text":"Until then","period":{"end":"2019-01-01"}},{"use":"temp","text":"Since then"}`, "Since then"},
		{`{"use":"official","text":"Only one","period":{"end":"2019-01-01"}}`, "Only one"},
		{`{"use":"maiden","text":"Mia Braun"}`, "formerly Mia Braun"},
		{`{"use":"anonymous","text":"John Doe"}`, ""},
	} {
		story := Tell([]Item{item([]byte(`{"resourceType":"Patient","name":[`+c.names+`]}`), "A", 1)}, Options{})
		if story.Person != c.want {
			t.Errorf("%s: the heading is %q, want %q", c.names, story.Person, c.want)
		}
	}
}

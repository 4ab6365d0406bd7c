package intake

import "testing"

// TestR38AnETagIsReadHoweverItIsWritten: a weak one in small letters names its version, too.
func TestR38AnETagIsReadHoweverItIsWritten(t *testing.T) {
	for etag, want := range map[string]string{`W/"2"`: "2", `w/"2"`: "2", `"2"`: "2", `2`: "2", ` w/"a.b" `: "a.b", `*`: "*", ``: "", `W/""`: ""} {
		if got := versionIn(etag); got != want {
			t.Errorf("%s: %q, want %q", etag, got, want)
		}
	}
}

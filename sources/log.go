package sources

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/stele-health/stele/regular"
)

// Log is the log that clients of bulk exports keep beside what they fetch (SMART's
// Bulk Data Client, Cumulus): NDJSON of events, no resources.
type Log struct {
	Path   string
	Failed []string // the kinds of errors in it, "download_error"
}

// logOf reads a file that begins like such a log.
func logOf(path string) (log Log, is bool) {
	f, err := regular.Open(path)
	if err != nil {
		return log, false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil || !bytes.Contains(head, []byte(`"eventId"`)) {
		return log, false
	}
	rest, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return log, false
	}
	if len(rest) == maxManifest { // of a longer one, whole lines
		rest = rest[:bytes.LastIndexByte(rest, '\n')+1]
	}
	failed, is := readLog(append(head, rest...))
	return Log{path, failed}, is
}

// readLog returns which errors a log tells of; is reports whether it is one: each of its
// lines has an export and an event, and is no resource.
func readLog(raw []byte) (failed []string, is bool) {
	for line := range bytes.Lines(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))) {
		var event struct{ ExportID, EventID, ResourceType string }
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if json.Unmarshal(line, &event) != nil || event.ExportID == "" || event.EventID == "" || event.ResourceType != "" {
			return nil, false
		}
		if is = true; strings.HasSuffix(event.EventID, "_error") && !slices.Contains(failed, event.EventID) {
			failed = append(failed, event.EventID)
		}
	}
	return failed, is
}

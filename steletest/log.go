package steletest

import (
	"bytes"
	"strings"
	"sync"
)

// Log is what was written, by many at once. Its zero value is empty.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to it. It never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// With returns the first line that holds a word, or nothing.
func (l *Log) With(word string) string {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}
